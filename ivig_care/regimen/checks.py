"""What the values of a document must be beyond their types, and how the parts of a protocol must fit together."""

from __future__ import annotations

from datetime import timedelta
from fractions import Fraction
from typing import TypeVar

from ivig_care.regimen.doses import MedicineLimit
from ivig_care.regimen.errors import DocumentError
from ivig_care.regimen.json_values import shown
from ivig_care.regimen.protocol import (
    AfterStep,
    Anchor,
    AtNight,
    Cadence,
    CourseRule,
    Days,
    Medicine,
    Moment,
    NudgePolicy,
    Protocol,
    RateStep,
    StepRule,
)
from ivig_care.regimen.signs import FeverBound
from ivig_care.regimen.symptoms import SymptomSaid
from ivig_care.regimen.timing import WindowRule
from ivig_care.regimen.triage import apply_changes
from ivig_care.regimen.triage_rules import RULES

# Slots are made of keys, joined by dots; these two keys are those of the timeline itself.
_OWN_KEYS = frozenset({"rate", "end", "recheck"})
MOST_SCORE = 10


def check_value(value: object, path: str) -> None:
    """Whether one decoded value makes sense by itself. Raises DocumentError naming the place."""
    match value:
        case Medicine() if (value.mg is None) == (value.mg_per_kg is None):
            raise DocumentError(path, "needs either mg or mg_per_kg")
        case StepRule() if value.kind.is_ticked and value.window is None:
            raise DocumentError(f"{path}.window", "is missing; a step that is ticked needs one")
        case StepRule() if (value.anchor is Anchor.STEP) != bool(value.after_step):
            raise DocumentError(f"{path}.after_step", "belongs to the anchor step, and that anchor needs it")
        case RateStep() if (value.ml_per_kg_h is None) == (value.mg_per_kg_min is None):
            raise DocumentError(path, "needs either ml_per_kg_h or mg_per_kg_min")
        case Cadence() if not value.weeks or 0 in value.weeks:
            raise DocumentError(f"{path}.weeks", "needs at least one number of weeks, each more than nothing")
        case Protocol() if value.days == 0:
            raise DocumentError(f"{path}.days", "must be more than nothing")
        case Moment() if value.anchor is Anchor.STEP:
            raise DocumentError(f"{path}.anchor", "cannot be a step here")
        case Moment() if value.day is Days.EACH:
            raise DocumentError(f"{path}.day", "must be first or last: a moment lies on one day")
        case NudgePolicy() if value.repeats and value.repeat_every is None:
            raise DocumentError(f"{path}.repeat_every", "is missing; repeats need it")
        case NudgePolicy() if value.clinic_after is not None and value.second_after is None:
            raise DocumentError(f"{path}.second_after", "is missing; the clinic is told after the second caregiver")
        case NudgePolicy() if not _is_band(value.second_after, value.clinic_after):
            raise DocumentError(f"{path}.clinic_after", "must be more than second_after")
        case MedicineLimit() if not _is_band(value.from_kg, value.below_kg):
            raise DocumentError(f"{path}.below_kg", "must be more than from_kg")
        case MedicineLimit() if not _is_band(value.from_years, value.below_years):
            raise DocumentError(f"{path}.below_years", "must be more than from_years")
        case FeverBound() if not value.methods:
            raise DocumentError(f"{path}.methods", "needs at least one method; leave it out for all")
        case SymptomSaid() if (value.score or 0) > MOST_SCORE:
            raise DocumentError(f"{path}.score", f"must be a whole number from 0 to {MOST_SCORE}")
        case SymptomSaid() if value.since and value.settled_at and value.settled_at < value.since:
            raise DocumentError(f"{path}.settled_at", "must not lie before since")
        case WindowRule() if value.late_after > value.closes_after:
            raise DocumentError(f"{path}.closes_after", "must not be shorter than late_after")
    _check_amounts(value, path)


# What a band may be of: both its bounds are the same.
_Amount = TypeVar("_Amount", int, Fraction, timedelta)


def _is_band(least: _Amount | None, below: _Amount | None) -> bool:
    return least is None or below is None or least < below


# Of these lengths of time and counts, the first may be nothing and the second must be more.
_NOT_NEGATIVE = ("opens_before", "late_after", "closes_after", "lead", "began_within", "still_after", "lasting")
_MORE_THAN_NOTHING = (
    "every",
    "repeat_every",
    "second_after",
    "clinic_after",
    "min_interval",
    "max_doses_24h",
    "most_in_24h",
    "number",
)


