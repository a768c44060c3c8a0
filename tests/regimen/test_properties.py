"""What holds for any protocol and any infusion, over zones, years, weights, late starts and whatever people do."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime, time, timedelta
from fractions import Fraction
from zoneinfo import ZoneInfo

from hypothesis import given, settings
from hypothesis import strategies as st

from ivig_care.regimen.changes import Action, Existing, diff
from ivig_care.regimen.dated import Basis, DatedStep, Schedule
from ivig_care.regimen.days import run_days
from ivig_care.regimen.documents import decode_protocol, encode
from ivig_care.regimen.doses import DoseGiven, tally
from ivig_care.regimen.facts import DayFacts, InfusionFacts, SlotFact
from ivig_care.regimen.nudging import Decision, Drop, Hold, Send, alarms, decide
from ivig_care.regimen.preview import describe
from ivig_care.regimen.protocol import Actor, Anchor, AtNight, Days, Kind, Ladder, Protocol, RateStep
from ivig_care.regimen.rates import (
    RateEntered,
    Run,
    climb,
    duration,
    mg_per_kg_min,
    ml_per_kg_h,
    rate_of,
    run,
)
from ivig_care.regimen.schedule import build_schedule
from ivig_care.regimen.steps import State
from ivig_care.regimen.timing import Elapsed, QuietHours, WallClock, resolve_local, shift
from ivig_care.regimen.waking import HELD, TOO_LATE, WAKES, night_words
from tests.regimen.builders import apply, held
from tests.regimen.strategies import LIMITED, ZONES, dates, infusions, protocols, weights, zones

SECOND = timedelta(seconds=1)
# Whole protocols take long to draw: half as many of them as of other things, where one more example says little.
FEWER = settings(max_examples=max(15, settings().max_examples // 2))


# --- schedules --------------------------------------------------------------------------------


@FEWER
@given(protocols, infusions())
def test_steps_stand_in_order_of_time_and_each_window_in_order_too(protocol: Protocol, facts: InfusionFacts) -> None:
    schedule = build_schedule(protocol, facts)

    moments = [step.moment for step in schedule.steps]
    assert moments == sorted(moments)
    for window in (step.window for step in schedule.steps):
        assert window.opens_at <= window.due_at <= window.late_at <= window.closes_at


@FEWER
@given(protocols, infusions())
def test_building_twice_gives_the_same(protocol: Protocol, facts: InfusionFacts) -> None:
    assert build_schedule(protocol, facts) == build_schedule(protocol, facts)


@FEWER
@given(protocols, infusions())
def test_slots_are_unique(protocol: Protocol, facts: InfusionFacts) -> None:
    slots = [step.slot for step in build_schedule(protocol, facts).steps]

    assert len(slots) == len(set(slots))


@FEWER
@given(protocols, infusions())
def test_instants_are_in_utc_and_the_preview_is_json(protocol: Protocol, facts: InfusionFacts) -> None:
    schedule = build_schedule(protocol, facts)

    assert all(step.window.due_at.utcoffset() == timedelta() for step in schedule.steps)
    assert json.loads(json.dumps(described := describe(schedule, facts))) == described


@FEWER
@given(protocols)
def test_protocol_comes_back_from_its_own_json(protocol: Protocol) -> None:
    assert decode_protocol(json.loads(json.dumps(encode(protocol)))) == protocol


@FEWER
@given(protocols, infusions())
def test_elapsed_offsets_are_exact_and_wall_clocks_show_their_time(protocol: Protocol, facts: InfusionFacts) -> None:
    schedule = build_schedule(protocol, facts)
    rules = {rule.key: rule for rule in protocol.steps}
    days = {day.number: day for day in schedule.days}

    for step in schedule.steps:
        if (rule := rules.get(step.rule)) is None or step.day is None:
            continue
        day = days[step.day]
        meant = step.shifted_from or step.window.due_at
        if not isinstance(rule.offset, Elapsed):
            _assert_shows(meant, rule.offset.at, facts.zone)
        elif rule.anchor is Anchor.STEP:
            followed = [one.moment for one in schedule.steps if (one.rule, one.day) == (rule.after_step, step.day)]
            assert meant - max(followed) == rule.offset
        else:
            anchors = {"planned_start": day.planned_start, "start": day.starts_at, "end": day.ends_at}
            assert meant - anchors[rule.anchor.value] == rule.offset


@FEWER
@given(protocols, infusions())
def test_every_line_makes_a_step_or_says_why_it_does_not(protocol: Protocol, facts: InfusionFacts) -> None:
    schedule = build_schedule(protocol, facts)
    kept = [day.number for day in schedule.days if not day.is_cancelled]
    meant = {Days.EACH: kept, Days.FIRST: kept[:1], Days.LAST: kept[-1:]}
    left_out = {(one.rule, one.day) for one in schedule.left_out}
    assert all(one.reason for one in schedule.left_out)

    for rule in protocol.steps:
        if rule.kind in (Kind.PREMEDICATION, Kind.MEDICINE) and not rule.medicines:
            continue
        made = {step.day for step in schedule.steps if step.rule == rule.key}
        said = {day for day in kept if {(rule.key, day), (rule.key, None)} & left_out}
        assert made <= set(meant[rule.day])
        assert set(meant[rule.day]) <= made | said
        assert not made & said


@given(protocols, infusions())
def test_no_shifted_step_falls_into_the_night(protocol: Protocol, facts: InfusionFacts) -> None:
    night = protocol.night
    assert night is not None
    shifted = {rule.key for rule in protocol.steps if rule.at_night is AtNight.SHIFT}
    shifted |= {course.key for course in protocol.courses if course.at_night is AtNight.SHIFT}

    for step in build_schedule(protocol, facts).steps:
        if step.rule in shifted:
            assert night.hold_until(step.window.due_at, facts.zone) is None
        if step.shifted_from is not None:
            assert step.rule in shifted
            assert step.shifted_from < step.window.due_at == night.hold_until(step.shifted_from, facts.zone)


@FEWER
@given(protocols, infusions())
def test_nothing_is_sent_in_quiet_hours_unless_it_may_wake(protocol: Protocol, facts: InfusionFacts) -> None:
    schedule = build_schedule(protocol, facts)
    quiet = schedule.night
    assert quiet is not None

    for step in schedule.ticked:
        if step.nudges is None or step.actor is not Actor.FAMILY:
            continue
        for now in (alarm.at for alarm in alarms(step.window, step.nudges)):
            match _decided(step, quiet, facts.zone, now):
                case Send():
                    assert step.nudges.may_wake or quiet.hold_until(now, facts.zone) is None
                case Hold(until):
                    assert until < step.window.closes_at
                    assert _decided(step, quiet, facts.zone, until) == Send()
                case Drop():
                    morning = quiet.hold_until(now, facts.zone)
                    assert morning is not None
                    assert morning >= step.window.closes_at


@FEWER
@given(protocols, infusions())
def test_preview_says_of_the_night_what_becomes_of_the_message(protocol: Protocol, facts: InfusionFacts) -> None:
    schedule = build_schedule(protocol, facts)
    assert schedule.night is not None

    for step in schedule.ticked:
        is_told = step.nudges is not None and step.actor is Actor.FAMILY
        if not is_told or step.window.due_at == step.window.closes_at or step.shifted_from is not None:
            continue
        words = night_words(step, schedule.night, facts.zone)
        decision = _decided(step, schedule.night, facts.zone, step.window.due_at)
        assert isinstance(decision, {"": Send, WAKES: Send, HELD: Hold, TOO_LATE: Drop}[words])


def _decided(step: DatedStep, quiet: QuietHours, zone: ZoneInfo, now: datetime) -> Decision:
    return decide(
        open_steps=1,
        may_wake=step.nudges is not None and step.nudges.may_wake,
        is_allowed=True,
        consented=True,
        quiet=quiet,
        zone=zone,
        expires_at=step.window.closes_at,
        now=now,
    )


@FEWER
@given(protocols, infusions())
def test_days_share_the_dose_and_their_rungs_give_it(protocol: Protocol, facts: InfusionFacts) -> None:
    days = build_schedule(protocol, facts).days

    assert sum(day.volume_ml for day in days) * facts.product.mg_per_ml == facts.dose.total_mg
    assert all(day.volume_ml > 0 for day in days)
    for day in days:
        given_ml = sum((rung.volume_ml for rung in day.rungs), Fraction(0))
        if day.is_cancelled:
            assert day.rungs == ()
        elif day.end_basis is Basis.PREDICTED:
            assert given_ml == day.volume_ml + day.exceeded_ml
        else:
            assert given_ml <= day.volume_ml + day.exceeded_ml


@FEWER
@given(protocols, infusions(), st.fractions(min_value=Fraction(11, 10), max_value=3, max_denominator=10))
def test_faster_ladder_never_ends_a_day_later(protocol: Protocol, facts: InfusionFacts, factor: Fraction) -> None:
    as_prescribed = replace(facts, days=tuple(replace(day, rates=()) for day in facts.days))
    rates = (
        replace(
            step,
            ml_per_kg_h=None if step.ml_per_kg_h is None else step.ml_per_kg_h * factor,
            mg_per_kg_min=None if step.mg_per_kg_min is None else step.mg_per_kg_min * factor,
        )
        for step in protocol.ladder.steps
    )
    faster = replace(protocol.ladder, steps=tuple(rates))

    slow = run_days(protocol, as_prescribed)
    fast = run_days(replace(protocol, ladder=faster), as_prescribed)

    assert all(one.ends_at <= other.ends_at for one, other in zip(fast, slow, strict=True))


@FEWER
@given(protocols, infusions())
def test_next_infusion_shows_the_same_clock_so_many_weeks_on(protocol: Protocol, facts: InfusionFacts) -> None:
    proposal = build_schedule(protocol, facts).proposal
    kept = facts.days_kept
    if proposal is None:
        is_by_number = protocol.cadence is not None and len(protocol.cadence.weeks) > 1 and facts.number is None
        assert protocol.cadence is None or not kept or is_by_number
        return
    assert protocol.cadence is not None
    assert proposal.weeks in protocol.cadence.weeks
    assert proposal.latest - proposal.earliest == 2 * timedelta(days=protocol.cadence.slack_days)
    for start, day in zip(proposal.starts, kept, strict=True):
        shown = day.planned_start.astimezone(facts.zone).time()
        _assert_shows(start, shown, facts.zone)
        # A gap may swallow a whole day; then the next one begins at once.
        days = start.astimezone(facts.zone).date() - day.planned_start.astimezone(facts.zone).date()
        assert days - timedelta(weeks=proposal.weeks) in (timedelta(), timedelta(days=1))


def _assert_shows(instant: datetime, at: time, zone: ZoneInfo) -> None:
    # The time itself, or in a gap the first instant after it: then a second earlier the clock has not reached it.
    local = instant.astimezone(zone).replace(tzinfo=None)
    if local.time() != at:
        earlier = (instant - SECOND).astimezone(zone).replace(tzinfo=None)
        assert local - earlier > SECOND


# --- what people do ---------------------------------------------------------------------------


@dataclass(frozen=True)
class _Turn:
    """One thing that somebody says of a step, or that the clock says for them."""

    pick: int
    state: State
    minutes: int


turns = st.lists(
    st.builds(
        _Turn,
        pick=st.integers(0, 30),
        state=st.sampled_from([State.DONE, State.DONE, State.DONE, State.SKIPPED, State.MISSED]),
        minutes=st.integers(-60, 400),
    ),
    max_size=8,
)


def _played(protocol: Protocol, facts: InfusionFacts, played: list[_Turn]) -> Iterator[tuple[InfusionFacts, Schedule]]:
    """The facts and the schedule after each turn."""
    schedule = build_schedule(protocol, facts)
    yield facts, schedule
    for turn in played:
        open_steps = [step for step in schedule.ticked if step.state is State.OPEN]
        if not open_steps:
            return
        step = open_steps[turn.pick % min(len(open_steps), 6)]
        real = step.window.due_at + timedelta(minutes=turn.minutes)
        said = SlotFact(slot=step.slot, state=turn.state, at=real, due_at=step.window.due_at)
        others = tuple(fact for fact in facts.slots if fact.slot != step.slot)
        facts = replace(facts, slots=(*others, said))
        schedule = build_schedule(protocol, facts)
        yield facts, schedule


@FEWER
@given(protocols, infusions(), turns)
def test_what_was_said_stays_as_it_was_said(protocol: Protocol, facts: InfusionFacts, played: list[_Turn]) -> None:
    for now, schedule in _played(protocol, facts, played):
        steps = {step.slot: step for step in schedule.steps}
        for said in (fact for fact in now.slots if fact.state.is_said):
            step = steps[said.slot]
            assert (step.state, step.window.due_at) == (said.state, said.due_at)
            assert step.done_at == (said.at if said.state is State.DONE else None)


@given(protocols, infusions(), turns)
def test_no_open_dose_of_a_course_comes_closer_than_its_interval_to_any_other(
    protocol: Protocol, facts: InfusionFacts, played: list[_Turn]
) -> None:
    every = {course.key: course.every for course in protocol.courses}
    for _, schedule in _played(protocol, facts, played):
        for step in schedule.ticked:
            if step.rule in every and step.state is State.OPEN:
                assert step.dose is not None
                for other in _doses(schedule, step.dose.ingredient):
                    assert other is step or abs(other.moment - step.moment) >= every[step.rule], (step, other)


@given(protocols, infusions(), turns, st.lists(st.integers(-2880, 4320), max_size=3))
def test_no_open_dose_of_a_course_comes_closer_than_its_interval_to_one_given_by_hand(
    protocol: Protocol, facts: InfusionFacts, played: list[_Turn], given_after: list[int]
) -> None:
    every = {course.medicine.ingredient: course.every for course in protocol.courses}
    start = facts.days[0].planned_start
    by_hand = tuple(
        DoseGiven(ingredient=ingredient, at=start + timedelta(minutes=after))
        for ingredient in every
        for after in given_after
    )
    courses = {course.key for course in protocol.courses}

    for _, schedule in _played(protocol, replace(facts, given=by_hand), played):
        for step in schedule.ticked:
            if step.rule in courses and step.state is State.OPEN and step.dose is not None:
                gaps = [abs(dose.at - step.moment) for dose in by_hand if dose.ingredient == step.dose.ingredient]
                assert min(gaps, default=every[step.dose.ingredient]) >= every[step.dose.ingredient]


def _doses(schedule: Schedule, ingredient: str) -> list[DatedStep]:
    counted = (State.OPEN, State.DONE)
    return [
        step
        for step in schedule.ticked
        if step.dose is not None and step.dose.ingredient == ingredient and step.state in counted
    ]


def _started(facts: InfusionFacts, by: int) -> InfusionFacts:
    first, *others = facts.days
    start = first.planned_start + timedelta(minutes=by)
    return replace(facts, days=(replace(first, actual_start=start, actual_end=None, is_cancelled=False), *others))


def _moved(facts: InfusionFacts, by: int) -> InfusionFacts:
    later = (replace(day, planned_start=day.planned_start + timedelta(minutes=60 * by)) for day in facts.days)
    return replace(facts, days=tuple(replace(day, actual_start=None, actual_end=None, rates=()) for day in later))


def _cancelled(facts: InfusionFacts, by: int) -> InfusionFacts:
    number = by % len(facts.days) + 1
    days = (replace(day, is_cancelled=day.is_cancelled or day.number == number) for day in facts.days)
    return replace(facts, days=tuple(days))


def _longer(facts: InfusionFacts, by: int) -> InfusionFacts:
    last = facts.days[-1]
    more = DayFacts(number=last.number + 1, planned_start=last.planned_start + timedelta(days=1, minutes=by))
    return replace(facts, days=(*facts.days, more), vials=None)


def _elsewhere(facts: InfusionFacts, by: int) -> InfusionFacts:
    return replace(facts, zone=ZONES[by % len(ZONES)])


def _heavier(facts: InfusionFacts, by: int) -> InfusionFacts:
    return replace(facts, weight_kg=facts.weight_kg + Fraction(abs(by), 10), vials=None)


def _limited(facts: InfusionFacts, by: int) -> InfusionFacts:
    return replace(facts, conditions=facts.conditions ^ {LIMITED}, is_first=bool(by % 2))


events = st.sampled_from([_started, _moved, _cancelled, _longer, _elsewhere, _heavier, _limited])


@given(protocols, infusions(), turns, events, st.integers(-60, 600))
def test_changes_give_what_is_wanted_once_and_leave_what_was_said(
    protocol: Protocol,
    facts: InfusionFacts,
    played: list[_Turn],
    event: Callable[[InfusionFacts, int], InfusionFacts],
    by: int,
) -> None:
    *_, (now, schedule) = _played(protocol, facts, played)
    checklist = held(schedule.ticked)

    wanted = build_schedule(protocol, event(now, by))
    changed = apply(diff(checklist.values(), wanted.ticked, wanted.left_out), checklist)

    standing = {slot: step.window for slot, step in changed.items() if step.state is not State.WITHDRAWN}
    assert standing == {step.slot: step.window for step in wanted.ticked}
    amounts = {slot: step.mg for slot, step in changed.items() if step.state is State.OPEN and step.mg is not None}
    assert amounts == {step.slot: step.dose.mg for step in wanted.ticked if step.dose and step.state is State.OPEN}
    assert {change.action for change in diff(changed.values(), wanted.ticked, wanted.left_out)} <= {Action.KEEP}
    assert _said(changed) == _said(checklist)


def _said(checklist: dict[str, Existing]) -> dict[str, Existing]:
    return {slot: step for slot, step in checklist.items() if step.state.is_said}


@FEWER
@given(protocols, infusions(), st.integers(0, 600))
def test_late_start_moves_no_step_that_hangs_on_the_plan(protocol: Protocol, facts: InfusionFacts, late: int) -> None:
    # Without the last infusion: a late start may make the gap since then a long one.
    facts = replace(facts, last=None)
    planned = tuple(replace(day, actual_start=None, actual_end=None, rates=()) for day in facts.days)
    slipped = tuple(
        day if day.is_cancelled else replace(day, actual_start=day.planned_start + timedelta(minutes=late))
        for day in planned
    )
    anchors = {rule.key: rule.anchor.value for rule in protocol.steps}

    before = {step.slot: step for step in build_schedule(protocol, replace(facts, days=planned)).steps}
    after = {step.slot: step for step in build_schedule(protocol, replace(facts, days=slipped)).steps}

    for slot, step in before.items():
        if step.rule in anchors:
            assert anchors[step.rule] != "planned_start" or after[slot].window == step.window


# --- rates ------------------------------------------------------------------------------------

rates = st.fractions(min_value=Fraction(1, 10), max_value=9, max_denominator=100)
lengths = st.one_of(st.none(), st.fractions(min_value=1, max_value=120, max_denominator=60))
rungs = st.one_of(
    st.builds(RateStep, ml_per_kg_h=rates, minutes=lengths), st.builds(RateStep, mg_per_kg_min=rates, minutes=lengths)
)
ladders = st.builds(
    Ladder,
    steps=st.lists(rungs, min_size=1, max_size=6).map(tuple),
    max_ml_h=st.one_of(st.none(), st.fractions(min_value=10, max_value=400, max_denominator=10)),
)
# Ladders that change on the second, as people enter it.
even_rungs = st.builds(RateStep, ml_per_kg_h=rates, minutes=st.integers(1, 7200).map(lambda each: Fraction(each, 60)))
even_ladders = st.lists(even_rungs, min_size=1, max_size=6).map(lambda steps: Ladder(steps=tuple(steps)))
concentrations = st.sampled_from([Fraction(50), Fraction(100)])
volumes = st.fractions(min_value=Fraction(1, 10), max_value=3000, max_denominator=1000)
entries = st.lists(st.tuples(st.integers(-600, 30_000), st.fractions(0, 300, max_denominator=10)), max_size=6)
NINE = datetime.fromisoformat("2026-06-15T09:00+00:00")


def _ran(
    ladder: Ladder,
    weight: Fraction,
    volume: Fraction,
    entered: Iterable[tuple[float, Fraction]],
    ended: int | None = None,
) -> Run:
    """The run at 100 mg/mL from nine o'clock, with the mL/h that were entered so many seconds after it."""
    return run(
        ladder,
        weight_kg=weight,
        volume_ml=volume,
        mg_per_ml=Fraction(100),
        starts_at=NINE,
        entered=tuple(RateEntered(at=NINE + timedelta(seconds=after), ml_h=ml_h) for after, ml_h in entered),
        ended_at=None if ended is None else NINE + timedelta(seconds=ended),
    )


