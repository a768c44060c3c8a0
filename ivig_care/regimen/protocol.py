"""What a protocol says: frozen values that name steps, courses, the rate ladder and who is nudged."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction
from typing import TypeAlias

from ivig_care.regimen.timing import Elapsed, Offset, QuietHours, WindowRule
from ivig_care.regimen.triage import TriageChange


class Conditions(tuple[str, ...]):
    """What may be so for an infusion, such as "first infusion" or "fluids limited"; one of them is enough.

    Which are known by themselves is said in conditions.py; a clinic may name others.
    """


NO_CONDITION = Conditions()


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
    `planned_start` never moves when an infusion starts late. `step` is another step of the day: when it was really
    done, before that when it is due.
    """

    PLANNED_START = "planned_start"
    START = "start"
    END = "end"
    STEP = "step"


class Days(StrEnum):
    """The infusion days that a rule speaks of."""

    EACH = "each"
    FIRST = "first"
    LAST = "last"


class AtNight(StrEnum):
    """What becomes of a step that falls into the child's night, as the protocol's `night` says it.

    A held one keeps its time, and only what may wake is told of at night; a shifted one is due in the morning.
    """

    HOLD = "hold"
    SHIFT = "shift"


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
    """When people are told of a step: `lead` before it is due, when due, then every `repeat_every`, `repeats` times.

    When nobody has answered so long after it is due, the second caregivers are told (`second_after`), then the clinic
    (`clinic_after`). A step that the clinic hears of is a check for red flags: it can never be snoozed.
    """

    lead: Elapsed | None = None
    repeat_every: Elapsed | None = None
    repeats: int = 0
    second_after: Elapsed | None = None
    clinic_after: Elapsed | None = None
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

    `when` names conditions of the infusion, of which one must hold, such as "first infusion"; `unless` names those
    under which the line is left out, such as "fluids limited". What is unknown leaves no line out. `after_step` is the
    key of an earlier rule, for the anchor `step`: were all its steps skipped, this one is left out.
    """

    key: str
    kind: Kind
    title: str
    anchor: Anchor
    offset: Offset
    after_step: str = ""
    day: Days = Days.EACH
    when: Conditions = NO_CONDITION
    unless: Conditions = NO_CONDITION
    at_night: AtNight = AtNight.HOLD
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
    at_night: AtNight = AtNight.HOLD
    actor: Actor = Actor.FAMILY
    window: WindowRule | None = None
    nudges: NudgePolicy | None = None


@dataclass(frozen=True, kw_only=True)
class CourseDefaults:
    """What holds for a course that says nothing else: its window, and when people are nudged about a dose."""

    window: WindowRule
    nudges: NudgePolicy | None = None


@dataclass(frozen=True, kw_only=True)
class AsNeededRule:
    """A medicine given only when it is needed, from `first` until `until`: it never nudges, but the ledger counts it.

    `every` is the prescribed shortest interval and `most_in_24h` the prescribed count; a stricter limit of the rule set
    goes before either.
    """

    key: str
    medicine: Medicine
    purpose: str
    first: Moment
    until: Moment
    every: Elapsed | None = None
    most_in_24h: int | None = None
    why: str = ""
    source: str = ""
    actor: Actor = Actor.FAMILY


@dataclass(frozen=True, kw_only=True)
class RateStep:
    """One rung of the ladder for so many minutes, in mL/kg/h or in mg/kg/min; the last runs until the volume is in."""

    ml_per_kg_h: Fraction | None = None
    mg_per_kg_min: Fraction | None = None
    minutes: Fraction | None = None


@dataclass(frozen=True, kw_only=True)
class Ladder:
    """The rate ladder of one infusion day, and what the nurse does at each change of rate and at the end.

    `max_ml_h` is a rate in mL/h that no rung goes above, whatever the child weighs.
    """

    steps: tuple[RateStep, ...]
    max_ml_h: Fraction | None = None
    at_each_change: str = ""
    at_end: str = ""


@dataclass(frozen=True, kw_only=True)
class Cadence:
    """How many weeks after one infusion the next is proposed; of several numbers the last goes on for ever.

    (2, 2, 4) is two gaps of a fortnight, then every four weeks. `slack_days` is how far a visit may move either way.
    """

    weeks: tuple[int, ...]
    slack_days: int = 0
    source: str = ""


@dataclass(frozen=True, kw_only=True)
class Protocol:
    """A complete protocol: everything that `build_schedule` needs besides the facts of one infusion.

    `days` is the number of infusion days it is meant for; None leaves that to the prescriber. `indication` is what the
    immunoglobulin is given for, in the words of the catalogue's ceilings. `night` is when the child sleeps, on its own
    clock. `triage` is what it changes in the triage table.
    """

    name: str
    ladder: Ladder
    steps: tuple[StepRule, ...]
    courses: tuple[CourseRule, ...] = ()
    course_defaults: CourseDefaults | None = None
    as_needed: tuple[AsNeededRule, ...] = ()
    days: int | None = None
    indication: str = ""
    night: QuietHours | None = None
    cadence: Cadence | None = None
    triage: tuple[TriageChange, ...] = ()
    source: str = ""
