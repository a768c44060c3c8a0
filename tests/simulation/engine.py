"""The real engine plays the month: rows, actions and dispatch as they are, with channels that only take notes."""

from __future__ import annotations

import random
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from functools import cached_property
from unittest.mock import patch

from django.db.models import Min

from ivig_care.accounts.models import ContactPoint, NudgePreference, User
from ivig_care.actions import checklists, deliveries, endings
from ivig_care.actions.alarms import alarms_ring
from ivig_care.actions.checklists import alarm_set, briefing_set, checklist_refresh, checklists_close, infusion_lock
from ivig_care.actions.claims import kinds_due
from ivig_care.actions.deliveries import deliveries_send
from ivig_care.actions.errors import Refused
from ivig_care.actions.infusions import infusion_cancel, infusion_day_move
from ivig_care.actions.steps import step_skip, step_snooze, step_tick, step_undo
from ivig_care.care_teams import models as care_teams
from ivig_care.care_teams.models import Clinic, Membership, Role
from ivig_care.nudges.channels.base import CannotTell, Message, Receipt, SendFailed
from ivig_care.nudges.messages import message_for
from ivig_care.nudges.models import Delivery
from ivig_care.nudges.prospects import Prospect
from ivig_care.plans.models import Infusion, InfusionDay, Plan, Step
from ivig_care.protocols.models import Protocol, ProtocolVersion
from ivig_care.regimen.changes import Action, Change
from ivig_care.regimen.dated import Basis, DatedStep
from ivig_care.regimen.protocol import Actor, Kind
from ivig_care.regimen.steps import SkipReason, State
from ivig_care.regimen.timing import Window
from tests.simulation.story import TICK, Event, Fault, Sent, Story, Times, What

LONG_AGO = datetime(2026, 9, 1, tzinfo=UTC)
ZERO = timedelta()


def told_by_the_engine(story: Story) -> list[Sent]:
    """What the people of a story were told, and when; rows are written into the database of the test."""
    _rows_write(story)
    playing = _Playing(story)
    with playing.wired():
        playing.play()
    return sorted(playing.sent, key=lambda sent: (sent.at, sent.person, sent.purpose))


# --- the rows ---------------------------------------------------------------------------------------------------------


def _rows_write(story: Story) -> None:
    """Everybody and everything of the story, under the story's own keys."""
    _people_write(story)
    _teams_write(story)
    version = _version()
    prescriber = story.people[0].key
    plans = [
        Plan(pk=one.key, child_id=one.child, version=version, status=Plan.Status.ACTIVE, prescribed_by_id=prescriber)
        for one in story.courses
    ]
    Plan.objects.bulk_create(plans)
    zone_of = {child.key: child.zone for child in story.children}
    Infusion.objects.bulk_create(
        Infusion(pk=one.key, plan_id=one.key, zone=zone_of[one.child]) for one in story.courses
    )
    InfusionDay.objects.bulk_create(
        InfusionDay(infusion_id=one.key, number=number, planned_start=start)
        for one in story.courses
        for number, start in enumerate(one.days)
    )
    steps = list(_steps(story))
    for step in steps:
        alarm_set(step, now=story.begins)
    Step.objects.bulk_create(steps)
    infusions = list(Infusion.objects.select_related("plan"))
    for infusion in infusions:
        briefing_set(infusion, now=story.begins)
    Infusion.objects.bulk_update(infusions, ["next_briefing_at"])


def _people_write(story: Story) -> None:
    User.objects.bulk_create(
        User(pk=one.key, email=f"person{one.key}@example.org", name=f"Person {one.key}") for one in story.people
    )
    NudgePreference.objects.bulk_create(
        NudgePreference(user_id=one.key, zone=one.zone, quiet_from=one.quiet_from, quiet_until=one.quiet_until)
        for one in story.people
    )
    ContactPoint.objects.bulk_create(
        ContactPoint(
            pk=one.key,
            user_id=one.person,
            kind=one.kind,
            address=str(one.key),
            rank=one.rank,
            verified_at=LONG_AGO,
            consented_at=LONG_AGO if one.is_usable else None,
        )
        for one in story.contacts
    )


