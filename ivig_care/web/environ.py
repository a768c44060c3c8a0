"""What stands between the web server and Django: requests are put right that Django could not even begin to read."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import Any

Application = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]

_CHARSET = re.compile(r";\s*charset\s*=[^;]*", re.IGNORECASE)


def forms_are_utf8(environ: dict[str, Any]) -> dict[str, Any]:
    """Read every form as UTF-8, which is what browsers and providers send, whatever the request calls it.

    Django breaks, before any of our code runs, on what Python calls an encoding and is none, such as rot13; and one
    text in two encodings is a way round every check.
    """
    kind = environ.get("CONTENT_TYPE", "")
    return {**environ, "CONTENT_TYPE": _CHARSET.sub("", kind)} if kind else environ


def sound_requests(application: Application) -> Application:
    """The application, with every request put right first."""

    def sound(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        return application(forms_are_utf8(environ), start_response)

    return sound
