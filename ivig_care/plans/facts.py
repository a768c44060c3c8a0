"""From rows to the regimen's values: the one place where the two meet."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from fractions import Fraction

from django.db.models import QuerySet

from ivig_care.plans.models import Dose, Infusion, InfusionDay, ProductLot, RateEntry, Step
from ivig_care.plans.prescription import protocol_of
from ivig_care.protocols.selectors import rule_set_for
from ivig_care.regimen.changes import Change, Existing, diff
from ivig_care.regimen.dated import Schedule
from ivig_care.regimen.doses import Body, DoseGiven
from ivig_care.regimen.facts import DayFacts, InfusionFacts, LastInfusion, SlotFact
from ivig_care.regimen.fluids import FLUIDS_LIMITED
from ivig_care.regimen.rates import RateEntered
from ivig_care.regimen.schedule import build_schedule
from ivig_care.regimen.steps import State

MG_PER_G = 1000
# Doses older than this bear on nothing: every known interval and count is of a day or less (FACTS section 4).
LOOK_BACK = timedelta(days=7)


def facts_of(infusion: Infusion) -> InfusionFacts:
    """Everything the regimen needs to know about an infusion whose plan is complete."""
    plan = infusion.plan
    if plan.product is None or plan.weight_kg is None or plan.dose_g_per_kg is None:
        raise ValueError(f"plan {plan.pk} is not complete; check unset_values first")
    rules = rule_set_for(plan.child.clinic.country)
    last = last_infusion(infusion)
    days = list(infusion.days.all())
    rates = rates_of(infusion) if any(day.actual_start for day in days) else {}
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
                rates=rates.get(day.number, ()) if day.actual_start else (),
                is_cancelled=day.cancelled_at is not None,
            )
            for day in days
        ),
        slots=tuple(_slot_fact(step) for step in infusion.steps.all() if _is_settled(step)),
        given=_given_elsewhere(infusion),
        flags=frozenset({"risk"}) if plan.has_risk else frozenset(),
        conditions=frozenset({FLUIDS_LIMITED}) if plan.has_fluid_limit else frozenset(),
        limits=rules.limits,
        formulary=rules.formulary,
        country=rules.country,
        # That nothing is on record here does not make it the first: the child may have been treated elsewhere.
        is_first=None if last is None else False,
        last=last,
        born_on=plan.child.born_on,
        weighed_on=plan.weighed_on,
    )


def schedule_of(infusion: Infusion) -> Schedule:
    """The dated steps of an infusion as the facts stand."""
    return build_schedule(protocol_of(infusion.plan), facts_of(infusion))


def changes_if(
    infusion: Infusion, *, day: int, actual_start: datetime | None, actual_end: datetime | None
) -> tuple[Change, ...]:
    """What would change on the checklist if this day had really started and ended then; nothing is written."""
    facts = facts_of(infusion)
    rates = rates_of(infusion).get(day, ()) if actual_start else ()
    days = tuple(
        replace(one, actual_start=actual_start, actual_end=actual_end, rates=rates) if one.number == day else one
        for one in facts.days
    )
    return changes_between(infusion, build_schedule(protocol_of(infusion.plan), replace(facts, days=days)))


def schedule_if_rate(infusion: Infusion, *, day: int, rate: RateEntered) -> Schedule:
    """The schedule as it would be if this rate, too, had been set on this day; nothing is written."""
    facts = facts_of(infusion)
    days = tuple(
        replace(one, rates=tuple(sorted((*one.rates, rate), key=lambda each: each.at))) if one.number == day else one
        for one in facts.days
    )
    return build_schedule(protocol_of(infusion.plan), replace(facts, days=days))


def changes_if_moved(infusion: Infusion, *, day: int, planned_start: datetime) -> tuple[Change, ...]:
    """What would change on the checklist if this day were planned for then; nothing is written."""
    facts = facts_of(infusion)
    days = tuple(replace(one, planned_start=planned_start) if one.number == day else one for one in facts.days)
    return changes_between(infusion, build_schedule(protocol_of(infusion.plan), replace(facts, days=days)))


def changes_if_cancelled(infusion: Infusion) -> tuple[Change, ...]:
    """What would change on the checklist if no day took place that has not started; nothing is written."""
    facts = facts_of(infusion)
    days = tuple(replace(one, is_cancelled=one.is_cancelled or one.actual_start is None) for one in facts.days)
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
            mg_per_ml=None if step.mg_per_ml is None else Fraction(step.mg_per_ml),
        )
        for step in infusion.steps.all()
    )
    return diff(existing, wanted.ticked, wanted.left_out)


def body_of(infusion: Infusion) -> Body:
    """What the limits of medicines depend on."""
    plan = infusion.plan
    return Body(
        zone=infusion.tz,
        weight_kg=None if plan.weight_kg is None else Fraction(plan.weight_kg),
        weighed_on=plan.weighed_on,
        born_on=plan.child.born_on,
    )


def doses_near(infusion: Infusion) -> Iterator[DoseGiven]:
    """Every dose the child was given that can bear on this infusion, of any medicine, at home or in the clinic."""
    return (_dose_given(dose) for dose in _doses_near(infusion))


def doses_near_each(infusions: Sequence[Infusion]) -> dict[int, tuple[DoseGiven, ...]]:
    """The same for several infusions whose days are known, by the key of each: one query."""
    since = {one.pk: min(day.planned_start for day in one.days.all()) - LOOK_BACK for one in infusions}
    if not since:
        return {}
    children = {one.plan.child_id for one in infusions}
    standing = Dose.objects.standing().filter(child__in=children, given_at__gte=min(since.values()))
    doses: dict[int, list[Dose]] = defaultdict(list)
    for dose in standing:
        doses[dose.child_id].append(dose)
    return {
        one.pk: tuple(_dose_given(dose) for dose in doses[one.plan.child_id] if dose.given_at >= since[one.pk])
        for one in infusions
    }


def last_infusion(infusion: Infusion) -> LastInfusion | None:
    """The child's infusion before this one, as far as it is on record here that it ended."""
    start = min((day.planned_start for day in infusion.days.all()), default=None)
    if start is None:
        return None
    ended = (
        InfusionDay.objects.filter(infusion__plan__child=infusion.plan.child_id, actual_end__lt=start)
        .exclude(infusion=infusion)
        .select_related("infusion__plan__product")
        .order_by("-actual_end")
        .first()
    )
    if ended is None or ended.actual_end is None or ended.infusion.plan.product is None:
        return None
    product = _product_hung(ended) or ended.infusion.plan.product.name
    return LastInfusion(ended_at=ended.actual_end, product=product)


