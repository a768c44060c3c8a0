"""The infusion days as they run: from the ladder and what was entered to their rungs, their end and their timeline."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction

from ivig_care.regimen.dated import Basis, DatedStep, DayRun
from ivig_care.regimen.facts import DayFacts, InfusionFacts
from ivig_care.regimen.figures import plain
from ivig_care.regimen.protocol import Actor, Kind, Ladder, Protocol
from ivig_care.regimen.rates import NOTHING, Run, Rung, climb, run, whole_seconds
from ivig_care.regimen.steps import State
from ivig_care.regimen.timing import Elapsed, WindowRule
from ivig_care.regimen.words import say

# The window of what nobody ticks.
AN_INSTANT = WindowRule(opens_before=Elapsed(), late_after=Elapsed(), closes_after=Elapsed())


def run_days(protocol: Protocol, facts: InfusionFacts) -> tuple[DayRun, ...]:
    """Every infusion day worked out from the ladder, and from what was entered on the day."""
    # Most days give the same volume by the same ladder.
    climbs: dict[Fraction, tuple[Rung, ...]] = {}
    return tuple(_run_day(protocol.ladder, facts, day, climbs) for day in facts.days)


def _run_day(ladder: Ladder, facts: InfusionFacts, day: DayFacts, climbs: dict[Fraction, tuple[Rung, ...]]) -> DayRun:
    weight_kg, mg_per_ml = facts.weight_kg, facts.product.mg_per_ml
    volume_ml = facts.dose.volume_ml_of_day(day.number, mg_per_ml)
    if volume_ml not in climbs:
        climbs[volume_ml] = climb(ladder, weight_kg=weight_kg, volume_ml=volume_ml, mg_per_ml=mg_per_ml)
    starts_at = day.actual_start or day.planned_start
    ran = Run(rungs=climbs[volume_ml], is_paused=False, volume_exceeded_ml=NOTHING)
    length = ran.duration
    if day.rates or day.actual_end:
        ran = run(
            ladder,
            weight_kg=weight_kg,
            volume_ml=volume_ml,
            mg_per_ml=mg_per_ml,
            starts_at=starts_at,
            entered=day.rates,
            ended_at=day.actual_end,
        )
    return DayRun(
        number=day.number,
        planned_start=day.planned_start,
        starts_at=starts_at,
        ends_at=day.actual_end or starts_at + ran.duration,
        start_basis=Basis.ACTUAL if day.actual_start else Basis.PLANNED,
        end_basis=Basis.ACTUAL if day.actual_end else Basis.PREDICTED,
        planned_ends_at=day.planned_start + length,
        volume_ml=volume_ml,
        rungs=() if day.is_cancelled else ran.rungs,
        is_paused=ran.is_paused,
        paused_at=max((rate.at for rate in day.rates if not rate.ml_h), default=None) if ran.is_paused else None,
        is_cancelled=day.is_cancelled,
        exceeded_ml=ran.volume_exceeded_ml,
    )


def timeline_of(ladder: Ladder, day: DayRun) -> Iterator[DatedStep]:
    """The moments of a day that nobody ticks: each change of rate, and the end."""
    for number, rung in enumerate(day.rungs, start=1):
        at = day.starts_at + whole_seconds(rung.starts_after)
        if day.end_basis is Basis.ACTUAL and at >= day.ends_at:
            break  # stopped early: this rate was never reached
        words = say("set pump {rate} mL/h", rate=plain(rung.ml_h)) if rung.ml_h else say("infusion paused")
        title = _joined(words, say(ladder.at_each_change))
        yield _moment(f"rate.d{day.number}.{number}", Kind.RATE, title, day, after=rung.starts_after)
        if not rung.ml_h and not rung.minutes:
            break  # still paused: nobody knows when it goes on
    basis = say("not before this") if day.is_paused else say(day.end_basis)
    words = say("infusion END ({basis})", basis=basis)
    yield _moment(f"end.d{day.number}", Kind.END, _joined(words, say(ladder.at_end)), day)


def _moment(slot: str, kind: Kind, title: str, day: DayRun, after: Fraction | None = None) -> DatedStep:
    is_end = after is None
    basis = day.end_basis if after is None else day.start_basis
    at = day.ends_at if after is None else day.starts_at + whole_seconds(after)
    return DatedStep(
        slot=slot,
        rule=kind.value,
        kind=kind,
        actor=Actor.CLINIC,
        title=title,
        window=AN_INSTANT.around(at),
        basis=basis,
        follows=f"the {basis} {'end' if is_end else 'start'} of day {day.number}",
        day=day.number,
        state=State.OPEN,
    )


def _joined(*parts: str) -> str:
    return "; ".join(part for part in parts if part)
