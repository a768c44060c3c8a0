"""Reads for the clinic: what waits for review, the children with their plans, and one infusion on one page."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from fractions import Fraction
from itertools import groupby

from django.db.models import Prefetch, Q, QuerySet, prefetch_related_objects

from ivig_care.accounts.models import User
from ivig_care.care_teams.access import Right, children_of, with_guardian
from ivig_care.care_teams.models import Child
from ivig_care.plans.facts import schedule_of
from ivig_care.plans.ledger import Ledger, ledger_of
from ivig_care.plans.models import Dose, Infusion, InfusionDay, Plan, Step, StepEvent
from ivig_care.plans.outlook import length_words, mg_per_kg
from ivig_care.regimen.dated import DayRun
from ivig_care.regimen.figures import plain_hours
from ivig_care.regimen.steps import Event, State
from ivig_care.reviews.models import Review
from ivig_care.reviews.summary import Summary, longer_words, minutes_words, summarise

MOST_SIGNED = 20
# Written down within this time counts as written down at once.
AT_ONCE = timedelta(minutes=15)


@dataclass(frozen=True, kw_only=True)
class QueueLine:
    """One closed checklist in the queue or among the signed ones."""

    review: Review
    infusion: Infusion
    child: Child
    starts_at: datetime | None
    summary: Summary


@dataclass(frozen=True, kw_only=True)
class PlanLine:
    """One plan of a child with its infusion and days."""

    plan: Plan
    infusion: Infusion | None
    days: list[InfusionDay]


@dataclass(frozen=True, kw_only=True)
class ChildLine:
    """One child of the clinic with its plans, newest first."""

    child: Child
    plans: list[PlanLine]
    may_prescribe: bool
    has_guardian: bool


def queue_of(user: User) -> list[QueueLine]:
    """The closed checklists that wait for this person's review: the most pressing first, then the oldest."""
    waiting = _reviews(user).filter(status=Review.Status.OPEN).order_by("opened_at", "pk")
    return sorted(map(_queue_line, waiting), key=lambda line: line.summary.attention)


def signed_of(user: User) -> list[QueueLine]:
    """The reviews that were signed last."""
    signed = _reviews(user).filter(status=Review.Status.SIGNED).order_by("-signed_at", "-pk")
    return list(map(_queue_line, signed.select_related("signed_by")[:MOST_SIGNED]))


def children_with_plans(user: User) -> list[ChildLine]:
    """The children of the clinics at which this person works, by name, with all their plans."""
    days = Prefetch("infusions", Infusion.objects.order_by("pk").prefetch_related("days"))
    plans = Plan.objects.select_related("version__protocol", "product").prefetch_related(days).order_by("-pk")
    children = children_of(user, Right.INVITE_FAMILY).order_by("given_name", "family_name", "pk")
    prescribed = set(children_of(user, Right.PRESCRIBE).values_list("pk", flat=True))
    guarded = with_guardian(children)
    return [
        ChildLine(
            child=child,
            plans=[_plan_line(plan) for plan in child.plans.all()],
            may_prescribe=child.pk in prescribed,
            has_guardian=child.pk in guarded,
        )
        for child in children.prefetch_related(Prefetch("plans", plans))
    ]


def drafts_for(user: User, child: Child) -> QuerySet[Plan]:
    """The drafts that somebody began for this child, newest first."""
    drafts = Plan.objects.visible_to(user, Right.PRESCRIBE).filter(child=child, status=Plan.Status.DRAFT)
    return drafts.select_related("version__protocol", "prescribed_by").order_by("-pk")


def _reviews(user: User) -> QuerySet[Review]:
    steps = Step.objects.prefetch_related("doses")
    return (
        Review.objects.visible_to(user, Right.REVIEW)
        .select_related("infusion__plan__child", "infusion__plan__product")
        .prefetch_related("infusion__days", Prefetch("infusion__steps", steps))
    )


def _queue_line(review: Review) -> QueueLine:
    infusion = review.infusion
    first = next(iter(infusion.days.all()), None)
    return QueueLine(
        review=review,
        infusion=infusion,
        child=infusion.plan.child,
        starts_at=(first.actual_start or first.planned_start) if first else None,
        summary=summarise(infusion),
    )


def _plan_line(plan: Plan) -> PlanLine:
    infusion = next(iter(plan.infusions.all()), None)
    return PlanLine(plan=plan, infusion=infusion, days=list(infusion.days.all()) if infusion else [])


# --- one infusion on one page -----------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class DayRow:
    """One infusion day, planned against actual."""

    day: InfusionDay
    planned_end: datetime
    predicted_end: datetime

    @property
    def start_words(self) -> str:
        """How far the real start was from the planned one; empty while there is none."""
        start = self.day.actual_start
        return "" if start is None else minutes_words(start - self.day.planned_start)

    @property
    def planned_length(self) -> str:
        """How long the plan takes."""
        return length_words(self.planned_end - self.day.planned_start)

    @property
    def actual_length(self) -> str:
        """How long it really took; empty while it runs."""
        start, end = self.day.actual_start, self.day.actual_end
        return "" if start is None or end is None else length_words(end - start)

    @property
    def length_difference(self) -> str:
        """How much longer or shorter than planned it took; empty while it runs."""
        start, end = self.day.actual_start, self.day.actual_end
        if start is None or end is None:
            return ""
        planned = self.planned_end - self.day.planned_start
        return longer_words((end - start) - planned)


