"""Beat, workers and the last resort say that they get on; and what is told to the monitor."""

from __future__ import annotations

import socket
from collections.abc import Callable
from datetime import datetime, timedelta
from io import StringIO
from unittest import mock

import pytest
import time_machine
from celery import Celery
from celery.beat import PersistentScheduler
from django.conf import LazySettings
from django.core.management import CommandError, call_command
from django.db import OperationalError

from ivig_care.actions.heartbeats import heartbeat_beat
from ivig_care.common import clock as clock_module
from ivig_care.nudges.models import Heartbeat
from ivig_care.worker import beat, last_resort, signs, tasks
from ivig_care.worker.beat import HeartbeatScheduler
from ivig_care.worker.last_resort import LastResort, dispatch_here
from tests.conftest import STARTS_AT

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("clock")]

SECOND = timedelta(seconds=1)


# --- beat -------------------------------------------------------------------------------------


@pytest.fixture
def scheduler(monkeypatch: pytest.MonkeyPatch) -> HeartbeatScheduler:
    """Beat's scheduler, with nothing to do for the next five minutes; the test keeps its database connection."""
    monkeypatch.setattr(PersistentScheduler, "tick", lambda *_args, **_kwargs: 300.0)
    monkeypatch.setattr(beat, "connection", mock.Mock())
    return HeartbeatScheduler(Celery("test", set_as_current=False), lazy=True)


def test_beat_writes_a_heartbeat_when_it_ticks(scheduler: HeartbeatScheduler, settings: LazySettings) -> None:
    settings.BEAT_HEARTBEAT = "beat one@here"
    assert scheduler.tick() == 5.0
    assert list(Heartbeat.objects.values_list("name", "at")) == [("beat one@here", STARTS_AT)]


def test_beat_writes_at_most_every_few_seconds(scheduler: HeartbeatScheduler) -> None:
    with mock.patch.object(beat, "heartbeat_beat") as beaten:
        for _ in range(20):
            scheduler.tick()
    assert beaten.call_count == 1


def test_a_database_that_is_away_never_kills_beat(scheduler: HeartbeatScheduler) -> None:
    with mock.patch.object(beat, "heartbeat_beat", side_effect=OperationalError("away")):
        assert scheduler.tick() == 5.0


def test_the_settings_name_the_scheduler(settings: LazySettings) -> None:
    assert f"{HeartbeatScheduler.__module__}:{HeartbeatScheduler.__name__}" == settings.CELERY_BEAT_SCHEDULER


# --- workers ----------------------------------------------------------------------------------


def test_a_ping_becomes_the_heartbeat_of_the_worker() -> None:
    tasks.worker_beat("worker one@here")
    assert Heartbeat.objects.get(name="worker one@here").at == STARTS_AT


def test_a_worker_that_sends_for_long_says_so_at_its_messages(monkeypatch: pytest.MonkeyPatch) -> None:
    passed = 0.0
    monkeypatch.setattr(signs, "monotonic", lambda: passed)
    read = signs.sending_clock("one@here")
    passed = 4.9
    assert read() == STARTS_AT
    assert not Heartbeat.objects.exists()
    passed = 5.0
    read()
    assert list(Heartbeat.objects.values_list("name", flat=True)) == ["worker one@here"]


def test_what_sends_outside_a_worker_writes_no_heartbeat(monkeypatch: pytest.MonkeyPatch) -> None:
    passed = 0.0
    monkeypatch.setattr(signs, "monotonic", lambda: passed)
    read = signs.sending_clock(None)
    passed = 100.0
    assert read() == STARTS_AT
    assert not Heartbeat.objects.exists()


@pytest.mark.parametrize(("part", "name"), [("worker", ""), ("beat", ""), ("worker", "second")])
def test_a_container_asks_for_the_heartbeat_of_its_own_machine(part: str, name: str) -> None:
    words = [part, *(["--name", name] if name else [])]
    full = f"{part} {name or part}@{socket.gethostname()}"
    with pytest.raises(CommandError, match="never heard of"):
        call_command("check_heartbeat", *words)
    heartbeat_beat(name=full, now=STARTS_AT - 120 * SECOND)
    out = StringIO()
    call_command("check_heartbeat", *words, stdout=out)
    assert out.getvalue() == f"{full} was heard of 120 s ago\n"
    heartbeat_beat(name=full, now=STARTS_AT - 121 * SECOND)
    with pytest.raises(CommandError, match="121 s ago"):
        call_command("check_heartbeat", *words)


# --- the last resort --------------------------------------------------------------------------


