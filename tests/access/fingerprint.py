"""Whether anything changed: all rows of all tables in a few words, and what was written meanwhile."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable
from typing import Any

from django.apps import apps
from django.db import connection

# Where looking leaves a trace on purpose: who is signed in where, what failed, and who looked at what.
TRACES = frozenset({"django_session", "usersessions_usersession", "care_teams_auditchain"})
_LOG = "care_teams_auditevent"
_WRITES = re.compile(r'^\s*(INSERT\s+INTO|UPDATE|DELETE\s+FROM)\s+"?(\w+)"?', re.IGNORECASE)


def fingerprint() -> dict[str, str]:
    """Of every table how many rows it has and what is in them, without the traces of looking."""
    return _by_the_database() if connection.vendor == "postgresql" else _by_hand()


def _by_the_database() -> dict[str, str]:
    found: dict[str, str] = {}
    with connection.cursor() as cursor:
        for model in apps.get_models(include_auto_created=True):
            table = model._meta.db_table
            if table not in TRACES:
                looks = "WHERE verb <> 'saw'" if table == _LOG else ""
                # Two sums of hashes, so that no two changes are likely to weigh each other up.
                cursor.execute(
                    f"SELECT count(*), sum(hashtextextended(one::text, 0)), sum(hashtextextended(one::text, 1)) "  # noqa: S608 - the tables are ours
                    f"FROM {table} one {looks}"
                )
                found[table] = repr(cursor.fetchone())
    return found


def _by_hand() -> dict[str, str]:
    found: dict[str, str] = {}
    for model in apps.get_models(include_auto_created=True):
        table = model._meta.db_table
        if table in TRACES or model._meta.proxy or not model._meta.managed:
            continue
        rows = model._base_manager.order_by("pk")
        if table == _LOG:
            rows = rows.exclude(verb="saw")
        values = [tuple(row) for row in rows.values_list()]
        found[table] = f"{len(values)} {hashlib.sha256(repr(values).encode()).hexdigest()[:16]}"
    return found


class Written:
    """Names the tables that statements write to while it stands in `connection.execute_wrapper`."""

    def __init__(self) -> None:
        self.tables: set[str] = set()

    def __call__(self, execute: Callable[..., Any], sql: str, params: Any, many: bool, context: Any) -> Any:
        """Note what is written, and do it."""
        if match := _WRITES.match(sql):
            self.tables.add(match[2].lower())
        return execute(sql, params, many, context)

    @property
    def anything(self) -> set[str]:
        """The tables of ours that were written to, without the traces of looking."""
        ours = {model._meta.db_table for model in apps.get_models(include_auto_created=True)}
        return (self.tables & ours) - TRACES


def written() -> Written:
    """A recorder to be put into `connection.execute_wrapper`."""
    assert connection.vendor in ("sqlite", "postgresql")
    return Written()
