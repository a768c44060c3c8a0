"""Protocol and facts in, dated steps out: `build_schedule` decides when everything of one infusion is due."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from fractions import Fraction

from ivig_care.regimen.courses import MOST_DOSES, dose_times
from ivig_care.regimen.doses import DoseGiven
from ivig_care.regimen.errors import DocumentError
from ivig_care.regimen.facts import DayFacts, InfusionFacts, SlotFact
from ivig_care.regimen.protocol import (
    Actor,
    Anchor,
    CourseRule,
    Days,
    Kind,
    Medicine,
    Moment,
    NudgePolicy,
    Protocol,
    StepRule,
)
from ivig_care.regimen.rates import Rung, climb, duration, whole_seconds
from ivig_care.regimen.steps import State
from ivig_care.regimen.timing import Elapsed, Window, WindowRule, shift

# Within one instant: premedication, rate, vitals, medicine, check (conventions of the worked examples).
_ORDER = (
    Kind.FLUIDS,
    Kind.PREMEDICATION,
    Kind.RATE,
    Kind.END,
    Kind.VITALS,
    Kind.TASK,
    Kind.MEDICINE,
    Kind.CHECK,
    Kind.MARK,
)
_SETTLED = frozenset({State.DONE, State.SKIPPED, State.MISSED})
_AN_INSTANT = WindowRule(opens_before=Elapsed(), late_after=Elapsed(), closes_after=Elapsed())


class Basis(StrEnum):
    """How sure a step's time is."""

    PLANNED = "planned"
    PREDICTED = "predicted"
    ACTUAL = "actual"


@dataclass(frozen=True, kw_only=True)
class DoseOrdered:
    """The amount a step gives: mg for this child, and mL where the concentration in mg/mL was prescribed."""

    ingredient: str
    name: str
    mg: Fraction
    mg_per_ml: Fraction | None = None

    @property
    def ml(self) -> Fraction | None:
        """mL of the liquid, exactly; None when no concentration was prescribed."""
        return None if self.mg_per_ml is None else self.mg / self.mg_per_ml


@dataclass(frozen=True, kw_only=True)
class DatedStep:
    """One line of the checklist or the timeline with its time. `slot` is unique within the infusion and stable."""

    slot: str
    rule: str
    kind: Kind
    actor: Actor
    title: str
    window: Window
    basis: Basis
    follows: str
    day: int | None = None
    why: str = ""
    source: str = ""
    dose: DoseOrdered | None = None
    goal_ml: Fraction | None = None
    nudges: NudgePolicy | None = None
    state: State = State.OPEN
    done_at: datetime | None = None

    @property
    def moment(self) -> datetime:
        """When it was done, else when it is due (UTC)."""
        return self.done_at or self.window.due_at


@dataclass(frozen=True, kw_only=True)
class DayRun:
    """One infusion day worked out: its rungs, when it starts and when it ends, and how sure that is."""

    number: int
    planned_start: datetime
    starts_at: datetime
    ends_at: datetime
    start_basis: Basis
    end_basis: Basis
    rungs: tuple[Rung, ...]


@dataclass(frozen=True, kw_only=True)
class Schedule:
    """Every dated step of an infusion in order of time, and its days."""

    steps: tuple[DatedStep, ...]
    days: tuple[DayRun, ...]

    @property
    def ticked(self) -> tuple[DatedStep, ...]:
        """The steps that stand on the checklist; the rest is timeline only."""
        return tuple(step for step in self.steps if step.kind.is_ticked)


def build_schedule(protocol: Protocol, facts: InfusionFacts) -> Schedule:
    """Date every step of `protocol` for one infusion; the same arguments always give the same schedule.

    Open steps follow the actual start and end once they are known; steps that were done or skipped keep the time
    they had. Raises DocumentError when a course refers to a step that does not exist, ScheduleTooLong when a
    course never ends.
    """
    days = tuple(_run_day(protocol, facts, day) for day in facts.days)
    settled = {fact.slot: fact for fact in facts.slots if fact.state in _SETTLED}
    rules = [rule for rule in protocol.steps if not rule.unless or rule.unless not in facts.conditions]
    steps = [step for rule in rules for step in _steps_of_rule(rule, days, facts, settled)]
    for course in protocol.courses:
        elsewhere = _doses_elsewhere(course, protocol, facts, settled, steps)
        steps += _steps_of_course(course, days, facts, settled, tuple(steps), elsewhere)
    steps += [step for day in days for step in _steps_of_day(protocol, day)]
    return Schedule(steps=tuple(sorted(steps, key=_in_order)), days=days)


