"""When a step rings, whether a message leaves, and when a failed one is tried again."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from typing import Any

import pytest

from ivig_care.regimen.errors import SnoozeRefused
from ivig_care.regimen.nudging import (
    LONGEST_SNOOZE,
    MOST_SNOOZES,
    QUARTER,
    RETRY_FIRST,
    Alarm,
    Decision,
    Drop,
    Hold,
    Send,
    Stage,
    Urgency,
    alarms,
    bucket_take,
    decide,
    next_nudge,
    quarter_of,
    retry_at,
    snooze_until,
    stages_ringing,
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
    assert [alarm.at for alarm in alarms(window("09:00"), policy)] == [at(each) for each in times]


def test_window_that_closes_at_once_rings_only_before() -> None:
    assert list(alarms(window("09:00", late=0, closes=0), nudges())) == [Alarm(at("08:45"), Stage.LEAD)]


# Second and clinic after so many minutes; the window closes at 11:00.
STAGES = [
    pytest.param(
        nudges(second_after=minutes(75), clinic_after=minutes(100)),
        ["08:45 lead", "09:00 due", "09:30 repeat", "10:00 repeat", "10:15 second", "10:40 clinic"],
        id="one after another",
    ),
    pytest.param(
        nudges(second_after=minutes(45)),
        ["08:45 lead", "09:00 due", "09:30 repeat", "09:45 second", "10:00 repeat"],
        id="the second before the last repeat",
    ),
    pytest.param(
        nudges(lead=minutes(0), repeats=1, second_after=minutes(30)),
        ["09:00 lead", "09:00 due", "09:30 repeat", "09:30 second"],
        id="two at one instant keep the order of the stages",
    ),
    pytest.param(
        NudgePolicy(second_after=minutes(119), clinic_after=minutes(120)),
        ["09:00 due", "10:59 second"],
        id="nobody at the instant at which it closes",
    ),
    pytest.param(NudgePolicy(second_after=minutes(121), clinic_after=minutes(122)), ["09:00 due"], id="too late"),
]


@pytest.mark.parametrize(("policy", "expected"), STAGES)
def test_each_alarm_says_what_it_is_for_in_order_of_time(policy: NudgePolicy, expected: list[str]) -> None:
    assert [f"{alarm.at:%H:%M} {alarm.stage}" for alarm in alarms(window("09:00"), policy)] == expected


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


# Last rung, snoozed until, now, next ring; the alarms and the window are those above.
SNOOZED = [
    pytest.param("09:00", "09:40", "09:05", "09:40", id="rings at its end, the alarm within it is silent"),
    pytest.param("09:00", "09:20", "09:05", "09:20", id="rings at its end before the next alarm"),
    pytest.param("09:20", "09:20", "09:20", "09:30", id="afterwards the alarms stand"),
    pytest.param("09:40", "09:40", "09:40", "10:00", id="the silenced one does not ring later"),
    pytest.param("09:00", "09:30", "09:05", "09:30", id="ends with an alarm: rings once"),
    pytest.param("09:30", "09:30", "09:30", "10:00", id="and not again"),
    pytest.param("09:00", "09:20", "09:45", "09:30", id="after an outage: once, for the last one gone by"),
    pytest.param("09:00", "09:40", "09:45", "09:40", id="after an outage: for the end of the snooze"),
    pytest.param("10:00", "10:50", "10:05", "10:50", id="after the last alarm: still rings at its end"),
    pytest.param("10:50", "10:50", "10:50", None, id="and then no more"),
    pytest.param("10:00", "10:59:59", "10:05", "10:59:59", id="ends just before the window does"),
    pytest.param("09:00", "11:00", "09:05", "09:30", id="void once the window closes before its end"),
    pytest.param("10:00", "11:00", "10:05", None, id="void, and nothing left to ring"),
    pytest.param(None, "08:44", "08:00", "08:45", id="void before the first alarm: the step was moved since"),
    pytest.param(None, "08:45", "08:00", "08:45", id="ends with the first alarm"),
    pytest.param(None, "08:50", "08:30", "08:50", id="put off before it ever rang"),
    pytest.param(None, "08:50", "11:00", None, id="never once the window has closed"),
]


@pytest.mark.parametrize(("nudged_at", "snoozed_until", "now", "rings"), SNOOZED)
def test_snooze_silences_and_rings_at_its_end(
    nudged_at: str | None, snoozed_until: str, now: str, rings: str | None
) -> None:
    nudged = None if nudged_at is None else at(nudged_at)

    owed = next_nudge(
        window("09:00"), nudges(), State.OPEN, nudged_at=nudged, now=at(now), snoozed_until=at(snoozed_until)
    )

    assert owed == (None if rings is None else at(rings))


def test_snooze_of_a_step_that_never_rings_rings_nothing() -> None:
    never = window("09:00", late=0, closes=0)

    owed = next_nudge(never, NudgePolicy(), State.OPEN, nudged_at=None, now=at("08:00"), snoozed_until=at("08:30"))

    assert owed is None


ESCALATING = nudges(second_after=minutes(75), clinic_after=minutes(100))
# Last rung, ringing at, snoozed until, stages; alarms 08:45, 09:00, 09:30, 10:00, 10:15 second, 10:40 clinic.
RINGING = [
    pytest.param(None, "08:45", None, {Stage.LEAD}, id="the first"),
    pytest.param("08:45", "09:00", None, {Stage.DUE}, id="the last rung alarm is not among them"),
    pytest.param("09:30", "10:00:03", None, {Stage.REPEAT}, id="a little late"),
    pytest.param("10:00:03", "10:15", None, {Stage.SECOND}, id="the second's turn"),
    pytest.param("10:15", "10:40", None, {Stage.CLINIC}, id="the clinic's turn"),
    pytest.param(None, "10:59", None, set(Stage), id="after an outage: all"),
    pytest.param("09:30", "10:20", None, {Stage.REPEAT, Stage.SECOND}, id="after a short one: those gone by"),
    pytest.param("09:05", "09:20", None, {Stage.REPEAT}, id="none: the end of a snooze"),
    pytest.param("09:05", "09:20", "09:20", {Stage.REPEAT}, id="the end of a snooze, told so"),
    pytest.param("10:00", "10:20", None, {Stage.SECOND}, id="a snooze over the second's turn, not told so"),
    pytest.param("10:00", "10:20", "10:20", {Stage.REPEAT, Stage.SECOND}, id="both are told"),
    pytest.param("10:00", "10:20", "10:10", {Stage.REPEAT, Stage.SECOND}, id="both are told, rung late"),
    pytest.param("10:00", "10:15", "10:00", {Stage.SECOND}, id="a snooze that ended before the last ring"),
    pytest.param("10:00", "10:15", "10:20", {Stage.SECOND}, id="a snooze that is not over"),
    pytest.param(None, "09:00", "08:50", {Stage.LEAD, Stage.DUE, Stage.REPEAT}, id="put off before it ever rang"),
]


@pytest.mark.parametrize(("nudged_at", "ringing", "snoozed_until", "stages"), RINGING)
def test_stages_that_ring(nudged_at: str | None, ringing: str, snoozed_until: str | None, stages: set[Stage]) -> None:
    found = stages_ringing(
        window("09:00"),
        ESCALATING,
        nudged_at=None if nudged_at is None else at(nudged_at),
        at=at(ringing),
        snoozed_until=None if snoozed_until is None else at(snoozed_until),
    )

    assert found == stages


def _snoozed(
    policy: NudgePolicy | None, *, asked: timedelta = LONGEST_SNOOZE, snoozes: int = 0, now: str = "09:05"
) -> datetime:
    return snooze_until(window("09:00"), policy, asked=asked, snoozes=snoozes, now=at(now))


@pytest.mark.parametrize(
    ("asked", "snoozes", "now", "until"),
    [
        pytest.param(minutes(15), 0, "09:05", "09:20", id="a quarter of an hour"),
        pytest.param(LONGEST_SNOOZE, MOST_SNOOZES - 1, "09:05", "10:05", id="the longest, for the last time"),
        pytest.param(timedelta(seconds=1), 0, "09:05", "09:05:01", id="the shortest"),
        pytest.param(LONGEST_SNOOZE, 0, "09:59:59", "10:59:59", id="just before the window closes"),
        pytest.param(minutes(15), 0, "08:30", "08:45", id="until the first alarm"),
    ],
)
def test_snooze_lasts_as_long_as_asked(asked: timedelta, snoozes: int, now: str, until: str) -> None:
    assert _snoozed(nudges(second_after=minutes(75)), asked=asked, snoozes=snoozes, now=now) == at(until)


AN_HOUR = "it can be put off for up to an hour at a time"
TOO_LATE = "by then it would be too late to do it"
ANYWAY = "nobody is told of it before then anyway"
REFUSED = [
    pytest.param(ESCALATING, {}, "this check looks for warning signs, so it cannot wait", id="a red-flag check"),
    pytest.param(
        ESCALATING, {"now": "11:00"}, "this check looks for warning signs, so it cannot wait", id="at any time"
    ),
    pytest.param(nudges(), {"snoozes": 3}, "it was put off 3 times already", id="once too often"),
    pytest.param(nudges(), {"snoozes": 4}, "it was put off 3 times already", id="twice too often"),
    pytest.param(nudges(), {"asked": LONGEST_SNOOZE + timedelta(seconds=1)}, AN_HOUR, id="a second too long"),
    pytest.param(nudges(), {"asked": timedelta()}, AN_HOUR, id="for no time"),
    pytest.param(nudges(), {"asked": timedelta(seconds=-1)}, AN_HOUR, id="backwards"),
    pytest.param(nudges(), {"now": "10:00"}, TOO_LATE, id="until the window closes"),
    pytest.param(nudges(), {"now": "10:30"}, TOO_LATE, id="past that"),
    pytest.param(nudges(), {"now": "12:00"}, TOO_LATE, id="after the window"),
    pytest.param(nudges(), {"now": "07:44:59"}, ANYWAY, id="over before the first alarm"),
    pytest.param(None, {}, ANYWAY, id="a step of which nobody is told"),
]


@pytest.mark.parametrize(("policy", "said", "reason"), REFUSED)
def test_snooze_is_refused_for_a_reason(policy: NudgePolicy | None, said: dict[str, Any], reason: str) -> None:
    with pytest.raises(SnoozeRefused) as refused:
        _snoozed(policy, **said)

    assert refused.value.reason == reason
    assert str(refused.value) == f"This cannot be put off: {reason}."


def test_snooze_of_a_step_without_alarms_is_refused() -> None:
    never = window("09:00", late=0, closes=0)

    with pytest.raises(SnoozeRefused, match=ANYWAY):
        snooze_until(never, NudgePolicy(), asked=minutes(15), snoozes=0, now=at("08:00"))


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
            "too late to be useful",
            id="the first reason is the one given",
        ),
        pytest.param(
            {"open_steps": 0, "is_allowed": False, "consented": False},
            "nothing left to do",
            id="the next reason when it is not too late",
        ),
    ],
)
def test_message_is_dropped_for_a_reason(said: dict[str, Any], reason: str) -> None:
    assert _decided(**said) == Drop(reason)


@pytest.mark.parametrize(
    ("not_before", "decision"),
    [
        pytest.param("12:10", Hold(at("12:10"), "told a moment ago"), id="told a moment ago"),
        pytest.param("11:59", Send(), id="long enough ago"),
        pytest.param("14:00", Send(), id="waiting would be too long"),
    ],
)
def test_message_keeps_its_distance_from_another(not_before: str, decision: object) -> None:
    assert _decided(now="12:00", not_before=at(not_before)) == decision


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
@pytest.mark.parametrize(("spread", "share"), [(0, 0.75), (0.5, 1), (1, 1.25)])
def test_retry_waits_twice_as_long_each_time_up_to_a_quarter_of_an_hour_give_or_take_a_quarter(
    attempts: int, seconds: int, spread: float, share: float
) -> None:
    again = retry_at(attempts=attempts, now=at("09:00"), expires_at=at("12:00"), spread=spread)

    assert again == at("09:00") + timedelta(seconds=seconds * share)


@pytest.mark.parametrize(("attempts", "seconds"), [(1, 2), (2, 4), (9, 512), (10, 900)])
def test_retry_begins_with_the_wait_it_is_given(attempts: int, seconds: int) -> None:
    first = timedelta(seconds=2)

    again = retry_at(attempts=attempts, now=at("09:00"), expires_at=at("12:00"), spread=0.5, first=first)

    assert again == at("09:00") + timedelta(seconds=seconds)


@pytest.mark.parametrize(
    ("expires", "spread", "again"),
    [
        ("09:00:30", 0.5, None),
        ("09:00:31", 0.5, at("09:00:30")),
        ("09:00:31", 0.9, None),
        ("09:00:23", 0, at("09:00") + RETRY_FIRST * 0.75),
    ],
)
def test_retry_gives_up_when_the_message_would_have_expired(
    expires: str, spread: float, again: datetime | None
) -> None:
    assert retry_at(attempts=1, now=at("09:00"), expires_at=at(expires), spread=spread) == again


# Tokens at 09:00, now, how many per second, wanted; granted, and left.
TAKES = [
    pytest.param(10, "09:00", 10, 4, (4, 6), id="enough"),
    pytest.param(10, "09:00", 10, 10, (10, 0), id="all"),
    pytest.param(10, "09:00", 10, 11, (10, 0), id="no more than there are"),
    pytest.param(0, "09:00", 10, 1, (0, 0), id="empty"),
    pytest.param(0, "09:00:01", 10, 20, (10, 0), id="full after a second"),
    pytest.param(5, "10:00", 10, 20, (10, 0), id="never more than full"),
    pytest.param(50, "09:00", 10, 20, (10, 0), id="the limit was lowered"),
    pytest.param(0.5, "09:00", 10, 1, (0, 0.5), id="half a token sends nothing, and is kept"),
    pytest.param(0, "09:00:03", 0.25, 1, (0, 0.75), id="slower than one a second: not yet"),
    pytest.param(0, "09:00:04", 0.25, 2, (1, 0), id="slower than one a second: one"),
    pytest.param(0, "10:00", 0.25, 2, (1, 0), id="slower than one a second: holds one"),
    pytest.param(3, "08:59", 10, 1, (1, 2), id="a clock that has gone back fills nothing"),
    pytest.param(3, "09:00", 10, 0, (0, 3), id="nothing wanted"),
    pytest.param(3, "09:00", 10, -1, (0, 3), id="less than nothing gives nothing back"),
    pytest.param(0, "10:00", 0, 5, (0, 0), id="no rate, no tokens"),
]


@pytest.mark.parametrize(("tokens", "now", "per_second", "wanted", "taken"), TAKES)
def test_bucket_grants_what_is_in_it(
    tokens: float, now: str, per_second: float, wanted: int, taken: tuple[int, float]
) -> None:
    found = bucket_take(tokens=tokens, filled_at=at("09:00"), now=at(now), per_second=per_second, wanted=wanted)

    assert found == taken
