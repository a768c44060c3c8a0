"""A mail server for a process of its own, too fast to be what a bench measures; started by fast_mail.py beside it.

It understands as much SMTP as a client of ours speaks, pipelining too, and looks at nothing but the Message-ID and To
of each e-mail. Both are written to a file before it is acknowledged: whatever kills the server, the file holds all that
it took. Standard library only, so that it is up in a moment: `python -P tests/servers/fast_mail_process.py --help`.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import re
import sys
from pathlib import Path

_MESSAGE_ID = re.compile(rb"^Message-ID:[ \t]*<?([^>\r\n]*)", re.IGNORECASE | re.MULTILINE)
_TO = re.compile(rb"^To:[ \t]*([^\r\n]*)", re.IGNORECASE | re.MULTILINE)
_END = b"\r\n.\r\n"


class FastMail(asyncio.Protocol):
    """One connection."""

    def __init__(self, log: int) -> None:
        self.log = log
        self.buffer = b""
        self.is_in_letter = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Greet."""
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport
        transport.write(b"220 fast\r\n")

    def data_received(self, data: bytes) -> None:
        """Answer everything that has come in full, in one go."""
        self.buffer += data
        answers: list[bytes] = []
        while (answer := self._next()) is not None:
            answers.append(answer)
        if answers:
            self.transport.write(b"".join(answers))
        if answers and answers[-1].startswith(b"221"):
            self.transport.close()

    def _next(self) -> bytes | None:
        """The answer to the first command or letter in the buffer; None when it is not there in full."""
        end = self.buffer.find(_END if self.is_in_letter else b"\r\n")
        if end < 0:
            return None
        if self.is_in_letter:
            letter, self.buffer = self.buffer[:end], self.buffer[end + len(_END) :]
            self.is_in_letter = False
            os.write(self.log, _line(letter))
            return b"250 taken\r\n"
        command, self.buffer = self.buffer[:end], self.buffer[end + 2 :]
        return self._answer(command[:4].upper())

    def _answer(self, verb: bytes) -> bytes:
        match verb:
            case b"DATA":
                self.is_in_letter = True
                return b"354 go on\r\n"
            case b"EHLO":
                return b"250-fast\r\n250-PIPELINING\r\n250-8BITMIME\r\n250 SIZE 10000000\r\n"
            case b"QUIT":
                return b"221 bye\r\n"
            case _:
                return b"250 yes\r\n"


def _line(letter: bytes) -> bytes:
    head = letter[: letter.find(b"\r\n\r\n")]
    found = [pattern.search(head) for pattern in (_MESSAGE_ID, _TO)]
    return b"\t".join(match[1] if match else b"" for match in found) + b"\n"


async def _serve(port: int, log: Path) -> None:
    # Appended to with one write for each letter, so a kill cuts nothing in half.
    file = os.open(log, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    server = await asyncio.get_running_loop().create_server(lambda: FastMail(file), "127.0.0.1", port)
    async with server:
        await server.serve_forever()


def main(arguments: list[str]) -> None:
    """Serve until killed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--log", type=Path, required=True, help="one line for each e-mail: Message-ID, tab, To")
    options = parser.parse_args(arguments)
    asyncio.run(_serve(options.port, options.log))


if __name__ == "__main__":
    main(sys.argv[1:])
