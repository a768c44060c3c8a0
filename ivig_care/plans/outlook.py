"""What a plan would do: its sums while it is written; its dated steps, rates and cautions before it is active."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from fractions import Fraction
from itertools import groupby, pairwise

from django.utils.translation import gettext as _

from ivig_care.plans.facts import facts_of
from ivig_care.plans.models import Infusion, Plan, PlanMedicine, PlanRate
from ivig_care.plans.prescription import protocol_of
from ivig_care.regimen.cautions import Caution, cautions, tallies
from ivig_care.regimen.dated import AsNeeded, DatedStep, DayRun, Schedule
from ivig_care.regimen.doses import MedicineLimit, Tally, limit_for
from ivig_care.regimen.facts import InfusionFacts
from ivig_care.regimen.figures import plain, plain_hours
from ivig_care.regimen.nudging import Alarm, alarms
from ivig_care.regimen.preview import timeline_text
from ivig_care.regimen.protocol import Actor, Kind, Ladder, RateStep
from ivig_care.regimen.rates import Rung, climb, duration, whole_seconds
from ivig_care.regimen.schedule import build_schedule
from ivig_care.regimen.timing import QuietHours
from ivig_care.regimen.waking import night_words

# What counts as night where the protocol does not say it. When messages are held is up to everyone's quiet hours.
NIGHT = QuietHours(time(22), time(7))

# No interval and no count reaches further than a day; twice that is plenty.
REACH = timedelta(hours=48)
# The code of what a source says of a medicine in general; every other caution is about this very plan.
REMARK = "caution"


@dataclass(frozen=True, kw_only=True)
class Sums:
    """What follows from the single values of a prescription; None where a value it needs is not set yet."""

    days: int | None
    grams: Fraction | None
    grams_per_day: Fraction | None
    ml_per_day: Fraction | None
    length: timedelta | None

    @property
    def length_words(self) -> str:
        """The predicted length of one day in words; empty when unknown."""
        return "" if self.length is None else length_words(self.length)


@dataclass(frozen=True, kw_only=True)
class Line:
    """One dated step of the preview: its words, when people are told of it, and what it means at night."""

    step: DatedStep
    words: str
    mg_per_kg: Fraction | None
    ml: Fraction | None
    alarms: tuple[Alarm, ...]
    night: str

    @property
    def is_ticked(self) -> bool:
        """Whether it stands on the checklist; the rest is what the clinic does or watches for."""
        return self.step.kind.is_ticked

    @property
    def has_window(self) -> bool:
        """Whether it may be done at other times than the one it is due at."""
        return self.is_ticked and self.step.window.opens_at != self.step.window.closes_at


@dataclass(frozen=True, kw_only=True)
class RateLine:
    """One rung of the ladder as it runs, with the instant at which each day reaches it."""

    number: int
    rung: Rung
    begins: tuple[datetime, ...]


@dataclass(frozen=True, kw_only=True)
class LedgerLine:
    """One ingredient over the whole infusion, beside the limit that is known for it; `doses` are the plan's own."""

    doses: int
    tally: Tally
    mg_per_kg_24h: Fraction | None
    limit: MedicineLimit | None

    @property
    def gap_words(self) -> str:
        """The smallest gap between two doses; empty with fewer than two."""
        gap = self.tally.smallest_gap
        return "" if gap is None else plain_hours(gap.total_seconds())

    @property
    def interval_words(self) -> str:
        """The shortest interval that a source allows; empty when unknown."""
        interval = self.limit.min_interval if self.limit else None
        return "" if interval is None else plain_hours(interval.total_seconds())


@dataclass(frozen=True, kw_only=True)
class DayLine:
    """One infusion day: when it starts, when it is predicted to end, and how long that is."""

    run: DayRun

    @property
    def length_words(self) -> str:
        """From start to end, in words."""
        return length_words(self.run.ends_at - self.run.starts_at)


@dataclass(frozen=True, kw_only=True)
class Outlook:
    """The preview of one infusion of a complete plan."""

    infusion: Infusion
    sums: Sums
    days: list[DayLine]
    rates: list[RateLine]
    timeline: list[tuple[date, list[Line]]]
    ledger: list[LedgerLine]
    as_needed: tuple[AsNeeded, ...]
    warnings: list[Caution]
    remarks: list[Caution]


def outlook_of(infusion: Infusion, *, now: datetime) -> Outlook:
    """Everything the plan of this infusion would do. The plan must be complete. Raises RegimenError."""
    facts = facts_of(infusion)
    schedule = build_schedule(protocol_of(infusion.plan), facts)
    facts = _nearby(facts, schedule)
    night, is_only_day = schedule.night or NIGHT, len(facts.days) == 1
    lines = [_line(step, facts, night, is_only_day=is_only_day) for step in schedule.steps]
    found = [*cautions(schedule, facts), *_own_cautions(infusion.plan, schedule, now)]
    by_date = groupby(lines, key=lambda line: line.step.moment.astimezone(infusion.tz).date())
    return Outlook(
        infusion=infusion,
        sums=sums_of(infusion.plan),
        days=[DayLine(run=run) for run in schedule.days],
        rates=list(_rates(schedule)),
        timeline=[(day, list(group)) for day, group in by_date],
        ledger=list(_ledger(schedule, facts)),
        as_needed=schedule.as_needed,
        warnings=[caution for caution in found if caution.code != REMARK],
        remarks=[caution for caution in found if caution.code == REMARK],
    )


