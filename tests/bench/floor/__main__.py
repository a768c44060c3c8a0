"""Run as a program: makes the tables, the rows and the sessions, and prints what a request needs, as JSON.

python -m tests.bench.floor LISTS ROWS
"""

from __future__ import annotations

import json
import sys
from datetime import timedelta

import django
from django.core.management import call_command


def main(lists: int, rows: int) -> None:
    """So many lists of so many rows; for each list its session and the keys of its rows."""
    from django.contrib.sessions.backends.db import SessionStore
    from django.db import connection

    from ivig_care.common import clock
    from tests.bench.floor.models import Row

    call_command("migrate", interactive=False, verbosity=0)
    with connection.schema_editor() as schema:
        schema.create_model(Row)
    due = clock.now()
    Row.objects.bulk_create(
        Row(list_number=number, title=f"Acetaminophen 300 mg, dose {row}", due_at=due + timedelta(hours=row))
        for number in range(lists)
        for row in range(rows)
    )
    made = []
    for number in range(lists):
        session = SessionStore()
        session["person"] = f"Person {number}"
        session.save()
        keys = Row.objects.filter(list_number=number).values_list("pk", flat=True)
        made.append({"number": number, "session": session.session_key, "rows": list(keys)})
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")
    json.dump(made, sys.stdout)


if __name__ == "__main__":
    django.setup()
    main(int(sys.argv[1]), int(sys.argv[2]))
