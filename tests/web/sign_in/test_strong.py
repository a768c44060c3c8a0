"""A clinic's staff see nothing of a child or of each other before they have shown a second factor or a passkey."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
import time_machine
from allauth.mfa.models import Authenticator
from django.core import mail
from django.test import Client

from ivig_care.accounts.models import User
from ivig_care.actions.accounts import DEMO_SECRET, demo_app_add
from ivig_care.care_teams.models import AuditEvent, Membership, Role
from ivig_care.common import clock as our_clock
from ivig_care.common.secrets import unseal
from ivig_care.plans.models import Infusion
from tests.actors import People
from tests.conftest import STARTS_AT
from tests.factories import MembershipFactory, UserFactory
from tests.password import APP_SECRET, PASSWORD, app_code
from tests.web.sign_in.codes import CODE, place, sign_in

pytestmark = pytest.mark.usefixtures("clock")
SHOW, NEEDED, ADD = "/accounts/2fa/authenticate/", "/accounts/2fa/needed/", "/accounts/2fa/totp/activate/"
Browser = Callable[[User], Client]


@pytest.fixture
def ned(people: People) -> User:
    """A nurse of Riverside who has set up nothing yet."""
    ned = UserFactory.create(name="Ned", email="ned@example.org")
    MembershipFactory.create(user=ned, clinic=people.riverside, role=Role.NURSE)
    return ned


def now_code(later: int = 0) -> str:
    return app_code(our_clock.now().timestamp() + later)


def test_the_tests_have_the_app_of_the_demo_people() -> None:
    assert APP_SECRET == DEMO_SECRET


@pytest.mark.parametrize("way", ["code", "password"])
def test_neither_code_nor_password_is_enough(way: str, people: People, client: Client) -> None:
    if way == "code":
        first = sign_in(client, "weiss@example.org", next="/clinic/")
    else:
        said = {"login": "weiss@example.org", "password": PASSWORD, "next": "/clinic/"}
        first = client.post("/accounts/login/", said)
    assert place(first) == SHOW
    assert place(client.get("/clinic/")) == "/accounts/login/code/"
    shown = client.post(SHOW, {"code": now_code()})
    assert shown.headers["Location"] == "/clinic/"
    assert client.get("/clinic/").status_code == 200
    event = AuditEvent.objects.filter(subject=f"person {people.weiss.pk}").get()
    assert event.detail == f"{way}, app"


def test_a_code_of_the_app_works_once_and_half_a_minute_early_or_late(
    people: People, client: Client, clock: time_machine.Traveller
) -> None:
    used = now_code()
    sign_in(client, "weiss@example.org")
    assert place(client.post(SHOW, {"code": used})) == "/"
    clock.shift(timedelta(seconds=31))
    other = Client()
    sign_in(other, "weiss@example.org")
    assert "That is not the code" in other.post(SHOW, {"code": used}).content.decode()
    assert place(other.post(SHOW, {"code": now_code(30)})) == "/"
    third = Client()
    sign_in(third, "weiss@example.org")
    assert "That is not the code" in third.post(SHOW, {"code": now_code(90)}).content.decode()


def test_codes_of_the_app_are_guessed_five_times(people: People, client: Client) -> None:
    sign_in(client, "weiss@example.org")
    for _ in range(5):
        assert "That is not the code" in client.post(SHOW, {"code": "12"}).content.decode()
    assert "Too many tries" in client.post(SHOW, {"code": now_code()}).content.decode()
    assert "_auth_user_id" not in client.session


PAGES = ("/", "/clinic/", "/infusions/1/", "/infusions/1/messages/", "/reach/", "/you/", "/outbox/", "/clinic/plans/1/")


@pytest.mark.parametrize("page", PAGES)
def test_without_a_second_factor_every_page_leads_to_setting_one_up(
    page: str, ned: User, infusion: Infusion, weak_browser_of: Browser
) -> None:
    weak = weak_browser_of(ned)
    said = weak.get(f"{page}?a=1")
    assert (said.status_code, said.headers["Location"]) == (302, f"{NEEDED}?next={page.replace('/', '%2F')}%3Fa%3D1")
    assert "One more lock" in weak.get(said.headers["Location"]).content.decode()


@pytest.mark.parametrize("page", PAGES)
def test_who_has_one_is_led_to_showing_it(
    page: str, people: People, infusion: Infusion, weak_browser_of: Browser
) -> None:
    weak = weak_browser_of(people.weiss)
    said = weak.get(page)
    assert said.headers["Location"] == f"/accounts/confirm/?next={page.replace('/', '%2F')}"
    choices = weak.get(said.headers["Location"]).content.decode()
    assert ("Use a code of your authenticator app" in choices, "Use your password" in choices) == (True, False)
    assert weak.post("/accounts/confirm/").status_code == 404
    proved = weak.post(f"/accounts/2fa/reauthenticate/?next={page}", {"code": now_code(), "next": page})
    assert proved.headers["Location"] == page
    assert weak.get(page).status_code in (200, 302, 404)
    assert place(weak.get(page)) not in (NEEDED, "/accounts/confirm/")


def test_a_password_alone_confirms_nothing_for_staff(people: People, weak_browser_of: Browser) -> None:
    weak = weak_browser_of(people.weiss)
    asked = weak.post("/accounts/reauthenticate/?next=/clinic/", {"password": PASSWORD, "next": "/clinic/"})
    assert place(asked) != "/clinic/"
    assert place(weak.get("/clinic/")) == "/accounts/confirm/"


def test_a_change_by_somebody_weak_changes_nothing(
    people: People, infusion: Infusion, weak_browser_of: Browser
) -> None:
    weak = weak_browser_of(people.weiss)
    step = infusion.steps.first()
    assert step is not None
    said = weak.post(f"/steps/{step.pk}/tick/")
    assert said.status_code == 302
    assert not step.events.exists()


def test_a_fragment_takes_the_whole_page_there(ned: User, infusion: Infusion, weak_browser_of: Browser) -> None:
    weak = weak_browser_of(ned)
    headers = {"HX-Request": "true", "HX-Current-URL": "http://testserver/infusions/1/"}
    said = weak.get("/infusions/1/", headers=headers)
    assert (said.status_code, said.headers["HX-Redirect"]) == (200, f"{NEEDED}?next=%2Finfusions%2F1%2F")
    assert said.content == b""


@pytest.mark.parametrize("page", ["/accounts/logout/", "/accounts/2fa/needed/", "/sw.js", "/healthz", "/n/forged/"])
def test_what_nobody_needs_it_for_stays_open(page: str, ned: User, weak_browser_of: Browser) -> None:
    assert place(weak_browser_of(ned).get(page)) not in (NEEDED, "/accounts/confirm/")


def test_an_app_is_set_up_and_the_codes_are_shown_once(ned: User, client: Client) -> None:
    sign_in(client, "ned@example.org", next="/clinic/")
    client.get(client.get("/clinic/").headers["Location"])
    page = client.get(ADD).content.decode()
    secret = client.session["mfa.totp.secret"]
    assert secret in page
    wrong = client.post(ADD, {"code": "12"})
    assert (wrong.status_code, Authenticator.objects.filter(user=ned).count()) == (200, 0)
    right = client.post(ADD, {"code": app_code(our_clock.now().timestamp(), secret)})
    assert place(right) == "/accounts/2fa/recovery-codes/"
    (codes,) = Authenticator.objects.filter(user=ned, type="recovery_codes")
    shown = client.get("/accounts/2fa/recovery-codes/").content.decode()
    assert all(code in shown for code in codes.wrap().get_unused_codes())
    assert 'href="/clinic/"' in shown
    again = client.get("/accounts/2fa/recovery-codes/").content.decode()
    assert not any(code in again for code in codes.wrap().get_unused_codes())
    assert client.get("/clinic/").status_code == 200
    verbs = AuditEvent.objects.filter(subject=f"person {ned.pk}").values_list("verb", "about")
    assert list(verbs) == [("signed_in", "session"), ("changed", "second factor")]

    # In the next session it is asked for; a recovery code does as well, once.
    other = Client()
    sign_in(other, "ned@example.org")
    code = codes.wrap().get_unused_codes()[0]
    assert place(other.post(SHOW, {"code": code})) == "/"
    assert other.get("/clinic/").status_code == 200
    third = Client()
    sign_in(third, "ned@example.org")
    assert place(third.post(SHOW, {"code": code})) == ""


def test_an_old_session_sets_up_nothing_without_confirming(ned: User, weak_browser_of: Browser) -> None:
    weak = weak_browser_of(ned)
    assert weak.get(ADD).headers["Location"] == "/accounts/confirm/?next=%2Faccounts%2F2fa%2Ftotp%2Factivate%2F"
    assert place(weak.post(ADD, {"code": "123456"})) == "/accounts/confirm/"
    assert not Authenticator.objects.filter(user=ned).exists()


def test_who_joins_a_staff_later_shows_a_factor_then(people: People, browser_of: Browser) -> None:
    maria = browser_of(people.maria)
    assert maria.get("/you/").status_code == 200
    Membership.objects.create(user=people.maria, clinic=people.riverside, role=Role.ADMIN)
    assert place(maria.get("/you/")) == NEEDED


def test_the_last_factor_of_somebody_on_a_staff_stays(people: People, browser_of: Browser) -> None:
    weiss = browser_of(people.weiss)
    page = weiss.post("/accounts/2fa/totp/deactivate/")
    assert "On a clinic’s staff you need one" in page.content.decode()
    assert Authenticator.objects.filter(user=people.weiss, type="totp").exists()


def test_an_app_is_moved_to_another_phone_and_nobody_is_ever_without(people: People, browser_of: Browser) -> None:
    weiss = browser_of(people.weiss)
    weiss.get("/accounts/2fa/totp/move/")
    secret = weiss.session["mfa.totp.secret"]
    weiss.post("/accounts/2fa/totp/move/", {"code": "12"})
    assert Authenticator.objects.get(user=people.weiss, type="totp").data["secret"] == DEMO_SECRET
    weiss.post("/accounts/2fa/totp/move/", {"code": app_code(our_clock.now().timestamp(), secret)})
    assert unseal(Authenticator.objects.get(user=people.weiss, type="totp").data["secret"]) == secret
    assert weiss.get("/clinic/").status_code == 200
    (message,) = mail.outbox
    assert (message.to, message.subject) == (["weiss@example.org"], "How you sign in was changed")


def test_the_last_passkey_of_somebody_on_a_staff_stays(people: People, browser_of: Browser) -> None:
    weiss = browser_of(people.weiss)
    key = Authenticator.objects.create(user=people.weiss, type="webauthn", data={"name": "phone", "credential": {}})
    Authenticator.objects.filter(user=people.weiss, type="totp").delete()
    session = weiss.session
    session["account_authentication_methods"][0]["id"] = key.pk
    session.save()
    said = weiss.post(f"/accounts/2fa/webauthn/keys/{key.pk}/remove/", follow=True)
    assert "On a clinic’s staff you need one" in said.content.decode()
    assert Authenticator.objects.filter(pk=key.pk).exists()


def test_somebody_elses_passkey_is_not_found(people: People, browser_of: Browser) -> None:
    key = Authenticator.objects.create(user=people.sam, type="webauthn", data={"name": "phone", "credential": {}})
    maria = browser_of(people.maria)
    for page in ("remove", "edit"):
        assert maria.post(f"/accounts/2fa/webauthn/keys/{key.pk}/{page}/", {"name": "mine"}).status_code == 404
    assert Authenticator.objects.get(pk=key.pk).data["name"] == "phone"


def test_a_factor_that_was_taken_away_makes_no_session_strong_any_more(people: People, browser_of: Browser) -> None:
    weiss = browser_of(people.weiss)
    assert weiss.get("/clinic/").status_code == 200
    Authenticator.objects.filter(user=people.weiss).delete()
    assert place(weiss.get("/clinic/")) == NEEDED


def test_a_passkey_is_another_way_in_for_a_parent_and_no_second_lock(people: People, client: Client) -> None:
    Authenticator.objects.create(user=people.maria, type="webauthn", data={"name": "phone", "credential": {}})
    assert place(sign_in(client, "maria@example.org")) == "/"


def test_a_parent_who_set_up_an_app_is_asked_for_it(people: People, client: Client) -> None:
    demo_app_add(person=people.maria)
    assert place(sign_in(client, "maria@example.org")) == SHOW
    assert client.get(CODE).status_code == 302
    assert place(client.post(SHOW, {"code": now_code()})) == "/"


def test_on_a_staff_it_counts_for_a_shift(people: People, client: Client, clock: time_machine.Traveller) -> None:
    client.force_login(people.weiss, backend="allauth.account.auth_backends.AuthenticationBackend")
    app = Authenticator.objects.get(user=people.weiss, type=Authenticator.Type.TOTP)
    session = client.session
    session["account_authentication_methods"] = [
        {"method": "mfa", "at": STARTS_AT.timestamp(), "id": app.pk, "type": app.type}
    ]
    session["account_authentication_methods_user"] = str(people.weiss.pk)
    session.save()
    clock.move_to(STARTS_AT + timedelta(hours=11, minutes=59))
    assert client.get("/clinic/").status_code == 200
    clock.move_to(STARTS_AT + timedelta(hours=12))
    assert client.get("/clinic/").headers["Location"] == "/accounts/confirm/?next=%2Fclinic%2F"


def test_the_secret_of_an_app_lies_sealed(people: People, browser_of: Browser) -> None:
    browser = browser_of(people.maria)
    browser.get(ADD)
    secret = browser.session["mfa.totp.secret"]
    browser.post(ADD, {"code": app_code(our_clock.now().timestamp(), secret)})
    stored = Authenticator.objects.get(user=people.maria, type=Authenticator.Type.TOTP).data["secret"]
    assert secret not in stored
    assert unseal(stored) == secret
