"""Writes infusion days: started, ended, taken back. Open steps follow; what happened never moves."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import transaction

from ivig_care.accounts.models import User
from ivig_care.actions.checklists import checklist_refresh, infusion_lock
from ivig_care.actions.errors import Refused, TimeNotPossible
from ivig_care.actions.steps import CLOCK_SLACK
from ivig_care.plans.models import InfusionDay, InfusionDayEvent, Plan
from ivig_care.regimen.changes import Change

FURTHEST_FROM_PLAN = timedelta(hours=24)
LONGEST_DAY = timedelta(hours=24)


@transaction.atomic
def infusion_day_start(*, day: InfusionDay, by: User, at: datetime, now: datetime) -> tuple[Change, ...]:
    """Record that a day's infusion really started at `at`; the changes that the checklist went through.

    Raises TimeNotPossible, ReviewSigned, Refused.
    """
    day = _locked(day)
    start_check(day, at=at, now=now)
    day.actual_start = at
    return _record(day, InfusionDayEvent.Kind.STARTED, by=by, at=at, now=now)


@transaction.atomic
def infusion_day_end(*, day: InfusionDay, by: User, at: datetime, now: datetime) -> tuple[Change, ...]:
    """Record that a day's infusion really ended at `at`; the changes that the checklist went through.

    Raises TimeNotPossible, ReviewSigned, Refused.
    """
    day = _locked(day)
    end_check(day, at=at, now=now)
    day.actual_end = at
    return _record(day, InfusionDayEvent.Kind.ENDED, by=by, at=at, now=now)


@transaction.atomic
def infusion_day_undo(*, day: InfusionDay, by: User, now: datetime) -> tuple[Change, ...]:
    """Take back the last thing said about a day: its end if it has one, else its start."""
    day = _locked(day)
    if day.actual_end is not None:
        taken_back, kind = day.actual_end, InfusionDayEvent.Kind.END_UNDONE
        day.actual_end = None
    elif day.actual_start is not None:
        taken_back, kind = day.actual_start, InfusionDayEvent.Kind.START_UNDONE
        day.actual_start = None
    else:
        return ()
    return _record(day, kind, by=by, at=taken_back, now=now)


def start_check(day: InfusionDay, *, at: datetime, now: datetime) -> None:
    """Whether the day can have started at `at`. Raises TimeNotPossible with a sentence for the person."""
    if at > now + CLOCK_SLACK:
        raise TimeNotPossible("That time has not come yet.")
    if abs(at - day.planned_start) > FURTHEST_FROM_PLAN:
        raise TimeNotPossible("That is more than a day away from the planned start. Ask the clinic to move the day.")
    if day.actual_end is not None and at >= day.actual_end:
        raise TimeNotPossible("The infusion cannot start after it ended.")


def end_check(day: InfusionDay, *, at: datetime, now: datetime) -> None:
    """Whether the day can have ended at `at`. Raises TimeNotPossible with a sentence for the person."""
    if day.actual_start is None:
        raise TimeNotPossible("Say first when the infusion started.")
    if at > now + CLOCK_SLACK:
        raise TimeNotPossible("That time has not come yet.")
    if at <= day.actual_start:
        raise TimeNotPossible("The infusion cannot end before it started.")
    if at - day.actual_start > LONGEST_DAY:
        raise TimeNotPossible("That is more than a day after the start.")


def _locked(day: InfusionDay) -> InfusionDay:
    infusion = infusion_lock(day.infusion_id)
    if infusion.plan.status == Plan.Status.DRAFT:
        raise Refused("This plan is not active yet.")
    return InfusionDay.objects.select_related("infusion__plan").get(pk=day.pk)


def _record(
    day: InfusionDay, kind: InfusionDayEvent.Kind, *, by: User, at: datetime, now: datetime
) -> tuple[Change, ...]:
    day.save(update_fields=["actual_start", "actual_end"])
    InfusionDayEvent.objects.create(day=day, kind=kind, at=at, entered_at=now, by=by)
    return checklist_refresh(day.infusion, at=now)
