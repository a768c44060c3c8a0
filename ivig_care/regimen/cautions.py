"""What a clinician should look at before activating a plan: rates above a ceiling, doses beyond a limit, unknowns."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from ivig_care.regimen.doses import MedicineLimit, Tally, tally
from ivig_care.regimen.facts import InfusionFacts
from ivig_care.regimen.rates import exceeded
from ivig_care.regimen.schedule import Schedule, doses_of, plain


@dataclass(frozen=True, kw_only=True)
class Caution:
    """One thing to look at: a stable code, a sentence, and the source that says so. It warns; it never forbids."""

    code: str
    text: str
    source: str = ""


def cautions(schedule: Schedule, facts: InfusionFacts) -> tuple[Caution, ...]:
    """Every caution about the rates and the medicines of a schedule; unknown is said, never taken as safe."""
    return (*_about_rates(schedule, facts), *_about_medicines(schedule, facts))


def tallies(schedule: Schedule, facts: InfusionFacts) -> tuple[Tally, ...]:
    """The ledger of each ingredient that the schedule gives, in alphabetical order."""
    doses = doses_of(schedule, facts)
    return tuple(tally(doses, name) for name in sorted({dose.ingredient for dose in doses}))


def _about_rates(schedule: Schedule, facts: InfusionFacts) -> Iterator[Caution]:
    product = facts.product
    known_for = {ceiling.flag for ceiling in product.ceilings}
    if not known_for & {"", *facts.flags}:
        yield _unknown_ceiling(product.name)
    for flag in sorted(facts.flags - known_for):
        yield _unknown_ceiling(f"{product.name} in a child flagged {flag}")
    for ceiling in exceeded(schedule.days[0].rungs, product.ceilings, facts.flags):
        yield Caution(
            code="rate-above-ceiling",
            text=f"The ladder goes above {plain(ceiling.ml_per_kg_h)} mL/kg/h ({ceiling.use}).",
            source=ceiling.source,
        )


def _about_medicines(schedule: Schedule, facts: InfusionFacts) -> Iterator[Caution]:
    limits = {limit.ingredient: limit for limit in facts.limits}
    for counted in tallies(schedule, facts):
        limit = limits.get(counted.ingredient)
        if limit is None:
            yield _unknown_limit(f"No limit is known for {counted.ingredient}")
        else:
            yield from _about_unknowns(counted, limit)
            yield from _about_one(counted, limit, facts)


def _about_unknowns(counted: Tally, limit: MedicineLimit) -> Iterator[Caution]:
    name = limit.ingredient
    if limit.min_interval is None:
        yield _unknown_limit(f"No shortest interval is known for {name}")
    if limit.max_doses_24h is None and limit.max_mg_per_kg_24h is None:
        yield _unknown_limit(f"No limit for 24 h is known for {name}")
    if counted.most_mg_in_24h is None:
        text = f"{name}: the amount of a dose is unknown, so its total in 24 h is too."
        yield Caution(code="amount-unknown", text=text)


def _about_one(counted: Tally, limit: MedicineLimit, facts: InfusionFacts) -> Iterator[Caution]:
    name, source = limit.ingredient, limit.source
    gap, interval = counted.smallest_gap, limit.min_interval
    if gap is not None and interval is not None and gap < interval:
        hours = plain_hours(interval.total_seconds())
        yield Caution(code="doses-too-close", text=f"{name}: two doses less than {hours} apart.", source=source)
    if limit.max_doses_24h is not None and counted.most_in_24h > limit.max_doses_24h:
        text = f"{name}: {counted.most_in_24h} doses in 24 h, more than {limit.max_doses_24h}."
        yield Caution(code="too-many-doses", text=text, source=source)
    mg, most = counted.most_mg_in_24h, limit.max_mg_per_kg_24h
    if mg is not None and most is not None and mg / facts.weight_kg > most:
        text = f"{name}: {plain(mg / facts.weight_kg)} mg/kg in 24 h, more than {plain(most)}."
        yield Caution(code="too-much", text=text, source=source)
    if limit.caution:
        yield Caution(code="caution", text=f"{name}: {limit.caution}", source=source)


def _unknown_ceiling(use: str) -> Caution:
    text = f"No highest rate is known for {use}: ask the pharmacist."
    return Caution(code="rate-ceiling-unknown", text=text)


def _unknown_limit(what: str) -> Caution:
    return Caution(code="limit-unknown", text=f"{what}: ask the pharmacist.")


def plain_hours(seconds: float) -> str:
    """Whole minutes in words, rounded down so that a gap never looks longer: "6 h", "1 h 15 min", "0 min"."""
    hours, minutes = divmod(int(seconds // 60), 60)
    parts = (f"{hours} h" if hours else "", f"{minutes} min" if minutes else "")
    return " ".join(part for part in parts if part) or "0 min"
