"""The watchdog, with small programs in place of Celery: what it replaces, what it excuses, how it stops."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from unittest import mock

import pytest
from django.db import OperationalError

from ivig_care.worker import watchdog
from ivig_care.worker.broker import BrokerAway
from ivig_care.worker.watchdog import START_SECONDS, Charge, Child, Patience, Watchdog

SIGN = datetime(2026, 6, 15, 16, tzinfo=UTC)
SECOND = timedelta(seconds=1)
HANGS = "import signal, time\nsignal.signal(signal.SIGTERM, signal.SIG_IGN)\ntime.sleep(600)"
WAITS = "import time\ntime.sleep(600)"
ENDS = "raise SystemExit(3)"


# --- patience ---------------------------------------------------------------------------------


def _after(*looks: tuple[datetime | None, float], seconds: float = 60) -> bool:
    """What the last of these looks says; each is the last sign and when it was looked at."""
    patience = Patience(seconds)
    answers = [patience.is_over(sign, now=now) for sign, now in looks]
    assert not any(answers[:-1])
    return answers[-1]


@pytest.mark.parametrize(("silent_for", "is_over"), [(60, False), (61, True)])
def test_a_process_that_answered_once_has_as_long_as_was_set(silent_for: int, is_over: bool) -> None:
    middle = [(SIGN + SECOND, 10.0 + at) for at in range(0, silent_for, 10)]
    assert _after((SIGN, 0.0), *middle, (SIGN + SECOND, 10.0 + silent_for)) is is_over


def test_the_row_of_the_process_before_is_no_sign_of_life() -> None:
    looks = [(SIGN, float(at)) for at in range(0, int(START_SECONDS), 5)]
    assert _after(*looks, (SIGN, START_SECONDS), (SIGN, START_SECONDS + 1), seconds=6) is True


def test_a_start_may_take_longer() -> None:
    assert _after((None, 0.0), (None, 4.0), (None, 8.0), (None, 12.0), seconds=5) is False


def test_a_sign_from_a_clock_that_was_set_back_is_a_sign() -> None:
    early = SIGN - timedelta(hours=1)
    assert _after((SIGN, 0.0), (early, 10.0), (early, 69.0)) is False


def test_time_in_which_it_could_not_answer_does_not_count() -> None:
    patience = Patience(60)
    patience.is_over(SIGN, now=0)
    patience.is_over(SIGN + SECOND, now=10)
    patience.is_over(SIGN + SECOND, now=60)
    patience.excuse()
    assert patience.is_over(SIGN + SECOND, now=75) is False
    assert patience.is_over(SIGN + SECOND, now=135) is False
    assert patience.is_over(SIGN + SECOND, now=136) is True


def test_time_in_which_we_were_stopped_ourselves_does_not_count() -> None:
    assert _after((SIGN, 0.0), (SIGN + SECOND, 10.0), (SIGN + SECOND, 1000.0)) is False


# --- the watchdog -----------------------------------------------------------------------------


class Bench:
    """A watchdog over a small program, with signs of life, broker and database that the test sets."""

    def __init__(self, program: str, *, seconds: float = 0.6) -> None:
        self.signs: dict[str, datetime] = {}
        self.is_broker_there = self.is_database_there = True
        self.asked = 0
        charge = Charge(heartbeat="worker one", command=[sys.executable, "-c", program], ask=self._ask)
        self.dog = Watchdog(charge, patience_seconds=seconds)
        self.pids: list[int] = []

    def _ask(self) -> None:
        if not self.is_broker_there:
            raise BrokerAway("away")
        self.asked += 1

    def read(self) -> dict[str, datetime]:
        if not self.is_database_there:
            raise OperationalError("away")
        return dict(self.signs)

    def beat(self) -> None:
        self.signs["worker one"] = self.signs.get("worker one", SIGN) + SECOND

    def run(self, *, seconds: float, each: Callable[[], None] = lambda: None) -> None:
        """Let it watch for so long."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            each()
            self.dog.step()
            if (child := self.dog._child) and child.pid not in self.pids:
                self.pids.append(child.pid)
            time.sleep(0.05)


@pytest.fixture
def bench(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., Bench]]:
    """Makes benches, and leaves no process behind."""
    made: list[Bench] = []

    def make(program: str, *, seconds: float = 0.6) -> Bench:
        made.append(Bench(program, seconds=seconds))
        monkeypatch.setattr(watchdog, "heartbeats", made[-1].read)
        return made[-1]

    monkeypatch.setattr(watchdog, "START_SECONDS", 1.0)
    monkeypatch.setattr(watchdog, "connections", mock.Mock())
    yield make
    for one in made:
        one.dog._stops_asked = 2
        one.dog._stop()


def _is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def test_what_gives_signs_of_life_is_left_alone(bench: Callable[..., Bench]) -> None:
    one = bench(WAITS)
    one.run(seconds=3, each=one.beat)
    assert len(one.pids) == 1
    assert one.asked >= 3


