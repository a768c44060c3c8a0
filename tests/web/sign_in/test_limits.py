"""How often things may be tried, counted in the database for all processes together."""

from __future__ import annotations

from datetime import timedelta

import pytest
import time_machine
from django.conf import LazySettings
from django.core import mail
from django.core.cache import cache
from django.db import connection
from django.test import Client

from tests.actors import People
from tests.web.sign_in.codes import ASK, CODE, ask, place

pytestmark = pytest.mark.usefixtures("clock")


def test_limits_are_counted_in_the_database(people: People, client: Client, settings: LazySettings) -> None:
    assert str(settings.CACHES["default"]["BACKEND"]).endswith("DatabaseCache")
    ask(client, "maria@example.org")
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM common_cache WHERE cache_key LIKE %s", ["%request_login_code%"])
        assert cursor.fetchone()[0] == 3


@pytest.mark.parametrize("login", ["maria@example.org", "nobody@example.org"])
def test_one_address_gets_three_codes_a_minute_and_ten_an_hour(
    login: str, people: People, clock: time_machine.Traveller
) -> None:
    sent = 0
    for _ in range(5):
        for _ in range(4):
            ask(Client(), login)
        sent = len(mail.outbox)
        clock.shift(timedelta(seconds=61))
    assert sent == 10
    page = ask(Client(), login)
    assert "Too many tries. Wait a few minutes" in page.content.decode()
    clock.shift(timedelta(hours=1))
    assert place(ask(Client(), login)) == CODE


def test_one_network_asks_twenty_times_a_minute(people: People) -> None:
    for number in range(20):
        assert place(ask(Client(), f"person{number}@example.org")) == CODE
    assert "Too many tries" in ask(Client(), "maria@example.org").content.decode()
    other = Client(REMOTE_ADDR="192.0.2.7")
    assert place(ask(other, "maria@example.org")) == CODE


def test_codes_are_typed_twenty_times_in_ten_minutes_however_many_were_asked_for(people: People) -> None:
    client = Client()
    answers = []
    for _ in range(3):
        ask(client, "maria@example.org")
        answers += [client.post(CODE, {"code": "12"}).status_code for _ in range(5)]
    assert 429 not in answers
    ask(client, "sam@example.org")
    for _ in range(5):
        client.post(CODE, {"code": "12"})
    ask(client, "tom@example.org")
    last = client.post(CODE, {"code": "12"})
    assert last.status_code == 429
    assert "Too many tries" in last.content.decode()


def test_five_wrong_passwords_are_enough_for_five_minutes(people: People, clock: time_machine.Traveller) -> None:
    def say(password: str) -> str:
        said = {"login": "maria@example.org", "password": password}
        answer = Client().post("/accounts/login/", said)
        return place(answer) or answer.content.decode()

    for _ in range(5):
        assert "do not belong together" in say("wrong")
    assert "Too many tries" in say("correct horse battery staple")
    clock.shift(timedelta(minutes=5, seconds=1))
    assert say("correct horse battery staple") == "/"


def test_one_network_opens_thirty_passwords_a_minute_and_then_reads_why_not(people: People) -> None:
    answers = [
        Client().post("/accounts/login/", {"login": f"person{number}@example.org", "password": "x"})
        for number in range(31)
    ]
    assert [answer.status_code for answer in answers] == [200] * 30 + [429]
    assert "That was tried very often" in answers[-1].content.decode()


def test_looking_at_a_page_counts_for_nothing(people: People, client: Client) -> None:
    for _ in range(40):
        assert client.get(ASK).status_code == 200


def test_what_has_passed_is_forgotten(people: People, clock: time_machine.Traveller) -> None:
    cache.set("something", 1, timeout=60)
    clock.shift(timedelta(seconds=61))
    assert cache.get("something") is None
