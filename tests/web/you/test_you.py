"""The page about oneself, and the sessions that are open."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from allauth.usersessions.models import UserSession
from django.test import Client

from ivig_care.accounts.models import User
from ivig_care.care_teams.models import AuditEvent
from tests.actors import People
from tests.web.sign_in.codes import place, sign_in

pytestmark = pytest.mark.usefixtures("clock")
PHONE = "Mozilla/5.0 (Linux; Android 15) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0 Mobile Safari/537.36"


@pytest.fixture
def devices(people: People) -> tuple[Client, Client, Client]:
    """Maria's laptop, phone and tablet, all signed in."""
    made = (Client(), Client(headers={"User-Agent": PHONE}), Client())
    for client in made:
        sign_in(client, "maria@example.org")
    return made


def is_in(client: Client) -> bool:
    return client.get("/you/").status_code == 200


def test_the_page_says_how_and_where_one_is_signed_in(devices: tuple[Client, Client, Client]) -> None:
    page = devices[0].get("/you/").content.decode()
    for words in ("Maria", "maria@example.org", "Chrome on Android", "this one", "How we reach you", "Sign out"):
        assert words in page
    assert page.count("Sign out there") == 2


def test_one_session_is_ended_and_the_others_stay(devices: tuple[Client, Client, Client], people: People) -> None:
    laptop, phone, tablet = devices
    session = UserSession.objects.get(session_key=phone.session.session_key)
    assert place(laptop.post(f"/you/sessions/{session.pk}/end/")) == "/you/"
    assert (is_in(laptop), is_in(phone), is_in(tablet)) == (True, False, True)
    last = AuditEvent.objects.filter(subject=f"person {people.maria.pk}").last()
    assert last is not None
    assert (last.verb, last.about, last.actor, last.detail) == ("ended", "session", people.maria, "1 session")


def test_all_others_are_ended_at_once(devices: tuple[Client, Client, Client]) -> None:
    laptop, phone, tablet = devices
    laptop.post("/you/sessions/end-others/")
    assert (is_in(laptop), is_in(phone), is_in(tablet)) == (True, False, False)


def test_somebody_elses_session_is_not_found(
    devices: tuple[Client, Client, Client], people: People, browser_of: Callable[[User], Client]
) -> None:
    session = UserSession.objects.get(session_key=devices[1].session.session_key)
    assert browser_of(people.tom).post(f"/you/sessions/{session.pk}/end/").status_code == 404
    assert is_in(devices[1])


def test_the_session_one_is_in_is_left_by_signing_out(devices: tuple[Client, Client, Client]) -> None:
    session = UserSession.objects.get(session_key=devices[0].session.session_key)
    said = devices[0].post(f"/you/sessions/{session.pk}/end/")
    assert place(said) == "/accounts/logout/"


def test_a_new_password_ends_the_other_sessions(devices: tuple[Client, Client, Client]) -> None:
    laptop, phone, _ = devices
    new = "a quite different horse"
    laptop.post(
        "/accounts/password/change/",
        {"oldpassword": "correct horse battery staple", "password1": new, "password2": new},
    )
    assert (is_in(laptop), is_in(phone)) == (True, False)


@pytest.mark.parametrize("path", ["/accounts/2fa/", "/accounts/2fa/webauthn/", "/accounts/sessions/"])
def test_what_allauth_has_pages_for_stands_here(
    path: str, people: People, browser_of: Callable[[User], Client]
) -> None:
    assert browser_of(people.maria).get(path).headers["Location"] == "/you/"


@pytest.mark.parametrize(
    "path", ["/accounts/2fa/recovery-codes/download/", "/accounts/phone/change/", "/accounts/social/connections/"]
)
def test_what_we_do_not_offer_is_not_there(path: str, people: People, browser_of: Callable[[User], Client]) -> None:
    assert browser_of(people.maria).get(path).status_code == 404
