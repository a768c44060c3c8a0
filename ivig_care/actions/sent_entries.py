"""Writes what a form with a key of its own did, so that the same form sent again does nothing."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

from django.db import connection

from ivig_care.accounts.models import SentEntry, User
from ivig_care.care_teams.models import AuditEvent, Child
from ivig_care.common.bulk import rows_insert, rows_update


def sent_entry_begin(*, person: User, key: str, path: str, now: datetime) -> tuple[SentEntry, bool]:
    """The entry of this key, and whether it came for the first time. To be called inside a transaction.

    The same key at the same moment waits here until the first one's transaction is over.
    """
    if connection.vendor != "postgresql":
        return SentEntry.objects.get_or_create(person=person, key=key, path=path, defaults={"at": now})
    # The same with one statement: nearly always it is the first time.
    made = rows_insert(SentEntry, [_Sent(person.pk, key, path, now)], ignore_conflicts=True)
    if made:
        return SentEntry(pk=made[0], person=person, key=key, path=path, at=now), True
    return SentEntry.objects.get(person=person, key=key, path=path), False


class _Sent(NamedTuple):
    person_id: int
    key: str
    path: str
    at: datetime


def sent_entry_end(*, entry: SentEntry, status: SentEntry.Status, words: str, to: str) -> None:
    """It was taken, and this is what the person was told and where the answer led."""
    entry.status, entry.words, entry.to = status, words, to
    rows_update(SentEntry, [_Ended(entry.pk, status, words, to)])


class _Ended(NamedTuple):
    id: int
    status: str
    words: str
    to: str


def sent_entry_forget(entry: SentEntry) -> None:
    """It was refused, and may come again in other words."""
    entry.delete()


def sent_entries_forget(child: Child) -> None:
    """Forget what everybody sent who ever did anything with this child's record: its words may be about the child."""
    people = AuditEvent.objects.filter(child=child, actor__isnull=False).values("actor")
    SentEntry.objects.filter(person__in=people).delete()
