"""May it be given now, and if not, when: each rule at its boundary, and a clock stepped through the days as oracle."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timedelta
from fractions import Fraction
from itertools import accumulate, pairwise
from typing import Any

import pytest
from hypothesis import given as drawn
from hypothesis import strategies as st

from ivig_care.regimen.doses import Body, Code, DoseEntry, DoseGiven, MedicineLimit, standing, tally
from ivig_care.regimen.ledger import Answer, Reason, Verdict, may_be_given
from ivig_care.regimen.medicines import Amount, Combination, Formulary, MedicineKnown, RuleSet, resolve
from ivig_care.regimen.timing import Elapsed, zone_named
from tests.regimen.builders import TYLENOL, at, given, hours, minutes

FORMULARY = Formulary(
    medicines=(
        MedicineKnown(ingredient=TYLENOL, names=("paracetamol", "Tylenol")),
        MedicineKnown(ingredient="ibuprofen", needs_agreement=True),
        MedicineKnown(ingredient="naproxen"),
        MedicineKnown(ingredient="diphenhydramine", names=("Benadryl",)),
        MedicineKnown(ingredient="chlorphenamine"),
        MedicineKnown(ingredient="cetirizine"),
        MedicineKnown(ingredient="loratadine"),
        MedicineKnown(ingredient="ondansetron"),
        MedicineKnown(ingredient="rizatriptan"),
        MedicineKnown(ingredient="sumatriptan", classes=("triptan",)),
    ),
    combinations=(
        Combination(
            name="cold sachet",
            contents=(
                Amount(ingredient=TYLENOL, mg=Fraction(250)),
                Amount(ingredient="chlorphenamine", mg=Fraction(1)),
            ),
        ),
        Combination(
            name="pain duo",
            contents=(
                Amount(ingredient="naproxen", mg=Fraction(100)),
                Amount(ingredient="ibuprofen", mg=Fraction(100)),
            ),
        ),
    ),
)


def _limit(ingredient: str, interval: float | None, most: int | None, **said: Any) -> MedicineLimit:
    exact: dict[str, Any] = {name: Fraction(value) for name, value in said.items() if name.startswith("max_mg")}
    return MedicineLimit(
        ingredient=ingredient,
        min_interval=None if interval is None else hours(interval),
        max_doses_24h=most,
        **{**said, **exact},
    )


# FACTS section 4 and section 9, items 3 and 12.
LIMITS = (
    _limit(TYLENOL, 4, 5, country="US", max_mg_per_kg_24h=75, max_mg_24h=4000, source="HLH 840–841, S37"),
    _limit(TYLENOL, 4, 4, country="UK", max_mg_per_kg_24h=75, max_mg_24h=4000, source="HLH 840–841, S38"),
    _limit(
        TYLENOL,
        4,
        4,
        country="AU",
        max_mg_per_kg_24h=75,
        max_mg_24h=4000,
        max_mg_per_kg_dose=15,
        max_mg_dose=1000,
        source="HLH 840–841, S38",
    ),
    _limit("ibuprofen", 6, 4, country="US", max_mg_per_kg_24h=40, max_mg_24h=2400, source="HLH 1032–1034, S37"),
    _limit("ibuprofen", 6, 3, country="UK", max_mg_per_kg_24h=40, max_mg_24h=2400, source="HLH 1032–1034, S38"),
    _limit("ibuprofen", 6, 3, country="AU", max_mg_per_kg_24h=40, max_mg_24h=2400, source="HLH 1032–1034, S38"),
    _limit("naproxen", 12, 2, max_mg_24h=1000, source="HLH 1123–1124"),
    _limit("diphenhydramine", 6, 4, max_mg_dose=50, max_mg_24h=300, caution="can make sleepy", source="HLH 965–966"),
    _limit("chlorphenamine", 4, 6, from_years=2, below_years=6, country="AU", max_mg_24h=6, source="HLH 924"),
    _limit("chlorphenamine", 4, 6, from_years=6, below_years=12, max_mg_24h=12, source="HLH 924"),
    _limit("cetirizine", 24, 1, from_years=2, below_years=6, max_mg_24h=5, source="S41"),
    _limit("cetirizine", 24, 1, from_years=6, max_mg_24h=10, source="S41"),
    _limit("loratadine", 24, 1, max_mg_24h=10, source="HLH 1084–1085"),
    _limit("ondansetron", 8, 3, max_mg_dose=8, source="HLH 1142–1143"),
    _limit("rizatriptan", 24, 1, from_years=6, below_kg=Fraction(40), max_mg_dose=5, source="HLH 1210"),
    _limit("rizatriptan", 24, 1, from_years=6, from_kg=Fraction(40), max_mg_dose=10, source="HLH 1210"),
    _limit("sumatriptan", None, None, source="HLH 1210"),
)
BODY = Body(zone=zone_named("America/New_York"), weight_kg=Fraction(20), born_on=date(2018, 1, 1))
HEAVIER = replace(BODY, weight_kg=Fraction(40))


def ask(
    *doses: DoseGiven,
    when: str | datetime = "12:00",
    of: str = TYLENOL,
    mg: float | None = 300,
    country: str = "US",
    **said: Any,
) -> Answer:
    """What the ledger says of 300 mg of acetaminophen at noon to a child of 20 kg and 8 years in the United States."""
    amount = Amount(ingredient=of, mg=None if mg is None else Fraction(mg))
    return may_be_given(
        said.pop("asked", (amount,)),
        doses=doses,
        body=said.pop("body", BODY),
        rules=RuleSet(country=country, limits=said.pop("limits", LIMITS), formulary=said.pop("formulary", FORMULARY)),
        at=at(when) if isinstance(when, str) else when,
        **said,
    )


def codes(answer: Answer) -> list[str]:
    """The codes of an answer's reasons, in order."""
    return [reason.code.value for reason in answer.reasons]


