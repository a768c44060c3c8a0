"""What an e-mail provider reports of our e-mails, through django-anymail's webhooks.

Anybody may knock at a webhook, so its addresses (`anymail.urls`) are to be served only while `hook_is_guarded()`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from anymail.signals import AnymailTrackingEvent, tracking
from django.conf import settings

from ivig_care.common import clock


@dataclass(frozen=True, kw_only=True)
class MailReceipt:
    """One report. `message_id` is the `provider_id` of the attempt; `kind` is a word of anymail's EventType.

    delivered, bounced, complained, rejected, failed, deferred, opened, clicked, unsubscribed, queued, sent, unknown.
    """

    message_id: str
    kind: str
    detail: str
    at: datetime


def hook_is_guarded() -> bool:
    """Whether ANYMAIL has a WEBHOOK_SECRET, the name and password that the provider must give."""
    return bool(settings.ANYMAIL.get("WEBHOOK_SECRET"))


def listen(handler: Callable[[MailReceipt], None]) -> None:
    """Call `handler` for every report from now on. Listening again with the same handler changes nothing.

    What the handler raises becomes a failure of the request, so that the provider reports again.
    """

    def _report(event: AnymailTrackingEvent, **_: Any) -> None:
        receipt = _receipt(event)
        if receipt.message_id:
            handler(receipt)

    tracking.connect(_report, weak=False, dispatch_uid=f"{handler.__module__}.{handler.__qualname__}")


def _receipt(event: AnymailTrackingEvent) -> MailReceipt:
    words = (event.reject_reason, event.description, event.mta_response)
    return MailReceipt(
        message_id=event.message_id or "",
        kind=event.event_type,
        detail=" ".join(": ".join(str(word) for word in words if word).split())[:200],
        at=event.timestamp or clock.now(),
    )
