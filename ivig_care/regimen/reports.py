"""What several reports say together: how a child is now, by everything that was said of it until now.

A family says how the child is again and again, and each time only what it notices. What one report says counts along
with those before it, for as long as nothing says that it is over: a stiff neck of this morning and vomiting now are
both there. How long, and what ends it, is our choice; see docs/adr/0020.
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

    `has_more`: it says something else besides, in words of its own. One in which nothing stands at all says that the
    child is fine: whatever was said before is over.
    """

    at: datetime
    symptoms: tuple[SymptomSaid, ...] = ()
    temperatures: tuple[Temperature, ...] = ()
    gone: frozenset[Symptom] = frozenset()
    has_more: bool = False

    @property
    def is_nothing(self) -> bool:
        """Whether it says that there is nothing."""
        return not (self.symptoms or self.temperatures or self.gone or self.has_more)


@dataclass(frozen=True, kw_only=True)
class Standing:
    """What counts at an instant: the symptoms that are there, and the readings."""

    symptoms: tuple[SymptomSaid, ...] = ()
    temperatures: tuple[Temperature, ...] = ()


def standing_at(reports: tuple[SaidAt, ...], at: datetime) -> Standing:
    """What these reports, in order of time, say together at the UTC instant `at`.

    Of a symptom that several name the last one says how bad it is, the first one when it began at the latest. It is
    over once a report says that it is gone, or that there is nothing; and 24 hours after it was last named. A reading
    counts in the same way until the next one: from then on it counts as no higher than the next, so that two readings
    apart in time can be seen, and one that has gone down is no fever for ever.
    """
    symptoms: dict[Symptom, tuple[SymptomSaid, datetime]] = {}
    readings: tuple[Temperature, ...] = ()
    for report in reports:
        if report.at > at:
            continue
        symptoms = {} if report.is_nothing else _symptoms_after(symptoms, report)
        readings = _readings_after(readings, report)
    return Standing(
        symptoms=tuple(said for said, named_at in symptoms.values() if at - named_at < COUNTS_FOR),
        temperatures=tuple(reading for reading in readings if at - reading.at < COUNTS_FOR),
    )


def _symptoms_after(
    symptoms: dict[Symptom, tuple[SymptomSaid, datetime]], report: SaidAt
) -> dict[Symptom, tuple[SymptomSaid, datetime]]:
    still = {
        symptom: (said, named_at)
        for symptom, (said, named_at) in symptoms.items()
        if symptom not in report.gone and report.at - named_at < COUNTS_FOR
    }
    for said in report.symptoms:
        before = still.get(said.symptom)
        still[said.symptom] = (said if before is None else _continued(before[0], said), report.at)
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


def _readings_after(readings: tuple[Temperature, ...], report: SaidAt) -> tuple[Temperature, ...]:
    if report.is_nothing or Symptom.FEVER in report.gone:
        return report.temperatures
    if not report.temperatures:
        return readings
    highest: Fraction = max(reading.celsius for reading in report.temperatures)
    return (*(replace(one, celsius=min(one.celsius, highest)) for one in readings), *report.temperatures)
