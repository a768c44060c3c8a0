"""The pages behind steps that are a list of their own."""

from __future__ import annotations

from django.urls import reverse

from ivig_care.plans.ends import CLOSING_STEP, is_step
from ivig_care.plans.models import InfusionDay, Step
from ivig_care.plans.ready import READY_STEP


def list_url(step: Step, days: dict[int, int]) -> str:
    """Where the list of a step is answered: the day before, or at the end; empty for every other step.

    `days` are the keys of the infusion's days by their number.
    """
    if is_step(step, CLOSING_STEP):
        return reverse("closing", args=[step.infusion_id])
    day = days.get(step.day_number or 0) if is_step(step, READY_STEP) else None
    return reverse("briefing", args=[day]) if day else ""


def days_for(step: Step) -> dict[int, int]:
    """The keys of an infusion's days by their number, for the one step that needs them; for every other, no query."""
    if not is_step(step, READY_STEP):
        return {}
    return dict(InfusionDay.objects.filter(infusion=step.infusion_id).values_list("number", "pk"))
