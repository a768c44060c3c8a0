"""Browsers of people, signed in as they would be."""

from __future__ import annotations

from django.test import Client

from ivig_care.accounts.models import User


def signed_in(user: User) -> Client:
    """A client for a person who has signed in as strongly as their places ask for."""
    client = Client()
    client.force_login(user, backend="allauth.account.auth_backends.AuthenticationBackend")
    return client
