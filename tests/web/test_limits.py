"""Whoever guesses is stopped after a while; whoever is right never is."""

from __future__ import annotations

import base64
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import timedelta

import pytest
import time_machine
from django.conf import LazySettings
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.test import Client, RequestFactory

from ivig_care.plans.models import Infusion
from ivig_care.web.limits import MOST_FAILURES, WINDOW, client_address, failure_note, failures_limited, is_over
from tests.actors import People
from tests.conftest import STARTS_AT
from tests.web.messages import link, premedication, sent

pytestmark = pytest.mark.django_db


def _request(address: str = "192.0.2.7", forwarded: str = "") -> HttpRequest:
    headers = {"X-Forwarded-For": forwarded} if forwarded else {}
    return RequestFactory().get("/", REMOTE_ADDR=address, headers=headers)


def _fail(times: int, *, address: str = "192.0.2.7", action: str = "link") -> None:
    for _ in range(times):
        failure_note(_request(address), action)


def test_the_door_closes_after_so_many_failures_and_opens_again(clock: time_machine.Traveller) -> None:
    _fail(MOST_FAILURES - 1)
    assert not is_over(_request(), "link")
    _fail(1)
    assert is_over(_request(), "link")
    clock.move_to(STARTS_AT + WINDOW + timedelta(seconds=1))
    assert not is_over(_request(), "link")


def test_each_action_and_each_address_is_counted_apart() -> None:
    _fail(MOST_FAILURES)
    assert [is_over(_request(), "hook"), is_over(_request("192.0.2.8"), "link")] == [False, False]


def test_one_line_of_the_newer_kind_of_address_is_counted_as_one() -> None:
    for number in range(MOST_FAILURES):
        failure_note(_request(f"2001:db8:0:1::{number:x}"), "link")
    assert is_over(_request("2001:db8:0:1:ffff::1"), "link")
    assert not is_over(_request("2001:db8:0:2::1"), "link")


def test_an_address_in_the_newer_writing_is_the_same_address() -> None:
    _fail(MOST_FAILURES, address="::ffff:192.0.2.7")
    assert is_over(_request("192.0.2.7"), "link")
    assert not is_over(_request("::ffff:192.0.2.8"), "link")


def test_many_threads_fail_and_each_failure_counts(settings: LazySettings) -> None:
    settings.CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache", "LOCATION": "limits"}}
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda _: failure_note(_request(), "link"), range(MOST_FAILURES - 1)))
    assert not is_over(_request(), "link")
    failure_note(_request(), "link")
    assert is_over(_request(), "link")


@pytest.mark.parametrize("refused", [Http404(), PermissionDenied(), HttpResponse(status=404)])
def test_what_a_view_raises_counts_as_what_it_answers(refused: Exception | HttpResponse) -> None:
    @failures_limited("raised")
    def view(request: HttpRequest) -> HttpResponse:
        if isinstance(refused, Exception):
            raise refused
        return refused

    for _ in range(MOST_FAILURES):
        with suppress(Http404, PermissionDenied):
            view(_request())
    assert view(_request()).status_code == 429


# --- the address ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("count", "forwarded", "address"),
    [
        (0, "198.51.100.1", "192.0.2.7"),  # nobody of ours is in front: whatever is said is made up
        (1, "198.51.100.1", "198.51.100.1"),
        (1, "203.0.113.9, 198.51.100.1", "198.51.100.1"),  # the first was made up
        (2, "203.0.113.9, 198.51.100.1, 10.0.0.1", "198.51.100.1"),
        (2, "198.51.100.1", "192.0.2.7"),  # it did not come through both
        (1, "", "192.0.2.7"),
        (1, "198.51.100.1,", "192.0.2.7"),
    ],
)
def test_whose_request_it_is(settings: LazySettings, count: int, forwarded: str, address: str) -> None:
    settings.PROXY_COUNT = count
    assert client_address(_request(forwarded=forwarded)) == address


def test_made_up_addresses_do_not_evade_the_count(settings: LazySettings, client: Client) -> None:
    settings.PROXY_COUNT = 1
    for number in range(MOST_FAILURES):
        client.get("/n/wrong/", headers={"X-Forwarded-For": f"10.9.8.{number}, 198.51.100.1"})
    answer = client.get("/n/wrong/", headers={"X-Forwarded-For": "10.1.1.1, 198.51.100.1"})
    assert answer.status_code == 429
    assert client.get("/n/wrong/", headers={"X-Forwarded-For": "198.51.100.2"}).status_code == 404


# --- links ------------------------------------------------------------------------------------------------------------


def test_guessed_links_end_in_a_page_that_says_to_wait(client: Client) -> None:
    for number in range(MOST_FAILURES):
        assert client.get(f"/n/{number}.guess/").status_code == 404
    answer = client.get("/n/1.guess/")
    assert (answer.status_code, answer["Retry-After"], answer["Referrer-Policy"]) == (429, "600", "no-referrer")
    assert "Try again in ten minutes" in answer.text
    assert "no-store" in answer["Cache-Control"]


def test_the_wait_holds_for_every_address_below_links(client: Client) -> None:
    for number in range(MOST_FAILURES):
        client.post(f"/n/{number}.guess/done/")
    assert [client.get("/n/1.guess/").status_code, client.post("/n/1.guess/stop/").status_code] == [429, 429]


def test_a_family_is_never_stopped_by_use(
    people: People, infusion: Infusion, client: Client, clock: time_machine.Traveller
) -> None:
    delivery = sent(infusion, people.maria, premedication(infusion))
    for _ in range(2 * MOST_FAILURES):
        assert client.get(link(delivery)).status_code == 200
    clock.move_to(STARTS_AT + timedelta(days=30))
    for _ in range(2 * MOST_FAILURES):
        assert client.get(link(delivery)).status_code == 410


# --- webhooks ---------------------------------------------------------------------------------------------------------


def test_forged_reports_end_and_those_of_the_provider_go_on(
    client: Client, monkeypatch: pytest.MonkeyPatch, settings: LazySettings
) -> None:
    settings.TWILIO_AUTH_TOKEN = "a secret"

    def post(body: str) -> int:
        form, forged = "application/x-www-form-urlencoded", {"X-Twilio-Signature": "forged"}
        return client.post("/hooks/twilio/sms/", body, content_type=form, headers=forged).status_code

    codes = [post("Body=1") for _ in range(MOST_FAILURES + 1)]
    assert codes == [403] * (MOST_FAILURES - 1) + [429] * 2
    monkeypatch.setattr("ivig_care.web.hooks.twilio.request_is_genuine", lambda *of: True)
    assert post("MessageSid=SM1&From=%2B12125550140&Body=hello") == 200


def test_wrong_secrets_of_mail_reports_end(client: Client, settings: LazySettings) -> None:
    settings.ANYMAIL = {"WEBHOOK_SECRET": "name:secret"}
    wrong = {"Authorization": "Basic " + base64.b64encode(b"name:guess").decode()}
    address = "/hooks/mail/postmark/tracking/"
    codes = [
        client.post(address, "{}", content_type="application/json", headers=wrong).status_code
        for _ in range(MOST_FAILURES + 1)
    ]
    assert codes == [400] * MOST_FAILURES + [429]


def test_guessed_words_of_the_metrics_end(client: Client, settings: LazySettings) -> None:
    settings.METRICS_TOKEN = "a secret"
    codes = [
        client.get("/metrics", headers={"Authorization": f"Bearer {number}"}).status_code
        for number in range(MOST_FAILURES + 1)
    ]
    assert codes == [404] * MOST_FAILURES + [429]
