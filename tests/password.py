"""The password of everybody in the tests, and the authenticator app of the clinicians; here, so that a program without
Django can sign in."""

from __future__ import annotations

import base64
import hashlib
import hmac
import struct

PASSWORD = "correct horse battery staple"
# The one of the demo people; tests/web/test_sign_in_strong.py holds the two against each other.
APP_SECRET = "IVIGCAREDEMOSECRETIVIGCAREDEMOAB"


def app_code(at: float, secret: str = APP_SECRET) -> str:
    """What an authenticator app with this secret shows at that second, as RFC 6238 has it."""
    mac = hmac.new(base64.b32decode(secret), struct.pack(">Q", int(at) // 30), hashlib.sha1).digest()
    number = struct.unpack(">I", mac[mac[-1] & 15 :][:4])[0] & 0x7FFFFFFF
    return f"{number % 1_000_000:06}"
