"""The checklist page: now, next, later, whom to call, and what is new since it was opened."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from time_machine import Traveller

from ivig_care.accounts.models import User
from ivig_care.actions.checklists import checklists_close
from ivig_care.actions.reviews import review_amend, review_sign
from ivig_care.actions.steps import step_tick
from ivig_care.common.kept import forget_all
from ivig_care.plans.models import Infusion, Step
from ivig_care.plans.selectors import checklist_of, step_name
from ivig_care.reviews.models import Review
from tests.actors import People
from tests.conftest import STARTS_AT

SignedIn = Callable[[User], Client]

pytestmark = pytest.mark.usefixtures("clock")


def test_every_step_stands_in_one_place(infusion: Infusion) -> None:
    page = checklist_of(infusion, now=STARTS_AT)
    later = [row for _, rows in page.later for row in rows]
    rows = [*page.now_rows, *page.next_rows, *later, *page.answered, *page.missed]
    assert sorted(row.step.slot for row in rows) == sorted(infusion.steps.values_list("slot", flat=True))
    assert {row.step.slot for row in page.now_rows} == {
        "premedication.d1.acetaminophen",
        "premedication.d1.diphenhydramine",
        "fluids-during.d1",
    }


def test_it_says_what_how_much_when_why_and_whom_to_call(
    infusion: Infusion, people: People, browser_of: SignedIn
) -> None:
    page = browser_of(people.maria).get(reverse("checklist", args=[infusion.pk])).content.decode()
    page = page.replace("&nbsp;", " ").replace("\xa0", " ")
    for words in ("Acetaminophen", "300 mg", "9.4 mL", "Mon 8:30 am", "soften reactions", "tel:", "212", "911"):
        assert words in page, words


def test_what_was_missed_is_said_and_nothing_blank_reads_as_done(infusion: Infusion) -> None:
    checklists_close(now=STARTS_AT)
    page = checklist_of(infusion, now=STARTS_AT)
    assert {(row.step.slot, row.status) for row in page.missed} == {
        ("fluids-before.d1", "missed"),
        ("evening-before.d1", "missed"),
    }
    assert page.answered == []


def seen_by(browser: Client, infusion: Infusion) -> str:
    """The version that stands on the page which this browser opens."""
    page = browser.get(reverse("checklist", args=[infusion.pk])).content.decode()
    (seen,) = re.findall(r"live/\?seen=(\w+)", page)
    return str(seen)


def test_a_page_that_has_seen_everything_gets_nothing(
    infusion: Infusion, people: People, browser_of: SignedIn, clock: Traveller
) -> None:
    sam = browser_of(people.sam)
    live = reverse("checklist_live", args=[infusion.pk])
    version = seen_by(sam, infusion)
    assert sam.get(live, {"seen": version}).status_code == 204
    step = infusion.steps.get(slot="premedication.d1.acetaminophen")
    step_tick(step=step, by=people.maria, at=STARTS_AT, now=STARTS_AT)
    news = sam.get(live, {"seen": version})
    assert news.status_code == 200
    assert b"Maria" in news.content


def test_time_alone_makes_news(infusion: Infusion, people: People, browser_of: SignedIn, clock: Traveller) -> None:
    sam = browser_of(people.sam)
    version = seen_by(sam, infusion)
    clock.shift(timedelta(hours=5))
    live = reverse("checklist_live", args=[infusion.pk])
    assert sam.get(live, {"seen": version}).status_code == 200


def test_the_family_reads_the_clinics_note(infusion: Infusion, people: People, browser_of: SignedIn) -> None:
    last = infusion.steps.order_by("-closes_at").first()
    assert last is not None
    checklists_close(now=last.closes_at)
    review = Review.objects.get()
    review_sign(review=review, by=people.weiss, note="Well done.", next_time="Slower rate.", at=last.closes_at)
    review_amend(review=review, by=people.weiss, note="Also call us.", at=last.closes_at)
    page = browser_of(people.maria).get(reverse("checklist", args=[infusion.pk])).content.decode()
    for words in ("Well done.", "Slower rate.", "Also call us.", "Weiss"):
        assert words in page
    assert "Given now" not in page


@pytest.mark.parametrize("name", ["checklist", "checklist_live"])
def test_who_sees_it(infusion: Infusion, people: People, browser_of: SignedIn, name: str) -> None:
    path = reverse(name, args=[infusion.pk])
    seen = {
        who: browser_of(getattr(people, who)).get(path).status_code for who in ("maria", "sam", "weiss", "tom", "lee")
    }
    assert seen == {"maria": 200, "sam": 200, "weiss": 200, "tom": 404, "lee": 404}
    assert Client().get(path).headers["Location"].startswith("/accounts/login/")


def test_the_number_of_queries_does_not_depend_on_the_number_of_steps(
    infusion: Infusion, people: People, browser_of: SignedIn
) -> None:
    maria = browser_of(people.maria)
    path = reverse("checklist", args=[infusion.pk])

    def queries() -> int:
        with CaptureQueriesContext(connection) as counted:
            assert maria.get(path).status_code == 200
        return len(counted)

    # The first look in a quarter of an hour is written into the log, and the second remembers it.
    queries()
    queries()
    forget_all()
    before = queries()
    steps = list(infusion.steps.all())
    for number, step in enumerate(steps):
        step.pk, step.slot = None, f"copy.{number}"
    Step.objects.bulk_create(steps)
    forget_all()
    assert queries() == before


def test_last_given_stands_only_where_it_will_still_be_true(infusion: Infusion, people: People) -> None:
    step = infusion.steps.get(slot="premedication.d1.acetaminophen")
    step_tick(step=step, by=people.maria, at=STARTS_AT, now=STARTS_AT)
    page = checklist_of(infusion, now=STARTS_AT)
    later = [row for _, rows in page.later for row in rows]
    told = [row.step.slot for row in (*page.now_rows, *page.next_rows, *later) if row.last_given_at]
    assert told == ["acetaminophen-course.1"]


@pytest.mark.parametrize(
    ("minutes", "is_first", "can_start"),
    [(-25 * 60, False, False), (-20 * 60, False, True), (-11, False, True), (-10, True, True), (45, True, True)],
)
def test_the_day_comes_first_when_its_time_has_come(
    infusion: Infusion, minutes: int, is_first: bool, can_start: bool
) -> None:
    card = checklist_of(infusion, now=STARTS_AT + timedelta(minutes=minutes)).days[0]
    assert (card.is_next, card.is_first, card.can_start) == (True, is_first, can_start)


def test_a_day_that_nobody_spoke_of_does_not_hold_up_the_next(infusion: Infusion) -> None:
    page = checklist_of(infusion, now=STARTS_AT + timedelta(hours=23))
    assert [card.is_next for card in page.days] == [False, True]


def test_a_medicine_with_a_name_on_its_box_says_both(infusion: Infusion) -> None:
    step = infusion.steps.get(slot="premedication.d1.acetaminophen")
    assert step_name(step) == "Acetaminophen"
    step.medicine_name = "Tylenol"
    assert step_name(step) == "Tylenol (acetaminophen)"
    assert step_name(infusion.steps.get(slot="fluids-during.d1")) == "Offer a drink during the infusion"
