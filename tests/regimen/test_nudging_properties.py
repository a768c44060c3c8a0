"""What holds for the alarms of any step, however often it is put off and however late it rings."""

from __future__ import annotations

from collections import Counter
from datetime import datetime, timedelta

from hypothesis import assume, example, given
from hypothesis import strategies as st

from ivig_care.regimen.errors import SnoozeRefused
from ivig_care.regimen.nudging import (
    LONGEST_SNOOZE,
    MOST_SNOOZES,
    Alarm,
    Stage,
    alarms,
    bucket_take,
    next_nudge,
    retry_at,
    snooze_until,
    stages_ringing,
)
from ivig_care.regimen.protocol import NudgePolicy
from ivig_care.regimen.steps import State
from ivig_care.regimen.timing import Window, WindowRule
from tests.regimen.builders import at, minutes

_lengths = st.integers(1, 40).map(lambda tens: minutes(10 * tens))


@st.composite
def _windows(draw: st.DrawFn) -> Window:
    late = draw(st.integers(0, 24))
    closes = late + draw(st.integers(0, 24))
    around = WindowRule(opens_before=minutes(60), late_after=minutes(10 * late), closes_after=minutes(10 * closes))
    return around.around(at("09:00"))


@st.composite
def _policies(draw: st.DrawFn, *, may_tell_clinic: bool = True) -> NudgePolicy:
    # In tens of minutes, so that alarms, snoozes and the end of the window often meet.
    after = sorted(draw(st.lists(_lengths, unique=True, max_size=2 if may_tell_clinic else 1)))
    return NudgePolicy(
        lead=draw(st.one_of(st.none(), st.just(minutes(0)), _lengths)),
        repeat_every=draw(_lengths),
        repeats=draw(st.integers(0, 4)),
        second_after=after[0] if after else None,
        clinic_after=after[1] if after[1:] else None,
    )


_instants = st.integers(-48, 60).map(lambda tens: at("09:00") + 10 * tens * minutes(1))


def _rings(
    window: Window, policy: NudgePolicy, snoozes: dict[int, timedelta], late: timedelta
) -> list[tuple[datetime | None, datetime, datetime | None]]:
    """Every ring of a step that nobody answers: the one before, itself, and the snooze under which it rang.

    `snoozes` says after which ring somebody puts it off, and for how long; it rings `late`.
    """
    rung: list[tuple[datetime | None, datetime, datetime | None]] = []
    nudged_at: datetime | None = None
    snoozed_until: datetime | None = None
    now, put_off = at("09:00") - timedelta(days=1), 0
    while True:
        due = next_nudge(window, policy, State.OPEN, nudged_at=nudged_at, now=now, snoozed_until=snoozed_until)
        if due is None or (now := max(now, due + late)) >= window.closes_at:
            return rung
        rung.append((nudged_at, now, snoozed_until))
        nudged_at = now
        if (asked := snoozes.get(len(rung))) is not None:
            try:
                snoozed_until = snooze_until(window, policy, asked=asked, snoozes=put_off, now=now)
                put_off += 1
            except SnoozeRefused:
                continue


_snoozes = st.dictionaries(st.integers(1, 8), st.integers(1, 6).map(lambda tens: 10 * tens * minutes(1)), max_size=6)


@given(_windows(), _policies(), _snoozes, st.integers(0, 25))
def test_step_that_nobody_answers_rings_only_in_its_window_and_falls_silent(
    window: Window, policy: NudgePolicy, snoozes: dict[int, timedelta], late: int
) -> None:
    rung = _rings(window, policy, snoozes, minutes(late))

    instants = [ringing for _, ringing, _ in rung]
    assert instants == sorted(set(instants))
    assert all(ringing < window.closes_at for ringing in instants)
    assert len(rung) <= len(list(alarms(window, policy))) + MOST_SNOOZES


