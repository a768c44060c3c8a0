"""Text messages through Twilio's official client, and what Twilio tells us."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any
from urllib.parse import urlsplit, urlunsplit

from django.conf import settings
from requests.exceptions import RequestException
from twilio.base.exceptions import TwilioException, TwilioRestException
from twilio.http.http_client import TwilioHttpClient
from twilio.http.response import Response
from twilio.request_validator import RequestValidator
from twilio.rest import Client
from twilio.twiml.messaging_response import MessagingResponse

from ivig_care.nudges.channels.base import CannotTell, Message, Receipt, SendFailed
from ivig_care.nudges.channels.http import GATEWAY_GAVE_UP, failure_of

# Twilio's error codes for a number that can never be reached: not valid, not mobile, opted out. That our own account or
# number may not write there (21408, 21612) says nothing about the person's.
_PERMANENT = frozenset({21211, 21214, 21217, 21265, 21610, 21614, 21635})
# The same, as it turns out only on the way and is reported later: unknown handset, landline, opted out.
_PERMANENT_LATER = frozenset({30005, 30006, 21610})
# Twilio's clock and ours need not agree.
_CLOCKS_APART = timedelta(minutes=1)
_MOST_LOOKED_AT = 200
_TOO_MANY_REQUESTS, _SERVER_ERROR = 429, 500


class TwilioSms:
    """Sends one text message."""

    is_local = False

    def send(self, message: Message) -> Receipt:
        """Raises SendFailed."""
        fields = {"to": message.to, "from_": settings.TWILIO_FROM, "body": message.text}
        if message.status_url:
            fields["status_callback"] = message.status_url
        try:
            sent = _client().messages.create(**fields)
        except TwilioRestException as error:
            raise SendFailed(
                f"Twilio {error.status}/{error.code}: {error.msg}",
                is_permanent=error.code in _PERMANENT,
                is_unknown=error.status in GATEWAY_GAVE_UP,
            ) from error
        except RequestException as error:
            raise failure_of("Twilio", error) from error
        except (TwilioException, ValueError) as error:
            # An answer that is not Twilio's: something answered in its place, and it may have been passed on.
            raise SendFailed(f"Twilio: {type(error).__name__}", is_permanent=False, is_unknown=True) from error
        return Receipt(provider_id=str(sent.sid))

    def find(self, message: Message, *, since: datetime) -> Receipt | None:
        """The text with the same link to the same number, made since then. Raises CannotTell, SendFailed.

        Its words may have changed since: what was open then need not be open now.
        """
        # Not filtered by day: one that still waits in Twilio's queue has no day of sending. Twilio lists newest first.
        earliest = since - _CLOCKS_APART
        try:
            listed = _client().messages.list(to=message.to, limit=_MOST_LOOKED_AT, page_size=50)
            recent = [sms for sms in listed if sms.date_created >= earliest and sms.direction != "inbound"]
            same = next((sms for sms in recent if _is_same(sms.body or "", message)), None)
        except RequestException as error:
            # Asking later is better than sending twice.
            raise SendFailed(f"Twilio: {type(error).__name__}", is_permanent=False, is_down=True) from error
        except TwilioException as error:
            if _is_for_now(error):
                raise SendFailed(f"Twilio: {error.args[0]}", is_permanent=False) from error
            raise CannotTell(f"Twilio: {error.args[0]}") from error
        except (ValueError, TypeError, KeyError) as error:
            raise CannotTell(f"Twilio: {type(error).__name__}") from error
        if same is None and len(recent) == _MOST_LOOKED_AT:
            raise CannotTell("Twilio: more messages than are looked at")
        return Receipt(provider_id=str(same.sid)) if same else None


def _is_same(body: str, message: Message) -> bool:
    return body == message.text or (message.url != "" and message.url in body)


def _is_for_now(error: TwilioException) -> bool:
    """Whether Twilio may well answer later; a page that could not be fetched carries its answer, not its status."""
    answer = error.args[1] if len(error.args) > 1 else None
    status: int = getattr(error, "status", None) or getattr(answer, "status_code", None) or 0
    return bool(status == _TOO_MANY_REQUESTS or status >= _SERVER_ERROR)


def is_gone_for_good(error_code: int) -> bool:
    """Whether a status report with this code means that the number can never be reached."""
    return error_code in _PERMANENT_LATER


def request_is_genuine(url: str, params: Mapping[str, str], signature: str) -> bool:
    """Whether Twilio signed this request: its whole address as Twilio knows it, and its form fields."""
    if not settings.TWILIO_AUTH_TOKEN:
        return False
    return bool(RequestValidator(settings.TWILIO_AUTH_TOKEN).validate(url, params, signature))


def reply_document(text: str) -> str:
    """TwiML that answers a text message with this one; with none when it is empty."""
    reply = MessagingResponse()
    if text:
        reply.message(text)
    return str(reply)


class _HttpClient(TwilioHttpClient):
    """Twilio's own HTTP client, pointed at TWILIO_API_URL when that is set (a proxy, or a test server)."""

    def request(self, method: str, url: str, *args: Any, **kwargs: Any) -> Response:
        if settings.TWILIO_API_URL:
            here = urlsplit(settings.TWILIO_API_URL)
            url = urlunsplit(urlsplit(url)._replace(scheme=here.scheme, netloc=here.netloc))
        return super().request(method, url, *args, **kwargs)


def _client() -> Client:
    return _client_of(settings.TWILIO_ACCOUNT_SID, settings.TWILIO_AUTH_TOKEN, settings.TWILIO_TIMEOUT)


@lru_cache(maxsize=1)
def _client_of(account_sid: str, auth_token: str, timeout: float) -> Client:
    return Client(account_sid, auth_token, http_client=_HttpClient(timeout=timeout))
