"""What the person agreed to, in the words that they saw."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from ivig_care.care_teams.models import Consent
from ivig_care.web.http import PersonRequest


@require_safe
def consents(request: PersonRequest) -> HttpResponse:
    """Everything that the person agreed to, the newest first, and what of it is withdrawn."""
    mine = Consent.objects.filter(person=request.user).select_related("child", "clinic", "contact_point")
    context = {"consents": mine.order_by("-agreed_at", "-pk"), "zone": request.user.zone}
    return render(request, "you/consents.html", context)
