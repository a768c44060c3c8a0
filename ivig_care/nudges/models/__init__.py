"""Messages to people and from them, the on-screen outbox, and what the dispatch keeps about itself."""

from ivig_care.nudges.models.deliveries import Delivery, DeliveryAttempt, DeliveryStep
from ivig_care.nudges.models.engine import Heartbeat, Throttle
from ivig_care.nudges.models.inbound import InboundMessage
from ivig_care.nudges.models.outbox import OutboxMessage

__all__ = ["Delivery", "DeliveryAttempt", "DeliveryStep", "Heartbeat", "InboundMessage", "OutboxMessage", "Throttle"]
