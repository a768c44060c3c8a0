"""Asking through the broker: whether it answers, and a worker for a sign of life."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager

from celery import Celery
from kombu import Connection
from kombu.exceptions import OperationalError

# A Redis that was paused must not hold up who asks.
ANSWER_SECONDS = 5.0

_app = Celery("asking", set_as_current=False)
_app.config_from_object("django.conf:settings", namespace="CELERY")


class BrokerAway(Exception):
    """The broker took nothing from us."""


def queue_of(nodename: str) -> str:
    """The queue that only this worker listens on."""
    # The broker made of files takes no other signs in a name.
    return f"pings-{re.sub(r'[^A-Za-z0-9_-]', '-', nodename)}"


def queues_of(nodename: str) -> str:
    """What this worker listens on, as celery worker wants it said."""
    return f"{_app.conf.task_default_queue},{queue_of(nodename)}"


def worker_ask(nodename: str, *, heartbeat: str, expires: float) -> None:
    """Ask this worker to write this heartbeat. Raises BrokerAway."""
    with _connection() as connection:
        _app.send_task(
            "ivig_care.worker.tasks.worker_beat",
            (heartbeat,),
            queue=queue_of(nodename),
            connection=connection,
            retry=False,
            expires=expires,
        )


def broker_ask() -> None:
    """See that the broker answers. Raises BrokerAway."""
    with _connection() as connection:
        connection.default_channel  # noqa: B018 - opening it is what asks


@contextmanager
def _connection() -> Iterator[Connection]:
    """A connection of its own for one question: none is kept that might be dead."""
    options = dict(_app.conf.broker_transport_options or {})
    if _app.conf.broker_url.startswith("redis"):
        options |= {"socket_timeout": ANSWER_SECONDS, "socket_connect_timeout": ANSWER_SECONDS}
        options |= {"retry_on_timeout": False, "max_retries": 0}
    connection = _app.connection_for_write(transport_options=options)
    # What a broker complains with depends on which one it is.
    complaints: tuple[type[BaseException], ...] = (
        *(OperationalError, OSError),
        *connection.connection_errors,
        *connection.channel_errors,
    )
    try:
        yield connection
    except complaints as error:
        raise BrokerAway(str(error)) from error
    finally:
        connection.release()