@given(rates, concentrations)
def test_rates_come_back_from_the_other_unit(rate: Fraction, mg_per_ml: Fraction) -> None:
    assert mg_per_kg_min(ml_per_kg_h(rate, mg_per_ml=mg_per_ml), mg_per_ml=mg_per_ml) == rate
    assert ml_per_kg_h(mg_per_kg_min(rate, mg_per_ml=mg_per_ml), mg_per_ml=mg_per_ml) == rate


@given(ladders, weights, volumes, concentrations)
def test_volumes_sum_to_the_total_exactly(
    ladder: Ladder, weight: Fraction, volume: Fraction, mg_per_ml: Fraction
) -> None:
    climbed = climb(ladder, weight_kg=weight, volume_ml=volume, mg_per_ml=mg_per_ml)

    assert sum(rung.volume_ml for rung in climbed) == volume
    assert all(rung.volume_ml == rung.ml_h * rung.minutes / 60 > 0 for rung in climbed)
    assert all(rung.ml_h == rung.ml_per_kg_h * weight for rung in climbed)
    most = ladder.max_ml_h or Fraction(10**6)
    prescribed = [rate_of(step, mg_per_ml) * weight for step in ladder.steps[: len(climbed)]]
    assert [rung.ml_h for rung in climbed] == [min(rate, most) for rate in prescribed]


