"""The first page after signing in: straight to the checklist when there is only one that matters."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_safe

from ivig_care.care_teams.access import at_clinics, cared_for_by
from ivig_care.common import clock
from ivig_care.plans.selectors import infusions_for_home
from ivig_care.web.family.erase import erasures_for
from ivig_care.web.http import PersonRequest
from ivig_care.web.offline.kept import kept
from ivig_care.web.reach.selectors import off_lines_for


@require_safe
@kept
def home(request: PersonRequest) -> HttpResponse:
    """Staff go to their clinic, families to their checklists; who is both finds the clinic in the header."""
    children = cared_for_by(request.user)
    if not children.exists():
        place = at_clinics(request.user)
        if place.works:
            return redirect("clinic")
        if place.manages is not None:
            return redirect("staff", pk=place.manages)
    infusions = infusions_for_home(request.user, now=clock.now())
    if len(infusions) == 1:
        return redirect("checklist", pk=infusions[0].infusion.pk)
    context = {
        "infusions": infusions,
        "children": children,
        "off_lines": off_lines_for(request.user),
        "erasures": erasures_for(request.user),
        "zone": request.user.zone,
    }
    return render(request, "family/home.html", context)
