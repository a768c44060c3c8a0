"""Run as a program, `python -m ivig_care.web.ops.probe [PORT]`: does the web server answer, with its database?

Asks /healthz on this machine under the site's own name. Ends with 0 when the web server and the database answer, even
if messages do not go out: that is no fault of the web server, and must not take it away from people.
"""

from __future__ import annotations

import json
import os
import sys
from http.client import HTTPConnection, HTTPException
from urllib.parse import urlsplit

SECONDS = 5


def is_serving(port: int, public_url: str) -> bool:
    """Whether the web server on this port of this machine answers, and its database does."""
    public = urlsplit(public_url)
    connection = HTTPConnection("127.0.0.1", port, timeout=SECONDS)
    try:
        connection.request("GET", "/healthz", headers={"Host": public.netloc, "X-Forwarded-Proto": public.scheme})
        return json.loads(connection.getresponse().read()).get("database") is True
    except (OSError, HTTPException, ValueError):
        return False
    finally:
        connection.close()


if __name__ == "__main__":
    asked = int(sys.argv[1]) if len(sys.argv) > 1 else 8000
    sys.exit(not is_serving(asked, os.environ.get("PUBLIC_URL") or f"http://127.0.0.1:{asked}"))
