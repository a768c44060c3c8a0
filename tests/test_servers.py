"""The servers that other tests lean on, each put to real use."""

import os
import signal
import smtplib
import subprocess
import sys
import time
from base64 import b64encode
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import timedelta
from email.message import EmailMessage
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Thread
from typing import Any, ClassVar
from urllib.parse import parse_qsl

import psycopg
import pytest
import redis
import requests
from py_vapid import Vapid02
from pywebpush import WebPusher
from twilio.base.exceptions import TwilioRestException
from twilio.http.http_client import TwilioHttpClient
from twilio.http.response import Response
from twilio.request_validator import RequestValidator
from twilio.rest import Client
from twilio.twiml.messaging_response import MessagingResponse

from ivig_care.common import clock
from tests.servers import (
    Fault,
    Faults,
    PushSink,
    ServerDidNotStart,
    ServerProcess,
    TwilioError,
    TwilioSink,
    fast_mail_server,
    free_port,
    postgres_server,
    push_sink,
    redis_server,
    smtp_sink,
    twilio_sink,
)
from tests.servers import twilio as twilio_answers
from tests.servers.web import Handler, serving

pytestmark = pytest.mark.services

ROOT = Path(__file__).parent.parent


# --- PostgreSQL -------------------------------------------------------------------------------


def test_postgres_answers_and_lets_its_user_make_databases() -> None:
    with postgres_server() as url, psycopg.connect(url, autocommit=True) as connection:
        assert connection.execute("SELECT 1").fetchone() == (1,)
        assert connection.execute("SHOW timezone").fetchone() == ("UTC",)
        connection.execute("CREATE DATABASE another")


def test_postgres_is_gone_afterwards_even_when_the_test_fails() -> None:
    def fail_beside_it() -> None:
        with postgres_server() as url:
            raise RuntimeError(url)

    with pytest.raises(RuntimeError, match="postgres://") as failure:
        fail_beside_it()
    assert not _postgres_answers(str(failure.value))


def test_two_postgres_servers_do_not_meet() -> None:
    with postgres_server() as one, postgres_server() as other:
        assert one != other


def _with_postgres(*command: str) -> subprocess.CompletedProcess[str]:
    whole = [sys.executable, "-m", "tests.servers", "with-postgres", "--", *command]
    return subprocess.run(whole, cwd=ROOT, capture_output=True, text=True, check=False)


def test_with_postgres_gives_the_command_its_settings_and_returns_its_exit_code() -> None:
    program = """
import os, psycopg
psycopg.connect(os.environ["DATABASE_URL"]).close()
print(len(os.environ["SECRET_KEY"]), os.environ["PUBLIC_URL"])
raise SystemExit(7)
"""
    ended = _with_postgres(sys.executable, "-c", program)
    assert (ended.stdout, ended.stderr, ended.returncode) == ("64 http://127.0.0.1:8000\n", "", 7)


def test_with_postgres_names_the_signal_that_ended_the_command() -> None:
    assert _with_postgres("sh", "-c", "kill -KILL $$").returncode == 128 + signal.SIGKILL


@pytest.fixture
def open_directory() -> Iterator[str]:
    """A directory that the user postgres can reach, too; pytest's own it cannot."""
    with TemporaryDirectory() as path:
        Path(path).chmod(0o755)
        yield path


@pytest.mark.parametrize("end", [signal.SIGTERM, signal.SIGINT, signal.SIGKILL])
def test_with_postgres_leaves_no_server_however_it_ends(end: signal.Signals, open_directory: str) -> None:
    program = "import os, time; print(os.environ['DATABASE_URL'], flush=True); time.sleep(5)"
    command = [sys.executable, "-m", "tests.servers", "with-postgres", "--", sys.executable, "-c", program]
    with subprocess.Popen(
        command,
        cwd=ROOT,
        env=os.environ | {"TMPDIR": open_directory},
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    ) as process:
        assert process.stdout is not None
        url = process.stdout.readline().strip()
        assert _postgres_answers(url)
        process.send_signal(end)
        process.wait(20)
        _wait_until(lambda: not _postgres_answers(url))


def _postgres_answers(url: str) -> bool:
    try:
        psycopg.connect(url).close()
    except psycopg.OperationalError:
        return False
    return True


def _wait_until(is_true: Callable[[], bool]) -> None:
    give_up_at = time.monotonic() + 10
    while not is_true():
        assert time.monotonic() < give_up_at
        time.sleep(0.05)


# --- any server -------------------------------------------------------------------------------


