"""What a parent says about a step: done, skipped, undone, noted."""

from __future__ import annotations

from datetime import datetime

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from ivig_care.accounts.models import User
from ivig_care.actions.errors import ReasonNeeded, Refused
from ivig_care.actions.steps import step_note, step_skip, step_tick, step_undo
from ivig_care.care_teams.access import Right, cared_for_by, places_keep
from ivig_care.common import clock
from ivig_care.common.prepared import MOST_KEY, Prepared
from ivig_care.common.spoken import translated
from ivig_care.plans.following import step_after
from ivig_care.plans.models import Infusion, Plan, Step
from ivig_care.plans.models.steps import StepQuerySet
from ivig_care.plans.selectors import noted, rows_of, step_name
from ivig_care.regimen.errors import RegimenError
from ivig_care.regimen.steps import SkipReason, State
from ivig_care.reviews.models import Review
from ivig_care.web.family.checklists import Problem, checklist_response
from ivig_care.web.family.forms import NoteForm, SkipForm, TickForm
from ivig_care.web.family.home import home_response, is_from_home
from ivig_care.web.family.rows import row_look
from ivig_care.web.fetch import fetch_for, looked_at
from ivig_care.web.http import PersonRequest
from ivig_care.web.lists import day_for
from ivig_care.web.once import once, refusal_note, was_queued
from ivig_care.web.templatetags.times import day_clock
from ivig_care.web.templatetags.toasts import undo_tag

NO_SUCH_COURSE = gettext_lazy(
    "With that time the rest of the plan cannot be worked out. Check the day, or call the clinic."
)


@never_cache
@require_safe
def sheet(request: PersonRequest, pk: int) -> HttpResponse:
    """What can be said of one step besides "now": on the checklist in its place, else on a page of its own."""
    now = clock.now()
    wanted = (
        _steps()
        .exclude(state=State.WITHDRAWN)
        .select_related("infusion__plan__child__clinic", "said_by")
        .prefetch_related(noted())
    )
    step = fetch_for(request.user, wanted, pk, right=Right.RECORD)
    infusion = step.infusion
    child = infusion.plan.child
    looked_at(request, child, infusion)
    review = Review.objects.filter(infusion=infusion, signed_at__isnull=False)
    (row,) = rows_of(infusion, [step], now=now)
    look = row_look(
        row,
        now=now,
        zone=infusion.tz,
        is_together=False,
        may_say=not review.exists(),
        is_at_home=is_from_home(request),
        day_pk=day_for(step),
    )
    context = {
        "row": look,
        "due_at": step.due_at,
        "zone": infusion.tz,
        "now": now,
        "infusion": infusion,
        "child": child,
        "clinic": child.clinic,
        "skip_reasons": list(SkipReason),
    }
    return render(request, "family/_sheet.html" if request.htmx else "family/step.html", context)


@require_POST
@once
def tick(request: PersonRequest, pk: int) -> HttpResponse:
    """It was done: now, so many minutes ago, or at a time."""
    step, now = _step(request, pk), clock.now()
    form = TickForm(request.POST, zone=step.infusion.tz, now=now)
    if not form.is_valid():
        return problem_response(request, step, first_error(form), open_form="tick", typed=request.POST.get("at", ""))
    try:
        step = step_tick(step=step, by=request.user, at=form.instant, now=now, reason=form.cleaned_data["reason"])
    except ReasonNeeded as needed:
        return problem_response(request, step, needed.why, at=form.instant, needs_reason=True)
    except Refused as refused:
        return problem_response(request, step, str(refused), open_form="tick", typed=request.POST.get("at", ""))
    except RegimenError:
        return problem_response(request, step, str(NO_SUCH_COURSE), open_form="tick", typed=request.POST.get("at", ""))
    if not is_news(step, request.user, min(form.instant, now)):
        before = already_said(step, sent_for=form.instant if was_queued(request) else None)
        messages.warning(request, of_whom(request, step.infusion, before))
        return answered_response(request, step)
    words = of_whom(request, step.infusion, said_words(step))
    messages.success(request, words, extra_tags=undo_tag("undo-step", step.pk, of=[step.said_mark]))
    return answered_response(request, step)


@require_POST
@once
def skip(request: PersonRequest, pk: int) -> HttpResponse:
    """It was not done, for a reason."""
    step, now = _step(request, pk), clock.now()
    form = SkipForm(request.POST)
    if not form.is_valid():
        return problem_response(request, step, first_error(form), open_form="skip", typed=request.POST.get("note", ""))
    reason, note = SkipReason(form.cleaned_data["reason"]), form.cleaned_data["note"]
    try:
        step = step_skip(step=step, by=request.user, reason=reason, note=note, at=form.said_at(now), now=now)
    except Refused as refused:
        return problem_response(request, step, str(refused), open_form="skip", typed=note)
    words = of_whom(request, step.infusion, skipped_words(step))
    messages.success(request, words, extra_tags=undo_tag("undo-step", step.pk, of=[step.said_mark]))
    return answered_response(request, step)


@require_POST
@once
def undo(request: PersonRequest, pk: int) -> HttpResponse:
    """What was said was a mistake."""
    step = _step(request, pk)
    try:
        step = step_undo(step=step, by=request.user, now=clock.now(), of=request.POST.getlist("of"))
    except Refused as refused:
        return problem_response(request, step, str(refused))
    words = _("%(step)s: undone. It is open again.") % {"step": step_name(step)}
    messages.success(request, of_whom(request, step.infusion, words))
    return recorded_response(request, step.infusion, f"step-{step.pk}")


