"""Where a form was refused, the focus is put at what is wrong, and what was typed is still there."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from time_machine import Traveller

from ivig_care.accounts.models import User
from ivig_care.actions.infusions import infusion_day_start
from ivig_care.actions.invitations import invitation_make
from ivig_care.care_teams.models import Role
from ivig_care.plans.models import Infusion
from tests.actors import People
from tests.conftest import STARTS_AT

SignedIn = Callable[[User], Client]
AT_WHAT_IS_WRONG = re.compile(r'<(?=[^>]*(?:role="alert"|aria-invalid="true"|class="errorlist"))[^>]* autofocus[ >]')
TOMORROW = "2026-06-16T09:00"

pytestmark = pytest.mark.usefixtures("clock")


@pytest.mark.parametrize(
    ("name", "said", "kept"),
    [
        ("day_end", {"at": TOMORROW}, TOMORROW),
        ("rate_enter", {"ml_h": "12", "at": TOMORROW}, TOMORROW),
        ("rate_enter", {"ml_h": "twelve", "ago": "0"}, "twelve"),
        ("pause", {"at": TOMORROW}, TOMORROW),
        ("lot_enter", {"brand": "Privigen", "lot": "P1", "grams": "ten"}, "ten"),
        ("extra_dose", {"medicine": "ibuprofen", "amount": "some", "unit": "mg", "ago": "0"}, "some"),
        ("symptoms", {"symptom": "headache", "temperature": "warm"}, "warm"),
        ("guest_make", {"label": "Grandma", "until": "2026-06-01T09:00"}, "Grandma"),
        ("guest_make", {"label": "Grandma", "until": "soon"}, "Grandma"),
        ("step_tick", {"at": "yesterday"}, "yesterday"),
    ],
)
def test_the_focus_is_put_at_what_is_wrong(
    infusion: Infusion, people: People, browser_of: SignedIn, name: str, said: dict[str, str], kept: str
) -> None:
    day = infusion.days.get(number=1)
    infusion_day_start(day=day, by=people.maria, at=STARTS_AT, now=STARTS_AT)
    keys = {"guest_make": infusion.plan.child_id, "step_tick": infusion.steps.open().order_by("pk")[0].pk}
    of_infusion = dict.fromkeys(("extra_dose", "symptoms"), infusion.pk)
    said = said | ({"infusion": str(infusion.pk)} if name == "guest_make" else {})
    answer = browser_of(people.maria).post(reverse(name, args=[(keys | of_infusion).get(name, day.pk)]), said)
    page = answer.content.decode()
    assert answer.status_code == 422
    assert AT_WHAT_IS_WRONG.search(page)
    assert kept in page


@pytest.mark.parametrize(
    "said",
    [
        {"weight": "no", "weight_number": "heavy"},
        {"weight": "no", "weight_number": "21.4"},
        {"weight": "yes", "weight_number": "21.4", "weight_unit": "kg"},
    ],
)
def test_of_a_long_form_the_focus_is_put_at_the_question(
    infusion: Infusion, people: People, browser_of: SignedIn, clock: Traveller, said: dict[str, str]
) -> None:
    clock.move_to(STARTS_AT - timedelta(hours=14))
    answer = browser_of(people.maria).post(reverse("briefing", args=[infusion.days.get(number=1).pk]), said)
    assert answer.status_code == 422
    assert AT_WHAT_IS_WRONG.search(answer.content.decode().partition('id="ask-weight"')[2])
    assert said["weight_number"] in answer.content.decode()


def test_a_wrong_year_of_birth_is_said_where_the_focus_is(people: People, browser_of: SignedIn) -> None:
    _, code = invitation_make(role=Role.GUARDIAN, by=people.maria, now=STARTS_AT, child=people.lena, name="Rosa")
    answer = browser_of(people.tom).post(reverse("invitation_accept", args=[code]), {"born_in": "2001"})
    page = answer.content.decode()
    assert "That is not the year we have." in page
    assert AT_WHAT_IS_WRONG.search(page)
    assert 'value="2001"' in page


def test_a_bottle_that_is_refused_says_that_nothing_was_saved(
    infusion: Infusion, people: People, browser_of: SignedIn
) -> None:
    url = reverse("lot_enter", args=[infusion.days.get(number=1).pk])
    page = browser_of(people.maria).post(url, {"brand": "Privigen", "lot": "P1", "grams": "ten"}).content.decode()
    assert "Nothing was saved yet. Look at what is marked." in page
