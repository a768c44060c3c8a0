"""The addresses that a person signs in with: added, proved, chosen, taken away."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from allauth.account.models import EmailAddress
from django.core import mail
from django.test import Client

from ivig_care.accounts.models import User
from ivig_care.care_teams.models import AuditEvent
from tests.actors import People
from tests.web.sign_in.codes import mailed_code, sign_in
from tests.web.sign_in.test_code import DeadMail

pytestmark = pytest.mark.usefixtures("clock")
PAGE, PROVE = "/accounts/email/", "/accounts/confirm-email/"


@pytest.fixture
def maria(people: People, browser_of: Callable[[User], Client]) -> Client:
    """Maria's browser."""
    return browser_of(people.maria)


def test_a_second_address_is_proved_chosen_and_the_first_taken_away(maria: Client, people: People) -> None:
    said = maria.post(PAGE, {"email": "New@Example.org", "action_add": "yes"}, follow=True)
    assert "Write your code" in said.content.decode()
    assert not EmailAddress.objects.filter(email="new@example.org").exists()
    maria.post(PROVE, {"code": mailed_code()})
    assert EmailAddress.objects.get(email="new@example.org").verified
    maria.post(PAGE, {"email": "new@example.org", "action_primary": "yes"})
    maria.post(PAGE, {"email": "maria@example.org", "action_remove": "yes"})
    assert list(EmailAddress.objects.filter(user=people.maria).values_list("email", "primary")) == [
        ("new@example.org", True)
    ]
    people.maria.refresh_from_db()
    assert people.maria.email == "new@example.org"
    about = AuditEvent.objects.filter(subject=f"person {people.maria.pk}").values_list("about", flat=True)
    assert list(about) == ["e-mail address"] * 3
    assert sign_in(Client(), "new@example.org").headers["Location"] == "/"


def test_the_old_address_is_told_of_a_change_and_the_change_stands_when_that_fails(
    maria: Client, people: People, monkeypatch: pytest.MonkeyPatch
) -> None:
    EmailAddress.objects.create(user=people.maria, email="new@example.org", verified=True)
    maria.post(PAGE, {"email": "new@example.org", "action_primary": "yes"})
    (message,) = mail.outbox
    assert (message.to, message.subject) == (["maria@example.org"], "How you sign in was changed")
    assert "Your e-mail address at http" in message.body
    monkeypatch.setattr("ivig_care.web.adapter.channel_for", lambda kind: DeadMail())
    said = maria.post(PAGE, {"email": "maria@example.org", "action_remove": "yes"})
    assert said.status_code == 302
    assert not EmailAddress.objects.filter(email="maria@example.org").exists()


def test_the_only_address_stays(maria: Client, people: People) -> None:
    maria.post(PAGE, {"email": "maria@example.org", "action_remove": "yes"})
    assert EmailAddress.objects.filter(user=people.maria).count() == 1


def test_an_address_of_somebody_else_is_not_given_away(maria: Client, people: People) -> None:
    said = maria.post(PAGE, {"email": "tom@example.org", "action_add": "yes"}, follow=True)
    assert "Write your code" in said.content.decode()
    maria.post(PROVE, {"code": mailed_code()})
    assert list(EmailAddress.objects.filter(email="tom@example.org").values_list("user", flat=True)) == [people.tom.pk]


def test_three_addresses_are_the_most(maria: Client, people: People) -> None:
    for name in ("one", "two"):
        EmailAddress.objects.create(user=people.maria, email=f"{name}@example.org", verified=True)
    maria.post(PAGE, {"email": "three@example.org", "action_add": "yes"})
    assert mail.outbox == []
