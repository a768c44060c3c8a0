"""The page of the day before: yes or no to each question, and the clinic hears of any no."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from time_machine import Traveller

from ivig_care.accounts.models import User
from ivig_care.actions.infusions import infusion_cancel
from ivig_care.care_teams.models import Duty
from ivig_care.nudges.links import link_token
from ivig_care.plans.models import BriefingAnswer, Infusion, InfusionDay, PlanMedicine
from ivig_care.reviews.models import Concern
from tests.actors import People
from tests.answering import concern_answer
from tests.conftest import STARTS_AT
from tests.web.messages import sent

SignedIn = Callable[[User], Client]
EVENING = datetime.fromisoformat("2026-06-14T18:30:00-07:00")
ALL_YES = dict.fromkeys(("start", "well", "weight", "medicines", "bag"), "yes")

pytestmark = pytest.mark.usefixtures("evening")


@pytest.fixture
def evening(clock: Traveller) -> None:
    """It is the evening before."""
    clock.move_to(EVENING)


@pytest.fixture
def day(infusion: Infusion) -> InfusionDay:
    """Day 1."""
    return infusion.days.get(number=1)


@pytest.fixture
def maria(people: People, browser_of: SignedIn) -> Client:
    """Maria’s browser."""
    return browser_of(people.maria)


def page_of(day: InfusionDay) -> str:
    """Its address."""
    return reverse("briefing", args=[day.pk])


def test_the_page_says_what_to_look_at(day: InfusionDay, maria: Client) -> None:
    page = maria.get(page_of(day)).content.decode()
    for words in (
        "Mon 15 Jun, 9:00 am",
        "<strong>20&nbsp;kg</strong> (44.1&nbsp;lb), weighed Fri 12 Jun",
        "<strong>Acetaminophen</strong>, 300&nbsp;mg (the liquid with 32&nbsp;mg in each&nbsp;mL): before the infusion",
        "<strong>Diphenhydramine</strong>, 20&nbsp;mg: before the infusion, 2",
        "the goal is 1500&nbsp;mL in 24 hours",
    ):
        assert words in page
    assert "checked" not in page


def test_all_yes_is_saved_and_ticks_the_step(infusion: Infusion, day: InfusionDay, maria: Client) -> None:
    response = maria.post(page_of(day), ALL_YES, follow=True)
    page = response.content.decode()
    assert response.redirect_chain == [(page_of(day), 302)]
    assert "All is answered, so the step is ticked." in page
    assert "Everything is answered. All is ready." in page
    assert page.count("Maria answered, Sun 6:30 pm") == 5
    step = infusion.steps.get(slot="evening-before.d1")
    assert reverse("step_undo", args=[step.pk]) in page
    assert step.state == "done"


def test_the_row_leads_to_the_list(infusion: Infusion, day: InfusionDay, maria: Client) -> None:
    page = maria.get(reverse("checklist", args=[infusion.pk])).content.decode()
    # From the row, and from the card of the day.
    assert page.count(f'href="{page_of(day)}"') == 2
    step = infusion.steps.get(slot="evening-before.d1")
    assert page_of(day) in maria.get(reverse("step", args=[step.pk])).content.decode()


def test_what_is_left_blank_stays_open(day: InfusionDay, maria: Client) -> None:
    page = maria.post(page_of(day), {"bag": "yes", "start": ""}, follow=True).content.decode()
    assert "4 questions are still open." in page
    assert list(BriefingAnswer.objects.values_list("question", "is_yes")) == [("bag", True)]


def test_no_tells_the_clinic_and_shows_the_number(day: InfusionDay, people: People, maria: Client) -> None:
    page = maria.post(page_of(day), ALL_YES | {"bag": "no", "bag_words": "no clean clothes"}, follow=True)
    text = page.content.decode()
    assert "The clinic has been told" in text
    assert 'If it is urgent, call Riverside Clinic: <a href="tel:+12125550147">+1 212 555 0147</a>.' in text
    assert "In an emergency" not in text
    concern = Concern.objects.get()
    assert concern.words == "Before day 1: The bag is not packed. no clean clothes"
    concern_answer(concern=concern, words="We have some here.", by=people.weiss, now=EVENING)
    assert "We have some here." in maria.get(page_of(day)).content.decode()


def test_not_well_shows_the_number_before_anything_else(day: InfusionDay, maria: Client) -> None:
    page = maria.post(page_of(day), {"well": "no", "well_words": "fever"}, follow=True).content.decode()
    banner = page.index('class="banner danger"')
    assert banner < page.index("tel:+12125550147", banner) < page.index("The clinic has been told", banner)
    assert 'In an emergency <a href="tel:911">911</a>.' in page


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ({"weight_number": "47", "weight_unit": "lb"}, "47 lb (21.3 kg)"),
        (
            {"weight_number": "21.40", "weight_unit": "kg", "weight_words": "at the doctor’s"},
            "21.4 kg; at the doctor’s",
        ),
        ({"weight_number": "21,4", "weight_unit": "kg"}, "21.4 kg"),
        ({"weight_number": "", "weight_words": "thinner"}, "thinner"),
        ({}, ""),
    ],
)
def test_a_new_weight_goes_to_the_clinic_as_words(
    day: InfusionDay, maria: Client, typed: dict[str, str], kept: str
) -> None:
    assert maria.post(page_of(day), {"weight": "no"} | typed).status_code == 302
    assert BriefingAnswer.objects.get().note == kept
    assert Concern.objects.get().words.endswith(kept)
    day.infusion.plan.refresh_from_db()
    assert day.infusion.plan.weight_kg == 20
    # The page says it again as it was typed, so that saving once more changes nothing.
    form = maria.get(page_of(day)).context["form"]
    again = {name: form[name].value() or "" for name in ("weight_number", "weight_unit", "weight_words")}
    maria.post(page_of(day), {"weight": "no"} | again)
    assert BriefingAnswer.objects.count() == 1


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ({"weight": "no", "weight_number": "47"}, "Is that kg or lb?"),
        ({"weight": "yes", "weight_number": "47", "weight_unit": "lb"}, "choose no"),
        ({"weight": "no", "weight_number": "heavy", "weight_unit": "kg"}, "Write the weight as a number"),
        ({"weight": "no", "weight_number": "21,400", "weight_unit": "kg"}, "Do you mean 21400 or 21.4?"),
        ({"weight": "no", "weight_number": "-3", "weight_unit": "kg"}, "Write the weight as a number"),
        ({"weight": "no", "weight_number": "NaN", "weight_unit": "kg"}, "Write the weight as a number"),
        ({"weight": "no", "weight_number": "1e5", "weight_unit": "kg"}, "Write the weight as a number"),
        ({"well": "perhaps"}, "Choose one of the two."),
        ({"well": "no", "well_words": "x" * 301}, "at most 300 characters"),
        ({"weight": "no", "weight_number": "47", "weight_unit": "stone"}, "Choose kg or lb."),
    ],
)
def test_a_slip_keeps_what_was_typed_and_saves_nothing(
    day: InfusionDay, maria: Client, typed: dict[str, str], said: str
) -> None:
    response = maria.post(page_of(day), {"bag": "no", "bag_words": "kept words"} | typed)
    page = response.content.decode()
    assert response.status_code == 422
    assert said in page
    assert "kept words" in page
    assert "Nothing was saved yet" in page
    assert not BriefingAnswer.objects.exists()


def test_too_early_it_can_be_looked_at_only(day: InfusionDay, maria: Client, clock: Traveller) -> None:
    clock.move_to(STARTS_AT - timedelta(days=3))
    page = maria.get(page_of(day)).content.decode()
    assert "You can answer from Sat 13 Jun, 9:00 pm on." in page
    assert "Save the answers" not in page
    response = maria.post(page_of(day), ALL_YES)
    assert (response.status_code, BriefingAnswer.objects.count()) == (422, 0)
    assert "too early" in response.content.decode()


def test_a_cancelled_day_asks_nothing(day: InfusionDay, people: People, maria: Client) -> None:
    infusion_cancel(infusion=day.infusion, by=people.weiss, now=EVENING)
    page = maria.get(page_of(day)).content.decode()
    assert "has cancelled this day" in page
    assert "Save the answers" not in page
    assert maria.post(page_of(day), ALL_YES).status_code == 422


def test_who_is_on_duty_in_the_night_after(day: InfusionDay, people: People, maria: Client) -> None:
    duty = reverse("briefing_duty", args=[day.pk])
    page = maria.post(duty, {"person": people.sam.pk}, follow=True).content.decode()
    assert "Sam is on duty that night." in page
    assert "Sam is on duty." in page
    taken = Duty.objects.get()
    assert (taken.user, taken.starts_at) == (people.sam, datetime.fromisoformat("2026-06-15T18:00:00-07:00"))
    assert maria.post(duty, {"person": people.tom.pk}).status_code == 422
    assert "Nobody in particular is on duty that night." in maria.post(duty, follow=True).content.decode()
    assert not Duty.objects.exists()


def test_the_queries_do_not_grow_with_the_plan(day: InfusionDay, maria: Client) -> None:
    def queries() -> int:
        with CaptureQueriesContext(
            connection,
        ) as found:
            assert maria.get(page_of(day)).status_code == 200
        return len(found)

    maria.post(page_of(day), {"bag": "yes"})
    # The first look in a quarter of an hour is written into the log, the second finds it there.
    queries()
    queries()
    before = queries()
    for ingredient in ("ondansetron", "ibuprofen"):
        PlanMedicine.objects.create(plan=day.infusion.plan, use="as needed", ingredient=ingredient, mg=4)
    maria.post(page_of(day), ALL_YES | {"bag": "no", "weight": "no", "start": "no"}, follow=True)
    assert queries() == before


def test_the_message_of_the_evening_leads_there(infusion: Infusion, day: InfusionDay, people: People) -> None:
    message = sent(infusion, people.maria, [], occasion="ahead", purpose="nudge", briefing_on=STARTS_AT.date())
    page = Client().get(reverse("link", args=[link_token(message.pk)])).content.decode()
    assert page_of(day) in page
    assert "You are asked to sign in first." in page
    answer = Client().get(page_of(day))
    assert (answer.status_code, answer.headers["Location"].split("?")[0]) == (
        302,
        reverse("account_request_login_code"),
    )
