"""Activating a plan, from the form to the checklist."""

from __future__ import annotations

from decimal import Decimal

from django.test import Client
from django.urls import reverse

from ivig_care.plans.models import Plan, Step
from tests.actors import People
from tests.conftest import STARTS_AT


def _activate(plan: Plan) -> str:
    return reverse("plan_activate", args=[plan.pk])


def test_from_the_form_to_the_checklist(draft: Plan, typed: dict[str, str], people: People, doctor: Client) -> None:
    doctor.post(reverse("plan_edit", args=[draft.pk]), typed)
    response = doctor.post(_activate(draft), follow=True)
    draft.refresh_from_db()
    assert (draft.status, draft.prescribed_by) == ("active", people.weiss)
    assert "The plan is active." in response.content.decode()
    infusion = draft.infusions.get()
    assert infusion.steps.open().count() == 26
    assert infusion.days.get(number=1).planned_start == STARTS_AT
    first = infusion.steps.get(slot="premedication.d1.acetaminophen")
    assert (first.medicine_name, first.mg, first.mg_per_ml) == ("Tylenol", Decimal(300), Decimal(32))
    assert first.next_nudge_at == STARTS_AT.replace(hour=8)


def test_an_incomplete_plan_is_refused_and_says_what_is_missing(
    draft: Plan, typed: dict[str, str], doctor: Client
) -> None:
    doctor.post(reverse("plan_edit", args=[draft.pk]), typed | {"weight_kg": "", "has_risk": ""})
    response = doctor.post(_activate(draft))
    assert response.status_code == 422
    words = "Not prescribed yet: weight, whether there is a risk of kidney injury or thrombosis."
    assert words in response.content.decode()
    draft.refresh_from_db()
    assert (draft.status, draft.activated_at, Step.objects.count()) == ("draft", None, 0)


def test_a_second_activation_is_refused_and_changes_nothing(draft: Plan, typed: dict[str, str], doctor: Client) -> None:
    doctor.post(reverse("plan_edit", args=[draft.pk]), typed)
    doctor.post(_activate(draft))
    draft.refresh_from_db()
    before = (draft.activated_at, list(Step.objects.values_list("pk", "due_at")))
    response = doctor.post(_activate(draft))
    assert response.status_code == 422
    assert "This plan is active and can no longer be changed here." in response.content.decode()
    draft.refresh_from_db()
    assert (draft.activated_at, list(Step.objects.values_list("pk", "due_at"))) == before


def test_a_course_that_never_ends_is_refused(draft: Plan, typed: dict[str, str], doctor: Client) -> None:
    doctor.post(reverse("plan_edit", args=[draft.pk]), typed | {"course-0-every_hours": "0.1"})
    response = doctor.post(_activate(draft))
    assert response.status_code == 422
    assert "would have more than 200 doses" in response.content.decode()
    draft.refresh_from_db()
    assert (draft.status, Step.objects.count()) == ("draft", 0)
