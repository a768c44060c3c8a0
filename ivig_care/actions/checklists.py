"""Writes checklists: brings the steps in line with the schedule, and closes what is over."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import NamedTuple

from django.db import transaction
from django.db.models import F, Q

from ivig_care.actions.errors import RecordErased, ReviewSigned
from ivig_care.actions.silence import LEAVING, LEFT_OUT, deliveries_silence
from ivig_care.common.bulk import rows_insert, rows_update
from ivig_care.common.prepared import Prepared, relation_fill
from ivig_care.nudges.models import Delivery
from ivig_care.plans.briefing import briefing_due
from ivig_care.plans.facts import Given, Worked, changes_between, given_near, read_anew, schedule_of, steps_read
from ivig_care.plans.models import Infusion, Plan, Step, StepEvent
from ivig_care.regimen import steps as step_states
from ivig_care.regimen.changes import Action, Change
from ivig_care.regimen.dated import DatedStep
from ivig_care.regimen.nudging import QUARTER, next_nudge
from ivig_care.regimen.protocol import Actor, NudgePolicy
from ivig_care.regimen.steps import Event, State
from ivig_care.regimen.timing import Elapsed
from ivig_care.reviews.models import Review


def infusion_hold(infusion_id: int) -> Infusion:
    """The infusion, held as `infusion_lock` holds it, signed or not: for what is only added. Raises RecordErased."""
    infusion = Infusion.objects.select_for_update(no_key=True).filter(pk=infusion_id).first()
    if infusion is None:
        raise RecordErased
    return infusion


def infusion_lock(infusion_id: int) -> Infusion:
    """The infusion, held until the transaction ends: everything about one checklist happens one after the other.

    Held without its key, so that messages about it may be written meanwhile.

    Raises ReviewSigned: what is signed does not change any more. Raises RecordErased.
    """
    infusion = infusion_hold(infusion_id)
    _check_unsigned(infusion)
    return infusion


def _check_unsigned(infusion: Infusion) -> None:
    """Asked once the infusion is held, and not with it: somebody may have signed while we waited for it."""
    at = _SIGNED.first(infusion.pk)
    if at is not None:
        raise ReviewSigned(at)


_SIGNED: Prepared[datetime | None] = Prepared(
    lambda infusion: Review.objects.filter(infusion=infusion, status=Review.Status.SIGNED).values_list(
        "signed_at", flat=True
    )
)


def checklist_hold(infusion_id: int) -> Infusion:
    """The infusion, locked as `infusion_lock` does, with its plan, its days and its steps read, and the steps held.

    Raises ReviewSigned, RecordErased.
    """
    infusion = _HELD.first(infusion_id)
    if infusion is None:
        raise RecordErased
    _check_unsigned(infusion)
    steps_read(infusion, is_held=True)
    return infusion


_HELD: Prepared[Infusion] = Prepared(
    lambda infusion: (
        Infusion.objects.select_for_update(no_key=True, of=("self",))
        .select_related("plan__child__clinic", "plan__product")
        .filter(pk=infusion)
    )
)


def checklist_refresh(infusion: Infusion, *, at: datetime) -> tuple[Change, ...]:
    """Bring the steps in line with the schedule as the facts stand at `at`; a second time nothing changes."""
    held = read_anew(infusion, is_held=True)
    changes = _renewed(held, given_near(held), at)
    infusion.next_briefing_at = held.next_briefing_at
    checklist_touch(infusion, next_briefing_at=infusion.next_briefing_at)
    return changes


def checklist_renew(infusion: Infusion, *, given: tuple[Given, ...], at: datetime) -> tuple[Change, ...]:
    """The same for an infusion that `checklist_hold` gave, whose steps are as they stand now, and its doses.

    What is worked out for it is left in `worked`.
    """
    changes = _renewed(infusion, given, at)
    # Nobody else can have raised it: the infusion is held, and was read then.
    infusion.revision += 1
    rows_update(Infusion, [_Renewal(infusion.pk, infusion.revision, infusion.next_briefing_at)])
    return changes


class _Renewal(NamedTuple):
    id: int
    revision: int
    next_briefing_at: datetime | None


def _renewed(infusion: Infusion, given: tuple[Given, ...], at: datetime) -> tuple[Change, ...]:
    schedule = schedule_of(infusion, given=given)
    changes = changes_between(infusion, schedule)
    _changes_apply(infusion, changes, at)
    infusion.worked = Worked(schedule=schedule, given=given)
    briefing_set(infusion, now=at)
    return changes


def checklist_touch(infusion: Infusion, **more: object) -> None:
    """Tell open pages that there is something new, and write what is `more` about the infusion along with it."""
    infusion.revision += 1
    Infusion.objects.filter(pk=infusion.pk).update(revision=F("revision") + 1, **more)


def alarm_set(step: Step, *, now: datetime) -> None:
    """Compute the step's own alarm anew; the caller saves the fields of ALARM.

    One that has gone by is owed from `now` on. A step that rang early, along with others, has rung now and not later:
    what moves to before that time is owed. One whose message never left has not rung.
    """
    if step.nudged_at is not None:
        step.nudged_at = None if _is_silenced(step, since=step.nudged_at - QUARTER) else min(step.nudged_at, now)
    owed = alarm_next(step, nudged_at=step.nudged_at, now=now)
    step.next_nudge_at = None if owed is None else max(owed, now)


LONGEST_HELD = timedelta(hours=24)
ALARM = ("nudged_at", "next_nudge_at")


def _is_silenced(step: Step, *, since: datetime) -> bool:
    """Whether nobody heard of the step's last ring, because its messages were dropped before they left."""
    # What was held overnight began long before the ring that it carries.
    lately = step.deliveries.filter(created_at__gte=since - LONGEST_HELD)
    reached = Q(created_at__gte=since) | Q(sent_at__gte=since) | Q(sent_at__isnull=True)
    was_dropped = lately.filter(status=Delivery.Status.DROPPED).exists()
    return was_dropped and not lately.filter(reached, status__in=LEAVING).exists()


