"""Two kinds of time, windows and quiet hours: the only arithmetic on time in the project."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from functools import lru_cache
from typing import TypeAlias
from zoneinfo import ZoneInfo

from ivig_care.regimen.errors import UnknownZone

ONE_SECOND = timedelta(seconds=1)
# Files of the zone database that are no place on earth: leap-second variants, and whatever this machine is set to.
_NO_ZONES = ("right/", "posix/", "posixrules", "localtime", "Factory")


class Elapsed(timedelta):
    """Physical time, as in "6 h after": added in UTC, so a change of clocks cannot stretch or shrink it."""


@dataclass(frozen=True)
class WallClock:
    """A time on the kitchen clock, as in "08:00 the day before": `days` from the anchor's local date, then `at`."""

    days: int
    at: time


Offset: TypeAlias = Elapsed | WallClock


class Phase(StrEnum):
    """Where an instant lies in a step's window."""

    EARLY = "too early"
    DUE = "due"
    LATE = "late"
    CLOSED = "closed"


@dataclass(frozen=True, kw_only=True)
class Window:
    """When a step may be done: UTC instants with opens_at <= due_at <= late_at <= closes_at."""

    opens_at: datetime
    due_at: datetime
    late_at: datetime
    closes_at: datetime

    def phase(self, now: datetime) -> Phase:
        """The phase of the instant `now`; each boundary belongs to the phase that it begins."""
        if now < self.opens_at:
            return Phase.EARLY
        if now < self.late_at:
            return Phase.DUE
        return Phase.LATE if now < self.closes_at else Phase.CLOSED


@dataclass(frozen=True, kw_only=True)
class WindowRule:
    """A window said relative to the due time: open `opens_before` it, late and closed so long after it."""

    opens_before: Elapsed
    late_after: Elapsed
    closes_after: Elapsed

    def around(self, due_at: datetime) -> Window:
        """The window of a step that is due at the UTC instant `due_at`."""
        return Window(
            opens_at=due_at - self.opens_before,
            due_at=due_at,
            late_at=due_at + self.late_after,
            closes_at=due_at + self.closes_after,
        )


@dataclass(frozen=True)
class QuietHours:
    """The hours of the night, on a person's own wall clock, in which only what may wake is sent.

    An end that equals the start means no quiet hours: a message held for ever would be the greater harm.
    """

    start: time
    end: time

    def hold_until(self, instant: datetime, zone: ZoneInfo) -> datetime | None:
        """The UTC end of the quiet hours that `instant` falls into; None when it falls into none."""
        today = instant.astimezone(zone).date()
        overnight = timedelta(days=1 if self.end < self.start else 0)
        for evening in (today - timedelta(days=1), today):
            begins = resolve_local(evening, self.start, zone)
            ends = resolve_local(evening + overnight, self.end, zone)
            if begins <= instant < ends:
                return ends
        return None


@lru_cache(maxsize=256)
def zone_named(name: str) -> ZoneInfo:
    """The IANA zone of that name. Raises UnknownZone."""
    if name.startswith(_NO_ZONES):
        raise UnknownZone(name)
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError) as error:
        raise UnknownZone(name) from error


def resolve_local(day: date, at: time, zone: ZoneInfo) -> datetime:
    """The UTC instant at which clocks in `zone` show `day` and `at`.

    In a gap (clocks go forward) it is the first instant after the gap; in an overlap (clocks go back) the earlier one.
    """
    shown = datetime.combine(day, at)
    before_change = shown.replace(tzinfo=zone, fold=0).astimezone(UTC)
    if before_change.astimezone(zone).replace(tzinfo=None) == shown:
        return before_change
    after_change = shown.replace(tzinfo=zone, fold=1).astimezone(UTC)
    return _first_instant_after_change(after_change, before_change, zone)


def shift(anchor: datetime, offset: Offset, zone: ZoneInfo) -> datetime:
    """The UTC instant that lies `offset` from the UTC instant `anchor`, for a child who lives in `zone`."""
    if isinstance(offset, Elapsed):
        return anchor + offset
    local_date = anchor.astimezone(zone).date() + timedelta(days=offset.days)
    return resolve_local(local_date, offset.at, zone)


def _first_instant_after_change(before: datetime, after: datetime, zone: ZoneInfo) -> datetime:
    # Halving between an instant before the change and one after it; zone changes fall on whole seconds.
    old_offset = before.astimezone(zone).utcoffset()
    while after - before > ONE_SECOND:
        middle = before + (after - before) // 2
        middle = middle.replace(microsecond=0) if middle.microsecond else middle
        if middle.astimezone(zone).utcoffset() == old_offset:
            before = middle
        else:
            after = middle
    return after
