"""Run as a program: sends requests over connections that stay open, and says how long each took.

A process of its own, so that it takes no time from whoever measures, and next to nothing itself: it writes bytes that
were put together before, and reads no more of an answer than its status and its length. One line of JSON in is one
burst, one line of JSON out is what came of it.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from itertools import cycle


@dataclass(frozen=True, kw_only=True)
class Burst:
    """What to send: these requests in turn, over so many connections at once, for so many seconds.

    `is_once`: each is sent once at most, for it does something that cannot be done twice.
    """

    port: int
    requests: list[str]
    concurrency: int
    seconds: float
    is_once: bool


@dataclass(kw_only=True)
class Outcome:
    """What came back: milliseconds of each request, how often which status, bytes of the last body, seconds in all."""

    took_ms: list[float] = field(default_factory=list)
    statuses: dict[str, int] = field(default_factory=dict)
    body_bytes: int = 0
    seconds: float = 0.0
    is_exhausted: bool = False


async def burst_send(burst: Burst) -> Outcome:
    """Send one burst."""
    outcome = Outcome()
    waiting = (one.encode() for one in (burst.requests if burst.is_once else cycle(burst.requests)))
    connections = [await asyncio.open_connection("127.0.0.1", burst.port) for _ in range(burst.concurrency)]
    began = time.perf_counter()
    until = began + burst.seconds
    await asyncio.gather(*(_one_after_the_other(*one, waiting, until, outcome) for one in connections))
    outcome.seconds = time.perf_counter() - began
    outcome.is_exhausted = burst.is_once and next(waiting, None) is None
    for _, writer in connections:
        writer.close()
    return outcome


async def _one_after_the_other(
    reader: asyncio.StreamReader,
    writer: asyncio.StreamWriter,
    waiting: Iterator[bytes],
    until: float,
    outcome: Outcome,
) -> None:
    while time.perf_counter() < until:
        request = next(waiting, None)
        if request is None:
            return
        began = time.perf_counter()
        writer.write(request)
        head = await reader.readuntil(b"\r\n\r\n")
        length = _length(head)
        await reader.readexactly(length)
        outcome.took_ms.append(1000 * (time.perf_counter() - began))
        status = head[9:12].decode()
        outcome.statuses[status] = outcome.statuses.get(status, 0) + 1
        outcome.body_bytes = length


def _length(head: bytes) -> int:
    at = head.lower().find(b"\r\ncontent-length:")
    if at < 0:
        return 0
    return int(head[at + 17 : head.index(b"\r\n", at + 2)])


def main() -> None:
    """Answer line by line until there are no more."""
    for line in sys.stdin:
        outcome = asyncio.run(burst_send(Burst(**json.loads(line))))
        sys.stdout.write(json.dumps(asdict(outcome)) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
