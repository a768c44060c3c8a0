"""What a form needs that may wait on a device for a signal."""

from __future__ import annotations

import secrets

from django import template
from django.template.context import Context
from django.utils.html import format_html
from django.utils.safestring import SafeString

register = template.Library()


@register.simple_tag(takes_context=True)
def queue_key(context: Context) -> SafeString:
    """The form's own key, as a hidden field: sent twice, the form does what it says once.

    The page's own random word with a number behind it: so many different random words would not compress.
    """
    page = context.get("request")
    word, number = getattr(page, "queue_word", None) or secrets.token_urlsafe(15), getattr(page, "queue_number", 0) + 1
    if page is not None:
        page.queue_word, page.queue_number = word, number
    return format_html('<input type="hidden" name="key" value="{}.{}">', word, number)
