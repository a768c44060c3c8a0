"""A month of many families, made up from a seed: who they are, what is due when, and what happens to them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from itertools import count
from random import Random
from zoneinfo import ZoneInfo

from tests.simulation.story import (
    TICK,
    Child,
    Contact,
    Course,
    Duty,
    Event,
    Fault,
    Member,
    Person,
    Story,
    Thing,
    Times,
    Told,
    Trouble,
    What,
)

# Clocks go forward in Sydney and on Lord Howe on the 4th, back in Europe on the 25th and in America on 1 November.
BEGINS = datetime(2026, 10, 3, tzinfo=UTC)
ZONES = (
    *("America/Los_Angeles",) * 4,
    *("America/New_York",) * 4,
    *("Europe/London",) * 3,
    "Europe/Berlin",
    *("Australia/Sydney",) * 3,
    "Australia/Lord_Howe",
    "Asia/Kolkata",
)
FAMILIES_OF_A_CLINIC = 60
HOUR = timedelta(hours=1)
MINUTE = timedelta(minutes=1)


@dataclass(frozen=True)
class Kind:
    """How a step of this sort is told of; times are from its due time."""

    late: timedelta
    closes: timedelta
    lead: timedelta | None = None
    every: timedelta | None = None
    repeats: int = 0
    second: timedelta | None = None
    clinic: timedelta | None = None
    wakes: bool = False


BAG = Kind(3 * HOUR, 12 * HOUR, every=2 * HOUR, repeats=1)
DRINK = Kind(2 * HOUR, 9 * HOUR, lead=HOUR)
PREMEDICATION = Kind(
    20 * MINUTE, 3 * HOUR, lead=30 * MINUTE, every=15 * MINUTE, repeats=2, second=45 * MINUTE, wakes=True
)
DOSE = Kind(30 * MINUTE, 3 * HOUR, lead=15 * MINUTE, every=30 * MINUTE, repeats=2, second=90 * MINUTE)
NIGHT_DOSE = Kind(30 * MINUTE, 3 * HOUR, every=40 * MINUTE, repeats=2, second=80 * MINUTE, wakes=True)
CHECK = Kind(4 * HOUR, 12 * HOUR, every=2 * HOUR, repeats=1, second=4 * HOUR, clinic=8 * HOUR)
QUICK_CHECK = Kind(20 * MINUTE, 2 * HOUR, every=10 * MINUTE, repeats=3, second=25 * MINUTE, clinic=50 * MINUTE)


@dataclass
class _Making:
    """What is made so far; keys are unique over everything of one sort."""

    random: Random
    ends: datetime
    people: list[Person] = field(default_factory=list)
    contacts: list[Contact] = field(default_factory=list)
    children: list[Child] = field(default_factory=list)
    members: list[Member] = field(default_factory=list)
    duties: list[Duty] = field(default_factory=list)
    courses: list[Course] = field(default_factory=list)
    things: list[Thing] = field(default_factory=list)
    events: list[Event] = field(default_factory=list)
    troubles: list[Trouble] = field(default_factory=list)
    keys: Iterator[int] = field(default_factory=lambda: count(1))

    @property
    def key(self) -> int:
        """A new key."""
        return next(self.keys)

    def chance(self, share: float) -> bool:
        """True in so many of all cases."""
        return self.random.random() < share

    def instant(self, begins: datetime, ends: datetime) -> datetime:
        """Some second in between."""
        return begins + timedelta(seconds=self.random.randrange(max(int((ends - begins).total_seconds()), 1)))


def story_of(*, families: int, seed: int, days: int = 30) -> Story:
    """The month of so many families; the same seed makes the same month."""
    making = _Making(Random(seed), BEGINS + timedelta(days=days))
    clinics = range(1, 2 + families // FAMILIES_OF_A_CLINIC)
    for clinic in clinics:
        for _ in range(making.random.choice((1, 2))):
            told = making.random.choice((Told.FIRST, Told.FIRST, Told.NEVER))
            making.members.append(
                Member(key=making.key, person=_person(making, making.random.choice(ZONES)), told=told, clinic=clinic)
            )
    for number in range(families):
        _family(making, clinics[number % len(clinics)])
    # Beat closes what is over once a minute; four times a day is often enough to see that it changes nothing else.
    closings = [Event(at=BEGINS + number * 6 * HOUR, what=What.CLOSE) for number in range(days * 4)]
    events = [event for event in (*making.events, *closings) if BEGINS <= event.at < making.ends]
    return Story(
        begins=BEGINS,
        ends=making.ends,
        people=tuple(making.people),
        contacts=tuple(making.contacts),
        children=tuple(making.children),
        members=tuple(making.members),
        duties=tuple(making.duties),
        courses=tuple(making.courses),
        things=tuple(making.things),
        events=tuple(sorted(events, key=lambda event: event.at)),
        troubles=tuple(making.troubles),
        outages=tuple(_outages(making, days)),
    )


def _outages(making: _Making, days: int) -> Iterator[tuple[datetime, datetime]]:
    for day, hours in ((4, 0.2), (9, 1.5), (13, 5.0), (20, 0.6), (24, 14.0)):
        begins = BEGINS + timedelta(days=day) + making.random.randrange(0, 24 * 240) * TICK
        if day + 2 < days:
            yield begins, begins + int(hours * 240) * TICK


# --- who there is -----------------------------------------------------------------------------------------------------


def _family(making: _Making, clinic: int) -> None:
    random, zone = making.random, making.random.choice(ZONES)
    children = [Child(key=making.key, clinic=clinic, zone=zone) for _ in range(random.choice((1, 1, 1, 1, 1, 2, 2, 3)))]
    making.children += children
    keys: list[int] = []
    for place in range(random.choice((1, 2, 2, 2, 3))):
        person = _person(making, zone if making.chance(0.9) else random.choice(ZONES))
        told = Told.FIRST if not place and making.chance(0.95) else random.choice(tuple(Told))
        # In one family of six somebody belongs to some of the children only.
        theirs = children if making.chance(0.85) else random.sample(children, random.randint(1, len(children)))
        making.members += [Member(key=making.key, person=person, told=told, child=child.key) for child in theirs]
        keys.append(person)
    day: date | None = None
    for child in children:
        # Brothers and sisters often go together.
        day = day if day is not None and making.chance(0.5) else _some_day(making)
        course = _course(making, child, day)
        _duties(making, child, course, keys)
        _changes_of_people(making, keys, course)


def _person(making: _Making, zone: str) -> int:
    key, random = making.key, making.random
    quiet = random.choices(
        ((time(22), time(7)), (time(21, 30), time(6, 15)), (time(0, 30), time(8)), (time(9), time(16)), (None, None)),
        weights=(40, 15, 10, 8, 27),
    )[0]
    making.people.append(Person(key=key, zone=zone, quiet_from=quiet[0], quiet_until=quiet[1]))
    for rank, kind in enumerate(random.sample(("email", "sms", "push"), random.choice((1, 1, 2, 2, 3)))):
        making.contacts.append(Contact(key=making.key, person=key, kind=kind, rank=rank, is_usable=making.chance(0.92)))
    return key


def _near(making: _Making, course: Course) -> datetime:
    """Some second around a course, when it matters."""
    return making.instant(course.days[0] - 36 * HOUR, course.days[0] + 48 * HOUR)


def _troubles(making: _Making, contact: Contact, course: Course) -> None:
    # Sending a text writes rows of our own only: its end is always known.
    for fault in (Fault.PASSING, Fault.PERMANENT) if contact.kind == "sms" else Fault:
        if making.chance(0.06):
            begins = _near(making, course)
            length = making.random.choice((MINUTE, 10 * MINUTE, 2 * HOUR, 30 * HOUR))
            making.troubles.append(Trouble(contact=contact.key, begins=begins, ends=begins + length, fault=fault))


def _duties(making: _Making, child: Child, course: Course, people: list[int]) -> None:
    for _ in range(making.random.choice((0, 0, 0, 1, 3))):
        begins = _near(making, course)
        ends = begins + making.random.randint(2, 40) * HOUR
        person = making.random.choice(people)
        duty = Duty(key=making.key, child=child.key, person=person, starts_at=begins, ends_at=ends)
        making.duties.append(duty)
        if making.chance(0.15):
            making.events.append(Event(at=making.instant(begins, ends), what=What.DUTY_ENDS, key=duty.key))


def _changes_of_people(making: _Making, people: list[int], course: Course) -> None:
    for contact in [one for one in making.contacts if one.person in people]:
        _troubles(making, contact, course)
        for _ in range(making.random.choice((0, 0, 0, 0, 1, 3))):
            what = making.random.choice((What.CONTACT_OFF, What.CONTACT_ON, What.CONTACT_ON))
            making.events.append(Event(at=_near(making, course), what=what, key=contact.key))
    for member in [one for one in making.members if one.child == course.child and making.chance(0.06)]:
        making.events.append(Event(at=_near(making, course), what=What.LEAVE, key=member.key))


# --- what is due ------------------------------------------------------------------------------------------------------


def _some_day(making: _Making) -> date:
    """A date on which a course begins; one in three lies near a change of clocks somewhere."""
    number = making.random.choice((1, 2, 21, 22, 28)) if making.chance(0.33) else making.random.randrange(1, 30)
    return BEGINS.date() + timedelta(days=1 + number % ((making.ends - BEGINS).days - 3))


def _course(making: _Making, child: Child, day: date) -> Course:
    random, zone = making.random, ZoneInfo(child.zone)
    at = time(random.choice((8, 9, 9, 10, 13)), random.choice((0, 0, 0, 30, 15, random.randrange(60))))
    starts = _local(day, at, zone)
    days = (starts, starts + timedelta(days=1))[: random.choice((1, 2))]
    course = Course(key=making.key, child=child.key, days=days)
    making.courses.append(course)
    things = [_thing(making, course, kind, due) for kind, due in _dues(making, days, zone)]
    making.things += things
    for thing in things:
        _answers(making, thing)
    _changes(making, course, things)
    return course


def _dues(making: _Making, days: tuple[datetime, ...], zone: ZoneInfo) -> Iterator[tuple[Kind, datetime]]:
    random, first, last = making.random, days[0], days[-1] + 4 * HOUR
    yield BAG, _local(first.astimezone(zone).date() - timedelta(days=1), time(18), zone)
    for start in days:
        for _ in range(random.choice((1, 2))):
            yield PREMEDICATION, start - 30 * MINUTE
    if making.chance(0.7):
        yield DRINK, _local(first.astimezone(zone).date(), time(7), zone)
    for number in range(random.randint(0, 4)):
        yield random.choice((DOSE, NIGHT_DOSE)), first + 6 * HOUR * (number + 1) + random.choice((0, 0, 7)) * MINUTE
    if making.chance(0.7):
        yield QUICK_CHECK, last + random.randint(0, 9) * HOUR
    if making.chance(0.7):
        yield CHECK, last + 24 * HOUR


def _local(day: date, at: time, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, at, zone).astimezone(UTC)


def _thing(making: _Making, course: Course, kind: Kind, due: datetime) -> Thing:
    return Thing(
        key=making.key,
        course=course.key,
        times=Times(due=due, late=due + kind.late, closes=due + kind.closes),
        lead=kind.lead,
        every=kind.every,
        repeats=kind.repeats,
        second=kind.second,
        clinic=kind.clinic,
        wakes=kind.wakes,
    )


# --- what happens -----------------------------------------------------------------------------------------------------


def _answers(making: _Making, thing: Thing) -> None:
    """Most are ticked at some time, some are put off, some are taken back, and some are forgotten."""
    times, random = thing.times, making.random
    if making.chance(0.72):
        at = times.due - 30 * MINUTE + timedelta(minutes=random.expovariate(1 / 50))
        what = What.TICK if making.chance(0.85) else What.SKIP
        making.events.append(Event(at=at, what=what, key=thing.key))
        if making.chance(0.1):
            making.events.append(Event(at=making.instant(at, at + 2 * HOUR), what=What.UNDO, key=thing.key))
    if making.chance(0.2):
        for _ in range(random.randint(1, 4)):
            at = making.instant(times.due - HOUR, min(times.closes, times.due + 3 * HOUR))
            minutes = random.choice((5, 10, 15, 30, 60, 90))
            making.events.append(Event(at=at, what=What.SNOOZE, key=thing.key, minutes=minutes))


def _changes(making: _Making, course: Course, things: list[Thing]) -> None:
    """The real start is not the planned one, and sometimes the clinic moves or cancels it all."""
    if making.chance(0.4):
        at = making.instant(course.days[0], course.days[0] + 2 * HOUR)
        by = making.random.randint(-45, 120) * MINUTE
        making.events.append(_moved(What.MOVE, at, course, [one for one in things if one.times.due > at - HOUR], by))
    if making.chance(0.08):
        some = making.random.sample(things, 2)
        at = making.instant(some[0].times.due - 2 * HOUR, some[0].times.closes)
        making.events.append(_moved(What.WITHDRAW, at, course, some, timedelta()))
        later = making.instant(at, at + 3 * HOUR)
        making.events.append(_moved(What.RESTORE, later, course, some[:1], timedelta()))
    if making.chance(0.1):
        number = len(course.days) - 1
        for _ in range(making.random.choice((1, 1, 2))):
            at = making.instant(course.days[0] - timedelta(days=2), course.days[0])
            by = making.random.choice((3 * HOUR, timedelta(days=1), 26 * HOUR, timedelta(days=3)))
            some = [one for one in things if one.times.due > course.days[number] - HOUR]
            event = _moved(What.DAY_MOVES, at, course, some, by)
            start = course.days[number] + by
            making.events.append(
                Event(at=at, what=event.what, key=course.key, times=event.times, day=number, start=start)
            )
    if making.chance(0.06):
        at = making.instant(course.days[0] - timedelta(days=2), course.days[0] + 3 * HOUR)
        every = tuple((one.key, one.times) for one in things)
        making.events.append(Event(at=at, what=What.CANCEL, key=course.key, times=every))


def _moved(what: What, at: datetime, course: Course, things: list[Thing], by: timedelta) -> Event:
    return Event(at=at, what=what, key=course.key, times=tuple((one.key, one.times.later(by)) for one in things))
