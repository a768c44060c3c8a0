"""Writes deliveries: what people are to be told goes into the message that waits for them, or begins one."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from itertools import count
from typing import NamedTuple

from django.db.models import CharField, F, Q, QuerySet, Value
from django.db.models.functions import Cast, Concat
from django.utils.translation import gettext_noop

from ivig_care.common.bulk import rows_insert
from ivig_care.nudges.audience import Way
from ivig_care.nudges.models import Delivery, DeliveryStep
from ivig_care.nudges.models.deliveries import occasion_of
from ivig_care.regimen.briefing import Briefing
from ivig_care.regimen.nudging import QUARTER, QUIET

# So long after the last of its steps is over, the link of a message still opens them, to say what happened.
LINK_OUTLIVES = timedelta(hours=24)
NO_WAY = gettext_noop("no way to reach this person is switched on")

Purpose = Delivery.Purpose
Status = Delivery.Status


@dataclass
class Telling:
    """What one person is told at once: steps that ring, and a day to look ahead to."""

    steps: list[int] = field(default_factory=list)
    infusion: int | None = None
    owed_at: datetime | None = None
    expires_at: datetime | None = None
    may_wake: bool = False
    briefing_on: date | None = None

    def add(self, step: int, *, infusion: int, owed_at: datetime, closes_at: datetime, may_wake: bool) -> None:
        """Tell of a step that was to ring at `owed_at`."""
        self.steps.append(step)
        self.may_wake = self.may_wake or may_wake
        self._widen(infusion, owed_at, closes_at)

    def brief(self, infusion: int, briefing: Briefing) -> None:
        """Tell of a whole day."""
        self.briefing_on = max(self.briefing_on or briefing.on, briefing.on)
        # The day is one of its child's zone.
        self.infusion = infusion
        self._widen(infusion, briefing.at, briefing.until)

    def _widen(self, infusion: int, owed_at: datetime, expires_at: datetime) -> None:
        self.infusion = self.infusion or infusion
        self.owed_at = owed_at if self.owed_at is None else min(self.owed_at, owed_at)
        self.expires_at = expires_at if self.expires_at is None else max(self.expires_at, expires_at)


class _Begun(NamedTuple):
    """The columns in which new deliveries differ."""

    person_id: int
    contact_point_id: int | None
    kind: str
    occasion: str
    infusion_id: int | None
    briefing_on: date | None
    status: str
    reason: str
    owed_at: datetime
    expires_at: datetime
    link_until: datetime
    next_attempt_at: datetime


class _Spoken(NamedTuple):
    delivery_id: int
    step_id: int


def deliveries_write(
    told: Mapping[int, Telling], *, ways: Mapping[int, Way], purpose: Delivery.Purpose, now: datetime
) -> None:
    """Tell these people: join the message that waits for each, or begin one.

    Raises IntegrityError when somebody else began a message to one of them at the same moment; then try again.
    """
    # In one order, so that two dispatchers that speak to the same people wait for each other instead of in a circle.
    told = dict(sorted(told.items()))
    if not told:
        return
    waiting = _waiting(told.keys(), purpose)
    for delivery in waiting.values():
        _join(delivery, told[delivery.person_id], now)
    new_ones = {person: telling for person, telling in told.items() if person not in waiting}
    spoken_to = _spoken_to(new_ones.keys(), purpose, now)
    begun = [
        _begun(person, telling, ways.get(person), purpose, spoken_to.get(person, _SpokenTo(now)), now)
        for person, telling in new_ones.items()
    ]
    keys = rows_insert(Delivery, begun, purpose=purpose, created_at=now)
    _dead_ends_free([key for key, row in zip(keys, begun, strict=True) if row.status == Status.DROPPED])
    written = {person: delivery.pk for person, delivery in waiting.items()} | dict(zip(new_ones, keys, strict=True))
    rows = [_Spoken(written[person], step) for person, telling in told.items() for step in telling.steps]
    rows_insert(DeliveryStep, rows, ignore_conflicts=bool(waiting))


def occasions_free(ended: QuerySet[Delivery], **values: object) -> int:
    """End these deliveries without their having been sent, so that another may take their place; how many ended."""
    freed = Concat(F("occasion"), Value(" #"), Cast("pk", CharField()))
    return ended.update(occasion=freed, leased_until=None, lease="", begun_at=None, **values)


def _waiting(people: Collection[int], purpose: Delivery.Purpose) -> dict[int, Delivery]:
    """The message that waits for each of these people, held so that it cannot leave meanwhile."""
    # What may have left already has been told: nothing joins it.
    pending = Delivery.objects.pending().filter(person__pk__among=people, purpose=purpose, begun_at__isnull=True)
    held = pending.select_for_update(skip_locked=True, of=("self",)).order_by("-created_at", "-pk")
    return {delivery.person_id: delivery for delivery in held}


@dataclass
class _SpokenTo:
    """When the next message to a person may leave, and the occasions that messages which left have taken."""

    free_at: datetime
    occasions: set[str] = field(default_factory=set)


def _spoken_to(people: Collection[int], purpose: Delivery.Purpose, now: datetime) -> dict[int, _SpokenTo]:
    """For those of these people whom a message has reached within a quarter of an hour, or one named after it."""
    sent = Q(sent_at__gt=now - QUARTER)
    for quarters in range(3):
        # One that woke somebody is named after the end of the quiet hours, and clocks of two workers may differ.
        sent |= Q(occasion__startswith=occasion_of(purpose, now + quarters * QUARTER))
    may_have_left = Q(status=Status.SENDING) | Q(status=Status.PENDING, begun_at__isnull=False)
    left = may_have_left | (Q(status=Status.SENT) & sent)
    rows = Delivery.objects.told_lately(people, purpose, now).filter(left)
    spoken_to: dict[int, _SpokenTo] = {}
    for person, sent_at, occasion in rows.values_list("person_id", "sent_at", "occasion"):
        one = spoken_to.setdefault(person, _SpokenTo(now))
        one.free_at = max(one.free_at, (sent_at or now) + QUARTER)
        one.occasions.add(occasion)
    return spoken_to


def _occasion_free(purpose: Delivery.Purpose, at: datetime, taken: Collection[str]) -> str:
    """The same, numbered when a message that left has taken it: one person's must not hold up those of all."""
    first = occasion_of(purpose, at)
    if first not in taken:
        return first
    numbered = (f"{first} {number}" for number in count(2))
    return next(name for name in numbered if name not in taken)


