"""A Redis of one's own."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import redis

from tests.servers.processes import ServerMissing, ServerProcess, free_port, private_directory


@dataclass
class RedisServer:
    """A Redis that can be stopped and started again on the same port; what it held is lost each time."""

    url: str
    process: ServerProcess

    def stop(self) -> None:
        """Stop it, as if the machine it runs on were lost."""
        self.process.stop()

    def start(self) -> None:
        """Start it again, empty."""
        self.process.start()


@contextmanager
def redis_server() -> Iterator[RedisServer]:
    """A running, empty Redis. Raises ServerMissing, ServerDidNotStart."""
    program = shutil.which("redis-server")
    if program is None:
        raise ServerMissing("redis-server", "redis-server")
    with private_directory() as directory:
        port = str(free_port())
        url = f"redis://127.0.0.1:{port}/0"
        command = [
            *(program, "--bind", "127.0.0.1", "--port", port, "--dir", str(directory)),
            *("--save", "", "--appendonly", "no", "--daemonize", "no"),
        ]
        server = RedisServer(url, ServerProcess(command, directory, is_ready=lambda: _answers(url)))
        server.start()
        try:
            yield server
        finally:
            server.stop()


def _answers(url: str) -> bool:
    try:
        with redis.Redis.from_url(url, socket_timeout=2) as client:
            return bool(client.ping())
    except redis.RedisError:
        return False
