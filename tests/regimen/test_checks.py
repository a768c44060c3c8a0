"""What the values of a document must be beyond their types, and how the parts of a protocol fit together."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from typing import Any

import pytest

from ivig_care.regimen.checks import check_protocol, check_value
from ivig_care.regimen.doses import DoseGiven, MedicineLimit
from ivig_care.regimen.errors import DocumentError
from ivig_care.regimen.protocol import (
    Anchor,
    AtNight,
    Cadence,
    Conditions,
    CourseDefaults,
    Days,
    Kind,
    Ladder,
    Medicine,
    Moment,
    NudgePolicy,
    Protocol,
    RateStep,
    StepRule,
)
from ivig_care.regimen.signs import FeverBound
from ivig_care.regimen.symptoms import Method, Symptom, SymptomSaid
from ivig_care.regimen.timing import Elapsed, WindowRule
from tests.regimen.builders import (
    A_WINDOW,
    NIGHT,
    TYLENOL,
    after_premedication,
    at,
    course,
    limit,
    premedication,
    protocol,
    rule,
    when_needed,
)

ONE, SECOND, EARLIER = Fraction(1), Elapsed(seconds=1), Elapsed(seconds=-1)
END = Moment(anchor=Anchor.END, day=Days.LAST, offset=Elapsed())
MEDICINE = Medicine(ingredient=TYLENOL, mg=ONE)
TIMED, ENDLESS = RateStep(ml_per_kg_h=ONE, minutes=ONE), RateStep(ml_per_kg_h=ONE)
WINDOW = WindowRule(opens_before=Elapsed(), late_after=Elapsed(), closes_after=Elapsed())

FINE: list[tuple[str, object]] = [
    ("one amount", MEDICINE),
    ("one amount by weight", Medicine(ingredient=TYLENOL, mg_per_kg=ONE)),
    ("a window of no length", WINDOW),
    ("a window that is late until it closes", replace(WINDOW, late_after=SECOND, closes_after=SECOND)),
    ("nudges that never repeat", NudgePolicy()),
    ("nudges at once", NudgePolicy(lead=Elapsed(), repeat_every=SECOND, repeats=1)),
    ("an interval without repeats", NudgePolicy(repeat_every=SECOND)),
    ("the second told at once", NudgePolicy(second_after=SECOND)),
    ("the second told before the repeat", NudgePolicy(repeat_every=Elapsed(seconds=2), repeats=1, second_after=SECOND)),
    ("the clinic told a second later", NudgePolicy(second_after=SECOND, clinic_after=Elapsed(seconds=2))),
    ("a mark without a window", rule(kind=Kind.MARK, window=None)),
    ("a step after a step", rule(anchor=Anchor.STEP, after_step="other")),
    ("a rate in mL/kg/h", RateStep(ml_per_kg_h=ONE)),
    ("a rate in mg/kg/min", RateStep(mg_per_kg_min=ONE)),
    ("a cadence", Cadence(weeks=(1,))),
    ("a cadence that changes", Cadence(weeks=(2, 2, 4))),
    ("a moment of the first day", replace(END, day=Days.FIRST)),
    ("a protocol for as many days as the prescriber says", protocol()),
    ("a protocol for one day", protocol(days=1)),
    ("a course without a window of its own", replace(course(), window=None)),
    ("an interval of a second", course(every=1 / 3600)),
    ("an as-needed medicine without bounds", when_needed()),
    ("an as-needed medicine with the smallest", when_needed(every=SECOND, most_in_24h=1)),
    ("a limit of which nothing is known", MedicineLimit(ingredient=TYLENOL)),
    ("a limit of one dose", limit(max_doses_24h=1, min_interval=SECOND)),
    ("an ingredient of two words", Medicine(ingredient="folic acid", mg=ONE)),
    ("a limit from 10 kg", limit(from_kg=Fraction(10))),
    ("a limit below 10 kg", limit(below_kg=Fraction(10))),
    ("a limit for a hair of a band", limit(from_kg=Fraction(10), below_kg=Fraction("10.001"))),
    ("a limit for one year of age", limit(from_years=2, below_years=3)),
    ("a fever by one method", FeverBound(celsius=Fraction(38), methods=frozenset({Method.ORAL}))),
    ("a symptom of unknown score", SymptomSaid(symptom=Symptom.FEVER)),
    ("the lowest score", SymptomSaid(symptom=Symptom.FEVER, score=0)),
    ("the highest score", SymptomSaid(symptom=Symptom.FEVER, score=10)),
    ("gone at once", SymptomSaid(symptom=Symptom.FEVER, since=at("09:00"), settled_at=at("09:00"))),
    ("gone, nobody knows since when", SymptomSaid(symptom=Symptom.FEVER, settled_at=at("09:00"))),
    ("still there", SymptomSaid(symptom=Symptom.FEVER, since=at("09:00"))),
    ("something else", "text"),
    ("nothing", None),
]


@pytest.mark.parametrize("value", [pytest.param(value, id=words) for words, value in FINE])
def test_value_that_makes_sense_is_taken(value: object) -> None:
    check_value(value, "here")


EITHER_RATE = "needs either ml_per_kg_h or mg_per_kg_min"
WEEKS = "needs at least one number of weeks, each more than nothing"
MORE = "must be more than nothing"
ANCHOR = "belongs to the anchor step, and that anchor needs it"

REFUSED: list[tuple[str, object, str, str]] = [
    ("no amount", Medicine(ingredient=TYLENOL), "here", "needs either mg or mg_per_kg"),
    ("two amounts", replace(MEDICINE, mg_per_kg=ONE), "here", "needs either mg or mg_per_kg"),
    (
        "a task without a window",
        rule(window=None),
        "here.window",
        "is missing; a step that is ticked needs one",
    ),
    ("the anchor step without a step", rule(anchor=Anchor.STEP), "here.after_step", ANCHOR),
    ("a step for another anchor", rule(after_step="other"), "here.after_step", ANCHOR),
    ("no rate", RateStep(), "here", EITHER_RATE),
    ("two rates", RateStep(ml_per_kg_h=ONE, mg_per_kg_min=ONE), "here", EITHER_RATE),
    ("a cadence of nothing", Cadence(weeks=()), "here.weeks", WEEKS),
    ("a cadence of no week", Cadence(weeks=(0,)), "here.weeks", WEEKS),
    ("a cadence of no week at last", Cadence(weeks=(2, 0)), "here.weeks", WEEKS),
    ("a protocol for no day", protocol(days=0), "here.days", MORE),
    ("a moment after a step", replace(END, anchor=Anchor.STEP), "here.anchor", "cannot be a step here"),
    (
        "a moment of each day",
        replace(END, day=Days.EACH),
        "here.day",
        "must be first or last: a moment lies on one day",
    ),
    ("repeats without an interval", NudgePolicy(repeats=1), "here.repeat_every", "is missing; repeats need it"),
    (
        "closed before it is late",
        replace(WINDOW, late_after=SECOND),
        "here.closes_after",
        "must not be shorter than late_after",
    ),
    ("opens after it is due", replace(WINDOW, opens_before=EARLIER), "here.opens_before", "must not be negative"),
    ("late before it is due", replace(WINDOW, late_after=EARLIER), "here.late_after", "must not be negative"),
    (
        "closed before it is due",
        replace(WINDOW, late_after=EARLIER, closes_after=EARLIER),
        "here.late_after",
        "must not be negative",
    ),
    ("told after it is due", NudgePolicy(lead=EARLIER), "here.lead", "must not be negative"),
    ("the second told when due", NudgePolicy(second_after=Elapsed()), "here.second_after", MORE),
    ("the second told before", NudgePolicy(second_after=EARLIER), "here.second_after", MORE),
    (
        "the clinic told when due",
        NudgePolicy(second_after=EARLIER, clinic_after=Elapsed()),
        "here.second_after",
        MORE,
    ),
    (
        "the clinic told without the second",
        NudgePolicy(clinic_after=SECOND),
        "here.second_after",
        "is missing; the clinic is told after the second caregiver",
    ),
    (
        "the clinic told with the second",
        NudgePolicy(second_after=SECOND, clinic_after=SECOND),
        "here.clinic_after",
        "must be more than second_after",
    ),
    (
        "the clinic told before the second",
        NudgePolicy(second_after=Elapsed(seconds=2), clinic_after=SECOND),
        "here.clinic_after",
        "must be more than second_after",
    ),
    ("repeated at once", NudgePolicy(repeat_every=Elapsed()), "here.repeat_every", MORE),
    ("repeated backwards", NudgePolicy(repeat_every=EARLIER), "here.repeat_every", MORE),
    ("a course at once", course(every=0), "here.every", MORE),
    ("as needed at once", when_needed(every=Elapsed()), "here.every", MORE),
    ("as needed never", when_needed(most_in_24h=0), "here.most_in_24h", MORE),
    ("a limit of no time", limit(min_interval=Elapsed()), "here.min_interval", MORE),
    ("a limit of no dose", limit(max_doses_24h=0), "here.max_doses_24h", MORE),
    (
        "a band of no weight",
        limit(from_kg=Fraction(10), below_kg=Fraction(10)),
        "here.below_kg",
        "must be more than from_kg",
    ),
    ("a band of no age", limit(from_years=2, below_years=2), "here.below_years", "must be more than from_years"),
    (
        "a fever by no method",
        FeverBound(celsius=Fraction(38), methods=frozenset()),
        "here.methods",
        "needs at least one method; leave it out for all",
    ),
    (
        "a score beyond ten",
        SymptomSaid(symptom=Symptom.FEVER, score=11),
        "here.score",
        "must be a whole number from 0 to 10",
    ),
    (
        "gone before it began",
        SymptomSaid(symptom=Symptom.FEVER, since=at("09:00"), settled_at=at("08:59:59")),
        "here.settled_at",
        "must not lie before since",
    ),
    (
        "a brand with a capital",
        DoseGiven(ingredient="Tylenol", at=at("09:00")),
        "here.ingredient",
        '"Tylenol" must be in lower case: it is counted by name',
    ),
    ("a space before it", replace(MEDICINE, ingredient=" a"), "here.ingredient", '" a" must be in lower case'),
    ("no ingredient", replace(MEDICINE, ingredient=""), "here.ingredient", '"" must be in lower case'),
]


@pytest.mark.parametrize(
    ("value", "place", "problem"), [pytest.param(value, place, said, id=words) for words, value, place, said in REFUSED]
)
def test_value_that_makes_no_sense_is_refused_at_its_place(value: object, place: str, problem: str) -> None:
    with pytest.raises(DocumentError) as refused:
        check_value(value, "here")

    assert refused.value.path == place
    assert refused.value.problem.startswith(problem)


# --- a protocol as a whole ----------------------------------------------------------------------------------------


def _after(other: str, key: str = "after", **said: Any) -> StepRule:
    return rule(key, anchor=Anchor.STEP, after_step=other, **said)


def _shifted(**said: Any) -> Protocol:
    return protocol(rule("a"), rule("b", at_night=AtNight.SHIFT), **said)


FITTING: list[tuple[str, Protocol]] = [
    ("almost nothing", protocol()),
    ("different keys", protocol(rule("a"), rule("b"), courses=(course(),), as_needed=(when_needed(),))),
    ("keys like those of the timeline", protocol(rule("rates"), rule("ending"))),
    (
        "one medicine of each ingredient",
        protocol(premedication(medicines=(MEDICINE, replace(MEDICINE, ingredient="b")))),
    ),
    (
        "the last rate without minutes",
        protocol(ladder=Ladder(steps=(TIMED, ENDLESS))),
    ),
    ("the last rate with minutes", protocol(ladder=Ladder(steps=(TIMED,)))),
    ("a step after one of each day", protocol(rule("a"), _after("a"))),
    ("one of the first day after one of each day", protocol(rule("a"), _after("a", day=Days.FIRST))),
    ("both on the first day", protocol(rule("a", day=Days.FIRST), _after("a", day=Days.FIRST))),
    ("both on the last day", protocol(rule("a", day=Days.LAST), _after("a", day=Days.LAST))),
    ("a course after a step that is always there", protocol(premedication(), courses=(course(after_premedication()),))),
    ("a chain", protocol(rule("a"), _after("a", "b"), _after("b", "c"))),
    ("a night to shift out of", _shifted(night=NIGHT)),
    ("a shifted course and a night", protocol(courses=(course(at_night=AtNight.SHIFT),), night=NIGHT)),
    ("nothing to shift and no night", protocol(rule(), courses=(course(),))),
    ("a course with a window", protocol(courses=(course(),))),
    (
        "a course with the window of all courses",
        protocol(courses=(replace(course(), window=None),), course_defaults=CourseDefaults(window=A_WINDOW)),
    ),
]


@pytest.mark.parametrize("fitting", [pytest.param(fitting, id=words) for words, fitting in FITTING])
def test_protocol_whose_parts_fit_is_taken(fitting: Protocol) -> None:
    check_protocol(fitting, "here")


NO_KEY = "cannot be a key: no dots, not blank, not rate, not end, not recheck"
NOT_BEFORE = "stands before it on the same days"
BARE = replace(course(), window=None)
NO_WINDOW = "is missing; a dose is ticked, so it needs one"

FOLLOWING = course(after_premedication())

UNFIT: list[tuple[str, Protocol, str, str]] = [
    ("no rate", protocol(ladder=Ladder(steps=())), "ladder.steps", "needs at least one rate"),
    (
        "a rate in the middle without minutes",
        protocol(
            ladder=Ladder(
                steps=(RateStep(ml_per_kg_h=ONE, minutes=ONE), RateStep(ml_per_kg_h=ONE), RateStep(ml_per_kg_h=ONE))
            )
        ),
        "ladder.steps[1].minutes",
        "is missing; only the last rate runs until all is in",
    ),
    (
        "a course after a step that a condition may leave out",
        protocol(premedication(when=Conditions(["long gap"])), courses=(FOLLOWING,)),
        "courses[0].first.after_step",
        '"premed" may be left out, so no course can count from it',
    ),
    (
        "a second course after a step that is left out under a condition",
        protocol(premedication(unless=Conditions(["asleep"])), courses=(course(), replace(FOLLOWING, key="following"))),
        "courses[1].first.after_step",
        '"premed" may be left out, so no course can count from it',
    ),
    (
        "a course after a step that goes with another",
        protocol(rule("a"), premedication(anchor=Anchor.STEP, after_step="a"), courses=(FOLLOWING,)),
        "courses[0].first.after_step",
        '"premed" may be left out, so no course can count from it',
    ),
    ("two steps of a key", protocol(rule("a"), rule("b"), rule("a")), "steps[2].key", '"a" is used twice'),
    (
        "a course of a step's key",
        protocol(rule("course"), courses=(course(),)),
        "courses[0].key",
        '"course" is used twice',
    ),
    ("two courses of a key", protocol(courses=(course(), course())), "courses[1].key", '"course" is used twice'),
    (
        "as needed under a course's key",
        protocol(courses=(course(),), as_needed=(when_needed(), when_needed(key="course"))),
        "as_needed[1].key",
        '"course" is used twice',
    ),
    ("no key", protocol(rule("")), "steps[0].key", f'"" {NO_KEY}'),
    ("a blank key", protocol(rule("a"), rule(" ")), "steps[1].key", f'" " {NO_KEY}'),
    ("a key with a dot", protocol(courses=(course(key="a.b"),)), "courses[0].key", f'"a.b" {NO_KEY}'),
    ("the key of the rates", protocol(rule("rate")), "steps[0].key", f'"rate" {NO_KEY}'),
    ("the key of the end", protocol(as_needed=(when_needed(key="end"),)), "as_needed[0].key", f'"end" {NO_KEY}'),
    (
        "an ingredient twice in one step",
        protocol(rule(), premedication(medicines=(MEDICINE, MEDICINE))),
        "steps[1].medicines",
        "names an ingredient twice",
    ),
    ("after nothing", protocol(_after("a")), "steps[0].after_step", f'no step "a" {NOT_BEFORE}'),
    ("after itself", protocol(_after("after")), "steps[0].after_step", f'no step "after" {NOT_BEFORE}'),
    ("after a later one", protocol(_after("a"), rule("a")), "steps[0].after_step", f'no step "a" {NOT_BEFORE}'),
    (
        "each day after one of the first",
        protocol(rule("a", day=Days.FIRST), _after("a")),
        "steps[1].after_step",
        f'no step "a" {NOT_BEFORE}',
    ),
    (
        "the last day after one of the first",
        protocol(rule("a", day=Days.FIRST), _after("a", day=Days.LAST)),
        "steps[1].after_step",
        f'no step "a" {NOT_BEFORE}',
    ),
    ("after a course", protocol(_after("course"), courses=(course(),)), "steps[0].after_step", "no step"),
    ("shifted out of no night", _shifted(), "night", 'is missing; "b" is shifted out of it'),
    (
        "a course shifted out of no night",
        protocol(courses=(course(at_night=AtNight.SHIFT),)),
        "night",
        'is missing; "course" is shifted out of it',
    ),
    ("a course without a window", protocol(courses=(course(), replace(BARE, key="b"))), "courses[1].window", NO_WINDOW),
]


@pytest.mark.parametrize(
    ("unfit", "place", "problem"), [pytest.param(unfit, place, said, id=words) for words, unfit, place, said in UNFIT]
)
def test_protocol_whose_parts_do_not_fit_is_refused_at_the_place(unfit: Protocol, place: str, problem: str) -> None:
    with pytest.raises(DocumentError) as refused:
        check_protocol(unfit, "here")

    assert refused.value.path == f"here.{place}"
    assert refused.value.problem.startswith(problem)