def rates_of(infusion: Infusion) -> dict[int, tuple[RateEntered, ...]]:
    """The rates that really ran and were not taken back, in order of time, by the number of the day: one query."""
    by_day: dict[int, tuple[RateEntered, ...]] = {}
    for one in RateEntry.objects.standing().filter(day__infusion=infusion).select_related("day"):
        by_day[one.day.number] = (*by_day.get(one.day.number, ()), one.as_value())
    return by_day


def _product_hung(day: InfusionDay) -> str | None:
    """What the last bottle of a day says it was; None when nobody noted it."""
    last = ProductLot.objects.standing().filter(day=day).order_by("at", "pk").last()
    return None if last is None else last.brand


def _given_elsewhere(infusion: Infusion) -> tuple[DoseGiven, ...]:
    return tuple(_dose_given(dose) for dose in _doses_near(infusion).exclude(step__infusion=infusion))


def _doses_near(infusion: Infusion) -> QuerySet[Dose]:
    """The child's doses that can bear on this infusion; those taken back do not count."""
    first = min((day.planned_start for day in infusion.days.all()), default=None)
    standing = Dose.objects.standing().filter(child=infusion.plan.child_id)
    return standing if first is None else standing.filter(given_at__gte=first - LOOK_BACK)


def _dose_given(dose: Dose) -> DoseGiven:
    return DoseGiven(ingredient=dose.ingredient, at=dose.given_at, mg=dose.amount, entered_at=dose.entered_at)


def _is_settled(step: Step) -> bool:
    return step.state in (State.DONE, State.SKIPPED, State.MISSED)


def _slot_fact(step: Step) -> SlotFact:
    return SlotFact(slot=step.slot, state=State(step.state), at=step.said_at or step.closes_at, due_at=step.due_at)
