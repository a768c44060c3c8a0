"""Writes how a delivery ended: sent, held, dropped, to be tried again, through another way, or not at all."""

from __future__ import annotations

import logging
import secrets
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import F

from ivig_care.accounts.models import ContactPoint
from ivig_care.actions.contact_points import contact_point_off
from ivig_care.actions.mailing import occasions_free
from ivig_care.common.bulk import rows_insert
from ivig_care.nudges.channels.base import Receipt, SendFailed
from ivig_care.nudges.models import Delivery, DeliveryAttempt, DeliveryStep
from ivig_care.nudges.models.deliveries import occasion_of
from ivig_care.nudges.outgoing import Outgoing
from ivig_care.regimen.nudging import Drop, Hold, retry_at

# After so many tries that did not work, the person's next contact point is tried.
TRIES_EACH_WAY = 3
# So often a person may get one message because nobody could tell whether it had left.
MOST_UNKNOWN = 3
_CHANCE = secrets.SystemRandom()
log = logging.getLogger(__name__)

Outcome = DeliveryAttempt.Outcome
Purpose = Delivery.Purpose
Status = Delivery.Status


@dataclass(frozen=True, kw_only=True)
class Ending:
    """How it went with one delivery at `at`: taken, refused, held or dropped.

    `unresolved` is when an earlier try began of which nobody knows whether it left. `silent_on` are steps of which the
    message did not speak any more.
    """

    delivery: Outgoing
    result: Receipt | SendFailed | Drop | Hold
    at: datetime
    unresolved: datetime | None = None
    silent_on: tuple[int, ...] = ()


def ending_keep(ending: Ending) -> None:
    """Keep that it was not taken, and what follows from that. What was taken is kept by `sent_keep` or handovers.py."""
    match ending.result:
        case SendFailed():
            _failed(ending.delivery, ending.result, ending)
        case Hold():
            _held(ending.delivery, ending.result)
        case Drop(reason):
            _dropped(ending.delivery, reason, ending.at)


class _Accepted(NamedTuple):
    delivery_id: int
    contact_point_id: int | None
    provider_id: str


def sent_keep(endings: Sequence[Ending]) -> None:
    """Keep that these were taken, all at the time of the first."""
    if not endings:
        return
    for ending in endings:
        silence_keep(ending)
    accepted = [
        _Accepted(ending.delivery.pk, ending.delivery.contact_point_id, ending.result.provider_id[:200])
        for ending in endings
        if isinstance(ending.result, Receipt)
    ]
    rows_insert(DeliveryAttempt, accepted, at=endings[0].at, outcome=Outcome.ACCEPTED)
    keys = [ending.delivery.pk for ending in endings]
    # Whoever holds the lease by now: it has left.
    Delivery.objects.filter(pk__among=keys).update(
        status=Status.SENT,
        sent_at=endings[0].at,
        reason="",
        lease="",
        leased_until=None,
        begun_at=None,
        tries=F("tries") + 1,
    )


def silence_keep(ending: Ending) -> None:
    """Leave only what the message spoke of: its link, and the answers to it, are about exactly that."""
    if ending.silent_on:
        DeliveryStep.objects.filter(delivery=ending.delivery.pk, step__in=ending.silent_on).delete()


def _failed(delivery: Outgoing, failure: SendFailed, ending: Ending) -> None:
    outcome = Outcome.PERMANENT if failure.is_permanent else Outcome.UNKNOWN if failure.is_unknown else Outcome.PASSING
    _attempt(ending, outcome).save()
    if failure.is_permanent:
        if delivery.to is not None:
            point = ContactPoint.objects.get(pk=delivery.to.pk)
            contact_point_off(contact_point=point, reason=failure.detail, now=ending.at)
        way = next_way(delivery, at=ending.at)
        if way is None:
            _end(delivery, Status.FAILED, failure.detail)
        else:
            _go_by(way, delivery, reason=failure.detail, next_attempt_at=ending.at, unresolved=ending.unresolved)
        return
    unresolved = (delivery.begun_at or ending.at) if failure.is_unknown else ending.unresolved
    again = retry_at(
        attempts=delivery.tries,
        now=ending.at,
        expires_at=delivery.expires_at,
        spread=_CHANCE.random(),
        first=timedelta(seconds=settings.RETRY_SECONDS),
    )
    if again is None:
        _last_way(delivery, failure, at=ending.at, unresolved=unresolved)
        return
    way = next_way(delivery, at=ending.at) if delivery.tries % TRIES_EACH_WAY == 0 else None
    if way is not None:
        _go_by(way, delivery, reason=failure.detail, next_attempt_at=again, unresolved=unresolved)
    elif failure.is_unknown and _has_repeated_enough(delivery):
        _end(delivery, Status.FAILED, f"may have left: {failure.detail}")
    else:
        _wait(delivery, reason=failure.detail, next_attempt_at=again, begun_at=unresolved)


