"""Protocol and facts in, dated steps out: days, anchors, facts that stay, doses by weight."""

from __future__ import annotations

from dataclasses import replace
from datetime import time
from fractions import Fraction

import pytest

from ivig_care.regimen.dated import AsNeeded, Basis, DatedStep, DoseOrdered, LeftOut, doses_of
from ivig_care.regimen.errors import DocumentError
from ivig_care.regimen.facts import DayFacts, SlotFact
from ivig_care.regimen.figures import plain, plain_hours
from ivig_care.regimen.protocol import (
    Actor,
    Anchor,
    AtNight,
    Cadence,
    Conditions,
    Days,
    Kind,
    Ladder,
    Medicine,
    RateStep,
)
from ivig_care.regimen.schedule import build_schedule
from ivig_care.regimen.steps import State
from ivig_care.regimen.timing import Offset, WallClock
from tests.regimen.builders import (
    A_WINDOW,
    NIGHT,
    TYLENOL,
    after_premedication,
    at,
    cancelled,
    course,
    day,
    done,
    due_times,
    fact,
    facts,
    given,
    hours,
    minutes,
    premedication,
    protocol,
    rule,
    step_of,
    utc,
    when_needed,
)


@pytest.mark.parametrize(
    ("meant", "slots"),
    [
        (Days.EACH, ["step.d1", "step.d2", "step.d3"]),
        (Days.FIRST, ["step.d1"]),
        (Days.LAST, ["step.d3"]),
    ],
)
def test_rule_makes_a_step_on_the_days_it_means(meant: Days, slots: list[str]) -> None:
    schedule = build_schedule(protocol(rule(day=meant)), facts(day(1), day(2), day(3)))

    assert [step.slot for step in schedule.ticked] == slots


def test_first_and_last_are_the_same_day_of_a_course_of_one() -> None:
    schedule = build_schedule(protocol(rule("a", day=Days.FIRST), rule("b", day=Days.LAST)), facts())

    assert [step.slot for step in schedule.ticked] == ["a.d1", "b.d1"]


# Anchor; when the day started late, when it also ended early: due time, how sure, and what it says it follows.
ANCHORED = [
    pytest.param(Anchor.PLANNED_START, None, None, "09:00", "planned", "the planned start of day 1", id="planned"),
    pytest.param(Anchor.PLANNED_START, "09:45", "11:30", "09:00", "planned", "the planned start of day 1", id="stays"),
    pytest.param(Anchor.START, None, None, "09:00", "planned", "the planned start of day 1", id="start, expected"),
    pytest.param(Anchor.START, "09:45", None, "09:45", "actual", "the actual start of day 1", id="start, late"),
    pytest.param(Anchor.END, None, None, "11:00", "predicted", "the predicted end of day 1", id="end, expected"),
    pytest.param(Anchor.END, "09:45", None, "11:45", "predicted", "the predicted end of day 1", id="end, from start"),
    pytest.param(Anchor.END, "09:45", "11:30", "11:30", "actual", "the actual end of day 1", id="end, actual"),
]


@pytest.mark.parametrize(("anchor", "start", "end", "due", "basis", "follows"), ANCHORED)
def test_open_step_follows_its_anchor(
    anchor: Anchor, start: str | None, end: str | None, due: str, basis: str, follows: str
) -> None:
    schedule = build_schedule(protocol(rule(anchor=anchor)), facts(day(start=start, end=end)))

    step = step_of(schedule, "step.d1")
    assert (step.window.due_at, step.basis.value, step.follows) == (at(due), basis, follows)


@pytest.mark.parametrize(
    ("offset", "due"),
    [
        pytest.param(hours(-24), "-1+09:00", id="elapsed"),
        pytest.param(WallClock(-1, time(18)), "-1+22:00", id="18:00 in New York is 22:00 in UTC"),
    ],
)
def test_offset_is_elapsed_or_on_the_childs_clock(offset: Offset, due: str) -> None:
    schedule = build_schedule(protocol(rule(offset=offset)), facts(zone="America/New_York"))

    assert step_of(schedule, "step.d1").window.due_at == at(due)


def test_step_keeps_everything_its_rule_says() -> None:
    said = rule(
        "drinks",
        minutes(-60),
        kind=Kind.FLUIDS,
        title="Drink",
        why="Softer",
        source="P1",
        goal_ml=Fraction(1500),
        actor=Actor.CLINIC,
    )

    step = step_of(build_schedule(protocol(said), facts()), "drinks.d1")

    assert (step.rule, step.kind, step.title, step.why, step.source) == (
        "drinks",
        Kind.FLUIDS,
        "Drink",
        "Softer",
        "P1",
    )
    assert (step.goal_ml, step.actor, step.day, step.state, step.dose) == (
        Fraction(1500),
        Actor.CLINIC,
        1,
        State.OPEN,
        None,
    )
    assert (step.window.opens_at, step.window.closes_at) == (at("07:45"), at("10:00"))


