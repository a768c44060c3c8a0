"""What goes wrong only now and then: each of these once lost a message, sent one too many, or said something untrue."""

from __future__ import annotations

import itertools
from datetime import datetime, time, timedelta
from functools import partial

import pytest
from django.conf import LazySettings

from ivig_care.accounts.models import ContactPoint, NudgePreference, User
from ivig_care.actions.alarms import alarms_ring
from ivig_care.actions.checklists import alarm_set
from ivig_care.actions.claims import kinds_due
from ivig_care.actions.contact_points import contact_point_add, links_revoke
from ivig_care.actions.deliveries import deliveries_send
from ivig_care.actions.notices import infusion_moved_tell
from ivig_care.actions.receipts import NotArrived, delivery_undelivered
from ivig_care.actions.steps import step_tick, step_undo
from ivig_care.care_teams.models import Membership, Told
from ivig_care.common import clock
from ivig_care.nudges import channels
from ivig_care.nudges import prospects as prospects_module
from ivig_care.nudges.channels.base import CannotTell, Message, Receipt
from ivig_care.nudges.links import link_opens
from ivig_care.nudges.models import Delivery, OutboxMessage, Throttle
from ivig_care.nudges.outgoing import Outgoing
from ivig_care.nudges.words import DaysAhead
from ivig_care.plans.models import Infusion, Step
from ivig_care.worker import tasks
from tests.actors import People
from tests.factories import ContactPointFactory
from tests.nudges.test_dispatch import (
    BUSY,
    DOWN,
    DUE,
    GONE,
    LEAD,
    LOST,
    MINUTE,
    QUARTER,
    Failing,
    bodies,
    dispatch,
    of,
    send,
    through,
)
from tests.nudges.test_dispatch import _through_the_outbox as _through_the_outbox
from tests.nudges.test_dispatch import only_maria as only_maria
from tests.nudges.test_dispatch import only_premedication as only_premedication

SECOND = timedelta(seconds=1)
ONLY_MARIA = pytest.mark.usefixtures("only_maria")

pytestmark = pytest.mark.usefixtures("only_premedication")


@pytest.fixture
def first(infusion: Infusion) -> Step:
    """The one medicine of the premedication."""
    return infusion.steps.get(slot="premedication.d1.acetaminophen")


@pytest.fixture
def second(infusion: Infusion) -> Step:
    """The other one."""
    return infusion.steps.get(slot="premedication.d1.diphenhydramine")


def change(step: Step, **fields: object) -> None:
    """Put these values into the row, whatever an action would say."""
    Step.objects.filter(pk=step.pk).update(**fields)


def _still(now: datetime) -> datetime:
    """A clock that stands."""
    return now


class Breaking(Failing):
    """A channel that breaks on one address."""

    def __init__(self, address: str) -> None:
        super().__init__(found=CannotTell("no"))
        self.address = address

    def send(self, message: Message) -> Receipt:
        """Raises what nobody expects."""
        if message.to == self.address:
            raise KeyError("surprise")
        return super().send(message)


# --- lost, or much too late -------------------------------------------------------------------


def test_a_message_that_breaks_the_channel_holds_up_no_other(
    infusion: Infusion, people: People, monkeypatch: pytest.MonkeyPatch
) -> None:
    ContactPoint.objects.filter(kind="sms").update(kind="email")
    channel = through(monkeypatch, Breaking("maria@example.org"))
    dispatch(LEAD)
    assert [message.to for message in channel.sent] == ["+12125550141"]
    assert list(of(people.maria).get().attempts.values_list("detail", flat=True)) == ["broke off: KeyError"]


def test_a_message_that_cannot_be_worked_out_holds_up_no_other(
    infusion: Infusion, people: People, monkeypatch: pytest.MonkeyPatch
) -> None:
    alarms_ring(now=LEAD)
    of(people.maria).update(briefing_on=LEAD.date())

    def broken(delivery: Outgoing, days: DaysAhead, *, now: datetime) -> None:
        raise KeyError("surprise")

    monkeypatch.setattr(prospects_module, "ahead_of", broken)
    assert send(LEAD) == ["pending", "sent"]
    assert of(people.maria).get().reason == "cannot be worked out: KeyError"


@pytest.mark.parametrize("sender", ["Care, Team <care@example.org>", "care@", "care\n@example.org", ""])
def test_a_wrong_sender_of_ours_switches_nobody_off(infusion: Infusion, settings: LazySettings, sender: str) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 9
    settings.DEFAULT_FROM_EMAIL = sender
    channels._channel.cache_clear()
    dispatch(LEAD)
    assert not ContactPoint.objects.filter(disabled_at__isnull=False).exists()