def alarm_next(step: Step, *, nudged_at: datetime | None, now: datetime) -> datetime | None:
    """When the step next rings, had it last rung at `nudged_at`; nothing is written."""
    return next_nudge(
        step.window,
        step.nudge_policy,
        State(step.state),
        nudged_at=nudged_at,
        now=now,
        snoozed_until=step.snoozed_until,
    )


def briefing_set(infusion: Infusion, *, now: datetime) -> None:
    """Compute anew when the family is next told of a whole day; the caller saves the field."""
    briefing = None if infusion.plan.status == Plan.Status.DRAFT else briefing_due(infusion, now=now)
    infusion.next_briefing_at = None if briefing is None else briefing.at


def checklists_close(*, now: datetime) -> int:
    """Let open steps whose window is over lapse, and close every checklist that has none open; how many closed."""
    # Each by its own index: asked for together, every step that there ever was would be looked through.
    lapsing = Step.objects.open().filter(closes_at__lte=now).values_list("infusion_id", flat=True)
    still_to_close = Infusion.objects.filter(closed_at__isnull=True, steps__isnull=False)
    with_nothing_open = still_to_close.exclude(steps__in=Step.objects.open()).values_list("pk", flat=True)
    return sum(_checklist_close(infusion_id, now) for infusion_id in sorted({*lapsing, *with_nothing_open}))


@transaction.atomic
def _checklist_close(infusion_id: int, now: datetime) -> bool:
    """The same for one checklist, under the lock that every tick takes; whether it closed."""
    infusion = Infusion.objects.select_for_update(no_key=True).get(pk=infusion_id)
    _steps_lapse(infusion, now)
    if infusion.closed_at is not None or infusion.steps.open().exists():
        return False
    infusion.closed_at = now
    infusion.save(update_fields=["closed_at"])
    checklist_touch(infusion)
    Review.objects.get_or_create(infusion=infusion, defaults={"opened_at": now})
    return True


def checklist_end(infusion: Infusion, *, reason: str, now: datetime) -> None:
    """Close a checklist before its time: nobody is asked any more for what is still open, and nothing counts as missed.

    For an infusion that is locked. What its time was over for lapses as ever.
    """
    _steps_lapse(infusion, now)
    left = list(infusion.steps.open().select_for_update())
    for step in left:
        step.state, step.next_nudge_at = step_states.after(State(step.state), Event.WITHDRAWN), None
        step.save(update_fields=["state", "next_nudge_at"])
        StepEvent.objects.create(step=step, kind=Event.WITHDRAWN, at=now, entered_at=now, reason=reason)
    deliveries_silence([step.pk for step in left], reason=reason, now=now)
    infusion.closed_at, infusion.next_briefing_at = infusion.closed_at or now, None
    infusion.save(update_fields=["closed_at", "next_briefing_at"])


