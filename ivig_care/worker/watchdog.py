"""Runs a Celery process and replaces it when it makes no progress, not only when it has died.

A worker can live and yet take up nothing, most of all after its broker was away. So we ask again and again through the
broker for a sign of life, which the process must write into the database. A broker or database that does not answer is
not its fault, and that time does not count.
"""

from __future__ import annotations

import logging
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime

from django.conf import settings
from django.db import Error, connections

from ivig_care.nudges.selectors import heartbeats
from ivig_care.worker.broker import BrokerAway
from ivig_care.worker.last_resort import LastResort

CELERY = (sys.executable, "-m", "celery", "--quiet", "-A", "ivig_care.celery")
STEP_SECONDS = 0.2
# How long a start may take, and a stop (containers are killed after 60).
START_SECONDS = 30.0
STOP_SECONDS = 50.0
# What lives for less died at once: the next start waits longer.
SHORT_LIFE_SECONDS = 30.0
LONGEST_PAUSE_SECONDS = 60.0
NEVER_READ = object()

log = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True)
class Charge:
    """What is watched: its command, the heartbeat that it writes, and how to ask it for one (raises BrokerAway)."""

    heartbeat: str
    command: Sequence[str]
    env: Mapping[str, str] = field(default_factory=dict)
    ask: Callable[[], None]


@dataclass
class Patience:
    """Tells when a process has owed a sign of life for too long; `now` is monotonic seconds."""

    seconds: float
    _seen: object = NEVER_READ
    _asked_at: float | None = None
    _looked_at: float | None = None
    _has_answered: bool = False

    def excuse(self) -> None:
        """Forget what was asked: it could not be answered."""
        self._asked_at = None

    def is_over(self, sign: datetime | None, *, now: float) -> bool:
        """Whether it has been silent for too long; call it with the last sign of life, whenever it was asked again.

        Two signs are compared with each other only, so clocks may differ or jump.
        """
        gap, self._looked_at = now - (now if self._looked_at is None else self._looked_at), now
        if sign != self._seen or gap > self.seconds:  # after a long gap we were stopped, and the process perhaps too
            self._has_answered |= sign != self._seen and self._seen is not NEVER_READ
            self._seen, self._asked_at = sign, None
        if self._asked_at is None:
            self._asked_at = now
        allowed = self.seconds if self._has_answered else max(self.seconds, START_SECONDS)
        return now - self._asked_at > allowed


class Child:
    """A running process with a group of its own, which ends with us."""

    def __init__(self, charge: Charge) -> None:
        self.started_at = time.monotonic()
        paths = [str(settings.BASE_DIR), *filter(None, [os.environ.get("PYTHONPATH")])]
        env = {**os.environ, "PYTHONPATH": os.pathsep.join(paths), **charge.env}
        self._process = subprocess.Popen(  # noqa: S603 - our own command line, no shell
            [*_bound_to_us(), *charge.command], env=env, start_new_session=True
        )

    @property
    def pid(self) -> int:
        """Its number, and that of its group."""
        return self._process.pid

    @property
    def exit_status(self) -> int | None:
        """None as long as it runs."""
        return self._process.poll()

    def ask_to_stop(self) -> None:
        """Ask for an orderly stop: it finishes what it is sending."""
        self._process.send_signal(signal.SIGTERM)

    def end(self) -> None:
        """Kill whatever is left of it and of its own children, and wait until it is gone."""
        with suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()


class Watchdog:
    """Keeps one charge running until it is told to stop by SIGTERM or SIGINT; the second one makes it hurry."""

    def __init__(self, charge: Charge, *, patience_seconds: float, last_resort: LastResort | None = None) -> None:
        self._charge = charge
        self._seconds = patience_seconds
        self._last_resort = last_resort
        self._child: Child | None = None
        self._patience = Patience(patience_seconds)
        self._pause = 0.0
        self._start_at = self._look_at = time.monotonic()
        self._stops_asked = 0
        self._away = ""

    def run(self) -> None:
        """Watch until told to stop; then stop the process in an orderly way."""
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: self._ask_to_stop())
        try:
            while not self._stops_asked:
                self.step()
                time.sleep(STEP_SECONDS)
        finally:
            self._stop()

    def step(self) -> None:
        """Start the process if it is not there, see whether it lives, and now and then whether it gets on."""
        now = time.monotonic()
        if self._child is None and now >= self._start_at:
            self._child, self._patience = Child(self._charge), Patience(self._seconds)
            log.info("watchdog: %s started as process %s", self._charge.heartbeat, self._child.pid)
        elif self._child is not None and self._child.exit_status is not None:
            self._replace(f"ended with status {self._child.exit_status}")
        if now >= self._look_at:
            self._look_at = now + self._interval()
            self._look()

    def _look(self) -> None:
        """One look into the database and, through the broker, at the process."""
        try:
            signs = heartbeats()
        except Error as error:
            self._excuse(f"the database does not answer: {error}")
            return
        finally:
            # Opened anew for each look: none is left over, and none outlives a restart of the database.
            connections.close_all()
        if self._last_resort:
            self._last_resort.look(signs)
        try:
            self._charge.ask()
        except BrokerAway as error:
            self._excuse(f"the broker does not answer: {error}")
            return
        self._note("")
        if self._child and self._patience.is_over(signs.get(self._charge.heartbeat), now=time.monotonic()):
            self._replace(f"has made no progress for {self._seconds:g} s")

    def _replace(self, why: str) -> None:
        child, self._child = self._child, None
        if child is None:
            return
        child.end()
        now = time.monotonic()
        is_short = now - child.started_at < SHORT_LIFE_SECONDS
        self._pause = min(max(1.0, 2 * self._pause), LONGEST_PAUSE_SECONDS) if is_short else 0.0
        self._start_at = now + self._pause
        log.error("watchdog: %s (process %s) %s; replaced", self._charge.heartbeat, child.pid, why)

    def _stop(self) -> None:
        give_up_at = time.monotonic() + STOP_SECONDS
        if self._child is not None:
            self._child.ask_to_stop()
        if self._last_resort is not None:
            self._last_resort.stop()
        if self._child is None:
            return
        while self._child.exit_status is None and time.monotonic() < give_up_at and self._stops_asked < 2:
            time.sleep(STEP_SECONDS)
        self._child.end()
        log.info("watchdog: %s stopped", self._charge.heartbeat)

    def _ask_to_stop(self) -> None:
        # Only a flag: the main thread may be anywhere.
        self._stops_asked += 1

    def _interval(self) -> float:
        return min(max(self._seconds / 6, 0.5), 10.0, settings.DISPATCH_SECONDS)

    def _excuse(self, why: str) -> None:
        self._patience.excuse()
        self._note(why)

    def _note(self, why: str) -> None:
        """Say what is away when it goes, and when it is back; not at every look."""
        if bool(why) != bool(self._away):
            log.warning("watchdog: %s", why or "database and broker answer again")
        self._away = why


def _bound_to_us() -> list[str]:
    """The words before a command that, on Linux, stop it in an orderly way even when we are killed."""
    return ["setpriv", "--pdeathsig", "TERM", "--"] if shutil.which("setpriv") else []
