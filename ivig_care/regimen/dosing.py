"""The dose of one course of immunoglobulin: from mg per kg to a cap, whole vials, and the share of each day.

All figures are exact fractions. Units: kg, mg, mg/kg, mL, mg/mL.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction

from ivig_care.regimen.errors import RegimenError

_HALF = Fraction(1, 2)


class Rounding(StrEnum):
    """Which way a dose goes to whole vials."""

    UP = "up"
    DOWN = "down"
    NEAREST = "nearest"


@dataclass(frozen=True, kw_only=True)
class VialRounding:
    """Whole vials of so many mg, asked for by the prescriber and never by itself. FACTS section 7, vial rounding [S56].

    Which way is the prescriber's word too. For `nearest` an exact half goes down: in doubt never more than ordered.
    """

    vial_mg: Fraction
    to: Rounding

    def vials(self, mg: Fraction, cap_mg: Fraction | None) -> int:
        """How many vials that makes; no rounding goes above the cap."""
        count = _whole(mg / self.vial_mg, self.to)
        return count if cap_mg is None else min(count, math.floor(cap_mg / self.vial_mg))


class TooFewVials(RegimenError):
    """A dose comes to fewer whole vials than the course has days, so that some day would give nothing."""

    def __init__(self, vials: int, days: int) -> None:
        self.vials = vials
        self.days = days
        super().__init__(
            f"whole vials in the dose: {vials}, infusion days: {days}; choose a smaller vial, fewer days or no rounding"
        )


@dataclass(frozen=True, kw_only=True)
class CourseDose:
    """The immunoglobulin ordered for a whole course of `days` days.

    The total is capped first (`cap_mg`, as in 70 g: FACTS section 7), then rounded to whole vials if `vials` says so.
    Without rounding every day gets the same; with it, whole vials as even as can be, the larger days first. The total
    is rounded, not each day. A cancelled day keeps its share: only the prescriber may give it to another.
    """

    mg_per_kg: Fraction
    weight_kg: Fraction
    days: int
    cap_mg: Fraction | None = None
    vials: VialRounding | None = None

    @property
    def ordered_mg(self) -> Fraction:
        """kg x mg/kg, before any cap or rounding."""
        return self.weight_kg * self.mg_per_kg

    @property
    def total_mg(self) -> Fraction:
        """mg over all days, capped and rounded. Raises TooFewVials."""
        return sum(self.mg_by_day, Fraction(0))

    @property
    def is_capped(self) -> bool:
        """Whether the order goes above the cap."""
        return self.cap_mg is not None and self.ordered_mg > self.cap_mg

    @property
    def capped_mg(self) -> Fraction:
        """What was ordered, at most the cap, before any rounding."""
        return self.ordered_mg if self.cap_mg is None else min(self.ordered_mg, self.cap_mg)

    @property
    def mg_by_day(self) -> tuple[Fraction, ...]:
        """mg of each day in order. Raises TooFewVials."""
        if self.vials is None:
            return (self.capped_mg / self.days,) * self.days
        count = self.vials.vials(self.capped_mg, self.cap_mg)
        if count < self.days:
            raise TooFewVials(count, self.days)
        each, over = divmod(count, self.days)
        return tuple((each + (day < over)) * self.vials.vial_mg for day in range(self.days))

    def mg_of_day(self, number: int) -> Fraction:
        """mg on the day of that number, counted from 1. Raises TooFewVials."""
        return self.mg_by_day[number - 1]

    def volume_ml_of_day(self, number: int, mg_per_ml: Fraction) -> Fraction:
        """mL of a product of `mg_per_ml` on the day of that number, counted from 1. Raises TooFewVials."""
        return self.mg_of_day(number) / mg_per_ml


def _whole(number: Fraction, to: Rounding) -> int:
    match to:
        case Rounding.UP:
            return math.ceil(number)
        case Rounding.DOWN:
            return math.floor(number)
        case Rounding.NEAREST:  # pragma: no branch (mypy proves that there is no other)
            return math.ceil(number - _HALF)
