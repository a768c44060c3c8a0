"""Alarms ring, deliveries leave, and every end has a reason."""

from __future__ import annotations

from datetime import datetime, time, timedelta

import pytest
from django.conf import LazySettings
from django.core import mail
from django.db import IntegrityError, transaction

from ivig_care.accounts.models import ContactPoint, NudgePreference
from ivig_care.actions import deliveries as deliveries_module
from ivig_care.actions.alarms import alarms_ring
from ivig_care.actions.deliveries import deliveries_due, delivery_send
from ivig_care.actions.steps import step_tick, step_undo
from ivig_care.care_teams.models import Membership
from ivig_care.nudges.channels.base import Message, Receipt, SendFailed
from ivig_care.nudges.models import Delivery, DeliveryAttempt, OutboxMessage
from ivig_care.plans.models import Infusion, Step
from tests.actors import People

# The premedication of day 1 is due at 8:30 and first tells of itself half an hour before.
LEAD = datetime.fromisoformat("2026-06-15T08:00:00-07:00")
DUE = datetime.fromisoformat("2026-06-15T08:30:00-07:00")
MINUTE = timedelta(minutes=1)
QUARTER = timedelta(minutes=15)

pytestmark = pytest.mark.usefixtures("only_premedication")


@pytest.fixture
def only_premedication(infusion: Infusion) -> None:
    """Nothing rings but the two medicines of the premedication of day 1."""
    others = infusion.steps.exclude(slot__startswith="premedication.d1")
    others.update(is_nudged=False, next_nudge_at=None)


def dispatch(now: datetime) -> list[str | None]:
    """One round of what beat and worker do."""
    alarms_ring(now=now)
    return [delivery_send(delivery, now=now) for delivery in deliveries_due(now=now)]


def bodies(kind: str) -> list[str]:
    """What was sent, oldest first."""
    return list(OutboxMessage.objects.filter(kind=kind).order_by("pk").values_list("body", flat=True))


@pytest.fixture(autouse=True)
def _through_the_outbox(settings: LazySettings) -> None:
    settings.EMAIL_BACKEND = "ivig_care.nudges.channels.outbox.EmailBackend"


def test_one_email_and_one_text_per_person_however_many_steps(infusion: Infusion, people: People) -> None:
    assert dispatch(LEAD) == ["sent"] * 4
    sent = OutboxMessage.objects.values_list("kind", "to")
    assert sorted(sent) == [
        ("email", "maria@example.org"),
        ("email", "sam@example.org"),
        ("sms", "+12125550140"),
        ("sms", "+12125550141"),
    ]
    assert bodies("sms")[0] == ("ivig_care: 2 care steps coming up at 8:30 am. Open: http://127.0.0.1:8000/")


def test_lead_then_due_then_overdue_then_silence(infusion: Infusion) -> None:
    said: list[tuple[int, str]] = []
    for minute in range(-35, 120):
        dispatch(DUE + minute * MINUTE)
        said += [(minute, body.split("steps ")[1].split(" 8:30")[0]) for body in bodies("sms")[len(said) * 2 :: 2]]
    assert said == [(-30, "coming up at"), (0, "due at"), (15, "due at"), (30, "overdue since")]


def test_a_round_with_nothing_due_writes_nothing(infusion: Infusion) -> None:
    assert dispatch(LEAD - MINUTE) == []
    assert Delivery.objects.count() == 0


def test_ringing_twice_at_once_sends_once(infusion: Infusion) -> None:
    dispatch(LEAD)
    assert dispatch(LEAD) == []
    assert Delivery.objects.count() == 4


def test_ticking_silences_the_rest_even_what_is_queued(infusion: Infusion, people: People) -> None:
    alarms_ring(now=DUE)
    for step in infusion.steps.filter(slot__startswith="premedication.d1"):
        step_tick(step=step, by=people.sam, at=DUE, now=DUE)
    assert [delivery_send(pk, now=DUE) for pk in deliveries_due(now=DUE)] == ["dropped"] * 4
    assert set(Delivery.objects.values_list("reason", flat=True)) == {"nothing left to do"}
    assert dispatch(DUE + QUARTER) == []


def test_only_what_is_still_open_is_spoken_of(infusion: Infusion, people: People) -> None:
    alarms_ring(now=DUE)
    step = infusion.steps.get(slot="premedication.d1.diphenhydramine")
    step_tick(step=step, by=people.sam, at=DUE, now=DUE)
    for pk in deliveries_due(now=DUE):
        delivery_send(pk, now=DUE)
    assert bodies("sms")[0].startswith("ivig_care: 1 care step due at 8:30 am.")


