"""The set-up: one question a screen, each of which may be left open, gone on with another day."""

from __future__ import annotations

from collections.abc import Callable
from datetime import time, timedelta
from typing import TYPE_CHECKING

import pytest
from django.test import Client
from django.urls import reverse
from time_machine import Traveller

from ivig_care.accounts.models import ContactPoint, NudgePreference, User
from ivig_care.actions.invitations import invitation_make
from ivig_care.actions.preferences import setting_up_move
from ivig_care.care_teams.models import Duty, Role
from ivig_care.nudges.codes import code_of
from ivig_care.nudges.models import Delivery
from ivig_care.plans.models import Infusion, StepEvent
from tests.actors import People
from tests.conftest import STARTS_AT
from tests.factories import UserFactory

if TYPE_CHECKING:
    from django.test.client import _MonkeyPatchedWSGIResponse as Response

SignedIn = Callable[[User], Client]

pytestmark = pytest.mark.usefixtures("clock")

UNITS = {"language": "es", "drinks_in": "oz", "degrees_in": "F", "zone": "Europe/Berlin"}


def test_whoever_accepts_an_invitation_is_led_through_the_set_up(people: People, browser_of: SignedIn) -> None:
    nana = UserFactory.create(name="Nana", email="nana@example.org")
    _, code = invitation_make(role=Role.CAREGIVER, by=people.maria, now=STARTS_AT, child=people.lena, name="Nana")
    browser = browser_of(nana)
    accepted = browser.post(reverse("invitation_accept", args=[code]), {"remind_by_email": "on"})
    assert accepted.headers["Location"] == "/welcome/"
    asked = []
    at = browser.get("/welcome/").headers["Location"]
    while at != "/":
        page = _text(browser.get(at))
        asked.append(page.partition("<h1>")[2].partition("</h1>")[0])
        if at == "/welcome/you/":
            assert "1 of 5" in page
        if at == "/welcome/reach/":
            # Where somebody stopped is where they go on, and the first page says so.
            assert "Setting up: 2 of 5." in _text(browser.get("/"))
            assert browser.get("/welcome/").headers["Location"] == at
        at = browser.post(at, {"skip": "1"}).headers["Location"]
    assert asked == [
        "How do you read things?",
        "Where may we remind you?",
        "When shall we leave you in peace?",
        "Does a reminder reach you?",
        "Try one tick",
        "You are ready",
    ]
    assert "Setting up" not in _text(browser.get("/"))


def test_somebody_of_another_family_already_is_not_asked_again(people: People, browser_of: SignedIn) -> None:
    _, code = invitation_make(role=Role.CAREGIVER, by=people.maria, now=STARTS_AT, child=people.lena, name="Tom")
    accepted = browser_of(people.tom).post(reverse("invitation_accept", args=[code]))
    assert accepted.headers["Location"] == "/"


def test_language_units_and_clock_are_kept(people: People, browser_of: SignedIn) -> None:
    browser = browser_of(people.maria)
    assert browser.post("/welcome/you/", UNITS).headers["Location"] == "/welcome/reach/"
    maria = User.objects.get(pk=people.maria.pk)
    assert (maria.language, maria.drinks_in, maria.degrees_in) == ("es", "oz", "F")
    assert maria.zone.key == "Europe/Berlin"
    # The same form stands on the page about oneself.
    saved = browser.post("/you/settings/", UNITS | {"language": "en", "drinks_in": "mL", "zone": ""})
    assert saved.headers["Location"] == "/you/#settings"
    maria = User.objects.get(pk=people.maria.pk)
    assert (maria.language, maria.drinks_in, maria.zone.key) == ("en", "mL", "Europe/Berlin")


@pytest.mark.parametrize("wrong", [{"language": "xx"}, {"drinks_in": "cups"}, {"degrees_in": ""}, {"zone": "Nowhere"}])
@pytest.mark.parametrize("url", ["/welcome/you/", "/you/settings/"])
def test_what_cannot_be_is_not_kept(people: People, browser_of: SignedIn, url: str, wrong: dict[str, str]) -> None:
    answer = browser_of(people.maria).post(url, UNITS | wrong)
    assert answer.status_code == 422
    assert "Choose" in _text(answer)
    assert User.objects.get(pk=people.maria.pk).language == ""


def test_a_number_is_proved_with_a_code(people: People, browser_of: SignedIn) -> None:
    browser = browser_of(people.maria)
    said = {"kind": "sms", "address": "+1 212 555 0199", "agree": "on"}
    assert browser.post("/welcome/reach/", {"kind": "sms", "address": "no number", "agree": "on"}).status_code == 422
    assert browser.post("/welcome/reach/", said).headers["Location"] == "/welcome/reach/"
    point = ContactPoint.objects.get(address="+12125550199")
    page = _text(browser.get("/welcome/reach/"))
    assert "We sent a code to <strong>+12125550199</strong>." in page
    wrong = browser.post("/welcome/reach/", {"point": point.pk, "code": "000000"})
    assert wrong.status_code == 422
    assert 'value="000000"' in _text(wrong)
    right = browser.post("/welcome/reach/", {"point": point.pk, "code": code_of(point)})
    assert right.headers["Location"] == "/welcome/quiet/"
    point.refresh_from_db()
    assert point.is_usable