# --- each rule at its boundary ----------------------------------------------------------------


def test_first_dose_within_every_limit_is_a_yes() -> None:
    assert ask() == Answer(verdict=Verdict.YES, reasons=(), last=None, next_at=at("12:00"), then_none_until=None)
    assert ask().is_known


FIVE = ("-1+14:00", "-1+18:00", "-1+22:00", "02:00", "06:00")

# Doses before, what is asked at noon, the verdict, the codes, the first instant.
ASKED: list[Any] = [
    pytest.param(("08:00",), {}, "yes", [], "12:00", id="an interval exactly"),
    pytest.param(("08:00:01",), {}, "too soon", ["doses-too-close"], "12:00:01", id="an interval less a second"),
    pytest.param(("12:00",), {}, "too soon", ["doses-too-close"], "16:00", id="at the same instant"),
    pytest.param(("15:59:59",), {}, "too soon", ["doses-too-close"], "19:59:59", id="a later dose is too close too"),
    pytest.param(("16:00",), {}, "yes", [], "12:00", id="an interval before a later dose"),
    pytest.param(FIVE, {"body": HEAVIER}, "too soon", ["too-many-doses"], "14:00", id="a sixth within 24 h"),
    pytest.param(("-1+12:00", *FIVE[1:]), {"body": HEAVIER}, "yes", [], "12:00", id="the first is exactly 24 h old"),
    pytest.param(
        ("-1+12:00:01", *FIVE[1:]), {"body": HEAVIER}, "too soon", ["too-many-doses"], "12:00:01", id="a second less"
    ),
    pytest.param(
        ("16:00", "20:00", "1+00:00", "1+04:00", "1+08:00"), {"body": HEAVIER}, "too soon", ["too-many-doses"],
        "1+16:00", id="five later ones within 24 h of it",
    ),
    pytest.param(
        ("16:00", "20:00", "1+00:00", "1+04:00", "1+12:00"), {"body": HEAVIER}, "yes", [], "12:00",
        id="the fifth of them 24 h later",
    ),
    pytest.param((), {"mg": 1500}, "yes", [], "12:00", id="75 mg/kg at once, no maximum for a dose being known"),
    pytest.param((), {"mg": 1500.5}, "too much", ["too-much"], None, id="more than a day's maximum never"),
    pytest.param(("-1+18:00", "02:00"), {"mg": 900}, "yes", [], "12:00", id="mg exactly at the maximum"),
    pytest.param(("-1+18:00", "02:00"), {"mg": 901}, "too much", ["too-much"], "18:00", id="1 mg more waits for it"),
    pytest.param(("20:00",), {"mg": 1201}, "too much", ["too-much"], "1+20:00", id="with a later dose it is too much"),
    pytest.param(("-1+12:00",), {"mg": 1500}, "yes", [], "12:00", id="mg exactly 24 h old no longer count"),
    pytest.param(("-1+12:00:01",), {"mg": 1500}, "too much", ["too-much"], "12:00:01", id="a second less do"),
    pytest.param((), {"mg": 300, "country": "AU"}, "yes", [], "12:00", id="exactly 15 mg/kg in a dose"),
    pytest.param((), {"mg": 301, "country": "AU"}, "too much", ["dose-too-large"], None, id="more than 15 mg/kg"),
    pytest.param(
        ("08:30", "-1+20:00"), {"mg": 901}, "too much", ["too-much", "doses-too-close"], "20:00",
        id="too much and too soon",
    ),
]  # fmt: skip


@pytest.mark.parametrize(("before", "said", "verdict", "why", "next_at"), ASKED)
def test_answer_keeps_every_limit_to_the_second_and_to_the_mg(
    before: tuple[str, ...], said: dict[str, Any], verdict: str, why: list[str], next_at: str | None
) -> None:
    answer = ask(*(given(each) for each in before), **said)

    assert (answer.verdict.value, codes(answer)) == (verdict, why)
    assert answer.next_at == (None if next_at is None else at(next_at))
    assert answer.is_known


def test_heavy_child_is_held_to_the_maximum_in_grams() -> None:
    body = replace(BODY, weight_kg=Fraction(80))

    assert ask(mg=4000, body=body).verdict is Verdict.YES
    assert ask(mg=4001, body=body).reasons == (
        Reason(
            code=Code.TOO_MUCH,
            text="This would make 4001 mg of acetaminophen in 24 hours; the most for this child is 4000 mg.",
            source="HLH 840–841, S37",
        ),
    )
    assert codes(ask(mg=1001, body=body, country="AU")) == ["dose-too-large"]
    assert ask(mg=1000, body=body, country="AU").verdict is Verdict.YES


