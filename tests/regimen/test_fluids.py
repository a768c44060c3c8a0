"""What was drunk, against a goal that a clinician set, and when there is no goal at all."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, time, timedelta
from fractions import Fraction
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ivig_care.regimen.fluids import (
    ESTIMATE_WORDS,
    Estimate,
    FluidEntry,
    FluidKind,
    FluidProgress,
    FluidWindow,
    NoEstimate,
    Pace,
    fluid_window,
    maintenance_estimate,
    progress,
    suppressed,
    waking,
)
from ivig_care.regimen.protocol import Kind
from ivig_care.regimen.schedule import build_schedule
from ivig_care.regimen.timing import QuietHours, zone_named
from tests.regimen.builders import at, facts, hours, protocol, rule, step_of, utc

UTC_ZONE = zone_named("UTC")
NEW_YORK = zone_named("America/New_York")
NIGHT = QuietHours(time(20), time(8))


def drink(when: str, ml: int, kind: FluidKind = FluidKind.WATER) -> FluidEntry:
    """So many mL at that time of the first day."""
    return FluidEntry(at=at(when), ml=Fraction(ml), kind=kind)


def from_eight_to_six(goal: int | None = 1000) -> FluidWindow:
    """Ten hours, 100 mL in each."""
    goal_ml = None if goal is None else Fraction(goal)
    return FluidWindow(opens_at=at("08:00"), closes_at=at("18:00"), goal_ml=goal_ml, slot="drink.d1")


def so_far(
    now: str,
    *entries: FluidEntry,
    window: FluidWindow | None = None,
    night: QuietHours | None = None,
    no_goal_because: str = "",
) -> FluidProgress:
    """The progress at that time of the first day, for a child in UTC."""
    return progress(
        window or from_eight_to_six(),
        entries,
        now=at(now),
        night=night,
        zone=UTC_ZONE,
        no_goal_because=no_goal_because,
    )


def test_drinks_count_together_electrolytes_are_a_part_and_a_bolus_stands_alone() -> None:
    taken = so_far(
        "13:00",
        drink("09:00", 200),
        drink("10:00", 150, FluidKind.ELECTROLYTE),
        drink("11:00", 100, FluidKind.OTHER),
        drink("12:00", 250, FluidKind.IV_BOLUS),
    )

    assert taken == FluidProgress(
        drunk_ml=Fraction(450),
        electrolyte_ml=Fraction(150),
        iv_ml=Fraction(250),
        remaining_ml=Fraction(550),
        expected_ml=Fraction(500),
        pace=Pace.ON_PACE,
        ml_per_h=Fraction(110),
    )


@pytest.mark.parametrize(
    ("when", "counts"),
    [
        pytest.param("07:59:59", False, id="just before the window"),
        pytest.param("08:00", True, id="when it opens"),
        pytest.param("17:59:59", True, id="its last second"),
        pytest.param("18:00", False, id="when it closes"),
    ],
)
def test_only_what_is_drunk_in_the_window_counts(when: str, counts: bool) -> None:
    assert so_far("20:00", drink(when, 200)).drunk_ml == (200 if counts else 0)


@pytest.mark.parametrize(("now", "counts"), [("11:59:59", False), ("12:00", True)])
def test_drink_that_lies_ahead_does_not_count_yet(now: str, counts: bool) -> None:
    assert so_far(now, drink("12:00", 200)).drunk_ml == (200 if counts else 0)


def test_windows_that_overlap_each_count_by_themselves() -> None:
    later = replace(from_eight_to_six(), opens_at=at("12:00"), slot="drink.d2")
    entries = drink("10:00", 100), drink("13:00", 200)

    assert so_far("14:00", *entries).drunk_ml == 300
    assert so_far("14:00", *entries, window=later).drunk_ml == 200


# Drunk by noon, when 400 of 1000 mL are expected; a tenth of the goal either way is on pace.
@pytest.mark.parametrize(
    ("ml", "pace"),
    [
        pytest.param(299, Pace.BEHIND, id="more than a tenth behind"),
        pytest.param(300, Pace.ON_PACE, id="a tenth behind"),
        pytest.param(400, Pace.ON_PACE, id="as expected"),
        pytest.param(500, Pace.ON_PACE, id="a tenth ahead"),
        pytest.param(501, Pace.AHEAD, id="more than a tenth ahead"),
        pytest.param(999, Pace.AHEAD, id="all but one mL"),
        pytest.param(1000, Pace.REACHED, id="all of it"),
        pytest.param(1001, Pace.REACHED, id="more than all"),
    ],
)
def test_pace_at_noon(ml: int, pace: Pace) -> None:
    assert so_far("12:00", drink("09:00", ml)).pace is pace


@pytest.mark.parametrize(
    ("now", "ml", "pace"),
    [
        pytest.param("07:59:59", 0, Pace.NOT_BEGUN, id="before it opens"),
        pytest.param("08:00", 0, Pace.ON_PACE, id="opens: nothing expected yet"),
        pytest.param("17:59:59", 850, Pace.BEHIND, id="its last second"),
        pytest.param("18:00", 850, Pace.OVER, id="closed"),
        pytest.param("18:00", 1000, Pace.REACHED, id="closed, and all was drunk"),
    ],
)
def test_pace_at_the_ends_of_the_window(now: str, ml: int, pace: Pace) -> None:
    entries = [drink("08:30", ml)] if ml else []

    assert so_far(now, *entries).pace is pace


def test_goal_of_nothing_is_reached_but_not_before_it_begins() -> None:
    assert so_far("07:00", window=from_eight_to_six(0)).pace is Pace.NOT_BEGUN
    assert so_far("09:00", window=from_eight_to_six(0)).pace is Pace.REACHED


@pytest.mark.parametrize(
    ("now", "expected", "per_hour"),
    [
        pytest.param("06:00", 0, 100, id="before: the whole goal over the whole window"),
        pytest.param("08:00", 0, 100, id="opens"),
        pytest.param("13:00", 500, 200, id="half of the time"),
        pytest.param("17:30", 950, 2000, id="half an hour left"),
        pytest.param("18:00", 1000, None, id="closed: no time left"),
        pytest.param("1+08:00", 1000, None, id="the day after"),
    ],
)
def test_what_is_expected_and_what_each_hour_still_needs(now: str, expected: int, per_hour: int | None) -> None:
    nothing_drunk = so_far(now)

    assert nothing_drunk.expected_ml == expected
    assert nothing_drunk.ml_per_h == per_hour
    assert nothing_drunk.remaining_ml == 1000


def test_nothing_more_is_needed_once_the_goal_is_reached() -> None:
    reached = so_far("12:00", drink("09:00", 1200))

    assert reached.remaining_ml == 0
    assert reached.ml_per_h == 0


# Twenty-four hours from 14:00 with a night from 20:00 until 08:00: 6 waking hours, the night, 6 waking hours.
@pytest.mark.parametrize(
    ("now", "expected", "per_hour"),
    [
        pytest.param("17:00", 300, Fraction(1200, 9), id="the afternoon"),
        pytest.param("20:00", 600, 200, id="bedtime"),
        pytest.param("1+02:00", 600, 200, id="asleep: nothing more is expected"),
        pytest.param("1+08:00", 600, 200, id="up again"),
        pytest.param("1+11:00", 900, 400, id="the morning"),
        pytest.param("1+14:00", 1200, None, id="closed"),
    ],
)
def test_nobody_is_expected_to_drink_at_night(now: str, expected: int, per_hour: Fraction | None) -> None:
    window = FluidWindow(opens_at=at("14:00"), closes_at=at("1+14:00"), goal_ml=Fraction(1200), slot="drink")

    asked = so_far(now, window=window, night=NIGHT)

    assert asked.expected_ml == expected
    assert asked.ml_per_h == per_hour


def test_window_that_is_all_night_expects_nothing_until_it_closes() -> None:
    window = FluidWindow(opens_at=at("21:00"), closes_at=at("1+05:00"), goal_ml=Fraction(300), slot="drink")

    asleep = so_far("1+04:59", window=window, night=NIGHT)

    assert asleep.expected_ml == 0
    assert asleep.ml_per_h is None
    assert asleep.pace is Pace.ON_PACE
    assert so_far("1+05:00", window=window, night=NIGHT).expected_ml == 300


# Start and end in UTC, waking hours of a child in New York who sleeps from 20:00 until 08:00 there.
@pytest.mark.parametrize(
    ("start", "end", "awake"),
    [
        pytest.param("2026-06-15 12:00", "2026-06-16 00:00", 12, id="one whole day, from getting up to bedtime"),
        pytest.param("2026-06-15 11:00", "2026-06-16 01:00", 12, id="an hour of night at either end"),
        pytest.param("2026-06-16 00:00", "2026-06-16 12:00", 0, id="one whole night"),
        pytest.param("2026-06-16 02:00", "2026-06-16 06:00", 0, id="in the middle of the night"),
        pytest.param("2026-06-15 12:00", "2026-06-18 12:00", 36, id="three days"),
        pytest.param("2026-03-07 17:00", "2026-03-08 17:00", 13, id="night of the gap: eight hours and five"),
        pytest.param("2026-10-31 17:00", "2026-11-01 17:00", 11, id="night of the overlap: seven hours and four"),
        pytest.param("2026-06-15 18:00", "2026-06-15 17:00", 0, id="the wrong way round"),
        pytest.param("2026-06-15 18:00", "2026-06-15 18:00", 0, id="no time at all"),
    ],
)
def test_waking_hours(start: str, end: str, awake: int) -> None:
    assert waking(utc(start), utc(end), NIGHT, NEW_YORK) == hours(awake)


def test_nap_is_night_too_and_without_a_night_all_time_is_waking() -> None:
    nap = QuietHours(time(13), time(15))

    assert waking(at("08:00"), at("18:00"), nap, UTC_ZONE) == hours(8)
    assert waking(at("14:00"), at("1+14:00"), nap, UTC_ZONE) == hours(22)
    assert waking(at("08:00"), at("18:00"), None, UTC_ZONE) == hours(10)
    assert waking(at("18:00"), at("08:00"), None, UTC_ZONE) == hours(0)


def test_without_a_goal_of_the_clinician_there_is_only_the_count() -> None:
    counted = so_far(
        "12:00", drink("09:00", 300), drink("10:00", 250, FluidKind.IV_BOLUS), window=from_eight_to_six(None)
    )

    assert counted == FluidProgress(
        drunk_ml=Fraction(300),
        electrolyte_ml=Fraction(0),
        iv_ml=Fraction(250),
        reason="The team has not set a goal. Ask the team how much to drink.",
    )


def test_where_the_goal_must_not_be_shown_the_record_is_kept() -> None:
    counted = so_far("12:00", drink("09:00", 300, FluidKind.ELECTROLYTE), no_goal_because="Ask the team.")

    assert counted == FluidProgress(
        drunk_ml=Fraction(300), electrolyte_ml=Fraction(300), iv_ml=Fraction(0), reason="Ask the team."
    )


@pytest.mark.parametrize(
    ("said", "is_limited", "why"),
    [
        pytest.param((), False, "", id="nothing speaks against it"),
        pytest.param(("risk", "first infusion"), False, "", id="other flags"),
        pytest.param((), True, "Fluids are limited for your child.", id="limited"),
        pytest.param(("fluids limited",), False, "Fluids are limited for your child.", id="limited this time"),
        pytest.param(("fluids limited",), None, "Fluids are limited for your child.", id="limited, by the flag alone"),
        pytest.param(("heart disease",), False, "Your child has heart disease.", id="heart"),
        pytest.param(("kidney disease",), False, "Your child has kidney disease.", id="kidneys"),
        pytest.param(("kidney disease",), None, "Your child has kidney disease.", id="kidneys, the rest unknown"),
        pytest.param((), None, "It is not known here whether fluids are limited for your child.", id="unknown"),
    ],
)
def test_goal_is_suppressed_for_a_reason_that_sends_to_the_team(
    said: tuple[str, ...], is_limited: bool | None, why: str
) -> None:
    reason = suppressed(frozenset(said), is_limited=is_limited)

    assert reason == (f"{why} Ask the team how much to drink." if why else "")


# FACTS section 5: the examples there, the bands, and the caps from both sides.
@pytest.mark.parametrize(
    ("kg", "ml_per_day", "ml_per_h"),
    [
        ("3", 300, 12),
        ("10", 1000, 40),
        ("15", 1250, 50),
        ("20", 1500, 60),
        ("28", 1660, 68),
        ("30", 1700, 70),
        ("35", 1800, 75),
        ("42", 1940, 82),
        ("59.5", 2290, "99.5"),
        ("60", 2300, 100),
        ("60.5", 2310, 100),
        ("64.9", 2398, 100),
        ("65", 2400, 100),
        ("65.1", 2400, 100),
        ("120", 2400, 100),
    ],
)
def test_maintenance_estimate_by_weight(kg: str, ml_per_day: int, ml_per_h: int | str) -> None:
    estimate = maintenance_estimate(Fraction(kg), 3650)

    assert isinstance(estimate, Estimate)
    assert estimate.ml_per_day == ml_per_day
    assert estimate.ml_per_h == Fraction(ml_per_h)
    assert estimate.words == ESTIMATE_WORDS
    assert ESTIMATE_WORDS == (
        "A maintenance estimate by weight (Holliday-Segar), made for fluid into a vein [S45]. "
        "No source validates it as an amount to drink around IVIG. The clinician sets the goal."
    )


UNSUITABLE = NoEstimate(reason="The formula is not for a child under 14 days old or under 3 kg [S45].")
UNKNOWN = NoEstimate(reason="The weight or the age is unknown, so nothing is estimated.")


@pytest.mark.parametrize(
    ("kg", "age_days", "why"),
    [
        pytest.param("2.999", 3650, UNSUITABLE, id="too light"),
        pytest.param("20", 13, UNSUITABLE, id="too young"),
        pytest.param(None, 3650, UNKNOWN, id="weight unknown"),
        pytest.param("20", None, UNKNOWN, id="age unknown: not safe"),
    ],
)
def test_no_estimate_where_the_formula_is_not_made_for_it(
    kg: str | None, age_days: int | None, why: NoEstimate
) -> None:
    assert maintenance_estimate(None if kg is None else Fraction(kg), age_days) == why


def test_estimate_begins_with_fourteen_days_and_three_kilograms() -> None:
    assert isinstance(maintenance_estimate(Fraction(3), 14), Estimate)


def test_fluids_step_of_a_protocol_is_a_window_with_its_goal() -> None:
    drinking = rule("drink", kind=Kind.FLUIDS, goal_ml=Fraction(1500))
    step = step_of(build_schedule(protocol(drinking), facts()), "drink.d1")

    assert fluid_window(step) == FluidWindow(
        opens_at=at("08:45"), closes_at=at("11:00"), goal_ml=Fraction(1500), slot="drink.d1"
    )


def test_kinds_and_paces_are_words_that_are_kept() -> None:
    assert [kind.value for kind in FluidKind] == ["water", "electrolyte drink", "other drink", "IV bolus"]
    assert [pace.value for pace in Pace] == ["not begun", "behind", "on pace", "ahead", "reached", "over"]


INSTANTS = st.integers(-600, 3000).map(lambda number: at("08:00") + timedelta(minutes=number))
ENTRIES = st.builds(
    FluidEntry, at=INSTANTS, ml=st.integers(1, 1000).map(Fraction), kind=st.sampled_from(list(FluidKind))
)
WINDOWS = st.builds(
    lambda opens_at, minutes, goal: FluidWindow(
        opens_at=opens_at, closes_at=opens_at + timedelta(minutes=minutes), goal_ml=Fraction(goal), slot="drink"
    ),
    INSTANTS,
    st.integers(1, 3000),
    st.integers(1, 3000),
)
NIGHTS = st.none() | st.builds(QuietHours, st.times(), st.times())
ZONES = st.sampled_from(["UTC", "America/New_York", "Asia/Kathmandu", "Pacific/Chatham"]).map(zone_named)


@given(WINDOWS, st.lists(ENTRIES, max_size=5), ENTRIES, INSTANTS)
def test_entry_never_makes_progress_fall_and_a_bolus_never_makes_it_rise(
    window: FluidWindow, entries: list[FluidEntry], another: FluidEntry, now: datetime
) -> None:
    before = progress(window, entries, now=now, night=None, zone=UTC_ZONE)
    after = progress(window, [*entries, another], now=now, night=None, zone=UTC_ZONE)

    assert after.drunk_ml >= before.drunk_ml
    assert after.iv_ml >= before.iv_ml
    assert after.electrolyte_ml <= after.drunk_ml
    assert before.remaining_ml is not None
    assert after.remaining_ml is not None
    assert after.remaining_ml <= before.remaining_ml
    assert another.kind.is_drunk or after == replace(before, iv_ml=after.iv_ml)


@given(WINDOWS, st.tuples(INSTANTS, INSTANTS).map(sorted), NIGHTS, ZONES)
def test_what_is_expected_never_falls_and_at_the_end_is_the_goal(
    window: FluidWindow, moments: list[datetime], night: QuietHours | None, zone: ZoneInfo
) -> None:
    expected = [
        progress(window, [], now=now, night=night, zone=zone).expected_ml for now in (*moments, window.closes_at)
    ]

    earlier, later, last = (Fraction(-1) if amount is None else amount for amount in expected)
    assert 0 <= earlier <= later
    assert later <= last
    assert last == window.goal_ml
