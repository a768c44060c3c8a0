"""Addresses to sign in with, and what the operator does for somebody who has lost everything."""

from __future__ import annotations

from datetime import timedelta
from importlib import import_module

import pytest
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from django.apps import apps
from django.contrib.sessions.models import Session
from django.core.management import CommandError, call_command
from django.test import Client

from ivig_care.accounts.models import User
from ivig_care.actions.accounts import NoSuchPerson, address_add, person_named, second_factor_forget
from ivig_care.actions.care_teams import person_add
from ivig_care.care_teams.models import AuditEvent
from ivig_care.common import clock as our_clock
from tests.actors import People
from tests.browsers import signed_in_long_ago
from tests.web.sign_in.codes import place, sign_in

pytestmark = pytest.mark.usefixtures("clock")


def test_whoever_is_brought_in_can_sign_in_with_their_address_however_it_is_written(db: None, client: Client) -> None:
    person = person_add(email="Ann@Example.org", name="Ann", zone="UTC")
    assert person.email == "ann@example.org"
    row = EmailAddress.objects.get(user=person)
    assert (row.email, row.verified, row.primary) == ("ann@example.org", True, True)
    assert person_add(email="ANN@example.org", name="Ann", zone="UTC") == person
    assert EmailAddress.objects.count() == 1
    assert sign_in(client, "ANN@example.org").headers["Location"] == "/"


def test_an_address_that_somebody_else_has_proved_is_not_proved_twice(people: People) -> None:
    EmailAddress.objects.create(user=people.sam, email="shared@example.org", verified=True)
    other = User.objects.create_user("shared@example.org", name="Other")
    address_add(person=other, is_proved=True)
    assert not EmailAddress.objects.get(user=other).verified


def test_the_second_factor_is_forgotten_and_every_session_ended(people: People) -> None:
    listed, unlisted, other = Client(), signed_in_long_ago(people.weiss), signed_in_long_ago(people.maria)
    sign_in(listed, "weiss@example.org")
    call_command("forget_second_factor", "WEISS@example.org", verbosity=0)
    assert not Authenticator.objects.filter(user=people.weiss).exists()
    assert Authenticator.objects.filter(user=people.lee).exists()
    assert place(unlisted.get("/you/")) == "/accounts/login/code/"
    assert other.get("/you/").status_code == 200
    event = AuditEvent.objects.filter(subject=f"person {people.weiss.pk}").last()
    assert event is not None
    assert (event.verb, event.about, event.actor, event.who) == ("changed", "second factor", None, "ivig_care")
    # They come in with a code, and have to set up a new one.
    new = Client()
    assert place(sign_in(new, "weiss@example.org")) == "/"
    assert place(new.get("/clinic/")) == "/accounts/2fa/needed/"


def test_a_session_that_is_over_is_not_looked_at(people: People) -> None:
    signed_in_long_ago(people.weiss)
    Session.objects.update(expire_date=our_clock.now() - timedelta(days=1))
    second_factor_forget(person=people.weiss, now=our_clock.now())
    assert Session.objects.count() == 1


def test_nobody_of_that_name_is_said(people: People) -> None:
    with pytest.raises(CommandError, match=r"Nobody signs in with nobody@example\.org"):
        call_command("forget_second_factor", "nobody@example.org")
    assert Authenticator.objects.count() == 2


def test_a_person_is_found_by_any_proved_address(people: People) -> None:
    EmailAddress.objects.create(user=people.sam, email="second@example.org", verified=True)
    EmailAddress.objects.create(user=people.sam, email="unproved@example.org", verified=False)
    assert person_named("Second@example.org") == people.sam
    with pytest.raises(NoSuchPerson):
        person_named("unproved@example.org")


def test_whoever_was_here_before_gets_an_address_to_sign_in_with(people: People) -> None:
    EmailAddress.objects.all().delete()
    User.objects.filter(pk=people.maria.pk).update(email="Maria@example.org")
    User.objects.filter(pk=people.tom.pk).update(is_guest=True)
    EmailAddress.objects.create(user=people.sam, email="other@example.org", verified=True, primary=True)
    migration = import_module("ivig_care.accounts.migrations.0004_addresses_to_sign_in_with")
    for _ in range(2):
        migration.addresses_make(apps, None)
    rows = EmailAddress.objects.order_by("email").values_list("email", "user__name", "verified", "primary")
    assert list(rows) == [
        ("lee@example.org", "Lee", True, True),
        ("maria@example.org", "Maria", True, True),
        ("other@example.org", "Sam", True, True),
        ("weiss@example.org", "Weiss", True, True),
    ]
    people.maria.refresh_from_db()
    assert people.maria.email == "maria@example.org"
