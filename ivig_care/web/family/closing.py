"""The end of a checklist: what is still unanswered, a last word, and off it goes to the clinic."""

from __future__ import annotations

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from ivig_care.actions.errors import Refused
from ivig_care.actions.sending import checklist_send
from ivig_care.care_teams.access import Right
from ivig_care.common import clock
from ivig_care.plans.closing import closing_of
from ivig_care.plans.coming import coming_after
from ivig_care.plans.models import Infusion, Plan
from ivig_care.reviews.concerns import told_from
from ivig_care.reviews.models import Concern
from ivig_care.web.fetch import fetch_for, looked_at
from ivig_care.web.http import PersonRequest
from ivig_care.web.once import once

LONGEST_WORDS = 2000


class SendForm(forms.Form):
    """Anything that the team should know; it may stay empty."""

    words = forms.CharField(
        required=False,
        max_length=LONGEST_WORDS,
        error_messages={
            "max_length": gettext_lazy("That is too long for one word to the clinic. Shorten it, or call.")
        },
    )


@require_http_methods(["GET", "HEAD", "POST"])
@once
def closing(request: PersonRequest, pk: int) -> HttpResponse:
    """What is left, and the button that sends; afterwards what was sent, and what comes next."""
    infusion = _infusion(request, pk)
    looked_at(request, infusion.plan.child, infusion)
    if request.method != "POST":
        return _page(request, infusion)
    form = SendForm(request.POST)
    if not form.is_valid():
        return _page(request, infusion, problem=str(form.errors["words"][0]), typed=request.POST.get("words", ""))
    words, was_sent = form.cleaned_data["words"], infusion.sent_at is not None
    if was_sent and not words:
        return _page(request, infusion, problem=_("Write first what the clinic should know besides."))
    try:
        checklist_send(infusion=infusion, words=words, by=request.user, now=clock.now())
    except Refused as refused:
        return _page(request, infusion, problem=str(refused), typed=words)
    messages.success(request, _("The clinic has been told.") if was_sent else _("Sent to the clinic. You’re done."))
    return redirect("closing", pk=infusion.pk)


def _page(request: PersonRequest, infusion: Infusion, *, problem: str = "", typed: str = "") -> HttpResponse:
    child, now = infusion.plan.child, clock.now()
    if request.method == "POST":
        looked_at(request, child, infusion, did_nothing=True)
    context = {
        "infusion": infusion,
        "child": child,
        "clinic": child.clinic,
        "zone": infusion.tz,
        "now": now,
        "closing": closing_of(infusion, now=now),
        "coming": coming_after(infusion, now=now),
        "review": getattr(infusion, "review", None),
        "said": told_from(Concern.objects.filter(infusion=infusion, kind=Concern.Kind.CLOSING)),
        "is_cancelled": all(day.cancelled_at is not None for day in infusion.days.all()),
        "problem": problem,
        "typed": typed,
    }
    return render(request, "family/closing.html", context, status=422 if problem else 200)


def _infusion(request: PersonRequest, pk: int) -> Infusion:
    active = Infusion.objects.filter(plan__status=Plan.Status.ACTIVE)
    infusions = active.select_related(
        "plan__child__clinic", "plan__product", "plan__version", "review__signed_by", "sent_by"
    )
    return fetch_for(request.user, infusions.prefetch_related("days"), pk, right=Right.RECORD)
