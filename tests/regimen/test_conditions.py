"""What is so for an infusion, what is unknown, and which lines of a protocol that leaves out."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from ivig_care.regimen.conditions import (
    BRAND_CHANGED,
    FIRST_INFUSION,
    FOUND_OUT,
    LONG_GAP,
    LONGEST_GAP,
    holds,
    is_gap_long,
    left_out_because,
)
from ivig_care.regimen.facts import DayFacts, InfusionFacts, LastInfusion
from ivig_care.regimen.protocol import Conditions
from tests.regimen.builders import at, cancelled, day, facts, rule

NINE = at("09:00")
A_SECOND = timedelta(seconds=1)
EIGHT_WEEKS = timedelta(days=56)


def _after(ended_at: datetime, *days: DayFacts, product: str = "Test 10 %") -> InfusionFacts:
    return facts(*days, is_first=False, last=LastInfusion(ended_at=ended_at, product=product))


def test_longest_gap_is_the_one_of_the_sources() -> None:
    assert LONGEST_GAP == EIGHT_WEEKS


def test_conditions_that_are_found_out() -> None:
    assert {FIRST_INFUSION, LONG_GAP, BRAND_CHANGED} == FOUND_OUT == {"first infusion", "long gap", "brand changed"}


@pytest.mark.parametrize(
    ("infusion", "does_hold"),
    [
        pytest.param(facts(), False, id="nobody named it"),
        pytest.param(facts(conditions=frozenset({"fluids limited"})), True, id="of this infusion"),
        pytest.param(facts(flags=frozenset({"fluids limited"})), True, id="a risk of the child"),
        pytest.param(facts(conditions=frozenset({"fluids"})), False, id="another"),
    ],
)
def test_condition_that_a_clinician_names_holds_when_it_is_said(infusion: InfusionFacts, does_hold: bool) -> None:
    assert holds("fluids limited", infusion) is does_hold


@pytest.mark.parametrize("is_first", [True, False, None])
def test_first_infusion_holds_as_it_is_known(is_first: bool | None) -> None:
    assert holds(FIRST_INFUSION, facts(is_first=is_first)) is is_first


# The infusion before this one ended so long before it starts at nine.
GAPS = [
    pytest.param(timedelta(days=28), False, id="four weeks"),
    pytest.param(EIGHT_WEEKS - A_SECOND, False, id="a second less than eight weeks"),
    pytest.param(EIGHT_WEEKS, False, id="eight weeks exactly"),
    pytest.param(EIGHT_WEEKS + A_SECOND, True, id="a second more than eight weeks"),
    pytest.param(timedelta(days=400), True, id="more than a year"),
]


@pytest.mark.parametrize(("gap", "is_long"), GAPS)
def test_gap_is_long_beyond_eight_weeks(gap: timedelta, is_long: bool) -> None:
    infusion = _after(NINE - gap)

    assert is_gap_long(infusion) is is_long
    assert holds(LONG_GAP, infusion) is is_long


@pytest.mark.parametrize(
    ("days", "is_long"),
    [
        pytest.param((day(), day(2)), False, id="from the first day"),
        pytest.param((day(start="09:00:01"),), True, id="from the actual start, a second late"),
        pytest.param((day(start="08:30"),), False, id="from the actual start, early"),
        pytest.param((cancelled(), day(2)), True, id="from the first day that takes place"),
        pytest.param((day(), cancelled(2)), False, id="whatever day is cancelled after it"),
        pytest.param((cancelled(),), False, id="no day takes place"),
    ],
)
def test_gap_ends_when_this_infusion_starts(days: tuple[DayFacts, ...], is_long: bool) -> None:
    assert is_gap_long(_after(NINE - EIGHT_WEEKS, *days)) is is_long


def test_gap_counts_hours_and_not_clock_faces() -> None:
    # Clocks in New York go back between the two: 09:00 eight weeks on is an hour more than eight weeks.
    autumn = datetime.fromisoformat("2026-09-21T09:00-04:00")
    start = datetime.fromisoformat("2026-11-16T09:00-05:00")
    infusion = _after(autumn, replace(day(), planned_start=start))

    assert is_gap_long(infusion)
    assert not is_gap_long(_after(autumn + timedelta(hours=1), replace(day(), planned_start=start)))


@pytest.mark.parametrize(("product", "is_changed"), [("Test 10 %", False), ("Test 5 %", True), ("Other 10 %", True)])
def test_brand_changed_when_the_product_has_another_name(product: str, is_changed: bool) -> None:
    assert holds(BRAND_CHANGED, _after(NINE - timedelta(days=28), product=product)) is is_changed


@pytest.mark.parametrize("condition", [LONG_GAP, BRAND_CHANGED])
@pytest.mark.parametrize(
    ("is_first", "answer"),
    [
        pytest.param(True, False, id="a first infusion has none before it"),
        pytest.param(False, None, id="there was one, nobody knows which"),
        pytest.param(None, None, id="nobody knows"),
    ],
)
def test_what_came_before_is_unknown_until_it_is_said(
    condition: str, is_first: bool | None, answer: bool | None
) -> None:
    assert holds(condition, facts(is_first=is_first)) is answer


def test_what_came_before_is_known_even_if_nobody_said_that_this_is_not_the_first() -> None:
    infusion = replace(_after(NINE - EIGHT_WEEKS - A_SECOND, product="Other"), is_first=None)

    assert (holds(LONG_GAP, infusion), holds(BRAND_CHANGED, infusion)) == (True, True)


@pytest.mark.parametrize("condition", sorted(FOUND_OUT))
def test_condition_of_a_name_that_is_found_out_may_be_said_of_the_infusion(condition: str) -> None:
    # reading.py refuses it in a document; said by a program it counts, for leaving it out could only be less careful.
    assert holds(condition, facts(conditions=frozenset({condition}), is_first=False)) is True


FIRST, GAP, LIMITED = "first infusion", "long gap", "fluids limited"
KNOWN_FIRST = facts(is_first=True)
KNOWN_LATER = _after(NINE - timedelta(days=28))
UNKNOWN = facts()
SAID = frozenset({LIMITED})

# `when`, `unless`, the infusion, and why the line is left out.
LINES = [
    pytest.param([], [], UNKNOWN, "", id="no condition"),
    pytest.param([FIRST], [], KNOWN_FIRST, "", id="when: holds"),
    pytest.param([FIRST], [], KNOWN_LATER, "only for: first infusion", id="when: does not hold"),
    pytest.param([FIRST], [], UNKNOWN, "", id="when: unknown leaves nothing out"),
    pytest.param([FIRST, GAP], [], KNOWN_FIRST, "", id="when: the first of two holds"),
    pytest.param([GAP, FIRST], [], KNOWN_FIRST, "", id="when: the second of two holds"),
    pytest.param([FIRST, GAP], [], KNOWN_LATER, "only for: first infusion, long gap", id="when: none of two holds"),
    pytest.param([LIMITED, FIRST], [], UNKNOWN, "", id="when: one not, one unknown"),
    pytest.param([], [FIRST], KNOWN_FIRST, "first infusion", id="unless: holds"),
    pytest.param([], [FIRST], KNOWN_LATER, "", id="unless: does not hold"),
    pytest.param([], [FIRST], UNKNOWN, "", id="unless: unknown leaves nothing out"),
    pytest.param([], [GAP, FIRST], KNOWN_FIRST, "first infusion", id="unless: the second of two holds"),
    pytest.param([], [FIRST, LIMITED], replace(KNOWN_FIRST, conditions=SAID), "first infusion", id="unless: both hold"),
    pytest.param([FIRST], [LIMITED], KNOWN_FIRST, "", id="both: only when"),
    pytest.param([FIRST], [LIMITED], replace(KNOWN_FIRST, conditions=SAID), LIMITED, id="both: unless goes before"),
    pytest.param([FIRST], [LIMITED], replace(KNOWN_LATER, flags=SAID), LIMITED, id="both: neither is for it"),
]


@pytest.mark.parametrize(("when", "unless", "infusion", "reason"), LINES)
def test_line_is_left_out_only_for_what_is_known(
    when: list[str], unless: list[str], infusion: InfusionFacts, reason: str
) -> None:
    line = rule(when=Conditions(when), unless=Conditions(unless))

    assert left_out_because(line, infusion) == reason
