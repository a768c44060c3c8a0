"""When families are next told of a whole day of an infusion, and what that day holds: read for many at once."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from datetime import datetime

from django.db.models import QuerySet

from ivig_care.plans.models import Infusion, InfusionDay, Step
from ivig_care.regimen.briefing import Briefing, briefings, next_briefing
from ivig_care.regimen.steps import State


def briefing_due(infusion: Infusion, *, now: datetime) -> Briefing | None:
    """The briefing that the family is told next, as things stand at `now`; None when nothing is owed."""
    # As `briefings_of` asks for them.
    dues = [step.due_at for step in infusion.steps.all() if step.state == State.OPEN and step.is_nudged]
    starts = [day.planned_start for day in infusion.days.all() if day.cancelled_at is None]
    owed = briefings(dues=dues, day_starts=starts, zone=infusion.tz)
    return next_briefing(owed, briefed_at=infusion.briefed_at, now=now)


def briefings_of(infusions: Collection[Infusion]) -> dict[int, tuple[Briefing, ...]]:
    """The briefings of each of these infusions as its checklist stands, in order of time."""
    keys = [infusion.pk for infusion in infusions]
    dues, starts = defaultdict[int, list[datetime]](list), defaultdict[int, list[datetime]](list)
    open_steps = _told_of(Step.objects.open().filter(infusion__pk__among=keys))
    for key, due_at in open_steps.values_list("infusion_id", "due_at"):
        dues[key].append(due_at)
    days = InfusionDay.objects.filter(infusion__pk__among=keys, cancelled_at__isnull=True)
    for key, planned_start in days.values_list("infusion_id", "planned_start"):
        starts[key].append(planned_start)
    return {one.pk: briefings(dues=dues[one.pk], day_starts=starts[one.pk], zone=one.tz) for one in infusions}


def dues_of(children: Collection[int], *, begins: datetime, ends: datetime) -> dict[int, list[datetime]]:
    """For each of these children, when what its family still has to do is due between the two, the first first."""
    theirs = Step.objects.open().filter(infusion__plan__child__pk__among=children, due_at__gte=begins, due_at__lt=ends)
    dues = defaultdict[int, list[datetime]](list)
    for child, due_at in _told_of(theirs).order_by("due_at").values_list("infusion__plan__child_id", "due_at"):
        dues[child].append(due_at)
    return dues


def _told_of(steps: QuerySet[Step]) -> QuerySet[Step]:
    return steps.filter(is_nudged=True)