def _last_way(delivery: Outgoing, failure: SendFailed, *, at: datetime, unresolved: datetime | None) -> None:
    """No other try by this way would be in time: one by a way that was not tried yet, or the end."""
    tries = DeliveryAttempt.objects.filter(delivery=delivery.pk).exclude(contact_point=None)
    way = next_way(delivery, at=at, tried=set(tries.values_list("contact_point_id", flat=True)))
    if way is None:
        _end(delivery, Status.FAILED, f"gave up: {failure.detail}")
    else:
        _go_by(way, delivery, reason=failure.detail, next_attempt_at=at, unresolved=unresolved)


def _has_repeated_enough(delivery: Outgoing) -> bool:
    """Whether somebody who got every try that may have left has it often enough."""
    unknown = DeliveryAttempt.objects.filter(delivery=delivery.pk, outcome=Outcome.UNKNOWN)
    return delivery.is_possible_repeat and unknown.count() >= MOST_UNKNOWN


def _dropped(delivery: Outgoing, reason: str, at: datetime) -> None:
    way = None if delivery.to is None or delivery.to.is_usable else next_way(delivery, at=at)
    if way is None:
        _end(delivery, Status.DROPPED, reason)
    else:
        _go_by(way, delivery, reason=reason, next_attempt_at=at, unresolved=delivery.begun_at)


def _held(delivery: Outgoing, hold: Hold) -> None:
    """Let it wait, and count it to the quarter of an hour in which it will be sent, so that none is sent beside it."""
    occasion = occasion_of(Purpose.NUDGE, hold.until)
    others = Delivery.objects.filter(person=delivery.person_id, occasion=occasion).exclude(pk=delivery.pk)
    changes: dict[str, object] = {"owed_at": hold.until, "begun_at": delivery.begun_at}
    if delivery.purpose == Purpose.NUDGE and not others.exists():
        try:
            with transaction.atomic():
                return _wait(delivery, reason=hold.reason, next_attempt_at=hold.until, occasion=occasion, **changes)
        except IntegrityError:
            log.info("delivery %s keeps its quarter: another has just taken %s", delivery.pk, occasion)
    return _wait(delivery, reason=hold.reason, next_attempt_at=hold.until, **changes)


def next_way(delivery: Outgoing, *, at: datetime, tried: Collection[int] = ()) -> ContactPoint | None:
    """The person's next usable contact point that is not among `tried`; after the last one the first; None for none."""
    if delivery.purpose in (Purpose.TEST, Purpose.CODE) or at >= delivery.expires_at:
        return None
    usable = ContactPoint.objects.usable().in_order().filter(user=delivery.person_id)
    others = [point for point in usable if point.pk != delivery.contact_point_id and point.pk not in tried]
    current = delivery.to
    later = [point for point in others if current is not None and (point.rank, point.pk) > (current.rank, current.pk)]
    return next(iter([*later, *others]), None)


def _go_by(
    way: ContactPoint, delivery: Outgoing, *, reason: str, next_attempt_at: datetime, unresolved: datetime | None
) -> None:
    """Let it leave by another way, where nobody knows of an earlier try whose end is not known: then it says so."""
    repeat = {} if unresolved is None else {"is_possible_repeat": True}
    _wait(delivery, reason=reason, next_attempt_at=next_attempt_at, contact_point=way, kind=way.kind, **repeat)


def _wait(delivery: Outgoing, *, reason: str, next_attempt_at: datetime, **changes: object) -> None:
    ours = Delivery.objects.filter(pk=delivery.pk, lease=delivery.lease).exclude(status=Status.SENT)
    waiting = {"status": Status.PENDING, "lease": "", "leased_until": None, "begun_at": None, "tries": delivery.tries}
    ours.update(**{**waiting, "reason": _storable(reason, 200), "next_attempt_at": next_attempt_at, **changes})


def _end(delivery: Outgoing, status: Delivery.Status, reason: str) -> None:
    ours = Delivery.objects.filter(pk=delivery.pk, lease=delivery.lease).exclude(status=Status.SENT)
    occasions_free(ours, status=status, reason=_storable(reason, 200))


def _storable(words: str, length: int) -> str:
    """What a provider says, as the database takes it."""
    return words.replace("\0", "")[:length]


def _attempt(ending: Ending, outcome: DeliveryAttempt.Outcome) -> DeliveryAttempt:
    result = ending.result
    return DeliveryAttempt(
        delivery_id=ending.delivery.pk,
        contact_point_id=ending.delivery.contact_point_id,
        at=ending.at,
        outcome=outcome,
        detail=_storable(result.detail, 300) if isinstance(result, SendFailed) else "",
        provider_id=result.provider_id[:200] if isinstance(result, Receipt) else "",
    )


def begin(delivery: Outgoing, *, at: datetime) -> bool:
    """Mark that a try begins; False when somebody else has taken the delivery meanwhile.

    An earlier try with an unknown end stays marked, so that it is asked after until it is known.
    """
    ours = Delivery.objects.filter(pk=delivery.pk, lease=delivery.lease)
    delivery.begun_at = delivery.begun_at or at
    delivery.tries += 1
    begun = ours.update(
        begun_at=delivery.begun_at, tries=F("tries") + 1, is_possible_repeat=delivery.is_possible_repeat
    )
    return begun == 1
