"""When a step rings, whether a message leaves, and when a failed one is tried again."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from typing import Any

import pytest

from ivig_care.regimen.nudging import (
    QUARTER,
    Decision,
    Drop,
    Hold,
    Send,
    Urgency,
    alarms,
    decide,
    next_nudge,
    quarter_of,
    retry_at,
    urgency,
)
from ivig_care.regimen.protocol import NudgePolicy
from ivig_care.regimen.steps import State
from ivig_care.regimen.timing import QuietHours, zone_named
from tests.regimen.builders import at, minutes, nudges, window


@pytest.mark.parametrize(
    ("policy", "times"),
    [
        pytest.param(nudges(), ["08:45", "09:00", "09:30", "10:00"], id="before, due, twice again"),
        pytest.param(NudgePolicy(), ["09:00"], id="only when due"),
        pytest.param(nudges(lead=None), ["09:00", "09:30", "10:00"], id="none before"),
        pytest.param(nudges(repeats=0), ["08:45", "09:00"], id="none again"),
        pytest.param(nudges(repeat_every=None), ["08:45", "09:00"], id="repeats without an interval"),
        pytest.param(nudges(lead=minutes(600)), ["-1+23:00", "09:00", "09:30", "10:00"], id="the evening before"),
        pytest.param(
            nudges(repeats=9), ["08:45", "09:00", "09:30", "10:00", "10:30"], id="none at or after the window closes"
        ),
    ],
)
def test_alarms_ring_before_when_due_and_again_while_the_window_is_open(policy: NudgePolicy, times: list[str]) -> None:
    assert list(alarms(window("09:00"), policy)) == [at(each) for each in times]


def test_window_that_closes_at_once_rings_only_before() -> None:
    assert list(alarms(window("09:00", late=0, closes=0), nudges())) == [at("08:45")]


# Last rung, now, next ring; the alarms are 08:45, 09:00, 09:30 and 10:00, the window closes at 11:00.
RINGS = [
    pytest.param(None, "06:00", "08:45", id="owed from the start"),
    pytest.param(None, "08:45", "08:45", id="the very instant"),
    pytest.param(None, "09:00", "09:00", id="the very instant of the second: not for the first any more"),
    pytest.param("08:45", "08:45", "09:00", id="the next one after a ring"),
    pytest.param("08:46", "08:50", "09:00", id="a ring a little late counts for that alarm"),
    pytest.param("09:00", "09:10", "09:30", id="overdue"),
    pytest.param("10:00", "10:05", None, id="nothing left to ring"),
    pytest.param(None, "09:10", "09:00", id="made late: rings at once"),
    pytest.param("08:45", "09:40", "09:30", id="after an outage: once, for the last one gone by"),
    pytest.param("09:40", "09:41", "10:00", id="after that ring: only what is still to come"),
    pytest.param(None, "10:59:59", "10:00", id="rings as long as the window is open"),
    pytest.param(None, "11:00", None, id="never once it has closed"),
]


@pytest.mark.parametrize(("nudged_at", "now", "rings"), RINGS)
def test_next_nudge(nudged_at: str | None, now: str, rings: str | None) -> None:
    nudged = None if nudged_at is None else at(nudged_at)

    owed = next_nudge(window("09:00"), nudges(), State.OPEN, nudged_at=nudged, now=at(now))

    assert owed == (None if rings is None else at(rings))


@pytest.mark.parametrize("state", [state for state in State if state is not State.OPEN])
def test_nothing_is_owed_for_a_step_that_is_not_open(state: State) -> None:
    assert next_nudge(window("09:00"), nudges(), state, nudged_at=None, now=at("09:05")) is None


def test_nothing_is_owed_without_a_policy() -> None:
    assert next_nudge(window("09:00"), None, State.OPEN, nudged_at=None, now=at("09:05")) is None


def test_step_moved_into_the_past_rings_once() -> None:
    moved, now = window("08:00"), at("08:10")

    first = next_nudge(moved, NudgePolicy(lead=minutes(15)), State.OPEN, nudged_at=None, now=now)
    second = next_nudge(moved, NudgePolicy(lead=minutes(15)), State.OPEN, nudged_at=now, now=now)

    assert (first, second) == (at("08:00"), None)


def test_step_moved_later_after_it_rang_rings_again_at_its_new_time() -> None:
    owed = next_nudge(window("09:45"), nudges(), State.OPEN, nudged_at=at("08:45"), now=at("08:50"))

    assert owed == at("09:30")


@pytest.mark.parametrize(
    ("now", "word"),
    [
        ("08:59:59", Urgency.SOON),
        ("09:00", Urgency.DUE),
        ("09:29:59", Urgency.DUE),
        ("09:30", Urgency.OVERDUE),
        ("12:00", Urgency.OVERDUE),
    ],
)
def test_urgency_of_the_words(now: str, word: Urgency) -> None:
    assert urgency(window("09:00"), at(now)) is word


def test_urgency_is_a_word_that_templates_are_chosen_by() -> None:
    assert [word.value for word in Urgency] == ["soon", "due", "overdue"]


NIGHT = QuietHours(time(22), time(7))


def _decided(now: str = "12:00", expires: str = "14:00", **said: Any) -> Decision:
    defaults: dict[str, Any] = {
        "open_steps": 1,
        "may_wake": False,
        "is_allowed": True,
        "consented": True,
        "quiet": NIGHT,
        "zone": zone_named("UTC"),
    }
    return decide(now=at(now), expires_at=at(expires), **{**defaults, **said})


def test_message_leaves_when_nothing_speaks_against_it() -> None:
    assert _decided() == Send()


@pytest.mark.parametrize(
    ("said", "reason"),
    [
        pytest.param({"open_steps": 0}, "nothing left to do", id="ticked meanwhile"),
        pytest.param({"is_allowed": False}, "no longer on the care team", id="left the team"),
        pytest.param({"consented": False}, "contact point is switched off", id="said stop"),
        pytest.param({"now": "14:00"}, "too late to be useful", id="expires that very instant"),
        pytest.param({"now": "14:01"}, "too late to be useful", id="expired"),
        pytest.param(
            {"now": "23:00", "expires": "1+07:00"},
            "quiet hours until it would be too late",
            id="quiet hours outlast it",
        ),
        pytest.param(
            {"open_steps": 0, "is_allowed": False, "consented": False, "now": "23:00"},
            "nothing left to do",
            id="the first reason is the one given",
        ),
    ],
)
def test_message_is_dropped_for_a_reason(said: dict[str, Any], reason: str) -> None:
    assert _decided(**said) == Drop(reason)


def test_message_is_held_until_the_end_of_the_night() -> None:
    assert _decided(now="23:00", expires="1+07:01") == Hold(at("1+07:00"))


def test_message_that_may_wake_leaves_at_night() -> None:
    assert _decided(now="23:00", expires="1+01:00", may_wake=True) == Send()


def test_person_without_quiet_hours_is_told_at_night() -> None:
    assert _decided(now="23:00", expires="1+01:00", quiet=None) == Send()


def test_quiet_hours_are_those_of_the_persons_own_zone() -> None:
    elsewhere = zone_named("Asia/Tokyo")

    assert _decided(now="15:00", expires="23:00", zone=elsewhere) == Hold(at("22:00"))


@pytest.mark.parametrize(
    ("instant", "quarter"),
    [
        ("09:00", "09:00"),
        ("09:14:59.999999", "09:00"),
        ("09:15", "09:15"),
        ("09:44", "09:30"),
        ("09:59:59", "09:45"),
    ],
)
def test_quarter_of_an_hour_that_an_instant_belongs_to(instant: str, quarter: str) -> None:
    assert quarter_of(at(instant)) == at(quarter)
    assert at(quarter) <= at(instant) < at(quarter) + QUARTER


def test_messages_are_gathered_over_a_quarter_of_an_hour() -> None:
    assert timedelta(minutes=15) == QUARTER


@pytest.mark.parametrize(
    ("attempts", "seconds"), [(1, 30), (2, 60), (3, 120), (4, 240), (5, 480), (6, 900), (7, 900), (1000, 900)]
)
def test_retry_waits_twice_as_long_each_time_up_to_a_quarter_of_an_hour(attempts: int, seconds: int) -> None:
    assert retry_at(attempts=attempts, now=at("09:00"), expires_at=at("12:00")) == at("09:00") + timedelta(
        seconds=seconds
    )


@pytest.mark.parametrize(("expires", "again"), [("09:00:30", None), ("09:00:31", at("09:00:30"))])
def test_retry_gives_up_when_the_message_would_have_expired(expires: str, again: datetime | None) -> None:
    assert retry_at(attempts=1, now=at("09:00"), expires_at=at(expires)) == again
