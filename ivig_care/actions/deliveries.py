"""Writes deliveries on their way out: claim, decide once more, send, and keep how it ended."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Q

from ivig_care.accounts.models import ContactPoint, NudgePreference
from ivig_care.care_teams.access import Right, may
from ivig_care.nudges.channels import channel_for
from ivig_care.nudges.channels.base import Receipt, SendFailed
from ivig_care.nudges.messages import message_for
from ivig_care.nudges.models import Delivery, DeliveryAttempt
from ivig_care.plans.models import Step
from ivig_care.regimen.nudging import Decision, Drop, Hold, decide, quarter_of, retry_at
from ivig_care.regimen.steps import State
from ivig_care.regimen.timing import zone_named

Status = Delivery.Status
LEASE = timedelta(minutes=2)


def deliveries_due(*, now: datetime) -> list[int]:
    """The deliveries to be sent now, those that a dead worker left behind among them."""
    return list(Delivery.objects.filter(_may_be_taken(now)).order_by("next_attempt_at").values_list("pk", flat=True))


def delivery_send(delivery_id: int, *, now: datetime) -> str | None:
    """Send one delivery if it is still wanted; the status it has then, None if somebody else has taken it.

    The outside world is called outside of every transaction; if we die in between, the lease runs out and the
    delivery is sent again under the same Message-ID.
    """
    taken = Delivery.objects.filter(pk=delivery_id).filter(_may_be_taken(now))
    if taken.update(status=Status.SENDING, leased_until=now + LEASE) != 1:
        return None
    delivery = Delivery.objects.select_related("contact_point__user").get(pk=delivery_id)
    steps = _steps_open(delivery, now)
    theirs = [step for step in steps if may(delivery.contact_point.user, Right.RECORD, step.infusion.child)]
    match _decide(delivery, steps, now, is_theirs=bool(theirs)):
        case Drop(reason):
            _settle(delivery, Status.DROPPED, reason=reason)
        case Hold(until):
            _hold(delivery, until)
        case _:
            _send(delivery, theirs, now)
    return delivery.status


def _hold(delivery: Delivery, until: datetime) -> None:
    """Let it wait, and count it to the quarter of an hour in which it will be sent, so that none is sent beside it."""
    quarter = quarter_of(until)
    others = Delivery.objects.filter(contact_point=delivery.contact_point_id).exclude(pk=delivery.pk)
    if not others.filter(quarter=quarter).exists():
        delivery.quarter = quarter
    _settle(delivery, Status.PENDING, reason="quiet hours", next_attempt_at=until)


def _send(delivery: Delivery, steps: list[Step], now: datetime) -> None:
    message = message_for(delivery, steps, now=now)
    try:
        receipt = channel_for(delivery.contact_point.kind).send(message)
    except SendFailed as failure:
        _failed(delivery, failure, now)
    else:
        _sent(delivery, receipt, now)


@transaction.atomic
def _sent(delivery: Delivery, receipt: Receipt, now: datetime) -> None:
    DeliveryAttempt.objects.create(delivery=delivery, at=now, is_accepted=True, provider_id=receipt.provider_id[:120])
    _settle(delivery, Status.SENT, sent_at=now)


@transaction.atomic
def _failed(delivery: Delivery, failure: SendFailed, now: datetime) -> None:
    DeliveryAttempt.objects.create(delivery=delivery, at=now, is_accepted=False, detail=failure.detail[:300])
    if failure.is_permanent:
        ContactPoint.objects.filter(pk=delivery.contact_point_id, disabled_at__isnull=True).update(
            disabled_at=now, disabled_reason=failure.detail[:200]
        )
        _settle(delivery, Status.FAILED, reason=failure.detail[:200])
        return
    again = retry_at(attempts=delivery.attempts.count(), now=now, expires_at=delivery.expires_at)
    if again is None:
        _settle(delivery, Status.FAILED, reason=f"gave up: {failure.detail}"[:200])
    else:
        _settle(delivery, Status.PENDING, reason=failure.detail[:200], next_attempt_at=again)


def _settle(
    delivery: Delivery,
    status: Delivery.Status,
    *,
    reason: str = "",
    next_attempt_at: datetime | None = None,
    sent_at: datetime | None = None,
) -> None:
    delivery.status, delivery.reason, delivery.leased_until, delivery.sent_at = status, reason, None, sent_at
    delivery.next_attempt_at = next_attempt_at or delivery.next_attempt_at
    delivery.save(update_fields=["quarter", "status", "reason", "leased_until", "sent_at", "next_attempt_at"])


def _decide(delivery: Delivery, steps: list[Step], now: datetime, *, is_theirs: bool) -> Decision:
    person = delivery.contact_point.user
    preference = NudgePreference.objects.filter(user=person).first()
    return decide(
        open_steps=len(steps),
        may_wake=any(step.may_wake for step in steps),
        is_allowed=person.is_active and is_theirs,
        consented=delivery.contact_point.is_usable,
        quiet=None if preference is None else preference.quiet_hours,
        zone=zone_named(preference.zone if preference else "UTC"),
        expires_at=delivery.expires_at,
        now=now,
    )


def _steps_open(delivery: Delivery, now: datetime) -> list[Step]:
    """The steps of the delivery that are still to be done."""
    still_open = delivery.steps.filter(state=State.OPEN, closes_at__gt=now)
    return list(still_open.select_related("infusion__plan__child"))


def _may_be_taken(now: datetime) -> Q:
    return Q(status=Status.PENDING, next_attempt_at__lte=now) | Q(status=Status.SENDING, leased_until__lte=now)