@given(ladders, weights, volumes)
def test_rungs_follow_one_another_without_gaps(ladder: Ladder, weight: Fraction, volume: Fraction) -> None:
    climbed = climb(ladder, weight_kg=weight, volume_ml=volume, mg_per_ml=Fraction(100))

    ends = [rung.starts_after + rung.minutes for rung in climbed]
    assert [rung.starts_after for rung in climbed] == [0, *ends[:-1]]
    exactly = timedelta(seconds=float(ends[-1] * 60))
    assert -timedelta(milliseconds=1) < duration(climbed) - exactly < SECOND


@given(ladders, weights, volumes, st.fractions(min_value=Fraction(11, 10), max_value=2, max_denominator=10))
def test_faster_rates_never_end_later(ladder: Ladder, weight: Fraction, volume: Fraction, factor: Fraction) -> None:
    faster = Ladder(
        steps=tuple(
            RateStep(ml_per_kg_h=rate_of(step, Fraction(100)) * factor, minutes=step.minutes) for step in ladder.steps
        ),
        max_ml_h=ladder.max_ml_h,
    )

    slow, fast = (_ran(each, weight, volume, ()).duration for each in (ladder, faster))
    assert fast <= slow


@given(even_ladders, weights, volumes, volumes, entries)
def test_more_volume_never_ends_sooner(
    ladder: Ladder, weight: Fraction, volume: Fraction, more: Fraction, entered: list[tuple[int, Fraction]]
) -> None:
    assert _ran(ladder, weight, volume, entered).duration <= _ran(ladder, weight, volume + more, entered).duration


