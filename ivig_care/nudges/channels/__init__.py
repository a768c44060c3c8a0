"""The only code that talks to the outside. Another provider is one more file and one more line here."""

from __future__ import annotations

from django.conf import settings

from ivig_care.accounts.models import ContactPoint
from ivig_care.nudges.channels.base import Channel
from ivig_care.nudges.channels.email import EmailChannel
from ivig_care.nudges.channels.outbox import OutboxSms
from ivig_care.nudges.channels.twilio import TwilioSms


def channel_for(kind: str) -> Channel:
    """The channel that is set up for this kind of contact point."""
    if kind == ContactPoint.Kind.EMAIL:
        return EmailChannel()
    return TwilioSms() if settings.TWILIO_ACCOUNT_SID else OutboxSms()
