"""Alarms ring, deliveries leave, and every end has a reason."""

from __future__ import annotations

from datetime import datetime, time, timedelta

import pytest
from django.conf import LazySettings
from django.core import mail
from django.db import IntegrityError, transaction
from django.db.models import QuerySet

from ivig_care.accounts.models import ContactPoint, NudgePreference, User
from ivig_care.actions import claims
from ivig_care.actions import deliveries as deliveries_module
from ivig_care.actions.alarms import alarms_ring
from ivig_care.actions.claims import kinds_due, may_be_taken
from ivig_care.actions.deliveries import deliveries_send
from ivig_care.actions.steps import step_snooze, step_tick, step_undo
from ivig_care.care_teams.models import Duty, Membership, Told
from ivig_care.nudges.channels.base import CannotTell, Message, Receipt, SendFailed
from ivig_care.nudges.models import Delivery, DeliveryAttempt, OutboxMessage, Throttle
from ivig_care.nudges.outgoing import Outgoing
from ivig_care.plans.models import Infusion, Step
from tests.actors import People
from tests.factories import ContactPointFactory

# The premedication of day 1 is due at 8:30 and first tells of itself half an hour before.
LEAD = datetime.fromisoformat("2026-06-15T08:00:00-07:00")
DUE = datetime.fromisoformat("2026-06-15T08:30:00-07:00")
MINUTE = timedelta(minutes=1)
QUARTER = timedelta(minutes=15)

pytestmark = pytest.mark.usefixtures("only_premedication")


@pytest.fixture
def only_premedication(infusion: Infusion) -> None:
    """Nothing rings but the two medicines of the premedication of day 1, and no day is looked ahead to."""
    others = infusion.steps.exclude(slot__startswith="premedication.d1")
    others.update(is_nudged=False, next_nudge_at=None)
    Infusion.objects.update(next_briefing_at=None)


def send(now: datetime) -> list[str]:
    """Send what is due; how each of it ended, in the order in which it was written."""
    due = [*Delivery.objects.filter(may_be_taken(now)).order_by("pk").values_list("pk", flat=True)]
    for kind in kinds_due(now=now):
        while deliveries_send(kind=kind, clock=lambda: now):
            pass
    return [Delivery.objects.get(pk=pk).status for pk in due]


def dispatch(now: datetime) -> list[str]:
    """One round of what beat and worker do."""
    alarms_ring(now=now)
    return send(now)


def bodies(kind: str) -> list[str]:
    """What was sent, oldest first."""
    return list(OutboxMessage.objects.filter(kind=kind).order_by("pk").values_list("body", flat=True))


@pytest.fixture(autouse=True)
def _through_the_outbox(settings: LazySettings) -> None:
    settings.EMAIL_BACKEND = "ivig_care.nudges.channels.outbox.EmailBackend"


def of(user: User) -> QuerySet[Delivery]:
    """The deliveries to one person, oldest first."""
    return Delivery.objects.filter(person=user).order_by("pk")


def test_one_message_per_person_however_many_steps_and_contact_points(infusion: Infusion, people: People) -> None:
    assert dispatch(LEAD) == ["sent"] * 2
    assert sorted(OutboxMessage.objects.values_list("kind", "to")) == [
        ("email", "maria@example.org"),
        ("sms", "+12125550141"),
    ]
    assert bodies("sms")[0].startswith("ivig_care: 2 care steps coming up at 8:30 am. 1 done 2 skip 3 later http://")


def test_lead_then_due_then_overdue_then_the_second_then_silence(infusion: Infusion, people: People) -> None:
    Membership.objects.filter(user=people.sam).update(told=Told.SECOND)
    said: list[tuple[int, str, str]] = []
    for minute in range(-35, 150):
        before = OutboxMessage.objects.count()
        dispatch(DUE + minute * MINUTE)
        said += [
            (minute, message.to, message.body.split("steps ")[1].split(" 8:30")[0])
            for message in OutboxMessage.objects.order_by("pk")[before:]
        ]
    maria, sam = "maria@example.org", "+12125550141"
    assert said == [
        (-30, maria, "coming up at"),
        (0, maria, "due at"),
        (15, maria, "due at"),
        (30, maria, "overdue since"),
        (45, sam, "overdue since"),
    ]


def test_who_is_on_duty_is_told_first_and_everybody_else_second(infusion: Infusion, people: People) -> None:
    on = {"child": people.lena, "created_at": LEAD, "starts_at": LEAD - QUARTER, "ends_at": DUE + QUARTER}
    Duty.objects.create(user=people.sam, **on)
    dispatch(LEAD)
    assert list(OutboxMessage.objects.values_list("to", flat=True)) == ["+12125550141"]


