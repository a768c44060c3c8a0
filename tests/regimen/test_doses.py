"""The ledger and the cautions: what was given, what may be given next, and what a clinician should look at."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime
from fractions import Fraction
from itertools import permutations
from typing import Any

import pytest

from ivig_care.regimen.cautions import Caution, cautions, tallies
from ivig_care.regimen.dated import AsNeeded, DoseOrdered, Schedule, doses_of
from ivig_care.regimen.doses import (
    Body,
    Code,
    DoseEntry,
    DoseGiven,
    MedicineLimit,
    Tally,
    Unknown,
    limit_for,
    standing,
    stricter,
    tally,
)
from ivig_care.regimen.facts import InfusionFacts
from ivig_care.regimen.figures import plain_hours
from ivig_care.regimen.ledger import Answer, Verdict, may_be_given
from ivig_care.regimen.medicines import Amount, Formulary, MedicineKnown, RuleSet
from ivig_care.regimen.protocol import Actor
from ivig_care.regimen.rates import Ceiling, Product, Rung, exceeded
from ivig_care.regimen.schedule import build_schedule
from ivig_care.regimen.steps import State
from ivig_care.regimen.timing import zone_named
from tests.regimen.builders import TYLENOL, at, course, fact, facts, given, hours, limit, premedication, protocol, utc

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


def _asked(doses: tuple[DoseGiven, ...], known: MedicineLimit, when: datetime) -> Answer:
    """What the ledger says of 1 mg more at that instant, by interval and count alone."""
    return may_be_given(
        (Amount(ingredient=known.ingredient, mg=Fraction(1)),),
        doses=doses,
        body=BODY,
        rules=RuleSet(
            country="",
            limits=(replace(known, max_mg_per_kg_24h=None),),
            formulary=Formulary(medicines=tuple(MedicineKnown(ingredient=name) for name in (TYLENOL, "ibuprofen"))),
        ),
        at=when,
    )


@pytest.mark.parametrize(("when", "known", "next_at"), NEXT)
def test_next_dose_keeps_to_the_interval_and_to_the_count(
    when: tuple[str, ...], known: MedicineLimit, next_at: str | None
) -> None:
    doses = tuple(given(each) for each in when)
    last = max((dose.at for dose in doses), default=at("00:00"))

    assert _asked(doses, known, last).next_at == (last if next_at is None else at(next_at))


def test_dose_exactly_24_hours_old_no_longer_counts() -> None:
    five = tuple(given(each) for each in ("00:00", "04:00", "08:00", "12:00", "16:00"))

    assert _asked(five, limit(), at("1+00:00")).verdict is Verdict.YES
    assert _asked(five, limit(), at("23:59:59")).verdict is Verdict.TOO_SOON
    assert tally((*five, given("1+00:00")), TYLENOL).most_in_24h == 5
    assert tally((*five, given("23:59:59")), TYLENOL).most_in_24h == 6


def test_interval_is_kept_to_the_second() -> None:
    verdicts = [_asked((given("08:00"),), limit(), at(when)).verdict for when in ("11:59:59", "12:00")]

    assert verdicts == [Verdict.TOO_SOON, Verdict.YES]


def test_nothing_given_yet_permits_any_time() -> None:
    assert _asked((), limit(), at("00:00")).verdict is Verdict.YES


def test_other_ingredients_do_not_count() -> None:
    assert _asked((given("08:00", "ibuprofen"),), limit(), at("08:01")).verdict is Verdict.YES


@pytest.mark.parametrize(
    "unknown",
    [
        pytest.param({"min_interval": None}, id="no interval"),
        pytest.param({"min_interval": hours(0)}, id="an interval of nothing"),
        pytest.param({"max_doses_24h": 0}, id="a count of nothing"),
    ],
)
def test_unknown_limit_permits_nothing(unknown: dict[str, Any]) -> None:
    assert _asked((given("08:00"),), limit(**unknown), at("9+00:00")).verdict is Verdict.ASK


def test_unknown_limit_permits_not_even_a_first_dose() -> None:
    assert _asked((), MedicineLimit(ingredient=TYLENOL), at("12:00")).verdict is Verdict.ASK


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
        {"limits": (limit(min_interval=hours(2), max_mg_24h=Fraction(899)),)},
        "acetaminophen: 900 mg in 24 h, more than 899.",
        id="too much in mg",
    ),
    pytest.param(
        {"limits": (limit(min_interval=hours(2), max_mg_dose=Fraction(299)),)},
        "acetaminophen: a dose of 300 mg, more than 299.",
        id="a dose too large",
    ),
    pytest.param(
        {"limits": (limit(min_interval=hours(2), max_mg_per_kg_dose=Fraction("14.9")),)},
        "acetaminophen: a dose of 15 mg/kg, more than 14.9.",
        id="a dose too large by weight",
    ),
    pytest.param(
        {"limits": (limit(min_interval=hours(2), from_kg=Fraction("20.1")),)},
        "No limit is known for acetaminophen at this age and weight: ask the pharmacist.",
        id="a limit for heavier children",
    ),
    pytest.param(
        {"limits": (limit(min_interval=hours(2), from_years=2),)},
        "How much acetaminophen a child may have goes by age, and the age is not known: ask the pharmacist.",
        id="a limit by age, and no birthday",
    ),
    pytest.param(
        {
            "limits": (limit(min_interval=hours(2)),),
            "weighed_on": date(2026, 3, 16),
            "oldest_weight_days": 90,
        },
        "The weight is 91 days old, older than the clinic's 90.",
        id="a weight too old for the clinic",
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
    exactly = limit(
        min_interval=hours(8 / 3),
        max_doses_24h=3,
        max_mg_24h=Fraction(900),
        max_mg_per_kg_24h=Fraction(45),
        max_mg_dose=Fraction(300),
        max_mg_per_kg_dose=Fraction(15),
        from_kg=Fraction(20),
        from_years=6,
    )
    sixth_birthday = date(2020, 6, 15)

    assert (
        _cautions(
            facts(
                product=KNOWN,
                slots=(MIDWAY,),
                limits=(exactly,),
                born_on=sixth_birthday,
                weighed_on=date(2026, 3, 17),
                oldest_weight_days=90,
            )
        )
        == []
    )


def test_each_caution_about_a_medicine_names_its_source() -> None:
    strict = limit(
        min_interval=hours(7),
        max_doses_24h=1,
        max_mg_24h=Fraction(1),
        max_mg_per_kg_24h=Fraction(1),
        max_mg_dose=Fraction(1),
        max_mg_per_kg_dose=Fraction(1),
        caution="liver disease",
        source="HLH 840",
    )
    stale: dict[str, Any] = {"weighed_on": date(2026, 1, 1), "oldest_weight_days": 90}
    infusion = facts(product=KNOWN, slots=(MIDWAY,), limits=(strict,), **stale)
    schedule = build_schedule(protocol(premedication(), courses=(course(every=6, until=7),)), infusion)

    assert [(caution.code, caution.source) for caution in cautions(schedule, infusion)] == [
        ("weight-old", "FACTS section 4, composite rules"),
        ("doses-too-close", "HLH 840"),
        ("too-many-doses", "HLH 840"),
        ("dose-too-large", "HLH 840"),
        ("dose-too-large", "HLH 840"),
        ("too-much", "HLH 840"),
        ("too-much", "HLH 840"),
        ("caution", "HLH 840"),
    ]


def _as_needed(
    ingredient: str,
    opens: str = "10:00",
    closes: str = "20:00",
    *,
    mg: int = 100,
    every: float | None = None,
    most: int | None = None,
) -> AsNeeded:
    return AsNeeded(
        rule="rescue",
        purpose="headache",
        dose=DoseOrdered(ingredient=ingredient, name=ingredient, mg=Fraction(mg)),
        opens_at=at(opens),
        closes_at=at(closes),
        every=None if every is None else hours(every),
        most_in_24h=most,
        actor=Actor.FAMILY,
    )


def _with(*orders: AsNeeded, **said: Any) -> list[str]:
    """The cautions about medicines where the plan gives nothing but these orders, and what was given elsewhere."""
    infusion = facts(product=KNOWN, **said)
    schedule = replace(build_schedule(protocol(), infusion), as_needed=orders)
    return [caution.text for caution in cautions(schedule, infusion)]


def test_as_needed_order_is_held_to_the_limits_too() -> None:
    known = (limit(max_mg_dose=Fraction(100)),)

    assert _with(_as_needed(TYLENOL, every=4, most=5), limits=known) == []
    assert _with(_as_needed(TYLENOL), limits=known) == []
    assert _with(_as_needed(TYLENOL, every=3.9, most=6, mg=101), limits=known) == [
        "acetaminophen: two doses less than 4 h apart.",
        "acetaminophen: 6 doses in 24 h, more than 5.",
        "acetaminophen: a dose of 101 mg, more than 100.",
    ]
    assert _with(_as_needed(TYLENOL)) == ["No limit is known for acetaminophen: ask the pharmacist."]


@pytest.mark.parametrize(
    ("country", "said"),
    [
        pytest.param("UK", ["acetaminophen: two doses less than 4 h apart."], id="its own country"),
        pytest.param("US", ["No limit is known for acetaminophen: ask the pharmacist."], id="another country"),
        pytest.param("", ["No limit is known for acetaminophen: ask the pharmacist."], id="country unknown"),
    ],
)
def test_plan_is_held_against_the_limits_of_its_own_country_only(country: str, said: list[str]) -> None:
    before = (given("01:00"), given("02:00"))

    assert _with(given=before, country=country, limits=(limit(country="UK"),)) == said


NSAIDS = (limit("ibuprofen", max_mg_per_kg_24h=None), limit("naproxen", max_mg_per_kg_24h=None))
TWO_NSAIDS = "ibuprofen and naproxen: pain medicines of the kind called NSAID, within 24 h of each other."

# What is ordered from 10:00 to 20:00 beside ibuprofen, what was given, and whether that is too near.
TOGETHER = [
    pytest.param((_as_needed("naproxen"),), (), True, id="two orders"),
    pytest.param((_as_needed("naproxen", "1+19:59:59", "2+10:00"),), (), True, id="24 h after, less a second"),
    pytest.param((_as_needed("naproxen", "1+20:00", "2+10:00"),), (), False, id="24 h after"),
    pytest.param((), (given("-1+10:00:01", "naproxen"),), True, id="a dose within 24 h before"),
    pytest.param((), (given("-1+10:00", "naproxen"),), False, id="a dose 24 h before"),
    pytest.param((), (given("15:00", "naproxen"), given("16:00", "naproxen")), True, id="named once"),
    pytest.param((_as_needed("ibuprofen"),), (), False, id="the same ingredient"),
]


@pytest.mark.parametrize(("beside", "before", "is_near"), TOGETHER)
def test_two_of_a_class_in_a_plan_are_looked_at(
    beside: tuple[AsNeeded, ...], before: tuple[DoseGiven, ...], is_near: bool
) -> None:
    said = _with(_as_needed("ibuprofen"), *beside, given=before, limits=NSAIDS)

    # The other doses are an hour apart, which is another matter.
    assert [text for text in said if "doses less than" not in text] == [TWO_NSAIDS] * is_near


def test_two_of_a_class_are_a_caution_with_its_code_and_source() -> None:
    infusion = facts(product=KNOWN, given=(given("01:00", "ibuprofen"), given("02:00", "naproxen")), limits=NSAIDS)

    assert cautions(build_schedule(protocol(), infusion), infusion) == (
        Caution(
            code="not-together",
            text=TWO_NSAIDS,
            source="FACTS section 4, composite rules; within 24 h is our choice",
        ),
    )


def test_classes_that_a_formulary_adds_count_in_a_plan() -> None:
    formulary = Formulary(medicines=(MedicineKnown(ingredient="ketoprofen", classes=("NSAID",)),))
    infusion = facts(product=KNOWN, given=(given("01:00", "ibuprofen"), given("02:00", "ketoprofen")), limits=NSAIDS)
    schedule: Schedule = build_schedule(protocol(), infusion)
    named = replace(infusion, formulary=formulary)

    assert [caution.code for caution in cautions(schedule, infusion)] == ["limit-unknown"]
    assert [caution.code for caution in cautions(schedule, named)] == ["limit-unknown", "not-together"]


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

    assert exceeded(no_rungs, (_ceiling("0.1"),)) == ()


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


# --- the record: corrections and deletions ----------------------------------------------------


def _entry(key: str, entered: str, when: str | None, replaces: str = "") -> DoseEntry:
    return DoseEntry(key=key, entered_at=at(entered), dose=None if when is None else given(when), replaces=replaces)


A = _entry("a", "08:10", "08:00")
B = _entry("b", "12:10", "12:00")

# The entries of the record, and when the doses that stand were given and written down.
RECORDS = [
    pytest.param((), [], id="nothing"),
    pytest.param((B, A), [("08:00", "08:10"), ("12:00", "12:10")], id="in the order in which they were given"),
    pytest.param((_entry("a", "20:00", "08:00"), B), [("08:00", "20:00"), ("12:00", "12:10")], id="written down late"),
    pytest.param((A, _entry("c", "13:00", "09:00", "a")), [("09:00", "13:00")], id="a correction replaces"),
    pytest.param((A, B, _entry("c", "13:00", None, "a")), [("12:00", "12:10")], id="a deletion voids"),
    pytest.param(
        (A, _entry("c", "13:00", "09:00", "a"), _entry("d", "14:00", "10:00", "c")),
        [("10:00", "14:00")],
        id="a chain: its end",
    ),
    pytest.param(
        (A, _entry("c", "13:00", "09:00", "a"), _entry("d", "14:00", None, "c")), [], id="a correction deleted"
    ),
    pytest.param(
        (A, _entry("c", "13:00", "09:00", "a"), _entry("d", "14:00", None, "a")), [], id="the corrected one deleted"
    ),
    pytest.param(
        (A, _entry("c", "13:00", None, "a"), _entry("d", "14:00", "10:00", "c")),
        [("10:00", "14:00")],
        id="a deletion corrected: it was given after all",
    ),
    pytest.param(
        (A, _entry("c", "13:00", None, "a"), _entry("d", "14:00", "10:00", "a")),
        [("10:00", "14:00")],
        id="a deleted one corrected: it was given after all",
    ),
    pytest.param(
        (A, _entry("d", "14:00", "10:00", "a"), _entry("c", "13:00", "09:00", "a")),
        [("10:00", "14:00")],
        id="two corrections of one entry: the later",
    ),
    pytest.param(
        (A, _entry("c", "13:00", "09:00", "a"), _entry("d", "13:00", "10:00", "a")),
        [("10:00", "13:00")],
        id="of one instant: the later in the record",
    ),
    pytest.param(
        (_entry("d", "14:00", "10:00", "c"), _entry("c", "13:00", "09:00", "a"), A),
        [("10:00", "14:00")],
        id="a chain in any order",
    ),
    pytest.param((A, _entry("c", "13:00", "09:00", "x")), [("08:00", "08:10"), ("09:00", "13:00")], id="unknown"),
    pytest.param((A, _entry("c", "13:00", None, "x")), [("08:00", "08:10")], id="an unknown one deleted"),
    pytest.param((A, A), [("08:00", "08:10")], id="sent twice"),
    pytest.param(
        (_entry("", "08:10", "08:00"), B),
        [("08:00", "08:10"), ("12:00", "12:10")],
        id="a blank key is replaced by none",
    ),
    pytest.param((_entry("a", "08:10", "08:00", "a"),), [("08:00", "08:10")], id="it replaces itself"),
    pytest.param(
        (_entry("a", "08:10", "08:00", "b"), _entry("b", "08:20", "09:00", "a")), [("09:00", "08:20")], id="a circle"
    ),
]


@pytest.mark.parametrize(("entries", "stand"), RECORDS)
def test_what_stands_after_corrections_and_deletions(
    entries: tuple[DoseEntry, ...], stand: list[tuple[str, str]]
) -> None:
    assert [(dose.at, dose.entered_at) for dose in standing(entries)] == [
        (at(when), at(entered)) for when, entered in stand
    ]


def test_order_in_which_entries_arrive_does_not_matter() -> None:
    chain = (
        A,
        B,
        _entry("c", "13:00", "09:00", "a"),
        _entry("d", "14:00", None, "c"),
        _entry("e", "15:00", "10:00", "d"),
    )

    assert {standing(entries) for entries in permutations(chain)} == {
        (replace(given("10:00"), entered_at=at("15:00")), replace(given("12:00"), entered_at=at("12:10")))
    }


def test_what_the_record_held_at_an_instant() -> None:
    entries = (A, _entry("c", "13:00", "09:00", "a"), _entry("d", "14:00", None, "c"))

    known = {
        when: [dose.at for dose in standing(entries, at(when))] for when in ("08:09:59", "08:10", "13:00", "14:00")
    }

    assert known == {"08:09:59": [], "08:10": [at("08:00")], "13:00": [at("09:00")], "14:00": []}


def test_entry_without_a_dose_is_a_deletion() -> None:
    assert (_entry("c", "13:00", None, "a").is_void, A.is_void) == (True, False)


# --- which limit holds, and the stricter of two -----------------------------------------------

ZONE = zone_named("America/New_York")
BODY = Body(zone=ZONE, weight_kg=Fraction(20), born_on=date(2020, 6, 15))


@pytest.mark.parametrize(
    ("born", "when", "years"),
    [
        pytest.param("2020-06-15", "2026-06-15 03:59:59", 5, id="a second before midnight in New York"),
        pytest.param("2020-06-15", "2026-06-15 04:00", 6, id="the sixth birthday"),
        pytest.param("2020-06-15", "2027-06-14 12:00", 6, id="the day before the seventh"),
        pytest.param("2020-02-29", "2026-02-28 12:00", 5, id="born on a leap day: not yet on 28 February"),
        pytest.param("2020-02-29", "2026-03-01 12:00", 6, id="born on a leap day: 1 March"),
        pytest.param("2020-02-29", "2028-02-29 12:00", 8, id="born on a leap day: the day itself"),
        pytest.param("2026-06-15", "2026-06-15 12:00", 0, id="born today"),
        pytest.param("2026-06-16", "2026-06-15 12:00", None, id="not born yet"),
        pytest.param("2020-07-14", "2026-06-15 12:00", 5, id="a later month, an earlier day"),
        pytest.param("2020-05-16", "2026-06-15 12:00", 6, id="an earlier month, a later day"),
    ],
)
def test_age_is_in_whole_years_on_the_childs_own_calendar(born: str, when: str, years: int | None) -> None:
    assert Body(zone=ZONE, born_on=date.fromisoformat(born)).years(utc(when)) == years


def test_unknown_birthday_is_an_unknown_age() -> None:
    assert Body(zone=ZONE).years(at("12:00")) is None


@pytest.mark.parametrize(
    ("weighed", "oldest", "sentence"),
    [
        pytest.param(date(2026, 3, 17), 90, "", id="exactly as old as the clinic allows"),
        pytest.param(date(2026, 3, 16), 90, "The weight is 91 days old, older than the clinic's 90.", id="a day more"),
        pytest.param(date(2000, 1, 1), None, "", id="the clinic sets nothing"),
        pytest.param(None, None, "", id="neither is known"),
        pytest.param(None, 90, "Nobody wrote down when the weight was taken.", id="nobody knows when"),
        pytest.param(
            date(2026, 6, 14), 0, "The weight is 1 days old, older than the clinic's 0.", id="of the day only"
        ),
    ],
)
def test_weight_older_than_the_clinic_goes_by_is_stale(weighed: date | None, oldest: int | None, sentence: str) -> None:
    body = replace(BODY, weighed_on=weighed, oldest_weight_days=oldest)

    assert body.stale_weight(at("12:00")) == sentence
    assert replace(body, weight_kg=None).stale_weight(at("12:00")) == ""


def test_weight_grows_old_at_midnight_where_the_child_lives() -> None:
    body = replace(BODY, weighed_on=date(2026, 6, 14), oldest_weight_days=0)

    assert (bool(body.stale_weight(at("03:59:59"))), bool(body.stale_weight(at("04:00")))) == (False, True)


YOUNG = limit(from_years=2, below_years=6, max_doses_24h=2)
OLD = limit(from_years=6, max_doses_24h=3)
LIGHT = limit(below_kg=Fraction(40), max_doses_24h=1, max_mg_per_kg_24h=None)
HEAVY = limit(from_kg=Fraction(40), max_doses_24h=4, max_mg_per_kg_24h=None)


@pytest.mark.parametrize(
    ("born", "most"), [("2020-06-15", 3), ("2020-06-16", 2), ("2024-06-15", 2), ("2024-06-16", None)]
)
def test_limit_of_the_band_of_age_holds(born: str, most: int | None) -> None:
    found = limit_for((YOUNG, OLD), TYLENOL, replace(BODY, born_on=date.fromisoformat(born)), at("12:00"))

    assert found.limit.max_doses_24h == most
    assert [unknown.what for unknown in found.unknown] == (
        [] if most else ["No limit is known for acetaminophen at this age and weight"]
    )


@pytest.mark.parametrize(("weight", "most"), [("39.999", 1), ("40", 4)])
def test_limit_of_the_band_of_weight_holds(weight: str, most: int) -> None:
    found = limit_for((LIGHT, HEAVY), TYLENOL, replace(BODY, weight_kg=Fraction(weight)), at("12:00"))

    assert (found.limit.max_doses_24h, found.unknown) == (most, ())


def test_limit_with_no_band_holds_for_every_child() -> None:
    anybody = Body(zone=ZONE)

    assert limit_for((limit(max_mg_per_kg_24h=None),), TYLENOL, anybody, at("12:00")).unknown == ()
    assert limit_for((OLD, limit("ibuprofen")), "ibuprofen", BODY, at("12:00")).limit == replace(
        limit("ibuprofen"), source="S"
    )


def test_stricter_of_all_that_hold_holds() -> None:
    by_vein = limit(below_kg=Fraction(50), min_interval=hours(6), max_doses_24h=None, source="T")

    found = limit_for((limit(), by_vein), TYLENOL, BODY, at("12:00"))

    assert (found.limit.min_interval, found.limit.max_doses_24h, found.limit.source) == (hours(6), 5, "S, T")


BY_WEIGHT = "How much acetaminophen a child may have goes by weight, and the weight is not known"
BY_AGE = "How much acetaminophen a child may have goes by age, and the age is not known"


@pytest.mark.parametrize(
    ("known", "body", "code", "what"),
    [
        pytest.param((LIGHT, HEAVY), Body(zone=ZONE), Code.WEIGHT_UNKNOWN, BY_WEIGHT, id="a band of weight"),
        pytest.param((HEAVY,), Body(zone=ZONE), Code.WEIGHT_UNKNOWN, BY_WEIGHT, id="from a weight"),
        pytest.param((LIGHT,), Body(zone=ZONE), Code.WEIGHT_UNKNOWN, BY_WEIGHT, id="below a weight"),
        pytest.param((limit(),), Body(zone=ZONE), Code.WEIGHT_UNKNOWN, BY_WEIGHT, id="mg per kg in a day"),
        pytest.param(
            (limit(max_mg_per_kg_24h=None, max_mg_per_kg_dose=Fraction(15)),),
            Body(zone=ZONE),
            Code.WEIGHT_UNKNOWN,
            BY_WEIGHT,
            id="mg per kg in a dose",
        ),
        pytest.param((YOUNG, OLD), replace(BODY, born_on=None), Code.AGE_UNKNOWN, BY_AGE, id="a band of age"),
        pytest.param((OLD,), replace(BODY, born_on=date(2030, 1, 1)), Code.AGE_UNKNOWN, BY_AGE, id="not born yet"),
        pytest.param((limit(below_years=6),), replace(BODY, born_on=None), Code.AGE_UNKNOWN, BY_AGE, id="below an age"),
    ],
)
def test_limit_that_asks_what_nobody_knows_is_unknown(
    known: tuple[MedicineLimit, ...], body: Body, code: Code, what: str
) -> None:
    found = limit_for(known, TYLENOL, body, at("12:00"))

    assert found.unknown == (Unknown(code=code, what=what),)
    assert found.limit.max_doses_24h == min(one.max_doses_24h or 0 for one in known)


def test_order_makes_nothing_known_for_a_child_the_source_does_not_speak_of() -> None:
    order = MedicineLimit(ingredient=TYLENOL, min_interval=hours(6), max_doses_24h=3)
    infant = replace(BODY, born_on=date(2026, 1, 1))

    found = limit_for((YOUNG, OLD), TYLENOL, infant, at("12:00"), order)

    assert (found.limit, len(found.unknown)) == (order, 1)
    assert limit_for((), TYLENOL, infant, at("12:00"), order).unknown == ()


STRICT: list[tuple[str, Any, Any]] = [
    ("min_interval", hours(6), hours(4)),
    ("max_doses_24h", 3, 5),
    ("max_mg_24h", Fraction(3000), Fraction(4000)),
    ("max_mg_per_kg_24h", Fraction(60), Fraction(75)),
    ("max_mg_dose", Fraction(500), Fraction(1000)),
    ("max_mg_per_kg_dose", Fraction(10), Fraction(15)),
]


@pytest.mark.parametrize(("name", "strict", "loose"), STRICT)
def test_stricter_of_two_values_wins_and_unknown_yields(name: str, strict: Any, loose: Any) -> None:
    blank = MedicineLimit(ingredient=TYLENOL)
    one, other = replace(blank, **{name: strict}), replace(blank, **{name: loose})

    assert stricter(one, other) == stricter(other, one) == one
    assert stricter(blank, other) == stricter(other, blank) == other
    assert stricter(blank, blank) == blank


def test_stricter_keeps_every_caution_and_source_once_and_the_first_band() -> None:
    one = limit(caution="Liver disease.", source="S1, S0", from_kg=Fraction(3), country="US")
    other = limit(caution="With food.", source="S2, S1", below_years=6, country="UK")

    both = stricter(one, other)

    assert (both.caution, both.source) == ("Liver disease. With food.", "S1, S0, S2")
    assert (both.from_kg, both.below_years, both.country) == (Fraction(3), None, "US")
    assert stricter(one, one) == one


def test_skipped_step_starts_no_clock() -> None:
    skipped = facts(product=KNOWN, slots=(fact("course.1", State.SKIPPED, "11:00"),))
    schedule = build_schedule(protocol(courses=(course(every=6, until=7),)), skipped)

    assert [dose.at for dose in doses_of(schedule, skipped)] == [at("17:00")]


def test_every_code_is_a_word_of_its_own() -> None:
    assert [code.value for code in Code] == [
        "dose-too-large",
        "too-much",
        "not-together",
        "doses-too-close",
        "too-many-doses",
        "ask-first",
        "medicine-unknown",
        "limit-unknown",
        "weight-unknown",
        "age-unknown",
        "amount-unknown",
        "weight-old",
        "caution",
    ]