def doses_of(schedule: Schedule, facts: InfusionFacts) -> tuple[DoseGiven, ...]:
    """Every dose the schedule gives or expects, with those given outside it; skipped and missed ones do not count."""
    expected = (
        DoseGiven(ingredient=step.dose.ingredient, at=step.moment, mg=step.dose.mg)
        for step in schedule.steps
        if step.dose is not None and step.state in (State.OPEN, State.DONE)
    )
    return (*expected, *facts.given)


def _run_day(protocol: Protocol, facts: InfusionFacts, day: DayFacts) -> DayRun:
    rungs = climb(protocol.ladder, weight_kg=facts.weight_kg, volume_ml=facts.volume_ml_per_day)
    starts_at = day.actual_start or day.planned_start
    return DayRun(
        number=day.number,
        planned_start=day.planned_start,
        starts_at=starts_at,
        ends_at=day.actual_end or starts_at + duration(rungs),
        start_basis=Basis.ACTUAL if day.actual_start else Basis.PLANNED,
        end_basis=Basis.ACTUAL if day.actual_end else Basis.PREDICTED,
        rungs=rungs,
    )


def _steps_of_rule(
    rule: StepRule, days: tuple[DayRun, ...], facts: InfusionFacts, settled: Mapping[str, SlotFact]
) -> Iterator[DatedStep]:
    for day in _days_meant(rule.day, days):
        anchor_at, basis = _anchor(rule.anchor, day)
        planned_at = shift(anchor_at, rule.offset, facts.zone)
        for medicine in _given_by(rule):
            slot = f"{rule.key}.d{day.number}" + (f".{medicine.ingredient}" if medicine else "")
            fact = settled.get(slot)
            is_said = fact is not None and fact.state.is_said
            due_at = fact.due_at if fact is not None and is_said else planned_at
            yield DatedStep(
                slot=slot,
                rule=rule.key,
                kind=rule.kind,
                actor=rule.actor,
                title=rule.title,
                window=(rule.window or _AN_INSTANT).around(due_at),
                basis=Basis.ACTUAL if is_said else basis,
                follows=f"the {basis} {_ANCHOR_WORDS[rule.anchor]} of day {day.number}",
                day=day.number,
                why=rule.why,
                source=rule.source,
                dose=_ordered(medicine, facts) if medicine else None,
                goal_ml=rule.goal_ml,
                nudges=rule.nudges,
                state=_state_now(fact, due_at),
                done_at=_done_at(fact),
            )


def _steps_of_course(
    course: CourseRule,
    days: tuple[DayRun, ...],
    facts: InfusionFacts,
    settled: Mapping[str, SlotFact],
    steps: tuple[DatedStep, ...],
    elsewhere: tuple[datetime, ...],
) -> Iterator[DatedStep]:
    ingredient = course.medicine.ingredient
    first, basis = _first_dose(course, days, steps)
    own = _own_doses(course, settled)
    times = dose_times(
        course=course.key,
        first=first,
        every=course.every,
        until=_moment(course.until, days)[0],
        settled=own,
        elsewhere=elsewhere,
    )
    for number, due_at in times:
        fact = own.get(number)
        is_said = fact is not None and fact.state.is_said
        name = course.medicine.name or ingredient
        yield DatedStep(
            slot=f"{course.key}.{number}",
            rule=course.key,
            kind=Kind.MEDICINE,
            actor=course.actor,
            title=name[:1].upper() + name[1:],
            window=(course.window or _AN_INSTANT).around(due_at),
            basis=Basis.ACTUAL if is_said else basis,
            follows=f"the last {ingredient}",
            why=course.why,
            source=course.source,
            dose=_ordered(course.medicine, facts),
            nudges=course.nudges,
            state=_state_now(fact, due_at),
            done_at=_done_at(fact),
        )


def _own_doses(course: CourseRule, settled: Mapping[str, SlotFact]) -> dict[int, SlotFact]:
    slots = ((number, f"{course.key}.{number}") for number in range(1, MOST_DOSES + 1))
    return {number: settled[slot] for number, slot in slots if slot in settled}


def _doses_elsewhere(
    course: CourseRule,
    protocol: Protocol,
    facts: InfusionFacts,
    settled: Mapping[str, SlotFact],
    steps: list[DatedStep],
) -> tuple[datetime, ...]:
    """When the course's ingredient is given outside it: by steps and courses before it, by later courses, by hand."""
    ingredient = course.medicine.ingredient
    earlier = [step.moment for step in steps if _may_give(step, ingredient)]
    others = [one for one in protocol.courses if one is not course and one.medicine.ingredient == ingredient]
    given = [fact.at for one in others for fact in _own_doses(one, settled).values() if fact.state is State.DONE]
    by_hand = [dose.at for dose in facts.given if dose.ingredient == ingredient]
    return (*earlier, *given, *by_hand)


