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

from ivig_care.care_teams.access import Right, may
from ivig_care.common import clock
from ivig_care.plans.coming import coming_after
from ivig_care.plans.facts import Worked
from ivig_care.plans.models import Infusion, Plan
from ivig_care.plans.selectors import Checklist, checklist_of
from ivig_care.regimen.steps import SkipReason
from ivig_care.reviews.concerns import for_family
from ivig_care.reviews.models import Review
from ivig_care.reviews.selectors import left_open_of
from ivig_care.web.bar import bar_of
from ivig_care.web.family.changes import is_unread
from ivig_care.web.family.erase import erasures_of
from ivig_care.web.family.rows import slots, slots_filled
from ivig_care.web.fetch import looked_at
from ivig_care.web.http import PersonRequest
from ivig_care.web.offline.kept import kept
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
@kept
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
    return HttpResponse(
        _fragment(request, _context(request, infusion, getattr(infusion, "review", None)) | {"page": page})
    )


def checklist_response(
    request: PersonRequest, infusion: Infusion, *, problem: Problem | None = None, worked: Worked | None = None
) -> HttpResponse:
    """The page, or only the checklist when htmx asks; 422 when there is a problem to show.

    `worked` is what the action that recorded something left with the infusion; no signed review stood in its way.
    """
    if problem is not None:
        looked_at(request, infusion.plan.child, infusion, did_nothing=True)
    review = None if worked else getattr(infusion, "review", None)
    page = checklist_of(infusion, now=clock.now(), worked=worked)
    context = _context(request, infusion, review) | {"page": page, "problem": problem}
    if not request.htmx:
        context |= _around(request, page.infusion, may_record=bool(context["may_record"]))
        context["changes_unread"] = _is_unread(request, page)
    context["checklist"] = _fragment(request, context)
    template = "family/_checklist_reply.html" if request.htmx else "family/checklist.html"
    return render(request, template, context, status=422 if problem else 200)


def _around(request: PersonRequest, infusion: Infusion, *, may_record: bool) -> dict[str, object]:
    """What stands around the checklist on its page, and does not refresh itself."""
    child = infusion.plan.child
    is_family = child.pk in request.places.children(Right.SEE)
    around: dict[str, object] = {"off_lines": off_lines_of(child), "is_family": is_family}
    if is_family:
        around["bar"] = bar_of(request, infusion, now=clock.now(), may_record=may_record)
    if child.pk in request.places.children(Right.CONSENT):
        around["erasures"] = erasures_of(child)
    return around


def _is_unread(request: PersonRequest, page: Checklist) -> bool:
    """Whether the page says first that something is different this time: to the family, until the infusion begins."""
    infusion = page.infusion
    is_waited_for = infusion.closed_at is None and not page.has_begun and not page.is_cancelled
    is_theirs = infusion.plan.child_id in request.places.children(Right.RECORD)
    return is_waited_for and is_theirs and is_unread(request.user, infusion)


def _fragment(request: PersonRequest, context: dict[str, object]) -> SafeString:
    """The part that refreshes itself; its forms carry the token of this answer."""
    return slots_filled(render_to_string("family/_checklist.html", context | slots("c")), request)


def _context(request: PersonRequest, infusion: Infusion, review: Review | None) -> dict[str, object]:
    child = infusion.plan.child
    return {
        "infusion": infusion,
        "child": child,
        "clinic": child.clinic,
        "zone": infusion.tz,
        "may_record": may(request.user, Right.RECORD, child),
        "skip_reasons": list(SkipReason),
        "review": review,
        "left_open": left_open_of(infusion, review),
        "coming": coming_after(infusion, now=clock.now()) if infusion.sent_at or infusion.closed_at else None,
        "standing": for_family(infusion, now=clock.now()),
    }


def _infusion(request: PersonRequest, pk: int) -> Infusion:
    visible = Infusion.objects.visible_to(request.user).filter(plan__status=Plan.Status.ACTIVE)
    return get_object_or_404(visible.select_related("plan__child__clinic", "plan__product", "review__signed_by"), pk=pk)