def _begun(
    person: int, telling: Telling, way: Way | None, purpose: Delivery.Purpose, spoken_to: _SpokenTo, now: datetime
) -> _Begun:
    expires_at = telling.expires_at or now
    # Two messages at once are the lesser harm when the other choice is none.
    not_before = spoken_to.free_at if spoken_to.free_at < expires_at else now
    waited = not_before > now
    return _Begun(
        person_id=person,
        contact_point_id=None if way is None else way.contact_point,
        kind="" if way is None else way.kind,
        occasion=_occasion_free(purpose, not_before, spoken_to.occasions),
        infusion_id=telling.infusion,
        briefing_on=telling.briefing_on,
        status=str(Status.DROPPED if way is None else Status.PENDING),
        reason=NO_WAY if way is None else "",
        owed_at=not_before if waited else telling.owed_at or now,
        expires_at=expires_at,
        link_until=expires_at + LINK_OUTLIVES,
        next_attempt_at=not_before,
    )


def _join(delivery: Delivery, telling: Telling, now: datetime) -> None:
    if telling.expires_at is not None:
        delivery.expires_at = max(delivery.expires_at, telling.expires_at)
        delivery.link_until = max(delivery.link_until or telling.expires_at, telling.expires_at + LINK_OUTLIVES)
    if telling.briefing_on is not None:
        delivery.briefing_on, delivery.infusion_id = telling.briefing_on, telling.infusion
    if telling.may_wake and delivery.reason == QUIET and delivery.next_attempt_at > now:
        delivery.next_attempt_at = now
        delivery.owed_at = min(delivery.owed_at, telling.owed_at or now)
        # It gives back the quarter of an hour that it was held for: another message may be due then.
        delivery.occasion = f"{occasion_of(Purpose(delivery.purpose), now)} #{delivery.pk}"
    delivery.infusion_id = delivery.infusion_id or telling.infusion
    delivery.save(
        update_fields=["expires_at", "link_until", "briefing_on", "next_attempt_at", "owed_at", "occasion", "infusion"]
    )


def _dead_ends_free(keys: Collection[int]) -> None:
    if keys:
        occasions_free(Delivery.objects.filter(pk__in=keys))
