"""Protocol and facts in, dated steps out: `build_schedule` decides when everything of one infusion is due."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import product

from ivig_care.regimen.conditions import left_out_because
from ivig_care.regimen.courses import MOST_DOSES, DoseTime, dose_times
from ivig_care.regimen.dated import AsNeeded, Basis, DatedStep, DayRun, DoseOrdered, LeftOut, Schedule
from ivig_care.regimen.days import AN_INSTANT, run_days, timeline_of
from ivig_care.regimen.errors import DocumentError
from ivig_care.regimen.facts import InfusionFacts, SlotFact
from ivig_care.regimen.protocol import (
    Anchor,
    AsNeededRule,
    AtNight,
    CourseRule,
    Days,
    Kind,
    Medicine,
    Moment,
    Protocol,
    StepRule,
)
from ivig_care.regimen.rechecks import rechecks_of
from ivig_care.regimen.recurrence import Proposal, propose_next
from ivig_care.regimen.steps import State
from ivig_care.regimen.timing import shift

# Within one instant: premedication, rate, vitals, medicine, check (conventions of the worked examples).
_ORDER = {
    kind: place
    for place, kind in enumerate(
        (
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
    )
}
_SETTLED = frozenset({State.DONE, State.SKIPPED, State.MISSED})


def build_schedule(protocol: Protocol, facts: InfusionFacts) -> Schedule:
    """Date every step of `protocol` for one infusion; the same arguments always give the same schedule.

    Open steps follow the actual start and end once they are known; steps that were done or skipped keep the time
    they had. Raises DocumentError when a course refers to a step that does not exist, ScheduleTooLong when a
    course never ends.
    """
    days = run_days(protocol, facts)
    kept = tuple(day for day in days if not day.is_cancelled)
    work = _Work(protocol=protocol, facts=facts, planned=days, days=kept)
    for rule in protocol.steps:
        work.put_rule(rule)
    work.keep_said()
    for course in protocol.courses:
        work.put_course(course)
    work.steps += rechecks_of(facts)
    for day in days:
        if day.is_cancelled:
            work.left_out += [LeftOut(rule=rule.key, day=day.number, reason=_CANCELLED) for rule in protocol.steps]
        else:
            work.steps += timeline_of(protocol.ladder, day)
    return Schedule(
        steps=tuple(sorted(work.steps, key=_in_order)),
        days=days,
        as_needed=tuple(_as_needed(rule, work.days, facts) for rule in protocol.as_needed) if work.days else (),
        left_out=tuple(work.left_out),
        proposal=_proposal(protocol, facts),
        night=protocol.night,
        indication=protocol.indication,
    )


def _proposal(protocol: Protocol, facts: InfusionFacts) -> Proposal | None:
    if protocol.cadence is None:
        return None
    return propose_next(protocol.cadence, facts.days_kept, facts.zone, number=facts.number)


_CANCELLED = "this day is cancelled"
# As slots write them; a slot that only looks like a dose is none.
_DOSE_NUMBERS = {str(number): number for number in range(1, MOST_DOSES + 1)}


@dataclass(kw_only=True)
class _Work:
    """One schedule being made: all its days, those that take place, what was said, and the steps so far."""

    protocol: Protocol
    facts: InfusionFacts
    planned: tuple[DayRun, ...]
    days: tuple[DayRun, ...]
    steps: list[DatedStep] = field(default_factory=list)
    left_out: list[LeftOut] = field(default_factory=list)
    settled: Mapping[str, SlotFact] = field(init=False)
    _made: defaultdict[tuple[str, int], list[DatedStep]] = field(default_factory=lambda: defaultdict(list))

    _moments: defaultdict[str, list[datetime]] = field(default_factory=lambda: defaultdict(list))

    def __post_init__(self) -> None:
        self.settled = {fact.slot: fact for fact in self.facts.slots if fact.state in _SETTLED}
        self._of_courses: dict[str, dict[int, SlotFact]] = {course.key: {} for course in self.protocol.courses}
        for slot, fact in self.settled.items():
            key, _, number = slot.rpartition(".")
            if key in self._of_courses and number in _DOSE_NUMBERS:
                self._of_courses[key][_DOSE_NUMBERS[number]] = fact

    def put_rule(self, rule: StepRule) -> None:
        """The steps of one rule on the days it is meant for, or why there are none."""
        if reason := left_out_because(rule, self.facts):
            self.left_out.append(LeftOut(rule=rule.key, day=None, reason=reason))
            return
        doses = tuple(_ordered(medicine, self.facts) if medicine else None for medicine in _given_by(rule))
        for day in _days_meant(rule.day, self.days):
            anchor = self._anchor(rule, day)
            if anchor is None:
                self.left_out.append(LeftOut(rule=rule.key, day=day.number, reason=f"{rule.after_step} was not done"))
                continue
            self._put([self._step(rule, day, dose, *anchor) for dose in doses], rule.key, day.number)

    def keep_said(self) -> None:
        """What was said of a line that is left out now, or on a day that is cancelled: facts stay, and doses count."""
        lost = {slot for slot, fact in self.settled.items() if fact.state.is_said} - {step.slot for step in self.steps}
        for rule, day in product(self.protocol.steps, self.planned) if lost else ():
            for medicine in _given_by(rule):
                dose = _ordered(medicine, self.facts) if medicine else None
                if (slot := _slot(rule, day, dose)) in lost:
                    step = self._step(rule, day, dose, self.settled[slot].due_at, Basis.ACTUAL)
                    self._put([step], rule.key, day.number)

    def put_course(self, course: CourseRule) -> None:
        """The doses of one course; when no day takes place, those that were said."""
        settled, dose = self._of_courses[course.key], _ordered(course.medicine, self.facts)
        if not self.days:
            said = (DoseTime(number=number, due_at=one.due_at) for number, one in settled.items() if one.state.is_said)
            self._put([self._dose(course, time, dose, Basis.ACTUAL) for time in said], course.key)
            self.left_out.append(LeftOut(rule=course.key, day=None, reason=_CANCELLED))
            return
        first, basis = self._first_dose(course)
        times = dose_times(
            course=course.key,
            first=first,
            every=course.every,
            until=_moment(course.until, self.days)[0],
            settled=settled,
            elsewhere=self._doses_elsewhere(course),
            night=self.protocol.night if course.at_night is AtNight.SHIFT else None,
            zone=self.facts.zone,
        )
        self._put([self._dose(course, time, dose, basis) for time in times], course.key)

    def _dose(self, course: CourseRule, time: DoseTime, dose: DoseOrdered, basis: Basis) -> DatedStep:
        fact = self._of_courses[course.key].get(time.number)
        is_said = fact is not None and fact.state.is_said
        defaults = self.protocol.course_defaults
        window = course.window or (defaults.window if defaults else AN_INSTANT)
        return DatedStep(
            slot=f"{course.key}.{time.number}",
            rule=course.key,
            kind=Kind.MEDICINE,
            actor=course.actor,
            title=dose.name[:1].upper() + dose.name[1:],
            window=window.around(time.due_at),
            basis=Basis.ACTUAL if is_said else basis,
            follows=f"the last {dose.ingredient}",
            why=course.why,
            source=course.source,
            dose=dose,
            nudges=course.nudges or (defaults.nudges if defaults else None),
            shifted_from=time.shifted_from,
            state=_state_now(fact, time.due_at),
            done_at=_done_at(fact),
        )

    def _put(self, steps: list[DatedStep], rule: str, day: int = 0) -> None:
        """Keep the steps, and when a dose may have been given: of a skipped one alone it is known that it was not."""
        self.steps += steps
        self._made[rule, day] += steps
        for step in steps:
            if step.dose is not None and step.state is not State.SKIPPED:
                self._moments[step.dose.ingredient].append(step.moment)

    def _step(
        self, rule: StepRule, day: DayRun, dose: DoseOrdered | None, anchor_at: datetime, basis: Basis
    ) -> DatedStep:
        slot = _slot(rule, day, dose)
        fact = self.settled.get(slot)
        is_said = fact is not None and fact.state.is_said
        planned_at = shift(anchor_at, rule.offset, self.facts.zone)
        morning = self._morning_after(planned_at) if rule.at_night is AtNight.SHIFT else None
        due_at = fact.due_at if fact is not None and is_said else morning or planned_at
        return DatedStep(
            slot=slot,
            rule=rule.key,
            kind=rule.kind,
            actor=rule.actor,
            title=rule.title,
            window=(rule.window or AN_INSTANT).around(due_at),
            basis=Basis.ACTUAL if is_said else basis,
            follows=_follows(rule, day, basis),
            day=day.number,
            why=rule.why,
            source=rule.source,
            dose=dose,
            goal_ml=rule.goal_ml,
            nudges=rule.nudges,
            shifted_from=planned_at if morning and not is_said else None,
            state=_state_now(fact, due_at),
            done_at=_done_at(fact),
        )

    def _morning_after(self, instant: datetime) -> datetime | None:
        night = self.protocol.night
        return None if night is None else night.hold_until(instant, self.facts.zone)

    def _anchor(self, rule: StepRule, day: DayRun) -> tuple[datetime, Basis] | None:
        """What the rule's time is counted from on that day; None when it follows a step that is not to be done."""
        if rule.anchor is not Anchor.STEP:
            return _anchor(rule.anchor, day)
        wanted = [step for step in self._made[rule.after_step, day.number] if step.state is not State.SKIPPED]
        if not wanted:
            return None
        is_done = all(step.state is State.DONE for step in wanted)
        return max(step.moment for step in wanted), Basis.ACTUAL if is_done else Basis.PREDICTED

    def _first_dose(self, course: CourseRule) -> tuple[datetime, Basis]:
        if isinstance(course.first, Moment):
            return _moment(course.first, self.days)
        for step in self._made[course.first.after_step, self.days[0].number]:
            if step.dose is not None and step.dose.ingredient == course.medicine.ingredient:
                return step.moment + course.every, step.basis
        raise DocumentError(
            f"courses.{course.key}.first",
            f"no step {course.first.after_step!r} gives {course.medicine.ingredient} on the first day",
        )

    def _doses_elsewhere(self, course: CourseRule) -> tuple[datetime, ...]:
        """When the course's ingredient is given outside it: by steps and courses before it, by later ones, by hand."""
        ingredient = course.medicine.ingredient
        others = [one for one in self.protocol.courses if one is not course and one.medicine.ingredient == ingredient]
        done = [fact.at for one in others for fact in self._of_courses[one.key].values() if fact.state is State.DONE]
        by_hand = [dose.at for dose in self.facts.given if dose.ingredient == ingredient]
        return (*self._moments[ingredient], *done, *by_hand)


