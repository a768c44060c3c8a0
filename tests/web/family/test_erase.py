"""The page on which guardians have a record erased: what goes, what stays, who must agree, and how to take it back."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client
from django.urls import reverse

from ivig_care.accounts.models import User
from ivig_care.care_teams.models import Erasure, Role
from ivig_care.plans.models import Infusion
from tests.actors import People
from tests.factories import MembershipFactory, UserFactory

SignedIn = Callable[[User], Client]
pytestmark = pytest.mark.usefixtures("clock")


def _page(client: Client, people: People) -> str:
    response = client.get(reverse("child_erase", args=[people.lena.pk]))
    assert response.status_code == 200
    return " ".join(response.content.decode().split())


def test_it_says_what_goes_and_what_the_clinic_keeps(infusion: Infusion, people: People, browser_of: SignedIn) -> None:
    page = _page(browser_of(people.maria), people)
    assert "The own medical record of Riverside Clinic" in page
    assert "It has not said for how long; until it does, it is kept" in page
    assert reverse("child_export", args=[people.lena.pk]) in page
    assert "We wait 14 days" in page
    people.riverside.record_kept_years = 10
    people.riverside.save()
    assert "for 10 years after the last entry" in _page(browser_of(people.maria), people)


def test_without_a_clinic_that_must_keep_it_everything_goes(people: People, browser_of: SignedIn) -> None:
    page = _page(browser_of(people.maria), people)
    assert "Everything about Lena: plans, infusions, steps, doses, notes, reviews." in page
    assert "medical record of" not in page


def test_two_guardians_go_through_it(infusion: Infusion, people: People, browser_of: SignedIn) -> None:
    other = UserFactory.create(name="Paula", email="paula@example.org")
    MembershipFactory.create(user=other, child=people.lena, role=Role.GUARDIAN)
    maria, paula, path = browser_of(people.maria), browser_of(other), reverse("child_erase", args=[people.lena.pk])
    assert "Paula must agree first" in _page(maria, people)
    assert maria.post(path, {"act": "ask"}).status_code == 422
    assert not Erasure.objects.exists()
    assert maria.post(path, {"act": "ask", "sure": "on"}).status_code == 302
    assert "Still to agree: Paula" in _page(maria, people)
    theirs = _page(paula, people)
    assert "Maria asked for it" in theirs
    assert "Still to agree: you" in theirs
    paula.post(path, {"act": "agree", "sure": "on"})
    assert "The record is erased after Mon 29 Jun 2026, 9:00 am." in _page(maria, people)
    paula.post(path, {"act": "stop"})
    assert Erasure.objects.get().taken_back_by == other
    assert "asked for it" not in _page(maria, people)


def test_the_others_find_it_on_their_first_pages(infusion: Infusion, people: People, browser_of: SignedIn) -> None:
    path, checklist = reverse("child_erase", args=[people.lena.pk]), reverse("checklist", args=[infusion.pk])
    maria = browser_of(people.maria)
    assert path not in maria.get(checklist).content.decode()
    maria.post(path, {"act": "ask", "sure": "on"})
    assert path in maria.get(checklist).content.decode()
    # Whoever may not have it erased is not asked.
    assert path not in browser_of(people.sam).get(checklist).content.decode()


@pytest.mark.parametrize("act", ["", "x"])
def test_what_the_page_never_asks_is_not_found(people: People, browser_of: SignedIn, act: str) -> None:
    path = reverse("child_erase", args=[people.lena.pk])
    assert browser_of(people.maria).post(path, {"act": act, "sure": "on"}).status_code == 404


def test_nobody_else_can(infusion: Infusion, people: People, browser_of: SignedIn) -> None:
    path = reverse("child_erase", args=[people.lena.pk])
    for user, status in ((people.sam, 403), (people.weiss, 404), (people.tom, 404)):
        assert browser_of(user).get(path).status_code == status
        assert browser_of(user).post(path, {"act": "ask", "sure": "on"}).status_code == status
    assert not Erasure.objects.exists()