def test_reasons_say_what_and_who_says_so() -> None:
    answer = ask(*(given(each) for each in ("-1+14:00", "-1+22:00", "06:00", "10:00")), mg=320, country="AU")

    assert [(reason.text, reason.source) for reason in answer.reasons] == [
        ("One dose of acetaminophen is at most 300 mg for this child; this is 320 mg.", "HLH 840–841, S38"),
        (
            "This would make 1520 mg of acetaminophen in 24 hours; the most for this child is 1500 mg.",
            "HLH 840–841, S38",
        ),
        ("Two doses of acetaminophen need at least 4 h between them.", "HLH 840–841, S38"),
        ("This would be dose 5 of acetaminophen in 24 hours; the most is 4.", "HLH 840–841, S38"),
    ]
    assert (answer.verdict, answer.next_at, answer.then_none_until) == (Verdict.TOO_MUCH, None, None)


def test_last_is_the_latest_dose_of_the_ingredient_until_then() -> None:
    answer = ask(given("06:00"), given("02:00"), given("13:00"), given("09:00", "ondansetron"))

    assert answer.last == given("06:00")
    assert ask(given("12:00"), given("06:00")).last == given("12:00")


def test_doses_of_other_ingredients_start_no_clock() -> None:
    assert ask(given("11:59", "ondansetron"), given("11:00", "cetirizine")) == ask()


# --- countries --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("country", "ingredient", "most"),
    [
        ("US", TYLENOL, 5),
        ("UK", TYLENOL, 4),
        ("AU", TYLENOL, 4),
        ("US", "ibuprofen", 4),
        ("UK", "ibuprofen", 3),
        ("AU", "ibuprofen", 3),
    ],
)
def test_doses_in_a_day_differ_between_countries(country: str, ingredient: str, most: int) -> None:
    agreed = (MedicineLimit(ingredient="ibuprofen"),)
    doses = [given("12:00", ingredient, mg=1)]
    for _ in range(most):
        answer = ask(*doses, when=doses[-1].at, of=ingredient, mg=1, country=country, prescribed=agreed)
        assert answer.next_at is not None
        doses.append(DoseGiven(ingredient=ingredient, at=answer.next_at, mg=Fraction(1)))

    shortest = hours(4 if ingredient == TYLENOL else 6)
    gaps = [later.at - earlier.at for earlier, later in pairwise(doses)]
    # As many as allowed follow at the shortest interval; the one after waits until the first is a day old.
    assert gaps == [*[shortest] * (most - 1), hours(24) - shortest * (most - 1)]


def test_other_country_knows_nothing_of_these_limits() -> None:
    answer = ask(country="NZ")

    assert (answer.verdict, codes(answer), answer.next_at) == (Verdict.ASK, ["limit-unknown"], None)


def test_chlorphenamine_from_two_years_or_from_six_is_a_matter_of_the_country() -> None:
    body = replace(BODY, born_on=date(2022, 1, 1))

    assert ask(of="chlorphenamine", mg=1, body=body, country="AU").verdict is Verdict.YES
    answer = ask(of="chlorphenamine", mg=1, body=body, country="US")
    assert [reason.text for reason in answer.reasons] == [
        "No limit is known for chlorphenamine at this age and weight. Ask the clinic."
    ]
    assert (answer.verdict, answer.is_known) == (Verdict.ASK, False)


# --- one more, then none ----------------------------------------------------------------------

# Doses before, what is asked at noon, until when there would be none after it.
LAST_ONES = [
    pytest.param((), {}, None, id="nothing before: the interval alone"),
    pytest.param(FIVE[1:], {"mg": 100}, "18:00", id="the fifth of the day"),
    pytest.param(("-1+12:00:01", "-1+16:00", "02:00", "06:00"), {"mg": 1}, None, id="room again when it is due"),
    pytest.param(("-1+15:00", "-1+20:00", "02:00", "06:00"), {"mg": 1}, None, id="room before the interval is over"),
    pytest.param(("-1+16:00", "-1+20:00", "02:00", "06:00"), {"mg": 1}, None, id="room just when the interval is over"),
    pytest.param(
        ("-1+16:00:01", "-1+20:00", "02:00", "06:00"), {"mg": 1}, "16:00:01", id="a second after the interval is over"
    ),
    pytest.param(("-1+22:00", "06:00"), {"mg": 451}, "22:00", id="the mg of the day"),
    pytest.param((), {"mg": 750}, None, id="half of the mg of the day"),
    pytest.param((), {"mg": 751}, "1+12:00", id="more than half of them"),
    pytest.param((), {"of": "cetirizine", "mg": 10}, None, id="once a day: the interval says it already"),
    pytest.param((), {"mg": None}, None, id="an amount nobody knows still counts as a dose"),
    pytest.param(FIVE[1:], {"mg": None}, "18:00", id="the fifth, of an amount nobody knows"),
    pytest.param(("09:00",), {}, None, id="too soon: not now anyway"),
]


