"""Times and amounts as a parent reads them."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from zoneinfo import ZoneInfo

from django import template

from ivig_care.common import spoken
from ivig_care.plans.models import Dose, Step
from ivig_care.plans.selectors import step_name
from ivig_care.regimen.figures import plain_hours

register = template.Library()
# Words that are kept in the language that we write in: of a protocol, of a step's state, of why nothing was sent.
register.filter("translated", spoken.translated)
register.filter("translated_pieces", spoken.translated_pieces)

ONE_MINUTE = timedelta(minutes=1)
# For so long the name of a day says which one is meant.
NAMED_DAYS = timedelta(days=6)


def _shown(at: datetime, zone: ZoneInfo) -> datetime:
    """Local time, rounded up to the minute: a predicted end is never shown too early."""
    local = at.astimezone(zone)
    if local.second or local.microsecond:
        local = (at + ONE_MINUTE).astimezone(zone).replace(second=0, microsecond=0)
    return local


@register.filter
def minute(at: datetime) -> datetime:
    """Something that has happened, in the minute it happened in: never shown as if it were still to come."""
    return at.replace(second=0, microsecond=0)


@register.filter
def clock(at: datetime, zone: ZoneInfo) -> str:
    """As in "8:30 am"."""
    return spoken.clock(_shown(at, zone))


@register.filter
def day_clock(at: datetime, zone: ZoneInfo) -> str:
    """As in "Tue 8:30 am"."""
    return spoken.day_clock(_shown(at, zone))


@register.simple_tag
def when(at: datetime, zone: ZoneInfo, now: datetime) -> str:
    """As in "Tue 8:30 am", with the date where the name of the day alone would mislead: "Tue 3 Mar, 8:30 am"."""
    return day_clock(at, zone) if abs(at - now) < NAMED_DAYS else date_clock(at, zone)


@register.filter
def date_clock(at: datetime, zone: ZoneInfo) -> str:
    """As in "Tue 3 Mar, 8:30 am"."""
    return spoken.date_clock(_shown(at, zone))


@register.filter
def full_clock(at: datetime, zone: ZoneInfo) -> str:
    """As in "Tue 3 Mar 2026, 8:30 am": of something that may be years ago."""
    return spoken.full_clock(_shown(at, zone))


@register.filter
def day_name(day: date | datetime, zone: ZoneInfo | None = None) -> str:
    """As in "Tue 3 Mar"; an instant is read in its zone."""
    if isinstance(day, datetime) and zone is not None:
        day = day.astimezone(zone).date()
    return spoken.day_name(day)


@register.filter
def full_day(at: datetime, zone: ZoneInfo) -> str:
    """As in "Tue 3 Mar 2026": of something that may be years ago."""
    return spoken.full_day(at.astimezone(zone))


@register.filter
def weekday(day: date) -> str:
    """As in "Tue"."""
    return spoken.weekday(day)


@register.filter
def day_short(day: date) -> str:
    """As in "Tue 3"."""
    return spoken.day_short(day)


@register.filter
def full_date(day: date | datetime) -> str:
    """As in "3 Mar 2026"."""
    return spoken.full_date(day)


@register.filter
def date_alone(day: date | datetime) -> str:
    """As in "3 Mar"."""
    return spoken.date_alone(day)


@register.filter
def input_time(at: datetime | str, zone: ZoneInfo) -> str:
    """As a datetime-local input wants it; what is put in later stays as it is."""
    return at if isinstance(at, str) else at.astimezone(zone).strftime("%Y-%m-%dT%H:%M")


@register.filter
def amount(number: Decimal | Fraction | float | None) -> str:
    """A number without trailing zeros, at most three decimals; empty when unknown."""
    if number is None:
        return ""
    return f"{float(number):.3f}".rstrip("0").rstrip(".")


@register.filter
def hours(length: timedelta) -> str:
    """A length of time in hours and minutes: "6 h", "1 h 15 min"."""
    return plain_hours(length.total_seconds())


@register.filter
def input_exact(at: datetime) -> str:
    """As a hidden field keeps an instant: with its offset, so that the hour the clocks go back stays the same hour."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S%z")


@register.filter
def place(zone: ZoneInfo) -> str:
    """As in "Los Angeles", the place that a zone is named after."""
    return zone.key.rpartition("/")[2].replace("_", " ")


@register.filter
def tel(number: str) -> str:
    """A telephone number as a link wants it."""
    return "tel:" + "".join(sign for sign in number if sign.isdigit() or sign == "+")


@register.filter
def called(step: Step) -> str:
    """What a step is called: the medicine as it stands on the box, else its title."""
    return step_name(step)


@register.filter
def medicine(dose: Dose) -> str:
    """What was given: the medicine as it stands on the box, and its ingredient."""
    return spoken.medicine_called(dose.medicine_name, dose.ingredient)


@register.simple_tag
def medicine_name(name: str, ingredient: str) -> str:
    """A medicine that is prescribed: as it stands on the box, and its ingredient."""
    called = spoken.medicine_called(name, ingredient)
    return called[:1].upper() + called[1:]
