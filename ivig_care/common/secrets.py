"""Codes and secrets: handed out once with only a hash kept, or sealed so that a stolen database does not tell them."""

from __future__ import annotations

import base64
import hashlib
import secrets

from cryptography.fernet import Fernet, InvalidToken
from django.conf import settings

# Without what looks alike: no I, L, O, U.
_SIGNS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_MEANT = str.maketrans({"I": "1", "L": "1", "O": "0", "U": "V"})
CODE_LENGTH = 12


def code_make() -> str:
    """A code of 12 signs (60 random bits) that can be read out, typed or photographed."""
    return "".join(secrets.choice(_SIGNS) for _ in range(CODE_LENGTH))


def code_read(typed: str) -> str:
    """The code that somebody meant: without spaces and dashes, in capitals, with look-alikes put right."""
    return "".join(sign for sign in typed.upper().translate(_MEANT) if sign.isalnum())[: 2 * CODE_LENGTH]


def code_shown(code: str) -> str:
    """A code as people read it: "K7QM 2XRB 9TFA"."""
    return " ".join(code[at : at + 4] for at in range(0, len(code), 4))


def secret_make() -> str:
    """A secret for an address or a cookie: 256 random bits."""
    return secrets.token_urlsafe(32)


def secret_hash(secret: str) -> str:
    """What is kept of a code or a secret. They are random and long, so a quick hash is enough."""
    return hashlib.sha256(secret.encode()).hexdigest()


# How everything begins that `seal` made.
_SEALED = "gAAAA"


def seal(text: str) -> str:
    """A secret that must be read again, such as that of an authenticator app: unreadable without SECRET_KEY."""
    return _fernet().encrypt(text.encode()).decode()


def unseal(sealed: str) -> str:
    """What was sealed. What never was comes back as it is; what another key sealed becomes a secret nobody knows."""
    if not sealed.startswith(_SEALED):
        return sealed
    try:
        return _fernet().decrypt(sealed.encode()).decode()
    except InvalidToken:
        # Not an empty one: whoever guessed that could make codes of it.
        return base64.b32encode(secrets.token_bytes(20)).decode()


def _fernet() -> Fernet:
    key = hashlib.sha256(b"ivig_care.common.secrets" + settings.SECRET_KEY.encode()).digest()
    return Fernet(base64.urlsafe_b64encode(key))