@given(even_ladders, weights, volumes, st.lists(st.booleans(), min_size=6, max_size=6))
def test_entering_just_what_the_ladder_does_changes_nothing(
    ladder: Ladder, weight: Fraction, volume: Fraction, is_said: list[bool]
) -> None:
    climbed = climb(ladder, weight_kg=weight, volume_ml=volume, mg_per_ml=Fraction(100))
    entered = [(float(rung.starts_after * 60), rung.ml_h) for rung, said in zip(climbed, is_said, strict=False) if said]

    ran = _ran(ladder, weight, volume, entered)

    assert tuple(replace(rung, is_recorded=False) for rung in ran.rungs) == climbed
    assert [rung.is_recorded for rung in ran.rungs] == is_said[: len(climbed)]


@given(even_ladders, weights, volumes, entries, st.one_of(st.none(), st.integers(1, 40_000)))
def test_what_ran_sums_up_without_gaps_whatever_is_entered(
    ladder: Ladder, weight: Fraction, volume: Fraction, entered: list[tuple[int, Fraction]], ended: int | None
) -> None:
    ran = _ran(ladder, weight, volume, entered, ended)

    assert ran.volume_given_ml <= volume + ran.volume_exceeded_ml
    assert all(rung.volume_ml == rung.ml_h * rung.minutes / 60 for rung in ran.rungs)
    ends = [rung.starts_after + rung.minutes for rung in ran.rungs]
    assert [rung.starts_after for rung in ran.rungs] == [0, *ends[:-1]]
    if ended is None:
        assert ran.volume_given_ml == volume + ran.volume_exceeded_ml
        assert ran.duration >= timedelta(seconds=max((after for after, _ in entered), default=0))
    else:
        assert ran.duration <= timedelta(seconds=ended)
        assert not ran.is_paused


