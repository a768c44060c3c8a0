"""The last screen of the set-up: what makes it quicker, each of it an offer."""

from __future__ import annotations

from allauth.mfa.models import Authenticator
from django.http import HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_http_methods

from ivig_care.actions.preferences import setting_up_move
from ivig_care.care_teams.access import Right, cared_for_by
from ivig_care.web.http import PersonRequest
from ivig_care.web.welcome.screens import Screen, shown


@require_http_methods(["GET", "HEAD", "POST"])
def offers(request: PersonRequest) -> HttpResponse:
    """You are ready."""
    if request.method == "POST":
        setting_up_move(person=request.user, to="")
        return redirect("home")
    passkeys = Authenticator.objects.filter(user=request.user, type=Authenticator.Type.WEBAUTHN)
    context = {
        "has_passkey": passkeys.exists(),
        "sharing": list(cared_for_by(request.user, Right.SHARE).order_by("given_name", "pk")[:3]),
        "recording": list(cared_for_by(request.user, Right.RECORD).order_by("given_name", "pk")[:3]),
    }
    return shown(request, Screen.DONE, context)
