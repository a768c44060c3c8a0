"""One sentence about a checklist, built from facts alone, and how much it needs a clinician's eye."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from enum import IntEnum

from django.utils.text import Truncator

from ivig_care.plans.models import Dose, Infusion, Step
from ivig_care.regimen.figures import plain_hours
from ivig_care.regimen.steps import State

# A start nearer to the plan than this is the time it takes to sit down and say so.
ON_TIME = timedelta(minutes=15)
LONGEST_REASON = 60


class Attention(IntEnum):
    """What in a checklist a clinician should look at first; the lowest number comes first in the queue."""

    MEDICINE = 1
    DOSE = 2
    START = 3
    OTHER = 4
    NOTHING = 5

    @property
    def words(self) -> str:
        """As the queue says it."""
        return _WORDS[self]


_WORDS = {
    Attention.MEDICINE: "medicine not given",
    Attention.DOSE: "dose with a reason",
    Attention.START: "start not as planned",
    Attention.OTHER: "steps not done",
    Attention.NOTHING: "as planned",
}


@dataclass(frozen=True, kw_only=True)
class Summary:
    """The sentence, and what it is about at its most pressing."""

    attention: Attention
    text: str


def summarise(infusion: Infusion) -> Summary:
    """The summary of a checklist from its days, steps and doses; prefetch them for more than one."""
    steps = [step for step in infusion.steps.all() if step.state != State.WITHDRAWN]
    doses = [step for step in steps if step.ingredient]
    others = [step for step in steps if not step.ingredient]
    explained = [dose for step in doses for dose in step.doses.all() if dose.reason and dose.taken_back_at is None]
    parts = {
        Attention.START: list(_about_starts(infusion)),
        Attention.MEDICINE: list(_about_steps(doses, "dose")),
        Attention.DOSE: list(_about_explained(explained)),
        Attention.OTHER: list(_about_steps(others, "other step" if doses else "step")),
    }
    found = [attention for attention, phrases in parts.items() if phrases]
    phrases = [*_about_cancelled(infusion), *(phrase for part in parts.values() for phrase in part)]
    if still_open := sum(step.state == State.OPEN for step in steps):
        phrases.append(f"{still_open} of {_count(len(steps), 'step')} still open")
    text = "; ".join(phrases) or f"Started on time; all {_count(len(steps), 'step')} done"
    return Summary(attention=min(found, default=Attention.NOTHING), text=f"{text[:1].upper()}{text[1:]}.")


def minutes_words(difference: timedelta, *, before: str = "early", after: str = "late") -> str:
    """A difference from the plan in words, to the minute: "45 min late", "10 min early", "on time"."""
    minutes = round(difference.total_seconds() / 60)
    if minutes == 0:
        return "on time"
    return f"{plain_hours(abs(minutes) * 60)} {after if minutes > 0 else before}"


def _about_cancelled(infusion: Infusion) -> Iterator[str]:
    cancelled = [str(day.number) for day in infusion.days.all() if day.cancelled_at is not None]
    if cancelled:
        yield f"day {' and '.join(cancelled)} cancelled"


def _about_starts(infusion: Infusion) -> Iterator[str]:
    for day in infusion.days.all():
        if day.cancelled_at is not None:
            continue
        if day.actual_start is None:
            if infusion.closed_at is not None:
                yield f"no start recorded for day {day.number}"
        elif abs(day.actual_start - day.planned_start) >= ON_TIME:
            yield f"day {day.number} started {minutes_words(day.actual_start - day.planned_start)}"


def _about_steps(steps: list[Step], noun: str) -> Iterator[str]:
    skipped = [step for step in steps if step.state == State.SKIPPED]
    missed = sum(step.state == State.MISSED for step in steps)
    if skipped:
        reasons = ", ".join(dict.fromkeys(step.skip_reason or "no reason" for step in skipped))
        yield f"{len(skipped)} of {_count(len(steps), noun)} skipped ({reasons})"
    if missed:
        yield f"{missed} of {_count(len(steps), noun)} missed"


def _about_explained(doses: list[Dose]) -> Iterator[str]:
    if doses:
        reasons = ", ".join(dict.fromkeys(Truncator(dose.reason).chars(LONGEST_REASON) for dose in doses))
        yield f"{_count(len(doses), 'dose')} given with a reason ({reasons})"


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"
