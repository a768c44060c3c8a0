"""The embedded default: what would have left the machine is kept and shown on the screen under "Outbox"."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from django.core.mail import EmailMessage
from django.core.mail.backends.base import BaseEmailBackend

from ivig_care.accounts.models import ContactPoint
from ivig_care.common import clock
from ivig_care.nudges.channels.base import CannotTell, Message, Receipt
from ivig_care.nudges.models import OutboxMessage


class EmailBackend(BaseEmailBackend):
    """A Django e-mail backend that puts every e-mail into the outbox, the sign-in e-mails too."""

    def send_messages(self, email_messages: Sequence[EmailMessage]) -> int:
        """How many e-mails went into the outbox: one for each."""
        for mail in email_messages:
            for to in mail.recipients():
                _keep(ContactPoint.Kind.EMAIL, to=to, subject=str(mail.subject), body=str(mail.body))
        return len(email_messages)


class _Outbox:
    """A channel that puts every message into the outbox. Never fails: the outbox is a table of ours."""

    is_local = True
    kind: ContactPoint.Kind

    def send(self, message: Message) -> Receipt:
        """Put it there."""
        return Receipt(provider_id=f"outbox-{self._kept(message).pk}")

    def find(self, message: Message, *, since: datetime) -> Receipt | None:
        """Raises CannotTell; never needed, as the row is written together with what is known of it."""
        raise CannotTell("outbox: settled at once")

    def _kept(self, message: Message) -> OutboxMessage:
        return _keep(self.kind, to=message.to, subject="", body=message.text)


class OutboxSms(_Outbox):
    """Text messages."""

    kind = ContactPoint.Kind.SMS


class OutboxPush(_Outbox):
    """Notifications, whose link is not part of the words."""

    kind = ContactPoint.Kind.PUSH

    def _kept(self, message: Message) -> OutboxMessage:
        body = message.text if message.url in message.text else f"{message.text}\n{message.url}"
        return _keep(self.kind, to=message.to, subject=message.subject, body=body)


def _keep(kind: ContactPoint.Kind, *, to: str, subject: str, body: str) -> OutboxMessage:
    return OutboxMessage.objects.create(kind=kind, to=to[:600], subject=subject[:200], body=body, at=clock.now())
