"""The broker made of files, for a site without Redis: whatever lies there under its name is whole.

Kombu's own gives a file its name first and writes it then. A worker that looks in between takes an empty message, and
ends: https://github.com/celery/kombu/issues/1551
"""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path
from time import monotonic_ns
from typing import Any
from uuid import uuid4

from kombu.exceptions import ChannelError
from kombu.transport import filesystem
from kombu.utils.json import dumps

# Nobody looks for such a name.
_PART = ".part"


class Channel(filesystem.Channel):
    """Kombu's, with files that appear when they are whole."""

    def _put(self, queue: str, payload: dict[str, Any], **_options: Any) -> None:  # type: ignore[override]
        # Messages are taken in the order of their names.
        message = Path(self.data_folder_out, f"{monotonic_ns():020}_{uuid4()}.{queue}.msg")
        try:
            _part_of(message, dumps(payload)).replace(message)
        except OSError as error:
            raise ChannelError(f"{message} cannot be written") from error

    def _queue_bind(self, exchange: str, routing_key: str, pattern: str | None, queue: str) -> None:
        # What kombu adds to a file that is there already, it adds under a lock.
        table: Path = self._exchange_file(exchange)  # type: ignore[attr-defined]
        if not table.exists():
            self.control_folder.mkdir(exist_ok=True)
            _table_begin(table)
        super()._queue_bind(exchange, routing_key, pattern, queue)


class Transport(filesystem.Transport):
    """Kombu's, with that channel; the value of CELERY_BROKER_TRANSPORT."""

    Channel = Channel


def _table_begin(table: Path) -> None:
    """Make an empty table of queues, unless somebody else has made it meanwhile.

    On a disk without links kombu makes it in its own way.
    """
    part = _part_of(table, "[]")
    with suppress(OSError):
        os.link(part, table)
    part.unlink()


def _part_of(file: Path, words: str) -> Path:
    """The words, in a file beside it."""
    part = file.with_name(f"{file.name}.{uuid4()}{_PART}")
    part.write_text(words, encoding="utf-8")
    return part