@pytest.mark.parametrize(("before", "said", "until"), LAST_ONES)
def test_one_more_then_none_until(before: tuple[str, ...], said: dict[str, Any], until: str | None) -> None:
    answer = ask(*(given(each, mg=300) for each in before), **said)

    assert answer.then_none_until == (None if until is None else at(until))


def test_one_more_then_none_is_said_without_an_interval_too() -> None:
    limits = (_limit(TYLENOL, None, 2),)

    assert ask(limits=limits).then_none_until is None
    assert ask(given("11:00"), limits=limits).then_none_until == at("1+11:00")


# --- unknown is never yes ---------------------------------------------------------------------

# What is changed, and the codes that it brings.
UNKNOWN: list[Any] = [
    pytest.param({"mg": None}, ["amount-unknown"], "12:00", id="how much"),
    pytest.param({"limits": ()}, ["limit-unknown"], None, id="no limit at all"),
    pytest.param({"limits": (_limit(TYLENOL, None, 5),)}, ["limit-unknown"], "12:00", id="no interval"),
    pytest.param({"limits": (_limit(TYLENOL, 0, 5),)}, ["limit-unknown"], "12:00", id="an interval of nothing"),
    pytest.param({"limits": (_limit(TYLENOL, 4, None),)}, ["limit-unknown"], "12:00", id="nothing for the day"),
    pytest.param({"limits": (_limit(TYLENOL, 4, 0, max_mg_24h=9),), "mg": 1}, ["limit-unknown"], "12:00", id="count 0"),
    pytest.param(
        {"limits": (_limit(TYLENOL, None, None),)}, ["limit-unknown", "limit-unknown"], None, id="nothing but a name"
    ),
    pytest.param({"body": replace(BODY, weight_kg=None)}, ["weight-unknown"], "12:00", id="no weight"),
    pytest.param(
        {"of": "cetirizine", "mg": 5, "body": replace(BODY, born_on=None)}, ["age-unknown"], "12:00", id="no birthday"
    ),
    pytest.param(
        {"of": "rizatriptan", "mg": 5, "body": Body(zone=BODY.zone)}, ["weight-unknown", "age-unknown"], "12:00",
        id="neither",
    ),
    pytest.param({"formulary": Formulary()}, ["medicine-unknown"], "12:00", id="not in the formulary"),
    pytest.param({"of": "ibuprofen", "mg": 100}, ["ask-first"], "12:00", id="only if the clinic agrees"),
    pytest.param({"asked": ()}, ["medicine-unknown"], None, id="nothing that is known is in it"),
]  # fmt: skip


@pytest.mark.parametrize(("said", "why", "next_at"), UNKNOWN)
def test_unknown_is_never_yes(said: dict[str, Any], why: list[str], next_at: str | None) -> None:
    answer = ask(**said)

    assert (answer.verdict, codes(answer)) == (Verdict.ASK, why)
    assert answer.next_at == (None if next_at is None else at(next_at))
    assert not answer.is_known


UNKNOWN_WORDS = [
    ({"mg": None}, "How much acetaminophen this is, is not known. Ask the clinic."),
    ({"limits": ()}, "No limit is known for acetaminophen. Ask the clinic."),
    (
        {"limits": (_limit(TYLENOL, None, 5),)},
        "No shortest interval is known for acetaminophen. Ask the clinic.",
    ),
    ({"limits": (_limit(TYLENOL, 4, None),)}, "No limit for 24 h is known for acetaminophen. Ask the clinic."),
    (
        {"body": replace(BODY, weight_kg=None)},
        "How much acetaminophen a child may have goes by weight, and the weight is not known. Ask the clinic.",
    ),
    (
        {"of": "cetirizine", "mg": 5, "body": replace(BODY, born_on=None)},
        "How much cetirizine a child may have goes by age, and the age is not known. Ask the clinic.",
    ),
    ({"formulary": Formulary()}, "Nothing is known here of a medicine called acetaminophen. Ask the clinic."),
    (
        {"of": "ibuprofen", "mg": 100},
        "Ibuprofen is given only if the clinic agreed to it for this child. Ask the clinic first.",
    ),
    ({"asked": ()}, "What is in this medicine is not known here. Ask the clinic."),
]


@pytest.mark.parametrize(("said", "sentence"), UNKNOWN_WORDS)
def test_unknown_is_said_in_a_sentence(said: dict[str, Any], sentence: str) -> None:
    assert [reason.text for reason in ask(**said).reasons] == [sentence]


def test_dose_of_an_unknown_amount_makes_the_day_unknown_until_it_is_a_day_old() -> None:
    unknown = given("08:00", mg=None)

    answer = ask(unknown)
    assert [reason.text for reason in answer.reasons] == [
        "How much acetaminophen was given within 24 hours of this is not known for every dose. Ask the clinic."
    ]
    assert (answer.verdict, answer.last, answer.next_at) == (Verdict.ASK, unknown, at("12:00"))
    assert ask(unknown, when="1+07:59:59").verdict is Verdict.ASK
    assert ask(unknown, when="1+08:00").verdict is Verdict.YES
    assert ask(given("1+11:59:59", mg=None)).verdict is Verdict.ASK
    assert ask(given("1+12:00", mg=None)).verdict is Verdict.YES


