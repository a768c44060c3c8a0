"""When a family is next told of a whole day of an infusion, and what that day holds."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from django.db.models import QuerySet

from ivig_care.plans.models import Infusion, Step
from ivig_care.regimen.briefing import Briefing, briefings, next_briefing
from ivig_care.regimen.timing import resolve_local


def briefing_due(infusion: Infusion, *, now: datetime) -> Briefing | None:
    """The briefing that the family is told next, as things stand at `now`; None when nothing is owed."""
    dues = list(_told_of(infusion.steps.open()).values_list("due_at", flat=True))
    starts = list(infusion.days.filter(cancelled_at__isnull=True).values_list("planned_start", flat=True))
    owed = briefings(dues=dues, day_starts=starts, zone=infusion.tz)
    return next_briefing(owed, briefed_at=infusion.briefed_at, now=now)


def steps_on(children: Collection[int], on: date, zone: ZoneInfo) -> QuerySet[Step]:
    """What the families of these children still have to do on a local date, the first first."""
    begins = resolve_local(on, time(), zone)
    ends = resolve_local(on + timedelta(days=1), time(), zone)
    theirs = Step.objects.open().filter(infusion__plan__child__in=children, due_at__gte=begins, due_at__lt=ends)
    return _told_of(theirs).order_by("due_at")


def _told_of(steps: QuerySet[Step]) -> QuerySet[Step]:
    return steps.filter(is_nudged=True)
