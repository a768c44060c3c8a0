"""What the simulated month is about: plain values that both the engine and the model are given."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, time, timedelta
from enum import StrEnum

TICK = timedelta(seconds=15)


class Told(StrEnum):
    """When a member of a family, or of a staff, is told."""

    FIRST = "first"
    SECOND = "second"
    NEVER = "never"


class Fault(StrEnum):
    """What a provider does with every message to one address for a while."""

    PASSING = "passing"
    PERMANENT = "permanent"
    UNKNOWN_HAS_IT = "unknown, and it has it"
    UNKNOWN_LOST_IT = "unknown, and it has not"
    UNKNOWN_SILENT = "unknown, and it cannot tell"


@dataclass(frozen=True, kw_only=True)
class Person:
    """Somebody who is told, and when they sleep."""

    key: int
    zone: str
    quiet_from: time | None = None
    quiet_until: time | None = None


@dataclass(frozen=True, kw_only=True)
class Contact:
    """A way to reach a person, as it is when the month begins."""

    key: int
    person: int
    kind: str
    rank: int
    is_usable: bool = True


@dataclass(frozen=True, kw_only=True)
class Child:
    """A child of a clinic; `zone` is where it lives."""

    key: int
    clinic: int
    zone: str


@dataclass(frozen=True, kw_only=True)
class Member:
    """A person's place in the family of a child, or on the staff of a clinic: one of the two keys is None."""

    key: int
    person: int
    told: Told
    child: int | None = None
    clinic: int | None = None


@dataclass(frozen=True, kw_only=True)
class Duty:
    """Who is on duty for a child, from when until when."""

    key: int
    child: int
    person: int
    starts_at: datetime
    ends_at: datetime


@dataclass(frozen=True, kw_only=True)
class Course:
    """One infusion: the planned starts of its days."""

    key: int
    child: int
    days: tuple[datetime, ...]


@dataclass(frozen=True, kw_only=True)
class Times:
    """When a step is due, late and over."""

    due: datetime
    late: datetime
    closes: datetime

    def later(self, by: timedelta) -> Times:
        """The same, so much later."""
        return Times(due=self.due + by, late=self.late + by, closes=self.closes + by)


@dataclass(frozen=True, kw_only=True)
class Thing:
    """One step, and when people are to be told of it."""

    key: int
    course: int
    times: Times
    lead: timedelta | None = None
    every: timedelta | None = None
    repeats: int = 0
    second: timedelta | None = None
    clinic: timedelta | None = None
    wakes: bool = False


class What(StrEnum):
    """One thing that happens in the month."""

    TICK = "tick"
    SKIP = "skip"
    UNDO = "undo"
    SNOOZE = "snooze"
    MOVE = "move"
    WITHDRAW = "withdraw"
    RESTORE = "restore"
    CONTACT_OFF = "contact off"
    CONTACT_ON = "contact on"
    LEAVE = "leave"
    DUTY_ENDS = "duty ends"
    DAY_MOVES = "day moves"
    CANCEL = "cancel"
    CLOSE = "close"


@dataclass(frozen=True, kw_only=True)
class Event:
    """Something that happens at one instant. `key` is of what `what` is about; the rest is used where it applies."""

    at: datetime
    what: What
    key: int = 0
    minutes: int = 0
    times: tuple[tuple[int, Times], ...] = ()
    day: int = 0
    start: datetime | None = None


@dataclass(frozen=True, kw_only=True)
class Trouble:
    """A provider fails one contact point from `begins` until `ends`."""

    contact: int
    begins: datetime
    ends: datetime
    fault: Fault


@dataclass(frozen=True, kw_only=True)
class Story:
    """A month: who there is, what is due, and what happens, in order. In an outage nothing ticks."""

    begins: datetime
    ends: datetime
    people: tuple[Person, ...]
    contacts: tuple[Contact, ...]
    children: tuple[Child, ...]
    members: tuple[Member, ...]
    duties: tuple[Duty, ...]
    courses: tuple[Course, ...]
    things: tuple[Thing, ...]
    events: tuple[Event, ...]
    troubles: tuple[Trouble, ...]
    outages: tuple[tuple[datetime, datetime], ...]

    def tick_at(self, instant: datetime) -> datetime:
        """The first tick of the dispatcher at or after an instant."""
        late = (instant - self.begins) % TICK
        tick = instant if not late else instant - late + TICK
        for begins, ends in self.outages:
            if begins <= tick < ends:
                return self.tick_at(ends)
        return tick


@dataclass(frozen=True, kw_only=True, order=True)
class Sent:
    """One message that left: who was told, when, of which steps, and how urgently it spoke of them.

    `ahead` counts the steps of the whole day that it looks ahead to; `is_repeat` says that they may have had it before.
    """

    at: datetime
    person: int
    purpose: str
    things: tuple[int, ...] = ()
    ahead: int = 0
    urgency: str = ""
    is_repeat: bool = False
