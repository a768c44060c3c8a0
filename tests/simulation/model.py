"""Who should have been told what and when: the rules in plain Python, on purpose without a line of ivig_care.

A step rings at each of its alarms until somebody answers; everything else follows from that, one tick after the other.
Where the semantics leave something open, this is the rule:

- A step whose window is over never rings, not even late, and drags no other step along.
- Company: what rings now, briefings too, names the people who hear of something now; every other step of the children
  they are told of that would ring within 15 minutes rings along for its own people, once, and pulls nothing further.
  A step that somebody put off keeps its peace: it never rings before the end of the snooze.
- The end of a snooze rings for those who are told first, and for everybody whose alarm the snooze has silenced. A
  snooze that ends before the first alarm or after the window (the step has moved since) is void.
- Those who are second and are told first because nobody else can be reached are no longer second.
- Whoever is on duty and not told of the child at all is on duty all the same: the others are then second.
- A step that moves, comes back, is put off or whose answer is taken back has not rung when the messages about its last
  ring were all dropped; and it has not rung later than now, although it may have rung along ahead of its time.
- A step that was told of as coming up and moves to before that has not rung.
- The staff hear of nothing ahead of its time.
- What may have left already is joined by nothing: what rings meanwhile waits a quarter of an hour, in a message of its
  own. Of two that are to go to one person by one kind of way at one moment, the younger waits a quarter of an hour.
- A message is about what it spoke of when it left.
- What was tried again or held keeps its distance of a quarter of an hour from what the person was told meanwhile; but
  when the distance would outlast the message, it leaves at once.
- When no other try would be in time, every other way that was not tried yet is, at once.
- Somebody who cannot be asked about by any other way gets no more than three tries of which nobody knows the end.
- A notice about an infusion is not sent to somebody who has left.
- A step that has moved while its message waited is left out of it until one of its new alarms has come.
- A day is worth telling of until its noon where the child lives, while anything of it is open for the children that the
  person is told of; the message counts these.
- The staff are told like a family, in messages of their own. Notices (moved, cancelled, channel off) wait for the
  end of quiet hours and speak of no steps. That an infusion moved is told five minutes later, in case it moves again.
- A message goes to its person's first usable contact point as things stood when it was begun. When that one is off, or
  after every third try that failed, it goes to the next in order, after the last to the first.
- What is unknown and turns out to have arrived counts as sent when we learn of it. When the provider cannot tell, or
  the message goes another way meanwhile, it is sent again and says that it may be a repeat.
"""

from __future__ import annotations

import heapq
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from typing import TypeAlias
from zoneinfo import ZoneInfo

from tests.simulation.story import TICK, Course, Event, Fault, Person, Sent, Story, Thing, Times, Told, What

QUARTER = timedelta(minutes=15)
DAY = timedelta(days=1)
FAMILY_FIRST, FAMILY_SECOND, STAFF = "first", "second", "staff"
# When a step rings, and for whom.
Ring: TypeAlias = tuple[datetime, set[str]]


@cache
def wall(day: date, at: time, zone: str) -> datetime:
    """The first quarter of an hour at which clocks in the zone show this day and time, or already more."""
    shown = datetime.combine(day, at)
    instant = shown.replace(tzinfo=UTC) - timedelta(hours=15)
    while instant.astimezone(ZoneInfo(zone)).replace(tzinfo=None) < shown:
        instant += QUARTER
    return instant


@cache
def local_date(instant: datetime, zone: str) -> date:
    """What the calendar shows there then."""
    return instant.astimezone(ZoneInfo(zone)).date()