@pytest.mark.parametrize(
    ("conditions", "is_left_out"), [((), False), (("other",), False), (("",), False), (("fluids limited",), True)]
)
def test_rule_is_left_out_under_the_condition_it_names(conditions: tuple[str, ...], is_left_out: bool) -> None:
    said = protocol(rule("drinks", unless=Conditions(["fluids limited"])), rule("check"))
    schedule = build_schedule(said, replace(facts(), conditions=frozenset(conditions)))
    assert [step.rule for step in schedule.ticked] == (["check"] if is_left_out else ["drinks", "check"])


def test_step_without_a_window_is_an_instant() -> None:
    schedule = build_schedule(protocol(rule("mark", kind=Kind.MARK, window=None)), facts())

    window = step_of(schedule, "mark.d1").window
    assert {window.opens_at, window.due_at, window.late_at, window.closes_at} == {at("09:00")}
    assert schedule.ticked == ()


@pytest.mark.parametrize("state", [State.DONE, State.SKIPPED])
def test_what_was_said_keeps_its_time_when_the_start_moves(state: State) -> None:
    said = fact("step.d1", state, "09:00", real="09:10")

    schedule = build_schedule(protocol(rule()), facts(day(start="09:45"), slots=(said,)))

    step = step_of(schedule, "step.d1")
    assert (step.window.due_at, step.state, step.basis) == (at("09:00"), state, Basis.ACTUAL)
    assert step.done_at == (at("09:10") if state is State.DONE else None)
    assert step.moment == (at("09:10") if state is State.DONE else at("09:00"))


def test_missed_step_stays_missed_while_its_time_stands() -> None:
    schedule = build_schedule(protocol(rule()), facts(slots=(fact("step.d1", State.MISSED, "09:00"),)))

    step = step_of(schedule, "step.d1")
    assert (step.state, step.basis) == (State.MISSED, Basis.PLANNED)


def test_missed_step_whose_time_has_moved_opens_again() -> None:
    missed = fact("step.d1", State.MISSED, "09:00")

    schedule = build_schedule(protocol(rule()), facts(day(start="09:45"), slots=(missed,)))

    step = step_of(schedule, "step.d1")
    assert (step.state, step.window.due_at) == (State.OPEN, at("09:45"))


@pytest.mark.parametrize("state", [State.OPEN, State.WITHDRAWN])
def test_step_that_is_wanted_again_is_open(state: State) -> None:
    schedule = build_schedule(protocol(rule()), facts(slots=(fact("step.d1", state, "08:00"),)))

    step = step_of(schedule, "step.d1")
    assert (step.state, step.window.due_at) == (State.OPEN, at("09:00"))


def test_each_medicine_of_a_rule_is_a_step_of_its_own() -> None:
    medicines = (
        Medicine(ingredient=TYLENOL, mg_per_kg=Fraction(15), mg_per_ml=Fraction(32)),
        Medicine(ingredient="diphenhydramine", name="Benadryl", mg=Fraction(20)),
    )

    schedule = build_schedule(protocol(premedication(medicines=medicines)), facts())

    assert [(step.slot, step.dose) for step in schedule.ticked] == [
        (
            "premed.d1.acetaminophen",
            DoseOrdered(ingredient=TYLENOL, name=TYLENOL, mg=Fraction(300), mg_per_ml=Fraction(32)),
        ),
        (
            "premed.d1.diphenhydramine",
            DoseOrdered(ingredient="diphenhydramine", name="Benadryl", mg=Fraction(20)),
        ),
    ]
    first, second = (step.dose for step in schedule.ticked)
    assert first is not None
    assert second is not None
    assert (first.ml, second.ml) == (Fraction("9.375"), None)


@pytest.mark.parametrize("kind", [Kind.PREMEDICATION, Kind.MEDICINE])
def test_rule_about_medicines_that_prescribes_none_makes_no_step(kind: Kind) -> None:
    assert build_schedule(protocol(premedication(kind=kind, medicines=())), facts()).ticked == ()


def test_medicine_without_an_amount_is_refused() -> None:
    nameless = premedication(medicines=(Medicine(ingredient=TYLENOL),))

    with pytest.raises(DocumentError, match="medicine acetaminophen: has neither mg nor mg_per_kg"):
        build_schedule(protocol(nameless), facts())


def test_doses_of_a_schedule_are_those_given_and_those_expected() -> None:
    infusion = facts(
        slots=(done("course.1", "11:00", "11:20"), fact("course.2", State.SKIPPED, "17:20")), given=(given("02:00"),)
    )
    schedule = build_schedule(protocol(premedication(), courses=(course(until=13),)), infusion)

    assert [(dose.at, dose.mg) for dose in doses_of(schedule, infusion)] == [
        (at("08:30"), Fraction(300)),
        (at("11:20"), Fraction(300)),
        (at("23:20"), Fraction(300)),
        (at("02:00"), Fraction(300)),
    ]


