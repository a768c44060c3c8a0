"""A mail server that keeps what it is given."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

from tests.servers.processes import START_SECONDS, free_port


@dataclass
class SmtpSink:
    """Where the mail server is, and what came in.

    A message carries the addresses of its envelope as X-MailFrom and X-RcptTo. Set `answer` to a refusal,
    as "451 try later", to make the server fail.
    """

    host: str
    port: int
    messages: list[EmailMessage] = field(default_factory=list)
    answer: str = "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        """Answer one message, and keep it if the answer accepts it; aiosmtpd calls it by this name."""
        answer = self.answer
        if answer.startswith("250"):
            content = (envelope.original_content or b"").replace(b"\r\n", b"\n")
            message = message_from_bytes(content, policy=policy.default)
            message["X-MailFrom"] = envelope.mail_from
            message["X-RcptTo"] = ", ".join(envelope.rcpt_tos)
            self.messages.append(message)
        return answer


@contextmanager
def smtp_sink() -> Iterator[SmtpSink]:
    """A running mail server."""
    sink = SmtpSink(host="127.0.0.1", port=free_port())
    controller = Controller(sink, hostname=sink.host, port=sink.port, ready_timeout=START_SECONDS)
    controller.start()
    try:
        yield sink
    finally:
        controller.stop()
