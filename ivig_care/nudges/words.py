"""The words of a message: how many steps, how urgent, since when, and where to look. Nothing private."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time

from ivig_care.care_teams.access import children_told_of
from ivig_care.nudges.models import Delivery
from ivig_care.plans.briefing import steps_on

# A list of what the day holds is of use until then.
_NOON = time(12)


@dataclass(frozen=True)
class Ahead:
    """A day to look ahead to: today or tomorrow, how many steps, and when the first is due."""

    is_today: bool
    count: int
    first: str


def ahead_of(delivery: Delivery, *, now: datetime) -> Ahead | None:
    """What the day holds that a message looks ahead to; None when it has gone by, or holds nothing any more."""
    if delivery.infusion is None or delivery.briefing_on is None:
        return None
    there = delivery.infusion.tz
    local = now.astimezone(there)
    is_today = delivery.briefing_on == local.date()
    if delivery.briefing_on < local.date() or (is_today and local.time() >= _NOON):
        return None
    children = set(children_told_of([delivery.person_id]).values_list("pk", flat=True))
    dues = list(steps_on(children, delivery.briefing_on, there).values_list("due_at", flat=True))
    return Ahead(is_today, len(dues), clock(dues[0].astimezone(there))) if dues else None


def clock(local: datetime) -> str:
    """A time as people say it: 8:30 am."""
    return local.strftime("%-I:%M %p").lower()


def clock_on(local: datetime, today: date) -> str:
    """A time as people say it, with the day when that is not today: Mon 8:30 am."""
    return clock(local) if local.date() == today else f"{local.strftime('%a')} {clock(local)}"
