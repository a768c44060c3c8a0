"""Courses: chained on the real last dose, never closer than prescribed, whatever is skipped, missed or given elsewhere.

The course of these tests gives acetaminophen every 6 h from the end of the infusion (11:00) until 24 h after it.
"""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from typing import Any

import pytest

from ivig_care.regimen.courses import MOST_DOSES
from ivig_care.regimen.dated import Basis, Schedule
from ivig_care.regimen.errors import DocumentError, ScheduleTooLong
from ivig_care.regimen.facts import SlotFact
from ivig_care.regimen.protocol import (
    Actor,
    Anchor,
    AtNight,
    CourseDefaults,
    Days,
    Kind,
    Medicine,
    Moment,
    NudgePolicy,
)
from ivig_care.regimen.schedule import build_schedule
from ivig_care.regimen.steps import State
from ivig_care.regimen.timing import WindowRule
from tests.regimen.builders import (
    A_WINDOW,
    NIGHT,
    TYLENOL,
    after_premedication,
    at,
    course,
    day,
    done,
    due_times,
    fact,
    facts,
    given,
    hours,
    minutes,
    nudges,
    premedication,
    protocol,
    rule,
    step_of,
    utc,
)

OPEN, DONE, SKIPPED, MISSED, WITHDRAWN = State.OPEN, State.DONE, State.SKIPPED, State.MISSED, State.WITHDRAWN


def _times(schedule: Schedule) -> list[tuple[str, str, State]]:
    monday = at("00:00")
    shown = []
    for slot, due_at, state in due_times(schedule):
        days = (due_at - monday).days
        shown.append((slot.removeprefix("course."), f"{days}+{due_at:%H:%M}", state))
    return shown


def _built(*slots: SlotFact, **said: Any) -> Schedule:
    return build_schedule(protocol(courses=(course(),)), facts(slots=slots, **said))


def test_course_runs_from_its_first_dose_until_no_later_than_its_end() -> None:
    assert _times(_built()) == [
        ("1", "0+11:00", OPEN),
        ("2", "0+17:00", OPEN),
        ("3", "0+23:00", OPEN),
        ("4", "1+05:00", OPEN),
        ("5", "1+11:00", OPEN),
    ]


def test_dose_a_second_after_the_end_is_not_made() -> None:
    late = build_schedule(protocol(courses=(course(),)), facts(slots=(done("course.1", "11:00", "11:00:01"),)))

    assert [number for number, _, _ in _times(late)] == ["1", "2", "3", "4"]


def test_course_that_ends_before_it_begins_has_no_doses() -> None:
    assert due_times(build_schedule(protocol(courses=(course(until=-1),)), facts())) == []


def test_dose_done_late_moves_the_following_ones() -> None:
    assert _times(_built(done("course.1", "11:00", "12:30"))) == [
        ("1", "0+11:00", DONE),
        ("2", "0+18:30", OPEN),
        ("3", "1+00:30", OPEN),
        ("4", "1+06:30", OPEN),
    ]


def test_dose_done_early_moves_the_following_ones_too() -> None:
    assert [due for _, due, _ in _times(_built(done("course.1", "11:00", "10:45")))] == [
        "0+11:00",
        "0+16:45",
        "0+22:45",
        "1+04:45",
        "1+10:45",
    ]


def test_undo_chains_the_following_ones_anew() -> None:
    told, undone = _built(done("course.1", "11:00", "12:30")), _built(fact("course.1", OPEN, "11:00"))

    assert _times(told) != _times(_built())
    assert _times(undone) == _times(_built())


@pytest.mark.parametrize("state", [SKIPPED, MISSED])
def test_skipped_and_missed_doses_start_no_clock(state: State) -> None:
    schedule = _built(done("course.1", "11:00", "11:40"), fact("course.2", state, "17:40", real="18:55"))

    assert _times(schedule) == [
        ("1", "0+11:00", DONE),
        ("2", "0+17:40", state),
        ("3", "0+23:40", OPEN),
        ("4", "1+05:40", OPEN),
    ]