def _steps_lapse(infusion: Infusion, now: datetime) -> None:
    lapsed = list(infusion.steps.open().filter(closes_at__lte=now).select_for_update())
    for step in lapsed:
        step.state, step.next_nudge_at = step_states.after(State(step.state), Event.LAPSED), None
        step.save(update_fields=["state", "next_nudge_at"])
        StepEvent.objects.create(step=step, kind=Event.LAPSED, at=step.closes_at, entered_at=now)
    if lapsed:
        checklist_touch(infusion)


_EVENTS = {Action.ADD: Event.RESTORED, Action.MOVE: Event.MOVED, Action.WITHDRAW: Event.WITHDRAWN}


def _changes_apply(infusion: Infusion, changes: Iterable[Change], at: datetime) -> None:
    """Write what changes, all steps of a kind with one statement."""
    held = {step.slot: step for step in infusion.steps.all()}
    made, moved, events = list[Step](), list[Step](), list[_Event]()
    for change in changes:
        step = held.get(change.slot)
        if step is not None and change.action in _EVENTS:
            moved.append(step)
            events.append(_step_change(step, _EVENTS[change.action], change, at))
        elif step is None and change.action is Action.ADD and change.step is not None:
            made.append(_step_made(infusion, change.step))
            alarm_set(made[-1], now=at)
    Step.objects.bulk_create(made)
    # What asks for the steps after this sees them as they stand now, in their order.
    standing = sorted((*held.values(), *made), key=lambda step: (step.due_at, step.pk))
    relation_fill(infusion, "steps", standing)
    rows_update(Step, [_Placed(*(getattr(step, name) for name in _Placed._fields)) for step in moved])
    withdrawn = [step.pk for step in moved if step.state == State.WITHDRAWN]
    if withdrawn:
        deliveries_silence(withdrawn, reason=LEFT_OUT, now=at)
    rows_insert(StepEvent, events)


class _Placed(NamedTuple):
    id: int
    opens_at: datetime
    due_at: datetime
    late_at: datetime
    closes_at: datetime
    follows: str
    mg: Decimal | None
    mg_per_ml: Decimal | None
    nudged_at: datetime | None
    next_nudge_at: datetime | None
    state: str


def _step_change(step: Step, event: Event, change: Change, at: datetime) -> _Event:
    was_due = step.due_at
    if change.step is not None:
        _step_place(step, change.step)
    if step.nudged_at is not None and step.due_at <= step.nudged_at < was_due:
        # It was told of as coming up, and has moved to before that: it is due, and nobody has heard so.
        step.nudged_at = None
    step.state = step_states.after(State(step.state), event)
    alarm_set(step, now=at)
    return _Event(step.pk, event, at, at, change.reason[:200])


class _Event(NamedTuple):
    step_id: int
    kind: str
    at: datetime
    entered_at: datetime
    reason: str


def _step_place(step: Step, dated: DatedStep) -> None:
    """When it is due and how much it gives; its words stay those it was made with."""
    window = dated.window
    step.opens_at, step.due_at = window.opens_at, window.due_at
    step.late_at, step.closes_at = window.late_at, window.closes_at
    step.follows = dated.follows
    if dated.dose is not None:
        step.mg = _decimal(dated.dose.mg)
        step.mg_per_ml = None if dated.dose.mg_per_ml is None else _decimal(dated.dose.mg_per_ml)


def _step_made(infusion: Infusion, dated: DatedStep) -> Step:
    step = Step(
        infusion=infusion,
        slot=dated.slot,
        kind=dated.kind,
        actor=dated.actor,
        title=dated.title,
        why=dated.why,
        day_number=dated.day,
        goal_ml=None if dated.goal_ml is None else round(dated.goal_ml),
    )
    _step_place(step, dated)
    if dated.dose is not None:
        step.ingredient, step.medicine_name = dated.dose.ingredient, dated.dose.name
    if dated.nudges is not None and dated.actor is Actor.FAMILY:
        _policy_copy(step, dated.nudges)
    return step


def _policy_copy(step: Step, policy: NudgePolicy) -> None:
    step.is_nudged = True
    step.nudge_lead_minutes = _minutes(policy.lead)
    step.nudge_repeat_minutes = _minutes(policy.repeat_every)
    step.nudge_repeats = policy.repeats
    step.nudge_second_minutes = _minutes(policy.second_after)
    step.nudge_clinic_minutes = _minutes(policy.clinic_after)
    step.may_wake = policy.may_wake


def _minutes(elapsed: Elapsed | None) -> int | None:
    return None if elapsed is None else round(elapsed.total_seconds() / 60)


def _decimal(amount: Fraction) -> Decimal:
    return (Decimal(amount.numerator) / Decimal(amount.denominator)).quantize(Decimal("0.001"))
