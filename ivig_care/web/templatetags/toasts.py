"""What a toast can take back."""

from __future__ import annotations

from django import template
from django.contrib.messages.storage.base import Message
from django.urls import reverse

register = template.Library()

_ROUTES = {"undo-step": "step_undo", "undo-day": "day_undo"}


def undo_tag(route: str, pk: int) -> str:
    """The tag of a message that can be taken back, for `extra_tags`."""
    return f"{route}:{pk}"


@register.filter
def undo_url(message: Message) -> str:
    """Where the thing that the message tells of can be taken back; empty when it cannot."""
    route, _, pk = (message.extra_tags or "").partition(":")
    return reverse(_ROUTES[route], args=[int(pk)]) if route in _ROUTES else ""
