"""What can go wrong: each fault strikes when entered, and is mended when left."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any

import psycopg
from redis import Redis, RedisError

from tests.chaos.arena import CONCURRENCY, EMAIL, LEASE_SECONDS, PUSH, SMS, TIMEOUT_SECONDS, Arena, celery_of
from tests.servers import Fault as HttpFault
from tests.servers import ServerProcess, TwilioError
from tests.servers.mail import Drop
from tests.servers.twilio import INVALID_NUMBER, OUT_OF_ORDER, TOO_MANY_REQUESTS

Strike = Callable[[Arena, Random], AbstractContextManager[None]]


@dataclass(frozen=True, kw_only=True)
class Fault:
    """One way to fail. It meets messages of `kind` (empty: all), and may refuse addresses for good.

    `seconds` is how long it lasts, at least and at most. `most_repeats` is how many messages may arrive twice, where
    that can be said: as many as processes may have been sending when they died.
    """

    family: str
    name: str
    strike: Strike
    kind: str = ""
    refuses: bool = False
    seconds: tuple[float, float] = (0.3, 2.5)
    most_repeats: int | None = None


FAULTS: list[Fault] = []
SENDERS = CONCURRENCY  # processes of one worker; its watchdog may send too


def _fault(family: str, name: str, **more: Any) -> Callable[[Callable[[Arena, Random], Iterator[None]]], Strike]:
    """Put a fault on the list."""

    def add(function: Callable[[Arena, Random], Iterator[None]]) -> Strike:
        strike = contextmanager(function)
        FAULTS.append(Fault(family=family, name=name, strike=strike, **more))
        return strike

    return add


# --- our own processes ------------------------------------------------------------------------


def _signal(group: int | None, number: signal.Signals) -> None:
    if group is not None:
        with suppress(ProcessLookupError):
            os.killpg(group, number)


@_fault("worker", "worker killed", most_repeats=SENDERS)
def _worker_killed(arena: Arena, random: Random) -> Iterator[None]:
    _signal(celery_of(random.choice(arena.workers)), signal.SIGKILL)
    yield


@_fault("worker", "both workers killed", most_repeats=2 * SENDERS)
def _both_workers_killed(arena: Arena, random: Random) -> Iterator[None]:
    for worker in arena.workers:
        _signal(celery_of(worker), signal.SIGKILL)
    yield


@_fault("worker", "child of a worker killed", most_repeats=SENDERS)
def _child_killed(arena: Arena, random: Random) -> Iterator[None]:
    parent = celery_of(random.choice(arena.workers))
    children = [] if parent is None else _children_of(parent)
    for child in random.sample(children, k=min(len(children), random.choice((1, 1, 2)))):
        with suppress(ProcessLookupError):
            os.kill(child, signal.SIGKILL)
    yield


@_fault("worker", "worker and its watchdog killed", most_repeats=SENDERS + 1)
def _watchdog_killed(arena: Arena, random: Random) -> Iterator[None]:
    watchdog = random.choice(arena.workers)
    with _killed(watchdog):
        yield


@_fault(
    "worker", "worker stopped past its lease", seconds=(LEASE_SECONDS + 0.5, LEASE_SECONDS + 2), most_repeats=SENDERS
)
def _worker_stopped(arena: Arena, random: Random) -> Iterator[None]:
    group = celery_of(random.choice(arena.workers))
    _signal(group, signal.SIGSTOP)
    yield
    _signal(group, signal.SIGCONT)


@_fault("beat", "beat killed", most_repeats=0)
def _beat_killed(arena: Arena, random: Random) -> Iterator[None]:
    _signal(celery_of(arena.site.processes["beat"]), signal.SIGKILL)
    yield


@_fault("beat", "beat and its watchdog killed", most_repeats=0)
def _beat_watchdog_killed(arena: Arena, random: Random) -> Iterator[None]:
    with _killed(arena.site.processes["beat"]):
        yield


@_fault("web", "web killed", kind=SMS, most_repeats=0)
def _web_killed(arena: Arena, random: Random) -> Iterator[None]:
    with _killed(arena.site.processes["web"]):
        yield


@contextmanager
def _killed(process: ServerProcess) -> Iterator[None]:
    """Gone at once, and back at the end, as whatever runs it would do."""
    group = celery_of(process)
    process.kill()
    _signal(group, signal.SIGKILL)
    yield
    process.start()


def _children_of(pid: int) -> list[int]:
    with suppress(FileNotFoundError):
        return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    return []


# --- Redis ------------------------------------------------------------------------------------


@_fault("redis", "Redis killed, back at once and empty", seconds=(0.0, 0.1), most_repeats=0)
def _redis_restarted(arena: Arena, random: Random) -> Iterator[None]:
    arena.redis.process.kill()
    yield
    arena.redis.start()


@_fault("redis", "Redis away", most_repeats=0)
def _redis_away(arena: Arena, random: Random) -> Iterator[None]:
    arena.redis.process.kill()
    yield
    arena.redis.start()


@_fault("redis", "Redis flushed", most_repeats=0)
def _redis_flushed(arena: Arena, random: Random) -> Iterator[None]:
    for _ in range(random.choice((1, 3))):
        with Redis.from_url(arena.redis.url) as client, suppress(RedisError):
            client.flushall()
        time.sleep(random.uniform(0, 0.2))
    yield


@_fault("redis", "Redis paused", seconds=(0.5, 6.0), most_repeats=0)
def _redis_paused(arena: Arena, random: Random) -> Iterator[None]:
    _signal(arena.redis.process.pid, signal.SIGSTOP)
    yield
    _signal(arena.redis.process.pid, signal.SIGCONT)


# --- PostgreSQL -------------------------------------------------------------------------------


@_fault("postgres", "PostgreSQL restarted", seconds=(0.0, 1.5))
def _postgres_restarted(arena: Arena, random: Random) -> Iterator[None]:
    arena.postgres.kill()
    yield
    arena.postgres.start()


@_fault("postgres", "connections cut", seconds=(0.0, 0.5))
def _connections_cut(arena: Arena, random: Random) -> Iterator[None]:
    for _ in range(random.choice((1, 4))):
        _cut(arena.postgres.url)
        time.sleep(random.uniform(0, 0.2))
    yield


def _cut(url: str) -> None:
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )


# --- the mail server --------------------------------------------------------------------------


@_fault("smtp", "SMTP refuses connections", kind=EMAIL, most_repeats=2 * (SENDERS + 1))
def _mail_refuses(arena: Arena, random: Random) -> Iterator[None]:
    arena.mail.refuse_connections()
    yield
    arena.mail.listen()


@_fault("smtp", "SMTP cuts connections once", kind=EMAIL, seconds=(0.0, 0.2), most_repeats=2 * (SENDERS + 1))
def _mail_cuts(arena: Arena, random: Random) -> Iterator[None]:
    arena.mail.drop_connections()
    yield


@_fault("smtp", "SMTP too slow", kind=EMAIL)
def _mail_slow(arena: Arena, random: Random) -> Iterator[None]:
    usual, arena.mail.delay = arena.mail.delay, random.uniform(0.25, 1) * TIMEOUT_SECONDS
    yield
    arena.mail.delay = usual


@_fault("smtp", "SMTP 451 to letters", kind=EMAIL, most_repeats=0)
def _mail_busy(arena: Arena, random: Random) -> Iterator[None]:
    arena.mail.answer = random.choice(("451 try later", "452 too much", "554 we do not like it"))
    yield
    arena.mail.answer = "250 OK"


@_fault("smtp", "SMTP 4xx to a command", kind=EMAIL, most_repeats=0)
def _mail_refuses_commands(arena: Arena, random: Random) -> Iterator[None]:
    command = random.choice(("CONNECT", "EHLO", "MAIL", "RCPT", "DATA"))
    arena.mail.answers[command] = random.choice(("421 going down", "450 later", "451 later"))
    yield
    arena.mail.answers.clear()


class _Some(dict[str, str]):
    """The first so many addresses that come are refused for good."""

    def __init__(self, count: int) -> None:
        super().__init__()
        self._left = count

    def get(self, address: str, default: str | None = None) -> str | None:  # type: ignore[override]
        """The refusal of this address, or the default."""
        if address not in self and self._left:
            self._left -= 1
            self[address] = "550 no such mailbox"
        return super().get(address, default)


@_fault("smtp", "SMTP 550 for some mailboxes", kind=EMAIL, refuses=True, most_repeats=0)
def _mailboxes_gone(arena: Arena, random: Random) -> Iterator[None]:
    arena.mail.refused = _Some(random.choice((1, 1, 3)))
    yield
    arena.mail.refused = {}


def _mail_hangs_up(place: Drop) -> Callable[[Arena, Random], Iterator[None]]:
    def strike(arena: Arena, random: Random) -> Iterator[None]:
        arena.mail.drop = place
        yield
        arena.mail.drop = ""

    return strike


_fault("smtp", "SMTP hangs up in the middle of letters", kind=EMAIL, most_repeats=0)(_mail_hangs_up("LETTER"))
_fault("smtp", "SMTP hangs up after the dot", kind=EMAIL)(_mail_hangs_up("DOT"))


# --- Twilio -----------------------------------------------------------------------------------


def _twilio_answers(error: TwilioError) -> Callable[[Arena, Random], Iterator[None]]:
    def strike(arena: Arena, random: Random) -> Iterator[None]:
        arena.phone.fail_next(error, times=random.choice((1, 2, 6)))
        yield
        arena.phone.mend()

    return strike


def _twilio_goes_wrong(fault: HttpFault) -> Callable[[Arena, Random], Iterator[None]]:
    def strike(arena: Arena, random: Random) -> Iterator[None]:
        arena.phone.faults.silence_seconds = TIMEOUT_SECONDS * 1.3
        arena.phone.faults.add(fault, times=random.choice((1, 2, 4)))
        yield
        arena.phone.mend()

    return strike


_fault("twilio", "Twilio 429", kind=SMS, most_repeats=0)(_twilio_answers(TOO_MANY_REQUESTS))
_fault("twilio", "Twilio 500", kind=SMS, most_repeats=0)(_twilio_answers(OUT_OF_ORDER))
_fault("twilio", "Twilio says no such number", kind=SMS, refuses=True, most_repeats=0)(_twilio_answers(INVALID_NUMBER))
_fault("twilio", "Twilio time-out", kind=SMS)(_twilio_goes_wrong(HttpFault.SILENCE))
_fault("twilio", "Twilio accepts and hangs up", kind=SMS)(_twilio_goes_wrong(HttpFault.HANG_UP))
_fault("twilio", "Twilio cuts the connection", kind=SMS, most_repeats=0)(_twilio_goes_wrong(HttpFault.RESET))


# --- push services ----------------------------------------------------------------------------


def _push_answers(status: int) -> Callable[[Arena, Random], Iterator[None]]:
    def strike(arena: Arena, random: Random) -> Iterator[None]:
        arena.browsers.fail_next(status, times=random.choice((1, 2, 6)))
        yield
        arena.browsers.mend()

    return strike


def _push_goes_wrong(fault: HttpFault) -> Callable[[Arena, Random], Iterator[None]]:
    def strike(arena: Arena, random: Random) -> Iterator[None]:
        arena.browsers.faults.silence_seconds = TIMEOUT_SECONDS * 1.3
        arena.browsers.faults.add(fault, times=random.choice((1, 2, 4)))
        yield
        arena.browsers.mend()

    return strike


_fault("push", "push 429", kind=PUSH, most_repeats=0)(_push_answers(429))
_fault("push", "push 500", kind=PUSH, most_repeats=0)(_push_answers(500))
_fault("push", "push 410", kind=PUSH, refuses=True, most_repeats=0)(_push_answers(410))
_fault("push", "push time-out", kind=PUSH)(_push_goes_wrong(HttpFault.SILENCE))
_fault("push", "push accepts and hangs up", kind=PUSH)(_push_goes_wrong(HttpFault.HANG_UP))
_fault("push", "push cuts the connection", kind=PUSH, most_repeats=0)(_push_goes_wrong(HttpFault.RESET))


# --- clocks -----------------------------------------------------------------------------------


@_fault("clock", "clock of a worker off by seconds")
def _clock_off(arena: Arena, random: Random) -> Iterator[None]:
    arena.clock_set(random.choice((-1, 1)) * random.uniform(0.5, 3))
    yield
    arena.clock_set(0)


@_fault("clock", "clock of a worker jumps about", seconds=(0.0, 0.3))
def _clock_jumps(arena: Arena, random: Random) -> Iterator[None]:
    for _ in range(4):
        arena.clock_set(random.uniform(-10, 10))
        time.sleep(random.uniform(0.05, 0.5))
    yield
    arena.clock_set(0)


FAMILIES = tuple(dict.fromkeys(fault.family for fault in FAULTS))
