"""The infusion days as they run: what was entered, pauses, cancelled days, and their moments on the timeline."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import pytest

from ivig_care.regimen.dated import Basis, DatedStep, DayRun
from ivig_care.regimen.days import AN_INSTANT, run_days, timeline_of
from ivig_care.regimen.dosing import Rounding, VialRounding
from ivig_care.regimen.facts import DayFacts, InfusionFacts
from ivig_care.regimen.protocol import Actor, Kind, Ladder, RateStep
from ivig_care.regimen.rates import Product
from ivig_care.regimen.steps import State
from ivig_care.regimen.timing import Elapsed, Window
from tests.regimen.builders import at, cancelled, day, entered, facts, protocol

# 20 mL/h for half an hour, then 100 mL/h: 200 mL take 30 + 114 minutes.
TWO_RATES = Ladder(
    steps=(RateStep(ml_per_kg_h=Fraction(1), minutes=Fraction(30)), RateStep(ml_per_kg_h=Fraction(5))),
    at_each_change="vitals",
    at_end="flush",
)


def _ran(one: DayFacts, infusion: InfusionFacts | None = None, ladder: Ladder | None = TWO_RATES) -> DayRun:
    (ran,) = (each for each in run_days(protocol(ladder=ladder), infusion or facts(one)) if each.number == one.number)
    return ran


def _shown(one: DayFacts) -> list[tuple[str, str, str]]:
    moments = timeline_of(TWO_RATES, _ran(one))
    return [(step.slot, f"{step.window.due_at:%H:%M:%S}", step.title) for step in moments]


def test_day_as_it_is_planned() -> None:
    ran = _ran(day())

    assert replace(ran, rungs=()) == DayRun(
        number=1,
        planned_start=at("09:00"),
        starts_at=at("09:00"),
        ends_at=at("11:24"),
        start_basis=Basis.PLANNED,
        end_basis=Basis.PREDICTED,
        planned_ends_at=at("11:24"),
        volume_ml=Fraction(200),
        rungs=(),
    )
    assert [(int(rung.ml_h), int(rung.minutes), rung.is_recorded) for rung in ran.rungs] == [
        (20, 30, False),
        (100, 114, False),
    ]


def test_day_that_started_late_and_is_over() -> None:
    ran = _ran(day(start="09:45", end="12:00"))

    assert (ran.planned_start, ran.starts_at, ran.ends_at) == (at("09:00"), at("09:45"), at("12:00"))
    assert (ran.start_basis, ran.end_basis, ran.is_cancelled, ran.is_paused) == (
        Basis.ACTUAL,
        Basis.ACTUAL,
        False,
        False,
    )


def test_end_follows_a_late_start() -> None:
    ran = _ran(day(start="09:45"))

    assert (ran.ends_at, ran.start_basis, ran.end_basis) == (at("12:09"), Basis.ACTUAL, Basis.PREDICTED)


def test_rate_in_mg_per_kg_min_is_by_the_product() -> None:
    by_dose = Ladder(steps=(RateStep(mg_per_kg_min=Fraction(5)),))
    thin = facts(day(), product=Product(name="Thin", mg_per_ml=Fraction(50)))

    assert [rung.ml_h for rung in _ran(day(), ladder=by_dose).rungs] == [60]
    assert [rung.ml_h for rung in _ran(day(), thin, ladder=by_dose).rungs] == [120]
    assert _ran(day(), thin).volume_ml == 400


def test_each_day_has_its_share_in_whole_vials() -> None:
    infusion = facts(day(), day(2), vials=VialRounding(vial_mg=Fraction(5000), to=Rounding.UP), cap_mg=Fraction(36_000))

    assert [_ran(one, infusion).volume_ml for one in infusion.days] == [200, 150]


def test_entered_rate_changes_the_end() -> None:
    # 10 mL in half an hour, 50 mL in the next; then 70 mL/h for the 140 mL that are left.
    ran = _ran(day(start="09:00", rates=(entered("10:00", 70),)))

    assert (ran.ends_at, ran.end_basis) == (at("12:00"), Basis.PREDICTED)
    assert [(int(rung.ml_h), rung.is_recorded) for rung in ran.rungs] == [(20, False), (100, False), (70, True)]


def test_rates_are_counted_from_the_actual_start() -> None:
    assert _ran(day(start="10:00", rates=(entered("11:00", 70),))).ends_at == at("13:00")


def test_pause_leaves_the_end_open() -> None:
    ran = _ran(day(start="09:00", rates=(entered("10:00", 0),)))

    assert (ran.is_paused, ran.ends_at) == (True, at("11:24"))


def test_what_was_entered_beyond_the_order_is_told() -> None:
    # 10 mL, then 100 mL/h until 12:00 are 260 mL, where 200 were ordered.
    ran = _ran(day(start="09:00", rates=(entered("12:00", 100),)))

    assert (ran.exceeded_ml, _ran(day()).exceeded_ml) == (Fraction(60), Fraction(0))


def test_cancelled_day_has_its_share_and_no_rungs() -> None:
    infusion = facts(day(), cancelled(2))
    ran = _ran(infusion.days[1], infusion)

    assert (ran.number, ran.is_cancelled, len(ran.rungs), ran.volume_ml) == (2, True, 0, Fraction(200))
    assert (ran.starts_at, ran.start_basis) == (at("1+09:00"), Basis.PLANNED)


def test_instant_opens_and_closes_at_once() -> None:
    assert AN_INSTANT.around(at("09:00")) == Window(
        opens_at=at("09:00"), due_at=at("09:00"), late_at=at("09:00"), closes_at=at("09:00")
    )
    assert AN_INSTANT.opens_before == Elapsed()


def test_timeline_says_each_rate_and_the_end() -> None:
    assert _shown(day()) == [
        ("rate.d1.1", "09:00:00", "set pump 20 mL/h; vitals"),
        ("rate.d1.2", "09:30:00", "set pump 100 mL/h; vitals"),
        ("end.d1", "11:24:00", "infusion END (predicted); flush"),
    ]


def test_moment_of_the_timeline_says_everything() -> None:
    second = day(2, start="1+09:00")
    first, *_, end = timeline_of(TWO_RATES, _ran(second, facts(day(), second)))

    assert first == DatedStep(
        slot="rate.d2.1",
        rule="rate",
        kind=Kind.RATE,
        actor=Actor.CLINIC,
        title="set pump 20 mL/h; vitals",
        window=AN_INSTANT.around(at("1+09:00")),
        basis=Basis.ACTUAL,
        follows="the actual start of day 2",
        day=2,
        state=State.OPEN,
    )
    assert (end.rule, end.kind, end.basis, end.follows) == (
        "end",
        Kind.END,
        Basis.PREDICTED,
        "the predicted end of day 2",
    )


# When it started and ended, and the slots of the timeline.
STOPPED = [
    pytest.param("09:30", ["rate.d1.1", "end.d1"], id="as the next rate would have begun"),
    pytest.param("09:30:01", ["rate.d1.1", "rate.d1.2", "end.d1"], id="a second after it began"),
    pytest.param("11:24", ["rate.d1.1", "rate.d1.2", "end.d1"], id="on time"),
    pytest.param("12:00", ["rate.d1.1", "rate.d1.2", "end.d1"], id="late"),
]


@pytest.mark.parametrize(("end", "slots"), STOPPED)
def test_rate_that_was_never_reached_is_not_shown(end: str, slots: list[str]) -> None:
    assert [slot for slot, _, _ in _shown(day(start="09:00", end=end))] == slots


def test_timeline_of_a_pause_that_is_over_says_when_it_went_on() -> None:
    assert _shown(day(start="09:00", rates=(entered("10:00", 0), entered("10:20", 100)))) == [
        ("rate.d1.1", "09:00:00", "set pump 20 mL/h; vitals"),
        ("rate.d1.2", "09:30:00", "set pump 100 mL/h; vitals"),
        ("rate.d1.3", "10:00:00", "infusion paused; vitals"),
        ("rate.d1.4", "10:20:00", "set pump 100 mL/h; vitals"),
        ("end.d1", "11:44:00", "infusion END (predicted); flush"),
    ]


def test_timeline_of_a_pause_that_lasts_sets_no_pump_after_it() -> None:
    assert _shown(day(start="09:00", rates=(entered("09:10", 0),))) == [
        ("rate.d1.1", "09:00:00", "set pump 20 mL/h; vitals"),
        ("rate.d1.2", "09:10:00", "infusion paused; vitals"),
        ("end.d1", "11:24:00", "infusion END (not before this); flush"),
    ]


def test_timeline_of_an_infusion_stopped_while_it_was_paused() -> None:
    assert _shown(day(start="09:00", end="09:40", rates=(entered("09:10", 0),))) == [
        ("rate.d1.1", "09:00:00", "set pump 20 mL/h; vitals"),
        ("rate.d1.2", "09:10:00", "infusion paused; vitals"),
        ("end.d1", "09:40:00", "infusion END (actual); flush"),
    ]


def test_moment_is_rounded_up_to_the_second() -> None:
    uneven = Ladder(
        steps=(RateStep(ml_per_kg_h=Fraction(3), minutes=Fraction("10.33")), RateStep(ml_per_kg_h=Fraction(5)))
    )

    moments = [step.window.due_at for step in timeline_of(uneven, _ran(day(), ladder=uneven))]
    assert moments[:2] == [at("09:00"), at("09:10:20")]


def test_timeline_with_nothing_to_do_says_only_the_rate() -> None:
    one_rate = Ladder(steps=(RateStep(ml_per_kg_h=Fraction(5)),))

    assert [step.title for step in timeline_of(one_rate, _ran(day(), ladder=one_rate))] == [
        "set pump 100 mL/h",
        "infusion END (predicted)",
    ]


def test_rate_that_would_have_begun_within_the_second_of_the_end_is_not_shown() -> None:
    # The second rate begins 0.2 seconds before 09:10:20; a clock knows nothing finer than a second.
    uneven = Ladder(
        steps=(RateStep(ml_per_kg_h=Fraction(3), minutes=Fraction("10.33")), RateStep(ml_per_kg_h=Fraction(5)))
    )
    stopped, later = (_ran(day(start="09:00", end=end), ladder=uneven) for end in ("09:10:20", "09:10:21"))

    assert [step.slot for step in timeline_of(uneven, stopped)] == ["rate.d1.1", "end.d1"]
    assert [step.slot for step in timeline_of(uneven, later)] == ["rate.d1.1", "rate.d1.2", "end.d1"]
