"""A mail server that keeps what it is given, is strict about the protocol, and fails as it is told."""

from __future__ import annotations

import socket
import ssl
import time
from base64 import b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from socketserver import StreamRequestHandler, ThreadingTCPServer
from threading import Lock, Thread
from typing import ClassVar, Literal

from tests.servers.processes import free_port

LONGEST_LINE = 1000  # RFC 5321, the line end included

# Where the server hangs up: instead of an answer to a command, in the middle of a letter, or instead of the answer to
# its dot, having taken and kept it.
Drop = Literal["", "CONNECT", "EHLO", "MAIL", "RCPT", "DATA", "LETTER", "DOT"]


class _Server(ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True
    block_on_close = False


@dataclass
class SmtpSink:
    """Where the mail server is, what came in, and how it is to behave; all may be changed while it runs.

    A message carries the addresses of its envelope as X-MailFrom and X-RcptTo.
    """

    host: str
    port: int
    messages: list[EmailMessage] = field(default_factory=list)
    # The answer to a whole letter; a refusal, as "451 try later", makes the server fail.
    answer: str = "250 OK"
    # Answers to commands in place of the usual: CONNECT, EHLO, MAIL, RCPT, DATA.
    answers: dict[str, str] = field(default_factory=dict)
    # Answers to single recipients, by address.
    refused: dict[str, str] = field(default_factory=dict)
    # Seconds before every answer, and where to hang up.
    delay: float = 0.0
    drop: Drop = ""
    has_pipelining: bool = True
    # With a certificate and its key in one file it offers STARTTLS, and takes nothing without it.
    certificate: Path | None = None
    # With a name and a password it wants them first.
    sign_in: tuple[str, str] | None = None
    # How many letters a connection may carry before the server answers 421.
    letters_per_connection: int = 1_000_000
    # Connections made so far.
    connections: int = 0
    _server: _Server | None = None
    _open: set[socket.socket] = field(default_factory=set)
    _lock: Lock = field(default_factory=Lock)

    def listen(self) -> None:
        """Take connections, unless it does already."""
        if self._server is None:
            handler = type("Handler", (_Handler,), {"sink": self})
            self._server = _Server((self.host, self.port), handler)
            Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()

    def refuse_connections(self) -> None:
        """Be gone: nobody listens any more, and the open connections end."""
        if self._server is not None:
            self._server.shutdown()
            self._server.server_close()
            self._server = None
        self.drop_connections()

    def drop_connections(self) -> None:
        """End the open connections without a word, as a server does with idle ones."""
        with self._lock:
            for connection in self._open:
                hang_up(connection)
            self._open.clear()

    def keep(self, letter: bytes, *, sender: str, recipients: list[str]) -> None:
        """Keep one letter."""
        message = message_from_bytes(letter.replace(b"\r\n", b"\n"), policy=policy.default)
        message["X-MailFrom"], message["X-RcptTo"] = sender, ", ".join(recipients)
        self.messages.append(message)


def hang_up(connection: socket.socket) -> None:
    """End a connection at once, for whoever reads or writes there."""
    try:
        connection.shutdown(socket.SHUT_RDWR)
    except OSError:
        return  # it has ended already


class _HangUp(Exception):
    """End this connection."""


class _Handler(StreamRequestHandler):
    """One connection."""

    sink: ClassVar[SmtpSink]
    disable_nagle_algorithm = True

    def handle(self) -> None:
        with self.sink._lock:
            self.sink.connections += 1
            self.sink._open.add(self.connection)
        self.is_greeted = self.is_secret = self.is_known = False
        self.letters = 0
        self._reset()
        try:
            self._say("CONNECT", "220 sink ready")
            while line := self._line():
                self._command(line.decode("ascii", "replace").rstrip("\r\n"))
        except (_HangUp, OSError):
            hang_up(self.connection)
        finally:
            with self.sink._lock:
                self.sink._open.discard(self.connection)
            if self.is_secret:
                self.connection.close()  # socketserver knows only the plain one

    def _reset(self) -> None:
        self.sender: str | None = None
        self.recipients: list[str] = []

    def _line(self) -> bytes:
        line: bytes = self.rfile.readline(LONGEST_LINE + 1)
        if line and (len(line) > LONGEST_LINE or not line.endswith(b"\r\n")):
            self._write("500 line too long, or not ended by CR LF")
            raise _HangUp
        return line

    def _command(self, line: str) -> None:
        verb, _, rest = line.partition(" ")
        match verb.upper():
            case "EHLO":
                self.is_greeted = bool(rest)
                self._say("EHLO", "\r\n".join(self._abilities()))
            case "STARTTLS":
                self._start_tls()
            case "AUTH":
                self._sign_in(rest)
            case "MAIL":
                self._mail(rest)
            case "RCPT":
                self._rcpt(rest)
            case "DATA":
                self._data()
            case "RSET" | "NOOP":
                self._reset()
                self._say(verb.upper(), "250 OK")
            case "QUIT":
                self._write("221 bye")
                raise _HangUp
            case _:
                self._write("500 unknown command")

    def _abilities(self) -> list[str]:
        offers = (
            (self.sink.has_pipelining, "250-PIPELINING"),
            (self.sink.certificate and not self.is_secret, "250-STARTTLS"),
            (self.sink.sign_in and self.is_secret, "250-AUTH PLAIN"),
        )
        return ["250-sink", *(words for applies, words in offers if applies), "250 SIZE 33554432"]

    def _start_tls(self) -> None:
        if self.sink.certificate is None or self.is_secret:
            return self._write("502 no")
        self._write("220 go on")
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.sink.certificate)
        plain, self.connection = self.connection, context.wrap_socket(self.connection, server_side=True)
        with self.sink._lock:
            self.sink._open ^= {plain, self.connection}
        self.rfile = self.connection.makefile("rb")
        self.wfile = self.connection.makefile("wb", 0)
        self.is_secret, self.is_greeted = True, False
        return None

    def _sign_in(self, rest: str) -> None:
        method, _, given = rest.partition(" ")
        wanted = "\0".join(("", *(self.sink.sign_in or ())))
        self.is_known = method == "PLAIN" and given == b64encode(wanted.encode()).decode()
        self._write("235 welcome" if self.is_known else "535 5.7.8 wrong name or password")

    def _mail(self, rest: str) -> None:
        if (self.sink.certificate and not self.is_secret) or (self.sink.sign_in and not self.is_known):
            return self._write("530 5.7.0 first STARTTLS, then AUTH")
        if not self.is_greeted or self.sender is not None:
            return self._write("503 bad sequence of commands")
        if self.letters >= self.sink.letters_per_connection:
            self._write("421 4.7.0 enough for one connection")
            raise _HangUp
        sender = _address(rest, "FROM:")
        if sender is None:
            return self._write("501 bad sender")
        if self._say("MAIL", "250 OK"):
            self.sender = sender
        return None

    def _rcpt(self, rest: str) -> None:
        recipient = _address(rest, "TO:")
        if self.sender is None:
            return self._write("503 bad sequence of commands")
        if not recipient:
            return self._write("501 bad recipient")
        if self._say("RCPT", self.sink.refused.get(recipient, "250 OK")):
            self.recipients.append(recipient)
        return None

    def _data(self) -> None:
        if self.sender is None or not self.recipients:
            return self._write("503 bad sequence of commands")
        if not self._say("DATA", "354 go on"):
            return None
        lines: list[bytes] = []
        while (line := self._line()) != b".\r\n":
            if not line or self.sink.drop == "LETTER":
                raise _HangUp
            lines.append(line.removeprefix(b"."))
        answer = self.sink.answer
        if answer.startswith("250"):
            self.sink.keep(b"".join(lines), sender=self.sender, recipients=self.recipients)
        self._reset()
        self.letters += 1
        self._say("DOT", answer)
        return None

    def _say(self, point: str, usual: str) -> bool:
        """Answer at this point, or fail as told; whether the answer is a yes."""
        if self.sink.drop == point:
            raise _HangUp
        answer = self.sink.answers.get(point, usual)
        self._write(answer)
        if answer.startswith("421"):
            raise _HangUp
        return answer[0] in "23"

    def _write(self, answer: str) -> None:
        if self.sink.delay:
            time.sleep(self.sink.delay)
        self.wfile.write(f"{answer}\r\n".encode())


def _address(rest: str, word: str) -> str | None:
    """What stands in angle brackets after a word; None when it is written wrongly."""
    if not rest.upper().startswith(word):
        return None
    address, _, _ = rest[len(word) :].partition(" ")
    return address[1:-1] if address.startswith("<") and address.endswith(">") else None


@contextmanager
def smtp_sink() -> Iterator[SmtpSink]:
    """A running mail server."""
    sink = SmtpSink(host="127.0.0.1", port=free_port())
    sink.listen()
    try:
        yield sink
    finally:
        sink.refuse_connections()
