"""E-mail: what arrives, what every kind of failure means, and that one connection carries many."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from ipaddress import IPv4Address
from pathlib import Path
from threading import Thread

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID
from django.conf import LazySettings
from django.core import mail

from ivig_care.common import clock
from ivig_care.nudges.channels import letters, smtp
from ivig_care.nudges.channels.base import CannotTell, Message, SendFailed
from ivig_care.nudges.channels.email import EmailChannel
from tests.servers import Fault, Faults, SmtpSink, fast_mail_server, free_port, smtp_sink
from tests.servers.web import Handler, serving

MESSAGE = Message(
    key="delivery-12",
    to="maria@example.org",
    subject="2 care steps – due",
    text="2 care steps – due at 8:30 am.\n.\nOpen: https://care.example.org/l/abc",
    html="<p>2 care steps – due at 8:30 am.</p>",
    unsubscribe_url="https://care.example.org/u/abc",
)


@pytest.fixture
def sink(settings: LazySettings) -> Iterator[SmtpSink]:
    """A mail server that is set up."""
    with smtp_sink() as sink:
        settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
        settings.EMAIL_HOST, settings.EMAIL_PORT = sink.host, sink.port
        settings.EMAIL_HOST_USER = settings.EMAIL_HOST_PASSWORD = ""
        settings.EMAIL_USE_TLS = False
        settings.EMAIL_TIMEOUT = 1
        settings.PUBLIC_URL = "https://care.example.org"
        settings.DEFAULT_FROM_EMAIL = "IVIG care – us <care@example.org>"
        yield sink


def numbered(number: int) -> Message:
    """One of many."""
    return replace(MESSAGE, key=f"delivery-{number}")


def ids(sink: SmtpSink) -> list[str]:
    """What came in, oldest first."""
    return [message["Message-ID"].split("@")[0].lstrip("<") for message in sink.messages]


def failure(channel: EmailChannel, message: Message = MESSAGE) -> SendFailed:
    """How sending fails."""
    with pytest.raises(SendFailed) as failed:
        channel.send(message)
    return failed.value


def kind(failed: SendFailed) -> str:
    """A failure in one word."""
    assert failed.is_permanent + failed.is_unknown + failed.is_down <= 1
    words = {"permanent": failed.is_permanent, "unknown": failed.is_unknown, "down": failed.is_down}
    return next((word for word, applies in words.items() if applies), "passing")


# --- taken ------------------------------------------------------------------------------------


def test_what_arrives_is_what_was_meant(sink: SmtpSink) -> None:
    receipt = EmailChannel().send(MESSAGE)
    (message,) = sink.messages
    assert receipt.provider_id == message["Message-ID"] == "<delivery-12@care.example.org>"
    assert (message["X-MailFrom"], message["X-RcptTo"]) == ("care@example.org", "maria@example.org")
    assert (message["From"], message["To"]) == ("IVIG care – us <care@example.org>", "maria@example.org")
    assert message["Subject"] == "2 care steps – due"
    assert message["Auto-Submitted"] == "auto-generated"
    assert message["List-Unsubscribe"] == "<https://care.example.org/u/abc>"
    assert message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    text, html = (message.get_body((word,)) for word in ("plain", "html"))
    assert text is not None
    assert text.get_content() == f"{MESSAGE.text}\n"
    assert html is not None
    assert html.get_content() == f"{MESSAGE.html}\n"


def test_without_html_and_unsubscribing_it_is_one_plain_part(sink: SmtpSink) -> None:
    EmailChannel().send(replace(MESSAGE, html="", unsubscribe_url=""))
    (message,) = sink.messages
    assert message.get_content_type() == "text/plain"
    assert message.get_content() == f"{MESSAGE.text}\n"
    assert "List-Unsubscribe" not in message
    assert message.defects == []


@pytest.mark.parametrize(
    "text",
    [
        "one line",
        ".\n..\n.dot",
        "x" * 5000,
        "é" * 500 + "\n\n\ntrailing  \n\ttab\t",
        "=_delivery-12\n--=_delivery-12--\n=20",
        "Ψ Unicode \u2028 and \N{ZERO WIDTH SPACE}",
    ],
)
def test_any_text_comes_out_as_it_went_in(sink: SmtpSink, text: str) -> None:
    EmailChannel().send(replace(MESSAGE, text=text, html=f"<p>{text}</p>"))
    (message,) = sink.messages
    bodies = [part.get_content() for part in message.iter_parts()]
    assert bodies == [f"{text}\n", f"<p>{text}</p>\n"]


@pytest.mark.parametrize("subject", ["plain", "two\r\nBcc: eve@example.org", "ü" * 200, "long " * 300])
def test_any_subject_is_one_header(subject: str) -> None:
    raw = letters.letter(
        replace(MESSAGE, subject=subject), sender="care@example.org", public_url="https://care.example.org"
    )
    message = message_from_bytes(raw, policy=policy.default, _class=EmailMessage)
    assert message["Subject"] == " ".join(subject.split())
    assert "Bcc" not in message
    assert max(map(len, raw.split(b"\r\n"))) <= 998


# --- not taken --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arrange", "expected"),
    [
        (lambda sink: sink.refused.update({"maria@example.org": "550 5.1.1 no such mailbox"}), "permanent"),
        (lambda sink: sink.refused.update({"maria@example.org": "550 no such mailbox"}), "permanent"),
        (lambda sink: sink.refused.update({"maria@example.org": "452 4.2.2 mailbox full"}), "passing"),
        (lambda sink: sink.refused.update({"maria@example.org": "552 5.2.2 mailbox full"}), "passing"),
        # What is wrong with us must not switch off everybody.
        (lambda sink: sink.refused.update({"maria@example.org": "554 5.7.1 relay access denied"}), "passing"),
        (lambda sink: sink.refused.update({"maria@example.org": "550 5.7.1 you are on a list"}), "passing"),
        (lambda sink: sink.refused.update({"maria@example.org": "550 5.1.8 bad sender"}), "passing"),
        (lambda sink: sink.refused.update({"maria@example.org": "554 transaction failed"}), "passing"),
        (lambda sink: setattr(sink, "answer", "451 4.3.0 try later"), "passing"),
        (lambda sink: setattr(sink, "answer", "554 5.7.1 looks like spam"), "passing"),
        (lambda sink: sink.answers.update(MAIL="550 5.7.1 not from you"), "passing"),
        (lambda sink: sink.answers.update(MAIL="451 4.7.1 busy"), "passing"),
        (lambda sink: sink.answers.update(DATA="554 5.5.1 no"), "passing"),
        (lambda sink: sink.answers.update(DATA="421 4.3.2 going down"), "passing"),
        (lambda sink: sink.answers.update(CONNECT="421 4.3.2 too many"), "down"),
        (lambda sink: sink.answers.update(CONNECT="554 5.3.2 no"), "down"),
        (lambda sink: sink.answers.update(EHLO="421 4.3.2 going down"), "down"),
        (lambda sink: setattr(sink, "drop", "CONNECT"), "down"),
        (lambda sink: setattr(sink, "drop", "EHLO"), "down"),
        (lambda sink: setattr(sink, "drop", "MAIL"), "passing"),
        (lambda sink: setattr(sink, "drop", "RCPT"), "passing"),
        (lambda sink: setattr(sink, "drop", "DATA"), "passing"),
        (lambda sink: sink.refuse_connections(), "down"),
        (lambda sink: setattr(sink, "delay", 2.0), "down"),
    ],
)
@pytest.mark.parametrize("has_pipelining", [True, False])
def test_what_a_failure_means(
    sink: SmtpSink, arrange: Callable[[SmtpSink], None], expected: str, has_pipelining: bool
) -> None:
    sink.has_pipelining = has_pipelining
    arrange(sink)
    assert kind(failure(EmailChannel())) == expected
    assert sink.messages == []


def test_dropped_in_the_middle_of_the_letter_did_not_leave(sink: SmtpSink) -> None:
    sink.drop = "LETTER"
    long = replace(MESSAGE, text="a line\n" * 1_000_000)
    assert kind(failure(EmailChannel(), long)) == "passing"
    assert sink.messages == []


def test_hung_up_after_the_dot_may_have_left(sink: SmtpSink) -> None:
    sink.drop = "DOT"
    assert kind(failure(EmailChannel())) == "unknown"
    assert len(sink.messages) == 1


def test_no_answer_to_the_dot_may_have_left(sink: SmtpSink) -> None:
    channel = EmailChannel()
    channel.send(numbered(1))
    sink.messages = SlowAfterLetter(sink)
    assert kind(failure(channel, numbered(2))) == "unknown"
    assert ids(sink) == ["delivery-2"]


class SlowAfterLetter(list[EmailMessage]):
    """Makes the server slow as soon as it has kept a letter."""

    def __init__(self, sink: SmtpSink) -> None:
        self.sink = sink

    def append(self, message: EmailMessage) -> None:
        """Keep it."""
        super().append(message)
        self.sink.delay = 2.0


def test_all_commands_of_one_letter_share_the_time_limit(sink: SmtpSink) -> None:
    channel = EmailChannel()
    channel.send(numbered(1))
    sink.has_pipelining = False
    sink.delay = 0.4
    assert kind(failure(channel, numbered(2))) == "down"
    assert (ids(sink), sink.connections) == (["delivery-1"], 1)


@pytest.mark.parametrize("to", ["maria\r\nRCPT TO:<eve@example.org>@example.org", "maria@exa mple..org\x00"])
def test_an_address_that_is_none_is_refused_for_good(sink: SmtpSink, to: str) -> None:
    assert kind(failure(EmailChannel(), replace(MESSAGE, to=to))) == "permanent"
    assert sink.messages == []


def test_nobody_can_be_asked_whether_it_left() -> None:
    with pytest.raises(CannotTell):
        EmailChannel().find(MESSAGE, since=datetime(2026, 6, 15, tzinfo=UTC))


# --- one connection for many ------------------------------------------------------------------


def test_many_letters_go_over_one_connection(sink: SmtpSink) -> None:
    channel = EmailChannel()
    for number in range(20):
        channel.send(numbered(number))
    assert (ids(sink), sink.connections) == ([f"delivery-{number}" for number in range(20)], 1)


def test_each_thread_has_a_connection_of_its_own(sink: SmtpSink) -> None:
    channel = EmailChannel()

    def send_some(first: int) -> None:
        for number in range(first, first + 5):
            channel.send(numbered(number))

    threads = [Thread(target=send_some, args=(first,)) for first in (0, 5, 10)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (sorted(ids(sink)), sink.connections) == (sorted(f"delivery-{number}" for number in range(15)), 3)


def test_a_connection_that_the_server_dropped_while_idle_is_opened_again(sink: SmtpSink) -> None:
    channel = EmailChannel()
    channel.send(numbered(1))
    sink.drop_connections()
    channel.send(numbered(2))
    assert (ids(sink), sink.connections) == (["delivery-1", "delivery-2"], 2)


def test_a_connection_that_lay_idle_for_long_is_not_trusted(sink: SmtpSink, monkeypatch: pytest.MonkeyPatch) -> None:
    channel = EmailChannel()
    channel.send(numbered(1))
    monkeypatch.setattr(smtp, "_LONGEST_IDLE_SECONDS", -1.0)
    channel.send(numbered(2))
    assert (ids(sink), sink.connections) == (["delivery-1", "delivery-2"], 2)


def test_a_server_that_limits_letters_per_connection_gets_a_new_one(sink: SmtpSink) -> None:
    sink.letters_per_connection = 3
    channel = EmailChannel()
    for number in range(10):
        channel.send(numbered(number))
    assert (len(sink.messages), len(set(ids(sink))), sink.connections) == (10, 10, 4)


def test_a_server_that_went_down_between_two_letters_is_down_and_comes_back(sink: SmtpSink) -> None:
    channel = EmailChannel()
    channel.send(numbered(1))
    sink.refuse_connections()
    assert kind(failure(channel, numbered(2))) == "down"
    sink.listen()
    channel.send(numbered(2))
    assert ids(sink) == ["delivery-1", "delivery-2"]


def test_after_a_refused_recipient_the_next_one_is_served(sink: SmtpSink) -> None:
    sink.refused["sam@example.org"] = "550 no"
    channel = EmailChannel()
    assert kind(failure(channel, replace(MESSAGE, to="sam@example.org"))) == "permanent"
    channel.send(MESSAGE)
    assert ids(sink) == ["delivery-12"]


def test_another_server_in_the_settings_is_used_at_once(sink: SmtpSink, settings: LazySettings) -> None:
    channel = EmailChannel()
    channel.send(numbered(1))
    with smtp_sink() as other:
        settings.EMAIL_PORT = other.port
        channel.send(numbered(2))
        assert (ids(sink), ids(other)) == (["delivery-1"], ["delivery-2"])


def test_a_letter_goes_to_the_fast_server_too(sink: SmtpSink, settings: LazySettings) -> None:
    with fast_mail_server() as fast:
        settings.EMAIL_PORT = fast.port
        channel = EmailChannel()
        for number in range(3):
            channel.send(numbered(number))
        fast.stop()
        assert fast.count() == 3
        assert fast.letters() == [(f"delivery-{number}@care.example.org", "maria@example.org") for number in range(3)]


# --- a server that wants to know us -----------------------------------------------------------


@pytest.fixture
def certificate(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A certificate for 127.0.0.1 that this process trusts, with its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    now = clock.now()
    signed = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(IPv4Address("127.0.0.1"))]), critical=False)
        .sign(key, SHA256())
    )
    secret = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    (tmp_path / "trusted.pem").write_bytes(signed.public_bytes(Encoding.PEM))
    (tmp_path / "server.pem").write_bytes(signed.public_bytes(Encoding.PEM) + secret)
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "trusted.pem"))
    return tmp_path / "server.pem"


def test_we_speak_in_secret_and_sign_in(sink: SmtpSink, settings: LazySettings, certificate: Path) -> None:
    sink.certificate, sink.sign_in = certificate, ("care", "secret")
    settings.EMAIL_USE_TLS = True
    settings.EMAIL_HOST_USER, settings.EMAIL_HOST_PASSWORD = "care", "secret"
    channel = EmailChannel()
    channel.send(numbered(1))
    channel.send(numbered(2))
    assert (ids(sink), sink.connections) == (["delivery-1", "delivery-2"], 1)
    sink.drop = "DOT"
    assert kind(failure(channel, numbered(3))) == "unknown"


def test_a_wrong_password_is_down_and_says_nothing_about_the_address(
    sink: SmtpSink, settings: LazySettings, certificate: Path
) -> None:
    sink.certificate, sink.sign_in = certificate, ("care", "secret")
    settings.EMAIL_USE_TLS = True
    settings.EMAIL_HOST_USER, settings.EMAIL_HOST_PASSWORD = "care", "wrong"
    failed = failure(EmailChannel())
    assert (kind(failed), failed.detail[:3]) == ("down", "535")


def test_a_server_that_cannot_prove_who_it_is_gets_nothing(
    sink: SmtpSink, settings: LazySettings, certificate: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sink.certificate = certificate
    settings.EMAIL_USE_TLS = True
    monkeypatch.delenv("SSL_CERT_FILE")
    assert kind(failure(EmailChannel())) == "down"
    assert sink.messages == []


# --- other backends ---------------------------------------------------------------------------


def test_any_django_backend_gets_the_same_letter(settings: LazySettings) -> None:
    settings.PUBLIC_URL = "https://care.example.org"
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    channel = EmailChannel()
    assert not channel.is_local
    assert channel.send(MESSAGE).provider_id == "<delivery-12@care.example.org>"
    (sent,) = mail.outbox
    message = message_from_bytes(sent.message().as_bytes(), policy=policy.default)
    assert message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert [part.get_content_type() for part in message.iter_parts()] == ["text/plain", "text/html"]


INACTIVE = "Found inactive addresses: maria@example.org. Inactive recipients are ones that bounced."


class Postmark(Handler):
    """As much of a provider's API as is needed."""

    faults: Faults
    sent: list[dict[str, object]]
    answer: tuple[int, dict[str, object]] = (
        200,
        {"ErrorCode": 0, "Message": "OK", "MessageID": "abc-1", "To": MESSAGE.to},
    )

    def answer_post(self, body: bytes, fault: Fault | None) -> None:
        self.sent.append(json.loads(body))
        status, document = self.answer
        self.finish_with(fault, status, json.dumps(document).encode(), Content_Type="application/json")


