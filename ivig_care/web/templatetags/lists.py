"""The pages behind steps that are a list of their own."""

from __future__ import annotations

from django import template
from django.urls import reverse

from ivig_care.plans.ends import CLOSING_STEP, is_step
from ivig_care.plans.models import InfusionDay, Step
from ivig_care.plans.ready import READY_STEP

register = template.Library()


@register.simple_tag
def list_of(step: Step) -> str:
    """Where the list of a step is answered: the day before, or at the end; empty for every other step.

    One query for the one step of the day before; none for the others.
    """
    if is_step(step, CLOSING_STEP):
        return reverse("closing", args=[step.infusion_id])
    if not is_step(step, READY_STEP):
        return ""
    day = InfusionDay.objects.filter(infusion=step.infusion_id, number=step.day_number).values_list("pk", flat=True)
    return reverse("briefing", args=[day[0]]) if day else ""
