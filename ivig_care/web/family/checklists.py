"""The checklist page, and the part of it that refreshes itself."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from ivig_care.care_teams.access import Right, may
from ivig_care.common import clock
from ivig_care.plans.facts import Worked, days_read
from ivig_care.plans.models import Infusion
from ivig_care.plans.selectors import checklist_of
from ivig_care.web.bar import bar_of
from ivig_care.web.family.changes import is_unread
from ivig_care.web.family.erase import erasures_of
from ivig_care.web.family.fragments import Written, fragment_context, fragment_write, infusion_seen, written_now
from ivig_care.web.family.rows import sheet_of_any
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
    infusion, now = infusion_seen(request, pk), clock.now()
    looked_at(request, infusion.plan.child, infusion)
    return _page(request, infusion, written_now(request, infusion, now=now), now)


@never_cache
@require_safe
def checklist_live(request: PersonRequest, pk: int) -> HttpResponse:
    """The checklist again if it looks different from the version seen; 204 if not."""
    infusion, now = infusion_seen(request, pk), clock.now()
    written = written_now(request, infusion, now=now)
    if request.GET.get("seen") == written.version:
        return HttpResponse(status=204)
    # The same look as the page's, for a quarter of an hour; and nobody looks on here without having opened the page.
    looked_at(request, infusion.plan.child, infusion)
    return HttpResponse(written.answer(request, infusion, now))


def checklist_response(
    request: PersonRequest, infusion: Infusion, *, problem: Problem | None = None, worked: Worked | None = None
) -> HttpResponse:
    """The page, or only the checklist when htmx asks; 422 when there is a problem to show.

    `worked` is what the action that recorded something left with the infusion; no signed review stood in its way.
    """
    now = clock.now()
    if problem is not None:
        looked_at(request, infusion.plan.child, infusion, did_nothing=True)
    review = None if worked else getattr(infusion, "review", None)
    context = fragment_context(request, infusion, review, now=now) | {"problem": problem}
    written = fragment_write(checklist_of(infusion, now=now, worked=worked), context)
    status = 422 if problem else 200
    if not request.htmx:
        return _page(request, infusion, written, now, status=status)
    reply = {"checklist": written.answer(request, infusion, now)}
    return render(request, "family/_checklist_reply.html", reply, status=status)


def _page(
    request: PersonRequest, infusion: Infusion, written: Written, now: datetime, *, status: int = 200
) -> HttpResponse:
    """The fragment with what stands around it and does not refresh itself."""
    child = infusion.plan.child
    is_family = child.pk in request.places.children(Right.SEE)
    days_read(infusion)
    may_record = may(request.user, Right.RECORD, child)
    context: dict[str, object] = {
        "infusion": infusion,
        "child": child,
        "clinic": child.clinic,
        "zone": infusion.tz,
        "is_family": is_family,
        "off_lines": off_lines_of(child),
        "checklist": written.answer(request, infusion, now),
        "changes_unread": _is_unread(request, infusion),
        "may_record": may_record,
        "sheet_of_any": sheet_of_any(request),
    }
    if is_family:
        context["bar"] = bar_of(request, infusion, now=now, may_record=may_record)
    if child.pk in request.places.children(Right.CONSENT):
        context["erasures"] = erasures_of(child)
    return render(request, "family/checklist.html", context, status=status)


def _is_unread(request: PersonRequest, infusion: Infusion) -> bool:
    """Whether the page says first that something is different this time: to the family, until the infusion begins."""
    days = list(infusion.days.all())
    is_over = infusion.closed_at is not None or any(day.actual_start is not None for day in days)
    is_cancelled = bool(days) and all(day.cancelled_at is not None for day in days)
    is_theirs = infusion.plan.child_id in request.places.children(Right.RECORD)
    return is_theirs and not is_over and not is_cancelled and is_unread(request.user, infusion)