def _as_needed(rule: AsNeededRule, days: tuple[DayRun, ...], facts: InfusionFacts) -> AsNeeded:
    return AsNeeded(
        rule=rule.key,
        purpose=rule.purpose,
        dose=_ordered(rule.medicine, facts),
        opens_at=_moment(rule.first, days)[0],
        closes_at=_moment(rule.until, days)[0],
        every=rule.every,
        most_in_24h=rule.most_in_24h,
        actor=rule.actor,
        why=rule.why,
        source=rule.source,
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


def _anchor(anchor: Anchor, day: DayRun) -> tuple[datetime, Basis]:
    match anchor:
        case Anchor.START:
            return day.starts_at, day.start_basis
        case Anchor.END:
            return day.ends_at, day.end_basis
    return day.planned_start, Basis.PLANNED


def _slot(rule: StepRule, day: DayRun, dose: DoseOrdered | None) -> str:
    return f"{rule.key}.d{day.number}" + (f".{dose.ingredient}" if dose else "")


def _follows(rule: StepRule, day: DayRun, basis: Basis) -> str:
    match rule.anchor:
        case Anchor.STEP:
            return f"{rule.after_step} of day {day.number}"
        case Anchor.END:
            return f"the {basis} end of day {day.number}"
    return f"the {basis} start of day {day.number}"


def _given_by(rule: StepRule) -> Sequence[Medicine | None]:
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


def _state_now(fact: SlotFact | None, due_at: datetime) -> State:
    """A missed step whose time has moved since is open again: nobody ever said anything about it."""
    if fact is None or (fact.state is State.MISSED and fact.due_at != due_at):
        return State.OPEN
    return fact.state


def _done_at(fact: SlotFact | None) -> datetime | None:
    return fact.at if fact is not None and fact.state is State.DONE else None


def _in_order(step: DatedStep) -> tuple[datetime, int]:
    # Sorting is stable: within one instant and kind the protocol's own order stays.
    return step.moment, _ORDER[step.kind]
