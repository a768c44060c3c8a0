"""A connection to a mail server that stays open from one e-mail to the next, and knows how far it got."""

from __future__ import annotations

import re
import smtplib
import ssl
import time
from dataclasses import dataclass
from typing import Any

from django.core.mail.utils import DNS_NAME

from ivig_care.nudges.channels.base import SendFailed

# Servers close what lies idle, and a firewall in between may forget it without a word: better a new one.
_LONGEST_IDLE_SECONDS = 10.0
_ENHANCED = re.compile(r"\d{3} (\d\.\d{1,3}\.\d{1,3})\b")
# Of RFC 3463 and 7505: bad mailbox, system, syntax or ambiguous; moved; wants no mail; disabled.
_NO_MAILBOX = frozenset({"5.1.0", "5.1.1", "5.1.2", "5.1.3", "5.1.4", "5.1.6", "5.1.10", "5.2.1"})
_NO_LONGER = 421  # the server closes the connection: it goes down, or has taken enough on this one


@dataclass(frozen=True, kw_only=True)
class MailServer:
    """Where the mail server is and how to sign in."""

    host: str
    port: int
    user: str
    password: str
    has_tls: bool
    timeout: float  # seconds for opening a connection, and for each e-mail


class MailConnection:
    """For one thread at a time."""

    def __init__(self, server: MailServer) -> None:
        self.server = server
        self._smtp: _Smtp | None = None
        self._used_at = 0.0

    def deliver(self, letter: bytes, *, sender: str, to: str) -> None:
        """Hand over one e-mail. Raises SendFailed."""
        if self._smtp is not None and time.monotonic() - self._used_at > _LONGEST_IDLE_SECONDS:
            self.close()
        is_used = self._smtp is not None
        try:
            self._deliver(letter, sender=sender, to=to)
        except _Gone as gone:
            if not is_used:
                raise gone.failure from gone
            # An open connection that ended between two e-mails says nothing about this one.
            try:
                self._deliver(letter, sender=sender, to=to)
            except _Gone as again:
                raise again.failure from again
        self._used_at = time.monotonic()

    def close(self) -> None:
        """Let go of the connection without waiting for the server's word."""
        if self._smtp is not None:
            self._smtp.close()
            self._smtp = None

    def __del__(self) -> None:
        """A thread that ends takes its connection with it."""
        self.close()

    def _deliver(self, letter: bytes, *, sender: str, to: str) -> None:
        """Raises SendFailed, or _Gone when the connection ended before the e-mail was handed over."""
        smtp = self._smtp = self._smtp or self._opened()
        smtp.hurry(self.server.timeout)
        try:
            smtp.hand_over(letter, sender=sender, to=to)
        except (smtplib.SMTPException, OSError) as error:
            failure = _failure(error, is_handed_over=smtp.is_handed_over, is_late=smtp.is_late)
            self.close()
            is_gone = _code(error) == _NO_LONGER or not (_code(error) or failure.is_unknown or failure.is_down)
            raise (_Gone(failure) if is_gone else failure) from error

    def _opened(self) -> _Smtp:
        """A connection that is signed in. Raises SendFailed."""
        server, smtp = self.server, None
        try:
            smtp = _Smtp(server.host, server.port, timeout=server.timeout)
            if server.has_tls:
                smtp.starttls(context=ssl.create_default_context())
            smtp.ehlo_or_helo_if_needed()
            if server.user and server.password:
                smtp.login(server.user, server.password)
        except (smtplib.SMTPException, OSError) as error:
            if smtp is not None:
                smtp.close()
            raise SendFailed(_words(error), is_permanent=False, is_down=True) from error
        return smtp


class _Gone(Exception):
    """The connection ended before the e-mail was handed over; carries what to say of it."""

    def __init__(self, failure: SendFailed) -> None:
        self.failure = failure
        super().__init__(failure.detail)