def test_what_lives_and_does_nothing_is_killed_and_started_anew(bench: Callable[..., Bench]) -> None:
    one = bench(HANGS)
    one.run(seconds=5)
    assert len(one.pids) >= 2
    assert not _is_alive(one.pids[0])


def test_without_a_broker_nothing_is_replaced(bench: Callable[..., Bench]) -> None:
    one = bench(WAITS)
    one.is_broker_there = False
    one.run(seconds=3)
    assert len(one.pids) == 1


def test_without_a_database_nothing_is_replaced(bench: Callable[..., Bench]) -> None:
    one = bench(WAITS)
    one.is_database_there = False
    one.run(seconds=3)
    assert len(one.pids) == 1
    assert one.asked == 0


def test_what_ended_is_started_again_with_growing_pauses(bench: Callable[..., Bench]) -> None:
    one = bench(ENDS)
    one.run(seconds=5)
    assert 2 <= len(one.pids) <= 3  # at once, after 1 s, after 2 s more
    assert one.dog._pause == 4.0 or len(one.pids) == 2


def test_children_of_what_is_replaced_go_with_it(bench: Callable[..., Bench], tmp_path: Path) -> None:
    note = tmp_path / "pid"
    program = (
        "import pathlib, subprocess, sys, time\n"
        f"child = subprocess.Popen([sys.executable, '-c', {HANGS!r}])\n"
        f"pathlib.Path({str(note)!r}).write_text(str(child.pid))\n"
        "time.sleep(600)"
    )
    one = bench(program)
    one.run(seconds=0.8)
    grandchild = int(note.read_text())
    child = one.dog._child
    assert child is not None
    child.end()
    for _ in range(50):
        if not Path(f"/proc/{grandchild}").exists() or " Z " in Path(f"/proc/{grandchild}/stat").read_text():
            return
        time.sleep(0.1)
    pytest.fail("the grandchild lives on")


def test_told_to_stop_it_lets_the_process_finish(bench: Callable[..., Bench], tmp_path: Path) -> None:
    note = tmp_path / "note"
    program = (
        "import pathlib, signal, sys, time\n"
        "def finish(*_):\n"
        "    time.sleep(0.5)\n"
        f"    pathlib.Path({str(note)!r}).write_text('finished')\n"
        "    sys.exit(0)\n"
        "signal.signal(signal.SIGTERM, finish)\n"
        f"pathlib.Path({str(note)!r}).write_text('ready')\n"
        "time.sleep(600)"
    )
    one = bench(program, seconds=60)
    threading.Timer(2.0, os.kill, (os.getpid(), signal.SIGTERM)).start()
    before = [signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)]
    try:
        one.dog.run()
    finally:
        for number, handler in zip((signal.SIGTERM, signal.SIGINT), before, strict=True):
            signal.signal(number, handler)
    assert note.read_text() == "finished"


def test_told_twice_it_does_not_wait(bench: Callable[..., Bench]) -> None:
    one = bench(HANGS, seconds=60)
    one.run(seconds=0.5)
    one.dog._stops_asked = 2
    begun = time.monotonic()
    one.dog._stop()
    assert time.monotonic() - begun < 5
    assert not _is_alive(one.pids[0])


def test_a_killed_watchdog_takes_its_process_along(tmp_path: Path) -> None:
    note = tmp_path / "pid"
    program = (
        "import django, pathlib, sys, time\n"
        "django.setup()\n"
        "from ivig_care.worker.watchdog import Charge, Child\n"
        "child = Child(Charge(heartbeat='x', command=[sys.executable, '-c', 'import time; time.sleep(600)'],"
        " ask=lambda: None))\n"
        f"pathlib.Path({str(note)!r}).write_text(str(child.pid))\n"
        "time.sleep(600)"
    )
    dog = subprocess.Popen([sys.executable, "-c", program])
    try:
        for _ in range(200):
            if note.exists() and note.read_text():
                break
            time.sleep(0.1)
        child = int(note.read_text())
        time.sleep(0.3)
        assert _is_alive(child)
    finally:
        dog.kill()
        dog.wait()
    for _ in range(50):
        if not Path(f"/proc/{child}").exists() or " Z " in Path(f"/proc/{child}/stat").read_text():
            return
        time.sleep(0.1)
    os.kill(child, signal.SIGKILL)
    pytest.fail("the process outlived its watchdog")


def test_a_child_gets_its_own_environment() -> None:
    program = "import os, sys; sys.exit(7 if os.environ['BEAT_HEARTBEAT'] == 'beat one' else 1)"
    command = [sys.executable, "-c", program]
    child = Child(Charge(heartbeat="beat one", command=command, env={"BEAT_HEARTBEAT": "beat one"}, ask=lambda: None))
    while child.exit_status is None:
        time.sleep(0.05)
    assert child.exit_status == 7
    child.end()