def test_steps_of_one_instant_stand_in_the_order_of_the_bedside() -> None:
    kinds = [Kind.MARK, Kind.CHECK, Kind.MEDICINE, Kind.TASK, Kind.VITALS, Kind.PREMEDICATION, Kind.FLUIDS]
    medicine = (Medicine(ingredient=TYLENOL, mg=Fraction(1)),)
    rules = [rule(kind.value, kind=kind, medicines=medicine if "medic" in kind.value else ()) for kind in kinds]

    schedule = build_schedule(protocol(*rules), facts())

    assert [step.kind for step in schedule.steps if step.window.due_at == at("09:00")] == [
        Kind.FLUIDS,
        Kind.PREMEDICATION,
        Kind.RATE,
        Kind.VITALS,
        Kind.TASK,
        Kind.MEDICINE,
        Kind.CHECK,
        Kind.MARK,
    ]


def test_steps_of_one_instant_and_kind_stand_in_the_order_of_the_protocol() -> None:
    schedule = build_schedule(protocol(rule("b"), rule("a"), rule("c")), facts())

    assert [step.slot for step in schedule.ticked] == ["b.d1", "a.d1", "c.d1"]


TWO_RATES = Ladder(
    steps=(RateStep(ml_per_kg_h=Fraction(1), minutes=Fraction(30)), RateStep(ml_per_kg_h=Fraction(5))),
    at_each_change="vitals",
    at_end="flush",
)


def test_each_change_of_rate_and_the_end_stand_on_the_timeline() -> None:
    schedule = build_schedule(protocol(ladder=TWO_RATES), facts())

    assert [(step.slot, step.title, step.window.due_at, step.basis.value) for step in schedule.steps] == [
        ("rate.d1.1", "set pump 20 mL/h; vitals", at("09:00"), "planned"),
        ("rate.d1.2", "set pump 100 mL/h; vitals", at("09:30"), "planned"),
        ("end.d1", "infusion END (predicted); flush", at("11:24"), "predicted"),
    ]
    assert all(step.actor is Actor.CLINIC for step in schedule.steps)
    assert [step.rule for step in schedule.steps] == ["rate", "rate", "end"]
    assert [step.follows for step in schedule.steps] == [
        "the planned start of day 1",
        "the planned start of day 1",
        "the predicted end of day 1",
    ]


def test_rate_with_nothing_to_do_says_only_the_rate() -> None:
    assert [step.title for step in build_schedule(protocol(), facts()).steps] == [
        "set pump 100 mL/h",
        "infusion END (predicted)",
    ]


def test_infusion_that_was_stopped_early_shows_no_rate_it_never_reached() -> None:
    schedule = build_schedule(protocol(ladder=TWO_RATES), facts(day(start="09:00", end="09:30")))

    assert [(step.slot, step.title) for step in schedule.steps] == [
        ("rate.d1.1", "set pump 20 mL/h; vitals"),
        ("end.d1", "infusion END (actual); flush"),
    ]


def test_rate_reached_a_second_before_an_early_end_is_shown() -> None:
    schedule = build_schedule(protocol(ladder=TWO_RATES), facts(day(start="09:00", end="09:30:01")))

    assert [step.slot for step in schedule.steps] == ["rate.d1.1", "rate.d1.2", "end.d1"]


def test_days_say_when_they_run_and_how_sure_that_is() -> None:
    first, second = build_schedule(protocol(), facts(day(1, start="09:45", end="12:00"), day(2))).days

    assert (first.starts_at, first.start_basis, first.ends_at, first.end_basis) == (
        at("09:45"),
        Basis.ACTUAL,
        at("12:00"),
        Basis.ACTUAL,
    )
    assert (second.starts_at, second.start_basis, second.ends_at, second.end_basis) == (
        at("1+09:00"),
        Basis.PLANNED,
        at("1+11:00"),
        Basis.PREDICTED,
    )
    assert (first.number, first.planned_start) == (1, at("09:00"))


# --- after another step ----------------------------------------------------------------------------------------------

BOTH = (Medicine(ingredient=TYLENOL, mg=Fraction(300)), Medicine(ingredient="diphenhydramine", mg=Fraction(20)))
AN_HOUR_LATER = rule("check", hours(1), anchor=Anchor.STEP, after_step="premed", kind=Kind.CHECK)
FIRST_SLOT, SECOND_SLOT = "premed.d1.acetaminophen", "premed.d1.diphenhydramine"

