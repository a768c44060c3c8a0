"""You: how a person signs in, and where they are signed in now."""

from __future__ import annotations

from dataclasses import dataclass

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from ivig_care.accounts.models import User
from ivig_care.actions.accounts import sessions_end
from ivig_care.care_teams.access import needs_strong_sign_in
from ivig_care.common import clock
from ivig_care.web.http import PersonRequest
from ivig_care.web.reach.browsers import browser_named
from ivig_care.web.welcome.settings import settings_context


@dataclass(frozen=True, kw_only=True)
class OpenSession:
    """One place where the person is signed in."""

    session: UserSession
    browser: str
    is_this: bool


@never_cache
@require_safe
def you(request: PersonRequest) -> HttpResponse:
    """The whole page."""
    person = request.user
    factors: dict[str, list[Authenticator]] = {name: [] for name in Authenticator.Type.values}
    for factor in Authenticator.objects.filter(user=person).order_by("pk"):
        factors[factor.type].append(factor)
    codes = factors[Authenticator.Type.RECOVERY_CODES]
    context = {
        "addresses": EmailAddress.objects.filter(user=person).order_by("-primary", "email"),
        "apps": factors[Authenticator.Type.TOTP],
        "passkeys": factors[Authenticator.Type.WEBAUTHN],
        "codes_left": len(codes[0].wrap().get_unused_codes()) if codes else 0,
        "needs_strong": needs_strong_sign_in(person),
        "sessions": _sessions_of(request, person),
        "zone": person.zone,
        **settings_context(request),
    }
    return render(request, "you/you.html", context)


@require_POST
def session_end(request: PersonRequest, pk: int) -> HttpResponse:
    """Sign out there."""
    session = get_object_or_404(UserSession, user=request.user, pk=pk)
    if session.session_key == request.session.session_key:
        return redirect("account_logout")
    sessions_end(person=request.user, sessions=[session], by=request.user, now=clock.now())
    return _signed_out(request, _("Signed out there."))


@require_POST
def other_sessions_end(request: PersonRequest) -> HttpResponse:
    """Sign out everywhere but here."""
    others = UserSession.objects.filter(user=request.user).exclude(session_key=request.session.session_key)
    sessions_end(person=request.user, sessions=others, by=request.user, now=clock.now())
    return _signed_out(request, _("Signed out everywhere but here."))


def _signed_out(request: PersonRequest, words: str) -> HttpResponse:
    messages.success(request, words)
    return redirect(f"{reverse('you')}#sessions")


def _sessions_of(request: PersonRequest, person: User) -> list[OpenSession]:
    """This one first, then the newest."""
    found = UserSession.objects.purge_and_list(person)
    here = request.session.session_key
    return sorted(
        (
            OpenSession(session=one, browser=browser_named(one.user_agent), is_this=one.session_key == here)
            for one in found
        ),
        key=lambda one: (not one.is_this, -one.session.created_at.timestamp()),
    )
