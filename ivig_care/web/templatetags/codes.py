"""Codes as people read them and as phones photograph them."""

from __future__ import annotations

import segno
from django import template
from django.utils.safestring import SafeString, mark_safe

from ivig_care.common.secrets import code_shown

register = template.Library()


@register.filter
def spaced(code: str) -> str:
    """As in "K7QM 2XRB 9TFA"."""
    return code_shown(code)


@register.simple_tag
def qr(address: str) -> SafeString:
    """A picture of an address that a phone's camera opens; on white, for a dark screen too."""
    drawn = segno.make(address, error="m", micro=False).svg_inline(scale=4, border=3, light="#ffffff", omitsize=True)
    return mark_safe(drawn)  # noqa: S308 - drawn from the modules alone; the address does not stand in it