def test_a_server_that_ends_at_once_shows_its_log(tmp_path: Path) -> None:
    server = ServerProcess(["sh", "-c", "echo no such thing; exit 3"], tmp_path, is_ready=lambda: False)
    with pytest.raises(ServerDidNotStart, match="no such thing"):
        server.start()


def test_a_server_that_will_not_stop_is_killed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tests.servers.processes.STOP_SECONDS", 0.2)
    script = "trap '' TERM; echo $$ > pid; while true; do sleep 0.1; done"
    pid = tmp_path / "pid"
    server = ServerProcess(["sh", "-c", script], tmp_path, is_ready=lambda: pid.exists() and bool(pid.read_text()))
    server.start()
    server.stop()
    with pytest.raises(ProcessLookupError):
        os.kill(int(pid.read_text()), 0)


def test_a_free_port_can_be_had_twice() -> None:
    assert free_port() != free_port()


# --- Redis ------------------------------------------------------------------------------------


def test_redis_answers_stops_and_comes_back_empty_at_the_same_address() -> None:
    with redis_server() as server, redis.Redis.from_url(server.url) as client:
        client.set("step", "open")
        assert client.get("step") == b"open"
        server.stop()
        with pytest.raises(redis.ConnectionError):
            client.ping()
        server.start()
        assert client.get("step") is None


# --- e-mail -----------------------------------------------------------------------------------


def _mail(subject: str) -> EmailMessage:
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = "care@example.org", "mum@example.org", subject
    message.set_content("Time to drink.\n")
    return message


def test_the_mail_server_keeps_what_it_is_given() -> None:
    with smtp_sink() as sink, smtplib.SMTP(sink.host, sink.port) as client:
        client.send_message(_mail("In 30 minutes – a step is due"), to_addrs=["mum@example.org"])
        (message,) = sink.messages
    assert message["Subject"] == "In 30 minutes – a step is due"
    assert message.get_content() == "Time to drink.\n"
    assert (message["X-MailFrom"], message["X-RcptTo"]) == ("care@example.org", "mum@example.org")


def test_the_mail_server_refuses_when_told_to() -> None:
    with smtp_sink() as sink, smtplib.SMTP(sink.host, sink.port) as client:
        sink.answer = "451 4.3.0 try later"
        with pytest.raises(smtplib.SMTPDataError) as refusal:
            client.send_message(_mail("Later"))
        assert (refusal.value.smtp_code, sink.messages) == (451, [])


# --- SMS --------------------------------------------------------------------------------------


class _ToSink(TwilioHttpClient):
    """Twilio's own HTTP client, with another address in place of Twilio's."""

    def __init__(self, url: str) -> None:
        super().__init__()
        self.url = url

    def request(self, method: str, url: str, *args: Any, **kwargs: Any) -> Response:
        return super().request(method, url.replace("https://api.twilio.com", self.url), *args, **kwargs)


def _client(sink: TwilioSink, *, token: str | None = None) -> Client:
    return Client(sink.account_sid, token or sink.auth_token, http_client=_ToSink(sink.url))


MESSAGE = {"to": "+4915112345678", "from_": "+15005550006", "body": "A step is due."}


def test_twilio_accepts_a_message_from_its_official_client() -> None:
    with twilio_sink() as sink:
        sent = _client(sink).messages.create(**MESSAGE, status_callback="https://care.example.org/hooks/sms")
        (message,) = sink.messages
    assert (sent.sid, sent.status, sent.to, sent.from_) == (message.sid, "queued", message.to, message.sender)
    assert (message.to, message.sender, message.body) == ("+4915112345678", "+15005550006", "A step is due.")
    assert message.status_callback == "https://care.example.org/hooks/sms"
    assert sent.date_created is not None


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({"to": "12345"}, twilio_answers.INVALID_NUMBER),
        ({"from_": "somebody"}, twilio_answers.INVALID_SENDER),
        ({"from_": None}, twilio_answers.NO_SENDER),
        ({"body": None}, twilio_answers.NO_BODY),
        ({"body": "x" * 1601}, twilio_answers.BODY_TOO_LONG),
    ],
)
def test_twilio_refuses_what_twilio_refuses(change: dict[str, str | None], error: TwilioError) -> None:
    with twilio_sink() as sink:
        with pytest.raises(TwilioRestException) as refusal:
            _client(sink).messages.create(**MESSAGE | change)
        assert (refusal.value.status, refusal.value.code) == (error.status, error.code)
        assert sink.messages == []


def test_twilio_wants_the_right_token() -> None:
    with twilio_sink() as sink:
        with pytest.raises(TwilioRestException) as refusal:
            _client(sink, token="wrong").messages.create(**MESSAGE)
        assert (refusal.value.status, refusal.value.code, sink.messages) == (401, 20003, [])


