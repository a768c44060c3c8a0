"""The servers that other tests lean on, each put to real use."""

import os
import signal
import smtplib
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from email.message import EmailMessage
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import psycopg
import pytest
import redis
from twilio.base.exceptions import TwilioRestException
from twilio.http.http_client import TwilioHttpClient
from twilio.http.response import Response
from twilio.rest import Client

from tests.servers import (
    ServerDidNotStart,
    ServerProcess,
    TwilioError,
    TwilioSink,
    free_port,
    postgres_server,
    redis_server,
    smtp_sink,
    twilio_sink,
)
from tests.servers import twilio as twilio_answers

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