# What became of the two medicines due at 08:30, when the step an hour after them is due, and how sure that is.
FOLLOWING = [
    pytest.param((), "09:30", Basis.PREDICTED, id="nobody said anything"),
    pytest.param((done(FIRST_SLOT, "08:30", "08:40"),), "09:40", Basis.PREDICTED, id="one done, the other still open"),
    pytest.param((done(FIRST_SLOT, "08:30", "08:10"),), "09:30", Basis.PREDICTED, id="one done early, the other open"),
    pytest.param(
        (done(FIRST_SLOT, "08:30", "08:50"), done(SECOND_SLOT, "08:30", "08:40")),
        "09:50",
        Basis.ACTUAL,
        id="both done: the later counts",
    ),
    pytest.param(
        (done(FIRST_SLOT, "08:30", "08:10"), done(SECOND_SLOT, "08:30", "08:20")),
        "09:20",
        Basis.ACTUAL,
        id="both done early",
    ),
    pytest.param(
        (done(FIRST_SLOT, "08:30", "08:40"), fact(SECOND_SLOT, State.SKIPPED, "08:30", "08:55")),
        "09:40",
        Basis.ACTUAL,
        id="a skipped one does not count",
    ),
    pytest.param((fact(FIRST_SLOT, State.SKIPPED, "08:30"),), "09:30", Basis.PREDICTED, id="one skipped, one open"),
    pytest.param(
        (fact(FIRST_SLOT, State.MISSED, "08:30", "10:30"),), "09:30", Basis.PREDICTED, id="missed: its due time"
    ),
    pytest.param(
        (fact(FIRST_SLOT, State.MISSED, "08:30"), done(SECOND_SLOT, "08:30", "08:20")),
        "09:30",
        Basis.PREDICTED,
        id="one missed, one done before it",
    ),
]


@pytest.mark.parametrize(("slots", "due", "basis"), FOLLOWING)
def test_step_follows_the_real_time_of_another(slots: tuple[SlotFact, ...], due: str, basis: Basis) -> None:
    schedule = build_schedule(protocol(premedication(medicines=BOTH), AN_HOUR_LATER), facts(slots=slots))

    step = step_of(schedule, "check.d1")
    assert (step.window.due_at, step.basis, step.follows) == (at(due), basis, "premed of day 1")
    assert schedule.left_out == ()


def test_step_follows_the_other_on_each_day() -> None:
    late = done(f"premed.d2.{TYLENOL}", "1+08:30", "1+08:45")

    schedule = build_schedule(protocol(premedication(), AN_HOUR_LATER), facts(day(1), day(2), slots=(late,)))

    assert [(slot, due) for slot, due, _ in due_times(schedule, "check")] == [
        ("check.d1", at("09:30")),
        ("check.d2", at("1+09:45")),
    ]
    assert step_of(schedule, "check.d2").follows == "premed of day 2"


def test_step_after_one_whose_medicines_were_all_skipped_is_left_out() -> None:
    skipped = (fact(FIRST_SLOT, State.SKIPPED, "08:30"), fact(SECOND_SLOT, State.SKIPPED, "08:30"))

    schedule = build_schedule(
        protocol(premedication(medicines=BOTH), AN_HOUR_LATER), facts(day(1), day(2), slots=skipped)
    )

    assert schedule.left_out == (LeftOut(rule="check", day=1, reason="premed was not done"),)
    assert [slot for slot, _, _ in due_times(schedule, "check")] == ["check.d2"]


def test_step_after_one_that_is_not_for_this_infusion_is_left_out_too() -> None:
    chained = protocol(premedication(when=Conditions(["first infusion"])), AN_HOUR_LATER)

    assert build_schedule(chained, facts(is_first=False)).left_out == (
        LeftOut(rule="premed", day=None, reason="only for: first infusion"),
        LeftOut(rule="check", day=1, reason="premed was not done"),
    )
    assert build_schedule(chained, facts()).left_out == ()


def test_step_after_a_step_after_a_step() -> None:
    chain = protocol(
        rule("a"),
        rule("b", hours(1), anchor=Anchor.STEP, after_step="a"),
        rule("c", minutes(-10), anchor=Anchor.STEP, after_step="b"),
    )

    schedule = build_schedule(chain, facts(slots=(done("a.d1", "09:00", "09:20"),)))

    assert step_of(schedule, "c.d1").window.due_at == at("10:10")
    assert step_of(schedule, "b.d1").basis is Basis.ACTUAL
    assert step_of(schedule, "c.d1").basis is Basis.PREDICTED


