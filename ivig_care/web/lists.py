"""The pages behind steps that are a list of their own."""

from __future__ import annotations

from django.urls import reverse

from ivig_care.plans.ends import CLOSING_STEP, is_step
from ivig_care.plans.models import InfusionDay, Step
from ivig_care.plans.ready import READY_STEP


def list_url(step: Step, day_pk: int | None) -> str:
    """Where the list of a step is answered: the day before, or at the end; empty for every other step.

    `day_pk` is the infusion day that the step belongs to, where it is known.
    """
    if is_step(step, CLOSING_STEP):
        return reverse("closing", args=[step.infusion_id])
    return reverse("briefing", args=[day_pk]) if day_pk is not None and is_step(step, READY_STEP) else ""


def day_for(step: Step) -> int | None:
    """The infusion day of the one step whose list needs it; None for every other, without a query."""
    if step.day_number is None or not is_step(step, READY_STEP):
        return None
    days = InfusionDay.objects.filter(infusion=step.infusion_id, number=step.day_number)
    return days.values_list("pk", flat=True).first()
