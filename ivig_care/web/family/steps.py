"""What a parent says about a step: done, skipped, undone, noted."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_POST

from ivig_care.actions.errors import ReasonNeeded, Refused
from ivig_care.actions.steps import step_note, step_skip, step_tick, step_undo
from ivig_care.care_teams.access import Right
from ivig_care.common import clock
from ivig_care.plans.models import Plan, Step
from ivig_care.regimen.steps import SkipReason
from ivig_care.web.family.checklists import Problem, checklist_response
from ivig_care.web.family.forms import NoteForm, SkipForm, TickForm
from ivig_care.web.fetch import fetch_for
from ivig_care.web.http import PersonRequest
from ivig_care.web.templatetags.toasts import undo_tag


@require_POST
def tick(request: PersonRequest, pk: int) -> HttpResponse:
    """It was done: now, so many minutes ago, or at a time."""
    step, now = _step(request, pk), clock.now()
    form = TickForm(request.POST, zone=step.infusion.tz, now=now)
    if not form.is_valid():
        return _problem(request, step, _first_error(form), open_form="tick")
    try:
        step = step_tick(step=step, by=request.user, at=form.instant, now=now, reason=form.cleaned_data["reason"])
    except ReasonNeeded as needed:
        at = form.instant.astimezone(step.infusion.tz).strftime("%Y-%m-%dT%H:%M:%S")
        return _problem(request, step, needed.why, at=at, needs_reason=True)
    except Refused as refused:
        return _problem(request, step, str(refused), open_form="tick")
    return _recorded(request, step, f"{step.title}: done.", can_undo=True)


@require_POST
def skip(request: PersonRequest, pk: int) -> HttpResponse:
    """It was not done, for a reason."""
    step = _step(request, pk)
    form = SkipForm(request.POST)
    if not form.is_valid():
        return _problem(request, step, _first_error(form), open_form="skip")
    reason, note = SkipReason(form.cleaned_data["reason"]), form.cleaned_data["note"]
    try:
        step = step_skip(step=step, by=request.user, reason=reason, note=note, now=clock.now())
    except Refused as refused:
        return _problem(request, step, str(refused), open_form="skip", typed=note)
    return _recorded(request, step, f"{step.title}: skipped, {reason}.", can_undo=True)


@require_POST
def undo(request: PersonRequest, pk: int) -> HttpResponse:
    """What was said was a mistake."""
    step = _step(request, pk)
    try:
        step = step_undo(step=step, by=request.user, now=clock.now())
    except Refused as refused:
        return _problem(request, step, str(refused))
    return _recorded(request, step, f"{step.title}: undone. It is open again.", can_undo=False)


@require_POST
def note(request: PersonRequest, pk: int) -> HttpResponse:
    """Something worth writing down."""
    step = _step(request, pk)
    form = NoteForm(request.POST)
    if not form.is_valid():
        return _problem(request, step, _first_error(form), open_form="note", typed=request.POST.get("note", ""))
    try:
        step_note(step=step, by=request.user, note=form.cleaned_data["note"], now=clock.now())
    except Refused as refused:
        return _problem(request, step, str(refused), open_form="note", typed=form.cleaned_data["note"])
    return _recorded(request, step, "Note saved.", can_undo=False)


def _step(request: PersonRequest, pk: int) -> Step:
    active = Step.objects.filter(infusion__plan__status=Plan.Status.ACTIVE)
    return fetch_for(request.user, active.select_related("infusion__plan__child__clinic"), pk, right=Right.RECORD)


def _recorded(request: PersonRequest, step: Step, words: str, *, can_undo: bool) -> HttpResponse:
    messages.success(request, words, extra_tags=undo_tag("undo-step", step.pk) if can_undo else "")
    if request.htmx:
        return checklist_response(request, step.infusion)
    return redirect(f"{reverse('checklist', args=[step.infusion_id])}#step-{step.pk}")


def _problem(
    request: PersonRequest,
    step: Step,
    text: str,
    *,
    at: str = "",
    needs_reason: bool = False,
    open_form: str = "",
    typed: str = "",
) -> HttpResponse:
    problem = Problem(step_id=step.pk, text=text, at=at, needs_reason=needs_reason, open_form=open_form, typed=typed)
    return checklist_response(request, step.infusion, problem=problem)


def _first_error(form: TickForm | SkipForm | NoteForm) -> str:
    return str(next(iter(form.errors.values()))[0])
