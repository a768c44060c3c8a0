"""What the child drinks: two taps with the family's own cups, a ring toward the goal, and the pace."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from ivig_care.actions.diary import drink_enter, drink_take_back
from ivig_care.actions.errors import Refused
from ivig_care.care_teams.access import Right
from ivig_care.common import clock
from ivig_care.diary.models import Cup, FluidEntry
from ivig_care.diary.selectors import drinks_of, is_running
from ivig_care.diary.words import DRINKS, DRINKS_SHORT
from ivig_care.plans.models import Infusion, Plan
from ivig_care.web.family.diary.fetching import context_of, infusion_for
from ivig_care.web.family.diary.forms import DRUNK, DrinkForm
from ivig_care.web.family.steps import first_error
from ivig_care.web.fetch import fetch_for, looked_at
from ivig_care.web.http import PersonRequest
from ivig_care.web.offline.kept import kept
from ivig_care.web.once import once, refusal_note
from ivig_care.web.templatetags.diary import drunk
from ivig_care.web.templatetags.times import day_clock
from ivig_care.web.templatetags.toasts import undo_tag


@require_http_methods(["GET", "HEAD", "POST"])
@kept
@once
def drinks(request: PersonRequest, pk: int) -> HttpResponse:
    """What was drunk, and how much is still to come; a POST adds a drink."""
    if request.method != "POST":
        infusion = infusion_for(request, pk)
        looked_at(request, infusion.plan.child, "diary")
        return _page(request, infusion)
    infusion, now = infusion_for(request, pk, right=Right.RECORD), clock.now()
    cups = Cup.objects.filter(child=infusion.plan.child_id)
    form = DrinkForm(request.POST, cups=cups, zone=infusion.tz, now=now)
    if not form.is_valid():
        return _page(request, infusion, problem=first_error(form), form=form)
    try:
        entry = drink_enter(
            infusion=infusion,
            kind=form.fluid,
            ml=form.drunk_ml,
            cup=form.cup_name,
            by=request.user,
            at=form.instant,
            now=now,
        )
    except Refused as refused:
        return _page(request, infusion, problem=str(refused), form=form)
    said = {
        "amount": drunk(entry.ml, request.user),
        "kind": DRINKS[entry.kind],
        "when": day_clock(entry.at, infusion.tz),
    }
    words = _("Written down: %(amount)s %(kind)s, %(when)s.") % said
    messages.success(request, words, extra_tags=undo_tag("undo-drink", entry.pk))
    return redirect("drinks", pk=infusion.pk)


@require_POST
@once
def undo(request: PersonRequest, pk: int) -> HttpResponse:
    """A drink that was written down by mistake."""
    rows = FluidEntry.objects.filter(infusion__plan__status=Plan.Status.ACTIVE)
    entry = fetch_for(request.user, rows.select_related("infusion__plan__child__clinic"), pk, right=Right.RECORD)
    try:
        drink_take_back(entry=entry, by=request.user, now=clock.now())
        messages.success(request, _("Undone. It does not count any more."))
    except Refused as refused:
        refusal_note(request, str(refused))
        messages.error(request, str(refused))
    return redirect("drinks", pk=entry.infusion_id)


def _page(
    request: PersonRequest, infusion: Infusion, *, problem: str = "", form: DrinkForm | None = None
) -> HttpResponse:
    now = clock.now()
    if problem:
        refusal_note(request, problem)
        looked_at(request, infusion.plan.child, "diary", did_nothing=True)
    context = context_of(request, infusion) | {
        "page": drinks_of(infusion, now=now),
        "now": now,
        "kinds": [(kind, DRINKS_SHORT[kind]) for kind in DRUNK],
        "chosen": (form.data.get("kind") if form else "") or DRUNK[0],
        "is_running": is_running(infusion, now),
        "problem": problem,
        "typed": form.data if form else {},
    }
    return render(request, "family/diary/drinks.html", context, status=422 if problem else 200)
