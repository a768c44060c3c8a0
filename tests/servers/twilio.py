"""A stand-in for Twilio's Messages API that is as strict as the original, and calls back as the original does."""

from __future__ import annotations

import base64
import json
import re
import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from email.utils import format_datetime
from threading import Lock, Thread
from typing import ClassVar
from urllib.parse import parse_qs, parse_qsl, urlencode, urlsplit
from xml.etree import ElementTree

import requests
from twilio.request_validator import RequestValidator

from ivig_care.common import clock
from tests.servers.web import Fault, Faults, Handler, serving

E164 = re.compile(r"\+[1-9]\d{6,14}")
LONGEST_BODY = 1600
FIELDS = frozenset({"To", "From", "Body", "StatusCallback"})
FILTERS = frozenset({"To", "From", "DateSent", "DateSent<", "DateSent>", "PageSize", "Page", "PageToken"})


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
INVALID_CALLBACK = TwilioError(400, 21609, "Invalid 'StatusCallback' URL")
BODY_TOO_LONG = TwilioError(400, 21617, "The concatenated message body exceeds the 1600 character limit")
NOT_AUTHENTICATED = TwilioError(401, 20003, "Authenticate")
NOT_FOUND = TwilioError(404, 20404, "The requested resource was not found")
UNKNOWN_FIELD = TwilioError(400, 20001, "Unknown or repeated parameter")
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
    created_at: datetime
    status: str = "queued"
    error_code: int | None = None

    def document(self, account_sid: str) -> dict[str, object]:
        """The JSON that accepts it."""
        uri = f"/2010-04-01/Accounts/{account_sid}/Messages/{self.sid}"
        created = format_datetime(self.created_at.astimezone(UTC))
        return {
            "account_sid": account_sid,
            "api_version": "2010-04-01",
            "body": self.body,
            "date_created": created,
            "date_sent": None if self.status == "queued" else created,
            "date_updated": created,
            "direction": "outbound-api",
            "error_code": self.error_code,
            "error_message": None,
            "from": self.sender,
            "messaging_service_sid": None,
            "num_media": "0",
            "num_segments": "1",
            "price": None,
            "price_unit": "USD",
            "sid": self.sid,
            "status": self.status,
            "subresource_uris": {"media": f"{uri}/Media.json"},
            "to": self.to,
            "uri": f"{uri}.json",
        }


# Sends one signed request of Twilio's: address, form, headers; status and text of the answer.
Post = Callable[[str, dict[str, str], dict[str, str]], tuple[int, str]]


def post_over_http(url: str, form: dict[str, str], headers: dict[str, str]) -> tuple[int, str]:
    """To a server that really listens. For Django's test client, put a function of your own into `TwilioSink.post`."""
    answer = requests.post(url, data=form, headers=headers, timeout=20, allow_redirects=False)
    return answer.status_code, answer.text


