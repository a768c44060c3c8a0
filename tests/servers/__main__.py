"""`python -m tests.servers with-postgres -- COMMAND ...`: run a command against a PostgreSQL of its own."""

from __future__ import annotations

import argparse
import os
import secrets
import signal
import subprocess
import sys
from types import FrameType

from tests.servers.postgres import postgres_server
from tests.servers.processes import ServerDidNotStart, ServerMissing


def main(arguments: list[str]) -> int:
    """The exit code of the command, as a shell would say it."""
    parser = argparse.ArgumentParser(prog="python -m tests.servers", description=__doc__)
    parser.add_argument("server", choices=["with-postgres"])
    parser.add_argument("command", nargs="+", metavar="COMMAND", help="what to run, after --")
    command: list[str] = parser.parse_args(arguments).command
    signal.signal(signal.SIGTERM, _leave)
    try:
        return run_with_postgres(command)
    except (ServerMissing, ServerDidNotStart) as error:
        sys.exit(str(error))


def run_with_postgres(command: list[str]) -> int:
    """Run a command with the settings of a real site, DATABASE_URL among them; its exit code."""
    with postgres_server() as url:
        settings = {
            "DATABASE_URL": url,
            "SECRET_KEY": secrets.token_hex(32),
            "PUBLIC_URL": "http://127.0.0.1:8000",
        }
        with subprocess.Popen(command, env=os.environ | settings) as process:
            try:
                code = process.wait()
            except BaseException:
                process.terminate()
                raise
    return code if code >= 0 else 128 - code


def _leave(signum: int, frame: FrameType | None) -> None:
    """End in an orderly way, so that the server is stopped."""
    sys.exit(128 + signum)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
