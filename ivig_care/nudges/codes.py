"""Codes that prove whose an address is: derived when they are needed, so that no row holds one."""

from __future__ import annotations

from datetime import UTC, datetime

from django.utils.crypto import constant_time_compare, salted_hmac

from ivig_care.accounts.models import ContactPoint
from ivig_care.nudges.outgoing import Address

DIGITS = 6
_SALT = "ivig_care.nudges.codes"
_HASH_SALT = "ivig_care.nudges.codes.hash"


def code_of(contact_point: ContactPoint | Address) -> str:
    """The six digits of the code that was last asked for; empty when none was. Whoever lacks our key cannot tell it."""
    if contact_point.code_sent_at is None:
        return ""
    return code_at(contact_point.pk, contact_point.code_sent_at)


def code_at(contact_point_id: int, asked_at: datetime) -> str:
    """The code of a contact point, had it been asked for at this instant."""
    words = f"{contact_point_id} {asked_at.astimezone(UTC).isoformat(timespec='microseconds')}"
    number = int.from_bytes(salted_hmac(_SALT, words, algorithm="sha256").digest()[:8], "big")
    return f"{number % 10**DIGITS:0{DIGITS}}"


def code_hash(contact_point_id: int, code: str) -> str:
    """What is kept of a code."""
    return salted_hmac(_HASH_SALT, f"{contact_point_id} {code}", algorithm="sha256").hexdigest()


def code_fits(contact_point: ContactPoint, said: str) -> bool:
    """Whether these are the digits that were sent; how they are spaced does not matter."""
    digits = "".join(sign for sign in said if sign.isascii() and sign.isdigit())
    is_kept = bool(contact_point.code_hash) and len(digits) == DIGITS
    return is_kept and constant_time_compare(contact_point.code_hash, code_hash(contact_point.pk, digits))
