"""What a parent says about a step, over the web: recorded once, kept when it is wrong, never for a stranger."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse
from time_machine import Traveller

from ivig_care.accounts.models import User
from ivig_care.nudges.models import Delivery
from ivig_care.plans.models import Dose, Infusion, Step, StepEvent
from tests.actors import People
from tests.conftest import STARTS_AT

SignedIn = Callable[[User], Client]
HTMX = {"HX-Request": "true"}
PREMEDICATION = "premedication.d1.acetaminophen"
VERBS = {"step_tick": {}, "step_skip": {"reason": "asleep"}, "step_undo": {}, "step_note": {"note": "hello"}}

pytestmark = pytest.mark.usefixtures("clock")


@pytest.fixture
def step(infusion: Infusion) -> Step:
    """The first medicine of day 1, due half an hour ago."""
    return infusion.steps.get(slot=PREMEDICATION)


def say(
    client: Client, verb: str, step: Step, data: dict[str, str] | None = None, headers: dict[str, str] | None = None
) -> HttpResponse:
    """Post one of the four forms of a step."""
    return client.post(reverse(verb, args=[step.pk]), data or {}, headers=headers or {})  # type: ignore[return-value]


def test_one_tap_is_now(step: Step, people: People, browser_of: SignedIn) -> None:
    response = say(browser_of(people.maria), "step_tick", step)
    assert response.status_code == 302
    step.refresh_from_db()
    assert (step.state, step.said_by, step.said_at) == ("done", people.maria, STARTS_AT)


def test_htmx_gets_the_checklist_and_a_toast_with_undo(step: Step, people: People, browser_of: SignedIn) -> None:
    page = say(browser_of(people.maria), "step_tick", step, headers=HTMX).content.decode()
    assert page.lstrip().startswith('<div id="checklist"')
    assert "<html" not in page
    assert reverse("step_undo", args=[step.pk]) in page.split('class="toast')[1]


def test_without_htmx_the_next_step_of_the_same_list_is_in_view(
    infusion: Infusion, step: Step, people: People, browser_of: SignedIn
) -> None:
    maria, missed = browser_of(people.maria), list(infusion.steps.filter(closes_at__lte=STARTS_AT))
    here = reverse("checklist", args=[infusion.pk])
    places = {one.pk: say(maria, "step_skip", one, {"reason": "other"}).headers["Location"] for one in missed}
    after = [*(f"{here}#step-{one.pk}" for one in missed[1:]), f"{here}#now"]
    assert list(places.values()) == after
    assert say(maria, "step_tick", step).headers["Location"] != f"{here}#now"


def test_thirty_minutes_ago(step: Step, people: People, browser_of: SignedIn) -> None:
    say(browser_of(people.maria), "step_tick", step, {"ago": "30"})
    assert Dose.objects.get(step=step).given_at == STARTS_AT - timedelta(minutes=30)


def test_a_time_on_the_childs_clock(step: Step, people: People, browser_of: SignedIn) -> None:
    say(browser_of(people.maria), "step_tick", step, {"at": "2026-06-15T08:40"})
    assert Dose.objects.get(step=step).given_at == STARTS_AT - timedelta(minutes=20)


def test_a_dose_too_soon_asks_for_a_reason_and_keeps_the_time(
    infusion: Infusion, step: Step, people: People, browser_of: SignedIn, clock: Traveller
) -> None:
    maria = browser_of(people.maria)
    say(maria, "step_tick", step)
    clock.shift(timedelta(hours=2))
    course = infusion.steps.get(slot="acetaminophen-course.1")
    refused = say(maria, "step_tick", course, {"ago": "15"}, headers=HTMX)
    assert refused.status_code == 422
    page = refused.content.decode()
    assert "Next allowed: Mon 1:00 pm" in page
    (kept,) = re.findall(r'type="hidden" name="exact" value="([^"]+)"', page)
    assert Dose.objects.filter(step=course).count() == 0
    say(maria, "step_tick", course, {"exact": kept, "reason": "the nurse said so"})
    dose = Dose.objects.get(step=course)
    assert (dose.reason, dose.given_at) == ("the nurse said so", STARTS_AT + timedelta(minutes=105))


def test_skip_needs_one_of_the_reasons_and_keeps_the_note(step: Step, people: People, browser_of: SignedIn) -> None:
    maria = browser_of(people.maria)
    wrong = say(maria, "step_skip", step, {"reason": "because", "note": "she spat it out"}, headers=HTMX)
    assert wrong.status_code == 422
    assert "she spat it out" in wrong.content.decode()
    say(maria, "step_skip", step, {"reason": "vomited", "note": "she spat it out"})
    step.refresh_from_db()
    assert (step.state, step.skip_reason, step.events.get().note) == ("skipped", "vomited", "she spat it out")


def test_undo_opens_it_again(step: Step, people: People, browser_of: SignedIn) -> None:
    say(browser_of(people.maria), "step_tick", step)
    say(browser_of(people.sam), "step_undo", step)
    step.refresh_from_db()
    assert step.state == "open"


def test_a_note_is_shown_with_its_writer(step: Step, people: People, browser_of: SignedIn) -> None:
    say(browser_of(people.sam), "step_note", step, {"note": "with <apple> juice"})
    page = browser_of(people.maria).get(reverse("checklist", args=[step.infusion_id])).content.decode()
    assert "with &lt;apple&gt; juice" in page
    assert "Sam" in page


def test_an_empty_note_is_told_so(step: Step, people: People, browser_of: SignedIn) -> None:
    response = say(browser_of(people.maria), "step_note", step, {"note": "  "}, headers=HTMX)
    assert response.status_code == 422
    assert "Write the note first" in response.content.decode()


@pytest.mark.parametrize(
    "data",
    [
        {"ago": "soon"},
        {"ago": "-5"},
        {"ago": "9" * 40},
        {"at": "yesterday"},
        {"at": "0001-01-01T00:00"},
        {"at": "9999-12-31T23:59"},
        {"at": "2026-06-15T23:59"},
        {"at": "2027-03-14T02:30"},
        {"at": "\x00"},
    ],
)
def test_a_time_that_cannot_be_is_refused_in_words_and_changes_nothing(
    step: Step, people: People, browser_of: SignedIn, data: dict[str, str]
) -> None:
    response = say(browser_of(people.maria), "step_tick", step, data, headers=HTMX)
    assert response.status_code == 422
    step.refresh_from_db()
    assert (step.state, StepEvent.objects.count()) == ("open", 0)


@pytest.mark.parametrize("verb", VERBS)
@pytest.mark.parametrize("stranger", ["tom", "lee"])
def test_for_everybody_else_the_step_does_not_exist(
    step: Step, people: People, browser_of: SignedIn, verb: str, stranger: str
) -> None:
    response = say(browser_of(getattr(people, stranger)), verb, step, VERBS[verb])
    assert response.status_code == 404
    step.refresh_from_db()
    assert (step.state, StepEvent.objects.count(), Delivery.objects.count()) == ("open", 0, 0)


@pytest.mark.parametrize("verb", VERBS)
def test_nobody_acts_without_signing_in_or_by_a_link(
    step: Step, people: People, browser_of: SignedIn, verb: str
) -> None:
    assert say(Client(), verb, step, VERBS[verb]).headers["Location"].startswith("/accounts/login/")
    assert browser_of(people.maria).get(reverse(verb, args=[step.pk])).status_code == 405
    assert StepEvent.objects.count() == 0


def test_a_session_that_ended_sends_the_whole_page_to_the_sign_in(step: Step) -> None:
    response = say(Client(), "step_tick", step, headers={**HTMX, "HX-Current-URL": "http://testserver/infusions/1/"})
    assert response.headers["HX-Redirect"] == "/accounts/login/code/?next=%2Finfusions%2F1%2F"


def test_a_session_that_ended_on_a_page_without_a_true_address_leads_home(step: Step) -> None:
    response = say(Client(), "step_tick", step, headers={**HTMX, "HX-Current-URL": "http://[::1"})
    assert response.headers["HX-Redirect"] == "/accounts/login/code/?next=%2F"


def test_a_form_from_another_site_is_refused_in_words(step: Step, people: People) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(people.maria, backend="allauth.account.auth_backends.AuthenticationBackend")
    response = say(client, "step_tick", step)
    assert response.status_code == 403
    assert "try that once more" in response.content.decode()
    step.refresh_from_db()
    assert step.state == "open"


def test_a_second_tick_says_who_was_first_and_adds_nothing(
    step: Step, people: People, browser_of: SignedIn, clock: Traveller
) -> None:
    say(browser_of(people.sam), "step_tick", step)
    clock.shift(timedelta(minutes=10))
    page = say(browser_of(people.maria), "step_tick", step, headers=HTMX).content.decode()
    toast = page.split('class="toast')[1]
    assert "Sam ticked this before: Acetaminophen: given Mon 9:00 am. Nothing was added." in toast
    assert "If it was given twice, call the clinic." in toast
    assert "Undo" not in toast
    assert Dose.objects.get(step=step).given_at == STARTS_AT


def test_a_time_in_the_hour_that_the_clocks_skip_is_the_first_after_it(
    infusion: Infusion, people: People, browser_of: SignedIn, clock: Traveller
) -> None:
    clock.move_to(datetime.fromisoformat("2026-03-08T12:00:00-07:00"))
    step = infusion.steps.get(slot="evening-before.d1")
    assert say(browser_of(people.maria), "step_tick", step, {"at": "2026-03-08T02:30"}).status_code == 302
    step.refresh_from_db()
    assert step.said_at == datetime.fromisoformat("2026-03-08T03:00:00-07:00")


def test_a_dose_months_too_early_is_refused_in_words_and_changes_nothing(
    step: Step, people: People, browser_of: SignedIn, clock: Traveller
) -> None:
    # The course that follows it would have hundreds of doses.
    clock.move_to(STARTS_AT - timedelta(days=90))
    response = say(browser_of(people.maria), "step_tick", step, headers=HTMX)
    assert response.status_code == 422
    assert "cannot be worked out" in response.content.decode()
    step.refresh_from_db()
    assert (step.state, StepEvent.objects.count(), Dose.objects.count()) == ("open", 0, 0)


def test_what_was_typed_is_kept_when_the_time_cannot_be(step: Step, people: People, browser_of: SignedIn) -> None:
    data = {"at": "2026-06-15T23:59"}
    page = say(browser_of(people.maria), "step_tick", step, data, headers=HTMX).content.decode()
    assert 'value="2026-06-15T23:59"' in page
    assert "That time has not come yet." in page


def test_a_key_that_no_database_can_hold_is_not_found(people: People, browser_of: SignedIn) -> None:
    assert browser_of(people.maria).post(f"/steps/{'9' * 40}/tick/").status_code == 404
