"""A worker that sends for long answers no pings meanwhile; so its clock says at each message that it gets on."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from time import monotonic

from ivig_care.actions.heartbeats import heartbeat_beat
from ivig_care.common import clock
from ivig_care.nudges.selectors import WORKER

SIGN_SECONDS = 5.0


def sending_clock(nodename: str | None) -> Callable[[], datetime]:
    """A clock that writes the worker's heartbeat when it is read, at most every few seconds; outside a worker none."""
    beaten_at = monotonic()

    def read() -> datetime:
        nonlocal beaten_at
        now = clock.now()
        if nodename and monotonic() - beaten_at >= SIGN_SECONDS:
            beaten_at = monotonic()
            heartbeat_beat(name=f"{WORKER} {nodename}", now=now)
        return now

    return read
