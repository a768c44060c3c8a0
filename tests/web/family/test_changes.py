"""What is different this time: on the checklist until somebody has read it, and on a page of its own."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal

import pytest
from django.test import Client
from django.urls import reverse
from time_machine import Traveller

from ivig_care.accounts.models import User
from ivig_care.actions.infusions import infusion_day_start
from ivig_care.actions.reviews import review_sign
from ivig_care.plans.models import ChangesSeen, Infusion
from tests.actors import People
from tests.conftest import ACTIVATED_AT, STARTS_AT
from tests.factories import active_infusion
from tests.web.clinic.story import finish

SignedIn = Callable[[User], Client]
LOOK = "Something is different this time"
WEEKS = timedelta(weeks=5)


@pytest.fixture
def following(infusion: Infusion, people: People, clock: Traveller) -> Infusion:
    """Lena’s next infusion: the first is signed, with a word for the next time, and she has grown."""
    made = _next_after(infusion, people, clock, next_time="Slower at the end.")
    made.plan.weight_kg = Decimal("21.4")
    made.plan.save(update_fields=["weight_kg"])
    return made


def _next_after(infusion: Infusion, people: People, clock: Traveller, *, next_time: str) -> Infusion:
    """The infusion after one that was signed with this word for the next time, by the same plan."""
    finish(infusion, by=people.maria)
    now = STARTS_AT + timedelta(weeks=4)
    review_sign(review=infusion.review, by=people.weiss, note="All well.", next_time=next_time, at=now)
    made = active_infusion(child=people.lena, by=people.weiss, starts_at=STARTS_AT + WEEKS, at=ACTIVATED_AT + WEEKS)
    clock.move_to(STARTS_AT + WEEKS - timedelta(days=1))
    return made


def _page(browser: Client, infusion: Infusion, name: str = "changes") -> str:
    return browser.get(reverse(name, args=[infusion.pk])).content.decode()


def test_old_beside_new_with_what_the_clinic_wrote(following: Infusion, people: People, browser_of: SignedIn) -> None:
    page = _page(browser_of(people.maria), following)
    for words in (
        "infusion of Mon 15 Jun",
        "Weiss wrote after it",
        "Slower at the end.",
        "<dd>20 kg</dd>",
        "<dd><strong>21.4 kg</strong></dd>",
    ):
        assert words in page
    assert "Octagam" not in page


def test_it_stands_on_the_checklist_until_each_has_seen_it(
    following: Infusion, people: People, browser_of: SignedIn
) -> None:
    maria, sam = browser_of(people.maria), browser_of(people.sam)
    assert LOOK in _page(maria, following, "checklist")
    response = maria.post(reverse("changes_seen", args=[following.pk]), follow=True)
    assert response.redirect_chain == [(reverse("checklist", args=[following.pk]), 302)]
    assert LOOK not in response.content.decode()
    assert LOOK in _page(sam, following, "checklist")
    page = _page(maria, following)
    assert "Seen by Maria" in page
    assert reverse("changes_seen", args=[following.pk]) not in page
    assert reverse("changes_seen", args=[following.pk]) in _page(sam, following)


def test_a_clinic_looks_and_cannot_say_that_it_was_seen(
    following: Infusion, people: People, browser_of: SignedIn
) -> None:
    doctor = browser_of(people.weiss)
    assert "21.4 kg" in _page(doctor, following)
    assert LOOK not in _page(doctor, following, "checklist")
    assert doctor.post(reverse("changes_seen", args=[following.pk])).status_code == 404
    assert not ChangesSeen.objects.exists()


def test_once_it_runs_it_is_no_longer_put_first(following: Infusion, people: People, browser_of: SignedIn) -> None:
    at = following.days.get(number=1).planned_start
    infusion_day_start(day=following.days.get(number=1), by=people.maria, at=at, now=at)
    assert LOOK not in _page(browser_of(people.maria), following, "checklist")


def test_with_nothing_before_there_is_nothing_to_compare(
    infusion: Infusion, people: People, browser_of: SignedIn, clock: Traveller
) -> None:
    maria = browser_of(people.maria)
    assert "nothing to compare it with" in _page(maria, infusion)
    assert LOOK not in _page(maria, infusion, "checklist")


def test_the_same_plan_and_no_word_is_not_put_first(
    infusion: Infusion, people: People, browser_of: SignedIn, clock: Traveller
) -> None:
    following = _next_after(infusion, people, clock, next_time="")
    maria = browser_of(people.maria)
    assert LOOK not in _page(maria, following, "checklist")
    assert "Nothing in the plan differs from last time." in _page(maria, following)
