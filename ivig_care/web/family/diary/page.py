"""Everything that was written around an infusion, in order of time, on one page."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from ivig_care.common import clock
from ivig_care.diary.selectors import call_card_is_on, diary_of
from ivig_care.reviews.concerns import told_of
from ivig_care.web.family.diary.fetching import context_of, infusion_for
from ivig_care.web.fetch import looked_at
from ivig_care.web.http import PersonRequest
from ivig_care.web.offline.kept import kept


@require_safe
@kept
def diary(request: PersonRequest, pk: int) -> HttpResponse:
    """Drinks by day, how the child was, doses, and what the clinic answered."""
    infusion, now = infusion_for(request, pk), clock.now()
    looked_at(request, infusion.plan.child, "diary")
    context = context_of(request, infusion) | {
        "now": now,
        "days": diary_of(infusion),
        "told": told_of(infusion),
        "card_is_on": call_card_is_on(infusion, now),
    }
    return render(request, "family/diary/diary.html", context)
