"""What a parent says about an infusion day: the difference is shown first, saved second, and can be taken back."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from django.test import Client
from django.urls import reverse
from time_machine import Traveller

from ivig_care.accounts.models import User
from ivig_care.plans.models import Infusion, InfusionDay, InfusionDayEvent
from tests.actors import People
from tests.conftest import STARTS_AT

SignedIn = Callable[[User], Client]
LATE = STARTS_AT + timedelta(minutes=45)

pytestmark = pytest.mark.usefixtures("late_clock")


@pytest.fixture
def late_clock(clock: Traveller) -> None:
    """It is three quarters of an hour after the planned start."""
    clock.move_to(LATE)


@pytest.fixture
def day(infusion: Infusion) -> InfusionDay:
    """Day 1."""
    return infusion.days.get(number=1)


def due(infusion: Infusion, slot: str) -> datetime:
    """When the step in a slot is due."""
    return infusion.steps.get(slot=slot).due_at


def test_asking_shows_what_moves_and_saves_nothing(
    infusion: Infusion, day: InfusionDay, people: People, browser_of: SignedIn
) -> None:
    page = browser_of(people.maria).get(reverse("day_start", args=[day.pk]), {"ago": "0"}).content.decode()
    assert "45 min late" in page
    assert "Mon 10:00 am" in page
    assert "Mon 10:45 am" in page
    day.refresh_from_db()
    assert (day.actual_start, due(infusion, "fluids-during.d1")) == (None, STARTS_AT + timedelta(hours=1))


def test_saving_moves_the_open_steps(
    infusion: Infusion, day: InfusionDay, people: People, browser_of: SignedIn
) -> None:
    response = browser_of(people.maria).post(reverse("day_start", args=[day.pk]), {"ago": "0"})
    assert response.headers["Location"] == reverse("checklist", args=[infusion.pk])
    day.refresh_from_db()
    assert (day.actual_start, due(infusion, "fluids-during.d1")) == (LATE, LATE + timedelta(hours=1))


def test_the_end_and_both_undos(
    infusion: Infusion, day: InfusionDay, people: People, browser_of: SignedIn, clock: Traveller
) -> None:
    maria = browser_of(people.maria)
    maria.post(reverse("day_start", args=[day.pk]), {"ago": "0"})
    clock.shift(timedelta(hours=5))
    maria.post(reverse("day_end", args=[day.pk]), {"ago": "0"})
    day.refresh_from_db()
    assert day.actual_end == LATE + timedelta(hours=5)
    for start in (LATE, None, None):
        maria.post(reverse("day_undo", args=[day.pk]))
        undone = InfusionDay.objects.get(pk=day.pk)
        assert (undone.actual_start, undone.actual_end) == (start, None)
    kinds = InfusionDayEvent.objects.order_by("pk").values_list("kind", flat=True)
    assert list(kinds) == ["started", "ended", "end undone", "start undone"]


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("day_start", {"at": "2026-06-15T23:00"}),
        ("day_start", {"at": "2026-06-13T09:00"}),
        ("day_start", {"ago": "x"}),
        ("day_start", {"at": "9999-12-31T23:59"}),
        ("day_end", {"ago": "0"}),
    ],
)
@pytest.mark.parametrize("method", ["get", "post"])
def test_what_cannot_be_is_refused_in_words(
    day: InfusionDay, people: People, browser_of: SignedIn, name: str, data: dict[str, str], method: str
) -> None:
    response = getattr(browser_of(people.maria), method)(reverse(name, args=[day.pk]), data)
    assert response.status_code == 422
    assert 'role="alert"' in response.content.decode()
    assert InfusionDayEvent.objects.count() == 0


@pytest.mark.parametrize("name", ["day_start", "day_end", "day_undo"])
@pytest.mark.parametrize("stranger", ["tom", "lee"])
def test_for_everybody_else_the_day_does_not_exist(
    day: InfusionDay, people: People, browser_of: SignedIn, name: str, stranger: str
) -> None:
    response = browser_of(getattr(people, stranger)).post(reverse(name, args=[day.pk]), {"ago": "0"})
    assert response.status_code == 404
    assert InfusionDayEvent.objects.count() == 0


def test_the_hour_that_comes_twice_stays_the_hour_that_was_shown(
    day: InfusionDay, people: People, browser_of: SignedIn, clock: Traveller
) -> None:
    # The clocks go back at 2:00: this is the second half past one of that night.
    second = datetime.fromisoformat("2026-11-01T01:30:00-08:00")
    InfusionDay.objects.filter(pk=day.pk).update(planned_start=second)
    clock.move_to(second)
    maria, path = browser_of(people.maria), reverse("day_start", args=[day.pk])
    page = maria.get(path, {"ago": "0"}).content.decode()
    (kept,) = re.findall(r'type="hidden" name="exact" value="([^"]+)"', page)
    maria.post(path, {"exact": kept})
    day.refresh_from_db()
    assert day.actual_start == second


def test_the_toast_says_when_and_how_many_steps_moved(day: InfusionDay, people: People, browser_of: SignedIn) -> None:
    maria = browser_of(people.maria)
    page = maria.post(reverse("day_start", args=[day.pk]), {"ago": "0"}, follow=True).content.decode()
    toast = page.split('class="toast')[1]
    assert re.search(r"Day 1 started Mon 9:45 am\. \d+ open steps moved\.", toast)
    assert reverse("day_undo", args=[day.pk]) in toast
