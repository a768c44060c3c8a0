"""The list behind a step, where only the step is at hand."""

from __future__ import annotations

from django import template

from ivig_care.plans.models import Step
from ivig_care.web.lists import day_for, list_url

register = template.Library()


@register.simple_tag
def list_of(step: Step) -> str:
    """Where the list of a step is answered; empty for every step that has none."""
    return list_url(step, day_for(step))
