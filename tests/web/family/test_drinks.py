"""Drinks in two taps, in the person's own unit; cups of the family's own; a page that works as plain forms."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from ivig_care.accounts.models import User
from ivig_care.actions.diary import cup_add, drink_enter
from ivig_care.diary.models import Cup, FluidEntry
from ivig_care.plans.models import Infusion
from ivig_care.regimen.fluids import FluidKind
from tests.actors import People
from tests.conftest import STARTS_AT

SignedIn = Callable[[User], Client]
MINUTE = timedelta(minutes=1)
pytestmark = pytest.mark.usefixtures("clock")


@pytest.fixture
def maria(people: People, browser_of: SignedIn) -> Client:
    """Maria's browser."""
    return browser_of(people.maria)


@pytest.fixture
def mug(people: People) -> Cup:
    """A mug of 240 mL."""
    return cup_add(child=people.lena, name="Mug", ml=240, by=people.maria, now=STARTS_AT)


def page(browser: Client, infusion: Infusion) -> str:
    return browser.get(reverse("drinks", args=[infusion.pk])).content.decode()


def test_the_first_cup_is_asked_for_and_then_a_drink_is_two_taps(
    infusion: Infusion, people: People, maria: Client
) -> None:
    assert "Your usual cup holds …" in page(maria, infusion)
    back = reverse("drinks", args=[infusion.pk])
    form = {"name": "Mug", "amount": "240", "unit": "mL", "next": back}
    assert maria.post(reverse("cups", args=[people.lena.pk]), form).headers["Location"] == back
    cup = Cup.objects.get()
    response = maria.post(back, {"kind": "electrolyte drink", "cup": cup.pk}, follow=True)
    words = response.content.decode()
    assert "Written down: 240 mL electrolyte drink, Mon 9:00 am." in words
    assert "240 mL of 1500 mL" in words
    assert 'stroke-dasharray="16 100"' in words
    entry = FluidEntry.objects.get()
    assert (entry.ml, entry.kind, entry.cup, entry.by, entry.at) == (
        240, "electrolyte drink", "Mug", people.maria, STARTS_AT,
    )  # fmt: skip


def test_earlier_and_another_amount(infusion: Infusion, mug: Cup, maria: Client) -> None:
    maria.post(reverse("drinks", args=[infusion.pk]), {"kind": "water", "cup": mug.pk, "ago": "30"})
    maria.post(reverse("drinks", args=[infusion.pk]), {"amount": "150", "unit": "mL", "at": "2026-06-15T07:15"})
    assert [(one.ml, one.at) for one in FluidEntry.objects.all()] == [
        (150, STARTS_AT - 105 * MINUTE),
        (240, STARTS_AT - 30 * MINUTE),
    ]


def test_ounces_stay_ounces(infusion: Infusion, people: People, browser_of: SignedIn) -> None:
    people.maria.drinks_in = "oz"
    people.maria.save(update_fields=["drinks_in"])
    maria = browser_of(people.maria)
    response = maria.post(reverse("drinks", args=[infusion.pk]), {"amount": "8,5", "unit": "oz"}, follow=True)
    assert FluidEntry.objects.get().ml == 251
    assert "8.5 oz of 50.7 oz" in response.content.decode()


@pytest.mark.parametrize(
    ("form", "words"),
    [
        ({}, "Choose a cup, or write how much it was."),
        ({"amount": "a lot", "unit": "mL"}, "Write a number, for example 250."),
        ({"amount": "1,000", "unit": "mL"}, "Do you mean 1000 or 1?"),
        ({"amount": "1.000", "unit": "mL"}, "Do you mean 1000 or 1?"),
        ({"amount": "0", "unit": "mL"}, "Write a number, for example 250."),
        ({"amount": "25000", "unit": "mL"}, "Check the number and the unit."),
        ({"cup": "999"}, "That cup is gone."),
        ({"amount": "100", "at": "2026-06-15T11:00"}, "That time has not come yet."),
        ({"amount": "100", "kind": "gin"}, "Select a valid choice"),
    ],
)
def test_what_cannot_be_is_said_and_what_was_typed_is_kept(
    infusion: Infusion, mug: Cup, maria: Client, form: dict[str, str], words: str
) -> None:
    response = maria.post(reverse("drinks", args=[infusion.pk]), form)
    assert response.status_code == 422
    assert words in response.content.decode()
    assert form.get("amount", "") in response.content.decode()
    assert not FluidEntry.objects.exists()
    assert mug.pk


