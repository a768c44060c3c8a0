"""What it means when a request to a provider got no answer."""

from __future__ import annotations

from requests.exceptions import ConnectionError as NotConnected
from requests.exceptions import ConnectTimeout, InvalidSchema, InvalidURL, MissingSchema, RequestException
from urllib3.exceptions import MaxRetryError, NewConnectionError

from ivig_care.nudges.channels.base import SendFailed

# A gateway that stopped waiting does not know what became of the request behind it.
GATEWAY_GAVE_UP = frozenset({502, 504})


def failure_of(provider: str, error: RequestException) -> SendFailed:
    """How sending ended: not left when no connection came about; unknown when it broke afterwards."""
    detail = f"{provider}: {type(error).__name__}"
    if isinstance(error, InvalidSchema | InvalidURL | MissingSchema):
        return SendFailed(detail, is_permanent=False)
    if _never_connected(error):
        return SendFailed(f"{detail}, no connection", is_permanent=False, is_down=True)
    return SendFailed(f"{detail}, no answer", is_permanent=False, is_unknown=True)


def _never_connected(error: RequestException) -> bool:
    if isinstance(error, ConnectTimeout):
        return True
    cause = error.args[0] if isinstance(error, NotConnected) and error.args else None
    return isinstance(cause, MaxRetryError) and isinstance(cause.reason, NewConnectionError)
