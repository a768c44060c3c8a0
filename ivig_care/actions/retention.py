"""Removes what has been kept for long enough. How long that is, is said in the settings; 0 there is for ever."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from allauth.account.models import EmailAddress
from django.conf import settings
from django.contrib.sessions.models import Session
from django.db.models import Q
from django.db.models.functions import Coalesce

from ivig_care.accounts.models import SentEntry, User
from ivig_care.actions.erasures import messages_remove, record_erase
from ivig_care.care_teams.models import Child, Erasure, GuestLink, Invitation
from ivig_care.nudges.models import Delivery, DeliveryStep, InboundMessage, OutboxMessage
from ivig_care.reviews.keeping import clinics_keeping, last_entry_at

SIGN_UP_LASTS = timedelta(days=7)
# A device may send what is up to 30 days old (LONGEST_AGO of actions/steps.py), and lose the answer once more.
KEYS_LAST = timedelta(days=40)
# So many messages are removed by one statement.
CHUNK = 500


def retention_do(*, now: datetime) -> dict[str, int]:
    """Remove what is too old; how many of each. Again it removes nothing."""
    return {
        "sessions": Session.objects.filter(expire_date__lt=now).delete()[0],
        "links": _links_forget(now),
        "strangers": _strangers_forget(now),
        "outbox": _outbox_forget(now),
        "messages": _messages_forget(now),
        "sent": SentEntry.objects.filter(at__lt=now - KEYS_LAST).delete()[0],
        "records": sum(record_erase(child=child, now=now) for child in _records_over(now)),
    }


def _before(days: int, now: datetime) -> datetime | None:
    return now - timedelta(days=days) if days else None


def _links_forget(now: datetime) -> int:
    """Invitations and guest links that have been over for so long; what the log says of them stays."""
    before = _before(settings.KEEP_LINKS_DAYS, now)
    if before is None:
        return 0
    invitations = Invitation.objects.alias(over_at=Coalesce("accepted_at", "revoked_at", "expires_at"))
    guests = GuestLink.objects.alias(over_at=Coalesce("revoked_at", "until"))
    return invitations.filter(over_at__lt=before).delete()[0] + guests.filter(over_at__lt=before).delete()[0]


def _strangers_forget(now: datetime) -> int:
    """Whoever began to sign up and never proved the address: nobody knows whose it is, and it stands in the way."""
    proved = EmailAddress.objects.filter(verified=True).values("user")
    never = User.objects.filter(is_guest=False, last_login__isnull=True, created_at__lt=now - SIGN_UP_LASTS)
    never = never.filter(memberships__isnull=True, emailaddress__verified=False).exclude(pk__in=proved)
    return sum(user.delete()[0] > 0 for user in never.distinct())


def _outbox_forget(now: datetime) -> int:
    before = _before(settings.KEEP_OUTBOX_DAYS, now)
    return 0 if before is None else OutboxMessage.objects.filter(at__lt=before).delete()[0]


def _messages_forget(now: datetime) -> int:
    """Messages all of whose infusions closed so long ago, the replies to them, and texts that answered nothing."""
    before = _before(settings.KEEP_MESSAGES_DAYS, now)
    if before is None:
        return 0
    removed = InboundMessage.objects.filter(at__lt=before, delivery__isnull=True).delete()[0]
    over = Q(infusion__isnull=True) | Q(infusion__closed_at__lt=before)
    young = Q(step__infusion__closed_at__isnull=True) | Q(step__infusion__closed_at__gte=before)
    waiting = (Delivery.Status.PENDING, Delivery.Status.SENDING)
    old = Delivery.objects.filter(over, created_at__lt=before).exclude(status__in=waiting)
    old = old.exclude(pk__in=DeliveryStep.objects.filter(young).values("delivery"))
    while keys := set(old.order_by("pk").values_list("pk", flat=True)[:CHUNK]):
        messages_remove(keys)
        removed += len(keys)
    return removed


def _records_over(now: datetime) -> Iterator[Child]:
    """Records that are kept for clinics alone, each of which has said for how many years, and they have gone by."""
    kept = Child.objects.filter(pk__in=Erasure.objects.filter(done_at__isnull=False).values("child"))
    for child in kept.select_related("clinic"):
        years = [clinic.record_kept_years for clinic in clinics_keeping(child)]
        last = last_entry_at(child)
        said = [some for some in years if some is not None]
        if last is not None and said and len(said) == len(years) and _years_after(last, max(said)) <= now:
            yield child


def _years_after(at: datetime, years: int) -> datetime:
    try:
        return at.replace(year=at.year + years)
    except ValueError:
        # The 29th of February, where there is none.
        return at.replace(year=at.year + years, month=3, day=1)
