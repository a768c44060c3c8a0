"""Signing a review: once, with a note that may be empty."""

from __future__ import annotations

from collections.abc import Callable

from django.test import Client
from django.urls import reverse

from ivig_care.accounts.models import User
from ivig_care.care_teams.models import Membership, Role
from ivig_care.plans.models import Infusion
from ivig_care.reviews.models import Review
from tests.actors import People
from tests.conftest import ACTIVATED_AT
from tests.factories import UserFactory


def _sign(infusion: Infusion) -> str:
    return reverse("review_sign", args=[infusion.pk])


def test_signing_keeps_note_and_plan_for_next_time(closed: Infusion, people: People, doctor: Client) -> None:
    typed = {"note": "Well done.", "next_time": "Slower: 1.8 mL/kg/h."}
    response = doctor.post(_sign(closed), typed)
    review = Review.objects.get()
    assert response["Location"] == reverse("clinic")
    assert (review.status, review.note, review.next_time) == ("signed", "Well done.", "Slower: 1.8 mL/kg/h.")
    assert (review.signed_by, review.signed_at) == (people.weiss, ACTIVATED_AT)
    page = doctor.get(reverse("infusion_review", args=[closed.pk])).content.decode()
    assert "Signed by Weiss, Fri 12 Jun, 10:00 am" in page
    assert "Well done." in page
    assert _sign(closed) not in page


def test_a_note_may_be_empty(closed: Infusion, doctor: Client) -> None:
    assert doctor.post(_sign(closed), {}).status_code == 302
    review = Review.objects.get()
    assert (review.status, review.note, review.next_time) == ("signed", "", "")


def test_a_second_signature_changes_nothing_and_loses_nothing(
    closed: Infusion, people: People, doctor: Client, browser_of: Callable[[User], Client]
) -> None:
    colleague = UserFactory.create(name="Okafor", email="okafor@example.org")
    Membership.objects.create(user=colleague, clinic=people.riverside, role=Role.CLINICIAN)
    browser_of(colleague).post(_sign(closed), {"note": "First."})
    response = doctor.post(_sign(closed), {"note": "Second.", "next_time": "Third."})
    page = response.content.decode()
    assert response.status_code == 422
    assert "This review was signed before you did. Nothing was changed." in page
    assert "Second.\n\nThird.</textarea>" in page
    review = Review.objects.get()
    assert (review.note, review.next_time, review.signed_by) == ("First.", "", colleague)


def test_an_open_checklist_is_not_signed(infusion: Infusion, doctor: Client) -> None:
    response = doctor.post(_sign(infusion), {"note": "Too soon."})
    assert response.status_code == 422
    assert "This checklist is not closed yet." in response.content.decode()
    assert not Review.objects.exists()


def test_a_note_that_is_too_long_is_kept_on_the_page(closed: Infusion, doctor: Client) -> None:
    response = doctor.post(_sign(closed), {"note": "x" * 4001, "next_time": "\x00"})
    page = response.content.decode()
    assert response.status_code == 422
    assert "x" * 4001 in page
    assert 'id="id_note_error"' in page
    assert Review.objects.get().status == "open"
