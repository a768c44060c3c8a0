"""Reads for the infusion card: what is prescribed for one day beside what was entered, and what is next."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from decimal import Decimal
from fractions import Fraction

from ivig_care.plans.facts import changes_between, facts_of, schedule_if_rate, steps_read
from ivig_care.plans.models import Dose, Infusion, InfusionDay, PlanMedicine, ProductLot, RateEntry, Step
from ivig_care.plans.outlook import length_words
from ivig_care.plans.prescription import protocol_of
from ivig_care.regimen.card import Card, CardOrder, RanLine, card_of_day, rate_before
from ivig_care.regimen.changes import Action, Change
from ivig_care.regimen.dated import DayRun
from ivig_care.regimen.days import run_days
from ivig_care.regimen.facts import InfusionFacts, LastInfusion
from ivig_care.regimen.protocol import Kind, Protocol
from ivig_care.regimen.rates import RateEntered, ceilings_for
from ivig_care.regimen.steps import State
from ivig_care.regimen.timing import resolve_local

TENTH = Decimal("0.1")
MG_PER_G = 1000
# From so long before its predicted end, saying that it has ended is the next thing.
END_COMES_FIRST = timedelta(minutes=10)
# From so long before its planned start a day's start can be said (actions.infusions says why).
CAN_START = timedelta(hours=24)


@dataclass(frozen=True, kw_only=True)
class Worked:
    """One day worked out: the facts and the protocol of its infusion, the day as it runs, what is ordered for it."""

    facts: InfusionFacts
    protocol: Protocol
    run: DayRun
    order: CardOrder

    @property
    def entered(self) -> tuple[RateEntered, ...]:
        """The rates that stand, in order of time."""
        return next(one.rates for one in self.facts.days if one.number == self.run.number)


@dataclass(frozen=True, kw_only=True)
class RateRow:
    """A rate that was entered, with what the card says of it; a pause is a rate of 0."""

    entry: RateEntry
    line: RanLine


@dataclass(frozen=True, kw_only=True)
class InfusionCard:
    """The card of one infusion day at one instant."""

    day: InfusionDay
    now: datetime
    worked: Worked
    card: Card
    rates: Sequence[RateRow]
    lots: Sequence[ProductLot]
    doses: Sequence[Dose]
    premedication: Sequence[Step]

    @property
    def infusion(self) -> Infusion:
        """The infusion whose day it is."""
        return self.day.infusion

    @property
    def run(self) -> DayRun:
        """The day as it runs."""
        return self.worked.run

    @property
    def last(self) -> LastInfusion | None:
        """The child's infusion before this one."""
        return self.worked.facts.last

    @property
    def status(self) -> str:
        """Where the day stands, in a word."""
        if self.day.cancelled_at is not None:
            return "cancelled"
        if self.day.actual_end is not None:
            return "ended"
        if self.day.actual_start is None:
            return "planned"
        return "paused" if self.run.is_paused else "running"

    @property
    def can_start(self) -> bool:
        """Whether its start can be said."""
        return self.status == "planned" and self.now >= self.day.planned_start - CAN_START

    @property
    def is_running(self) -> bool:
        """Whether it has started and not ended, paused or not."""
        return self.status in ("running", "paused")

    @property
    def is_ending(self) -> bool:
        """Whether the next thing to say is that it has ended."""
        return self.status == "running" and self.now >= self.run.ends_at - END_COMES_FIRST

    @property
    def left_words(self) -> str:
        """How long until it is predicted to end, in words; empty when that has gone by."""
        left = self.run.ends_at - self.now
        return length_words(left) if left >= timedelta(minutes=1) else ""

    @property
    def grams(self) -> Fraction:
        """Grams of immunoglobulin of this day."""
        return self.run.volume_ml * self.worked.order.mg_per_ml / MG_PER_G

    @property
    def grams_hung(self) -> Decimal | None:
        """Grams on the bottles noted; None when one of them was not said."""
        if not self.lots or any(one.grams is None for one in self.lots):
            return None
        return sum((one.grams or Decimal(0) for one in self.lots), Decimal(0))

    @property
    def given_share(self) -> int:
        """How much of the volume is in, in hundredths."""
        return min(100, round(self.card.given_ml * 100 / self.run.volume_ml)) if self.run.volume_ml else 0

    @property
    def is_premedication_open(self) -> bool:
        """Whether a medicine that was to be given before has not been said to be given."""
        return any(step.state != State.DONE for step in self.premedication)

    @property
    def version(self) -> str:
        """Changes whenever the card would look different: with the record, and every minute."""
        return card_version(self.infusion, self.now)