def _check_amounts(value: object, path: str) -> None:
    for name in _NOT_NEGATIVE:
        if (length := getattr(value, name, None)) is not None and length < timedelta():
            raise DocumentError(f"{path}.{name}", "must not be negative")
    for name in _MORE_THAN_NOTHING:
        amount = getattr(value, name, None)
        if amount is not None and amount <= type(amount)():
            raise DocumentError(f"{path}.{name}", "must be more than nothing")
    ingredient = getattr(value, "ingredient", None)
    if ingredient is not None and (not ingredient or ingredient != ingredient.strip().lower()):
        raise DocumentError(f"{path}.ingredient", f"{shown(ingredient)} must be in lower case: it is counted by name")


def check_protocol(protocol: Protocol, path: str) -> None:
    """Whether the parts of a protocol fit together. Raises DocumentError naming the place, and what triage refuses."""
    if not protocol.ladder.steps:
        raise DocumentError(f"{path}.ladder.steps", "needs at least one rate")
    _check_ladder(protocol.ladder.steps, f"{path}.ladder.steps")
    _check_keys(protocol, path)
    _check_windows(protocol, f"{path}.courses")
    _check_first_doses(protocol, f"{path}.courses")
    _check_followers(protocol.steps, f"{path}.steps")
    _check_nights(protocol, path)
    apply_changes(RULES, protocol.triage)


def _check_first_doses(protocol: Protocol, path: str) -> None:
    """A course cannot count from a step that may not be there."""
    unsure = {step.key for step in protocol.steps if step.when or step.unless or step.after_step}
    for number, course in enumerate(protocol.courses):
        if isinstance(course.first, AfterStep) and course.first.after_step in unsure:
            problem = f"{shown(course.first.after_step)} may be left out, so no course can count from it"
            raise DocumentError(f"{path}[{number}].first.after_step", problem)


def _check_windows(protocol: Protocol, path: str) -> None:
    for number, course in enumerate(protocol.courses):
        if course.window is None and protocol.course_defaults is None:
            raise DocumentError(f"{path}[{number}].window", "is missing; a dose is ticked, so it needs one")


def _check_followers(steps: tuple[StepRule, ...], path: str) -> None:
    """A step that follows another stands after it, on days that the other has too."""
    days_of: dict[str, Days] = {}
    for number, step in enumerate(steps):
        if step.after_step and days_of.get(step.after_step) not in (Days.EACH, step.day):
            problem = f"no step {shown(step.after_step)} stands before it on the same days"
            raise DocumentError(f"{path}[{number}].after_step", problem)
        days_of[step.key] = step.day


def _check_nights(protocol: Protocol, path: str) -> None:
    """What is shifted out of the night needs to know when night is."""
    rules: tuple[StepRule | CourseRule, ...] = (*protocol.steps, *protocol.courses)
    shifted = [rule.key for rule in rules if rule.at_night is AtNight.SHIFT]
    if shifted and protocol.night is None:
        raise DocumentError(f"{path}.night", f"is missing; {shown(shifted[0])} is shifted out of it")


def _check_keys(protocol: Protocol, path: str) -> None:
    seen: set[str] = set()
    for place, rule in (
        *((f"{path}.steps[{n}].key", rule.key) for n, rule in enumerate(protocol.steps)),
        *((f"{path}.courses[{n}].key", course.key) for n, course in enumerate(protocol.courses)),
        *((f"{path}.as_needed[{n}].key", rule.key) for n, rule in enumerate(protocol.as_needed)),
    ):
        if rule in seen:
            raise DocumentError(place, f"{shown(rule)} is used twice")
        if not rule.strip() or "." in rule or rule in _OWN_KEYS:
            raise DocumentError(
                place, f"{shown(rule)} cannot be a key: no dots, not blank, not rate, not end, not recheck"
            )
        seen.add(rule)
    for number, step in enumerate(protocol.steps):
        ingredients = [medicine.ingredient for medicine in step.medicines]
        if len(set(ingredients)) < len(ingredients):
            raise DocumentError(f"{path}.steps[{number}].medicines", "names an ingredient twice")


def _check_ladder(rates: tuple[RateStep, ...], path: str) -> None:
    for number, rate in enumerate(rates[:-1]):
        if rate.minutes is None:
            raise DocumentError(f"{path}[{number}].minutes", "is missing; only the last rate runs until all is in")