@given(_windows(), _policies(), _snoozes)
def test_rings_on_time_cover_every_alarm_exactly_once(
    window: Window, policy: NudgePolicy, snoozes: dict[int, timedelta]
) -> None:
    told: Counter[Alarm] = Counter()
    for nudged_at, ringing, snoozed_until in _rings(window, policy, snoozes, timedelta()):
        stages = stages_ringing(window, policy, nudged_at=nudged_at, at=ringing)
        with_snooze = stages_ringing(window, policy, nudged_at=nudged_at, at=ringing, snoozed_until=snoozed_until)
        meant = {
            one for one in alarms(window, policy) if one.at <= ringing and (nudged_at is None or one.at > nudged_at)
        }
        told.update(meant)
        assert stages == ({one.stage for one in meant} or {Stage.REPEAT})
        assert with_snooze - stages == ({Stage.REPEAT} - stages if snoozed_until == ringing else set())

    assert told == Counter(set(alarms(window, policy)))


@given(_windows(), _policies(), st.one_of(st.none(), _instants), _instants, _instants)
def test_no_snooze_loses_the_last_alarm(
    window: Window, policy: NudgePolicy, nudged_at: datetime | None, now: datetime, snoozed_until: datetime
) -> None:
    owed = next_nudge(window, policy, State.OPEN, nudged_at=nudged_at, now=now)
    put_off = next_nudge(window, policy, State.OPEN, nudged_at=nudged_at, now=now, snoozed_until=snoozed_until)

    assert owed is None or put_off is not None
    assert put_off is None or put_off < window.closes_at


@given(
    _windows(),
    _policies(may_tell_clinic=False),
    st.one_of(st.none(), _instants),
    _instants,
    st.integers(1, 3600),
    st.integers(0, MOST_SNOOZES - 1),
)
def test_step_rings_at_the_end_of_its_snooze_and_not_before(
    window: Window, policy: NudgePolicy, nudged_at: datetime | None, now: datetime, seconds: int, snoozes: int
) -> None:
    assume(nudged_at is None or nudged_at <= now)
    try:
        until = snooze_until(window, policy, asked=timedelta(seconds=seconds), snoozes=snoozes, now=now)
    except SnoozeRefused:
        first = next(alarms(window, policy), None)
        assert first is None or not first.at <= now + timedelta(seconds=seconds) < window.closes_at
        return

    assert now < until <= now + LONGEST_SNOOZE
    assert next_nudge(window, policy, State.OPEN, nudged_at=nudged_at, now=now, snoozed_until=until) == until


@given(st.integers(1, 40), st.floats(0, 1, exclude_max=True), st.integers(1, 7200))
def test_retry_lies_in_the_future_and_before_the_end(attempts: int, spread: float, seconds: int) -> None:
    now = at("09:00")

    again = retry_at(attempts=attempts, now=now, expires_at=now + timedelta(seconds=seconds), spread=spread)

    assert again is None or now < again < now + timedelta(seconds=seconds)


_takes = st.lists(st.tuples(st.integers(0, 5000), st.integers(0, 50)), min_size=1, max_size=40)


@given(st.floats(0, 50), st.floats(0.01, 50), _takes)
@example(tokens=1, per_second=0.1, takes=[(1000, 1)] * 40)
def test_bucket_never_grants_more_than_went_into_it(
    tokens: float, per_second: float, takes: list[tuple[int, int]]
) -> None:
    holds, now = max(per_second, 1), at("09:00")
    left, granted_before = tokens, 0
    flowed = min(tokens, holds)

    for milliseconds, wanted in takes:
        filled_at, now = now, now + timedelta(milliseconds=milliseconds)
        flowed += milliseconds / 1000 * per_second
        before = left
        granted, left = bucket_take(tokens=left, filled_at=filled_at, now=now, per_second=per_second, wanted=wanted)
        granted_before += granted

        assert 0 <= granted <= wanted
        assert 0 <= left <= holds
        assert granted + left <= before + milliseconds / 1000 * per_second + 1e-6
        assert granted == wanted or left < 1
        assert granted_before <= flowed + 1e-6
