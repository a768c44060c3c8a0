"""The clinic's first page: what waits for an answer, what waits for review, and the children with their plans."""

from __future__ import annotations

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from ivig_care.care_teams.access import clinics_of
from ivig_care.common import clock
from ivig_care.nudges.selectors import dispatch_health
from ivig_care.regimen.timing import zone_named
from ivig_care.reviews.concerns import concerns_open
from ivig_care.reviews.selectors import children_with_plans, queue_of, signed_of
from ivig_care.web.http import PersonRequest


@require_safe
def clinic(request: PersonRequest) -> HttpResponse:
    """Completed checklists by concern, then children and plans; for anybody who is no clinician it does not exist."""
    clinics = list(clinics_of(request.user))
    if not clinics:
        raise Http404
    context = {
        "clinics": clinics,
        "concerns": concerns_open(request.user),
        "waiting": queue_of(request.user),
        "signed": signed_of(request.user),
        "children": children_with_plans(request.user),
        "dispatch": dispatch_health(clock.now()),
        "zone": zone_named(clinics[0].zone),
    }
    return render(request, "clinic/home.html", context)