def test_dose_told_of_after_a_skip_still_keeps_the_next_one_away() -> None:
    # Dose 1 was ticked hours later than it was due, after dose 2 had been skipped at its old time.
    schedule = _built(done("course.1", "11:00", "18:00"), fact("course.2", SKIPPED, "17:00"))

    assert _times(schedule)[:3] == [("2", "0+17:00", SKIPPED), ("1", "0+11:00", DONE), ("3", "1+00:00", OPEN)]


def test_doses_told_of_in_the_wrong_order_count_from_the_later_one() -> None:
    schedule = _built(
        done("course.1", "11:00"), done("course.2", "17:00", "1+01:00"), done("course.3", "23:00", "23:00")
    )

    assert _times(schedule)[3:] == [("4", "1+07:00", OPEN)]


def test_missed_dose_whose_time_has_moved_since_is_due_again() -> None:
    # It was missed at 17:00; then somebody told that the dose before it had really been given at 13:00.
    schedule = _built(done("course.1", "11:00", "13:00"), fact("course.2", MISSED, "17:00"))

    assert _times(schedule)[:3] == [("1", "0+11:00", DONE), ("2", "0+19:00", OPEN), ("3", "1+01:00", OPEN)]
    assert step_of(schedule, "course.2").done_at is None


def test_missed_dose_before_one_that_was_given_stays_missed() -> None:
    schedule = _built(done("course.1", "11:00", "13:00"), fact("course.2", MISSED, "17:00"), done("course.3", "23:00"))

    assert _times(schedule)[1:4] == [("2", "0+17:00", MISSED), ("3", "0+23:00", DONE), ("4", "1+05:00", OPEN)]


def test_course_follows_a_late_end_even_past_doses_that_were_missed() -> None:
    schedule = build_schedule(
        protocol(courses=(course(),)),
        facts(day(start="09:00", end="14:00"), slots=(fact("course.1", MISSED, "11:00"),)),
    )

    assert _times(schedule)[:2] == [("1", "0+14:00", OPEN), ("2", "0+20:00", OPEN)]


def test_number_passed_over_keeps_its_place_while_it_is_an_interval_away_from_real_doses() -> None:
    schedule = _built(done("course.1", "11:00"), done("course.3", "23:00"))

    assert _times(schedule)[:4] == [
        ("1", "0+11:00", DONE),
        ("2", "0+17:00", OPEN),
        ("3", "0+23:00", DONE),
        ("4", "1+05:00", OPEN),
    ]


def test_number_passed_over_is_left_out_when_the_dose_after_it_was_given_in_its_place() -> None:
    # Somebody ticked dose 3 at the time of dose 2: dose 2 must not stay on the list and ring.
    schedule = _built(done("course.1", "11:00"), done("course.3", "23:00", "17:05"))

    assert _times(schedule) == [
        ("1", "0+11:00", DONE),
        ("3", "0+23:00", DONE),
        ("4", "0+23:05", OPEN),
        ("5", "1+05:05", OPEN),
    ]


def test_number_passed_over_is_left_out_when_the_next_was_skipped_in_its_place() -> None:
    schedule = _built(done("course.1", "11:00"), fact("course.3", SKIPPED, "17:00"))

    assert _times(schedule)[:3] == [("1", "0+11:00", DONE), ("3", "0+17:00", SKIPPED), ("4", "0+23:00", OPEN)]


def test_several_numbers_passed_over_do_not_pile_up_behind_the_dose_that_was_given() -> None:
    schedule = _built(done("course.1", "11:00"), done("course.4", "1+05:00", "17:05"))

    assert _times(schedule) == [
        ("1", "0+11:00", DONE),
        ("4", "1+05:00", DONE),
        ("5", "0+23:05", OPEN),
        ("6", "1+05:05", OPEN),
    ]


