"""Adding to a signed review."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse

from ivig_care.plans.models import Infusion
from ivig_care.reviews.models import Review, ReviewAmendment
from tests.actors import People


def _amend(infusion: Infusion) -> str:
    return reverse("review_amend", args=[infusion.pk])


@pytest.fixture
def signed(closed: Infusion, doctor: Client) -> Infusion:
    """Lena's infusion, closed and signed."""
    doctor.post(reverse("review_sign", args=[closed.pk]), {"note": "Well done."})
    return closed


def test_an_amendment_stands_below_what_was_signed(signed: Infusion, people: People, doctor: Client) -> None:
    response = doctor.post(_amend(signed), {"note": "Blood count normal."})
    assert response["Location"] == reverse("infusion_review", args=[signed.pk])
    amendment = ReviewAmendment.objects.get()
    assert (amendment.note, amendment.by, Review.objects.get().note) == (
        "Blood count normal.",
        people.weiss,
        "Well done.",
    )
    page = doctor.get(reverse("infusion_review", args=[signed.pk])).content.decode()
    assert page.index("Well done.") < page.index("Blood count normal.")
    assert "Added by Weiss" in page


def test_an_empty_amendment_is_refused(signed: Infusion, doctor: Client) -> None:
    response = doctor.post(_amend(signed), {"note": "  "})
    assert response.status_code == 422
    assert "Write what you want to add first." in response.content.decode()
    assert not ReviewAmendment.objects.exists()


def test_what_is_not_signed_is_not_amended(closed: Infusion, doctor: Client) -> None:
    response = doctor.post(_amend(closed), {"note": "Early."})
    assert response.status_code == 422
    assert "not signed yet" in response.content.decode()
    assert not ReviewAmendment.objects.exists()


def test_an_open_checklist_is_not_amended(infusion: Infusion, doctor: Client) -> None:
    response = doctor.post(_amend(infusion), {"note": "Early."})
    assert response.status_code == 422
    assert "not closed yet" in response.content.decode()
