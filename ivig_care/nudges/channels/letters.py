"""Writes one e-mail as the bytes that go over the wire.

Django's own way builds and folds an object for every header, which takes a millisecond; a burst of a thousand nudges
has less. Bodies are quoted-printable, so that no server has to change them and no line is too long.
"""

from __future__ import annotations

import binascii
import re
from email.header import Header
from email.utils import format_datetime, parseaddr
from functools import lru_cache
from urllib.parse import urlsplit

from django.core.mail.message import sanitize_address

from ivig_care.common import clock
from ivig_care.nudges.channels.base import Message

_LONGEST_PLAIN_HEADER = 900  # a line may have 998
_END = "\r\n"
_PLAIN_ADDRESS = re.compile(r"[A-Za-z0-9_%+-]+(\.[A-Za-z0-9_%+-]+)*@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)*")


def message_id(message: Message, *, public_url: str) -> str:
    """The Message-ID: the same on every try, so that a mailbox can fold repeats."""
    return f"<{message.key}@{_host(public_url)}>"


def headers_of(message: Message, *, public_url: str) -> dict[str, str]:
    """The headers that are ours, beside those of every e-mail."""
    headers = {"Message-ID": message_id(message, public_url=public_url), "Auto-Submitted": "auto-generated"}
    if message.unsubscribe_url:
        headers["List-Unsubscribe"] = f"<{message.unsubscribe_url}>"
        headers["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    return headers


def letter(message: Message, *, sender: str, public_url: str) -> bytes:
    """The whole e-mail. Raises ValueError when an address cannot be written."""
    headers = {
        "From": address(sender),
        "To": address(message.to),
        "Subject": _subject(message.subject),
        "Date": format_datetime(clock.now()),
        **headers_of(message, public_url=public_url),
        "MIME-Version": "1.0",
    }
    top = "".join(f"{name}: {value}{_END}" for name, value in headers.items())
    return top.encode("ascii") + _content(message)


def address(written: str) -> str:
    """An address as headers and mail servers take it. Raises ValueError for one that cannot be written."""
    return written if _PLAIN_ADDRESS.fullmatch(written) else _sanitized(written)


def bare_address(written: str) -> str:
    """Only the part that mail servers are told, without a name. Raises ValueError."""
    return written if _PLAIN_ADDRESS.fullmatch(written) else _bare(written)


@lru_cache(maxsize=64)
def _sanitized(written: str) -> str:
    if not written.isprintable():
        raise ValueError("a line break in an address")
    plain: str = sanitize_address(written, "utf-8")
    return plain


@lru_cache(maxsize=64)
def _bare(written: str) -> str:
    return parseaddr(_sanitized(written))[1]


@lru_cache(maxsize=4)
def _host(public_url: str) -> str:
    return urlsplit(public_url).hostname or "localhost"


@lru_cache(maxsize=256)
def _subject(words: str) -> str:
    words = " ".join(words.split())
    if words.isascii() and len(words) <= _LONGEST_PLAIN_HEADER:
        return words
    return Header(words, "utf-8", header_name="Subject").encode(linesep=_END)


def _content(message: Message) -> bytes:
    text = _part("plain", message.text)
    if not message.html:
        return text
    # Quoted-printable never has an underscore after an equals sign, so no body can hold this line.
    boundary = f"=_{message.key}"
    top = f'Content-Type: multipart/alternative; boundary="{boundary}"{_END}{_END}'
    first, between, last = (
        f"{line}{_END}".encode() for line in (f"--{boundary}", f"{_END}--{boundary}", f"{_END}--{boundary}--")
    )
    return b"".join((top.encode(), first, text, between, _part("html", message.html), last))


def _part(subtype: str, body: str) -> bytes:
    lines = body.replace("\r\n", "\n").rstrip("\n") + "\n"
    top = f'Content-Type: text/{subtype}; charset="utf-8"{_END}Content-Transfer-Encoding: quoted-printable{_END}{_END}'
    return top.encode() + binascii.b2a_qp(lines.replace("\n", _END).encode())