def test_number_passed_over_steps_aside_for_premedication_as_any_other_would() -> None:
    # Dose 4 would fall on the premedication of day 2 at 08:30; it goes on from there, and stays before dose 5.
    twice = facts(day(1), day(2), slots=(done("course.1", "14:30"), done("course.5", "1+20:30")))
    schedule = build_schedule(protocol(premedication(), courses=(course(after_premedication()),)), twice)

    assert _times(schedule)[:5] == [
        ("1", "0+14:30", DONE),
        ("2", "0+20:30", OPEN),
        ("3", "1+02:30", OPEN),
        ("4", "1+14:30", OPEN),
        ("5", "1+20:30", DONE),
    ]


@pytest.mark.parametrize("state", [DONE, SKIPPED])
def test_dose_said_beyond_the_end_stays_on_the_list_and_is_the_last(state: State) -> None:
    assert _times(_built(fact("course.6", state, "1+17:00")))[-2:] == [
        ("5", "1+11:00", OPEN),
        ("6", "1+17:00", state),
    ]


@pytest.mark.parametrize("state", [OPEN, WITHDRAWN])
def test_facts_that_settle_nothing_change_nothing(state: State) -> None:
    assert _times(_built(fact("course.4", state, "1+05:00"))) == _times(_built())


# Another dose of the ingredient, and the doses of the course that are then due.
ELSEWHERE = [
    pytest.param("07:00", ["0+13:00", "0+19:00", "1+01:00", "1+07:00"], id="within the interval before the first"),
    pytest.param("05:00", ["0+11:00", "0+17:00", "0+23:00", "1+05:00", "1+11:00"], id="exactly an interval before"),
    pytest.param("14:00", ["0+20:00", "1+02:00", "1+08:00"], id="within the interval after the first"),
    pytest.param("19:00", ["0+11:00", "1+01:00", "1+07:00"], id="between two doses"),
    pytest.param("17:00", ["0+11:00", "0+23:00", "1+05:00", "1+11:00"], id="at the very time of a dose"),
    pytest.param("1+09:00", ["0+11:00", "0+17:00", "0+23:00"], id="near the end"),
]


@pytest.mark.parametrize(("when", "due"), ELSEWHERE)
def test_dose_given_elsewhere_keeps_the_course_an_interval_away(when: str, due: list[str]) -> None:
    schedule = _built(given=(given(when),))

    assert [shown for _, shown, _ in _times(schedule)] == due


def test_dose_of_another_ingredient_keeps_nothing_away() -> None:
    assert _times(_built(given=(given("12:00", "ibuprofen"),))) == _times(_built())


def test_dose_given_elsewhere_does_not_change_what_was_said() -> None:
    schedule = _built(done("course.1", "11:00"), fact("course.2", SKIPPED, "17:00"), given=(given("13:00"),))

    assert _times(schedule)[:3] == [("1", "0+11:00", DONE), ("2", "0+17:00", SKIPPED), ("3", "0+23:00", OPEN)]


def test_planned_premedication_of_the_next_day_blocks_a_dose() -> None:
    schedule = build_schedule(
        protocol(premedication(), courses=(course(after_premedication()),)), facts(day(1), day(2))
    )

    assert [shown for _, shown, _ in _times(schedule)] == [
        "0+14:30",
        "0+20:30",
        "1+02:30",
        "1+14:30",
        "1+20:30",
        "2+02:30",
        "2+08:30",
    ]


def _with_second_premedication(state: State) -> list[str]:
    premed = fact(f"premed.d2.{TYLENOL}", state, "1+08:30")
    following = protocol(premedication(), courses=(course(after_premedication()),))
    return [shown for _, shown, _ in _times(build_schedule(following, facts(day(1), day(2), slots=(premed,))))]


def test_premedication_that_was_skipped_blocks_nothing() -> None:
    assert "1+08:30" in _with_second_premedication(SKIPPED)


def test_premedication_that_was_missed_may_have_been_given_and_blocks_as_before() -> None:
    assert _with_second_premedication(MISSED) == _with_second_premedication(OPEN)
    assert "1+08:30" not in _with_second_premedication(MISSED)


