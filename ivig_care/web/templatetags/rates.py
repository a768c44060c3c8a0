"""Rates and volumes as a pump shows them."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

from django import template

from ivig_care.web.templatetags.times import amount

register = template.Library()


@register.filter
def tenth(number: Decimal | Fraction) -> str:
    """To the tenth, without a trailing zero: as in "24" or "24.5"."""
    return amount(round(Fraction(number), 1))


@register.filter
def whole(number: Decimal | Fraction) -> str:
    """To the whole number."""
    return amount(Fraction(round(Fraction(number))))