def test_step_after_another_on_the_childs_clock() -> None:
    evening = rule("evening", WallClock(0, time(18)), anchor=Anchor.STEP, after_step="premed")
    # Told at 21:30 in New York on the 15th, which is the 16th in UTC.
    late = done(f"premed.d1.{TYLENOL}", "08:30", "1+01:30")

    planned = protocol(premedication(), evening)
    on_time = build_schedule(planned, facts(zone="America/New_York"))
    told_late = build_schedule(planned, facts(zone="America/New_York", slots=(late,)))

    assert step_of(on_time, "evening.d1").window.due_at == at("22:00")
    assert step_of(told_late, "evening.d1").window.due_at == at("22:00")


def test_step_after_another_that_was_done_after_midnight_is_a_day_later() -> None:
    evening = rule("evening", WallClock(0, time(18)), anchor=Anchor.STEP, after_step="premed")
    after_midnight = done(f"premed.d1.{TYLENOL}", "08:30", "1+04:00")

    schedule = build_schedule(
        protocol(premedication(), evening), facts(zone="America/New_York", slots=(after_midnight,))
    )

    assert step_of(schedule, "evening.d1").window.due_at == at("1+22:00")


def test_step_may_follow_one_of_the_first_day_only() -> None:
    first = protocol(rule("a", day=Days.FIRST), rule("b", hours(1), anchor=Anchor.STEP, after_step="a", day=Days.FIRST))

    assert [step.slot for step in build_schedule(first, facts(day(1), day(2))).ticked] == ["a.d1", "b.d1"]


# --- conditions --------------------------------------------------------------------------------------------------


def test_line_that_is_left_out_says_why_once_and_the_others_stay() -> None:
    lines = protocol(
        rule("drinks", unless=Conditions(["fluids limited"])),
        rule("slow", when=Conditions(["long gap"])),
        rule("check"),
    )
    infusion = facts(day(1), day(2), conditions=frozenset({"fluids limited"}), is_first=True)

    schedule = build_schedule(lines, infusion)

    assert [step.slot for step in schedule.ticked] == ["check.d1", "check.d2"]
    assert schedule.left_out == (
        LeftOut(rule="drinks", day=None, reason="fluids limited"),
        LeftOut(rule="slow", day=None, reason="only for: long gap"),
    )


def test_nothing_is_left_out_of_what_is_unknown() -> None:
    lines = protocol(rule("slow", when=Conditions(["long gap", "brand changed"])))

    assert [step.slot for step in build_schedule(lines, facts()).ticked] == ["slow.d1"]
    assert build_schedule(lines, facts()).left_out == ()


# --- cancelled days -----------------------------------------------------------------------------------------------

THREE = (day(1), day(2), day(3))


@pytest.mark.parametrize(
    ("days", "slots"),
    [
        pytest.param(THREE, ["each.d1", "first.d1", "each.d2", "each.d3", "last.d3"], id="none"),
        pytest.param((cancelled(1), *THREE[1:]), ["each.d2", "first.d2", "each.d3", "last.d3"], id="the first"),
        pytest.param(
            (THREE[0], cancelled(2), THREE[2]), ["each.d1", "first.d1", "each.d3", "last.d3"], id="the second"
        ),
        pytest.param((*THREE[:2], cancelled(3)), ["each.d1", "first.d1", "each.d2", "last.d2"], id="the last"),
        pytest.param((cancelled(1), THREE[1], cancelled(3)), ["each.d2", "first.d2", "last.d2"], id="all but one"),
        pytest.param((cancelled(1), cancelled(2), cancelled(3)), [], id="all"),
    ],
)
def test_first_and_last_are_those_of_the_days_that_take_place(days: tuple[DayFacts, ...], slots: list[str]) -> None:
    said = protocol(rule("each"), rule("first", day=Days.FIRST), rule("last", day=Days.LAST))

    assert [step.slot for step in build_schedule(said, facts(*days)).ticked] == slots


def test_cancelled_day_keeps_its_number_and_its_share_of_the_dose() -> None:
    days = build_schedule(protocol(), facts(day(1), cancelled(2), day(3))).days

    assert [(one.number, one.is_cancelled) for one in days] == [(1, False), (2, True), (3, False)]
    assert {one.volume_ml for one in days} == {Fraction(200)}


def test_cancelled_day_has_no_timeline_and_says_why() -> None:
    schedule = build_schedule(protocol(rule(), rule("other")), facts(day(1), cancelled(2)))

    assert [step.slot for step in schedule.steps] == ["rate.d1.1", "step.d1", "other.d1", "end.d1"]
    assert schedule.left_out == (
        LeftOut(rule="step", day=2, reason="this day is cancelled"),
        LeftOut(rule="other", day=2, reason="this day is cancelled"),
    )


def test_course_runs_over_the_days_that_take_place() -> None:
    courses = (course(until=1),)

    only_second = build_schedule(protocol(courses=courses), facts(cancelled(1), day(2)))
    only_first = build_schedule(protocol(courses=courses), facts(day(1), cancelled(2)))

    assert due_times(only_second)[0][1] == at("1+11:00")
    assert [due for _, due, _ in due_times(only_first)] == [at("11:00")]


