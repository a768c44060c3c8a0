"""A name that one person's message has taken never keeps the alarms of others from ringing."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from ivig_care.actions.alarms import alarms_ring
from ivig_care.nudges.models import Delivery
from ivig_care.plans.models import Infusion, Step
from tests.actors import People
from tests.factories import active_infusion

AT = datetime(2026, 6, 15, 15, 0, tzinfo=UTC)
SECOND, MINUTE, HOUR = timedelta(seconds=1), timedelta(minutes=1), timedelta(hours=1)


def ring(
    people: People, *, now: datetime, closes_at: datetime, occasion: str, sent_at: datetime
) -> dict[str, datetime]:
    """A step of Lena's and one of Kai's ring when Maria was told before; when each person's message may leave."""
    starts_at, before = AT + 5 * HOUR, AT - timedelta(days=2)
    lenas = active_infusion(child=people.lena, by=people.weiss, starts_at=starts_at, at=before)
    kais = active_infusion(child=people.kai, by=people.lee, starts_at=starts_at, at=before)
    Step.objects.update(next_nudge_at=None)
    Infusion.objects.update(next_briefing_at=None)
    for infusion, ends in ((lenas, closes_at), (kais, now + 3 * HOUR)):
        step = infusion.steps.filter(is_nudged=True)[:1].get()
        times = {"opens_at": now, "due_at": now, "late_at": ends, "closes_at": ends, "next_nudge_at": now}
        Step.objects.filter(pk=step.pk).update(nudge_lead_minutes=None, **times)
    Delivery.objects.create(
        person=people.maria,
        occasion=occasion,
        status=Delivery.Status.SENT,
        created_at=AT,
        owed_at=AT,
        expires_at=AT + 3 * HOUR,
        next_attempt_at=AT,
        sent_at=sent_at,
    )
    alarms_ring(now=now)
    return dict(Delivery.objects.pending().values_list("person__name", "next_attempt_at"))


@pytest.mark.django_db
def test_a_step_that_is_soon_over_is_told_of_beside_another_message_of_the_quarter(people: People) -> None:
    now = AT + 5 * MINUTE
    told = ring(people, now=now, closes_at=AT + 12 * MINUTE, occasion="2026-06-15T15:00Z", sent_at=AT + MINUTE)
    assert told == {"Maria": now, "Sam": now, "Tom": now}


@pytest.mark.django_db
def test_a_message_of_a_worker_whose_clock_is_ahead_blocks_nobody(people: People) -> None:
    now, sent_at = AT + 29 * MINUTE + 55 * SECOND, AT + 14 * MINUTE + 50 * SECOND
    told = ring(people, now=now, closes_at=AT + 3 * HOUR, occasion="2026-06-15T15:15Z", sent_at=sent_at)
    assert told == {"Maria": now, "Sam": now, "Tom": now}


@pytest.mark.django_db
def test_a_message_that_left_before_the_end_of_the_quiet_hours_it_is_named_after_blocks_nobody(people: People) -> None:
    now, sent_at = AT + 25 * MINUTE, AT + 22 * MINUTE
    told = ring(people, now=now, closes_at=AT + 3 * HOUR, occasion="2026-06-15T15:30Z", sent_at=sent_at)
    assert told == {"Maria": sent_at + 15 * MINUTE, "Sam": now, "Tom": now}
