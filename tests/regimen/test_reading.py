"""From the text of a preview document to the protocol and the facts, and what is refused where."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date
from fractions import Fraction
from typing import Any

import pytest

from ivig_care.regimen.doses import DoseGiven
from ivig_care.regimen.dosing import Rounding, VialRounding
from ivig_care.regimen.errors import DocumentError, UnsetValues
from ivig_care.regimen.facts import DayFacts, InfusionFacts, LastInfusion, SlotFact
from ivig_care.regimen.rates import Ceiling, Product, RateEntered
from ivig_care.regimen.reading import MOST_DAYS, parse, read, read_facts
from ivig_care.regimen.steps import State
from ivig_care.regimen.timing import zone_named
from tests.regimen.builders import TYLENOL, everything, replaced, utc


def _infusion() -> dict[str, Any]:
    return {
        "zone": "America/New_York",
        "weight_kg": 20,
        "dose_mg_per_kg": 1000,
        "product": {"name": "Test 10 %", "mg_per_ml": 100},
        "days": [{"planned_start": "2026-06-15T09:00"}],
    }


def _read(**said: Any) -> InfusionFacts:
    return read_facts({**_infusion(), **said}, "infusion")


def _refused(**said: Any) -> tuple[str, str]:
    with pytest.raises(DocumentError) as refused:
        _read(**said)
    return refused.value.path, refused.value.problem


def _day(**said: Any) -> dict[str, Any]:
    return {"planned_start": "2026-06-15T09:00", **said}


def test_facts_of_almost_nothing_leave_the_rest_unknown() -> None:
    assert _read() == InfusionFacts(
        zone=zone_named("America/New_York"),
        weight_kg=Fraction(20),
        dose_mg_per_kg=Fraction(1000),
        product=Product(name="Test 10 %", mg_per_ml=Fraction(100)),
        days=(DayFacts(number=1, planned_start=utc("2026-06-15 13:00")),),
    )


def test_facts_say_what_their_document_says() -> None:
    protocol, infusion = read(parse(json.dumps(everything())))

    assert (protocol.name, protocol.steps[0].medicines[1].mg) == ("Everything", Fraction("20.5"))
    assert infusion.product == Product(
        name="Test 10 %",
        mg_per_ml=Fraction(100),
        start=Fraction(1, 2),
        start_source="S12",
        ceilings=(
            Ceiling(
                use="all",
                ml_per_kg_h=Fraction("2.4"),
                source="S12",
                label="4 mg/kg/min",
                indication="ITP",
                flag="risk",
            ),
        ),
    )
    assert infusion.days == (
        DayFacts(
            number=1,
            planned_start=utc("2026-06-15 13:00"),
            actual_start=utc("2026-06-15 13:45"),
            actual_end=utc("2026-06-15 22:00"),
            rates=(
                RateEntered(at=utc("2026-06-15 14:00"), ml_h=Fraction(0)),
                RateEntered(at=utc("2026-06-15 14:30"), ml_h=Fraction("10.05")),
            ),
        ),
        DayFacts(number=2, planned_start=utc("2026-06-16 13:00")),
    )
    assert infusion.slots == (
        SlotFact(slot="course.1", state=State.SKIPPED, at=utc("2026-06-15 19:20"), due_at=utc("2026-06-15 19:15")),
    )
    (by_hand,) = infusion.given
    assert replace(by_hand, entered_at=None) == DoseGiven(
        ingredient=TYLENOL, at=utc("2026-06-13 12:00"), mg=Fraction(300)
    )
    assert infusion.vials == VialRounding(vial_mg=Fraction(100), to=Rounding.NEAREST)
    assert infusion.last == LastInfusion(ended_at=utc("2026-05-18 19:00"), product="Other 10 %")
    assert (infusion.zone.key, infusion.weight_kg, infusion.dose_mg_per_kg, infusion.cap_mg) == (
        "America/New_York",
        Fraction("20.1"),
        Fraction(2000),
        Fraction(70_000),
    )
    assert (infusion.flags, infusion.conditions) == (frozenset({"risk"}), frozenset({"fluids limited"}))
    assert (infusion.is_first, infusion.number) == (False, 2)
    assert (infusion.born_on, infusion.weighed_on, infusion.oldest_weight_days) == (
        date(2019, 4, 30),
        date(2026, 6, 1),
        90,
    )
    assert infusion.limits[0].ingredient == TYLENOL


# --- days ---------------------------------------------------------------------------------------------------------


def _days(count: int) -> list[dict[str, Any]]:
    return [{"planned_start": f"2026-06-{15 + number}T09:00"} for number in range(count)]


@pytest.mark.parametrize("count", [1, MOST_DAYS])
def test_infusion_takes_one_to_five_days(count: int) -> None:
    assert [day.number for day in _read(days=_days(count)).days] == list(range(1, count + 1))


@pytest.mark.parametrize("count", [0, MOST_DAYS + 1])
def test_infusion_takes_no_fewer_and_no_more_days(count: int) -> None:
    assert _refused(days=_days(count)) == ("infusion.days", "needs 1 to 5 days")


LATER = "must be on a later date than the day before it in the list"


def test_days_are_of_different_dates_on_the_childs_clock() -> None:
    # In UTC both are of the 16th; on the clock of New York they are not.
    two = [_day(planned_start="2026-06-15T21:00"), _day(planned_start="2026-06-16T09:00")]

    assert len(_read(days=two).days) == 2
    for second in ("2026-06-15T21:00", "2026-06-15T23:59:59", "2026-06-14T09:00"):
        assert _refused(days=[*two, _day(planned_start=second)]) == ("infusion.days[2].planned_start", LATER)
    assert _refused(days=[_day(), _day(planned_start="2026-06-16T03:59:59Z")]) == (
        "infusion.days[1].planned_start",
        LATER,
    )
    assert len(_read(days=[_day(), _day(planned_start="2026-06-16T04:00:00Z")]).days) == 2


START, END = "2026-06-15T09:30", "2026-06-15T12:00"
STARTED = {"actual_start": START}
RATE = {"at": "2026-06-15T10:00", "ml_h": 0}
NO_START = "needs an actual start that lies before it"


@pytest.mark.parametrize(
    ("said", "place", "problem"),
    [
        ({"actual_end": END}, "actual_end", NO_START),
        ({"actual_start": END, "actual_end": END}, "actual_end", NO_START),
        ({"actual_start": END, "actual_end": START}, "actual_end", NO_START),
        ({"rates": [RATE]}, "rates", "need an actual start"),
        ({**STARTED, "is_cancelled": True}, "is_cancelled", "cannot be: the day was started; say when it ended"),
        ({**STARTED, "rates": [{**RATE, "ml_h": -1}]}, "rates[0].ml_h", "must not be negative"),
        ({**STARTED, "rates": [{"ml_h": 5}]}, "rates[0].at", "is missing"),
        ({**STARTED, "rates": [RATE, {"at": START}]}, "rates[1].ml_h", "is missing"),
    ],
)
def test_day_that_cannot_be_is_refused(said: dict[str, Any], place: str, problem: str) -> None:
    assert _refused(days=[_day(**said)]) == (f"infusion.days[0].{place}", problem)


def test_second_day_is_refused_at_its_own_place() -> None:
    second = _day(planned_start="2026-06-16T09:00", rates=[RATE])

    assert _refused(days=[_day(), second]) == ("infusion.days[1].rates", "need an actual start")


def test_day_that_ended_a_second_after_it_started_is_taken() -> None:
    (day,) = _read(days=[_day(**STARTED, actual_end="2026-06-15T09:30:01")]).days

    assert (day.actual_start, day.actual_end) == (utc("2026-06-15 13:30"), utc("2026-06-15 13:30:01"))


def test_cancelled_day_is_taken() -> None:
    cancelled, other = _read(days=[_day(is_cancelled=True), _day(planned_start="2026-06-16T09:00")]).days

    assert (cancelled.is_cancelled, other.is_cancelled) == (True, False)


# --- steps --------------------------------------------------------------------------------------------------------

SAID_AT = "2026-06-15T09:10"


def _slot(state: str, **said: Any) -> dict[str, Any]:
    return {"slot": "step.d1", "state": state, "at": SAID_AT, **said}


@pytest.mark.parametrize("state", ["done", "skipped", "missed"])
def test_step_keeps_the_time_that_it_was_due(state: str) -> None:
    (fact,) = _read(steps=[_slot(state, due_at="2026-06-15T09:00")]).slots

    assert (fact.state, fact.at, fact.due_at) == (State(state), utc("2026-06-15 13:10"), utc("2026-06-15 13:00"))


def test_done_step_without_a_due_time_was_due_when_it_was_done() -> None:
    (fact,) = _read(steps=[_slot("done")]).slots

    assert fact.due_at == fact.at == utc("2026-06-15 13:10")


@pytest.mark.parametrize("state", ["skipped", "missed"])
def test_step_that_was_not_done_must_say_when_it_was_due(state: str) -> None:
    assert _refused(steps=[_slot("done"), _slot(state)]) == (
        "infusion.steps[1].due_at",
        f"is missing; a step that was {state} keeps its time",
    )


@pytest.mark.parametrize("state", ["open", "withdrawn"])
def test_step_of_which_nothing_was_said_is_refused(state: str) -> None:
    assert _refused(steps=[_slot(state)]) == (
        "infusion.steps[0].state",
        "must be done, skipped or missed; leave out a step that is open",
    )


# --- what is known of the child and before ----------------------------------------------------------------------------

LAST = {"ended_at": "2026-05-18T15:00", "product": "Test 10 %"}


def test_first_infusion_has_none_before_it() -> None:
    assert _refused(is_first=True, last=LAST) == ("infusion.last", "cannot be there: this is the first infusion")
    assert _read(is_first=True).last is None
    assert _read(last=LAST).is_first is None
    assert _read(is_first=False, last=LAST).last == LastInfusion(ended_at=utc("2026-05-18 19:00"), product="Test 10 %")


@pytest.mark.parametrize("field", ["conditions", "flags"])
@pytest.mark.parametrize("name", ["first infusion", "long gap", "brand changed"])
def test_condition_that_is_found_out_cannot_be_said(field: str, name: str) -> None:
    assert _refused(**{field: ["fluids limited", name]}) == (
        "infusion.conditions",
        f'"{name}" is found out from is_first and last',
    )


def test_number_of_an_infusion_counts_from_one() -> None:
    assert _read(number=1).number == 1
    assert _refused(number=0) == ("infusion.number", "must be more than nothing")


def test_limits_are_for_different_children() -> None:
    light, heavy = {"ingredient": TYLENOL, "below_kg": 20}, {"ingredient": TYLENOL, "from_kg": 20}
    young, old = {"ingredient": TYLENOL, "below_years": 2}, {"ingredient": TYLENOL, "from_years": 2}

    assert (
        len(_read(limits=[light, heavy, young, old, {"ingredient": "ibuprofen"}, {"ingredient": TYLENOL}]).limits) == 6
    )
    for twice in (light, heavy, young, old, {"ingredient": TYLENOL}):
        assert _refused(limits=[twice, twice]) == (
            "infusion.limits",
            "names an ingredient twice for the same children",
        )


@pytest.mark.parametrize(
    ("said", "place"),
    [({"zone": "Mars"}, "infusion.zone"), ({"zone": ""}, "infusion.zone"), ({"zone": None}, "infusion.zone")],
)
def test_zone_is_read_before_all_else(said: dict[str, Any], place: str) -> None:
    assert _refused(**said, weight_kg=0)[0] == place


def test_zone_must_be_said() -> None:
    with pytest.raises(DocumentError) as refused:
        read_facts({"weight_kg": 20}, "before")

    assert refused.value.path == "before.zone"


# --- the document as a whole --------------------------------------------------------------------------------------


def _whole(path: str, value: Any) -> tuple[str, str]:
    with pytest.raises(DocumentError) as refused:
        read(replaced(everything(), path, value))
    return refused.value.path, refused.value.problem


def test_document_is_of_known_parts() -> None:
    path, problem = _whole("surprise", 1)

    assert path == "surprise"
    assert problem.startswith("unknown; known here: protocol, infusion, values, before")


def test_days_are_as_many_as_the_protocol_says() -> None:
    assert _whole("protocol.days", 3) == ("infusion.days", "must be 3, as the protocol says")
    assert read(replaced(everything(), "protocol.days", None))[0].days is None


def test_condition_is_one_that_some_step_heeds() -> None:
    assert _whole("infusion.conditions", ["fluids limited", "b", "a"]) == (
        "infusion.conditions",
        'no step of the protocol heeds "a"',
    )
    heeded = replaced(everything(), "protocol.steps[1].when", "clinic says so")
    facts = read(replaced(heeded, "infusion.conditions", ["clinic says so"]))[1]
    assert facts.conditions == {"clinic says so"}


def test_flags_need_no_step_that_heeds_them() -> None:
    assert read(replaced(everything(), "infusion.flags", ["another risk"]))[1].flags == {"another risk"}


def test_values_are_put_into_the_protocol_and_nowhere_else() -> None:
    assert _whole("infusion.weight_kg", {"prescribed": "premed_mg"}) == (
        "infusion.weight_kg",
        "expected a number, not an object",
    )
    document = everything()
    del document["values"]
    with pytest.raises(UnsetValues, match="premed_mg"):
        read(document)


@pytest.mark.parametrize(
    ("text", "path", "problem"),
    [
        ("", "", "is not JSON: "),
        ("[" * 100_000, "", "is not JSON: "),
        ("[]", "", "expected an object with protocol and infusion"),
        ('"text"', "", "expected an object with protocol and infusion"),
        ('{"a": 1, "b": {"c": 1, "d": 2, "c": 3}}', "c", "is said twice in one object"),
    ],
)
def test_text_that_holds_no_document_is_refused(text: str, path: str, problem: str) -> None:
    with pytest.raises(DocumentError) as refused:
        parse(text)

    assert refused.value.path == path
    assert refused.value.problem.startswith(problem)


def test_text_is_parsed_as_it_stands() -> None:
    assert parse('{"a": [1, 0.5, null], "b": {"a": true}}') == {"a": [1, 0.5, None], "b": {"a": True}}
