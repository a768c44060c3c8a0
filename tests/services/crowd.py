"""Run as a program: many dispatchers at once on one database, their clocks a few seconds apart.

    python -m tests.services.crowd FAMILIES DISPATCHERS

Every family has one step that is due. Each dispatcher rings and sends until nothing has been due for a while; what
leaves is written into the file `sent` under VAR_DIR, one line each. Prints nothing.
"""

from __future__ import annotations

import os
import sys
import time
from datetime import datetime, timedelta
from multiprocessing import get_context
from pathlib import Path

import django

from ivig_care.nudges.channels.base import CannotTell, Message, Receipt

QUIET_SECONDS = 3.0
FURTHEST_SECONDS = 4


class Noting:
    """A channel to the outside that notes what leaves; each line is one write, so none is torn."""

    is_local = False

    def send(self, message: Message) -> Receipt:
        """Note it."""
        with Path(os.environ["VAR_DIR"], "sent").open("ab", buffering=0) as file:
            file.write(f"{message.to} {message.key}\n".encode())
        return Receipt()

    def find(self, message: Message, *, since: datetime) -> Receipt | None:
        """Raises CannotTell."""
        raise CannotTell("a file")


def dispatch(seconds_ahead: float) -> None:
    """Do what beat and worker do, with a clock that is so many seconds ahead, until nothing happens any more."""
    from django.db import connection

    from ivig_care.actions.alarms import alarms_ring
    from ivig_care.actions.deliveries import deliveries_send
    from ivig_care.common import clock

    def here() -> datetime:
        return clock.now() + timedelta(seconds=seconds_ahead)

    busy_at = time.monotonic()
    while time.monotonic() - busy_at < QUIET_SECONDS:
        if alarms_ring(now=here()) + deliveries_send(kind="sms", clock=here):
            busy_at = time.monotonic()
        else:
            time.sleep(0.05)
    connection.close()


def main(families: int, dispatchers: int) -> None:
    """Make the families, let the dispatchers loose, and wait for them."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "ivig_care.settings")
    django.setup()

    from django.db import connection

    from ivig_care.common import clock
    from tests.bench.dispatch_families import all_fall_due, families_make

    now = clock.now()
    families_make(families, now=now, sent_before=0)
    # Over some seconds, so that a clock that is ahead sees what another does not see yet.
    all_fall_due(kind="sms", due_at=now + timedelta(seconds=3), spread=timedelta(seconds=6))
    connection.close()
    spread = [FURTHEST_SECONDS * (2 * number / (dispatchers - 1) - 1) for number in range(dispatchers)]
    crowd = [get_context("fork").Process(target=dispatch, args=(seconds,)) for seconds in spread]
    for one in crowd:
        one.start()
    for one in crowd:
        one.join()
    sys.exit(max(one.exitcode or 0 for one in crowd))


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]))
