"""The page behind the link in a message: its steps, and what can be said of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import groupby

from django import forms
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext, gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST

from ivig_care.actions.links import (
    AnswerRefused,
    delivery_done,
    delivery_later,
    delivery_opened,
    delivery_skip,
    delivery_undo,
)
from ivig_care.care_teams.access import Right, cared_for_by
from ivig_care.care_teams.models import Clinic
from ivig_care.common import clock
from ivig_care.nudges.answering import day_ahead_of, just_answered, open_steps_of, steps_of
from ivig_care.nudges.links import link_token
from ivig_care.nudges.models import Delivery
from ivig_care.nudges.words import courses_of
from ivig_care.plans.models import Infusion, InfusionDay, Step
from ivig_care.plans.selectors import StepRow, rows_of
from ivig_care.regimen.nudging import LONGEST_SNOOZE
from ivig_care.regimen.steps import SkipReason
from ivig_care.web.family.forms import SkipForm, TickForm
from ivig_care.web.family.steps import first_error
from ivig_care.web.links.sealed import opens_with_token

# Longer than that a key is none, and more than a database can hold.
LONGEST_KEY = 18
_NOTICES = (Delivery.Purpose.MOVED, Delivery.Purpose.CANCELLED)
NOTHING_YET = gettext_lazy("Nothing was recorded yet.")
NONE_CHOSEN = gettext_lazy("Tick at least one step first.")
ONE_BY_ONE = gettext_lazy("Nothing was recorded yet: please answer them one by one.")


@dataclass(frozen=True, kw_only=True)
class Group:
    """The steps of one child's checklist: still to answer, answered here a moment ago, and answered otherwise."""

    infusion: Infusion
    rows: list[StepRow]
    answered: list[Step]
    settled: list[Step]


@dataclass(frozen=True, kw_only=True)
class Problem:
    """Why nothing was recorded, with what was typed and chosen."""

    text: str
    step_id: int | None = None
    at: datetime | None = None
    needs_reason: bool = False
    open_form: str = ""
    note: str = ""
    reason: str = ""
    chosen: Sequence[int] = field(default_factory=tuple)


