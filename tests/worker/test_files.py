"""Without Redis messages are files: nobody ever sees one that is not whole, and they come in order."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from queue import Empty
from threading import Event
from typing import Any

import pytest
from kombu import Connection
from kombu.exceptions import ChannelError

from ivig_care.celery import app

Opened = Callable[[], Any]


@pytest.fixture
def opened(tmp_path: Path) -> Opened:
    """Open one more channel to the same files, as another process would."""
    folders = {name: str(tmp_path) for name in ("data_folder_in", "data_folder_out")}
    options = folders | {"control_folder": str(tmp_path / "control")}

    def another() -> Any:
        return Connection(transport=app.conf.broker_transport, transport_options=options).channel()

    return another


def test_the_embedded_site_uses_it() -> None:
    assert app.connection_for_write().transport_cls == "ivig_care.worker.files:Transport"


def test_what_is_put_is_taken_once_and_in_order(opened: Opened) -> None:
    ours, theirs = opened(), opened()
    for number in range(5):
        ours._put("celery", {"number": number})
    ours._put("other", {"number": 99})
    assert [theirs._get("celery")["number"] for _ in range(5)] == sorted(range(5))
    with pytest.raises(Empty):
        theirs._get("celery")
    assert theirs._size("other") == 1


def test_a_message_is_whole_when_it_is_seen(opened: Opened) -> None:
    """One side writes long messages, the other takes each as soon as it appears."""
    ours, theirs, count = opened(), opened(), 400
    long = {"body": "x" * 200_000}
    taken: list[object] = []
    with ThreadPoolExecutor(1) as beside:
        writing = beside.submit(lambda: [ours._put("celery", long) for _ in range(count)])
        while len(taken) < count and not (writing.done() and writing.exception()):
            try:
                taken.append(theirs._get("celery"))
            except Empty:
                continue
        writing.result()
    assert taken == [long] * count


def test_a_table_of_queues_is_whole_when_it_is_seen(opened: Opened) -> None:
    """Workers that start at the same moment find the same new table."""
    for number in range(100):
        start, channels = Event(), [opened() for _ in range(4)]

        def bound(place: int, exchange: str, start: Event = start, channels: list[Any] = channels) -> int:
            start.wait()
            channels[place]._queue_bind(exchange, "", "", f"queue-{place}")
            return len(channels[place].get_table(exchange))

        with ThreadPoolExecutor(4) as beside:
            binding = [beside.submit(bound, place, f"signs-{number}") for place in range(4)]
            start.set()
            assert all(one.result() > 0 for one in binding)
        assert {one.queue for one in opened().get_table(f"signs-{number}")} == {f"queue-{place}" for place in range(4)}


def test_a_folder_that_is_not_there_is_said(tmp_path: Path) -> None:
    nowhere = {"data_folder_out": str(tmp_path / "nowhere"), "control_folder": str(tmp_path)}
    channel: Any = Connection(transport=app.conf.broker_transport, transport_options=nowhere).channel()
    with pytest.raises(ChannelError, match="cannot be written"):
        channel._put("celery", {})
