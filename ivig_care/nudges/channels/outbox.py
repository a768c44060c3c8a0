"""The embedded default: what would have left the machine is kept and shown on the screen under "Outbox"."""

from __future__ import annotations

from collections.abc import Sequence

from django.core.mail import EmailMessage
from django.core.mail.backends.base import BaseEmailBackend

from ivig_care.accounts.models import ContactPoint
from ivig_care.common import clock
from ivig_care.nudges.channels.base import Message, Receipt
from ivig_care.nudges.models import OutboxMessage


class EmailBackend(BaseEmailBackend):
    """A Django e-mail backend that puts every e-mail into the outbox, the sign-in e-mails too."""

    def send_messages(self, email_messages: Sequence[EmailMessage]) -> int:
        """How many e-mails went into the outbox: one for each."""
        for mail in email_messages:
            for to in mail.recipients():
                OutboxMessage.objects.create(
                    kind=ContactPoint.Kind.EMAIL,
                    to=to,
                    subject=str(mail.subject)[:200],
                    body=str(mail.body),
                    at=clock.now(),
                )
        return len(email_messages)


class OutboxSms:
    """A channel that puts every text message into the outbox."""

    def send(self, message: Message) -> Receipt:
        """Never fails: the outbox is a table of ours."""
        row = OutboxMessage.objects.create(kind=ContactPoint.Kind.SMS, to=message.to, body=message.text, at=clock.now())
        return Receipt(provider_id=f"outbox-{row.pk}")