def test_unknown_amounts_count_as_nothing_in_what_is_known() -> None:
    # 1500 mg is the most; whatever comes to it is said to be unknown, not to be too much.
    assert codes(ask(given("08:00", mg=1500), mg=None)) == ["amount-unknown"]
    assert codes(ask(given("04:00", mg=None), given("08:00", mg=1200))) == ["amount-unknown"]


def test_known_part_of_an_unknown_day_can_be_too_much_already() -> None:
    answer = ask(given("04:00", mg=None), given("08:00", mg=1400), mg=101)

    assert (answer.verdict, codes(answer)) == (Verdict.TOO_MUCH, ["too-much", "amount-unknown"])
    assert answer.next_at == at("1+08:00")


def test_what_is_known_to_be_broken_is_said_before_what_is_unknown() -> None:
    answer = ask(given("09:00"), body=replace(BODY, weight_kg=None))

    assert (answer.verdict, codes(answer)) == (Verdict.TOO_SOON, ["doses-too-close", "weight-unknown"])
    assert (answer.next_at, answer.is_known) == (at("13:00"), False)


def test_medicine_nobody_knows_makes_every_answer_unknown_for_a_day() -> None:
    mystery = given("08:00", "grandma's drops")

    answer = ask(mystery)
    assert [reason.text for reason in answer.reasons] == [
        "Grandma's drops was given within 24 hours of this, and what is in it is not known here. Ask the clinic."
    ]
    assert answer.verdict is Verdict.ASK
    assert ask(mystery, when="1+07:59:59").verdict is Verdict.ASK
    assert ask(mystery, when="1+08:00").verdict is Verdict.YES
    assert ask(given("1+12:00", "grandma's drops")).verdict is Verdict.YES
    assert codes(ask(mystery, given("09:00", "a tea"), given("10:00", "a tea"))) == ["medicine-unknown"] * 2


# --- what was prescribed ----------------------------------------------------------------------


def test_prescribed_interval_and_count_stand_in_where_the_source_knows_none() -> None:
    prednisone = Formulary(medicines=(MedicineKnown(ingredient="prednisone"),))
    order = MedicineLimit(ingredient="prednisone", min_interval=hours(12), source="as prescribed")
    said: dict[str, Any] = {"of": "prednisone", "mg": 20, "formulary": prednisone}

    limits = (_limit("prednisone", None, 2, source="HLH 1179–1181"),)
    answer = ask(given("06:00", "prednisone"), limits=limits, prescribed=(order,), **said)

    assert (answer.verdict, answer.next_at) == (Verdict.TOO_SOON, at("18:00"))
    assert answer.reasons[0].source == "HLH 1179–1181, as prescribed"
    assert ask(limits=limits, prescribed=(order,), **said).verdict is Verdict.YES
    assert codes(ask(limits=(), prescribed=(order,), **said)) == ["limit-unknown"]
    complete = replace(order, max_doses_24h=2)
    assert ask(limits=(), prescribed=(complete,), **said).verdict is Verdict.YES


def test_stricter_of_source_and_order_holds() -> None:
    order = MedicineLimit(ingredient=TYLENOL, min_interval=hours(6), max_doses_24h=2, max_mg_dose=Fraction(320))

    assert ask(given("08:00"), prescribed=(order,)).next_at == at("14:00")
    assert ask(given("00:00"), given("06:00"), prescribed=(order,)).next_at == at("1+00:00")
    assert codes(ask(mg=321, prescribed=(order,))) == ["dose-too-large"]
    looser = MedicineLimit(ingredient=TYLENOL, min_interval=hours(2), max_doses_24h=12)
    assert ask(given("09:00"), prescribed=(looser,)) == ask(given("09:00"))
    assert ask(given("08:00"), prescribed=(looser, order)).next_at == at("14:00")


def test_order_of_another_ingredient_changes_nothing() -> None:
    order = MedicineLimit(ingredient="ibuprofen", min_interval=hours(8))

    assert ask(given("08:00"), prescribed=(order,)) == ask(given("08:00"))


def test_ibuprofen_that_the_clinic_prescribed_is_a_yes() -> None:
    order = MedicineLimit(ingredient="ibuprofen", min_interval=hours(8))

    assert ask(of="ibuprofen", mg=100, prescribed=(order,)).verdict is Verdict.YES
    assert ask(given("05:00", "ibuprofen"), of="ibuprofen", mg=100, prescribed=(order,)).next_at == at("13:00")


# --- bands ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("weight", "mg", "verdict"),
    [("39.9", 5, "yes"), ("39.9", 5.1, "too much"), ("40", 10, "yes"), ("40", 10.1, "too much")],
)
def test_rizatriptan_goes_by_weight_below_and_from_40_kg(weight: str, mg: float, verdict: str) -> None:
    assert ask(of="rizatriptan", mg=mg, body=replace(BODY, weight_kg=Fraction(weight))).verdict.value == verdict


def test_sixth_birthday_begins_at_midnight_where_the_child_lives() -> None:
    body = replace(BODY, born_on=date(2020, 6, 15))

    # Midnight in New York is 04:00 UTC.
    assert codes(ask(of="cetirizine", mg=10, body=body, when="03:59:59")) == ["too-much"]
    assert ask(of="cetirizine", mg=10, body=body, when="04:00").verdict is Verdict.YES


