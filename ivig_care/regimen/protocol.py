"""What a protocol says: frozen values that name steps, courses, the rate ladder and who is nudged."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction
from typing import TypeAlias

from ivig_care.regimen.timing import Elapsed, Offset, WindowRule


class Kind(StrEnum):
    """What sort of thing a step is. Only some are ticked; the rest are moments worth knowing."""

    FLUIDS = "fluids"
    PREMEDICATION = "premedication"
    RATE = "rate"
    END = "end"
    VITALS = "vitals"
    TASK = "task"
    MEDICINE = "medicine"
    CHECK = "check"
    MARK = "mark"

    @property
    def is_ticked(self) -> bool:
        """Whether somebody ticks it on the checklist; rates, vitals, ends and marks belong to the timeline only."""
        return self in _TICKED


_TICKED = frozenset({Kind.FLUIDS, Kind.PREMEDICATION, Kind.TASK, Kind.MEDICINE, Kind.CHECK})


class Actor(StrEnum):
    """Who does a step. Nobody is nudged for what the clinic does."""

    FAMILY = "family"
    CLINIC = "clinic"


class Anchor(StrEnum):
    """What a step's time is counted from, on one infusion day.

    `start` and `end` are the actual ones once recorded, before that the planned start and the predicted end;
    `planned_start` never moves when an infusion starts late.
    """

    PLANNED_START = "planned_start"
    START = "start"
    END = "end"


class Days(StrEnum):
    """The infusion days that a rule speaks of."""

    EACH = "each"
    FIRST = "first"
    LAST = "last"


@dataclass(frozen=True, kw_only=True)
class Medicine:
    """A prescribed single dose: either `mg`, or `mg_per_kg` of the plan's weight; `mg_per_ml` if it is a liquid."""

    ingredient: str
    name: str = ""
    mg: Fraction | None = None
    mg_per_kg: Fraction | None = None
    mg_per_ml: Fraction | None = None


@dataclass(frozen=True, kw_only=True)
class NudgePolicy:
    """When people are told of a step: `lead` before it is due, when due, then every `repeat_every`, `repeats` times."""

    lead: Elapsed | None = None
    repeat_every: Elapsed | None = None
    repeats: int = 0
    may_wake: bool = False


@dataclass(frozen=True, kw_only=True)
class Moment:
    """A moment of an infusion: an elapsed offset from an anchor of the first or the last day."""

    anchor: Anchor
    day: Days
    offset: Elapsed


@dataclass(frozen=True, kw_only=True)
class AfterStep:
    """One interval after a step of the first day that gives the same ingredient (its real time once it is given)."""

    after_step: str


CourseStart: TypeAlias = Moment | AfterStep


@dataclass(frozen=True, kw_only=True)
class StepRule:
    """One line of a protocol: what is done, by whom, when, in which window, and why.

    `unless` names a condition of the infusion, such as "fluids limited", under which the line is left out.
    """

    key: str
    kind: Kind
    title: str
    anchor: Anchor
    offset: Offset
    day: Days = Days.EACH
    unless: str = ""
    actor: Actor = Actor.FAMILY
    why: str = ""
    source: str = ""
    medicines: tuple[Medicine, ...] = ()
    goal_ml: Fraction | None = None
    window: WindowRule | None = None
    nudges: NudgePolicy | None = None


@dataclass(frozen=True, kw_only=True)
class CourseRule:
    """A medicine repeated every so often from `first` until no later than `until`, chained on the real last dose."""

    key: str
    medicine: Medicine
    every: Elapsed
    first: CourseStart
    until: Moment
    why: str = ""
    source: str = ""
    actor: Actor = Actor.FAMILY
    window: WindowRule | None = None
    nudges: NudgePolicy | None = None


@dataclass(frozen=True, kw_only=True)
class RateStep:
    """One rung of the ladder: mL per kg and hour for so many minutes; the last rung runs until the volume is in."""

    ml_per_kg_h: Fraction
    minutes: Fraction | None = None


@dataclass(frozen=True, kw_only=True)
class Ladder:
    """The rate ladder of one infusion day, and what the nurse does at each change of rate and at the end."""

    steps: tuple[RateStep, ...]
    at_each_change: str = ""
    at_end: str = ""


@dataclass(frozen=True, kw_only=True)
class Protocol:
    """A complete protocol: everything that `build_schedule` needs besides the facts of one infusion.

    `days` is the number of infusion days it is meant for; None leaves that to the prescriber.
    """

    name: str
    ladder: Ladder
    steps: tuple[StepRule, ...]
    courses: tuple[CourseRule, ...] = ()
    days: int | None = None
    source: str = ""
