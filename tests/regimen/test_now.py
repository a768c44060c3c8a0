"""What is answered at one instant: doses, what is given as needed, drinks, an estimate and symptoms."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from fractions import Fraction
from typing import Any

import pytest

from ivig_care.regimen.dated import AsNeeded
from ivig_care.regimen.doses import Code, MedicineLimit
from ivig_care.regimen.facts import InfusionFacts
from ivig_care.regimen.fluids import ESTIMATE_WORDS, Estimate, FluidEntry, FluidKind, FluidProgress, NoEstimate, Pace
from ivig_care.regimen.ledger import Answer, Reason, Verdict
from ivig_care.regimen.medicines import AmbiguousMedicine, Amount, Combination, Formulary, MedicineKnown
from ivig_care.regimen.now import (
    Asked,
    Question,
    answer_for,
    answers_as_needed,
    estimate_for,
    fluids_for,
    orders_of,
    triage_for,
)
from ivig_care.regimen.protocol import Kind, Medicine, Protocol
from ivig_care.regimen.schedule import build_schedule
from ivig_care.regimen.signs import Bounds, Level
from ivig_care.regimen.steps import State
from ivig_care.regimen.symptoms import ChildFlag, Method, Severity, Symptom, SymptomSaid, Temperature
from ivig_care.regimen.triage import NOTHING_REPORTED, Note, TriageChange, Triaged
from tests.regimen.builders import (
    NIGHT,
    TYLENOL,
    at,
    course,
    day,
    done,
    fact,
    facts,
    given,
    hours,
    limit,
    minutes,
    premedication,
    protocol,
    rule,
    utc,
    when_needed,
)

ONE_SECOND = timedelta(seconds=1)
FORMULARY = Formulary(
    medicines=(
        MedicineKnown(ingredient=TYLENOL, names=("Tylenol",)),
        MedicineKnown(ingredient="diphenhydramine", names=("Benadryl",)),
        MedicineKnown(ingredient="ibuprofen", names=("Advil", "Twice"), needs_agreement=True),
        MedicineKnown(ingredient="ondansetron", names=("Zofran", "Twice")),
    ),
    combinations=(
        Combination(
            name="Night-time",
            contents=(
                Amount(ingredient=TYLENOL, mg=Fraction(325)),
                Amount(ingredient="diphenhydramine", mg=Fraction(25)),
            ),
        ),
    ),
)
# 20 kg: at most 1500 mg of acetaminophen in 24 h, every 4 h, five times.
LIMITS = (
    limit(),
    limit("diphenhydramine", min_interval=hours(6), max_doses_24h=4, max_mg_per_kg_24h=None),
    limit("ibuprofen", min_interval=hours(6), max_doses_24h=4, max_mg_per_kg_24h=None),
)


def known(*days: Any, **said: Any) -> InfusionFacts:
    """An infusion of which the medicines are known."""
    return facts(*days, **{"limits": LIMITS, "formulary": FORMULARY, **said})


def ask(
    medicine: str = TYLENOL,
    mg: float | None = 300,
    units: float | None = None,
    *,
    when: str = "12:00",
    plan: Protocol | None = None,
    infusion: InfusionFacts | None = None,
) -> Answer:
    """What is answered at noon of the first day, of a protocol that gives nothing unless said otherwise."""
    asked = Asked(
        medicine=medicine,
        mg=None if mg is None else Fraction(mg),
        units=None if units is None else Fraction(units),
    )
    plan, infusion = plan or protocol(), infusion or known()
    return answer_for(asked, plan, build_schedule(plan, infusion), infusion, at(when))


def codes(answer: Answer) -> list[Code]:
    """The codes of its reasons."""
    return [reason.code for reason in answer.reasons]


# --- a medicine that is asked for -------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", [TYLENOL, "Tylenol", " TYLENOL "])
def test_medicine_is_known_by_its_generic_and_its_brand_name(name: str) -> None:
    infusion = known(given=(given("08:00"),))

    assert ask(name, infusion=infusion) == Answer(
        verdict=Verdict.YES, reasons=(), last=given("08:00"), next_at=at("12:00"), then_none_until=None
    )


def test_medicine_that_nobody_knows_is_for_the_clinic_to_answer() -> None:
    assert ask("Panadeine") == Answer(
        verdict=Verdict.ASK,
        reasons=(
            Reason(
                code=Code.MEDICINE_UNKNOWN,
                text="What is in this medicine is not known here. Ask the clinic.",
                source="",
            ),
        ),
        last=None,
        next_at=None,
        then_none_until=None,
    )


def test_name_of_two_medicines_is_not_answered() -> None:
    with pytest.raises(AmbiguousMedicine):
        ask("twice")


@pytest.mark.parametrize(
    ("mg", "verdict", "said"),
    [
        pytest.param(1500, Verdict.YES, [], id="as much as a day allows"),
        pytest.param(1501, Verdict.TOO_MUCH, [Code.TOO_MUCH], id="a mg more"),
        pytest.param(None, Verdict.ASK, [Code.AMOUNT_UNKNOWN], id="nobody said how much"),
    ],
)
def test_amount_in_mg_is_held_against_the_limit(mg: float | None, verdict: Verdict, said: list[Code]) -> None:
    answer = ask(mg=mg)

    assert (answer.verdict, codes(answer)) == (verdict, said)


UNKNOWN_TWICE = [Code.AMOUNT_UNKNOWN, Code.AMOUNT_UNKNOWN]


@pytest.mark.parametrize(
    ("mg", "units", "said"),
    [
        pytest.param(None, 4, [], id="1300 mg in four units"),
        pytest.param(None, 5, [Code.TOO_MUCH], id="1625 mg in five"),
        pytest.param(300, 5, [Code.TOO_MUCH], id="units go before mg"),
        pytest.param(300, None, UNKNOWN_TWICE, id="mg of which nobody knows"),
        pytest.param(None, None, UNKNOWN_TWICE, id="not known how many units: not taken for one"),
    ],
)
def test_combination_is_counted_in_units(mg: float | None, units: float | None, said: list[Code]) -> None:
    assert codes(ask("Night-time", mg, units)) == said


def test_units_of_a_single_medicine_are_an_unknown_amount() -> None:
    assert codes(ask(TYLENOL, 300, 1)) == [Code.AMOUNT_UNKNOWN]


@pytest.mark.parametrize(
    ("said", "last"),
    [
        pytest.param({"slots": (done("premed.d1.acetaminophen", "08:30", "11:00"),)}, given("11:00"), id="done"),
        pytest.param({"given": (given("10:00"),)}, given("10:00"), id="given outside the checklist"),
        pytest.param(
            {"slots": (done("premed.d1.acetaminophen", "08:30", "10:00"),), "given": (given("11:00"),)},
            given("11:00"),
            id="both",
        ),
        pytest.param({}, None, id="open"),
        pytest.param({"slots": (fact("premed.d1.acetaminophen", State.SKIPPED, "08:30"),)}, None, id="skipped"),
        pytest.param({"slots": (fact("premed.d1.acetaminophen", State.MISSED, "08:30"),)}, None, id="missed"),
    ],
)
def test_doses_that_were_really_given_count(said: dict[str, Any], last: Any) -> None:
    answer = ask(plan=protocol(premedication()), infusion=known(**said))

    assert answer.last == last
    assert answer.verdict is (Verdict.TOO_SOON if last else Verdict.YES)
    assert answer.next_at == (last.at + hours(4) if last else at("12:00"))


def test_limits_of_another_country_say_nothing() -> None:
    infusion = known(limits=(limit(country="UK"),), country="US", given=(given("11:00"),))

    assert codes(ask(infusion=infusion)) == [Code.LIMIT_UNKNOWN]


def test_interval_of_a_course_bounds_it_where_this_country_knows_none() -> None:
    plan = protocol(courses=(course(every=6),))
    infusion = known(limits=(limit(country="UK"),), country="US", given=(given("11:00"),))
    here = known(limits=(limit(country="US"),), country="US", given=(given("11:00"),))

    assert (ask(plan=plan, infusion=infusion).next_at, ask(plan=plan, infusion=here).next_at) == (
        at("17:00"),
        at("15:00"),
    )


def test_age_and_weight_of_the_child_decide_which_limit_holds() -> None:
    bands = (limit(below_years=12), limit(from_years=12, max_mg_per_kg_24h=Fraction(10)))
    child, older, unknown = (known(limits=bands, born_on=born) for born in (date(2019, 4, 30), date(2010, 4, 30), None))

    assert [codes(ask(infusion=infusion)) for infusion in (child, older, unknown)] == [
        [],
        [Code.TOO_MUCH],
        [Code.TOO_MUCH, Code.AGE_UNKNOWN],
    ]


# --- what the protocol orders -----------------------------------------------------------------------------------------


def test_medicine_of_a_step_was_agreed_to() -> None:
    assert codes(ask("Advil")) == [Code.ASK_FIRST]
    assert codes(ask("Advil", plan=protocol(premedication("ibuprofen")))) == []


def test_order_of_a_step_bounds_nothing() -> None:
    both = (Medicine(ingredient=TYLENOL, mg=Fraction(300)), Medicine(ingredient="ibuprofen", mg=Fraction(200)))
    steps = (rule("plain"), premedication(medicines=both))

    assert orders_of(protocol(*steps), ()) == (
        MedicineLimit(ingredient=TYLENOL),
        MedicineLimit(ingredient="ibuprofen"),
    )


@pytest.mark.parametrize(
    ("limits", "interval"),
    [
        pytest.param((), hours(6), id="nothing known"),
        pytest.param((limit("ibuprofen"),), hours(6), id="another medicine known"),
        pytest.param((limit(min_interval=None),), hours(6), id="only its count known"),
        pytest.param((limit(min_interval=hours(0)),), hours(6), id="an interval of nothing"),
        pytest.param((limit(),), None, id="a shortest interval known"),
        pytest.param((limit(min_interval=None), limit(from_years=12)), None, id="for some children"),
    ],
)
def test_interval_of_a_course_is_a_bound_only_where_no_source_knows_one(
    limits: tuple[MedicineLimit, ...], interval: Any
) -> None:
    orders = orders_of(protocol(courses=(course(every=6),)), limits)

    assert orders == (MedicineLimit(ingredient=TYLENOL, min_interval=interval),)


@pytest.mark.parametrize(
    ("said", "source"),
    [
        pytest.param({"every": hours(8), "most_in_24h": 3}, "prescribed", id="both"),
        pytest.param({"every": hours(8)}, "prescribed", id="how often"),
        pytest.param({"most_in_24h": 3}, "prescribed", id="how many"),
        pytest.param({}, "", id="neither"),
    ],
)
def test_bounds_of_what_is_given_as_needed_are_prescribed(said: dict[str, Any], source: str) -> None:
    known_already = (limit("ondansetron", source="L"),)
    orders = orders_of(protocol(as_needed=(when_needed(**said),)), known_already)

    assert orders == (
        MedicineLimit(
            ingredient="ondansetron",
            min_interval=said.get("every"),
            max_doses_24h=said.get("most_in_24h"),
            source=source,
        ),
    )


def test_orders_stand_in_the_order_of_the_protocol() -> None:
    plan = protocol(
        premedication("ibuprofen"), courses=(course(),), as_needed=(when_needed(), when_needed(key="again"))
    )

    assert [order.ingredient for order in orders_of(plan, ())] == ["ibuprofen", TYLENOL, "ondansetron", "ondansetron"]


# --- as needed --------------------------------------------------------------------------------------------------------

ANTISICKNESS = protocol(as_needed=(when_needed(every=hours(8), most_in_24h=3),))


def needed(when: datetime, infusion: InfusionFacts | None = None) -> list[tuple[AsNeeded, Answer]]:
    """What may be asked of the medicines as needed; from 09:00 until 11:00 of the day after."""
    infusion = infusion or known()
    return list(answers_as_needed(ANTISICKNESS, build_schedule(ANTISICKNESS, infusion), infusion, when))


@pytest.mark.parametrize(
    ("when", "rules"),
    [
        pytest.param(at("09:00") - ONE_SECOND, [], id="a second before"),
        pytest.param(at("09:00"), ["sickness"], id="as it opens"),
        pytest.param(at("1+11:00"), ["sickness"], id="as it closes"),
        pytest.param(at("1+11:00") + ONE_SECOND, [], id="a second after"),
    ],
)
def test_medicine_as_needed_is_answered_while_it_is_its_time(when: datetime, rules: list[str]) -> None:
    assert [one.rule for one, _ in needed(when)] == rules


def test_medicine_as_needed_is_answered_for_the_dose_prescribed() -> None:
    ((one, answer),) = needed(at("12:00"), known(given=(given("10:00", "ondansetron", 4),)))

    assert one.dose.mg == 4
    assert answer == Answer(
        verdict=Verdict.TOO_SOON,
        reasons=(
            Reason(
                code=Code.TOO_CLOSE,
                text="Two doses of ondansetron need at least 8 h between them.",
                source="prescribed",
            ),
        ),
        last=given("10:00", "ondansetron", 4),
        next_at=at("18:00"),
        then_none_until=None,
    )


@pytest.mark.parametrize(
    ("most_mg", "verdict"), [pytest.param(4, Verdict.YES, id="as much"), pytest.param(3, Verdict.TOO_MUCH, id="more")]
)
def test_amount_of_a_medicine_as_needed_is_held_against_the_limit(most_mg: int, verdict: Verdict) -> None:
    limits = (MedicineLimit(ingredient="ondansetron", max_mg_dose=Fraction(most_mg)),)

    ((_, answer),) = needed(at("12:00"), known(limits=limits))
    assert answer.verdict is verdict


# --- drinks -----------------------------------------------------------------------------------------------------------

# Two windows from a quarter of an hour before until two hours after 09:00 and 20:00, one with a goal.
DRINKING = protocol(
    rule("drink", kind=Kind.FLUIDS, goal_ml=Fraction(900)),
    rule("task"),
    rule("evening", hours(11), kind=Kind.FLUIDS),
    night=NIGHT,
)


def water(when: str, ml: int, kind: FluidKind = FluidKind.WATER) -> FluidEntry:
    """So many mL of water."""
    return FluidEntry(at=at(when), ml=Fraction(ml), kind=kind)


def drunk(
    *taken: FluidEntry, planned: str = "09:00", when: str = "10:00", is_limited: bool | None = False, **said: Any
) -> dict[str, FluidProgress]:
    """How far the drinking has come in each window, by its slot."""
    infusion = facts(day(planned=planned), **said)
    question = Question(at=at(when), taken=taken, are_fluids_limited=is_limited)
    return {window.slot: come for window, come in fluids_for(question, build_schedule(DRINKING, infusion), infusion)}


def test_drinking_is_counted_in_each_window_of_the_checklist() -> None:
    come = drunk(
        water("09:00", 100), water("09:30", 250, FluidKind.ELECTROLYTE), water("09:45", 80, FluidKind.IV_BOLUS)
    )

    # 75 of 135 minutes have gone by.
    assert come == {
        "drink.d1": FluidProgress(
            drunk_ml=Fraction(350),
            electrolyte_ml=Fraction(250),
            iv_ml=Fraction(80),
            remaining_ml=Fraction(550),
            expected_ml=Fraction(500),
            pace=Pace.BEHIND,
            ml_per_h=Fraction(550),
        ),
        "evening.d1": FluidProgress(
            drunk_ml=Fraction(0),
            electrolyte_ml=Fraction(0),
            iv_ml=Fraction(0),
            reason="The team has not set a goal. Ask the team how much to drink.",
        ),
    }


def test_what_was_drunk_after_the_question_is_not_counted() -> None:
    come = drunk(water("10:00", 100), water("10:01", 100))

    assert come["drink.d1"].drunk_ml == 100


def test_nobody_drinks_at_night_on_the_childs_own_clock() -> None:
    # From 05:45 until 08:00 in New York, of which only the last hour is not night.
    come = drunk(planned="10:00", zone="America/New_York", when="11:20")

    assert come["drink.d1"].expected_ml == 300


@pytest.mark.parametrize(
    ("is_limited", "said", "reason"),
    [
        (None, {}, "It is not known here whether fluids are limited for your child. Ask the team how much to drink."),
        (True, {}, "Fluids are limited for your child. Ask the team how much to drink."),
        (
            False,
            {"conditions": frozenset({"fluids limited"})},
            "Fluids are limited for your child. Ask the team how much to drink.",
        ),
        (
            False,
            {"flags": frozenset({"kidney disease"})},
            "Your child has kidney disease. Ask the team how much to drink.",
        ),
    ],
    ids=["unknown", "limited", "by a condition", "by a flag"],
)
def test_there_is_no_goal_where_drinking_may_be_limited(
    is_limited: bool | None, said: dict[str, Any], reason: str
) -> None:
    come = drunk(water("09:00", 100), is_limited=is_limited, **said)["drink.d1"]

    assert come == FluidProgress(drunk_ml=Fraction(100), electrolyte_ml=Fraction(0), iv_ml=Fraction(0), reason=reason)


# --- an estimate for the clinician ------------------------------------------------------------------------------------

TOO_YOUNG = NoEstimate(reason="The formula is not for a child under 14 days old or under 3 kg [S45].")


@pytest.mark.parametrize(
    ("when", "is_old_enough"),
    [
        pytest.param("2026-06-15 03:59:59", False, id="13 days on the child's calendar, 14 in UTC"),
        pytest.param("2026-06-15 04:00:00", True, id="14 days"),
    ],
)
def test_age_of_an_estimate_is_in_days_on_the_childs_calendar(when: str, is_old_enough: bool) -> None:
    infusion = facts(zone="America/New_York", born_on=date(2026, 6, 1))

    found = estimate_for(Question(at=utc(when)), infusion)

    estimate = Estimate(ml_per_day=Fraction(1500), ml_per_h=Fraction(60), words=ESTIMATE_WORDS)
    assert found == (estimate if is_old_enough else TOO_YOUNG)


def test_nothing_is_estimated_without_a_birthday() -> None:
    assert estimate_for(Question(at=at("12:00")), facts()) == NoEstimate(
        reason="The weight or the age is unknown, so nothing is estimated."
    )


# --- what symptoms mean -----------------------------------------------------------------------------------------------

TWO_DAYS = (day(1, start="09:00", end="11:00"), day(2, start="1+09:00", end="1+11:00"))


def meaning(
    *symptoms: SymptomSaid,
    when: datetime,
    infusion: InfusionFacts | None = None,
    plan: Protocol | None = None,
    **said: Any,
) -> Triaged:
    """What these symptoms mean; of a child without flags unless said otherwise."""
    plan, infusion = plan or protocol(), infusion or facts(*TWO_DAYS)
    question = Question(at=when, symptoms=symptoms, **{"child_flags": frozenset(), **said})
    return triage_for(question, plan, build_schedule(plan, infusion), infusion)


def mild(symptom: Symptom, since: datetime | None = None, **said: Any) -> SymptomSaid:
    """A mild symptom that does not come back."""
    return SymptomSaid(symptom=symptom, severity=Severity.MILD, is_persistent=False, since=since, **said)


def deciding(found: Triaged) -> str | None:
    """The key of the rule that decided."""
    return found.rule.key if found.rule else None


def test_nothing_reported_has_no_level_and_proves_nothing() -> None:
    assert meaning(when=at("12:00")) == Triaged(
        level=None, rule=None, words=NOTHING_REPORTED, source="our choice", others=(), notes=()
    )


@pytest.mark.parametrize(
    ("when", "key"),
    [
        pytest.param(at("4+11:00") - ONE_SECOND, "mild", id="not yet three days after the end of the last day"),
        pytest.param(at("4+11:00"), "mild-at-72-h", id="three days"),
    ],
)
def test_time_is_counted_from_the_end_of_the_last_day(when: datetime, key: str) -> None:
    assert deciding(meaning(mild(Symptom.HEADACHE, at("1+12:00")), when=when)) == key


@pytest.mark.parametrize(
    ("days", "when", "key"),
    [
        pytest.param(TWO_DAYS, at("3+11:00"), "mild", id="both over"),
        pytest.param(TWO_DAYS, at("1+11:00") - ONE_SECOND, "mild", id="the second still runs"),
        pytest.param(
            (day(1, start="09:00", end="11:00"), day(2, "4+09:00", start="4+09:00", end="4+11:00")),
            at("4+09:00") - ONE_SECOND,
            "mild-at-72-h",
            id="the second has not begun: the first one counts",
        ),
        pytest.param(
            (day(1, start="09:00", end="11:00"), day(2, "4+09:00", start="4+09:00", end="4+11:00")),
            at("4+09:00"),
            "mild",
            id="the second begins: nothing is after the end",
        ),
        pytest.param(
            (day(1, start="09:00", end="11:00"), day(2, "4+09:00", start="4+09:00", end="4+11:00")),
            at("4+11:00"),
            "mild",
            id="the second ends: it counts from there",
        ),
        pytest.param(
            (day(1, start="09:00", end="11:00"), day(2, "4+09:00")), at("4+12:00"), "mild-at-72-h", id="planned"
        ),
    ],
)
def test_only_what_has_happened_by_then_counts(days: tuple[Any, ...], when: datetime, key: str) -> None:
    found = meaning(mild(Symptom.HEADACHE, at("12:00")), when=when, infusion=facts(*days))

    assert deciding(found) == key


def lung(since: datetime, *days: Any, when: datetime | None = None) -> bool:
    """Whether the rule matched that asks for a beginning within 6 h of the end."""
    found = meaning(mild(Symptom.BLUE_LIPS, since), when=when or since, infusion=facts(*days))
    return "lung-reaction" in {one.key for one in (found.rule, *found.others) if one}


def test_day_still_running_has_no_end() -> None:
    later = day(2, "1+09:00", start="1+09:00", end="1+11:00")

    # 22 h after the end of the first day, which is more than 6 h; but while the second runs, nothing has ended.
    assert not lung(at("1+08:59"), day(1, start="09:00", end="11:00"), later)
    assert lung(at("1+09:00"), day(1, start="09:00", end="11:00"), later)
    assert lung(at("1+10:59"), day(1, start="09:00", end="11:00"), later)


@pytest.mark.parametrize(
    ("when", "is_within"),
    [
        pytest.param(at("1+17:00"), True, id="six hours after the last end"),
        pytest.param(at("1+17:00") + ONE_SECOND, False, id="a second more"),
    ],
)
def test_last_of_several_ends_counts(when: datetime, is_within: bool) -> None:
    assert lung(when, *TWO_DAYS) is is_within


@pytest.mark.parametrize(
    ("when", "key"),
    [
        pytest.param(at("3+09:01") - ONE_SECOND, "mild-at-72-h", id="still running: it may have ended when it began"),
        pytest.param(at("3+09:01"), "mild", id="ended this second"),
    ],
)
def test_end_counts_from_its_very_second(when: datetime, key: str) -> None:
    infusion = facts(day(start="09:00", end="3+09:01"))

    assert deciding(meaning(mild(Symptom.HEADACHE), when=when, infusion=infusion)) == key


def test_infusion_that_has_not_begun_is_asked_about() -> None:
    question = Note(
        text="When did the infusion begin and end? Until you say, every limit in hours counts as reached.",
        source="our choice",
    )
    infusion = facts(day(1, start="09:00"))

    assert meaning(mild(Symptom.HEADACHE), when=at("09:00") - ONE_SECOND, infusion=infusion).notes == (question,)
    assert meaning(mild(Symptom.HEADACHE), when=at("09:00"), infusion=infusion).notes == ()


def test_last_of_several_starts_counts_while_the_infusion_runs() -> None:
    # Three days after the first start, and a minute after the second: no mild symptom has lasted beyond the infusion.
    days = (day(1, start="09:00", end="11:00"), day(2, "3+09:00", start="3+09:00"))

    assert deciding(meaning(mild(Symptom.HEADACHE), when=at("3+09:01"), infusion=facts(*days))) == "mild"
    assert deciding(meaning(mild(Symptom.HEADACHE), when=at("6+09:00"), infusion=facts(*days))) == "mild-at-72-h"


@pytest.mark.parametrize(
    ("said", "hours_ago"),
    [
        pytest.param({"given": (given("11:00"),)}, "1 h", id="given outside the checklist"),
        pytest.param({"slots": (done("premed.d1.acetaminophen", "08:30"),)}, "3 h 30 min", id="done"),
        pytest.param({"slots": (fact("premed.d1.acetaminophen", State.SKIPPED, "08:30"),)}, None, id="skipped"),
        pytest.param({}, None, id="open"),
    ],
)
def test_doses_that_were_given_may_hide_a_fever(said: dict[str, Any], hours_ago: str | None) -> None:
    found = meaning(when=at("12:00"), infusion=facts(day(start="09:00"), **said), plan=protocol(premedication()))

    assert found.notes == (
        ()
        if hours_ago is None
        else (
            Note(
                text=f"Acetaminophen given {hours_ago} ago may hide a fever: a normal temperature proves nothing.",
                source="FACTS section 6, fever",
            ),
        )
    )


@pytest.mark.parametrize(("tenths", "level"), [(378, None), (379, Level.CALL_NOW)])
def test_temperature_is_a_fever_above_the_bound(tenths: int, level: Level | None) -> None:
    reading = Temperature(celsius=Fraction(tenths, 10), method=Method.EAR, at=at("1+12:00"))

    assert meaning(when=at("1+12:00"), temperatures=(reading,)).level is level


@pytest.mark.parametrize(
    ("flags", "key", "notes"),
    [
        pytest.param(frozenset(), "known-effect", 0, id="none"),
        pytest.param(frozenset({ChildFlag.LONG_TERM_STEROID}), "steroid-vomiting", 0, id="a steroid"),
        pytest.param(None, "steroid-vomiting", 1, id="unknown: counts as yes, and is asked"),
    ],
)
def test_what_is_so_for_the_child_counts(flags: Any, key: str, notes: int) -> None:
    found = meaning(mild(Symptom.VOMITING, at("1+12:00")), when=at("1+13:00"), child_flags=flags)

    assert (deciding(found), len(found.notes)) == (key, notes)


def test_protocol_changes_what_symptoms_mean() -> None:
    sooner = TriageChange(rule="vomiting-4-h", bounds=Bounds(lasting=minutes(30)), source="Clinic")
    plan = protocol(triage=(sooner,))
    vomiting = mild(Symptom.VOMITING, at("1+12:00"))

    assert deciding(meaning(vomiting, when=at("1+12:30"))) == "known-effect"
    changed = meaning(vomiting, when=at("1+12:30"), plan=plan)
    assert (deciding(changed), changed.source) == ("vomiting-4-h", "FACTS section 6 [S3]; Clinic")


# --- what is unknown unless it is said --------------------------------------------------------------------------------


def test_question_that_says_nothing_knows_nothing() -> None:
    question = Question(at=at("12:00"))

    assert (question.asked, question.taken, question.symptoms, question.temperatures) == ((), (), (), ())
    assert (question.are_fluids_limited, question.child_flags) == (None, None)
    assert (Asked(medicine=TYLENOL).mg, Asked(medicine=TYLENOL).units) == (None, None)
