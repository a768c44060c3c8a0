"""Writes deliveries when alarms ring: claim what is due, one message per person, move the alarms on."""

from __future__ import annotations

import logging
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any, NamedTuple

from django.db import IntegrityError, OperationalError, transaction
from django.db.models import QuerySet

from ivig_care.actions.checklists import alarm_next
from ivig_care.actions.mailing import Telling, deliveries_write
from ivig_care.care_teams.access import children_told_of
from ivig_care.common.bulk import rows_update
from ivig_care.nudges.audience import Audience, audience_of
from ivig_care.nudges.models import Delivery
from ivig_care.plans.briefing import briefings_of
from ivig_care.plans.models import Infusion, Step
from ivig_care.plans.models.steps import StepQuerySet
from ivig_care.regimen.briefing import next_briefing
from ivig_care.regimen.nudging import QUARTER, Stage, stages_ringing

BATCH = 1000
# Two dispatchers that speak to the same person at once: one comes again, and joins what the other has written.
_TRIES = 5
log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Ringing:
    """How a step rings: at `at`, for which stages, and when it does next. It may be done until `closes_at`."""

    at: datetime
    owed_at: datetime
    closes_at: datetime
    may_wake: bool
    stages: frozenset[Stage]
    next_at: datetime | None


class Ring(NamedTuple):
    """One step that rings, and the infusion and the child it is about."""

    step: int
    infusion: int
    child: int
    how: Ringing


def alarms_ring(*, now: datetime) -> int:
    """Ring every alarm that is due at `now`, of steps and of briefings; how many rang."""
    return sum(alarms_ringing(now=now))


def alarms_ringing(*, now: datetime) -> Iterator[int]:
    """Ring batch after batch, each in its own transaction; how many rang in each."""
    for ring, due in ((_briefings_ring, _briefings_due), (_steps_ring, _steps_due)):
        broken: set[int] = set()
        while keys := list(due(now).exclude(pk__in=broken).values_list("pk", flat=True)[:BATCH]):
            rung = _tried(partial(ring, keys, now))
            if rung is None:
                rung = sum(_rung_alone(ring, key, now, broken) for key in keys)
            if not rung:
                break
            yield rung


def _tried(batch_ring: Callable[[], int]) -> int | None:
    """How many rang; None when this batch cannot be written."""
    for _ in range(_TRIES):
        try:
            return batch_ring()
        except (IntegrityError, OperationalError):
            continue
        except Exception:
            break
    return None


def _rung_alone(ring: Callable[[Collection[int], datetime], int], key: int, now: datetime, broken: set[int]) -> int:
    """Ring one by itself, so that whatever is wrong with it keeps no other family waiting."""
    try:
        return ring([key], now)
    except Exception:
        log.exception("alarm %s cannot ring", key)
        broken.add(key)
        return 0


def _steps_due(now: datetime) -> QuerySet[Step]:
    return Step.objects.filter(next_nudge_at__lte=now).order_by("next_nudge_at")


def _briefings_due(now: datetime) -> QuerySet[Infusion]:
    return Infusion.objects.filter(next_briefing_at__lte=now).order_by("next_briefing_at")


@transaction.atomic
def _steps_ring(keys: Collection[int], now: datetime) -> int:
    rings = _rings(_ringing().filter(pk__among=keys, next_nudge_at__lte=now).order_by("next_nudge_at"), now)
    if not rings:
        return 0
    audience = _audience(rings, now)
    people = {person for ring in rings for person in audience.family(ring.child, ring.how.stages)}
    company = _company(people, {ring.step for ring in rings}, now)
    if company:
        rings += company
        audience = _audience(rings, now)
    _tell(rings, audience, now)
    return len(rings)


def _tell(rings: Collection[Ring], audience: Audience, now: datetime) -> None:
    deliveries_write(_told(rings, audience.family), ways=audience.ways, purpose=Delivery.Purpose.NUDGE, now=now)
    deliveries_write(_told(rings, audience.clinicians), ways=audience.ways, purpose=Delivery.Purpose.CLINIC, now=now)
    _alarms_move(rings)


def _ringing() -> StepQuerySet:
    """The steps that owe an alarm, to be held; those that somebody else holds are passed over."""
    return Step.objects.filter(next_nudge_at__isnull=False).select_for_update(skip_locked=True)


# Steps that are alike in these ring alike.
_RINGS_BY = (
    *("opens_at", "due_at", "late_at", "closes_at", "state", "nudged_at", "next_nudge_at", "snoozed_until"),
    *("is_nudged", "nudge_lead_minutes", "nudge_repeat_minutes", "nudge_repeats", "nudge_second_minutes"),
    *("nudge_clinic_minutes", "may_wake"),
)


