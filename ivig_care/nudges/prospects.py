"""What each message that is about to leave would say, as things stand: read for many messages at once."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from ivig_care.accounts.models import ContactPoint, NudgePreference
from ivig_care.care_teams.access import Right, Standing, standing_of
from ivig_care.nudges.models import Delivery
from ivig_care.nudges.words import Ahead, ahead_of
from ivig_care.regimen.nudging import Decision, Urgency, decide, urgency
from ivig_care.regimen.steps import State
from ivig_care.regimen.timing import QuietHours, Window, zone_named

UTC_NAME = "UTC"
Purpose = Delivery.Purpose
# What the message itself asks for, or what cannot wait for the morning: it leaves in quiet hours too.
_AT_ANY_HOUR = frozenset((Purpose.TEST, Purpose.CODE))


@dataclass(frozen=True, slots=True)
class OpenStep:
    """What a message says of one open step."""

    pk: int
    child: int
    clinic: int
    due_at: datetime
    urgency: Urgency
    may_wake: bool
    zone: str


@dataclass(frozen=True, kw_only=True)
class Prospect:
    """One message that is about to leave: of which steps it speaks, which day it looks ahead to, and the decision."""

    delivery: Delivery
    steps: tuple[OpenStep, ...]
    ahead: Ahead | None
    decision: Decision


def prospects_of(deliveries: Sequence[Delivery], *, now: datetime) -> list[Prospect]:
    """What these messages would say at `now`, in the same order; their people and contact points are loaded."""
    people = {delivery.person_id for delivery in deliveries}
    steps = _steps_open([delivery.pk for delivery in deliveries], now)
    standing = standing_of(people) if steps else Standing({}, {})
    preferences = {preference.user_id: preference for preference in NudgePreference.objects.filter(user__in=people)}
    return [
        _prospect(delivery, steps.get(delivery.pk, []), standing, preferences.get(delivery.person_id), now)
        for delivery in deliveries
    ]


def _prospect(
    delivery: Delivery,
    steps: list[OpenStep],
    standing: Standing,
    preference: NudgePreference | None,
    now: datetime,
) -> Prospect:
    right = Right.REVIEW if delivery.purpose == Purpose.CLINIC else Right.RECORD
    person = delivery.person_id
    theirs = tuple(step for step in steps if standing.may(person, right, child=step.child, clinic=step.clinic))
    zone = zone_named(UTC_NAME if preference is None else preference.zone)
    ahead = None if delivery.briefing_on is None else ahead_of(delivery, now=now)
    is_about_steps = delivery.purpose in (Purpose.NUDGE, Purpose.CLINIC)
    decision = decide(
        open_steps=len(steps) + (ahead is not None) if is_about_steps else 1,
        may_wake=delivery.purpose in _AT_ANY_HOUR or any(step.may_wake for step in theirs),
        is_allowed=delivery.person.is_active and (bool(theirs) or not is_about_steps or ahead is not None),
        consented=_consented(delivery),
        quiet=_quiet(preference),
        zone=zone,
        expires_at=delivery.expires_at,
        now=now,
    )
    return Prospect(delivery=delivery, steps=theirs, ahead=ahead, decision=decision)


def _consented(delivery: Delivery) -> bool:
    """Whether a message may go to the contact point; the code that verifies it goes there before it is."""
    point: ContactPoint | None = delivery.contact_point
    if point is None:
        return False
    return point.disabled_at is None if delivery.purpose == Purpose.CODE else point.is_usable


def _quiet(preference: NudgePreference | None) -> QuietHours | None:
    return None if preference is None else preference.quiet_hours


def _steps_open(deliveries: Sequence[int], now: datetime) -> dict[int, list[OpenStep]]:
    """For each delivery its steps that are still to be done, and that nobody has asked to hear of later."""
    through = Delivery.steps.through
    rows = through.objects.filter(delivery__in=deliveries, step__state=State.OPEN, step__closes_at__gt=now).values_list(
        "delivery_id",
        "step_id",
        "step__infusion__plan__child_id",
        "step__infusion__plan__child__clinic_id",
        "step__due_at",
        "step__late_at",
        "step__may_wake",
        "step__infusion__zone",
        "step__snoozed_until",
    )
    steps: dict[int, list[OpenStep]] = defaultdict(list)
    for delivery, pk, child, clinic, due_at, late_at, may_wake, zone, snoozed_until in rows:
        if snoozed_until is None or snoozed_until <= now:
            spoken_of = urgency(Window(opens_at=due_at, due_at=due_at, late_at=late_at, closes_at=late_at), now)
            steps[delivery].append(OpenStep(pk, child, clinic, due_at, spoken_of, may_wake, zone))
    return steps
