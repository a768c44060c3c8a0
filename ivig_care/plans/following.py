"""Which step comes after the one that was just answered: where the eye goes, and the focus."""

from __future__ import annotations

from datetime import datetime

from django.db.models import Q

from ivig_care.plans.models import Step
from ivig_care.plans.models.steps import StepQuerySet
from ivig_care.plans.selectors import NEXT_WITHIN
from ivig_care.regimen.steps import State


def step_after(step: Step, steps: StepQuerySet, *, now: datetime) -> int | None:
    """The next of `steps` that waits for an answer in the list that `step` has left, else the first of that list.

    None when nothing is left in it.
    """
    waiting = list(steps.filter(_in_list_of(step, now)).order_by("due_at", "pk").values_list("due_at", "pk"))
    return next(
        (pk for due_at, pk in waiting if (due_at, pk) > (step.due_at, step.pk)), waiting[0][1] if waiting else None
    )


def _in_list_of(step: Step, now: datetime) -> Q:
    """What stands in the same list of the checklist: not answered in time, now, next or later."""
    is_open = Q(state=State.OPEN.value)
    if step.closes_at <= now:
        return Q(state=State.MISSED.value) | is_open & Q(closes_at__lte=now)
    is_open &= Q(closes_at__gt=now)
    if step.opens_at <= now:
        return is_open & Q(opens_at__lte=now)
    if step.due_at <= now + NEXT_WITHIN:
        return is_open & Q(opens_at__gt=now, due_at__lte=now + NEXT_WITHIN)
    return is_open & Q(opens_at__gt=now, due_at__gt=now + NEXT_WITHIN)
