"""What several reports say together: how a child is now, by everything that was said of it until now.

A family says how the child is again and again, and each time only what it notices. What one report says counts along
with those before it, for as long as nothing says that it is over: a stiff neck of this morning and vomiting now are
both there. Where two people say two things, the safer one counts: that one of them finds the child fine ends what that
person said, and nothing that the other did. How long, and what ends it, is our choice; see docs/adr/0020.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from fractions import Fraction

from ivig_care.regimen.symptoms import Symptom, SymptomSaid, Temperature
from ivig_care.regimen.timing import Elapsed

# Our choice: for so long something that was said counts as still there.
COUNTS_FOR = Elapsed(hours=24)


@dataclass(frozen=True, kw_only=True)
class SaidAt:
    """One report: its symptoms and temperatures at the UTC instant `at`, and the symptoms that were gone by then.

    `by` tells one person from another. `has_more`: it says something else besides, in words of its own. One in which
    nothing stands at all says that the child is fine: whatever the same person said before is over.
    """

    at: datetime
    by: str = ""
    symptoms: tuple[SymptomSaid, ...] = ()
    temperatures: tuple[Temperature, ...] = ()
    gone: frozenset[Symptom] = frozenset()
    has_more: bool = False

    @property
    def is_nothing(self) -> bool:
        """Whether it says that there is nothing."""
        return not (self.symptoms or self.temperatures or self.gone or self.has_more)


@dataclass(frozen=True, kw_only=True)
class Named:
    """How one person last named a symptom, and when."""

    said: SymptomSaid
    at: datetime
    by: str


@dataclass(frozen=True, kw_only=True)
class Read:
    """A reading, as it counts now, and by whom it was said."""

    reading: Temperature
    by: str


@dataclass(frozen=True, kw_only=True)
class Standing:
    """What counts at an instant: the symptoms that are there, and the readings, each with whose word it is."""

    named: tuple[Named, ...] = ()
    read: tuple[Read, ...] = ()

    @property
    def symptoms(self) -> tuple[SymptomSaid, ...]:
        """The symptoms that are there."""
        return tuple(one.said for one in self.named)

    @property
    def temperatures(self) -> tuple[Temperature, ...]:
        """The readings that count."""
        return tuple(one.reading for one in self.read)


# What stands of each symptom: one word of each person, the last one named at the end.
_There = dict[Symptom, tuple[Named, ...]]


def standing_at(reports: tuple[SaidAt, ...], at: datetime) -> Standing:
    """What these reports, in order of time, say together at the UTC instant `at`.

    Of a symptom that several name the last one says how bad it is, the first one when it began at the latest. It is
    over once a report says that it is gone; once everybody who named it has said that there is nothing; and 24 hours
    after it was last named. A reading counts in the same way until the next one: from then on it counts as no higher
    than the next, so that two readings apart in time can be seen, and one that has gone down is no fever for ever.
    """
    symptoms: _There = {}
    readings: tuple[Read, ...] = ()
    for report in reports:
        if report.at > at:
            continue
        symptoms = _fine(symptoms, report.by) if report.is_nothing else _symptoms_after(symptoms, report)
        readings = _readings_after(readings, report)
    return Standing(
        named=tuple(named[-1] for named in symptoms.values() if at - named[-1].at < COUNTS_FOR),
        read=tuple(one for one in readings if at - one.reading.at < COUNTS_FOR),
    )


def _fine(symptoms: _There, by: str) -> _There:
    """What is there by the word of the others, after this person has said that there is nothing."""
    left = {symptom: tuple(one for one in named if one.by != by) for symptom, named in symptoms.items()}
    return {symptom: named for symptom, named in left.items() if named}


def _symptoms_after(symptoms: _There, report: SaidAt) -> _There:
    still = {
        symptom: named
        for symptom, named in symptoms.items()
        if symptom not in report.gone and report.at - named[-1].at < COUNTS_FOR
    }
    for said in report.symptoms:
        before = still.get(said.symptom, ())
        continued = _continued(before[-1].said, said) if before else said
        others = tuple(one for one in before if one.by != report.by)
        still[said.symptom] = (*others, Named(said=continued, at=report.at, by=report.by))
    return still


def _continued(before: SymptomSaid, now: SymptomSaid) -> SymptomSaid:
    """The symptom as it is said now, begun no later than it was said to have begun before; what is not said stays."""
    begun = [since for since in (before.since, now.since) if since is not None]
    is_graded = now.is_graded
    return replace(
        now,
        severity=now.severity if is_graded else before.severity,
        score=now.score if is_graded else before.score,
        is_persistent=before.is_persistent if now.is_persistent is None else now.is_persistent,
        since=min(begun, default=None),
    )


def _readings_after(readings: tuple[Read, ...], report: SaidAt) -> tuple[Read, ...]:
    if report.is_nothing:
        return tuple(one for one in readings if one.by != report.by)
    new = tuple(Read(reading=reading, by=report.by) for reading in report.temperatures)
    if Symptom.FEVER in report.gone:
        return new
    if not new:
        return readings
    highest: Fraction = max(one.reading.celsius for one in new)
    capped = (replace(one, reading=replace(one.reading, celsius=min(one.reading.celsius, highest))) for one in readings)
    return (*capped, *new)
