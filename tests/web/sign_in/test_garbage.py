"""What no browser ever sends, sent to the pages for signing in: an answer each time, and nobody gets in."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest
from allauth.mfa.models import Authenticator
from django.test import Client

from ivig_care.accounts.models import User
from tests.actors import People
from tests.web.sign_in.codes import CODE, ask, sign_in
from tests.web.sign_in.test_sign_up import invited

pytestmark = pytest.mark.usefixtures("clock")

PASSKEY: dict[str, object] = {
    "id": "AAAA",
    "rawId": "AAAA",
    "type": "public-key",
    "response": {"clientDataJSON": "e30", "authenticatorData": "AAAA", "signature": "AA", "userHandle": "MQ"},
    "clientExtensionResults": {},
}
PASSKEYS = (
    "",
    "null",
    "5",
    "[]",
    "{",
    "1e999",
    '{"response": 5}',
    '{"id": "x", "response": null}',
    json.dumps(PASSKEY),
    json.dumps(PASSKEY | {"rawId": None}),
    json.dumps(PASSKEY | {"id": "A" * 5000}),
    json.dumps(PASSKEY | {"clientExtensionResults": "\x00"}),
    json.dumps(PASSKEY | {"response": {"clientDataJSON": "e30", "attestationObject": "AAAA"}}),
)
TEXTS = ("", "\x00", "é" * 300, "\uff19" * 6, "9" * 400, "<script>", "-1", "😀" * 50)


def answers(client: Client, *posts: tuple[str, dict[str, str]]) -> list[int]:
    client.raise_request_exception = False
    return [client.post(path, said).status_code for path, said in posts]


@pytest.mark.parametrize("said", PASSKEYS)
def test_a_passkey_that_is_none(
    said: str, people: People, client: Client, browser_of: Callable[[User], Client]
) -> None:
    client.get("/accounts/2fa/webauthn/login/", headers={"Accept": "application/json"})
    found = answers(client, ("/accounts/2fa/webauthn/login/", {"credential": said}))
    sign_in(client, "weiss@example.org")
    client.get("/accounts/2fa/authenticate/")
    found += answers(client, ("/accounts/2fa/authenticate/", {"credential": said}))
    maria, weiss = browser_of(people.maria), browser_of(people.weiss)
    for one, path in ((maria, "/accounts/2fa/webauthn/add/"), (weiss, "/accounts/2fa/webauthn/reauthenticate/")):
        one.get(path)
        found += answers(one, (path, {"credential": said, "name": "phone"}))
    assert {code for code in found if code not in (200, 302)} == set()
    assert "_auth_user_id" not in client.session
    assert not Authenticator.objects.filter(type="webauthn").exists()


@pytest.mark.parametrize("said", TEXTS)
def test_a_text_that_is_no_answer(
    said: str, people: People, client: Client, browser_of: Callable[[User], Client]
) -> None:
    found = answers(
        client,
        ("/accounts/login/code/", {"login": said, "next": said}),
        ("/accounts/login/", {"login": said, "password": said, "next": said}),
        ("/accounts/password/reset/", {"email": said}),
    )
    ask(client, "maria@example.org")
    found += answers(client, (CODE, {"code": said, "action": said, "next": said}))
    sign_in(client, "weiss@example.org")
    found += answers(client, ("/accounts/2fa/authenticate/", {"code": said}))
    stranger = invited(Client())
    found += answers(
        stranger,
        ("/accounts/signup/", {"name": said, "email": said, "next": said}),
        ("/accounts/signup/", {"name": said or "Ann", "email": "ann@example.org", "next": said}),
        ("/accounts/confirm-email/", {"code": said, "action": said, "email": said}),
    )
    address = {"email": said}
    found += answers(
        browser_of(people.maria),
        *(("/accounts/email/", {**address, f"action_{what}": "yes"}) for what in ("add", "remove", "primary", "send")),
        ("/accounts/password/change/", {"oldpassword": said, "password1": said, "password2": said}),
        ("/accounts/2fa/totp/activate/", {"code": said}),
        ("/accounts/2fa/totp/deactivate/", {}),
        ("/accounts/2fa/recovery-codes/generate/", {}),
        ("/accounts/reauthenticate/", {"password": said, "next": said}),
        ("/accounts/confirm/code/", {"code": said, "next": said}),
        ("/accounts/password/reset/key/zzzzzzzzzzzzzzz-x/", {}),
        ("/you/sessions/99999999999999999999999/end/", {}),
    )
    assert {code for code in found if code not in (200, 302, 404, 422)} == set()
    assert "_auth_user_id" not in client.session