@ONLY_MARIA
def test_a_tick_by_mistake_that_silenced_the_only_message_is_made_good(infusion: Infusion, people: People) -> None:
    infusion.steps.update(may_wake=False, nudge_repeats=0, nudge_second_minutes=None)
    NudgePreference.objects.filter(user=people.maria).update(quiet_from=time(22), quiet_until=time(8, 50))
    assert dispatch(DUE) == ["pending"]
    steps = list(infusion.steps.filter(slot__startswith="premedication.d1"))
    for step in steps:
        step_tick(step=step, by=people.maria, at=DUE, now=DUE + MINUTE)
    for step in steps:
        step_undo(step=step, by=people.maria, now=DUE + 2 * MINUTE)
    dispatch(DUE + 2 * MINUTE)
    assert dispatch(DUE + 20 * MINUTE) == ["sent"]


@ONLY_MARIA
def test_a_slow_database_does_not_keep_it_reading_for_ever(people: People, monkeypatch: pytest.MonkeyPatch) -> None:
    alarms_ring(now=LEAD)
    channel, count = through(monkeypatch, Failing()), itertools.count()
    deliveries_send(kind="email", clock=lambda: LEAD + next(count) * 1.1 * SECOND)
    assert len(channel.sent) == 1


def test_a_snooze_that_the_step_has_outgrown_silences_nothing(infusion: Infusion, first: Step, second: Step) -> None:
    change(second, is_nudged=False, next_nudge_at=None)
    change(
        first,
        snoozed_until=DUE + 10 * MINUTE,
        snoozes=1,
        due_at=DUE - 20 * MINUTE,
        late_at=DUE - 10 * MINUTE,
        closes_at=DUE + 5 * MINUTE,
        next_nudge_at=DUE - 20 * MINUTE,
    )
    assert dispatch(DUE - 20 * MINUTE) == ["sent"] * 2


def test_a_step_that_rang_along_and_then_moved_earlier_rings_again(infusion: Infusion, first: Step) -> None:
    change(first, next_nudge_at=LEAD + 14 * MINUTE, nudge_lead_minutes=16, nudge_repeats=0, nudge_second_minutes=None)
    dispatch(LEAD)
    first.refresh_from_db()
    earlier = timedelta(minutes=20)
    first.due_at, first.late_at, first.closes_at = first.due_at - earlier, first.late_at - earlier, first.closes_at
    alarm_set(first, now=LEAD + MINUTE)
    assert first.next_nudge_at == first.due_at


@ONLY_MARIA
def test_what_would_be_over_before_the_quarter_is_told_at_once(people: People, second: Step) -> None:
    change(second, next_nudge_at=None)
    dispatch(LEAD)
    change(
        second,
        next_nudge_at=LEAD + MINUTE,
        due_at=LEAD,
        late_at=LEAD + 5 * MINUTE,
        closes_at=LEAD + 11 * MINUTE,
        nudge_lead_minutes=None,
    )
    dispatch(LEAD + MINUTE)
    assert list(of(people.maria).values_list("status", flat=True)) == ["sent", "sent"]


def test_while_mail_is_down_everybody_hears_by_text_within_minutes(
    infusion: Infusion, people: People, monkeypatch: pytest.MonkeyPatch
) -> None:
    class MailIsDown(Failing):
        def send(self, message: Message) -> Receipt:
            if "@" in message.to:
                raise DOWN
            return super().send(message)

    channel, heard = through(monkeypatch, MailIsDown()), dict[str, int]()
    for number in range(20):
        user = User.objects.create(email=f"p{number}@example.org", name="p")
        point = ContactPointFactory.create(user=user)
        ContactPointFactory.create(user=user, kind="sms", address=f"+1212555{number:04}", rank=1)
        Delivery.objects.create(
            person=user,
            contact_point=point,
            kind="email",
            purpose="channel_off",
            occasion="x",
            created_at=LEAD,
            owed_at=LEAD,
            expires_at=LEAD + timedelta(hours=3),
            next_attempt_at=LEAD,
        )
    for minute in range(12):
        now = LEAD + minute * MINUTE
        for kind in kinds_due(now=now):
            while deliveries_send(kind=kind, clock=partial(_still, now)):
                pass
        heard |= {message.to: minute for message in channel.sent if message.to not in heard}
    assert len(heard) == 20


