"""When the doses of a course fall: chained on the last real dose, never closer than the prescribed interval."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from ivig_care.regimen.errors import ScheduleTooLong
from ivig_care.regimen.facts import SlotFact
from ivig_care.regimen.steps import State
from ivig_care.regimen.timing import Elapsed, QuietHours

MOST_DOSES = 200


@dataclass(frozen=True, kw_only=True)
class DoseTime:
    """One dose of a course: its number, when it is due (UTC), and from where in the night it was shifted, if it was."""

    number: int
    due_at: datetime
    shifted_from: datetime | None = None


def dose_times(
    *,
    course: str,
    first: datetime,
    every: Elapsed,
    until: datetime,
    settled: Mapping[int, SlotFact],
    elsewhere: tuple[datetime, ...],
    night: QuietHours | None = None,
    zone: ZoneInfo,
) -> Iterator[DoseTime]:
    """The doses of a course with their due times (UTC), from `first` until no later than `until`.

    `settled` are its doses already done, skipped or missed. What was said keeps its place, and so does a missed dose
    unless its time has moved since: then it is due again, for nobody ever said anything about it. A done dose starts
    the clock anew at the time it was really given; a skipped or missed one does not, the next keeps its place on
    the grid.
    `elsewhere` are doses of the same ingredient outside this course (premedication, rescue, clinic), planned, missed
    or given. A dose that would come closer than `every` to one of them, or to a dose of this course that was really
    given, is left out and the course goes on from there. A number that would so come after a later one that was
    said is passed over. A dose that would fall into the `night` of `zone` is due at its end, and the course goes on
    from there. Raises ScheduleTooLong.
    """
    taken = (*elsewhere, *(fact.at for fact in settled.values() if fact.state is State.DONE))
    said = {number: _said_at(fact) for number, fact in settled.items() if fact.state.is_said}
    last_said = max(said, default=0)
    number, due_at, meant = 1, first, first
    while due_at <= until or number <= last_said:
        if number > MOST_DOSES:
            raise ScheduleTooLong(course, MOST_DOSES)
        fact = settled.get(number)
        if fact is not None and (number <= last_said or fact.due_at == due_at):
            due_at = fact.due_at
        elif any(later > number and due_at >= at for later, at in said.items()):
            number += 1
            continue
        elif taken_at := _too_close(due_at, every, taken):
            due_at = meant = taken_at + every
            continue
        elif morning := _morning_after(due_at, night, zone):
            due_at = morning
            continue
        shifted_from = meant if meant != due_at and number not in said else None
        yield DoseTime(number=number, due_at=due_at, shifted_from=shifted_from)
        clock_starts = fact.at if fact is not None and fact.state is State.DONE else due_at
        number, due_at = number + 1, clock_starts + every
        meant = due_at


def _morning_after(due_at: datetime, night: QuietHours | None, zone: ZoneInfo) -> datetime | None:
    return None if night is None else night.hold_until(due_at, zone)


def _said_at(fact: SlotFact) -> datetime:
    return fact.at if fact.state is State.DONE else fact.due_at


def _too_close(due_at: datetime, every: Elapsed, taken: tuple[datetime, ...]) -> datetime | None:
    return max((at for at in taken if due_at - every < at < due_at + every), default=None)
