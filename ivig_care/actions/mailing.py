"""Writes deliveries: what people are to be told goes into the message that waits for them, or begins one."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from django.db.models import CharField, F, Q, QuerySet, Value
from django.db.models.functions import Cast, Concat

from ivig_care.nudges.audience import Way
from ivig_care.nudges.models import Delivery
from ivig_care.plans.models import Step
from ivig_care.regimen.briefing import Briefing
from ivig_care.regimen.nudging import QUARTER, quarter_of

# So long after the last of its steps is over, the link of a message still opens them, to say what happened.
LINK_OUTLIVES = timedelta(hours=24)
# The reason of a delivery that waits for the end of its person's quiet hours.
HELD = "quiet hours"
NO_WAY = "no way to reach this person is switched on"

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

    def add(self, step: Step, *, owed_at: datetime) -> None:
        """Tell of a step that was to ring at `owed_at`."""
        self.steps.append(step.pk)
        self.may_wake = self.may_wake or step.may_wake
        self._widen(step.infusion_id, owed_at, step.closes_at)

    def brief(self, infusion: int, briefing: Briefing) -> None:
        """Tell of a whole day."""
        self.briefing_on = max(self.briefing_on or briefing.on, briefing.on)
        self._widen(infusion, briefing.at, briefing.until)

    def _widen(self, infusion: int, owed_at: datetime, expires_at: datetime) -> None:
        self.infusion = self.infusion or infusion
        self.owed_at = owed_at if self.owed_at is None else min(self.owed_at, owed_at)
        self.expires_at = expires_at if self.expires_at is None else max(self.expires_at, expires_at)


def deliveries_write(
    told: Mapping[int, Telling], *, ways: Mapping[int, Way], purpose: Delivery.Purpose, now: datetime
) -> None:
    """Tell these people: join the message that waits for each, or begin one.

    Raises IntegrityError when somebody else began a message to one of them at the same moment; then try again.
    """
    if not told:
        return
    waiting = _waiting(told.keys(), purpose)
    for delivery in waiting.values():
        _join(delivery, told[delivery.person_id], now)
    new_ones = {person: telling for person, telling in told.items() if person not in waiting}
    spoken_to = _spoken_to(new_ones.keys(), purpose, now)
    begun = [
        _begun(person, telling, ways.get(person), purpose, max(now, spoken_to.get(person, now)), now)
        for person, telling in new_ones.items()
    ]
    Delivery.objects.bulk_create(begun)
    _dead_ends_free([delivery.pk for delivery in begun if delivery.status == Status.DROPPED])
    written = {**waiting, **{delivery.person_id: delivery for delivery in begun}}
    through = Delivery.steps.through
    rows = [
        through(delivery_id=written[person].pk, step_id=step)
        for person, telling in told.items()
        for step in telling.steps
    ]
    through.objects.bulk_create(rows, ignore_conflicts=bool(waiting))


def occasions_free(ended: QuerySet[Delivery], **values: object) -> int:
    """End these deliveries without their having been sent, so that another may take their place; how many ended."""
    freed = Concat(F("occasion"), Value(" #"), Cast("pk", CharField()))
    return ended.update(occasion=freed, leased_until=None, lease="", begun_at=None, **values)


def _waiting(people: Collection[int], purpose: Delivery.Purpose) -> dict[int, Delivery]:
    """The message that waits for each of these people, held so that it cannot leave meanwhile."""
    pending = Delivery.objects.pending().filter(person__in=people, purpose=purpose)
    held = pending.select_for_update(skip_locked=True, of=("self",)).order_by("-created_at", "-pk")
    return {delivery.person_id: delivery for delivery in held}


def _spoken_to(people: Collection[int], purpose: Delivery.Purpose, now: datetime) -> dict[int, datetime]:
    """For those of these people whom a message has reached within a quarter of an hour: when the next may."""
    lately = Q(status=Status.SENT, sent_at__gt=now - QUARTER) | Q(status=Status.SENDING)
    found = Delivery.objects.filter(lately, person__in=people, purpose=purpose).order_by("created_at")
    return {
        person: (sent_at or now) + QUARTER for person, sent_at in found.values_list("person_id", "sent_at").iterator()
    }


def _begun(
    person: int, telling: Telling, way: Way | None, purpose: Delivery.Purpose, not_before: datetime, now: datetime
) -> Delivery:
    expires_at = telling.expires_at or now
    occasion = f"{quarter_of(not_before):%Y-%m-%dT%H:%MZ}"
    waited = not_before > now
    return Delivery(
        person_id=person,
        contact_point_id=None if way is None else way.contact_point,
        kind="" if way is None else way.kind,
        purpose=purpose,
        occasion=occasion if purpose == Purpose.NUDGE else f"{purpose} {occasion}",
        infusion_id=telling.infusion,
        briefing_on=telling.briefing_on,
        status=Status.DROPPED if way is None else Status.PENDING,
        reason=NO_WAY if way is None else "",
        created_at=now,
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
        delivery.briefing_on = telling.briefing_on
    if telling.may_wake and delivery.reason == HELD:
        delivery.next_attempt_at = min(delivery.next_attempt_at, now)
    delivery.infusion_id = delivery.infusion_id or telling.infusion
    delivery.save(update_fields=["expires_at", "link_until", "briefing_on", "next_attempt_at", "infusion"])


def _dead_ends_free(keys: Collection[int]) -> None:
    if keys:
        occasions_free(Delivery.objects.filter(pk__in=keys))