def test_a_limited_provider_is_used_until_the_next_look(people: People, settings: LazySettings) -> None:
    settings.PER_SECOND, settings.DISPATCH_SECONDS = {"email": 20.0}, 10.0
    now = clock.now()
    point = ContactPoint.objects.get(user=people.maria, kind="email")
    Throttle.objects.create(kind="email", tokens=1.0, filled_at=now)
    for number in range(6):
        Delivery.objects.create(
            person=people.maria,
            contact_point=point,
            kind="email",
            purpose="test",
            occasion=f"test {number}",
            created_at=now,
            owed_at=now,
            expires_at=now + QUARTER,
            next_attempt_at=now,
        )
    tasks.deliveries_pump("email")
    assert Delivery.objects.filter(status="sent").count() == 6


@ONLY_MARIA
def test_only_what_is_sent_counts_against_a_limit(settings: LazySettings) -> None:
    settings.PER_SECOND = {"email": 5.0}
    Throttle.objects.create(kind="email", tokens=5.0, filled_at=LEAD)
    dispatch(LEAD)
    assert Throttle.objects.get().tokens == 4.0


# --- one too many -----------------------------------------------------------------------------


@ONLY_MARIA
def test_a_retry_keeps_its_distance_from_what_was_sent_meanwhile(
    people: People, second: Step, monkeypatch: pytest.MonkeyPatch
) -> None:
    change(second, next_nudge_at=None)
    channel = through(monkeypatch, Failing())
    alarms_ring(now=LEAD)
    of(people.maria).update(status="sending", lease="x", leased_until=LEAD + MINUTE)
    change(second, next_nudge_at=LEAD + 5 * SECOND)
    alarms_ring(now=LEAD + 15 * SECOND)
    older = of(people.maria).first()
    assert older is not None
    of(people.maria).filter(pk=older.pk).update(
        status="pending", lease="", leased_until=None, next_attempt_at=LEAD + 14 * MINUTE
    )
    times: list[int] = []
    for minute in range(60):
        before = len(channel.sent)
        send(LEAD + minute * MINUTE)
        times += [minute] * (len(channel.sent) - before)
    assert len(times) == 2
    assert times[1] - times[0] >= 15


@ONLY_MARIA
def test_two_that_wait_for_the_morning_do_not_both_leave_then(infusion: Infusion, people: People, second: Step) -> None:
    infusion.steps.update(may_wake=False)
    NudgePreference.objects.update(quiet_from=time(22), quiet_until=time(9))
    change(second, next_nudge_at=None)
    alarms_ring(now=LEAD)
    one = of(people.maria).get()
    of(people.maria).update(status="sending", lease="x", leased_until=LEAD + MINUTE)
    change(second, next_nudge_at=LEAD)
    alarms_ring(now=LEAD)
    of(people.maria).filter(pk=one.pk).update(status="pending", lease="", leased_until=None)
    sent = [minute for minute in range(62) for status in dispatch(LEAD + minute * MINUTE) if status == "sent"]
    assert sent == [60]


@ONLY_MARIA
def test_who_gets_every_try_that_may_have_left_gets_no_more_than_three(
    infusion: Infusion, people: People, monkeypatch: pytest.MonkeyPatch
) -> None:
    handed_over: list[str] = []

    class TakesAndSaysNothing(Failing):
        def send(self, message: Message) -> Receipt:
            handed_over.append(message.key)
            raise LOST

    through(monkeypatch, TakesAndSaysNothing(found=CannotTell("no")))
    infusion_moved_tell(infusion, starts_at=LEAD + timedelta(days=7), now=LEAD)
    for _ in range(10):
        send(of(people.maria).get().next_attempt_at)
    delivery = of(people.maria).get()
    assert (len(handed_over), delivery.status, delivery.reason) == (3, "failed", "may have left: connection lost")


def test_another_way_after_an_unknown_end_says_that_it_may_be_a_repeat(
    infusion: Infusion, people: People, monkeypatch: pytest.MonkeyPatch
) -> None:
    channel = through(monkeypatch, Failing(BUSY, BUSY, LOST))
    Membership.objects.filter(user=people.sam).update(told=Told.NEVER)
    alarms_ring(now=LEAD)
    for _ in range(4):
        send(of(people.maria).get().next_attempt_at)
    assert [message.is_possible_repeat for message in channel.sent] == [True]


# --- better not said --------------------------------------------------------------------------


