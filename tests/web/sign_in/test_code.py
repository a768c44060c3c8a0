"""Signing in with a code by e-mail."""

from __future__ import annotations

from datetime import timedelta

import pytest
import time_machine
from allauth.account.models import EmailAddress
from django.conf import LazySettings
from django.core import mail
from django.test import Client

from ivig_care.accounts.models import User
from ivig_care.care_teams.models import AuditEvent
from ivig_care.nudges.channels.base import Message, Receipt, SendFailed
from tests.actors import People
from tests.web.sign_in.codes import ASK, CODE, ask, mailed_code, place, sign_in

pytestmark = pytest.mark.usefixtures("clock")


def is_signed_in(client: Client) -> bool:
    return "_auth_user_id" in client.session


def test_a_code_signs_in_and_leads_where_the_person_wanted_to_go(people: People, client: Client) -> None:
    wanted = client.get("/reach/?x=1")
    assert wanted.headers["Location"] == "/accounts/login/code/?next=/reach/%3Fx%3D1"
    asked = ask(client, "Maria@Example.org", next="/reach/?x=1")
    assert asked.headers["Location"] == "/accounts/login/code/confirm/?next=%2Freach%2F%3Fx%3D1"
    (message,) = mail.outbox
    assert (message.to, message.subject) == (["maria@example.org"], f"Your code: {mailed_code()}")
    right = client.post(CODE, {"code": f" {mailed_code()[:3]} {mailed_code()[3:]}", "next": "/reach/?x=1"})
    assert right.headers["Location"] == "/reach/?x=1"
    assert client.session["_auth_user_id"] == str(people.maria.pk)


def test_signing_in_is_written_into_the_log(people: People, client: Client) -> None:
    sign_in(client, "maria@example.org")
    event = AuditEvent.objects.get(subject=f"person {people.maria.pk}")
    assert (event.verb, event.about, event.actor, event.detail) == ("signed_in", "session", people.maria, "code")


def test_another_site_is_never_led_to(people: People, client: Client) -> None:
    assert sign_in(client, "maria@example.org", next="https://evil.example/").headers["Location"] == "/"


def test_five_wrong_codes_end_it_and_keep_where_it_leads(people: People, client: Client) -> None:
    ask(client, "maria@example.org", next="/reach/")
    code = mailed_code()
    wrong = "000000" if code != "000000" else "111111"
    for _ in range(4):
        assert "That is not the code" in client.post(CODE, {"code": wrong, "next": "/reach/"}).content.decode()
    last = client.post(CODE, {"code": wrong, "next": "/reach/"})
    assert last.headers["Location"] == "/accounts/login/code/?next=%2Freach%2F"
    assert place(client.post(CODE, {"code": code})) == ASK
    assert not is_signed_in(client)


def test_a_code_is_good_for_ten_minutes(people: People, client: Client, clock: time_machine.Traveller) -> None:
    ask(client, "maria@example.org", next="/reach/")
    clock.shift(timedelta(minutes=10, seconds=1))
    late = client.post(CODE, {"code": mailed_code()})
    assert late.headers["Location"] == "/accounts/login/code/?next=%2Freach%2F"
    assert not is_signed_in(client)


def test_a_code_works_in_the_browser_that_asked_for_it_only(people: People, client: Client) -> None:
    ask(client, "maria@example.org")
    other = Client()
    ask(other, "sam@example.org")
    code = str(mail.outbox[0].body)[:6]
    other.post(CODE, {"code": code})
    assert not is_signed_in(other)


def test_somebody_who_mistyped_the_address_begins_anew(people: People, client: Client) -> None:
    ask(client, "mraia@example.org")
    assert "Sign in" in client.get(ASK).content.decode()
    assert place(sign_in(client, "maria@example.org")) == "/"


def test_somebody_who_was_never_in_allauths_list_signs_in_too(people: People, client: Client) -> None:
    EmailAddress.objects.all().delete()
    User.objects.filter(pk=people.maria.pk).update(name="Maria")
    assert sign_in(client, "maria@example.org").headers["Location"] == "/"
    assert len(mail.outbox) == 1
    row = EmailAddress.objects.get(user=people.maria)
    assert (row.email, row.verified, row.primary) == ("maria@example.org", True, True)


def test_an_account_that_is_closed_gets_the_answer_of_an_unknown_one(people: People, client: Client) -> None:
    User.objects.filter(pk=people.maria.pk).update(is_active=False)
    assert place(ask(client, "maria@example.org")) == CODE
    assert mail.outbox[-1].subject == "Nobody signs in here with this address"


@pytest.mark.parametrize("login", ["", "   ", "maria", "maria@", "+1", "@", "\x00", "x" * 300, "☎️ 12"])
def test_what_is_neither_address_nor_number_is_said(login: str, people: People, client: Client) -> None:
    page = ask(client, login)
    assert page.status_code == 200
    assert 'aria-invalid="true"' in page.content.decode()
    assert mail.outbox == []


class DeadMail:
    """A mail server that does not answer."""

    is_local = False

    def send(self, message: Message) -> Receipt:
        raise SendFailed("connection refused", is_permanent=False, is_down=True)


@pytest.mark.parametrize("login", ["maria@example.org", "nobody@example.org"])
def test_a_mail_server_that_is_down_is_said_whoever_asks(
    login: str, people: People, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ivig_care.web.adapter.channel_for", lambda kind: DeadMail())
    page = ask(client, login)
    assert page.status_code == 503
    assert "Our e-mail did not leave" in page.content.decode()


def test_a_form_that_is_too_old_leads_back_to_the_same_page(people: People, settings: LazySettings) -> None:
    strict = Client(enforce_csrf_checks=True)
    page = strict.post(ASK, {"login": "maria@example.org", "next": "/reach/"})
    assert page.status_code == 403
    assert 'href="/accounts/login/code/?next=%2Freach%2F"' in page.content.decode()
    assert mail.outbox == []
