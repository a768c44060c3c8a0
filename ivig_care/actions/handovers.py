"""Writes that one message was taken and that the next one begins: the most frequent of all writes, made by hand."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import psycopg
from django.db import connection, transaction

from ivig_care.nudges.channels.base import Receipt
from ivig_care.nudges.outgoing import Outgoing

Statement = tuple[str, Sequence[Any]]


def sent_keep_and_begin(
    taken: Outgoing, receipt: Receipt, following: Outgoing | None, *, taken_at: datetime, now: datetime
) -> bool:
    """Keep that `taken` was, and mark `following` as begun, in one transaction; whether that one is still ours.

    The same as `sent_keep` and `begin` of endings.py.
    """
    statements = [_attempt_noted(taken, receipt, taken_at), _sent_kept(taken, receipt, taken_at)]
    if following is not None:
        following.begun_at = following.begun_at or now
        following.tries += 1
        statements.append(_begun(following, following.begun_at))
    changed = _in_one_go(statements) if connection.vendor == "postgresql" else _one_by_one(statements)
    return following is not None and changed == 1


def _attempt_noted(taken: Outgoing, receipt: Receipt, at: datetime) -> Statement:
    return (
        "INSERT INTO nudges_deliveryattempt (delivery_id, contact_point_id, at, outcome, detail, provider_id)"
        " VALUES (%s, %s, %s, 'accepted', '', %s)",
        (taken.pk, taken.contact_point_id, _stored(at), receipt.provider_id[:200]),
    )


def _sent_kept(taken: Outgoing, receipt: Receipt, at: datetime) -> Statement:
    # Whoever holds the lease by now: it has left. But the report that it never arrived may have been quicker than we.
    return (
        "UPDATE nudges_delivery SET status = 'sent', sent_at = %s, reason = '', lease = '', leased_until = NULL,"
        " begun_at = NULL WHERE id = %s AND NOT EXISTS (SELECT 1 FROM nudges_deliveryattempt AS report"
        " WHERE report.delivery_id = nudges_delivery.id AND report.provider_id = %s AND report.provider_id <> ''"
        " AND report.outcome IN ('permanent', 'passing'))",
        (_stored(at), taken.pk, receipt.provider_id[:200]),
    )


def _begun(following: Outgoing, at: datetime) -> Statement:
    # Who holds a lease is sending. Asked for the status too, PostgreSQL would look through all that is being sent.
    return (
        "UPDATE nudges_delivery SET begun_at = %s, tries = tries + 1, is_possible_repeat = %s"
        " WHERE id = %s AND lease = %s",
        (_stored(at), following.is_possible_repeat, following.pk, following.lease),
    )


def _in_one_go(statements: Sequence[Statement]) -> int:
    """All as one statement, so one round trip and one transaction; how many rows the last one changed."""
    *first, (last, _) = statements
    parts = [f"part_{number} AS ({sql})" for number, (sql, _) in enumerate(first)]
    values = [value for _, some in statements for value in some]
    connection.ensure_connection()
    # Django's own cursor never lets the server keep a plan.
    with connection.wrap_database_errors, psycopg.Cursor(connection.connection) as cursor:
        cursor.execute(f"WITH {', '.join(parts)} {last}".encode(), values)
        return int(cursor.rowcount)


@transaction.atomic
def _one_by_one(statements: Sequence[Statement]) -> int:
    """The same where a statement cannot be part of another."""
    with connection.cursor() as cursor:
        for sql, values in statements:
            cursor.execute(sql, values)
        return int(cursor.rowcount)


def _stored(instant: datetime) -> Any:
    return connection.ops.adapt_datetimefield_value(instant)
