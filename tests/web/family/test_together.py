"""Several medicines ticked at once: all of them or none, and taken back together."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse
from time_machine import Traveller

from ivig_care.accounts.models import User
from ivig_care.actions.steps import step_tick
from ivig_care.plans.models import Dose, Infusion, Step, StepEvent
from ivig_care.plans.selectors import checklist_of
from tests.actors import People
from tests.conftest import STARTS_AT

SignedIn = Callable[[User], Client]
HTMX = {"HX-Request": "true"}

pytestmark = pytest.mark.usefixtures("clock")


@pytest.fixture
def both(infusion: Infusion) -> list[Step]:
    """The two medicines of day 1, due half an hour ago."""
    return list(infusion.steps.filter(kind="premedication", day_number=1).order_by("slot"))


def say(client: Client, verb: str, infusion: Infusion, steps: list[Step], **data: str) -> HttpResponse:
    """Post one of the two forms of the group, as htmx does."""
    keys = [str(step.pk) for step in steps]
    path = reverse(verb, args=[infusion.pk])
    if verb == "steps_undo":
        path += "?" + "&".join(f"step={key}" for key in keys)
    return client.post(path, {"step": keys, **data}, headers=HTMX)  # type: ignore[return-value]


def states(steps: list[Step]) -> list[str]:
    """What the database says of the steps."""
    return list(
        Step.objects.filter(pk__in=[step.pk for step in steps]).order_by("slot").values_list("state", flat=True)
    )


def test_medicines_that_are_due_together_are_offered_together(infusion: Infusion, both: list[Step]) -> None:
    offered = [row.step.slot for row in checklist_of(infusion, now=STARTS_AT).together]
    assert sorted(offered) == [step.slot for step in both]


def test_one_medicine_alone_is_no_group(infusion: Infusion, both: list[Step], people: People) -> None:
    step_tick(step=both[0], by=people.maria, at=STARTS_AT, now=STARTS_AT)
    assert checklist_of(infusion, now=STARTS_AT).together == []


def test_what_is_not_allowed_yet_is_not_in_the_group(infusion: Infusion, both: list[Step], people: People) -> None:
    step_tick(step=both[0], by=people.maria, at=STARTS_AT, now=STARTS_AT)
    course = infusion.steps.get(slot="acetaminophen-course.1")
    Step.objects.filter(pk=course.pk).update(opens_at=STARTS_AT, due_at=STARTS_AT + timedelta(minutes=5))
    page = checklist_of(infusion, now=STARTS_AT)
    assert {row.step.slot for row in page.now_rows} >= {both[1].slot, course.slot}
    assert page.together == []


def test_one_ingredient_twice_is_not_in_the_group(infusion: Infusion, both: list[Step]) -> None:
    Step.objects.filter(slot="acetaminophen-course.1").update(opens_at=STARTS_AT, due_at=STARTS_AT)
    assert checklist_of(infusion, now=STARTS_AT).together == []


def test_all_are_recorded_at_one_time(
    infusion: Infusion, both: list[Step], people: People, browser_of: SignedIn
) -> None:
    response = say(browser_of(people.maria), "steps_tick", infusion, both, ago="30")
    assert response.status_code == 200
    assert states(both) == ["done", "done"]
    assert set(Dose.objects.values_list("given_at", flat=True)) == {STARTS_AT - timedelta(minutes=30)}
    toast = response.content.decode().split('class="toast')[1]
    assert "Acetaminophen: given Mon 8:30 am. Diphenhydramine: given Mon 8:30 am." in toast
    assert f"step={both[0].pk}&amp;step={both[1].pk}" in toast


def test_one_too_soon_and_none_is_recorded(
    infusion: Infusion, both: list[Step], people: People, browser_of: SignedIn, clock: Traveller
) -> None:
    maria = browser_of(people.maria)
    say(maria, "steps_tick", infusion, both)
    clock.shift(timedelta(hours=2))
    course = infusion.steps.get(slot="acetaminophen-course.1")
    other = infusion.steps.get(slot="premedication.d2.diphenhydramine")
    response = say(maria, "steps_tick", infusion, [other, course])
    assert response.status_code == 422
    page = response.content.decode()
    assert "Nothing was recorded yet: please answer them one by one." in page
    assert states([course, other]) == ["open", "open"]
    assert Dose.objects.count() == 2


def test_what_the_other_ticked_meanwhile_is_said_and_not_recorded_twice(
    infusion: Infusion, both: list[Step], people: People, browser_of: SignedIn, clock: Traveller
) -> None:
    step_tick(step=both[0], by=people.sam, at=STARTS_AT, now=STARTS_AT)
    clock.shift(timedelta(minutes=10))
    toast = say(browser_of(people.maria), "steps_tick", infusion, both).content.decode().split('class="toast')[1]
    assert "Sam ticked this before: Acetaminophen: given Mon 9:00 am. Nothing was added." in toast
    assert "Diphenhydramine: given Mon 9:10 am." in toast
    assert f"?step={both[1].pk}&quot;" in toast or f'?step={both[1].pk}"' in toast
    assert Dose.objects.filter(step=both[0]).count() == 1


def test_undo_takes_all_of_them_back(
    infusion: Infusion, both: list[Step], people: People, browser_of: SignedIn
) -> None:
    maria = browser_of(people.maria)
    say(maria, "steps_tick", infusion, both)
    assert say(maria, "steps_undo", infusion, both).status_code == 200
    assert states(both) == ["open", "open"]
    assert Dose.objects.standing().count() == 0


def test_without_htmx_the_whole_page_follows(
    infusion: Infusion, both: list[Step], people: People, browser_of: SignedIn
) -> None:
    keys = [str(step.pk) for step in both]
    drink = infusion.steps.open().exclude(pk__in=keys).get(opens_at__lte=STARTS_AT, closes_at__gt=STARTS_AT)
    response = browser_of(people.maria).post(reverse("steps_tick", args=[infusion.pk]), {"step": keys})
    assert response.headers["Location"] == f"{reverse('checklist', args=[infusion.pk])}#step-{drink.pk}"


def test_a_time_that_cannot_be_records_none(
    infusion: Infusion, both: list[Step], people: People, browser_of: SignedIn
) -> None:
    for when in ({"ago": "soon"}, {"at": "9999-12-31T23:59"}, {"at": "2026-06-15T23:00"}):
        assert say(browser_of(people.maria), "steps_tick", infusion, both, **when).status_code == 422
    assert states(both) == ["open", "open"]


@pytest.mark.parametrize("asked", [[], ["x"], ["1", "x"], ["9" * 40], ["9" * 19], ["999999"], ["-1"]])
@pytest.mark.parametrize("verb", ["steps_tick", "steps_undo"])
def test_steps_that_are_not_there_are_not_found(
    infusion: Infusion, people: People, browser_of: SignedIn, verb: str, asked: list[str]
) -> None:
    path = reverse(verb, args=[infusion.pk]) + "?" + "&".join(f"step={key}" for key in asked)
    assert browser_of(people.maria).post(path, {"step": asked}).status_code == 404


def test_only_medicines_of_this_infusion_are_ticked_together(
    infusion: Infusion, both: list[Step], people: People, browser_of: SignedIn
) -> None:
    drink = infusion.steps.get(slot="fluids-during.d1")
    assert say(browser_of(people.maria), "steps_tick", infusion, [both[0], drink]).status_code == 404
    assert StepEvent.objects.count() == 0


@pytest.mark.parametrize("verb", ["steps_tick", "steps_undo"])
@pytest.mark.parametrize("stranger", ["tom", "lee"])
def test_for_everybody_else_they_do_not_exist(
    infusion: Infusion, both: list[Step], people: People, browser_of: SignedIn, verb: str, stranger: str
) -> None:
    assert say(browser_of(getattr(people, stranger)), verb, infusion, both).status_code == 404
    assert states(both) == ["open", "open"]
    assert say(Client(), verb, infusion, both).headers["HX-Redirect"].startswith("/accounts/login/")


def test_a_closed_session_or_a_link_ticks_nothing(
    infusion: Infusion, both: list[Step], people: People, browser_of: SignedIn
) -> None:
    assert browser_of(people.maria).get(reverse("steps_tick", args=[infusion.pk])).status_code == 405
    assert states(both) == ["open", "open"]
