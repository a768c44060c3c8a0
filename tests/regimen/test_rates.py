"""Rates: units, the published ladders, what was entered on the day, and the ceilings that warn."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ivig_care.regimen.errors import DocumentError
from ivig_care.regimen.protocol import Ladder, RateStep
from ivig_care.regimen.rates import (
    Ceiling,
    Product,
    RateEntered,
    Run,
    Rung,
    ceilings_for,
    climb,
    duration,
    exceeded,
    mg_per_kg_min,
    ml_per_kg_h,
    rate_of,
    run,
    starts_above,
    whole_seconds,
)
from tests.regimen.builders import at
from tests.regimen.oracles import PumpStep, Turn, pump

TEN, FIVE = Fraction(100), Fraction(50)
START = at("09:00")


def _minutes(length: str | None) -> Fraction | None:
    return None if length is None else Fraction(length)


def _by_volume(*rates: tuple[str, str | None], most: int | None = None) -> Ladder:
    """A ladder in mL/kg/h."""
    steps = (RateStep(ml_per_kg_h=Fraction(rate), minutes=_minutes(length)) for rate, length in rates)
    return Ladder(steps=tuple(steps), max_ml_h=None if most is None else Fraction(most))


def _by_dose(*rates: tuple[str, str | None]) -> Ladder:
    """A ladder in mg/kg/min."""
    steps = (RateStep(mg_per_kg_min=Fraction(rate), minutes=_minutes(length)) for rate, length in rates)
    return Ladder(steps=tuple(steps))


def _said(rungs: tuple[Rung, ...]) -> list[tuple[Fraction, Fraction, Fraction]]:
    """mL/h, minutes and mL of each rung."""
    return [(rung.ml_h, rung.minutes, rung.volume_ml) for rung in rungs]


def _numbers(*rungs: tuple[str, str, str]) -> list[tuple[Fraction, ...]]:
    return [tuple(map(Fraction, rung)) for rung in rungs]


# --- units ------------------------------------------------------------------------------------


# mg/kg/min, mg/mL, mL/kg/h as FACTS section 3 prints them.
@pytest.mark.parametrize(
    ("by_dose", "mg_per_ml", "by_volume"),
    [
        pytest.param("1", TEN, "0.6", id="1 mg/kg/min at 10 %"),
        pytest.param("1", FIVE, "1.2", id="1 mg/kg/min at 5 %"),
        pytest.param("8", TEN, "4.8", id="Gamunex-C, Privigen"),
        pytest.param("4", TEN, "2.4", id="Octagam 10 % in dermatomyositis"),
        pytest.param("12", TEN, "7.2", id="Octagam 10 % in ITP"),
        pytest.param("14", TEN, "8.4", id="Panzyga"),
        pytest.param("5", FIVE, "6", id="Flebogamma DIF 5 %"),
        pytest.param("10/3", TEN, "2", id="risk cap"),
        pytest.param("10/3", FIVE, "4", id="risk cap at 5 %"),
    ],
)
def test_rates_by_dose_and_by_volume_are_one_rate(by_dose: str, mg_per_ml: Fraction, by_volume: str) -> None:
    assert ml_per_kg_h(Fraction(by_dose), mg_per_ml=mg_per_ml) == Fraction(by_volume)
    assert mg_per_kg_min(Fraction(by_volume), mg_per_ml=mg_per_ml) == Fraction(by_dose)
    assert rate_of(RateStep(mg_per_kg_min=Fraction(by_dose)), mg_per_ml) == Fraction(by_volume)
    assert rate_of(RateStep(ml_per_kg_h=Fraction(by_volume)), mg_per_ml) == Fraction(by_volume)


@pytest.mark.parametrize(
    "step",
    [
        pytest.param(RateStep(), id="no rate"),
        pytest.param(RateStep(ml_per_kg_h=Fraction(1), mg_per_kg_min=Fraction(1)), id="two rates"),
    ],
)
def test_rung_needs_exactly_one_rate(step: RateStep) -> None:
    with pytest.raises(DocumentError) as refused:
        rate_of(step, TEN)

    assert str(refused.value) == "ladder.steps: needs either ml_per_kg_h or mg_per_kg_min"


# --- ladders ----------------------------------------------------------------------------------

# Ladder, kg, mL, mg/mL: mL/h, minutes and mL of each rung.
PUBLISHED = [
    pytest.param(
        _by_volume(("0.6", "30"), ("1.2", "30"), ("2.4", None)),
        *("20", "200", TEN),
        [("12", "30", "6"), ("24", "30", "12"), ("48", "227.5", "182")],
        id="E1: Octagam 10 %, dermatomyositis",
    ),
    pytest.param(
        _by_dose(("1", "30"), ("2", "30"), ("4", None)),
        *("20", "200", TEN),
        [("12", "30", "6"), ("24", "30", "12"), ("48", "227.5", "182")],
        id="E1 in the label's own unit",
    ),
    pytest.param(
        _by_volume(("0.6", "30"), ("1.2", "30"), ("2.0", None)),
        *("20", "200", TEN),
        [("12", "30", "6"), ("24", "30", "12"), ("40", "273", "182")],
        id="E1b: first infusion",
    ),
    pytest.param(
        _by_volume(("0.3", "15"), ("1", "15"), ("3", None)),
        *("15", "60", TEN),
        [("4.5", "15", "1.125"), ("15", "15", "3.75"), ("45", "73.5", "55.125")],
        id="P4: CHEO",
    ),
    pytest.param(
        _by_volume(("0.6", "30"), ("1.2", "30"), ("2.4", "30"), ("4.8", None)),
        *("15", "60", TEN),
        [("9", "30", "4.5"), ("18", "30", "9"), ("36", "30", "18"), ("72", "23.75", "28.5")],
        id="P9: HLH, doubling to 4.8",
    ),
    pytest.param(
        _by_volume(("1.2", "15"), ("2.4", "15"), ("4.8", "15"), ("6", None)),
        *("15", "60", TEN),
        [("18", "15", "4.5"), ("36", "15", "9"), ("72", "15", "18"), ("90", "19", "28.5")],
        id="P10: rapid ITP trial",
    ),
    pytest.param(
        _by_dose(
            *(("0.5", "10"), ("1.3", "20"), ("2.1", "20"), ("2.9", "20")),
            *(("3.7", "20"), ("4.5", "20"), ("5.3", "20"), ("6", None)),
        ),
        *("20", "200", TEN),
        [
            *(("6", "10", "1"), ("15.6", "20", "5.2"), ("25.2", "20", "8.4"), ("34.8", "20", "11.6")),
            *(("44.4", "20", "14.8"), ("54", "20", "18"), ("63.6", "20", "21.2"), ("72", "599/6", "119.8")),
        ],
        id="Bivigam: eight steps",
    ),
    pytest.param(
        _by_dose(("0.5", "30"), ("1", "30"), ("2", "30"), ("10/3", None)),
        *("20", "400", FIVE),
        [("12", "30", "6"), ("24", "30", "12"), ("48", "30", "24"), ("80", "268.5", "358")],
        id="Octagam 5 %: twice the volume",
    ),
    pytest.param(
        _by_volume(("0.6", "30"), ("1.2", "30"), ("2.4", "30"), ("3.6", "30"), ("4.8", None), most=240),
        *("70", "700", TEN),
        [
            *(("42", "30", "21"), ("84", "30", "42"), ("168", "30", "84")),
            *(("240", "30", "120"), ("240", "108.25", "433")),
        ],
        id="P5: RCH, never above 240 mL/h",
    ),
    pytest.param(
        _by_volume(("4.8", None), most=240), "50", "240", TEN, [("240", "60", "240")], id="P5: 240 mL/h itself"
    ),
    pytest.param(
        _by_volume(("4.8", None), most=240), "49", "235.2", TEN, [("235.2", "60", "235.2")], id="P5: just below it"
    ),
]


@pytest.mark.parametrize(("ladder", "weight", "volume", "mg_per_ml", "rungs"), PUBLISHED)
def test_published_ladders(
    ladder: Ladder, weight: str, volume: str, mg_per_ml: Fraction, rungs: list[tuple[str, str, str]]
) -> None:
    climbed = climb(ladder, weight_kg=Fraction(weight), volume_ml=Fraction(volume), mg_per_ml=mg_per_ml)

    assert _said(climbed) == _numbers(*rungs)
    assert sum(rung.volume_ml for rung in climbed) == Fraction(volume)


# Rates, mL to give to a child of 10 kg: minutes and mL of each rung.
CLIMBS = [
    pytest.param([("1", "30"), ("2", None)], "25", [("30", "5"), ("60", "20")], id="last rung runs until all is in"),
    pytest.param([("1", "30"), ("2", "5")], "25", [("30", "5"), ("60", "20")], id="even when it has minutes"),
    pytest.param([("1", "30"), ("2", "30"), ("4", None)], "15", [("30", "5"), ("30", "10")], id="exactly empty"),
    pytest.param([("1", "30"), ("2", "30"), ("4", None)], "10", [("30", "5"), ("15", "5")], id="overshoot ends early"),
    pytest.param([("1", "30"), ("2", None)], "1", [("6", "1")], id="never leaves the first rung"),
    pytest.param([("1", "30"), ("2", None)], "5.5", [("30", "5"), ("1.5", "0.5")], id="half a millilitre is left"),
    pytest.param([("1", None), ("2", None)], "5", [("30", "5")], id="a rung without minutes runs until all is in"),
    pytest.param([("3", None)], "1", [("2", "1")], id="one rate"),
    pytest.param([("1", "30")], "0", [("0", "0")], id="nothing to give"),
    pytest.param([], "0", [], id="no rates at all"),
]


@pytest.mark.parametrize(("rates", "volume", "rungs"), CLIMBS)
def test_ladder_gives_the_whole_volume_and_no_more(
    rates: list[tuple[str, str | None]], volume: str, rungs: list[tuple[str, str]]
) -> None:
    climbed = climb(_by_volume(*rates), weight_kg=Fraction(10), volume_ml=Fraction(volume), mg_per_ml=TEN)

    assert [(rung.minutes, rung.volume_ml) for rung in climbed] == [
        (Fraction(length), Fraction(amount)) for length, amount in rungs
    ]


def test_rungs_follow_one_another_and_say_their_effective_rate() -> None:
    ladder = _by_volume(("1", "30"), ("2", "15"), ("4", None), most=30)

    climbed = climb(ladder, weight_kg=Fraction(10), volume_ml=Fraction(50), mg_per_ml=TEN)

    assert climbed[1] == Rung(
        starts_after=Fraction(30),
        ml_per_kg_h=Fraction(2),
        ml_h=Fraction(20),
        minutes=Fraction(15),
        volume_ml=Fraction(5),
        is_recorded=False,
    )
    assert [rung.starts_after for rung in climbed] == [0, 30, 45]
    assert climbed[2].ml_per_kg_h == 3
    assert climbed[2].ml_h == 30


def test_length_is_rounded_up_to_the_second() -> None:
    third = climb(_by_volume(("3", None)), weight_kg=Fraction(1), volume_ml=Fraction(1, 1000), mg_per_ml=TEN)

    assert third[0].minutes == Fraction(1, 50)
    assert duration(third) == timedelta(seconds=2)
    assert whole_seconds(Fraction(10)) == timedelta(minutes=10)
    assert duration(()) == timedelta()


# --- what was entered on the day --------------------------------------------------------------

E1 = _by_volume(("0.6", "30"), ("1.2", "30"), ("2.4", None))


def _entered(*changes: tuple[float, str]) -> tuple[RateEntered, ...]:
    """Changes, each so many minutes after the start, in mL/h."""
    return tuple(RateEntered(at=START + timedelta(minutes=after), ml_h=Fraction(ml_h)) for after, ml_h in changes)


def _run(*changes: tuple[float, str], ended: float | None = None, ladder: Ladder = E1) -> Run:
    """A child of 20 kg who is to be given 200 mL by the ladder of E1: 287.5 minutes when nothing is entered."""
    return run(
        ladder,
        weight_kg=Fraction(20),
        volume_ml=Fraction(200),
        mg_per_ml=TEN,
        starts_at=START,
        entered=_entered(*changes),
        ended_at=None if ended is None else START + timedelta(minutes=ended),
    )


def test_without_changes_the_ladder_runs_as_prescribed() -> None:
    ran = _run()

    assert ran.rungs == climb(E1, weight_kg=Fraction(20), volume_ml=Fraction(200), mg_per_ml=TEN)
    assert not ran.is_paused
    assert ran.volume_exceeded_ml == 0
    assert ran.volume_given_ml == 200
    assert ran.duration == timedelta(minutes=287.5)


_FIRST, _SECOND, _THIRD = ("12", "30", "6"), ("24", "30", "12"), ("48", "30", "24")
# Changes (minutes after the start, mL/h): mL/h, minutes and mL of each rung, "!" for those that were entered.
RUNS = [
    pytest.param(
        [(40, "24")],
        [_FIRST, ("24", "10", "4"), ("!24", "30", "12"), ("48", "222.5", "178")],
        id="the same rung again: its full minutes",
    ),
    pytest.param([(10, "48")], [("12", "10", "2"), ("!48", "247.5", "198")], id="ahead of the ladder"),
    pytest.param(
        [(90, "24")],
        [_FIRST, _SECOND, _THIRD, ("!24", "395", "158")],
        id="back to a rung: held",
    ),
    pytest.param(
        [(0, "24")], [("!24", "30", "12"), ("48", "235", "188")], id="begun at the second rung: the first never ran"
    ),
    pytest.param([(30, "24")], [_FIRST, ("!24", "30", "12"), ("48", "227.5", "182")], id="just as the ladder says"),
    pytest.param([(90, "36")], [_FIRST, _SECOND, _THIRD, ("!36", "790/3", "158")], id="no rung: held to the end"),
    pytest.param(
        [(90, "36"), (120, "24")],
        [_FIRST, _SECOND, _THIRD, ("!36", "30", "18"), ("!24", "350", "140")],
        id="from a held rate to a rung below it: held",
    ),
    pytest.param(
        [(40, "36"), (60, "24")],
        [_FIRST, ("24", "10", "4"), ("!36", "20", "12"), ("!24", "30", "12"), ("48", "207.5", "166")],
        id="from a held rate back to the rung that was left",
    ),
    pytest.param(
        [(90, "0"), (120, "24")],
        [_FIRST, _SECOND, _THIRD, ("!0", "30", "0"), ("!24", "395", "158")],
        id="paused, and on from a rung below: held",
    ),
    pytest.param(
        [(40, "0"), (60, "24")],
        [_FIRST, ("24", "10", "4"), ("!0", "20", "0"), ("!24", "30", "12"), ("48", "222.5", "178")],
        id="paused, and on from the rung that was left",
    ),
    pytest.param(
        [(10, "12"), (50, "0"), (60, "24")],
        [
            ("12", "10", "2"),
            ("!12", "30", "6"),
            ("24", "10", "4"),
            ("!0", "10", "0"),
            ("!24", "30", "12"),
            ("48", "220", "176"),
        ],
        id="each change counts from the one before it",
    ),
    pytest.param(
        [(90, "24.04")],
        [_FIRST, _SECOND, _THIRD, ("!24.04", "237000/601", "158")],
        id="held at the rate that was entered, not at that of the rung",
    ),
    pytest.param(
        [(90, "0"), (100, "0"), (120, "36")],
        [_FIRST, _SECOND, _THIRD, ("!0", "10", "0"), ("!0", "20", "0"), ("!36", "790/3", "158")],
        id="paused, said twice, and on at another rate",
    ),
    pytest.param(
        [(40, "36"), (40, "30")],
        [_FIRST, ("24", "10", "4"), ("!30", "380", "190")],
        id="two at one instant: the later said",
    ),
    pytest.param(
        [(120, "24"), (90, "36")],
        [_FIRST, _SECOND, _THIRD, ("!36", "30", "18"), ("!24", "350", "140")],
        id="in order of time, however they were said",
    ),
    pytest.param([(-5, "24")], [("!24", "30", "12"), ("48", "235", "188")], id="set before the start"),
    pytest.param(
        [(-1, "24"), (-5, "48")], [("!24", "30", "12"), ("48", "235", "188")], id="the last one set before the start"
    ),
    pytest.param([(-5, "24"), (0, "48")], [("!48", "250", "200")], id="set before, and again at the start"),
    pytest.param([(-5, "0")], [_FIRST, _SECOND, ("48", "227.5", "182")], id="a pause from before the start is over"),
    pytest.param(
        [(-5, "24"), (-1, "0")], [("!24", "30", "12"), ("48", "235", "188")], id="a pause between setting and start"
    ),
    pytest.param(
        [(0, "0"), (15, "12")],
        [("!0", "15", "0"), ("!12", "30", "6"), _SECOND, ("48", "227.5", "182")],
        id="paused at the start itself",
    ),
    pytest.param(
        [(20.01, "24")],
        [("12", "20.01", "4.002"), ("!24", "30", "12"), ("48", "229.9975", "183.998")],
        id="between two seconds",
    ),
]


@pytest.mark.parametrize(("changes", "rungs"), RUNS)
def test_changes_of_rate_change_the_rest(changes: list[tuple[float, str]], rungs: list[tuple[str, str, str]]) -> None:
    ran = _run(*changes)

    assert _said(ran.rungs) == _numbers(*((rate.lstrip("!"), length, ml) for rate, length, ml in rungs))
    assert [rung.is_recorded for rung in ran.rungs] == [rate.startswith("!") for rate, _, _ in rungs]
    assert [rung.ml_per_kg_h * 20 for rung in ran.rungs] == [rung.ml_h for rung in ran.rungs]
    assert not ran.is_paused
    assert ran.volume_exceeded_ml == 0
    assert ran.volume_given_ml == 200
    assert ran.duration == whole_seconds(sum((Fraction(length) for _, length, _ in rungs), Fraction(0)))
    ends = [rung.starts_after + rung.minutes for rung in ran.rungs]
    assert [rung.starts_after for rung in ran.rungs] == [0, *ends[:-1]]


# Changes of which the last is a pause: rungs up to it, and those it would have if it went on at once.
PAUSED = [
    pytest.param(
        [(90, "0")], [_FIRST, _SECOND, _THIRD, ("0", "0", "0"), ("48", "197.5", "158")], 287.5, id="last rung"
    ),
    pytest.param(
        [(40, "0")],
        [_FIRST, ("24", "10", "4"), ("0", "0", "0"), ("24", "20", "8"), ("48", "227.5", "182")],
        287.5,
        id="within a rung: what is left of it",
    ),
    pytest.param(
        [(0, "0")], [("0", "0", "0"), _FIRST, _SECOND, ("48", "227.5", "182")], 287.5, id="before anything ran"
    ),
    pytest.param(
        [(40, "0"), (70, "0")],
        [_FIRST, ("24", "10", "4"), ("0", "30", "0"), ("0", "0", "0"), ("24", "20", "8"), ("48", "227.5", "182")],
        317.5,
        id="said twice: not before the second",
    ),
    pytest.param(
        [(90, "36"), (100, "0")],
        [_FIRST, _SECOND, _THIRD, ("36", "10", "6"), ("0", "0", "0"), ("36", "760/3", "152")],
        Fraction(1060, 3),
        id="a held rate",
    ),
]


@pytest.mark.parametrize(("changes", "rungs", "total"), PAUSED)
def test_paused_infusion_ends_no_sooner_than_if_it_went_on_at_once(
    changes: list[tuple[float, str]], rungs: list[tuple[str, str, str]], total: float | Fraction
) -> None:
    ran = _run(*changes)

    assert ran.is_paused
    assert _said(ran.rungs) == _numbers(*rungs)
    assert ran.volume_given_ml == 200
    assert ran.duration == whole_seconds(Fraction(total))


@pytest.mark.parametrize(
    ("entered", "is_of_the_ladder"),
    [
        pytest.param("1.05", True, id="half a tenth above 1 mL/h"),
        pytest.param("0.95", True, id="half a tenth below"),
        pytest.param("1.051", False, id="more than half a tenth above"),
        pytest.param("0.949", False, id="more than half a tenth below"),
        pytest.param("126.25", True, id="1 % above 125 mL/h"),
        pytest.param("123.75", True, id="1 % below"),
        pytest.param("126.26", False, id="more than 1 % above"),
        pytest.param("123.74", False, id="more than 1 % below"),
    ],
)
def test_entered_rate_is_that_of_a_rung_within_what_a_pump_can_show(entered: str, is_of_the_ladder: bool) -> None:
    ladder = _by_volume(("0.05", "30"), ("6.25", "60"), ("9", None))

    ran = _run((0, entered), ladder=ladder)

    assert ran.rungs[0].ml_h == Fraction(entered)
    assert (len(ran.rungs) > 1) is is_of_the_ladder


def test_entered_rate_is_that_of_the_nearest_rung() -> None:
    close = _by_volume(("2", "10"), ("2.01", "20"), ("2.02", "30"), ("4", None))

    assert [_run((0, rate), ladder=close).rungs[0].minutes for rate in ("40.09", "40.11", "40.29", "40.31")] == [
        *(10, 20, 20, 30)
    ]


def test_rate_that_the_ladder_comes_to_twice_is_the_next_one_that_is_not_behind() -> None:
    twice = _by_volume(("1", "10"), ("2", "11"), ("1", "12"), ("2", "13"), ("1", "14"), ("4", None))

    def minutes_of(after: int, rate: str) -> Fraction:
        ran = _run((after, rate), ladder=twice)
        return next(rung.minutes for rung in ran.rungs if rung.is_recorded)

    assert [minutes_of(after, "20") for after in (0, 9, 10, 21, 34, 46)] == [10, 10, 12, 12, 14, 14]
    assert [minutes_of(after, "40") for after in (0, 10, 21, 33)] == [11, 11, 13, 13]
    # Behind all of them it is held until the volume is in.
    assert [minutes_of(after, "40") for after in (46, 61)] == [265, 256]


def test_first_rate_of_a_new_lot_begins_the_climb_anew() -> None:
    stop, again = _entered((90, "0"), (120, "12"))

    ran, held = (
        run(
            E1,
            weight_kg=Fraction(20),
            volume_ml=Fraction(200),
            mg_per_ml=TEN,
            starts_at=START,
            entered=(stop, replace(again, is_new_lot=is_new_lot)),
        )
        for is_new_lot in (True, False)
    )

    assert _said(ran.rungs[4:]) == _numbers(("12", "30", "6"), ("24", "30", "12"), ("48", "175", "140"))
    assert _said(held.rungs[4:]) == _numbers(("12", "790", "158"))


def test_held_rate_remembers_the_rung_it_left() -> None:
    twice = _by_volume(("1", "10"), ("2", "11"), ("1", "12"), ("4", None))

    ran = _run((15, "33"), (16, "20"), ladder=twice)

    assert [rung.minutes for rung in ran.rungs[:4]] == [10, 5, 1, 12]


# Changes, the last of which comes at or after the 287.5 minutes by which all is in: mL too many, minutes, is paused.
TOO_LATE = [
    pytest.param([(287.5, "24")], 0, 287.5, False, id="at the very end"),
    pytest.param([(300, "24")], 10, 300, False, id="another rate after it: nothing is left for that"),
    pytest.param([(300, "0")], 10, 300, True, id="a pause after it"),
    pytest.param([(290, "24"), (300, "48")], 6, 300, False, id="two after it"),
    pytest.param([(290, "0"), (300, "48")], 2, 300, False, id="a pause and a rate after it"),
]


@pytest.mark.parametrize(("changes", "too_many", "total", "is_paused"), TOO_LATE)
def test_change_after_all_is_in_shows_that_the_record_says_too_much(
    changes: list[tuple[float, str]], too_many: int, total: float, is_paused: bool
) -> None:
    ran = _run(*changes)

    assert ran.volume_exceeded_ml == too_many
    assert ran.volume_given_ml == 200 + too_many
    assert (ran.duration, ran.is_paused) == (timedelta(minutes=total), is_paused)
    last = ran.rungs[-1]
    assert last.is_recorded
    assert last.minutes == 0
    assert last.ml_h == Fraction(changes[-1][1])


# Minutes to the actual end, changes: rungs, mL given, and what the record says beyond the order.
ENDED = [
    pytest.param(100, [], [_FIRST, _SECOND, ("48", "40", "32")], 50, 0, id="stopped early"),
    pytest.param(60, [], [_FIRST, _SECOND], 18, 0, id="stopped at a change of rate"),
    pytest.param(287.5, [], [_FIRST, _SECOND, ("48", "227.5", "182")], 200, 0, id="on the minute"),
    pytest.param(300, [], [_FIRST, _SECOND, ("48", "227.5", "182")], 200, 0, id="said after the flush"),
    pytest.param(
        120, [(90, "0")], [_FIRST, _SECOND, _THIRD, ("0", "30", "0")], 42, 0, id="stopped for good in a pause"
    ),
    pytest.param(
        100, [(90, "36")], [_FIRST, _SECOND, _THIRD, ("36", "10", "6")], 48, 0, id="stopped early at another rate"
    ),
    pytest.param(90, [(90, "36")], [_FIRST, _SECOND, _THIRD], 42, 0, id="a change at the end counts for nothing"),
    pytest.param(80, [(90, "36")], [_FIRST, _SECOND, ("48", "20", "16")], 34, 0, id="nor does one after it"),
    pytest.param(
        310,
        [(300, "24")],
        [_FIRST, _SECOND, ("48", "240", "192"), ("24", "0", "0")],
        *(210, 10),
        id="beyond the order until the last change, not until the end",
    ),
    pytest.param(
        310,
        [(300, "0")],
        [_FIRST, _SECOND, ("48", "240", "192"), ("0", "10", "0")],
        *(210, 10),
        id="a pause until the end",
    ),
    pytest.param(0, [], [], 0, 0, id="an end at the start leaves nothing"),
    pytest.param(-5, [(-10, "24")], [], 0, 0, id="nor does one before it"),
]


@pytest.mark.parametrize(("ended", "changes", "rungs", "given_ml", "too_many"), ENDED)
def test_infusion_that_is_over_says_what_was_given(
    ended: float, changes: list[tuple[float, str]], rungs: list[tuple[str, str, str]], given_ml: int, too_many: int
) -> None:
    ran = _run(*changes, ended=ended)

    assert _said(ran.rungs) == _numbers(*rungs)
    assert not ran.is_paused
    assert ran.volume_given_ml == given_ml
    assert ran.volume_exceeded_ml == too_many


def test_entered_rate_above_the_cap_of_the_ladder_stands_as_it_ran() -> None:
    ran = _run((60, "60"), ladder=_by_volume(("0.6", "30"), ("2.4", None), most=40))

    assert [rung.ml_h for rung in ran.rungs] == [12, 40, 60]


# --- the same, second by second ---------------------------------------------------------------


@st.composite
def _days(draw: st.DrawFn) -> tuple[Ladder, Fraction, Fraction, Fraction]:
    """A ladder of rates that differ, kg, mL and mg/mL, so that the day is not longer than a few hours."""
    tenths = draw(st.lists(st.integers(3, 80), min_size=1, max_size=5, unique=True))
    seconds = draw(st.lists(st.integers(1, 2400), min_size=len(tenths), max_size=len(tenths)))
    mg_per_ml = draw(st.sampled_from([TEN, FIVE]))
    is_by_dose = draw(st.booleans())
    rates = [Fraction(tenth, 10) for tenth in tenths]
    steps = tuple(
        RateStep(
            ml_per_kg_h=None if is_by_dose else rate,
            mg_per_kg_min=rate * mg_per_ml / 60 if is_by_dose else None,
            minutes=Fraction(length, 60),
        )
        for rate, length in zip(rates, seconds, strict=True)
    )
    weight = draw(st.fractions(min_value=3, max_value=120, max_denominator=10))
    volume = weight * draw(st.fractions(min_value=Fraction(1, 50), max_value=1, max_denominator=100))
    return Ladder(steps=steps), weight, volume, mg_per_ml


def _pump_steps(ladder: Ladder, weight: Fraction, mg_per_ml: Fraction) -> tuple[PumpStep, ...]:
    steps = []
    for step in ladder.steps:
        per_kg = step.ml_per_kg_h or (step.mg_per_kg_min or Fraction(0)) / mg_per_ml * 60
        ml_h = min(weight * per_kg, ladder.max_ml_h or Fraction(10**6))
        steps.append(PumpStep(ml_h=ml_h, seconds=int((step.minutes or 0) * 60)))
    return tuple(steps)


@given(_days(), st.one_of(st.none(), st.sampled_from([Fraction(240), Fraction(30)])))
def test_climbing_agrees_with_a_pump_looked_at_every_second(
    day: tuple[Ladder, Fraction, Fraction, Fraction], most: Fraction | None
) -> None:
    ladder, weight, volume, mg_per_ml = day
    ladder = Ladder(steps=ladder.steps, max_ml_h=most)

    climbed = climb(ladder, weight_kg=weight, volume_ml=volume, mg_per_ml=mg_per_ml)

    emptied = pump(_pump_steps(ladder, weight, mg_per_ml), volume, {})
    assert duration(climbed) == timedelta(seconds=emptied.seconds)
    assert emptied.given_ml == volume


# A turn at the pump: 0 to 4 is a rung of the ladder, 5 a pause, 6 a rate that is no rung of it.
_turns = st.dictionaries(st.integers(0, 5000), st.integers(0, 6), max_size=5)
_NO_RUNG = Fraction(1, 7)


def _turn(choice: int, steps: tuple[PumpStep, ...]) -> tuple[Turn, Fraction]:
    """The turn of that choice, and the mL/h that is entered for it."""
    if choice == 5:
        return Turn(), Fraction(0)
    if choice == 6:
        other = min(step.ml_h for step in steps) * (1 - _NO_RUNG)
        return Turn(ml_h=other), other
    rung = choice % len(steps)
    return Turn(rung=rung), steps[rung].ml_h


@given(_days(), _turns, st.one_of(st.none(), st.integers(1, 9000)))
def test_running_agrees_with_a_pump_looked_at_every_second(
    day: tuple[Ladder, Fraction, Fraction, Fraction], choices: dict[int, int], ended: int | None
) -> None:
    ladder, weight, volume, mg_per_ml = day
    steps = _pump_steps(ladder, weight, mg_per_ml)
    turned = {second: _turn(choice, steps) for second, choice in choices.items() if ended is None or second < ended}

    ran = run(
        ladder,
        weight_kg=weight,
        volume_ml=volume,
        mg_per_ml=mg_per_ml,
        starts_at=START,
        entered=tuple(RateEntered(at=_after(second), ml_h=ml_h) for second, (_, ml_h) in turned.items()),
        ended_at=None if ended is None else _after(ended),
    )

    emptied = pump(steps, volume, {second: turn for second, (turn, _) in turned.items()}, ended)
    assert ran.volume_given_ml == emptied.given_ml
    is_paused_at_last = bool(turned) and not turned[max(turned)][1]
    assert ran.is_paused == (is_paused_at_last and ended is None)
    if ended is None or not is_paused_at_last:
        assert ran.duration == timedelta(seconds=emptied.seconds)


def _after(seconds: int) -> datetime:
    return START + timedelta(seconds=seconds)


# --- ceilings ---------------------------------------------------------------------------------

PI = Ceiling(use="PI", ml_per_kg_h=Fraction("4.8"), source="S24", indication="PI")
ITP = Ceiling(use="chronic ITP", ml_per_kg_h=Fraction("2.4"), source="S24", indication="chronic ITP")
ANY = Ceiling(use="all", ml_per_kg_h=Fraction(6), source="S8")
RISK = Ceiling(use="risk", ml_per_kg_h=Fraction(2), source="S12", flag="risk")
# FACTS P1 and section 9 item 1: a first infusion at 2.0 mL/kg/h at most.
FIRST_TIME = Ceiling(use="first infusion", ml_per_kg_h=Fraction(2), source="S1", is_for_first=True)


def _product(*ceilings: Ceiling) -> Product:
    return Product(name="Test 10 %", mg_per_ml=TEN, ceilings=ceilings)


# Ceilings of the product, indication, flags, first infusion: those that apply, is the use unknown, unknown flags.
APPLYING = [
    pytest.param([], "PI", "", False, [], True, (), id="none known"),
    pytest.param([ANY], "", "", False, [ANY], False, (), id="one that names no indication"),
    pytest.param([ANY], "JDM", "", False, [ANY], False, (), id="it holds for any"),
    pytest.param([PI, ITP], "PI", "", False, [PI], False, (), id="the indication's own"),
    pytest.param([PI, ITP], " Chronic itp ", "", False, [ITP], False, (), id="however it is written"),
    pytest.param([PI, ITP], "JDM", "", False, [PI, ITP], True, (), id="only for other uses: unknown, all compared"),
    pytest.param([PI, ITP], "", "", False, [PI, ITP], True, (), id="unknown indication: all compared"),
    pytest.param([PI, ITP], " ", "", False, [PI, ITP], True, (), id="blank indication: all compared"),
    pytest.param([ANY, ITP], "JDM", "", False, [ANY], False, (), id="another's does not count beside a general one"),
    pytest.param([ANY, ITP], "", "", False, [ANY, ITP], False, (), id="it does while the indication is unknown"),
    pytest.param([ANY, RISK], "", "", False, [ANY], False, (), id="a risk that the child does not carry"),
    pytest.param([ANY, RISK], "", "risk", False, [ANY, RISK], False, (), id="a risk that it carries"),
    pytest.param([RISK], "", "", False, [], True, (), id="only for a risk that it does not carry"),
    pytest.param([RISK], "", "risk", False, [RISK], False, (), id="only for a risk that it carries"),
    pytest.param([ANY], "", "risk", False, [ANY], False, ("risk",), id="a risk without a ceiling is unknown"),
    pytest.param([RISK], "", "risk b a", False, [RISK], False, ("a", "b"), id="several, in order"),
    pytest.param([PI, RISK], "JDM", "risk", False, [RISK], False, (), id="a risk cap covers any use"),
    pytest.param([ANY, FIRST_TIME], "", "", True, [ANY, FIRST_TIME], False, (), id="first infusion"),
    pytest.param([ANY, FIRST_TIME], "", "", False, [ANY], False, (), id="not the first"),
    pytest.param([ANY, FIRST_TIME], "", "", None, [ANY, FIRST_TIME], False, (), id="perhaps the first"),
    pytest.param(
        [FIRST_TIME], "", "", True, [FIRST_TIME], True, (), id="a first-time cap alone leaves the use unknown"
    ),
    pytest.param([FIRST_TIME, PI], "JDM", "", None, [FIRST_TIME, PI], True, (), id="and the other uses compared"),
]


@pytest.mark.parametrize(("ceilings", "indication", "flags", "is_first", "applying", "is_unknown", "unsaid"), APPLYING)
def test_ceilings_that_apply(
    ceilings: list[Ceiling],
    indication: str,
    flags: str,
    is_first: bool | None,
    applying: list[Ceiling],
    is_unknown: bool,
    unsaid: tuple[str, ...],
) -> None:
    found = ceilings_for(_product(*ceilings), indication=indication, flags=frozenset(flags.split()), is_first=is_first)

    assert found.ceilings == tuple(applying)
    assert (found.is_use_unknown, found.unknown_flags) == (is_unknown, unsaid)


def test_risk_cap_of_one_indication_leaves_the_risk_unknown_in_another() -> None:
    cap = Ceiling(use="risk in PI", ml_per_kg_h=Fraction(2), source="S", indication="PI", flag="risk")

    found = ceilings_for(_product(ANY, cap), indication="JDM", flags=frozenset({"risk"}), is_first=False)

    assert (found.ceilings, found.unknown_flags) == ((ANY,), ("risk",))


def _at(rate: Fraction) -> tuple[Rung, ...]:
    return climb(
        Ladder(steps=(RateStep(ml_per_kg_h=rate),)), weight_kg=Fraction(20), volume_ml=Fraction(200), mg_per_ml=TEN
    )


# Ceiling in mL/kg/h, rate in mL/kg/h: is it exceeded.
@pytest.mark.parametrize(
    ("ceiling", "rate", "is_exceeded"),
    [
        pytest.param("2", "2", False, id="risk cap: 200 mg/kg/h itself"),
        pytest.param("1.98", "2", False, id="risk cap as printed, 3.3: a rounding"),
        pytest.param("2", "2.04", False, id="2 % above"),
        pytest.param("2", "2.0401", True, id="a hair more"),
        pytest.param("1.8", "2", True, id="Octagam's printed 0.03 mL/kg/min"),
        pytest.param("2.4", "2.4", False, id="Octagam, dermatomyositis: 4 mg/kg/min"),
        pytest.param("2.4", "2.449", True, id="above it"),
        pytest.param("2", "2.4", True, id="first infusion, section 9 item 1"),
        pytest.param("2", "3", True, id="CHEO on a first infusion"),
        pytest.param("4.8", "7.2", True, id="Privigen, section 9 item 4"),
    ],
)
def test_ceiling_is_exceeded_beyond_its_tolerance(ceiling: str, rate: str, is_exceeded: bool) -> None:
    one = Ceiling(use="a use", ml_per_kg_h=Fraction(ceiling), source="S")

    assert exceeded(_at(Fraction(rate)), (one,)) == ((one,) if is_exceeded else ())


def test_every_exceeded_ceiling_is_named_by_the_fastest_rung() -> None:
    ladder = climb(E1, weight_kg=Fraction(20), volume_ml=Fraction(200), mg_per_ml=TEN)

    assert exceeded(ladder, (PI, RISK, ITP, FIRST_TIME)) == (RISK, FIRST_TIME)
    assert exceeded((), (RISK,)) == ()


def test_entered_rate_above_a_ceiling_is_exceeded_too() -> None:
    assert exceeded(_run((60, "100")).rungs, (PI,)) == (PI,)
    assert exceeded(_run((60, "96")).rungs, (PI,)) == ()


# The label's starting rate, that of the ladder: does it start faster. FACTS section 9 item 5.
@pytest.mark.parametrize(
    ("start", "rate", "is_above"),
    [
        pytest.param("0.6", "0.6", False, id="the label's own"),
        pytest.param("0.6", "0.601", True, id="a hair above"),
        pytest.param("0.6", "0.3", False, id="CHEO starts lower"),
        pytest.param("0.6", "1.2", True, id="rapid trial"),
        pytest.param(None, "9", False, id="unknown"),
    ],
)
def test_start_above_the_labels(start: str | None, rate: str, is_above: bool) -> None:
    product = Product(name="Test 10 %", mg_per_ml=TEN, start=None if start is None else Fraction(start))

    assert starts_above(_at(Fraction(rate)), product) is is_above


def test_nothing_starts_above_the_label_when_nothing_runs() -> None:
    assert not starts_above((), Product(name="Test 10 %", mg_per_ml=TEN, start=Fraction(1)))


def test_only_the_first_rung_is_the_start() -> None:
    slow_first = climb(E1, weight_kg=Fraction(20), volume_ml=Fraction(200), mg_per_ml=TEN)

    assert not starts_above(slow_first, Product(name="Test 10 %", mg_per_ml=TEN, start=Fraction("0.6")))