def test_undoing_a_tick_rings_again(infusion: Infusion, people: People) -> None:
    step = infusion.steps.get(slot="premedication.d1.acetaminophen")
    step_tick(step=step, by=people.maria, at=LEAD, now=LEAD)
    step_undo(step=step, by=people.maria, now=LEAD + MINUTE)
    step.refresh_from_db()
    assert step.next_nudge_at == LEAD


def test_what_falls_due_within_a_quarter_of_an_hour_goes_in_one_message(infusion: Infusion) -> None:
    second = infusion.steps.get(slot="premedication.d1.diphenhydramine")
    Step.objects.filter(pk=second.pk).update(next_nudge_at=LEAD + 14 * MINUTE)
    dispatch(LEAD)
    assert bodies("sms")[0].startswith("ivig_care: 2 care steps")
    assert dispatch(LEAD + 14 * MINUTE) == []


def test_a_step_that_comes_too_late_for_a_message_waits_for_the_next_quarter(infusion: Infusion) -> None:
    second = infusion.steps.get(slot="premedication.d1.diphenhydramine")
    Step.objects.filter(pk=second.pk).update(next_nudge_at=None)
    dispatch(LEAD)
    Step.objects.filter(pk=second.pk).update(next_nudge_at=LEAD + MINUTE)
    assert dispatch(LEAD + MINUTE) == []
    second.refresh_from_db()
    assert second.next_nudge_at == LEAD + QUARTER
    assert dispatch(LEAD + QUARTER) == ["sent"] * 4


def test_the_database_forbids_a_second_message_in_a_quarter(infusion: Infusion) -> None:
    dispatch(LEAD)
    first = Delivery.objects.first()
    assert first is not None
    with pytest.raises(IntegrityError), transaction.atomic():
        Delivery.objects.create(
            contact_point=first.contact_point,
            quarter=first.quarter,
            created_at=LEAD,
            expires_at=DUE,
            next_attempt_at=LEAD,
        )


def test_nobody_outside_the_care_team_is_told(infusion: Infusion, people: People) -> None:
    dispatch(LEAD)
    assert not Delivery.objects.filter(contact_point__user__in=[people.tom, people.weiss, people.lee]).exists()


def test_quiet_hours_hold_what_may_not_wake(infusion: Infusion, people: People) -> None:
    infusion.steps.update(may_wake=False)
    NudgePreference.objects.filter(user=people.maria).update(quiet_from=time(22), quiet_until=time(8, 20))
    statuses = dispatch(LEAD)
    assert sorted(status or "" for status in statuses) == ["pending", "pending", "sent", "sent"]
    morning = LEAD + 20 * MINUTE
    assert dispatch(morning - MINUTE) == []
    assert dispatch(morning) == ["sent", "sent"]


def test_what_may_wake_breaks_through_quiet_hours(infusion: Infusion, people: People) -> None:
    NudgePreference.objects.update(quiet_from=time(22), quiet_until=time(9))
    assert dispatch(LEAD) == ["sent"] * 4


def test_what_is_held_and_what_comes_later_are_one_message(infusion: Infusion, people: People) -> None:
    infusion.steps.update(may_wake=False)
    NudgePreference.objects.update(quiet_from=time(22), quiet_until=time(8, 45))
    dispatch(LEAD)
    dispatch(DUE)
    assert dispatch(DUE + QUARTER) == ["sent"] * 4
    assert Delivery.objects.count() == 4


def test_a_person_who_left_the_care_team_is_not_told(infusion: Infusion, people: People) -> None:
    alarms_ring(now=DUE)
    Membership.objects.filter(user=people.sam).delete()
    for pk in deliveries_due(now=DUE):
        delivery_send(pk, now=DUE)
    left = Delivery.objects.filter(contact_point__user=people.sam)
    assert set(left.values_list("status", "reason")) == {("dropped", "no longer on the care team")}


def test_consent_withdrawn_silences_at_once(infusion: Infusion, people: People) -> None:
    alarms_ring(now=DUE)
    ContactPoint.objects.filter(user=people.maria).update(consented_at=None)
    for pk in deliveries_due(now=DUE):
        delivery_send(pk, now=DUE)
    hers = Delivery.objects.filter(contact_point__user=people.maria)
    assert set(hers.values_list("status", "reason")) == {("dropped", "contact point is switched off")}