def test_course_counts_from_the_real_time_of_the_premedication() -> None:
    late = done(f"premed.d1.{TYLENOL}", "08:30", "08:50")
    schedule = build_schedule(protocol(premedication(), courses=(course(after_premedication()),)), facts(slots=(late,)))

    assert _times(schedule)[0] == ("1", "0+14:50", OPEN)
    assert step_of(schedule, "course.1").basis is Basis.ACTUAL


def test_two_courses_of_one_ingredient_keep_away_from_each_other() -> None:
    second = course(Moment(anchor=Anchor.END, day=Days.FIRST, offset=hours(2)), key="second", until=14)
    schedule = build_schedule(protocol(courses=(course(until=6), second)), facts())

    assert [due for _, due, _ in due_times(schedule)] == [at("11:00"), at("17:00")]
    assert [due for _, due, _ in due_times(schedule, "second")] == [at("23:00")]


def test_course_listed_first_keeps_away_from_a_dose_given_in_the_second() -> None:
    second = course(Moment(anchor=Anchor.END, day=Days.FIRST, offset=hours(12)), key="second", until=14)
    taken = done("second.1", "23:00", "18:00")
    schedule = build_schedule(protocol(courses=(course(until=9), second)), facts(slots=(taken,)))

    assert _times(schedule) == [("1", "0+11:00", OPEN)]


@pytest.mark.parametrize(("ingredient", "state"), [("ibuprofen", DONE), (TYLENOL, SKIPPED), (TYLENOL, MISSED)])
def test_course_listed_first_keeps_away_only_from_doses_of_its_ingredient_that_were_given(
    ingredient: str, state: State
) -> None:
    medicine = Medicine(ingredient=ingredient, mg=Fraction(1))
    second = course(
        Moment(anchor=Anchor.END, day=Days.FIRST, offset=hours(12)), key="second", until=14, medicine=medicine
    )
    schedule = build_schedule(
        protocol(courses=(course(until=9), second)), facts(slots=(fact("second.1", state, "23:00", "18:00"),))
    )

    assert _times(schedule) == [("1", "0+11:00", OPEN), ("2", "0+17:00", OPEN)]


def test_course_that_never_ends_is_refused() -> None:
    endless = course(every=1 / 60, until=24)

    with pytest.raises(ScheduleTooLong, match="course 'course' would have more than 200 doses") as refused:
        build_schedule(protocol(courses=(endless,)), facts())

    assert (refused.value.course, refused.value.limit) == ("course", MOST_DOSES)


def test_course_may_have_as_many_doses_as_the_limit() -> None:
    longest = course(every=1, until=MOST_DOSES - 1)

    last = done(f"course.{MOST_DOSES}", "9+18:00")
    times = due_times(build_schedule(protocol(courses=(longest,)), facts(slots=(last,))))
    assert len(times) == MOST_DOSES
    assert times[-1] == (last.slot, last.due_at, DONE)


@pytest.mark.parametrize("suffix", ["x", "", "0", "-1", "01", "1.5", "d1", "201", "9" * 5000, "\u0661"])
def test_slot_that_only_looks_like_a_dose_is_no_dose(suffix: str) -> None:
    assert _times(_built(done(f"course.{suffix}", "11:00", "12:00"))) == _times(_built())


def test_course_may_follow_only_a_step_that_gives_its_ingredient_on_the_first_day() -> None:
    only_last = premedication(day=Days.LAST)
    following = course(after_premedication())

    for steps in ((), (premedication("ibuprofen"),), (only_last,), (premedication(medicines=()),)):
        with pytest.raises(DocumentError, match="no step 'premed' gives acetaminophen on the first day") as refused:
            build_schedule(protocol(*steps, courses=(following,)), facts(day(1), day(2)))
        assert refused.value.path == "courses.course.first"


def test_course_may_follow_a_step_of_another_kind_that_gives_its_ingredient() -> None:
    medicines = (Medicine(ingredient="ibuprofen", mg=Fraction(100)), Medicine(ingredient=TYLENOL, mg=Fraction(300)))
    both = rule("premed", minutes(-60), kind=Kind.MEDICINE, medicines=medicines)

    schedule = build_schedule(protocol(both, courses=(course(after_premedication()),)), facts())

    assert _times(schedule)[0] == ("1", "0+14:00", OPEN)


