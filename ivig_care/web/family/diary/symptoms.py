"""How the child is, in ten seconds; the server says what it means, and tells the clinic where that is needed."""

from __future__ import annotations

from dataclasses import dataclass

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST

from ivig_care.actions.diary import TOLD, Written, report_enter, report_take_back
from ivig_care.actions.errors import Refused
from ivig_care.care_teams.access import Right
from ivig_care.common import clock
from ivig_care.diary.models import SymptomReport
from ivig_care.diary.reports import Still, names_of, still_of
from ivig_care.diary.selectors import is_running
from ivig_care.diary.words import FREQUENT, METHODS, SEVERITIES, SYMPTOMS, sentence
from ivig_care.plans.models import Infusion, Plan
from ivig_care.regimen.symptoms import Symptom
from ivig_care.web.family.diary.fetching import context_of, infusion_for
from ivig_care.web.family.diary.forms import SCORES, ReportForm
from ivig_care.web.family.steps import first_error
from ivig_care.web.fetch import fetch_for, looked_at
from ivig_care.web.http import PersonRequest
from ivig_care.web.offline.kept import kept
from ivig_care.web.once import once, refusal_note
from ivig_care.web.templatetags.toasts import undo_tag


@dataclass(frozen=True, kw_only=True)
class Chip:
    """One symptom to choose, with what was typed of it; `before` is how it was, while that still counts."""

    name: str
    words: str
    is_chosen: bool
    severity: str
    score: str
    stays: str
    before: Still | None = None
    is_gone: bool = False


@require_http_methods(["GET", "HEAD", "POST"])
@kept
@once
def symptoms(request: PersonRequest, pk: int) -> HttpResponse:
    """How is the child? A POST writes it down."""
    infusion, now = infusion_for(request, pk, right=Right.RECORD), clock.now()
    if request.method != "POST":
        looked_at(request, infusion.plan.child, "diary")
        return _page(request, infusion, ReportForm(zone=infusion.tz, now=now))
    form = ReportForm(request.POST, zone=infusion.tz, now=now)
    if not form.is_valid():
        return _page(request, infusion, form, problem=first_error(form))
    at = form.instant
    said = form.reported(at)
    try:
        written = report_enter(infusion=infusion, said=said, by=request.user, at=at, now=now)
    except Refused as refused:
        return _page(request, infusion, form, problem=str(refused))
    messages.success(request, _said(written), extra_tags=undo_tag("undo-report", written.report.pk))
    # Where the child is fine and nobody is to be called, there is nothing to read.
    is_done = said.is_fine and written.report.level not in TOLD
    return redirect("checklist", pk=infusion.pk) if is_done else redirect("report", pk=written.report.pk)


@require_POST
@once
def undo(request: PersonRequest, pk: int) -> HttpResponse:
    """What was reported was a mistake."""
    rows = SymptomReport.objects.filter(infusion__plan__status=Plan.Status.ACTIVE)
    report = fetch_for(request.user, rows.select_related("infusion__plan__child__clinic"), pk, right=Right.RECORD)
    try:
        report_take_back(report=report, by=request.user, now=clock.now())
    except Refused as refused:
        refusal_note(request, str(refused))
        messages.error(request, str(refused))
        return redirect("diary", pk=report.infusion_id)
    told = _(" The clinic has heard of it: call if it is a mistake.") if report.concerns.exists() else ""
    messages.success(request, _("Undone.") + told)
    return redirect("diary", pk=report.infusion_id)


def _said(written: Written) -> str:
    report, checks = written.report, len(written.checks)
    words = _("Written down.") if report.level else sentence(report.words)
    if checks:
        words += " " + ngettext(
            "%(count)s check of the checklist is ticked with it.",
            "%(count)s checks of the checklist are ticked with it.",
            checks,
        ) % {"count": checks}
    if written.concern is not None:
        words += " " + _("The clinic has been told, but call all the same.")
    return words


def _page(request: PersonRequest, infusion: Infusion, form: ReportForm, *, problem: str = "") -> HttpResponse:
    now = clock.now()
    if problem:
        refusal_note(request, problem)
        looked_at(request, infusion.plan.child, "diary", did_nothing=True)
    still = still_of(infusion, form.now)
    chips = _chips(still, form)
    before = [chip for chip in chips if chip.before]
    frequent = [chip for symptom in FREQUENT for chip in chips if chip.name == symptom.name.lower()]
    context = context_of(request, infusion) | {
        "now": now,
        "problem": problem,
        "typed": form.data,
        "before": before,
        "readings": [one for one in still if one.symptom is None],
        "others": names_of(one for one in still if one.who != request.user),
        "frequent": [chip for chip in frequent if chip not in before],
        "more": [chip for chip in chips if chip not in frequent and chip not in before],
        "is_more_open": any(chip.is_chosen for chip in chips if chip not in frequent and chip not in before),
        "severities": list(SEVERITIES.items()),
        "scores": SCORES[1:-1],
        "methods": list(METHODS.items()),
        "degrees": form.data.get("degrees") or request.user.degrees_in,
        "is_running": is_running(infusion, now),
        "trends": SymptomReport.Trend,
    }
    return render(request, "family/diary/symptoms.html", context, status=422 if problem else 200)


def _chips(still: list[Still], form: ReportForm) -> list[Chip]:
    before = {one.symptom.symptom: one for one in still if one.symptom is not None}
    return [_chip(symptom, form, before.get(symptom)) for symptom in Symptom]


def _chip(symptom: Symptom, form: ReportForm, before: Still | None) -> Chip:
    name, data = symptom.name.lower(), form.data
    chosen = data.getlist("symptom") if hasattr(data, "getlist") else []
    gone = data.getlist("gone") if hasattr(data, "getlist") else []
    return Chip(
        name=name,
        words=str(SYMPTOMS[symptom]),
        is_chosen=name in chosen,
        severity=data.get(f"sev_{name}", ""),
        score=data.get(f"score_{name}", ""),
        stays=data.get(f"stays_{name}", ""),
        before=before,
        is_gone=name in gone,
    )