def test_twilio_fails_as_often_as_told_and_then_recovers() -> None:
    with twilio_sink() as sink:
        sink.fail_next(twilio_answers.TOO_MANY_REQUESTS)
        sink.fail_next(twilio_answers.OUT_OF_ORDER, times=2)
        statuses = []
        for _ in range(3):
            with pytest.raises(TwilioRestException) as failure:
                _client(sink).messages.create(**MESSAGE)
            statuses.append(failure.value.status)
        _client(sink).messages.create(**MESSAGE)
        assert (statuses, len(sink.messages)) == ([429, 500, 500], 1)


def _credentials(sink: TwilioSink) -> str:
    return "Basic " + b64encode(f"{sink.account_sid}:{sink.auth_token}".encode()).decode()


def _path(sink: TwilioSink) -> str:
    return f"/2010-04-01/Accounts/{sink.account_sid}/Messages.json"


@pytest.mark.parametrize(
    "fields", [{"Colour": "red"}, {"StatusCallback": "somewhere"}, {"statuscallback": "https://care.example.org"}]
)
def test_twilio_takes_no_field_that_it_does_not_know(fields: dict[str, str]) -> None:
    with twilio_sink() as sink:
        form = {"To": MESSAGE["to"], "From": MESSAGE["from_"], "Body": MESSAGE["body"]}
        assert isinstance(sink.receive(_path(sink), _credentials(sink), form | fields), TwilioError)
        assert sink.messages == []
        sink.receive(_path(sink), _credentials(sink), form)
        assert len(sink.messages) == 1


def test_twilio_lists_what_it_took_page_by_page() -> None:
    with twilio_sink() as sink:
        client = _client(sink)
        for number in range(5):
            client.messages.create(**MESSAGE | {"body": f"{number}"})
        client.messages.create(**MESSAGE | {"to": "+12125550140"})
        sink.page_size = 2
        listed = client.messages.list(to=MESSAGE["to"])
    assert [message.body for message in listed] == ["4", "3", "2", "1", "0"]


def test_twilio_lists_by_day_of_sending() -> None:
    with twilio_sink() as sink:
        client = _client(sink)
        sid = client.messages.create(**MESSAGE, status_callback="https://care.example.org/").sid
        today = clock.now()
        day = timedelta(days=1)
        assert client.messages.list(date_sent_after=today) == []  # still in the queue
        sink.post = lambda url, form, headers: (200, "")
        sink.report(sid, "sent")
        found = [
            len(client.messages.list(**{name: today + away}))
            for name in ("date_sent", "date_sent_after", "date_sent_before")
            for away in (-day, 0 * day, day)
        ]
    assert found == [0, 1, 0, 1, 1, 0, 0, 1, 1]


class _Site(Handler):
    """Somebody whom Twilio calls."""

    faults = Faults()
    forms: ClassVar[list[tuple[dict[str, str], str]]] = []

    def answer_post(self, body: bytes, fault: Fault | None) -> None:
        form = dict(parse_qsl(body.decode(), keep_blank_values=True))
        self.forms.append((form, self.headers["X-Twilio-Signature"]))
        reply = MessagingResponse()
        if "Body" in form:
            reply.message(f"got {form['Body']} & thanks")
        self.finish_with(fault, 200, str(reply).encode(), Content_Type="text/xml")


@pytest.fixture
def site() -> Iterator[str]:
    """Its address."""
    _Site.forms.clear()
    with serving(_Site) as url:
        yield url


def test_twilio_reports_by_itself_and_signs(site: str) -> None:
    with twilio_sink() as sink:
        sink.reports_by_itself = True
        _client(sink).messages.create(**MESSAGE, status_callback=f"{site}/status?a=b")
        _wait_until(lambda: len(sink.answers) == 2)
        genuine = RequestValidator(sink.auth_token)
    assert [form["MessageStatus"] for form, _ in _Site.forms] == ["sent", "delivered"]
    assert sink.answers == [200, 200]
    assert all(genuine.validate(f"{site}/status?a=b", form, signature) for form, signature in _Site.forms)
    assert sink.messages[0].status == "delivered"


def test_twilio_reports_a_failure_with_its_code(site: str) -> None:
    with twilio_sink() as sink:
        sid = _client(sink).messages.create(**MESSAGE, status_callback=f"{site}/status").sid
        assert sink.report(sid, "undelivered", error_code=30005) == 200
    ((form, _),) = _Site.forms
    assert (form["MessageSid"], form["MessageStatus"], form["ErrorCode"]) == (sid, "undelivered", "30005")