def test_after_a_long_outage_nothing_stale_is_sent(infusion: Infusion) -> None:
    alarms_ring(now=LEAD)
    closed = infusion.steps.get(slot="premedication.d1.acetaminophen").closes_at
    assert dispatch(closed) == ["dropped"] * 4
    assert OutboxMessage.objects.count() == 0


def test_after_a_short_outage_one_message_says_that_it_is_late(infusion: Infusion) -> None:
    dispatch(DUE + 90 * MINUTE)
    assert [body.split(" Open")[0] for body in bodies("sms")] == ["ivig_care: 2 care steps overdue since 8:30 am."] * 2


class Failing:
    """A channel that cannot send."""

    def __init__(self, *, is_permanent: bool) -> None:
        self.is_permanent = is_permanent

    def send(self, message: Message) -> Receipt:
        """Never works."""
        raise SendFailed("550 no such mailbox", is_permanent=self.is_permanent)


def test_a_passing_failure_is_tried_again_and_gives_up_in_the_end(
    infusion: Infusion, monkeypatch: pytest.MonkeyPatch
) -> None:
    alarms_ring(now=LEAD)
    pk = deliveries_due(now=LEAD)[0]
    monkeypatch.setattr(deliveries_module, "channel_for", lambda kind: Failing(is_permanent=False))
    assert delivery_send(pk, now=LEAD) == "pending"
    delivery = Delivery.objects.get(pk=pk)
    assert delivery.next_attempt_at == LEAD + timedelta(seconds=30)
    assert delivery_send(pk, now=LEAD) is None
    now = delivery.next_attempt_at
    while (status := delivery_send(pk, now=now)) == "pending":
        now = Delivery.objects.get(pk=pk).next_attempt_at
    assert status == "failed"
    assert Delivery.objects.get(pk=pk).reason == "gave up: 550 no such mailbox"
    assert now < delivery.expires_at


def test_a_permanent_failure_switches_the_contact_point_off(
    infusion: Infusion, monkeypatch: pytest.MonkeyPatch
) -> None:
    alarms_ring(now=LEAD)
    pk = deliveries_due(now=LEAD)[0]
    monkeypatch.setattr(deliveries_module, "channel_for", lambda kind: Failing(is_permanent=True))
    assert delivery_send(pk, now=LEAD) == "failed"
    contact_point = Delivery.objects.get(pk=pk).contact_point
    assert (contact_point.disabled_at, contact_point.disabled_reason) == (LEAD, "550 no such mailbox")
    assert not contact_point.is_usable
    assert DeliveryAttempt.objects.get(delivery=pk).is_accepted is False


def test_what_a_dead_worker_left_is_taken_up_once_its_lease_is_over(infusion: Infusion) -> None:
    alarms_ring(now=LEAD)
    pk = deliveries_due(now=LEAD)[0]
    Delivery.objects.filter(pk=pk).update(status="sending", leased_until=LEAD + 2 * MINUTE)
    assert delivery_send(pk, now=LEAD + MINUTE) is None
    assert pk in deliveries_due(now=LEAD + 2 * MINUTE)
    assert delivery_send(pk, now=LEAD + 2 * MINUTE) == "sent"


def test_messages_hold_nothing_private(infusion: Infusion, settings: LazySettings) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    dispatch(LEAD)
    email = mail.outbox[0]
    words = " ".join([str(email.message()), *bodies("sms")]).lower()
    for private in ("lena", "moreno", "acetaminophen", "diphenhydramine", "octagam", "riverside", "ivig ", "mg"):
        assert private not in words
    assert all(len(body) <= 160 and body.isascii() for body in bodies("sms"))


def test_the_message_id_is_the_same_on_every_try(infusion: Infusion, settings: LazySettings) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    dispatch(LEAD)
    delivery = Delivery.objects.get(contact_point__address="maria@example.org")
    (email,) = (email for email in mail.outbox if email.to == ["maria@example.org"])
    assert email.extra_headers["Message-ID"] == f"<delivery-{delivery.pk}@127.0.0.1>"


def test_after_quiet_hours_the_next_message_waits_its_quarter(infusion: Infusion) -> None:
    infusion.steps.update(may_wake=False)
    NudgePreference.objects.update(quiet_from=time(22), quiet_until=time(8, 15))
    dispatch(LEAD)
    morning = LEAD + QUARTER
    assert dispatch(morning) == ["sent"] * 4
    Step.objects.filter(slot="premedication.d1.diphenhydramine").update(next_nudge_at=morning + MINUTE)
    assert dispatch(morning + MINUTE) == []
    assert dispatch(DUE) == ["sent"] * 4
