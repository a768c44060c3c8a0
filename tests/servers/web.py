"""What the HTTP stand-ins share: a server in a thread, and the ways in which a request can go wrong."""

from __future__ import annotations

import socket
import struct
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from enum import StrEnum
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Lock, Thread


class Fault(StrEnum):
    """What goes wrong with one request."""

    RESET = "reset"  # the connection is cut before anything is done
    HANG_UP = "hang up"  # everything is done, and the connection ends without an answer
    SILENCE = "silence"  # everything is done, and the answer comes `delay` seconds too late


@dataclass
class Faults:
    """The faults to come, first in first out; and seconds before every answer."""

    delay: float = 0.0
    silence_seconds: float = 1.0
    connections: int = 0
    _next: list[Fault] = field(default_factory=list)
    _lock: Lock = field(default_factory=Lock)

    def add(self, fault: Fault, *, times: int = 1) -> None:
        """Let the next requests go wrong."""
        with self._lock:
            self._next += [fault] * times

    def take(self) -> Fault | None:
        """What goes wrong with this request."""
        with self._lock:
            return self._next.pop(0) if self._next else None

    def clear(self) -> None:
        """Let everything go well from now on."""
        with self._lock:
            self._next.clear()


class Handler(BaseHTTPRequestHandler):
    """One connection; HTTP/1.1, so that clients can keep it."""

    protocol_version = "HTTP/1.1"
    faults: Faults
    disable_nagle_algorithm = True

    def setup(self) -> None:
        """Count it."""
        super().setup()
        with self.faults._lock:
            self.faults.connections += 1

    def do_GET(self) -> None:
        self._serve(self.answer_get)

    def do_POST(self) -> None:
        self._serve(self.answer_post)

    def _serve(self, answer: Callable[[bytes, Fault | None], None]) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        fault = self.faults.take()
        if fault is Fault.RESET:
            self._cut()
        else:
            answer(body, fault)

    def answer_get(self, body: bytes, fault: Fault | None) -> None:
        """Answer one GET request; by default that it is not known."""
        self.finish_with(fault, 404, b"")

    def answer_post(self, body: bytes, fault: Fault | None) -> None:
        """Answer one POST request; by default that it is not known."""
        self.finish_with(fault, 404, b"")

    def _cut(self) -> None:
        """End the connection with a reset."""
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.close_connection = True
        self.connection.close()

    def finish_with(self, fault: Fault | None, status: int, content: bytes, **headers: str) -> None:
        """Answer, unless this fault says otherwise."""
        if fault is Fault.HANG_UP:
            self.close_connection = True
            return
        time.sleep(self.faults.silence_seconds if fault is Fault.SILENCE else self.faults.delay)
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def handle(self) -> None:
        """Serve until the other side leaves, however rudely."""
        try:
            super().handle()
        except (OSError, ValueError):
            self.close_connection = True  # cut by us or by the other side

    def finish(self) -> None:
        """Let go of a connection that may be cut already."""
        try:
            super().finish()
        except (OSError, ValueError):
            return

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing: the tests look at the sink."""


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    request_queue_size = 128


@contextmanager
def serving(handler: type[Handler]) -> Iterator[str]:
    """The address of a server that uses this handler."""
    with _Server(("127.0.0.1", 0), handler) as server:
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()