def test_until_the_weight_is_known_the_stricter_band_is_shown() -> None:
    answer = ask(of="rizatriptan", mg=10, body=replace(BODY, weight_kg=None))

    assert (answer.verdict, codes(answer)) == (Verdict.TOO_MUCH, ["dose-too-large", "weight-unknown"])


# --- the weight's age -------------------------------------------------------------------------


def test_stale_weight_warns_where_the_weight_matters_and_is_no_reason_to_ask() -> None:
    body = replace(BODY, weighed_on=date(2026, 3, 16), oldest_weight_days=90)
    stale = Reason(
        code=Code.WEIGHT_OLD,
        text="The weight is 92 days old, older than the clinic's 90.",
        source="FACTS section 4, composite rules",
    )

    answer = ask(when="1+12:00", body=body)

    assert (answer.verdict, answer.reasons, answer.is_known) == (Verdict.YES, (stale,), True)
    assert codes(ask(of="loratadine", mg=10, when="1+12:00", body=body)) == []
    assert codes(ask(when="-1+12:00", body=body)) == []


def test_caution_of_the_source_goes_with_the_answer() -> None:
    answer = ask(of="diphenhydramine", mg=20)

    assert answer.reasons == (Reason(code=Code.CAUTION, text="Diphenhydramine: can make sleepy", source="HLH 965–966"),)
    assert (answer.verdict, answer.is_known) == (Verdict.YES, True)


# --- not together -----------------------------------------------------------------------------

AGREED = (MedicineLimit(ingredient="ibuprofen"),)


@pytest.mark.parametrize(
    ("asked", "before"),
    [("ibuprofen", "naproxen"), ("diphenhydramine", "chlorphenamine"), ("rizatriptan", "sumatriptan")],
)
def test_second_of_a_class_is_not_given_within_24_hours(asked: str, before: str) -> None:
    answer = ask(given("08:00", before, mg=1), of=asked, mg=5, prescribed=AGREED)

    assert (answer.verdict, answer.next_at) == (Verdict.NOT_TOGETHER, at("1+08:00"))
    assert codes(answer)[0] == "not-together"
    assert answer.last is None
    assert ask(given("-1+12:00", before, mg=1), of=asked, mg=5, prescribed=AGREED).verdict is Verdict.YES
    assert ask(given("-1+12:00:01", before, mg=1), of=asked, mg=5, prescribed=AGREED).verdict is Verdict.NOT_TOGETHER
    assert ask(given("1+12:00", before, mg=1), of=asked, mg=5, prescribed=AGREED).verdict is Verdict.YES
    assert ask(given("1+11:59:59", before, mg=1), of=asked, mg=5, prescribed=AGREED).next_at == at("2+11:59:59")


def test_rule_set_says_itself_which_classes_are_not_given_together() -> None:
    two = (Amount(ingredient="diphenhydramine", mg=Fraction(5)), Amount(ingredient="chlorphenamine", mg=Fraction(1)))
    lenient = RuleSet(country="US", limits=LIMITS, formulary=FORMULARY, exclusive=())

    verdicts = [
        may_be_given(
            asked, doses=(given("08:00", "chlorphenamine", mg=1),)[:count], body=BODY, rules=lenient, at=at("12:00")
        ).verdict
        for asked, count in ((two[:1], 1), (two, 0))
    ]

    assert verdicts == [Verdict.YES, Verdict.YES]


def test_verdicts_have_their_words() -> None:
    assert tuple(Verdict) == ("yes", "too much", "not together", "too soon", "ask the clinic")


def test_what_to_ask_names_the_source_of_the_limit() -> None:
    (first,) = ask(of="ibuprofen", mg=100).reasons
    (unknown,) = ask(limits=(_limit(TYLENOL, None, 5, source="S36"),)).reasons

    assert first.source == next(limit.source for limit in LIMITS if limit.ingredient == "ibuprofen")
    assert unknown.source == "S36"


def test_second_of_a_class_is_named_once_however_often_it_was_given() -> None:
    answer = ask(given("06:00", "naproxen"), given("10:00", "naproxen"), of="ibuprofen", mg=100, prescribed=AGREED)

    assert answer.reasons == (
        Reason(
            code=Code.NOT_TOGETHER,
            text=(
                "Ibuprofen and naproxen are both pain medicines of the kind called NSAID: "
                "they are not given within 24 h of each other."
            ),
            source="FACTS section 4, composite rules; within 24 h is our choice",
        ),
    )
    assert answer.next_at == at("1+10:00")


def test_not_together_is_said_before_too_soon() -> None:
    answer = ask(given("11:00", "naproxen"), given("11:00", "ibuprofen"), of="ibuprofen", mg=100, prescribed=AGREED)

    assert (answer.verdict, codes(answer)) == (Verdict.NOT_TOGETHER, ["not-together", "doses-too-close"])


# --- combinations -----------------------------------------------------------------------------


