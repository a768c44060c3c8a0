"""What each message that is about to leave would say, as things stand: read for many messages at once."""

from __future__ import annotations

import logging
from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db.models import Q
from django.utils import translation

from ivig_care.accounts.models import User, language_spoken, quiet_hours
from ivig_care.care_teams.access import Right, Standing, standing_of
from ivig_care.nudges.models import Delivery, DeliveryStep
from ivig_care.nudges.outgoing import Outgoing
from ivig_care.nudges.words import Ahead, Course, DaysAhead, ahead_of, courses_of, days_ahead
from ivig_care.regimen.errors import UnknownZone
from ivig_care.regimen.nudging import QUARTER, Decision, Send, Urgency, decide, has_come, urgency
from ivig_care.regimen.steps import State
from ivig_care.regimen.timing import QuietHours, Window, zone_named

UTC_NAME = "UTC"
Purpose = Delivery.Purpose
# What the message itself asks for, or what cannot wait for the morning: it leaves in quiet hours too.
_AT_ANY_HOUR = frozenset((Purpose.TEST, Purpose.CODE, Purpose.URGENT))
_ABOUT_STEPS = frozenset((Purpose.NUDGE, Purpose.CLINIC))
# What a clinic is to answer.
_TO_ANSWER = frozenset((Purpose.CONCERN, Purpose.URGENT))
_ABOUT_AN_INFUSION = frozenset((Purpose.MOVED, Purpose.CANCELLED)) | _TO_ANSWER
log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class OpenStep:
    """What a message says of one open step."""

    pk: int
    child: int
    due_at: datetime
    urgency: Urgency
    may_wake: bool
    zone: str


@dataclass(frozen=True, slots=True)
class _Person:
    is_active: bool
    language: str
    zone: ZoneInfo
    quiet: QuietHours | None


@dataclass(frozen=True, kw_only=True, slots=True)
class Prospect:
    """One message that is about to leave: of which steps it speaks, which day it looks ahead to, and the decision.

    `silent_on` are steps that were to be in it and of which it does not speak any more. `language` is its person's.
    `is_again`: the person was told the same of this infusion a short time ago.
    """

    delivery: Outgoing
    steps: tuple[OpenStep, ...]
    ahead: Ahead | None
    decision: Decision
    about: Course | None = None
    is_again: bool = False
    silent_on: tuple[int, ...] = ()
    problem: str = ""
    language: str = settings.LANGUAGE_CODE


@dataclass(frozen=True, kw_only=True, slots=True)
class _Readings:
    """All that was read for some messages at once, as things stand at `now`.

    Steps, those of which nothing is said any more, and `not_before` are by delivery; `courses` are the infusions that
    notices are about, and `told` who heard of which lately.
    """

    now: datetime
    people: dict[int, _Person]
    standing: Standing
    steps: dict[int, list[OpenStep]]
    silent_on: dict[int, list[int]]
    courses: dict[int, Course]
    days: DaysAhead
    not_before: dict[int, datetime]
    told: frozenset[tuple[int, int | None]]

    def about(self, notice: Outgoing) -> Course | None:
        """The infusion that a notice is about."""
        return None if notice.infusion_id is None else self.courses.get(notice.infusion_id)

    def concerns(self, notice: Outgoing) -> bool:
        """Whether the person of a notice is still to hear of its infusion; of what is about none, everybody is."""
        about = self.about(notice)
        right = Right.ANSWER if notice.purpose in _TO_ANSWER else Right.SEE
        return about is None or self.standing.may(notice.person_id, right, child=about.child)


def prospects_of(deliveries: Sequence[Outgoing], *, now: datetime) -> list[Prospect]:
    """What these messages would say at `now`, in the same order."""
    people = {delivery.person_id for delivery in deliveries}
    steps, silent_on = _steps_of([delivery.pk for delivery in deliveries], now)
    courses = courses_of({one.infusion_id for one in deliveries if one.purpose in _ABOUT_AN_INFUSION})
    children = {step.child for some in steps.values() for step in some} | {one.child for one in courses.values()}
    readings = _Readings(
        now=now,
        people=_people(people),
        standing=standing_of(people, children),
        steps=steps,
        silent_on=silent_on,
        courses=courses,
        days=days_ahead(deliveries),
        not_before=_not_before(deliveries, now),
        told=_told(deliveries, now),
    )
    return [_prospect(delivery, readings) for delivery in deliveries]


def _prospect(delivery: Outgoing, readings: _Readings) -> Prospect:
    """One message; what cannot be worked out is its own problem and holds up no other."""
    try:
        return _worked_out(delivery, readings)
    except Exception as error:
        log.exception("delivery %s cannot be worked out", delivery.pk)
        problem = f"cannot be worked out: {type(error).__name__}"
        return Prospect(delivery=delivery, steps=(), ahead=None, decision=Send(), problem=problem)


