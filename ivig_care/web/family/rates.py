"""What a parent says of the pump: set to a rate, paused, going on, taken back. What moves is shown, then saved."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from urllib.parse import urlencode

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST

from ivig_care.accounts.models import User
from ivig_care.actions.errors import Refused
from ivig_care.actions.rates import (
    PAUSE,
    Entered,
    infusion_day_pause,
    infusion_day_resume,
    rate_check,
    rate_enter,
    rate_take_back,
)
from ivig_care.care_teams.access import Right
from ivig_care.common import clock
from ivig_care.plans.card import as_shown, if_rate, rate_before_pause, worked_out
from ivig_care.plans.card_words import line_differences
from ivig_care.plans.models import InfusionDay, RateEntry
from ivig_care.plans.outlook import length_words
from ivig_care.regimen.changes import Action
from ivig_care.web.family.card import day_for, to_card
from ivig_care.web.family.card_forms import RateForm
from ivig_care.web.family.forms import WhenForm
from ivig_care.web.family.steps import first_error
from ivig_care.web.fetch import fetch_for, looked_at
from ivig_care.web.http import PersonRequest
from ivig_care.web.once import once, refusal_note
from ivig_care.web.templatetags.times import amount, day_clock, input_exact, input_time
from ivig_care.web.templatetags.toasts import undo_tag


class Saying(StrEnum):
    """The three things that can be said of the pump."""

    RATE = "rate"
    PAUSE = "pause"
    RESUME = "resume"

    @property
    def has_number(self) -> bool:
        """Whether a rate is said with it."""
        return self is not Saying.PAUSE


@require_http_methods(["GET", "HEAD", "POST"])
@once
def rate(request: PersonRequest, pk: int) -> HttpResponse:
    """The nurse has set the pump to another rate."""
    return _say(request, pk, Saying.RATE)


@require_http_methods(["GET", "HEAD", "POST"])
@once
def pause(request: PersonRequest, pk: int) -> HttpResponse:
    """The infusion stands still."""
    return _say(request, pk, Saying.PAUSE)


@require_http_methods(["GET", "HEAD", "POST"])
@once
def resume(request: PersonRequest, pk: int) -> HttpResponse:
    """It goes on after a pause."""
    return _say(request, pk, Saying.RESUME)


@require_POST
@once
def undo(request: PersonRequest, pk: int) -> HttpResponse:
    """A rate or a pause was entered by mistake."""
    rows = RateEntry.objects.select_related("day__infusion__plan__child")
    entry = fetch_for(request.user, rows, pk, right=Right.RECORD)
    try:
        rate_take_back(entry=entry, by=request.user, now=clock.now())
        messages.success(request, _("Undone. The open steps follow."))
    except Refused as refused:
        refusal_note(request, str(refused))
        messages.error(request, str(refused))
    return to_card(entry.day)


def _say(request: PersonRequest, pk: int, saying: Saying) -> HttpResponse:
    """Ask what and when; then show what moves; then, on a POST, save it."""
    day, now = day_for(request, pk, Right.RECORD), clock.now()
    looked_at(request, day.infusion.plan.child, day)
    data = request.POST if request.method == "POST" else request.GET
    form = (RateForm if saying.has_number else WhenForm)(data, zone=day.infusion.tz, now=now)
    if not form.is_asked or not form.is_valid():
        if form.errors:
            refusal_note(request, first_error(form))
        return _page(request, day, saying, form=form)
    at, ml_h = form.instant, form.cleaned_data.get("ml_h", PAUSE)
    try:
        if request.method == "POST":
            return _saved(request, day, _enter(saying, day, form, by=request.user))
        rate_check(day, ml_h=ml_h, at=at, now=now)
    except Refused as refused:
        refusal_note(request, str(refused), look=_look(request, form))
        form.add_error(None, str(refused))
        return _page(request, day, saying, form=form)
    return _page(request, day, saying, form=form, at=at, ml_h=ml_h)


def _look(request: PersonRequest, form: WhenForm) -> str:
    """Where it can be seen what the same would change, and be saved."""
    ml_h = form.cleaned_data.get("ml_h")
    said = {"exact": input_exact(form.instant)} | ({} if ml_h is None else {"ml_h": amount(ml_h)})
    return f"{request.path}?{urlencode(said)}"


def _enter(saying: Saying, day: InfusionDay, form: WhenForm, *, by: User) -> Entered:
    """Write what was said. Raises Refused."""
    at, now, said = form.instant, form.now, form.cleaned_data
    if saying is Saying.PAUSE:
        return infusion_day_pause(day=day, by=by, at=at, now=now)
    act = infusion_day_resume if saying is Saying.RESUME else rate_enter
    return act(day=day, ml_h=said["ml_h"], by=by, at=at, now=now, is_new_lot=said["is_new_lot"])


def _page(
    request: PersonRequest,
    day: InfusionDay,
    saying: Saying,
    *,
    form: WhenForm,
    at: datetime | None = None,
    ml_h: Decimal | None = None,
) -> HttpResponse:
    context: dict[str, object] = {
        "day": day,
        "infusion": day.infusion,
        "child": day.infusion.plan.child,
        "zone": day.infusion.tz,
        "saying": saying,
        "form": form,
        "at": at,
        "shown_at": input_time(at or form.now, day.infusion.tz),
    }
    if at is None or ml_h is None:
        context |= _choices(day, saying, form)
    else:
        context |= _outlook(day, at=at, ml_h=ml_h, is_new_lot=form.cleaned_data.get("is_new_lot", False))
    return render(request, "family/rate.html", context, status=422 if form.errors and form.is_asked else 200)


def _choices(day: InfusionDay, saying: Saying, form: WhenForm) -> dict[str, object]:
    """The rates of the plan to choose from, and the one that is meant most likely."""
    if not saying.has_number:
        return {}
    worked = worked_out(day)
    typed = form.data.get("ml_h", "")
    meant = rate_before_pause(day, form.now) if saying is Saying.RESUME and not typed else None
    lots = set(day.lots.standing().values_list("lot", flat=True))
    return {
        "rates": [(as_shown(one), worked.order.per_kg(one)) for one in worked.order.rates],
        "typed": typed or ("" if meant is None else amount(meant)),
        "has_lots": len(lots) > 1,
    }


def _outlook(day: InfusionDay, *, at: datetime, ml_h: Decimal, is_new_lot: bool) -> dict[str, object]:
    """What would move, and when it would then end."""
    outlook = if_rate(day, ml_h=ml_h, at=at, is_new_lot=is_new_lot)
    later = outlook.later
    return {
        "ml_h": ml_h,
        "per_kg": outlook.line.ml_per_kg_h,
        "is_new_lot": is_new_lot,
        "differences": line_differences(day, outlook.line, outlook.worked.order) if ml_h else [],
        "outlook": outlook,
        "moves": outlook.moves,
        "shift_words": length_words(abs(later)),
        "is_later": later.total_seconds() >= 60,
        "is_earlier": later.total_seconds() <= -60,
    }


def _saved(request: PersonRequest, day: InfusionDay, entered: Entered) -> HttpResponse:
    moved = sum(change.action is not Action.KEEP for change in entered.changes)
    entry = entered.entry
    said = {"ml_h": amount(entry.ml_h), "at": day_clock(entry.at, day.infusion.tz)}
    text = _("%(ml_h)s mL/h from %(at)s.") % said if entry.ml_h else _("Paused from %(at)s.") % said
    if moved:
        text += " " + ngettext("%(count)s open step moved.", "%(count)s open steps moved.", moved) % {"count": moved}
    messages.success(request, text, extra_tags=undo_tag("undo-rate", entry.pk))
    return to_card(day)
