"""Browsers in which somebody is signed in, for tests and for programs that have no fixtures."""

from __future__ import annotations

from datetime import datetime

from allauth.mfa.models import Authenticator
from django.test import Client

from ivig_care.accounts.models import User
from ivig_care.actions.accounts import demo_app_add
from ivig_care.care_teams.access import needs_strong_sign_in

# Long after every story: whoever was signed in here has shown a moment ago who they are.
JUST_NOW = datetime.fromisoformat("2100-01-01T00:00:00+00:00").timestamp()


def signed_in(user: User) -> Client:
    """The browser of a person who has just shown who they are; with an authenticator app, if on a staff."""
    client = signed_in_long_ago(user)
    shown: dict[str, object] = {"method": "code", "at": JUST_NOW, "email": user.email}
    if needs_strong_sign_in(user):
        demo_app_add(person=user)
        app = Authenticator.objects.get(user=user, type=Authenticator.Type.TOTP)
        shown = {"method": "mfa", "at": JUST_NOW, "id": app.pk, "type": app.type}
    session = client.session
    session["account_authentication_methods"] = [shown]
    session["account_authentication_methods_user"] = str(user.pk)
    session.save()
    return client


def signed_in_long_ago(user: User) -> Client:
    """The browser of a person of whom nobody knows any more how they proved who they are."""
    client = Client()
    client.force_login(user, backend="allauth.account.auth_backends.AuthenticationBackend")
    return client
