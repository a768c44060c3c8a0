"""Medicines in the reader's language: the ingredient has a name in each, and the prescribed one stands beside it."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client
from django.urls import reverse
from django.utils.translation import override

from ivig_care.accounts.models import User
from ivig_care.common.spoken import medicine_called, translated
from ivig_care.plans.models import Dose, Infusion
from tests.actors import People
from tests.conftest import ACTIVATED_AT, STARTS_AT
from tests.factories import MEDICINES, WHEN_NEEDED, active_infusion, us_limit

SignedIn = Callable[[User], Client]
pytestmark = pytest.mark.usefixtures("clock")


@pytest.fixture
def infusion(people: People) -> Infusion:
    """An infusion with ibuprofen for when it is needed."""
    us_limit("ibuprofen", hours=6, doses=4)
    return active_infusion(
        child=people.lena, by=people.weiss, starts_at=STARTS_AT, at=ACTIVATED_AT, medicines=(*MEDICINES, WHEN_NEEDED)
    )


@pytest.fixture
def maria(people: People, browser_of: SignedIn) -> Client:
    """Maria, who reads Spanish."""
    User.objects.filter(pk=people.maria.pk).update(language="es")
    return browser_of(people.maria)


@pytest.mark.parametrize(
    ("name", "ingredient", "english", "spanish"),
    [
        ("", "acetaminophen", "acetaminophen", "acetaminofén (acetaminophen)"),
        ("acetaminophen", "acetaminophen", "acetaminophen", "acetaminofén (acetaminophen)"),
        ("Diphenhydramine", "diphenhydramine", "diphenhydramine", "difenhidramina (diphenhydramine)"),
        ("Tylenol", "acetaminophen", "Tylenol (acetaminophen)", "Tylenol (acetaminofén)"),
        ("Paracetamol", "acetaminophen", "Paracetamol (acetaminophen)", "Paracetamol (acetaminofén)"),
        ("ibuprofeno", "ibuprofen", "ibuprofeno", "ibuprofeno"),
        # What nobody knows here stays as somebody wrote it.
        ("Drops of Grandma", "Drops of Grandma", "Drops of Grandma", "Drops of Grandma"),
        ("Children\u2019s acetaminophen", "acetaminophen", *2 * ["Children\u2019s acetaminophen"]),
    ],
)
def test_what_a_medicine_is_called(name: str, ingredient: str, english: str, spanish: str) -> None:
    assert medicine_called(name, ingredient) == english
    with override("es"):
        assert medicine_called(name, ingredient) == spanish


def test_a_question_that_was_kept_names_it_too() -> None:
    with override("es"):
        assert "acetaminofén (acetaminophen)" in translated("Did acetaminophen help? Look again")
        assert "Tylenol" in translated("Did Tylenol help? Look again")


def test_the_pages_of_a_family_name_it_in_both(infusion: Infusion, maria: Client) -> None:
    tick = infusion.steps.get(slot="premedication.d1.diphenhydramine")
    maria.post(reverse("step_tick", args=[tick.pk]))
    checklist = maria.get(reverse("checklist", args=[infusion.pk])).content.decode()
    assert "Difenhidramina (diphenhydramine)" in checklist
    form = {"medicine": "acetaminophen", "amount": "300", "unit": "mg", "ago": "0", "reason": "fiebre"}
    maria.post(reverse("extra_dose", args=[infusion.pk]), form)
    told = maria.post(reverse("symptoms", args=[infusion.pk]), {"symptom": "breathlessness"}, follow=True)
    page = told.content.decode().split('id="tell"')[1].split("</section>")[0]
    assert "Difenhidramina (diphenhydramine), " in page
    assert "Acetaminofén (acetaminophen), " in page
    diary = maria.get(reverse("diary", args=[infusion.pk])).content.decode()
    assert "Acetaminofén (acetaminophen) 300 mg" in diary
    day = infusion.days.get(number=1)
    card = maria.get(reverse("infusion_card", args=[day.pk])).content.decode()
    assert "Difenhidramina (diphenhydramine)" in card
    offers = maria.get(reverse("extra_dose", args=[infusion.pk])).content.decode()
    assert "Ibuprofeno (ibuprofen)" in offers
    briefing = maria.get(reverse("briefing", args=[day.pk])).content.decode()
    assert "<strong>Difenhidramina (diphenhydramine)</strong>" in briefing


@pytest.mark.parametrize("typed", ["ibuprofeno", "Ibuprofeno ", "IBUPROFENO", "ibuprofen"])
def test_a_spanish_name_is_known_and_counts(infusion: Infusion, maria: Client, typed: str) -> None:
    asked = {"medicine": typed, "amount": "200", "unit": "mg", "ago": "0"}
    page = maria.get(reverse("extra_dose", args=[infusion.pk]), asked).content.decode()
    assert "Este nombre no se conoce" not in page
    maria.post(reverse("extra_dose", args=[infusion.pk]), asked)
    assert Dose.objects.get().ingredient == "ibuprofen"
    again = maria.get(reverse("extra_dose", args=[infusion.pk]), asked).content.decode()
    assert 'name="reason"' in again


def test_an_accent_that_is_left_out_is_no_other_medicine(infusion: Infusion, maria: Client) -> None:
    form = {"medicine": "acetaminofen", "amount": "300", "unit": "mg", "ago": "0", "reason": "fiebre"}
    maria.post(reverse("extra_dose", args=[infusion.pk]), form)
    assert Dose.objects.get().ingredient == "acetaminophen"


def test_the_names_to_choose_from_are_in_the_readers_language(infusion: Infusion, maria: Client) -> None:
    page = maria.get(reverse("extra_dose", args=[infusion.pk])).content.decode()
    names = page.split('<datalist id="medicines">')[1].split("</datalist>")[0]
    assert '<option value="ibuprofeno">' in names
    assert '<option value="ibuprofen">' in names


def test_what_nobody_knows_is_called_as_it_was_typed(infusion: Infusion, maria: Client) -> None:
    """Even where the word has a meaning elsewhere on the site."""
    assert translated("kidney") == "kidney"
    form = {"medicine": "kidney", "amount": "1", "unit": "mg", "ago": "0", "reason": "no sé"}
    page = maria.post(reverse("extra_dose", args=[infusion.pk]), form, follow=True).content.decode()
    assert Dose.objects.get().medicine_name == "kidney"
    assert "<span>Kidney: " in page
