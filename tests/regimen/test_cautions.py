"""What a clinician should look at: the dose, the rates and the nights. The medicines are in test_doses.py."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from typing import Any

import pytest

from ivig_care.regimen.cautions import Caution, cautions, tallies
from ivig_care.regimen.dosing import Rounding, VialRounding
from ivig_care.regimen.facts import DayFacts, InfusionFacts
from ivig_care.regimen.protocol import Ladder, Protocol, RateStep
from ivig_care.regimen.rates import Ceiling, Product
from ivig_care.regimen.schedule import build_schedule
from tests.regimen.builders import (
    NIGHT,
    TYLENOL,
    at,
    cancelled,
    course,
    day,
    done,
    entered,
    facts,
    given,
    hours,
    nudges,
    premedication,
    protocol,
    rule,
)

KNOWN = Ceiling(use="all", ml_per_kg_h=Fraction(5), source="S12")
PRODUCT = Product(name="Test 10 %", mg_per_ml=Fraction(100), ceilings=(KNOWN,), start=Fraction(5), start_source="S13")


def _said(infusion: InfusionFacts, planned: Protocol | None = None) -> tuple[Caution, ...]:
    return cautions(build_schedule(planned or protocol(), infusion), infusion)


def _infusion(*days: DayFacts, product: Product = PRODUCT, **said: Any) -> InfusionFacts:
    return facts(*days, product=product, **said)


def test_nothing_to_look_at() -> None:
    assert _said(_infusion()) == ()


# --- the dose -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("cap_g", "words"),
    [
        pytest.param(None, None, id="no cap"),
        pytest.param(21, None, id="above the dose"),
        pytest.param(20, None, id="exactly the dose"),
        pytest.param("19.999", "20 g by weight, capped at 19.999 g.", id="a little below it"),
        pytest.param(15, "20 g by weight, capped at 15 g.", id="below it"),
    ],
)
def test_capped_dose_is_told(cap_g: str | int | None, words: str | None) -> None:
    cap_mg = None if cap_g is None else Fraction(cap_g) * 1000

    assert _said(_infusion(cap_mg=cap_mg)) == (() if words is None else (Caution(code="dose-capped", text=words),))


@pytest.mark.parametrize(
    ("vial_mg", "to", "words"),
    [
        pytest.param(5000, Rounding.UP, None, id="whole vials anyway"),
        pytest.param(6000, Rounding.UP, "24 g in whole vials, for 20 g.", id="up"),
        pytest.param(6000, Rounding.DOWN, "18 g in whole vials, for 20 g.", id="down"),
    ],
)
def test_rounded_dose_is_told(vial_mg: int, to: Rounding, words: str | None) -> None:
    vials = VialRounding(vial_mg=Fraction(vial_mg), to=to)

    assert _said(_infusion(vials=vials)) == (() if words is None else (Caution(code="dose-rounded", text=words),))


def test_dose_that_is_capped_and_rounded_says_both() -> None:
    vials = VialRounding(vial_mg=Fraction(4000), to=Rounding.DOWN)

    assert [caution.text for caution in _said(_infusion(cap_mg=Fraction(15_000), vials=vials))] == [
        "20 g by weight, capped at 15 g.",
        "12 g in whole vials, for 15 g.",
    ]


# --- the rates ----------------------------------------------------------------------------------------------------


def _about(product: Product, *, indication: str = "", **said: Any) -> list[tuple[str, str, str]]:
    found = _said(_infusion(product=product, **said), protocol(indication=indication))
    return [(caution.code, caution.text, caution.source) for caution in found]


ABOVE = "rate-above-ceiling"
UNKNOWN = "rate-ceiling-unknown"


def test_ladder_above_a_ceiling_is_told_with_its_source() -> None:
    slow = replace(PRODUCT, ceilings=(replace(KNOWN, ml_per_kg_h=Fraction("4.8"), use="PI"),))

    assert _about(slow) == [(ABOVE, "The ladder goes above 4.8 mL/kg/h (PI).", "S12")]


def test_each_ceiling_that_is_passed_is_told() -> None:
    several = (
        replace(KNOWN, use="a", ml_per_kg_h=Fraction(2)),
        KNOWN,
        replace(KNOWN, use="c", ml_per_kg_h=Fraction(3)),
    )

    assert [text for _, text, _ in _about(replace(PRODUCT, ceilings=several))] == [
        "The ladder goes above 2 mL/kg/h (a).",
        "The ladder goes above 3 mL/kg/h (c).",
    ]


def test_rate_that_was_entered_above_a_ceiling_is_told_as_such() -> None:
    started = day(start="09:00", rates=(entered("09:30", 150),))

    assert [caution.text for caution in _said(_infusion(started))] == [
        "A rate that was entered goes above 5 mL/kg/h (all)."
    ]


def test_ladder_above_a_ceiling_is_told_as_the_ladders_even_if_a_rate_was_entered_too() -> None:
    started = day(start="09:00", rates=(entered("09:30", 150),))
    slow = replace(PRODUCT, ceilings=(replace(KNOWN, ml_per_kg_h=Fraction(4)),))

    assert [caution.text for caution in _said(_infusion(started, product=slow))] == [
        "The ladder goes above 4 mL/kg/h (all)."
    ]


def test_cancelled_day_goes_above_nothing() -> None:
    slow = replace(PRODUCT, ceilings=(replace(KNOWN, ml_per_kg_h=Fraction(2)),), start=Fraction(1))

    assert _said(_infusion(cancelled(), product=slow)) == ()
    assert len(_said(_infusion(cancelled(), day(2), product=slow))) == 2


@pytest.mark.parametrize(
    ("indication", "texts"),
    [
        pytest.param("", ["No highest rate is known for Test 10 %: ask the pharmacist."], id="not said"),
        pytest.param("ITP", ["No highest rate is known for Test 10 % in ITP: ask the pharmacist."], id="another"),
        pytest.param("PI", [], id="the one it speaks of"),
    ],
)
def test_ceiling_of_another_use_is_unknown(indication: str, texts: list[str]) -> None:
    of_one_use = replace(PRODUCT, ceilings=(replace(KNOWN, indication="PI"),))

    assert _about(of_one_use, indication=indication) == [(UNKNOWN, text, "") for text in texts]


def test_ceiling_for_a_risk_is_unknown_unless_a_source_speaks_of_it() -> None:
    unknown = (UNKNOWN, "No highest rate is known for Test 10 % in a child flagged risk: ask the pharmacist.", "")
    flags = frozenset({"risk"})

    assert _about(PRODUCT, flags=flags) == [unknown]
    assert _about(replace(PRODUCT, ceilings=(KNOWN, replace(KNOWN, flag="risk"))), flags=flags) == []


def test_ceiling_for_a_first_infusion_holds_until_it_is_known_to_be_none() -> None:
    of_the_first = replace(KNOWN, use="first", ml_per_kg_h=Fraction(2), is_for_first=True)
    both = replace(PRODUCT, ceilings=(KNOWN, of_the_first))

    assert [text for _, text, _ in _about(both)] == ["The ladder goes above 2 mL/kg/h (first)."]
    assert [text for _, text, _ in _about(both, is_first=True)] == ["The ladder goes above 2 mL/kg/h (first)."]
    assert _about(both, is_first=False) == []


@pytest.mark.parametrize(("start", "is_told"), [("5", False), ("4.999", True), (None, False)])
def test_ladder_that_starts_above_the_label_is_told_with_its_source(start: str | None, is_told: bool) -> None:
    slow = replace(PRODUCT, start=None if start is None else Fraction(start))
    told = ("starts-fast", "The ladder starts above 4.999 mL/kg/h, the start of Test 10 %.", "S13")

    assert _about(slow) == ([told] if is_told else [])


def test_ladder_is_told_once_however_many_days_it_runs() -> None:
    slow = replace(PRODUCT, start=Fraction(1))

    assert [caution.code for caution in _said(_infusion(day(1), day(2), product=slow))] == ["starts-fast"]


def test_only_the_first_rate_is_the_start() -> None:
    climbing = Ladder(
        steps=(RateStep(ml_per_kg_h=Fraction(1), minutes=Fraction(30)), RateStep(ml_per_kg_h=Fraction(5)))
    )

    assert _said(_infusion(product=replace(PRODUCT, start=Fraction(1))), protocol(ladder=climbing)) == ()


def test_rates_that_come_to_more_than_was_ordered_are_told_for_their_day() -> None:
    # 300 mL by noon, where 200 were ordered.
    too_long = day(2, start="1+09:00", rates=(entered("1+12:00", 100),))

    assert _said(_infusion(day(1), too_long)) == (
        Caution(code="volume-exceeded", text="Day 2: the rates entered come to 100 mL more than was ordered."),
    )


# --- the nights ---------------------------------------------------------------------------------------------------


def _nightly(*offsets: float, slots: Any = (), may_wake: bool = False) -> list[tuple[str, str]]:
    """What is said of steps so many hours after nine, each with a window of two hours."""
    steps = (rule(f"step-{n}", hours(each), nudges=nudges(may_wake=may_wake)) for n, each in enumerate(offsets))
    found = _said(_infusion(slots=slots), protocol(*steps, night=NIGHT))
    return [(caution.code, caution.text) for caution in found]


def _words(count: int) -> list[tuple[str, str]]:
    return [
        (
            "night-too-late",
            f"Held through the night and over by the morning, so that nobody is told: {count} of the steps.",
        )
    ]


def test_steps_that_are_over_by_the_morning_are_counted() -> None:
    assert _nightly(14, 16, 19.5, 21.5, 3) == _words(3)


def test_steps_that_are_held_or_may_wake_need_no_caution() -> None:
    assert _nightly(21.5, 22, 3) == []
    assert _nightly(14, 16, may_wake=True) == []


def test_steps_of_the_night_that_are_no_longer_open_are_not_counted() -> None:
    assert _nightly(14, 16, 17, slots=(done("step-0.d1", "23:00"),)) == _words(2)


# --- the ledger beside it -----------------------------------------------------------------------------------------


def test_tallies_are_of_every_ingredient_in_alphabetical_order() -> None:
    infusion = _infusion(given=(given("07:00", "ibuprofen"),))
    schedule = build_schedule(
        protocol(premedication(), replace(premedication("aspirin"), key="b"), courses=(course(),)), infusion
    )

    counted = tallies(schedule, infusion)
    assert [one.ingredient for one in counted] == [TYLENOL, "aspirin", "ibuprofen"]
    assert [one.doses for one in counted] == [5, 1, 1]
    assert at("08:30") in {step.moment for step in schedule.steps}
