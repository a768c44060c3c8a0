"""The words of a message: how many steps, how urgent, since when, and where to look. Nothing private."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo, available_timezones

from ivig_care.care_teams.access import children_told_of
from ivig_care.common.spoken import clock
from ivig_care.nudges.outgoing import Outgoing
from ivig_care.plans.briefing import dues_of
from ivig_care.plans.models import Infusion
from ivig_care.regimen.timing import resolve_local, zone_named

# A list of what the day holds is of use until then.
_NOON = time(12)


@dataclass(frozen=True)
class Ahead:
    """A day to look ahead to: today or tomorrow, how many steps, and when the first is due, as its person says it."""

    is_today: bool
    count: int
    first: str


@dataclass(frozen=True, slots=True)
class Course:
    """An infusion that a notice is about: whether it has begun, and when its next day is to start, in its zone."""

    child: int
    has_begun: bool
    starts: datetime | None


def courses_of(infusions: Collection[int | None]) -> dict[int, Course]:
    """These infusions, as they stand now."""
    keys = {key for key in infusions if key is not None}
    if not keys:
        return {}
    found = Infusion.objects.filter(pk__in=keys).select_related("plan__child").prefetch_related("days")
    return {one.pk: _course(one) for one in found}


def _course(infusion: Infusion) -> Course:
    days = infusion.days.all()
    coming = [day.planned_start for day in days if day.actual_start is None and day.cancelled_at is None]
    return Course(
        child=infusion.plan.child_id,
        has_begun=any(day.actual_start is not None for day in days),
        starts=min(coming).astimezone(infusion.tz) if coming else None,
    )


@dataclass(frozen=True)
class DaysAhead:
    """What is needed to look ahead: the zone of each infusion, the children of each person, when things are due."""

    zone_of: dict[int, ZoneInfo] = field(default_factory=dict)
    children_of: dict[int, set[int]] = field(default_factory=dict)
    dues_of: dict[int, list[datetime]] = field(default_factory=dict)


def days_ahead(deliveries: Iterable[Outgoing]) -> DaysAhead:
    """The days that these messages look ahead to."""
    looking = [(one, one.briefing_on, one.infusion_id) for one in deliveries if one.briefing_on and one.infusion_id]
    if not looking:
        return DaysAhead()
    zones = Infusion.objects.filter(pk__among={infusion for _, _, infusion in looking}).values_list("pk", "zone")
    zone_of = {pk: zone_named(zone) for pk, zone in zones if zone in available_timezones()}
    children_of = children_told_of({one.person_id for one, _, _ in looking})
    spans = [day_span(on, zone_of[infusion]) for _, on, infusion in looking if infusion in zone_of]
    if not spans:
        return DaysAhead()
    dues = dues_of(
        set().union(*children_of.values()),
        begins=min(begins for begins, _ in spans),
        ends=max(ends for _, ends in spans),
    )
    return DaysAhead(zone_of, children_of, dues)


def ahead_of(delivery: Outgoing, days: DaysAhead, *, now: datetime) -> Ahead | None:
    """What the day holds that a message looks ahead to; None when it has gone by, or holds nothing any more."""
    if delivery.infusion_id is None or delivery.briefing_on is None:
        return None
    there = days.zone_of[delivery.infusion_id]
    local = now.astimezone(there)
    is_today = delivery.briefing_on == local.date()
    if delivery.briefing_on < local.date() or (is_today and local.time() >= _NOON):
        return None
    begins, ends = day_span(delivery.briefing_on, there)
    theirs = (days.dues_of.get(child, ()) for child in days.children_of.get(delivery.person_id, ()))
    dues = [due for dues in theirs for due in dues if begins <= due < ends]
    return Ahead(is_today, len(dues), clock(min(dues).astimezone(there))) if dues else None


def day_span(on: date, zone: ZoneInfo) -> tuple[datetime, datetime]:
    """When a local date begins and ends."""
    return resolve_local(on, time(), zone), resolve_local(on + timedelta(days=1), time(), zone)