class _Smtp(smtplib.SMTP):
    """Python's client, which also says whether the dot that ends an e-mail has left, and keeps to one time limit."""

    def __init__(self, host: str, port: int, *, timeout: float) -> None:
        self.is_handed_over = False
        self.hurry(timeout)
        super().__init__(host, port, local_hostname=DNS_NAME.get_fqdn(), timeout=timeout)

    def hurry(self, seconds: float) -> None:
        """What comes next, all together, may take so long."""
        self._give_up_at = time.monotonic() + seconds

    @property
    def is_late(self) -> bool:
        """Whether the time is over."""
        return time.monotonic() >= self._give_up_at - 0.01  # waiting may end a little early

    def hand_over(self, letter: bytes, *, sender: str, to: str) -> None:
        """One e-mail to one person, with as few waits as the server allows. Raises what smtplib.sendmail raises.

        After a refusal the connection is of no more use: the server may still have answers to give.
        """
        commands = (f"MAIL FROM:<{sender}>", f"RCPT TO:<{to}>", "DATA")
        is_pipelined = self.has_extn("pipelining")
        if is_pipelined:
            self.send("".join(f"{command}\r\n" for command in commands))
        for command in commands:
            if not is_pipelined:
                self.putcmd(command)
            code, said = self.getreply()
            if code >= 400:
                raise self._refusal(command, code, said, to)
        self.send(letter.replace(b"\r\n.", b"\r\n..") + b".\r\n")
        code, said = self.getreply()
        if code >= 400:
            raise smtplib.SMTPDataError(code, said)

    def _refusal(self, command: str, code: int, said: bytes, to: str) -> smtplib.SMTPException:
        if command.startswith("RCPT"):
            return smtplib.SMTPRecipientsRefused({to: (code, said)})
        return smtplib.SMTPResponseException(code, said)

    def send(self, s: Any) -> None:
        """Bytes are an e-mail with its dot, text is a command. Written in full or not handed over at all."""
        self._set_timeout()
        super().send(s)
        self.is_handed_over = isinstance(s, bytes)

    def getreply(self) -> tuple[int, bytes]:
        """Once the server has answered, nothing is unknown any more."""
        self._set_timeout()
        reply = super().getreply()
        self.is_handed_over = False
        return reply

    def _set_timeout(self) -> None:
        left = self._give_up_at - time.monotonic()
        if left <= 0:
            self.close()
            raise smtplib.SMTPServerDisconnected("the mail server took too long")
        if self.sock is not None:
            self.sock.settimeout(left)


def _failure(error: Exception, *, is_handed_over: bool, is_late: bool) -> SendFailed:
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        return SendFailed(_words(error), is_permanent=_is_about_the_mailbox(_words(error)))
    if _code(error):
        # The server refused the e-mail or us, not the address: that can be mended and tried again.
        return SendFailed(_words(error), is_permanent=False)
    is_down = is_late and not is_handed_over
    return SendFailed(_words(error), is_permanent=False, is_unknown=is_handed_over, is_down=is_down)


def _is_about_the_mailbox(words: str) -> bool:
    """Whether a recipient was refused because there is no such mailbox, and not because of us or for now.

    A server that relays nothing for us, or has us on a list, refuses every recipient with 5xx, too: its enhanced code
    (RFC 3463) tells the difference. Without one only those codes count that mean a mailbox (RFC 5321).
    """
    enhanced = _ENHANCED.match(words)
    if enhanced:
        return enhanced[1] in _NO_MAILBOX
    return words.startswith(("550 ", "551 ", "553 "))


def _code(error: Exception) -> int:
    """What the server answered; 0 when it did not."""
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        return int(next(iter(error.recipients.values()))[0])
    return int(error.smtp_code) if isinstance(error, smtplib.SMTPResponseException) else 0


def _words(error: Exception) -> str:
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        said: bytes | str = next(iter(error.recipients.values()))[1]
    elif isinstance(error, smtplib.SMTPResponseException):
        said = error.smtp_error
    else:
        return f"{type(error).__name__}: {error}"
    return f"{_code(error)} {said.decode(errors='replace') if isinstance(said, bytes) else said}"
