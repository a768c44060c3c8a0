"""Writes how a delivery ended: sent, held, dropped, to be tried again, through another way, or not at all."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import F

from ivig_care.accounts.models import ContactPoint
from ivig_care.actions.mailing import HELD, occasions_free
from ivig_care.actions.notices import channel_off_tell
from ivig_care.nudges.channels.base import Receipt, SendFailed
from ivig_care.nudges.models import Delivery, DeliveryAttempt
from ivig_care.regimen.nudging import Drop, Hold, quarter_of, retry_at

# After so many tries that did not work, the person's next contact point is tried.
TRIES_EACH_WAY = 3
_CHANCE = secrets.SystemRandom()

Outcome = DeliveryAttempt.Outcome
Purpose = Delivery.Purpose
Status = Delivery.Status


@dataclass(frozen=True, kw_only=True)
class Ending:
    """How it went with one delivery at `at`: taken, refused, held or dropped.

    `unresolved` is when an earlier try began of which nobody knows whether it left.
    """

    delivery: Delivery
    result: Receipt | SendFailed | Drop | Hold
    at: datetime
    unresolved: datetime | None = None


def ending_keep(ending: Ending) -> None:
    """Keep how it went, and what follows from it."""
    match ending.result:
        case Receipt():
            sent_keep([ending])
        case SendFailed():
            _failed(ending.delivery, ending.result, ending)
        case Hold(until):
            _held(ending.delivery, until)
        case Drop(reason):
            _dropped(ending.delivery, reason, ending.at)


def sent_keep(endings: Sequence[Ending]) -> None:
    """Keep that these were taken, all at the time of the first."""
    if not endings:
        return
    DeliveryAttempt.objects.bulk_create([_attempt(ending, Outcome.ACCEPTED) for ending in endings])
    keys = [ending.delivery.pk for ending in endings]
    # Whoever holds the lease by now: it has left.
    Delivery.objects.filter(pk__in=keys).update(
        status=Status.SENT, sent_at=endings[0].at, reason="", lease="", leased_until=None, begun_at=None
    )


def fall_back(delivery: Delivery, *, at: datetime) -> bool:
    """Let it leave through the person's next usable contact point instead; whether there is one."""
    if delivery.purpose in (Purpose.TEST, Purpose.CODE) or at >= delivery.expires_at:
        return False
    usable = list(ContactPoint.objects.usable().in_order().filter(user=delivery.person_id))
    current = delivery.contact_point
    others = [point for point in usable if point.pk != delivery.contact_point_id]
    if not others:
        return False
    later = [point for point in others if current is not None and (point.rank, point.pk) > (current.rank, current.pk)]
    chosen = (later or others)[0]
    Delivery.objects.filter(pk=delivery.pk).update(contact_point=chosen, kind=chosen.kind)
    return True


def contact_point_fail(point: ContactPoint, *, detail: str, at: datetime) -> None:
    """Switch off what can never be reached, and tell the others of the family, once."""
    working = ContactPoint.objects.filter(pk=point.pk, disabled_at__isnull=True)
    if working.update(disabled_at=at, disabled_reason=detail[:200]):
        point.disabled_at, point.disabled_reason = at, detail[:200]
        channel_off_tell(point, now=at)


def _failed(delivery: Delivery, failure: SendFailed, ending: Ending) -> None:
    outcome = Outcome.PERMANENT if failure.is_permanent else Outcome.UNKNOWN if failure.is_unknown else Outcome.PASSING
    _attempt(ending, outcome).save()
    if failure.is_permanent:
        if delivery.contact_point is not None:
            contact_point_fail(delivery.contact_point, detail=failure.detail, at=ending.at)
        if fall_back(delivery, at=ending.at):
            _wait(delivery, reason=failure.detail, next_attempt_at=ending.at, unresolved=ending.unresolved)
        else:
            _end(delivery, Status.FAILED, failure.detail)
        return
    again = retry_at(
        attempts=delivery.tries,
        now=ending.at,
        expires_at=delivery.expires_at,
        spread=_CHANCE.random(),
        first=timedelta(seconds=settings.RETRY_SECONDS),
    )
    if again is None:
        _end(delivery, Status.FAILED, f"gave up: {failure.detail}")
        return
    if delivery.tries % TRIES_EACH_WAY == 0:
        fall_back(delivery, at=ending.at)
    unresolved = (delivery.begun_at or ending.at) if failure.is_unknown else ending.unresolved
    _wait(delivery, reason=failure.detail, next_attempt_at=again, unresolved=unresolved)


def _dropped(delivery: Delivery, reason: str, at: datetime) -> None:
    point = delivery.contact_point
    if point is not None and not point.is_usable and fall_back(delivery, at=at):
        _wait(delivery, reason=reason, next_attempt_at=at)
    else:
        _end(delivery, Status.DROPPED, reason)


def _held(delivery: Delivery, until: datetime) -> None:
    """Let it wait, and count it to the quarter of an hour in which it will be sent, so that none is sent beside it."""
    occasion = f"{quarter_of(until):%Y-%m-%dT%H:%MZ}"
    others = Delivery.objects.filter(person=delivery.person_id, occasion=occasion).exclude(pk=delivery.pk)
    if delivery.purpose == Purpose.NUDGE and not others.exists():
        Delivery.objects.filter(pk=delivery.pk).update(occasion=occasion)
    Delivery.objects.filter(pk=delivery.pk).update(owed_at=until)
    _wait(delivery, reason=HELD, next_attempt_at=until)


def _wait(delivery: Delivery, *, reason: str, next_attempt_at: datetime, unresolved: datetime | None = None) -> None:
    ours = Delivery.objects.filter(pk=delivery.pk, lease=delivery.lease).exclude(status=Status.SENT)
    ours.update(
        status=Status.PENDING,
        reason=reason[:200],
        next_attempt_at=next_attempt_at,
        begun_at=unresolved,
        lease="",
        leased_until=None,
    )


def _end(delivery: Delivery, status: Delivery.Status, reason: str) -> None:
    ours = Delivery.objects.filter(pk=delivery.pk, lease=delivery.lease).exclude(status=Status.SENT)
    occasions_free(ours, status=status, reason=reason[:200])


def _attempt(ending: Ending, outcome: DeliveryAttempt.Outcome) -> DeliveryAttempt:
    result = ending.result
    return DeliveryAttempt(
        delivery_id=ending.delivery.pk,
        contact_point_id=ending.delivery.contact_point_id,
        at=ending.at,
        outcome=outcome,
        detail=result.detail[:300] if isinstance(result, SendFailed) else "",
        provider_id=result.provider_id[:200] if isinstance(result, Receipt) else "",
    )


def begin(delivery: Delivery, *, at: datetime) -> bool:
    """Mark that a try begins; False when somebody else has taken the delivery meanwhile.

    An earlier try with an unknown end stays marked, so that it is asked after until it is known.
    """
    ours = Delivery.objects.filter(pk=delivery.pk, lease=delivery.lease, status=Status.SENDING)
    delivery.begun_at = delivery.begun_at or at
    delivery.tries += 1
    begun = ours.update(
        begun_at=delivery.begun_at, tries=F("tries") + 1, is_possible_repeat=delivery.is_possible_repeat
    )
    return begun == 1
