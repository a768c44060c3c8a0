"""Run as a program: how many rows of the messages' tables ringing and sending read for each message.

    python -m tests.services.reading FAMILIES SENT_BEFORE

Every family was sent so many messages before, and has one step that is due. Prints one JSON object: rows read by table.
"""

from __future__ import annotations

import json
import os
import sys

import django

TABLES = ("nudges_delivery", "nudges_delivery_steps", "nudges_deliveryattempt")


def main(families: int, sent_before: int) -> None:
    """Make the families, ring and send, and count."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "ivig_care.settings")
    django.setup()

    from ivig_care.actions.alarms import alarms_ring
    from ivig_care.actions.deliveries import deliveries_send
    from ivig_care.common import clock
    from tests.bench.dispatch_families import all_fall_due, families_make

    families_make(families, now=clock.now(), sent_before=sent_before)
    all_fall_due(kind="sms", due_at=clock.now())
    before = _read()
    alarms_ring(now=clock.now())
    while deliveries_send(kind="sms", clock=clock.now, most=families):
        pass
    after = _read()
    sys.stdout.write(json.dumps({table: (after[table] - before[table]) / families for table in TABLES}))


def _read() -> dict[str, int]:
    """The rows that were read of each table since the database was made, in scans and by indexes."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_stat_force_next_flush()")
    with connection.cursor() as cursor:
        cursor.execute("SELECT relname, seq_tup_read + coalesce(idx_tup_fetch, 0) FROM pg_stat_user_tables")
        return dict(cursor.fetchall())


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]))
