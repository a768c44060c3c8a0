"""Which pages a family's device keeps before anybody has opened them there, and for how long."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from pytest_django import DjangoAssertNumQueries
from time_machine import Traveller

from ivig_care.accounts.models import User
from ivig_care.actions.steps import step_note
from ivig_care.care_teams.models import Role
from ivig_care.plans.models import Infusion
from tests.actors import People
from tests.conftest import STARTS_AT
from tests.factories import ChildFactory, MembershipFactory, UserFactory, active_infusion

SignedIn = Callable[[User], Client]
DAY = timedelta(days=1)

pytestmark = pytest.mark.usefixtures("clock")


def ahead(client: Client) -> dict[str, str]:
    """What the site says is to be kept."""
    pages: dict[str, str] = client.get("/ahead/").json()["pages"]
    return pages


def addresses(infusion: Infusion, *names: str) -> set[str]:
    """The pages of an infusion."""
    return {reverse(name, args=[infusion.pk]) for name in names}


def card_of(infusion: Infusion) -> str:
    """The card of day 1."""
    return reverse("infusion_card", args=[infusion.days.get(number=1).pk])


def test_on_an_infusion_day_everything_is_kept(infusion: Infusion, people: People, browser_of: SignedIn) -> None:
    pages = ahead(browser_of(people.maria))
    assert set(pages) == addresses(infusion, "call_card", "drinks", "symptoms", "checklist") | {card_of(infusion), "/"}
    # Whom to call first, in case that the signal does not last.
    assert next(iter(pages)) == reverse("call_card", args=[infusion.pk])


@pytest.mark.parametrize(("days", "is_kept", "has_card"), [(-2, False, False), (-1, True, False), (9, True, False)])
def test_it_is_current_from_the_day_before_until_ten_days_after(
    infusion: Infusion, people: People, browser_of: SignedIn, clock: Traveller, days: int, is_kept: bool, has_card: bool
) -> None:
    clock.move_to(STARTS_AT + days * DAY)
    pages = ahead(browser_of(people.maria))
    assert (reverse("drinks", args=[infusion.pk]) in pages, card_of(infusion) in pages) == (is_kept, has_card)


def test_nothing_is_kept_once_it_is_over(
    infusion: Infusion, people: People, browser_of: SignedIn, clock: Traveller
) -> None:
    clock.move_to(infusion.days.latest("number").planned_start + 11 * DAY)
    assert ahead(browser_of(people.maria)) == {}


def test_a_page_has_another_version_when_it_looks_otherwise(
    infusion: Infusion, people: People, browser_of: SignedIn
) -> None:
    maria = browser_of(people.maria)
    before = ahead(maria)
    assert ahead(maria) == before
    step = infusion.steps.get(slot="premedication.d1.acetaminophen")
    step_note(step=step, by=people.sam, note="hello", now=STARTS_AT)
    after = ahead(maria)
    assert set(before) == set(after)
    assert all(before[url] != after[url] for url in before)
    User.objects.filter(pk=people.maria.pk).update(language="es")
    assert all(version.startswith("es-") for version in ahead(maria).values())


def test_who_only_looks_keeps_no_page_to_write_on(infusion: Infusion, people: People, browser_of: SignedIn) -> None:
    viewer = UserFactory.create(name="Vic")
    MembershipFactory.create(user=viewer, child=people.lena, role=Role.VIEWER)
    assert set(ahead(browser_of(viewer))) == addresses(infusion, "call_card", "checklist") | {card_of(infusion), "/"}


@pytest.mark.usefixtures("infusion")
def test_staff_and_strangers_keep_nothing(people: People, browser_of: SignedIn) -> None:
    MembershipFactory.create(user=people.weiss, child=people.lena, role=Role.GUARDIAN)
    assert ahead(browser_of(people.weiss)) == {}
    assert ahead(browser_of(people.tom)) == {}
    assert Client().get("/ahead/").status_code == 302


def test_with_two_children_the_question_whose_it_is_is_kept_too(
    infusion: Infusion,
    people: People,
    browser_of: SignedIn,
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    maria = browser_of(people.maria)
    ben = ChildFactory.create(clinic=people.riverside, given_name="Ben")
    MembershipFactory.create(user=people.maria, child=ben, role=Role.GUARDIAN)
    other = active_infusion(child=ben, by=people.weiss, starts_at=STARTS_AT + DAY, at=STARTS_AT)
    ahead(maria)
    # The session, the person, the places of the person; then the infusions, once to look and once to write.
    with django_assert_num_queries(5):
        pages = ahead(maria)
    for one in (infusion, other):
        assert addresses(one, "call_card", "drinks", "symptoms", "checklist") <= set(pages)
    assert {"/whose/drinks/", "/whose/symptoms/", "/whose/call-card/"} <= set(pages)
    assert maria.get("/whose/drinks/").headers["X-Kept"] == "yes"


def test_every_page_that_is_kept_ahead_may_be_kept(infusion: Infusion, people: People, browser_of: SignedIn) -> None:
    maria = browser_of(people.maria)
    assert ahead(maria)
    for url in ahead(maria):
        page = maria.get(url)
        assert (page.status_code, page.headers.get("X-Kept")) == (200, "yes"), url


def test_the_card_stands_in_for_what_it_can_ask_itself(
    infusion: Infusion, people: People, browser_of: SignedIn
) -> None:
    day = infusion.days.get(number=1)
    page = browser_of(people.maria).get(reverse("infusion_card", args=[day.pk]))
    names = ("day_start", "day_end", "rate_enter", "pause", "resume")
    assert page.headers["X-Instead-Of"] == " ".join(reverse(name, args=[day.pk]) for name in names)
    words = page.content.decode()
    assert all(f'action="{reverse(name, args=[day.pk])}" data-queue' in words for name in names)
    viewer = UserFactory.create(name="Vic")
    MembershipFactory.create(user=viewer, child=people.lena, role=Role.VIEWER)
    seen = browser_of(viewer).get(reverse("infusion_card", args=[day.pk]))
    assert "X-Instead-Of" not in seen.headers
    assert 'id="say"' not in seen.content.decode()
