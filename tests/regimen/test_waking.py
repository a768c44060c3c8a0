"""What the preview says of a step that falls into the night."""

from __future__ import annotations

from datetime import time
from typing import Any

import pytest

from ivig_care.regimen.dated import DatedStep
from ivig_care.regimen.protocol import Actor, AtNight
from ivig_care.regimen.schedule import build_schedule
from ivig_care.regimen.steps import State
from ivig_care.regimen.timing import QuietHours, zone_named
from ivig_care.regimen.waking import HELD, TOO_LATE, WAKES, night_words
from tests.regimen.builders import NIGHT, day, fact, facts, nudges, protocol, rule, step_of

UTC = zone_named("UTC")


def _step(due: str, *, planned: str = "09:00", **said: Any) -> DatedStep:
    """A step that is due then, with a window that closes two hours later."""
    step = rule(**{"nudges": nudges(), **said})
    return step_of(build_schedule(protocol(step, night=NIGHT), facts(day(planned=due))), "step.d1")


# When it is due, and what is said of it: the night is from nine to seven.
AT_NIGHT = [
    pytest.param("20:59:59", "", id="a second before the night"),
    pytest.param("21:00", TOO_LATE, id="as it begins"),
    pytest.param("1+04:59:59", TOO_LATE, id="closes a second before the morning"),
    pytest.param("1+05:00", TOO_LATE, id="closes with the morning"),
    pytest.param("1+05:00:01", HELD, id="closes a second after it"),
    pytest.param("1+06:59:59", HELD, id="a second before the morning"),
    pytest.param("1+07:00", "", id="in the morning"),
]


@pytest.mark.parametrize(("due", "words"), AT_NIGHT)
def test_step_of_the_night_is_held_until_morning(due: str, words: str) -> None:
    assert night_words(_step(due), NIGHT, UTC) == words


@pytest.mark.parametrize("due", ["21:00", "1+03:00", "1+06:59:59"])
def test_step_that_may_wake_says_so(due: str) -> None:
    assert night_words(_step(due, nudges=nudges(may_wake=True)), NIGHT, UTC) == WAKES


def test_step_that_may_wake_says_nothing_by_day() -> None:
    assert night_words(_step("12:00", nudges=nudges(may_wake=True)), NIGHT, UTC) == ""


def test_nobody_is_told_of_what_the_clinic_does() -> None:
    assert night_words(_step("23:00", actor=Actor.CLINIC), NIGHT, UTC) == ""


def test_nobody_is_told_of_a_step_that_never_nudges() -> None:
    assert night_words(_step("23:00", nudges=None), NIGHT, UTC) == ""


def test_nothing_is_said_of_the_night_where_the_protocol_names_none() -> None:
    assert night_words(_step("23:00"), None, UTC) == ""


def test_night_is_on_the_childs_own_clock() -> None:
    step = _step("1+00:30")

    assert night_words(step, NIGHT, zone_named("America/New_York")) == ""
    assert night_words(step, NIGHT, zone_named("Asia/Kathmandu")) == HELD
    assert night_words(step, NIGHT, zone_named("Europe/London")) == TOO_LATE


def test_shifted_step_says_from_where_on_the_childs_clock() -> None:
    shifted = _step("1+02:30", at_night=AtNight.SHIFT)

    assert night_words(shifted, NIGHT, UTC) == "moved to the morning from 02:30"
    assert night_words(shifted, NIGHT, zone_named("Asia/Kathmandu")) == "moved to the morning from 08:15"


@pytest.mark.parametrize("said", [{"nudges": None}, {"actor": Actor.CLINIC}])
def test_shifted_step_says_so_even_if_nobody_is_told_of_it(said: dict[str, Any]) -> None:
    assert night_words(_step("1+02:30", at_night=AtNight.SHIFT, **said), NIGHT, UTC) != ""


@pytest.mark.parametrize("state", [State.DONE, State.SKIPPED, State.MISSED])
def test_nothing_is_held_of_a_step_that_is_no_longer_open(state: State) -> None:
    settled = facts(day(planned="23:00"), slots=(fact("step.d1", state, "23:00"),))
    schedule = build_schedule(protocol(rule(nudges=nudges()), night=NIGHT), settled)

    assert night_words(step_of(schedule, "step.d1"), NIGHT, UTC) == ""


def test_missed_step_that_was_shifted_still_says_from_where() -> None:
    missed = facts(day(planned="23:00"), slots=(fact("step.d1", State.MISSED, "1+07:00"),))
    schedule = build_schedule(protocol(rule(nudges=nudges(), at_night=AtNight.SHIFT), night=NIGHT), missed)

    assert night_words(step_of(schedule, "step.d1"), NIGHT, UTC) == "moved to the morning from 23:00"


def test_day_without_a_night_holds_nothing() -> None:
    assert night_words(_step("23:00"), QuietHours(time(7), time(7)), UTC) == ""


def test_words_of_the_night_are_those_that_a_clinician_reads() -> None:
    assert (WAKES, HELD, TOO_LATE) == (
        "wakes the child",
        "held until morning",
        "held until morning, then too late",
    )
