"""The facts of one infusion: what was planned, what really happened, and what was given."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from fractions import Fraction
from zoneinfo import ZoneInfo

from ivig_care.regimen.doses import Body, DoseGiven, MedicineLimit
from ivig_care.regimen.dosing import CourseDose, VialRounding
from ivig_care.regimen.medicines import Formulary, RuleSet
from ivig_care.regimen.rates import Product, RateEntered
from ivig_care.regimen.steps import State

NO_MEDICINES = Formulary()


@dataclass(frozen=True, kw_only=True)
class DayFacts:
    """One infusion day; UTC instants. `number` counts from 1 in the order of the days.

    `rates` are the changes of rate that were entered on the day, in order of time. A cancelled day keeps its number and
    its share of the dose, but nothing of it is due any more.
    """

    number: int
    planned_start: datetime
    actual_start: datetime | None = None
    actual_end: datetime | None = None
    rates: tuple[RateEntered, ...] = ()
    is_cancelled: bool = False


@dataclass(frozen=True, kw_only=True)
class SlotFact:
    """What became of a step: done or skipped at the UTC instant `at`, or missed; `due_at` as it stood then."""

    slot: str
    state: State
    at: datetime
    due_at: datetime


@dataclass(frozen=True, kw_only=True)
class LastInfusion:
    """The child's infusion before this one: the UTC instant at which its last day ended, and the product's name."""

    ended_at: datetime
    product: str


@dataclass(frozen=True, kw_only=True)
class Relief:
    """A medicine that was given because it was needed, at the UTC instant `given_at`; `key` tells it from others."""

    key: str
    name: str
    given_at: datetime


@dataclass(frozen=True, kw_only=True)
class InfusionFacts:
    """Everything about one infusion that a schedule depends on.

    weight in kg, dose in mg of immunoglobulin per kg for the whole course, at most `cap_mg`, in whole vials if `vials`
    says so. `given` are doses outside any step of this infusion, at home or in the clinic; `reliefs` are those of them
    that were given as needed at home, after each of which somebody looks again. `flags` are risks that the
    clinician noted, such as "risk" (of kidney injury or thrombosis). `conditions` are what is so for this infusion,
    such as "fluids limited". `is_first`, `last` and `number` (1 for the first infusion of the plan) are None while
    unknown, and so are the child's birthday and the day of the weight. `limits`, `formulary` and `country` are what is
    known of medicines.
    """

    zone: ZoneInfo
    weight_kg: Fraction
    dose_mg_per_kg: Fraction
    product: Product
    days: tuple[DayFacts, ...]
    cap_mg: Fraction | None = None
    vials: VialRounding | None = None
    slots: tuple[SlotFact, ...] = ()
    given: tuple[DoseGiven, ...] = ()
    reliefs: tuple[Relief, ...] = ()
    flags: frozenset[str] = frozenset()
    conditions: frozenset[str] = frozenset()
    limits: tuple[MedicineLimit, ...] = ()
    formulary: Formulary = NO_MEDICINES
    country: str = ""
    is_first: bool | None = None
    last: LastInfusion | None = None
    number: int | None = None
    born_on: date | None = None
    weighed_on: date | None = None
    oldest_weight_days: int | None = None

    @property
    def rules(self) -> RuleSet:
        """The rules by which the ledger decides."""
        return RuleSet(country=self.country, limits=self.limits, formulary=self.formulary)

    @property
    def body(self) -> Body:
        """What limits depend on."""
        return Body(
            zone=self.zone,
            weight_kg=self.weight_kg,
            weighed_on=self.weighed_on,
            born_on=self.born_on,
            oldest_weight_days=self.oldest_weight_days,
        )

    @property
    def dose(self) -> CourseDose:
        """The immunoglobulin of the whole course, and of each day."""
        return CourseDose(
            mg_per_kg=self.dose_mg_per_kg,
            weight_kg=self.weight_kg,
            days=len(self.days),
            cap_mg=self.cap_mg,
            vials=self.vials,
        )

    @property
    def days_kept(self) -> tuple[DayFacts, ...]:
        """The days that take place."""
        return tuple(day for day in self.days if not day.is_cancelled)
