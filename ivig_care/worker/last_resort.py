"""Messages leave even when nobody takes up tasks: the watchdog rings and sends by itself, without the broker."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from threading import Thread

from django.conf import settings
from django.db import Error, connections

from ivig_care.actions.alarms import alarms_ring
from ivig_care.actions.claims import kinds_due
from ivig_care.actions.deliveries import deliveries_send
from ivig_care.actions.heartbeats import heartbeat_beat
from ivig_care.nudges.selectors import DISPATCH, LAST_RESORT

# So many dispatches may be missing before it steps in.
MISSED = 2
STOP_SECONDS = 20.0
log = logging.getLogger(__name__)


def dispatch_here(clock: Callable[[], datetime], *, is_stopping: Callable[[], bool] = lambda: False) -> int:
    """Ring what is due and send it, in this process; how many were settled. Rows are claimed, so others may too."""
    alarms_ring(now=clock())
    settled = 0
    for kind in kinds_due(now=clock()):
        while not is_stopping() and (chunk := deliveries_send(kind=kind, clock=clock)):
            settled += chunk
    heartbeat_beat(name=LAST_RESORT, now=clock())
    return settled


class LastResort:
    """Steps in when the dispatch is overdue; sends on a thread, so that the watchdog goes on watching."""

    def __init__(self, clock: Callable[[], datetime]) -> None:
        self._clock = clock
        self._tick = timedelta(seconds=settings.DISPATCH_SECONDS)
        self._born_at = time.monotonic()
        self._begun_at = float("-inf")
        self._thread: Thread | None = None
        self._is_at_it = False
        self._is_stopping = False

    def look(self, signs: Mapping[str, datetime]) -> None:
        """Begin a dispatch if the last one is too long ago and we are not at it."""
        now = time.monotonic()
        is_overdue = self._is_overdue(signs.get(DISPATCH))
        if is_overdue != self._is_at_it:
            log.warning("last resort: %s", "no worker dispatches, so it is done here" if is_overdue else "not needed")
        self._is_at_it = is_overdue
        if not is_overdue or now - self._begun_at < self._tick.total_seconds():
            return
        if self._thread is None or not self._thread.is_alive():
            self._begun_at = now
            # As a daemon it cannot keep a process alive that must end; leases cover what it was sending.
            self._thread = Thread(target=self._dispatch, name="last resort", daemon=True)
            self._thread.start()

    def stop(self) -> None:
        """Begin nothing more, and give what is being sent time to end."""
        self._is_stopping = True
        if self._thread is not None:
            self._thread.join(STOP_SECONDS)

    def _is_overdue(self, dispatched_at: datetime | None) -> bool:
        if time.monotonic() - self._born_at < MISSED * self._tick.total_seconds():
            return False  # a site that has just been started
        # A clock that was set back leaves signs of life from the future.
        return dispatched_at is None or abs(self._clock() - dispatched_at) > MISSED * self._tick

    def _dispatch(self) -> None:
        try:
            if settled := dispatch_here(self._clock, is_stopping=lambda: self._is_stopping):
                log.warning("last resort: settled %s deliveries here", settled)
        except Error as error:
            log.warning("last resort: the database does not answer: %s", error)
        finally:
            connections.close_all()
