"""What a toast can undo."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import urlencode

from django import template
from django.contrib.messages.storage.base import Message
from django.urls import reverse

register = template.Library()

_ROUTES = {
    "undo-step": "step_undo",
    "undo-day": "day_undo",
    "undo-steps": "steps_undo",
    "undo-drink": "drink_undo",
    "undo-report": "report_undo",
    "undo-dose": "dose_undo",
    "undo-rate": "rate_undo",
    "undo-lot": "lot_undo",
}
# These answer with the checklist alone when htmx asks.
_LIVE = ("undo-step", "undo-steps")


@dataclass(frozen=True, kw_only=True)
class Undo:
    """Where the thing that a message tells of is taken back; `step_id` is where the eye should go afterwards."""

    url: str
    is_live: bool
    step_id: str


def undo_tag(route: str, pk: int, steps: Sequence[int] = ()) -> str:
    """The tag of a message that can be taken back, for `extra_tags`."""
    return ":".join([route, str(pk), *map(str, steps)])


@register.filter
def undo(message: Message) -> Undo | None:
    """How the thing that the message tells of can be taken back; None when it cannot."""
    route, *keys = (message.extra_tags or "").split(":")
    if route not in _ROUTES:
        return None
    owner, *steps = keys
    url = reverse(_ROUTES[route], args=[int(owner)])
    if steps:
        url += "?" + urlencode({"step": steps}, doseq=True)
    return Undo(url=url, is_live=route in _LIVE, step_id=steps[0] if steps else owner)