def test_dose_of_a_course_says_what_it_is() -> None:
    named = Medicine(ingredient=TYLENOL, name="children's Tylenol", mg=Fraction(320), mg_per_ml=Fraction(32))
    step = step_of(build_schedule(protocol(courses=(course(medicine=named, why="Because."),)), facts()), "course.1")

    assert (step.title, step.kind, step.follows) == ("Children's Tylenol", Kind.MEDICINE, "the last acetaminophen")
    assert (step.why, step.basis, step.day) == ("Because.", Basis.PREDICTED, None)
    assert step.window == A_WINDOW.around(at("11:00"))
    assert step.dose is not None
    assert (step.dose.mg, step.dose.ml, step.dose.name) == (Fraction(320), Fraction(10), "children's Tylenol")


def test_dose_of_a_course_without_a_window_is_an_instant() -> None:
    step = step_of(build_schedule(protocol(courses=(replace(course(), window=None),)), facts()), "course.1")

    assert step.window.opens_at == step.window.closes_at == at("11:00")


def test_dose_that_was_said_is_actual_and_one_that_was_missed_is_not() -> None:
    schedule = _built(done("course.1", "11:00"), fact("course.2", MISSED, "17:00"))

    assert [step_of(schedule, f"course.{number}").basis for number in (1, 2, 3)] == [
        Basis.ACTUAL,
        Basis.PREDICTED,
        Basis.PREDICTED,
    ]


# --- nights -------------------------------------------------------------------------------------------------------


def _shifted(
    *slots: SlotFact,
    planned: str = "09:00",
    until: float = 24,
    every: float = 6,
    at_night: AtNight = AtNight.SHIFT,
    **said: Any,
) -> list[tuple[str, str | None]]:
    """The doses with their due times, and from where in the night (nine to seven) they were shifted."""
    one = course(every=every, until=until, at_night=at_night)
    schedule = build_schedule(
        protocol(courses=(one,), night=said.pop("night", NIGHT)), facts(day(planned=planned), slots=slots, **said)
    )
    monday = at("00:00")
    return [
        (
            f"{step.slot.removeprefix('course.')} {(step.window.due_at - monday).days}+{step.window.due_at:%H:%M}",
            None if step.shifted_from is None else f"{(step.shifted_from - monday).days}+{step.shifted_from:%H:%M}",
        )
        for step in schedule.steps
        if step.rule == "course"
    ]


def test_dose_of_the_night_is_due_in_the_morning_and_the_course_goes_on_from_there() -> None:
    assert _shifted() == [
        ("1 0+11:00", None),
        ("2 0+17:00", None),
        ("3 1+07:00", "0+23:00"),
    ]
    assert _shifted(until=36) == [
        ("1 0+11:00", None),
        ("2 0+17:00", None),
        ("3 1+07:00", "0+23:00"),
        ("4 1+13:00", None),
        ("5 1+19:00", None),
    ]


def test_course_that_is_held_keeps_its_times_at_night() -> None:
    assert [shown for shown, _ in _shifted(at_night=AtNight.HOLD)] == [
        "1 0+11:00",
        "2 0+17:00",
        "3 0+23:00",
        "4 1+05:00",
        "5 1+11:00",
    ]
    assert {shifted_from for _, shifted_from in _shifted(at_night=AtNight.HOLD)} == {None}


def test_protocol_without_a_night_shifts_no_dose() -> None:
    assert _shifted(night=None) == _shifted(at_night=AtNight.HOLD)


# When the second dose would be due, six hours after the first was given, and when it is.
NIGHTLY = [
    pytest.param("14:59:59", "0+20:59", None, id="a second before the night"),
    pytest.param("15:00", "1+07:00", "0+21:00", id="as it begins"),
    pytest.param("18:00", "1+07:00", "1+00:00", id="at midnight"),
    pytest.param("1+00:59:59", "1+07:00", "1+06:59", id="a second before the morning"),
    pytest.param("1+01:00", "1+07:00", None, id="in the morning"),
]