def test_with_nobody_first_to_be_reached_the_second_is_told_at_once(infusion: Infusion, people: People) -> None:
    Membership.objects.filter(user=people.sam).update(told=Told.SECOND)
    ContactPoint.objects.filter(user=people.maria).update(disabled_at=LEAD)
    dispatch(LEAD)
    assert list(OutboxMessage.objects.values_list("to", flat=True)) == ["+12125550141"]
    hers = of(people.maria).get()
    assert (hers.status, hers.reason) == ("dropped", "no way to reach this person is switched on")


def test_the_clinic_hears_of_a_marked_step_that_nobody_answered(infusion: Infusion, people: People) -> None:
    infusion.steps.filter(next_nudge_at__isnull=False).update(nudge_clinic_minutes=60)
    ContactPointFactory.create(user=people.weiss, address="weiss@example.org")
    dispatch(DUE)
    assert not of(people.weiss).exists()
    dispatch(DUE + 60 * MINUTE)
    assert list(of(people.weiss).values_list("purpose", "status")) == [("clinic", "sent")]
    assert "2 checks have had no answer since 8:30 am." in bodies("email")[-1]


def test_a_round_with_nothing_due_writes_nothing(infusion: Infusion) -> None:
    assert dispatch(LEAD - MINUTE) == []
    assert Delivery.objects.count() == 0


def test_ringing_twice_at_once_sends_once(infusion: Infusion) -> None:
    dispatch(LEAD)
    assert dispatch(LEAD) == []
    assert Delivery.objects.count() == 2


def test_ticking_silences_the_rest_even_what_is_queued(infusion: Infusion, people: People) -> None:
    alarms_ring(now=DUE)
    for step in infusion.steps.filter(slot__startswith="premedication.d1"):
        step_tick(step=step, by=people.sam, at=DUE, now=DUE)
    assert set(Delivery.objects.values_list("status", "reason")) == {("dropped", "answered before it left")}
    assert send(DUE) == []
    assert dispatch(DUE + QUARTER) == []


def test_only_what_is_still_open_is_spoken_of(infusion: Infusion, people: People) -> None:
    alarms_ring(now=DUE)
    step = infusion.steps.get(slot="premedication.d1.diphenhydramine")
    step_tick(step=step, by=people.sam, at=DUE, now=DUE)
    send(DUE)
    assert bodies("sms")[0].startswith("ivig_care: 1 care step due at 8:30 am.")


def test_undoing_a_tick_rings_again_at_once(infusion: Infusion, people: People) -> None:
    step = infusion.steps.get(slot="premedication.d1.acetaminophen")
    step_tick(step=step, by=people.maria, at=LEAD, now=LEAD)
    step_undo(step=step, by=people.maria, now=LEAD + MINUTE)
    step.refresh_from_db()
    assert step.next_nudge_at == LEAD + MINUTE


def test_a_message_that_never_left_holds_up_no_other(infusion: Infusion, people: People) -> None:
    alarms_ring(now=DUE)
    first, second = infusion.steps.filter(slot__startswith="premedication.d1").order_by("slot")
    Step.objects.filter(pk=second.pk).update(next_nudge_at=None, is_nudged=False)
    Delivery.steps.through.objects.filter(step=second).delete()
    step_tick(step=first, by=people.maria, at=DUE, now=DUE)
    Step.objects.filter(pk=second.pk).update(next_nudge_at=DUE + MINUTE, is_nudged=True)
    assert dispatch(DUE + MINUTE) == ["sent"] * 2
    assert sorted(Delivery.objects.values_list("status", flat=True)) == ["dropped"] * 2 + ["sent"] * 2


def test_what_falls_due_within_a_quarter_of_an_hour_goes_in_one_message(infusion: Infusion) -> None:
    second = infusion.steps.get(slot="premedication.d1.diphenhydramine")
    Step.objects.filter(pk=second.pk).update(next_nudge_at=LEAD + 14 * MINUTE)
    dispatch(LEAD)
    assert bodies("sms")[0].startswith("ivig_care: 2 care steps")
    assert dispatch(LEAD + 14 * MINUTE) == []


