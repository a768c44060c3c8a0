"""Nobody learns from our answers who has an account here: known or not, they are the same."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest
from django.core import mail
from django.test import Client

from ivig_care.accounts.models import User
from tests.actors import People
from tests.web.sign_in.codes import ASK, CODE
from tests.web.sign_in.test_sign_up import invited

if TYPE_CHECKING:
    from django.test.client import _MonkeyPatchedWSGIResponse as Response

pytestmark = pytest.mark.usefixtures("clock")


def _asks_for_code(login: str) -> list[Response]:
    client = Client()
    return [
        client.post(ASK, {"login": login, "next": "/reach/"}),
        client.get(CODE),
        client.post(CODE, {"code": "12"}),
        client.post(ASK, {"login": login}),
        *(client.post(CODE, {"code": "12"}) for _ in range(6)),
    ]


def _writes_a_wrong_password(login: str) -> list[Response]:
    return [Client().post("/accounts/login/", {"login": login, "password": "wrong"})]


def _forgot_the_password(login: str) -> list[Response]:
    client = Client()
    return [client.post("/accounts/password/reset/", {"email": login}), client.get("/accounts/password/reset/done/")]


def _signs_up(login: str) -> list[Response]:
    client = invited(Client())
    return [
        client.post("/accounts/signup/", {"name": "Ann", "email": login}),
        client.get("/accounts/confirm-email/"),
        client.post("/accounts/confirm-email/", {"code": "12"}),
        client.post("/accounts/confirm-email/", {"action": "resend"}),
        *(client.post("/accounts/confirm-email/", {"code": "12"}) for _ in range(6)),
    ]


def _seen(answers: list[Response], login: str) -> list[tuple[int, str, str]]:
    """What somebody can tell of the answers; what is random in every page is left out."""
    return [
        (
            one.status_code,
            one.headers.get("Location", ""),
            re.sub(r'(value|nonce|x-csrftoken)"?[=:] ?"[^"]{20,}"', "", one.content.decode().replace(login, "LOGIN")),
        )
        for one in answers
    ]


@pytest.mark.parametrize("way", [_asks_for_code, _writes_a_wrong_password, _forgot_the_password, _signs_up])
@pytest.mark.parametrize(("known", "unknown"), [("maria@example.org", "nobod@example.org")])
def test_known_and_unknown_addresses_are_answered_alike(
    way: Callable[[str], list[Response]], known: str, unknown: str, people: People
) -> None:
    first = _seen(way(known), known)
    to_known = len(mail.outbox)
    second = _seen(way(unknown), unknown)
    assert first == second
    # As many e-mails leave, so it takes as long.
    assert len(mail.outbox) - to_known == to_known


def test_known_and_unknown_numbers_are_answered_alike(people: People) -> None:
    known, unknown = "+12125550140", "+12125550199"
    assert _seen(_asks_for_code(known), known) == _seen(_asks_for_code(unknown), unknown)


def test_a_password_costs_as_much_work_for_nobody(people: People, monkeypatch: pytest.MonkeyPatch) -> None:
    hashed: list[str | None] = []
    monkeypatch.setattr(User, "set_password", lambda _self, raw: hashed.append(raw))
    _writes_a_wrong_password("nobody@example.org")
    assert hashed == ["wrong"]
