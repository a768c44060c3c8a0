"""The infusion card of one day: the ladder as prescribed beside what was entered, what is due next, what differs.

It asks, and never forbids: every rate that really ran stands on the card.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction

from ivig_care.regimen.dated import DayRun
from ivig_care.regimen.protocol import Ladder
from ivig_care.regimen.rates import (
    NOTHING,
    Ceiling,
    RateEntered,
    Rung,
    climb,
    exceeded,
    is_same_rate,
    ladder_ml_h,
    minutes_of,
    run,
    whole_seconds,
)


@dataclass(frozen=True, kw_only=True)
class CardOrder:
    """What is ordered for the day: the ladder, the child's weight in kg, mg/mL and mL, and the ceilings that count."""

    ladder: Ladder
    weight_kg: Fraction
    mg_per_ml: Fraction
    volume_ml: Fraction
    ceilings: tuple[Ceiling, ...] = ()

    @property
    def rates(self) -> tuple[Fraction, ...]:
        """Every rate of the ladder in mL/h."""
        return ladder_ml_h(self.ladder, weight_kg=self.weight_kg, mg_per_ml=self.mg_per_ml)

    @property
    def most_ml_h(self) -> Fraction:
        """The highest rate of the ladder in mL/h."""
        return max(self.rates)

    def per_kg(self, ml_h: Fraction) -> Fraction:
        """A rate in mL/h as mL/kg/h."""
        return ml_h / self.weight_kg

    def place_of(self, ml_h: Fraction) -> int | None:
        """The place in the ladder, counted from 0, of the rung that a rate entered is; None when it is none of them."""
        same = [number for number, rate in enumerate(self.rates) if is_same_rate(ml_h, rate)]
        return min(same, key=lambda number: abs(self.rates[number] - ml_h), default=None)


@dataclass(frozen=True, kw_only=True)
class LadderLine:
    """One rung as prescribed, when it was planned from the real start, and when it was really set.

    `planned_at` is None for a rung that the volume does not last to. `is_now`: by the plan and what was entered, this
    is the one that should run.
    """

    number: int
    ml_h: Fraction
    ml_per_kg_h: Fraction
    minutes: Fraction | None
    planned_at: datetime | None
    set_at: tuple[datetime, ...] = ()
    is_now: bool = False


@dataclass(frozen=True, kw_only=True)
class RanLine:
    """One rate that was entered; 0 mL/h is a pause.

    `number` is that of its rung, None when the ladder has no such rate. `planned_ml_h` is what the plan had for that
    moment, where the rate entered is faster; else None.
    """

    at: datetime
    ml_h: Fraction
    ml_per_kg_h: Fraction
    number: int | None
    planned_ml_h: Fraction | None = None


@dataclass(frozen=True, kw_only=True)
class NextRate:
    """The next rate of the ladder that nobody has said was set, and when it was or is due."""

    ml_h: Fraction
    ml_per_kg_h: Fraction
    at: datetime


@dataclass(frozen=True, kw_only=True)
class Card:
    """The card of one day at the UTC instant it was made for.

    `running` is the last rate that somebody entered, None before the first. `given_ml` is what is in by now, as far as
    the rates tell. `goes_on_at` is the rate in mL/h before the pause that lasts.
    """

    ladder: tuple[LadderLine, ...]
    ran: tuple[RanLine, ...]
    running: RanLine | None
    next_rate: NextRate | None
    given_ml: Fraction
    goes_on_at: Fraction | None


def card_of_day(day: DayRun, order: CardOrder, *, entered: tuple[RateEntered, ...], now: datetime) -> Card:
    """The card at the UTC instant `now`; `entered` are the rates that stand, in order of time."""
    after = minutes_of(now - day.starts_at)
    place = _place_at(day.rungs, after)
    ran = tuple(_ran(day, order, entered))
    said = [one for one in ran if one.at <= now]
    running = said[-1] if said else None
    return Card(
        ladder=tuple(_ladder(day, order, ran, None if place is None else day.rungs[place])),
        ran=ran,
        running=running,
        next_rate=None if day.is_paused or place is None else _next(day, order, place),
        given_ml=_given(day.rungs, place, after),
        goes_on_at=rate_before(day, now, entered=entered) if day.is_paused else None,
    )


