"""The scheduler that beat runs on: Celery's persistent one, which also says in the database that it is alive."""

from __future__ import annotations

import logging
import time
from typing import Any

from celery.beat import PersistentScheduler
from django.conf import settings
from django.db import Error, connection

from ivig_care.actions.heartbeats import heartbeat_beat
from ivig_care.common import clock

HEARTBEAT_SECONDS = 5.0
log = logging.getLogger(__name__)


class HeartbeatScheduler(PersistentScheduler):
    """Ticks at least every few seconds, and writes a heartbeat after the tick. Beat never dies of the database."""

    _beaten_at = float("-inf")

    def tick(self, *args: Any, **kwargs: Any) -> float:
        """One tick of Celery's; seconds until the next."""
        pause: float = super().tick(*args, **kwargs)
        if time.monotonic() - self._beaten_at >= HEARTBEAT_SECONDS:
            self._beaten_at = time.monotonic()
            _beat()
        return min(pause, HEARTBEAT_SECONDS)


def _beat() -> None:
    try:
        heartbeat_beat(name=settings.BEAT_HEARTBEAT, now=clock.now())
    except Error as error:
        log.warning("beat cannot say that it is alive: %s", error)
    finally:
        # Kept open, it would be a dead one after the database was away.
        connection.close()
