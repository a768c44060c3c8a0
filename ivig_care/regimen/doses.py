"""The ingredient ledger: what was given, how close together, how much in a day, and when the next is allowed.

The count window is (t - 24 h, t]: a dose exactly 24 h old no longer counts. Intervals are elapsed time.
Source: FACTS section 4.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from fractions import Fraction
from itertools import pairwise

from ivig_care.regimen.timing import Elapsed

DAY = timedelta(hours=24)


@dataclass(frozen=True, kw_only=True)
class DoseGiven:
    """An amount of one ingredient given at a UTC instant, at home or in the clinic; `mg` None when unknown."""

    ingredient: str
    at: datetime
    mg: Fraction | None = None


@dataclass(frozen=True, kw_only=True)
class MedicineLimit:
    """What a source says of an ingredient; None is unknown and is never read as "no limit"."""

    ingredient: str
    min_interval: Elapsed | None = None
    max_doses_24h: int | None = None
    max_mg_per_kg_24h: Fraction | None = None
    caution: str = ""
    source: str = ""


@dataclass(frozen=True, kw_only=True)
class Tally:
    """The doses of one ingredient: how many, the smallest gap, and the most in any 24 hours."""

    ingredient: str
    doses: int
    smallest_gap: timedelta | None
    most_in_24h: int
    most_mg_in_24h: Fraction | None


@dataclass(frozen=True, kw_only=True)
class Allowance:
    """Whether one more dose keeps to the limit, since when the last one counts, and the first instant that does."""

    last_at: datetime | None
    next_at: datetime | None
    is_known: bool

    def permits(self, at: datetime) -> bool:
        """Whether a dose at the instant `at` keeps to what is known; an unknown limit permits nothing by itself."""
        return self.is_known and (self.next_at is None or at >= self.next_at)


def tally(doses: tuple[DoseGiven, ...], ingredient: str) -> Tally:
    """Count the doses of `ingredient` over every place they were given in."""
    mine = sorted((dose for dose in doses if dose.ingredient == ingredient), key=lambda dose: dose.at)
    gaps = [later.at - earlier.at for earlier, later in pairwise(mine)]
    windows = [[dose for dose in mine if last.at - DAY < dose.at <= last.at] for last in mine]
    return Tally(
        ingredient=ingredient,
        doses=len(mine),
        smallest_gap=min(gaps, default=None),
        most_in_24h=max(map(len, windows), default=0),
        most_mg_in_24h=_largest_total(windows),
    )


def allowance(doses: tuple[DoseGiven, ...], limit: MedicineLimit) -> Allowance:
    """When the next dose of `limit.ingredient` keeps to its interval and its count in 24 hours.

    Unknown is not safe: without an interval the answer is unknown and the family is told to ask the clinic. Without
    a count the interval alone decides.
    """
    times = sorted(dose.at for dose in doses if dose.ingredient == limit.ingredient)
    last_at = times[-1] if times else None
    if not limit.min_interval or limit.max_doses_24h == 0:
        return Allowance(last_at=last_at, next_at=None, is_known=False)
    candidates = [] if last_at is None else [last_at + limit.min_interval]
    if limit.max_doses_24h is not None and len(times) >= limit.max_doses_24h:
        candidates.append(times[-limit.max_doses_24h] + DAY)
    return Allowance(last_at=last_at, next_at=max(candidates, default=None), is_known=True)


def _largest_total(windows: list[list[DoseGiven]]) -> Fraction | None:
    totals = []
    for window in windows:
        amounts = [dose.mg for dose in window]
        if any(amount is None for amount in amounts):
            return None
        totals.append(sum((amount for amount in amounts if amount is not None), Fraction(0)))
    return max(totals, default=Fraction(0))
