"""What comes back is about exactly what was said, and nobody is switched off for what was not theirs."""

from __future__ import annotations

from datetime import datetime, time, timedelta

import pytest
from django.conf import LazySettings
from django.test import Client

from ivig_care.accounts.models import ContactPoint, NudgePreference
from ivig_care.actions.alarms import alarms_ring
from ivig_care.actions.contact_points import (
    contact_point_add,
    contact_point_off,
    links_revoke,
    quiet_hours_set,
)
from ivig_care.actions.errors import Refused
from ivig_care.actions.infusions import infusion_day_end, infusion_day_move, infusion_day_start
from ivig_care.actions.receipts import NotArrived, delivery_undelivered
from ivig_care.actions.replies import reply_take
from ivig_care.actions.steps import step_snooze, step_tick
from ivig_care.care_teams.models import Membership, Told
from ivig_care.nudges.answering import may_answer, steps_of
from ivig_care.nudges.channels.base import CannotTell, SendFailed
from ivig_care.nudges.links import link_token
from ivig_care.nudges.models import OutboxMessage
from ivig_care.plans.models import Dose, Infusion, Step
from tests.actors import People
from tests.conftest import STARTS_AT
from tests.factories import ContactPointFactory
from tests.nudges.test_dispatch import DUE, LEAD, MINUTE, Failing, dispatch, of, only_premedication, send, through

__all__ = ["only_premedication"]
DAY = timedelta(days=1)
MARIA, SAM, WEISS = "+12125550140", "+12125550141", "+12125550150"


@pytest.fixture(autouse=True)
def _through_the_outbox(settings: LazySettings) -> None:
    settings.EMAIL_BACKEND = "ivig_care.nudges.channels.outbox.EmailBackend"


def reply(body: str, *, sender: str = SAM, now: datetime) -> str:
    """Answer by text; what is answered back."""
    return reply_take(provider_id=f"{sender} {now}", sender=sender, body=body, now=now).answer


def test_of_a_step_that_is_due_and_one_that_is_not_nobody_can_tell_which_is_done(
    infusion: Infusion, people: People
) -> None:
    day, start = infusion.days.get(number=2), STARTS_AT + DAY
    infusion_day_start(day=day, by=people.maria, at=start, now=start)
    end = start + timedelta(hours=5, minutes=5)
    infusion_day_end(day=day, by=people.maria, at=end, now=end)
    Infusion.objects.update(next_briefing_at=None)
    now = end + DAY  # the check after 24 hours is due, and a dose 25 minutes later
    infusion.steps.filter(next_nudge_at__lt=now).update(next_nudge_at=None)
    dispatch(now)
    assert "which" in reply("1", now=now + MINUTE)
    assert not Dose.objects.exists()
    assert "of 1 in 15 min; 1 step cannot wait" in reply("3", now=now + 2 * MINUTE)


@pytest.mark.usefixtures("only_premedication")
def test_a_reply_after_the_infusion_moved_answers_nothing_of_next_week(infusion: Infusion, people: People) -> None:
    dispatch(LEAD)
    for number in (2, 1):
        day = infusion.days.get(number=number)
        moved = day.planned_start + timedelta(days=7)
        infusion_day_move(day=day, planned_start=moved, by=people.weiss, now=LEAD + 5 * MINUTE)
    assert "nothing waits" in reply("done", now=LEAD + 8 * MINUTE)
    assert not Dose.objects.exists()


@pytest.mark.usefixtures("only_premedication")
def test_a_message_that_waited_opens_only_what_it_speaks_of(infusion: Infusion, people: People) -> None:
    alarms_ring(now=LEAD)
    first, second = infusion.steps.filter(slot__startswith="premedication.d1").order_by("slot")
    Step.objects.filter(pk=second.pk).update(due_at=DUE + timedelta(hours=2), next_nudge_at=DUE + timedelta(hours=1))
    send(LEAD + MINUTE)
    assert {tuple(steps_of(delivery)) for delivery in (*of(people.maria), *of(people.sam))} == {(first,)}
    reply("1", now=LEAD + 2 * MINUTE)
    assert list(Dose.objects.values_list("step", flat=True)) == [first.pk]


@pytest.mark.usefixtures("only_premedication")
def test_what_was_ticked_while_the_message_waited_is_no_longer_in_it(infusion: Infusion, people: People) -> None:
    alarms_ring(now=LEAD)
    first, second = infusion.steps.filter(slot__startswith="premedication.d1").order_by("slot")
    step_tick(step=first, by=people.sam, at=LEAD, now=LEAD)
    send(LEAD + MINUTE)
    assert list(of(people.maria).get().steps.all()) == [second]


