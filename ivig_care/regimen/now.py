"""What the regimen answers at one instant: may this be given, how much was drunk, what do these symptoms mean."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction

from ivig_care.regimen.dated import AsNeeded, Schedule, doses_had
from ivig_care.regimen.doses import MedicineLimit
from ivig_care.regimen.facts import InfusionFacts
from ivig_care.regimen.fluids import (
    Estimate,
    FluidEntry,
    FluidProgress,
    FluidWindow,
    NoEstimate,
    fluid_window,
    maintenance_estimate,
    progress,
    suppressed,
)
from ivig_care.regimen.ledger import Answer, may_be_given
from ivig_care.regimen.medicines import Amount, UnknownMedicine, resolve
from ivig_care.regimen.protocol import Kind, Protocol
from ivig_care.regimen.symptoms import ChildFlag, Report, SymptomSaid, Temperature
from ivig_care.regimen.triage import Triaged, apply_changes, triage
from ivig_care.regimen.triage_rules import RULES


@dataclass(frozen=True, kw_only=True)
class Asked:
    """A medicine that somebody would like to give, by any of its names: so many mg, or so many units of a product."""

    medicine: str
    mg: Fraction | None = None
    units: Fraction | None = None


@dataclass(frozen=True, kw_only=True)
class Question:
    """What is asked at the UTC instant `at`, and what was said until then.

    `are_fluids_limited` and `child_flags` are None while unknown, and that is not safe.
    """

    at: datetime
    asked: tuple[Asked, ...] = ()
    taken: tuple[FluidEntry, ...] = ()
    are_fluids_limited: bool | None = None
    symptoms: tuple[SymptomSaid, ...] = ()
    temperatures: tuple[Temperature, ...] = ()
    child_flags: frozenset[ChildFlag] | None = None


def answer_for(asked: Asked, protocol: Protocol, schedule: Schedule, facts: InfusionFacts, at: datetime) -> Answer:
    """What the ledger says of a medicine at the UTC instant `at`, over every dose that was really given."""
    return _answer(_amounts(asked, facts), protocol, schedule, facts, at)


def answers_as_needed(
    protocol: Protocol, schedule: Schedule, facts: InfusionFacts, at: datetime
) -> Iterator[tuple[AsNeeded, Answer]]:
    """The as-needed medicines whose time it is at the UTC instant `at`, each with what the ledger says of it."""
    for one in schedule.as_needed:
        if one.opens_at <= at <= one.closes_at:
            amounts = (Amount(ingredient=one.dose.ingredient, mg=one.dose.mg),)
            yield one, _answer(amounts, protocol, schedule, facts, at)


def fluids_for(
    question: Question, schedule: Schedule, facts: InfusionFacts
) -> Iterator[tuple[FluidWindow, FluidProgress]]:
    """How far the drinking has come in each window of the checklist."""
    reason = suppressed(facts.conditions | facts.flags, is_limited=question.are_fluids_limited)
    for step in schedule.ticked:
        if step.kind is Kind.FLUIDS:
            window = fluid_window(step)
            yield (
                window,
                progress(
                    window,
                    question.taken,
                    now=question.at,
                    night=schedule.night,
                    zone=facts.zone,
                    no_goal_because=reason,
                ),
            )


def estimate_for(question: Question, facts: InfusionFacts) -> Estimate | NoEstimate:
    """What a clinician may go by when setting a fluid goal."""
    today = question.at.astimezone(facts.zone).date()
    return maintenance_estimate(facts.weight_kg, None if facts.born_on is None else (today - facts.born_on).days)


def triage_for(question: Question, protocol: Protocol, schedule: Schedule, facts: InfusionFacts) -> Triaged:
    """What the reported symptoms mean, by the rules as this protocol has them."""
    started = [day.actual_start for day in facts.days if day.actual_start and day.actual_start <= question.at]
    ended = [day.actual_end for day in facts.days if day.actual_end and day.actual_end <= question.at]
    is_running = len(started) > len(ended)
    report = Report(
        at=question.at,
        symptoms=question.symptoms,
        temperatures=question.temperatures,
        started_at=max(started, default=None),
        ended_at=None if is_running else max(ended, default=None),
        doses=doses_had(schedule, facts),
        flags=question.child_flags,
    )
    return triage(report, apply_changes(RULES, protocol.triage))


def orders_of(protocol: Protocol, limits: tuple[MedicineLimit, ...]) -> tuple[MedicineLimit, ...]:
    """What the protocol itself says of each ingredient it gives: that the clinic agreed to it, and how often.

    What is given as needed keeps to its own interval and count. The interval of a course is when its doses are due, and
    bounds them only where no source knows a shortest one.
    """
    known = {limit.ingredient for limit in limits if limit.min_interval}
    given = [MedicineLimit(ingredient=one.ingredient) for step in protocol.steps for one in step.medicines]
    for course in protocol.courses:
        ingredient = course.medicine.ingredient
        every = None if ingredient in known else course.every
        given.append(MedicineLimit(ingredient=ingredient, min_interval=every))
    for rule in protocol.as_needed:
        given.append(
            MedicineLimit(
                ingredient=rule.medicine.ingredient,
                min_interval=rule.every,
                max_doses_24h=rule.most_in_24h,
                source="prescribed" if rule.every or rule.most_in_24h else "",
            )
        )
    return tuple(given)


def _amounts(asked: Asked, facts: InfusionFacts) -> tuple[Amount, ...]:
    try:
        resolved = resolve(asked.medicine, facts.formulary)
    except UnknownMedicine:
        return ()
    if asked.units is not None:
        return resolved.in_units(asked.units)
    if asked.mg is not None:
        return resolved.in_mg(asked.mg)
    # Nobody said how many units of a combination: one would be a guess, and unknown is never safe.
    return tuple(Amount(ingredient=part.ingredient) for part in resolved.contents)


def _answer(
    amounts: tuple[Amount, ...], protocol: Protocol, schedule: Schedule, facts: InfusionFacts, at: datetime
) -> Answer:
    return may_be_given(
        amounts,
        doses=doses_had(schedule, facts),
        body=facts.body,
        rules=facts.rules,
        at=at,
        prescribed=orders_of(protocol, facts.rules.limits_here),
    )