def test_combination_keeps_the_limits_of_each_of_its_ingredients() -> None:
    sachet = resolve("Cold Sachet", FORMULARY).in_units(Fraction(1))

    assert ask(asked=sachet).verdict is Verdict.YES
    assert ask(given("09:00"), asked=sachet).next_at == at("13:00")
    assert ask(given("10:00", "chlorphenamine", mg=1), given("09:00"), asked=sachet).next_at == at("14:00")
    assert ask(given("10:00", "chlorphenamine", mg=1), given("09:00"), asked=sachet).last == given(
        "10:00", "chlorphenamine", mg=1
    )
    assert codes(ask(given("08:00", "diphenhydramine", mg=20), asked=sachet)) == ["not-together"]
    assert codes(ask(asked=resolve("Cold Sachet", FORMULARY).in_units(Fraction(7)))) == ["too-much"]


def test_combination_counts_with_the_plain_ingredient_beside_it() -> None:
    both = (*resolve("cold sachet", FORMULARY).in_units(Fraction(1)), Amount(ingredient=TYLENOL, mg=Fraction(1251)))

    assert [reason.text for reason in ask(asked=both).reasons] == [
        "This would make 1501 mg of acetaminophen in 24 hours; the most for this child is 1500 mg."
    ]
    unknown = (*both, Amount(ingredient=TYLENOL))
    assert codes(ask(asked=unknown)) == ["amount-unknown"]


def test_two_of_a_class_in_one_product_are_never_a_yes() -> None:
    answer = ask(asked=resolve("pain duo", FORMULARY).in_units(Fraction(1)), prescribed=AGREED)

    assert (answer.verdict, codes(answer), answer.next_at) == (Verdict.NOT_TOGETHER, ["not-together"], None)
    assert answer.reasons[0].text.startswith("Ibuprofen and naproxen are both")


def test_last_of_a_combination_waits_for_the_slower_ingredient() -> None:
    limits = (_limit(TYLENOL, 4, 5), _limit("chlorphenamine", 6, 6))
    sachet = resolve("cold sachet", FORMULARY).in_units(Fraction(1))

    assert ask(asked=sachet, limits=limits).then_none_until is None
    once = (limits[0], replace(limits[1], max_doses_24h=1))
    assert ask(asked=sachet, limits=once).then_none_until == at("1+12:00")


# --- corrections ------------------------------------------------------------------------------


def _entries() -> tuple[DoseEntry, ...]:
    return tuple(
        DoseEntry(key=when, entered_at=at("11:30"), dose=given(when)) for when in ("-1+14:00", "-1+22:00", "11:00")
    )


def test_correcting_or_deleting_a_dose_changes_every_answer_after_it() -> None:
    entries = _entries()
    earlier = DoseEntry(key="c", entered_at=at("11:40"), dose=given("09:00"), replaces="11:00")
    more = DoseEntry(key="d", entered_at=at("11:45"), dose=given("09:00", mg=900), replaces="c")
    deleted = DoseEntry(key="e", entered_at=at("11:50"), replaces="d")

    assert ask(*standing(entries)).next_at == at("15:00")
    assert ask(*standing((*entries, earlier))).next_at == at("13:00")
    assert ask(*standing((*entries, earlier, more))).next_at == at("14:00")
    assert ask(*standing((*entries, earlier, more, deleted))).next_at == at("12:00")
    assert ask(*standing((*entries, earlier, more, deleted), as_known_at=at("11:44"))).next_at == at("13:00")


def test_when_a_dose_was_written_down_decides_nothing() -> None:
    late = replace(given("08:30"), entered_at=at("11:59"))

    assert replace(ask(late), last=None) == replace(ask(given("08:30")), last=None)


# --- laws, and a clock stepped through the days -----------------------------------------------

# Moments and intervals are counted in ticks of five minutes; what lies between is in the tables above.
START, TICK = at("00:00"), minutes(5)
IN_A_DAY = 24 * 12
moments = st.integers(0, 2 * IN_A_DAY)
amounts = st.integers(1, 900)
records = st.lists(st.tuples(moments, amounts), max_size=8)
intervals = st.integers(6, 120)
counts = st.integers(1, 6)


def _elapsed(ticks: int) -> Elapsed:
    return minutes(5 * ticks)


def _doses(record: list[tuple[int, int]]) -> tuple[DoseGiven, ...]:
    return tuple(DoseGiven(ingredient=TYLENOL, at=START + when * TICK, mg=Fraction(mg)) for when, mg in record)


def _rules(interval: int, most: int, most_mg: int) -> tuple[MedicineLimit, ...]:
    return (
        MedicineLimit(
            ingredient=TYLENOL, min_interval=_elapsed(interval), max_doses_24h=most, max_mg_24h=Fraction(most_mg)
        ),
    )


