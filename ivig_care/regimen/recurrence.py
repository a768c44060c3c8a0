"""When the next infusion would be: proposed to the clinic, never assumed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from ivig_care.regimen.facts import DayFacts
from ivig_care.regimen.protocol import Cadence
from ivig_care.regimen.timing import resolve_local


@dataclass(frozen=True, kw_only=True)
class Proposal:
    """The next infusion as the cadence would have it: the start of each day (UTC), so many weeks on.

    `earliest` and `latest` are the local dates between which its first day may move.
    """

    weeks: int
    starts: tuple[datetime, ...]
    earliest: date
    latest: date


def propose_next(
    cadence: Cadence, days: tuple[DayFacts, ...], zone: ZoneInfo, *, number: int | None = None
) -> Proposal | None:
    """The infusion after the one with these days: the same weekdays and wall-clock times, so many weeks later.

    `number` is which infusion of the plan this one is, 1 for the first. None when no day takes place, or when the
    cadence changes with the number and nobody knows it.
    """
    weeks = _weeks_after(cadence, number)
    if not days or weeks is None:
        return None
    shown = [day.planned_start.astimezone(zone) for day in days]
    on = [local.date() + timedelta(weeks=weeks) for local in shown]
    slack = timedelta(days=cadence.slack_days)
    return Proposal(
        weeks=weeks,
        starts=tuple(resolve_local(day, local.time(), zone) for day, local in zip(on, shown, strict=True)),
        earliest=on[0] - slack,
        latest=on[0] + slack,
    )


def _weeks_after(cadence: Cadence, number: int | None) -> int | None:
    *changing, settled = cadence.weeks
    if not changing:
        return settled
    if number is None:
        return None
    return cadence.weeks[min(number, len(cadence.weeks)) - 1]
