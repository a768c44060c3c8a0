"""From rows to the regimen's values: the one place where the two meet."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from fractions import Fraction

from ivig_care.plans.models import Dose, Infusion, Step
from ivig_care.plans.prescription import protocol_of
from ivig_care.protocols.models import MedicineLimit
from ivig_care.regimen import doses
from ivig_care.regimen.changes import Change, Existing, diff
from ivig_care.regimen.doses import Allowance, DoseGiven, allowance
from ivig_care.regimen.facts import DayFacts, InfusionFacts, SlotFact
from ivig_care.regimen.schedule import Schedule, build_schedule
from ivig_care.regimen.steps import State

MG_PER_G = 1000


def facts_of(infusion: Infusion) -> InfusionFacts:
    """Everything the regimen needs to know about an infusion whose plan is complete."""
    plan = infusion.plan
    if plan.product is None or plan.weight_kg is None or plan.dose_g_per_kg is None:
        raise ValueError(f"plan {plan.pk} is not complete; check unset_values first")
    return InfusionFacts(
        zone=infusion.tz,
        weight_kg=Fraction(plan.weight_kg),
        dose_mg_per_kg=Fraction(plan.dose_g_per_kg) * MG_PER_G,
        product=plan.product.as_value(),
        days=tuple(
            DayFacts(
                number=day.number,
                planned_start=day.planned_start,
                actual_start=day.actual_start,
                actual_end=day.actual_end,
            )
            for day in infusion.days.all()
        ),
        slots=tuple(_slot_fact(step) for step in infusion.steps.all() if _is_settled(step)),
        given=_given_elsewhere(infusion),
        flags=frozenset({"risk"}) if plan.has_risk else frozenset(),
        limits=limits_for(infusion.plan.child.clinic.country),
    )


def schedule_of(infusion: Infusion) -> Schedule:
    """The dated steps of an infusion as the facts stand."""
    return build_schedule(protocol_of(infusion.plan), facts_of(infusion))


def changes_if(
    infusion: Infusion, *, day: int, actual_start: datetime | None, actual_end: datetime | None
) -> tuple[Change, ...]:
    """What would change on the checklist if this day had really started and ended then; nothing is written."""
    facts = facts_of(infusion)
    days = tuple(
        replace(one, actual_start=actual_start, actual_end=actual_end) if one.number == day else one
        for one in facts.days
    )
    return changes_between(infusion, build_schedule(protocol_of(infusion.plan), replace(facts, days=days)))


def changes_between(infusion: Infusion, wanted: Schedule) -> tuple[Change, ...]:
    """What turns the infusion's checklist into the wanted schedule."""
    existing = (
        Existing(slot=step.slot, title=step.title, state=State(step.state), window=step.window)
        for step in infusion.steps.all()
    )
    return diff(existing, wanted.ticked)


def limits_for(country: str) -> tuple[doses.MedicineLimit, ...]:
    """The medicine limits of a country's rule set."""
    rows = MedicineLimit.objects.filter(country=country).select_related("medicine")
    return tuple(row.as_value() for row in rows)


def allowance_for(infusion: Infusion, ingredient: str) -> Allowance:
    """When the next dose of this ingredient keeps to its limit, over everything the child was given anywhere.

    The prescribed interval counts where it is longer than the limit's; without either the answer is unknown.
    """
    given = tuple(
        DoseGiven(ingredient=dose.ingredient, at=dose.given_at, mg=dose.amount)
        for dose in Dose.objects.standing().filter(child=infusion.plan.child_id, ingredient=ingredient)
    )
    known = {limit.ingredient: limit for limit in limits_for(infusion.plan.child.clinic.country)}
    return allowance(given, known.get(ingredient) or doses.MedicineLimit(ingredient=ingredient))


def _given_elsewhere(infusion: Infusion) -> tuple[DoseGiven, ...]:
    own_steps = Dose.objects.standing().filter(child=infusion.plan.child_id).exclude(step__infusion=infusion)
    return tuple(DoseGiven(ingredient=dose.ingredient, at=dose.given_at, mg=dose.amount) for dose in own_steps)


def _is_settled(step: Step) -> bool:
    return step.state in (State.DONE, State.SKIPPED, State.MISSED)


def _slot_fact(step: Step) -> SlotFact:
    return SlotFact(slot=step.slot, state=State(step.state), at=step.said_at or step.closes_at, due_at=step.due_at)
