"""Before something that matters a person confirms who they are, and goes on with what they were doing."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
import time_machine
from allauth.mfa.models import Authenticator
from django.core import mail
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver

from ivig_care.accounts.models import ContactPoint, User
from tests.actors import People
from tests.password import PASSWORD
from tests.web.sign_in.codes import mailed_code, place, sign_in

pytestmark = pytest.mark.usefixtures("clock")
Browser = Callable[[User], Client]
ASK, SAY = "/accounts/confirm/", "/accounts/confirm/code/"
NEW = {"kind": "email", "address": "second@example.org", "agree": "on"}


def added(person: User) -> bool:
    return ContactPoint.objects.filter(user=person, address="second@example.org").exists()


def test_who_has_just_signed_in_is_not_asked(people: People, client: Client) -> None:
    sign_in(client, "maria@example.org")
    assert place(client.post("/reach/add/", NEW)) == "/reach/"
    assert added(people.maria)


def test_a_quarter_of_an_hour_later_a_code_is_asked_for_and_what_was_typed_is_kept(
    people: People, client: Client, clock: time_machine.Traveller
) -> None:
    sign_in(client, "maria@example.org")
    clock.shift(timedelta(minutes=15))
    asked = client.post("/reach/add/", NEW)
    assert asked.headers["Location"] == f"{ASK}?next=%2Freach%2Fadd%2F"
    assert not added(people.maria)
    page = client.get(asked.headers["Location"]).content.decode()
    assert ("Send a code to maria@example.org" in page, "Use your password" in page) == (True, True)
    sent = client.post(ASK, {"next": "/reach/add/"})
    assert sent.headers["Location"] == f"{ASK}?next=%2Freach%2Fadd%2F"
    assert mail.outbox[-1].to == ["maria@example.org"]
    wrong = client.post(SAY, {"code": "12", "next": "/reach/add/"})
    assert (wrong.status_code, added(people.maria)) == (422, False)
    right = client.post(SAY, {"code": mailed_code(), "next": "/reach/add/"})
    assert place(right) == "/reach/"
    assert added(people.maria)
    # And for the next quarter of an hour nobody asks again.
    assert place(client.post("/reach/links/revoke/")) == "/reach/"


def test_a_password_confirms_too_and_goes_on_with_the_form(people: People, weak_browser_of: Browser) -> None:
    weak = weak_browser_of(people.maria)
    weak.post("/reach/add/", NEW)
    assert "Password" in weak.get("/accounts/reauthenticate/?next=/reach/add/").content.decode()
    weak.post("/accounts/reauthenticate/", {"password": "wrong", "next": "/reach/add/"})
    assert not added(people.maria)
    weak.post("/accounts/reauthenticate/", {"password": PASSWORD, "next": "/reach/add/"})
    assert added(people.maria)


def test_somebody_with_nothing_but_an_address_is_asked_all_the_same(people: People, weak_browser_of: Browser) -> None:
    people.maria.set_unusable_password()
    people.maria.save()
    weak = weak_browser_of(people.maria)
    assert place(weak.post("/reach/add/", NEW)) == ASK
    assert "Use your password" not in weak.get(ASK).content.decode()
    for page in ("/accounts/2fa/totp/activate/", "/accounts/2fa/webauthn/add/", "/accounts/password/set/"):
        assert place(weak.get(page)) == ASK


def test_what_was_begun_and_left_is_not_gone_on_with_later(people: People, weak_browser_of: Browser) -> None:
    weak = weak_browser_of(people.maria)
    weak.post("/accounts/email/", {"email": "other@example.org", "action_add": "yes"})
    # Only looked at, another time.
    weak.get("/accounts/password/change/")
    weak.post("/accounts/reauthenticate/", {"password": PASSWORD, "next": "/accounts/email/"})
    assert "Your code" not in "".join(str(message.subject) for message in mail.outbox)


def test_a_new_password_is_never_kept_in_the_session(people: People, weak_browser_of: Browser) -> None:
    weak = weak_browser_of(people.maria)
    said = {"oldpassword": PASSWORD, "password1": "a quite different horse", "password2": "a quite different horse"}
    assert place(weak.post("/accounts/password/change/", said)) == ASK
    assert "different horse" not in str(dict(weak.session.items()))


def test_codes_are_five_tries_each_and_three_a_minute(people: People, weak_browser_of: Browser) -> None:
    weak = weak_browser_of(people.maria)
    weak.post(ASK)
    code = mailed_code()
    wrong = "000000" if code != "000000" else "111111"
    for _ in range(5):
        assert weak.post(SAY, {"code": wrong}).status_code == 422
    assert "too old" in weak.post(SAY, {"code": code}).content.decode()
    assert [weak.post(ASK).status_code for _ in range(3)] == [302, 302, 429]


def test_a_code_is_good_for_ten_minutes(
    people: People, weak_browser_of: Browser, clock: time_machine.Traveller
) -> None:
    weak = weak_browser_of(people.maria)
    weak.post(ASK)
    clock.shift(timedelta(minutes=10, seconds=1))
    assert "too old" in weak.post(SAY, {"code": mailed_code()}).content.decode()


def test_a_code_of_somebody_else_confirms_nothing(people: People, weak_browser_of: Browser) -> None:
    weak, sam = weak_browser_of(people.maria), weak_browser_of(people.sam)
    sam.post(ASK)
    code = mailed_code()
    assert weak.post(SAY, {"code": code}).status_code == 422
    weak.post("/reach/add/", NEW)
    assert not added(people.maria)


def test_a_fragment_takes_the_whole_page_there(people: People, weak_browser_of: Browser) -> None:
    headers = {"HX-Request": "true", "HX-Current-URL": "http://testserver/reach/"}
    said = weak_browser_of(people.maria).post("/reach/add/", NEW, headers=headers)
    assert said.headers["HX-Redirect"] == f"{ASK}?next=%2Freach%2F"


def test_a_browser_is_added_after_confirming_only(people: People, weak_browser_of: Browser) -> None:
    said = weak_browser_of(people.maria).post("/reach/browsers/", {"endpoint": "https://fcm.googleapis.com/x"})
    assert (said.status_code, said.content.decode()) == (401, f"{ASK}?next=%2Freach%2F")
    assert not ContactPoint.objects.filter(kind="push").exists()


def test_a_second_factor_that_is_taken_away_meanwhile_confirms_nothing(
    people: People, browser_of: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    def gone(form: object) -> str:
        raise Authenticator.DoesNotExist

    monkeypatch.setattr("allauth.mfa.base.forms.BaseAuthenticateForm.clean_code", gone)
    answer = browser_of(people.weiss).post("/accounts/2fa/reauthenticate/", {"code": "123456"})
    assert answer.status_code == 200
    assert answer.context["form"].errors.keys() == {"code"}


def test_another_site_is_never_led_to(people: People, browser_of: Browser) -> None:
    said = browser_of(people.maria).get(f"{ASK}?next=https://evil.example/")
    assert said.headers["Location"] == "/you/"


def _names_that_ask(patterns: list[URLPattern | URLResolver]) -> set[str]:
    found: set[str] = set()
    for one in patterns:
        if isinstance(one, URLResolver):
            found |= _names_that_ask(one.url_patterns)
        elif _asks(one.callback):
            found.add(str(one.name))
    return found


def _asks(view: object) -> bool:
    return getattr(view, "asks_first", False)


def test_these_addresses_ask_first() -> None:
    reach = {f"reach_{name}" for name in ("add", "verify", "on", "off", "up", "down", "revoke_links")}
    reach |= {"welcome_reach"}
    account = {"account_email", "account_change_password", "account_set_password"}
    app = {
        "app_move",
        "mfa_activate_totp",
        "mfa_deactivate_totp",
        "mfa_view_recovery_codes",
        "mfa_generate_recovery_codes",
    }
    passkey = {f"mfa_{verb}_webauthn" for verb in ("add", "edit", "remove")}
    sharing = {"team_invite", "guest_make", "clinic_join", "clinic_agree", "staff_invite", "family_invite"}
    for_good = {"child_export", "child_erase", "account_close"}
    assert _names_that_ask(get_resolver().url_patterns) == reach | account | app | passkey | sharing | for_good
