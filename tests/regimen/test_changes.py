"""The difference between the checklist as it stands and as it is wanted."""

from __future__ import annotations

from dataclasses import replace

import pytest

from ivig_care.regimen.changes import Action, Change, Existing, diff
from ivig_care.regimen.facts import InfusionFacts
from ivig_care.regimen.schedule import build_schedule
from ivig_care.regimen.steps import State
from tests.regimen.builders import apply, at, course, day, done, fact, facts, held, protocol, rule, window

STEP = build_schedule(protocol(rule()), facts()).ticked[0]
LATER = build_schedule(protocol(rule()), facts(day(start="09:45"))).ticked[0]


def _existing(state: State = State.OPEN, *, due: str = "09:00", slot: str = "step.d1") -> Existing:
    return Existing(slot=slot, title="as it was", state=state, window=window(due))


def test_step_that_is_new_is_added() -> None:
    assert diff((), (STEP,)) == (
        Change(action=Action.ADD, slot="step.d1", title="step", reason="new", before=None, step=STEP),
    )


def test_step_that_stands_as_wanted_is_kept() -> None:
    (change,) = diff((_existing(),), (STEP,))

    assert (change.action, change.reason, change.step) == (Action.KEEP, "unchanged", STEP)
    assert change.before == change.after == window("09:00")


@pytest.mark.parametrize("state", [State.OPEN, State.MISSED])
def test_step_whose_time_changed_moves_and_says_what_it_follows(state: State) -> None:
    (change,) = diff((_existing(state),), (LATER,))

    assert (change.action, change.reason) == (Action.MOVE, "follows the actual start of day 1")
    assert (change.before, change.after) == (window("09:00"), window("09:45"))


def test_step_moves_when_only_its_window_changed() -> None:
    held_open_longer = replace(_existing(), window=window("09:00", closes=180))

    (change,) = diff((held_open_longer,), (STEP,))

    assert change.action is Action.MOVE


@pytest.mark.parametrize("state", [State.DONE, State.SKIPPED])
def test_what_was_said_never_moves(state: State) -> None:
    (change,) = diff((_existing(state),), (LATER,))

    assert (change.action, change.reason) == (Action.KEEP, f"already {state.value}")
    assert change.before == window("09:00")


@pytest.mark.parametrize("state", [State.DONE, State.SKIPPED, State.WITHDRAWN])
def test_what_was_said_is_never_withdrawn_and_nothing_is_withdrawn_twice(state: State) -> None:
    (change,) = diff((_existing(state),), ())

    assert (change.action, change.reason) == (Action.KEEP, f"already {state.value}")
    assert change.after is None


@pytest.mark.parametrize("state", [State.OPEN, State.MISSED])
def test_step_that_is_no_longer_wanted_is_withdrawn(state: State) -> None:
    (change,) = diff((_existing(state),), ())

    assert change == Change(
        action=Action.WITHDRAW,
        slot="step.d1",
        title="as it was",
        reason="no longer in the plan",
        before=window("09:00"),
    )


def test_withdrawn_step_that_is_wanted_again_is_added_again() -> None:
    (change,) = diff((_existing(State.WITHDRAWN, due="08:00"),), (STEP,))

    assert (change.action, change.reason, change.before) == (Action.ADD, "wanted again", window("08:00"))
    assert change.after == window("09:00")


def test_changes_come_in_the_order_of_the_wanted_steps_then_the_unwanted() -> None:
    changes = diff((_existing(slot="gone.d1"), _existing()), (replace(STEP, slot="new.d1"), STEP))

    assert [(change.slot, change.action) for change in changes] == [
        ("new.d1", Action.ADD),
        ("step.d1", Action.KEEP),
        ("gone.d1", Action.WITHDRAW),
    ]


TWO_DAYS = (day(1), day(2))
COURSE = protocol(rule(), courses=(course(),))
# What the checklist was made from, and what has become of the infusion since.
HISTORIES = [
    pytest.param(facts(), facts(day(start="09:45")), id="started late"),
    pytest.param(facts(), facts(day(start="09:00", end="10:30")), id="ended early"),
    pytest.param(facts(), facts(day(planned="3+09:00")), id="moved to another day"),
    pytest.param(facts(), facts(*TWO_DAYS), id="one day more"),
    pytest.param(facts(*TWO_DAYS), facts(day(1)), id="one day less"),
    pytest.param(facts(), facts(slots=(done("course.1", "11:00", "12:00"),)), id="a dose late"),
    pytest.param(
        facts(slots=(done("course.1", "11:00", "12:00"), fact("course.2", State.MISSED, "18:00"))),
        facts(slots=(fact("course.2", State.MISSED, "18:00"),)),
        id="a dose undone",
    ),
]


@pytest.mark.parametrize(("before", "since"), HISTORIES)
def test_applying_the_changes_gives_what_is_wanted_and_leaves_none(before: InfusionFacts, since: InfusionFacts) -> None:
    checklist = held(build_schedule(COURSE, before).ticked)
    # What is no longer said (an undone dose) is open again before anything else happens.
    said = {one.slot for one in since.slots}
    checklist = {
        slot: step if slot in said or not step.state.is_said else replace(step, state=State.OPEN)
        for slot, step in checklist.items()
    }
    wanted = build_schedule(COURSE, since).ticked

    changed = apply(diff(checklist.values(), wanted), checklist)

    standing = {slot: step.window for slot, step in changed.items() if step.state is not State.WITHDRAWN}
    assert standing == {step.slot: step.window for step in wanted}
    again = diff(changed.values(), wanted)
    assert {change.action for change in again} == {Action.KEEP}
    assert apply(again, changed) == changed


def test_due_times_after_a_cancelled_day_are_those_of_a_shorter_course() -> None:
    checklist = held(build_schedule(COURSE, facts(*TWO_DAYS)).ticked)

    changed = apply(diff(checklist.values(), build_schedule(COURSE, facts(day(1))).ticked), checklist)

    assert changed["step.d2"].state is State.WITHDRAWN
    assert changed["course.5"].window.due_at == at("1+11:00")
    assert changed["course.6"].state is State.WITHDRAWN