@pytest.mark.parametrize(("real", "due", "shifted_from"), NIGHTLY)
def test_dose_is_shifted_from_every_hour_of_the_night(real: str, due: str, shifted_from: str | None) -> None:
    _, second, *_ = _shifted(done("course.1", "11:00", real), until=48)

    assert second == (f"2 {due}", shifted_from)


# The end of the course in hours after 11:00, and whether the dose of 23:00 that is due at 07:00 is made.
LIMITS = [
    pytest.param(12, False, id="it would be made at 23:00"),
    pytest.param(19.999, False, id="a moment before the morning"),
    pytest.param(20, True, id="with the morning"),
]


@pytest.mark.parametrize(("until", "is_made"), LIMITS)
def test_dose_that_would_be_shifted_past_the_end_is_not_made(until: float, is_made: bool) -> None:
    assert (("3 1+07:00", "0+23:00") in _shifted(until=until)) is is_made
    assert len(_shifted(until=until)) == (3 if is_made else 2)


def test_dose_given_in_the_night_keeps_its_time_and_the_course_goes_on_from_it() -> None:
    in_the_night = done("course.3", "23:00", "23:10")

    assert _shifted(done("course.1", "11:00"), done("course.2", "17:00"), in_the_night, until=36) == [
        ("1 0+11:00", None),
        ("2 0+17:00", None),
        ("3 0+23:00", None),
        ("4 1+07:00", "1+05:10"),
        ("5 1+13:00", None),
        ("6 1+19:00", None),
    ]


def test_dose_given_at_its_shifted_time_says_no_more_that_it_was_shifted() -> None:
    given_at_seven = done("course.3", "1+07:00", "1+07:20")

    assert _shifted(done("course.1", "11:00"), done("course.2", "17:00"), given_at_seven)[2:] == [("3 1+07:00", None)]


def test_dose_skipped_in_the_night_keeps_its_time_and_the_next_its_place() -> None:
    assert _shifted(fact("course.3", SKIPPED, "23:00"), until=30)[2:] == [
        ("3 0+23:00", None),
        ("4 1+07:00", "1+05:00"),
        ("5 1+13:00", None),
    ]


def test_missed_dose_that_was_shifted_stays_missed() -> None:
    one = course(until=30, at_night=AtNight.SHIFT)
    schedule = build_schedule(
        protocol(courses=(one,), night=NIGHT), facts(slots=(fact("course.3", MISSED, "1+07:00"),))
    )

    assert _times(schedule)[2:] == [("3", "1+07:00", MISSED), ("4", "1+13:00", OPEN)]
    assert step_of(schedule, "course.3").shifted_from == at("23:00")


def test_dose_missed_at_its_old_time_in_the_night_stays_where_it_was() -> None:
    # It was missed before the plan said that the night is left alone.
    one = course(until=30, at_night=AtNight.SHIFT)
    schedule = build_schedule(protocol(courses=(one,), night=NIGHT), facts(slots=(fact("course.3", MISSED, "23:00"),)))

    assert _times(schedule)[2:4] == [("3", "0+23:00", MISSED), ("4", "1+07:00", OPEN)]


# A dose given elsewhere, and the doses of a course that is shifted to 07:00.
IN_CONFLICT = [
    pytest.param("1+04:00", [("3 1+10:00", None)], id="the morning is too close to one given in the night"),
    pytest.param("1+01:00", [("3 1+07:00", None)], id="exactly an interval before the morning"),
    pytest.param("1+01:00:01", [("3 1+07:00", None)], id="a second less than an interval before"),
    pytest.param("1+08:30", [], id="too close to the next premedication"),
    pytest.param("1+13:00", [("3 1+07:00", "0+23:00")], id="exactly an interval after the morning"),
    pytest.param("1+12:59", [], id="a minute less than an interval after the morning"),
]


@pytest.mark.parametrize(("when", "rest"), IN_CONFLICT)
def test_shifted_dose_keeps_its_distance_from_others(when: str, rest: list[tuple[str, str | None]]) -> None:
    assert _shifted(given=(given(when),))[2:] == rest


