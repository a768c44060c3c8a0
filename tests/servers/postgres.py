"""A PostgreSQL of one's own."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg

from tests.servers.processes import (
    ServerDidNotStart,
    ServerMissing,
    ServerProcess,
    bound_to_us,
    free_port,
    private_directory,
)

SETTINGS = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",
    "max_connections": "200",
    "timezone": "UTC",
}
# As large as its manual advises for a machine of its own with a few GB: the default is for much less.
ROOMY = {"shared_buffers": "1GB"}
# Quick rather than safe: nothing in it outlives the test.
QUICK = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}
# What was committed outlives the server, though not the machine.
LASTING = QUICK | {"synchronous_commit": "on"}


@dataclass
class PostgresServer:
    """A PostgreSQL that can be killed and started again on the same port; what was committed is kept."""

    url: str
    process: ServerProcess

    def kill(self) -> None:
        """End it at once, as a crash does: every connection breaks, and nothing is tidied up."""
        if self.process.pid is not None:
            os.kill(self.process.pid, signal.SIGQUIT)
        self.process.stop()

    def start(self) -> None:
        """Start it again."""
        self.process.start()


@contextmanager
def postgres_server(*, is_durable: bool = False) -> Iterator[str]:
    """The DATABASE_URL of an empty database on a server of its own, whose user may do everything.

    A durable one waits for the disk at every commit, as in production; for a bench.
    Raises ServerMissing, ServerDidNotStart.
    """
    with _running(SETTINGS | (ROOMY if is_durable else QUICK)) as server:
        yield server.url


@contextmanager
def lasting_postgres_server() -> Iterator[PostgresServer]:
    """The same, to be killed and started again. Raises ServerMissing, ServerDidNotStart."""
    with _running(SETTINGS | LASTING) as server:
        yield server


@contextmanager
def _running(settings: dict[str, str]) -> Iterator[PostgresServer]:
    initdb, postgres = _program("initdb"), _program("postgres")
    user = "postgres" if os.geteuid() == 0 else None  # it refuses to run as root
    with private_directory(user) as directory:
        data = str(directory / "data")
        _make_cluster(initdb, data, user)
        port = str(free_port())
        server_url = f"postgres://postgres@127.0.0.1:{port}"
        options = [word for name, value in settings.items() for word in ("-c", f"{name}={value}")]
        server = ServerProcess(
            [postgres, "-D", data, "-p", port, *options],
            directory,
            is_ready=lambda: _answers(f"{server_url}/postgres"),
            user=user,
            stop_signal=signal.SIGINT,  # does not wait for clients to leave
        )
        server.start()
        try:
            with psycopg.connect(f"{server_url}/postgres", autocommit=True) as connection:
                connection.execute("CREATE DATABASE ivig_care")
            yield PostgresServer(f"{server_url}/ivig_care", server)
        finally:
            server.stop()


def _program(name: str) -> str:
    """Where a program of the newest PostgreSQL here is. Raises ServerMissing."""
    debian = Path("/usr/lib/postgresql").glob(f"*/bin/{name}")
    newest = max(debian, key=lambda path: int(path.parts[4]), default=None)
    found = str(newest) if newest else shutil.which(name)
    if found is None:
        raise ServerMissing(name, "postgresql")
    return found


def _make_cluster(initdb: str, data: str, user: str | None) -> None:
    command = [
        *bound_to_us(stop_signal=signal.SIGTERM, user=user),
        *(initdb, "-D", data, "-U", "postgres", "--auth", "trust", "--no-sync"),
        *("--encoding", "UTF8", "--locale", "C.UTF-8"),
    ]
    made = subprocess.run(command, cwd=Path(data).parent, capture_output=True, text=True, check=False)
    if made.returncode != 0:
        raise ServerDidNotStart(command, made.stdout + made.stderr)


def _answers(url: str) -> bool:
    try:
        with psycopg.connect(url, connect_timeout=2):
            return True
    except psycopg.OperationalError:
        return False
