"""A mail server in a process of its own that takes more than 10 000 e-mails a second, and loses none when killed."""

from __future__ import annotations

import os
import smtplib
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.servers.processes import ServerProcess, free_port, private_directory


@dataclass
class FastMailServer:
    """Where it is, and what it took. Can be stopped, killed and started again on the same port; it forgets nothing."""

    host: str
    port: int
    log: Path
    process: ServerProcess

    def start(self) -> None:
        """Start it again."""
        self.process.start()

    def stop(self) -> None:
        """Stop it, as if the machine it runs on were lost."""
        self.process.stop()

    def count(self) -> int:
        """How many e-mails it acknowledged."""
        return self.log.read_bytes().count(b"\n") if self.log.exists() else 0

    def letters(self) -> list[tuple[str, str]]:
        """Message-ID (without its brackets) and To of each, in order."""
        text = self.log.read_text(errors="replace") if self.log.exists() else ""
        return [(line.partition("\t")[0], line.partition("\t")[2]) for line in text.splitlines()]

    def clear(self) -> None:
        """Forget all; it may run on."""
        os.truncate(self.log, 0)


@contextmanager
def fast_mail_server() -> Iterator[FastMailServer]:
    """A running one. Raises ServerDidNotStart."""
    with private_directory() as directory:
        port, log = free_port(), directory / "letters"
        program = Path(__file__).with_name("fast_mail_process.py")
        command = [sys.executable, "-P", str(program), "--port", str(port), "--log", str(log)]
        process = ServerProcess(command, directory, is_ready=lambda: _answers(port))
        process.start()
        try:
            yield FastMailServer("127.0.0.1", port, log, process)
        finally:
            process.stop()


def _answers(port: int) -> bool:
    try:
        with smtplib.SMTP("127.0.0.1", port, timeout=2):
            return True
    except OSError:
        return False