def test_twilio_hands_over_a_text_and_reads_the_answer(site: str) -> None:
    with twilio_sink() as sink:
        sink.inbound_url = f"{site}/texts"
        assert sink.text("+12125550140", "1") == "got 1 & thanks"
        genuine = RequestValidator(sink.auth_token)
    ((form, signature),) = _Site.forms
    assert (form["From"], form["To"], form["Body"]) == ("+12125550140", sink.number, "1")
    assert genuine.validate(f"{site}/texts", form, signature)


# --- notifications ----------------------------------------------------------------------------


def _push(sink: PushSink, **changed: str) -> int:
    """The status that one good request gets, with some headers changed; an empty one is left out."""
    subscription = sink.subscribe()
    vapid = Vapid02()
    vapid.generate_keys()
    claims = {"aud": sink.url, "sub": "mailto:care@example.org", "exp": int(clock.now().timestamp()) + 3600}
    own = {name.removeprefix("claim_"): value for name, value in changed.items() if name.startswith("claim_")}
    body = WebPusher(
        {"endpoint": subscription.endpoint, "keys": {"p256dh": subscription.p256dh, "auth": subscription.auth}}
    )
    headers = {
        "ttl": "60",
        "content-encoding": "aes128gcm",
        **{k.lower(): v for k, v in vapid.sign(claims | own).items()},
    }
    headers |= {name.replace("_", "-"): value for name, value in changed.items() if not name.startswith("claim_")}
    given = {name: value for name, value in headers.items() if value}
    content = body.encode(b'{"title": "Due"}')["body"]
    return requests.post(subscription.endpoint, data=content, headers=given, timeout=5).status_code


def test_push_takes_what_follows_the_standards() -> None:
    with push_sink() as sink:
        assert _push(sink) == 201
        assert [message.content for message in sink.messages] == [{"title": "Due"}]


@pytest.mark.parametrize(
    ("changed", "status"),
    [
        ({"ttl": ""}, 400),
        ({"ttl": "soon"}, 400),
        ({"content_encoding": ""}, 415),
        ({"content_encoding": "aesgcm"}, 415),
        ({"authorization": ""}, 401),
        ({"authorization": "vapid t=a.b.c, k=abc"}, 403),
        ({"claim_aud": "https://elsewhere.example.org"}, 403),
        ({"claim_exp": 1}, 403),
        ({"claim_exp": 9_999_999_999}, 403),
        ({"urgency": "now"}, 400),
        ({"topic": "x" * 33}, 400),
    ],
)
def test_push_refuses_what_does_not(changed: dict[str, str], status: int) -> None:
    with push_sink() as sink:
        assert _push(sink, **changed) == status
        assert sink.messages == []


def test_push_wants_the_key_that_the_browser_subscribed_with() -> None:
    with push_sink() as sink:
        sink.application_server_key = "another"
        assert _push(sink) == 403


def test_another_browser_cannot_read_it() -> None:
    with push_sink() as sink:
        one, other = sink.subscribe(), sink.subscribe()
        pusher = WebPusher({"endpoint": one.endpoint, "keys": {"p256dh": one.p256dh, "auth": one.auth}})
        content = pusher.encode(b"Due")["body"]
        assert one.read(content) == b"Due"
        with pytest.raises(Exception, match=r"."):
            other.read(content)


# --- the fast mail server ---------------------------------------------------------------------


def test_the_fast_mail_server_holds_all_it_acknowledged_when_killed() -> None:
    acknowledged: list[str] = []

    def send_until_it_is_gone(port: int, sender: int) -> None:
        with suppress(smtplib.SMTPException, OSError), smtplib.SMTP("127.0.0.1", port) as client:
            for number in range(100_000):
                mail = _mail("Due")
                mail["Message-ID"] = f"<{sender}-{number}@care.example.org>"
                client.send_message(mail)
                acknowledged.append(f"{sender}-{number}@care.example.org")

    with fast_mail_server() as server:
        threads = [Thread(target=send_until_it_is_gone, args=(server.port, sender)) for sender in range(3)]
        for thread in threads:
            thread.start()
        _wait_until(lambda: server.count() > 100)
        server.process.kill()
        for thread in threads:
            thread.join()
        kept = [message_id for message_id, _ in server.letters()]
        assert len(acknowledged) >= 100
        assert set(acknowledged) <= set(kept)
        assert len(kept) - len(acknowledged) <= 3
        server.start()
        with smtplib.SMTP("127.0.0.1", server.port) as client:
            client.send_message(_mail("Due"))
        assert server.count() == len(kept) + 1
        server.clear()
        assert server.letters() == []