def test_course_after_premedication_follows_that_of_the_first_day_that_takes_place() -> None:
    chained = protocol(premedication(), courses=(course(after_premedication()),))

    schedule = build_schedule(chained, facts(cancelled(1), day(2)))

    assert due_times(schedule)[0][:2] == ("course.1", at("1+14:30"))


def test_infusion_of_which_every_day_is_cancelled_has_nothing_to_do() -> None:
    said = protocol(
        premedication(), courses=(course(),), as_needed=(when_needed(),), cadence=Cadence(weeks=(4,)), night=NIGHT
    )

    schedule = build_schedule(said, facts(cancelled(1), cancelled(2)))

    assert (schedule.steps, schedule.as_needed, schedule.proposal) == ((), (), None)
    assert [one.day for one in schedule.left_out if one.rule == "premed"] == [1, 2]


def test_doses_given_on_a_day_that_was_cancelled_since_are_still_counted() -> None:
    infusion = facts(day(1), cancelled(2), slots=(done(f"premed.d2.{TYLENOL}", "1+08:30", "1+08:40"),))

    schedule = build_schedule(protocol(premedication(), courses=(course(),)), infusion)

    assert at("1+08:40") in {dose.at for dose in doses_of(schedule, infusion)}
    premed = step_of(schedule, f"premed.d2.{TYLENOL}")
    assert (premed.state, premed.window.due_at, premed.done_at) == (State.DONE, at("1+08:30"), at("1+08:40"))
    # And the course keeps its distance from it.
    assert at("1+14:40") not in {due for _, due, _ in due_times(schedule)}
    assert at("1+08:00") not in {due for _, due, _ in due_times(schedule)}
    assert all(abs(due - at("1+08:40")) >= hours(6) for _, due, _ in due_times(schedule))


def test_what_was_said_of_a_line_stays_when_a_condition_leaves_it_out_since() -> None:
    infusion = facts(
        slots=(done(f"premed.d1.{TYLENOL}", "08:30"), fact("step.d1", State.SKIPPED, "09:00")),
        conditions=frozenset({"declined"}),
    )
    declined = Conditions(["declined"])

    schedule = build_schedule(protocol(premedication(unless=declined), rule(unless=declined)), infusion)

    assert [(step.slot, step.state) for step in schedule.ticked] == [
        (f"premed.d1.{TYLENOL}", State.DONE),
        ("step.d1", State.SKIPPED),
    ]
    assert [dose.at for dose in doses_of(schedule, infusion)] == [at("08:30")]


def test_what_was_missed_does_not_stay_when_its_line_is_left_out() -> None:
    infusion = facts(slots=(fact("step.d1", State.MISSED, "09:00"),), conditions=frozenset({"declined"}))

    assert build_schedule(protocol(rule(unless=Conditions(["declined"]))), infusion).ticked == ()


def test_what_was_said_of_the_first_day_stays_when_another_day_is_the_first() -> None:
    infusion = facts(cancelled(1), day(2), slots=(done("step.d1", "09:00"),))

    schedule = build_schedule(protocol(rule(day=Days.FIRST)), infusion)

    assert [(step.slot, step.state) for step in schedule.ticked] == [("step.d1", State.DONE), ("step.d2", State.OPEN)]


def test_what_was_done_stays_when_the_step_before_it_was_skipped() -> None:
    infusion = facts(slots=(fact("a.d1", State.SKIPPED, "09:00"), done("b.d1", "10:00")))
    chained = protocol(rule("a"), rule("b", hours(1), anchor=Anchor.STEP, after_step="a"))

    assert [(step.slot, step.state) for step in build_schedule(chained, infusion).ticked] == [
        ("a.d1", State.SKIPPED),
        ("b.d1", State.DONE),
    ]


def test_course_doses_stay_said_when_every_day_is_cancelled() -> None:
    infusion = facts(cancelled(1), slots=(done("course.1", "11:00"),))

    schedule = build_schedule(protocol(courses=(course(),)), infusion)

    assert [dose.at for dose in doses_of(schedule, infusion)] == [at("11:00")]


# --- nights -------------------------------------------------------------------------------------------------------


def _at_night(planned: str, *slots: SlotFact, at_night: AtNight = AtNight.SHIFT, zone: str = "UTC") -> DatedStep:
    infusion = facts(day(planned=planned), slots=slots, zone=zone)
    return step_of(build_schedule(protocol(rule(at_night=at_night), night=NIGHT), infusion), "step.d1")


