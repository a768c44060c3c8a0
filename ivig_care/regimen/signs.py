"""What a rule of the triage table can ask: signs, limits in time, temperatures; and the level that it gives.

A rule only says what must be there, never what must be absent, so that saying more can never lower the level.
Source: FACTS section 6.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from fractions import Fraction

from ivig_care.regimen.figures import plain, plain_hours
from ivig_care.regimen.symptoms import ChildFlag, Method, Report, Severity, Symptom, SymptomSaid, Temperature
from ivig_care.regimen.timing import Elapsed


class Level(StrEnum):
    """What to do, most urgent first."""

    EMERGENCY = "emergency"
    CALL_NOW = "call now"
    OFFICE_HOURS = "office hours"
    NEXT_VISIT = "next visit"

    @property
    def urgency(self) -> int:
        """A number that is higher the more urgent the level is."""
        return _URGENCIES[self]


_URGENCIES = {level: urgency for urgency, level in enumerate(reversed(Level))}


@dataclass(frozen=True, kw_only=True)
class FeverBound:
    """A temperature in degrees Celsius that counts as fever: reached (or `is_above`) by one of these methods.

    With `twice_apart` it takes two readings at least so long apart. A reading of unknown method counts for every one.
    """

    celsius: Fraction
    methods: frozenset[Method] = frozenset(Method)
    is_above: bool = False
    twice_apart: Elapsed | None = None

    def is_met_by(self, temperatures: tuple[Temperature, ...]) -> bool:
        """Whether these readings are a fever by this bound."""
        times = [reading.at for reading in temperatures if self._counts(reading)]
        if self.twice_apart is None:
            return bool(times)
        return len(times) > 1 and max(times) - min(times) >= self.twice_apart

    def covers(self, other: FeverBound) -> bool:
        """Whether every fever by the `other` bound is one by this bound too."""
        is_lower = self.celsius < other.celsius
        is_as_low = self.celsius == other.celsius and (other.is_above or not self.is_above)
        return (
            (is_lower or is_as_low)
            and self.methods >= other.methods
            and _asks_no_more(self.twice_apart, other.twice_apart)
        )

    @property
    def words(self) -> str:
        """The bound in words for a clinician."""
        degrees = f"{'above' if self.is_above else 'from'} {plain(self.celsius)} °C"
        methods = "any method" if self.methods == frozenset(Method) else " or ".join(sorted(self.methods))
        apart = self.twice_apart
        return f"{degrees} ({methods}, {'once' if apart is None else f'twice {_hours(apart)} apart'})"

    def _counts(self, reading: Temperature) -> bool:
        is_high = reading.celsius > self.celsius if self.is_above else reading.celsius >= self.celsius
        return is_high and reading.method in self.methods | {Method.UNKNOWN}


# Source: FACTS section 6, fever [S47]: "over 100 °F", printed as 37.8 °C; the strictest single reading of the sources.
OVER_37_8 = FeverBound(celsius=Fraction(378, 10), is_above=True)


@dataclass(frozen=True, kw_only=True)
class Bounds:
    """Limits in elapsed time that a symptom must keep to; None is no limit, and an unknown instant keeps to all.

    It began no later than `began_within` after the end of the infusion, was still there `still_after` that end, and
    lasts at least `lasting`. Each limit is met at its very second.
    """

    began_within: Elapsed | None = None
    still_after: Elapsed | None = None
    lasting: Elapsed | None = None

    def hold(self, said: SymptomSaid, report: Report) -> bool:
        """Whether the symptom keeps to all the limits. An infusion of unknown end may have ended when it began."""
        seen = said.settled_at or report.at
        earliest_end = report.ended_at or report.started_at
        return (
            _is_within(_between(report.ended_at, said.since), self.began_within)
            and _is_beyond(_between(earliest_end, seen), self.still_after)
            and _is_beyond(_between(said.since, seen), self.lasting)
        )

    def covers(self, other: Bounds) -> bool:
        """Whether everything that keeps to the `other` limits keeps to these too."""
        is_as_late = self.began_within is None or (
            other.began_within is not None and self.began_within >= other.began_within
        )
        return (
            is_as_late
            and _asks_no_more(self.still_after, other.still_after)
            and _asks_no_more(self.lasting, other.lasting)
        )

    @property
    def words(self) -> str:
        """The limits in words for a clinician."""
        parts = (
            self.began_within is not None and f"begun no later than {_hours(self.began_within)} after the end",
            self.still_after is not None and f"still there {_hours(self.still_after)} after the end",
            self.lasting is not None and f"lasting {_hours(self.lasting)} or more",
        )
        return ", ".join(part for part in parts if part) or "at any time"


@dataclass(frozen=True, kw_only=True)
class Sign:
    """One of these symptoms, at least this bad, and persistent where that is asked."""

    any_of: frozenset[Symptom]
    severity: Severity = Severity.MILD
    is_persistent: bool = False

    def is_shown_by(self, said: SymptomSaid) -> bool:
        """Whether what was said is this sign; what was left unsaid counts as the worse."""
        stays_enough = not self.is_persistent or said.is_persistent is not False
        return said.symptom in self.any_of and stays_enough and said.worst.rank >= self.severity.rank

    @property
    def words(self) -> str:
        """The sign in words for a clinician, in the order of the reportable list."""
        named = [symptom for symptom in Symptom if symptom in self.any_of]
        missing = [symptom for symptom in Symptom if symptom not in self.any_of]
        names = " / ".join(named) if len(named) <= len(missing) else " but ".join(("any symptom", *missing))
        asked = (
            self.is_persistent and "persistent",
            self.severity is not Severity.MILD and f"at least {self.severity}",
        )
        return " ".join((names, *(f"({word})" for word in asked if word)))


@dataclass(frozen=True, kw_only=True)
class Approval:
    """Who approved that a rule is softer than `before`, and where that is written."""

    by: str
    before: TriageRule
    source: str = ""


@dataclass(frozen=True, kw_only=True)
class TriageRule:
    """One row of the table: all of the `signs` and `flags` must be there, each sign within the `bounds`.

    `words` are for a parent, `why` for a clinician. A temperature counts as fever by the bounds of `fever`. A rule that
    a clinician took off stays in the table, so that its approval can be shown.
    """

    key: str
    level: Level
    signs: tuple[Sign, ...]
    words: str
    why: str
    source: str
    bounds: Bounds = Bounds()
    fever: tuple[FeverBound, ...] = (OVER_37_8,)
    flags: frozenset[ChildFlag] = frozenset()
    is_off: bool = False
    approvals: tuple[Approval, ...] = ()

    @property
    def asks_fever(self) -> bool:
        """Whether fever is one of its signs."""
        return any(Symptom.FEVER in sign.any_of for sign in self.signs)

    @property
    def limits(self) -> str:
        """The level and what may be changed, in words for a clinician."""
        fever = f"fever {', '.join(bound.words for bound in self.fever) or 'only as said'}"
        parts = (self.level, self.bounds.words, self.asks_fever and fever, self.is_off and "taken off")
        return "; ".join(part for part in parts if part)

    @property
    def when(self) -> str:
        """What must be there, in words for a clinician."""
        return " + ".join((*(sign.words for sign in self.signs), *sorted(self.flags)))


def _between(start: datetime | None, end: datetime | None) -> timedelta | None:
    return None if start is None or end is None else end - start


def _is_within(length: timedelta | None, limit: Elapsed | None) -> bool:
    return length is None or limit is None or length <= limit


def _is_beyond(length: timedelta | None, limit: Elapsed | None) -> bool:
    return length is None or limit is None or length >= limit


def _asks_no_more(mine: Elapsed | None, other: Elapsed | None) -> bool:
    return mine is None or (other is not None and mine <= other)


def _hours(length: Elapsed) -> str:
    return plain_hours(length.total_seconds())