class LaterForm(forms.Form):
    """In how many minutes to be reminded again."""

    minutes = forms.IntegerField(
        min_value=1,
        max_value=int(LONGEST_SNOOZE.total_seconds() // 60),
        error_messages=dict.fromkeys(
            ("required", "invalid", "min_value", "max_value"),
            gettext_lazy("Choose in how many minutes you want to be reminded."),
        ),
    )


@opens_with_token()
@require_http_methods(["GET", "HEAD"])
def page(request: HttpRequest, delivery: Delivery) -> HttpResponse:
    """The steps of the message that still wait. Whatever looks at it, mail scanners too, changes nothing."""
    return _page(request, delivery)


@opens_with_token()
@require_POST
def opened(_request: HttpRequest, delivery: Delivery) -> HttpResponse:
    """The page says that a browser shows it."""
    delivery_opened(delivery=delivery, now=clock.now())
    return HttpResponse(status=204)


@opens_with_token()
@require_POST
def done(request: HttpRequest, delivery: Delivery) -> HttpResponse:
    """These steps were done: now, or so many minutes ago. All are recorded, or none."""
    steps, now = _chosen(request, delivery), clock.now()
    if not steps:
        return _stopped(request, delivery, steps, str(NONE_CHOSEN))
    form = TickForm(request.POST, zone=steps[0].infusion.tz, now=now)
    if not form.is_valid():
        return _stopped(request, delivery, steps, first_error(form))
    reason = form.cleaned_data["reason"]
    try:
        delivery_done(delivery=delivery, steps=steps, at=form.instant, now=now, reason=reason)
    except AnswerRefused as refused:
        words = ONE_BY_ONE if len(steps) > 1 else NOTHING_YET
        problem = Problem(
            text=f"{refused} {words}",
            step_id=refused.step.pk,
            at=form.instant,
            needs_reason=refused.needs_reason,
            reason=reason,
            chosen=[step.pk for step in steps],
        )
        return _page(request, delivery, problem=problem)
    return _recorded(delivery)


@opens_with_token()
@require_POST
def skip(request: HttpRequest, delivery: Delivery) -> HttpResponse:
    """These steps were not done, for a reason."""
    steps, note = _chosen(request, delivery), request.POST.get("note", "")
    if not steps:
        return _stopped(request, delivery, steps, str(NONE_CHOSEN), open_form="skip", note=note)
    form = SkipForm(request.POST)
    if not form.is_valid():
        return _stopped(request, delivery, steps, first_error(form), open_form="skip", note=note)
    reason = SkipReason(form.cleaned_data["reason"])
    try:
        delivery_skip(delivery=delivery, steps=steps, reason=reason, note=form.cleaned_data["note"], now=clock.now())
    except AnswerRefused as refused:
        return _stopped(request, delivery, steps, str(refused), open_form="skip", note=note)
    return _recorded(delivery)


@opens_with_token()
@require_POST
def later(request: HttpRequest, delivery: Delivery) -> HttpResponse:
    """Remind again in a while; some steps may not wait, and the page says which."""
    steps = _chosen(request, delivery)
    if not steps:
        return _stopped(request, delivery, steps, str(NONE_CHOSEN), open_form="later")
    form = LaterForm(request.POST)
    if not form.is_valid():
        return _stopped(request, delivery, steps, first_error(form), open_form="later")
    minutes = form.cleaned_data["minutes"]
    waiting, refusals = delivery_later(delivery=delivery, steps=steps, minutes=minutes, now=clock.now())
    if not refusals:
        return _recorded(delivery)
    said = gettext("We remind you again of %(count)s in %(minutes)s minutes.") % {
        "count": len(waiting),
        "minutes": minutes,
    }
    problem = Problem(
        text=f"{said} {refusals[0]}" if waiting else str(refusals[0]),
        step_id=refusals[0].step.pk,
        open_form="later",
        chosen=[refusal.step.pk for refusal in refusals],
    )
    return _page(request, delivery, problem=problem)


@opens_with_token()
@require_POST
def undo(request: HttpRequest, delivery: Delivery) -> HttpResponse:
    """What was said a moment ago was a mistake."""
    now = clock.now()
    asked = set(request.POST.getlist("step"))
    steps = [step for step in just_answered(delivery, now) if str(step.pk) in asked]
    if not steps:
        return _recorded(delivery)
    try:
        delivery_undo(delivery=delivery, steps=steps, now=now)
    except AnswerRefused as refused:
        return _stopped(request, delivery, steps, str(refused))
    return _recorded(delivery)


def _recorded(delivery: Delivery) -> HttpResponse:
    return redirect("link", token=link_token(delivery.pk))


def _stopped(
    request: HttpRequest,
    delivery: Delivery,
    steps: Sequence[Step],
    why: str,
    *,
    open_form: str = "",
    note: str = "",
) -> HttpResponse:
    chosen = [step.pk for step in steps]
    problem = Problem(text=f"{why} {NOTHING_YET}", open_form=open_form, note=note, chosen=chosen)
    return _page(request, delivery, problem=problem)


def _page(request: HttpRequest, delivery: Delivery, *, problem: Problem | None = None) -> HttpResponse:
    now = clock.now()
    groups = _groups(delivery, now)
    rows = [row for group in groups for row in group.rows]
    # What is not due yet is ticked on purpose only.
    ready = [row.step.pk for row in rows if row.can_tick]
    context = {
        "delivery": delivery,
        "token": link_token(delivery.pk),
        "groups": groups,
        "count": len(rows),
        "chosen": ready if problem is None else problem.chosen,
        "has_answers": any(group.answered for group in groups),
        "has_settled": any(group.settled for group in groups),
        "days": list(delivery.infusion.days.all()) if delivery.infusion and delivery.purpose in _NOTICES else [],
        "ahead": day_ahead_of(delivery),
        "to_be_ready": _to_be_ready(delivery),
        "notice": courses_of({delivery.infusion_id}).get(delivery.infusion_id or 0),
        "problem": problem,
        "clinics": _clinics(delivery, groups),
        "now": now,
        "skip_reasons": list(SkipReason),
    }
    return render(request, "links/steps.html", context, status=422 if problem else 200)


def _to_be_ready(delivery: Delivery) -> InfusionDay | None:
    """The infusion day that a message looks ahead to: what is asked about it is answered by who has signed in."""
    if delivery.briefing_on is None or delivery.infusion is None or not _is_theirs(delivery, delivery.infusion):
        return None
    days = (day for day in delivery.infusion.days.all() if day.cancelled_at is None and day.actual_start is None)
    zone = delivery.infusion.tz
    return next((day for day in days if day.planned_start.astimezone(zone).date() == delivery.briefing_on), None)


def _is_theirs(delivery: Delivery, infusion: Infusion) -> bool:
    return cared_for_by(delivery.person, Right.RECORD).filter(pk=infusion.plan.child_id).exists()


def _clinics(delivery: Delivery, groups: Sequence[Group]) -> list[Clinic]:
    """Whom to call about what the page shows."""
    shown = [group.infusion for group in groups] or ([delivery.infusion] if delivery.infusion else [])
    return list(dict.fromkeys(infusion.plan.child.clinic for infusion in shown))


def _groups(delivery: Delivery, now: datetime) -> list[Group]:
    waiting = {step.pk for step in open_steps_of(delivery, now)}
    answered = {step.pk for step in just_answered(delivery, now)}
    steps = sorted(steps_of(delivery), key=lambda step: (step.infusion_id, step.due_at, step.pk))
    return [
        _group(list(of_one), now, waiting=waiting, answered=answered)
        for _, of_one in groupby(steps, key=lambda step: step.infusion_id)
    ]


def _group(steps: list[Step], now: datetime, *, waiting: set[int], answered: set[int]) -> Group:
    infusion = steps[0].infusion
    return Group(
        infusion=infusion,
        rows=rows_of(infusion, [step for step in steps if step.pk in waiting], now=now),
        answered=[step for step in steps if step.pk in answered],
        settled=[step for step in steps if step.pk not in waiting and step.pk not in answered],
    )


def _chosen(request: HttpRequest, delivery: Delivery) -> list[Step]:
    """The steps that were chosen, perhaps none. Raises Http404 for any that the message does not speak of."""
    asked = set(request.POST.getlist("step"))
    keys = {int(key) for key in asked if key.isascii() and key.isdecimal() and len(key) <= LONGEST_KEY}
    steps = list(steps_of(delivery).filter(pk__in=keys))
    if len(steps) != len(asked):
        raise Http404
    return steps
