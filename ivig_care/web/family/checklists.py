"""The checklist page, and the part of it that refreshes itself."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.template.loader import render_to_string
from django.utils.safestring import SafeString
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from ivig_care.care_teams.access import Right, cared_for_by, may
from ivig_care.common import clock
from ivig_care.plans.models import Infusion, Plan
from ivig_care.plans.selectors import checklist_of
from ivig_care.regimen.steps import SkipReason
from ivig_care.web.bar import bar_of
from ivig_care.web.family.erase import erasures_for
from ivig_care.web.family.rows import slots, slots_filled
from ivig_care.web.fetch import looked_at
from ivig_care.web.http import PersonRequest
from ivig_care.web.reach.selectors import off_lines_of


@dataclass(frozen=True, kw_only=True)
class Problem:
    """Why something was not recorded, beside the step it was about, with what was typed."""

    step_id: int
    text: str
    at: datetime | None = None
    needs_reason: bool = False
    open_form: str = ""
    typed: str = ""


@require_safe
def checklist(request: PersonRequest, pk: int) -> HttpResponse:
    """The whole page of one infusion."""
    infusion = _infusion(request, pk)
    looked_at(request, infusion.plan.child, infusion)
    return checklist_response(request, infusion)


@never_cache
@require_safe
def checklist_live(request: PersonRequest, pk: int) -> HttpResponse:
    """The checklist again if it looks different from the version seen; 204 if not."""
    infusion = _infusion(request, pk)
    page = checklist_of(infusion, now=clock.now())
    if request.GET.get("seen") == page.version:
        return HttpResponse(status=204)
    # The same look as the page's, for a quarter of an hour; and nobody looks on here without having opened the page.
    looked_at(request, infusion.plan.child, infusion)
    return HttpResponse(_fragment(request, _context(request, infusion) | {"page": page}))


def checklist_response(request: PersonRequest, infusion: Infusion, *, problem: Problem | None = None) -> HttpResponse:
    """The page, or only the checklist when htmx asks; 422 when there is a problem to show."""
    if problem is not None:
        looked_at(request, infusion.plan.child, infusion, did_nothing=True)
    context = _context(request, infusion) | {
        "page": checklist_of(infusion, now=clock.now()),
        "problem": problem,
    }
    if not request.htmx:
        child = infusion.plan.child
        context["off_lines"] = off_lines_of(child)
        context["is_family"] = cared_for_by(request.user).filter(pk=child.pk).exists()
        if context["is_family"]:
            context["bar"] = bar_of(request, infusion, now=clock.now(), may_record=bool(context["may_record"]))
        context["erasures"] = erasures_for(request.user).filter(child=child)
    context["checklist"] = _fragment(request, context)
    template = "family/_checklist_reply.html" if request.htmx else "family/checklist.html"
    return render(request, template, context, status=422 if problem else 200)


def _fragment(request: PersonRequest, context: dict[str, object]) -> SafeString:
    """The part that refreshes itself; its forms carry the token of this answer."""
    return slots_filled(render_to_string("family/_checklist.html", context | slots("c")), request)


def _context(request: PersonRequest, infusion: Infusion) -> dict[str, object]:
    child = infusion.plan.child
    return {
        "infusion": infusion,
        "child": child,
        "clinic": child.clinic,
        "zone": infusion.tz,
        "may_record": may(request.user, Right.RECORD, child),
        "skip_reasons": list(SkipReason),
        "review": getattr(infusion, "review", None),
    }


def _infusion(request: PersonRequest, pk: int) -> Infusion:
    visible = Infusion.objects.visible_to(request.user).filter(plan__status=Plan.Status.ACTIVE)
    return get_object_or_404(
        visible.select_related("plan__child__clinic", "plan__product", "plan__version", "review__signed_by"), pk=pk
    )
