"""Writes what people agreed to, in the words that they saw, and when they withdrew it."""

from __future__ import annotations

from datetime import datetime

from django.utils.translation import gettext_lazy

from ivig_care.accounts.models import ContactPoint, User
from ivig_care.care_teams.models import Child, Clinic, Consent

# What people read when they agree to be reminded, word for word as it is shown to them or asked of them.
AGREE = gettext_lazy("I agree that ivig_care sends me reminders there. I can stop that at any time.")
AGREED_AT_SETUP = gettext_lazy(
    "Said to whoever set up the account: ivig_care may send me reminders there. I can stop that at any time."
)
AGREED_BY_TEXT = gettext_lazy("Sent START by text message, to get reminders at this number again.")


def consent_note(
    *,
    person: User,
    purpose: Consent.Purpose,
    words: str,
    now: datetime,
    child: Child | None = None,
    clinic: Clinic | None = None,
    contact_point: ContactPoint | None = None,
) -> Consent:
    """Keep what a person agreed to; agreeing anew ends the agreement before it."""
    consent_end(person=person, purpose=purpose, now=now, child=child, clinic=clinic, contact_point=contact_point)
    return Consent.objects.create(
        person=person,
        purpose=purpose,
        channel="" if contact_point is None else contact_point.kind,
        contact_point=contact_point,
        child=child,
        clinic=clinic,
        words=words,
        agreed_at=now,
    )


def consent_end(
    *,
    person: User | None,
    purpose: Consent.Purpose,
    now: datetime,
    child: Child | None = None,
    clinic: Clinic | None = None,
    contact_point: ContactPoint | None = None,
) -> int:
    """Keep that an agreement was withdrawn; how many were. Without a person, everybody's about the child and clinic."""
    standing = Consent.objects.filter(purpose=purpose, withdrawn_at__isnull=True, child=child, clinic=clinic)
    if contact_point is not None:
        standing = standing.filter(contact_point=contact_point)
    if person is not None:
        standing = standing.filter(person=person)
    return standing.update(withdrawn_at=now)