@given(even_ladders, weights, volumes, st.integers(0, 9000), st.lists(st.integers(1, 9000), min_size=2, max_size=2))
def test_longer_pause_never_ends_sooner_and_none_before_it_was_said_it_could(
    ladder: Ladder, weight: Fraction, volume: Fraction, paused_after: int, pauses: list[int]
) -> None:
    rising = Ladder(steps=tuple(sorted(ladder.steps, key=lambda step: step.ml_per_kg_h or 0)))
    before = climb(rising, weight_kg=weight, volume_ml=volume, mg_per_ml=Fraction(100))
    at_pause = [rung.ml_h for rung in before if rung.starts_after * 60 <= paused_after][-1]
    paused = (paused_after, Fraction(0))

    not_before = _ran(rising, weight, volume, [paused])
    short, long = (
        _ran(rising, weight, volume, [paused, (paused_after + length, at_pause)]).duration for length in sorted(pauses)
    )

    assert not_before.is_paused
    assert not_before.duration <= short <= long


@given(rates, weights, volumes, st.integers(0, 9000), st.lists(st.integers(1, 3000), min_size=2, max_size=2))
def test_faster_entered_rate_never_ends_later(
    rate: Fraction, weight: Fraction, volume: Fraction, after: int, tenths: list[int]
) -> None:
    one_rate = Ladder(steps=(RateStep(ml_per_kg_h=rate),))

    slow, fast = (_ran(one_rate, weight, volume, [(after, Fraction(each, 10))]).duration for each in sorted(tenths))
    assert fast <= slow


