"""Celery tasks: each takes ids, reads the clock once, and calls an action."""

from __future__ import annotations

import logging

from celery import shared_task

from ivig_care.actions.alarms import alarms_ring
from ivig_care.actions.checklists import checklists_close as close_all
from ivig_care.actions.deliveries import deliveries_due, delivery_send
from ivig_care.common import clock

CHUNK = 50
log = logging.getLogger(__name__)


@shared_task
def nudges_dispatch() -> None:
    """Ring the alarms that are due, then hand out what is to be sent in chunks."""
    now = clock.now()
    alarms_ring(now=now)
    due = deliveries_due(now=now)
    for start in range(0, len(due), CHUNK):
        deliveries_send.delay(due[start : start + CHUNK])


@shared_task
def deliveries_send(ids: list[int]) -> None:
    """Send these deliveries, one after the other."""
    for delivery_id in ids:
        status = delivery_send(delivery_id, now=clock.now())
        log.info("delivery %s %s", delivery_id, status or "taken by another worker")


@shared_task
def checklists_close() -> None:
    """Close what is over."""
    closed = close_all(now=clock.now())
    if closed:
        log.info("%s checklists closed", closed)