@pytest.mark.usefixtures("only_premedication")
def test_a_clinicians_text_ticks_nothing(infusion: Infusion, people: People) -> None:
    infusion.steps.filter(next_nudge_at__isnull=False).update(nudge_clinic_minutes=60)
    ContactPointFactory.create(user=people.weiss, kind="sms", address=WEISS)
    dispatch(DUE + 60 * MINUTE)
    assert "nothing waits" in reply("done", sender=WEISS, now=DUE + 61 * MINUTE)
    assert not Dose.objects.exists()


@pytest.mark.parametrize("key", ["check-6", "check-24", "check-48", "check-72", "closing-check", "colour-watch"])
def test_a_check_for_warning_signs_cannot_be_put_off(infusion: Infusion, people: People, key: str) -> None:
    step = infusion.steps.get(slot__startswith=key)
    with pytest.raises(Refused, match="warning signs"):
        step_snooze(step=step, by=people.maria, minutes=30, now=step.due_at)


def test_both_days_moved_one_after_the_other_are_told_once(infusion: Infusion, people: People) -> None:
    before = STARTS_AT - 2 * DAY
    for number, at in ((2, before), (1, before + MINUTE)):
        day = infusion.days.get(number=number)
        infusion_day_move(day=day, planned_start=day.planned_start + timedelta(days=7), by=people.weiss, now=at)
        send(at + timedelta(seconds=15))
    send(before + 20 * MINUTE)
    assert OutboxMessage.objects.filter(to="maria@example.org", body__contains="moved").count() == 1


@pytest.mark.usefixtures("only_premedication")
def test_unsubscribing_switches_off_where_the_e_mail_came(people: People, monkeypatch: pytest.MonkeyPatch) -> None:
    Membership.objects.filter(user=people.sam).update(told=Told.NEVER)
    lost = SendFailed("connection lost", is_permanent=False, is_unknown=True)
    through(monkeypatch, Failing(lost, lost, lost, found=CannotTell("no")))
    alarms_ring(now=LEAD)
    for _ in range(4):
        send(of(people.maria).get().next_attempt_at)
    delivery = of(people.maria).get()
    assert (delivery.kind, delivery.status) == ("sms", "sent")
    Client().post(f"/n/{link_token(delivery.pk)}/stop/")
    assert not ContactPoint.objects.get(user=people.maria, kind="email").is_usable
    assert ContactPoint.objects.get(user=people.maria, kind="sms").is_usable


@pytest.mark.usefixtures("only_premedication")
def test_a_link_that_was_switched_off_stays_off_when_its_message_waits_again(people: People) -> None:
    dispatch(LEAD)
    delivery = of(people.sam).get()
    links_revoke(person=people.sam, now=LEAD + MINUTE)
    provider_id = delivery.attempts.get().provider_id
    why = NotArrived(detail="unreachable", is_permanent=False)
    delivery_undelivered(delivery_id=delivery.pk, provider_id=provider_id, why=why, now=LEAD + 2 * MINUTE)
    delivery.refresh_from_db()
    assert not may_answer(delivery, LEAD + 3 * MINUTE)


@pytest.mark.usefixtures("only_premedication")
def test_without_quiet_hours_what_was_held_for_them_leaves(infusion: Infusion, people: People) -> None:
    infusion.steps.update(may_wake=False)
    NudgePreference.objects.update(quiet_from=time(22), quiet_until=time(9))
    assert dispatch(LEAD) == ["pending"] * 2
    quiet_hours_set(person=people.maria, quiet_from=None, quiet_until=None, now=LEAD + MINUTE)
    assert send(LEAD + MINUTE) == ["sent"]
    assert of(people.maria).get().status == "sent"


@pytest.mark.usefixtures("only_premedication")
def test_what_is_held_for_an_address_that_goes_off_is_decided_at_once(infusion: Infusion, people: People) -> None:
    infusion.steps.update(may_wake=False)
    NudgePreference.objects.update(quiet_from=time(22), quiet_until=time(9))
    ContactPoint.objects.filter(user=people.maria).exclude(kind="email").delete()
    dispatch(LEAD)
    point = ContactPoint.objects.get(user=people.maria)
    contact_point_off(contact_point=point, reason="STOP", now=LEAD + MINUTE, is_withdrawn=True)
    send(LEAD + MINUTE)
    found = of(people.maria).exclude(purpose="channel_off").get()
    assert (found.status, found.reason) == ("dropped", "contact point is switched off")


def test_stop_before_the_code_was_entered_is_a_stop(people: People) -> None:
    contact_point_add(person=people.maria, kind="sms", address="+12125550199", now=LEAD)
    assert "are off" in reply("please stop texting me", sender="+12125550199", now=LEAD + MINUTE)
    assert ContactPoint.objects.get(address="+12125550199").disabled_at == LEAD + MINUTE