def _teams_write(story: Story) -> None:
    clinics = {child.clinic for child in story.children} | {one.clinic for one in story.members if one.clinic}
    Clinic.objects.bulk_create(
        Clinic(pk=key, name=f"Clinic {key}", country="US", zone="UTC", phone="+1 212 555 0147", emergency_number="911")
        for key in clinics
    )
    care_teams.Child.objects.bulk_create(
        care_teams.Child(
            pk=one.key, clinic_id=one.clinic, given_name="A", family_name="B", born_on=date(2017, 4, 2), zone=one.zone
        )
        for one in story.children
    )
    care_teams.ClinicLink.objects.bulk_create(
        care_teams.ClinicLink(child_id=one.key, clinic_id=one.clinic, offered_at=LONG_AGO) for one in story.children
    )
    Membership.objects.bulk_create(
        Membership(
            pk=one.key,
            user_id=one.person,
            child_id=one.child,
            clinic_id=one.clinic,
            role=Role.CLINICIAN if one.child is None else Role.GUARDIAN,
            told=one.told.value,
        )
        for one in story.members
    )
    care_teams.Duty.objects.bulk_create(
        care_teams.Duty(
            pk=one.key,
            child_id=one.child,
            user_id=one.person,
            starts_at=one.starts_at,
            ends_at=one.ends_at,
            created_at=story.begins,
        )
        for one in story.duties
    )


def _version() -> ProtocolVersion:
    protocol = Protocol.objects.create(slug="simulated", name="Simulated")
    return ProtocolVersion.objects.create(protocol=protocol, number=1, document={})


def _steps(story: Story) -> Iterator[Step]:
    for one in story.things:
        yield Step(
            pk=one.key,
            infusion_id=one.course,
            slot=str(one.key),
            kind=Kind.TASK,
            actor=Actor.FAMILY,
            title=f"Step {one.key}",
            opens_at=one.times.due - timedelta(hours=1),
            due_at=one.times.due,
            late_at=one.times.late,
            closes_at=one.times.closes,
            is_nudged=True,
            nudge_lead_minutes=_minutes(one.lead),
            nudge_repeat_minutes=_minutes(one.every),
            nudge_repeats=one.repeats,
            nudge_second_minutes=_minutes(one.second),
            nudge_clinic_minutes=_minutes(one.clinic),
            may_wake=one.wakes,
        )


def _minutes(length: timedelta | None) -> int | None:
    return None if length is None else round(length.total_seconds() / 60)


# --- the channels -----------------------------------------------------------------------------------------------------


@dataclass
class _Notes:
    """One way out of the machine that takes notes, and fails as the story says."""

    playing: _Playing
    is_local: bool

    def send(self, message: Message) -> Receipt:
        """Take it, or fail. Raises SendFailed."""
        contact = int(message.to)
        fault = self.playing.fault(contact)
        if fault in (None, Fault.UNKNOWN_HAS_IT, Fault.UNKNOWN_SILENT):
            self.playing.note(message)
        if fault is not None:
            is_unknown = fault not in (Fault.PASSING, Fault.PERMANENT)
            if is_unknown:
                self.playing.unknown[message.key, contact] = fault
            raise SendFailed(fault.value, is_permanent=fault is Fault.PERMANENT, is_unknown=is_unknown)
        return Receipt(provider_id=message.key)

    def find(self, message: Message, *, since: datetime) -> Receipt | None:
        """What became of the last try with an unknown end. Raises CannotTell."""
        match self.playing.unknown.get((message.key, int(message.to))):
            case Fault.UNKNOWN_HAS_IT:
                return Receipt(provider_id=message.key)
            case Fault.UNKNOWN_SILENT:
                raise CannotTell("it does not say")
        return None


class _Even(random.Random):
    """Chance that is always in the middle, so that a retry waits exactly as long as it is told."""

    def random(self) -> float:
        """The middle."""
        return 0.5


