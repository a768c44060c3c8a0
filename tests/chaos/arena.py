"""The whole site with everything around it that can fail, and what has arrived outside."""

from __future__ import annotations

import base64
import re
import sys
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from itertools import count
from pathlib import Path

from py_vapid import Vapid02

from tests.chaos.rows import Rows, rows_of
from tests.servers import (
    PostgresServer,
    PushSink,
    RedisServer,
    ServerProcess,
    SmtpSink,
    TwilioSink,
    lasting_postgres_server,
    push_sink,
    redis_server,
    smtp_sink,
    twilio_sink,
)
from tests.services.site import Site, child_of, running_site

EMAIL, SMS, PUSH = "email", "sms", "push"
KINDS = (EMAIL, SMS, PUSH)
LEASE_SECONDS = 5
TIMEOUT_SECONDS = 2
CONCURRENCY = 2
SECOND_WORKER = "second worker"
TIMES = {
    "DISPATCH_SECONDS": "1",
    "LEASE_SECONDS": str(LEASE_SECONDS),
    "RETRY_SECONDS": "1",
    "WATCHDOG_SECONDS": "8",
    "EMAIL_TIMEOUT": str(TIMEOUT_SECONDS),
    "TWILIO_TIMEOUT": str(TIMEOUT_SECONDS),
    "PUSH_TIMEOUT": str(TIMEOUT_SECONDS),
}
_LINK = re.compile(r"/n/(\d+)\.")


@dataclass(kw_only=True)
class Arena:
    """What runs. `clock_file` holds by how many seconds the clock of the second worker is off."""

    site: Site
    rows: Rows
    postgres: PostgresServer
    redis: RedisServer
    mail: SmtpSink
    phone: TwilioSink
    browsers: PushSink
    clock_file: Path
    _numbers: Iterator[int]

    @property
    def workers(self) -> list[ServerProcess]:
        """The watchdogs of the workers."""
        return [self.site.processes["worker"], self.site.processes[SECOND_WORKER]]

    def clock_set(self, seconds: float) -> None:
        """Let the clock of the second worker be off by so much."""
        new = self.clock_file.with_suffix(".new")
        new.write_text(str(seconds))
        new.replace(self.clock_file)  # never half written

    def delays_set(self, seconds: float) -> None:
        """Let every answer of the outside take so long, so that sending takes a while."""
        self.mail.delay, self.phone.faults.delay, self.browsers.faults.delay = seconds / 4, seconds, seconds

    def contact_point(self, kind: str) -> tuple[str, str, str, str]:
        """A new one of this kind: kind, address, and the two keys of a browser."""
        number = next(self._numbers)
        if kind == EMAIL:
            return kind, f"person{number}@example.org", "", ""
        if kind == SMS:
            return kind, f"+1212{number:07}", "", ""
        subscription = self.browsers.subscribe()
        return kind, subscription.endpoint, subscription.p256dh, subscription.auth

    def arrivals(self, kind: str, since: int = 0) -> list[int]:
        """The keys of the deliveries that reached the sink of this kind, in order, from the one numbered `since` on."""
        if kind == EMAIL:
            return [_number(str(message["Message-ID"])) for message in self.mail.messages[since:]]
        if kind == SMS:
            return [int(match[1]) for text in self.phone.messages[since:] if (match := _LINK.search(text.body))]
        return [_number(message.content["tag"]) for message in self.browsers.messages[since:]]

    def arrived_so_far(self) -> dict[str, int]:
        """How many messages have reached each sink."""
        return {
            EMAIL: len(self.mail.messages),
            SMS: len(self.phone.messages),
            PUSH: len(self.browsers.messages),
        }

    def arrived_since(self, before: Mapping[str, int]) -> Counter[int]:
        """How often each delivery has reached a sink since then."""
        return Counter(key for kind in KINDS for key in self.arrivals(kind, before[kind]))


def _number(key: str) -> int:
    """The row of a message named delivery-12."""
    found = re.search(r"delivery-(\d+)", key)
    assert found, f"a message that is nobody's: {key}"
    return int(found[1])


def celery_of(watchdog: ServerProcess) -> int | None:
    """The process, and so the process group, of the Celery that a watchdog watches; None while there is none."""
    return None if watchdog.pid is None else child_of(watchdog.pid)


@contextmanager
def running_arena() -> Iterator[Arena]:
    """Everything, running. Raises ServerMissing, ServerDidNotStart."""
    with ExitStack() as stack:
        postgres = stack.enter_context(lasting_postgres_server())
        redis = stack.enter_context(redis_server())
        mail = stack.enter_context(smtp_sink())
        phone = stack.enter_context(twilio_sink())
        browsers = stack.enter_context(push_sink())
        phone.reports_by_itself = True
        env = {
            **TIMES,
            "DATABASE_URL": postgres.url,
            "REDIS_URL": redis.url,
            **_outside(mail, phone, browsers),
        }
        site = stack.enter_context(running_site(env, watched=True))
        clock_file = Path(site.env["VAR_DIR"]) / "clock"
        rows = stack.enter_context(rows_of(site.env))
        arena = Arena(
            site=site,
            rows=rows,
            postgres=postgres,
            redis=redis,
            mail=mail,
            phone=phone,
            browsers=browsers,
            clock_file=clock_file,
            _numbers=count(1),
        )
        arena.clock_set(0)
        stack.enter_context(_second_worker(site, clock_file))
        yield arena


def _outside(mail: SmtpSink, phone: TwilioSink, browsers: PushSink) -> dict[str, str]:
    vapid = Vapid02()
    vapid.generate_keys()
    key = vapid.private_key.private_numbers().private_value.to_bytes(32, "big")
    return {
        "EMAIL_HOST": mail.host,
        "EMAIL_PORT": str(mail.port),
        "TWILIO_ACCOUNT_SID": phone.account_sid,
        "TWILIO_AUTH_TOKEN": phone.auth_token,
        "TWILIO_FROM": "+12125550100",
        "TWILIO_API_URL": phone.url,
        "VAPID_PRIVATE_KEY": base64.urlsafe_b64encode(key).decode().rstrip("="),
        "VAPID_SUBJECT": "mailto:care@example.org",
        "PUSH_HOSTS": "http://127.0.0.1",
    }


@contextmanager
def _second_worker(site: Site, clock_file: Path) -> Iterator[None]:
    """One whose clock can be shifted; else as the first."""
    program = [sys.executable, "-m", "tests.chaos.shifted", str(clock_file)]
    command = [*program, "run_worker", "--name", "second", "--", "--concurrency", str(CONCURRENCY)]
    directory = Path(site.env["VAR_DIR"]) / "second-worker"
    directory.mkdir()
    process = ServerProcess(command=command, directory=directory, is_ready=lambda: True, env=site.env)
    process.start()
    site.processes[SECOND_WORKER] = process
    try:
        yield
    finally:
        process.stop()
