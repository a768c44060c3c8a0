"""A clinician moves a day of an infusion, or cancels what has not started. What moves is shown before it is saved."""

from __future__ import annotations

from datetime import datetime

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from ivig_care.actions.errors import Refused
from ivig_care.actions.infusions import infusion_cancel, infusion_day_move, move_check
from ivig_care.care_teams.access import Right
from ivig_care.common import clock
from ivig_care.plans.facts import changes_if_cancelled, changes_if_moved
from ivig_care.plans.models import Infusion, InfusionDay, Plan
from ivig_care.regimen.changes import Action, Change
from ivig_care.regimen.errors import RegimenError
from ivig_care.web.family.forms import WhenForm
from ivig_care.web.family.messages import history_page
from ivig_care.web.family.steps import first_error
from ivig_care.web.fetch import fetch_for, looked_at
from ivig_care.web.http import PersonRequest
from ivig_care.web.templatetags.times import date_clock

NO_SUCH_COURSE = gettext_lazy("With that time the rest of the plan cannot be worked out.")
CANCELLED = gettext_lazy("The infusion is cancelled. Its reminders are silent now, and the family is told.")
REST_CANCELLED = gettext_lazy(
    "What had not started is cancelled, and the family is told. Reminders about the rest go on."
)


@require_safe
def history(request: PersonRequest, pk: int) -> HttpResponse:
    """What was sent to the family about an infusion."""
    return history_page(request, _infusion(request, pk, right=Right.REVIEW), base="infusion_review")


@require_http_methods(["GET", "HEAD", "POST"])
def change(request: PersonRequest, pk: int) -> HttpResponse:
    """Choose a day and its new start; then see what moves; then, on a POST, save it."""
    infusion, now = _infusion(request, pk), clock.now()
    looked_at(request, infusion.plan.child, infusion)
    data = request.POST if request.method == "POST" else request.GET
    form = WhenForm(data, zone=infusion.tz, now=now)
    if not form.is_asked:
        return _page(request, infusion)
    day = next((one for one in _days(infusion) if str(one.number) == data.get("day")), None)
    if day is None:
        raise Http404
    if not form.is_valid():
        return _page(request, infusion, day=day, problem=first_error(form), typed=data.get("at", ""))
    at = form.instant
    try:
        if request.method == "POST":
            infusion_day_move(day=day, planned_start=at, by=request.user, now=now)
            messages.success(
                request,
                _("Day %(number)s moved to %(date_clock)s. The family is told.")
                % {"number": day.number, "date_clock": date_clock(at, infusion.tz)},
            )
            return redirect("infusion_change", pk=infusion.pk)
        move_check(day, planned_start=at, now=now)
        moves = _moves(changes_if_moved(infusion, day=day.number, planned_start=at))
    except Refused as refused:
        return _page(request, infusion, day=day, problem=str(refused), typed=data.get("at", ""))
    except RegimenError:
        return _page(request, infusion, day=day, problem=str(NO_SUCH_COURSE), typed=data.get("at", ""))
    return _page(request, infusion, day=day, at=at, moves=moves, typed=data.get("at", ""))


@require_POST
def cancel(request: PersonRequest, pk: int) -> HttpResponse:
    """Cancel every day that has not started; what was done stays in the record."""
    infusion, now = _infusion(request, pk), clock.now()
    try:
        infusion_cancel(infusion=infusion, by=request.user, now=now)
        has_begun = any(day.actual_start is not None for day in _days(infusion))
    except Refused as refused:
        return _page(request, infusion, problem=str(refused))
    messages.success(request, REST_CANCELLED if has_begun else CANCELLED)
    return redirect("infusion_change", pk=infusion.pk)


def _page(
    request: PersonRequest,
    infusion: Infusion,
    *,
    day: InfusionDay | None = None,
    at: datetime | None = None,
    moves: tuple[Change, ...] = (),
    problem: str = "",
    typed: str = "",
) -> HttpResponse:
    days = list(infusion.days.with_pause())
    can_cancel = any(one.actual_start is None and one.cancelled_at is None for one in days)
    gone = _moves(changes_if_cancelled(infusion)) if can_cancel else ()
    context = {
        "infusion": infusion,
        "child": infusion.plan.child,
        "zone": infusion.tz,
        "days": days,
        "day": day,
        "at": at,
        "moves": moves,
        "problem": problem,
        "typed": typed,
        "can_cancel": can_cancel,
        "withdrawn": sum(one.action is Action.WITHDRAW for one in gone),
    }
    return render(request, "clinic/infusion_change.html", context, status=422 if problem else 200)


def _moves(changes: tuple[Change, ...]) -> tuple[Change, ...]:
    return tuple(one for one in changes if one.action is not Action.KEEP)


def _days(infusion: Infusion) -> list[InfusionDay]:
    return list(infusion.days.all())


def _infusion(request: PersonRequest, pk: int, *, right: Right = Right.PRESCRIBE) -> Infusion:
    begun = Infusion.objects.exclude(plan__status=Plan.Status.DRAFT)
    infusions = begun.select_related("plan__child__clinic", "plan__product", "plan__version__protocol")
    return fetch_for(request.user, infusions, pk, right=right)
