"""A dose that is no step: when needed, besides, or by the nurse. What the ledger says is shown before it is saved."""

from __future__ import annotations

from datetime import datetime

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST

from ivig_care.actions.doses import dose_enter, dose_take_back, reason_asked
from ivig_care.actions.errors import ReasonNeeded, Refused
from ivig_care.care_teams.access import Right
from ivig_care.common import clock
from ivig_care.plans.extra import (
    Meant,
    answer_to,
    infusion_of,
    last_given,
    meant_by,
    medicine_names,
    offers_of,
    steps_meant,
)
from ivig_care.plans.ledger import ledger_of
from ivig_care.plans.models import Dose, Infusion
from ivig_care.protocols.selectors import rule_set_for
from ivig_care.regimen.errors import RegimenError
from ivig_care.web.family.diary.fetching import context_of, infusion_for
from ivig_care.web.family.diary.forms import DoseForm
from ivig_care.web.family.steps import first_error
from ivig_care.web.fetch import fetch_for, looked_at
from ivig_care.web.http import PersonRequest
from ivig_care.web.once import once, refusal_note
from ivig_care.web.templatetags.times import day_clock
from ivig_care.web.templatetags.toasts import undo_tag

NO_SUCH_COURSE = gettext_lazy(
    "With that time the rest of the plan cannot be worked out. Check the day, or call the clinic."
)


@require_http_methods(["GET", "HEAD", "POST"])
@once
def extra(request: PersonRequest, pk: int) -> HttpResponse:
    """Ask which medicine, how much and when; show what the ledger says; then, on a POST, save it."""
    infusion, now = infusion_for(request, pk, right=Right.RECORD), clock.now()
    looked_at(request, infusion.plan.child, "diary")
    data = request.POST if request.method == "POST" else request.GET
    form = DoseForm(data, zone=infusion.tz, now=now)
    if request.method != "POST" and not form.is_asked:
        return _page(request, infusion, form)
    if not form.is_valid():
        return _page(request, infusion, form, problem=first_error(form))
    meant = meant_by(form.wanted, infusion, rule_set_for(infusion.plan.child.clinic.country).formulary)
    if request.method != "POST":
        return _page(request, infusion, form, meant=meant, at=min(form.instant, now))
    return _save(request, infusion, form, meant, now)


@require_POST
@once
def undo(request: PersonRequest, pk: int) -> HttpResponse:
    """A dose that was written down by mistake."""
    doses = Dose.objects.filter(step__isnull=True).select_related("child__clinic")
    dose = fetch_for(request.user, doses, pk, right=Right.RECORD)
    infusion = infusion_of(dose)
    if infusion is None:
        raise Http404
    try:
        dose_take_back(dose=dose, infusion=infusion, by=request.user, now=clock.now())
        messages.success(request, _("Undone. It does not count any more."))
    except (Refused, RegimenError) as refused:
        refusal_note(request, str(refused))
        messages.error(request, str(refused))
    return redirect("diary", pk=infusion.pk)


def _save(request: PersonRequest, infusion: Infusion, form: DoseForm, meant: Meant, now: datetime) -> HttpResponse:
    at = min(form.instant, now)
    try:
        doses = dose_enter(
            infusion=infusion,
            meant=meant,
            by=request.user,
            at=form.instant,
            now=now,
            by_clinic=form.cleaned_data["by_clinic"],
            reason=form.cleaned_data["reason"],
        )
    except ReasonNeeded as needed:
        refusal_note(request, needed.why, wants_reason=True)
        return _page(request, infusion, form, meant=meant, at=at, problem=_("Say why it was given all the same."))
    except Refused as refused:
        return _page(request, infusion, form, problem=str(refused))
    except RegimenError:
        return _page(request, infusion, form, problem=str(NO_SUCH_COURSE))
    words = _("%(medicine)s: written down, given %(when)s.") % {
        "medicine": _capital(meant.called),
        "when": day_clock(doses[0].given_at, infusion.tz),
    }
    check = infusion.steps.open().filter(slot__in=[f"recheck.{dose.pk}" for dose in doses]).first()
    if check is not None:
        words += " " + _("Look again at %(when)s whether it helped.") % {"when": day_clock(check.due_at, infusion.tz)}
    messages.success(request, words, extra_tags=undo_tag("undo-dose", doses[0].pk))
    return redirect("checklist", pk=infusion.pk)


def _page(
    request: PersonRequest,
    infusion: Infusion,
    form: DoseForm,
    *,
    meant: Meant | None = None,
    at: datetime | None = None,
    problem: str = "",
) -> HttpResponse:
    now, rules = clock.now(), rule_set_for(infusion.plan.child.clinic.country)
    if problem:
        refusal_note(request, getattr(request, "refused_for", "") or problem, wants_reason=meant is not None)
    context = context_of(request, infusion) | {
        "now": now,
        "form": form,
        "typed": form.data,
        "problem": problem,
        "names": medicine_names(infusion, rules.formulary),
        "offers": offers_of(infusion, now),
        "meant": meant,
        "at": at,
    }
    if meant is not None and at is not None:
        context |= _preview(infusion, meant, at)
    return render(request, "family/diary/dose.html", context, status=422 if problem else 200)


def _preview(infusion: Infusion, meant: Meant, at: datetime) -> dict[str, object]:
    """What is shown before it is saved."""
    answer = answer_to(meant, ledger_of(infusion), at)
    return {
        "answer": answer,
        "last": last_given(infusion, meant, at),
        "why": reason_asked(infusion, meant, at),
        "steps": steps_meant(infusion, meant, at),
        "unknown": [one.text for one in answer.reasons] if not answer.is_known else [],
    }


def _capital(name: str) -> str:
    return name[:1].upper() + name[1:]