# --- the month --------------------------------------------------------------------------------------------------------


@dataclass
class _Playing:
    """One month as it goes by."""

    story: Story
    now: datetime = LONG_AGO
    sent: list[Sent] = field(default_factory=list)
    unknown: dict[tuple[str, int], Fault] = field(default_factory=dict)
    about: dict[str, Prospect] = field(default_factory=dict)
    changes: tuple[Change, ...] = ()

    @cached_property
    def by(self) -> User:
        """Whoever does everything; who it is changes nothing."""
        return User.objects.get(pk=self.story.people[0].key)

    def play(self) -> None:
        """Visit every tick of the dispatcher at which anything is owed or happens."""
        events = list(self.story.events)[::-1]
        tick = self.story.begins - TICK
        while (tick := self._next_tick(tick, events[-1].at if events else None)) < self.story.ends:
            while events and events[-1].at <= tick:
                self._happen(events.pop())
            self.now = tick
            alarms_ring(now=tick)
            while kinds := kinds_due(now=tick):
                for kind in kinds:
                    deliveries_send(kind=kind, clock=self._clock)

    def _clock(self) -> datetime:
        return self.now

    def _next_tick(self, last: datetime, event: datetime | None) -> datetime:
        """The first tick after the last one at which the database owes something, or something happens."""
        waiting = (
            Step.objects.filter(next_nudge_at__isnull=False).aggregate(at=Min("next_nudge_at"))["at"],
            Infusion.objects.filter(next_briefing_at__isnull=False).aggregate(at=Min("next_briefing_at"))["at"],
            Delivery.objects.filter(status="pending").aggregate(at=Min("next_attempt_at"))["at"],
            event,
        )
        soonest = min((at for at in waiting if at is not None), default=self.story.ends)
        return self.story.tick_at(max(soonest, last + TICK))

    @contextmanager
    def wired(self) -> Iterator[None]:
        """The engine with these channels, without chance, and with the changes of checklists that the story tells."""
        ways = {kind: _Notes(self, is_local=kind == "sms") for kind in ("email", "sms", "push")}
        with (
            patch.object(deliveries, "channel_for", ways.__getitem__),
            patch.object(deliveries, "message_for", self._message_for),
            # Trouble here is of one address each. That two in a row are taken for trouble of the provider, for whom all
            # others then wait a little, depends on who stands beside whom; tests/nudges/test_races.py plays it.
            patch.object(deliveries, "MOST_UNKNOWN_IN_A_ROW", sys.maxsize),
            patch.object(endings, "_CHANCE", _Even()),
            patch.object(checklists, "schedule_of", lambda infusion, *, given: None),
            patch.object(checklists, "changes_between", lambda infusion, schedule: self._changes_take()),
        ):
            yield

    def _message_for(self, prospect: Prospect, *, now: datetime) -> Message:
        message = message_for(prospect, now=now)
        self.about[message.key] = prospect
        return message

    def _changes_take(self) -> tuple[Change, ...]:
        taken, self.changes = self.changes, ()
        return taken

    def fault(self, contact: int) -> Fault | None:
        """What is wrong with the provider of this contact point now."""
        for trouble in self.story.troubles:
            if trouble.contact == contact and trouble.begins <= self.now < trouble.ends:
                return trouble.fault
        return None

    def note(self, message: Message) -> None:
        """Somebody reads it: keep what it says."""
        prospect = self.about[message.key]
        said = message.text
        words = {"coming up": "soon", " due at": "due", "overdue": "overdue"}
        self.sent.append(
            Sent(
                at=self.now,
                person=prospect.delivery.person_id,
                purpose=prospect.delivery.purpose,
                things=tuple(sorted(step.pk for step in prospect.steps)),
                ahead=0 if prospect.ahead is None else prospect.ahead.count,
                urgency=next((urgency for word, urgency in words.items() if word in said), ""),
                is_repeat=message.is_possible_repeat,
            )
        )

    # --- what people do -----------------------------------------------------------------------------------------------

    def _happen(self, event: Event) -> None:
        try:
            _DEEDS[event.what](self, event)
        except Refused:
            pass  # as a person would read it; that it changed nothing is what is compared
        finally:
            self.changes = ()

    def _answer(self, event: Event) -> None:
        step, by, now = Step.objects.get(pk=event.key), self.by, event.at
        match event.what:
            case What.TICK:
                step_tick(step=step, by=by, at=now, now=now)
            case What.SKIP:
                step_skip(step=step, by=by, reason=SkipReason.OTHER, note="", now=now)
            case What.UNDO:
                step_undo(step=step, by=by, now=now)
            case What.SNOOZE:
                step_snooze(step=step, by=by, minutes=event.minutes, now=now)

    def _checklist(self, event: Event) -> None:
        self._changes_give(event)
        checklist_refresh(infusion_lock(event.key), at=event.at)

    def _changes_give(self, event: Event) -> None:
        """Let the schedule want for these steps what the story tells, as far as their states allow it."""
        actions = {What.WITHDRAW: Action.WITHDRAW, What.CANCEL: Action.WITHDRAW, What.RESTORE: Action.ADD}
        action = actions.get(event.what, Action.MOVE)
        from_states = (State.WITHDRAWN,) if action is Action.ADD else (State.OPEN, State.MISSED)
        held = Step.objects.filter(pk__in=[key for key, _ in event.times], state__in=from_states).in_bulk()
        self.changes = tuple(
            Change(
                action=action,
                slot=str(key),
                title="",
                reason="",
                step=None if action is Action.WITHDRAW else _dated(key, times),
            )
            for key, times in event.times
            if key in held
        )

    def _contact(self, event: Event) -> None:
        is_on = event.what is What.CONTACT_ON
        ContactPoint.objects.filter(pk=event.key).update(
            consented_at=event.at if is_on else None, disabled_at=None, disabled_reason=""
        )

    def _leave(self, event: Event) -> None:
        Membership.objects.filter(pk=event.key).delete()

    def _duty_ends(self, event: Event) -> None:
        care_teams.Duty.objects.filter(pk=event.key, ends_at__gt=event.at, starts_at__lt=event.at).update(
            ends_at=event.at
        )

    def _day_moves(self, event: Event) -> None:
        day = InfusionDay.objects.get(infusion=event.key, number=event.day)
        assert event.start is not None
        self._changes_give(event)
        infusion_day_move(day=day, planned_start=event.start, by=self.by, now=event.at)

    def _cancel(self, event: Event) -> None:
        self._changes_give(event)
        infusion_cancel(infusion=Infusion.objects.get(pk=event.key), by=self.by, now=event.at)

    def _close(self, event: Event) -> None:
        checklists_close(now=event.at)


def _dated(key: int, times: Times) -> DatedStep:
    window = Window(
        opens_at=times.due - timedelta(hours=1), due_at=times.due, late_at=times.late, closes_at=times.closes
    )
    return DatedStep(
        slot=str(key),
        rule=str(key),
        kind=Kind.TASK,
        actor=Actor.FAMILY,
        title="",
        window=window,
        basis=Basis.ACTUAL,
        follows="",
    )


_DEEDS: dict[What, Callable[[_Playing, Event], None]] = {
    What.TICK: _Playing._answer,
    What.SKIP: _Playing._answer,
    What.UNDO: _Playing._answer,
    What.SNOOZE: _Playing._answer,
    What.MOVE: _Playing._checklist,
    What.WITHDRAW: _Playing._checklist,
    What.RESTORE: _Playing._checklist,
    What.CONTACT_OFF: _Playing._contact,
    What.CONTACT_ON: _Playing._contact,
    What.LEAVE: _Playing._leave,
    What.DUTY_ENDS: _Playing._duty_ends,
    What.DAY_MOVES: _Playing._day_moves,
    What.CANCEL: _Playing._cancel,
    What.CLOSE: _Playing._close,
}
