"""The infusion card: what is planned beside what was entered, what is due next, and how much is in."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from fractions import Fraction

import pytest

from ivig_care.regimen.brands import may_be
from ivig_care.regimen.card import Card, CardOrder, above_ceilings, card_of_day, is_above_plan, rate_before
from ivig_care.regimen.dated import Basis, DayRun
from ivig_care.regimen.protocol import Ladder, RateStep
from ivig_care.regimen.rates import Ceiling, RateEntered, run

STARTS_AT = datetime(2026, 6, 15, 16, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
# Worked example E1 for 20 kg: 12, 24, then 48 mL/h; 200 mL at 100 mg/mL.
LADDER = Ladder(
    steps=(
        RateStep(ml_per_kg_h=Fraction(6, 10), minutes=Fraction(30)),
        RateStep(ml_per_kg_h=Fraction(12, 10), minutes=Fraction(30)),
        RateStep(ml_per_kg_h=Fraction(24, 10)),
    )
)
CEILING = Ceiling(use="adult dermatomyositis", ml_per_kg_h=Fraction(24, 10), source="S12")
ORDER = CardOrder(
    ladder=LADDER, weight_kg=Fraction(20), mg_per_ml=Fraction(100), volume_ml=Fraction(200), ceilings=(CEILING,)
)


def rates(*said: tuple[int, int]) -> tuple[RateEntered, ...]:
    """Rates in mL/h by the minute from the start."""
    return tuple(RateEntered(at=STARTS_AT + at * MINUTE, ml_h=Fraction(ml_h)) for at, ml_h in said)


def day(entered: tuple[RateEntered, ...] = ()) -> DayRun:
    """The day with these rates."""
    ran = run(
        LADDER,
        weight_kg=ORDER.weight_kg,
        volume_ml=ORDER.volume_ml,
        mg_per_ml=ORDER.mg_per_ml,
        starts_at=STARTS_AT,
        entered=entered,
    )
    return DayRun(
        number=1,
        planned_start=STARTS_AT,
        starts_at=STARTS_AT,
        ends_at=STARTS_AT + ran.duration,
        start_basis=Basis.ACTUAL,
        end_basis=Basis.PREDICTED,
        planned_ends_at=STARTS_AT + ran.duration,
        volume_ml=ORDER.volume_ml,
        rungs=ran.rungs,
        is_paused=ran.is_paused,
    )


def card(minutes: int, *said: tuple[int, int]) -> Card:
    """The card so many minutes after the start."""
    entered = rates(*said)
    return card_of_day(day(entered), ORDER, entered=entered, now=STARTS_AT + minutes * MINUTE)


def due(made: Card) -> tuple[int, int] | None:
    """The next rate in mL/h, and its minute from the start."""
    if made.next_rate is None:
        return None
    return int(made.next_rate.ml_h), (made.next_rate.at - STARTS_AT) // MINUTE


@pytest.mark.parametrize(
    ("minutes", "said", "expected"),
    [
        pytest.param(-5, (), None, id="not started"),
        pytest.param(5, (), (12, 0), id="nobody has said the first"),
        pytest.param(5, ((0, 12),), (24, 30), id="the second is to come"),
        pytest.param(35, ((0, 12),), (24, 30), id="the second was due"),
        pytest.param(70, ((0, 12),), (48, 60), id="the third was due, and the second was never said"),
        pytest.param(70, ((0, 12), (45, 24)), (48, 75), id="set late, it lasts its full time"),
        pytest.param(70, ((0, 12), (60, 48)), None, id="nothing comes after the last"),
        pytest.param(70, ((0, 12), (60, 20)), None, id="a rate of no plan is held"),
        pytest.param(70, ((0, 12), (60, 0)), None, id="paused"),
    ],
)
def test_the_next_rate_is_the_first_that_nobody_said(
    minutes: int, said: tuple[tuple[int, int], ...], expected: tuple[int, int] | None
) -> None:
    assert due(card(minutes, *said)) == expected


def test_the_rung_that_should_run_now_is_marked() -> None:
    assert [line.is_now for line in card(5).ladder] == [True, False, False]
    assert [line.is_now for line in card(70, (0, 12), (45, 24)).ladder] == [False, True, False]
    assert [line.is_now for line in card(70, (0, 12), (45, 0)).ladder] == [False, False, False]


def test_each_rung_says_when_it_was_planned_and_when_it_was_set() -> None:
    first, second, third = card(70, (2, 12), (45, 24)).ladder
    assert [line.planned_at for line in (first, second, third)] == [
        STARTS_AT,
        STARTS_AT + 30 * MINUTE,
        STARTS_AT + 60 * MINUTE,
    ]
    assert (first.set_at, second.set_at, third.set_at) == (
        (STARTS_AT + 2 * MINUTE,),
        (STARTS_AT + 45 * MINUTE,),
        (),
    )
    assert (first.minutes, third.minutes, third.ml_per_kg_h) == (Fraction(30), None, Fraction(24, 10))


def test_what_is_in_counts_up_to_now_and_not_through_a_pause() -> None:
    assert card(30).given_ml == 6
    assert card(60).given_ml == 18
    assert card(90, (60, 0)).given_ml == 18
    assert card(10_000).given_ml == 200


def test_a_rate_before_its_time_says_what_the_plan_had() -> None:
    early, later = card(30, (10, 24), (40, 48)).ran
    assert (early.number, early.planned_ml_h, later.planned_ml_h) == (2, Fraction(12), None)
    assert card(70, (60, 48)).ran[0].planned_ml_h is None
    assert card(70, (30, 12)).ran[0].planned_ml_h is None


def test_going_on_after_a_pause_is_not_early() -> None:
    pause, on = card(70, (40, 0), (50, 24)).ran
    assert (pause.number, pause.planned_ml_h) == (None, None)
    assert (on.number, on.planned_ml_h) == (2, None)


def test_while_paused_it_knows_where_it_goes_on() -> None:
    assert card(70, (40, 0)).goes_on_at == 24
    assert card(70, (40, 0), (50, 24)).goes_on_at is None
    at, entered = STARTS_AT + 45 * MINUTE, rates((40, 0), (50, 24))
    assert rate_before(day(entered), at, entered=entered) == 24
    assert rate_before(day(entered), at + 10 * MINUTE, entered=entered) is None


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        pytest.param(((0, 0),), 12, id="from the very start"),
        pytest.param(((20, 24), (20, 0)), 24, id="set and paused in one minute"),
        pytest.param(((0, 12), (35, 0)), 24, id="the second by the plan"),
    ],
)
def test_it_goes_on_where_it_stood(said: tuple[tuple[int, int], ...], expected: int) -> None:
    assert card(70, *said).goes_on_at == expected


@pytest.mark.parametrize(("ml_h", "is_above"), [("48", False), ("48.4", False), ("48.5", True), ("62", True)])
def test_above_the_plan_is_more_than_a_display_rounds(ml_h: str, is_above: bool) -> None:
    assert is_above_plan(Fraction(ml_h), ORDER) is is_above


def test_above_the_label_has_the_tolerance_of_the_label() -> None:
    assert above_ceilings(Fraction("48.9"), ORDER) == ()
    assert above_ceilings(Fraction(49), ORDER) == (CEILING,)


@pytest.mark.parametrize(
    ("label", "name", "expected"),
    [
        ("octagam 10%", "Octagam 10 %", True),
        ("Octagam", "Octagam 10 %", True),
        ("OCTAGAM 10 % 10 g", "Octagam 10 %", True),
        ("Octagam 5 %", "Octagam 10 %", False),
        ("Privigen", "Privigen (EU/AU)", True),
        ("Privigen", "Octagam 10 %", False),
        ("", "Octagam 10 %", False),
        ("10 %", "Octagam 10 %", False),
    ],
)
def test_a_label_may_be_a_product(label: str, name: str, expected: bool) -> None:
    assert may_be(label, name) is expected
