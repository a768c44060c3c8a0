"""The rounds of the dispatch bench, and the figures they come to."""

from __future__ import annotations

import math
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from statistics import median, quantiles

import redis
from django.conf import settings
from django.db import connection

from ivig_care.actions.alarms import alarms_ring
from ivig_care.common import clock
from ivig_care.nudges.models import Delivery
from ivig_care.plans.models import Step
from ivig_care.worker.tasks import nudges_dispatch
from tests.bench.dispatch import PROCESSES, ROOT, Bench, Sizes
from tests.bench.dispatch_families import all_fall_due, families_make, none_are_due, of_this_round, steps_fill, tidy
from tests.bench.dispatch_workers import message_send
from tests.servers.processes import ServerProcess

LOOK_SECONDS = 0.02
Status = Delivery.Status
LONGEST_SECONDS = 600.0


@dataclass(frozen=True, kw_only=True)
class Figures:
    """What the bench found; rates are messages a second, from the tick to the last one settled unless said otherwise.

    `claim_empty_ms` is one `alarms_ring` with nothing due, by open steps. `smtp_loop_per_s` begins with the first
    e-mail, all of them written before. `eta_per_s`
    begins at the ETA. `lateness_s` is from the instant each was owed to its sending, through the no-op channel, owed
    evenly over the DISPATCH_SECONDS before the tick; `after_tick_s` is the same from the tick. `worker_rss_mb` is the
    largest of the worker's processes after two bursts, its growth that from few open steps to many.
    """

    claim_empty_ms: dict[str, float]
    claim_empty_ratio: float
    noop_per_s: float
    noop_with_most_open_per_s: float
    smtp_per_s: float
    smtp_loop_per_s: float
    eta_per_s: float
    lateness_s: dict[str, float]
    after_tick_s: dict[str, float]
    worker_rss_mb: float
    worker_rss_growth_mb: float


def measured(bench: Bench, sizes: Sizes) -> Figures:
    """All figures, of few open steps first and then of many."""
    few, many = sizes.open_steps
    families_make(sizes.families, now=clock.now())
    steps_fill(few)
    empty_few = _empty_claim_ms(sizes.claims)
    for kind in ("sms", "email"):  # a worker that has sent before
        _burst_seconds(kind, sizes.families)
    # Before any task of its own for each message is handed over: those stay in the worker's memory.
    rss = _rss_mb(bench.worker)
    noop, eta, smtp, loop, lateness = [], [], [], [], []
    for _ in range(sizes.rounds):
        noop.append(_burst_seconds("sms", sizes.families))
        eta.append(_eta_seconds(sizes.families))
        smtp.append(_smtp_seconds(bench, sizes.families))
        loop.append(_loop_seconds(bench))
        lateness.append(_lateness(sizes.families))
    rss_few = _rss_mb(bench.worker)
    steps_fill(many)
    empty_many = _empty_claim_ms(sizes.claims)
    noop_many = [_burst_seconds("sms", sizes.families) for _ in range(sizes.rounds)]
    rss_many = _rss_mb(bench.worker)
    return Figures(
        claim_empty_ms={str(few): round(empty_few, 3), str(many): round(empty_many, 3)},
        claim_empty_ratio=round(empty_many / empty_few, 2),
        noop_per_s=_rate(sizes.families, noop),
        noop_with_most_open_per_s=_rate(sizes.families, noop_many),
        smtp_per_s=_rate(sizes.families, smtp),
        smtp_loop_per_s=_rate(sizes.families, loop),
        eta_per_s=_rate(sizes.families, eta),
        lateness_s=_middle([late for late, _ in lateness]),
        after_tick_s=_middle([after for _, after in lateness]),
        worker_rss_mb=round(rss, 1),
        worker_rss_growth_mb=round(rss_many - rss_few, 1),
    )


def _rate(count: int, seconds: list[float]) -> float:
    return round(count / median(seconds), 1)


def _middle(rounds: list[dict[str, float]]) -> dict[str, float]:
    return {name: round(median(found[name] for found in rounds), 3) for name in rounds[0]}


def _empty_claim_ms(claims: int) -> float:
    none_are_due(now=clock.now())
    took = []
    for _ in range(claims):
        began = time.perf_counter()
        rang = alarms_ring(now=clock.now())
        took.append(1000 * (time.perf_counter() - began))
        if rang:
            raise AssertionError(f"{rang} rang where nothing was due")
    return median(took)


def _burst_seconds(kind: str, families: int) -> float:
    """From the tick until all of what fell due at one instant is settled."""
    all_fall_due(kind=kind, due_at=clock.now())
    began = time.perf_counter()
    _tick_until_sent(families)
    return time.perf_counter() - began