def test_a_drink_is_taken_back_from_its_row(infusion: Infusion, people: People, maria: Client) -> None:
    entry = drink_enter(infusion=infusion, kind=FluidKind.WATER, ml=200, by=people.maria, at=STARTS_AT, now=STARTS_AT)
    undo = reverse("drink_undo", args=[entry.pk])
    assert f'action="{undo}"' in page(maria, infusion)
    response = maria.post(undo, follow=True)
    assert "It does not count any more." in response.content.decode()
    assert FluidEntry.objects.get().taken_back_at == STARTS_AT


def test_the_same_form_sent_twice_is_one_drink(infusion: Infusion, mug: Cup, maria: Client) -> None:
    form = {"cup": mug.pk, "key": "a-key-of-its-own.1"}
    for _ in range(2):
        response = maria.post(reverse("drinks", args=[infusion.pk]), form, follow=True)
        assert "Written down: 240 mL water" in response.content.decode()
    assert FluidEntry.objects.count() == 1


def test_what_the_nurse_gives_into_a_vein_is_only_asked_while_it_runs(
    infusion: Infusion, mug: Cup, maria: Client
) -> None:
    assert "from the nurse" not in page(maria, infusion)
    infusion.days.filter(number=1).update(actual_start=STARTS_AT - 10 * MINUTE)
    assert "from the nurse" in page(maria, infusion)
    maria.post(reverse("drinks", args=[infusion.pk]), {"kind": "IV bolus", "amount": "100", "unit": "mL"})
    words = page(maria, infusion)
    assert "100 mL into the vein besides; that is not counted as drunk." in words
    assert mug.pk


def test_a_viewer_looks_and_does_not_write(infusion: Infusion, people: People, browser_of: SignedIn) -> None:
    people.sam.memberships.update(role="viewer")
    words = page(browser_of(people.sam), infusion)
    assert "You may look here, and not write." in words
    assert "<button" not in words.partition("<main")[2].partition("</main>")[0]


def test_cups_are_renamed_and_removed(people: People, mug: Cup, maria: Client) -> None:
    change = reverse("cup_change", args=[mug.pk])
    maria.post(change, {"name": "Big mug", "amount": "300", "unit": "mL"})
    mug.refresh_from_db()
    assert (mug.name, mug.ml) == ("Big mug", 300)
    response = maria.post(change, {"name": "", "amount": "300", "unit": "mL"})
    assert response.status_code == 422
    assert "Give the cup a name" in response.content.decode()
    response = maria.post(reverse("cups", args=[people.lena.pk]), {"name": "Glass", "amount": "", "unit": "mL"})
    assert response.status_code == 422
    assert 'value="Glass"' in response.content.decode()
    maria.post(change, {"remove": "1"})
    assert not Cup.objects.exists()


def test_nobody_is_led_elsewhere(people: People, maria: Client) -> None:
    form = {"name": "Mug", "amount": "240", "unit": "mL", "next": "//evil.example/"}
    response = maria.post(reverse("cups", args=[people.lena.pk]), form)
    assert response.headers["Location"] == reverse("cups", args=[people.lena.pk])


def test_many_drinks_ask_no_more_of_the_database(infusion: Infusion, people: People, mug: Cup, maria: Client) -> None:
    def drink() -> None:
        drink_enter(infusion=infusion, kind=FluidKind.WATER, ml=50, by=people.maria, at=STARTS_AT, now=STARTS_AT)

    def queries() -> int:
        with CaptureQueriesContext(connection) as asked:
            page(maria, infusion)
        return len(asked)

    drink()
    # The first looks are written into the log, and remembered.
    queries(), queries()
    before = queries()
    for _ in range(8):
        drink()
    assert queries() == before
    assert mug.pk