@pytest.fixture
def provider(settings: LazySettings) -> Iterator[type[Postmark]]:
    """One of anymail's providers, set up."""
    handler = type("Provider", (Postmark,), {"faults": Faults(), "sent": []})
    with serving(handler) as url:
        settings.EMAIL_BACKEND = "anymail.backends.postmark.EmailBackend"
        settings.ANYMAIL = {
            "POSTMARK_SERVER_TOKEN": "token",
            "POSTMARK_API_URL": f"{url}/",
            "REQUESTS_TIMEOUT": 0.5,
        }
        yield handler


def test_a_provider_gets_it_over_one_connection_and_names_it(provider: type[Postmark]) -> None:
    channel = EmailChannel()
    receipts = {channel.send(numbered(number)).provider_id for number in range(4)}
    assert (receipts, len(provider.sent), provider.faults.connections) == ({"abc-1"}, 4, 1)
    assert provider.sent[0]["TextBody"] == MESSAGE.text


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        ((422, {"ErrorCode": 406, "Message": INACTIVE}), "permanent"),
        ((401, {"ErrorCode": 10, "Message": "Bad or missing token"}), "passing"),
        ((429, {"ErrorCode": 429, "Message": "Rate limit exceeded"}), "passing"),
        ((500, {"ErrorCode": 1, "Message": "Broken"}), "passing"),
        ((504, {"ErrorCode": 1, "Message": "Gateway"}), "unknown"),
        ((200, {"ErrorCode": 0, "Message": "OK"}), "unknown"),
    ],
)
def test_what_an_answer_of_a_provider_means(
    provider: type[Postmark], answer: tuple[int, dict[str, object]], expected: str
) -> None:
    provider.answer = answer
    assert kind(failure(EmailChannel())) == expected


@pytest.mark.parametrize("fault", [Fault.HANG_UP, Fault.SILENCE, Fault.RESET])
def test_a_provider_that_hangs_up_may_have_taken_it(provider: type[Postmark], fault: Fault) -> None:
    channel = EmailChannel()
    provider.faults.add(fault)
    assert kind(failure(channel)) == "unknown"
    assert channel.send(MESSAGE).provider_id == "abc-1"


def test_a_provider_that_is_not_there_is_down(provider: type[Postmark], settings: LazySettings) -> None:
    settings.ANYMAIL = settings.ANYMAIL | {"POSTMARK_API_URL": f"http://127.0.0.1:{free_port()}/"}
    assert kind(failure(EmailChannel())) == "down"
