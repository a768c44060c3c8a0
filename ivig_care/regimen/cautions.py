"""What a clinician should look at before activating a plan: rates above a ceiling, doses beyond a limit, unknowns."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from fractions import Fraction
from itertools import combinations

from ivig_care.regimen.dated import AsNeeded, Schedule, doses_of
from ivig_care.regimen.doses import DoseGiven, FoundLimit, MedicineLimit, Tally, limit_for, tally
from ivig_care.regimen.facts import InfusionFacts
from ivig_care.regimen.figures import plain, plain_hours
from ivig_care.regimen.medicines import EXCLUSIVE, ExclusiveClass, Formulary
from ivig_care.regimen.rates import ceilings_for, exceeded, starts_above
from ivig_care.regimen.waking import TOO_LATE, night_words
from ivig_care.regimen.words import say


@dataclass(frozen=True, kw_only=True)
class Caution:
    """One thing to look at: a stable code, a sentence, and the source that says so. It warns; it never forbids."""

    code: str
    text: str
    source: str = ""


def cautions(schedule: Schedule, facts: InfusionFacts) -> tuple[Caution, ...]:
    """Every caution about the rates and the medicines of a schedule; unknown is said, never taken as safe."""
    return (
        *_about_dose(facts),
        *_about_rates(schedule, facts),
        *_about_medicines(schedule, facts),
        *_about_nights(schedule, facts),
    )


def tallies(schedule: Schedule, facts: InfusionFacts) -> tuple[Tally, ...]:
    """The ledger of each ingredient that the schedule gives, in alphabetical order."""
    doses = doses_of(schedule, facts)
    return tuple(tally(doses, name) for name in sorted({dose.ingredient for dose in doses}))


def _about_dose(facts: InfusionFacts) -> Iterator[Caution]:
    dose = facts.dose
    if dose.is_capped:
        text = say(
            "{ordered} by weight, capped at {cap}.",
            ordered=_grams(dose.ordered_mg),
            cap=_grams(dose.cap_mg or dose.ordered_mg),
        )
        yield Caution(code="dose-capped", text=text)
    if dose.total_mg != dose.capped_mg:
        text = say(
            "{total} in whole vials, for {ordered}.", total=_grams(dose.total_mg), ordered=_grams(dose.capped_mg)
        )
        yield Caution(code="dose-rounded", text=text)


def _about_rates(schedule: Schedule, facts: InfusionFacts) -> Iterator[Caution]:
    product = facts.product
    known = ceilings_for(product, indication=schedule.indication, flags=facts.flags, is_first=facts.is_first)
    if known.is_use_unknown:
        yield _unknown_ceiling(_used(product.name, schedule.indication))
    for flag in known.unknown_flags:
        yield _unknown_ceiling(say("{product} in a child flagged {flag}", product=product.name, flag=say(flag)))
    rungs = [rung for day in schedule.days for rung in day.rungs]
    prescribed = exceeded((rung for rung in rungs if not rung.is_recorded), known.ceilings)
    for ceiling in exceeded(rungs, known.ceilings):
        rate, use = plain(ceiling.ml_per_kg_h), say(ceiling.use)
        if ceiling in prescribed:
            text = say("The ladder goes above {rate} mL/kg/h ({use}).", rate=rate, use=use)
        else:
            text = say("A rate that was entered goes above {rate} mL/kg/h ({use}).", rate=rate, use=use)
        yield Caution(code="rate-above-ceiling", text=text, source=ceiling.source)
    if product.start is not None and any(starts_above(day.rungs, product) for day in schedule.days):
        text = say(
            "The ladder starts above {rate} mL/kg/h, the start of {product}.",
            rate=plain(product.start),
            product=product.name,
        )
        yield Caution(code="starts-fast", text=text, source=product.start_source)
    for day in schedule.days:
        if day.exceeded_ml:
            text = say(
                "Day {number}: the rates entered come to {ml} mL more than was ordered.",
                number=day.number,
                ml=plain(day.exceeded_ml),
            )
            yield Caution(code="volume-exceeded", text=text)


def _about_nights(schedule: Schedule, facts: InfusionFacts) -> Iterator[Caution]:
    held = [step for step in schedule.ticked if night_words(step, schedule.night, facts.zone) == TOO_LATE]
    if held:
        text = say(
            "Held through the night and over by the morning, so that nobody is told: {count} of the steps.",
            count=len(held),
        )
        yield Caution(code="night-too-late", text=text)


@dataclass(frozen=True, kw_only=True)
class _Planned:
    """What a plan gives of one ingredient: its doses with a time, counted, and its as-needed orders beside them."""

    counted: Tally
    doses: tuple[DoseGiven, ...]
    as_needed: tuple[AsNeeded, ...]

    @property
    def smallest_gap(self) -> timedelta | None:
        """The least time between two doses, as planned or as an as-needed order allows it."""
        ordered = (order.every for order in self.as_needed)
        return min((gap for gap in (self.counted.smallest_gap, *ordered) if gap is not None), default=None)

    @property
    def most_in_24h(self) -> int:
        """The most doses in 24 h, as planned or as an as-needed order allows by itself."""
        return max(self.counted.most_in_24h, *(order.most_in_24h or 0 for order in self.as_needed), 0)

    @property
    def largest_mg(self) -> Fraction:
        """The largest single dose in mg of which the amount is known."""
        ordered = (order.dose.mg for order in self.as_needed)
        return max((mg for mg in (*(dose.mg for dose in self.doses), *ordered) if mg is not None), default=Fraction(0))


def _about_medicines(schedule: Schedule, facts: InfusionFacts) -> Iterator[Caution]:
    at = schedule.days[0].starts_at
    body = facts.body
    if stale := body.stale_weight(at):
        yield Caution(code="weight-old", text=stale, source="FACTS section 4, composite rules")
    doses = doses_of(schedule, facts)
    for name in sorted({dose.ingredient for dose in doses} | {order.dose.ingredient for order in schedule.as_needed}):
        planned = _Planned(
            counted=tally(doses, name),
            doses=tuple(dose for dose in doses if dose.ingredient == name),
            as_needed=tuple(order for order in schedule.as_needed if order.dose.ingredient == name),
        )
        found = limit_for(facts.rules.limits_here, name, body, at)
        yield from _about_unknowns(planned, found)
        yield from _about_times(planned, found.limit)
        yield from _about_amounts(planned, found.limit, facts.weight_kg)
        if found.limit.caution:
            yield Caution(code="caution", text=f"{say(name)}: {say(found.limit.caution)}", source=found.limit.source)
    for one in EXCLUSIVE:
        yield from _about_company(one, _spans(schedule, doses), facts.formulary)


def _about_unknowns(planned: _Planned, found: FoundLimit) -> Iterator[Caution]:
    for unknown in found.unknown:
        yield Caution(code="limit-unknown", text=say("{what}: ask the pharmacist.", what=unknown.what))
    if planned.counted.most_mg_in_24h is None:
        text = say(
            "{medicine}: the amount of a dose is unknown, so its total in 24 h is too.",
            medicine=say(planned.counted.ingredient),
        )
        yield Caution(code="amount-unknown", text=text)


def _about_times(planned: _Planned, limit: MedicineLimit) -> Iterator[Caution]:
    name, source = say(limit.ingredient), limit.source
    gap, interval, most = planned.smallest_gap, limit.min_interval, planned.most_in_24h
    if gap is not None and interval is not None and gap < interval:
        hours = plain_hours(interval.total_seconds())
        yield Caution(
            code="doses-too-close",
            text=say("{medicine}: two doses less than {hours} apart.", medicine=name, hours=hours),
            source=source,
        )
    if limit.max_doses_24h is not None and most > limit.max_doses_24h:
        text = say(
            "{medicine}: {count} doses in 24 h, more than {most}.", medicine=name, count=most, most=limit.max_doses_24h
        )
        yield Caution(code="too-many-doses", text=text, source=source)


def _about_amounts(planned: _Planned, limit: MedicineLimit, weight_kg: Fraction) -> Iterator[Caution]:
    name, source = say(limit.ingredient), limit.source
    for unit, divisor, most in (("mg", Fraction(1), limit.max_mg_dose), ("mg/kg", weight_kg, limit.max_mg_per_kg_dose)):
        if most is not None and planned.largest_mg / divisor > most:
            amount = plain(planned.largest_mg / divisor)
            text = say(
                "{medicine}: a dose of {amount} {unit}, more than {most}.",
                medicine=name,
                amount=amount,
                unit=unit,
                most=plain(most),
            )
            yield Caution(code="dose-too-large", text=text, source=source)
    mg = planned.counted.most_mg_in_24h
    for unit, divisor, most in (("mg", Fraction(1), limit.max_mg_24h), ("mg/kg", weight_kg, limit.max_mg_per_kg_24h)):
        if mg is not None and most is not None and mg / divisor > most:
            amount = plain(mg / divisor)
            text = say(
                "{medicine}: {amount} {unit} in 24 h, more than {most}.",
                medicine=name,
                amount=amount,
                unit=unit,
                most=plain(most),
            )
            yield Caution(code="too-much", text=text, source=source)


@dataclass(frozen=True)
class _Span:
    """An ingredient, and the UTC instants between which it is or may be given."""

    ingredient: str
    opens_at: datetime
    closes_at: datetime

    def is_near(self, other: _Span, within: timedelta) -> bool:
        return self.opens_at - other.closes_at < within and other.opens_at - self.closes_at < within


def _spans(schedule: Schedule, doses: tuple[DoseGiven, ...]) -> tuple[_Span, ...]:
    return (
        *(_Span(dose.ingredient, dose.at, dose.at) for dose in doses),
        *(_Span(order.dose.ingredient, order.opens_at, order.closes_at) for order in schedule.as_needed),
    )


def _about_company(one: ExclusiveClass, spans: tuple[_Span, ...], formulary: Formulary) -> Iterator[Caution]:
    members = [span for span in spans if one.has(span.ingredient, formulary)]
    together = {
        name
        for span, other in combinations(members, 2)
        if span.ingredient != other.ingredient and span.is_near(other, one.within)
        for name in (span.ingredient, other.ingredient)
    }
    if together:
        hours = plain_hours(one.within.total_seconds())
        names = say(" and ").join(say(name) for name in sorted(together))
        text = say(
            "{medicines}: {kind}, within {hours} of each other.", medicines=names, kind=say(one.kind), hours=hours
        )
        yield Caution(code="not-together", text=text, source=one.source)


def _unknown_ceiling(use: str) -> Caution:
    text = say("No highest rate is known for {use}: ask the pharmacist.", use=use)
    return Caution(code="rate-ceiling-unknown", text=text)


def _used(product: str, indication: str) -> str:
    """A product in what it is given for, where that is said."""
    if not indication:
        return product
    return say("{product} in {indication}", product=product, indication=say(indication))


def _grams(mg: Fraction) -> str:
    return f"{plain(mg / 1000)} g"