def rate_before(day: DayRun, at: datetime, *, entered: tuple[RateEntered, ...]) -> Fraction | None:
    """The rate in mL/h at which it goes on after the pause at the UTC instant `at`; None when there is no pause then.

    The one before the pause, also if it was said for the very same minute; at the very start the first of the ladder.
    """
    place = _place_at(day.rungs, minutes_of(at - day.starts_at))
    if place is None or day.rungs[place].ml_h:
        return None
    begins = day.starts_at + whole_seconds(day.rungs[place].starts_after)
    with_it = [one.ml_h for one in entered if one.ml_h and max(one.at, day.starts_at) == begins]
    before = [rung.ml_h for rung in day.rungs[:place] if rung.ml_h]
    after = [rung.ml_h for rung in day.rungs[place:] if rung.ml_h]
    return (*before, *with_it)[-1] if before or with_it else next(iter(after), None)


def is_above_plan(ml_h: Fraction, order: CardOrder) -> bool:
    """Whether a rate is above every rate of the ladder, by more than a display rounds."""
    return ml_h > order.most_ml_h and not is_same_rate(ml_h, order.most_ml_h)


def above_ceilings(ml_h: Fraction, order: CardOrder) -> tuple[Ceiling, ...]:
    """The ceilings of the product that a rate in mL/h goes above. FACTS section 3."""
    rate = Rung(starts_after=NOTHING, ml_per_kg_h=order.per_kg(ml_h), ml_h=ml_h, minutes=NOTHING, volume_ml=NOTHING)
    return exceeded((rate,), order.ceilings)


def _place_at(rungs: tuple[Rung, ...], after: Fraction) -> int | None:
    """The place of the rung that runs so many minutes after the start; None before it.

    A pause that lasts has no minutes of its own, and what is predicted after it has not begun.
    """
    place = None
    for number, rung in enumerate(rungs):
        if rung.starts_after > after:
            break
        place = number
        if not rung.ml_h and not rung.minutes:
            break
    return place


def _next(day: DayRun, order: CardOrder, place: int) -> NextRate | None:
    """The first rung from this place on that nobody entered: this one, if it only runs by the plan."""
    for rung in day.rungs[place:]:
        if not rung.is_recorded and rung.ml_h:
            at = day.starts_at + whole_seconds(rung.starts_after)
            return NextRate(ml_h=rung.ml_h, ml_per_kg_h=order.per_kg(rung.ml_h), at=at)
    return None


def _ladder(day: DayRun, order: CardOrder, ran: tuple[RanLine, ...], now: Rung | None) -> Iterator[LadderLine]:
    planned = climb(order.ladder, weight_kg=order.weight_kg, volume_ml=order.volume_ml, mg_per_ml=order.mg_per_ml)
    place = None if now is None or not now.ml_h else order.place_of(now.ml_h)
    last = len(order.rates) - 1
    for number, (step, ml_h) in enumerate(zip(order.ladder.steps, order.rates, strict=True)):
        yield LadderLine(
            number=number + 1,
            ml_h=ml_h,
            ml_per_kg_h=order.per_kg(ml_h),
            minutes=None if number == last else step.minutes,
            planned_at=day.starts_at + whole_seconds(planned[number].starts_after) if number < len(planned) else None,
            set_at=tuple(one.at for one in ran if one.number == number + 1),
            is_now=number == place,
        )


def _ran(day: DayRun, order: CardOrder, entered: tuple[RateEntered, ...]) -> Iterator[RanLine]:
    for number, one in enumerate(entered):
        place = order.place_of(one.ml_h)
        planned = _planned_at(day, order, entered[:number], one.at)
        is_faster = planned is not None and one.ml_h > planned and not is_same_rate(one.ml_h, planned)
        yield RanLine(
            at=one.at,
            ml_h=one.ml_h,
            ml_per_kg_h=order.per_kg(one.ml_h),
            number=None if place is None else place + 1,
            planned_ml_h=planned if is_faster else None,
        )


def _planned_at(day: DayRun, order: CardOrder, before: tuple[RateEntered, ...], at: datetime) -> Fraction | None:
    """What would run at the UTC instant `at` by the plan and by what was entered before."""
    if at < day.starts_at:
        return None
    ran = run(
        order.ladder,
        weight_kg=order.weight_kg,
        volume_ml=order.volume_ml,
        mg_per_ml=order.mg_per_ml,
        starts_at=day.starts_at,
        entered=before,
    )
    place = _place_at(ran.rungs, minutes_of(at - day.starts_at))
    if place is None:
        return None
    # After a pause it goes on at what ran before it, without being early.
    return ran.rungs[place].ml_h or next((rung.ml_h for rung in reversed(ran.rungs[:place]) if rung.ml_h), None)


def _given(rungs: tuple[Rung, ...], place: int | None, after: Fraction) -> Fraction:
    """What the rungs up to this place have given so many minutes after the start."""
    begun = () if place is None else rungs[: place + 1]
    return sum((one.ml_h * min(after - one.starts_after, one.minutes) / 60 for one in begun), NOTHING)
