"""What a parent says about an infusion day: started, ended, taken back. What moves is shown before it is saved."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlencode

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_http_methods, require_POST

from ivig_care.actions.errors import Refused, SaidBefore
from ivig_care.actions.infusions import (
    end_check,
    infusion_day_end,
    infusion_day_start,
    infusion_day_undo,
    start_check,
)
from ivig_care.care_teams.access import Right
from ivig_care.common import clock
from ivig_care.plans.facts import changes_if
from ivig_care.plans.models import InfusionDay, Plan
from ivig_care.plans.models.infusions import said_mark
from ivig_care.regimen.changes import Action, Change
from ivig_care.web.family.forms import WhenForm
from ivig_care.web.family.steps import first_error
from ivig_care.web.fetch import fetch_for, looked_at
from ivig_care.web.http import PersonRequest
from ivig_care.web.once import once, refusal_note, was_queued
from ivig_care.web.templatetags.times import day_clock, input_exact, input_time
from ivig_care.web.templatetags.toasts import undo_tag


@dataclass(frozen=True, kw_only=True)
class Saying:
    """One of the two things that can be said of a day: its words, its check, its preview and its action."""

    verb: str
    past: str
    said: str | Promise
    said_before: str | Promise
    check: Callable[..., None]
    act: Callable[..., tuple[Change, ...]]
    preview: Callable[[InfusionDay, datetime], tuple[Change, ...]]


def _if_started(day: InfusionDay, at: datetime) -> tuple[Change, ...]:
    return changes_if(day.infusion, day=day.number, actual_start=at, actual_end=day.actual_end)


def _if_ended(day: InfusionDay, at: datetime) -> tuple[Change, ...]:
    return changes_if(day.infusion, day=day.number, actual_start=day.actual_start, actual_end=at)


START = Saying(
    verb="start",
    past="started",
    said=gettext_lazy("Day %(number)s started %(time)s."),
    said_before=gettext_lazy(
        "%(name)s said before your entry arrived: day %(number)s started %(time)s. You said %(yours)s. "
        "Your time was not recorded. If yours is right, look what it would change and save it."
    ),
    check=start_check,
    act=infusion_day_start,
    preview=_if_started,
)
END = Saying(
    verb="end",
    past="ended",
    said=gettext_lazy("Day %(number)s ended %(time)s."),
    said_before=gettext_lazy(
        "%(name)s said before your entry arrived: day %(number)s ended %(time)s. You said %(yours)s. "
        "Your time was not recorded. If yours is right, look what it would change and save it."
    ),
    check=end_check,
    act=infusion_day_end,
    preview=_if_ended,
)


@require_http_methods(["GET", "HEAD", "POST"])
@once
def start(request: PersonRequest, pk: int) -> HttpResponse:
    """The infusion of this day has started."""
    return _say(request, pk, START)


@require_http_methods(["GET", "HEAD", "POST"])
@once
def end(request: PersonRequest, pk: int) -> HttpResponse:
    """The infusion of this day has ended."""
    return _say(request, pk, END)


@require_POST
@once
def undo(request: PersonRequest, pk: int) -> HttpResponse:
    """The last thing said about this day was a mistake."""
    day = _day(request, pk)
    try:
        infusion_day_undo(day=day, by=request.user, now=clock.now(), of=request.POST.get("of", ""))
        messages.success(request, _("Undone. The open steps are where they were before."))
    except Refused as refused:
        refusal_note(request, str(refused))
        messages.error(request, str(refused))
    return _back(request, day)


def _say(request: PersonRequest, pk: int, saying: Saying) -> HttpResponse:
    """Ask when; then show what moves; then, on a POST, save it."""
    day, now = _day(request, pk), clock.now()
    looked_at(request, day.infusion.plan.child, day)
    form = WhenForm(request.POST if request.method == "POST" else request.GET, zone=day.infusion.tz, now=now)
    if not form.is_asked or not form.is_valid():
        if form.errors:
            refusal_note(request, first_error(form))
        return _page(request, day, saying, form=form)
    at = form.instant
    try:
        if request.method == "POST":
            changes = saying.act(day=day, by=request.user, at=at, now=now, was_queued=was_queued(request))
            return _saved(request, day, saying, at, changes)
        saying.check(day, at=at, now=now)
    except Refused as refused:
        refusal_note(request, _why(refused, day, saying, at), look=_look(request, at))
        form.add_error(None, str(refused))
        return _page(request, day, saying, form=form)
    return _page(request, day, saying, form=form, at=at)


def _why(refused: Refused, day: InfusionDay, saying: Saying, at: datetime) -> str:
    """Why it was not recorded, for whoever said it without a signal."""
    if not isinstance(refused, SaidBefore):
        return str(refused)
    words = {
        "name": refused.by,
        "time": day_clock(refused.at, day.infusion.tz),
        "yours": day_clock(at, day.infusion.tz),
    }
    return saying.said_before % (words | {"number": day.number})


def _look(request: PersonRequest, at: datetime) -> str:
    """Where it can be seen what this time would change, and be saved."""
    return f"{request.path}?{urlencode({'exact': input_exact(at), 'back': 'card'})}"


def _page(
    request: PersonRequest, day: InfusionDay, saying: Saying, *, form: WhenForm, at: datetime | None = None
) -> HttpResponse:
    changes = () if at is None else saying.preview(day, at)
    context = {
        "day": day,
        "infusion": day.infusion,
        "child": day.infusion.plan.child,
        "zone": day.infusion.tz,
        "saying": saying,
        "form": form,
        "at": at,
        "is_from_card": _is_from_card(request),
        "shown_at": input_time(at or form.now, day.infusion.tz),
        "moves": [change for change in changes if change.action is not Action.KEEP],
        "minutes_late": None if at is None else round((at - day.planned_start).total_seconds() / 60),
    }
    return render(request, "family/day.html", context, status=422 if form.errors else 200)


def _saved(
    request: PersonRequest, day: InfusionDay, saying: Saying, at: datetime, changes: tuple[Change, ...]
) -> HttpResponse:
    moved = sum(change.action is not Action.KEEP for change in changes)
    words = ngettext("%(count)s open step moved.", "%(count)s open steps moved.", moved) % {"count": moved}
    said = saying.said % {"number": day.number, "time": day_clock(at, day.infusion.tz)}
    text = f"{said} {words if moved else _('No step moved.')}"
    messages.success(request, text, extra_tags=undo_tag("undo-day", day.pk, of=[said_mark(saying.verb, at)]))
    return _back(request, day)


def _back(request: PersonRequest, day: InfusionDay) -> HttpResponse:
    """To the page that this was said on: the infusion card, if it was, else the checklist."""
    return redirect("infusion_card", pk=day.pk) if _is_from_card(request) else redirect("checklist", day.infusion_id)


def _is_from_card(request: PersonRequest) -> bool:
    said = request.POST if request.method == "POST" else request.GET
    return said.get("back") == "card"


def _day(request: PersonRequest, pk: int) -> InfusionDay:
    active = InfusionDay.objects.filter(infusion__plan__status=Plan.Status.ACTIVE)
    days = active.select_related("infusion__plan__child__clinic", "infusion__plan__product", "infusion__plan__version")
    return fetch_for(request.user, days, pk, right=Right.RECORD)
