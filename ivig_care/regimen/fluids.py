"""Drinks: what counts towards a goal that a clinician set, how the pace is, and when there is neither goal nor pace.

Which drinks, and for how long after an infusion, the sources do not agree on (FACTS section 9, 7 and 8): electrolyte
drinks are shown and never urged, nothing is said of caffeine, and a window is as long as the protocol makes it.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from fractions import Fraction
from zoneinfo import ZoneInfo

from ivig_care.regimen.dated import DatedStep
from ivig_care.regimen.timing import Elapsed, QuietHours, resolve_local
from ivig_care.regimen.words import mark, say

# Conditions and flags of an infusion that leave no goal. Source: FACTS section 5, stop signs, and P12 [S15].
FLUIDS_LIMITED = "fluids limited"
HEART_DISEASE = "heart disease"
KIDNEY_DISEASE = "kidney disease"

NOTHING = Fraction(0)
# Our choice, no source: so much of the goal either way of the expected amount is still on pace.
SLACK = Fraction(1, 10)

# Holliday-Segar, FACTS section 5 [S45]: mL/kg a day and mL/kg an hour for the first 10 kg, the next 10 and the rest.
_BAND_KG = Fraction(10)
_DAILY = (100, 50, 20)
_HOURLY = (4, 2, 1)
_MOST_A_DAY = Fraction(2400)
_MOST_AN_HOUR = Fraction(100)
_YOUNGEST_DAYS = 14
_LIGHTEST_KG = Fraction(3)

ESTIMATE_WORDS = mark(
    "A maintenance estimate by weight (Holliday-Segar), made for fluid into a vein [S45]. "
    "No source validates it as an amount to drink around IVIG. The clinician sets the goal."
)


class FluidKind(StrEnum):
    """What was taken in."""

    WATER = "water"
    ELECTROLYTE = "electrolyte drink"
    OTHER = "other drink"
    IV_BOLUS = "IV bolus"

    @property
    def is_drunk(self) -> bool:
        """Whether it counts towards the goal; what runs into a vein never does."""
        return self is not FluidKind.IV_BOLUS


class Pace(StrEnum):
    """How far the drinking has come, against an even pace over the waking time of a window."""

    NOT_BEGUN = "not begun"
    BEHIND = "behind"
    ON_PACE = "on pace"
    AHEAD = "ahead"
    REACHED = "reached"
    OVER = "over"


@dataclass(frozen=True, kw_only=True)
class FluidEntry:
    """So many mL of one kind, more than none, taken at the UTC instant `at`."""

    at: datetime
    ml: Fraction
    kind: FluidKind


@dataclass(frozen=True, kw_only=True)
class FluidWindow:
    """The time from `opens_at` until before `closes_at` (UTC), and the mL a clinician wants drunk in it, if any."""

    opens_at: datetime
    closes_at: datetime
    goal_ml: Fraction | None
    slot: str


@dataclass(frozen=True, kw_only=True)
class FluidProgress:
    """What was taken in a window by a moment, in mL; `electrolyte_ml` is a part of `drunk_ml`, `iv_ml` is not.

    The other four are None when there is no goal, and `reason` says why; `ml_per_h` is what is still needed in each
    waking hour left, None also when none is left.
    """

    drunk_ml: Fraction
    electrolyte_ml: Fraction
    iv_ml: Fraction
    remaining_ml: Fraction | None = None
    expected_ml: Fraction | None = None
    pace: Pace | None = None
    ml_per_h: Fraction | None = None
    reason: str = ""


@dataclass(frozen=True, kw_only=True)
class Estimate:
    """A maintenance estimate in mL; the hourly figure is one of its own and not a 24th of the daily one."""

    ml_per_day: Fraction
    ml_per_h: Fraction
    words: str


@dataclass(frozen=True, kw_only=True)
class NoEstimate:
    """Why no estimate is made."""

    reason: str


def fluid_window(step: DatedStep) -> FluidWindow:
    """The window of a fluids step, with the goal that its protocol sets."""
    window = step.window
    return FluidWindow(opens_at=window.opens_at, closes_at=window.closes_at, goal_ml=step.goal_ml, slot=step.slot)


def suppressed(said: frozenset[str], *, is_limited: bool | None) -> str:
    """Why there must be neither goal nor pace, in words for a parent; empty when there may be.

    `said` are the conditions and flags of the infusion; `is_limited` whether fluids are limited, None while unknown,
    which is not safe. Source: FACTS section 5, stop signs; P12 [S15].
    """
    if is_limited or FLUIDS_LIMITED in said:
        return say("Fluids are limited for your child. Ask the team how much to drink.")
    if HEART_DISEASE in said:
        return say("Your child has heart disease. Ask the team how much to drink.")
    if KIDNEY_DISEASE in said:
        return say("Your child has kidney disease. Ask the team how much to drink.")
    if is_limited is None:
        return say("It is not known here whether fluids are limited for your child. Ask the team how much to drink.")
    return ""


def progress(
    window: FluidWindow,
    entries: Iterable[FluidEntry],
    *,
    now: datetime,
    night: QuietHours | None,
    zone: ZoneInfo,
    no_goal_because: str = "",
) -> FluidProgress:
    """What was taken in the window until `now`, and how that compares with the goal.

    `night` is when the child sleeps on its own clock in `zone`, and nobody is asked to drink; `no_goal_because` is what
    `suppressed` said. Without a goal of the clinician there is only the count. Source: FACTS section 5.
    """
    taken = [entry for entry in entries if window.opens_at <= entry.at < window.closes_at and entry.at <= now]
    count = FluidProgress(
        drunk_ml=_sum(entry.ml for entry in taken if entry.kind.is_drunk),
        electrolyte_ml=_sum(entry.ml for entry in taken if entry.kind is FluidKind.ELECTROLYTE),
        iv_ml=_sum(entry.ml for entry in taken if not entry.kind.is_drunk),
    )
    if no_goal_because or window.goal_ml is None:
        return replace(
            count, reason=no_goal_because or say("The team has not set a goal. Ask the team how much to drink.")
        )
    goal = window.goal_ml
    remaining = max(goal - count.drunk_ml, NOTHING)
    expected = goal * _share_gone_by(window, now, night, zone)
    left = waking(max(now, window.opens_at), window.closes_at, night, zone)
    return replace(
        count,
        remaining_ml=remaining,
        expected_ml=expected,
        pace=_pace(window, goal, count.drunk_ml, expected, now),
        ml_per_h=remaining / _hours(left) if left else None,
    )


def waking(start: datetime, end: datetime, night: QuietHours | None, zone: ZoneInfo) -> Elapsed:
    """How much of the time between two UTC instants is not night on the clock of `zone`; none if `end` is earlier."""
    awake = max(end - start, timedelta())
    if night is not None:
        overnight = timedelta(days=1 if night.end < night.start else 0)
        evening, last = start.astimezone(zone).date() - timedelta(days=1), end.astimezone(zone).date()
        while evening <= last:
            asleep_at = resolve_local(evening, night.start, zone)
            up_at = resolve_local(evening + overnight, night.end, zone)
            awake -= max(min(up_at, end) - max(asleep_at, start), timedelta())
            evening += timedelta(days=1)
    return Elapsed(days=awake.days, seconds=awake.seconds, microseconds=awake.microseconds)


def maintenance_estimate(weight_kg: Fraction | None, age_days: int | None) -> Estimate | NoEstimate:
    """A maintenance estimate from the weight in kg: a suggestion for the clinician, never a goal by itself.

    None of it under 14 days or 3 kg, nor while age or weight is unknown. Source: FACTS section 5 [S45].
    """
    if weight_kg is None or age_days is None:
        return NoEstimate(reason=say("The weight or the age is unknown, so nothing is estimated."))
    if age_days < _YOUNGEST_DAYS or weight_kg < _LIGHTEST_KG:
        return NoEstimate(reason=say("The formula is not for a child under 14 days old or under 3 kg [S45]."))
    return Estimate(
        ml_per_day=min(_by_bands(weight_kg, _DAILY), _MOST_A_DAY),
        ml_per_h=min(_by_bands(weight_kg, _HOURLY), _MOST_AN_HOUR),
        words=say(ESTIMATE_WORDS),
    )


def _sum(amounts: Iterable[Fraction]) -> Fraction:
    return sum(amounts, NOTHING)


def _share_gone_by(window: FluidWindow, now: datetime, night: QuietHours | None, zone: ZoneInfo) -> Fraction:
    """How much of the waking time has gone by; of a window that is all night, nothing until it closes."""
    if now >= window.closes_at:
        return Fraction(1)
    gone_by = waking(window.opens_at, now, night, zone)
    return _hours(gone_by) / _hours(waking(window.opens_at, window.closes_at, night, zone)) if gone_by else NOTHING


def _pace(window: FluidWindow, goal: Fraction, drunk: Fraction, expected: Fraction, now: datetime) -> Pace:
    if now < window.opens_at:
        return Pace.NOT_BEGUN
    if drunk >= goal:
        return Pace.REACHED
    if now >= window.closes_at:
        return Pace.OVER
    if abs(drunk - expected) <= SLACK * goal:
        return Pace.ON_PACE
    return Pace.AHEAD if drunk > expected else Pace.BEHIND


def _hours(time: timedelta) -> Fraction:
    return Fraction(time // timedelta(microseconds=1), timedelta(hours=1) // timedelta(microseconds=1))


def _by_bands(weight_kg: Fraction, per_kg: tuple[int, int, int]) -> Fraction:
    first = min(weight_kg, _BAND_KG)
    second = min(weight_kg - first, _BAND_KG)
    return first * per_kg[0] + second * per_kg[1] + (weight_kg - first - second) * per_kg[2]
