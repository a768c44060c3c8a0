"""What every channel is: something that sends one message, or says why not."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, kw_only=True)
class Message:
    """One message as it leaves: discreet by design. `key` is the same on every try, so repeats can be told apart."""

    key: str
    to: str
    subject: str
    text: str
    html: str = ""


@dataclass(frozen=True, kw_only=True)
class Receipt:
    """What the provider said when it took the message."""

    provider_id: str = ""


class SendFailed(Exception):
    """The message did not leave. `is_permanent` says that trying this address again is pointless."""

    def __init__(self, detail: str, *, is_permanent: bool) -> None:
        self.detail = detail
        self.is_permanent = is_permanent
        super().__init__(detail)


class Channel(Protocol):
    """One way to reach a person."""

    def send(self, message: Message) -> Receipt:
        """Hand the message over. Raises SendFailed."""
        ...
