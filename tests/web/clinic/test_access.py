"""Who may open which page of the clinic: every address, every role, and nothing changed on refusal."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client
from django.urls import reverse

from ivig_care.accounts.models import User
from ivig_care.plans.models import Infusion, Plan
from ivig_care.reviews.models import Review, ReviewAmendment
from tests.actors import People

READS = ("plan_new", "plan_edit", "plan_preview", "infusion_review")
WRITES = ("plan_new", "plan_edit", "plan_activate", "review_sign", "review_amend")
FAMILY, STRANGERS = ("maria", "sam"), ("tom", "lee")


def _address(name: str, people: People, draft: Plan, closed: Infusion) -> str:
    keys = {
        "plan_new": people.lena.pk,
        "infusion_review": closed.pk,
        "review_sign": closed.pk,
        "review_amend": closed.pk,
    }
    return reverse(name, args=[keys.get(name, draft.pk)])


def _everything() -> list[object]:
    plans = list(Plan.objects.order_by("pk").values_list("pk", "status", "weight_kg"))
    return [*plans, *Review.objects.values_list("status", "note"), ReviewAmendment.objects.count()]


@pytest.mark.parametrize("name", READS)
@pytest.mark.parametrize(
    ("person", "status"),
    [("weiss", 200), *((person, 403) for person in FAMILY), *((person, 404) for person in STRANGERS)],
)
def test_reading(
    person: str,
    status: int,
    name: str,
    people: People,
    draft: Plan,
    closed: Infusion,
    browser_of: Callable[[User], Client],
) -> None:
    response = browser_of(getattr(people, person)).get(_address(name, people, draft, closed))
    assert response.status_code == status


@pytest.mark.parametrize("name", WRITES)
@pytest.mark.parametrize(
    ("person", "status"), [*((person, 403) for person in FAMILY), *((person, 404) for person in STRANGERS)]
)
def test_writing_is_refused_and_changes_nothing(
    person: str,
    status: int,
    name: str,
    people: People,
    draft: Plan,
    closed: Infusion,
    browser_of: Callable[[User], Client],
) -> None:
    before = _everything()
    typed = {"version": draft.version_id, "weight_kg": "20", "note": "mine"}
    response = browser_of(getattr(people, person)).post(_address(name, people, draft, closed), typed)
    assert (response.status_code, _everything()) == (status, before)


@pytest.mark.parametrize("name", [*READS, "plan_activate", "review_sign", "review_amend"])
def test_what_does_not_exist_is_not_found(name: str, doctor: Client) -> None:
    address = reverse(name, args=[10**20])
    assert doctor.get(address).status_code in (404, 405)
    assert doctor.post(address).status_code in (404, 405)


@pytest.mark.parametrize("name", [*READS, *WRITES])
def test_a_stranger_is_asked_to_sign_in(
    name: str, people: People, draft: Plan, closed: Infusion, client: Client
) -> None:
    before = _everything()
    for response in (
        client.get(_address(name, people, draft, closed)),
        client.post(_address(name, people, draft, closed)),
    ):
        sign_in = reverse("account_request_login_code")
        assert (response.status_code, response["Location"].split("?")[0]) == (302, sign_in)
    assert _everything() == before


@pytest.mark.parametrize("name", ["plan_activate", "review_sign", "review_amend"])
def test_a_link_never_acts(name: str, people: People, draft: Plan, closed: Infusion, doctor: Client) -> None:
    before = _everything()
    assert doctor.get(_address(name, people, draft, closed)).status_code == 405
    assert _everything() == before


def test_the_infusion_of_a_draft_cannot_be_reviewed(draft: Plan, doctor: Client) -> None:
    assert doctor.get(reverse("infusion_review", args=[draft.infusions.get().pk])).status_code == 404