def test_what_rings_too_late_for_a_message_waits_a_quarter_of_an_hour(infusion: Infusion) -> None:
    second = infusion.steps.get(slot="premedication.d1.diphenhydramine")
    Step.objects.filter(pk=second.pk).update(next_nudge_at=None)
    dispatch(LEAD)
    Step.objects.filter(pk=second.pk).update(next_nudge_at=LEAD + 7 * MINUTE)
    assert dispatch(LEAD + 7 * MINUTE) == []
    assert dispatch(LEAD + QUARTER - MINUTE) == []
    assert dispatch(LEAD + QUARTER) == ["sent"] * 2


def test_the_database_forbids_a_second_message_on_one_occasion(infusion: Infusion, people: People) -> None:
    dispatch(LEAD)
    first = of(people.maria).get()
    first.pk = None
    with pytest.raises(IntegrityError), transaction.atomic():
        first.save(force_insert=True)


def test_nobody_outside_the_care_team_is_told(infusion: Infusion, people: People) -> None:
    dispatch(LEAD)
    assert not Delivery.objects.filter(person__in=[people.tom, people.weiss, people.lee]).exists()


def test_quiet_hours_hold_what_may_not_wake(infusion: Infusion, people: People) -> None:
    infusion.steps.update(may_wake=False)
    NudgePreference.objects.filter(user=people.maria).update(quiet_from=time(22), quiet_until=time(8, 20))
    assert sorted(dispatch(LEAD)) == ["pending", "sent"]
    morning = LEAD + 20 * MINUTE
    assert dispatch(morning - MINUTE) == []
    assert dispatch(morning) == ["sent"]
    assert "late" not in bodies("email")[0]


def test_what_may_wake_breaks_through_quiet_hours(infusion: Infusion) -> None:
    NudgePreference.objects.update(quiet_from=time(22), quiet_until=time(9))
    assert dispatch(LEAD) == ["sent"] * 2


def test_what_is_held_and_what_comes_later_are_one_message(infusion: Infusion) -> None:
    infusion.steps.update(may_wake=False)
    NudgePreference.objects.update(quiet_from=time(22), quiet_until=time(8, 45))
    dispatch(LEAD)
    dispatch(DUE)
    assert dispatch(DUE + QUARTER) == ["sent"] * 2
    assert Delivery.objects.count() == 2


def test_what_may_wake_takes_along_what_was_held(infusion: Infusion) -> None:
    sleepy, urgent = infusion.steps.filter(slot__startswith="premedication.d1").order_by("slot")
    Step.objects.filter(pk=sleepy.pk).update(may_wake=False)
    Step.objects.filter(pk=urgent.pk).update(next_nudge_at=DUE)
    NudgePreference.objects.update(quiet_from=time(22), quiet_until=time(9))
    assert dispatch(LEAD) == ["pending"] * 2
    assert dispatch(DUE) == ["sent"] * 2
    assert bodies("sms")[0].startswith("ivig_care: 2 care steps due at 8:30 am.")


def test_after_quiet_hours_the_next_message_waits_its_quarter(infusion: Infusion) -> None:
    infusion.steps.update(may_wake=False)
    NudgePreference.objects.update(quiet_from=time(22), quiet_until=time(8, 15))
    dispatch(LEAD)
    morning = LEAD + QUARTER
    assert dispatch(morning) == ["sent"] * 2
    Step.objects.filter(slot="premedication.d1.diphenhydramine").update(next_nudge_at=morning + MINUTE)
    assert dispatch(morning + MINUTE) == []
    assert dispatch(DUE) == ["sent"] * 2


def test_a_person_who_left_the_care_team_is_not_told(infusion: Infusion, people: People) -> None:
    alarms_ring(now=DUE)
    Membership.objects.filter(user=people.sam).delete()
    send(DUE)
    assert list(of(people.sam).values_list("status", "reason")) == [("dropped", "no longer on the care team")]


def test_consent_withdrawn_silences_at_once(infusion: Infusion, people: People) -> None:
    alarms_ring(now=DUE)
    ContactPoint.objects.filter(user=people.maria).update(consented_at=None)
    send(DUE)
    assert list(of(people.maria).values_list("status", "reason")) == [("dropped", "contact point is switched off")]


def test_one_way_switched_off_leaves_the_other(infusion: Infusion, people: People) -> None:
    alarms_ring(now=DUE)
    ContactPoint.objects.filter(user=people.maria, kind="email").update(consented_at=None)
    send(DUE)
    assert send(DUE) == []
    assert [(one.status, one.kind) for one in of(people.maria)] == [("sent", "sms")]


