"""Writes the messages that are about no step: an infusion moved, something waits for the clinic, a way is off."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta

from ivig_care.accounts.models import ContactPoint
from ivig_care.actions.mailing import LINK_OUTLIVES, NO_WAY, occasions_free
from ivig_care.actions.silence import ANSWERED, CANCELLED
from ivig_care.care_teams.access import Right, children_told_of, families_told, staff_told
from ivig_care.nudges.audience import ways_to
from ivig_care.nudges.models import Delivery
from ivig_care.plans.models import Infusion

# So long a notice is worth sending, when nothing else ends it.
WORTH_TELLING = timedelta(hours=24)
# Whoever moves one day of an infusion mostly moves the next one right after it: the family hears of both at once.
MOVED_WAITS = timedelta(minutes=5)

Purpose = Delivery.Purpose
Status = Delivery.Status


def infusion_moved_tell(infusion: Infusion, *, starts_at: datetime, now: datetime) -> None:
    """Tell the family that a day of an infusion now starts at `starts_at`; one that waits is not joined by another."""
    until = max(starts_at, now + WORTH_TELLING)
    _family_tell(infusion, Purpose.MOVED, until=until, now=now, not_before=now + MOVED_WAITS)


def infusion_cancelled_tell(infusion: Infusion, *, starts_at: datetime, now: datetime) -> None:
    """Tell the family that an infusion which was to start at `starts_at` does not take place."""
    moved = Delivery.objects.pending().filter(infusion=infusion, purpose=Purpose.MOVED)
    occasions_free(moved, status=Status.DROPPED, reason=CANCELLED)
    _family_tell(infusion, Purpose.CANCELLED, until=max(starts_at, now + WORTH_TELLING), now=now)


def concern_tell(infusion: Infusion, *, key: int, is_urgent: bool, now: datetime) -> None:
    """Tell the clinic's people who answer that something of this infusion waits for them: once for each concern.

    Whoever has yet to be told of another one hears of both at once: the page that it leads to shows all of them. What
    is urgent leaves at any hour, and waits for nothing.
    """
    purpose = Purpose.URGENT if is_urgent else Purpose.CONCERN
    child = infusion.plan.child_id
    staff = set(staff_told([child], Right.ANSWER).get(child, ()))
    waiting = Delivery.objects.pending().filter(infusion=infusion, purpose=purpose, person__in=staff)
    told = set(waiting.filter(begun_at__isnull=True).values_list("person_id", flat=True))
    until = now + WORTH_TELLING
    _tell(staff - told, purpose, occasion=f"{purpose} {key}", until=until, now=now, infusion=infusion)


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
) -> None:
    ways = ways_to(people)
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
            owed_at=not_before or now,
            expires_at=until,
            link_until=until + LINK_OUTLIVES,
            next_attempt_at=not_before or now,
        )
        for person in people
    )
    Delivery.objects.bulk_create(deliveries, ignore_conflicts=True)
