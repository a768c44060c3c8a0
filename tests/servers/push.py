"""A stand-in for the push services of browsers: strict about RFC 8030, 8188, 8291 and 8292; and the browsers, too.

It makes subscriptions, and reads what was sent to them, as only the browser that subscribed can.
"""

from __future__ import annotations

import base64
import json
import re
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from threading import Lock
from typing import Any, ClassVar
from urllib.parse import urlsplit

import http_ece
import jwt
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from tests.servers.web import Fault, Faults, Handler, serving

LONGEST_BODY = 4096
URGENCIES = ("very-low", "low", "normal", "high")
_TOPIC = re.compile(r"[A-Za-z0-9_-]{1,32}")
_AUTHORIZATION = re.compile(r"vapid t=([\w.-]+), ?k=([\w-]+)")
_DAY = 24 * 60 * 60


def _text(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def _raw(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


@dataclass(frozen=True)
class PushSubscription:
    """One browser that agreed to notifications; the first three are what it tells us."""

    endpoint: str
    p256dh: str
    auth: str
    private_key: ec.EllipticCurvePrivateKey = field(repr=False)

    def read(self, body: bytes) -> bytes:
        """Decrypt as the browser does. Raises http_ece.ECEException and what cryptography raises."""
        plain: bytes = http_ece.decrypt(
            body, private_key=self.private_key, auth_secret=_raw(self.auth), version="aes128gcm"
        )
        return plain


@dataclass(frozen=True)
class PushMessage:
    """One notification that was accepted."""

    subscription: PushSubscription
    content: dict[str, Any]
    ttl: int
    urgency: str
    topic: str
    claims: dict[str, Any]


@dataclass(frozen=True)
class PushRefusal:
    """An answer that says no."""

    status: int
    words: str


@dataclass
class PushSink:
    """Where the push service is, what came in, and how it is to behave; all may be changed while it runs."""

    url: str = ""
    messages: list[PushMessage] = field(default_factory=list)
    # The public key that subscriptions are bound to; empty: any.
    application_server_key: str = ""
    faults: Faults = field(default_factory=Faults)
    # Answer every request with a redirect to there.
    redirect_to: str = ""
    _subscriptions: dict[str, PushSubscription] = field(default_factory=dict)
    _ended: dict[str, int] = field(default_factory=dict)
    _failures: list[int] = field(default_factory=list)
    _lock: Lock = field(default_factory=Lock)

    def subscribe(self) -> PushSubscription:
        """A browser agrees."""
        private_key = ec.generate_private_key(ec.SECP256R1())
        public = private_key.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
        path = f"/push/{secrets.token_urlsafe(24)}"
        subscription = PushSubscription(
            self.url + path, _text(public), _text(secrets.token_bytes(16)), private_key=private_key
        )
        self._subscriptions[path] = subscription
        return subscription

    def end(self, subscription: PushSubscription, *, status: int = 410) -> None:
        """The browser has gone: its push service answers 410 or 404 from now on."""
        self._ended[urlsplit(subscription.endpoint).path] = status

    def fail_next(self, status: int, *, times: int = 1) -> None:
        """Answer the next requests, as many as `times`, with 413, 429, 500 or another refusal."""
        with self._lock:
            self._failures += [status] * times

    def mend(self) -> None:
        """Let everything go well from now on."""
        self.faults.clear()
        with self._lock:
            self._failures.clear()

    def receive(self, path: str, headers: dict[str, str], body: bytes) -> PushMessage | PushRefusal:
        """What comes of one POST request; the names of headers in lower case."""
        with self._lock:
            if self._failures:
                return PushRefusal(self._failures.pop(0), "as told")
        if path in self._ended:
            return PushRefusal(self._ended[path], "no such subscription any more")
        subscription = self._subscriptions.get(path)
        if subscription is None:
            return PushRefusal(404, "no such subscription")
        refusal = _refusal_of(headers, body)
        if refusal:
            return refusal
        claims = self._claims(headers.get("authorization", ""))
        if isinstance(claims, PushRefusal):
            return claims
        message = PushMessage(
            subscription,
            content=json.loads(subscription.read(body)),
            ttl=int(headers["ttl"]),
            urgency=headers.get("urgency", "normal"),
            topic=headers.get("topic", ""),
            claims=claims,
        )
        self.messages.append(message)
        return message

    def _claims(self, authorization: str) -> dict[str, Any] | PushRefusal:
        """What the sender says of itself, signed (RFC 8292)."""
        match = _AUTHORIZATION.fullmatch(authorization)
        if not match:
            return PushRefusal(401, "VAPID is wanted")
        token, key = match.groups()
        if self.application_server_key and key != self.application_server_key:
            return PushRefusal(403, "not the key that the browser subscribed with")
        try:
            public = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), _raw(key))
            claims: dict[str, Any] = jwt.decode(
                token, public, algorithms=["ES256"], audience=self.url, options={"require": ["exp", "aud", "sub"]}
            )
        except (ValueError, jwt.InvalidTokenError) as error:
            return PushRefusal(403, f"VAPID: {error}")
        # PyJWT has seen that it is not over; here, that it does not last for more than a day.
        try:
            jwt.decode(token, public, algorithms=["ES256"], audience=self.url, leeway=-_DAY)
        except jwt.ExpiredSignatureError:
            return claims
        return PushRefusal(403, "VAPID: exp is more than a day ahead")


def _refusal_of(headers: dict[str, str], body: bytes) -> PushRefusal | None:
    refusals = (
        (not headers.get("ttl", "").isdigit(), 400, "TTL is wanted: whole seconds"),
        (headers.get("content-encoding") != "aes128gcm", 415, "content must be aes128gcm"),
        (not body or len(body) > LONGEST_BODY, 413, "content of 1 to 4096 bytes is wanted"),
        (headers.get("urgency", "normal") not in URGENCIES, 400, "no such urgency"),
        (not _TOPIC.fullmatch(headers.get("topic", "none")), 400, "topic of up to 32 base64url letters is wanted"),
    )
    return next((PushRefusal(status, words) for applies, status, words in refusals if applies), None)


class _Handler(Handler):
    """Turns HTTP into PushSink.receive and back."""

    sink: ClassVar[PushSink]

    def answer_post(self, body: bytes, fault: Fault | None) -> None:
        if self.sink.redirect_to:
            return self.finish_with(fault, 307, b"", Location=self.sink.redirect_to)
        headers = {name.lower(): value for name, value in self.headers.items()}
        outcome = self.sink.receive(self.path, headers, body)
        if isinstance(outcome, PushRefusal):
            return self.finish_with(fault, outcome.status, outcome.words.encode(), Content_Type="text/plain")
        return self.finish_with(fault, 201, b"", Location=f"{self.sink.url}/message/{secrets.token_urlsafe(12)}")


@contextmanager
def push_sink() -> Iterator[PushSink]:
    """A running push service."""
    sink = PushSink()
    handler = type("Handler", (_Handler,), {"sink": sink, "faults": sink.faults})
    with serving(handler) as url:
        sink.url = url
        yield sink
