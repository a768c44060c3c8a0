"""What was said of an infusion day without a signal: recorded once at its time; nobody else's word is overwritten."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from time_machine import Traveller

from ivig_care.accounts.models import SentEntry, User
from ivig_care.plans.models import Infusion, InfusionDay, InfusionDayEvent, RateEntry
from tests.actors import People
from tests.conftest import STARTS_AT

SignedIn = Callable[[User], Client]
LATER = {"X-Queued": "later"}
MINUTE = timedelta(minutes=1)

pytestmark = pytest.mark.usefixtures("clock")


@pytest.fixture
def day(infusion: Infusion, clock: Traveller) -> InfusionDay:
    """Day 1; it is six hours after its planned start."""
    clock.shift(timedelta(hours=6))
    return infusion.days.get(number=1)


def exact(minutes: int) -> str:
    """So many minutes after the planned start, as a device writes it."""
    return f"{STARTS_AT + minutes * MINUTE:%Y-%m-%dT%H:%M:%S%z}"


def send(client: Client, name: str, day: InfusionDay, minutes: int, **more: str) -> Any:
    """What a device says later, with a key of its own."""
    data = {"key": f"key-of-{name}-{minutes}", "exact": exact(minutes), "back": "card", **more}
    return client.post(reverse(name, args=[day.pk]), data, headers=LATER)


def test_a_whole_day_is_replayed_in_order(day: InfusionDay, people: People, browser_of: SignedIn) -> None:
    maria = browser_of(people.maria)
    started = send(maria, "day_start", day, 20).json()
    assert started["status"] == "recorded"
    assert started["words"].startswith("Day 1 started Mon 9:20 am. ")
    assert started["words"].endswith("open steps moved.")
    for name, minutes, more in (
        ("rate_enter", 22, {"ml_h": "12"}),
        ("pause", 60, {}),
        ("resume", 75, {"ml_h": "24"}),
    ):
        assert send(maria, name, day, minutes, **more).json()["status"] == "recorded"
    assert send(maria, "day_end", day, 300).json()["words"].startswith("Day 1 ended Mon 2:00 pm. ")
    day.refresh_from_db()
    assert (day.actual_start, day.actual_end) == (STARTS_AT + 20 * MINUTE, STARTS_AT + 300 * MINUTE)
    rates = RateEntry.objects.order_by("at").values_list("ml_h", "at")
    assert [(str(ml_h), at) for ml_h, at in rates] == [
        ("12.0", STARTS_AT + 22 * MINUTE),
        ("0.0", STARTS_AT + 60 * MINUTE),
        ("24.0", STARTS_AT + 75 * MINUTE),
    ]


@pytest.mark.parametrize("name", ["day_start", "day_end"])
def test_sent_twice_it_is_said_once(day: InfusionDay, people: People, browser_of: SignedIn, name: str) -> None:
    maria = browser_of(people.maria)
    if name == "day_end":
        send(maria, "day_start", day, 1)
    before = InfusionDayEvent.objects.count()
    first, again = (send(maria, name, day, 20) for _ in range(2))
    assert first.json() == again.json()
    assert InfusionDayEvent.objects.count() == before + 1


def test_what_another_said_meanwhile_is_not_overwritten(day: InfusionDay, people: People, browser_of: SignedIn) -> None:
    browser_of(people.sam).post(reverse("day_start", args=[day.pk]), {"exact": exact(10)})
    said = send(browser_of(people.maria), "day_start", day, 5)
    assert said.status_code == 422
    assert said.json()["words"] == (
        "Sam said before your entry arrived: day 1 started Mon 9:10 am. You said Mon 9:05 am. "
        "Your time was not recorded. If yours is right, look what it would change and save it."
    )
    day.refresh_from_db()
    assert day.actual_start == STARTS_AT + 10 * MINUTE
    assert not SentEntry.objects.exists()
    # The page that it leads to shows what the other time would change, before it is saved.
    page = browser_of(people.maria).get(said.json()["look"]).content.decode()
    assert "Not saved yet." in page
    assert 'name="exact" value="2026-06-15T16:05:00+0000"' in page


def test_the_end_that_another_said_is_not_overwritten(day: InfusionDay, people: People, browser_of: SignedIn) -> None:
    sam, maria = browser_of(people.sam), browser_of(people.maria)
    sam.post(reverse("day_start", args=[day.pk]), {"exact": exact(0)})
    sam.post(reverse("day_end", args=[day.pk]), {"exact": exact(280)})
    assert (
        "Sam said before your entry arrived: day 1 ended Mon 1:40 pm."
        in send(maria, "day_end", day, 300).json()["words"]
    )
    day.refresh_from_db()
    assert day.actual_end == STARTS_AT + 280 * MINUTE


def test_the_same_minute_said_by_both_is_no_conflict(day: InfusionDay, people: People, browser_of: SignedIn) -> None:
    browser_of(people.sam).post(reverse("day_start", args=[day.pk]), {"exact": exact(10)})
    assert send(browser_of(people.maria), "day_start", day, 10).json()["status"] == "recorded"
    assert InfusionDayEvent.objects.count() == 1


def test_a_correction_with_a_signal_still_counts(day: InfusionDay, people: People, browser_of: SignedIn) -> None:
    browser_of(people.sam).post(reverse("day_start", args=[day.pk]), {"exact": exact(10)})
    browser_of(people.maria).post(reverse("day_start", args=[day.pk]), {"exact": exact(5), "key": "a-key-of-a-form"})
    day.refresh_from_db()
    assert day.actual_start == STARTS_AT + 5 * MINUTE


@pytest.mark.parametrize(
    ("name", "minutes", "words"),
    [
        ("day_end", 30, "The infusion cannot end before it started."),
        ("pause", 30, "That is before the infusion started."),
        ("day_end", 600, "That time has not come yet."),
    ],
)
def test_what_cannot_be_is_refused_in_words_and_may_come_again(
    day: InfusionDay, people: People, browser_of: SignedIn, name: str, minutes: int, words: str
) -> None:
    maria = browser_of(people.maria)
    send(maria, "day_start", day, 60)
    said = send(maria, name, day, minutes)
    assert (said.status_code, said.json()["status"], said.json()["words"]) == (422, "refused", words)
    assert said.json()["look"].startswith(reverse(name, args=[day.pk]))
    assert maria.get(said.json()["look"]).status_code == 422
    assert SentEntry.objects.count() == 1


def test_a_rate_before_the_start_was_said_leads_back_to_the_same_rate(
    day: InfusionDay, people: People, browser_of: SignedIn
) -> None:
    said = send(browser_of(people.maria), "rate_enter", day, 30, ml_h="24").json()
    assert said["words"] == "Say first when the infusion started."
    assert "ml_h=24" in said["look"]


def test_with_a_signal_the_form_of_a_script_is_followed_to_the_card(
    day: InfusionDay, people: People, browser_of: SignedIn
) -> None:
    data = {"key": "key-of-the-form", "exact": exact(5), "back": "card"}
    said = browser_of(people.maria).post(reverse("day_start", args=[day.pk]), data, headers={"X-Queued": "now"})
    assert said.json()["to"] == reverse("infusion_card", args=[day.pk])
