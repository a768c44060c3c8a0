"""What a parent says about several medicines at once: given together, taken back together."""

from __future__ import annotations

from collections.abc import Sequence

from django.contrib import messages
from django.db import transaction
from django.http import Http404, HttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from ivig_care.actions.audit import audits_last
from ivig_care.actions.errors import ReasonNeeded, Refused
from ivig_care.actions.steps import step_tick, step_undo
from ivig_care.care_teams.access import Right
from ivig_care.common import clock
from ivig_care.plans.models import Infusion, Plan, Step
from ivig_care.plans.selectors import step_name
from ivig_care.regimen.errors import RegimenError
from ivig_care.web.family.forms import WhenForm
from ivig_care.web.family.steps import (
    NO_SUCH_COURSE,
    already_said,
    answered_response,
    first_error,
    is_news,
    of_whom,
    problem_response,
    recorded_response,
    said_words,
)
from ivig_care.web.fetch import fetch_for
from ivig_care.web.http import PersonRequest
from ivig_care.web.once import once, was_queued
from ivig_care.web.templatetags.toasts import undo_tag

MOST = 20
# Longer than that a key is none, and more than a database can hold.
LONGEST_KEY = 18
ONE_BY_ONE = gettext_lazy("Nothing was recorded yet: please answer them one by one.")


@require_POST
@once
def tick(request: PersonRequest, pk: int) -> HttpResponse:
    """All of them were given at one time; either every one is recorded, or none."""
    infusion, now = _infusion(request, pk), clock.now()
    steps = _steps(infusion, request.POST.getlist("step"))
    form = WhenForm(request.POST, zone=infusion.tz, now=now)
    if not form.is_valid():
        return problem_response(request, steps[0], f"{first_error(form)} {ONE_BY_ONE}")
    at, said = form.instant, []
    step = steps[0]
    try:
        with transaction.atomic(), audits_last():
            for step in steps:
                said.append(step_tick(step=step, by=request.user, at=at, now=now))
    except ReasonNeeded as needed:
        return problem_response(request, step, f"{needed.why} {ONE_BY_ONE}", at=at, needs_reason=True)
    except Refused as refused:
        return problem_response(request, step, f"{refused} {ONE_BY_ONE}")
    except RegimenError:
        return problem_response(request, step, f"{NO_SUCH_COURSE} {ONE_BY_ONE}")
    news = [step for step in said if is_news(step, request.user, min(at, now))]
    sent_for = at if was_queued(request) else None
    words = [said_words(step) if step in news else already_said(step, sent_for=sent_for) for step in said]
    undo = (
        undo_tag("undo-steps", infusion.pk, [step.pk for step in news], of=[step.said_mark for step in news])
        if news
        else ""
    )
    say = messages.success if len(news) == len(said) else messages.warning
    say(request, of_whom(request, infusion, " ".join(words)), extra_tags=undo)
    return answered_response(request, said[-1])


@require_POST
@once
def undo(request: PersonRequest, pk: int) -> HttpResponse:
    """All of them were said by mistake."""
    infusion, now = _infusion(request, pk), clock.now()
    steps, of = _steps(infusion, request.GET.getlist("step")), request.POST.getlist("of")
    try:
        with transaction.atomic(), audits_last():
            taken_back = [step_undo(step=step, by=request.user, now=now, of=of) for step in steps]
    except Refused as refused:
        return problem_response(request, steps[0], str(refused))
    names = ", ".join(step_name(step) for step in taken_back)
    words = _("%(names)s: undone. They are open again.") % {"names": names}
    messages.success(request, of_whom(request, infusion, words))
    return recorded_response(request, taken_back[-1].infusion, "now")


def _infusion(request: PersonRequest, pk: int) -> Infusion:
    active = Infusion.objects.filter(plan__status=Plan.Status.ACTIVE)
    return fetch_for(request.user, active.select_related("plan__child__clinic"), pk, right=Right.RECORD)


def _steps(infusion: Infusion, asked: Sequence[str]) -> list[Step]:
    """The medicines asked for, all of this infusion. Raises Http404 when any is not."""
    keys = {int(key) for key in asked if key.isascii() and key.isdecimal() and len(key) <= LONGEST_KEY}
    steps = list(Step.objects.filter(infusion=infusion, pk__in=keys).exclude(ingredient=""))
    if not steps or len(steps) != len(set(asked)) or len(steps) > MOST:
        raise Http404
    return steps
