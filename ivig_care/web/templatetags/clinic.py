"""Times in a list that is grouped by day."""

from __future__ import annotations

from datetime import date, datetime
from zoneinfo import ZoneInfo

from django import template

from ivig_care.web.templatetags.times import clock, day_clock

register = template.Library()


@register.simple_tag
def clock_on(at: datetime, day: date, zone: ZoneInfo) -> str:
    """As in "8:30 am", with the name of the day only where it is another one: "Tue 8:30 am"."""
    return clock(at, zone) if at.astimezone(zone).date() == day else day_clock(at, zone)
