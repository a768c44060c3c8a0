"""The fourth screen of the set-up: a test that arrives on this phone before the family leaves the clinic."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from ivig_care.actions.contact_points import contact_point_test
from ivig_care.actions.errors import Refused
from ivig_care.common import clock
from ivig_care.nudges.models import Delivery
from ivig_care.regimen.timing import zone_named
from ivig_care.web.http import PersonRequest
from ivig_care.web.reach.selectors import preference_of, ways_of
from ivig_care.web.welcome.screens import Screen, is_skipped, next_screen, shown

# Of these nothing more becomes.
OVER = (Delivery.Status.FAILED, Delivery.Status.DROPPED)


@require_http_methods(["GET", "HEAD", "POST"])
def tested(request: PersonRequest) -> HttpResponse:
    """Send me a test."""
    if request.method != "POST":
        return _page(request)
    if is_skipped(request):
        return next_screen(request, Screen.TEST)
    way = next((way for way in ways_of(request.user, now=clock.now()) if way.status == "on"), None)
    if way is None:
        return redirect(Screen.REACH.url)
    try:
        contact_point_test(contact_point=way.point, now=clock.now())
    except Refused as refused:
        return _page(request, problem=str(refused))
    return redirect(Screen.TEST.url)


@never_cache
@require_safe
def live(request: PersonRequest) -> HttpResponse:
    """What became of the test, for a page that asks again and again."""
    return render(request, "welcome/_test.html", _context(request))


def _page(request: PersonRequest, *, problem: str = "") -> HttpResponse:
    return shown(request, Screen.TEST, _context(request) | {"problem": problem}, status=422 if problem else 200)


def _context(request: PersonRequest) -> dict[str, object]:
    now = clock.now()
    way = next((way for way in ways_of(request.user, now=now) if way.status == "on"), None)
    test = way.test if way else None
    return {
        "way": way,
        "test": test,
        "is_over": test is not None and (test.status in OVER or test.opened_at is not None),
        "zone": zone_named(preference_of(request.user).zone),
    }
