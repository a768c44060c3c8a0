"""Text messages: what Twilio is told, what its answers mean, what it tells us, and another provider in one file."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta

import pytest
from django.conf import LazySettings

from ivig_care.common import clock
from ivig_care.nudges.channels import channel_for, twilio
from ivig_care.nudges.channels.base import CannotTell, Message, Receipt, SendFailed
from ivig_care.nudges.channels.gsm7 import segments, to_gsm7
from ivig_care.nudges.channels.twilio import TwilioSms
from tests.servers import Fault, TwilioError, TwilioSink, free_port, twilio_sink
from tests.servers import twilio as answers

MESSAGE = Message(
    key="delivery-12",
    to="+12125550140",
    subject="",
    text="ivig_care: 2 care steps due at 8:30 am. Open: https://care.example.org/l/abc",
    status_url="https://care.example.org/hooks/sms/status",
)


@pytest.fixture
def sink(settings: LazySettings) -> Iterator[TwilioSink]:
    """A Twilio that is set up."""
    with twilio_sink() as sink:
        settings.TWILIO_ACCOUNT_SID, settings.TWILIO_AUTH_TOKEN = sink.account_sid, sink.auth_token
        settings.TWILIO_FROM = sink.number
        settings.TWILIO_API_URL = sink.url
        settings.TWILIO_TIMEOUT = 0.5
        yield sink


def failure(message: Message = MESSAGE) -> SendFailed:
    """How sending fails."""
    with pytest.raises(SendFailed) as failed:
        TwilioSms().send(message)
    return failed.value


def kind(failed: SendFailed) -> str:
    """A failure in one word."""
    assert failed.is_permanent + failed.is_unknown + failed.is_down <= 1
    words = {"permanent": failed.is_permanent, "unknown": failed.is_unknown, "down": failed.is_down}
    return next((word for word, applies in words.items() if applies), "passing")


# --- sending ----------------------------------------------------------------------------------


def test_twilio_is_told_the_text_and_where_to_report(sink: TwilioSink) -> None:
    receipt = TwilioSms().send(MESSAGE)
    (sms,) = sink.messages
    assert receipt.provider_id == sms.sid
    assert (sms.to, sms.sender, sms.body) == (MESSAGE.to, sink.number, MESSAGE.text)
    assert sms.status_callback == MESSAGE.status_url


def test_without_an_address_for_reports_none_is_asked_for(sink: TwilioSink) -> None:
    TwilioSms().send(replace(MESSAGE, status_url=""))
    assert sink.messages[0].status_callback is None


def test_many_messages_go_over_one_connection(sink: TwilioSink) -> None:
    for _ in range(5):
        TwilioSms().send(MESSAGE)
    assert (len(sink.messages), sink.faults.connections) == (5, 1)


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (answers.INVALID_NUMBER, "permanent"),
        (answers.UNSUBSCRIBED, "permanent"),
        (TwilioError(400, 21614, "not a mobile number"), "permanent"),
        (answers.TOO_MANY_REQUESTS, "passing"),
        (answers.OUT_OF_ORDER, "passing"),
        (answers.NOT_AUTHENTICATED, "passing"),
        (answers.INVALID_SENDER, "passing"),
        (TwilioError(503, 20503, "Service Unavailable"), "passing"),
        (TwilioError(504, 20504, "Gateway Timeout"), "unknown"),
    ],
)
def test_what_an_answer_means(sink: TwilioSink, error: TwilioError, expected: str) -> None:
    sink.fail_next(error)
    failed = failure()
    assert kind(failed) == expected
    assert str(error.code) in failed.detail
    assert sink.messages == []


@pytest.mark.parametrize(
    ("fault", "expected", "kept"),
    [(Fault.HANG_UP, "unknown", 1), (Fault.SILENCE, "unknown", 1), (Fault.RESET, "unknown", 0)],
)
def test_a_connection_that_breaks_after_the_request_leaves_it_unknown(
    sink: TwilioSink, fault: Fault, expected: str, kept: int
) -> None:
    sink.faults.add(fault)
    assert kind(failure()) == expected
    assert len(sink.messages) == kept
    TwilioSms().send(MESSAGE)
    assert len(sink.messages) == kept + 1


def test_no_connection_is_down_and_says_nothing_about_the_number(sink: TwilioSink, settings: LazySettings) -> None:
    settings.TWILIO_API_URL = f"http://127.0.0.1:{free_port()}"
    assert kind(failure()) == "down"


# --- asking afterwards ------------------------------------------------------------------------


def test_what_was_taken_before_the_connection_broke_is_found(sink: TwilioSink) -> None:
    since = clock.now()
    sink.faults.add(Fault.HANG_UP)
    failure()
    assert TwilioSms().find(MESSAGE, since=since) == Receipt(provider_id=sink.messages[0].sid)


def test_what_was_not_taken_is_not_found(sink: TwilioSink) -> None:
    since = clock.now()
    sink.faults.add(Fault.RESET)
    failure()
    assert TwilioSms().find(MESSAGE, since=since) is None


@pytest.mark.parametrize(
    "other",
    [
        replace(MESSAGE, to="+12125550141"),
        replace(MESSAGE, text=f"{MESSAGE.text}d"),
    ],
)
def test_another_message_is_not_taken_for_it(sink: TwilioSink, other: Message) -> None:
    since = clock.now()
    TwilioSms().send(other)
    assert TwilioSms().find(MESSAGE, since=since) is None


def test_an_earlier_one_with_the_same_words_is_not_taken_for_it(sink: TwilioSink) -> None:
    TwilioSms().send(MESSAGE)
    assert TwilioSms().find(MESSAGE, since=clock.now() + timedelta(seconds=50)) is not None
    assert TwilioSms().find(MESSAGE, since=clock.now() + timedelta(seconds=70)) is None


def test_it_is_found_on_a_later_page_too(sink: TwilioSink) -> None:
    sink.page_size = 3
    since = clock.now()
    TwilioSms().send(MESSAGE)
    for number in range(7):
        TwilioSms().send(replace(MESSAGE, text=f"{number}"))
    assert TwilioSms().find(MESSAGE, since=since) == Receipt(provider_id=sink.messages[0].sid)


@pytest.mark.parametrize(
    "arrange",
    [
        lambda sink: sink.fail_next(answers.OUT_OF_ORDER),
        lambda sink: sink.fail_next(answers.TOO_MANY_REQUESTS),
        lambda sink: sink.faults.add(Fault.HANG_UP),
        lambda sink: sink.faults.add(Fault.SILENCE),
        lambda sink: sink.faults.add(Fault.RESET),
    ],
)
def test_while_twilio_does_not_answer_it_is_asked_later(
    sink: TwilioSink, arrange: Callable[[TwilioSink], None]
) -> None:
    TwilioSms().send(MESSAGE)
    arrange(sink)
    with pytest.raises(SendFailed) as failed:
        TwilioSms().find(MESSAGE, since=clock.now())
    assert not failed.value.is_permanent


def test_a_twilio_that_refuses_to_list_cannot_tell(sink: TwilioSink) -> None:
    TwilioSms().send(MESSAGE)
    sink.fail_next(answers.NOT_AUTHENTICATED)
    with pytest.raises(CannotTell):
        TwilioSms().find(MESSAGE, since=clock.now())


def test_a_message_whose_words_have_changed_is_found_by_its_link(sink: TwilioSink) -> None:
    since, first = clock.now(), replace(MESSAGE, url="https://care.example.org/l/abc")
    TwilioSms().send(first)
    later = replace(first, text=f"ivig_care: 1 care step overdue. {first.url}")
    assert TwilioSms().find(later, since=since) == Receipt(provider_id=sink.messages[0].sid)
    assert TwilioSms().find(replace(later, url="https://care.example.org/l/xyz"), since=since) is None


# --- what Twilio tells us ---------------------------------------------------------------------


def test_only_what_twilio_signed_is_genuine(sink: TwilioSink, settings: LazySettings) -> None:
    url = "https://care.example.org/hooks/sms"
    form = sink.text_form("+12125550140", "1")
    signature = sink.headers_for(url, form)["X-Twilio-Signature"]
    assert twilio.request_is_genuine(url, form, signature)
    assert not twilio.request_is_genuine(url, form | {"Body": "2"}, signature)
    assert not twilio.request_is_genuine(f"{url}/other", form, signature)
    assert not twilio.request_is_genuine(url, form, "")
    settings.TWILIO_AUTH_TOKEN = ""
    assert not twilio.request_is_genuine(url, form, signature)


def test_an_answer_is_twiml_and_an_empty_one_says_nothing() -> None:
    said = '<?xml version="1.0" encoding="UTF-8"?><Response><Message>1 &lt; 2</Message></Response>'
    assert twilio.reply_document("1 < 2") == said
    assert "Message" not in twilio.reply_document("")


@pytest.mark.parametrize(("code", "expected"), [(30005, True), (30006, True), (21610, True), (30003, False)])
def test_which_reports_mean_that_a_number_is_gone(code: int, expected: bool) -> None:
    assert twilio.is_gone_for_good(code) is expected


# --- another provider -------------------------------------------------------------------------


class OtherSms:
    """What somebody who adds a provider writes."""

    is_local = False

    def send(self, message: Message) -> Receipt:
        """Always works."""
        return Receipt(provider_id=f"other-{message.key}")


def test_another_provider_is_one_class_named_in_a_setting(settings: LazySettings) -> None:
    settings.SMS_CHANNEL = f"{__name__}.OtherSms"
    assert channel_for("sms").send(MESSAGE) == Receipt(provider_id="other-delivery-12")


@pytest.mark.parametrize(("account", "expected"), [("AC1", "TwilioSms"), ("", "OutboxSms")])
def test_without_that_setting_it_is_twilio_or_the_outbox(settings: LazySettings, account: str, expected: str) -> None:
    settings.SMS_CHANNEL, settings.TWILIO_ACCOUNT_SID = "", account
    assert type(channel_for("sms")).__name__ == expected
    assert channel_for("sms") is channel_for("sms")


# --- what a text costs ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", 1),
        ("a" * 160, 1),
        ("a" * 161, 2),
        ("a" * 306, 2),
        ("a" * 307, 3),
        ("€" * 80, 1),
        ("€" * 81, 2),
        # 153 is odd, so a character of two does not fit at the end of a part.
        ("€" * 152, 2),
        ("€" * 153, 3),
        ("@£$¥èéùìòÇØøÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ¤¡ÄÖÑÜ§¿äöñüà" * 3, 1),
        ("^{}\\[~]|" * 10, 1),
        ("^{}\\[~]|" * 10 + "a", 2),
        ("–" + "a" * 69, 1),
        ("–" + "a" * 70, 2),
        ("–" + "a" * 133, 2),
        ("–" + "a" * 134, 3),
        ("😀" * 35, 1),
        ("😀" * 36, 2),
        ("😀" * 66, 2),
        ("😀" * 67, 3),
    ],
)
def test_parts_of_a_text(text: str, expected: int) -> None:
    assert segments(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("8:30\u202fam – it’s “due”…", '8:30 am - it\'s "due"...'),
        ("café €5 ñ Ü", "café €5 ñ Ü"),
        ("naïve ê œ", "naive e œ"),
        ("ﬁve ½", "five ½"),
        ("漢 Ж", "漢 Ж"),
        ("a\u200bb", "ab"),
    ],
)
def test_typographic_characters_become_plain_ones(text: str, expected: str) -> None:
    assert to_gsm7(text) == expected
