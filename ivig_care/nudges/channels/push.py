"""Notifications to browsers: encrypted by pywebpush, handed to the push service that the browser named."""

from __future__ import annotations

import json
from datetime import datetime
from fnmatch import fnmatchcase
from functools import lru_cache
from urllib.parse import SplitResult, urlsplit

from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from django.conf import settings
from py_vapid import Vapid02, VapidException
from py_vapid.utils import b64urlencode
from pywebpush import WebPushException, webpush
from requests import RequestException, Session, TooManyRedirects

from ivig_care.common import clock
from ivig_care.nudges.channels.base import CannotTell, Message, Receipt, SendFailed
from ivig_care.nudges.channels.http import GATEWAY_GAVE_UP, failure_of

# The browser has gone: its subscription ended, or never was.
_GONE = frozenset({404, 410})
_LONGEST_BODY = 1000
_LONGEST_TTL_SECONDS = 24 * 60 * 60
_SIGNATURE_SECONDS = 12 * 60 * 60  # RFC 8292 allows a day


class WebPush:
    """Sends one notification. All threads share one pool of connections."""

    is_local = False

    def __init__(self) -> None:
        self._session = Session()
        # A push service has no reason to send us elsewhere, and elsewhere may be inside our own network.
        self._session.max_redirects = 0

    def send(self, message: Message) -> Receipt:
        """Raises SendFailed."""
        if not endpoint_is_allowed(message.to):
            raise SendFailed("not a push service that we know", is_permanent=True)
        vapid = _own_key()
        try:
            answer = webpush(
                {"endpoint": message.to, "keys": {"p256dh": message.push_key, "auth": message.push_secret}},
                data=json.dumps(_payload(message), ensure_ascii=False).encode(),
                vapid_private_key=vapid,
                vapid_claims={"sub": settings.VAPID_SUBJECT, "exp": int(clock.now().timestamp()) + _SIGNATURE_SECONDS},
                headers={"Urgency": "high", "Topic": _topic(message)},
                ttl=_ttl(message),
                timeout=settings.PUSH_TIMEOUT,
                requests_session=self._session,
            )
        except WebPushException as error:
            raise _refusal(error) from error
        except TooManyRedirects as error:
            raise SendFailed("push service: sends us elsewhere", is_permanent=False) from error
        except RequestException as error:
            raise failure_of("push service", error) from error
        except VapidException as error:
            raise SendFailed(f"VAPID_SUBJECT: {error}", is_permanent=False) from error
        except (ValueError, IndexError) as error:
            raise SendFailed(f"the keys of the browser are no keys: {error}", is_permanent=True) from error
        return Receipt(provider_id=answer.headers.get("Location", "")[-200:])

    def find(self, message: Message, *, since: datetime) -> Receipt | None:
        """Raises CannotTell: a push service cannot be asked."""
        raise CannotTell("push: nobody can be asked whether it left")


def endpoint_is_allowed(url: str) -> bool:
    """Whether messages may go to this address: https at a push service in PUSH_HOSTS, and nothing odd in it."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return False
    host = parts.hostname
    if not host or not url.isascii() or "@" in parts.netloc or "\\" in url or any(c.isspace() for c in url):
        return False
    return any(_matches(entry, parts, host, port) for entry in settings.PUSH_HOSTS)


def application_server_key() -> str:
    """The public half of VAPID_PRIVATE_KEY, as a browser wants it when it subscribes; empty when there is none."""
    if not settings.VAPID_PRIVATE_KEY:
        return ""
    public = _vapid(settings.VAPID_PRIVATE_KEY).public_key
    key: str = b64urlencode(public.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint))
    return key


def _matches(entry: str, parts: SplitResult, host: str, port: int | None) -> bool:
    """An entry is a host, perhaps with `*` in front; with a scheme it is for tests, and any port will do."""
    if "://" in entry:
        return (parts.scheme, host) == (urlsplit(entry).scheme, urlsplit(entry).hostname)
    return parts.scheme == "https" and port in (None, 443) and fnmatchcase(host, entry.lower())


def _own_key() -> Vapid02:
    """Raises SendFailed: a wrong key of ours says nothing about any browser."""
    try:
        return _vapid(settings.VAPID_PRIVATE_KEY)
    except ValueError as error:
        raise SendFailed(f"VAPID_PRIVATE_KEY is no key: {error}", is_permanent=False) from error


@lru_cache(maxsize=2)
def _vapid(private_key: str) -> Vapid02:
    return Vapid02.from_string(private_key)


def _payload(message: Message) -> dict[str, str]:
    """A push service takes 4096 bytes, encrypted."""
    return {"title": message.subject, "body": message.text[:_LONGEST_BODY], "url": message.url, "tag": message.key}


def _topic(message: Message) -> str:
    """A repeat takes the place of what still waits at the push service; RFC 8030 allows 32 characters."""
    return message.key[-32:]


def _ttl(message: Message) -> int:
    """Seconds until nobody needs it any more."""
    if message.expires_at is None:
        return _LONGEST_TTL_SECONDS
    left = (message.expires_at - clock.now()).total_seconds()
    return max(0, min(int(left), _LONGEST_TTL_SECONDS))


def _refusal(error: WebPushException) -> SendFailed:
    status = error.status_code
    if status is None:
        return SendFailed(f"push: {error.message}", is_permanent=True)
    if status in _GONE:
        return SendFailed("the browser has gone", is_permanent=True)
    said = " ".join(error.response.text.split())[:150]
    return SendFailed(f"push service {status}: {said}", is_permanent=False, is_unknown=status in GATEWAY_GAVE_UP)