def sums_of(plan: Plan) -> Sums:
    """Grams, volume and predicted length as far as the plan says what they need."""
    days = plan.version.document.get("days") or sum(one.days.count() for one in plan.infusions.all()) or None
    grams = None
    if plan.weight_kg and plan.dose_g_per_kg:
        grams = Fraction(plan.weight_kg) * Fraction(plan.dose_g_per_kg)
    grams_per_day = grams / days if grams and days else None
    ml_per_day = None
    if grams_per_day and plan.product:
        ml_per_day = grams_per_day * 1000 / plan.product.mg_per_ml
    return Sums(
        days=days,
        grams=grams,
        grams_per_day=grams_per_day,
        ml_per_day=ml_per_day,
        length=_length(plan, ml_per_day),
    )


def mg_per_kg(plan: Plan, mg: Fraction | None) -> Fraction | None:
    """An amount for each kg of the plan's weight; None when either is unknown."""
    return mg / Fraction(plan.weight_kg) if mg and plan.weight_kg else None


def meaning_of(row: PlanRate | PlanMedicine, plan: Plan) -> str:
    """What one saved row means for this child: mL/h of a rate, mg/kg and mL of a dose; empty when unknown."""
    if isinstance(row, PlanRate):
        return f"{plain(Fraction(row.ml_per_kg_h) * Fraction(plan.weight_kg))} mL/h" if plan.weight_kg else ""
    per_kg = mg_per_kg(plan, None if row.mg is None else Fraction(row.mg))
    parts = ["" if per_kg is None else f"{plain(per_kg)} mg/kg"]
    if row.mg and row.mg_per_ml:
        ml = _measurable(Fraction(row.mg) / Fraction(row.mg_per_ml))
        parts.append("" if ml is None else f"{plain(ml)} mL")
    return ", ".join(part for part in parts if part)


def length_words(length: timedelta) -> str:
    """A length of time, rounded up to the minute so that an end is never promised too early: "4 h 48 min"."""
    return plain_hours(length.total_seconds() + 59)


def _measurable(ml: Fraction | None) -> Fraction | None:
    """To a tenth of a mL, as the checklist says it."""
    return None if ml is None else round(ml, 1)


def _length(plan: Plan, ml_per_day: Fraction | None) -> timedelta | None:
    rates = list(plan.rates.all())
    is_ladder_complete = bool(rates) and all(rate.minutes for rate in rates[:-1])
    if not (is_ladder_complete and ml_per_day and plan.weight_kg and plan.product):
        return None
    steps = tuple(
        RateStep(
            ml_per_kg_h=Fraction(rate.ml_per_kg_h),
            minutes=None if rate.minutes is None else Fraction(rate.minutes),
        )
        for rate in rates
    )
    mg_per_ml = Fraction(plan.product.mg_per_ml)
    rungs = climb(Ladder(steps=steps), weight_kg=Fraction(plan.weight_kg), volume_ml=ml_per_day, mg_per_ml=mg_per_ml)
    return duration(rungs)


def _line(step: DatedStep, facts: InfusionFacts, night: QuietHours, *, is_only_day: bool) -> Line:
    is_told = step.nudges is not None and step.actor is Actor.FAMILY
    return Line(
        step=step,
        words=timeline_text(step, is_only_day=is_only_day),
        mg_per_kg=step.dose.mg / facts.weight_kg if step.dose else None,
        ml=_measurable(step.dose.ml) if step.dose else None,
        alarms=tuple(alarms(step.window, step.nudges)) if is_told and step.nudges else (),
        night=night_words(step, night, facts.zone),
    )


def _rates(schedule: Schedule) -> Iterator[RateLine]:
    # Every day gives the same volume by the same ladder, so the rungs of the first day are those of all.
    for number, rung in enumerate(schedule.days[0].rungs, start=1):
        begins = tuple(run.starts_at + whole_seconds(rung.starts_after) for run in schedule.days)
        yield RateLine(number=number, rung=rung, begins=begins)


def _nearby(facts: InfusionFacts, schedule: Schedule) -> InfusionFacts:
    """The facts with only such doses from elsewhere as can meet those of this schedule."""
    first, last = schedule.steps[0].moment - REACH, schedule.steps[-1].moment + REACH
    return replace(facts, given=tuple(dose for dose in facts.given if first < dose.at < last))


def _ledger(schedule: Schedule, facts: InfusionFacts) -> Iterator[LedgerLine]:
    known = {limit.ingredient for limit in facts.limits}
    start = schedule.days[0].starts_at
    planned = Counter(step.dose.ingredient for step in schedule.steps if step.dose)
    for counted in tallies(schedule, facts):
        mg = counted.most_mg_in_24h
        yield LedgerLine(
            doses=planned[counted.ingredient],
            tally=counted,
            mg_per_kg_24h=None if mg is None else mg / facts.weight_kg,
            limit=limit_for(facts.limits, counted.ingredient, facts.body, start).limit
            if counted.ingredient in known
            else None,
        )


def _own_cautions(plan: Plan, schedule: Schedule, now: datetime) -> Iterator[Caution]:
    for earlier, later in pairwise(schedule.days):
        if earlier.ends_at > later.starts_at:
            text = _("Day %(number)s would still be running when day %(number2)s starts.") % {
                "number": earlier.number,
                "number2": later.number,
            }
            yield Caution(code="days-overlap", text=text)
    if plan.status == Plan.Status.DRAFT:
        over = sum(step.window.closes_at <= now for step in schedule.ticked)
        if over:
            text = f"{over} of {len(schedule.ticked)} steps are already over and would stand there as missed."
            yield Caution(code="already-over", text=text)
    if plan.has_fluid_limit and any(step.kind is Kind.FLUIDS for step in schedule.ticked):
        text = _("Fluids are limited for this child, but the checklist of this protocol still asks for extra drinks.")
        yield Caution(code="fluids-limited", text=text)