def test_a_move_is_not_told_to_somebody_who_has_left(infusion: Infusion, people: People) -> None:
    infusion_moved_tell(infusion, starts_at=LEAD + timedelta(days=7), now=LEAD)
    Membership.objects.filter(user=people.sam).delete()
    send(LEAD + 5 * MINUTE)
    assert list(of(people.sam).values_list("status", "reason")) == [("dropped", "no longer on the care team")]


def test_who_does_not_want_to_be_told_any_more_is_not_told_what_waits(infusion: Infusion, people: People) -> None:
    alarms_ring(now=LEAD)
    Membership.objects.filter(user=people.sam).update(told=Told.NEVER)
    send(LEAD)
    assert list(of(people.sam).values_list("status", flat=True)) == ["dropped"]


def test_a_mistyped_number_alarms_nobody(people: People, monkeypatch: pytest.MonkeyPatch) -> None:
    through(monkeypatch, Failing(GONE))
    contact_point_add(person=people.maria, kind="sms", address="+12125550199", now=LEAD)
    send(LEAD)
    assert not Delivery.objects.filter(purpose="channel_off").exists()


def test_the_clinic_hears_nothing_ahead_of_its_time(infusion: Infusion, people: People, second: Step) -> None:
    ContactPointFactory.create(user=people.weiss, address="weiss@example.org")
    change(second, nudge_clinic_minutes=44, nudge_repeats=0, nudge_second_minutes=None)
    for minutes in (-30, 0, 15, 30):
        dispatch(DUE + minutes * MINUTE)
    assert not of(people.weiss).exists()
    dispatch(DUE + 44 * MINUTE)
    assert of(people.weiss).exists()


# --- words and honesty ------------------------------------------------------------------------


def test_what_was_missed_untold_was_too_late_and_not_unneeded(infusion: Infusion, first: Step) -> None:
    alarms_ring(now=LEAD)
    send(first.closes_at)
    assert set(Delivery.objects.values_list("reason", flat=True)) == {"too late to be useful"}


def test_overdue_is_since_the_step_that_is_overdue(infusion: Infusion, first: Step) -> None:
    change(first, due_at=DUE - 30 * MINUTE, late_at=DUE + 120 * MINUTE)
    alarms_ring(now=LEAD)
    send(DUE + 30 * MINUTE)
    assert bodies("sms")[0].startswith("ivig_care: 1 care step overdue since 8:30 am, and 1 more.")


def test_what_was_woken_and_then_held_up_says_that_it_is_late(infusion: Infusion, first: Step, second: Step) -> None:
    change(first, may_wake=False)
    change(second, next_nudge_at=DUE)
    NudgePreference.objects.update(quiet_from=time(22), quiet_until=time(9))
    dispatch(LEAD)
    alarms_ring(now=DUE)
    send(DUE + 25 * MINUTE)
    assert "This comes late." in bodies("sms")[0]


@ONLY_MARIA
def test_links_that_were_revoked_while_a_message_waited_work_in_that_message(
    infusion: Infusion, people: People
) -> None:
    infusion.steps.update(may_wake=False)
    NudgePreference.objects.filter(user=people.maria).update(quiet_from=time(22), quiet_until=time(8, 20))
    dispatch(LEAD)
    links_revoke(person=people.maria, now=LEAD + MINUTE)
    assert dispatch(LEAD + 20 * MINUTE) == ["sent"]
    assert link_opens(of(people.maria).get(), LEAD + 21 * MINUTE)


@ONLY_MARIA
def test_a_report_that_is_quicker_than_we_are_is_not_written_over(
    infusion: Infusion, people: People, monkeypatch: pytest.MonkeyPatch
) -> None:
    ContactPointFactory.create(user=people.maria, kind="sms", address="+12125550140", rank=5)

    class ReportedAtOnce(Failing):
        def send(self, message: Message) -> Receipt:
            receipt = super().send(message)
            if "@" in message.to:
                why = NotArrived(detail="mailbox full", is_permanent=False)
                key = of(people.maria).get().pk
                delivery_undelivered(delivery_id=key, provider_id=receipt.provider_id, why=why, now=LEAD)
            return receipt

    channel = through(monkeypatch, ReportedAtOnce())
    dispatch(LEAD)
    send(LEAD)
    assert [message.to for message in channel.sent] == ["maria@example.org", "+12125550140"]
    assert of(people.maria).get().status == "sent"


def test_a_sent_message_counts_its_try(infusion: Infusion) -> None:
    dispatch(LEAD)
    assert set(Delivery.objects.values_list("tries", flat=True)) == {1}
    assert OutboxMessage.objects.count() == 2
