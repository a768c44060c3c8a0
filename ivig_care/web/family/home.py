"""The first page after signing in: straight to the checklist when there is only one that matters."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_safe

from ivig_care.care_teams.access import children_of, clinics_of
from ivig_care.common import clock
from ivig_care.plans.selectors import infusions_for_home
from ivig_care.web.http import PersonRequest


@require_safe
def home(request: PersonRequest) -> HttpResponse:
    """Clinicians go to their clinic, families to their checklists."""
    if clinics_of(request.user).exists():
        return redirect("clinic")
    infusions = infusions_for_home(request.user, now=clock.now())
    if len(infusions) == 1:
        return redirect("checklist", pk=infusions[0].infusion.pk)
    context = {"infusions": infusions, "children": children_of(request.user)}
    return render(request, "family/home.html", context)
