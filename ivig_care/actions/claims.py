"""Takes deliveries for sending: one process at a time, for as long as its lease lasts."""

from __future__ import annotations

import secrets
from collections.abc import Collection
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import Count, F, Q

from ivig_care.nudges.models import Delivery, DeliveryAttempt, Throttle
from ivig_care.nudges.models.deliveries import DeliveryQuerySet
from ivig_care.nudges.outgoing import Outgoing, outgoing
from ivig_care.regimen.nudging import bucket_take

CHUNK = 100
LOCAL_CHUNK = 500
_CLOCKS_APART = timedelta(minutes=1)
_SMALLEST_CHUNK, _LARGEST_CHUNK, _CHUNK_SECONDS = 20, 1000, 0.5
LEFT_BEHIND = "whoever sent it stopped half-way"

Status = Delivery.Status


def due_by_kind(*, now: datetime) -> dict[str, int]:
    """How much is to be sent now, by kind of contact point."""
    counted = Delivery.objects.filter(may_be_taken(now)).values("kind").annotate(count=Count("pk")).order_by("kind")
    return {row["kind"]: row["count"] for row in counted}


def kinds_due(*, now: datetime) -> list[str]:
    """The kinds of contact points for which something is to be sent now."""
    return list(due_by_kind(now=now))


def may_be_taken(now: datetime) -> Q:
    """What may be taken at `now`: what waits and is due, and what somebody else left behind."""
    return _waiting(now) | _left_behind(now)


def _waiting(now: datetime) -> Q:
    return Q(status=Status.PENDING, next_attempt_at__lte=now)


def _left_behind(now: datetime) -> Q:
    return Q(status=Status.SENDING, leased_until__lte=now)


def chunk_hold(kind: str, *, now: datetime, most: int) -> list[Outgoing]:
    """What is to be sent by this kind, held until the transaction ends: what was left behind, then the first first.

    A try that somebody else left behind in the middle becomes one with an unknown end.
    """
    allowed = _allowed(kind, most, now)
    # Each by its own index and in its order: asked for together, everything that is due would be sorted each time.
    left_behind = outgoing(_free(kind).filter(_left_behind(now)).order_by("leased_until", "pk")[:allowed])
    waiting = _free(kind).filter(_waiting(now)).order_by("next_attempt_at", "pk")
    taken = left_behind + outgoing(waiting[: allowed - len(left_behind)])
    _taken_count(kind, len(taken))
    unknown = DeliveryAttempt.Outcome.UNKNOWN
    DeliveryAttempt.objects.bulk_create(
        DeliveryAttempt(
            delivery_id=delivery.pk,
            contact_point_id=delivery.contact_point_id,
            at=now,
            outcome=unknown,
            detail=LEFT_BEHIND,
        )
        for delivery in left_behind
        if delivery.begun_at
    )
    return taken


def _free(kind: str) -> DeliveryQuerySet:
    """What goes by this kind, to be held; what others hold is passed over."""
    return Delivery.objects.filter(kind=kind).select_for_update(skip_locked=True, of=("self",))


@transaction.atomic
def chunk_take(kind: str, *, now: datetime, most: int = CHUNK) -> tuple[str, list[Outgoing]]:
    """Take what is to be sent by this kind; the lease under which it is ours, and the deliveries."""
    lease = secrets.token_hex(8)
    taken = chunk_hold(kind, now=now, most=most)
    leased_until = now + lease_length()
    keys = [delivery.pk for delivery in taken]
    Delivery.objects.filter(pk__among=keys).update(status=Status.SENDING, lease=lease, leased_until=leased_until)
    for delivery in taken:
        delivery.status, delivery.lease, delivery.leased_until = Status.SENDING, lease, leased_until
    return lease, taken


def chunk_renew(lease: str, keys: Collection[int], *, now: datetime) -> set[int]:
    """Hold on to these for another lease; those that are still ours."""
    ours = Delivery.objects.filter(pk__among=keys, lease=lease)
    ours.update(leased_until=now + lease_length())
    return set(ours.values_list("pk", flat=True))


def chunk_give_back(lease: str, keys: Collection[int]) -> None:
    """Let others take these; what may have left already stays marked."""
    if keys:
        ours = Delivery.objects.filter(pk__among=keys, lease=lease)
        ours.update(status=Status.PENDING, lease="", leased_until=None)


def chunk_after(taken: int, *, seconds: float) -> int:
    """How many to take next, when so many were settled in so many seconds: as many as leave in half a second.

    So what waits for a slow provider is not kept from other processes, and for a quick one the rows are not read
    for a few messages at a time.
    """
    fitting = int(taken / max(seconds, 0.001) * _CHUNK_SECONDS)
    return max(_SMALLEST_CHUNK, min(fitting, _LARGEST_CHUNK))


def lease_length() -> timedelta:
    """How long a process may keep what it has taken without a sign of life."""
    return timedelta(seconds=settings.LEASE_SECONDS)


def pause_for(kind: str, *, now: datetime) -> float:
    """The seconds until the provider of this kind takes another message, while any waits for that; else 0."""
    per_second = settings.PER_SECOND.get(kind, 0.0)
    if not per_second or not Delivery.objects.filter(may_be_taken(now), kind=kind).exists():
        return 0.0
    return 1.0 / per_second


def _allowed(kind: str, most: int, now: datetime) -> int:
    """How many messages of this kind may leave now, if its provider is to be used slowly."""
    per_second = settings.PER_SECOND.get(kind, 0.0)
    if not per_second:
        return most
    throttle, _ = Throttle.objects.select_for_update().get_or_create(
        kind=kind, defaults={"tokens": max(per_second, 1.0), "filled_at": now}
    )
    # A clock that was set back must not keep the bucket empty until that time comes again.
    throttle.filled_at = now if throttle.filled_at - now > _CLOCKS_APART else throttle.filled_at
    granted, left = bucket_take(
        tokens=throttle.tokens, filled_at=throttle.filled_at, now=now, per_second=per_second, wanted=most
    )
    throttle.tokens = left + granted
    throttle.filled_at = max(now, throttle.filled_at)
    throttle.save(update_fields=["tokens", "filled_at"])
    return granted


def _taken_count(kind: str, count: int) -> None:
    """What was taken, and only that, counts against the limit of its provider."""
    if settings.PER_SECOND.get(kind) and count:
        Throttle.objects.filter(kind=kind).update(tokens=F("tokens") - count)
