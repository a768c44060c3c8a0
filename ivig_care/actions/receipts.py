"""Writes what providers report afterwards: delivered, undelivered, bounced, complained about, opened."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from ivig_care.accounts.models import ContactPoint
from ivig_care.actions.contact_points import STOP_BY_TEXT, contact_point_off
from ivig_care.actions.endings import next_way
from ivig_care.actions.mailing import occasions_free
from ivig_care.nudges.models import Delivery, DeliveryAttempt
from ivig_care.nudges.outgoing import outgoing_one

Outcome = DeliveryAttempt.Outcome
Purpose = Delivery.Purpose
Status = Delivery.Status


@dataclass(frozen=True, kw_only=True)
class NotArrived:
    """Why a message did not arrive. `is_permanent`: nothing ever will there; `is_stop`: the person asked for that."""

    detail: str
    is_permanent: bool
    is_stop: bool = False


@transaction.atomic
def delivery_taken(*, delivery_id: int, provider_id: str, now: datetime) -> None:
    """The provider has the message: settles one of which we did not know whether it had left. Harmless at any time."""
    delivery = _locked(delivery_id)
    if delivery is not None and not _is_given_up(delivery, provider_id):
        _settle_unknown(delivery, provider_id, now)


@transaction.atomic
def delivery_delivered(*, delivery_id: int, provider_id: str, now: datetime) -> None:
    """The message arrived. A report that comes twice, or after one that it did not arrive, changes nothing."""
    delivery = _locked(delivery_id)
    if delivery is None or _is_given_up(delivery, provider_id):
        return
    _settle_unknown(delivery, provider_id, now)
    Delivery.objects.filter(pk=delivery.pk, delivered_at__isnull=True).update(delivered_at=now)


@transaction.atomic
def delivery_undelivered(*, delivery_id: int, provider_id: str, why: NotArrived, now: datetime) -> None:
    """The message did not arrive: what can never be reached goes off, and the message goes the person's next way.

    A report that comes twice, or after one that it arrived, changes nothing.
    """
    delivery = _locked(delivery_id)
    if delivery is None or delivery.delivered_at is not None or _is_given_up(delivery, provider_id):
        return
    point = _contact_point_of(delivery, provider_id)
    is_last_known = _is_last_sent(delivery, provider_id)
    outcome = Outcome.PERMANENT if why.is_permanent else Outcome.PASSING
    DeliveryAttempt.objects.create(
        delivery=delivery,
        contact_point=point,
        at=now,
        outcome=outcome,
        detail=why.detail[:300],
        provider_id=provider_id,
    )
    if point is not None and why.is_permanent:
        reason = STOP_BY_TEXT if why.is_stop else f"not reached: {why.detail}"
        contact_point_off(contact_point=point, reason=reason, now=now, is_withdrawn=why.is_stop)
    if is_last_known and (delivery.status == Status.SENT or _may_have_left(delivery)):
        _fall_back(delivery, why.detail, now)


def delivery_complained(*, delivery_id: int, provider_id: str, reason: str, now: datetime) -> None:
    """The person called the message unwanted: nothing more goes to that address."""
    delivery = Delivery.objects.select_related("contact_point").filter(pk=delivery_id).first()
    point = None if delivery is None else _contact_point_of(delivery, provider_id)
    if point is not None:
        contact_point_off(contact_point=point, reason=reason, now=now, is_withdrawn=True)


def _locked(delivery_id: int) -> Delivery | None:
    held = Delivery.objects.select_for_update(of=("self",)).select_related("contact_point")
    return held.filter(pk=delivery_id).first()


def _is_given_up(delivery: Delivery, provider_id: str) -> bool:
    """Whether it was reported before that this message of the provider did not arrive."""
    reported = delivery.attempts.filter(provider_id=provider_id)
    return reported.filter(outcome__in=[Outcome.PERMANENT, Outcome.PASSING]).exists()


def _contact_point_of(delivery: Delivery, provider_id: str) -> ContactPoint | None:
    """Where this message of the provider went."""
    tries = delivery.attempts.select_related("contact_point")
    made = tries.filter(provider_id=provider_id).first() or tries.filter(outcome=Outcome.UNKNOWN).last()
    return delivery.contact_point if made is None else made.contact_point


def _is_last_sent(delivery: Delivery, provider_id: str) -> bool:
    """Whether the report is about the newest message that was taken; an older one changes the way no more."""
    last = delivery.attempts.filter(outcome=Outcome.ACCEPTED).last()
    return last is None or last.provider_id == provider_id


def _may_have_left(delivery: Delivery) -> bool:
    """Whether a try of the delivery has begun of which nobody knows how it ended."""
    return delivery.status in (Status.SENDING, Status.PENDING) and delivery.begun_at is not None


def _settle_unknown(delivery: Delivery, provider_id: str, now: datetime) -> None:
    """Settle as sent what nobody else is about to settle: its end is unknown, or its sender died."""
    is_in_hand = delivery.status == Status.SENDING and (delivery.leased_until or now) > now
    if is_in_hand or not _may_have_left(delivery):
        return
    DeliveryAttempt.objects.create(
        delivery=delivery,
        contact_point=_contact_point_of(delivery, provider_id),
        at=now,
        outcome=Outcome.ACCEPTED,
        detail="the provider says that it has it",
        provider_id=provider_id,
    )
    sent_at = delivery.begun_at or now
    Delivery.objects.filter(pk=delivery.pk).update(
        status=Status.SENT, reason="", sent_at=sent_at, lease="", leased_until=None, begun_at=None
    )


def _fall_back(delivery: Delivery, detail: str, now: datetime) -> None:
    """Let the delivery wait again, for the person's next way that it has not gone yet; else it ends here."""
    tried = set(delivery.attempts.exclude(contact_point=None).values_list("contact_point_id", flat=True))
    way = next_way(outgoing_one(delivery), at=now, tried=tried)
    here = Delivery.objects.filter(pk=delivery.pk)
    if way is None:
        occasions_free(here, status=Status.FAILED, reason=f"did not arrive: {detail}"[:200])
        return
    here.update(
        status=Status.PENDING,
        reason=f"did not arrive: {detail}"[:200],
        contact_point=way,
        kind=way.kind,
        next_attempt_at=now,
        sent_at=None,
        lease="",
        leased_until=None,
        begun_at=None,
    )
