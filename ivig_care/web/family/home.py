"""The first page after signing in: what now, over all the children of a family; and its part that refreshes itself."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.template.loader import render_to_string
from django.utils.safestring import SafeString
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from ivig_care.actions.audit import audit_seen_all
from ivig_care.care_teams.access import at_clinics, cared_for_by
from ivig_care.common import clock
from ivig_care.plans.overview import Overview, overview_of
from ivig_care.regimen.steps import SkipReason
from ivig_care.reviews.concerns import OnTop, on_top_for
from ivig_care.web.family.checklists import Problem
from ivig_care.web.family.erase import erasures_for
from ivig_care.web.family.rows import sheet_of_any
from ivig_care.web.family.slots import slots, slots_filled
from ivig_care.web.http import PersonRequest, is_copy
from ivig_care.web.offline.kept import kept
from ivig_care.web.reach.selectors import off_lines_for
from ivig_care.web.welcome.screens import QUESTIONS, screen_of

# What a form of the first page says of where it stood.
HERE = "home"


@require_safe
@kept
def home(request: PersonRequest) -> HttpResponse:
    """Staff go to their clinic, families see what to do now; who is both finds the clinic in the header."""
    if not cared_for_by(request.user).exists():
        place = at_clinics(request.user)
        if place.works:
            return redirect("clinic")
        if place.manages is not None:
            return redirect("staff", pk=place.manages)
    return home_response(request)


@never_cache
@require_safe
def home_live(request: PersonRequest) -> HttpResponse:
    """The first page's lists again if they look different from the version seen; 204 if not."""
    overview = overview_of(request.user, now=clock.now())
    on_top = on_top_for(request.user, now=overview.now)
    if request.GET.get("seen") == _version(overview, on_top):
        return HttpResponse(status=204)
    _looked(request, overview)
    return HttpResponse(_fragment(request, overview, on_top, None))


def home_response(request: PersonRequest, *, problem: Problem | None = None) -> HttpResponse:
    """The page, or only its lists when htmx asks; 422 when there is a problem to show."""
    overview = overview_of(request.user, now=clock.now())
    if request.method == "GET" or problem is not None:
        _looked(request, overview)
    on_top = on_top_for(request.user, now=overview.now)
    context: dict[str, object] = {"lists": _fragment(request, overview, on_top, problem), "is_at_home": True}
    status = 422 if problem else 200
    if request.htmx:
        return render(request, "family/_home_reply.html", context, status=status)
    person = request.user
    context |= {
        "overview": overview,
        "children": cared_for_by(person).order_by("given_name", "pk"),
        "off_lines": off_lines_for(person),
        "erasures": erasures_for(person),
        "zone": person.zone,
        "setting_up": screen_of(person) if person.setting_up else None,
        "questions": QUESTIONS,
        "sheet_of_any": sheet_of_any(request),
    }
    return render(request, "family/home.html", context, status=status)


def is_from_home(request: HttpRequest) -> bool:
    """Whether the form that was sent stood on the first page, so that the answer is the first page again."""
    return HERE in (request.POST.get("from"), request.GET.get("from"))


def _version(overview: Overview, on_top: OnTop) -> str:
    """Changes with the lists, and with what stands on top of them."""
    answered = (f"{one.pk}a" for answer in on_top.answered for one in answer.concerns)
    return "-".join([overview.version, *(str(one.pk) for one in on_top.red_flags), *answered])


def _fragment(request: PersonRequest, overview: Overview, on_top: OnTop, problem: Problem | None) -> SafeString:
    """The part that refreshes itself; its forms carry the token of this answer."""
    context: dict[str, object] = {
        "overview": overview,
        "on_top": on_top,
        "seen": _version(overview, on_top),
        "problem": problem,
        "is_problem_shown": problem is not None and problem.step_id in overview.shown,
        "skip_reasons": list(SkipReason),
        "is_at_home": True,
    }
    return slots_filled(render_to_string("family/_home.html", context | slots("h")), request)


def _looked(request: PersonRequest, overview: Overview) -> None:
    things = [(part.infusion, part.child) for part in overview.parts]
    audit_seen_all(things=things, by=request.user, now=overview.now, is_copy=is_copy(request))
