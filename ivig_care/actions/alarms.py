"""Writes deliveries when alarms ring: claim the steps that are due, one message per person, move the alarms on."""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime

from django.db import transaction

from ivig_care.accounts.models import ContactPoint
from ivig_care.actions.checklists import alarm_set
from ivig_care.care_teams.models import Membership, Role
from ivig_care.nudges.models import Delivery
from ivig_care.plans.models import Step
from ivig_care.regimen.nudging import QUARTER, quarter_of

BATCH = 500


def alarms_ring(*, now: datetime) -> int:
    """Ring every alarm that is due at `now`; how many steps rang."""
    rung = 0
    while batch := _batch_ring(now):
        rung += batch
    return rung


@transaction.atomic
def _batch_ring(now: datetime) -> int:
    steps = _claim(now)
    contact_points = _contact_points_of({step.infusion.plan.child_id for step in steps})
    spoken_to = _already_told(contact_points, now)
    for step in steps:
        people = contact_points[step.infusion.plan.child_id]
        if any(contact_point.pk in spoken_to for contact_point in people):
            # One message per person and quarter of an hour: this step waits for the next one.
            step.next_nudge_at = quarter_of(now) + QUARTER
            continue
        for contact_point in people:
            _delivery_for(contact_point, step, now)
        step.nudged_at = max(now, step.next_nudge_at or now)
        alarm_set(step, now=now)
    Step.objects.bulk_update(steps, ["nudged_at", "next_nudge_at"])
    return len(steps)


def _claim(now: datetime) -> list[Step]:
    """The steps whose alarm is due, and with them those of the same children that ring within a quarter of an hour."""
    ringing = Step.objects.select_for_update(skip_locked=True, of=("self",)).select_related("infusion__plan")
    due = list(ringing.filter(next_nudge_at__lte=now).order_by("next_nudge_at")[:BATCH])
    children = {step.infusion.plan.child_id for step in due}
    company = ringing.filter(
        next_nudge_at__lt=now + QUARTER, next_nudge_at__isnull=False, infusion__plan__child__in=children
    ).exclude(pk__in=[step.pk for step in due])
    return [*due, *company]


def _contact_points_of(children: set[int]) -> dict[int, list[ContactPoint]]:
    """For each child, one contact point of each kind for each person who is nudged about it."""
    family = Membership.objects.filter(
        child__in=children, role__in=[Role.GUARDIAN, Role.CAREGIVER], user__is_active=True
    )
    usable = ContactPoint.objects.filter(
        verified_at__isnull=False, consented_at__isnull=False, disabled_at__isnull=True
    )
    by_person: dict[int, dict[str, ContactPoint]] = defaultdict(dict)
    for contact_point in usable.filter(user__in=family.values("user")).order_by("pk"):
        by_person[contact_point.user_id].setdefault(contact_point.kind, contact_point)
    by_child: dict[int, list[ContactPoint]] = defaultdict(list)
    for membership in family:
        if membership.child_id is not None:
            by_child[membership.child_id] += by_person[membership.user_id].values()
    return by_child


def _already_told(contact_points: dict[int, list[ContactPoint]], now: datetime) -> set[int]:
    """The contact points that have had their message of this quarter of an hour."""
    everybody = {contact_point.pk for people in contact_points.values() for contact_point in people}
    told = Delivery.objects.filter(contact_point__in=everybody, quarter=quarter_of(now))
    return set(told.exclude(status=Delivery.Status.PENDING).values_list("contact_point", flat=True))


def _delivery_for(contact_point: ContactPoint, step: Step, now: datetime) -> None:
    """Put the step into the message that still waits for this contact point, or begin one."""
    waiting = Delivery.objects.select_for_update().filter(contact_point=contact_point)
    delivery = waiting.filter(status=Delivery.Status.PENDING).first()
    if delivery is None:
        delivery = Delivery.objects.create(
            contact_point=contact_point,
            quarter=quarter_of(now),
            created_at=now,
            expires_at=step.closes_at,
            next_attempt_at=now,
        )
    delivery.expires_at = max(delivery.expires_at, step.closes_at)
    if step.may_wake:
        delivery.next_attempt_at = min(delivery.next_attempt_at, now)
    delivery.save(update_fields=["expires_at", "next_attempt_at"])
    delivery.steps.add(step)
