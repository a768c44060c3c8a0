"""The health check of the web server's container asks under the site's own name, and blames it for nothing else."""

from __future__ import annotations

from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread
from typing import ClassVar

import pytest

from ivig_care.web.ops.probe import is_serving
from tests.servers import free_port


class _Site(BaseHTTPRequestHandler):
    """Answers what the test wants, and notes what it was asked."""

    answer: ClassVar[tuple[int, bytes]] = (200, b"")
    asked: ClassVar[list[tuple[str, str | None, str | None]]] = []

    def do_GET(self) -> None:
        self.asked.append((self.path, self.headers["Host"], self.headers["X-Forwarded-Proto"]))
        self.send_response(self.answer[0])
        self.end_headers()
        self.wfile.write(self.answer[1])

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


@pytest.fixture
def port() -> Iterator[int]:
    """Where the stand-in of the site listens."""
    _Site.asked.clear()
    with HTTPServer(("127.0.0.1", 0), _Site) as server:
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        yield server.server_port
        server.shutdown()
        thread.join()


@pytest.mark.parametrize(
    ("answer", "is_well"),
    [
        ((200, b'{"database": true}'), True),
        ((503, b'{"status": "red", "database": true}'), True),
        ((503, b'{"status": "red", "database": false}'), False),
        ((500, b"<h1>broken</h1>"), False),
    ],
)
def test_the_web_server_is_well_when_it_and_its_database_answer(
    port: int, answer: tuple[int, bytes], is_well: bool
) -> None:
    _Site.answer = answer
    assert is_serving(port, "https://care.example.org") is is_well
    assert _Site.asked == [("/healthz", "care.example.org", "https")]


def test_a_web_server_that_is_not_there_is_not_well() -> None:
    assert is_serving(free_port(), "https://care.example.org") is False
