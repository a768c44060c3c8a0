"""The fifth screen of the set-up: the next infusion at a glance, and one tick for practice. Nothing is recorded."""

from __future__ import annotations

from django.http import HttpResponse
from django.views.decorators.http import require_http_methods

from ivig_care.common import clock
from ivig_care.plans.nearest import nearest_infusion
from ivig_care.plans.selectors import checklist_of
from ivig_care.regimen.timing import zone_named
from ivig_care.web.http import PersonRequest
from ivig_care.web.reach.selectors import preference_of
from ivig_care.web.welcome.screens import Screen, next_screen, shown


@require_http_methods(["GET", "HEAD", "POST"])
def practice(request: PersonRequest) -> HttpResponse:
    """Try it."""
    if request.method == "POST":
        return next_screen(request, Screen.TRY)
    now = clock.now()
    infusion = nearest_infusion(request.user, now=now)
    context: dict[str, object] = {
        "infusion": infusion,
        "page": None if infusion is None else checklist_of(infusion, now=now),
        "child": None if infusion is None else infusion.plan.child,
        "is_ticked": request.GET.get("ticked") == "1",
        "now": now,
        "zone": zone_named(preference_of(request.user).zone) if infusion is None else infusion.tz,
    }
    return shown(request, Screen.TRY, context)