def _tick_until_sent(families: int) -> None:
    """Tick as beat does, until all of it has left."""
    ticked_at = -math.inf

    def all_sent() -> bool:
        nonlocal ticked_at
        if time.monotonic() - ticked_at >= settings.DISPATCH_SECONDS:
            nudges_dispatch.delay()
            ticked_at = time.monotonic()
        if _is_any_left():
            return False
        return of_this_round().filter(status=Status.SENT).count() == families

    _wait(all_sent, what="all to be sent")


def _is_any_left() -> bool:
    """Whether an alarm or a delivery waits; each has an index of its own, so looking costs the workers nothing."""
    steps, deliveries = Step.objects.filter(next_nudge_at__lte=clock.now()), Delivery.objects
    return steps.exists() or any(deliveries.filter(status=one).exists() for one in (Status.PENDING, Status.SENDING))


def _smtp_seconds(bench: Bench, families: int) -> float:
    bench.mail.clear()
    seconds = _burst_seconds("email", families)
    if bench.mail.count() != families:
        raise AssertionError(f"{bench.mail.count()} e-mails arrived, not {families}")
    return seconds


def _loop_seconds(bench: Bench) -> float:
    """From the first e-mail of the bare loop to its last, in as many processes as the worker has."""
    all_fall_due(kind="email", due_at=clock.now())
    alarms_ring(now=clock.now())
    tidy()
    command = [sys.executable, "-m", "tests.bench.dispatch_loop"]
    processes = [
        subprocess.Popen(
            [*command, str(number), str(PROCESSES)],
            cwd=ROOT,
            env=bench.env,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for number in range(PROCESSES)
    ]
    for process in processes:
        assert process.stdout is not None
        if process.stdout.readline() != "ready\n":
            raise AssertionError("the bare loop did not start")
    began = time.perf_counter()
    for process in processes:
        assert process.stdin is not None
        process.stdin.write("go\n")
        process.stdin.flush()
    codes = [process.wait() for process in processes]
    seconds = time.perf_counter() - began
    if any(codes) or of_this_round().exclude(status=Status.SENT).exists():
        raise AssertionError("the bare loop did not send everything")
    return seconds


def _eta_seconds(count: int) -> float:
    """From the ETA until all tasks are done, one for each message; all of them are with the worker before."""
    broker = redis.Redis.from_url(settings.CELERY_BROKER_URL)
    waits = 5 + count / 400  # to hand them over
    eta, starts = clock.now() + timedelta(seconds=waits), time.perf_counter() + waits
    for number in range(count):
        message_send.apply_async((number,), eta=eta)
    _wait(lambda: int(broker.hlen("unacked")) == count, what="the worker to take all tasks")
    if time.perf_counter() > starts:
        raise AssertionError("the worker did not have all tasks before their time")
    time.sleep(starts - time.perf_counter())
    _wait(lambda: int(broker.hlen("unacked")) == 0, what="all tasks to be done")
    seconds = time.perf_counter() - starts
    broker.close()
    return seconds


def _lateness(families: int) -> tuple[dict[str, float], dict[str, float]]:
    """How late each left, after it was owed and after the tick; owed evenly over the time between two ticks."""
    tick = clock.now() + timedelta(seconds=2)
    all_fall_due(kind="sms", due_at=tick, spread=timedelta(seconds=settings.DISPATCH_SECONDS))
    time.sleep(max(0.0, (tick - clock.now()).total_seconds()))
    tick = clock.now()
    _tick_until_sent(families)
    rows = of_this_round().values_list("owed_at", "sent_at")
    sent = [(owed_at, sent_at) for owed_at, sent_at in rows if sent_at is not None]
    late = [(sent_at - owed_at).total_seconds() for owed_at, sent_at in sent]
    after = [(sent_at - tick).total_seconds() for _, sent_at in sent]
    return _percentiles(late), _percentiles(after)


def _percentiles(seconds: list[float]) -> dict[str, float]:
    cuts = quantiles(seconds, n=100)
    return {"p50": cuts[49], "p99": cuts[98]}


def _wait(condition: Callable[[], bool], *, what: str) -> None:
    give_up_at = time.monotonic() + LONGEST_SECONDS
    while not condition():
        if time.monotonic() > give_up_at:
            raise AssertionError(f"waited {LONGEST_SECONDS} s for {what}")
        time.sleep(LOOK_SECONDS)
    connection.close_if_unusable_or_obsolete()


def _rss_mb(worker: ServerProcess) -> float:
    """Memory of the largest of the worker's processes."""
    assert worker.pid is not None
    children = Path(f"/proc/{worker.pid}/task/{worker.pid}/children").read_text().split()
    return max(_rss_of(pid) for pid in (str(worker.pid), *children))


def _rss_of(pid: str) -> float:
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) / 1024 for line in lines if line.startswith("VmRSS"))
