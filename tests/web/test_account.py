"""Signing in again after a password was forgotten, and the page for what breaks: both in our own words."""

from __future__ import annotations

import re

import pytest
from django.core import mail
from django.test import Client, RequestFactory

from ivig_care.care_teams.models import AuditEvent
from ivig_care.web.errors import broken
from tests.actors import People

NEW = "a quite different horse"


@pytest.mark.usefixtures("people")
def test_a_forgotten_password_is_chosen_anew() -> None:
    client = Client()
    asked = client.post("/accounts/password/reset/", {"email": "maria@example.org"}, follow=True)
    assert "Look in your mail" in asked.content.decode()
    (message,) = mail.outbox
    (path,) = re.findall(r"https?://[^/\s]+(/accounts/password/reset/key/\S+)", str(message.body))
    form = client.get(path, follow=True)
    assert "Choose a new password" in form.content.decode()
    address = form.redirect_chain[-1][0]

    unlike = client.post(address, {"password1": NEW, "password2": "another"})
    assert "errorlist" in unlike.content.decode()
    saved = client.post(address, {"password1": NEW, "password2": NEW}, follow=True)
    assert "Your new password is saved" in saved.content.decode()
    event = AuditEvent.objects.get(about="password")
    assert (event.subject, event.verb, event.who) == (f"person {event.actor_id}", "changed", "Maria")
    assert (mail.outbox[-1].to, "password" in str(mail.outbox[-1].body)) == (["maria@example.org"], True)
    signed_in = Client().post("/accounts/login/", {"login": "maria@example.org", "password": NEW})
    assert signed_in.headers["Location"] == "/"
    assert "This link no longer works" in Client().get(path, follow=True).content.decode()


def test_an_unknown_address_gets_the_same_answer(people: People) -> None:
    asked = Client().post("/accounts/password/reset/", {"email": "nobody@example.org"}, follow=True)
    assert "Look in your mail" in asked.content.decode()


def test_what_breaks_is_said_without_asking_the_database() -> None:
    # No database is allowed in this test.
    page = broken(RequestFactory().get("/"))
    assert (page.status_code, "Something broke on our side" in page.content.decode()) == (500, True)
