"""From rows to the regimen's values: the one place where the two meet."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal
from fractions import Fraction

from django.db.models import QuerySet

from ivig_care.plans.models import Dose, Infusion, Step
from ivig_care.plans.prescription import protocol_of
from ivig_care.protocols.models import MedicineLimit
from ivig_care.regimen.changes import Change, Existing, diff
from ivig_care.regimen.dated import Schedule
from ivig_care.regimen.doses import Allowance, DoseGiven, allowance
from ivig_care.regimen.doses import MedicineLimit as MedicineLimitValue
from ivig_care.regimen.facts import DayFacts, InfusionFacts, SlotFact
from ivig_care.regimen.schedule import build_schedule
from ivig_care.regimen.steps import State
from ivig_care.regimen.timing import Elapsed

MG_PER_G = 1000
# The condition under which a protocol leaves out its steps about extra drinks.
FLUIDS_LIMITED = "fluids limited"
# Doses older than this bear on nothing: every known interval and count is of a day or less (FACTS section 4).
LOOK_BACK = timedelta(days=7)


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
        conditions=frozenset({FLUIDS_LIMITED}) if plan.has_fluid_limit else frozenset(),
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
        Existing(
            slot=step.slot,
            title=step.title,
            state=State(step.state),
            window=step.window,
            mg=None if step.mg is None else Fraction(step.mg),
        )
        for step in infusion.steps.all()
    )
    return diff(existing, wanted.ticked, wanted.left_out)


def limits_for(country: str) -> tuple[MedicineLimitValue, ...]:
    """The medicine limits of a country's rule set."""
    rows = MedicineLimit.objects.filter(country=country).select_related("medicine")
    return tuple(row.as_value() for row in rows)


def allowances_for(infusion: Infusion, ingredients: Collection[str]) -> dict[str, Allowance]:
    """For each ingredient, when the next dose keeps to its limit, over everything the child was given anywhere.

    The limit is that of the country's rule set; where that knows no interval, the one the plan prescribes. Without
    either the answer is unknown.
    """
    given: dict[str, list[DoseGiven]] = defaultdict(list)
    for dose in _doses_near(infusion).filter(ingredient__in=ingredients):
        given[dose.ingredient].append(_dose_given(dose))
    limits = {limit.ingredient: limit for limit in limits_for(infusion.plan.child.clinic.country)}
    ordered = {order.ingredient: order.every_hours for order in infusion.plan.medicines.all() if order.every_hours}
    return {
        name: allowance(tuple(given[name]), _limit(name, limits.get(name), ordered.get(name))) for name in ingredients
    }


def _limit(ingredient: str, known: MedicineLimitValue | None, every_hours: Decimal | None) -> MedicineLimitValue:
    limit = known or MedicineLimitValue(ingredient=ingredient)
    if limit.min_interval is None and every_hours is not None:
        return replace(limit, min_interval=Elapsed(hours=float(every_hours)))
    return limit


def _given_elsewhere(infusion: Infusion) -> tuple[DoseGiven, ...]:
    return tuple(_dose_given(dose) for dose in _doses_near(infusion).exclude(step__infusion=infusion))


def _doses_near(infusion: Infusion) -> QuerySet[Dose]:
    """The child's doses that can bear on this infusion; those taken back do not count."""
    first = min((day.planned_start for day in infusion.days.all()), default=None)
    standing = Dose.objects.standing().filter(child=infusion.plan.child_id)
    return standing if first is None else standing.filter(given_at__gte=first - LOOK_BACK)


def _dose_given(dose: Dose) -> DoseGiven:
    return DoseGiven(ingredient=dose.ingredient, at=dose.given_at, mg=dose.amount)


def _is_settled(step: Step) -> bool:
    return step.state in (State.DONE, State.SKIPPED, State.MISSED)


def _slot_fact(step: Step) -> SlotFact:
    return SlotFact(slot=step.slot, state=State(step.state), at=step.said_at or step.closes_at, due_at=step.due_at)
