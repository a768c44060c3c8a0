"""Short stories of one family: by the rules and by the engine people are told the same, and it is what we expect."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from unittest.mock import patch

import pytest

from ivig_care.actions import alarms
from tests.simulation.compare import difference
from tests.simulation.engine import told_by_the_engine
from tests.simulation.model import told_by_the_rules
from tests.simulation.story import (
    Child,
    Contact,
    Course,
    Duty,
    Event,
    Fault,
    Member,
    Person,
    Sent,
    Story,
    Thing,
    Times,
    Told,
    Trouble,
    What,
)

pytestmark = pytest.mark.django_db

BEGINS = datetime(2026, 10, 3, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)
# Maria is told first and sleeps from ten to seven, Sam second and at any hour, Ada is a clinician.
MARIA, SAM, ADA = 1, 2, 3
MARIAS_EMAIL, MARIAS_PHONE, SAMS_EMAIL, ADAS_EMAIL = 11, 12, 13, 14
LENA, CLINIC, COURSE, DUTY = 21, 22, 23, 24
A, B, C = 31, 32, 33


def on(day: int, clock: str) -> datetime:
    """An instant of the month; everybody lives in UTC."""
    return BEGINS.replace(day=day) + timedelta(
        hours=int(clock[:2]), minutes=int(clock[3:5]), seconds=int(clock[6:] or 0)
    )


def thing(key: int, due: datetime, **policy: object) -> Thing:
    """A step that is late after an hour and over after three."""
    return Thing(key=key, course=COURSE, times=_times(due), **policy)  # type: ignore[arg-type] # as Thing takes them


def _times(due: datetime) -> Times:
    return Times(due=due, late=due + HOUR, closes=due + 3 * HOUR)


@dataclass(frozen=True, kw_only=True)
class Line:
    """What a test expects: who is told of what, when."""

    at: datetime
    person: int = MARIA
    things: tuple[int, ...] = ()
    purpose: str = "nudge"
    is_repeat: bool = False


def line_of(sent: Sent) -> Line:
    """A message without what is looked at elsewhere."""
    return Line(at=sent.at, person=sent.person, things=sent.things, purpose=sent.purpose, is_repeat=sent.is_repeat)


def told(
    *things: Thing,
    events: tuple[Event, ...] = (),
    troubles: tuple[Trouble, ...] = (),
    outages: tuple[tuple[datetime, datetime], ...] = (),
    duties: tuple[Duty, ...] = (),
) -> list[Line]:
    """What the engine says, once it is sure that the rules say the same."""
    story = Story(
        begins=BEGINS,
        ends=BEGINS + timedelta(days=5),
        people=(
            Person(key=MARIA, zone="UTC", quiet_from=time(22), quiet_until=time(7)),
            Person(key=SAM, zone="UTC"),
            Person(key=ADA, zone="UTC"),
        ),
        contacts=(
            Contact(key=MARIAS_EMAIL, person=MARIA, kind="email", rank=0),
            Contact(key=MARIAS_PHONE, person=MARIA, kind="sms", rank=1),
            Contact(key=SAMS_EMAIL, person=SAM, kind="email", rank=0),
            Contact(key=ADAS_EMAIL, person=ADA, kind="email", rank=0),
        ),
        children=(Child(key=LENA, clinic=CLINIC, zone="UTC"),),
        members=(
            Member(key=1, person=MARIA, told=Told.FIRST, child=LENA),
            Member(key=2, person=SAM, told=Told.SECOND, child=LENA),
            Member(key=3, person=ADA, told=Told.FIRST, clinic=CLINIC),
        ),
        duties=duties,
        courses=(Course(key=COURSE, child=LENA, days=(on(30, "09:00"),)),),
        things=things,
        events=tuple(sorted(events, key=lambda event: event.at)),
        troubles=troubles,
        outages=outages,
    )
    by_rules, by_engine = told_by_the_rules(story), told_by_the_engine(story)
    different = difference(by_rules, by_engine, story)
    assert different is None, different
    # Two steps of one day are told of at seven; these stories are about the rest.
    return [line_of(sent) for sent in by_engine if sent.things or sent.purpose != "nudge"]


def test_a_message_that_woke_somebody_leaves_the_morning_free_for_the_next() -> None:
    assert told(
        Thing(key=A, course=COURSE, times=Times(due=on(3, "22:30"), late=on(4, "08:00"), closes=on(4, "09:00"))),
        thing(B, on(3, "23:00"), wakes=True),
        thing(C, on(4, "07:05")),
    ) == [
        Line(at=on(3, "23:00"), things=(A, B)),
        Line(at=on(4, "07:05"), things=(C,)),
    ]


def test_a_step_that_moved_away_is_not_told_of_in_the_message_that_waited() -> None:
    times = Times(due=on(5, "12:00"), late=on(5, "13:00"), closes=on(5, "15:00"))
    assert told(
        Thing(key=A, course=COURSE, times=Times(due=on(3, "22:30"), late=on(4, "04:00"), closes=on(4, "09:00"))),
        events=(Event(at=on(4, "06:00"), what=What.MOVE, key=COURSE, times=((A, times),)),),
    ) == [Line(at=on(5, "12:00"), things=(A,))]


def test_what_rings_within_a_quarter_of_an_hour_goes_along() -> None:
    assert told(thing(A, on(3, "10:00")), thing(B, on(3, "10:14"))) == [Line(at=on(3, "10:00"), things=(A, B))]


def test_an_engine_without_company_is_noticed() -> None:
    with (
        patch.object(alarms, "QUARTER", 5 * MINUTE),
        pytest.raises(AssertionError, match=r"only by the engine: .* nudge of \[31\] due"),
    ):
        told(thing(A, on(3, "10:00")), thing(B, on(3, "10:14")))


def test_company_does_not_cut_a_snooze_short() -> None:
    assert told(
        thing(A, on(3, "10:00")),
        thing(B, on(3, "10:18")),
        events=(Event(at=on(3, "10:10"), what=What.SNOOZE, key=A, minutes=15),),
    ) == [
        Line(at=on(3, "10:00"), things=(A,)),
        Line(at=on(3, "10:18"), things=(B,)),
        Line(at=on(3, "10:33"), things=(A,)),
    ]


def test_what_may_have_left_is_asked_after_even_when_the_night_comes_between() -> None:
    trouble = Trouble(contact=MARIAS_EMAIL, begins=on(3, "21:59"), ends=on(3, "22:10"), fault=Fault.UNKNOWN_HAS_IT)
    step = Thing(key=A, course=COURSE, times=Times(due=on(3, "21:59:45"), late=on(4, "08:00"), closes=on(4, "09:00")))
    assert told(step, troubles=(trouble,)) == [Line(at=on(3, "21:59:45"), things=(A,))]


def test_what_may_have_left_one_way_and_goes_another_way_may_be_a_repeat() -> None:
    trouble = Trouble(contact=MARIAS_EMAIL, begins=on(3, "09:00"), ends=on(3, "12:00"), fault=Fault.UNKNOWN_LOST_IT)
    assert told(thing(A, on(3, "10:00")), troubles=(trouble,)) == [
        Line(at=on(3, "10:03:30"), things=(A,), is_repeat=True)
    ]


def test_a_provider_that_cannot_tell_costs_a_repeat_that_says_so() -> None:
    trouble = Trouble(contact=MARIAS_EMAIL, begins=on(3, "09:00"), ends=on(3, "10:00:20"), fault=Fault.UNKNOWN_SILENT)
    assert told(thing(A, on(3, "10:00")), troubles=(trouble,)) == [
        Line(at=on(3, "10:00"), things=(A,)),
        Line(at=on(3, "10:00:30"), things=(A,), is_repeat=True),
    ]


def test_a_contact_point_that_was_switched_off_while_its_message_may_have_left() -> None:
    trouble = Trouble(contact=MARIAS_EMAIL, begins=on(3, "09:00"), ends=on(3, "10:00:20"), fault=Fault.UNKNOWN_LOST_IT)
    assert told(
        thing(A, on(3, "10:00")),
        troubles=(trouble,),
        events=(Event(at=on(3, "10:00:25"), what=What.CONTACT_OFF, key=MARIAS_EMAIL),),
    ) == [Line(at=on(3, "10:00:30"), things=(A,), is_repeat=True)]


def test_a_text_that_fails_three_times_goes_another_way() -> None:
    passing = Trouble(contact=MARIAS_PHONE, begins=on(3, "09:00"), ends=on(3, "12:00"), fault=Fault.PASSING)
    assert told(
        thing(A, on(3, "10:00")),
        troubles=(passing,),
        events=(
            Event(at=on(3, "08:00"), what=What.CONTACT_OFF, key=MARIAS_EMAIL),
            Event(at=on(3, "10:01"), what=What.CONTACT_ON, key=MARIAS_EMAIL),
        ),
    ) == [Line(at=on(3, "10:03:30"), things=(A,))]


def test_what_is_over_after_an_outage_brings_nothing_forward() -> None:
    assert told(
        thing(A, on(3, "13:00")),
        thing(B, on(3, "16:15")),
        outages=((on(3, "12:50"), on(3, "16:05")),),
    ) == [Line(at=on(3, "16:15"), things=(B,))]


def test_after_an_outage_what_still_matters_is_told_once() -> None:
    assert told(
        thing(A, on(3, "09:00"), every=15 * MINUTE, repeats=3),
        thing(B, on(3, "09:30"), second=10 * MINUTE),
        outages=((on(3, "08:50"), on(3, "10:05")),),
    ) == [
        Line(at=on(3, "10:05"), things=(A, B)),
        Line(at=on(3, "10:05"), person=SAM, things=(B,)),
    ]


def test_nobody_answers_so_the_second_and_then_the_clinic_are_told() -> None:
    assert told(thing(A, on(3, "10:00"), second=20 * MINUTE, clinic=40 * MINUTE)) == [
        Line(at=on(3, "10:00"), things=(A,)),
        Line(at=on(3, "10:20"), person=SAM, things=(A,)),
        Line(at=on(3, "10:40"), person=ADA, things=(A,), purpose="clinic"),
    ]


def test_whoever_is_on_duty_is_told_first_and_the_other_second() -> None:
    duty = Duty(key=DUTY, child=LENA, person=SAM, starts_at=on(3, "09:00"), ends_at=on(3, "10:20"))
    assert told(thing(A, on(3, "10:00"), every=20 * MINUTE, repeats=1), duties=(duty,)) == [
        Line(at=on(3, "10:00"), person=SAM, things=(A,)),
        Line(at=on(3, "10:20"), things=(A,)),
    ]


def test_a_channel_that_is_off_for_good_is_told_to_the_other_and_the_message_goes_another_way() -> None:
    trouble = Trouble(contact=MARIAS_EMAIL, begins=on(3, "09:00"), ends=on(3, "12:00"), fault=Fault.PERMANENT)
    assert told(thing(A, on(3, "10:00")), troubles=(trouble,)) == [
        Line(at=on(3, "10:00"), things=(A,)),
        Line(at=on(3, "10:00"), person=SAM, purpose="channel_off"),
    ]


def test_an_infusion_that_moves_twice_in_the_night_and_is_cancelled_is_told_once() -> None:
    later = on(30, "09:00")
    moves = tuple(
        Event(at=on(3, clock), what=What.DAY_MOVES, key=COURSE, day=0, start=later + shift)
        for clock, shift in (("22:10", HOUR), ("23:10", 2 * HOUR))
    )
    cancel = Event(at=on(4, "06:00"), what=What.CANCEL, key=COURSE, times=((A, _times(on(6, "10:00"))),))
    assert told(thing(A, on(6, "10:00")), events=(*moves, cancel)) == [
        Line(at=on(3, "22:15"), person=SAM, purpose="moved"),
        Line(at=on(3, "23:15"), person=SAM, purpose="moved"),
        Line(at=on(4, "06:00"), person=SAM, purpose="cancelled"),
        Line(at=on(4, "07:00"), purpose="cancelled"),
    ]
