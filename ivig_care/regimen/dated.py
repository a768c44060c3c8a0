"""What a schedule says: dated steps, the days as they run, what may be given when needed, and what was left out."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from fractions import Fraction

from ivig_care.regimen.doses import DoseGiven
from ivig_care.regimen.facts import InfusionFacts
from ivig_care.regimen.protocol import Actor, Kind, NudgePolicy
from ivig_care.regimen.rates import Rung
from ivig_care.regimen.recurrence import Proposal
from ivig_care.regimen.steps import State
from ivig_care.regimen.timing import Elapsed, QuietHours, Window


class Basis(StrEnum):
    """How sure a step's time is."""

    PLANNED = "planned"
    PREDICTED = "predicted"
    ACTUAL = "actual"


@dataclass(frozen=True, kw_only=True)
class DoseOrdered:
    """The amount a step gives: mg for this child, and mL where the concentration in mg/mL was prescribed."""

    ingredient: str
    name: str
    mg: Fraction
    mg_per_ml: Fraction | None = None

    @property
    def ml(self) -> Fraction | None:
        """mL of the liquid, exactly; None when no concentration was prescribed."""
        return None if self.mg_per_ml is None else self.mg / self.mg_per_ml


@dataclass(frozen=True, kw_only=True)
class DatedStep:
    """One line of the checklist or the timeline with its time. `slot` is unique within the infusion and stable.

    `shifted_from` is the instant in the night from which it was moved to the morning, None when it was not.
    """

    slot: str
    rule: str
    kind: Kind
    actor: Actor
    title: str
    window: Window
    basis: Basis
    follows: str
    day: int | None = None
    why: str = ""
    source: str = ""
    dose: DoseOrdered | None = None
    goal_ml: Fraction | None = None
    nudges: NudgePolicy | None = None
    shifted_from: datetime | None = None
    state: State = State.OPEN
    done_at: datetime | None = None

    @property
    def moment(self) -> datetime:
        """When it was done, else when it is due (UTC)."""
        return self.done_at or self.window.due_at


@dataclass(frozen=True, kw_only=True)
class DayRun:
    """One infusion day worked out: its rungs, when it starts and when it ends, and how sure that is.

    While it `is_paused`, since `paused_at`, nobody knows the end: it is not before `ends_at`. A cancelled day has no
    rungs.
    `planned_ends_at` is when it would have ended had it gone as prescribed. `exceeded_ml` is what the rates entered
    would have given beyond the order.
    """

    number: int
    planned_start: datetime
    starts_at: datetime
    ends_at: datetime
    start_basis: Basis
    end_basis: Basis
    planned_ends_at: datetime
    volume_ml: Fraction
    rungs: tuple[Rung, ...]
    is_paused: bool = False
    paused_at: datetime | None = None
    is_cancelled: bool = False
    exceeded_ml: Fraction = Fraction(0)


@dataclass(frozen=True, kw_only=True)
class AsNeeded:
    """A medicine that may be given when it is needed, between two UTC instants: the ledger says whether and when."""

    rule: str
    purpose: str
    dose: DoseOrdered
    opens_at: datetime
    closes_at: datetime
    every: Elapsed | None
    most_in_24h: int | None
    actor: Actor
    why: str = ""
    source: str = ""


@dataclass(frozen=True, kw_only=True)
class LeftOut:
    """A line of the protocol that makes no step on a day (None: on no day), and why."""

    rule: str
    day: int | None
    reason: str


@dataclass(frozen=True, kw_only=True)
class Schedule:
    """Every dated step of an infusion in order of time, its days, and what is not on the checklist by itself.

    `proposal` is the next infusion as the protocol's cadence has it; `night` and `indication` are the protocol's own.
    """

    steps: tuple[DatedStep, ...]
    days: tuple[DayRun, ...]
    as_needed: tuple[AsNeeded, ...] = ()
    left_out: tuple[LeftOut, ...] = ()
    proposal: Proposal | None = None
    night: QuietHours | None = None
    indication: str = ""

    @property
    def ticked(self) -> tuple[DatedStep, ...]:
        """The steps that stand on the checklist; the rest is timeline only."""
        return tuple(step for step in self.steps if step.kind.is_ticked)


def doses_had(schedule: Schedule, facts: InfusionFacts) -> tuple[DoseGiven, ...]:
    """Every dose that was really given, by the checklist or outside it."""
    done = (
        DoseGiven(ingredient=step.dose.ingredient, at=step.done_at, mg=step.dose.mg)
        for step in schedule.steps
        if step.dose is not None and step.done_at is not None
    )
    return (*done, *facts.given)


def doses_of(schedule: Schedule, facts: InfusionFacts) -> tuple[DoseGiven, ...]:
    """Every dose the schedule gives or expects, with those given outside it; skipped and missed ones do not count."""
    expected = (
        DoseGiven(ingredient=step.dose.ingredient, at=step.moment, mg=step.dose.mg)
        for step in schedule.steps
        if step.dose is not None and step.state in (State.OPEN, State.DONE)
    )
    return (*expected, *facts.given)
