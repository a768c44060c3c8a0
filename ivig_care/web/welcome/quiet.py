"""The third screen of the set-up: when to be left in peace, and who is told first tonight, with an example."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from django.http import HttpResponse
from django.views.decorators.http import require_http_methods

from ivig_care.actions.contact_points import quiet_hours_set
from ivig_care.actions.duties import duty_clear, duty_take
from ivig_care.actions.errors import Refused
from ivig_care.common import clock
from ivig_care.regimen.timing import QuietHours, resolve_local, zone_named
from ivig_care.web.http import PersonRequest
from ivig_care.web.reach.forms import QuietForm
from ivig_care.web.reach.selectors import Night, nights_of, preference_of
from ivig_care.web.welcome.screens import Screen, is_skipped, next_screen, shown

HALF_HOUR = timedelta(minutes=30)
# The choice of a radio button for nobody in particular.
NOBODY = "nobody"


@dataclass(frozen=True, kw_only=True)
class Example:
    """What quiet hours mean for tonight: something waits until they are over, and something wakes all the same."""

    asked_at: datetime
    told_at: datetime
    wakes_at: datetime


def example_of(hours: QuietHours | None, zone: ZoneInfo, now: datetime) -> Example | None:
    """Two messages of the next night; None when no hour is quiet."""
    if hours is None or hours.start == hours.end:
        return None
    begins = resolve_local(now.astimezone(zone).date(), hours.start, zone)
    ends = hours.hold_until(begins, zone)
    if ends is None:
        return None
    half = (ends - begins) / 2
    return Example(asked_at=begins + min(HALF_HOUR, half / 2), told_at=ends, wakes_at=begins + half)


@require_http_methods(["GET", "HEAD", "POST"])
def quiet(request: PersonRequest) -> HttpResponse:
    """When shall we leave you in peace?"""
    now = clock.now()
    if request.method == "POST" and is_skipped(request):
        return next_screen(request, Screen.QUIET)
    nights = [night for night in nights_of(request.user, now=now) if len(night.family) > 1]
    asked = request.POST if request.method == "POST" else request.GET
    form = QuietForm(asked) if "quiet_from" in asked else _form_as_it_stands(request)
    is_saved = request.method == "POST" and form.is_valid() and "show" not in request.POST
    if is_saved:
        said = form.cleaned_data
        quiet_hours_set(person=request.user, quiet_from=said["quiet_from"], quiet_until=said["quiet_until"], now=now)
        _on_duty(request, nights, now)
        return next_screen(request, Screen.QUIET)
    return _page(request, form, nights, now)


def _form_as_it_stands(request: PersonRequest) -> QuietForm:
    """With the hours that are kept; somebody who has never chosen sees a usual night."""
    kept = preference_of(request.user)
    if kept.quiet_from is None or kept.quiet_until is None:
        return QuietForm({"quiet_from": "22:00", "quiet_until": "07:00"})
    return QuietForm({"quiet_from": f"{kept.quiet_from:%H:%M}", "quiet_until": f"{kept.quiet_until:%H:%M}"})


def _on_duty(request: PersonRequest, nights: list[Night], now: datetime) -> None:
    """Take over what was chosen for each child; where nothing was, everything stays."""
    for night in nights:
        chosen = request.POST.get(f"duty-{night.child.pk}", "")
        person = next((one for one in night.family if str(one.pk) == chosen), None)
        try:
            if person is not None:
                duty_take(child=night.child, user=person, by=request.user, now=now)
            elif chosen == NOBODY and night.duty is not None:
                duty_clear(child=night.child, by=request.user, now=now)
        except Refused:
            # Somebody who has just left the team; the page about reaching people says who is on duty.
            continue


def _page(request: PersonRequest, form: QuietForm, nights: list[Night], now: datetime) -> HttpResponse:
    zone = zone_named(preference_of(request.user).zone)
    said = form.cleaned_data if form.is_valid() else {}
    begins, ends = said.get("quiet_from"), said.get("quiet_until")
    hours = None if begins is None or ends is None else QuietHours(begins, ends)
    context = {
        "form": form,
        "zone": zone,
        "nights": nights,
        "example": example_of(hours, zone, now),
        "nobody": NOBODY,
        "has_no_hours": form.is_valid() and hours is None,
    }
    return shown(request, Screen.QUIET, context, status=422 if form.errors else 200)
