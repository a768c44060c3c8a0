"""Writes infusion days: started, ended, taken back, moved, cancelled. Open steps follow; what happened never moves."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import transaction
from django.utils.translation import gettext as _

from ivig_care.accounts.models import User
from ivig_care.actions.audit import Verb, audit_note
from ivig_care.actions.checklists import checklist_refresh, infusion_lock
from ivig_care.actions.errors import Refused, SaidBefore, SaidSince, TimeNotPossible
from ivig_care.actions.notices import infusion_cancelled_tell, infusion_moved_tell
from ivig_care.actions.steps import CLOCK_SLACK
from ivig_care.common.spoken import day_clock
from ivig_care.plans.models import Infusion, InfusionDay, InfusionDayEvent, Plan
from ivig_care.plans.models.infusions import said_mark
from ivig_care.regimen.changes import Change

FURTHEST_FROM_PLAN = timedelta(hours=24)
LONGEST_DAY = timedelta(hours=24)


@transaction.atomic
def infusion_day_start(
    *, day: InfusionDay, by: User, at: datetime, now: datetime, was_queued: bool = False
) -> tuple[Change, ...]:
    """Record that a day's infusion really started at `at`; the changes that the checklist went through.

    What was queued was said by somebody who could not see what others said: it corrects nothing.

    Raises TimeNotPossible, SaidBefore, ReviewSigned, Refused.
    """
    day = day_locked(day)
    if was_queued and _was_said(day, day.actual_start, at, InfusionDayEvent.Kind.STARTED):
        return ()
    start_check(day, at=at, now=now)
    day.actual_start = at
    return _record(day, InfusionDayEvent.Kind.STARTED, by=by, at=at, now=now)


@transaction.atomic
def infusion_day_end(
    *, day: InfusionDay, by: User, at: datetime, now: datetime, was_queued: bool = False
) -> tuple[Change, ...]:
    """Record that a day's infusion really ended at `at`; the changes that the checklist went through.

    What was queued was said by somebody who could not see what others said: it corrects nothing.

    Raises TimeNotPossible, SaidBefore, ReviewSigned, Refused.
    """
    day = day_locked(day)
    if was_queued and _was_said(day, day.actual_end, at, InfusionDayEvent.Kind.ENDED):
        return ()
    end_check(day, at=at, now=now)
    day.actual_end = at
    return _record(day, InfusionDayEvent.Kind.ENDED, by=by, at=at, now=now)


@transaction.atomic
def infusion_day_undo(*, day: InfusionDay, by: User, now: datetime, of: str = "") -> tuple[Change, ...]:
    """Take back the last thing said about a day: its end if it has one, else its start.

    `of` is the mark of what the person saw: what was taken back before stays so, and whatever was said since stays.
    Raises SaidSince, ReviewSigned, Refused.
    """
    day = day_locked(day)
    if of and of != day.said_mark:
        _undo_check(day, of)
        return ()
    if day.actual_end is not None:
        taken_back, kind = day.actual_end, InfusionDayEvent.Kind.END_UNDONE
        day.actual_end = None
    elif day.actual_start is not None:
        taken_back, kind = day.actual_start, InfusionDayEvent.Kind.START_UNDONE
        day.actual_start = None
    else:
        return ()
    return _record(day, kind, by=by, at=taken_back, now=now)


@transaction.atomic
def infusion_day_move(*, day: InfusionDay, planned_start: datetime, by: User, now: datetime) -> tuple[Change, ...]:
    """Plan a day that has not started for another time, and tell the family once; the changes of the checklist.

    Raises TimeNotPossible, ReviewSigned, Refused.
    """
    day = day_locked(day)
    move_check(day, planned_start=planned_start, now=now)
    if day.planned_start == planned_start:
        return ()
    was, day.planned_start = day.planned_start, planned_start
    day.save(update_fields=["planned_start"])
    InfusionDayEvent.objects.create(day=day, kind=InfusionDayEvent.Kind.MOVED, at=was, entered_at=now, by=by)
    changes = checklist_refresh(day.infusion, at=now)
    infusion_moved_tell(day.infusion, starts_at=planned_start, now=now)
    child = day.infusion.plan.child
    audit_note(verb=Verb.CHANGED, about=day, by=by, now=now, child=child, detail="moved")
    return changes


@transaction.atomic
def infusion_cancel(*, infusion: Infusion, by: User, now: datetime) -> tuple[Change, ...]:
    """Call off every day that has not started, and tell the family once; a second time changes nothing.

    Raises ReviewSigned, Refused when every day has started.
    """
    infusion = infusion_lock(infusion.pk)
    days = list(infusion.days.filter(actual_start__isnull=True, cancelled_at__isnull=True))
    if not days:
        if infusion.days.filter(cancelled_at__isnull=False).exists():
            return ()
        raise Refused(_("Every day of this infusion has started, so there is nothing to cancel."))
    for day in days:
        day.cancelled_at = now
        day.save(update_fields=["cancelled_at"])
        kind = InfusionDayEvent.Kind.CANCELLED
        InfusionDayEvent.objects.create(day=day, kind=kind, at=day.planned_start, entered_at=now, by=by)
    changes = checklist_refresh(infusion, at=now)
    infusion_cancelled_tell(infusion, starts_at=min(day.planned_start for day in days), now=now)
    child = infusion.plan.child
    audit_note(verb=Verb.CHANGED, about=infusion, by=by, now=now, child=child, detail="cancelled")
    return changes


def move_check(day: InfusionDay, *, planned_start: datetime, now: datetime) -> None:
    """Whether a day can be planned for another time. Raises TimeNotPossible, Refused with a sentence for the person."""
    if day.actual_start is not None:
        raise Refused(_("This day has started, so it can no longer be moved."))
    if day.cancelled_at is not None:
        raise Refused(_("This day was cancelled."))
    if planned_start < now:
        raise TimeNotPossible(_("That time has gone by."))
    others = InfusionDay.objects.filter(infusion=day.infusion_id, cancelled_at__isnull=True).exclude(pk=day.pk)
    if others.filter(number__lt=day.number, planned_start__gte=planned_start).exists():
        raise TimeNotPossible(_("An earlier day of this infusion is planned for after that time. Move that one first."))
    if others.filter(number__gt=day.number, planned_start__lte=planned_start).exists():
        raise TimeNotPossible(_("A later day of this infusion is planned for before that time. Move that one first."))


def start_check(day: InfusionDay, *, at: datetime, now: datetime) -> None:
    """Whether the day can have started at `at`. Raises TimeNotPossible with a sentence for the person."""
    if day.cancelled_at is not None:
        raise Refused(_("This day was cancelled. If it takes place after all, call the clinic."))
    if at > now + CLOCK_SLACK:
        raise TimeNotPossible(_("That time has not come yet."))
    if abs(at - day.planned_start) > FURTHEST_FROM_PLAN:
        raise TimeNotPossible(_("That is more than a day away from the planned start. Ask the clinic to move the day."))
    if day.actual_end is not None and at >= day.actual_end:
        raise TimeNotPossible(_("The infusion cannot start after it ended."))


def end_check(day: InfusionDay, *, at: datetime, now: datetime) -> None:
    """Whether the day can have ended at `at`. Raises TimeNotPossible with a sentence for the person."""
    if day.actual_start is None:
        raise TimeNotPossible(_("Say first when the infusion started."))
    if at > now + CLOCK_SLACK:
        raise TimeNotPossible(_("That time has not come yet."))
    if at <= day.actual_start:
        raise TimeNotPossible(_("The infusion cannot end before it started."))
    if at - day.actual_start > LONGEST_DAY:
        raise TimeNotPossible(_("That is more than a day after the start."))


def day_locked(day: InfusionDay) -> InfusionDay:
    """The day, with its infusion held as `infusion_lock` holds it. Raises ReviewSigned, RecordErased, Refused."""
    infusion = infusion_lock(day.infusion_id)
    if infusion.plan.status == Plan.Status.DRAFT:
        raise Refused(_("This plan is not active yet."))
    return InfusionDay.objects.select_related("infusion__plan__child__clinic", "infusion__plan__product").get(pk=day.pk)


def _was_said(day: InfusionDay, said: datetime | None, at: datetime, kind: InfusionDayEvent.Kind) -> bool:
    """Whether just this was said before. Raises SaidBefore when something else was."""
    if said is None or said == at:
        return said is not None
    event = InfusionDayEvent.objects.filter(day=day, kind=kind).select_related("by").order_by("pk").last()
    raise SaidBefore(by=str(event.by) if event else "", at=said)


def _undo_check(day: InfusionDay, of: str) -> None:
    """Whether what is to be taken back is gone already. Raises SaidSince, Refused when something else stands."""
    said, kind = (
        (day.actual_end, InfusionDayEvent.Kind.ENDED)
        if of.startswith("end.")
        else (day.actual_start, InfusionDayEvent.Kind.STARTED)
    )
    if said is None:
        return
    if of == said_mark("start", said):
        raise Refused(_("This day has an end as well. Undo that first."))
    event = InfusionDayEvent.objects.filter(day=day, kind=kind).select_related("by").order_by("pk").last()
    raise SaidSince(by=event.by.name if event else "", time=day_clock(said.astimezone(day.infusion.tz)))


def _record(
    day: InfusionDay, kind: InfusionDayEvent.Kind, *, by: User, at: datetime, now: datetime
) -> tuple[Change, ...]:
    day.save(update_fields=["actual_start", "actual_end"])
    InfusionDayEvent.objects.create(day=day, kind=kind, at=at, entered_at=now, by=by)
    changes = checklist_refresh(day.infusion, at=now)
    verb, words = _SAID[kind]
    audit_note(verb=verb, about=day, by=by, now=now, child=day.infusion.plan.child, detail=words)
    return changes


_SAID = {
    InfusionDayEvent.Kind.STARTED: (Verb.RECORDED, "said the start of"),
    InfusionDayEvent.Kind.ENDED: (Verb.RECORDED, "said the end of"),
    InfusionDayEvent.Kind.START_UNDONE: (Verb.CHANGED, "took back the start of"),
    InfusionDayEvent.Kind.END_UNDONE: (Verb.CHANGED, "took back the end of"),
}
