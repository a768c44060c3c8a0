"""Which infusion a person means who names none: of the children they care for, the one that runs or is nearest."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from django.db.models import F

from ivig_care.accounts.models import User
from ivig_care.care_teams.access import Right, cared_for_by
from ivig_care.plans.models import Infusion, InfusionDay, Plan
from ivig_care.regimen.timing import zone_named

# From the day before until the checks are over a family has something to do with an infusion.
BEFORE = timedelta(hours=36)
AFTER = timedelta(days=10)
# So long before its planned start, and after it when nobody says that it ended, a day is the day of the infusion.
DAY_AROUND = timedelta(hours=12)


@dataclass(frozen=True, kw_only=True)
class Near:
    """An infusion as far as the bar at the foot of the page needs it. `day` is its infusion day, if that is today."""

    infusion_id: int
    child_id: int
    child: str
    zone: ZoneInfo
    starts_at: datetime
    over_at: datetime
    day: int | None
    is_running: bool
    # Grows with whatever changes on it.
    revision: int
    paused_at: datetime | None = None

    def is_current(self, now: datetime) -> bool:
        """Whether there is anything to do with it now."""
        return self.starts_at - BEFORE <= now < self.over_at


def infusions_near(user: User, *, now: datetime, right: Right = Right.SEE) -> list[Near]:
    """The infusion of each child of the person's that runs or is nearest, the nearest child first. One query."""
    days = (
        InfusionDay.objects.filter(
            infusion__plan__child__in=cared_for_by(user, right),
            infusion__plan__status=Plan.Status.ACTIVE,
            cancelled_at__isnull=True,
        )
        .with_pause()
        .annotate(child=F("infusion__plan__child_id"), given_name=F("infusion__plan__child__given_name"))
        .order_by("planned_start", "pk")
        .values_list(
            *("infusion_id", "child", "given_name", "infusion__zone", "infusion__revision", "pk", "planned_start"),
            *("actual_start", "actual_end", "still_since"),
        )
    )
    made: dict[int, Near] = {}
    for infusion, child, name, zone, revision, day, planned, started, ended, paused in days:
        begins, ends = started or planned, ended or started or planned
        is_running = started is not None and ended is None and now < started + 2 * DAY_AROUND
        is_today = is_running or (begins - DAY_AROUND <= now < ends + DAY_AROUND)
        before = made.get(infusion)
        made[infusion] = Near(
            infusion_id=infusion,
            child_id=child,
            child=name,
            zone=zone_named(zone),
            starts_at=before.starts_at if before else begins,
            over_at=ends + AFTER,
            day=day if is_today else before.day if before else None,
            is_running=is_running or (before is not None and before.is_running),
            revision=revision,
            paused_at=paused if is_running else before.paused_at if before else None,
        )
    nearest: dict[int, Near] = {}
    for one in sorted(made.values(), key=lambda one: _distance(one, now)):
        nearest.setdefault(one.child_id, one)
    return list(nearest.values())


def nearest_infusion(user: User, *, now: datetime) -> Infusion | None:
    """The infusion that runs or is nearest, of any child of the person's."""
    near = infusions_near(user, now=now)
    if not near:
        return None
    rows = Infusion.objects.select_related("plan__child__clinic", "plan__product", "plan__version")
    return rows.get(pk=near[0].infusion_id)


def _distance(one: Near, now: datetime) -> tuple[bool, bool, timedelta, int]:
    """What runs comes first, then what there is something to do with, then what is to come, then what was last."""
    is_ahead = one.starts_at > now
    away = one.starts_at - now if is_ahead else now - one.starts_at
    return (not one.is_running, not one.is_current(now), away if is_ahead else 10 * away, one.infusion_id)