class Oracle:
    """The rules by brute force: what every tick holds, and the sums of every window of 24 h that ends at a tick."""

    def __init__(self, record: list[tuple[int, int]], interval: int, most: int, most_mg: int) -> None:
        self.times = [when for when, _ in record]
        self.interval, self.most, self.most_mg = interval, most, most_mg
        length = 5 * IN_A_DAY
        counted, weighed = [0] * length, [0] * length
        for when, mg in record:
            counted[when] += 1
            weighed[when] += mg
        self.counts, self.sums = self._windows(counted), self._windows(weighed)

    @staticmethod
    def _windows(tick_by_tick: list[int]) -> list[int]:
        until = [0, *accumulate(tick_by_tick)]
        return [until[end + 1] - until[max(0, end + 1 - IN_A_DAY)] for end in range(len(tick_by_tick))]

    def allows(self, tick: int, mg: int) -> bool:
        held = slice(tick, tick + IN_A_DAY)
        return (
            all(abs(tick - when) >= self.interval for when in self.times)
            and max(self.counts[held]) + 1 <= self.most
            and max(self.sums[held]) + mg <= self.most_mg
        )

    def first(self, tick: int, mg: int) -> int:
        while not self.allows(tick, mg):
            tick += 1
        return tick


@drawn(records, moments, amounts, intervals, counts, st.integers(900, 3000))
def test_answer_is_that_of_a_clock_stepped_through_the_days(
    record: list[tuple[int, int]], asked_at: int, mg: int, interval: int, most: int, most_mg: int
) -> None:
    answer = ask(
        *_doses(record),
        when=START + asked_at * TICK,
        mg=mg,
        limits=_rules(interval, most, most_mg),
    )
    oracle = Oracle(record, interval, most, most_mg)

    first = oracle.first(asked_at, mg)
    assert answer.next_at == START + first * TICK
    assert (answer.verdict is Verdict.YES) == (first == asked_at)
    if first == asked_at:
        following = Oracle([*record, (asked_at, mg)], interval, most, most_mg).first(asked_at, mg)
        waits = following > asked_at + interval
        assert answer.then_none_until == (START + following * TICK if waits else None)
    else:
        assert answer.then_none_until is None


@drawn(records)
def test_tally_is_that_of_every_window(record: list[tuple[int, int]]) -> None:
    oracle = Oracle(record, 0, 0, 0)

    counted = tally(_doses(record), TYLENOL)

    assert (counted.most_in_24h, counted.most_mg_in_24h) == (max(oracle.counts), Fraction(max(oracle.sums)))


@drawn(records, moments, amounts, intervals, counts, st.integers(900, 3000))
def test_what_is_permitted_keeps_every_limit_afterwards(
    record: list[tuple[int, int]], asked_at: int, mg: int, interval: int, most: int, most_mg: int
) -> None:
    # Built up only of what the ledger permits, the record never breaks a limit.
    limits = _rules(interval, most, most_mg)
    doses: tuple[DoseGiven, ...] = ()
    for dose in _doses([*record, (asked_at, mg)]):
        answer = ask(*doses, when=dose.at, mg=float(dose.mg or 0), limits=limits)
        if answer.verdict is Verdict.YES:
            doses = (*doses, dose)

    counted = tally(doses, TYLENOL)
    assert counted.smallest_gap is None or counted.smallest_gap >= _elapsed(interval)
    assert counted.most_in_24h <= most
    assert counted.most_mg_in_24h is not None
    assert counted.most_mg_in_24h <= most_mg


@drawn(records, st.tuples(moments, amounts), moments, amounts, intervals, counts)
def test_one_more_dose_never_makes_the_next_one_earlier(
    record: list[tuple[int, int]], another: tuple[int, int], asked_at: int, mg: int, interval: int, most: int
) -> None:
    limits, when = _rules(interval, most, 2000), START + asked_at * TICK

    before = ask(*_doses(record), when=when, mg=mg, limits=limits).next_at
    after = ask(*_doses([*record, another]), when=when, mg=mg, limits=limits).next_at

    assert before is not None
    assert after is not None
    assert after >= before


@drawn(
    st.lists(st.tuples(moments, st.one_of(st.none(), amounts)), max_size=5),
    moments,
    st.one_of(st.none(), amounts),
    st.one_of(st.none(), intervals),
    st.one_of(st.none(), counts),
    st.one_of(st.none(), st.integers(5, 75)),
    st.booleans(),
)
def test_no_unknown_is_ever_a_yes(
    record: list[tuple[int, int | None]],
    asked_at: int,
    mg: int | None,
    interval: int | None,
    most: int | None,
    per_kg: int | None,
    is_weighed: bool,
) -> None:
    limit = MedicineLimit(
        ingredient=TYLENOL,
        min_interval=None if interval is None else _elapsed(interval),
        max_doses_24h=most,
        max_mg_per_kg_24h=None if per_kg is None else Fraction(per_kg),
    )
    when = START + asked_at * TICK
    doses = tuple(
        DoseGiven(ingredient=TYLENOL, at=START + each * TICK, mg=None if amount is None else Fraction(amount))
        for each, amount in record
    )
    body = replace(BODY, weight_kg=Fraction(20) if is_weighed else None)

    answer = ask(*doses, when=when, mg=mg, limits=(limit,), body=body)

    is_counted_unknown = any(dose.mg is None and abs(dose.at - when) < timedelta(hours=24) for dose in doses)
    is_unknown = (
        mg is None
        or interval is None
        or (most is None and per_kg is None)
        or (per_kg is not None and not is_weighed)
        or is_counted_unknown
    )
    assert answer.is_known is not is_unknown
    assert not (is_unknown and answer.verdict is Verdict.YES)
