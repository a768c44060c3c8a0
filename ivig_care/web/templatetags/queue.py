"""What a form needs that may wait on a device for a signal."""

from __future__ import annotations

import secrets
from dataclasses import dataclass

from django import template
from django.template.context import Context
from django.utils.html import format_html
from django.utils.safestring import SafeString

register = template.Library()


@dataclass(kw_only=True)
class FormKeys:
    """The keys of forms that are written once and shown on many pages: each page puts in a word of its own."""

    word: str
    part: str
    number: int = 0

    def next(self) -> str:
        """The key of the next form; no other form of the page has it."""
        self.number += 1
        return f"{self.word}.{self.part}.{self.number}"

    def of(self, name: object) -> str:
        """The key of the form that has this name on its page, whatever stands before it."""
        return f"{self.word}.{self.part}-{name}"


@register.simple_tag(takes_context=True)
def queue_key(context: Context, name: object = None) -> SafeString:
    """The form's own key, as a hidden field: sent twice, the form does what it says once.

    The page's own random word with a number behind it: so many different random words would not compress. Where a part
    of what is written once is kept by itself, its forms have a `name` instead.
    """
    keys = context.get("form_keys")
    if isinstance(keys, FormKeys):
        return _field(keys.next() if name is None else keys.of(name))
    page = context.get("request")
    word, number = getattr(page, "queue_word", None) or secrets.token_urlsafe(15), getattr(page, "queue_number", 0) + 1
    if page is not None:
        page.queue_word, page.queue_number = word, number
    return _field(f"{word}.{number}")


def _field(key: str) -> SafeString:
    return format_html('<input type="hidden" name="key" value="{}">', key)
