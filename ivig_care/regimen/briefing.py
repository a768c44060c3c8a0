"""When a family is told what a day will bring: the evening before an infusion, and the morning of a busy day."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from ivig_care.regimen.timing import resolve_local

EVENING = time(19)
MORNING = time(7)
MORNING_LEAST = 2
_NOON = time(12)
_DAY = timedelta(days=1)


@dataclass(frozen=True, kw_only=True)
class Briefing:
    """One message about all that is due `on` a local date: told from the UTC instant `at`, useless from `until`."""

    at: datetime
    on: date
    until: datetime


def briefings(*, dues: Sequence[datetime], day_starts: Sequence[datetime], zone: ZoneInfo) -> tuple[Briefing, ...]:
    """The briefings of one infusion in order of time, on the wall clock of `zone`.

    `dues` are the UTC instants at which its steps are due, `day_starts` those at which its days begin. An infusion day
    with anything due is told of at 19:00 the evening before; a date with at least two things due at 07:00.
    """
    count = Counter(due.astimezone(zone).date() for due in dues)
    infusion_days = {start.astimezone(zone).date() for start in day_starts} & set(count)
    evenings = (_between(on - _DAY, EVENING, on, time(), on, zone) for on in infusion_days)
    mornings = (_between(on, MORNING, on, _NOON, on, zone) for on, number in count.items() if number >= MORNING_LEAST)
    return tuple(sorted((*evenings, *mornings), key=lambda briefing: briefing.at))


def next_briefing(briefings: Sequence[Briefing], *, briefed_at: datetime | None, now: datetime) -> Briefing | None:
    """The briefing to be told next, when the last one was told at `briefed_at`; None when nothing is owed.

    `briefings` are in order of time. One that has gone by is still told while it is of use; of several the last.
    """
    owed = [one for one in briefings if now < one.until and (briefed_at is None or one.at > briefed_at)]
    gone_by = [one for one in owed if one.at <= now]
    if gone_by:
        return gone_by[-1]
    return owed[0] if owed else None


def _between(from_day: date, from_time: time, until_day: date, until_time: time, on: date, zone: ZoneInfo) -> Briefing:
    at = resolve_local(from_day, from_time, zone)
    return Briefing(at=at, on=on, until=resolve_local(until_day, until_time, zone))