def _steps_of_day(protocol: Protocol, day: DayRun) -> Iterator[DatedStep]:
    for number, rung in enumerate(day.rungs, start=1):
        at = day.starts_at + whole_seconds(rung.starts_after)
        if day.end_basis is Basis.ACTUAL and at >= day.ends_at:
            break  # stopped early: this rate was never reached
        title = _joined(f"set pump {plain(rung.ml_h)} mL/h", protocol.ladder.at_each_change)
        yield _timeline_step(f"rate.d{day.number}.{number}", Kind.RATE, title, at, day, day.start_basis)
    title = _joined(f"infusion END ({day.end_basis})", protocol.ladder.at_end)
    yield _timeline_step(f"end.d{day.number}", Kind.END, title, day.ends_at, day, day.end_basis)


def _timeline_step(slot: str, kind: Kind, title: str, at: datetime, day: DayRun, basis: Basis) -> DatedStep:
    return DatedStep(
        slot=slot,
        rule=slot.partition(".")[0],
        kind=kind,
        actor=Actor.CLINIC,
        title=title,
        window=_AN_INSTANT.around(at),
        basis=basis,
        follows=f"the {basis} {'end' if kind is Kind.END else 'start'} of day {day.number}",
        day=day.number,
    )


def _first_dose(course: CourseRule, days: tuple[DayRun, ...], steps: tuple[DatedStep, ...]) -> tuple[datetime, Basis]:
    if isinstance(course.first, Moment):
        return _moment(course.first, days)
    for step in steps:
        is_meant = step.rule == course.first.after_step and step.day == days[0].number
        if is_meant and step.dose is not None and step.dose.ingredient == course.medicine.ingredient:
            return step.moment + course.every, step.basis
    raise DocumentError(
        f"courses.{course.key}.first",
        f"no step {course.first.after_step!r} gives {course.medicine.ingredient} on the first day",
    )


def _moment(moment: Moment, days: tuple[DayRun, ...]) -> tuple[datetime, Basis]:
    at, basis = _anchor(moment.anchor, _days_meant(moment.day, days)[0])
    return at + moment.offset, basis


def _days_meant(meant: Days, days: tuple[DayRun, ...]) -> tuple[DayRun, ...]:
    match meant:
        case Days.EACH:
            return days
        case Days.FIRST:
            return days[:1]
        case Days.LAST:  # pragma: no branch (mypy proves that there is no other)
            return days[-1:]


_ANCHOR_WORDS = {Anchor.PLANNED_START: "start", Anchor.START: "start", Anchor.END: "end"}


def _anchor(anchor: Anchor, day: DayRun) -> tuple[datetime, Basis]:
    match anchor:
        case Anchor.PLANNED_START:
            return day.planned_start, Basis.PLANNED
        case Anchor.START:
            return day.starts_at, day.start_basis
        case Anchor.END:  # pragma: no branch
            return day.ends_at, day.end_basis


def _given_by(rule: StepRule) -> tuple[Medicine | None, ...]:
    """One step for each medicine; a rule about medicines that prescribes none makes no step at all."""
    is_about_medicines = rule.kind in (Kind.PREMEDICATION, Kind.MEDICINE)
    return rule.medicines if rule.medicines or is_about_medicines else (None,)


def _ordered(medicine: Medicine, facts: InfusionFacts) -> DoseOrdered:
    per_kg = medicine.mg_per_kg
    mg = medicine.mg if per_kg is None else per_kg * facts.weight_kg
    if mg is None:
        raise DocumentError(f"medicine {medicine.ingredient}", "has neither mg nor mg_per_kg")
    return DoseOrdered(
        ingredient=medicine.ingredient,
        name=medicine.name or medicine.ingredient,
        mg=mg,
        mg_per_ml=medicine.mg_per_ml,
    )


def _may_give(step: DatedStep, ingredient: str) -> bool:
    # A missed dose may have been given, and nobody told: only a skipped one is known not to have been.
    return step.dose is not None and step.dose.ingredient == ingredient and step.state is not State.SKIPPED


def _state_now(fact: SlotFact | None, due_at: datetime) -> State:
    """A missed step whose time has moved since is open again: nobody ever said anything about it."""
    if fact is None or (fact.state is State.MISSED and fact.due_at != due_at):
        return State.OPEN
    return fact.state


def _done_at(fact: SlotFact | None) -> datetime | None:
    return fact.at if fact is not None and fact.state is State.DONE else None


def _in_order(step: DatedStep) -> tuple[datetime, int]:
    # Sorting is stable: within one instant and kind the protocol's own order stays.
    return step.moment, _ORDER.index(step.kind)


def _joined(*parts: str) -> str:
    return "; ".join(part for part in parts if part)


def plain(number: Fraction) -> str:
    """The number as a person writes it: at most three decimals, no trailing zeros."""
    return f"{float(number):.3f}".rstrip("0").rstrip(".")