def test_after_a_long_outage_nothing_stale_is_sent(infusion: Infusion) -> None:
    alarms_ring(now=LEAD)
    closed = infusion.steps.get(slot="premedication.d1.acetaminophen").closes_at
    assert dispatch(closed) == ["dropped"] * 2
    assert OutboxMessage.objects.count() == 0


def test_after_a_short_outage_one_message_says_that_it_is_late(infusion: Infusion) -> None:
    dispatch(DUE + 40 * MINUTE)
    assert [body.split(" 1 done")[0] for body in bodies("sms")] == [
        "ivig_care: 2 care steps overdue since 8:30 am. This comes late."
    ]
    assert dispatch(DUE + 44 * MINUTE) == []


class Failing:
    """A channel outside of this machine that works or not as it is told, and remembers what it was asked."""

    is_local = False

    def __init__(self, *failures: SendFailed, found: Receipt | CannotTell | None = None) -> None:
        self.failures = [*failures]
        self.found = found
        self.sent: list[Message] = []
        self.asked: list[str] = []

    def send(self, message: Message) -> Receipt:
        """Fails as long as failures are left."""
        if self.failures:
            raise self.failures.pop(0)
        self.sent.append(message)
        return Receipt(provider_id=f"provider-{len(self.sent)}")

    def find(self, message: Message, *, since: datetime) -> Receipt | None:
        """Answers as it was told to."""
        self.asked.append(message.key)
        if isinstance(self.found, CannotTell):
            raise self.found
        return self.found


BUSY = SendFailed("451 try later", is_permanent=False)
GONE = SendFailed("550 no such mailbox", is_permanent=True)
LOST = SendFailed("connection lost", is_permanent=False, is_unknown=True)
DOWN = SendFailed("connection refused", is_permanent=False, is_down=True)


@pytest.fixture
def only_maria(infusion: Infusion, people: People) -> None:
    """Only Maria is told, and only by e-mail."""
    Membership.objects.filter(user=people.sam).update(told=Told.NEVER)
    ContactPoint.objects.filter(user=people.maria, kind="sms").delete()


def through(monkeypatch: pytest.MonkeyPatch, channel: Failing) -> Failing:
    """Everything leaves through this channel."""
    monkeypatch.setattr(deliveries_module, "channel_for", lambda kind: channel)
    return channel


@pytest.mark.usefixtures("only_maria")
def test_a_passing_failure_is_tried_again_and_gives_up_in_the_end(
    people: People, monkeypatch: pytest.MonkeyPatch
) -> None:
    through(monkeypatch, Failing(*[BUSY] * 99))
    assert dispatch(LEAD) == ["pending"]
    delivery = of(people.maria).get()
    assert timedelta(seconds=20) < delivery.next_attempt_at - LEAD < timedelta(seconds=40)
    assert send(LEAD) == []
    now = delivery.next_attempt_at
    while (status := send(now)) == ["pending"]:
        now = of(people.maria).get().next_attempt_at
    delivery.refresh_from_db()
    assert (status, delivery.reason) == (["failed"], "gave up: 451 try later")
    assert now < delivery.expires_at
    assert set(delivery.attempts.values_list("outcome", flat=True)) == {"passing"}


def test_after_three_tries_the_next_way_is_tried(
    infusion: Infusion, people: People, monkeypatch: pytest.MonkeyPatch
) -> None:
    channel = through(monkeypatch, Failing(BUSY, BUSY, BUSY))
    Membership.objects.filter(user=people.sam).update(told=Told.NEVER)
    alarms_ring(now=LEAD)
    for _ in range(4):
        send(of(people.maria).get().next_attempt_at)
    assert [message.to for message in channel.sent] == ["+12125550140"]
    assert of(people.maria).get().status == "sent"


def test_a_permanent_failure_switches_off_falls_back_and_tells_the_other(
    infusion: Infusion, people: People, monkeypatch: pytest.MonkeyPatch
) -> None:
    alarms_ring(now=LEAD)
    of(people.sam).update(next_attempt_at=DUE)
    channel = through(monkeypatch, Failing(GONE))
    assert send(LEAD) == ["pending"]
    assert send(LEAD) == ["sent"] * 2
    email = ContactPoint.objects.get(user=people.maria, kind="email")
    assert (email.disabled_at, email.disabled_reason) == (LEAD, "550 no such mailbox")
    assert not email.is_usable
    assert list(of(people.maria).get().attempts.values_list("outcome", flat=True)) == ["permanent", "accepted"]
    assert list(of(people.sam).filter(purpose="channel_off").values_list("status", flat=True)) == ["sent"]
    assert [message.to for message in channel.sent] == ["+12125550140", "+12125550141"]


