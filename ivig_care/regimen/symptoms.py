"""What a family reports: symptoms with their severity, temperatures with their method, and when it all was."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from fractions import Fraction

from ivig_care.regimen.doses import DoseGiven

# Source: FACTS section 6, scales [S19]: 1-4 of 10 is mild. The bands of moderate and severe are unsourced.
MOST_MILD_SCORE = 4


class Symptom(StrEnum):
    """What can be reported. Source: FACTS section 6, reportable list; the last six are named by its triage rows."""

    HEADACHE = "headache"
    STIFF_NECK = "stiff neck"
    LIGHT_SENSITIVITY = "light sensitivity"
    PAINFUL_EYES = "painful eye movement"
    CONFUSION = "drowsiness or confusion"
    FEVER = "fever"
    CHILLS = "chills or shaking"
    NAUSEA = "nausea"
    VOMITING = "vomiting"
    STOMACH_PAIN = "stomach pain"
    RASH = "rash"
    HIVES = "hives"
    ITCH = "itch"
    FACE_SWELLING = "swelling of the face, lips, tongue or throat"
    HOARSENESS = "hoarseness"
    WHEEZE = "wheeze"
    BREATHLESSNESS = "trouble breathing"
    CHEST_PAIN = "chest pain or tightness"
    FAST_HEARTBEAT = "fast heartbeat"
    DIZZINESS = "dizziness or faintness"
    PALLOR = "paleness"
    BLUE_LIPS = "blue lips"
    FLUSHING = "flushing"
    ACHES = "back, joint or muscle pain"
    FATIGUE = "tiredness"
    LIMB = "pain, swelling, warmth or colour change of an arm or leg"
    ONE_SIDED = "weakness or numbness on one side"
    LESS_URINE = "less urine"
    WEIGHT_GAIN = "sudden weight gain or leg swelling"
    DARK_URINE = "dark, brown or red urine"
    YELLOW = "yellow skin or eyes"
    IV_SITE = "pain or redness where the IV was"
    TIGHT_THROAT = "tight throat"
    WEAKNESS = "weakness"
    COLLAPSE = "collapse or seizure"
    LOW_OXYGEN = "low oxygen reading"
    VERY_UNWELL = "very unwell or limp"
    CANNOT_KEEP_MEDICINE = "cannot take medicine or keep it down"


class Severity(StrEnum):
    """How bad a symptom is, mildest first. Mild does not interfere with daily activity [S19]."""

    MILD = "mild"
    MODERATE = "moderate"
    SEVERE = "severe"

    @property
    def rank(self) -> int:
        """Its place in the order, counted from the mildest."""
        return _RANKS[self]


_RANKS = {severity: rank for rank, severity in enumerate(Severity)}


class Method(StrEnum):
    """Where a temperature was taken; unknown counts as every one of them."""

    ORAL = "oral"
    UNDERARM = "underarm"
    RECTAL = "rectal"
    EAR = "ear"
    FOREHEAD = "forehead"
    UNKNOWN = "unknown"


class ChildFlag(StrEnum):
    """What a rule may ask about a child."""

    LONG_TERM_STEROID = "long-term steroid"


@dataclass(frozen=True, kw_only=True)
class SymptomSaid:
    """One symptom as a person said it; None is unknown, and unknown counts as the worse.

    `score` is 0 to 10. It began at the UTC instant `since` and was gone at `settled_at` (None: still there).
    `is_persistent` means that it stays, or comes back again and again.
    """

    symptom: Symptom
    severity: Severity | None = None
    score: int | None = None
    is_persistent: bool | None = None
    since: datetime | None = None
    settled_at: datetime | None = None

    @property
    def is_graded(self) -> bool:
        """Whether anybody said how bad it is."""
        return self.severity is not None or self.score is not None

    @property
    def worst(self) -> Severity:
        """How bad it may be. A score above 4 is not mild; how much worse no source says, so alone it counts as severe.

        When word and score differ, the worse counts (our choice).
        """
        is_mild = self.score is None or self.score <= MOST_MILD_SCORE
        if self.severity is None:
            return Severity.MILD if is_mild and self.is_graded else Severity.SEVERE
        by_score = Severity.MILD if is_mild else Severity.MODERATE
        return max(self.severity, by_score, key=lambda severity: severity.rank)


@dataclass(frozen=True, kw_only=True)
class Temperature:
    """A reading in degrees Celsius, how and at which UTC instant it was taken."""

    celsius: Fraction
    method: Method
    at: datetime


@dataclass(frozen=True, kw_only=True)
class Report:
    """Everything said up to the UTC instant `at`; None is unknown.

    The infusion began at `started_at` and ended at `ended_at` (unknown, or not yet). `doses` are those given lately, of
    any medicine; `flags` are those that hold for the child.
    """

    at: datetime
    symptoms: tuple[SymptomSaid, ...] = ()
    temperatures: tuple[Temperature, ...] = ()
    started_at: datetime | None = None
    ended_at: datetime | None = None
    doses: tuple[DoseGiven, ...] | None = None
    flags: frozenset[ChildFlag] | None = None
