"""Protocols as documents: what is left to the prescriber, what is refused and where, and back again."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, time
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest

from ivig_care.regimen.documents import MAY_BE_ZERO, decode, decode_protocol, encode, fill, unset
from ivig_care.regimen.errors import DocumentError, UnsetValues
from ivig_care.regimen.facts import DayFacts
from ivig_care.regimen.json_values import shown
from ivig_care.regimen.protocol import (
    Anchor,
    AtNight,
    Cadence,
    Conditions,
    Days,
    Kind,
    Ladder,
    Medicine,
    Moment,
    Protocol,
    RateStep,
    StepRule,
)
from ivig_care.regimen.rates import RateEntered
from ivig_care.regimen.steps import State
from ivig_care.regimen.timing import Elapsed, Offset, QuietHours, WallClock, zone_named
from tests.regimen.builders import everything, golden, hours, replaced

LEFT_OPEN: dict[str, Any] = {
    "a": {"prescribed": "first"},
    "b": [{"prescribed": "second"}, {"c": {"prescribed": "first"}}],
    "d": {"prescribed": "third", "and": "more"},
}


def test_unset_names_what_is_missing_once_and_in_order() -> None:
    assert unset(LEFT_OPEN, {}) == ("first", "second")


def test_null_zero_and_empty_are_answers() -> None:
    assert unset(LEFT_OPEN, {"first": None, "second": 0}) == ()
    assert unset(LEFT_OPEN, {"first": [], "second": False}) == ()


@pytest.mark.parametrize("place", ["ladder.steps", "steps[0].offset", "courses[0].every", "steps"])
def test_null_is_an_answer_only_where_the_protocol_allows_none(place: str) -> None:
    with pytest.raises(DocumentError, match=r"not null|expected an object|expected a list"):
        decode_protocol(fill(replaced(_protocol(), place, {"prescribed": "answer"}), {"answer": None}))


def test_fill_puts_values_in_and_leaves_the_rest() -> None:
    assert fill(LEFT_OPEN, {"first": 1, "second": {"x": 2}, "unused": 3}) == {
        "a": 1,
        "b": [{"x": 2}, {"c": 1}],
        "d": {"prescribed": "third", "and": "more"},
    }


def test_fill_refuses_while_anything_is_unset() -> None:
    with pytest.raises(UnsetValues, match=r"^not prescribed yet: first, second$") as refused:
        fill(LEFT_OPEN, {})

    assert refused.value.names == ("first", "second")


def test_value_that_leaves_something_open_itself_is_not_prescribed() -> None:
    document = everything()["protocol"]

    with pytest.raises(UnsetValues, match=r"^not prescribed yet: later$"):
        decode_protocol(fill(document, {"premed_mg": {"prescribed": "later"}}))


@pytest.mark.parametrize(
    ("name", "words"), [(5, "5"), ("", '""'), (" ", '" "'), (None, "null"), (["x"], "a list"), ({}, "an object")]
)
def test_value_left_to_the_prescriber_has_a_name(name: Any, words: str) -> None:
    document = replaced(everything()["protocol"], "steps[0].medicines[1].mg", {"prescribed": name})

    with pytest.raises(DocumentError) as refused:
        decode_protocol(document)

    assert refused.value.path == "protocol.steps[0].medicines[1].mg.prescribed"
    assert refused.value.problem == f"expected the name of a value, not {words}"


def test_protocol_with_an_unset_value_cannot_be_decoded() -> None:
    with pytest.raises(UnsetValues, match="premed_mg"):
        decode_protocol(everything()["protocol"])


def test_document_nested_without_end_is_refused() -> None:
    nested: Any = {}
    for _ in range(5000):
        nested = {"x": [nested]}

    with pytest.raises(DocumentError, match="protocol: is nested too deeply"):
        decode_protocol(nested)


def _protocol() -> dict[str, Any]:
    document: dict[str, Any] = fill(everything()["protocol"], {"premed_mg": 20.5})  # type: ignore[assignment]
    return document


def test_protocol_says_what_its_document_says() -> None:
    protocol = decode_protocol(_protocol())

    assert protocol.ladder == Ladder(
        steps=(RateStep(ml_per_kg_h=Fraction(1, 2), minutes=Fraction(30)), RateStep(ml_per_kg_h=Fraction(5, 2))),
        max_ml_h=Fraction(300),
        at_each_change="vitals",
        at_end="flush",
    )
    assert protocol.night == QuietHours(time(21), time(7))
    assert protocol.cadence == Cadence(weeks=(2, 4), slack_days=3, source="P5")
    assert (protocol.indication, protocol.course_defaults) == ("ITP", None)
    look, sickness = protocol.steps[3], protocol.as_needed[0]
    assert (look.anchor, look.after_step, look.at_night) == (Anchor.STEP, "premed", AtNight.SHIFT)
    assert (look.when, look.unless) == (Conditions(["brand changed", "long gap"]), Conditions())
    assert protocol.steps[2].unless == Conditions(["fluids limited"])
    assert (sickness.every, sickness.most_in_24h, sickness.purpose) == (hours(8), 3, "feels sick")
    assert protocol.steps[0].medicines[1] == Medicine(ingredient="diphenhydramine", mg=Fraction(41, 2))
    assert protocol.steps[1].offset == WallClock(-1, time(18))
    assert (protocol.steps[1].day, protocol.steps[0].kind) == (Days.FIRST, Kind.PREMEDICATION)
    assert protocol.courses[1].first == Moment(anchor=Anchor.END, day=Days.FIRST, offset=hours(1))
    assert (protocol.days, protocol.name) == (2, "Everything")


@pytest.mark.parametrize("name", ["E1", "E3", "E4"])
def test_protocol_comes_back_from_its_own_document(name: str) -> None:
    protocol = decode_protocol(golden(name)["protocol"])

    assert decode_protocol(encode(protocol)) == protocol


def test_protocol_with_every_field_comes_back_from_its_own_document() -> None:
    protocol = decode_protocol(_protocol())

    assert decode_protocol(encode(protocol)) == protocol


def test_protocol_of_almost_nothing_comes_back_too() -> None:
    bare = Protocol(name="", ladder=Ladder(steps=(RateStep(ml_per_kg_h=Fraction(1)),)), steps=())

    assert encode(bare) == {"name": "", "ladder": {"steps": [{"ml_per_kg_h": 1}]}, "steps": []}
    assert decode_protocol(encode(bare)) == bare


@pytest.mark.parametrize(
    ("value", "document"),
    [
        (Fraction(3, 2), 1.5),
        (Fraction(3), 3),
        (hours(-1.5), {"seconds": -5400}),
        (WallClock(-1, time(18)), {"days": -1, "at": "18:00:00"}),
        (datetime(2026, 6, 15, 9, tzinfo=UTC), "2026-06-15T09:00:00+00:00"),
        (Kind.FLUIDS, "fluids"),
        (frozenset({"a"}), ["a"]),
        (None, None),
        (True, True),
    ],
)
def test_values_as_documents(value: object, document: object) -> None:
    assert encode(value) == document


@pytest.mark.parametrize(
    ("document", "offset"),
    [
        ({"hours": 6}, hours(6)),
        ({"days": 1, "minutes": -30}, Elapsed(hours=23, minutes=30)),
        ({"hours": 0.1}, Elapsed(minutes=6)),
        ({"minutes": Fraction(1, 2)}, Elapsed(seconds=30)),
        ({"days": 366}, Elapsed(days=366)),
        ({"days": 1, "hours": 2, "minutes": 3, "seconds": 4}, Elapsed(days=1, hours=2, minutes=3, seconds=4)),
        ({"days": -366, "at": "08:00"}, WallClock(-366, time(8))),
        ({"at": "08:00"}, WallClock(0, time(8))),
        ({"days": -1, "at": "23:59:59"}, WallClock(-1, time(23, 59, 59))),
    ],
)
def test_lengths_of_time_and_clock_times(document: Any, offset: Offset) -> None:
    assert decode(Offset, document, "offset") == offset  # type: ignore[arg-type]


# Where, what stands there, and the end of the sentence that refuses it.
NOT_A_PROTOCOL: list[tuple[str, Any, str]] = [
    ("name", None, "expected text, not null"),
    ("name", 5, "expected text, not 5"),
    ("name", "half a \ud800", "holds half a letter (a lone surrogate)"),
    ("nmae", "typo", "unknown; known here: name, ladder, steps, courses, "),
    ("days", 0, "must be more than nothing"),
    ("days", 1.5, "expected a whole number between 0 and 1000"),
    ("days", -1, "expected a whole number between 0 and 1000"),
    ("days", 1001, "expected a whole number between 0 and 1000"),
    ("ladder.steps", [], "needs at least one rate"),
    ("ladder.steps", {}, "expected a list"),
    ("ladder.steps[0]", "0.5", "expected an object"),
    ("ladder.steps[0].ml_per_kg_h", "0.5", 'expected a number, not "0.5"'),
    ("ladder.steps[0].ml_per_kg_h", True, "expected a number, not true"),
    ("ladder.steps[0].ml_per_kg_h", 0, "must be more than nothing"),
    ("ladder.steps[0].ml_per_kg_h", -1, "must be more than nothing"),
    ("ladder.steps[0].ml_per_kg_h", 1e-7, "is too small to mean anything"),
    ("ladder.steps[0].ml_per_kg_h", 1e10, "is too large to mean anything"),
    ("ladder.steps[0].ml_per_kg_h", 10**4000, "is too large to mean anything"),
    ("ladder.steps[0].ml_per_kg_h", float("nan"), "expected a number, not NaN"),
    ("ladder.steps[0].ml_per_kg_h", float("inf"), "expected a number, not Infinity"),
    ("ladder.steps[0].ml_per_kg_h", [1], "expected a number, not a list"),
    ("ladder.steps[0].ml_per_kg_h", {"mL": 1}, "expected a number, not an object"),
    ("ladder.steps[0].ml_per_kg_h", Decimal("0.5"), 'expected a number, not "0.5"'),
    ("ladder.steps[0].minutes", None, "is missing; only the last rate runs until all is in"),
    ("steps[0].key", "", '"" cannot be a key: no dots, not blank, not rate, not end, not recheck'),
    ("steps[0].key", " ", '" " cannot be a key: no dots, not blank, not rate, not end, not recheck'),
    ("steps[0].key", "a.d1", '"a.d1" cannot be a key: no dots, not blank, not rate, not end, not recheck'),
    ("steps[0].key", "rate", '"rate" cannot be a key: no dots, not blank, not rate, not end, not recheck'),
    ("steps[0].key", "end", '"end" cannot be a key: no dots, not blank, not rate, not end, not recheck'),
    ("steps[1].key", "premed", '"premed" is used twice'),
    ("courses[0].key", "premed", '"premed" is used twice'),
    ("courses[1].key", "a.1", '"a.1" cannot be a key: no dots, not blank, not rate, not end, not recheck'),
    ("steps[0].kind", "pill", '"pill" is none of: '),
    ("steps[0].kind", ["fluids"], "a list is none of: "),
    ("steps[0].kind", {}, "an object is none of: "),
    ("steps[0].anchor", "middle", '"middle" is none of: planned_start, start, end'),
    ("steps[0].day", 1, "1 is none of: each, first, last"),
    ("steps[0].offset", "-30 min", "expected an object"),
    ("steps[0].offset", {}, "expected an elapsed time such as {'hours': 6}, with days, hours, minutes, seconds"),
    ("steps[0].offset", {"weeks": 1}, "expected an elapsed time such as "),
    ("steps[0].offset", {"days": 367}, "is longer than any infusion"),
    ("steps[0].offset", {"seconds": 0.5}, "must be whole seconds"),
    ("steps[0].offset", {"days": True, "at": "08:00"}, "expected a clock time such as {'days': -1, 'at': '08:00'}"),
    ("steps[0].offset", {"days": 0.5, "at": "08:00"}, "expected a clock time such as "),
    ("steps[0].offset", {"hours": 1, "at": "08:00"}, "expected a clock time such as "),
    ("steps[0].medicines", None, "expected a list"),
    ("steps[0].medicines[0].ingredient", "", '"" must be in lower case: it is counted by name'),
    ("steps[0].medicines[0].ingredient", "Tylenol", '"Tylenol" must be in lower case: it is counted by name'),
    ("steps[0].medicines[0].ingredient", "tylenol ", '"tylenol " must be in lower case: it is counted by name'),
    ("steps[0].window", None, "is missing; a step that is ticked needs one"),
    ("steps[0].window.opens_before", {"minutes": -1}, "must not be negative"),
    ("steps[0].window.late_after", {"minutes": -1}, "must not be negative"),
    ("steps[0].window.closes_after", {"minutes": -1}, "must not be shorter than late_after"),
    ("steps[0].window.closes_after", {"minutes": 29}, "must not be shorter than late_after"),
    ("steps[0].nudges.lead", {"minutes": -1}, "must not be negative"),
    ("steps[0].nudges.repeat_every", {"minutes": 0}, "must be more than nothing"),
    ("steps[0].nudges.repeat_every", {"minutes": -5}, "must be more than nothing"),
    ("steps[0].nudges.repeat_every", None, "is missing; repeats need it"),
    ("steps[0].nudges.second_after", {"minutes": 0}, "must be more than nothing"),
    ("steps[0].nudges.second_after", None, "is missing; the clinic is told after the second caregiver"),
    ("steps[0].nudges.clinic_after", {"minutes": 75}, "must be more than second_after"),
    ("steps[0].nudges.repeats", 0.5, "expected a whole number between 0 and 1000"),
    ("steps[0].nudges.may_wake", 1, "expected true or false, not 1"),
    ("steps[0].nudges.may_wake", None, "expected true or false, not null"),
    ("steps[1].goal_ml", 0, "must be more than nothing"),
    ("courses[0].every", {"hours": 0}, "must be more than nothing"),
    ("courses[0].every", {"hours": -6}, "must be more than nothing"),
    ("courses[0].first", "premed", "expected an object"),
    ("courses[0].window", None, "is missing; a dose is ticked, so it needs one"),
    ("courses[0].until.day", "each", "must be first or last: a moment lies on one day"),
    ("courses[1].first.day", "each", "must be first or last: a moment lies on one day"),
    ("courses[1].first.anchor", "step", "cannot be a step here"),
    ("steps[0].when", 5, "expected a list"),
    ("steps[2].unless", {}, "expected a list"),
    ("steps[0].at_night", "sleep", '"sleep" is none of: hold, shift'),
    ("steps[0].after_step", "premed", "belongs to the anchor step, and that anchor needs it"),
    ("night", "21:00", "expected an object"),
    ("cadence.weeks", 4, "expected a list"),
    ("cadence.slack_days", -1, "expected a whole number between 0 and 1000"),
    ("ladder.max_ml_h", 0, "must be more than nothing"),
    ("as_needed[0].purpose", None, "expected text, not null"),
    ("as_needed[0].medicine", {"ingredient": "ondansetron"}, "needs either mg or mg_per_kg"),
    ("as_needed[0].every", {"hours": 0}, "must be more than nothing"),
    ("as_needed[0].most_in_24h", 0, "must be more than nothing"),
    ("as_needed[0].first.day", "each", "must be first or last: a moment lies on one day"),
    ("as_needed[0].key", "premed", '"premed" is used twice'),
]
# What is changed, and the other place that the sentence then names.
SAID_OF: list[tuple[str, Any, str, str]] = [
    ("steps[0].offset", {"hours": True}, "steps[0].offset.hours", "expected a number, not true"),
    ("steps[0].offset", {"days": 367, "at": "08:00"}, "steps[0].offset.days", "is longer than any infusion"),
    ("steps[0].offset", {"at": 8}, "steps[0].offset.at", "expected text, not 8"),
    ("steps[0].offset", {"at": "25:00"}, "steps[0].offset.at", "\"25:00\" is not a time such as '08:00'"),
    (
        "steps[0].offset",
        {"at": "08:00+02:00"},
        "steps[0].offset.at",
        '"08:00+02:00" must be the child\'s own clock, without a zone',
    ),
    ("steps[0].medicines[0].mg", 300, "steps[0].medicines[0]", "needs either mg or mg_per_kg"),
    ("steps[0].medicines[1]", {"ingredient": "ibuprofen"}, "steps[0].medicines[1]", "needs either mg or mg_per_kg"),
    ("steps[0].medicines[1].ingredient", "acetaminophen", "steps[0].medicines", "names an ingredient twice"),
    (
        "courses[0].first",
        {"after_step": "premed", "offset": {"hours": 1}},
        "courses[0].first.offset",
        "unknown; known here: after_step",
    ),
    ("steps[0].when", ["long gap", " "], "steps[0].when[1]", "expected the name of a condition"),
    ("night", {"start": "21:00"}, "night.end", "is missing"),
    ("course_defaults", {"window": None}, "course_defaults.window", "expected an object"),
    (
        "ladder.steps[0]",
        {"ml_per_kg_h": 1, "mg_per_kg_min": 1, "minutes": 5},
        "ladder.steps[0]",
        "needs either ml_per_kg_h or mg_per_kg_min",
    ),
    ("cadence", {"weeks": []}, "cadence.weeks", "needs at least one number of weeks, each more than nothing"),
    ("cadence", {"weeks": [2, 0]}, "cadence.weeks", "needs at least one number of weeks, each more than nothing"),
    ("steps[3].after_step", "look", "steps[3].after_step", 'no step "look" stands before it on the same days'),
    ("steps[3].after_step", "evening", "steps[3].after_step", 'no step "evening" stands before it on the same days'),
    ("steps[3].after_step", "", "steps[3].after_step", "belongs to the anchor step, and that anchor needs it"),
    ("night", None, "night", 'is missing; "look" is shifted out of it'),
]


@pytest.mark.parametrize(("place", "value", "problem"), NOT_A_PROTOCOL)
def test_document_is_refused_at_the_place(place: str, value: Any, problem: str) -> None:
    with pytest.raises(DocumentError) as refused:
        decode_protocol(replaced(_protocol(), place, value))

    assert refused.value.path == f"protocol.{place}"
    assert refused.value.problem.startswith(problem)
    assert str(refused.value) == f"protocol.{place}: {refused.value.problem}"


@pytest.mark.parametrize(("changed", "value", "place", "problem"), SAID_OF)
def test_document_is_refused_at_the_place_it_concerns(changed: str, value: Any, place: str, problem: str) -> None:
    with pytest.raises(DocumentError) as refused:
        decode_protocol(replaced(_protocol(), changed, value))

    assert (refused.value.path, refused.value.problem) == (f"protocol.{place}", problem)


@pytest.mark.parametrize(
    "place",
    [
        "name",
        "ladder",
        "steps",
        "ladder.steps",
        "steps[0].key",
        "steps[0].kind",
        "steps[0].title",
        "steps[0].anchor",
        "steps[0].offset",
        "steps[0].medicines[0].ingredient",
        "steps[0].window.opens_before",
        "steps[0].window.late_after",
        "steps[0].window.closes_after",
        "courses[0].key",
        "courses[0].medicine",
        "courses[0].every",
        "courses[0].first",
        "courses[0].until",
        "courses[0].until.anchor",
        "courses[0].until.day",
        "courses[0].until.offset",
        "courses[1].first.day",
    ],
)
def test_what_must_be_said_is_missed_at_its_place(place: str) -> None:
    document = replaced(_protocol(), place, None)
    _remove_nulls(document)

    with pytest.raises(DocumentError) as refused:
        decode_protocol(document)

    assert (refused.value.path, refused.value.problem) == (f"protocol.{place}", "is missing")


def _remove_nulls(document: Any) -> None:
    for value in document.values() if isinstance(document, dict) else document:
        if isinstance(value, dict | list):
            _remove_nulls(value)
    if isinstance(document, dict):
        for name in [name for name, value in document.items() if value is None]:
            del document[name]


def test_optional_values_may_be_null() -> None:
    document = _protocol()
    for place in ("days", "steps[0].nudges", "steps[1].goal_ml", "courses[0].nudges", "steps[0].medicines[0].mg"):
        replaced(document, place, None)

    assert decode_protocol(document).steps[0].nudges is None


@pytest.mark.parametrize(("number", "exactly"), [(10**9, 10**9), (1e-6, Fraction(1, 10**6)), (0.1, Fraction(1, 10))])
def test_largest_and_smallest_numbers_are_taken_exactly(number: float, exactly: Fraction) -> None:
    assert decode(Fraction, number, "number") == exactly


def test_lengths_and_counts_may_be_as_long_as_they_may() -> None:
    document = replaced(_protocol(), "steps[0].nudges.repeats", 1000)
    replaced(document, "steps[0].window.closes_after", {"minutes": 30})

    step = decode_protocol(document).steps[0]
    assert step.nudges is not None
    assert step.window is not None
    assert step.nudges.repeats == 1000
    assert step.window.late_after == step.window.closes_after == Elapsed(minutes=30)


def test_repeats_need_no_interval_when_there_are_none() -> None:
    document = replaced(_protocol(), "steps[0].nudges", {"lead": {"minutes": 0}, "repeats": 0})

    policy = decode_protocol(document).steps[0].nudges
    assert policy is not None
    assert (policy.lead, policy.repeats, policy.repeat_every) == (hours(0), 0, None)


def test_step_that_is_not_ticked_needs_no_window() -> None:
    document = replaced(_protocol(), "steps[1].kind", "mark")
    del document["steps"][1]["window"]

    assert decode_protocol(document).steps[1].window is None


def test_errors_of_a_document_as_a_whole_name_the_document() -> None:
    assert str(DocumentError("", "is empty")) == "document: is empty"


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (None, "null"),
        (0.6, "0.6"),
        (Fraction(1, 3), "1/3"),
        ("line\nbreak", '"line\\nbreak"'),
        ("x" * 59, '"' + "x" * 56 + "..."),
        ("x" * 58, '"' + "x" * 58 + '"'),
    ],
)
def test_values_are_shown_short_and_on_one_line(value: Any, words: str) -> None:
    assert shown(value) == words


def test_words_of_a_document_are_those_of_the_code() -> None:
    assert decode(State, "done", "state") is State.DONE
    assert decode(tuple[StepRule, ...], [], "steps") == ()


@dataclass(frozen=True, kw_only=True)
class _Entered:
    at: datetime
    ml_h: Fraction = field(metadata={MAY_BE_ZERO: True})
    most: Fraction | None = None


def test_number_may_be_nothing_only_where_its_field_says_so() -> None:
    paused: dict[str, Any] = {"at": "2026-06-15T09:00", "ml_h": 0}

    assert decode(_Entered, paused, "here").ml_h == 0
    for document, place, problem in (
        ({**paused, "ml_h": -1}, "here.ml_h", "must not be negative"),
        ({**paused, "ml_h": None}, "here.ml_h", "expected a number, not null"),
        ({**paused, "most": 0}, "here.most", "must be more than nothing"),
    ):
        with pytest.raises(DocumentError) as refused:
            decode(_Entered, document, "here")
        assert (refused.value.path, refused.value.problem) == (place, problem)


def test_time_without_an_offset_is_on_the_clock_of_the_zone() -> None:
    shown = "2026-06-15T09:00"

    assert decode(datetime, shown, "here") == datetime(2026, 6, 15, 9, tzinfo=UTC)
    assert decode(datetime, shown, "here", zone_named("America/New_York")) == datetime(2026, 6, 15, 13, tzinfo=UTC)
    days = decode(tuple[_Entered, ...], [{"at": shown, "ml_h": 1}], "here", zone_named("America/New_York"))
    assert days[0].at == datetime(2026, 6, 15, 13, tzinfo=UTC)
    assert decode(_Entered | None, None, "here") is None  # type: ignore[arg-type]


def test_facts_of_a_day_as_a_document_keep_their_instants() -> None:
    start = datetime(2026, 6, 15, 13, tzinfo=UTC)
    day = DayFacts(number=1, planned_start=start, rates=(RateEntered(at=start, ml_h=Fraction(0)),))

    assert encode(day) == {
        "number": 1,
        "planned_start": "2026-06-15T13:00:00+00:00",
        "rates": [{"at": "2026-06-15T13:00:00+00:00", "ml_h": 0}],
    }
