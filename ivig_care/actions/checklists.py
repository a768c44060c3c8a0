"""Writes checklists: brings the steps in line with the schedule, and closes what is over."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal
from fractions import Fraction

from django.db import transaction
from django.db.models import F, Q

from ivig_care.actions.errors import RecordErased, ReviewSigned
from ivig_care.actions.silence import LEAVING, LEFT_OUT, deliveries_silence
from ivig_care.nudges.models import Delivery
from ivig_care.plans.briefing import briefing_due
from ivig_care.plans.facts import changes_between, schedule_of
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
    review = Review.objects.filter(infusion=infusion, status=Review.Status.SIGNED).first()
    if review is not None and review.signed_at is not None:
        raise ReviewSigned(review.signed_at)
    return infusion


def checklist_refresh(infusion: Infusion, *, at: datetime) -> tuple[Change, ...]:
    """Bring the steps in line with the schedule as the facts stand at `at`; a second time nothing changes."""
    held = {step.slot: step for step in infusion.steps.select_for_update()}
    changes = changes_between(infusion, schedule_of(infusion))
    for change in changes:
        _change_apply(infusion, held.get(change.slot), change, at)
    briefing_set(infusion, now=at)
    Infusion.objects.filter(pk=infusion.pk).update(next_briefing_at=infusion.next_briefing_at)
    checklist_touch(infusion)
    return changes


def checklist_touch(infusion: Infusion) -> None:
    """Tell open pages that there is something new."""
    Infusion.objects.filter(pk=infusion.pk).update(revision=F("revision") + 1)


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


def _steps_lapse(infusion: Infusion, now: datetime) -> None:
    lapsed = list(infusion.steps.open().filter(closes_at__lte=now).select_for_update())
    for step in lapsed:
        step.state, step.next_nudge_at = step_states.after(State(step.state), Event.LAPSED), None
        step.save(update_fields=["state", "next_nudge_at"])
        StepEvent.objects.create(step=step, kind=Event.LAPSED, at=step.closes_at, entered_at=now)
    if lapsed:
        checklist_touch(infusion)


def _change_apply(infusion: Infusion, held: Step | None, change: Change, at: datetime) -> None:
    match change.action:
        case Action.ADD if held is None and change.step is not None:
            step = _step_made(infusion, change.step)
            alarm_set(step, now=at)
            step.save()
        case Action.ADD if held is not None and change.step is not None:
            _step_change(held, Event.RESTORED, change, at)
        case Action.MOVE if held is not None:
            _step_change(held, Event.MOVED, change, at)
        case Action.WITHDRAW if held is not None:
            _step_change(held, Event.WITHDRAWN, change, at)


def _step_change(step: Step, event: Event, change: Change, at: datetime) -> None:
    was_due = step.due_at
    if change.step is not None:
        _step_place(step, change.step)
    if step.nudged_at is not None and step.due_at <= step.nudged_at < was_due:
        # It was told of as coming up, and has moved to before that: it is due, and nobody has heard so.
        step.nudged_at = None
    step.state = step_states.after(State(step.state), event)
    alarm_set(step, now=at)
    step.save(update_fields=[*_PLACED, *ALARM, "state"])
    if event is Event.WITHDRAWN:
        deliveries_silence([step.pk], reason=LEFT_OUT, now=at)
    StepEvent.objects.create(step=step, kind=event, at=at, entered_at=at, reason=change.reason[:200])


_PLACED = ("opens_at", "due_at", "late_at", "closes_at", "follows", "mg", "mg_per_ml")


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
