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
    """Where the thing that a message tells of is taken back; `step_id` is where the eye should go afterwards.

    `of` are the marks of what is taken back, so that nothing else is that was said since.
    """

    url: str
    is_live: bool
    step_id: str
    of: tuple[str, ...] = ()

    @property
    def day_said(self) -> str:
        """What was said of an infusion day, "start" or "end"; empty when it is about something else."""
        verb = self.of[0].partition(".")[0] if self.of else ""
        return verb if verb in ("start", "end") else ""


def undo_tag(route: str, pk: int, steps: Sequence[int] = (), *, of: Sequence[str] = ()) -> str:
    """The tag of a message that can be taken back, for `extra_tags`; `of` are the marks of what it tells of."""
    return "@".join([":".join([route, str(pk), *map(str, steps)]), *of])


@register.filter
def undo(message: Message) -> Undo | None:
    """How the thing that the message tells of can be taken back; None when it cannot."""
    keyed, *of = (message.extra_tags or "").split("@")
    route, *keys = keyed.split(":")
    if route not in _ROUTES:
        return None
    owner, *steps = keys
    url = reverse(_ROUTES[route], args=[int(owner)])
    if steps:
        url += "?" + urlencode({"step": steps}, doseq=True)
    return Undo(url=url, is_live=route in _LIVE, step_id=steps[0] if steps else owner, of=tuple(of))
