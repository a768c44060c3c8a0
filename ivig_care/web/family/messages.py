"""What was sent about an infusion, to whom, and what became of it: the same page for family and clinic."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_safe

from ivig_care.nudges.history import history_of
from ivig_care.plans.models import Infusion, Plan
from ivig_care.web.fetch import looked_at
from ivig_care.web.http import PersonRequest
from ivig_care.web.reach.selectors import off_lines_of


@require_safe
def history(request: PersonRequest, pk: int) -> HttpResponse:
    """The messages of one infusion, for the people around the child."""
    visible = Infusion.objects.visible_to(request.user).exclude(plan__status=Plan.Status.DRAFT)
    infusion = get_object_or_404(visible.select_related("plan__child__clinic"), pk=pk)
    return history_page(request, infusion, base="checklist")


def history_page(request: PersonRequest, infusion: Infusion, *, base: str) -> HttpResponse:
    """The page; `base` names the page that it leads back to."""
    looked_at(request, infusion.plan.child, "messages")
    context = {
        "infusion": infusion,
        "child": infusion.plan.child,
        "zone": infusion.tz,
        "deliveries": history_of(infusion),
        "off_lines": off_lines_of(infusion.plan.child),
        "base": base,
    }
    return render(request, "family/messages.html", context)
