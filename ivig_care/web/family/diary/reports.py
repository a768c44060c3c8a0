"""What a report means, on a page of its own: a red flag fills the screen, with whom to call and what to say."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from ivig_care.common import clock
from ivig_care.diary.models import SymptomReport
from ivig_care.diary.reports import names_of, said_besides, still_of
from ivig_care.diary.selectors import hours_after, is_running
from ivig_care.plans.extra import Offer, offers_of
from ivig_care.plans.models import Dose, Infusion, Plan
from ivig_care.regimen.signs import Level
from ivig_care.regimen.triage import MASKED_FOR, MASKS
from ivig_care.web.family.diary.fetching import context_of, infusion_for
from ivig_care.web.fetch import fetch_for, looked_at
from ivig_care.web.http import PersonRequest

MOST_DOSES = 6


@require_safe
def report(request: PersonRequest, pk: int) -> HttpResponse:
    """One report, and what to do about it."""
    rows = SymptomReport.objects.filter(infusion__plan__status=Plan.Status.ACTIVE)
    found = fetch_for(request.user, rows.select_related("by").prefetch_related("symptoms", "temperatures"), pk)
    infusion, now = infusion_for(request, found.infusion_id), clock.now()
    looked_at(request, infusion.plan.child, found)
    is_urgent = found.level in (Level.EMERGENCY, Level.CALL_NOW)
    doses = _doses(infusion, found)
    # What others said counts on, whoever finds the child fine.
    others = still_of(infusion, found.at) if found.is_fine and found.level else []
    context = context_of(request, infusion) | {
        "report": found,
        "besides": _besides(found),
        "others": others,
        "others_names": names_of(others),
        "now": now,
        "is_urgent": is_urgent,
        "is_emergency": found.level == Level.EMERGENCY,
        "is_running": is_running(infusion, now),
        "concern": found.concerns.select_related("answer__by").first(),
        "hours_after": hours_after(infusion, found.at),
        "last_day": _last_day(infusion),
        "doses": doses,
        "is_masked": _is_masked(doses, found),
        "offers": _offers(infusion, found, is_urgent=is_urgent),
    }
    return render(request, "family/diary/report.html", context)


def _besides(found: SymptomReport) -> list[str]:
    return [] if found.is_fine or found.level in ("", Level.NEXT_VISIT) else said_besides(found)


def _last_day(infusion: Infusion) -> object:
    started = [day for day in infusion.days.all() if day.actual_start is not None]
    return started[-1] if started else None


def _doses(infusion: Infusion, found: SymptomReport) -> list[Dose]:
    """The doses of the day before the report: what the team will ask for."""
    given = Dose.objects.standing().filter(child=infusion.plan.child_id, given_at__lte=found.at)
    return list(given.filter(given_at__gt=found.at - MASKED_FOR).order_by("-given_at", "-pk")[:MOST_DOSES])


def _is_masked(doses: list[Dose], found: SymptomReport) -> bool:
    """Whether something was given that may hide a fever, and a temperature was measured."""
    hiding = {mask.ingredient for mask in MASKS}
    return bool(found.temperatures.all()) and any(dose.ingredient in hiding for dose in doses)


def _offers(infusion: Infusion, found: SymptomReport, *, is_urgent: bool) -> list[Offer]:
    """What the plan has for when it is needed; nothing before whoever is to be called now was called."""
    if is_urgent or found.taken_back_at is not None or not any(not one.is_gone for one in found.symptoms.all()):
        return []
    return offers_of(infusion, clock.now())
