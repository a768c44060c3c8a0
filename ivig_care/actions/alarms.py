"""Writes deliveries when alarms ring: claim what is due, one message per person, move the alarms on."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from django.db import IntegrityError, transaction
from django.db.models import QuerySet

from ivig_care.actions.checklists import alarm_next, briefing_set
from ivig_care.actions.mailing import Telling, deliveries_write
from ivig_care.care_teams.access import children_told_of
from ivig_care.nudges.audience import Audience, audience_of
from ivig_care.nudges.models import Delivery
from ivig_care.plans.briefing import briefing_due
from ivig_care.plans.models import Infusion, Step
from ivig_care.regimen.nudging import QUARTER, Stage, stages_ringing

BATCH = 1000
# Two dispatchers that speak to the same person at once: one comes again, and joins what the other has written.
_TRIES = 5


@dataclass(frozen=True)
class Ring:
    """One step that rings at `at`, for which stages, and when it rings next."""

    step: Step
    at: datetime
    owed_at: datetime
    stages: frozenset[Stage]
    next_at: datetime | None

    @property
    def child(self) -> int:
        """The child it is about."""
        return self.step.infusion.plan.child_id


def alarms_ring(*, now: datetime) -> int:
    """Ring every alarm that is due at `now`, of steps and of briefings; how many rang."""
    return sum(alarms_ringing(now=now))


def alarms_ringing(*, now: datetime) -> Iterator[int]:
    """Ring batch after batch, each in its own transaction; how many rang in each."""
    for batch_ring in (partial(_briefings_ring, now), partial(_steps_ring, now)):
        while rung := _tried(batch_ring):
            yield rung


def _tried(batch_ring: Callable[[], int]) -> int:
    for _ in range(_TRIES):
        try:
            return batch_ring()
        except IntegrityError:
            continue
    return 0


@transaction.atomic
def _steps_ring(now: datetime) -> int:
    due = list(_ringing().filter(next_nudge_at__lte=now).order_by("next_nudge_at")[:BATCH])
    if not due:
        return 0
    rings = [_ring(step, now) for step in due]
    audience = _audience(rings, now)
    people = {person for ring in rings for person in audience.family(ring.child, ring.stages)}
    company = _company(people, {ring.step.pk for ring in rings}, now)
    if company:
        rings += [_ring(step, now) for step in company]
        audience = _audience(rings, now)
    _tell(rings, audience, now)
    return len(rings)


def _tell(rings: Collection[Ring], audience: Audience, now: datetime) -> None:
    deliveries_write(_told(rings, audience.family), ways=audience.ways, purpose=Delivery.Purpose.NUDGE, now=now)
    deliveries_write(_told(rings, audience.clinicians), ways=audience.ways, purpose=Delivery.Purpose.CLINIC, now=now)
    _alarms_move(rings)


def _ringing() -> QuerySet[Step]:
    """The steps that owe an alarm, with what a ring needs of them; those that somebody else holds are passed over."""
    rows = Step.objects.select_for_update(skip_locked=True, of=("self",)).select_related("infusion__plan")
    needed = [field.name for field in Step._meta.fields if field.name not in _NOT_NEEDED]
    return rows.filter(next_nudge_at__isnull=False).only(*needed, "infusion__plan__child")


_NOT_NEEDED = frozenset(("title", "why", "follows", "ingredient", "medicine_name", "mg", "mg_per_ml", "goal_ml"))


def _ring(step: Step, now: datetime) -> Ring:
    owed_at = step.next_nudge_at or now
    at = max(now, owed_at)
    policy = step.nudge_policy
    stages = (
        frozenset[Stage]()
        if policy is None
        else stages_ringing(step.window, policy, nudged_at=step.nudged_at, at=at, snoozed_until=step.snoozed_until)
    )
    return Ring(step, at, owed_at, stages, alarm_next(step, nudged_at=at, now=now))


def _audience(rings: Iterable[Ring], now: datetime) -> Audience:
    with_staff = any(Stage.CLINIC in ring.stages for ring in rings)
    return audience_of({ring.child for ring in rings}, now=now, with_staff=with_staff)


def _company(people: Collection[int], rung: Collection[int], now: datetime) -> list[Step]:
    """What rings within a quarter of an hour for these people, about whichever child: it goes along."""
    theirs = Step.objects.filter(infusion__plan__child__in=children_told_of(people), next_nudge_at__lt=now + QUARTER)
    # What somebody asked to hear of later waits for that moment itself.
    wanted = [pk for pk in theirs.exclude(snoozed_until__gt=now).values_list("pk", flat=True) if pk not in rung]
    return list(_ringing().filter(pk__in=wanted)) if wanted else []


def _told(rings: Iterable[Ring], reached: Callable[[int, Collection[Stage]], list[int]]) -> dict[int, Telling]:
    told: dict[int, Telling] = defaultdict(Telling)
    for ring in rings:
        for person in reached(ring.child, ring.stages):
            told[person].add(ring.step, owed_at=ring.owed_at)
    return told


def _alarms_move(rings: Iterable[Ring]) -> None:
    """Note that they rang, and set their next alarm; those that move alike in one statement."""
    alike: dict[tuple[datetime, datetime | None], list[int]] = defaultdict(list)
    for ring in rings:
        alike[ring.at, ring.next_at].append(ring.step.pk)
    for (at, next_at), keys in alike.items():
        Step.objects.filter(pk__in=keys).update(nudged_at=at, next_nudge_at=next_at)


@transaction.atomic
def _briefings_ring(now: datetime) -> int:
    due = Infusion.objects.select_for_update(skip_locked=True, of=("self",)).select_related("plan")
    infusions = list(due.filter(next_briefing_at__lte=now).order_by("next_briefing_at")[:BATCH])
    audience = audience_of({infusion.plan.child_id for infusion in infusions}, now=now, with_staff=False)
    told: dict[int, Telling] = defaultdict(Telling)
    for infusion in infusions:
        briefing = briefing_due(infusion, now=now)
        if briefing is not None and briefing.at <= now:
            for person in audience.family(infusion.plan.child_id, {Stage.DUE}):
                told[person].brief(infusion.pk, briefing)
        infusion.briefed_at = now
        briefing_set(infusion, now=now)
        infusion.save(update_fields=["briefed_at", "next_briefing_at"])
    deliveries_write(told, ways=audience.ways, purpose=Delivery.Purpose.NUDGE, now=now)
    if company := [_ring(step, now) for step in _company(told.keys(), (), now)]:
        _tell(company, _audience(company, now), now)
    return len(infusions)
