"""The family's own cups, bottles and glasses."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from ivig_care.actions.diary import cup_add, cup_change, cup_remove
from ivig_care.actions.errors import Refused
from ivig_care.care_teams.access import Right
from ivig_care.care_teams.models import Child
from ivig_care.common import clock
from ivig_care.diary.models import Cup
from ivig_care.web.family.diary.forms import CupForm
from ivig_care.web.family.steps import first_error
from ivig_care.web.fetch import CHILDREN, fetch_for, looked_at
from ivig_care.web.http import PersonRequest
from ivig_care.web.once import once, refusal_note


@require_http_methods(["GET", "HEAD", "POST"])
@once
def cups(request: PersonRequest, pk: int) -> HttpResponse:
    """The cups of one child; a POST adds one."""
    child = fetch_for(request.user, CHILDREN, pk, right=Right.RECORD)
    if request.method != "POST":
        looked_at(request, child, "diary")
        return _page(request, child)
    form = CupForm(request.POST)
    if not form.is_valid():
        return _page(request, child, problem=first_error(form))
    try:
        cup = cup_add(child=child, name=form.cleaned_data["name"], ml=form.ml or 0, by=request.user, now=clock.now())
    except Refused as refused:
        return _page(request, child, problem=str(refused))
    messages.success(request, _("Added: %(name)s.") % {"name": cup.name})
    return _back(request, child)


@require_POST
@once
def change(request: PersonRequest, pk: int) -> HttpResponse:
    """Another name or size; or the cup is not used any more."""
    cup = fetch_for(request.user, Cup.objects.select_related("child__clinic"), pk, right=Right.RECORD)
    if "remove" in request.POST:
        cup_remove(cup=cup, by=request.user, now=clock.now())
        messages.success(request, _("Removed: %(name)s. What was drunk out of it stays.") % {"name": cup.name})
        return redirect("cups", pk=cup.child_id)
    form = CupForm(request.POST)
    if not form.is_valid():
        return _page(request, cup.child, problem=first_error(form), changed=cup)
    try:
        cup_change(cup=cup, name=form.cleaned_data["name"], ml=form.ml or 0, by=request.user, now=clock.now())
    except Refused as refused:
        return _page(request, cup.child, problem=str(refused), changed=cup)
    messages.success(request, _("Saved: %(name)s.") % {"name": form.cleaned_data["name"]})
    return redirect("cups", pk=cup.child_id)


def _page(request: PersonRequest, child: Child, *, problem: str = "", changed: Cup | None = None) -> HttpResponse:
    if problem:
        refusal_note(request, problem)
        looked_at(request, child, "diary", did_nothing=True)
    context = {
        "child": child,
        "cups": Cup.objects.filter(child=child),
        "problem": problem,
        "changed": changed,
        "typed": request.POST,
        "to": _to(request),
    }
    return render(request, "family/diary/cups.html", context, status=422 if problem else 200)


def _back(request: PersonRequest, child: Child) -> HttpResponse:
    """Where the person came from, when that is a page of ours."""
    to = _to(request)
    return redirect(to) if to else redirect("cups", pk=child.pk)


def _to(request: PersonRequest) -> str:
    to = request.POST.get("next", request.GET.get("next", ""))
    is_ours = to.startswith("/") and url_has_allowed_host_and_scheme(to, allowed_hosts=None)
    return to if is_ours else ""