@dataclass(eq=False)
class Step:
    """One step as it is now. `rung` is when it last rang, `put_off` until when it is to keep quiet."""

    thing: Thing
    child: int
    zone: str
    times: Times
    state: str = "open"
    rung: datetime | None = None
    put_off: datetime | None = None
    put_offs: int = 0
    alarms: tuple[tuple[datetime, str], ...] = ()
    on: date = date.min

    def place(self, times: Times) -> None:
        """It is due then; its alarms follow. `on` is the local date."""
        thing, self.times, self.on = self.thing, times, local_date(times.due, self.zone)
        alarms = [(times.due, FAMILY_FIRST)]
        if thing.lead is not None:
            alarms.append((times.due - thing.lead, FAMILY_FIRST))
        if thing.every is not None:
            alarms += [(times.due + thing.every * count, FAMILY_FIRST) for count in range(1, thing.repeats + 1)]
        if thing.second is not None:
            alarms.append((times.due + thing.second, FAMILY_SECOND))
        if thing.clinic is not None:
            alarms.append((times.due + thing.clinic, STAFF))
        self.alarms = tuple(sorted(alarm for alarm in alarms if alarm[0] < times.closes))

    def is_quiet(self, now: datetime) -> bool:
        """Whether it was put off past `now`."""
        is_void = self.put_off is None or not self.alarms or not self.alarms[0][0] <= self.put_off < self.times.closes
        return not is_void and self.put_off is not None and now < self.put_off

    def owed(self, until: datetime) -> set[str]:
        """Whom the alarms after the last ring and up to `until` are for."""
        if self.state != "open" or self.is_quiet(until) or until >= self.times.closes:
            return set()
        if self.rung is not None and self.alarms and self.alarms[-1][0] <= self.rung and self.put_off is None:
            return set()
        owed = {who for at, who in self.alarms if at <= until and (self.rung is None or at > self.rung)}
        began = self.alarms[0][0] if self.alarms else self.times.closes
        if self.put_off is not None and began <= self.put_off <= until and (not self.rung or self.put_off > self.rung):
            owed.add(FAMILY_FIRST)
        return owed

    def next_after(self, now: datetime) -> datetime | None:
        """When its next alarm is, of those after `now` that it has not rung for already."""
        rung = now if self.rung is None else max(now, self.rung)
        return next((at for at, _ in self.alarms if at > rung), None)


@dataclass(eq=False)
class Message:
    """One message on its way to one person."""

    person: int
    purpose: str
    begun: datetime
    next_at: datetime
    expires: datetime
    steps: set[Step] = field(default_factory=set)
    way: int | None = None
    briefing: tuple[date, str] | None = None  # the day, and the zone it is a day of
    about: int | None = None  # the course that a notice is of, or the contact point
    held: bool = False
    tries: int = 0
    unknown: tuple[Fault, int] | None = None  # what happened to the last try whose end is not known, and where
    unknowns: int = 0
    is_repeat: bool = False
    tried: set[int] = field(default_factory=set)
    end: str = ""
    left: datetime | None = None

    @property
    def may_have_left(self) -> bool:
        """Whether it waits without anybody knowing that the last try by this way did not arrive."""
        return self.unknown is not None and self.unknown[1] == self.way


