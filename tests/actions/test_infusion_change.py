"""A day that moves, an infusion that is cancelled: the checklist follows, and the family is told once."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from ivig_care.actions.errors import Refused, TimeNotPossible
from ivig_care.actions.infusions import infusion_cancel, infusion_day_move, infusion_day_start
from ivig_care.care_teams.models import Membership, Told
from ivig_care.nudges.models import Delivery
from ivig_care.plans.models import Infusion, InfusionDayEvent
from ivig_care.regimen.steps import State
from tests.actors import People
from tests.conftest import STARTS_AT

BEFORE = STARTS_AT - timedelta(days=2)
HOUR = timedelta(hours=1)


def notices(purpose: str) -> list[tuple[str, str]]:
    """Whom a notice of this purpose waits for, and how it stands."""
    rows = Delivery.objects.filter(purpose=purpose).order_by("person__name")
    return [(delivery.person.name, delivery.status) for delivery in rows]


def test_moving_a_day_moves_its_steps_and_tells_the_family(infusion: Infusion, people: People) -> None:
    day = infusion.days.get(number=1)
    step = infusion.steps.get(slot="premedication.d1.acetaminophen")
    infusion_day_move(day=day, planned_start=STARTS_AT + HOUR, by=people.weiss, now=BEFORE)
    moved = infusion.steps.get(pk=step.pk)
    assert moved.due_at == step.due_at + HOUR
    assert step.next_nudge_at is not None
    assert moved.next_nudge_at == step.next_nudge_at + HOUR
    assert notices("moved") == [("Maria", "pending"), ("Sam", "pending")]
    assert InfusionDayEvent.objects.get(day=day).at == STARTS_AT


def test_moving_twice_before_the_message_left_tells_once(infusion: Infusion, people: People) -> None:
    day = infusion.days.get(number=1)
    for hours in (1, 2):
        infusion_day_move(day=day, planned_start=STARTS_AT + hours * HOUR, by=people.weiss, now=BEFORE)
    assert len(notices("moved")) == 2


def test_moving_to_where_it_is_tells_nobody(infusion: Infusion, people: People) -> None:
    day = infusion.days.get(number=1)
    assert infusion_day_move(day=day, planned_start=STARTS_AT, by=people.weiss, now=BEFORE) == ()
    assert notices("moved") == []


def test_who_is_never_told_is_not_told_of_a_move(infusion: Infusion, people: People) -> None:
    Membership.objects.filter(user=people.sam).update(told=Told.NEVER)
    infusion_day_move(day=infusion.days.get(number=1), planned_start=STARTS_AT + HOUR, by=people.weiss, now=BEFORE)
    assert notices("moved") == [("Maria", "pending")]


@pytest.mark.parametrize(
    ("to", "words"),
    [
        (BEFORE - HOUR, "gone by"),
        (STARTS_AT + timedelta(days=1, hours=1), "later day"),
    ],
)
def test_a_time_that_cannot_be_is_refused(infusion: Infusion, people: People, to: datetime, words: str) -> None:
    with pytest.raises(TimeNotPossible, match=words):
        infusion_day_move(day=infusion.days.get(number=1), planned_start=to, by=people.weiss, now=BEFORE)
    assert infusion.days.get(number=1).planned_start == STARTS_AT


def test_a_day_that_has_started_does_not_move(infusion: Infusion, people: People) -> None:
    day = infusion.days.get(number=1)
    infusion_day_start(day=day, by=people.maria, at=STARTS_AT, now=STARTS_AT)
    with pytest.raises(Refused, match="has started"):
        infusion_day_move(day=day, planned_start=STARTS_AT + HOUR, by=people.weiss, now=STARTS_AT)


def test_cancelling_silences_everything_and_tells_once(infusion: Infusion, people: People) -> None:
    infusion_day_move(day=infusion.days.get(number=1), planned_start=STARTS_AT + HOUR, by=people.weiss, now=BEFORE)
    infusion_cancel(infusion=infusion, by=people.weiss, now=BEFORE + HOUR)
    assert infusion_cancel(infusion=infusion, by=people.weiss, now=BEFORE + HOUR) == ()
    assert not infusion.steps.filter(next_nudge_at__isnull=False).exists()
    assert set(infusion.steps.values_list("state", flat=True)) == {State.WITHDRAWN}
    assert Infusion.objects.get(pk=infusion.pk).next_briefing_at is None
    assert notices("moved") == [("Maria", "dropped"), ("Sam", "dropped")]
    assert notices("cancelled") == [("Maria", "pending"), ("Sam", "pending")]


def test_cancelling_after_the_first_day_leaves_what_happened(infusion: Infusion, people: People) -> None:
    infusion_day_start(day=infusion.days.get(number=1), by=people.maria, at=STARTS_AT, now=STARTS_AT)
    infusion_cancel(infusion=infusion, by=people.weiss, now=STARTS_AT + HOUR)
    assert infusion.days.get(number=1).cancelled_at is None
    assert infusion.days.get(number=2).cancelled_at == STARTS_AT + HOUR
    assert infusion.steps.open().filter(slot__contains=".d1").exists()
    assert not infusion.steps.open().filter(slot__contains="premedication.d2").exists()


def test_a_cancelled_day_cannot_start(infusion: Infusion, people: People) -> None:
    infusion_cancel(infusion=infusion, by=people.weiss, now=BEFORE)
    with pytest.raises(Refused, match="cancelled"):
        infusion_day_start(day=infusion.days.get(number=1), by=people.maria, at=STARTS_AT, now=STARTS_AT)