@dataclass(frozen=True, kw_only=True)
class StepRow:
    """One step, planned against what was said of it."""

    step: Step
    difference: str
    entered_at: datetime | None
    reason: str
    notes: tuple[StepEvent, ...]
    taken_back: tuple[StepEvent, ...]


@dataclass(frozen=True, kw_only=True)
class DoseRow:
    """One dose in the ledger; `gap_words` is since the dose of the same ingredient before it."""

    dose: Dose
    mg_per_kg: Fraction | None
    gap_words: str
    is_too_soon: bool
    is_late_entry: bool


@dataclass(frozen=True, kw_only=True)
class ReviewPage:
    """Everything about one infusion, for one clinician at one screen."""

    infusion: Infusion
    review: Review | None
    summary: Summary
    days: list[DayRow]
    steps: list[tuple[date, list[StepRow]]]
    doses: list[DoseRow]
    left_open: list[Step]

    @property
    def still_open(self) -> list[Step]:
        """The steps that the family can still answer."""
        return [row.step for _, rows in self.steps for row in rows if row.step.state == State.OPEN]


def review_page(infusion: Infusion) -> ReviewPage:
    """One infusion, planned against actual; the number of queries does not depend on the number of steps."""
    events = Prefetch("events", StepEvent.objects.select_related("by"))
    rows = Step.objects.select_related("said_by").prefetch_related(events, "doses")
    prefetch_related_objects([infusion], "days", Prefetch("steps", rows))
    steps = [step for step in infusion.steps.all() if step.state != State.WITHDRAWN]
    runs = {run.number: run for run in schedule_of(infusion).days}
    return ReviewPage(
        infusion=infusion,
        review=getattr(infusion, "review", None),
        summary=summarise(infusion),
        days=[_day_row(day, runs[day.number]) for day in infusion.days.all()],
        steps=[(day, list(map(_step_row, of_day))) for day, of_day in _by_date(steps, infusion)],
        doses=list(_dose_rows(infusion, steps)),
        left_open=left_open_of(infusion, getattr(infusion, "review", None)),
    )


def left_open_of(infusion: Infusion, review: Review | None) -> list[Step]:
    """The steps that were still open when the review was signed, and that nobody is asked for since; mostly none."""
    if review is None or review.signed_at is None or review.signed_at != infusion.closed_at:
        return []
    ended = infusion.steps.filter(events__kind=Event.WITHDRAWN, events__at=review.signed_at)
    return list(ended.filter(state=State.WITHDRAWN).distinct().order_by("due_at", "pk"))


def _by_date(steps: list[Step], infusion: Infusion) -> Iterator[tuple[date, Iterator[Step]]]:
    return groupby(steps, key=lambda step: step.due_at.astimezone(infusion.tz).date())


def _day_row(day: InfusionDay, run: DayRun) -> DayRow:
    return DayRow(day=day, planned_end=run.planned_ends_at, predicted_end=run.ends_at)


def _step_row(step: Step) -> StepRow:
    events = list(step.events.all())
    saying = (event for event in reversed(events) if event.kind in (Event.DONE, Event.SKIPPED))
    said = next(saying, None) if step.is_said else None
    is_done = said is not None and said.kind == Event.DONE
    return StepRow(
        step=step,
        difference=minutes_words(step.said_at - step.due_at) if is_done and step.said_at else "",
        entered_at=said.entered_at if said and said.entered_at - said.at > AT_ONCE else None,
        reason=said.reason if said else "",
        notes=tuple(event for event in events if event.note),
        taken_back=tuple(event for event in events if event.kind == Event.UNDONE),
    )


def _dose_rows(infusion: Infusion, steps: list[Step]) -> Iterator[DoseRow]:
    """The doses of this infusion, and those that were given outside any step while it went on."""
    own = Q(step__infusion=infusion)
    if steps:
        first, last = min(step.opens_at for step in steps), max(step.closes_at for step in steps)
        own |= Q(step__isnull=True, child=infusion.plan.child_id, given_at__range=(first, last))
    ledger = ledger_of(infusion)
    last_given: dict[str, datetime] = {}
    for dose in Dose.objects.filter(own).select_related("entered_by").order_by("given_at", "pk"):
        is_standing = dose.taken_back_at is None
        yield _dose_row(dose, infusion.plan, last_given.get(dose.ingredient) if is_standing else None, ledger)
        if is_standing:
            last_given[dose.ingredient] = dose.given_at


def _dose_row(dose: Dose, plan: Plan, last_at: datetime | None, ledger: Ledger) -> DoseRow:
    gap = None if last_at is None else dose.given_at - last_at
    interval = ledger.interval(dose.ingredient, dose.given_at)
    return DoseRow(
        dose=dose,
        mg_per_kg=mg_per_kg(plan, dose.amount),
        gap_words="" if gap is None else plain_hours(gap.total_seconds()),
        is_too_soon=gap is not None and interval is not None and gap < interval,
        is_late_entry=dose.entered_at - dose.given_at > AT_ONCE,
    )
