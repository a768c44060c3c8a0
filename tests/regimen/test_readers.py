"""The single values of a document: what is taken, exactly, and what is refused, where and in which words."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, time
from fractions import Fraction
from typing import Any

import pytest

from ivig_care.regimen import readers
from ivig_care.regimen.errors import DocumentError
from ivig_care.regimen.protocol import Conditions
from ivig_care.regimen.timing import Elapsed, Offset, WallClock, zone_named

NEW_YORK = zone_named("America/New_York")


def _refused(read: Callable[..., object], document: Any, *more: Any) -> tuple[str, str]:
    with pytest.raises(DocumentError) as refused:
        read(document, "here", *more)
    assert refused.value.__cause__ is None
    return refused.value.path, refused.value.problem


# --- numbers ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("document", "number"),
    [
        (0, Fraction(0)),
        (300, Fraction(300)),
        (-5, Fraction(-5)),
        (0.6, Fraction(3, 5)),
        (2.50, Fraction(5, 2)),
        (Fraction(1, 3), Fraction(1, 3)),
        (10**9, Fraction(10**9)),
        (-(10**9), Fraction(-(10**9))),
        (1e-6, Fraction(1, 10**6)),
        (-1e-6, Fraction(-1, 10**6)),
    ],
)
def test_number_is_taken_as_it_is_written(document: Any, number: Fraction) -> None:
    assert readers.number_of(document, "here") == number


@pytest.mark.parametrize(
    ("document", "problem"),
    [
        (True, "expected a number, not true"),
        (False, "expected a number, not false"),
        (None, "expected a number, not null"),
        ("5", 'expected a number, not "5"'),
        ([], "expected a number, not a list"),
        (float("nan"), "expected a number, not NaN"),
        (float("inf"), "expected a number, not Infinity"),
        (10**9 + 1, "is too large to mean anything"),
        (-(10**9) - 1, "is too large to mean anything"),
        (10**9 + Fraction(1, 10), "is too large to mean anything"),
        (9.99e-7, "is too small to mean anything"),
        (-9.99e-7, "is too small to mean anything"),
    ],
)
def test_number_that_means_nothing_is_refused(document: Any, problem: str) -> None:
    assert _refused(readers.number_of, document) == ("here", problem)


def test_amount_is_more_than_nothing() -> None:
    assert readers.positive(1e-6, "here") == Fraction(1, 10**6)
    assert readers.positive(0.5, "here") == Fraction(1, 2)
    for nothing in (0, -1, -0.5):
        assert _refused(readers.positive, nothing) == ("here", "must be more than nothing")


def test_rate_that_may_be_a_pause_may_be_nothing_and_no_less() -> None:
    assert readers.not_negative(0, "here") == 0
    assert readers.not_negative(0.5, "here") == Fraction(1, 2)
    for less in (-1e-6, -1):
        assert _refused(readers.not_negative, less) == ("here", "must not be negative")


@pytest.mark.parametrize("number", [0, 1, 999, 1000])
def test_whole_numbers_go_from_nothing_to_a_thousand(number: int) -> None:
    assert readers.whole(number, "here") == number
    assert type(readers.whole(float(number), "here")) is int


@pytest.mark.parametrize("number", [-1, 1001, 0.5, 999.5])
def test_other_numbers_are_not_whole(number: float) -> None:
    assert _refused(readers.whole, number) == ("here", "expected a whole number between 0 and 1000")


# --- lengths of time ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("document", "length"),
    [
        ({"seconds": 1}, Elapsed(seconds=1)),
        ({"minutes": 1}, Elapsed(seconds=60)),
        ({"hours": 1}, Elapsed(seconds=3600)),
        ({"days": 1}, Elapsed(seconds=86_400)),
        ({"hours": -1.5}, Elapsed(minutes=-90)),
        ({"minutes": 0}, Elapsed()),
        ({"days": 1, "hours": 2, "minutes": 3, "seconds": 4}, Elapsed(days=1, hours=2, minutes=3, seconds=4)),
        ({"days": 366}, Elapsed(days=366)),
        ({"days": -366}, Elapsed(days=-366)),
        ({"minutes": Fraction(1, 60)}, Elapsed(seconds=1)),
    ],
)
def test_length_of_time_is_the_sum_of_its_parts(document: Any, length: Elapsed) -> None:
    read = readers.elapsed(document, "here")

    assert (read, type(read)) == (length, Elapsed)


UNITS = "expected an elapsed time such as {'hours': 6}, with days, hours, minutes, seconds"


@pytest.mark.parametrize(
    ("document", "place", "problem"),
    [
        ("6 h", "here", "expected an object"),
        ({}, "here", UNITS),
        ({"weeks": 1}, "here", UNITS),
        ({"hours": 1, "weeks": 1}, "here", UNITS),
        ({"hours": "6"}, "here.hours", 'expected a number, not "6"'),
        ({"days": 366, "seconds": 1}, "here", "is longer than any infusion"),
        ({"days": -366, "seconds": -1}, "here", "is longer than any infusion"),
        ({"seconds": 0.5}, "here", "must be whole seconds"),
        ({"minutes": 0.01}, "here", "must be whole seconds"),
    ],
)
def test_length_of_time_is_refused(document: Any, place: str, problem: str) -> None:
    assert _refused(readers.elapsed, document) == (place, problem)


@pytest.mark.parametrize(
    ("document", "offset"),
    [
        ({"hours": 6}, Elapsed(hours=6)),
        ({"days": -1}, Elapsed(days=-1)),
        ({"at": "08:00"}, WallClock(0, time(8))),
        ({"days": -1, "at": "18:00"}, WallClock(-1, time(18))),
        ({"days": 366, "at": "18:00"}, WallClock(366, time(18))),
        ({"days": -366, "at": "18:00"}, WallClock(-366, time(18))),
    ],
)
def test_offset_is_elapsed_or_a_clock_time(document: Any, offset: Offset) -> None:
    assert readers.offset(document, "here") == offset


CLOCK = "expected a clock time such as {'days': -1, 'at': '08:00'}"


@pytest.mark.parametrize(
    ("document", "place", "problem"),
    [
        ([], "here", "expected an object"),
        ({"days": True, "at": "08:00"}, "here", CLOCK),
        ({"days": 1.0, "at": "08:00"}, "here", CLOCK),
        ({"days": "1", "at": "08:00"}, "here", CLOCK),
        ({"days": None, "at": "08:00"}, "here", CLOCK),
        ({"days": 1, "hours": 1, "at": "08:00"}, "here", CLOCK),
        ({"hours": 1, "at": "08:00"}, "here", CLOCK),
        ({"days": 367, "at": "08:00"}, "here.days", "is longer than any infusion"),
        ({"days": -367, "at": "08:00"}, "here.days", "is longer than any infusion"),
        ({"at": 8}, "here.at", "expected text, not 8"),
        ({"at": "8"}, "here.at", "\"8\" is not a time such as '08:00'"),
    ],
)
def test_offset_is_refused(document: Any, place: str, problem: str) -> None:
    assert _refused(readers.offset, document) == (place, problem)


# --- clocks, dates, zones and instants ----------------------------------------------------------------------------


def test_clock_time_is_one_of_the_childs_own_clock() -> None:
    assert readers.clock_time("08:00", "here") == time(8)
    assert readers.clock_time("23:59:59", "here") == time(23, 59, 59)
    for text in ("24:30", "eight", ""):
        assert _refused(readers.clock_time, text) == ("here", f"\"{text}\" is not a time such as '08:00'")
    for text in ("08:00Z", "08:00+02:00"):
        problem = f'"{text}" must be the child\'s own clock, without a zone'
        assert _refused(readers.clock_time, text) == ("here", problem)


@pytest.mark.parametrize("day", ["1900-01-01", "2019-04-30", "2028-02-29", "2199-12-31"])
def test_date_of_three_centuries(day: str) -> None:
    assert readers.date_of(day, "here") == date.fromisoformat(day)


@pytest.mark.parametrize(
    ("document", "problem"),
    [
        (20190430, "expected text, not 20190430"),
        ("yesterday", "\"yesterday\" is not a date such as '2019-04-30'"),
        ("2027-02-29", "\"2027-02-29\" is not a date such as '2019-04-30'"),
        ("2019-04-30T09:00", "\"2019-04-30T09:00\" is not a date such as '2019-04-30'"),
        ("1899-12-31", "lies outside the years 1900 to 2199"),
        ("2200-01-01", "lies outside the years 1900 to 2199"),
    ],
)
def test_date_is_refused(document: Any, problem: str) -> None:
    assert _refused(readers.date_of, document) == ("here", problem)


def test_zone_goes_by_its_name() -> None:
    assert readers.zone_of("America/New_York", "here") is NEW_YORK
    assert _refused(readers.zone_of, None) == ("here", "expected text, not null")
    place, problem = _refused(readers.zone_of, "Mars/Olympus")
    assert (place, problem.partition(";")[0]) == ("here", "unknown time zone 'Mars/Olympus'")


@pytest.mark.parametrize(
    ("text", "utc"),
    [
        pytest.param("2026-06-15T09:00", "2026-06-15T13:00", id="on the clock of the zone"),
        pytest.param("2026-06-15 09:00:30", "2026-06-15T13:00:30", id="with seconds"),
        pytest.param("2026-06-15T09:00Z", "2026-06-15T09:00", id="in UTC"),
        pytest.param("2026-06-15T09:00+02:00", "2026-06-15T07:00", id="with an offset"),
        pytest.param("2026-11-01T01:30", "2026-11-01T05:30", id="in an overlap"),
        pytest.param("2026-11-01T01:30-05:00", "2026-11-01T06:30", id="in an overlap, the second"),
        pytest.param("2026-03-08T02:30", "2026-03-08T07:00", id="in a gap"),
        pytest.param("1900-01-01T00:00Z", "1900-01-01T00:00", id="the first year"),
        pytest.param("2199-12-31T23:59Z", "2199-12-31T23:59", id="the last year"),
    ],
)
def test_instant_is_in_utc(text: str, utc: str) -> None:
    instant = readers.instant(text, "here", NEW_YORK)

    assert (instant, instant.tzinfo) == (datetime.fromisoformat(utc).replace(tzinfo=UTC), UTC)


NO_TIME = "is not a time such as '2026-06-15T09:00'"
OUTSIDE = "lies outside the years 1900 to 2199"


@pytest.mark.parametrize(
    ("document", "problem"),
    [
        (9, "expected text, not 9"),
        ("soon", f'"soon" {NO_TIME}'),
        ("2026-06-15", f'"2026-06-15" {NO_TIME}'),
        ("20260615", f'"20260615" {NO_TIME}'),
        ("09:00", f'"09:00" {NO_TIME}'),
        ("1899-12-31T23:59", OUTSIDE),
        ("2200-01-01T00:00", OUTSIDE),
        ("9999-12-31T23:59-14:00", OUTSIDE),
    ],
)
def test_instant_is_refused(document: Any, problem: str) -> None:
    assert _refused(readers.instant, document, NEW_YORK) == ("here", problem)


# --- words, lists and objects -------------------------------------------------------------------------------------


def test_conditions_are_one_or_several() -> None:
    assert readers.conditions("first infusion", "here") == Conditions(["first infusion"])
    assert readers.conditions(["long gap", "first infusion"], "here") == Conditions(["long gap", "first infusion"])
    assert readers.conditions([], "here") == Conditions()
    assert readers.conditions("", "here") == Conditions()
    assert type(readers.conditions("long gap", "here")) is Conditions


@pytest.mark.parametrize(
    ("document", "place", "problem"),
    [
        (" ", "here[0]", "expected the name of a condition"),
        (["long gap", ""], "here[1]", "expected the name of a condition"),
        (["long gap", 5], "here[1]", "expected text, not 5"),
        (None, "here", "expected a list"),
        ({}, "here", "expected a list"),
    ],
)
def test_condition_has_a_name(document: Any, place: str, problem: str) -> None:
    assert _refused(readers.conditions, document) == (place, problem)


def test_text_can_be_printed() -> None:
    assert readers.text_of("Spülen – 生理", "here") == "Spülen – 生理"
    assert readers.text_of("", "here") == ""
    assert _refused(readers.text_of, 5) == ("here", "expected text, not 5")
    assert _refused(readers.text_of, "half \ud800") == ("here", "holds half a letter (a lone surrogate)")


def test_flag_is_true_or_false() -> None:
    assert readers.flag(True, "here") is True
    assert readers.flag(False, "here") is False
    assert _refused(readers.flag, 1) == ("here", "expected true or false, not 1")
    assert _refused(readers.flag, "true") == ("here", 'expected true or false, not "true"')


def test_lists_and_objects_are_what_they_are() -> None:
    assert readers.list_of([1, "a"], "here") == [1, "a"]
    assert readers.object_of({"a": 1}, "here") == {"a": 1}
    assert _refused(readers.list_of, {}) == ("here", "expected a list")
    assert _refused(readers.list_of, "ab") == ("here", "expected a list")
    assert _refused(readers.object_of, []) == ("here", "expected an object")
    assert _refused(readers.object_of, None) == ("here", "expected an object")