@dataclass
class TwilioSink:
    """One account: its credentials, where to reach it, the messages it accepted, and what it does with them."""

    account_sid: str
    auth_token: str
    url: str = ""
    messages: list[TwilioMessage] = field(default_factory=list)
    number: str = "+15005550006"
    # Where texts from people are posted to.
    inbound_url: str = ""
    # Report sent and delivered by itself, in the background, for each message that asks for reports.
    reports_by_itself: bool = False
    faults: Faults = field(default_factory=Faults)
    post: Post = post_over_http
    # Status codes that its reports were answered with; 0 where there was no answer.
    answers: list[int] = field(default_factory=list)
    page_size: int = 50
    _failures: list[TwilioError] = field(default_factory=list)
    _lock: Lock = field(default_factory=Lock)

    def fail_next(self, error: TwilioError, *, times: int = 1) -> None:
        """Answer the next requests, as many as `times`, with an error."""
        with self._lock:
            self._failures += [error] * times

    def mend(self) -> None:
        """Let everything go well from now on."""
        self.faults.clear()
        with self._lock:
            self._failures.clear()

    # --- what Twilio is asked ---

    def receive(self, path: str, authorization: str, form: dict[str, str]) -> TwilioMessage | TwilioError:
        """What comes of one POST request."""
        with self._lock:
            error = self._refusal(path, authorization) or _refusal_of(form)
            if error:
                return error
            message = TwilioMessage(
                sid=f"SM{secrets.token_hex(16)}",
                to=form["To"],
                sender=form["From"],
                body=form["Body"],
                status_callback=form.get("StatusCallback"),
                created_at=clock.now(),
            )
            self.messages.append(message)
        if self.reports_by_itself and message.status_callback:
            Thread(target=self._report_all, args=(message.sid,), daemon=True).start()
        return message

    def listing(self, path: str, authorization: str, query: dict[str, str]) -> dict[str, object] | TwilioError:
        """What comes of one GET request: a page of messages, newest first."""
        with self._lock:
            error = self._refusal(path, authorization)
            if error:
                return error
            if not FILTERS.issuperset(query):
                return UNKNOWN_FIELD
            found = [message for message in reversed(self.messages) if _passes(message, query)]
        size = min(int(query.get("PageSize", "50")), self.page_size)
        page = int(query.get("Page", "0"))
        shown = found[page * size : (page + 1) * size]
        more = urlencode(query | {"Page": str(page + 1), "PageSize": str(size), "PageToken": f"PA{page + 1}"})
        return {
            "messages": [message.document(self.account_sid) for message in shown],
            "page": page,
            "page_size": size,
            "start": page * size,
            "end": page * size + max(0, len(shown) - 1),
            "uri": f"{path}?{urlencode(query)}",
            "first_page_uri": f"{path}?{urlencode(query | {'Page': '0'})}",
            "previous_page_uri": None,
            "next_page_uri": f"{path}?{more}" if len(found) > (page + 1) * size else None,
        }

    def _refusal(self, path: str, authorization: str) -> TwilioError | None:
        if self._failures:
            return self._failures.pop(0)
        credentials = base64.b64encode(f"{self.account_sid}:{self.auth_token}".encode()).decode()
        if authorization != f"Basic {credentials}":
            return NOT_AUTHENTICATED
        return None if path == f"/2010-04-01/Accounts/{self.account_sid}/Messages.json" else NOT_FOUND

    # --- what Twilio tells ---

    def report(self, sid: str, status: str, error_code: int | None = None) -> int:
        """Report what became of a message to its StatusCallback; the status code of the answer."""
        with self._lock:
            place = next(place for place, message in enumerate(self.messages) if message.sid == sid)
            message = replace(self.messages[place], status=status, error_code=error_code)
            self.messages[place] = message
        assert message.status_callback, "this message did not ask for reports"
        status_code, _ = self._tell(message.status_callback, self.report_form(message))
        self.answers.append(status_code)
        return status_code

    def report_form(self, message: TwilioMessage) -> dict[str, str]:
        """The fields of a status report."""
        form = {
            "AccountSid": self.account_sid,
            "ApiVersion": "2010-04-01",
            "From": message.sender,
            "MessageSid": message.sid,
            "MessageStatus": message.status,
            "SmsSid": message.sid,
            "SmsStatus": message.status,
            "To": message.to,
        }
        return form if message.error_code is None else form | {"ErrorCode": str(message.error_code)}

    def text(self, from_: str, body: str, *, sid: str = "") -> str:
        """A person sends a text to our number; what they get in answer, empty when nothing.

        Give the `sid` of an earlier one to have it told twice, as Twilio does when it got no answer.
        """
        status_code, document = self._tell(self.inbound_url, self.text_form(from_, body, sid=sid))
        assert status_code == 200, f"the answer to a text was {status_code}"
        root = ElementTree.fromstring(document)  # noqa: S314 - written by our own server
        assert root.tag == "Response"
        return "".join(message.text or "" for message in root.iter("Message"))

    def text_form(self, from_: str, body: str, *, sid: str = "") -> dict[str, str]:
        """The fields that tell of a text."""
        sid = sid or f"SM{secrets.token_hex(16)}"
        return {
            "AccountSid": self.account_sid,
            "ApiVersion": "2010-04-01",
            "Body": body,
            "From": from_,
            "FromCountry": "US",
            "MessageSid": sid,
            "NumMedia": "0",
            "NumSegments": "1",
            "SmsMessageSid": sid,
            "SmsSid": sid,
            "SmsStatus": "received",
            "To": self.number,
            "ToCountry": "US",
        }

    def headers_for(self, url: str, form: dict[str, str]) -> dict[str, str]:
        """The headers that prove that a request is Twilio's."""
        signature: str = RequestValidator(self.auth_token).compute_signature(url, form)
        return {"X-Twilio-Signature": signature, "I-Twilio-Idempotency-Token": secrets.token_hex(16)}

    def _tell(self, url: str, form: dict[str, str]) -> tuple[int, str]:
        return self.post(url, form, self.headers_for(url, form))

    def _report_all(self, sid: str) -> None:
        for status in ("sent", "delivered"):
            try:
                self.report(sid, status)
            except requests.RequestException:
                self.answers.append(0)


