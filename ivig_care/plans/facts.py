"""From rows to the regimen's values: the one place where the two meet."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from copy import copy
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from fractions import Fraction

from ivig_care.common.prepared import Prepared, relation_fill
from ivig_care.plans.models import Dose, Infusion, InfusionDay, PlanMedicine, ProductLot, RateEntry, Step
from ivig_care.plans.prescription import prescription_of, protocol_of
from ivig_care.protocols.selectors import product_value, rule_set_for
from ivig_care.regimen.changes import Change, Existing, diff
from ivig_care.regimen.dated import Schedule
from ivig_care.regimen.doses import Body, DoseGiven
from ivig_care.regimen.facts import DayFacts, InfusionFacts, LastInfusion, Relief, SlotFact
from ivig_care.regimen.fluids import FLUIDS_LIMITED
from ivig_care.regimen.rates import RateEntered
from ivig_care.regimen.schedule import build_schedule
from ivig_care.regimen.steps import State

MG_PER_G = 1000
# Doses older than this bear on nothing: every known interval and count is of a day or less (FACTS section 4).
LOOK_BACK = timedelta(days=7)


@dataclass(frozen=True, kw_only=True)
class Given:
    """A dose on record that can bear on an infusion, and whether a step of that infusion recorded it."""

    dose: DoseGiven
    is_own: bool
    key: int
    name: str = ""
    is_of_step: bool = True
    by_clinic: bool = False


@dataclass(frozen=True, kw_only=True)
class Worked:
    """What was worked out of an infusion while its checklist was held: still true of what was committed then."""

    schedule: Schedule
    given: tuple[Given, ...]


def read_anew(infusion: Infusion, *, is_held: bool = False) -> Infusion:
    """The same infusion as an object of its own, with its days and its steps as they are now, and who said what.

    `is_held`: the steps are held until the transaction ends.
    """
    anew = copy(infusion)
    anew.__dict__.pop("_prefetched_objects_cache", None)
    steps_read(anew, is_held=is_held)
    return anew


def steps_read(infusion: Infusion, *, is_held: bool) -> None:
    """Read the days and the steps of an infusion, once for everything that asks for them afterwards."""
    relation_fill(infusion, "steps", (_STEPS_HELD if is_held else _STEPS).rows(infusion.pk))
    days_read(infusion)


def days_read(infusion: Infusion) -> None:
    """Read the days of an infusion, once for everything that asks for them afterwards."""
    relation_fill(infusion, "days", _DAYS.rows(infusion.pk))


_STEPS: Prepared[Step] = Prepared(lambda infusion: Step.objects.filter(infusion=infusion).select_related("said_by"))
_STEPS_HELD: Prepared[Step] = Prepared(
    lambda infusion: Step.objects.filter(infusion=infusion).select_for_update(of=("self",)).select_related("said_by")
)
_DAYS: Prepared[InfusionDay] = Prepared(lambda infusion: InfusionDay.objects.filter(infusion=infusion))


def facts_of(infusion: Infusion, *, given: Sequence[Given] | None = None) -> InfusionFacts:
    """Everything the regimen needs to know about an infusion whose plan is complete; `given` if it was read before."""
    plan = infusion.plan
    if plan.product_id is None or plan.weight_kg is None or plan.dose_g_per_kg is None:
        raise ValueError(f"plan {plan.pk} is not complete; check unset_values first")
    rules = rule_set_for(plan.child.clinic.country)
    last = last_infusion(infusion)
    near = given_near(infusion) if given is None else given
    days = list(infusion.days.all())
    rates = rates_of(infusion) if any(day.actual_start for day in days) else {}
    return InfusionFacts(
        zone=infusion.tz,
        weight_kg=Fraction(plan.weight_kg),
        dose_mg_per_kg=Fraction(plan.dose_g_per_kg) * MG_PER_G,
        product=product_value(plan.product_id),
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
        given=tuple(one.dose for one in near if not one.is_own),
        reliefs=tuple(_reliefs(infusion, near)),
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


def schedule_of(infusion: Infusion, *, given: Sequence[Given] | None = None) -> Schedule:
    """The dated steps of an infusion as the facts stand; `given` if it was read before."""
    return build_schedule(protocol_of(infusion.plan), facts_of(infusion, given=given))


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


_BEFORE_ALL = datetime(1900, 1, 1, tzinfo=UTC)
_DOSES: Prepared[tuple[int, str, datetime, Decimal | None, datetime, int | None, str, int | None, bool]] = Prepared(
    lambda child, since: (
        Dose.objects.standing()
        .filter(child=child, given_at__gte=since)
        .values_list(
            *("pk", "ingredient", "given_at", "mg", "entered_at", "step__infusion_id"),
            *("medicine_name", "step_id", "by_clinic"),
        )
    ),
    holes=(int, datetime),
)


def given_near(infusion: Infusion) -> tuple[Given, ...]:
    """Every dose the child was given that can bear on this infusion, of any medicine, at home or in the clinic.

    Those taken back do not count.
    """
    first = min((day.planned_start for day in infusion.days.all()), default=_BEFORE_ALL)
    read = _DOSES.rows(infusion.plan.child_id, first - LOOK_BACK)
    return tuple(
        Given(
            dose=DoseGiven(ingredient=name, at=at, mg=None if mg is None else Fraction(mg), entered_at=entered_at),
            is_own=of_infusion == infusion.pk,
            key=key,
            name=called,
            is_of_step=step is not None,
            by_clinic=by_clinic,
        )
        for key, name, at, mg, entered_at, of_infusion, called, step, by_clinic in read
    )


def given_as(dose: Dose, *, is_own: bool) -> Given:
    """A dose that was recorded just now, as `given_near` would read it."""
    return Given(
        dose=_dose_given(dose),
        is_own=is_own,
        key=dose.pk,
        name=dose.medicine_name,
        is_of_step=dose.step_id is not None,
        by_clinic=dose.by_clinic,
    )


_ENDED: Prepared[tuple[int, datetime | None, str | None]] = Prepared(
    lambda child, before, infusion: (
        InfusionDay.objects.filter(infusion__plan__child=child, actual_end__lt=before)
        .exclude(infusion=infusion)
        .order_by("-actual_end")
        .values_list("pk", "actual_end", "infusion__plan__product__name")[:1]
    ),
    holes=(int, datetime, int),
)


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
    ended = _ENDED.first(infusion.plan.child_id, start, infusion.pk)
    if ended is None:
        return None
    key, actual_end, ordered = ended
    if actual_end is None or ordered is None:
        return None
    return LastInfusion(ended_at=actual_end, product=_product_hung(key) or ordered)


# So long after its planned start a day of which nobody said that it ended is over.
_LONGEST_DAY = timedelta(hours=24)


def _reliefs(infusion: Infusion, near: Iterable[Given]) -> Iterator[Relief]:
    """Those of these doses that were given at home as the plan has them when needed, while it has them."""
    hours = {
        order.ingredient: order.until_hours or 0
        for order in prescription_of(infusion.plan).medicines
        if order.use == PlanMedicine.Use.AS_NEEDED
    }
    days = list(infusion.days.all()) if hours else []
    if not days:
        return
    begins = min(day.actual_start or day.planned_start for day in days)
    ends = max(day.actual_end or day.planned_start + _LONGEST_DAY for day in days)
    for one in near:
        if one.dose.ingredient not in hours or one.by_clinic or one.is_of_step:
            continue
        until = ends + timedelta(hours=hours[one.dose.ingredient])
        entered_at = one.dose.entered_at or one.dose.at
        is_open = infusion.closed_at is None or entered_at < infusion.closed_at
        if begins <= one.dose.at <= until and is_open:
            yield Relief(key=str(one.key), name=one.name or one.dose.ingredient, given_at=one.dose.at)


_RATES: Prepared[RateEntry] = Prepared(
    lambda infusion: RateEntry.objects.standing().filter(day__infusion=infusion).select_related("day")
)


def rates_of(infusion: Infusion) -> dict[int, tuple[RateEntered, ...]]:
    """The rates that really ran and were not taken back, in order of time, by the number of the day: one query."""
    by_day: dict[int, tuple[RateEntered, ...]] = {}
    for one in _RATES.rows(infusion.pk):
        by_day[one.day.number] = (*by_day.get(one.day.number, ()), one.as_value())
    return by_day


def _product_hung(day: int) -> str | None:
    """What the last bottle of a day says it was; None when nobody noted it."""
    last = ProductLot.objects.standing().filter(day=day).order_by("at", "pk").last()
    return None if last is None else last.brand


def _dose_given(dose: Dose) -> DoseGiven:
    return DoseGiven(ingredient=dose.ingredient, at=dose.given_at, mg=dose.amount, entered_at=dose.entered_at)


def _is_settled(step: Step) -> bool:
    return step.state in (State.DONE, State.SKIPPED, State.MISSED)


def _slot_fact(step: Step) -> SlotFact:
    return SlotFact(slot=step.slot, state=State(step.state), at=step.said_at or step.closes_at, due_at=step.due_at)
