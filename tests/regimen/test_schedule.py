"""Protocol and facts in, dated steps out: days, anchors, facts that stay, doses by weight."""

from __future__ import annotations

from dataclasses import replace
from datetime import time, timedelta
from fractions import Fraction

import pytest

from ivig_care.regimen.dated import Basis, DoseOrdered, doses_of
from ivig_care.regimen.errors import DocumentError
from ivig_care.regimen.figures import plain
from ivig_care.regimen.protocol import Actor, Anchor, Conditions, Days, Kind, Ladder, Medicine, RateStep
from ivig_care.regimen.rates import Rung, climb, duration, whole_seconds
from ivig_care.regimen.schedule import build_schedule
from ivig_care.regimen.steps import State
from ivig_care.regimen.timing import Offset, WallClock
from tests.regimen.builders import (
    TYLENOL,
    at,
    course,
    day,
    done,
    fact,
    facts,
    given,
    hours,
    minutes,
    premedication,
    protocol,
    rule,
    step_of,
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


def _ladder(*rates: tuple[str, str | None]) -> Ladder:
    return Ladder(
        steps=tuple(
            RateStep(ml_per_kg_h=Fraction(rate), minutes=None if length is None else Fraction(length))
            for rate, length in rates
        )
    )


# Rates, mL to give to a child of 10 kg: minutes and mL of each rung.
CLIMBS = [
    pytest.param([("1", "30"), ("2", None)], "25", [("30", "5"), ("60", "20")], id="last rung runs until all is in"),
    pytest.param([("1", "30"), ("2", "5")], "25", [("30", "5"), ("60", "20")], id="even when it has minutes"),
    pytest.param([("1", "30"), ("2", "30"), ("4", None)], "15", [("30", "5"), ("30", "10")], id="exactly empty"),
    pytest.param([("1", "30"), ("2", "30"), ("4", None)], "10", [("30", "5"), ("15", "5")], id="overshoot ends early"),
    pytest.param([("1", "30"), ("2", None)], "1", [("6", "1")], id="never leaves the first rung"),
    pytest.param([("1", "30"), ("2", None)], "5.5", [("30", "5"), ("1.5", "0.5")], id="half a millilitre is left"),
    pytest.param([("1", None), ("2", None)], "5", [("30", "5")], id="a rung without minutes runs until all is in"),
    pytest.param([("3", None)], "1", [("2", "1")], id="one rate"),
    pytest.param([("1", "30")], "0", [("0", "0")], id="nothing to give"),
    pytest.param([], "0", [], id="no rates at all"),
]


@pytest.mark.parametrize(("rates", "volume", "rungs"), CLIMBS)
def test_ladder_gives_the_whole_volume_and_no_more(
    rates: list[tuple[str, str | None]], volume: str, rungs: list[tuple[str, str]]
) -> None:
    climbed = climb(_ladder(*rates), weight_kg=Fraction(10), volume_ml=Fraction(volume))

    assert [(rung.minutes, rung.volume_ml) for rung in climbed] == [
        (Fraction(length), Fraction(amount)) for length, amount in rungs
    ]
    assert sum(rung.volume_ml for rung in climbed) == Fraction(volume)


def test_rungs_follow_one_another() -> None:
    climbed = climb(_ladder(("1", "30"), ("2", "15"), ("4", None)), weight_kg=Fraction(10), volume_ml=Fraction(50))

    assert climbed[1] == Rung(
        starts_after=Fraction(30),
        ml_per_kg_h=Fraction(2),
        ml_h=Fraction(20),
        minutes=Fraction(15),
        volume_ml=Fraction(5),
    )
    assert [rung.starts_after for rung in climbed] == [0, 30, 45]


def test_length_is_rounded_up_to_the_second() -> None:
    third = climb(_ladder(("3", None)), weight_kg=Fraction(1), volume_ml=Fraction(1, 1000))

    assert third[0].minutes == Fraction(1, 50)
    assert duration(third) == timedelta(seconds=2)
    assert whole_seconds(Fraction(10)) == timedelta(minutes=10)
    assert duration(()) == timedelta()


def test_change_of_rate_is_rounded_up_to_the_second_too() -> None:
    uneven = _ladder(("3", "10.33"), ("5", None))

    rates = [step for step in build_schedule(protocol(ladder=uneven), facts()).steps if step.kind is Kind.RATE]

    assert [step.window.due_at for step in rates] == [at("09:00"), at("09:10:20")]


@pytest.mark.parametrize(
    ("number", "words"),
    [("100", "100"), ("4.5", "4.5"), ("0.125", "0.125"), ("1/3", "0.333"), ("0.0004", "0"), ("2.0", "2"), ("10", "10")],
)
def test_numbers_are_written_as_people_do(number: str, words: str) -> None:
    assert plain(Fraction(number)) == words
