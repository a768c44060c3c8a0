"""Writes steps: ticked, skipped, undone, noted. What a person says is kept, and the rest of the checklist follows."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta
from decimal import Decimal
from typing import NamedTuple

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from ivig_care.accounts.models import User
from ivig_care.actions.audit import Verb, audit_note
from ivig_care.actions.checklists import ALARM, alarm_set, checklist_hold, checklist_renew, checklist_touch
from ivig_care.actions.errors import (
    ReasonNeeded,
    RecordErased,
    Refused,
    SaidSince,
    StepWithdrawn,
    TimeNotPossible,
)
from ivig_care.actions.silence import ANSWERED, PUT_OFF, deliveries_silence
from ivig_care.common.bulk import rows_insert, rows_update
from ivig_care.common.spoken import day_clock, medicine_called
from ivig_care.plans.facts import Given, given_as, given_near
from ivig_care.plans.ledger import ledger_of
from ivig_care.plans.models import Dose, Infusion, Step, StepEvent
from ivig_care.regimen import steps as step_states
from ivig_care.regimen.doses import Code
from ivig_care.regimen.errors import SnoozeRefused, TransitionRefused
from ivig_care.regimen.ledger import Answer
from ivig_care.regimen.nudging import snooze_until
from ivig_care.regimen.protocol import Kind
from ivig_care.regimen.steps import Event, SkipReason, State

# What somebody is told who says something of a step that is answered.
_STATE_SAID = {
    State.OPEN: gettext_lazy("This step is still open."),
    State.DONE: gettext_lazy("This step is already done."),
    State.SKIPPED: gettext_lazy("This step is already skipped."),
    State.MISSED: gettext_lazy("The time for this step is over."),
    State.WITHDRAWN: gettext_lazy("This step is no longer needed."),
}
# A phone's clock may run ahead of ours by this much before "now" looks like the future.
CLOCK_SLACK = timedelta(minutes=2)
LONGEST_AGO = timedelta(days=30)


@transaction.atomic
def step_tick(*, step: Step, by: User, at: datetime, now: datetime, reason: str = "", how: str = "") -> Step:
    """Record that a step was done at `at`; a second tick changes nothing. `how`: "by text", "by link", here if empty.

    A medicine given before it is allowed again needs a reason, and is then recorded like any other: what happened is
    never refused. Raises ReasonNeeded, TimeNotPossible, StepWithdrawn, ReviewSigned, Refused.
    """
    infusion, step = _locked(step)
    if step.state == State.DONE:
        return step
    check_time(at, now)
    given = given_near(infusion)
    if step.ingredient and not reason:
        _check_allowance(infusion, step, at, given)
    _say(step, Event.DONE, by=by, at=min(at, now), now=now, reason=reason)
    if step.ingredient:
        given = (*given, _dose_record(infusion, step, by=by, at=min(at, now), now=now, reason=reason))
    checklist_renew(infusion, given=given, at=now)
    _note(infusion, step, Verb.RECORDED, "ticked", by=by, now=now, how=how)
    return step


@transaction.atomic
def step_skip(
    *,
    step: Step,
    by: User,
    reason: SkipReason,
    note: str,
    now: datetime,
    at: datetime | None = None,
    how: str = "",
) -> Step:
    """Record that a step was not done, and why; said at `at`, or now. It starts no clock. A second changes nothing."""
    at = now if at is None else at
    infusion, step = _locked(step)
    if step.state == State.SKIPPED:
        return step
    check_time(at, now)
    step.skip_reason = reason
    _say(step, Event.SKIPPED, by=by, at=at, now=now, reason=reason, note=note)
    checklist_renew(infusion, given=given_near(infusion), at=now)
    _note(infusion, step, Verb.RECORDED, "skipped", by=by, now=now, how=how)
    return step


@transaction.atomic
def step_undo(*, step: Step, by: User, now: datetime, how: str = "", of: Collection[str] = ()) -> Step:
    """Take back what was said of a step; the dose it recorded is taken back with it and stays in the record.

    `of` are the marks of what the person saw: whatever was said since stays. Raises SaidSince, StepWithdrawn, Refused.
    """
    infusion, step = _locked(step)
    if not step.is_said:
        return step
    if of and step.said_mark not in of and step.said_at is not None:
        raise SaidSince(by=step.said_by.name if step.said_by else "", time=_clock(step.said_at, infusion))
    step.state = step_states.after(State(step.state), Event.UNDONE)
    step.said_at, step.said_by, step.skip_reason = None, None, ""
    alarm_set(step, now=now)
    step.save(update_fields=["state", "said_at", "said_by", "skip_reason", *ALARM])
    StepEvent.objects.create(step=step, kind=Event.UNDONE, at=now, entered_at=now, by=by)
    step.doses.filter(taken_back_at__isnull=True).update(taken_back_at=now)
    checklist_renew(infusion, given=given_near(infusion), at=now)
    _note(infusion, step, Verb.CHANGED, "took back", by=by, now=now, how=how)
    return step


@transaction.atomic
def step_snooze(*, step: Step, by: User, minutes: int, now: datetime, how: str = "") -> Step:
    """Tell nobody of an open step for so many minutes, then tell again. Raises Refused, StepWithdrawn, ReviewSigned."""
    infusion, step = _locked(step)
    if step.state != State.OPEN:
        raise Refused(_STATE_SAID[State(step.state)])
    try:
        until = snooze_until(
            step.window,
            step.nudge_policy,
            asked=timedelta(minutes=minutes),
            snoozes=step.snoozes,
            now=now,
            is_check=step.kind == Kind.CHECK,
        )
    except SnoozeRefused as error:
        raise Refused(str(error)) from error
    step.snoozed_until, step.snoozes = until, step.snoozes + 1
    alarm_set(step, now=now)
    step.save(update_fields=["snoozed_until", "snoozes", *ALARM])
    StepEvent.objects.create(step=step, kind=Event.SNOOZED, at=now, entered_at=now, by=by, reason=f"{minutes} minutes")
    deliveries_silence([step.pk], reason=PUT_OFF, now=now)
    checklist_touch(infusion)
    _note(infusion, step, Verb.RECORDED, "put off", by=by, now=now, how=how)
    return step


@transaction.atomic
def step_note(*, step: Step, by: User, note: str, now: datetime, at: datetime | None = None) -> StepEvent:
    """Add a note to a step, whatever its state; written at `at`, or now."""
    at = now if at is None else at
    infusion, step = _locked(step)
    check_time(at, now)
    event = StepEvent.objects.create(step=step, kind=Event.NOTED, at=at, entered_at=now, by=by, note=note)
    checklist_touch(infusion)
    _note(infusion, step, Verb.RECORDED, "wrote a note on", by=by, now=now)
    return event


def _locked(step: Step) -> tuple[Infusion, Step]:
    infusion = checklist_hold(step.infusion_id)
    fresh = next((one for one in infusion.steps.all() if one.pk == step.pk), None)
    if fresh is None:
        raise RecordErased
    if fresh.state == State.WITHDRAWN:
        raise StepWithdrawn
    return infusion, fresh


def _say(step: Step, event: Event, *, by: User, at: datetime, now: datetime, reason: str = "", note: str = "") -> None:
    try:
        step.state = step_states.after(State(step.state), event)
    except TransitionRefused as error:
        raise Refused(f"{_STATE_SAID[State(error.state)]} {_('Undo that first.')}") from error
    step.said_at, step.said_by, step.next_nudge_at = at, by, None
    rows_update(Step, [_Said(step.pk, step.state, at, by.pk, step.skip_reason, None)])
    if step.is_nudged:
        deliveries_silence([step.pk], reason=ANSWERED, now=now)
    rows_insert(StepEvent, [_Event(step.pk, event, at, now, by.pk, reason[:200], note)])


def _dose_record(infusion: Infusion, step: Step, *, by: User, at: datetime, now: datetime, reason: str) -> Given:
    dose = Dose(
        child_id=infusion.plan.child_id,
        step=step,
        ingredient=step.ingredient,
        medicine_name=step.medicine_name,
        mg=step.mg,
        given_at=at,
        entered_at=now,
        entered_by=by,
        reason=reason,
    )
    rows_insert(Dose, [_Dose(*(getattr(dose, name) for name in _Dose._fields))])
    return given_as(dose, is_own=True)


class _Dose(NamedTuple):
    child_id: int
    step_id: int
    ingredient: str
    medicine_name: str
    mg: Decimal | None
    given_at: datetime
    entered_at: datetime
    entered_by_id: int
    reason: str


class _Said(NamedTuple):
    id: int
    state: str
    said_at: datetime
    said_by_id: int
    skip_reason: str
    next_nudge_at: datetime | None


class _Event(NamedTuple):
    step_id: int
    kind: str
    at: datetime
    entered_at: datetime
    by_id: int
    reason: str
    note: str


def _note(infusion: Infusion, step: Step, verb: Verb, words: str, *, by: User, now: datetime, how: str = "") -> None:
    detail = f"{words}, {how}" if how else words
    audit_note(verb=verb, about=step, by=by, now=now, child=infusion.plan.child, detail=detail)


def check_time(at: datetime, now: datetime) -> None:
    """Whether something can have happened then. Raises TimeNotPossible."""
    if at > now + CLOCK_SLACK:
        raise TimeNotPossible(_("That time has not come yet."))
    if at < now - LONGEST_AGO:
        raise TimeNotPossible(_("That time is too long ago for this checklist."))


def _check_allowance(infusion: Infusion, step: Step, at: datetime, given: tuple[Given, ...]) -> None:
    answer = ledger_of(infusion, given=given).answer(step, at)
    is_in_doubt = not answer.is_known and answer.last is not None
    if not is_in_doubt and not any(reason.code in _ASKS_WHY for reason in answer.reasons):
        return
    said = [_why(answer)]
    if answer.last is not None:
        said = [
            _("Last %(medicine)s: %(clock)s.")
            % {
                "medicine": medicine_called(step.medicine_name, step.ingredient),
                "clock": _clock(answer.last.at, infusion),
            },
            *said,
        ]
    if answer.next_at is not None and answer.next_at > at:
        said.append(_("Next allowed: %(clock)s.") % {"clock": _clock(answer.next_at, infusion)})
    raise ReasonNeeded(" ".join(part for part in said if part))


# How large one dose is, is the clinic's own order and no question for a parent: the row says it, and the plan did.
_SAID_BY_TIME = frozenset({Code.TOO_CLOSE, Code.TOO_MANY})
_ASKS_WHY = _SAID_BY_TIME | {Code.TOO_MUCH, Code.NOT_TOGETHER}


def _why(answer: Answer) -> str:
    """What the ledger says; that two doses are close or many is said by the next allowed time, where there is one."""
    codes = _ASKS_WHY if answer.next_at is None else _ASKS_WHY - _SAID_BY_TIME
    said = [one.text for one in answer.reasons if one.code in codes]
    unknown = [] if answer.is_known else [_("When the next is allowed is not known here: ask the clinic.")]
    return " ".join((*said, *unknown))


def _clock(at: datetime, infusion: Infusion) -> str:
    return day_clock(at.astimezone(infusion.tz))
