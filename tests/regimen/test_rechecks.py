"""After a medicine given as needed somebody looks again, an hour later, once for each."""

from __future__ import annotations

from dataclasses import replace

import pytest

from ivig_care.regimen.changes import Action, diff
from ivig_care.regimen.facts import Relief, SlotFact
from ivig_care.regimen.protocol import Kind
from ivig_care.regimen.schedule import build_schedule
from ivig_care.regimen.steps import State
from tests.regimen.builders import at, facts, protocol

GIVEN = Relief(key="7", name="Ibuprofen", given_at=at("14:30"))


def test_an_hour_after_it_was_given() -> None:
    schedule = build_schedule(protocol(), replace(facts(), reliefs=(GIVEN,)))
    (step,) = (one for one in schedule.ticked if one.slot == "recheck.7")
    assert (step.kind, step.window.due_at, step.state) == (Kind.CHECK, at("15:30"), State.OPEN)
    assert (step.window.opens_at, step.window.late_at, step.window.closes_at) == (
        at("15:00"),
        at("16:00"),
        at("18:30"),
    )
    assert step.title == "Did Ibuprofen help? Look again"
    assert step.nudges is not None
    assert not step.nudges.may_wake


def test_one_that_is_taken_back_asks_nothing() -> None:
    schedule = build_schedule(protocol(), facts())
    assert not [one for one in schedule.ticked if one.rule == "recheck"]


@pytest.mark.parametrize("state", [State.DONE, State.SKIPPED, State.MISSED])
def test_what_became_of_it_stays(state: State) -> None:
    said = SlotFact(slot="recheck.7", state=state, at=at("15:40"), due_at=at("15:30"))
    schedule = build_schedule(protocol(), replace(facts(), reliefs=(GIVEN,), slots=(said,)))
    (step,) = (one for one in schedule.ticked if one.slot == "recheck.7")
    assert step.state == state
    assert step.done_at == (at("15:40") if state is State.DONE else None)


def test_it_is_added_once() -> None:
    schedule = build_schedule(protocol(), replace(facts(), reliefs=(GIVEN,)))
    added = [one for one in diff((), schedule.ticked, schedule.left_out) if one.slot == "recheck.7"]
    assert [one.action for one in added] == [Action.ADD]
