"""What an e-mail provider reports of our e-mails, through django-anymail's webhooks.

Anybody may knock at a webhook, so its addresses (`anymail.urls`) are to be served only while `hook_is_guarded()`.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from anymail.signals import AnymailTrackingEvent, RejectReason, tracking
from django.conf import settings

from ivig_care.common import clock


@dataclass(frozen=True, kw_only=True)
class MailReceipt:
    """One report. `message_id` is the `provider_id` of the attempt; `kind` is a word of anymail's EventType.

    delivered, bounced, complained, rejected, failed, deferred, opened, clicked, unsubscribed, queued, sent, unknown.
    `is_passing`: what keeps it from arriving is not the address, such as a full mailbox or a filter.
    """

    message_id: str
    kind: str
    detail: str
    is_passing: bool
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


# Bounces that providers call soft, each in its own words: "SoftBounce", "soft_bounce", "Transient: MailboxFull".
_SOFT = re.compile(
    r"(?<![a-z])(?:soft|transient|temporar|mailbox ?full|over ?quota)|(?<![\d.])4\.\d{1,3}\.\d{1,3}(?![\d.])"
)
_ABOUT_THE_ADDRESS = (RejectReason.INVALID, RejectReason.BOUNCED, RejectReason.UNSUBSCRIBED, None)


def _is_passing(event: AnymailTrackingEvent) -> bool:
    said = [event.description, event.mta_response, *_names(event.esp_event)]
    is_soft = any(_SOFT.search(str(word).casefold()) for word in said if word)
    return is_soft or event.reject_reason not in _ABOUT_THE_ADDRESS


def _names(raw: Any) -> list[Any]:
    """What the provider itself calls the event."""
    return (
        [raw.get(key) for key in ("event", "Event", "type", "Type", "Name", "RecordType")]
        if isinstance(raw, dict)
        else []
    )


def _receipt(event: AnymailTrackingEvent) -> MailReceipt:
    words = (event.reject_reason, event.description, event.mta_response)
    return MailReceipt(
        message_id=event.message_id or "",
        kind=event.event_type,
        detail=" ".join(": ".join(str(word) for word in words if word).split())[:200],
        is_passing=_is_passing(event),
        at=event.timestamp or clock.now(),
    )
