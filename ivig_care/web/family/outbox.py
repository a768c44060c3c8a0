"""The messages that would have left this machine, while no provider is set up."""

from __future__ import annotations

from django.conf import settings
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from ivig_care.nudges.models import OutboxMessage
from ivig_care.web.http import PersonRequest

MOST = 100


@require_safe
def outbox(request: PersonRequest) -> HttpResponse:
    """The newest messages to the person asking."""
    if not settings.HAS_OUTBOX:
        raise Http404
    messages = OutboxMessage.objects.visible_to(request.user)[:MOST]
    return render(request, "family/outbox.html", {"outbox": messages, "zone": request.user.zone})
