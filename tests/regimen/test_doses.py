"""The ledger and the cautions: what was given, what may be given next, and what a clinician should look at."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import pytest

from ivig_care.regimen.cautions import Caution, cautions, tallies
from ivig_care.regimen.doses import Allowance, DoseGiven, MedicineLimit, Tally, allowance, tally
from ivig_care.regimen.facts import InfusionFacts
from ivig_care.regimen.figures import plain_hours
from ivig_care.regimen.rates import Ceiling, Product, Rung, exceeded
from ivig_care.regimen.schedule import build_schedule
from ivig_care.regimen.steps import State
from tests.regimen.builders import TYLENOL, at, course, fact, facts, given, hours, limit, premedication, protocol

# Doses given, limit, the first instant that keeps to it.
NEXT = [
    pytest.param((), limit(), None, id="nothing given yet"),
    pytest.param(("08:00",), limit(), "12:00", id="an interval after the last"),
    pytest.param(("08:00", "06:00"), limit(), "12:00", id="in whatever order they were written down"),
    pytest.param(("00:00", "04:00", "08:00", "12:00"), limit(), "16:00", id="one more in 24 h"),
    pytest.param(("00:00", "04:00", "08:00", "12:00", "16:00"), limit(), "1+00:00", id="five in 24 h: a day after"),
    pytest.param(
        ("-1+20:00", "00:00", "04:00", "08:00", "12:00", "16:00"), limit(), "1+00:00", id="only the last five count"
    ),
    pytest.param(("-1+00:00", "00:00"), limit(max_doses_24h=1), "1+00:00", id="once a day"),
    pytest.param(("00:00", "01:00", "02:00"), limit(max_doses_24h=None), "06:00", id="no count: the interval alone"),
    pytest.param(("00:00", "23:00"), limit(max_doses_24h=2), "1+03:00", id="the interval is the longer"),
]


@pytest.mark.parametrize(("when", "known", "next_at"), NEXT)
def test_next_dose_keeps_to_the_interval_and_to_the_count(
    when: tuple[str, ...], known: MedicineLimit, next_at: str | None
) -> None:
    allowed = allowance(tuple(given(each) for each in when), known)

    assert allowed.next_at == (None if next_at is None else at(next_at))
    assert allowed.is_known


def test_dose_exactly_24_hours_old_no_longer_counts() -> None:
    five = tuple(given(each) for each in ("00:00", "04:00", "08:00", "12:00", "16:00"))
    allowed = allowance(five, limit())

    assert allowed.permits(at("1+00:00"))
    assert not allowed.permits(at("23:59:59"))
    assert tally((*five, given("1+00:00")), TYLENOL).most_in_24h == 5
    assert tally((*five, given("23:59:59")), TYLENOL).most_in_24h == 6


def test_interval_is_kept_to_the_second() -> None:
    allowed = allowance((given("08:00"),), limit())

    assert (allowed.permits(at("11:59:59")), allowed.permits(at("12:00"))) == (False, True)
    assert allowed.last_at == at("08:00")


def test_nothing_given_yet_permits_any_time() -> None:
    assert allowance((), limit()).permits(at("00:00"))


def test_other_ingredients_do_not_count() -> None:
    assert allowance((given("08:00", "ibuprofen"),), limit()).next_at is None


@pytest.mark.parametrize(
    "unknown",
    [
        pytest.param({"min_interval": None}, id="no interval"),
        pytest.param({"min_interval": hours(0)}, id="an interval of nothing"),
        pytest.param({"max_doses_24h": 0}, id="a count of nothing"),
    ],
)
def test_unknown_limit_permits_nothing(unknown: dict[str, Any]) -> None:
    allowed = allowance((given("08:00"),), limit(**unknown))

    assert allowed == Allowance(last_at=at("08:00"), next_at=None, is_known=False)
    assert not allowed.permits(at("9+00:00"))


def test_unknown_limit_permits_not_even_a_first_dose() -> None:
    assert not allowance((), MedicineLimit(ingredient=TYLENOL)).permits(at("12:00"))


def test_tally_counts_over_every_place() -> None:
    doses = (given("08:00", mg=300), given("06:00", mg=100), given("1+07:59", mg=50), given("07:00", "ibuprofen"))

    assert tally(doses, TYLENOL) == Tally(
        ingredient=TYLENOL, doses=3, smallest_gap=hours(2), most_in_24h=2, most_mg_in_24h=Fraction(400)
    )


def test_tally_of_nothing() -> None:
    assert tally((), TYLENOL) == Tally(
        ingredient=TYLENOL, doses=0, smallest_gap=None, most_in_24h=0, most_mg_in_24h=Fraction(0)
    )


def test_tally_with_an_unknown_amount_has_an_unknown_total() -> None:
    counted = tally((given("08:00"), given("12:00", mg=None)), TYLENOL)

    assert (counted.doses, counted.most_mg_in_24h) == (2, None)


def test_tallies_are_one_for_each_ingredient_in_alphabetical_order() -> None:
    infusion = facts(given=(given("01:00", "ibuprofen"),))
    schedule = build_schedule(protocol(premedication(), courses=(course(until=6),)), infusion)

    assert [(counted.ingredient, counted.doses) for counted in tallies(schedule, infusion)] == [
        (TYLENOL, 2),
        ("ibuprofen", 1),
    ]


def _cautions(infusion: InfusionFacts) -> list[str]:
    schedule = build_schedule(protocol(premedication(), courses=(course(every=6, until=7),)), infusion)
    return [caution.text for caution in cautions(schedule, infusion)]


KNOWN = Product(
    name="Test 10 %",
    mg_per_ml=Fraction(100),
    ceilings=(Ceiling(use="all", ml_per_kg_h=Fraction(5), source="S1"),),
)


def test_nothing_to_look_at_when_everything_is_known_and_kept() -> None:
    infusion = facts(product=KNOWN, limits=(limit(min_interval=hours(2), max_mg_per_kg_24h=Fraction(45)),))

    assert _cautions(infusion) == []


# What is changed, and the sentence it brings.
LOOK_AT = [
    pytest.param({"limits": ()}, "No limit is known for acetaminophen: ask the pharmacist.", id="no limit"),
    pytest.param(
        {"limits": (limit(min_interval=None),)},
        "No shortest interval is known for acetaminophen: ask the pharmacist.",
        id="no interval",
    ),
    pytest.param(
        {"limits": (limit(min_interval=hours(2), max_doses_24h=None, max_mg_per_kg_24h=None),)},
        "No limit for 24 h is known for acetaminophen: ask the pharmacist.",
        id="no limit for the day",
    ),
    pytest.param(
        {"limits": (limit(min_interval=hours(2.75)),)},
        "acetaminophen: two doses less than 2 h 45 min apart.",
        id="too close",
    ),
    pytest.param(
        {"limits": (limit(min_interval=hours(2), max_doses_24h=2),)},
        "acetaminophen: 3 doses in 24 h, more than 2.",
        id="too many",
    ),
    pytest.param(
        {"limits": (limit(min_interval=hours(2), max_mg_per_kg_24h=Fraction("44.9")),)},
        "acetaminophen: 45 mg/kg in 24 h, more than 44.9.",
        id="too much",
    ),
    pytest.param(
        {"limits": (limit(min_interval=hours(2), caution="liver disease"),)},
        "acetaminophen: liver disease",
        id="a caution of the source",
    ),
    pytest.param(
        {"limits": (limit(min_interval=hours(2)),), "given": (given("-9+00:00", mg=None),)},
        "acetaminophen: the amount of a dose is unknown, so its total in 24 h is too.",
        id="an amount nobody wrote down",
    ),
]
MIDWAY = fact("course.1", State.DONE, "14:30", real="11:10")


@pytest.mark.parametrize(("said", "sentence"), LOOK_AT)
def test_medicine_that_a_clinician_should_look_at(said: dict[str, Any], sentence: str) -> None:
    # Premedication at 08:30 and a dose at 11:10: 2 h 40 min apart, then 17:10 within the course.
    assert _cautions(facts(product=KNOWN, slots=(MIDWAY,), **said)) == [sentence]


def test_doses_exactly_at_a_limit_are_no_caution() -> None:
    exactly = limit(min_interval=hours(8 / 3), max_doses_24h=3, max_mg_per_kg_24h=Fraction(45))

    assert _cautions(facts(product=KNOWN, slots=(MIDWAY,), limits=(exactly,))) == []


def _ceilings(*ceilings: Ceiling, flags: tuple[str, ...] = ()) -> list[Caution]:
    product = Product(name="Test 10 %", mg_per_ml=Fraction(100), ceilings=ceilings)
    infusion = facts(product=product, flags=frozenset(flags))
    return list(cautions(build_schedule(protocol(), infusion), infusion))


def _ceiling(rate: str, flag: str = "") -> Ceiling:
    return Ceiling(use=flag or "all", ml_per_kg_h=Fraction(rate), source="S9", flag=flag)


UNKNOWN = Caution(code="rate-ceiling-unknown", text="No highest rate is known for Test 10 %: ask the pharmacist.")
UNKNOWN_AT_RISK = Caution(
    code="rate-ceiling-unknown",
    text="No highest rate is known for Test 10 % in a child flagged risk: ask the pharmacist.",
)


def test_rate_above_a_ceiling_is_named_with_its_source() -> None:
    assert _ceilings(_ceiling("4.9")) == [
        Caution(code="rate-above-ceiling", text="The ladder goes above 4.9 mL/kg/h (all).", source="S9")
    ]


@pytest.mark.parametrize("rate", ["5", "4.91", "250/51"])
def test_rate_at_a_ceiling_or_a_rounding_above_it_is_no_caution(rate: str) -> None:
    assert _ceilings(_ceiling(rate)) == []


def test_no_ceiling_is_unknown_not_unlimited() -> None:
    assert _ceilings() == [UNKNOWN]


def test_ceiling_for_a_risk_the_child_does_not_carry_says_nothing_of_other_children() -> None:
    assert _ceilings(_ceiling("9", "risk")) == [UNKNOWN]


def test_risk_that_no_ceiling_speaks_of_is_unknown() -> None:
    assert _ceilings(_ceiling("9"), flags=("risk",)) == [UNKNOWN_AT_RISK]
    assert _ceilings(flags=("risk",)) == [UNKNOWN, UNKNOWN_AT_RISK]


def test_ceiling_for_a_risk_applies_to_the_child_who_carries_it() -> None:
    both = (_ceiling("9"), _ceiling("2", "risk"))

    assert _ceilings(*both) == []
    assert [caution.text for caution in _ceilings(*both, flags=("risk",))] == [
        "The ladder goes above 2 mL/kg/h (risk)."
    ]


def test_nothing_runs_above_a_ceiling_when_nothing_runs() -> None:
    no_rungs: tuple[Rung, ...] = ()

    assert exceeded(no_rungs, (_ceiling("0.1"),), frozenset()) == ()


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0, "0 min"),
        (59, "0 min"),
        (60, "1 min"),
        (4 * 3600, "4 h"),
        (4 * 3600 - 1, "3 h 59 min"),
        (3600 + 900, "1 h 15 min"),
        (25 * 3600, "25 h"),
    ],
)
def test_hours_in_words_never_look_longer_than_they_are(seconds: int, words: str) -> None:
    assert plain_hours(seconds) == words


def test_doses_of_one_instant_have_no_gap() -> None:
    twice = DoseGiven(ingredient=TYLENOL, at=at("08:00"), mg=Fraction(1))

    assert tally((twice, twice), TYLENOL).smallest_gap == hours(0)
