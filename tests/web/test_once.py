"""A form with a key of its own does what it says once, and a device that had no signal is told what became of it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from time_machine import Traveller

from ivig_care.accounts.models import SentEntry, User
from ivig_care.actions.erasures import record_erase
from ivig_care.actions.retention import retention_do
from ivig_care.diary.models import SymptomReport
from ivig_care.plans.models import Dose, Infusion, RateEntry, Step, StepEvent
from ivig_care.regimen.steps import Event
from tests.actors import People
from tests.conftest import STARTS_AT

SignedIn = Callable[[User], Client]
KEY = "3f1c7f0e-6f0a-4bb0-9a50-0c5b9b6e8a11"
LATER = {"X-Queued": "later"}
MINUTE = timedelta(minutes=1)

pytestmark = pytest.mark.usefixtures("clock")


@pytest.fixture
def step(infusion: Infusion) -> Step:
    """The first medicine of day 1, due half an hour ago."""
    return infusion.steps.get(slot="premedication.d1.acetaminophen")


def post(client: Client, verb: str, pk: int, headers: dict[str, str] | None = None, **data: object) -> Any:
    """Post a form that carries a key."""
    return client.post(reverse(verb, args=[pk]), {"key": KEY, **data}, headers=headers or {})


def minutes_ago(minutes: int) -> str:
    """That long before the start, as a device writes it."""
    return f"{STARTS_AT - minutes * MINUTE:%Y-%m-%dT%H:%M:%S%z}"


def test_a_note_sent_twice_is_one_note(step: Step, people: People, browser_of: SignedIn) -> None:
    maria = browser_of(people.maria)
    post(maria, "step_note", step.pk, note="hello")
    again = post(maria, "step_note", step.pk, note="hello")
    assert again.status_code == 302
    assert StepEvent.objects.filter(kind=Event.NOTED).count() == 1
    assert "Note saved." in maria.get(reverse("checklist", args=[step.infusion_id])).content.decode()


def test_what_was_done_leads_back_to_the_page_that_it_was_on(step: Step, people: People, browser_of: SignedIn) -> None:
    maria = browser_of(people.maria)
    post(maria, "step_note", step.pk, note="hello")
    again = post(maria, "step_note", step.pk, {"Referer": "http://testserver/log/?page=2"}, note="hello")
    assert again.headers["Location"] == "/log/?page=2"


@pytest.mark.parametrize("before", ["http://[", "http://evil.example/log/", "http://testserver//evil.example/", "\xff"])
def test_what_was_done_leads_nowhere_else(step: Step, people: People, browser_of: SignedIn, before: str) -> None:
    maria = browser_of(people.maria)
    post(maria, "step_note", step.pk, note="hello")
    again = post(maria, "step_note", step.pk, {"Referer": before}, note="hello")
    assert (again.status_code, again.headers["Location"]) == (302, "/")


def test_htmx_loads_the_page_again(step: Step, people: People, browser_of: SignedIn) -> None:
    maria = browser_of(people.maria)
    post(maria, "step_note", step.pk, {"HX-Request": "true"}, note="hello")
    again = post(maria, "step_note", step.pk, {"HX-Request": "true"}, note="hello")
    assert again.headers["HX-Refresh"] == "true"


def test_a_note_with_another_key_is_another_note(step: Step, people: People, browser_of: SignedIn) -> None:
    maria = browser_of(people.maria)
    for key in ("first-key", "second-key", "", "<no key>"):
        post(maria, "step_note", step.pk, key=key, note="hello")
    assert StepEvent.objects.filter(kind=Event.NOTED).count() == 4
    assert SentEntry.objects.count() == 2


def test_a_key_is_of_one_person(step: Step, people: People, browser_of: SignedIn) -> None:
    for person in (people.maria, people.sam):
        post(browser_of(person), "step_note", step.pk, note="hello")
    assert StepEvent.objects.filter(kind=Event.NOTED).count() == 2


def test_a_lost_answer_is_given_again(step: Step, people: People, browser_of: SignedIn) -> None:
    maria = browser_of(people.maria)
    post(maria, "step_tick", step.pk)
    again = post(maria, "step_tick", step.pk, LATER, exact=minutes_ago(0))
    assert again.json() == {
        "status": "recorded",
        "words": "Acetaminophen: given Mon 9:00 am.",
        "wants_reason": False,
    }
    assert Dose.objects.count() == 1


def test_what_waited_is_recorded_at_its_own_time(
    step: Step, people: People, browser_of: SignedIn, clock: Traveller
) -> None:
    clock.shift(timedelta(hours=5))
    said = post(browser_of(people.maria), "step_tick", step.pk, LATER, exact=minutes_ago(20))
    assert said.json()["status"] == "recorded"
    assert Dose.objects.get().given_at == STARTS_AT - 20 * MINUTE
    assert Dose.objects.get().entered_at == STARTS_AT + timedelta(hours=5)


def test_a_skip_and_a_note_that_waited_keep_their_time_too(
    step: Step, infusion: Infusion, people: People, browser_of: SignedIn, clock: Traveller
) -> None:
    clock.shift(timedelta(hours=5))
    maria = browser_of(people.maria)
    post(maria, "step_skip", step.pk, LATER, exact=minutes_ago(20), reason="asleep")
    post(maria, "step_note", step.pk, LATER, exact=minutes_ago(19), note="He slept")
    ahead = f"{STARTS_AT + timedelta(hours=6):%Y-%m-%dT%H:%M:%S%z}"
    post(maria, "step_note", step.pk, LATER, key="another-key", exact=ahead, note="A clock that is wrong")
    said = list(StepEvent.objects.order_by("pk").values_list("kind", "at"))
    hours = timedelta(hours=5)
    assert said == [
        ("skipped", STARTS_AT - 20 * MINUTE),
        ("noted", STARTS_AT - 19 * MINUTE),
        ("noted", STARTS_AT + hours),
    ]


def test_the_other_was_quicker(step: Step, people: People, browser_of: SignedIn) -> None:
    browser_of(people.sam).post(reverse("step_tick", args=[step.pk]), {"exact": minutes_ago(10)})
    maria = browser_of(people.maria)
    said = post(maria, "step_tick", step.pk, LATER, exact=minutes_ago(15))
    assert said.json()["status"] == "conflict"
    assert said.json()["words"] == (
        "Sam ticked this before your entry of Mon 8:45 am arrived: Acetaminophen: given Mon 8:50 am. "
        "Nothing was added. If it was given twice, call the clinic."
    )
    assert post(maria, "step_tick", step.pk, LATER).json() == said.json()
    assert Dose.objects.count() == 1


def test_several_together_say_which_was_a_conflict(infusion: Infusion, people: People, browser_of: SignedIn) -> None:
    steps = list(infusion.steps.filter(slot__startswith="premedication.d1").order_by("pk"))
    browser_of(people.sam).post(reverse("step_tick", args=[steps[0].pk]), {"exact": minutes_ago(10)})
    keys = [step.pk for step in steps]
    said = post(browser_of(people.maria), "steps_tick", infusion.pk, LATER, exact=minutes_ago(15), step=keys)
    assert said.json()["status"] == "conflict"
    assert "Sam ticked this before your entry of Mon 8:45 am arrived" in said.json()["words"]
    assert "given Mon 8:45 am." in said.json()["words"]
    assert Dose.objects.count() == len(steps)


def test_a_dose_too_soon_asks_for_a_reason_and_is_taken_with_one(
    infusion: Infusion, step: Step, people: People, browser_of: SignedIn, clock: Traveller
) -> None:
    maria = browser_of(people.maria)
    post(maria, "step_tick", step.pk, key="the-first-one")
    clock.shift(timedelta(hours=2))
    course = infusion.steps.get(slot="acetaminophen-course.1")
    asked = post(maria, "step_tick", course.pk, LATER)
    assert asked.status_code == 422
    assert (asked.json()["status"], asked.json()["wants_reason"]) == ("refused", True)
    assert "Next allowed: Mon 1:00 pm" in asked.json()["words"]
    assert Dose.objects.count() == 1
    assert post(maria, "step_tick", course.pk, LATER, reason="the nurse said so").json()["status"] == "recorded"
    assert Dose.objects.count() == 2


def test_what_is_refused_says_why(
    infusion: Infusion, step: Step, people: People, browser_of: SignedIn, clock: Traveller
) -> None:
    refused = post(browser_of(people.maria), "step_tick", step.pk, LATER, at="yesterday")
    assert (refused.status_code, refused.json()["status"]) == (422, "refused")
    assert refused.json()["words"] == "Write the day and the time, for example 3 March, 8:30."
    assert (Dose.objects.count(), SentEntry.objects.count()) == (0, 0)


def test_a_stranger_is_told_nothing(step: Step, people: People, browser_of: SignedIn) -> None:
    assert post(browser_of(people.tom), "step_tick", step.pk, LATER).status_code == 404
    assert SentEntry.objects.count() == 0


def test_what_a_page_asks_for_itself_is_said_on_the_next_page(step: Step, people: People, browser_of: SignedIn) -> None:
    maria = browser_of(people.maria)
    said = post(maria, "step_note", step.pk, {"X-Queued": "now"}, note="hello")
    assert said.json()["to"] == reverse("checklist", args=[step.infusion_id]) + f"#step-{step.pk}"
    assert "Note saved." in maria.get(reverse("checklist", args=[step.infusion_id])).content.decode()
    post(maria, "step_note", step.pk, LATER, key="another-key", note="hello")
    page = maria.get(reverse("checklist", args=[step.infusion_id])).content.decode()
    assert "Note saved." not in page


def test_keys_go_after_forty_days_and_with_the_record(
    step: Step, people: People, browser_of: SignedIn, clock: Traveller
) -> None:
    post(browser_of(people.maria), "step_note", step.pk, note="hello")
    assert retention_do(now=STARTS_AT + timedelta(days=40))["sent"] == 0
    assert retention_do(now=STARTS_AT + timedelta(days=40, minutes=1))["sent"] == 1
    post(browser_of(people.maria), "step_note", step.pk, key="another-key", note="hello")
    assert record_erase(child=people.lena, now=STARTS_AT)
    assert SentEntry.objects.count() == 0


def test_a_key_that_comes_with_other_words_is_another_form(
    infusion: Infusion, people: People, browser_of: SignedIn
) -> None:
    # Back to a page that was sent, or a copy that a device kept: the form has its old key, and says something else.
    maria = browser_of(people.maria)
    post(maria, "symptoms", infusion.pk, fine="1")
    said = post(maria, "symptoms", infusion.pk, LATER, symptom=["breathlessness"], exact=minutes_ago(0))
    assert "The clinic has been told" in said.json()["words"]
    assert [one.level for one in SymptomReport.objects.order_by("pk")] == ["", "emergency"]
    again = post(maria, "symptoms", infusion.pk, LATER, symptom=["breathlessness"], ago="0")
    assert again.json() == said.json()
    assert SymptomReport.objects.count() == 2


def test_the_same_words_are_the_same_form_however_the_device_writes_them(
    step: Step, people: People, browser_of: SignedIn
) -> None:
    maria = browser_of(people.maria)
    post(maria, "step_note", step.pk, note="two\r\nlines", csrfmiddlewaretoken="one")
    post(maria, "step_note", step.pk, LATER, note="two\nlines", exact=minutes_ago(0), csrfmiddlewaretoken="other")
    assert StepEvent.objects.filter(kind=Event.NOTED).count() == 1


def test_a_page_that_still_asks_is_not_said_to_be_recorded(
    infusion: Infusion, people: People, browser_of: SignedIn
) -> None:
    day = infusion.days.get(number=1)
    day.actual_start = STARTS_AT - 30 * MINUTE
    day.save(update_fields=["actual_start"])
    said = post(browser_of(people.maria), "rate_enter", day.pk, LATER, ml_h="24")
    assert said.json()["status"] == "refused"
    assert not RateEntry.objects.exists()
    assert not SentEntry.objects.exists()


def test_a_form_tapped_twice_leads_on_to_where_it_led_the_first_time(
    infusion: Infusion, people: People, browser_of: SignedIn
) -> None:
    maria = browser_of(people.maria)
    asked = {"Referer": f"http://testserver{reverse('symptoms', args=[infusion.pk])}?from=home"}
    said = {"symptom": "breathlessness", "ago": "0"}
    post(maria, "symptoms", infusion.pk, asked, **said)
    again = post(maria, "symptoms", infusion.pk, asked, **said)
    # Not to the empty form: to the card that says whom to call.
    assert again.headers["Location"] == reverse("report", args=[SymptomReport.objects.get().pk])
    page = maria.get(again.headers["Location"]).content.decode()
    assert page.count("<span>Written down. The clinic has been told, but call all the same.") == 1


def test_a_day_started_by_a_double_tap_is_not_asked_for_again(
    infusion: Infusion, people: People, browser_of: SignedIn
) -> None:
    maria, day = browser_of(people.maria), infusion.days.get(number=1)
    asked = {"Referer": f"http://testserver{reverse('day_start', args=[day.pk])}?ago=0"}
    answers = [post(maria, "day_start", day.pk, asked, exact=minutes_ago(0)) for _ in range(2)]
    assert [one.headers["Location"] for one in answers] == 2 * [reverse("checklist", args=[infusion.pk])]


def test_a_device_that_asks_again_is_led_to_the_same_place(step: Step, people: People, browser_of: SignedIn) -> None:
    maria = browser_of(people.maria)
    first = post(maria, "step_note", step.pk, {"X-Queued": "now"}, note="hello")
    again = post(maria, "step_note", step.pk, {"X-Queued": "now"}, note="hello")
    assert again.json() == first.json()
