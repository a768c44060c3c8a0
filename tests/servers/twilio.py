"""A stand-in for Twilio's Messages API that is as strict as the original."""

from __future__ import annotations

import base64
import json
import re
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.utils import formatdate
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import ClassVar
from urllib.parse import parse_qs

E164 = re.compile(r"\+[1-9]\d{6,14}")
LONGEST_BODY = 1600


@dataclass(frozen=True)
class TwilioError:
    """An answer that says no: the HTTP status, Twilio's own code, and a text."""

    status: int
    code: int
    message: str

    def document(self) -> dict[str, object]:
        """The JSON that goes with it."""
        more_info = f"https://www.twilio.com/docs/errors/{self.code}"
        return {"code": self.code, "message": self.message, "more_info": more_info, "status": self.status}


INVALID_NUMBER = TwilioError(400, 21211, "Invalid 'To' Phone Number")
INVALID_SENDER = TwilioError(400, 21212, "Invalid From Number (caller ID)")
NO_BODY = TwilioError(400, 21602, "Message body is required.")
NO_SENDER = TwilioError(400, 21603, "A 'From' phone number is required.")
NO_RECIPIENT = TwilioError(400, 21604, "A 'To' phone number is required.")
UNSUBSCRIBED = TwilioError(400, 21610, "Attempt to send to unsubscribed recipient")
BODY_TOO_LONG = TwilioError(400, 21617, "The concatenated message body exceeds the 1600 character limit")
NOT_AUTHENTICATED = TwilioError(401, 20003, "Authenticate")
NOT_FOUND = TwilioError(404, 20404, "The requested resource was not found")
TOO_MANY_REQUESTS = TwilioError(429, 20429, "Too Many Requests")
OUT_OF_ORDER = TwilioError(500, 20500, "Internal Server Error")


@dataclass(frozen=True)
class TwilioMessage:
    """One SMS that was accepted."""

    sid: str
    to: str
    sender: str
    body: str
    status_callback: str | None

    def document(self, account_sid: str) -> dict[str, object]:
        """The JSON that accepts it."""
        uri = f"/2010-04-01/Accounts/{account_sid}/Messages/{self.sid}"
        now = formatdate(usegmt=True)
        return {
            "account_sid": account_sid,
            "api_version": "2010-04-01",
            "body": self.body,
            "date_created": now,
            "date_sent": None,
            "date_updated": now,
            "direction": "outbound-api",
            "error_code": None,
            "error_message": None,
            "from": self.sender,
            "messaging_service_sid": None,
            "num_media": "0",
            "num_segments": "1",
            "price": None,
            "price_unit": "USD",
            "sid": self.sid,
            "status": "queued",
            "subresource_uris": {"media": f"{uri}/Media.json"},
            "to": self.to,
            "uri": f"{uri}.json",
        }


@dataclass
class TwilioSink:
    """One account: its credentials, where to reach it, and the messages it accepted."""

    account_sid: str
    auth_token: str
    url: str = ""
    messages: list[TwilioMessage] = field(default_factory=list)
    _failures: list[TwilioError] = field(default_factory=list)

    def fail_next(self, error: TwilioError, *, times: int = 1) -> None:
        """Answer the next requests, as many as `times`, with an error."""
        self._failures += [error] * times

    def receive(self, path: str, authorization: str, form: dict[str, str]) -> TwilioMessage | TwilioError:
        """What comes of one POST request."""
        error = self._refusal(path, authorization, form)
        if error:
            return error
        message = TwilioMessage(
            sid=f"SM{secrets.token_hex(16)}",
            to=form["To"],
            sender=form["From"],
            body=form["Body"],
            status_callback=form.get("StatusCallback"),
        )
        self.messages.append(message)
        return message

    def _refusal(self, path: str, authorization: str, form: dict[str, str]) -> TwilioError | None:
        if self._failures:
            return self._failures.pop(0)
        credentials = base64.b64encode(f"{self.account_sid}:{self.auth_token}".encode()).decode()
        refusals = (
            (authorization != f"Basic {credentials}", NOT_AUTHENTICATED),
            (path != f"/2010-04-01/Accounts/{self.account_sid}/Messages.json", NOT_FOUND),
            ("To" not in form, NO_RECIPIENT),
            ("From" not in form, NO_SENDER),
            ("Body" not in form, NO_BODY),
            (not E164.fullmatch(form.get("To", "")), INVALID_NUMBER),
            (not E164.fullmatch(form.get("From", "")), INVALID_SENDER),
            (len(form.get("Body", "")) > LONGEST_BODY, BODY_TOO_LONG),
        )
        return next((error for applies, error in refusals if applies), None)


class _Handler(BaseHTTPRequestHandler):
    """Turns HTTP into TwilioSink.receive and back."""

    sink: ClassVar[TwilioSink]
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0))).decode()
        is_form = self.headers.get_content_type() == "application/x-www-form-urlencoded"
        form = {name: values[0] for name, values in parse_qs(body).items()} if is_form else {}
        outcome = self.sink.receive(self.path, self.headers.get("Authorization", ""), form)
        if isinstance(outcome, TwilioError):
            self._answer(outcome.status, outcome.document())
        else:
            self._answer(201, outcome.document(self.sink.account_sid))

    def do_GET(self) -> None:
        self._answer(NOT_FOUND.status, NOT_FOUND.document())

    def _answer(self, status: int, document: dict[str, object]) -> None:
        content = json.dumps(document).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing: the tests look at the sink."""


@contextmanager
def twilio_sink() -> Iterator[TwilioSink]:
    """A running stand-in with one account."""
    sink = TwilioSink(account_sid=f"AC{secrets.token_hex(16)}", auth_token=secrets.token_hex(16))
    handler = type("Handler", (_Handler,), {"sink": sink})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        sink.url = f"http://127.0.0.1:{server.server_port}"
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        try:
            yield sink
        finally:
            server.shutdown()
            thread.join()
