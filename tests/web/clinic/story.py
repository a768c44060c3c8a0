"""What a clinician types, and what a family does, told once for all tests of the clinic's pages."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db.models import F

from ivig_care.accounts.models import User
from ivig_care.actions.checklists import checklists_close
from ivig_care.actions.infusions import infusion_day_end, infusion_day_start
from ivig_care.actions.steps import step_skip, step_tick
from ivig_care.plans.facts import schedule_of
from ivig_care.plans.models import Infusion
from ivig_care.protocols.models import Product
from ivig_care.regimen.steps import SkipReason

AFTER_ALL = timedelta(days=20)


def e1_typed(product: Product) -> dict[str, str]:
    """The plan page filled in with worked example E1: everything that can be said, and nothing else."""
    return {
        "product": str(product.pk),
        "dose_g_per_kg": "2",
        "weight_kg": "20",
        "weighed_on": "2026-06-12",
        "has_risk": "no",
        "day_1": "2026-06-15T09:00",
        "day_2": "2026-06-16T09:00",
        "rate-0-ml_per_kg_h": "0.6",
        "rate-0-minutes": "30",
        "rate-1-ml_per_kg_h": "1.2",
        "rate-1-minutes": "30",
        "rate-2-ml_per_kg_h": "2.4",
        "has_premedication": "yes",
        "premedication_minutes_before": "30",
        "premedication_by": "family",
        "before-0-ingredient": "acetaminophen",
        "before-0-name": "Tylenol",
        "before-0-mg": "300",
        "before-0-mg_per_ml": "32",
        "before-1-ingredient": "diphenhydramine",
        "before-1-mg": "20",
        "has_course": "yes",
        "course-0-ingredient": "acetaminophen",
        "course-0-mg": "300",
        "course-0-mg_per_ml": "32",
        "course-0-every_hours": "6",
        "course-0-first": "after premedication",
        "course-0-until_hours": "48",
        "course-0-may_wake": "yes",
        "has_fluid_limit": "no",
        "fluids_goal_ml": "1500",
        "fluids_hours_after": "48",
    }


def live_through(
    infusion: Infusion,
    *,
    by: User,
    late: timedelta = timedelta(),
    skipping: str = "",
    leaving_out: str = "",
    reasons: dict[str, str] | None = None,
) -> Infusion:
    """Everything is done at its time, with every day starting `late`; then the checklist closes."""
    for run in schedule_of(infusion).days:
        day, start = infusion.days.get(number=run.number), run.planned_start + late
        infusion_day_start(day=day, by=by, at=start, now=start)
        end = start + (run.ends_at - run.starts_at)
        infusion_day_end(day=day, by=by, at=end, now=end)
    while step := infusion.steps.open().exclude(slot=leaving_out).order_by("due_at", "pk").first():
        if step.slot == skipping:
            step_skip(step=step, by=by, reason=SkipReason.ASLEEP, note="fast asleep", now=step.due_at)
        else:
            reason = (reasons or {}).get(step.slot, "")
            step_tick(step=step, by=by, at=step.due_at, now=step.due_at, reason=reason)
    return close(infusion)


def close(infusion: Infusion) -> Infusion:
    """Time passes until the checklist closes by itself."""
    last: datetime = max(step.closes_at for step in infusion.steps.all())
    checklists_close(now=last + AFTER_ALL)
    infusion.refresh_from_db()
    return infusion


def finish(infusion: Infusion, *, by: User) -> Infusion:
    """A checklist that closed with everything done on time, written at a stroke: no events, no doses."""
    open_steps = infusion.steps.open()
    open_steps.update(state="done", said_at=F("due_at"), said_by=by, next_nudge_at=None)
    infusion.days.update(actual_start=F("planned_start"), actual_end=F("planned_start") + timedelta(hours=5))
    return close(infusion)
