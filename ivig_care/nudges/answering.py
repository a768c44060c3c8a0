"""Reads for whoever answers a message without signing in: the delivery of a link, and the steps it speaks of."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db.models import QuerySet

from ivig_care.care_teams.access import Right, cared_for_by, children_of, children_told_of
from ivig_care.care_teams.models import Child
from ivig_care.nudges.links import delivery_id_of, link_opens
from ivig_care.nudges.models import Delivery
from ivig_care.nudges.words import day_span
from ivig_care.plans.models import Plan, Step, StepEvent
from ivig_care.plans.models.steps import StepQuerySet
from ivig_care.regimen.nudging import has_come
from ivig_care.regimen.steps import Event, State

# So long after an answer it can be taken back where it was given.
UNDO_WITHIN = timedelta(minutes=10)


def delivery_of(token: str) -> Delivery | None:
    """The delivery whose link this is, whether or not the link still opens anything; None for what we never signed."""
    key = delivery_id_of(token)
    if key is None:
        return None
    return Delivery.objects.select_related("person", "contact_point", "infusion__plan__child").filter(pk=key).first()


def may_answer(delivery: Delivery, now: datetime) -> bool:
    """Whether the link of a delivery opens anything: it still works, and its person may still record what it is about.

    One about several children opens as long as any of them is still the person's to care for.
    """
    if not link_opens(delivery, now):
        return False
    if delivery.steps.exists():
        return steps_of(delivery).exists()
    return delivery.infusion is None or _children(delivery).filter(pk=delivery.infusion.plan.child_id).exists()


def steps_of(delivery: Delivery) -> StepQuerySet:
    """The steps that a delivery speaks of and its person may record, in order; those withdrawn since are left out."""
    theirs = Step.objects.filter(infusion__plan__child__in=_children(delivery))
    wanted = theirs.filter(deliveries=delivery, infusion__plan__status=Plan.Status.ACTIVE)
    wanted = wanted.exclude(state=State.WITHDRAWN).order_by("due_at", "pk")
    return wanted.select_related("infusion__plan__child__clinic", "said_by")


def _children(delivery: Delivery) -> QuerySet[Child]:
    """Those whose steps its person may record as what the message was sent to.

    What was sent to somebody of a family opens nothing to somebody of a clinic: they sign in.
    """
    of = children_of if delivery.purpose in Delivery.TO_THE_CLINIC else cared_for_by
    return of(delivery.person, Right.RECORD)


def open_steps_of(delivery: Delivery, now: datetime) -> list[Step]:
    """Those of them that still wait for an answer."""
    return list(steps_of(delivery).open().filter(closes_at__gt=now))


def asked_for(delivery: Delivery, now: datetime) -> list[Step]:
    """Those of which the message could still be meant: what has moved far ahead since will be asked for anew."""
    waiting = open_steps_of(delivery, now)
    return [step for step in waiting if has_come(step.due_at, timedelta(minutes=step.nudge_lead_minutes or 0), now)]


def day_ahead_of(delivery: Delivery) -> list[Step]:
    """What is still to do on the day that a message looks ahead to, for the children its person is told of."""
    if delivery.briefing_on is None or delivery.infusion is None:
        return []
    begins, ends = day_span(delivery.briefing_on, delivery.infusion.tz)
    children = children_told_of([delivery.person_id]).get(delivery.person_id, set())
    theirs = (
        Step.objects.visible_to(delivery.person, Right.RECORD)
        .open()
        .filter(is_nudged=True, infusion__plan__child__in=children, due_at__gte=begins, due_at__lt=ends)
    )
    return list(theirs.select_related("infusion__plan__child__clinic").order_by("due_at", "pk"))


def just_answered(delivery: Delivery, now: datetime) -> list[Step]:
    """Those of them that the delivery's person answered a moment ago, and may take back here."""
    lately = StepEvent.objects.filter(
        kind__in=[Event.DONE, Event.SKIPPED], by=delivery.person, entered_at__gt=now - UNDO_WITHIN
    )
    said = steps_of(delivery).filter(state__in=[State.DONE, State.SKIPPED], said_by=delivery.person)
    return list(said.filter(pk__in=lately.values("step")))
