"""The first page after signing in, and the outbox."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import timedelta

import pytest
from django.conf import LazySettings
from django.test import Client
from django.urls import reverse
from time_machine import Traveller

from ivig_care.accounts.models import User
from ivig_care.care_teams.models import Role
from ivig_care.nudges.models import OutboxMessage
from ivig_care.plans.models import Infusion
from tests.actors import People
from tests.conftest import ACTIVATED_AT, STARTS_AT
from tests.factories import ContactPointFactory, MembershipFactory, active_infusion
from tests.password import PASSWORD

SignedIn = Callable[[User], Client]
AssertMaxQueries = Callable[[int], AbstractContextManager[object]]

pytestmark = pytest.mark.usefixtures("clock")


def test_one_infusion_opens_at_once(infusion: Infusion, people: People, browser_of: SignedIn) -> None:
    response = browser_of(people.sam).get("/")
    assert response.headers["Location"] == reverse("checklist", args=[infusion.pk])


def test_several_are_listed(infusion: Infusion, people: People, browser_of: SignedIn) -> None:
    starts_at = STARTS_AT + timedelta(days=28)
    active_infusion(child=people.lena, by=people.weiss, starts_at=starts_at, at=ACTIVATED_AT)
    page = browser_of(people.maria).get("/").content.decode()
    assert page.index("Mon 15 Jun") < page.index("Mon 13 Jul")
    assert "Kai" not in page


def test_nothing_yet_says_what_will_be_there(people: People, browser_of: SignedIn) -> None:
    assert "as soon as the clinic has planned it" in browser_of(people.tom).get("/").content.decode()


def test_a_clinician_goes_to_the_clinic(people: People, browser_of: SignedIn) -> None:
    assert browser_of(people.weiss).get("/").headers["Location"] == reverse("clinic")


def test_a_clinician_who_is_a_parent_finds_both(infusion: Infusion, people: People, browser_of: SignedIn) -> None:
    MembershipFactory.create(user=people.weiss, child=people.kai, role=Role.GUARDIAN)
    page = browser_of(people.weiss).get("/").content.decode()
    assert reverse("clinic") in page
    assert "Lena" not in page


def test_signing_in_with_a_password(people: People) -> None:
    client = Client()
    wrong = client.post("/accounts/login/", {"login": "maria@example.org", "password": "no"})
    assert wrong.status_code == 200
    assert "maria@example.org" in wrong.content.decode()
    right = client.post("/accounts/login/", {"login": "maria@example.org", "password": PASSWORD})
    assert right.headers["Location"] == "/"


def test_nobody_signs_up_by_themselves(db: None) -> None:
    client = Client()
    client.post(
        "/accounts/signup/",
        {"email": "new@example.org", "password1": PASSWORD, "password2": PASSWORD},
    )
    assert not User.objects.filter(email="new@example.org").exists()


def test_the_outbox_shows_ones_own_messages(people: People, browser_of: SignedIn) -> None:
    for to in ("maria@example.org", "tom@example.org"):
        OutboxMessage.objects.create(kind="email", to=to, subject=f"for {to}", body="1 care step", at=STARTS_AT)
    page = browser_of(people.maria).get(reverse("outbox")).content.decode()
    assert "for maria@example.org" in page
    assert "for tom@example.org" not in page


def test_the_outbox_shows_nothing_of_an_address_that_is_not_proved(people: People, browser_of: SignedIn) -> None:
    marias = "+12125550140"
    ContactPointFactory.create(user=people.tom, kind="sms", address=marias, verified_at=None, consented_at=STARTS_AT)
    OutboxMessage.objects.create(kind="sms", to=marias, body="the code is 123456", at=STARTS_AT)
    assert "123456" not in browser_of(people.tom).get(reverse("outbox")).content.decode()
    assert "123456" in browser_of(people.maria).get(reverse("outbox")).content.decode()


def test_there_is_no_outbox_where_messages_leave(people: People, browser_of: SignedIn, settings: LazySettings) -> None:
    settings.HAS_OUTBOX = False
    assert browser_of(people.maria).get(reverse("outbox")).status_code == 404


def test_the_list_says_what_to_do_now(
    infusion: Infusion, people: People, browser_of: SignedIn, clock: Traveller
) -> None:
    starts_at = STARTS_AT + timedelta(days=28)
    active_infusion(child=people.lena, by=people.weiss, starts_at=starts_at, at=ACTIVATED_AT)
    clock.shift(timedelta(minutes=-11))
    page = browser_of(people.maria).get("/").content.decode()
    assert "2 to do now" in page
    assert "Acetaminophen, 300&nbsp;mg = 9.4&nbsp;mL" in page
    assert "nothing to do now" in page
    clock.shift(timedelta(minutes=1))
    page = browser_of(people.maria).get("/").content.decode()
    assert "Infusion, day 1</strong>, planned for Mon 9:00 am" in page


def test_the_number_of_queries_does_not_depend_on_the_number_of_infusions(
    infusion: Infusion, people: People, browser_of: SignedIn, django_assert_max_num_queries: AssertMaxQueries
) -> None:
    for weeks in (4, 8, 12):
        starts_at = STARTS_AT + timedelta(weeks=weeks)
        active_infusion(child=people.lena, by=people.weiss, starts_at=starts_at, at=ACTIVATED_AT)
    maria = browser_of(people.maria)
    with django_assert_max_num_queries(12):
        assert maria.get("/").status_code == 200