class Month:
    """One month, played tick by tick."""

    def __init__(self, story: Story) -> None:
        self.story = story
        self.people: dict[int, Person] = {person.key: person for person in story.people}
        self.clinic_of = {child.key: child.clinic for child in story.children}
        self.courses: dict[int, Course] = {course.key: course for course in story.courses}
        self.days: dict[int, dict[int, datetime]] = {
            course.key: dict(enumerate(course.days)) for course in story.courses
        }
        zones = {child.key: child.zone for child in story.children}
        self.steps: dict[int, Step] = {}
        self.of_course: dict[int, list[Step]] = defaultdict(list)
        self.of_child: dict[int | None, list[Step]] = defaultdict(list)
        for thing in story.things:
            child = self.courses[thing.course].child
            step = self.steps[thing.key] = Step(thing, child, zones[child], thing.times)
            step.place(thing.times)
            self.of_course[thing.course].append(step)
            self.of_child[child].append(step)
        self.usable = {contact.key: contact.is_usable for contact in story.contacts}
        self.contacts_of: dict[int, list[int]] = defaultdict(list)
        for contact in sorted(story.contacts, key=lambda contact: (contact.rank, contact.key)):
            self.contacts_of[contact.person].append(contact.key)
        self.owner = {contact.key: contact.person for contact in story.contacts}
        self.kind_of = {contact.key: contact.kind for contact in story.contacts}
        self.members = list(story.members)
        self.duty_ends = {duty.key: duty.ends_at for duty in story.duties}
        self.briefed: dict[int, datetime] = {}
        self.last_sent: dict[tuple[int, str], datetime] = {}
        self.waiting: list[Message] = []
        self.sent: list[Sent] = []
        self.ended: list[Message] = []
        self.near: list[Step] = []
        self.near_courses: list[int] = []
        self.near_until = story.begins

    # --- the people ---------------------------------------------------------------------------------------------------

    def family(self, child: int) -> list[tuple[int, Told]]:
        """Those of the family who are told at all."""
        return [(one.person, one.told) for one in self.members if one.child == child and one.told is not Told.NEVER]

    def way(self, person: int) -> int | None:
        """The contact point that a message to this person goes to."""
        return next((contact for contact in self.contacts_of[person] if self.usable[contact]), None)

    def reached(self, child: int, whom: set[str], now: datetime) -> set[int]:
        """The members of the family who hear of it."""
        on_duty = {
            duty.person
            for duty in self.story.duties
            if duty.child == child and duty.starts_at <= now < self.duty_ends[duty.key]
        }
        family = self.family(child)
        first = {person for person, told in family if (person in on_duty if on_duty else told is Told.FIRST)}
        second = {person for person, _ in family} - first
        if not any(self.way(one) for one in first) and any(self.way(one) for one in second):
            first, second = first | second, set()
        return (first if FAMILY_FIRST in whom else set()) | (second if FAMILY_SECOND in whom else set())

    def staff(self, child: int) -> set[int]:
        """The staff of the child's clinic who are told."""
        clinic = self.clinic_of[child]
        return {one.person for one in self.members if one.clinic == clinic and one.told is not Told.NEVER}

    def may_record(self, person: int, child: int) -> bool:
        """Whether the person still has to do with the child."""
        clinic = self.clinic_of[child]
        return any(one.person == person and (one.child == child or one.clinic == clinic) for one in self.members)

    # --- one tick -----------------------------------------------------------------------------------------------------

    def tick(self, now: datetime) -> None:
        """What the dispatcher does at `now`: ring, then send."""
        self.look_around(now)
        briefings = {key: owed for key in self.near_courses if (owed := self.briefing_owed(key, now))}
        ringing = {step: (now, whom) for step in self.near if (whom := step.owed(now))}
        if briefings or ringing:
            ringing |= self.company(briefings, ringing, now)
            self.brief(briefings, now)
            self.ring(ringing, now)
        while due := [message for message in self.waiting if message.next_at <= now]:
            going: set[tuple[int, str]] = set()
            for message in due:
                beside = (message.person, self.kind_of.get(message.way or 0, ""))
                self.leave(message, now, is_second=message.purpose == "nudge" and beside in going)
                if message.purpose == "nudge":
                    going.add(beside)

    def company(self, briefings: Iterable[int], ringing: dict[Step, Ring], now: datetime) -> dict[Step, Ring]:
        """What would ring within a quarter of an hour for somebody who hears of something now: when, and for whom."""
        people = {one for step, (_, whom) in ringing.items() for one in self.reached(step.child, whom, now)}
        for key in briefings:
            people |= self.reached(self.courses[key].child, {FAMILY_FIRST}, now)
        children = {one.child for one in self.members if one.person in people and one.told is not Told.NEVER}
        company = {}
        for step in self.near:
            soon = None if step in ringing or step.child not in children else step.next_after(now)
            is_soon = soon is not None and soon < now + QUARTER and not step.is_quiet(now)
            if is_soon and soon is not None and (whom := step.owed(soon)) and STAFF not in whom:
                company[step] = (soon, whom)
        return company

    def ring(self, ringing: dict[Step, Ring], now: datetime) -> None:
        """Every alarm that has come goes to its people."""
        told: dict[tuple[int, str], set[Step]] = defaultdict(set)
        for step, (at, whom) in ringing.items():
            step.rung = at
            for person in self.reached(step.child, whom, now):
                told[person, "nudge"].add(step)
            for person in self.staff(step.child) if STAFF in whom else ():
                told[person, "clinic"].add(step)
        for (person, purpose), steps in told.items():
            message = self.message_to(person, purpose, now, max(step.times.closes for step in steps))
            message.steps |= steps
            if message.held and any(step.thing.wakes for step in steps):
                message.next_at = now

    def brief(self, briefings: dict[int, tuple[date, datetime]], now: datetime) -> None:
        """What a whole day brings goes to those who are told first."""
        for key, (on, until) in briefings.items():
            self.briefed[key] = now
            for person in self.reached(self.courses[key].child, {FAMILY_FIRST}, now):
                message = self.message_to(person, "nudge", now, until)
                if message.briefing is None or message.briefing[0] <= on:
                    message.briefing = (on, self.of_course[key][0].zone)

    def briefing_owed(self, course: int, now: datetime) -> tuple[date, datetime] | None:
        """The last briefing of a course that has come, was not told and is still of use."""
        steps = [step for step in self.of_course[course] if step.state == "open"]
        if not steps:
            return None
        zone = steps[0].zone
        dues = Counter([step.on for step in steps])
        days = {local_date(start, zone) for start in self.days[course].values()}
        found = [(wall(on - DAY, time(19), zone), on, wall(on, time(), zone)) for on in dues if on in days]
        found += [(wall(on, time(7), zone), on, wall(on, time(12), zone)) for on, count in dues.items() if count > 1]
        briefed = self.briefed.get(course)
        owed = [one for one in found if one[0] <= now < one[2] and (briefed is None or one[0] > briefed)]
        return max(owed)[1:] if owed else None

    def message_to(self, person: int, purpose: str, now: datetime, expires: datetime) -> Message:
        """The message that waits for the person, or a new one, at least a quarter of an hour after the last."""
        for message in self.waiting:
            if message.person == person and message.purpose == purpose and not message.may_have_left:
                message.expires = max(message.expires, expires)
                return message
        last = self.last_sent.get((person, purpose))
        if any((one.person, one.purpose) == (person, purpose) and one.may_have_left for one in self.waiting):
            last = now
        at = now if last is None else max(now, last + QUARTER)
        at = now if at >= expires else at
        return self.begin(Message(person, purpose, now, at, expires, way=self.way(person)))

    def begin(self, message: Message) -> Message:
        """It waits to leave, if there is any way to reach the person."""
        self.waiting.append(message)
        if message.way is None:
            self.close(message, "dropped")
        return message

    # --- one message --------------------------------------------------------------------------------------------------

    def leave(self, message: Message, now: datetime, *, is_second: bool) -> None:
        """Decide once more, and send. `is_second`: an older one goes to the same person at this moment."""
        message.held = False
        steps = {step for step in message.steps if self.is_worth_telling(step, message.person, now)}
        ahead = self.ahead(message, now)
        if message.way is not None and not self.usable[message.way]:
            message.way = self.other_way(message)
        if message.purpose in ("moved", "cancelled") and not self.is_told(message.person, message.about):
            return self.close(message, "dropped")
        if not (steps or ahead or message.about is not None) or message.way is None or now >= message.expires:
            return self.close(message, "dropped")
        until = None if any(step.thing.wakes for step in steps) else self.asleep_until(message.person, now)
        if until is not None and until >= message.expires:
            return self.close(message, "dropped")
        if until is not None:
            message.next_at, message.held = until, True
            return None
        told = self.last_sent.get((message.person, message.purpose)) if message.purpose == "nudge" else None
        told = now if is_second else told
        if told is not None and now < told + QUARTER < message.expires:
            message.next_at = told + QUARTER
            return None
        return self.hand_over(message, message.way, self.said(message, steps, ahead, now))

    def is_told(self, person: int, course: int | None) -> bool:
        """Whether the person still hears of the child whose infusion it is."""
        return course is not None and any(one == person for one, _ in self.family(self.courses[course].child))

    def hand_over(self, message: Message, way: int, sent: Sent) -> None:
        """Give it to the provider, who may have trouble."""
        now = sent.at
        if message.unknown == (Fault.UNKNOWN_HAS_IT, way):
            return self.arrived(message, sent)
        if message.unknown is not None and message.unknown != (Fault.UNKNOWN_LOST_IT, way):
            message.is_repeat = True
        fault = self.fault(way, now)
        if fault in (None, Fault.UNKNOWN_HAS_IT, Fault.UNKNOWN_SILENT):
            self.sent.append(replace(sent, is_repeat=message.is_repeat))
        if fault is None:
            return self.arrived(message, sent)
        message.tries += 1
        if fault is Fault.PERMANENT:
            return self.switch_off(message, way, now)
        if fault is not Fault.PASSING:
            message.unknown = (fault, way)
        message.next_at = now + min(timedelta(seconds=30) * 2 ** min(message.tries - 1, 10), QUARTER)
        message.tried.add(way)
        if message.next_at >= message.expires:
            other = self.other_way(message, but=message.tried)
            if other is None:
                return self.close(message, "failed")
            message.way, message.next_at = other, now
            return None
        other = self.other_way(message) if message.tries % 3 == 0 else None
        message.unknowns += fault is not Fault.PASSING
        if other is None and fault is not Fault.PASSING and message.is_repeat and message.unknowns >= 3:
            return self.close(message, "failed")
        message.way = other or way
        return None

    def other_way(self, message: Message, but: Collection[int] = ()) -> int | None:
        """The usable contact point of the person that comes after the present one, round and round."""
        ways = self.contacts_of[message.person]
        here = ways.index(message.way) if message.way in ways else 0
        others = (*ways[here + 1 :], *ways[:here])
        return next((way for way in others if self.usable[way] and way not in but), None)

    def said(self, message: Message, steps: set[Step], ahead: int, now: datetime) -> Sent:
        """What the person reads."""
        words = {"soon" if now < step.times.due else "due" if now < step.times.late else "overdue" for step in steps}
        return Sent(
            at=now,
            person=message.person,
            purpose=message.purpose,
            things=tuple(sorted(step.thing.key for step in steps)),
            ahead=ahead,
            urgency=next(
                (word for word in ("overdue", "due", "soon") if word in words and message.purpose == "nudge"), ""
            ),
        )

    def switch_off(self, message: Message, contact: int, now: datetime) -> None:
        """The contact point is no good: the family hears of it, the message goes another way."""
        self.usable[contact] = False
        person = self.owner[contact]
        children = {one.child for one in self.members if one.person == person and one.told is not Told.NEVER} - {None}
        others = {other for child in children if child is not None for other, _ in self.family(child)} - {person}
        for other in others:
            self.notice(other, "channel_off", contact, now, now + DAY)
        message.way = self.other_way(message)
        if message.way is None:
            self.close(message, "failed")

    def is_worth_telling(self, step: Step, person: int, now: datetime) -> bool:
        """Whether it is still to be done and this person's business, now."""
        has_come = bool(step.alarms) and step.alarms[0][0] < now + QUARTER + timedelta(minutes=1)
        is_open = step.state == "open" and now < step.times.closes
        return is_open and has_come and not step.is_quiet(now) and self.may_record(person, step.child)

    def ahead(self, message: Message, now: datetime) -> int:
        """How many steps the day holds that the message looks ahead to."""
        if message.briefing is None or now >= wall(message.briefing[0], time(12), message.briefing[1]):
            return 0
        on, zone = message.briefing
        children = {one.child for one in self.members if one.person == message.person and one.told is not Told.NEVER}
        return sum(
            step.state == "open" and local_date(step.times.due, zone) == on
            for child in children
            for step in self.of_child[child]
        )

    def asleep_until(self, person: int, now: datetime) -> datetime | None:
        """The end of the person's quiet hours, in which `now` lies."""
        one = self.people[person]
        if one.quiet_from is None or one.quiet_until is None:
            return None
        today = local_date(now, one.zone)
        for evening in (today - DAY, today):
            morning = evening + DAY if one.quiet_until < one.quiet_from else evening
            if wall(evening, one.quiet_from, one.zone) <= now < (end := wall(morning, one.quiet_until, one.zone)):
                return end
        return None

    def fault(self, contact: int, now: datetime) -> Fault | None:
        """What is wrong with the provider of this contact point now."""
        for trouble in self.story.troubles:
            if trouble.contact == contact and trouble.begins <= now < trouble.ends:
                return trouble.fault
        return None

    def arrived(self, message: Message, sent: Sent) -> None:
        """It is with the person, and about what it speaks of."""
        message.left = self.last_sent[message.person, message.purpose] = sent.at
        message.steps = {step for step in message.steps if step.thing.key in sent.things}
        self.close(message, "sent")

    def close(self, message: Message, end: str) -> None:
        """Nothing more becomes of it."""
        message.end = end
        self.ended.append(message)
        self.waiting = [other for other in self.waiting if other is not message]

    def notice(self, person: int, purpose: str, about: int, now: datetime, expires: datetime) -> None:
        """A word that is about no step; one that waits is not joined by another about the same."""
        same = (one for one in self.waiting if (one.person, one.purpose, one.about) == (person, purpose, about))
        if next(same, None) is None:
            leaves = now + timedelta(minutes=5) if purpose == "moved" else now
            self.begin(Message(person, purpose, now, leaves, expires, way=self.way(person), about=about))

    # --- what people do -----------------------------------------------------------------------------------------------

    def happen(self, event: Event) -> None:
        """Something happens, and what is silenced by it is silent at once."""
        now, what = event.at, event.what
        match what:
            case What.TICK | What.SKIP | What.UNDO:
                self.answer(self.steps[event.key], what, now)
            case What.SNOOZE:
                self.snooze(self.steps[event.key], timedelta(minutes=event.minutes), now)
            case What.MOVE | What.RESTORE:
                self.move(event)
            case What.WITHDRAW:
                self.withdraw(self.steps[key] for key, _ in event.times)
            case What.CONTACT_OFF | What.CONTACT_ON:
                self.usable[event.key] = what is What.CONTACT_ON
            case What.LEAVE:
                self.members = [one for one in self.members if one.key != event.key]
            case What.DUTY_ENDS:
                self.duty_ends[event.key] = min(self.duty_ends[event.key], now)
            case What.DAY_MOVES:
                self.day_moves(event)
            case What.CANCEL:
                self.cancel(event)
            case What.CLOSE:
                for step in self.steps.values():
                    if step.state == "open" and step.times.closes <= now:
                        step.state = "missed"

    def reconsider(self, step: Step, now: datetime) -> None:
        """What was last told of a step may have reached nobody, or have been told ahead of its time."""
        if step.rung is None:
            return
        since = step.rung - QUARTER
        about = [one for one in (*self.ended, *self.waiting) if step in one.steps and one.begun >= since - DAY]
        told = [one for one in about if one.end not in ("dropped", "failed")]
        has_reached = any(one.end == "" or one.begun >= since or (one.left or since) > since for one in told)
        is_silenced = not has_reached and any(one.end == "dropped" for one in about)
        step.rung = None if is_silenced else min(step.rung, now)

    def answer(self, step: Step, what: What, now: datetime) -> None:
        """Somebody says that it was done, or not, or takes that back."""
        if what is What.UNDO and step.state in ("done", "skipped"):
            step.state = "open"
            self.reconsider(step, now)
        elif what is What.UNDO:
            return
        elif step.state in ("open", "missed"):
            step.state = "done" if what is What.TICK else "skipped"
            self.silence({step})

    def snooze(self, step: Step, asked: timedelta, now: datetime) -> None:
        """Put it off, at most three times, at most an hour, never a check for red flags, never past its end."""
        until = now + asked
        is_refused = step.state != "open" or step.thing.clinic is not None or step.put_offs >= 3
        if is_refused or asked > timedelta(hours=1) or until >= step.times.closes or step.alarms[0][0] > until:
            return
        step.put_off, step.put_offs = until, step.put_offs + 1
        self.reconsider(step, now)
        self.silence({step})

    def move(self, event: Event) -> None:
        """The checklist follows the real start: what is open or missed moves, what was withdrawn comes back."""
        for key, times in event.times:
            step = self.steps[key]
            if step.state in (("withdrawn",) if event.what is What.RESTORE else ("open", "missed")):
                is_elsewhere = times != step.times or step.state != "open"
                if step.rung is not None and times.due <= step.rung < step.times.due:
                    step.rung = None
                step.state = "open"
                step.place(times)
                if is_elsewhere:
                    self.reconsider(step, event.at)
                self.near.append(step)
        self.near_until = self.story.begins

    def withdraw(self, steps: Iterable[Step]) -> None:
        """They are no longer wanted."""
        gone = {step for step in steps if step.state in ("open", "missed")}
        for step in gone:
            step.state = "withdrawn"
        self.silence(gone)

    def day_moves(self, event: Event) -> None:
        """The clinic plans a day for another time."""
        if event.start is None or event.start < event.at or event.day not in self.days[event.key]:
            return
        if self.days[event.key][event.day] == event.start:
            return
        self.days[event.key][event.day] = event.start
        self.move(event)
        self.tell_family(event, "moved", event.start)

    def cancel(self, event: Event) -> None:
        """The clinic calls off the infusion."""
        if not self.days[event.key]:
            return
        first = min(self.days[event.key].values())
        self.days[event.key] = {}
        self.withdraw(self.of_course[event.key])
        for message in [one for one in self.waiting if (one.purpose, one.about) == ("moved", event.key)]:
            self.close(message, "dropped")
        self.tell_family(event, "cancelled", first)

    def tell_family(self, event: Event, purpose: str, start: datetime) -> None:
        """Everybody in the family hears of it, once."""
        for person, _ in self.family(self.courses[event.key].child):
            self.notice(person, purpose, event.key, event.at, max(start, event.at + DAY))

    def silence(self, steps: set[Step]) -> None:
        """Messages that wait and have nothing else to say need not leave."""
        for message in [one for one in self.waiting if one.steps & steps and one.briefing is None]:
            if not any(step.state == "open" and step not in steps for step in message.steps):
                self.close(message, "dropped")

    # --- the month ----------------------------------------------------------------------------------------------------

    def look_around(self, now: datetime) -> None:
        """Remember, for a while, what can ring within it: looking at everything at every tick takes too long."""
        if now < self.near_until:
            return
        self.near_until = now + timedelta(hours=2)
        soon = self.near_until + QUARTER
        self.near = [step for step in self.steps.values() if step.times.closes > now and step.alarms[0][0] < soon]
        # A day is told of from 19:00 the evening before, until noon.
        begins, ends = now - timedelta(hours=13), self.near_until + timedelta(hours=31)
        around = {step.thing.course for step in self.steps.values() if begins < step.times.due < ends}
        self.near_courses = sorted(around)

    def instants(self) -> Iterator[datetime]:
        """When something can happen of itself; after that, what waits says when."""
        for thing in self.story.things:
            yield from (at for at, _ in self.steps[thing.key].alarms)
        for zone in {child.zone for child in self.story.children}:
            for number in range((self.story.ends - self.story.begins).days + 3):
                day = self.story.begins.date() + (number - 1) * DAY
                yield from (wall(day, time(7), zone), wall(day, time(19), zone))
        yield from (event.at for event in self.story.events)
        yield from (ends for _, ends in self.story.outages)

    def grid(self) -> Iterator[datetime]:
        """Every tick there is."""
        yield from (
            self.story.begins + number * TICK for number in range((self.story.ends - self.story.begins) // TICK)
        )

    def play(self, *, every_tick: bool = False) -> list[Sent]:
        """Everything that was sent, in order of time and person; only ticks at which something can happen are visited.

        With `every_tick` all of them are, which takes long and must come to the same.
        """
        ticks = list({self.story.tick_at(at) for at in (self.grid() if every_tick else self.instants())})
        heapq.heapify(ticks)
        events = list(self.story.events)[::-1]
        done = self.story.begins - QUARTER
        while ticks and (now := heapq.heappop(ticks)) < self.story.ends:
            if now <= done:
                continue
            while events and events[-1].at <= now:
                event = events.pop()
                self.happen(event)
                for at in self.wakes_of(event):
                    heapq.heappush(ticks, self.story.tick_at(at))
            self.tick(now)
            done = now
            for at in {message.next_at for message in self.waiting}:
                heapq.heappush(ticks, self.story.tick_at(max(at, now + timedelta(seconds=1))))
        return sorted(self.sent, key=_order)

    def wakes_of(self, event: Event) -> Iterator[datetime]:
        """When something can happen because of an event."""
        for key in {event.key, *(key for key, _ in event.times)} & set(self.steps):
            step = self.steps[key]
            yield from (at for at, _ in step.alarms if at > event.at)
            if step.put_off is not None:
                yield step.put_off


def _order(sent: Sent) -> tuple[datetime, int, str]:
    return sent.at, sent.person, sent.purpose


def told_by_the_rules(story: Story) -> list[Sent]:
    """What the people of a story should have been told, and when."""
    return Month(story).play()
