"""What the workers of the dispatch bench know beside the site's own tasks: a channel and a task that do nothing."""

from __future__ import annotations

from datetime import datetime

from ivig_care.celery import app
from ivig_care.nudges.channels.base import CannotTell, Message, Receipt


class NoOpChannel:
    """Takes every message and does nothing with it. Counts as local: there is nobody outside to lose one."""

    is_local = True

    def send(self, message: Message) -> Receipt:
        """Nothing."""
        return Receipt()

    def find(self, message: Message, *, since: datetime) -> Receipt | None:
        """Raises CannotTell; never needed."""
        raise CannotTell("nothing is kept")


_CHANNEL = NoOpChannel()


@app.task
def message_send(number: int) -> None:
    """The same through a task of its own: no row, no decision, no words."""
    _CHANNEL.send(Message(key=f"delivery-{number}", to="+12125550100", subject="", text=""))
