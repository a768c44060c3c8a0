"""The infusion card: the screen of the infusion day, and the part of it that refreshes itself."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from ivig_care.care_teams.access import Right, may
from ivig_care.common import clock
from ivig_care.plans.card import card_of, card_version
from ivig_care.plans.card_words import differences, is_expired, questions
from ivig_care.plans.models import InfusionDay, Plan
from ivig_care.regimen.symptoms import Symptom
from ivig_care.web.bar import bar_of
from ivig_care.web.fetch import fetch_for, looked_at
from ivig_care.web.http import PersonRequest
from ivig_care.web.offline.kept import instead_of, kept

# What is asked after first while it runs (FACTS section 2, P2 and P3); the page behind has them all.
CHIPS = (
    (Symptom.HEADACHE, _("Headache")),
    (Symptom.NAUSEA, _("Feels sick")),
    (Symptom.VOMITING, _("Vomiting")),
    (Symptom.CHILLS, _("Chills")),
    (Symptom.FEVER, _("Fever")),
    (Symptom.RASH, _("Rash")),
    (Symptom.ITCH, _("Itch")),
    (Symptom.FLUSHING, _("Red face")),
    (Symptom.BREATHLESSNESS, _("Trouble breathing")),
    (Symptom.CHEST_PAIN, _("Chest pain")),
)


@require_safe
@kept
def card(request: PersonRequest, pk: int) -> HttpResponse:
    """The whole page of one infusion day."""
    day = day_for(request, pk)
    infusion, child = day.infusion, day.infusion.plan.child
    looked_at(request, child, day)
    context = card_context(request, day)
    if child.pk in request.places.children(Right.SEE):
        may_record = may(request.user, Right.RECORD, child)
        context["bar"] = bar_of(request, infusion, now=clock.now(), may_record=may_record)
    response = render(request, "family/card.html", context)
    return instead_of(response, _sayings(day)) if context["may_record"] else response


def _sayings(day: InfusionDay) -> list[str]:
    """The pages whose question can be answered on the card without a signal."""
    return [reverse(name, args=[day.pk]) for name in ("day_start", "day_end", "rate_enter", "pause", "resume")]


@never_cache
@require_safe
def card_live(request: PersonRequest, pk: int) -> HttpResponse:
    """The card again if it looks different from the version seen; 204 if not."""
    day = day_for(request, pk)
    if request.GET.get("seen") == card_version(day.infusion, clock.now()):
        return HttpResponse(status=204)
    looked_at(request, day.infusion.plan.child, day)
    return render(request, "family/_card.html", card_context(request, day))


def card_context(request: PersonRequest, day: InfusionDay) -> dict[str, object]:
    """What the card prints."""
    made = card_of(day, now=clock.now())
    child = day.infusion.plan.child
    review = getattr(day.infusion, "review", None)
    today = made.run.starts_at.astimezone(day.infusion.tz).date()
    return {
        "card": made,
        "day": day,
        "infusion": day.infusion,
        "plan": day.infusion.plan,
        "child": child,
        "clinic": child.clinic,
        "zone": day.infusion.tz,
        "may_record": may(request.user, Right.RECORD, child) and getattr(review, "signed_at", None) is None,
        "differences": differences(made),
        "asks": questions(made),
        "lots": [(lot, is_expired(lot, today)) for lot in made.lots],
        # By the name that the form of symptoms knows it by.
        "chips": [(symptom.name.lower(), words) for symptom, words in CHIPS],
    }


def day_for(request: PersonRequest, pk: int, right: Right = Right.SEE) -> InfusionDay:
    """The day of an active plan, for the person asking. Raises Http404, PermissionDenied."""
    active = InfusionDay.objects.filter(infusion__plan__status=Plan.Status.ACTIVE)
    days = active.select_related(
        "infusion__plan__child__clinic", "infusion__plan__product", "infusion__plan__version", "infusion__review"
    )
    return fetch_for(request.user, days, pk, right=right)


def to_card(day: InfusionDay) -> HttpResponse:
    """Back to the card of this day."""
    return redirect("infusion_card", pk=day.pk)
