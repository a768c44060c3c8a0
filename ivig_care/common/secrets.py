"""Codes and secrets that are handed out once, and of which only a hash is kept."""

from __future__ import annotations

import hashlib
import secrets

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