def test_the_last_resort_rings_then_sends_each_kind_until_nothing_is_due() -> None:
    calls: list[str] = []
    left = {"email": [50, 7, 0], "sms": [1, 0]}

    def send(*, kind: str, clock: Callable[[], datetime]) -> int:
        calls.append(kind)
        return left[kind].pop(0)

    with (
        mock.patch.object(last_resort, "alarms_ring", side_effect=lambda **_: calls.append("ring")),
        mock.patch.object(last_resort, "kinds_due", return_value=["email", "sms"]),
        mock.patch.object(last_resort, "deliveries_send", side_effect=send),
    ):
        assert dispatch_here(clock_module.now) == 58
    assert calls == ["ring", "email", "email", "email", "sms", "sms"]
    assert Heartbeat.objects.get().name == "last resort"


def test_the_last_resort_stops_between_two_chunks() -> None:
    with (
        mock.patch.object(last_resort, "alarms_ring"),
        mock.patch.object(last_resort, "kinds_due", return_value=["email"]),
        mock.patch.object(last_resort, "deliveries_send", return_value=50) as send,
    ):
        assert dispatch_here(clock_module.now, is_stopping=lambda: send.call_count == 2) == 100


@pytest.fixture
def resort(monkeypatch: pytest.MonkeyPatch, settings: LazySettings) -> tuple[LastResort, mock.Mock]:
    """A last resort that was started long ago, and what it starts in place of threads."""
    settings.DISPATCH_SECONDS = 15.0
    thread = mock.Mock()
    thread.return_value.is_alive.return_value = False
    monkeypatch.setattr(last_resort, "Thread", thread)
    one = LastResort(clock_module.now)
    one._born_at -= 1000
    return one, thread


@pytest.mark.parametrize(("seconds", "starts"), [(0, 0), (30, 0), (31, 1), (-31, 1), (None, 1)])
def test_it_steps_in_after_two_missed_dispatches(
    resort: tuple[LastResort, mock.Mock], seconds: int | None, starts: int
) -> None:
    one, thread = resort
    one.look({} if seconds is None else {"dispatch": STARTS_AT - seconds * SECOND})
    assert thread.call_count == starts


def test_it_gives_a_site_that_was_just_started_time(resort: tuple[LastResort, mock.Mock]) -> None:
    one, thread = resort
    one._born_at += 1000
    one.look({})
    assert thread.call_count == 0


def test_it_never_dispatches_twice_at_once_nor_too_often(resort: tuple[LastResort, mock.Mock]) -> None:
    one, thread = resort
    one.look({})
    one.look({})
    assert thread.call_count == 1
    one._begun_at -= 16
    thread.return_value.is_alive.return_value = True
    one.look({})
    assert thread.call_count == 1
    thread.return_value.is_alive.return_value = False
    one.look({})
    assert thread.call_count == 2


def test_it_survives_a_database_that_is_away_and_leaves_no_connection(monkeypatch: pytest.MonkeyPatch) -> None:
    connections = mock.Mock()
    monkeypatch.setattr(last_resort, "connections", connections)
    with mock.patch.object(last_resort, "dispatch_here", side_effect=OperationalError("away")):
        LastResort(clock_module.now)._dispatch()
    connections.close_all.assert_called_once_with()


# --- the monitor ------------------------------------------------------------------------------


@pytest.fixture
def pings(monkeypatch: pytest.MonkeyPatch) -> mock.Mock:
    """What the monitor was told."""
    told = mock.Mock()
    monkeypatch.setattr("ivig_care.nudges.channels.monitor.ping", told)
    return told


@pytest.mark.parametrize(("seconds", "ok"), [(5, True), (61, False)])
def test_the_monitor_is_told_how_we_are(settings: LazySettings, pings: mock.Mock, seconds: int, ok: bool) -> None:
    settings.MONITOR_URL = "http://127.0.0.1/ping"
    for name in ("beat", "dispatch"):
        heartbeat_beat(name=name, now=STARTS_AT - seconds * SECOND)
    tasks.monitor_tell()
    pings.assert_called_once_with("http://127.0.0.1/ping", ok=ok)


def test_without_an_address_nobody_is_told_but_old_heartbeats_go(
    pings: mock.Mock, clock: time_machine.Traveller
) -> None:
    heartbeat_beat(name="worker old@there", now=STARTS_AT)
    clock.shift(timedelta(hours=25))
    tasks.monitor_tell()
    pings.assert_not_called()
    assert not Heartbeat.objects.exists()
