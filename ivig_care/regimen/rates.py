"""The rates of one infusion day: the ladder as it runs, what was entered on the day, the end, and ceilings that warn.

All figures are exact fractions. Units: kg, mL, mL/h, mL/kg/h, mg/kg/min, mg/mL, minutes.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from fractions import Fraction

from ivig_care.regimen.errors import DocumentError
from ivig_care.regimen.protocol import Ladder, RateStep

# FACTS section 3, catalogue rules: the printed 3.3 mg/kg/min is a rounding of 3.333, so a hair above is no warning.
CEILING_TOLERANCE = Fraction(102, 100)
# Our choice, no clinical figure: an entered rate is that of a rung when it is within half of the tenth of a mL/h that
# a display shows, or within 1 % of it, which is what is lost where a pump is set in whole mL/h from 100 upwards.
SAME_ML_H, SAME_SHARE = Fraction(1, 20), Fraction(1, 100)
NOTHING = Fraction(0)
_MINUTE = timedelta(minutes=1)


@dataclass(frozen=True, kw_only=True)
class Ceiling:
    """A highest rate in mL/kg/h that a source gives for a use; `label` is that rate in the source's own unit.

    `indication` limits it to that indication (blank: the source names none), `flag` to children who carry that risk,
    `is_for_first` to a first infusion.
    """

    use: str
    ml_per_kg_h: Fraction
    source: str
    label: str = ""
    indication: str = ""
    flag: str = ""
    is_for_first: bool = False


@dataclass(frozen=True, kw_only=True)
class Product:
    """An immunoglobulin product: mg/mL, and the ceilings and the starting rate in mL/kg/h known for it.

    No ceilings and no `start` mean unknown, never unlimited.
    """

    name: str
    mg_per_ml: Fraction
    ceilings: tuple[Ceiling, ...] = ()
    start: Fraction | None = None
    start_source: str = ""


@dataclass(frozen=True, kw_only=True)
class KnownCeilings:
    """The ceilings to hold a ladder against, and what no source speaks of: the use itself, or some risk flags."""

    ceilings: tuple[Ceiling, ...]
    is_use_unknown: bool
    unknown_flags: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class RateEntered:
    """A rate that really ran from the UTC instant `at`, in mL/h; nothing is a pause.

    `is_new_lot`: it is the first of another lot, whose rates begin anew (FACTS section 2, P14).
    """

    at: datetime
    ml_h: Fraction
    is_new_lot: bool = False


@dataclass(frozen=True, kw_only=True)
class Rung:
    """One rate as it runs: begins `starts_after` minutes from the start, lasts `minutes`, gives `volume_ml`.

    `is_recorded` says that it was entered on the day. A pause runs at 0 mL/h; one that still lasts has 0 minutes.
    """

    starts_after: Fraction
    ml_per_kg_h: Fraction
    ml_h: Fraction
    minutes: Fraction
    volume_ml: Fraction
    is_recorded: bool = False


@dataclass(frozen=True, kw_only=True)
class Run:
    """One infusion day as it ran so far and will run: its rungs, one after another without a gap.

    `is_paused`: it stands still, and the end of the rungs is the earliest there can be. `volume_exceeded_ml`: what the
    rates entered sum up to beyond the order, so one of them cannot be right.
    """

    rungs: tuple[Rung, ...]
    is_paused: bool
    volume_exceeded_ml: Fraction

    @property
    def volume_given_ml(self) -> Fraction:
        """mL that the rungs give in all: the order, unless it ended early or was exceeded."""
        return sum((rung.volume_ml for rung in self.rungs), NOTHING)

    @property
    def duration(self) -> timedelta:
        """From the start to the end of the last rung, rounded up to the second."""
        return duration(self.rungs)


def ml_per_kg_h(mg_per_kg_min: Fraction, *, mg_per_ml: Fraction) -> Fraction:
    """A rate in mg/kg/min as mL/kg/h: at 100 mg/mL, 1 mg/kg/min is 0.6 mL/kg/h. FACTS, unit conversions."""
    return mg_per_kg_min * 60 / mg_per_ml


def mg_per_kg_min(ml_per_kg_h: Fraction, *, mg_per_ml: Fraction) -> Fraction:
    """A rate in mL/kg/h as mg/kg/min: at 50 mg/mL, 1.2 mL/kg/h is 1 mg/kg/min. FACTS, unit conversions."""
    return ml_per_kg_h * mg_per_ml / 60


def rate_of(step: RateStep, mg_per_ml: Fraction) -> Fraction:
    """The rate of a rung in mL/kg/h, whichever unit it was written in. Raises DocumentError unless it has one unit."""
    by_volume, by_dose = step.ml_per_kg_h, step.mg_per_kg_min
    if by_volume is not None and by_dose is None:
        return by_volume
    if by_dose is not None and by_volume is None:
        return ml_per_kg_h(by_dose, mg_per_ml=mg_per_ml)
    raise DocumentError("ladder.steps", "needs either ml_per_kg_h or mg_per_kg_min")


def climb(ladder: Ladder, *, weight_kg: Fraction, volume_ml: Fraction, mg_per_ml: Fraction) -> tuple[Rung, ...]:
    """The rungs that it takes to give `volume_ml`; a rung that would overshoot ends early, the last one runs on.

    A ladder whose last rung has minutes keeps that rate until the volume is in. rate mL/h = kg x mL/kg/h, and never
    above the ladder's `max_ml_h`. Raises DocumentError for a rung without a rate.
    """
    settings = _settings(ladder, weight_kg, mg_per_ml)
    return tuple(_rungs((), settings, weight_kg, volume_ml))


def run(
    ladder: Ladder,
    *,
    weight_kg: Fraction,
    volume_ml: Fraction,
    mg_per_ml: Fraction,
    starts_at: datetime,
    entered: tuple[RateEntered, ...] = (),
    ended_at: datetime | None = None,
) -> Run:
    """The rungs as they really ran from the UTC instant `starts_at`, and as they will run until `volume_ml` is in.

    Until the first change the ladder runs as prescribed. A rate of the ladder goes on climbing from that rung, with the
    full minutes of it; any other is held until the volume is in, and so is one that the ladder has left behind: after a
    reaction the last tolerated rate does not climb by itself (FACTS section 2, P9), but a new lot does. While it is
    paused, the end is predicted as if it went
    on at once where it stood. A change after the sums say that all is in proves them wrong: the rates count up to that
    change, which is then the predicted end, whatever rate it sets. What was entered at or after `ended_at` counts for
    nothing, and an end later than the sums gives no more: it is often said after the flush.
    Raises DocumentError for a rung without a rate.
    """
    prescribed = _settings(ladder, weight_kg, mg_per_ml)
    ran: tuple[_Setting, ...] = ()
    ahead, elapsed = prescribed, NOTHING
    for after, change in _changes(entered, starts_at, ended_at):
        ran += _first(ahead, after - elapsed)
        ahead = _changed(_rest(ahead, after - elapsed), change, prescribed)
        elapsed = after
    is_paused = ended_at is None and any(not one.ml_h for one in ahead)
    if ended_at is not None:
        ahead = _first(ahead, minutes_of(ended_at - starts_at) - elapsed)
    rungs = tuple(_rungs(ran, ahead, weight_kg, volume_ml))
    given = sum((rung.volume_ml for rung in rungs), NOTHING)
    return Run(rungs=rungs, is_paused=is_paused, volume_exceeded_ml=max(given - volume_ml, NOTHING))


def ladder_ml_h(ladder: Ladder, *, weight_kg: Fraction, mg_per_ml: Fraction) -> tuple[Fraction, ...]:
    """The mL/h of every rung of the ladder, those too that a small volume never comes to."""
    return tuple(one.ml_h for one in _settings(ladder, weight_kg, mg_per_ml))


def is_same_rate(entered_ml_h: Fraction, ml_h: Fraction) -> bool:
    """Whether a rate entered from a display is this one: a pump shows fewer decimals than a sum has."""
    return abs(entered_ml_h - ml_h) <= max(SAME_ML_H, ml_h * SAME_SHARE)


def duration(rungs: tuple[Rung, ...]) -> timedelta:
    """How long the rungs take, rounded up to the second."""
    return whole_seconds(sum((rung.minutes for rung in rungs), NOTHING))


def whole_seconds(minutes: Fraction) -> timedelta:
    """So many minutes, rounded up to the second: a pump and a clock know nothing finer."""
    return timedelta(seconds=math.ceil(minutes * 60))


def minutes_of(length: timedelta) -> Fraction:
    """A length of time in minutes, exactly."""
    return Fraction(length // timedelta.resolution, _MINUTE // timedelta.resolution)


def ceilings_for(product: Product, *, indication: str, flags: frozenset[str], is_first: bool | None) -> KnownCeilings:
    """The ceilings of the product for this use. FACTS section 3, "Max by use" and "Risk cap"; section 9 items 1, 4.

    Whether it is a first infusion may be unknown; then those for a first one apply. A blank indication is unknown. A
    use that no ceiling of the product speaks of is held against those of every other use, and still is unknown. What is
    for first infusions only narrows a ceiling and is none itself.
    """
    meant = [one for one in product.ceilings if _is_for_child(one, flags, is_first)]
    own = [one for one in meant if not one.indication or _same(one.indication, indication)]
    is_use_unknown = all(one.is_for_first for one in own)
    is_any_possible = is_use_unknown or not indication.strip()
    return KnownCeilings(
        ceilings=tuple(meant if is_any_possible else own),
        is_use_unknown=is_use_unknown,
        unknown_flags=tuple(sorted(flags - {one.flag for one in own})),
    )


def exceeded(rungs: Iterable[Rung], ceilings: tuple[Ceiling, ...]) -> tuple[Ceiling, ...]:
    """The ceilings that the fastest of these rungs goes above, whether it is prescribed or was entered.

    Source: FACTS section 3 (columns "Max by use" and "Risk cap"), with its 2 % tolerance.
    """
    fastest = max((rung.ml_per_kg_h for rung in rungs), default=NOTHING)
    return tuple(ceiling for ceiling in ceilings if fastest > ceiling.ml_per_kg_h * CEILING_TOLERANCE)


def starts_above(rungs: tuple[Rung, ...], product: Product) -> bool:
    """Whether the first rung is faster than the label's starting rate; False when that is unknown.

    FACTS section 3 (column "Start"); section 2, P7: slow start on a first infusion or after more than 8 weeks.
    """
    return bool(rungs) and product.start is not None and rungs[0].ml_per_kg_h > product.start


@dataclass(frozen=True, kw_only=True)
class _Setting:
    """A pump setting in mL/h for so many minutes, or until the volume is in; `rung` is its place in the ladder."""

    ml_h: Fraction
    minutes: Fraction | None
    rung: int
    is_recorded: bool = False


def _settings(ladder: Ladder, weight_kg: Fraction, mg_per_ml: Fraction) -> tuple[_Setting, ...]:
    last = len(ladder.steps) - 1
    rates = (weight_kg * rate_of(step, mg_per_ml) for step in ladder.steps)
    return tuple(
        _Setting(
            ml_h=rate if ladder.max_ml_h is None else min(rate, ladder.max_ml_h),
            minutes=None if number == last else step.minutes,
            rung=number,
        )
        for number, (step, rate) in enumerate(zip(ladder.steps, rates, strict=True))
    )


def _changes(
    entered: tuple[RateEntered, ...], starts_at: datetime, ended_at: datetime | None
) -> Iterator[tuple[Fraction, RateEntered]]:
    """Each change that counts with its minutes from the start, in order; of two at one instant the later said.

    A rate from before the start is the one it began with; a pause from before it ended with the start.
    """
    counted: dict[datetime, RateEntered] = {}
    for one in sorted(entered, key=lambda each: each.at):
        is_void = not one.ml_h and one.at < starts_at
        if not is_void and (ended_at is None or one.at < ended_at):
            counted[max(one.at, starts_at)] = one
    for at, one in counted.items():
        yield minutes_of(at - starts_at), one


def _changed(
    ahead: tuple[_Setting, ...], change: RateEntered, prescribed: tuple[_Setting, ...]
) -> tuple[_Setting, ...]:
    """What runs after a change: a pause before what was ahead, the ladder from a rung of it, or that rate alone."""
    ml_h = change.ml_h
    ahead = tuple(one for one in ahead if one.ml_h)
    at_rung = ahead[0].rung
    if not ml_h:
        return (_Setting(ml_h=NOTHING, minutes=None, rung=at_rung, is_recorded=True), *ahead)
    same = [one for one in prescribed if is_same_rate(ml_h, one.ml_h)]
    if not same:
        return (_Setting(ml_h=ml_h, minutes=None, rung=at_rung, is_recorded=True),)
    # A ladder may come to one rate twice: then the nearest rung that is not behind.
    meant = min(same, key=lambda one: (abs(one.ml_h - ml_h), one.rung < at_rung, abs(one.rung - at_rung)))
    if meant.rung < at_rung and not change.is_new_lot:
        return (replace(meant, ml_h=ml_h, minutes=None, is_recorded=True),)
    return (replace(meant, ml_h=ml_h, is_recorded=True), *prescribed[meant.rung + 1 :])


def _first(settings: tuple[_Setting, ...], minutes: Fraction) -> tuple[_Setting, ...]:
    """What runs in the first so many minutes of the settings."""
    cut: list[_Setting] = []
    for setting in settings:
        if minutes <= 0:
            break
        length = minutes if setting.minutes is None else min(setting.minutes, minutes)
        cut.append(replace(setting, minutes=length))
        minutes -= length
    return tuple(cut)


def _rest(settings: tuple[_Setting, ...], minutes: Fraction) -> tuple[_Setting, ...]:
    """What is left of the settings after so many minutes; one that runs until the volume is in always is."""
    while (length := settings[0].minutes) is not None and length <= minutes:
        settings, minutes = settings[1:], minutes - length
    now = settings[0]
    return settings if now.minutes is None else (replace(now, minutes=now.minutes - minutes), *settings[1:])


def _rungs(
    ran: tuple[_Setting, ...], ahead: tuple[_Setting, ...], weight_kg: Fraction, volume_ml: Fraction
) -> Iterator[Rung]:
    """What `ran` in full, then what lies ahead until the volume is in; a pause that lasts takes no time of its own."""
    left, elapsed = volume_ml, NOTHING
    for number, setting in enumerate((*ran, *ahead)):
        is_past = number < len(ran)
        minutes = setting.minutes or NOTHING if is_past or not setting.ml_h else _minutes_of(setting, left)
        volume = setting.ml_h * minutes / 60
        yield Rung(
            starts_after=elapsed,
            ml_per_kg_h=setting.ml_h / weight_kg,
            ml_h=setting.ml_h,
            minutes=minutes,
            volume_ml=volume,
            is_recorded=setting.is_recorded,
        )
        left, elapsed = left - volume, elapsed + minutes
        if left <= 0 and not is_past:
            return


def _minutes_of(setting: _Setting, left_ml: Fraction) -> Fraction:
    to_empty = max(left_ml, NOTHING) / setting.ml_h * 60
    return to_empty if setting.minutes is None else min(setting.minutes, to_empty)


def _is_for_child(ceiling: Ceiling, flags: frozenset[str], is_first: bool | None) -> bool:
    is_not_for_later = ceiling.is_for_first and is_first is False
    return not is_not_for_later and (not ceiling.flag or ceiling.flag in flags)


def _same(one: str, other: str) -> bool:
    return one.strip().casefold() == other.strip().casefold()
