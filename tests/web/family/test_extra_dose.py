"""A dose that is no step: what is known is shown first, then it is saved; what speaks against it asks why."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal

import pytest
from django.test import Client
from django.urls import reverse

from ivig_care.accounts.models import User
from ivig_care.plans.models import Dose, Infusion
from tests.actors import People
from tests.conftest import ACTIVATED_AT, STARTS_AT
from tests.factories import MEDICINES, WHEN_NEEDED, active_infusion, us_limit

SignedIn = Callable[[User], Client]
HOUR = timedelta(hours=1)
pytestmark = pytest.mark.usefixtures("clock")
IBUPROFEN = {"medicine": "ibuprofen", "amount": "200", "unit": "mg", "ago": "0"}


@pytest.fixture
def infusion(people: People) -> Infusion:
    """An infusion with ibuprofen for when it is needed; it runs."""
    us_limit("ibuprofen", hours=6, doses=4)
    made = active_infusion(
        child=people.lena, by=people.weiss, starts_at=STARTS_AT, at=ACTIVATED_AT, medicines=(*MEDICINES, WHEN_NEEDED)
    )
    made.days.filter(number=1).update(actual_start=STARTS_AT - HOUR)
    return made


@pytest.fixture
def maria(people: People, browser_of: SignedIn) -> Client:
    """Maria's browser."""
    return browser_of(people.maria)


def shown(browser: Client, infusion: Infusion, **asked: str) -> str:
    response = browser.get(reverse("extra_dose", args=[infusion.pk]), asked)
    assert response.status_code == 200
    return response.content.decode()


def save(browser: Client, infusion: Infusion, **form: str) -> str:
    response = browser.post(reverse("extra_dose", args=[infusion.pk]), form, follow=True)
    assert response.status_code == 200, response.content.decode()
    return response.content.decode()


def test_what_is_known_is_shown_and_nothing_is_saved(infusion: Infusion, maria: Client) -> None:
    page = shown(maria, infusion, **IBUPROFEN)
    assert "Not written down yet." in page
    assert "No dose of it stands in the record before that." in page
    assert "Nothing known here speaks against it." in page
    assert not Dose.objects.exists()


def test_saving_records_it_and_says_when_to_look_again(infusion: Infusion, people: People, maria: Client) -> None:
    page = save(maria, infusion, **IBUPROFEN)
    assert "Ibuprofen: written down, given Mon 9:00 am. Look again at Mon 10:00 am whether it helped." in page
    assert "Did ibuprofen help? Look again" in page
    dose = Dose.objects.get()
    assert (dose.mg, dose.entered_by, dose.by_clinic) == (Decimal(200), people.maria, False)


def test_another_by_somebody_else_is_shown_asked_about_and_recorded_all_the_same(
    infusion: Infusion, people: People, maria: Client, browser_of: SignedIn
) -> None:
    save(browser_of(people.sam), infusion, **{**IBUPROFEN, "ago": "30"})
    page = shown(maria, infusion, **IBUPROFEN)
    assert "Already given by Sam, Mon 8:30 am." in page
    assert "Write down another?" in page
    response = maria.post(reverse("extra_dose", args=[infusion.pk]), IBUPROFEN)
    assert response.status_code == 422
    assert "Say why it was given all the same." in response.content.decode()
    assert Dose.objects.count() == 1
    save(maria, infusion, **IBUPROFEN, reason="spat it out")
    assert Dose.objects.get(reason="spat it out").entered_by == people.maria


def test_what_is_for_need_is_offered_only_while_the_ledger_allows(infusion: Infusion, maria: Client) -> None:
    assert "allowed now" in shown(maria, infusion)
    save(maria, infusion, **IBUPROFEN)
    page = shown(maria, infusion)
    assert "allowed now" not in page
    assert "Next allowed <strong>Mon 5:00 pm</strong>" in page


def test_after_a_headache_the_page_offers_it_and_after_a_red_flag_it_does_not(
    infusion: Infusion, maria: Client
) -> None:
    symptoms = reverse("symptoms", args=[infusion.pk])
    mild = {"symptom": "headache", "sev_headache": "mild", "stays_headache": "no", "since": "1"}
    assert "allowed now" in maria.post(symptoms, mild, follow=True).content.decode()
    assert "allowed now" not in maria.post(symptoms, {"symptom": "hives"}, follow=True).content.decode()


def test_a_name_that_nobody_knows_says_ask_and_is_recorded(infusion: Infusion, maria: Client) -> None:
    asked = {"medicine": "Magic drops", "amount": "5", "unit": "mL", "ago": "0"}
    assert "This name is not known here" in shown(maria, infusion, **asked)
    save(maria, infusion, **asked)
    assert Dose.objects.get().ingredient == "Magic drops"


def test_the_dose_of_the_checklist_is_ticked_there(infusion: Infusion, maria: Client) -> None:
    page = shown(maria, infusion, medicine="acetaminophen", amount="300", unit="mg", ago="0")
    assert "Was it that dose?" in page
    step = infusion.steps.get(slot="premedication.d1.acetaminophen")
    assert f'action="/steps/{step.pk}/tick/"' in page


def test_what_the_nurse_gave_is_marked(infusion: Infusion, maria: Client) -> None:
    save(maria, infusion, **IBUPROFEN, by_clinic="1")
    assert Dose.objects.get().by_clinic
    assert "given by the nurse" in maria.get(reverse("diary", args=[infusion.pk])).content.decode()


@pytest.mark.parametrize(
    ("form", "words"),
    [
        ({"medicine": "", "ago": "0"}, "Write which medicine it was, as on the box."),
        ({"medicine": "ibuprofen", "amount": "lots", "ago": "0"}, "Write a number"),
        ({"medicine": "ibuprofen", "amount": "99999999", "ago": "0"}, "Write a number"),
        ({"medicine": "ibuprofen", "at": "2026-06-16T11:00"}, "That time has not come yet."),
    ],
)
def test_what_cannot_be_is_said_and_kept(infusion: Infusion, maria: Client, form: dict[str, str], words: str) -> None:
    response = maria.post(reverse("extra_dose", args=[infusion.pk]), form)
    assert response.status_code == 422
    assert words in response.content.decode()
    assert f'value="{form["medicine"]}"' in response.content.decode()
    assert not Dose.objects.exists()


def test_a_dose_is_taken_back_from_the_diary(infusion: Infusion, maria: Client) -> None:
    save(maria, infusion, **IBUPROFEN)
    dose = Dose.objects.get()
    page = maria.post(reverse("dose_undo", args=[dose.pk]), follow=True).content.decode()
    assert "It does not count any more." in page
    assert "undone" in page
    dose.refresh_from_db()
    assert dose.taken_back_at == STARTS_AT
