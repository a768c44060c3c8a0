"""Notifications: what the browser can read, what answers of push services mean, and where they may not go."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from django.conf import LazySettings
from py_vapid import Vapid02
from py_vapid.utils import b64urlencode

from ivig_care.common import clock
from ivig_care.nudges.channels import channel_for
from ivig_care.nudges.channels.base import CannotTell, Message, SendFailed
from ivig_care.nudges.channels.push import WebPush, application_server_key, endpoint_is_allowed
from tests.servers import Fault, PushSink, PushSubscription, free_port, push_sink

TEXT = "2 care steps – due at 8:30 am."


def new_key() -> str:
    """A VAPID key as the settings take it."""
    vapid = Vapid02()
    vapid.generate_keys()
    key: str = b64urlencode(vapid.private_key.private_numbers().private_value.to_bytes(32, "big"))
    return key


@pytest.fixture
def sink(settings: LazySettings) -> Iterator[PushSink]:
    """A push service that is allowed and knows our key."""
    with push_sink() as sink:
        settings.VAPID_PRIVATE_KEY = new_key()
        settings.VAPID_SUBJECT = "mailto:care@example.org"
        settings.PUSH_HOSTS = ["http://127.0.0.1"]
        settings.PUSH_TIMEOUT = 0.5
        sink.application_server_key = application_server_key()
        yield sink


def message_to(subscription: PushSubscription) -> Message:
    """A notification to this browser."""
    return Message(
        key="delivery-12",
        to=subscription.endpoint,
        subject="ivig_care",
        text=TEXT,
        url="https://care.example.org/l/abc",
        push_key=subscription.p256dh,
        push_secret=subscription.auth,
        expires_at=clock.now() + timedelta(minutes=30),
    )


def failure(message: Message, channel: WebPush | None = None) -> SendFailed:
    """How sending fails."""
    with pytest.raises(SendFailed) as failed:
        (channel or WebPush()).send(message)
    return failed.value


def kind(failed: SendFailed) -> str:
    """A failure in one word."""
    assert failed.is_permanent + failed.is_unknown + failed.is_down <= 1
    words = {"permanent": failed.is_permanent, "unknown": failed.is_unknown, "down": failed.is_down}
    return next((word for word, applies in words.items() if applies), "passing")


# --- taken ------------------------------------------------------------------------------------


def test_only_the_browser_reads_it(sink: PushSink) -> None:
    receipt = WebPush().send(message_to(sink.subscribe()))
    (message,) = sink.messages
    assert message.content == {
        "title": "ivig_care",
        "body": TEXT,
        "url": "https://care.example.org/l/abc",
        "tag": "delivery-12",
    }
    assert (message.urgency, message.topic) == ("high", "delivery-12")
    assert 1790 <= message.ttl <= 1800
    assert message.claims["sub"] == "mailto:care@example.org"
    assert receipt.provider_id.startswith(f"{sink.url}/message/")


@pytest.mark.parametrize(("minutes", "expected"), [(-5, 0), (60 * 24 * 9, 86400)])
def test_the_push_service_need_not_keep_it_for_longer_than_a_day(sink: PushSink, minutes: int, expected: int) -> None:
    message = message_to(sink.subscribe())
    WebPush().send(replace(message, expires_at=clock.now() + timedelta(minutes=minutes)))
    assert sink.messages[0].ttl == expected


def test_a_long_text_still_fits(sink: PushSink) -> None:
    WebPush().send(replace(message_to(sink.subscribe()), text="ü" * 5000))
    assert sink.messages[0].content["body"] == "ü" * 1000


def test_many_go_over_one_connection(sink: PushSink) -> None:
    channel = WebPush()
    for _ in range(5):
        channel.send(message_to(sink.subscribe()))
    assert (len(sink.messages), sink.faults.connections) == (5, 1)


# --- not taken --------------------------------------------------------------------------------


@pytest.mark.parametrize("status", [404, 410])
def test_a_browser_that_has_gone_is_gone_for_good(sink: PushSink, status: int) -> None:
    subscription = sink.subscribe()
    sink.end(subscription, status=status)
    failed = failure(message_to(subscription))
    assert (kind(failed), failed.detail) == ("permanent", "the browser has gone")


@pytest.mark.parametrize(
    ("status", "expected"),
    [*((status, "passing") for status in (400, 401, 403, 413, 429, 500, 503)), (504, "unknown")],
)
def test_what_an_answer_means(sink: PushSink, status: int, expected: str) -> None:
    message = message_to(sink.subscribe())
    sink.fail_next(status)
    failed = failure(message)
    assert kind(failed) == expected
    assert str(status) in failed.detail
    WebPush().send(message)
    assert len(sink.messages) == 1


@pytest.mark.parametrize(("fault", "kept"), [(Fault.HANG_UP, 1), (Fault.SILENCE, 1), (Fault.RESET, 0)])
def test_a_connection_that_breaks_after_the_request_leaves_it_unknown(sink: PushSink, fault: Fault, kept: int) -> None:
    sink.faults.add(fault)
    assert kind(failure(message_to(sink.subscribe()))) == "unknown"
    assert len(sink.messages) == kept


def test_no_connection_is_down(sink: PushSink) -> None:
    message = replace(message_to(sink.subscribe()), to=f"http://127.0.0.1:{free_port()}/push/x")
    assert kind(failure(message)) == "down"


@pytest.mark.parametrize(
    "change",
    [{"push_key": ""}, {"push_key": "AAAA"}, {"push_key": "B" * 87}, {"push_secret": ""}, {"push_secret": "***"}],
)
def test_keys_of_a_browser_that_are_none_are_refused_for_good(sink: PushSink, change: dict[str, str]) -> None:
    assert kind(failure(replace(message_to(sink.subscribe()), **change))) == "permanent"  # type: ignore[arg-type] # texts
    assert sink.messages == []


@pytest.mark.parametrize("change", [{"VAPID_PRIVATE_KEY": "nonsense"}, {"VAPID_SUBJECT": "nobody"}])
def test_a_wrong_key_of_ours_says_nothing_about_the_browser(
    sink: PushSink, settings: LazySettings, change: dict[str, str]
) -> None:
    for name, value in change.items():
        setattr(settings, name, value)
    failed = failure(message_to(sink.subscribe()))
    assert kind(failed) == "passing"
    assert next(iter(change)) in failed.detail


def test_a_browser_that_subscribed_with_another_key_of_ours_is_not_given_up(
    sink: PushSink, settings: LazySettings
) -> None:
    settings.VAPID_PRIVATE_KEY = new_key()
    failed = failure(message_to(sink.subscribe()))
    assert kind(failed) == "passing"
    assert "403" in failed.detail


def test_nobody_can_be_asked_whether_it_left(sink: PushSink) -> None:
    with pytest.raises(CannotTell):
        WebPush().find(message_to(sink.subscribe()), since=datetime(2026, 6, 15, tzinfo=UTC))


# --- where it may go --------------------------------------------------------------------------


def test_a_push_service_cannot_send_us_elsewhere(sink: PushSink) -> None:
    with push_sink() as elsewhere:
        sink.redirect_to = f"{elsewhere.url}/push/inside"
        assert kind(failure(message_to(sink.subscribe()))) == "passing"
        assert elsewhere.faults.connections == 0


def test_an_address_that_is_not_allowed_is_not_called(sink: PushSink, settings: LazySettings) -> None:
    settings.PUSH_HOSTS = ["fcm.googleapis.com"]
    assert kind(failure(message_to(sink.subscribe()))) == "permanent"
    assert sink.faults.connections == 0


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("https://fcm.googleapis.com/fcm/send/abc:def", True),
        ("https://FCM.googleapis.com:443/fcm/send/abc", True),
        ("https://updates.push.services.mozilla.com/wpush/v2/abc", True),
        ("https://web.push.apple.com/abc", True),
        ("https://db5p.notify.windows.com/w/?token=abc", True),
        ("http://fcm.googleapis.com/fcm/send/abc", False),
        ("https://fcm.googleapis.com:8443/fcm/send/abc", False),
        ("https://fcm.googleapis.com.example.org/fcm/send/abc", False),
        ("https://evil-fcm.googleapis.com/abc", False),
        ("https://push.apple.com.evil.org/abc", False),
        ("https://user@fcm.googleapis.com/abc", False),
        ("https://fcm.googleapis.com@127.0.0.1/abc", False),
        ("https://127.0.0.1\\@fcm.googleapis.com/abc", False),
        ("https://127.0.0.1/abc", False),
        ("https://[::1]/abc", False),
        ("https://fcm.googleapis.com:port/abc", False),
        ("https://fcm.googleapis.com/a b", False),
        ("https://fcm.googleapis.com/\nabc", False),
        ("https://ﬀcm.googleapis.com/abc", False),
        ("file:///etc/passwd", False),
        ("", False),
    ],
)
def test_only_known_push_services_are_called(url: str, expected: bool) -> None:
    assert endpoint_is_allowed(url) is expected


# --- which channel it is ----------------------------------------------------------------------


@pytest.mark.parametrize(("make", "expected"), [(new_key, "WebPush"), (lambda: "", "OutboxPush")])
def test_without_a_key_notifications_stay_in_the_outbox(
    settings: LazySettings, make: Callable[[], str], expected: str
) -> None:
    settings.VAPID_PRIVATE_KEY = make()
    assert type(channel_for("push")).__name__ == expected
    assert bool(application_server_key()) is (expected == "WebPush")