@pytest.mark.usefixtures("only_maria")
def test_without_another_way_a_permanent_failure_is_the_end(people: People, monkeypatch: pytest.MonkeyPatch) -> None:
    through(monkeypatch, Failing(GONE))
    assert dispatch(LEAD) == ["failed"]
    assert of(people.maria).get().reason == "550 no such mailbox"


@pytest.mark.usefixtures("only_maria")
def test_what_a_dead_worker_left_is_taken_up_once_its_lease_is_over(people: People) -> None:
    alarms_ring(now=LEAD)
    of(people.maria).update(status="sending", lease="other", leased_until=LEAD + 2 * MINUTE)
    assert send(LEAD + MINUTE) == []
    assert send(LEAD + 2 * MINUTE) == ["sent"]
    assert list(of(people.maria).get().attempts.values_list("outcome", flat=True)) == ["accepted"]
    assert not of(people.maria).get().is_possible_repeat


@pytest.mark.usefixtures("only_maria")
def test_what_was_in_flight_is_sent_again_and_says_so_where_nobody_can_tell(
    people: People, monkeypatch: pytest.MonkeyPatch
) -> None:
    channel = through(monkeypatch, Failing(found=CannotTell("no way to ask")))
    alarms_ring(now=LEAD)
    of(people.maria).update(status="sending", lease="other", leased_until=LEAD + MINUTE, begun_at=LEAD)
    assert send(LEAD + MINUTE) == ["sent"]
    assert "You may have had this before." in channel.sent[0].text
    delivery = of(people.maria).get()
    assert delivery.is_possible_repeat
    assert list(delivery.attempts.values_list("outcome", flat=True)) == ["unknown", "accepted"]


@pytest.mark.usefixtures("only_maria")
def test_what_the_provider_has_already_is_not_sent_again(people: People, monkeypatch: pytest.MonkeyPatch) -> None:
    channel = through(monkeypatch, Failing(LOST, found=Receipt(provider_id="theirs")))
    assert dispatch(LEAD) == ["pending"]
    assert send(of(people.maria).get().next_attempt_at) == ["sent"]
    assert channel.sent == []
    assert list(of(people.maria).get().attempts.values_list("outcome", "provider_id")) == [
        ("unknown", ""),
        ("accepted", "theirs"),
    ]


@pytest.mark.usefixtures("only_maria")
def test_what_the_provider_does_not_have_is_sent_and_is_no_repeat(
    people: People, monkeypatch: pytest.MonkeyPatch
) -> None:
    channel = through(monkeypatch, Failing(LOST, BUSY, found=None))
    dispatch(LEAD)
    for _ in range(2):
        send(of(people.maria).get().next_attempt_at)
    assert len(channel.asked) == 2
    assert len(channel.sent) == 1
    assert not of(people.maria).get().is_possible_repeat


def test_a_provider_that_is_down_is_not_asked_for_every_message(
    infusion: Infusion, people: People, monkeypatch: pytest.MonkeyPatch
) -> None:
    ContactPoint.objects.filter(user=people.sam, kind="sms").delete()
    channel = through(monkeypatch, Failing(DOWN))
    assert dispatch(LEAD) == ["pending"] * 2
    assert set(DeliveryAttempt.objects.values_list("detail", flat=True)) == {"connection refused"}
    assert len(channel.failures) == 0
    later = max(Delivery.objects.values_list("next_attempt_at", flat=True))
    send(later)
    assert len(channel.sent) == 2


@pytest.mark.usefixtures("only_maria")
def test_a_tick_while_others_are_being_sent_is_noticed_within_a_second(
    infusion: Infusion, people: People, monkeypatch: pytest.MonkeyPatch
) -> None:
    alarms_ring(now=LEAD)
    steps = list(infusion.steps.filter(slot__startswith="premedication.d1"))
    moments = iter([LEAD, LEAD + timedelta(seconds=1.5)])

    def slow_clock() -> datetime:
        now = next(moments, LEAD + timedelta(seconds=2))
        if now > LEAD:
            Step.objects.filter(pk__in=[step.pk for step in steps]).update(state="done", next_nudge_at=None)
        return now

    channel = through(monkeypatch, Failing())
    deliveries_send(kind="email", clock=slow_clock)
    assert channel.sent == []
    assert list(of(people.maria).values_list("status", "reason")) == [("dropped", "nothing left to do")]


