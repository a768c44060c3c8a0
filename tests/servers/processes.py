"""Starting a server process, waiting until it answers, and stopping it for certain."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

START_SECONDS = 30
STOP_SECONDS = 10


class ServerMissing(Exception):
    """A program that a test needs is not installed."""

    def __init__(self, program: str, package: str) -> None:
        self.program = program
        self.package = package
        super().__init__(f"{program} was not found; on Debian it comes with: apt-get install {package}")


class ServerDidNotStart(Exception):
    """A server ended, or gave no answer in time; carries its log."""

    def __init__(self, command: list[str], log: str) -> None:
        self.command = command
        self.log = log
        super().__init__(f"{' '.join(command)} did not start:\n{log[-2000:]}")


def free_port() -> int:
    """A TCP port of 127.0.0.1 that nobody listens on at this moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@contextmanager
def private_directory(owner: str | None = None) -> Iterator[Path]:
    """A temporary directory that only `owner` (by default we ourselves) can enter."""
    path = Path(tempfile.mkdtemp(prefix="ivig-care-"))
    try:
        if owner:
            shutil.chown(path, owner, owner)
        yield path
    finally:
        shutil.rmtree(path, ignore_errors=True)


def bound_to_us(*, stop_signal: signal.Signals, user: str | None = None) -> list[str]:
    """The words before a command that make it run as `user` and, on Linux, stop even when we are killed.

    "We" is the thread that starts it, so start servers from the main thread.
    """
    if shutil.which("setpriv") is None:
        return ["runuser", "-u", user, "--"] if user else []
    words = ["setpriv", "--pdeathsig", stop_signal.name.removeprefix("SIG")]
    if user:
        words += [f"--reuid={user}", f"--regid={user}", "--init-groups"]
    return [*words, "--"]


@dataclass
class ServerProcess:
    """A server that can be started and stopped again and again; `directory` holds its log and is its own."""

    command: list[str]
    directory: Path
    is_ready: Callable[[], bool]
    user: str | None = None
    stop_signal: signal.Signals = signal.SIGTERM
    env: dict[str, str] | None = None
    _process: subprocess.Popen[bytes] | None = field(default=None, init=False)

    @property
    def log(self) -> str:
        """What it has printed so far."""
        return (self.directory / "log").read_text(errors="replace")

    @property
    def pid(self) -> int | None:
        """Its number while it runs."""
        return None if self._process is None else self._process.pid

    def start(self) -> None:
        """Start it unless it runs, and wait until it answers. Raises ServerDidNotStart."""
        if self._process is not None:
            return
        with (self.directory / "log").open("ab") as log:
            self._process = subprocess.Popen(
                [*bound_to_us(stop_signal=self.stop_signal, user=self.user), *self.command],
                cwd=self.directory,
                env=self.env,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        try:
            self._wait_until_ready(self._process)
        except BaseException:
            self.stop()
            raise

    def _wait_until_ready(self, process: subprocess.Popen[bytes]) -> None:
        give_up_at = time.monotonic() + START_SECONDS
        while not self.is_ready():
            if process.poll() is not None or time.monotonic() > give_up_at:
                raise ServerDidNotStart(self.command, self.log)
            time.sleep(0.02)

    def kill(self) -> None:
        """End it and its children in the middle of whatever they do; `start` starts it again."""
        if self._process is not None:
            process, self._process = self._process, None
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()

    def stop(self) -> None:
        """Stop it if it runs, the hard way after ten seconds."""
        if self._process is None:
            return
        process, self._process = self._process, None
        process.send_signal(self.stop_signal)
        try:
            process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
