"""What every channel is: something that sends one message, or says why not."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol


@dataclass(frozen=True, kw_only=True)
class Message:
    """One message as it leaves: discreet by design. `key` is the same on every try, so repeats can be told apart."""

    key: str
    to: str
    subject: str
    text: str  # for SMS the whole text, for push the body
    html: str = ""
    url: str = ""  # the signed link, which `text` holds too; push opens it
    unsubscribe_url: str = ""  # e-mail: one click silences this address
    status_url: str = ""  # SMS: where the provider reports what became of it
    push_key: str = ""
    push_secret: str = ""
    expires_at: datetime | None = None  # push: the service need not keep it any longer
    is_possible_repeat: bool = False


@dataclass(frozen=True, kw_only=True)
class Receipt:
    """What the provider said when it took the message."""

    provider_id: str = ""


class SendFailed(Exception):
    """The message was not taken, as far as we know.

    `is_permanent`: trying this address again is pointless. `is_unknown`: it may have left, because the connection was
    lost after the message had been handed over. `is_down`: the provider does not answer at all, so that trying the
    next message at once is pointless too.
    """

    def __init__(self, detail: str, *, is_permanent: bool, is_unknown: bool = False, is_down: bool = False) -> None:
        self.detail = detail
        self.is_permanent = is_permanent
        self.is_unknown = is_unknown
        self.is_down = is_down
        super().__init__(detail)


class CannotTell(Exception):
    """The provider does not say, or cannot say, whether it has a message."""

    def __init__(self, detail: str) -> None:
        self.detail = detail
        super().__init__(detail)


class Channel(Protocol):
    """One way to reach a person. Used by several threads at once."""

    @property
    def is_local(self) -> bool:
        """Whether sending writes only rows of our own database, and so can be one transaction with other rows."""
        ...

    def send(self, message: Message) -> Receipt:
        """Hand the message over. Raises SendFailed, and nothing else."""
        ...

    def find(self, message: Message, *, since: datetime) -> Receipt | None:
        """What the provider has of a message whose sending had an unknown end; None when it does not have it.

        `since` is when the sending began. Raises CannotTell where nobody can say, SendFailed when the provider could
        but does not answer now, and nothing else.
        """
        ...