@pytest.mark.usefixtures("only_maria")
def test_what_somebody_else_took_over_meanwhile_is_left_to_them(
    people: People, monkeypatch: pytest.MonkeyPatch
) -> None:
    alarms_ring(now=LEAD)
    channel = through(monkeypatch, Failing())
    taking = claims.chunk_take

    def taken_over(kind: str, *, now: datetime, most: int) -> tuple[str, list[Outgoing]]:
        result = taking(kind, now=now, most=most)
        of(people.maria).update(lease="theirs")
        return result

    monkeypatch.setattr(deliveries_module, "chunk_take", taken_over)
    deliveries_send(kind="email", clock=lambda: LEAD)
    assert channel.sent == []
    assert of(people.maria).get().lease == "theirs"


@pytest.mark.usefixtures("only_maria")
def test_a_provider_with_a_limit_gets_no_more_than_it_takes(people: People, settings: LazySettings) -> None:
    settings.PER_SECOND = {"email": 1.0}
    alarms_ring(now=LEAD)
    Throttle.objects.create(kind="email", tokens=0.0, filled_at=LEAD)
    assert send(LEAD) == ["pending"]
    assert send(LEAD + timedelta(seconds=1)) == ["sent"]


def test_messages_hold_nothing_private(infusion: Infusion, settings: LazySettings) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    dispatch(LEAD)
    email = mail.outbox[0]
    words = " ".join([str(email.message()), *bodies("sms")]).lower()
    for private in ("lena", "moreno", "acetaminophen", "diphenhydramine", "octagam", "riverside", "ivig ", " mg"):
        assert private not in words
    assert all(len(body) <= 160 and body.isascii() for body in bodies("sms"))


def test_the_message_id_is_the_same_on_every_try(infusion: Infusion, people: People, settings: LazySettings) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    dispatch(LEAD)
    (email,) = mail.outbox
    assert email.extra_headers["Message-ID"] == f"<delivery-{of(people.maria).get().pk}@127.0.0.1>"


def test_a_snoozed_step_is_told_of_once_more_at_its_end(infusion: Infusion, people: People) -> None:
    dispatch(DUE)
    for step in infusion.steps.filter(slot__startswith="premedication.d1"):
        step_snooze(step=step, by=people.maria, minutes=20, now=DUE + MINUTE)
    assert dispatch(DUE + QUARTER) == []
    assert dispatch(DUE + 21 * MINUTE) == ["sent"] * 2
    assert infusion.steps.filter(snoozes=1, snoozed_until=DUE + 21 * MINUTE).count() == 2


def test_a_snooze_that_is_not_over_is_not_rung_early_with_others(infusion: Infusion, people: People) -> None:
    dispatch(DUE)
    first, second = infusion.steps.filter(slot__startswith="premedication.d1").order_by("slot")
    step_snooze(step=first, by=people.maria, minutes=20, now=DUE + MINUTE)
    dispatch(DUE + QUARTER)
    step_tick(step=second, by=people.sam, at=DUE + QUARTER, now=DUE + QUARTER)
    dispatch(DUE + 21 * MINUTE)
    assert dispatch(DUE + 30 * MINUTE) == ["sent"] * 2
    assert bodies("sms")[-1].startswith("ivig_care: 1 care step overdue since 8:30 am.")


def test_a_step_that_rang_along_can_be_snoozed_for_less(infusion: Infusion, people: People) -> None:
    second = infusion.steps.get(slot="premedication.d1.diphenhydramine")
    Step.objects.filter(pk=second.pk).update(next_nudge_at=LEAD + 14 * MINUTE)
    dispatch(LEAD)
    for step in infusion.steps.filter(slot__startswith="premedication.d1"):
        Step.objects.filter(pk=step.pk).update(nudge_lead_minutes=25)
        step.refresh_from_db()
        step_snooze(step=step, by=people.maria, minutes=15, now=LEAD + 5 * MINUTE)
    assert set(infusion.steps.filter(snoozes=1).values_list("next_nudge_at", flat=True)) == {LEAD + 20 * MINUTE}


def test_snoozing_silences_what_is_queued(infusion: Infusion, people: People) -> None:
    alarms_ring(now=DUE)
    for step in infusion.steps.filter(slot__startswith="premedication.d1"):
        step_snooze(step=step, by=people.maria, minutes=15, now=DUE)
    assert set(Delivery.objects.values_list("status", "reason")) == {("dropped", "put off")}
    assert dispatch(DUE + QUARTER) == ["sent"] * 2
