"""The checklist and the infusion card on paper: one page each, with a code that leads back to the screen."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from itertools import groupby

from django.conf import settings
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.views.decorators.http import require_safe

from ivig_care.care_teams.models import Child
from ivig_care.common import clock
from ivig_care.plans.card import card_of
from ivig_care.plans.card_words import questions
from ivig_care.plans.models import Infusion, Plan, Step
from ivig_care.regimen.steps import State
from ivig_care.web.family.card import day_for
from ivig_care.web.fetch import looked_at
from ivig_care.web.http import PersonRequest

# So many lines, with one for each date, fit a page in letters of ordinary size, and so many in smaller ones.
ROOMY, DENSE = 34, 46
# Empty lines for what is written by hand.
LINES_FOR_BOTTLES, LINES_FOR_RATES, LINES_FOR_DOSES = 4, 7, 3


@dataclass(frozen=True, kw_only=True)
class PaperDay:
    """The steps of one date."""

    date: date
    steps: list[Step]


@require_safe
def checklist(request: PersonRequest, pk: int) -> HttpResponse:
    """Every step of an infusion on one page, to be ticked with a pen."""
    visible = Infusion.objects.visible_to(request.user).filter(plan__status=Plan.Status.ACTIVE)
    infusion = get_object_or_404(
        visible.select_related("plan__child__clinic", "plan__product").prefetch_related("days"), pk=pk
    )
    child = infusion.plan.child
    looked_at(request, child, infusion)
    steps = infusion.steps.exclude(state=State.WITHDRAWN).select_related("said_by").order_by("due_at", "pk")
    days = [
        PaperDay(date=day, steps=list(group))
        for day, group in groupby(steps, key=lambda step: step.due_at.astimezone(infusion.tz).date())
    ]
    lines = sum(1 + len(day.steps) for day in days)
    context = _context(child, reverse("checklist", args=[infusion.pk])) | {
        "infusion": infusion,
        "zone": infusion.tz,
        "days": days,
        "size": "roomy" if lines <= ROOMY else "dense" if lines <= DENSE else "densest",
    }
    return render(request, "family/checklist_print.html", context)


@require_safe
def card(request: PersonRequest, pk: int) -> HttpResponse:
    """What is prescribed for one day beside room for what the nurse says."""
    day = day_for(request, pk)
    child = day.infusion.plan.child
    looked_at(request, child, day)
    made = card_of(day, now=clock.now())
    context = _context(child, reverse("infusion_card", args=[day.pk])) | {
        "day": day,
        "infusion": day.infusion,
        "plan": day.infusion.plan,
        "zone": day.infusion.tz,
        "card": made,
        "asks": questions(made),
        "bottle_lines": range(max(0, LINES_FOR_BOTTLES - len(made.lots))),
        "rate_lines": range(max(1, LINES_FOR_RATES - len(made.card.ladder))),
        "dose_lines": range(max(1, LINES_FOR_DOSES - len(made.doses))),
    }
    return render(request, "family/card_print.html", context)


def _context(child: Child, path: str) -> dict[str, object]:
    return {
        "child": child,
        "name": f"{child.given_name} {child.family_name[:1]}.",
        "clinic": child.clinic,
        "screen": f"{settings.PUBLIC_URL}{path}",
        "back": path,
        "now": clock.now(),
    }
