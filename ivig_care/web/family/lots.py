"""The bottles of an infusion day: brand, lot, expiry and grams, noted and taken back."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from ivig_care.actions.errors import Refused
from ivig_care.actions.lots import lot_enter, lot_take_back
from ivig_care.care_teams.access import Right
from ivig_care.common import clock
from ivig_care.plans.models import InfusionDay, ProductLot
from ivig_care.protocols.models import Product
from ivig_care.web.family.card import day_for, to_card
from ivig_care.web.family.card_forms import LotForm
from ivig_care.web.family.steps import first_error
from ivig_care.web.fetch import fetch_for, looked_at
from ivig_care.web.http import PersonRequest
from ivig_care.web.once import once, refusal_note
from ivig_care.web.templatetags.toasts import undo_tag


@require_http_methods(["GET", "HEAD", "POST"])
@once
def lot(request: PersonRequest, pk: int) -> HttpResponse:
    """Note what stands on a bottle."""
    day, now = day_for(request, pk, Right.RECORD), clock.now()
    looked_at(request, day.infusion.plan.child, day)
    if request.method != "POST":
        return _page(request, day, LotForm(zone=day.infusion.tz, now=now))
    form = LotForm(request.POST, zone=day.infusion.tz, now=now)
    if not form.is_valid():
        refusal_note(request, first_error(form))
        return _page(request, day, form)
    try:
        hung = lot_enter(day=day, label=form.label, by=request.user, at=form.instant, now=now)
    except Refused as refused:
        refusal_note(request, str(refused))
        form.add_error(None, str(refused))
        return _page(request, day, form)
    words = _("%(brand)s, lot %(lot)s, is on the card.") % {"brand": hung.brand, "lot": hung.lot}
    messages.success(request, words, extra_tags=undo_tag("undo-lot", hung.pk))
    return to_card(day)


@require_POST
@once
def undo(request: PersonRequest, pk: int) -> HttpResponse:
    """A bottle was noted by mistake."""
    rows = ProductLot.objects.select_related("day__infusion__plan__child")
    hung = fetch_for(request.user, rows, pk, right=Right.RECORD)
    try:
        lot_take_back(lot=hung, by=request.user, now=clock.now())
        messages.success(request, _("Undone. It is no longer on the card."))
    except Refused as refused:
        refusal_note(request, str(refused))
        messages.error(request, str(refused))
    return to_card(hung.day)


def _page(request: PersonRequest, day: InfusionDay, form: LotForm) -> HttpResponse:
    context = {
        "day": day,
        "infusion": day.infusion,
        "plan": day.infusion.plan,
        "child": day.infusion.plan.child,
        "zone": day.infusion.tz,
        "form": form,
        "brands": Product.objects.order_by("name").values_list("name", flat=True),
        "is_first": not day.lots.standing().exists(),
    }
    return render(request, "family/lot.html", context, status=422 if form.errors else 200)
