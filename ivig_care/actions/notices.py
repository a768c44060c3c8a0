"""Writes the messages that are about no step: an infusion moved, something waits for the clinic, a way is off."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime, timedelta
from enum import Enum

from django.db.models import Q, QuerySet

from ivig_care.accounts.models import ContactPoint
from ivig_care.actions.mailing import LINK_OUTLIVES, NO_WAY, occasions_free
from ivig_care.actions.silence import ANSWERED, CANCELLED, MORE_URGENT
from ivig_care.care_teams.access import Right, children_told_of, families_told, staff_told
from ivig_care.nudges.audience import ways_to
from ivig_care.nudges.models import Delivery
from ivig_care.plans.models import Infusion
from ivig_care.regimen.nudging import QUARTER

# So long a notice is worth sending, when nothing else ends it.
WORTH_TELLING = timedelta(hours=24)
# Whoever moves one day of an infusion mostly moves the next one right after it: the family hears of both at once.
MOVED_WAITS = timedelta(minutes=5)

Purpose = Delivery.Purpose
Status = Delivery.Status
# What says at least as much as a word that is urgent, or is not.
_AS_URGENT = {True: (Purpose.URGENT,), False: (Purpose.CONCERN, Purpose.URGENT)}


def infusion_moved_tell(infusion: Infusion, *, starts_at: datetime, now: datetime) -> None:
    """Tell the family that a day of an infusion now starts at `starts_at`; one that waits is not joined by another."""
    until = max(starts_at, now + WORTH_TELLING)
    _family_tell(infusion, Purpose.MOVED, until=until, now=now, not_before=now + MOVED_WAITS)


def infusion_cancelled_tell(infusion: Infusion, *, starts_at: datetime, now: datetime) -> None:
    """Tell the family that an infusion which was to start at `starts_at` does not take place."""
    moved = Delivery.objects.pending().filter(infusion=infusion, purpose=Purpose.MOVED)
    occasions_free(moved, status=Status.DROPPED, reason=CANCELLED)
    _family_tell(infusion, Purpose.CANCELLED, until=max(starts_at, now + WORTH_TELLING), now=now)


class Ring(Enum):
    """When the clinic's people hear of one thing more about an infusion: at once, or with what else comes in."""

    AT_ONCE = "at once"
    TOGETHER = "together"


def concern_tell(infusion: Infusion, *, key: int, is_urgent: bool, ring: Ring, now: datetime) -> None:
    """Tell the clinic's people who answer that something of this infusion waits for them.

    Whoever has yet to be told of another one hears of both at once: the page that it leads to shows all of them. What
    is urgent leaves at any hour. Where it need not ring at once, whoever was told within a quarter of an hour is told
    after that, unless all of it is answered by then.
    """
    child = infusion.plan.child_id
    staff = set(staff_told([child], Right.ANSWER).get(child, ()))
    about = Delivery.objects.filter(infusion=infusion, purpose__in=_AS_URGENT[is_urgent], person__in=staff)
    waiting = about.pending().filter(begun_at__isnull=True)
    if ring is Ring.AT_ONCE:
        # What only waits for company has it now; what a provider did not take keeps its own pace.
        waiting.filter(tries=0, next_attempt_at__gt=now, purpose=Purpose.URGENT).update(
            next_attempt_at=now, owed_at=now
        )
    purpose = Purpose.URGENT if is_urgent else Purpose.CONCERN
    joined = set(waiting.values_list("person_id", flat=True))
    put_off = {} if ring is Ring.AT_ONCE else _told_lately(about, now)
    occasion, until = f"{purpose} {key}", now + WORTH_TELLING
    _tell(staff - joined, purpose, occasion=occasion, until=until, now=now, infusion=infusion, put_off=put_off)
    if is_urgent:
        _make_way(infusion, staff)


def _told_lately(about: QuerySet[Delivery], now: datetime) -> dict[int, datetime]:
    """Who heard less than a quarter of an hour ago, or hears just now; and when that is over."""
    lately = about.filter(Q(status=Status.SENT, sent_at__gt=now - QUARTER) | Q(status=Status.SENDING))
    return {person: (at or now) + QUARTER for person, at in lately.order_by("sent_at").values_list("person", "sent_at")}


def _make_way(infusion: Infusion, staff: Collection[int]) -> None:
    """What was to leave in the morning about this infusion says less than the urgent word that leaves now."""
    waiting = Delivery.objects.pending().filter(
        infusion=infusion, purpose=Purpose.CONCERN, person__in=staff, begun_at__isnull=True
    )
    occasions_free(waiting, status=Status.DROPPED, reason=MORE_URGENT)


def concerns_silence(infusion: Infusion) -> None:
    """Nothing of this infusion waits for an answer any more: what has yet to leave about it need not."""
    waiting = Delivery.objects.pending().filter(infusion=infusion, purpose__in=[Purpose.CONCERN, Purpose.URGENT])
    occasions_free(waiting, status=Status.DROPPED, reason=ANSWERED)


def channel_off_tell(contact_point: ContactPoint, *, now: datetime) -> None:
    """Tell the others of a person's families, once, that this way to reach the person is off."""
    children = children_told_of([contact_point.user_id])
    family = families_told(children.get(contact_point.user_id, set()))
    others = set(family.exclude(user=contact_point.user_id).values_list("user_id", flat=True))
    when = contact_point.disabled_at or now
    occasion = f"{Purpose.CHANNEL_OFF} {contact_point.pk} {when:%Y-%m-%dT%H:%M:%SZ}"
    _tell(others, Purpose.CHANNEL_OFF, occasion=occasion, until=now + WORTH_TELLING, now=now)


def _family_tell(
    infusion: Infusion,
    purpose: Delivery.Purpose,
    *,
    until: datetime,
    now: datetime,
    not_before: datetime | None = None,
) -> None:
    family = set(families_told([infusion.plan.child_id]).values_list("user_id", flat=True))
    waiting = Delivery.objects.pending().filter(infusion=infusion, purpose=purpose, person__in=family)
    told = set(waiting.values_list("person_id", flat=True))
    occasion = f"{purpose} {infusion.pk} {now:%Y-%m-%dT%H:%M:%SZ}"
    _tell(family - told, purpose, occasion=occasion, until=until, now=now, not_before=not_before, infusion=infusion)


def _tell(
    people: Collection[int],
    purpose: Delivery.Purpose,
    *,
    occasion: str,
    until: datetime,
    now: datetime,
    not_before: datetime | None = None,
    infusion: Infusion | None = None,
    put_off: Mapping[int, datetime] | None = None,
) -> None:
    """Write a message to each of these people, to leave now; or `not_before`; or when theirs is `put_off` to."""
    ways, later = ways_to(people), put_off or {}
    deliveries = (
        Delivery(
            person_id=person,
            contact_point_id=ways[person].contact_point if person in ways else None,
            kind=ways[person].kind if person in ways else "",
            purpose=purpose,
            occasion=occasion,
            infusion=infusion,
            status=Status.PENDING if person in ways else Status.DROPPED,
            reason="" if person in ways else NO_WAY,
            created_at=now,
            owed_at=later.get(person, not_before or now),
            expires_at=until,
            link_until=until + LINK_OUTLIVES,
            next_attempt_at=later.get(person, not_before or now),
        )
        for person in people
    )
    Delivery.objects.bulk_create(deliveries, ignore_conflicts=True)
