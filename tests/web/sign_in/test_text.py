"""Signing in with a code by text message."""

from __future__ import annotations

import pytest
from django.core.cache import cache
from django.test import Client

from ivig_care.accounts.models import ContactPoint, User
from ivig_care.common import clock
from ivig_care.nudges.channels.base import Message, Receipt, SendFailed
from ivig_care.nudges.channels.gsm7 import segments
from ivig_care.nudges.models import OutboxMessage
from tests.actors import People
from tests.factories import ContactPointFactory
from tests.web.sign_in.codes import CODE, ask, place, texted_code

pytestmark = pytest.mark.usefixtures("clock")
MARIAS = "+12125550140"


def texts() -> list[OutboxMessage]:
    return list(OutboxMessage.objects.filter(kind="sms"))


@pytest.mark.parametrize("typed", ["+1 212 555 0140", "(212) 555-0140", "2125550140", "+12125550140"])
def test_a_number_is_read_however_it_is_written(typed: str, people: People, client: Client) -> None:
    assert place(ask(client, typed)) == CODE
    (text,) = texts()
    assert text.to == MARIAS
    assert client.post(CODE, {"code": texted_code()}).headers["Location"] == "/"
    assert client.session["_auth_user_id"] == str(people.maria.pk)


def test_the_text_is_one_segment_and_discreet(people: People, client: Client) -> None:
    ask(client, MARIAS)
    body = texts()[0].body
    assert segments(body) == 1
    assert body == f"ivig_care: {texted_code()} is your code to sign in. It works for 10 minutes. " + (
        "Nobody from us will ever ask you for it."
    )


def _shared(people: People) -> None:
    ContactPointFactory.create(user=people.sam, kind=ContactPoint.Kind.SMS, address=MARIAS)


def _unproved(people: People) -> None:
    ContactPoint.objects.filter(address=MARIAS).update(verified_at=None)


def _off(people: People) -> None:
    ContactPoint.objects.filter(address=MARIAS).update(disabled_at=clock.now())


def _closed(people: People) -> None:
    User.objects.filter(pk=people.maria.pk).update(is_active=False)


def _unknown(people: People) -> None:
    ContactPoint.objects.filter(address=MARIAS).delete()


@pytest.mark.parametrize("spoil", [_shared, _unproved, _off, _closed, _unknown])
def test_a_number_that_is_nobodys_alone_is_answered_like_an_unknown_one(
    spoil: object, people: People, client: Client
) -> None:
    spoil(people)  # type: ignore[operator]
    page = client.post("/accounts/login/code/", {"login": MARIAS}, follow=True)
    assert page.redirect_chain == [(CODE, 302)]
    assert f"If we know <strong>{MARIAS}</strong>" in page.content.decode()
    assert texts() == []
    assert "That is not the code" in client.post(CODE, {"code": "000000"}).content.decode()
    again = client.post("/accounts/login/code/", {"login": MARIAS}, follow=True)
    assert again.redirect_chain == [(CODE, 302)]


class DeadTexts:
    """A provider that does not answer."""

    is_local = True

    def send(self, message: Message) -> Receipt:
        raise SendFailed("timed out", is_permanent=False, is_down=True)


def test_a_provider_that_is_down_is_said_to_everybody(
    people: People, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ivig_care.web.adapter.channel_for", lambda kind: DeadTexts())
    for number in (MARIAS, "+12125550199"):
        page = client.post("/accounts/login/code/", {"login": number}, follow=True)
        assert (page.status_code, "Texts do not leave here at the moment" in page.content.decode()) == (200, True)
    assert cache.get("texts-fail") is True


def test_a_number_written_in_many_ways_gets_three_texts_a_minute(people: People, client: Client) -> None:
    for typed in ("+12125550140", "+1 212 555 0140", "2125550140", "(212) 5550140", "212-555-0140"):
        ask(client, typed)
    assert len(texts()) == 3