# When it would be due, and when it is: the night is from nine to seven.
SHIFTED = [
    pytest.param("20:59:59", "20:59:59", id="a second before the night"),
    pytest.param("21:00", "1+07:00", id="as it begins"),
    pytest.param("23:59:59", "1+07:00", id="before midnight"),
    pytest.param("1+00:00", "1+07:00", id="at midnight"),
    pytest.param("1+06:59:59", "1+07:00", id="a second before the morning"),
    pytest.param("1+07:00", "1+07:00", id="in the morning"),
]


@pytest.mark.parametrize(("meant", "due"), SHIFTED)
def test_shifted_step_of_the_night_is_due_in_the_morning(meant: str, due: str) -> None:
    step = _at_night(meant)

    assert step.window == A_WINDOW.around(at(due))
    assert step.shifted_from == (None if meant == due else at(meant))
    assert step.moment == at(due)


def test_held_step_of_the_night_keeps_its_time() -> None:
    step = _at_night("23:00", at_night=AtNight.HOLD)

    assert (step.window.due_at, step.shifted_from) == (at("23:00"), None)


def test_step_is_shifted_by_the_childs_own_night() -> None:
    # 03:00 in UTC is 23:00 in New York, where the morning comes at 11:00 in UTC.
    step = _at_night("1+03:00", zone="America/New_York")

    assert (step.window.due_at, step.shifted_from) == (at("1+11:00"), at("1+03:00"))
    assert _at_night("12:00", zone="America/New_York").shifted_from is None


def test_protocol_without_a_night_shifts_nothing() -> None:
    schedule = build_schedule(protocol(rule(at_night=AtNight.SHIFT)), facts(day(planned="23:00")))

    assert step_of(schedule, "step.d1").window.due_at == at("23:00")


@pytest.mark.parametrize("state", [State.DONE, State.SKIPPED])
def test_what_was_said_of_a_step_in_the_night_keeps_its_time(state: State) -> None:
    step = _at_night("23:00", fact("step.d1", state, "23:00", "23:20"))

    assert (step.window.due_at, step.shifted_from, step.state) == (at("23:00"), None, state)


def test_missed_step_that_was_shifted_stays_missed() -> None:
    step = _at_night("23:00", fact("step.d1", State.MISSED, "1+07:00"))

    assert (step.state, step.window.due_at, step.shifted_from) == (State.MISSED, at("1+07:00"), at("23:00"))


def test_step_missed_in_the_night_is_open_again_once_it_is_shifted() -> None:
    assert _at_night("23:00", fact("step.d1", State.MISSED, "23:00")).state is State.OPEN


def test_step_after_a_shifted_one_follows_it_in_the_morning() -> None:
    chained = protocol(
        rule("a", at_night=AtNight.SHIFT),
        rule("b", hours(1), anchor=Anchor.STEP, after_step="a"),
        night=NIGHT,
    )

    schedule = build_schedule(chained, facts(day(planned="23:00")))

    assert step_of(schedule, "b.d1").window.due_at == at("1+08:00")


# The night of New York on which clocks change: when it would be due, and when it is, in UTC.
CHANGING_NIGHTS = [
    pytest.param("2026-11-01 02:30", "2026-11-01 12:00", id="clocks go back: the morning is an hour later in UTC"),
    pytest.param("2026-11-01 06:30", "2026-11-01 12:00", id="clocks go back: the hour that comes twice"),
    pytest.param("2026-03-08 03:30", "2026-03-08 11:00", id="clocks go forward: the morning is an hour earlier in UTC"),
    pytest.param("2026-03-08 01:59:59", "2026-03-08 01:59:59", id="clocks go forward: a second before nine"),
    pytest.param("2026-03-09 01:00", "2026-03-09 11:00", id="the night after is the summer's"),
]


@pytest.mark.parametrize(("meant", "due"), CHANGING_NIGHTS)
def test_step_is_shifted_through_a_change_of_clocks(meant: str, due: str) -> None:
    infusion = facts(replace(day(), planned_start=utc(meant)), zone="America/New_York")
    schedule = build_schedule(protocol(rule(at_night=AtNight.SHIFT), night=NIGHT), infusion)

    assert step_of(schedule, "step.d1").window.due_at == utc(due)


# --- as needed, the next infusion, and what the schedule hands on -----------------------------------------------------


def test_as_needed_medicine_makes_no_step() -> None:
    schedule = build_schedule(protocol(as_needed=(when_needed(),)), facts())

    assert schedule.ticked == ()
    assert [step.kind for step in schedule.steps] == [Kind.RATE, Kind.END]


