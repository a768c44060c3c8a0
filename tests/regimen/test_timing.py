"""Instants, offsets, windows and quiet hours, on the nights and in the places where they go wrong."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta

import pytest

from ivig_care.regimen.errors import UnknownZone
from ivig_care.regimen.timing import (
    Elapsed,
    Offset,
    Phase,
    QuietHours,
    WallClock,
    WindowRule,
    resolve_local,
    shift,
    zone_named,
)
from tests.regimen.builders import at, hours, minutes, utc

# Zone, date and time on the wall, the instant in UTC.
SHOWN = [
    pytest.param("America/Los_Angeles", "2026-06-15 09:00", "2026-06-15 16:00", id="ordinary"),
    pytest.param("America/New_York", "2026-03-08 01:59:59", "2026-03-08 06:59:59", id="just before a gap"),
    pytest.param("America/New_York", "2026-03-08 02:00", "2026-03-08 07:00", id="gap: its first minute"),
    pytest.param("America/New_York", "2026-03-08 02:30", "2026-03-08 07:00", id="gap: first instant after it"),
    pytest.param("America/New_York", "2026-03-08 02:59:59", "2026-03-08 07:00", id="gap: its last second"),
    pytest.param("America/New_York", "2026-03-08 03:00", "2026-03-08 07:00", id="just after a gap"),
    pytest.param("America/New_York", "2026-11-01 00:59:59", "2026-11-01 04:59:59", id="just before an overlap"),
    pytest.param("America/New_York", "2026-11-01 01:00", "2026-11-01 05:00", id="overlap: its first minute"),
    pytest.param("America/New_York", "2026-11-01 01:30", "2026-11-01 05:30", id="overlap: the earlier"),
    pytest.param("America/New_York", "2026-11-01 02:00", "2026-11-01 07:00", id="just after an overlap"),
    pytest.param("America/New_York", "2040-03-11 02:30", "2040-03-11 07:00", id="gap beyond the printed table"),
    pytest.param("Europe/London", "2028-02-29 08:00", "2028-02-29 08:00", id="leap day"),
    pytest.param("Europe/Dublin", "2026-10-25 01:30", "2026-10-25 00:30", id="overlap where winter is the odd one"),
    pytest.param("Pacific/Kiritimati", "2026-01-01 08:00", "2025-12-31 18:00", id="far zone: UTC+14"),
    pytest.param("Pacific/Pago_Pago", "2026-12-31 20:00", "2027-01-01 07:00", id="far zone: UTC-11"),
    pytest.param("America/Santiago", "2026-09-06 00:30", "2026-09-06 04:00", id="gap at midnight: Santiago"),
    pytest.param("Asia/Beirut", "2026-03-29 00:00", "2026-03-28 22:00", id="gap at midnight: Beirut"),
    pytest.param("America/Santiago", "2026-04-04 23:30", "2026-04-05 02:30", id="overlap before midnight"),
    pytest.param("Australia/Lord_Howe", "2026-10-04 02:15", "2026-10-03 15:30", id="gap of 30 minutes"),
    pytest.param("Australia/Lord_Howe", "2026-04-05 01:45", "2026-04-04 14:45", id="overlap of 30 minutes"),
    pytest.param("Asia/Kathmandu", "2026-12-31 23:59:59", "2026-12-31 18:14:59", id="45 minutes, year end"),
    pytest.param("Pacific/Chatham", "2026-09-27 03:00", "2026-09-26 14:00", id="gap in a 45-minute zone"),
    pytest.param("Pacific/Chatham", "2026-04-05 03:00", "2026-04-04 13:15", id="overlap in a 45-minute zone"),
    pytest.param("Pacific/Apia", "2011-12-30 12:00", "2011-12-30 10:00", id="a day that never was"),
    pytest.param("Pacific/Apia", "2011-12-31 00:00", "2011-12-30 10:00", id="the day after it"),
    pytest.param("Africa/Monrovia", "1972-01-07 00:20", "1972-01-07 00:44:30", id="gap of 44 min 30 s"),
    pytest.param("UTC", "2026-02-28 23:59:59", "2026-02-28 23:59:59", id="no changes at all"),
]


@pytest.mark.parametrize(("zone", "shown", "instant"), SHOWN)
def test_wall_clock_resolves_to_one_instant(zone: str, shown: str, instant: str) -> None:
    on_the_wall = datetime.fromisoformat(shown)

    assert resolve_local(on_the_wall.date(), on_the_wall.time(), zone_named(zone)) == utc(instant)


def test_resolved_instants_are_in_utc() -> None:
    assert resolve_local(date(2026, 3, 8), time(2, 30), zone_named("America/New_York")).utcoffset() == timedelta()


def test_time_that_says_it_is_the_later_of_two_still_means_the_earlier() -> None:
    second_half_past_one = time(1, 30, fold=1)

    resolved = resolve_local(date(2026, 11, 1), second_half_past_one, zone_named("America/New_York"))

    assert resolved == utc("2026-11-01 05:30")


# Zone, anchor in UTC, offset, the instant in UTC.
SHIFTED = [
    pytest.param("UTC", "2026-06-15 09:00", hours(6), "2026-06-15 15:00", id="elapsed, ordinary"),
    pytest.param("UTC", "2026-06-15 09:00", minutes(-30), "2026-06-15 08:30", id="elapsed, before"),
    pytest.param(
        "America/New_York", "2026-10-31 16:15", hours(24), "2026-11-01 16:15", id="elapsed over an overlap: 11:15 EST"
    ),
    pytest.param(
        "America/New_York",
        "2026-10-31 16:15",
        WallClock(1, time(12, 15)),
        "2026-11-01 17:15",
        id="wall clock over an overlap: 25 h",
    ),
    pytest.param(
        "America/New_York", "2026-03-07 17:15", hours(24), "2026-03-08 17:15", id="elapsed over a gap: 13:15 EDT"
    ),
    pytest.param(
        "America/New_York",
        "2026-03-07 17:15",
        WallClock(1, time(12, 15)),
        "2026-03-08 16:15",
        id="wall clock over a gap: 23 h",
    ),
    pytest.param(
        "America/New_York", "2026-03-07 07:30", WallClock(1, time(2, 30)), "2026-03-08 07:00", id="wall clock in a gap"
    ),
    pytest.param(
        "America/New_York",
        "2026-11-01 14:00",
        WallClock(0, time(1, 30)),
        "2026-11-01 05:30",
        id="wall clock in an overlap",
    ),
    pytest.param(
        "America/Los_Angeles",
        "2026-06-16 03:00",
        WallClock(-1, time(8)),
        "2026-06-14 15:00",
        id="the day before by the child's calendar, not by UTC's",
    ),
    pytest.param(
        "Asia/Kathmandu", "2026-06-15 20:00", WallClock(0, time(8)), "2026-06-16 02:15", id="already tomorrow there"
    ),
    pytest.param("Europe/London", "2028-02-28 09:00", WallClock(1, time(8)), "2028-02-29 08:00", id="to a leap day"),
    pytest.param("Europe/London", "2028-02-28 09:00", WallClock(2, time(8)), "2028-03-01 08:00", id="over a leap day"),
    pytest.param(
        "Pacific/Kiritimati", "2026-12-31 09:00", WallClock(1, time(8)), "2026-12-31 18:00", id="over a year end"
    ),
    pytest.param("Pacific/Apia", "2011-12-29 20:00", hours(24), "2011-12-30 20:00", id="elapsed over a lost day"),
    pytest.param(
        "Pacific/Apia",
        "2011-12-29 20:00",
        WallClock(1, time(10)),
        "2011-12-30 10:00",
        id="wall clock on a lost day: the first instant after it",
    ),
    pytest.param(
        "America/Santiago", "2026-09-05 16:00", WallClock(1, time(0)), "2026-09-06 04:00", id="midnight that is not"
    ),
]


@pytest.mark.parametrize(("zone", "anchor", "offset", "instant"), SHIFTED)
def test_offset_from_an_anchor(zone: str, anchor: str, offset: Offset, instant: str) -> None:
    assert shift(utc(anchor), offset, zone_named(zone)) == utc(instant)


@pytest.mark.parametrize(
    ("now", "phase"),
    [
        ("08:44:59", Phase.EARLY),
        ("08:45", Phase.DUE),
        ("09:00", Phase.DUE),
        ("09:29:59", Phase.DUE),
        ("09:30", Phase.LATE),
        ("10:59:59", Phase.LATE),
        ("11:00", Phase.CLOSED),
    ],
)
def test_each_boundary_of_a_window_belongs_to_the_phase_it_begins(now: str, phase: Phase) -> None:
    rule = WindowRule(opens_before=minutes(15), late_after=minutes(30), closes_after=hours(2))

    assert rule.around(at("09:00")).phase(at(now)) is phase


def test_phases_are_words_that_a_preview_shows() -> None:
    assert [phase.value for phase in Phase] == ["too early", "due", "late", "closed"]


def test_window_around_a_due_time_is_elapsed_time() -> None:
    rule = WindowRule(opens_before=hours(2), late_after=hours(1), closes_after=hours(24))

    around = rule.around(utc("2026-03-08 06:00"))

    assert around.opens_at == utc("2026-03-08 04:00")
    assert around.due_at == utc("2026-03-08 06:00")
    assert around.late_at == utc("2026-03-08 07:00")
    assert around.closes_at == utc("2026-03-09 06:00")


OVERNIGHT = QuietHours(time(22), time(7))
NAP = QuietHours(time(13), time(15))
# Quiet hours, zone, instant in UTC, end of the quiet hours in UTC.
QUIET = [
    pytest.param(OVERNIGHT, "UTC", "2026-06-15 21:59:59", None, id="overnight: before"),
    pytest.param(OVERNIGHT, "UTC", "2026-06-15 22:00", "2026-06-16 07:00", id="overnight: begins"),
    pytest.param(OVERNIGHT, "UTC", "2026-06-16 00:00", "2026-06-16 07:00", id="overnight: midnight"),
    pytest.param(OVERNIGHT, "UTC", "2026-06-16 06:59:59", "2026-06-16 07:00", id="overnight: last second"),
    pytest.param(OVERNIGHT, "UTC", "2026-06-16 07:00", None, id="overnight: over"),
    pytest.param(OVERNIGHT, "UTC", "2026-12-31 23:30", "2027-01-01 07:00", id="overnight: year end"),
    pytest.param(OVERNIGHT, "UTC", "2028-02-28 23:30", "2028-02-29 07:00", id="overnight: into a leap day"),
    pytest.param(OVERNIGHT, "America/Los_Angeles", "2026-06-16 05:30", "2026-06-16 14:00", id="on the person's clock"),
    pytest.param(OVERNIGHT, "America/Los_Angeles", "2026-06-15 23:00", None, id="night in UTC, afternoon there"),
    pytest.param(OVERNIGHT, "America/New_York", "2026-03-08 04:00", "2026-03-08 11:00", id="night of the gap: 8 h"),
    pytest.param(
        OVERNIGHT, "America/New_York", "2026-11-01 06:30", "2026-11-01 12:00", id="night of the overlap: 10 h"
    ),
    pytest.param(OVERNIGHT, "Pacific/Apia", "2011-12-30 08:30", "2011-12-30 10:00", id="night whose morning never was"),
    pytest.param(OVERNIGHT, "Pacific/Apia", "2011-12-30 10:00", "2011-12-30 17:00", id="lost day's evening runs on"),
    pytest.param(NAP, "UTC", "2026-06-15 12:59:59", None, id="same day: before"),
    pytest.param(NAP, "UTC", "2026-06-15 13:00", "2026-06-15 15:00", id="same day: begins"),
    pytest.param(NAP, "UTC", "2026-06-15 15:00", None, id="same day: over"),
    pytest.param(
        QuietHours(time(0), time(2, 30)), "America/New_York", "2026-03-08 06:30", "2026-03-08 07:00", id="ends in a gap"
    ),
    pytest.param(
        QuietHours(time(2, 15), time(2, 45)), "America/New_York", "2026-03-08 07:00", None, id="lies wholly in a gap"
    ),
    pytest.param(
        QuietHours(time(2, 30), time(5)),
        "America/New_York",
        "2026-03-08 07:00",
        "2026-03-08 09:00",
        id="begins in a gap",
    ),
    pytest.param(
        QuietHours(time(1, 30), time(5)),
        "America/New_York",
        "2026-11-01 06:15",
        "2026-11-01 10:00",
        id="begins in an overlap: from the earlier on",
    ),
    pytest.param(
        QuietHours(time(0), time(1, 30)),
        "America/New_York",
        "2026-11-01 05:29",
        "2026-11-01 05:30",
        id="ends in an overlap: with the earlier",
    ),
    pytest.param(
        QuietHours(time(0), time(1, 30)),
        "America/New_York",
        "2026-11-01 06:15",
        None,
        id="ended in an overlap: not again in the second hour",
    ),
    pytest.param(QuietHours(time(8), time(8)), "UTC", "2026-06-15 08:00", None, id="equal ends: no quiet hours"),
    pytest.param(QuietHours(time(8), time(8)), "UTC", "2026-06-15 03:00", None, id="equal ends: never"),
]


@pytest.mark.parametrize(("quiet", "zone", "instant", "until"), QUIET)
def test_quiet_hours_hold_until_their_end(quiet: QuietHours, zone: str, instant: str, until: str | None) -> None:
    held_until = quiet.hold_until(utc(instant), zone_named(zone))

    assert held_until == (None if until is None else utc(until))


@pytest.mark.parametrize(
    "name",
    [
        pytest.param("America/Gotham", id="no such place"),
        pytest.param("America", id="a folder"),
        pytest.param("", id="nothing"),
        pytest.param("../etc/passwd", id="outside"),
        pytest.param("zone\0", id="not a name"),
        pytest.param("\ud800", id="half a letter"),
        pytest.param("x" * 5000, id="too long for a file"),
        pytest.param("localtime", id="whatever this machine is set to"),
        pytest.param("right/America/New_York", id="counts leap seconds"),
        pytest.param("posix/America/New_York", id="a copy under another name"),
        pytest.param("posixrules", id="a default"),
        pytest.param("Factory", id="a placeholder"),
    ],
)
def test_unknown_zone_is_refused_by_name(name: str) -> None:
    with pytest.raises(UnknownZone, match="unknown time zone") as refused:
        zone_named(name)

    assert refused.value.name == name


def test_elapsed_says_its_unit() -> None:
    assert Elapsed(hours=6) == timedelta(hours=6)
    assert Elapsed(days=1, minutes=30).total_seconds() == 88200