def _rings(steps: QuerySet[Step], now: datetime) -> list[Ring]:
    """How each of these steps rings. What falls due together is mostly alike, and then worked out once."""
    rows: list[tuple[Any, ...]] = list(steps.values_list("pk", "infusion_id", *_RINGS_BY))
    infusions = Infusion.objects.filter(pk__among={infusion for _, infusion, *_ in rows})
    child_of = dict(infusions.values_list("pk", "plan__child_id"))
    alike: dict[tuple[Any, ...], Ringing] = {}
    rings = []
    for row in rows:
        step, infusion, rings_by = row[0], row[1], row[2:]
        how = alike.get(rings_by)
        if how is None:
            how = alike[rings_by] = _ringing_of(Step(**dict(zip(_RINGS_BY, rings_by, strict=True))), now)
        rings.append(Ring(step, infusion, child_of[infusion], how))
    return rings


def _ringing_of(step: Step, now: datetime) -> Ringing:
    owed_at = step.next_nudge_at or now
    at = max(now, owed_at)
    policy = step.nudge_policy
    stages = (
        frozenset[Stage]()
        # What was over before anybody could be told is told to nobody; its alarm ends.
        if policy is None or step.closes_at <= now
        else stages_ringing(step.window, policy, nudged_at=step.nudged_at, at=at, snoozed_until=step.snoozed_until)
    )
    return Ringing(
        at=at,
        owed_at=owed_at,
        closes_at=step.closes_at,
        may_wake=step.may_wake,
        stages=stages,
        next_at=alarm_next(step, nudged_at=at, now=now),
    )


def _audience(rings: Iterable[Ring], now: datetime) -> Audience:
    with_staff = any(Stage.CLINIC in ring.how.stages for ring in rings)
    return audience_of({ring.child for ring in rings}, now=now, with_staff=with_staff)


def _company(people: Collection[int], rung: Collection[int], now: datetime) -> list[Ring]:
    """What rings within a quarter of an hour for these people, about whichever child: it goes along.

    The clinic hears of nothing ahead of its time: until then the family may answer.
    """
    children = set().union(*children_told_of(people).values())
    theirs = _soon(Step.objects.filter(infusion__plan__child__pk__among=children), now)
    wanted = [pk for pk in theirs.values_list("pk", flat=True) if pk not in rung]
    # Asked for again under the lock: meanwhile somebody may have rung it, put it off or moved it.
    rings = _rings(_soon(_ringing().filter(pk__among=wanted), now), now) if wanted else []
    return [ring for ring in rings if ring.how.at <= now or Stage.CLINIC not in ring.how.stages]


def _soon(steps: StepQuerySet, now: datetime) -> StepQuerySet:
    """Those that ring within a quarter; what somebody asked to hear of later waits for that moment itself."""
    return steps.filter(next_nudge_at__lt=now + QUARTER).awake(now)


def _told(rings: Iterable[Ring], reached: Callable[[int, Collection[Stage]], list[int]]) -> dict[int, Telling]:
    told: dict[int, Telling] = defaultdict(Telling)
    for ring in rings:
        how = ring.how
        for person in reached(ring.child, how.stages):
            told[person].add(
                ring.step,
                infusion=ring.infusion,
                owed_at=how.owed_at,
                closes_at=how.closes_at,
                may_wake=how.may_wake,
            )
    return told


def _alarms_move(rings: Iterable[Ring]) -> None:
    """Note that they rang, and set their next alarm."""
    rows_update(Step, [_Moved(ring.step, ring.how.at, ring.how.next_at) for ring in rings])


class _Moved(NamedTuple):
    id: int
    nudged_at: datetime
    next_nudge_at: datetime | None


@transaction.atomic
def _briefings_ring(keys: Collection[int], now: datetime) -> int:
    free = Infusion.objects.select_for_update(skip_locked=True, of=("self",), no_key=True).select_related("plan")
    infusions = list(free.filter(pk__among=keys, next_briefing_at__lte=now).order_by("next_briefing_at"))
    audience = audience_of({infusion.plan.child_id for infusion in infusions}, now=now, with_staff=False)
    told: dict[int, Telling] = defaultdict(Telling)
    briefed = []
    owed_of = briefings_of(infusions)
    for infusion in infusions:
        owed = owed_of[infusion.pk]
        briefing = next_briefing(owed, briefed_at=infusion.briefed_at, now=now)
        if briefing is not None and briefing.at <= now:
            for person in audience.family(infusion.plan.child_id, {Stage.DUE}):
                told[person].brief(infusion.pk, briefing)
        following = next_briefing(owed, briefed_at=now, now=now)
        briefed.append(_Briefed(infusion.pk, now, None if following is None else following.at))
    rows_update(Infusion, briefed)
    deliveries_write(told, ways=audience.ways, purpose=Delivery.Purpose.NUDGE, now=now)
    if company := _company(told.keys(), (), now):
        _tell(company, _audience(company, now), now)
    return len(infusions)


class _Briefed(NamedTuple):
    id: int
    briefed_at: datetime
    next_briefing_at: datetime | None
