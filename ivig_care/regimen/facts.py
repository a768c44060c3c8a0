"""The facts of one infusion: what was planned, what really happened, and what was given."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction
from zoneinfo import ZoneInfo

from ivig_care.regimen.doses import DoseGiven, MedicineLimit
from ivig_care.regimen.rates import Product
from ivig_care.regimen.steps import State


@dataclass(frozen=True, kw_only=True)
class DayFacts:
    """One infusion day; UTC instants. `number` counts from 1 in the order of the days."""

    number: int
    planned_start: datetime
    actual_start: datetime | None = None
    actual_end: datetime | None = None


@dataclass(frozen=True, kw_only=True)
class SlotFact:
    """What became of a step: done or skipped at the UTC instant `at`, or missed; `due_at` as it stood then."""

    slot: str
    state: State
    at: datetime
    due_at: datetime


@dataclass(frozen=True, kw_only=True)
class InfusionFacts:
    """Everything about one infusion that a schedule depends on.

    weight in kg, dose in mg of immunoglobulin per kg for the whole course (divided evenly over the days).
    `given` are doses outside any step of this infusion, at home or in the clinic. `flags` are risks that the
    clinician noted, such as "renal" or "thrombosis". `conditions` are what is so for this infusion, such as
    "fluids limited"; a line of the protocol may be left out because of one.
    """

    zone: ZoneInfo
    weight_kg: Fraction
    dose_mg_per_kg: Fraction
    product: Product
    days: tuple[DayFacts, ...]
    slots: tuple[SlotFact, ...] = ()
    given: tuple[DoseGiven, ...] = ()
    flags: frozenset[str] = frozenset()
    conditions: frozenset[str] = frozenset()
    limits: tuple[MedicineLimit, ...] = ()

    @property
    def volume_ml_per_day(self) -> Fraction:
        """mL of product on each day: kg x mg/kg, divided by the days and by mg/mL."""
        return self.weight_kg * self.dose_mg_per_kg / len(self.days) / self.product.mg_per_ml
