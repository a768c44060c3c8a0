"""Reads PostgreSQL's times quickly: Django's own reader takes most of the time of a query with many of them."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

from django.db.backends.base.base import BaseDatabaseWrapper
from psycopg.abc import Buffer
from psycopg.adapt import Loader


class Timestamp(Loader):
    """A time with its offset, as PostgreSQL writes it; the connection's zone is UTC, and so is the time."""

    # Django asks for it at each cursor, and puts its own reader in place of one for another zone.
    timezone = UTC

    def load(self, data: Buffer) -> datetime:
        """Raises ValueError for what Python has no time for, such as infinity; no column of ours holds that."""
        return _read(bytes(data))


# Times of many rows are alike: what falls due together does so at one minute.
@lru_cache(maxsize=4096)
def _read(text: bytes) -> datetime:
    return datetime.fromisoformat(text.decode())


def reader_set(connection: BaseDatabaseWrapper, **_signal: Any) -> None:
    """Let a new connection read times with it."""
    if connection.vendor == "postgresql":
        connection.connection.adapters.register_loader("timestamptz", Timestamp)
