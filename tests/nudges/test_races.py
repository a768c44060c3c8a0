"""What happens between two looks: another dispatcher, a tick, an undo, a slow provider, clocks that differ."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, time, timedelta

import pytest
from django.conf import LazySettings

from ivig_care.accounts.models import NudgePreference, User
from ivig_care.actions import alarms
from ivig_care.actions import endings as endings_module
from ivig_care.actions.alarms import alarms_ring
from ivig_care.actions.claims import chunk_after, chunk_take
from ivig_care.actions.deliveries import deliveries_send
from ivig_care.actions.endings import Ending
from ivig_care.actions.infusions import infusion_day_move
from ivig_care.actions.replies import reply_take
from ivig_care.actions.steps import step_snooze, step_tick, step_undo
from ivig_care.care_teams.models import Membership, Role
from ivig_care.nudges.channels.base import Message, Receipt, SendFailed
from ivig_care.nudges.models import Delivery, OutboxMessage, Throttle
from ivig_care.plans.models import Dose, Infusion, Step
from tests.actors import People
from tests.conftest import ACTIVATED_AT, STARTS_AT
from tests.factories import ContactPointFactory, MembershipFactory, active_infusion
from tests.nudges.test_dispatch import (
    BUSY,
    DUE,
    LEAD,
    LOST,
    MINUTE,
    QUARTER,
    Failing,
    bodies,
    dispatch,
    of,
    only_maria,
    only_premedication,
    send,
    through,
)
from tests.nudges.test_hard_cases import change, first, second
from tests.web.messages import sent

__all__ = ["first", "only_maria", "only_premedication", "second"]
pytestmark = pytest.mark.usefixtures("only_premedication")
HOUR, SECOND = timedelta(hours=1), timedelta(seconds=1)
MARIA = "+12125550140"


@pytest.fixture(autouse=True)
def _through_the_outbox(settings: LazySettings) -> None:
    settings.EMAIL_BACKEND = "ivig_care.nudges.channels.outbox.EmailBackend"


def reply(number: int, now: datetime) -> str:
    return reply_take(provider_id=f"x{number}", sender=MARIA, body="1", now=now).answer


# --- replies ----------------------------------------------------------------------------------------------------------


def test_a_reply_to_what_is_done_answers_no_older_message(
    infusion: Infusion, people: People, first: Step, second: Step
) -> None:
    sent(infusion, people.maria, [second], sent_at=STARTS_AT - 2 * HOUR)
    sent(infusion, people.maria, [first], sent_at=STARTS_AT - 5 * MINUTE)
    step_tick(step=first, by=people.sam, at=STARTS_AT, now=STARTS_AT)
    assert "Please say which one" in reply(1, STARTS_AT + MINUTE)
    assert list(Dose.objects.values_list("step", flat=True)) == [first.pk]


def test_one_texted_twice_answers_no_older_message(
    infusion: Infusion, people: People, first: Step, second: Step
) -> None:
    sent(infusion, people.maria, [second], sent_at=STARTS_AT - 2 * HOUR, answered_at=STARTS_AT - HOUR)
    sent(infusion, people.maria, [first], sent_at=STARTS_AT - 5 * MINUTE)
    for number in range(2):
        reply(number, STARTS_AT + number * MINUTE)
    assert list(Dose.objects.values_list("step", flat=True)) == [first.pk]


# --- ringing ----------------------------------------------------------------------------------------------------------


@pytest.mark.usefixtures("only_maria")
def test_nothing_joins_what_may_have_left(
    people: People, first: Step, second: Step, monkeypatch: pytest.MonkeyPatch
) -> None:
    change(second, next_nudge_at=None)
    channel = through(monkeypatch, Failing(LOST, found=Receipt(provider_id="theirs")))
    assert dispatch(LEAD) == ["pending"]  # the provider has it, and its answer was lost
    change(second, next_nudge_at=LEAD + 5 * SECOND)
    alarms_ring(now=LEAD + 5 * SECOND)
    for minute in range(1, 18):
        send(LEAD + minute * MINUTE)
    assert [of(people.maria).count(), len(channel.sent)] == [2, 1]
    assert {delivery.steps.get() for delivery in of(people.maria)} == {first, second}


@pytest.mark.usefixtures("only_maria")
def test_company_that_somebody_else_rang_meanwhile_keeps_its_next_alarm(
    second: Step, monkeypatch: pytest.MonkeyPatch
) -> None:
    change(second, next_nudge_at=LEAD + 5 * MINUTE)
    _between_list_and_lock(monkeypatch, lambda: change(second, nudged_at=LEAD + 5 * MINUTE, next_nudge_at=DUE))
    alarms_ring(now=LEAD)
    second.refresh_from_db()
    assert second.next_nudge_at == DUE


@pytest.mark.usefixtures("only_maria")
def test_company_that_was_put_off_meanwhile_rings_at_the_end_of_its_snooze(
    people: People, second: Step, monkeypatch: pytest.MonkeyPatch
) -> None:
    change(second, next_nudge_at=LEAD + 5 * MINUTE, nudge_lead_minutes=25)
    _between_list_and_lock(monkeypatch, lambda: step_snooze(step=second, by=people.maria, minutes=40, now=LEAD))
    alarms_ring(now=LEAD)
    second.refresh_from_db()
    assert second.next_nudge_at == second.snoozed_until == LEAD + 40 * MINUTE


def _between_list_and_lock(monkeypatch: pytest.MonkeyPatch, happens: Callable[[], object]) -> None:
    real, calls = alarms._ringing, []

    def ringing() -> object:
        calls.append(1)
        if len(calls) == 2:
            happens()
        return real()

    monkeypatch.setattr(alarms, "_ringing", ringing)


def test_a_zone_that_cannot_be_read_keeps_nobody_else_waiting(infusion: Infusion, people: People) -> None:
    other = active_infusion(child=people.kai, by=people.lee, starts_at=STARTS_AT, at=ACTIVATED_AT)
    Infusion.objects.filter(pk=other.pk).update(zone="Mars/Olympus", next_briefing_at=LEAD)
    NudgePreference.objects.filter(user=people.sam).update(zone="Mars/Olympus")
    dispatch(LEAD)
    assert of(people.maria).get().status == "sent"


def test_a_clinic_that_was_woken_is_not_told_again_within_a_quarter(
    infusion: Infusion, people: People, first: Step, second: Step
) -> None:
    infusion.steps.update(may_wake=False)
    third = infusion.steps.filter(is_nudged=False).order_by("pk")[0]
    quiet = {"nudge_repeats": 0, "nudge_second_minutes": None}
    change(first, nudge_clinic_minutes=30, **quiet)
    change(second, nudge_clinic_minutes=40, may_wake=True, **quiet)
    change(
        third, is_nudged=True, may_wake=True, due_at=DUE, late_at=second.late_at, closes_at=second.closes_at, **quiet
    )
    change(third, nudge_clinic_minutes=45, nudge_lead_minutes=None, nudged_at=DUE + 40 * MINUTE)
    change(third, next_nudge_at=DUE + 45 * MINUTE)
    ContactPointFactory.create(user=people.weiss, address="weiss@example.org")
    NudgePreference.objects.create(user=people.weiss, zone="UTC", quiet_from=time(8), quiet_until=time(18))
    hers = OutboxMessage.objects.filter(to="weiss@example.org")
    heard = []
    for minute in range(70):
        before = hers.count()
        dispatch(DUE + minute * MINUTE)
        heard += [minute] * (hers.count() - before)
    assert heard == [40, 55]


def test_a_day_is_looked_ahead_to_on_its_own_clock(infusion: Infusion, people: People, first: Step) -> None:
    Membership.objects.filter(user=people.sam).delete()
    MembershipFactory.create(user=people.maria, child=people.kai, role=Role.GUARDIAN)
    kais = active_infusion(child=people.kai, by=people.lee, starts_at=STARTS_AT, at=ACTIVATED_AT)
    kais.steps.update(next_nudge_at=None)
    infusion.steps.update(next_nudge_at=None)
    morning = datetime.fromisoformat("2026-06-15T07:00:00-07:00")
    Infusion.objects.filter(pk=infusion.pk).update(zone="Europe/Berlin")
    Infusion.objects.filter(pk=kais.pk).update(next_briefing_at=morning)
    change(first, next_nudge_at=morning - 10 * SECOND, due_at=morning)
    for shift in (-5, 5):
        alarms_ring(now=morning + shift * SECOND)
    send(morning + 6 * SECOND)
    assert "Today: " in OutboxMessage.objects.get(to="maria@example.org").body


# --- undone -----------------------------------------------------------------------------------------------------------


@pytest.mark.usefixtures("only_maria")
def test_what_joined_a_message_held_overnight_rings_again_when_its_tick_is_undone(
    infusion: Infusion, people: People, first: Step, second: Step
) -> None:
    infusion.steps.update(may_wake=False, nudge_repeats=0, nudge_second_minutes=None)
    Infusion.objects.update(briefed_at=LEAD)
    NudgePreference.objects.filter(user=people.maria).update(quiet_from=time(22), quiet_until=time(9))
    change(second, next_nudge_at=DUE, nudge_lead_minutes=None)
    assert dispatch(LEAD) == ["pending"]
    dispatch(DUE)  # both are in the message begun at 8:00
    for step in (first, second):
        step_tick(step=step, by=people.maria, at=DUE, now=DUE + MINUTE)
    for step in (first, second):
        step_undo(step=step, by=people.maria, now=DUE + 2 * MINUTE)
    dispatch(DUE + 3 * MINUTE)
    assert dispatch(DUE + 30 * MINUTE) == ["sent"]


@pytest.mark.usefixtures("only_maria")
def test_a_try_that_did_not_work_forgets_no_step(
    infusion: Infusion, people: People, first: Step, monkeypatch: pytest.MonkeyPatch
) -> None:
    infusion.steps.update(nudge_repeats=0, nudge_second_minutes=None)
    Infusion.objects.update(briefed_at=LEAD)
    channel = through(monkeypatch, Failing(BUSY))
    alarms_ring(now=DUE)
    step_tick(step=first, by=people.maria, at=DUE, now=DUE + 5 * SECOND)
    assert send(DUE + 6 * SECOND) == ["pending"]
    step_undo(step=first, by=people.maria, now=DUE + 10 * SECOND)
    for minute in range(1, 30):
        dispatch(DUE + minute * MINUTE)
    assert ["2 care steps" in message.text for message in channel.sent] == [True]


# --- sending ----------------------------------------------------------------------------------------------------------


@pytest.mark.usefixtures("only_maria")
def test_a_clock_that_was_set_back_starves_nobody(people: People, settings: LazySettings) -> None:
    settings.PER_SECOND = {"email": 5.0}
    alarms_ring(now=LEAD)
    Throttle.objects.create(kind="email", tokens=0.0, filled_at=LEAD + HOUR)
    assert send(LEAD) == ["pending"]
    assert send(LEAD + MINUTE) == ["sent"]


@pytest.mark.usefixtures("only_maria", "first")
def test_company_is_told_though_the_clock_of_the_sender_is_behind(second: Step) -> None:
    change(second, next_nudge_at=LEAD + QUARTER, nudge_lead_minutes=15)
    alarms_ring(now=LEAD + timedelta(milliseconds=300))
    Delivery.objects.update(next_attempt_at=LEAD - MINUTE)
    send(LEAD - timedelta(milliseconds=200))
    assert "2 care steps" in bodies("email")[0]


def _many(count: int) -> None:
    """So many people who wait for one e-mail each."""
    for number in range(count):
        user = User.objects.create(email=f"p{number}@example.org", name="Person")
        Delivery.objects.create(
            person=user,
            contact_point=ContactPointFactory.create(user=user),
            kind="email",
            purpose="channel_off",
            occasion="once",
            created_at=LEAD,
            owed_at=LEAD,
            expires_at=LEAD + 3 * HOUR,
            next_attempt_at=LEAD,
        )


def test_a_provider_that_turns_slow_keeps_little_from_idle_workers(
    people: People, monkeypatch: pytest.MonkeyPatch
) -> None:
    _many(200)
    now, free = [LEAD], []

    class Slow(Failing):
        def send(self, message: Message) -> Receipt:
            now[0] += 5 * SECOND
            if len(self.sent) == 5:
                free.append(len(chunk_take("email", now=now[0], most=1000)[1]))
            return super().send(message)

    through(monkeypatch, Slow())
    most = chunk_after(100, seconds=0.05)  # the chunk before was quick
    deliveries_send(kind="email", clock=lambda: now[0], most=most)
    assert free == [179]  # one is being sent or was, and twenty are kept


@pytest.mark.parametrize("wrong", ["a NUL", "cannot be kept"])
def test_an_end_that_cannot_be_kept_holds_up_nobody_behind_it(
    people: People, wrong: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    _many(3)
    real = endings_module._failed

    def breaking(delivery: object, failure: SendFailed, ending: Ending) -> None:
        if wrong == "cannot be kept":
            raise RuntimeError("surprise")
        real(ending.delivery, failure, ending)

    monkeypatch.setattr(endings_module, "_failed", breaking)
    channel = through(monkeypatch, Failing(SendFailed("451 \0 busy", is_permanent=False)))
    while deliveries_send(kind="email", clock=lambda: LEAD):
        pass
    assert [message.to for message in channel.sent] == ["p1@example.org", "p2@example.org"]


@pytest.mark.usefixtures("only_maria")
def test_a_hold_that_meets_a_message_of_that_quarter_keeps_its_own_name(
    infusion: Infusion, people: People, monkeypatch: pytest.MonkeyPatch
) -> None:
    infusion.steps.update(may_wake=False)
    NudgePreference.objects.filter(user=people.maria).update(quiet_from=time(22), quiet_until=time(9))
    alarms_ring(now=LEAD)
    mine = of(people.maria).get()
    taken = "2026-06-15T16:00Z"
    Delivery.objects.create(
        person=people.maria,
        occasion=taken,
        kind="email",
        created_at=LEAD,
        owed_at=LEAD,
        expires_at=LEAD + HOUR,
        next_attempt_at=LEAD + HOUR,
    )
    # It is written between our look and our word.
    monkeypatch.setattr(Delivery.objects, "filter", _blind_once(Delivery.objects.filter, taken))
    send(LEAD)
    was = mine.occasion
    mine.refresh_from_db()
    assert (mine.status, mine.reason, mine.occasion) == ("pending", "quiet hours", was)


def _blind_once(real: Callable[..., object], occasion: str) -> Callable[..., object]:
    def blind(*args: object, **wanted: object) -> object:
        if wanted.get("occasion") == occasion:
            wanted = {**wanted, "occasion": "none"}
        return real(*args, **wanted)

    return blind


def test_when_no_other_try_would_be_in_time_the_other_way_is_taken_at_once(
    people: People, monkeypatch: pytest.MonkeyPatch
) -> None:
    class MailIsBusy(Failing):
        def send(self, message: Message) -> Receipt:
            if "@" in message.to:
                raise BUSY
            return super().send(message)

    channel = through(monkeypatch, MailIsBusy())
    alarms_ring(now=LEAD)
    Delivery.objects.exclude(person=people.maria).delete()
    of(people.maria).update(expires_at=LEAD + 15 * SECOND)
    for _ in range(2):
        send(LEAD)
    assert [message.to for message in channel.sent] == [MARIA]
    assert of(people.maria).get().attempts.count() == 2


def test_when_no_way_is_left_it_gives_up(people: People, monkeypatch: pytest.MonkeyPatch) -> None:
    through(monkeypatch, Failing(*[BUSY] * 9))
    alarms_ring(now=LEAD)
    Delivery.objects.exclude(person=people.maria).delete()
    of(people.maria).update(expires_at=LEAD + 15 * SECOND)
    for _ in range(2):
        send(LEAD)
    delivery = of(people.maria).get()
    assert (delivery.status, delivery.reason, delivery.attempts.count()) == ("failed", "gave up: 451 try later", 2)


@pytest.mark.usefixtures("only_maria")
def test_what_moves_to_before_it_was_told_of_as_coming_up_is_told_at_once(
    infusion: Infusion, people: People, first: Step
) -> None:
    infusion.steps.update(nudge_repeats=0, nudge_second_minutes=None)
    assert dispatch(LEAD) == ["sent"]  # coming up at 8:30
    day = infusion.days.get(number=1)
    infusion_day_move(day=day, planned_start=LEAD + 25 * MINUTE, by=people.weiss, now=LEAD + MINUTE)
    first.refresh_from_db()
    assert (first.due_at, first.next_nudge_at) == (LEAD - 5 * MINUTE, LEAD + MINUTE)
    Delivery.objects.filter(purpose="moved").delete()
    dispatch(LEAD + MINUTE)
    assert dispatch(LEAD + QUARTER) == ["sent"]
    assert "7:55 am" in bodies("email")[-1]


def test_a_provider_that_twice_in_a_row_acknowledges_nothing_gets_nothing_more_for_now(
    people: People, monkeypatch: pytest.MonkeyPatch
) -> None:
    _many(4)
    channel = through(monkeypatch, Failing(LOST, LOST))
    deliveries_send(kind="email", clock=lambda: LEAD)
    assert channel.sent == []
    waiting = Delivery.objects.order_by("pk")
    assert list(waiting.values_list("status", flat=True)) == ["pending"] * 4
    assert [delivery.begun_at is not None for delivery in waiting] == [True, True, False, False]
    assert all(delivery.next_attempt_at > LEAD for delivery in waiting)
