"""Starting, ending and taking back an infusion day."""

from __future__ import annotations

from datetime import timedelta

import pytest

from ivig_care.actions.errors import TimeNotPossible
from ivig_care.actions.infusions import infusion_day_end, infusion_day_start, infusion_day_undo
from ivig_care.actions.steps import step_tick
from ivig_care.plans.models import Infusion, InfusionDay, StepEvent
from ivig_care.regimen.changes import Action
from tests.actors import People
from tests.conftest import STARTS_AT

LATE = timedelta(minutes=45)
# Worked example E1: 287.5 minutes.
DURATION = timedelta(minutes=287, seconds=30)


def due_times(infusion: Infusion) -> dict[str, object]:
    """Every step's due time by slot."""
    return dict(infusion.steps.values_list("slot", "due_at"))


def first_day(infusion: Infusion) -> InfusionDay:
    """Day 1."""
    return infusion.days.get(number=1)


def test_a_late_start_moves_what_hangs_on_it_and_nothing_else(infusion: Infusion, people: People) -> None:
    before = due_times(infusion)
    started = STARTS_AT + LATE
    infusion_day_start(day=first_day(infusion), by=people.maria, at=started, now=started)
    after = due_times(infusion)
    assert after["fluids-during.d1"] == started + timedelta(hours=1)
    assert after["premedication.d1.acetaminophen"] == started - timedelta(minutes=30)
    for unmoved in ("fluids-before.d1", "evening-before.d1", "premedication.d2.acetaminophen", "check-24.d2"):
        assert after[unmoved] == before[unmoved]


def test_a_done_step_never_moves(infusion: Infusion, people: People) -> None:
    step = infusion.steps.get(slot="premedication.d1.acetaminophen")
    at = STARTS_AT - timedelta(minutes=30)
    step_tick(step=step, by=people.maria, at=at, now=at)
    infusion_day_start(day=first_day(infusion), by=people.maria, at=STARTS_AT + LATE, now=STARTS_AT + LATE)
    step.refresh_from_db()
    assert (step.state, step.due_at, step.said_at) == ("done", at, at)
    assert infusion.steps.get(slot="acetaminophen-course.1").due_at == at + timedelta(hours=6)


def test_the_end_moves_the_days_after(infusion: Infusion, people: People) -> None:
    day_2 = infusion.days.get(number=2)
    start = day_2.planned_start
    infusion_day_start(day=day_2, by=people.maria, at=start, now=start)
    predicted = infusion.steps.get(slot="check-24.d2").due_at
    assert predicted == start + DURATION + timedelta(hours=24)
    ended = start + timedelta(hours=6)
    infusion_day_end(day=day_2, by=people.maria, at=ended, now=ended)
    assert infusion.steps.get(slot="check-24.d2").due_at == ended + timedelta(hours=24)


def test_undo_puts_every_open_step_back(infusion: Infusion, people: People) -> None:
    before = due_times(infusion)
    day = first_day(infusion)
    infusion_day_start(day=day, by=people.maria, at=STARTS_AT + LATE, now=STARTS_AT + LATE)
    infusion_day_undo(day=day, by=people.maria, now=STARTS_AT + 2 * LATE)
    assert due_times(infusion) == before
    day.refresh_from_db()
    assert day.actual_start is None
    assert [event.kind for event in day.events.order_by("pk")] == ["started", "start undone"]


def test_saying_it_twice_changes_nothing(infusion: Infusion, people: People) -> None:
    at = STARTS_AT + LATE
    infusion_day_start(day=first_day(infusion), by=people.maria, at=at, now=at)
    events = StepEvent.objects.count()
    changes = infusion_day_start(day=first_day(infusion), by=people.sam, at=at, now=at)
    assert {change.action for change in changes} == {Action.KEEP}
    assert StepEvent.objects.count() == events


@pytest.mark.parametrize("offset", [timedelta(hours=1), timedelta(hours=-25)])
def test_an_impossible_start_is_refused(infusion: Infusion, people: People, offset: timedelta) -> None:
    before = due_times(infusion)
    with pytest.raises(TimeNotPossible):
        infusion_day_start(day=first_day(infusion), by=people.maria, at=STARTS_AT + offset, now=STARTS_AT)
    assert due_times(infusion) == before


def test_an_end_needs_a_start_before_it(infusion: Infusion, people: People) -> None:
    day = first_day(infusion)
    with pytest.raises(TimeNotPossible, match="Say first when the infusion started"):
        infusion_day_end(day=day, by=people.maria, at=STARTS_AT, now=STARTS_AT)
    infusion_day_start(day=day, by=people.maria, at=STARTS_AT, now=STARTS_AT)
    with pytest.raises(TimeNotPossible, match="before it started"):
        infusion_day_end(day=day, by=people.maria, at=STARTS_AT, now=STARTS_AT + LATE)
