"""Signed links: what opens exactly the steps of one message, without signing in."""

from __future__ import annotations

from datetime import datetime
from functools import lru_cache

from django.conf import settings
from django.core.signing import BadSignature, Signer

from ivig_care.accounts.models import NudgePreference
from ivig_care.nudges.models import Delivery, DeliveryAttempt

_SALT = "ivig_care.nudges.links"
_LONGEST_KEY = 18


def _signer() -> Signer:
    return _signer_of(settings.SECRET_KEY)


@lru_cache(maxsize=2)
def _signer_of(key: str) -> Signer:
    # A text has room for so many characters: an HMAC with SHA-1 is 16 shorter than with SHA-256, and as hard to forge.
    return Signer(key=key, salt=_SALT, sep=".", algorithm="sha1")


def link_token(delivery_id: int) -> str:
    """What stands for the delivery in an address: letters, digits, hyphens, underscores, one full stop."""
    return _signer().sign(str(delivery_id))


def delivery_id_of(token: str) -> int | None:
    """The delivery's key if we signed it, else None. Says nothing of whether its link still works."""
    try:
        key = _signer().unsign(token)
    except BadSignature:
        return None
    return int(key) if key.isascii() and key.isdecimal() and len(key) <= _LONGEST_KEY else None


def link_opens(delivery: Delivery, now: datetime) -> bool:
    """Whether the link of a delivery still works at `now`: not over, not revoked, and its person still active."""
    if delivery.link_until is None or now >= delivery.link_until or not delivery.person.is_active:
        return False
    preference = NudgePreference.objects.filter(user=delivery.person_id).first()
    valid_from = None if preference is None else preference.links_valid_from
    return valid_from is None or _left_at(delivery, now) >= valid_from


def _left_at(delivery: Delivery, now: datetime) -> datetime:
    """When its link first left; one that did not arrive may wait again, and its link is abroad all the same."""
    taken = delivery.attempts.filter(outcome=DeliveryAttempt.Outcome.ACCEPTED).order_by("at").first()
    return (delivery.sent_at or now) if taken is None else taken.at


def link_url(delivery_id: int) -> str:
    """The address in the message."""
    return f"{settings.PUBLIC_URL}/n/{link_token(delivery_id)}/"


def unsubscribe_url(link: str) -> str:
    """The address that switches the way off by which the message with this link came."""
    return f"{link}stop/"


def status_url(delivery_id: int) -> str:
    """Where the phone company's reports on this delivery go."""
    return f"{settings.PUBLIC_URL}/hooks/twilio/status/{delivery_id}/"