def _worked_out(delivery: Outgoing, readings: _Readings) -> Prospect:
    right = Right.REVIEW if delivery.purpose == Purpose.CLINIC else Right.RECORD
    key, may = delivery.person_id, readings.standing.may
    person, steps = readings.people[key], readings.steps.get(delivery.pk, [])
    theirs = tuple([step for step in steps if may(key, right, child=step.child)])
    with translation.override(person.language):
        ahead = None if delivery.briefing_on is None else ahead_of(delivery, readings.days, now=readings.now)
    is_about_steps = delivery.purpose in _ABOUT_STEPS
    concerns = bool(theirs) or ahead is not None if is_about_steps else readings.concerns(delivery)
    decision = decide(
        open_steps=len(steps) + (ahead is not None) if is_about_steps else 1,
        may_wake=delivery.purpose in _AT_ANY_HOUR or any(step.may_wake for step in theirs),
        is_allowed=person.is_active and concerns,
        consented=_consented(delivery),
        quiet=person.quiet,
        zone=person.zone,
        expires_at=delivery.expires_at,
        now=readings.now,
        not_before=readings.not_before.get(delivery.pk),
    )
    silent_on = readings.silent_on.get(delivery.pk, [])
    if len(theirs) < len(steps):
        silent_on = [*silent_on, *(step.pk for step in steps if step not in theirs)]
    return Prospect(
        delivery=delivery,
        steps=theirs,
        ahead=ahead,
        decision=decision,
        about=readings.about(delivery),
        is_again=delivery.purpose in _TO_ANSWER and (key, delivery.infusion_id) in readings.told,
        silent_on=tuple(silent_on),
        language=person.language,
    )


def _consented(delivery: Outgoing) -> bool:
    """Whether a message may go to the contact point; the code that verifies it goes there before it is."""
    if delivery.to is None:
        return False
    return delivery.to.disabled_at is None if delivery.purpose == Purpose.CODE else delivery.to.is_usable


def _people(keys: Collection[int]) -> dict[int, _Person]:
    rows = User.objects.filter(pk__among=keys).values_list(
        *("pk", "is_active", "language", "nudge_preference__zone"),
        *("nudge_preference__quiet_from", "nudge_preference__quiet_until"),
    )
    return {
        key: _Person(is_active, language_spoken(language), _zone(zone), quiet_hours(begins, ends))
        for key, is_active, language, zone, begins, ends in rows
    }


def _zone(name: str | None) -> ZoneInfo:
    """A zone that cannot be read is one person's trouble, and no reason to tell nobody."""
    try:
        return zone_named(name or UTC_NAME)
    except UnknownZone:
        log.exception("a person's zone cannot be read")
        return zone_named(UTC_NAME)


def _not_before(deliveries: Sequence[Outgoing], now: datetime) -> dict[int, datetime]:
    """For each nudge whose person was told a moment ago, or is being told now: when it may follow.

    Alarms keep the distance when they ring. Here it is kept by what was tried again, or held, and so has moved.
    """
    nudges = [delivery for delivery in deliveries if delivery.purpose == Purpose.NUDGE]
    people = {delivery.person_id for delivery in nudges}
    lately = Q(status=Delivery.Status.SENT, sent_at__gt=now - QUARTER) | Q(status=Delivery.Status.SENDING)
    told = Delivery.objects.told_lately(people, Purpose.NUDGE, now).filter(lately)
    others: dict[int, list[tuple[int, datetime]]] = defaultdict(list)
    for pk, person, sent_at in told.values_list("pk", "person_id", "sent_at"):
        others[person].append((pk, sent_at or now))
    for delivery in nudges:
        others[delivery.person_id].append((delivery.pk, now))
    # Of two that leave at the same moment, the older one goes first.
    waits = {
        delivery.pk: max((at for pk, at in others[delivery.person_id] if pk < delivery.pk or at < now), default=None)
        for delivery in nudges
    }
    return {pk: at + QUARTER for pk, at in waits.items() if at is not None}


def _told(deliveries: Sequence[Outgoing], now: datetime) -> frozenset[tuple[int, int | None]]:
    """Which of these people heard within a day that this infusion has something for their clinic to answer."""
    asked = [one for one in deliveries if one.purpose in _TO_ANSWER]
    if not asked:
        return frozenset()
    sent = Delivery.objects.filter(
        person__pk__among={one.person_id for one in asked},
        infusion__in={one.infusion_id for one in asked},
        purpose__in=_TO_ANSWER,
        status=Delivery.Status.SENT,
        sent_at__gt=now - timedelta(days=1),
    )
    return frozenset(sent.values_list("person_id", "infusion_id"))


def _steps_of(deliveries: Collection[int], now: datetime) -> tuple[dict[int, list[OpenStep]], dict[int, list[int]]]:
    """For each delivery its steps that are still to be done; and the others: answered, over, put off or moved away."""
    rows = DeliveryStep.objects.filter(delivery__pk__among=deliveries).values_list(
        "delivery_id",
        "step_id",
        "step__infusion__plan__child_id",
        "step__state",
        "step__due_at",
        "step__late_at",
        "step__may_wake",
        "step__infusion__zone",
        "step__snoozed_until",
        "step__closes_at",
        "step__nudge_lead_minutes",
    )
    steps, silent_on = defaultdict[int, list[OpenStep]](list), defaultdict[int, list[int]](list)
    for delivery, pk, child, state, due_at, late_at, may_wake, zone, snoozed_until, closes_at, lead in rows:
        is_put_off = snoozed_until is not None and now < snoozed_until < closes_at
        is_over = state != State.OPEN or closes_at <= now
        if is_over or is_put_off or not has_come(due_at, timedelta(minutes=lead or 0), now):
            silent_on[delivery].append(pk)
        else:
            spoken_of = urgency(Window(opens_at=due_at, due_at=due_at, late_at=late_at, closes_at=late_at), now)
            steps[delivery].append(OpenStep(pk, child, due_at, spoken_of, may_wake, zone))
    return steps, silent_on