def test_as_needed_medicine_says_everything_its_rule_says() -> None:
    said = when_needed(
        medicine=Medicine(ingredient="ondansetron", name="Zofran", mg_per_kg=Fraction("0.15"), mg_per_ml=Fraction(2)),
        every=hours(8),
        most_in_24h=3,
        why="Softer",
        source="S4",
        actor=Actor.CLINIC,
    )

    assert build_schedule(protocol(as_needed=(said,)), facts()).as_needed == (
        AsNeeded(
            rule="sickness",
            purpose="feels sick",
            dose=DoseOrdered(ingredient="ondansetron", name="Zofran", mg=Fraction(3), mg_per_ml=Fraction(2)),
            opens_at=at("09:00"),
            closes_at=at("1+11:00"),
            every=hours(8),
            most_in_24h=3,
            actor=Actor.CLINIC,
            why="Softer",
            source="S4",
        ),
    )


# The days, and when the medicine may be given: from the start of the first until 24 h after the end of the last.
WHEN_NEEDED = [
    pytest.param((day(),), "09:00", "1+11:00", id="as planned"),
    pytest.param((day(start="09:45"),), "09:45", "1+11:45", id="started late"),
    pytest.param((day(start="09:45", end="14:00"),), "09:45", "1+14:00", id="the actual end"),
    pytest.param((day(1), day(2)), "09:00", "2+11:00", id="two days"),
    pytest.param((day(1, start="09:00", end="11:30"), day(2)), "09:00", "2+11:00", id="one of two days over"),
    pytest.param((cancelled(1), day(2)), "1+09:00", "2+11:00", id="the first cancelled"),
    pytest.param((day(1), cancelled(2)), "09:00", "1+11:00", id="the last cancelled"),
]


@pytest.mark.parametrize(("days", "opens", "closes"), WHEN_NEEDED)
def test_as_needed_window_follows_what_really_happened(days: tuple[DayFacts, ...], opens: str, closes: str) -> None:
    (one,) = build_schedule(protocol(as_needed=(when_needed(),)), facts(*days)).as_needed

    assert (one.opens_at, one.closes_at) == (at(opens), at(closes))


def test_next_infusion_is_proposed_by_the_cadence() -> None:
    by_number = protocol(cadence=Cadence(weeks=(2, 2, 4)))

    assert build_schedule(by_number, facts()).proposal is None
    assert build_schedule(protocol(), facts(number=1)).proposal is None
    second, third = (build_schedule(by_number, facts(number=number)).proposal for number in (2, 3))
    assert second is not None
    assert third is not None
    assert (second.starts, third.weeks) == ((at("14+09:00"),), 4)


def test_next_infusion_is_proposed_for_the_days_that_take_place() -> None:
    proposal = build_schedule(protocol(cadence=Cadence(weeks=(1,))), facts(cancelled(1), day(2), day(3))).proposal

    assert proposal is not None
    assert proposal.starts == (at("8+09:00"), at("9+09:00"))


def test_schedule_hands_on_the_night_and_the_indication() -> None:
    schedule = build_schedule(protocol(night=NIGHT, indication="ITP"), facts())

    assert (schedule.night, schedule.indication) == (NIGHT, "ITP")


# --- the child moves --------------------------------------------------------------------------------------------------


def test_another_zone_moves_what_goes_by_the_clock_and_nothing_else() -> None:
    lines = protocol(
        rule("elapsed", hours(3)),
        rule("evening", WallClock(0, time(18))),
        rule("shifted", hours(16), at_night=AtNight.SHIFT),
        premedication(),
        courses=(course(),),
        night=NIGHT,
    )

    before = {step.slot: step.moment for step in build_schedule(lines, facts()).steps}
    after = {step.slot: step.moment for step in build_schedule(lines, facts(zone="Europe/London")).steps}

    moved = {slot: (before[slot], after[slot]) for slot in before if before[slot] != after[slot]}
    # 01:00 in UTC is night in both: the morning in London comes at 06:00 in UTC.
    assert moved == {"evening.d1": (at("18:00"), at("17:00")), "shifted.d1": (at("1+07:00"), at("1+06:00"))}


def test_zone_of_a_quarter_hour() -> None:
    schedule = build_schedule(protocol(rule(offset=WallClock(0, time(18)))), facts(zone="Asia/Kathmandu"))

    assert step_of(schedule, "step.d1").window.due_at == at("12:15")


# --- figures ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("number", "words"),
    [("100", "100"), ("4.5", "4.5"), ("0.125", "0.125"), ("1/3", "0.333"), ("0.0004", "0"), ("2.0", "2"), ("10", "10")],
)
def test_numbers_are_written_as_people_do(number: str, words: str) -> None:
    assert plain(Fraction(number)) == words


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0, "0 min"),
        (59, "0 min"),
        (60, "1 min"),
        (3599, "59 min"),
        (3600, "1 h"),
        (3661, "1 h 1 min"),
        (21_600, "6 h"),
        (4499.9, "1 h 14 min"),
        (4500, "1 h 15 min"),
        (90_000, "25 h"),
    ],
)
def test_lengths_of_time_are_rounded_down_to_the_minute(seconds: float, words: str) -> None:
    assert plain_hours(seconds) == words