def card_version(infusion: Infusion, now: datetime) -> str:
    """The same, known without working out the card."""
    return f"{infusion.revision}-{int(now.timestamp()) // 60}"


def card_of(day: InfusionDay, *, now: datetime) -> InfusionCard:
    """The card of a day; the number of queries does not depend on how much was entered."""
    steps_read(day.infusion, is_held=False)
    worked = worked_out(day)
    rows = list(day.rates.standing().select_related("by")) if day.actual_start else []
    card = card_of_day(worked.run, worked.order, entered=worked.entered, now=now)
    return InfusionCard(
        day=day,
        now=now,
        worked=worked,
        card=card,
        rates=[RateRow(entry=entry, line=line) for entry, line in zip(rows, card.ran, strict=False)],
        lots=list(day.lots.standing().select_related("product", "by")),
        doses=list(_doses_of_day(day)),
        premedication=[step for step in day.infusion.steps.all() if _is_premedication(step, day)],
    )


def _is_premedication(step: Step, day: InfusionDay) -> bool:
    is_there = step.state != State.WITHDRAWN
    return is_there and step.kind == Kind.PREMEDICATION and step.day_number == day.number


def worked_out(day: InfusionDay) -> Worked:
    """The day as the facts stand."""
    facts, protocol = facts_of(day.infusion), protocol_of(day.infusion.plan)
    run = next(one for one in run_days(protocol, facts) if one.number == day.number)
    return Worked(facts=facts, protocol=protocol, run=run, order=_order(facts, protocol, run))


@dataclass(frozen=True, kw_only=True)
class IfRate:
    """What a rate would change, were it entered: the open steps, and the day before and after."""

    changes: tuple[Change, ...]
    before: DayRun
    after: DayRun
    worked: Worked
    line: RanLine

    @property
    def moves(self) -> list[Change]:
        """The steps that would move."""
        return [change for change in self.changes if change.action is not Action.KEEP]

    @property
    def later(self) -> timedelta:
        """How much later the end would be; below zero for earlier."""
        return self.after.ends_at - self.before.ends_at


def if_rate(day: InfusionDay, *, ml_h: Decimal, at: datetime, is_new_lot: bool = False) -> IfRate:
    """What would change if this rate had been set then; nothing is written."""
    worked = worked_out(day)
    rate = RateEntered(at=at, ml_h=Fraction(ml_h), is_new_lot=is_new_lot)
    schedule = schedule_if_rate(day.infusion, day=day.number, rate=rate)
    after = next(one for one in schedule.days if one.number == day.number)
    entered = tuple(sorted((*worked.entered, rate), key=lambda one: one.at))
    card = card_of_day(after, worked.order, entered=entered, now=at)
    return IfRate(
        changes=changes_between(day.infusion, schedule),
        before=worked.run,
        after=after,
        worked=worked,
        line=card.ran[entered.index(rate)],
    )


def rate_before_pause(day: InfusionDay, at: datetime) -> Decimal | None:
    """The rate in mL/h that ran before the pause at the instant `at`, as a pump shows it; None without a pause."""
    worked = worked_out(day)
    rate = rate_before(worked.run, at, entered=worked.entered)
    return None if rate is None else as_shown(rate)


def as_shown(ml_h: Fraction) -> Decimal:
    """A rate as a pump shows it, to the tenth of a mL/h."""
    return (Decimal(ml_h.numerator) / Decimal(ml_h.denominator)).quantize(TENTH)


def has_premedication(day: InfusionDay) -> bool:
    """Whether the plan has medicine before the infusion."""
    plan = day.infusion.plan
    uses = (one.use for one in plan.medicines.all())
    return bool(plan.has_premedication) and PlanMedicine.Use.PREMEDICATION in uses


def _order(facts: InfusionFacts, protocol: Protocol, run: DayRun) -> CardOrder:
    known = ceilings_for(facts.product, indication=protocol.indication, flags=facts.flags, is_first=facts.is_first)
    return CardOrder(
        ladder=protocol.ladder,
        weight_kg=facts.weight_kg,
        mg_per_ml=facts.product.mg_per_ml,
        volume_ml=run.volume_ml,
        ceilings=known.ceilings,
    )


def _doses_of_day(day: InfusionDay) -> Sequence[Dose]:
    """What the child was given on the day itself, by whomever, in order of time."""
    zone = day.infusion.tz
    date = (day.actual_start or day.planned_start).astimezone(zone).date()
    begins = resolve_local(date, time(), zone)
    ends = resolve_local(date + timedelta(days=1), time(), zone)
    standing = Dose.objects.standing().filter(child=day.infusion.plan.child_id, given_at__gte=begins, given_at__lt=ends)
    return list(standing.select_related("entered_by"))
