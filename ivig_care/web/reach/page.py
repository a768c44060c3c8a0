"""How we reach you: one page for everything about messages to the person."""

from __future__ import annotations

from dataclasses import dataclass

from django import forms
from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from ivig_care.actions.consents import AGREE
from ivig_care.care_teams.models import Told
from ivig_care.common import clock
from ivig_care.nudges.channels.push import application_server_key
from ivig_care.regimen.timing import zone_named
from ivig_care.web.http import PersonRequest
from ivig_care.web.reach.forms import AddForm, QuietForm, zones_to_choose
from ivig_care.web.reach.selectors import nights_of, off_lines_for, places_of, preference_of, ways_of


@dataclass(frozen=True, kw_only=True)
class Problem:
    """Why something was not saved, and which contact point it is about."""

    text: str
    pk: int | None = None
    typed: str = ""


@require_safe
def reach(request: PersonRequest) -> HttpResponse:
    """The whole page."""
    return reach_page(request)


def reach_page(
    request: PersonRequest,
    *,
    add_form: AddForm | None = None,
    quiet_form: QuietForm | None = None,
    problem: Problem | None = None,
    told_problem: Problem | None = None,
) -> HttpResponse:
    """The page, with the form that could not be saved as it was typed; then the answer is a 422."""
    now, preference = clock.now(), preference_of(request.user)
    zone = zone_named(preference.zone)
    quiet = {"quiet_from": preference.quiet_from, "quiet_until": preference.quiet_until}
    ways = ways_of(request.user, now=now)
    chosen = (quiet_form.data.get("zone") if quiet_form else "") or preference.zone
    context = {
        "ways": ways,
        "is_reached": any(way.status == "on" for way in ways),
        "places": places_of(request.user),
        "told_choices": Told.choices,
        "told_problem": told_problem,
        "zone_chosen": chosen,
        "zones": zones_to_choose() if chosen in zones_to_choose() else (preference.zone, *zones_to_choose()),
        "nights": [night for night in nights_of(request.user, now=now) if len(night.family) > 1],
        "off_lines": [line for line in off_lines_for(request.user) if line.person != request.user],
        "preference": preference,
        "zone": zone,
        "now": now,
        "agree_words": AGREE,
        "add_form": add_form or AddForm(initial={} if ways else {"address": request.user.email}),
        "quiet_form": quiet_form or QuietForm(initial=quiet),
        "push_key": application_server_key(),
        "problem": problem,
    }
    is_stopped = bool(problem or told_problem) or any(
        form is not None and form.errors for form in (add_form, quiet_form)
    )
    return render(request, "reach/reach.html", context, status=422 if is_stopped else 200)


def first_error(form: forms.Form) -> str:
    """The first thing wrong with a form, as a sentence."""
    return str(next(iter(form.errors.values()))[0])
