"""A family looks ahead: the evening before an infusion day, and in the morning of a day that holds much."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from django.conf import LazySettings

from ivig_care.actions.alarms import alarms_ring
from ivig_care.actions.claims import kinds_due
from ivig_care.actions.deliveries import deliveries_send
from ivig_care.nudges.models import Delivery, OutboxMessage
from ivig_care.plans.models import Infusion, Step
from ivig_care.regimen.steps import State
from tests.actors import People

EVENING = datetime.fromisoformat("2026-06-14T19:00:00-07:00")
MORNING = datetime.fromisoformat("2026-06-15T07:00:00-07:00")
MINUTE = timedelta(minutes=1)


@pytest.fixture(autouse=True)
def _through_the_outbox(settings: LazySettings) -> None:
    settings.EMAIL_BACKEND = "ivig_care.nudges.channels.outbox.EmailBackend"


@pytest.fixture(autouse=True)
def _no_step_rings(infusion: Infusion) -> None:
    # The steps stay nudged, so that a day counts them; none rings by itself.
    infusion.steps.update(next_nudge_at=None)


def dispatch(now: datetime) -> list[str]:
    """One round of what beat and worker do; the texts to Sam that left in it."""
    before = OutboxMessage.objects.count()
    alarms_ring(now=now)
    for kind in kinds_due(now=now):
        deliveries_send(kind=kind, clock=lambda: now)
    return [one.body for one in OutboxMessage.objects.order_by("pk")[before:] if one.kind == "sms"]


def test_activation_owes_the_evening_before_the_first_day(infusion: Infusion) -> None:
    assert infusion.next_briefing_at is not None
    briefing_at = Infusion.objects.get(pk=infusion.pk).next_briefing_at
    assert briefing_at is not None
    assert briefing_at <= EVENING


def test_the_evening_before_says_how_much_tomorrow_holds(infusion: Infusion) -> None:
    Infusion.objects.update(next_briefing_at=EVENING)
    count = infusion.steps.filter(is_nudged=True, due_at__date="2026-06-15").count()
    (text,) = dispatch(EVENING)
    assert text.startswith(f"ivig_care: Tomorrow: {count} care steps, the first at ")
    assert dispatch(EVENING + MINUTE) == []


def test_after_the_evening_comes_the_morning(infusion: Infusion) -> None:
    Infusion.objects.update(next_briefing_at=EVENING)
    dispatch(EVENING)
    assert Infusion.objects.get().next_briefing_at == MORNING
    (text,) = dispatch(MORNING)
    assert text.startswith("ivig_care: Today: ")


def test_a_briefing_goes_with_what_is_due_in_one_message(infusion: Infusion) -> None:
    Infusion.objects.update(next_briefing_at=MORNING)
    step = infusion.steps.get(slot="premedication.d1.acetaminophen")
    Step.objects.filter(pk=step.pk).update(next_nudge_at=MORNING, nudge_lead_minutes=90)
    (text,) = dispatch(MORNING)
    assert text.startswith("ivig_care: Today: ")
    assert "1 care step coming up at 8:30 am." in text
    assert Delivery.objects.count() == 2


def test_what_rings_within_a_quarter_of_an_hour_goes_along(infusion: Infusion) -> None:
    Infusion.objects.update(next_briefing_at=MORNING)
    step = infusion.steps.get(slot="premedication.d1.acetaminophen")
    Step.objects.filter(pk=step.pk).update(next_nudge_at=MORNING + 10 * MINUTE, nudge_lead_minutes=80)
    (text,) = dispatch(MORNING)
    assert "1 care step coming up at 8:30 am." in text
    assert dispatch(MORNING + 10 * MINUTE) == []


def test_a_day_that_was_done_ahead_is_not_spoken_of(infusion: Infusion, people: People) -> None:
    Infusion.objects.update(next_briefing_at=MORNING)
    infusion.steps.update(state=State.DONE, said_at=MORNING - MINUTE, said_by=people.maria)
    assert dispatch(MORNING) == []


def test_after_an_outage_an_evening_briefing_is_not_told_at_night_or_next_day(infusion: Infusion) -> None:
    Infusion.objects.update(next_briefing_at=EVENING)
    (text,) = dispatch(MORNING + 30 * MINUTE)
    assert text.startswith("ivig_care: Today: ")
    assert dispatch(MORNING + 60 * MINUTE) == []


def test_a_briefing_is_useless_in_the_afternoon(infusion: Infusion) -> None:
    Infusion.objects.update(next_briefing_at=MORNING)
    assert dispatch(MORNING + timedelta(hours=5)) == []