def _refusal_of(form: dict[str, str]) -> TwilioError | None:
    callback = form.get("StatusCallback", "https://care.example.org/")
    refusals = (
        (not FIELDS.issuperset(form), UNKNOWN_FIELD),
        ("To" not in form, NO_RECIPIENT),
        ("From" not in form, NO_SENDER),
        ("Body" not in form, NO_BODY),
        (not E164.fullmatch(form.get("To", "")), INVALID_NUMBER),
        (not E164.fullmatch(form.get("From", "")), INVALID_SENDER),
        (len(form.get("Body", "")) > LONGEST_BODY, BODY_TOO_LONG),
        (urlsplit(callback).scheme not in ("http", "https") or not urlsplit(callback).hostname, INVALID_CALLBACK),
    )
    return next((error for applies, error in refusals if applies), None)


def _passes(message: TwilioMessage, query: dict[str, str]) -> bool:
    """Whether a message is among those asked for. One that still waits has no day of sending."""
    day = None if message.status == "queued" else message.created_at.astimezone(UTC).date().isoformat()
    asked = {name: value[:10] for name, value in query.items() if name.startswith("DateSent")}
    return (
        query.get("To", message.to) == message.to
        and query.get("From", message.sender) == message.sender
        and (not asked or day is not None)
        and (day is None or asked.get("DateSent", day) == day)
        and (day is None or day <= asked.get("DateSent<", day))
        and (day is None or day >= asked.get("DateSent>", day))
    )


class _Handler(Handler):
    """Turns HTTP into TwilioSink.receive and TwilioSink.listing, and back."""

    sink: ClassVar[TwilioSink]

    def answer_post(self, body: bytes, fault: Fault | None) -> None:
        is_form = self.headers.get_content_type() == "application/x-www-form-urlencoded"
        pairs = parse_qsl(body.decode(), keep_blank_values=True) if is_form else []
        form = dict(pairs) if len({name for name, _ in pairs}) == len(pairs) else {"repeated": ""}
        outcome = self.sink.receive(self.path, self.headers.get("Authorization", ""), form)
        if isinstance(outcome, TwilioError):
            return self._answer(fault, outcome.status, outcome.document())
        return self._answer(fault, 201, outcome.document(self.sink.account_sid))

    def answer_get(self, body: bytes, fault: Fault | None) -> None:
        parts = urlsplit(self.path)
        query = {name: values[0] for name, values in parse_qs(parts.query).items()}
        outcome = self.sink.listing(parts.path, self.headers.get("Authorization", ""), query)
        if isinstance(outcome, TwilioError):
            return self._answer(fault, outcome.status, outcome.document())
        return self._answer(fault, 200, outcome)

    def _answer(self, fault: Fault | None, status: int, document: dict[str, object]) -> None:
        self.finish_with(fault, status, json.dumps(document).encode(), Content_Type="application/json")


@contextmanager
def twilio_sink() -> Iterator[TwilioSink]:
    """A running stand-in with one account."""
    sink = TwilioSink(account_sid=f"AC{secrets.token_hex(16)}", auth_token=secrets.token_hex(16))
    handler = type("Handler", (_Handler,), {"sink": sink, "faults": sink.faults})
    with serving(handler) as url:
        sink.url = url
        yield sink