# --- time -------------------------------------------------------------------------------------


@given(st.data(), zones, st.times())
def test_local_times_resolve_to_the_first_instant_that_reaches_them(
    data: st.DataObject, zone: ZoneInfo, at: time
) -> None:
    at = at.replace(microsecond=0)
    day = data.draw(dates(zone))
    shown = datetime.combine(day, at)

    instant = resolve_local(day, at, zone)

    local = instant.astimezone(zone).replace(tzinfo=None)
    just_before = (instant - SECOND).astimezone(zone).replace(tzinfo=None)
    assert local >= shown > just_before
    # And it is the first: no instant of the three hours before it shows the same.
    for quarters in range(1, 13):
        candidate = instant - timedelta(minutes=15 * quarters)
        assert candidate.astimezone(zone).replace(tzinfo=None) != shown


@given(st.data(), zones, st.times(), st.integers(-5, 5))
def test_wall_clock_offsets_land_on_the_date_they_name_or_on_the_first_instant_after(
    data: st.DataObject, zone: ZoneInfo, at: time, days: int
) -> None:
    anchor = resolve_local(data.draw(dates(zone)), at.replace(microsecond=0), zone)

    landed = shift(anchor, WallClock(days, time(8)), zone)

    local = landed.astimezone(zone)
    assert (local.date(), local.time()) == (anchor.astimezone(zone).date() + timedelta(days=days), time(8))


