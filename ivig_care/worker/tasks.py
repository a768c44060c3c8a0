"""Celery tasks: each takes ids, reads the clock once, and calls an action."""

from __future__ import annotations

import logging
from datetime import datetime
from math import ceil
from time import monotonic, sleep

from celery import shared_task
from django.conf import settings

from ivig_care.actions.alarms import alarms_ringing
from ivig_care.actions.checklists import checklists_close as close_all
from ivig_care.actions.claims import CHUNK, chunk_after, due_by_kind, pause_for
from ivig_care.actions.deliveries import deliveries_send
from ivig_care.actions.erasures import erasures_do as erase_all
from ivig_care.actions.heartbeats import heartbeat_beat, heartbeats_forget
from ivig_care.actions.retention import retention_do as forget_all
from ivig_care.common import clock
from ivig_care.nudges.channels import monitor
from ivig_care.nudges.selectors import DISPATCH, dispatch_health
from ivig_care.worker.signs import sending_clock

# So many tasks at most send one kind at a time; each goes on until nothing is due.
PUMPS = 4
log = logging.getLogger(__name__)


@shared_task
def nudges_dispatch() -> None:
    """Ring the alarms that are due, and start sending while they still ring."""
    now = clock.now()
    for _ in alarms_ringing(now=now):
        pumps_start(now=now, most=1)
    pumps_start(now=now, most=PUMPS)
    heartbeat_beat(name=DISPATCH, now=clock.now())


def pumps_start(*, now: datetime, most: int) -> None:
    """Start tasks that send what is due, for each kind as many as its number asks for and `most` allows."""
    wanted = {kind: min(most, ceil(count / CHUNK)) for kind, count in due_by_kind(now=now).items()}
    for number in range(most):
        for kind in (kind for kind, pumps in wanted.items() if number < pumps):
            deliveries_pump.apply_async((kind,), expires=settings.DISPATCH_SECONDS)


@shared_task
def deliveries_pump(kind: str) -> None:
    """Send what is due of one kind until nothing is, or until the next look starts others."""
    ends = monotonic() + settings.DISPATCH_SECONDS
    read_clock = sending_clock(deliveries_pump.request.hostname)
    most = CHUNK
    while (begun := monotonic()) < ends:
        if taken := deliveries_send(kind=kind, clock=read_clock, most=most):
            log.info("%s deliveries by %s", taken, kind)
            most = chunk_after(taken, seconds=monotonic() - begun)
        elif pause := pause_for(kind, now=read_clock()):
            sleep(min(pause, settings.DISPATCH_SECONDS))
        else:
            return


@shared_task
def checklists_close() -> None:
    """Close what is over."""
    closed = close_all(now=clock.now())
    if closed:
        log.info("%s checklists closed", closed)


@shared_task
def erasures_do() -> None:
    """Erase the records of which every guardian wanted that, and whose waiting is over."""
    if erased := erase_all(now=clock.now()):
        log.info("%s records erased", erased)


@shared_task
def retention_do() -> None:
    """Remove what has been kept for long enough."""
    removed = {name: count for name, count in forget_all(now=clock.now()).items() if count}
    if removed:
        log.info("too old, removed: %s", removed)


@shared_task
def worker_beat(name: str) -> None:
    """Say that the worker through whose own queue this came gets on with its work."""
    heartbeat_beat(name=name, now=clock.now())


@shared_task
def monitor_tell() -> None:
    """Tell the watcher outside how we are, and forget the heartbeats of machines that are gone."""
    now = clock.now()
    heartbeats_forget(now=now)
    if settings.MONITOR_URL:
        monitor.ping(settings.MONITOR_URL, ok=dispatch_health(now).is_healthy)
