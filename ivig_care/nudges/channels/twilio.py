"""Text messages through Twilio's official client."""

from __future__ import annotations

from functools import lru_cache
from typing import Any
from urllib.parse import urlsplit, urlunsplit

from django.conf import settings
from requests.exceptions import RequestException
from twilio.base.exceptions import TwilioException, TwilioRestException
from twilio.http.http_client import TwilioHttpClient
from twilio.http.response import Response
from twilio.rest import Client

from ivig_care.nudges.channels.base import Message, Receipt, SendFailed

# Twilio's error codes for a number that can never be reached: not valid, not mobile, opted out, blocked region.
_PERMANENT = frozenset({21211, 21214, 21408, 21610, 21612, 21614})
_TIMEOUT_SECONDS = 20


class TwilioSms:
    """Sends one text message."""

    def send(self, message: Message) -> Receipt:
        """Raises SendFailed."""
        try:
            sent = _client().messages.create(to=message.to, from_=settings.TWILIO_FROM, body=message.text)
        except TwilioRestException as error:
            raise SendFailed(
                f"Twilio {error.status}/{error.code}: {error.msg}", is_permanent=error.code in _PERMANENT
            ) from error
        except (TwilioException, RequestException) as error:
            raise SendFailed(f"Twilio: {type(error).__name__}", is_permanent=False) from error
        return Receipt(provider_id=str(sent.sid))


class _HttpClient(TwilioHttpClient):
    """Twilio's own HTTP client, pointed at TWILIO_API_URL when that is set (a proxy, or a test server)."""

    def request(self, method: str, url: str, *args: Any, **kwargs: Any) -> Response:
        if settings.TWILIO_API_URL:
            here = urlsplit(settings.TWILIO_API_URL)
            url = urlunsplit(urlsplit(url)._replace(scheme=here.scheme, netloc=here.netloc))
        return super().request(method, url, *args, **kwargs)


@lru_cache(maxsize=1)
def _client() -> Client:
    http = _HttpClient(timeout=_TIMEOUT_SECONDS)
    return Client(settings.TWILIO_ACCOUNT_SID, settings.TWILIO_AUTH_TOKEN, http_client=http)