@require_POST
@once
def note(request: PersonRequest, pk: int) -> HttpResponse:
    """Something worth writing down."""
    step, now = _step(request, pk), clock.now()
    form = NoteForm(request.POST)
    if not form.is_valid():
        return problem_response(request, step, first_error(form), open_form="note", typed=request.POST.get("note", ""))
    try:
        said, at = form.cleaned_data["note"], form.said_at(now)
        step = step_note(step=step, by=request.user, note=said, at=at, now=now).step
    except Refused as refused:
        return problem_response(request, step, str(refused), open_form="note", typed=form.cleaned_data["note"])
    messages.success(request, of_whom(request, step.infusion, _("Note saved.")))
    return recorded_response(request, step.infusion, f"step-{step.pk}")


def _step(request: PersonRequest, pk: int) -> Step:
    places_keep(request.user, request.places)
    step = _ACTIVE.first(pk) if pk <= MOST_KEY else None
    if step is not None and step.infusion.plan.child_id in request.places.children(Right.RECORD):
        return step
    return fetch_for(request.user, _steps(), pk, right=Right.RECORD)


_ACTIVE: Prepared[Step] = Prepared(
    lambda step: Step.objects.filter(pk=step, infusion__plan__status=Plan.Status.ACTIVE).select_related(
        "infusion__plan"
    )
)


def _steps() -> StepQuerySet:
    return Step.objects.filter(infusion__plan__status=Plan.Status.ACTIVE).select_related("infusion")


def answered_response(request: PersonRequest, step: Step) -> HttpResponse:
    """After a step was answered: with the next in view that waits for an answer, else the head of the page."""
    # The page that htmx brings finds the place itself: static/js/app.js.
    after = None if request.htmx else _after(request, step)
    return recorded_response(request, step.infusion, "now" if after is None else f"step-{after}")


def _after(request: PersonRequest, step: Step) -> int | None:
    steps = Step.objects.filter(infusion=step.infusion_id)
    if is_from_home(request):
        of_family = Step.objects.filter(infusion__plan__child__in=cared_for_by(request.user))
        steps = of_family.filter(infusion__plan__status=Plan.Status.ACTIVE, infusion__closed_at=None)
    return step_after(step, steps, now=clock.now())


def recorded_response(request: PersonRequest, infusion: Infusion, where: str) -> HttpResponse:
    """The page that the form stood on anew, a part of it for htmx; without, the whole, with this place in view."""
    if is_from_home(request):
        return home_response(request) if request.htmx else redirect(f"{reverse('home')}#{where}")
    if request.htmx:
        return checklist_response(request, infusion, worked=infusion.worked)
    return redirect(f"{reverse('checklist', args=[infusion.pk])}#{where}")


def problem_response(
    request: PersonRequest,
    step: Step,
    text: str,
    *,
    at: datetime | None = None,
    needs_reason: bool = False,
    open_form: str = "",
    typed: str = "",
) -> HttpResponse:
    """The checklist as it is, with what stopped this step from being recorded, and what was typed."""
    refusal_note(request, text, wants_reason=needs_reason)
    problem = Problem(step_id=step.pk, text=text, at=at, needs_reason=needs_reason, open_form=open_form, typed=typed)
    if is_from_home(request):
        return home_response(request, problem=problem)
    return checklist_response(request, step.infusion, problem=problem)


def first_error(form: forms.Form) -> str:
    """The first thing wrong with a form, as a sentence."""
    return str(next(iter(form.errors.values()))[0])


def is_news(step: Step, by: User, at: datetime) -> bool:
    """Whether the record of a ticked step is what this person just said, not what somebody said before."""
    return step.said_by_id == by.pk and step.said_at == at


def of_whom(request: PersonRequest, infusion: Infusion, words: str) -> str:
    """The words, with the child's name where the page that comes shows several children."""
    if not is_from_home(request) or len(request.places.of_child) == 1:
        return words
    return f"{infusion.plan.child.given_name} – {words}"


def said_words(step: Step) -> str:
    """What was recorded of a ticked step, with the time, so that a slip is seen at once."""
    words = _("%(step)s: given %(time)s.") if step.ingredient else _("%(step)s: done %(time)s.")
    return words % {"step": step_name(step), "time": _said_at(step)}


def skipped_words(step: Step) -> str:
    """What was recorded of a step that was not done."""
    return _("%(step)s: skipped, %(reason)s.") % {"step": step_name(step), "reason": translated(step.skip_reason)}


def already_said(step: Step, *, sent_for: datetime | None = None) -> str:
    """What stood in the record before, for somebody who ticked it once more: perhaps a while ago, without a signal."""
    who = step.said_by.name if step.said_by else _("Somebody")
    values = {"who": who, "said": said_words(step)}
    if sent_for is None:
        words = _("%(who)s ticked this before: %(said)s Nothing was added.") % values
    else:
        values["time"] = day_clock(sent_for, step.infusion.tz)
        words = _("%(who)s ticked this before your entry of %(time)s arrived: %(said)s Nothing was added.") % values
    return f"{words} {_('If it was given twice, call the clinic.')}" if step.ingredient else words


def _said_at(step: Step) -> str:
    return "" if step.said_at is None else day_clock(step.said_at, step.infusion.tz)