@given(st.data(), zones, st.times(), st.times(), st.times())
def test_held_messages_leave_outside_quiet_hours(
    data: st.DataObject, zone: ZoneInfo, start: time, end: time, at: time
) -> None:
    start, end, at = (each.replace(second=0, microsecond=0) for each in (start, end, at))
    now = resolve_local(data.draw(dates(zone)), at, zone)

    held_until = QuietHours(start, end).hold_until(now, zone)

    if held_until is not None:
        assert now < held_until <= now + timedelta(hours=26)
        assert QuietHours(start, end).hold_until(held_until, zone) is None


# --- the ledger -------------------------------------------------------------------------------

minutes_of_doses = st.lists(st.integers(0, 4 * 1440), max_size=20)


@given(minutes_of_doses)
def test_tally_agrees_with_counting_by_hand(given_at: list[int]) -> None:
    start = datetime.fromisoformat("2026-06-15T00:00+00:00")
    doses = tuple(DoseGiven(ingredient="x", at=start + timedelta(minutes=each), mg=Fraction(1)) for each in given_at)

    counted = tally(doses, "x")

    most = max((sum(1 for each in given_at if end - 1440 < each <= end) for end in range(5 * 1440)), default=0)
    pairs = [abs(a - b) for i, a in enumerate(given_at) for b in given_at[i + 1 :]]
    assert (counted.most_in_24h, counted.most_mg_in_24h) == (most, Fraction(most))
    assert counted.smallest_gap == (timedelta(minutes=min(pairs)) if pairs else None)