def test_dose_that_another_pushes_into_the_night_is_shifted_from_there() -> None:
    # Six hours after 15:30 would be 21:30.
    assert _shifted(given=(given("15:30"),))[:2] == [("1 1+07:00", "0+21:30")]


def test_number_passed_over_is_left_out_when_the_morning_is_too_late_for_it() -> None:
    # Somebody ticked dose 4 at 02:00; dose 3, due at 23:00 and shifted to 07:00, must not come after it.
    ticked = (done("course.1", "11:00"), done("course.2", "17:00"), done("course.4", "1+05:00", "1+02:00"))

    assert [shown for shown, _ in _shifted(*ticked, until=30)] == [
        "1 0+11:00",
        "2 0+17:00",
        "4 1+05:00",
        "5 1+08:00",
        "6 1+14:00",
    ]


# The nights of New York on which clocks change: the end of the infusion and the due time of the third dose, in UTC.
CHANGING_NIGHTS = [
    pytest.param("2026-10-31 15:00", "2026-11-01 12:00", "2026-11-01 05:00", id="clocks go back: 07:00 is 12:00"),
    pytest.param("2026-03-07 16:00", "2026-03-08 11:00", "2026-03-08 06:00", id="clocks go forward: 07:00 is 11:00"),
]


@pytest.mark.parametrize(("start", "due", "shifted_from"), CHANGING_NIGHTS)
def test_dose_is_shifted_through_a_change_of_clocks(start: str, due: str, shifted_from: str) -> None:
    infusion = facts(replace(day(), planned_start=utc(start)), zone="America/New_York")
    one = course(until=30, at_night=AtNight.SHIFT)

    schedule = build_schedule(protocol(courses=(one,), night=NIGHT), infusion)

    third = step_of(schedule, "course.3")
    assert (third.window.due_at, third.shifted_from) == (utc(due), utc(shifted_from))
    assert step_of(schedule, "course.4").window.due_at == utc(due) + hours(6)


# --- what holds for every course ---------------------------------------------------------------------------------

FAMILY_NUDGES, WIDE = nudges(repeats=1), WindowRule(opens_before=hours(1), late_after=hours(1), closes_after=hours(3))
DEFAULTS = CourseDefaults(window=WIDE, nudges=FAMILY_NUDGES)


@pytest.mark.parametrize(
    ("own", "window", "told"),
    [
        pytest.param({"window": None}, WIDE, FAMILY_NUDGES, id="says nothing itself"),
        pytest.param({}, A_WINDOW, FAMILY_NUDGES, id="has its own window"),
        pytest.param({"window": None, "nudges": nudges()}, WIDE, nudges(), id="has its own nudges"),
        pytest.param({"nudges": nudges()}, A_WINDOW, nudges(), id="has both"),
    ],
)
def test_course_takes_what_it_does_not_say_itself(own: dict[str, Any], window: WindowRule, told: NudgePolicy) -> None:
    planned = protocol(courses=(replace(course(), **own),), course_defaults=DEFAULTS)

    step = step_of(build_schedule(planned, facts()), "course.1")
    assert (step.window, step.nudges) == (window.around(at("11:00")), told)


def test_course_is_told_of_to_nobody_unless_something_says_so() -> None:
    planned = protocol(courses=(course(),), course_defaults=CourseDefaults(window=WIDE))

    assert step_of(build_schedule(planned, facts()), "course.1").nudges is None
    assert step_of(build_schedule(protocol(courses=(course(nudges=nudges()),)), facts()), "course.1").nudges == nudges()


def test_dose_of_a_course_is_given_by_whom_its_rule_says() -> None:
    by_the_clinic = build_schedule(protocol(courses=(course(actor=Actor.CLINIC, source="S5"),)), facts())

    step = step_of(by_the_clinic, "course.1")
    assert (step.actor, step.source, step.rule, step.goal_ml) == (Actor.CLINIC, "S5", "course", None)
