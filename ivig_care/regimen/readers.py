"""Readers of the single values of a document: numbers, texts, lengths of time, clock times, dates and instants.

Each takes a value and its place in the document, and raises DocumentError naming that place.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from fractions import Fraction
from zoneinfo import ZoneInfo

from ivig_care.regimen.errors import DocumentError, UnknownZone
from ivig_care.regimen.json_values import Json, shown
from ivig_care.regimen.protocol import NO_CONDITION, Conditions
from ivig_care.regimen.timing import Elapsed, Offset, WallClock, resolve_local, zone_named

EARLIEST_YEAR, LATEST_YEAR = 1900, 2199
_SECONDS = {"days": 86400, "hours": 3600, "minutes": 60, "seconds": 1}
_LONGEST = timedelta(days=366)
_LARGEST, _SMALLEST = 10**9, Fraction(1, 10**6)


def elapsed(document: Json, path: str) -> Elapsed:
    """An elapsed time such as {"hours": 6}, in whole seconds, at most 366 days."""
    parts = object_of(document, path)
    if not parts or not set(parts) <= set(_SECONDS):
        raise DocumentError(path, f"expected an elapsed time such as {{'hours': 6}}, with {', '.join(_SECONDS)}")
    lengths = (number_of(value, f"{path}.{unit}") * _SECONDS[unit] for unit, value in parts.items())
    seconds = sum(lengths, Fraction(0))
    if abs(seconds) > _LONGEST // timedelta(seconds=1):
        raise DocumentError(path, "is longer than any infusion")
    if seconds.denominator != 1:
        raise DocumentError(path, "must be whole seconds")
    return Elapsed(seconds=int(seconds))


def offset(document: Json, path: str) -> Offset:
    """An elapsed time, or a clock time such as {"days": -1, "at": "08:00"}."""
    parts = object_of(document, path)
    if "at" not in parts:
        return elapsed(document, path)
    days = parts.get("days", 0)
    if isinstance(days, bool) or not isinstance(days, int) or set(parts) - {"at", "days"}:
        raise DocumentError(path, "expected a clock time such as {'days': -1, 'at': '08:00'}")
    at = clock_time(parts["at"], f"{path}.at")
    if abs(days) > _LONGEST.days:
        raise DocumentError(f"{path}.days", "is longer than any infusion")
    return WallClock(days=days, at=at)


def clock_time(document: Json, path: str) -> time:
    """A time on the child's own clock."""
    text = text_of(document, path)
    try:
        at = time.fromisoformat(text)
    except ValueError:
        raise DocumentError(path, f"{shown(text)} is not a time such as '08:00'") from None
    if at.tzinfo is not None:
        raise DocumentError(path, f"{shown(text)} must be the child's own clock, without a zone")
    return at


def conditions(document: Json, path: str) -> Conditions:
    """One condition or a list of them."""
    if document == "":
        return NO_CONDITION
    named = [document] if isinstance(document, str) else list_of(document, path)
    return Conditions(_named(one, f"{path}[{n}]") for n, one in enumerate(named))


def _named(document: Json, path: str) -> str:
    text = text_of(document, path)
    if not text.strip():
        raise DocumentError(path, "expected the name of a condition")
    return text


def number_of(document: Json, path: str) -> Fraction:
    """A number, exactly as it is written."""
    if isinstance(document, bool) or not isinstance(document, int | float | Fraction):
        raise DocumentError(path, f"expected a number, not {shown(document)}")
    try:
        # By way of its text: 0.6 is meant as six tenths, not as the nearest binary fraction.
        number = Fraction(str(document)) if isinstance(document, float) else Fraction(document)
    except ValueError:
        raise DocumentError(path, f"expected a number, not {shown(document)}") from None
    if abs(number) > _LARGEST:
        raise DocumentError(path, "is too large to mean anything")
    if 0 < abs(number) < _SMALLEST:
        raise DocumentError(path, "is too small to mean anything")
    return number


def positive(document: Json, path: str) -> Fraction:
    """A number above zero: an amount, a weight, a rate."""
    number = number_of(document, path)
    if number <= 0:
        raise DocumentError(path, "must be more than nothing")
    return number


def whole(document: Json, path: str) -> int:
    """A whole number from 0 to 1000."""
    number = number_of(document, path)
    if number.denominator != 1 or not 0 <= number <= 1000:
        raise DocumentError(path, "expected a whole number between 0 and 1000")
    return int(number)


def text_of(document: Json, path: str) -> str:
    """A text that can be printed."""
    if not isinstance(document, str):
        raise DocumentError(path, f"expected text, not {shown(document)}")
    try:
        document.encode()
    except UnicodeEncodeError:
        raise DocumentError(path, "holds half a letter (a lone surrogate)") from None
    return document


def flag(document: Json, path: str) -> bool:
    """True or false."""
    if not isinstance(document, bool):
        raise DocumentError(path, f"expected true or false, not {shown(document)}")
    return document


def list_of(document: Json, path: str) -> list[Json]:
    """A list of values."""
    if not isinstance(document, list):
        raise DocumentError(path, "expected a list")
    return document


def object_of(document: Json, path: str) -> dict[str, Json]:
    """An object of named values."""
    if not isinstance(document, dict):
        raise DocumentError(path, "expected an object")
    return document


def not_negative(document: Json, path: str) -> Fraction:
    """A number from zero: a rate that may be a pause."""
    number = number_of(document, path)
    if number < 0:
        raise DocumentError(path, "must not be negative")
    return number


def date_of(document: Json, path: str) -> date:
    """A date such as "2019-04-30"."""
    text = text_of(document, path)
    try:
        day = date.fromisoformat(text)
    except ValueError:
        raise DocumentError(path, f"{shown(text)} is not a date such as '2019-04-30'") from None
    if not EARLIEST_YEAR <= day.year <= LATEST_YEAR:
        raise DocumentError(path, f"lies outside the years {EARLIEST_YEAR} to {LATEST_YEAR}")
    return day


def zone_of(document: Json, path: str) -> ZoneInfo:
    """A zone by its IANA name."""
    try:
        return zone_named(text_of(document, path))
    except UnknownZone as error:
        raise DocumentError(path, str(error)) from None


def instant(document: Json, path: str, zone: ZoneInfo) -> datetime:
    """A time with an offset as it stands, one without as the wall clock of `zone`; in UTC."""
    text = text_of(document, path)
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        moment = None
    if moment is None or _is_date(text):
        raise DocumentError(path, f"{shown(text)} is not a time such as '2026-06-15T09:00'")
    if not EARLIEST_YEAR <= moment.year <= LATEST_YEAR:
        raise DocumentError(path, f"lies outside the years {EARLIEST_YEAR} to {LATEST_YEAR}")
    if moment.tzinfo is None:
        return resolve_local(moment.date(), moment.time(), zone)
    return moment.astimezone(UTC)


def _is_date(text: str) -> bool:
    # A date alone would quietly become midnight.
    try:
        return bool(date.fromisoformat(text))
    except ValueError:
        return False
