"""The clinician's first page: the queue by concern with a sentence each, children and plans, signed reviews."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from ivig_care.accounts.models import User
from ivig_care.actions.reviews import review_sign
from ivig_care.care_teams.models import Child
from ivig_care.plans.models import Infusion, Plan
from ivig_care.reviews.models import Review
from tests.actors import People
from tests.conftest import ACTIVATED_AT, STARTS_AT
from tests.factories import ChildFactory, active_infusion
from tests.web.clinic.story import finish, live_through

FORTY_FIVE = timedelta(minutes=45)
NIGHT_DOSE, LAST_DOSE = "acetaminophen-course.3", "acetaminophen-course.9"


@pytest.fixture
def child_of_riverside(people: People) -> Callable[[str], Child]:
    """Another child of Dr Weiss's clinic."""

    def made(name: str) -> Child:
        return ChildFactory.create(clinic=people.riverside, given_name=name, family_name="Lind")

    return made


def _infusion(child: Child, people: People) -> Infusion:
    return active_infusion(child=child, by=people.weiss, starts_at=STARTS_AT, at=ACTIVATED_AT)


def _queue(doctor: Client) -> list[tuple[str, str]]:
    response = doctor.get(reverse("clinic"))
    return [(line.child.given_name, line.summary.text) for line in response.context["waiting"]]


def test_people_who_are_no_clinicians_find_nothing(people: People, browser_of: Callable[[User], Client]) -> None:
    for person in (people.maria, people.sam, people.tom):
        assert browser_of(person).get(reverse("clinic")).status_code == 404


def test_the_queue_puts_what_needs_an_eye_first(
    people: People, child_of_riverside: Callable[[str], Child], doctor: Client
) -> None:
    def lived(name: str, **how: Any) -> None:
        live_through(_infusion(child_of_riverside(name), people), by=people.maria, **how)

    lived("Clean")
    lived("Late", late=FORTY_FIVE)
    lived("Explained", reasons={NIGHT_DOSE: "fever"})
    lived("Skipped", late=FORTY_FIVE, skipping=NIGHT_DOSE, leaving_out=LAST_DOSE)
    lived("Unchecked", leaving_out="check-48.d2")
    assert _queue(doctor) == [
        (
            "Skipped",
            "Day 1 started 45 min late; day 2 started 45 min late;"
            " 1 of 15 doses skipped (asleep); 1 of 15 doses missed.",
        ),
        ("Explained", "1 dose given with a reason (fever)."),
        ("Late", "Day 1 started 45 min late; day 2 started 45 min late."),
        ("Unchecked", "1 of 11 other steps missed."),
        ("Clean", "Started on time; all 26 steps done."),
    ]


def test_a_day_without_a_start_is_said(closed: Infusion, doctor: Client) -> None:
    closed.days.update(actual_start=None, actual_end=None)
    assert _queue(doctor) == [("Lena", "No start recorded for day 1; no start recorded for day 2.")]


def test_open_checklists_do_not_wait_for_review(infusion: Infusion, doctor: Client) -> None:
    assert _queue(doctor) == []
    assert b"Nothing waits for review." in doctor.get(reverse("clinic")).content


def test_signed_reviews_leave_the_queue_and_stand_below(closed: Infusion, people: People, doctor: Client) -> None:
    at = datetime.fromisoformat("2026-06-30T10:00:00-07:00")
    review_sign(review=closed.review, by=people.weiss, note="", next_time="", at=at)
    response = doctor.get(reverse("clinic"))
    assert response.context["waiting"] == []
    assert [line.review for line in response.context["signed"]] == [closed.review]
    assert "signed Tue 30 Jun, 10:00 am by Weiss" in response.content.decode()


def test_children_stand_there_with_their_plans(draft: Plan, infusion: Infusion, people: People, doctor: Client) -> None:
    response = doctor.get(reverse("clinic"))
    (line,) = response.context["children"]
    assert line.child == people.lena
    assert [one.plan for one in line.plans] == [infusion.plan, draft]
    page = response.content.decode()
    assert "Mon 15 Jun and Tue 16 Jun, Octagam 10 %" in page
    assert "no dates yet" in page
    assert reverse("plan_new", args=[people.lena.pk]) in page
    assert reverse("plan_edit", args=[draft.pk]) in page
    assert reverse("plan_preview", args=[infusion.plan.pk]) in page


def test_another_clinic_sees_none_of_it(closed: Infusion, people: People, browser_of: Callable[[User], Client]) -> None:
    response = browser_of(people.lee).get(reverse("clinic"))
    assert response.context["waiting"] == []
    assert [line.child for line in response.context["children"]] == [people.kai]
    assert b"Moreno" not in response.content


def test_a_clinician_who_is_also_a_parent_reviews_only_for_the_clinic(
    closed: Infusion, people: People, browser_of: Callable[[User], Client]
) -> None:
    people.lena.memberships.create(user=people.lee, role="guardian")
    response = browser_of(people.lee).get(reverse("clinic"))
    assert response.context["waiting"] == []
    assert [line.child for line in response.context["children"]] == [people.kai]


def test_more_children_cost_no_more_queries(
    people: People, child_of_riverside: Callable[[str], Child], doctor: Client
) -> None:
    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            doctor.get(reverse("clinic"))
        return len(captured)

    def close(name: str) -> Review:
        return finish(_infusion(child_of_riverside(name), people), by=people.maria).review

    close("One")
    review_sign(review=close("Two"), by=people.weiss, note="", next_time="", at=STARTS_AT)
    few = queries()
    for name in ("Three", "Four"):
        close(name)
    review_sign(review=close("Five"), by=people.weiss, note="", next_time="", at=STARTS_AT)
    assert queries() == few
