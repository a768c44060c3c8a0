"""Times and amounts as a parent reads them."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from zoneinfo import ZoneInfo

from django import template

register = template.Library()

ONE_MINUTE = timedelta(minutes=1)


def _shown(at: datetime, zone: ZoneInfo) -> datetime:
    """Local time, rounded up to the minute: a predicted end is never shown too early."""
    local = at.astimezone(zone)
    if local.second or local.microsecond:
        local = (at + ONE_MINUTE).astimezone(zone).replace(second=0, microsecond=0)
    return local


@register.filter
def clock(at: datetime, zone: ZoneInfo) -> str:
    """As in "8:30 am"."""
    return _shown(at, zone).strftime("%-I:%M %p").lower()


@register.filter
def day_clock(at: datetime, zone: ZoneInfo) -> str:
    """As in "Tue 8:30 am"."""
    local = _shown(at, zone)
    return f"{local:%a} {local.strftime('%-I:%M %p').lower()}"


@register.filter
def date_clock(at: datetime, zone: ZoneInfo) -> str:
    """As in "Tue 3 Mar, 8:30 am"."""
    local = _shown(at, zone)
    return f"{local:%a %-d %b}, {local.strftime('%-I:%M %p').lower()}"


@register.filter
def day_name(day: date | datetime, zone: ZoneInfo | None = None) -> str:
    """As in "Tue 3 Mar"; an instant is read in its zone."""
    if isinstance(day, datetime) and zone is not None:
        day = day.astimezone(zone).date()
    return f"{day:%a %-d %b}"


@register.filter
def input_time(at: datetime, zone: ZoneInfo) -> str:
    """As a datetime-local input wants it."""
    return at.astimezone(zone).strftime("%Y-%m-%dT%H:%M")


@register.filter
def amount(number: Decimal | Fraction | float | None) -> str:
    """A number without trailing zeros, at most three decimals; empty when unknown."""
    if number is None:
        return ""
    return f"{float(number):.3f}".rstrip("0").rstrip(".")


@register.filter
def input_second(at: datetime, zone: ZoneInfo) -> str:
    """As a hidden field keeps it: local, to the second."""
    return at.astimezone(zone).strftime("%Y-%m-%dT%H:%M:%S")