@pytest.mark.parametrize("key", ["", "x", "9" * 40])
def test_a_code_for_nothing_is_refused(people: People, browser_of: SignedIn, key: str) -> None:
    assert browser_of(people.maria).post("/welcome/reach/", {"point": key, "code": "1"}).status_code == 404


def test_quiet_hours_are_explained_by_an_example(people: People, browser_of: SignedIn) -> None:
    browser = browser_of(people.maria)
    page = _text(browser.get("/welcome/quiet/"))
    assert "drinks are due at 10:30 pm tonight" in page
    shown = browser.post("/welcome/quiet/", {"quiet_from": "21:00", "quiet_until": "06:00", "show": "1"})
    assert "at 6:00 am you get one message" in _text(shown)
    assert "comes through at 1:30 am" in _text(shown)
    assert NudgePreference.objects.get(user=people.maria).quiet_from is None
    none = browser.post("/welcome/quiet/", {"quiet_from": "", "quiet_until": "", "show": "1"})
    assert "We tell you at 11:30 pm." in _text(none)
    half = browser.post("/welcome/quiet/", {"quiet_from": "21:00", "quiet_until": ""})
    assert half.status_code == 422


def test_quiet_hours_and_who_is_on_duty_are_kept(people: People, browser_of: SignedIn) -> None:
    browser = browser_of(people.maria)
    said = {"quiet_from": "21:00", "quiet_until": "06:00", f"duty-{people.lena.pk}": str(people.sam.pk)}
    assert browser.post("/welcome/quiet/", said).headers["Location"] == "/welcome/test/"
    kept = NudgePreference.objects.get(user=people.maria)
    assert (kept.quiet_from, kept.quiet_until) == (time(21), time(6))
    assert Duty.objects.get().user == people.sam
    browser.post("/welcome/quiet/", said | {f"duty-{people.lena.pk}": "nobody"})
    assert not Duty.objects.filter(ends_at__gt=STARTS_AT).exists()
    # Somebody who is not of the family is nobody that could be chosen.
    browser.post("/welcome/quiet/", said | {f"duty-{people.lena.pk}": str(people.tom.pk)})
    assert not Duty.objects.filter(user=people.tom).exists()


def test_a_test_is_sent_and_what_becomes_of_it_is_shown(people: People, browser_of: SignedIn, clock: Traveller) -> None:
    browser = browser_of(people.maria)
    assert "Send me a test" in _text(browser.get("/welcome/test/"))
    assert browser.post("/welcome/test/").headers["Location"] == "/welcome/test/"
    assert "On its way" in _text(browser.get("/welcome/test/live/"))
    test = Delivery.objects.filter(purpose=Delivery.Purpose.TEST)
    test.update(status="sent", sent_at=STARTS_AT)
    page = _text(browser.get("/welcome/test/live/"))
    assert "Sent 9:00 am" in page
    assert "every 2s" in page
    test.update(delivered_at=STARTS_AT + timedelta(minutes=1), opened_at=STARTS_AT + timedelta(minutes=3))
    page = _text(browser.get("/welcome/test/live/"))
    assert "Delivered 9:01 am" in page
    assert "Opened 9:03 am" in page
    assert "every 2s" not in page
    assert browser.post("/welcome/test/").status_code == 422
    assert browser.post("/welcome/test/", {"skip": "1"}).headers["Location"] == "/welcome/try/"


def test_a_test_that_failed_says_why(people: People, browser_of: SignedIn) -> None:
    browser = browser_of(people.maria)
    browser.post("/welcome/test/")
    Delivery.objects.filter(purpose=Delivery.Purpose.TEST).update(status="failed", reason="no such mailbox")
    assert "Not sent: no such mailbox." in _text(browser.get("/welcome/test/live/"))


def test_with_nothing_on_there_is_nowhere_to_send_it(people: People, browser_of: SignedIn) -> None:
    ContactPoint.objects.filter(user=people.maria).update(disabled_at=STARTS_AT)
    browser = browser_of(people.maria)
    assert "Nothing is on yet" in _text(browser.get("/welcome/test/"))
    assert browser.post("/welcome/test/").headers["Location"] == "/welcome/reach/"


def test_the_practice_tick_records_nothing(infusion: Infusion, people: People, browser_of: SignedIn) -> None:
    browser = browser_of(people.maria)
    page = _text(browser.get("/welcome/try/"))
    assert "Lena’s next infusion" in page
    assert '<span class="weekday">Mon</span> <b>15</b>' in page
    ticked = _text(browser.get("/welcome/try/", {"ticked": "1"}))
    assert "Maria, 9:00 am" in ticked
    assert "Undo" in ticked
    assert not StepEvent.objects.filter(step__infusion=infusion, by=people.maria).exists()


def test_a_screen_that_is_no_more_starts_at_the_first(people: People, browser_of: SignedIn) -> None:
    setting_up_move(person=people.maria, to="gone")
    assert browser_of(people.maria).get("/welcome/").headers["Location"] == "/welcome/you/"


def _text(response: Response) -> str:
    return response.content.decode().replace("&nbsp;", " ").replace("\xa0", " ")
