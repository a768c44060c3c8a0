"""Tells a watcher outside that we are alive, so that it can raise the alarm when we are not."""

from __future__ import annotations

import logging

import requests

_TIMEOUT_SECONDS = 5
_log = logging.getLogger(__name__)


def ping(url: str, *, ok: bool) -> None:
    """Call the watcher's address; with `/fail` behind it when something is wrong. Never raises: it is logged."""
    address = url if ok else f"{url.rstrip('/')}/fail"
    try:
        requests.get(address, timeout=_TIMEOUT_SECONDS).raise_for_status()
    except requests.RequestException as error:
        # The address is a secret of a kind: whoever knows it can say that we are well.
        _log.warning("the monitor at MONITOR_URL was not reached: %s", type(error).__name__)
