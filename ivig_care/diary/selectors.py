"""Reads for the diary's pages: how the drinking comes along, everything that was written, and when to call."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from fractions import Fraction

from ivig_care.diary.models import Cup, FluidEntry, SymptomReport
from ivig_care.plans.facts import facts_of
from ivig_care.plans.models import Dose, Infusion, InfusionDay
from ivig_care.plans.prescription import protocol_of
from ivig_care.regimen import fluids
from ivig_care.regimen.dated import Schedule
from ivig_care.regimen.facts import InfusionFacts
from ivig_care.regimen.fluids import FluidKind, FluidProgress, FluidWindow
from ivig_care.regimen.now import Question, fluids_for
from ivig_care.regimen.protocol import Kind
from ivig_care.regimen.schedule import build_schedule
from ivig_care.regimen.timing import resolve_local

# For so long after the end what an infusion does may still show. Source: FACTS section 6, haemolysis up to 10 days.
CALL_CARD_FOR = timedelta(days=10)
# From the day before on a family looks it up.
CALL_CARD_BEFORE = timedelta(days=1)
# So long after its planned start a day of which nobody said that it ended is over.
LONGEST_DAY = timedelta(hours=24)
# Around an infusion the diary shows the doses of this time.
DIARY_BEFORE = timedelta(days=2)


def is_running(infusion: Infusion, now: datetime) -> bool:
    """Whether something is running in at `now`, as far as somebody said it."""
    return any(
        day.actual_start is not None
        and day.actual_start <= now
        and (day.actual_end is None or now < day.actual_end)
        and now < day.actual_start + LONGEST_DAY
        for day in infusion.days.all()
    )


def ended_at(infusion: Infusion) -> datetime | None:
    """When the last day that took place ended; None while none has, or one runs."""
    started = [day for day in infusion.days.all() if day.actual_start is not None]
    return None if not started or any(day.actual_end is None for day in started) else _last_end(started)


def call_card_is_on(infusion: Infusion, now: datetime) -> bool:
    """Whether the page of signs and numbers belongs on top: from the day before until ten days after the last end."""
    days = [day for day in infusion.days.all() if day.cancelled_at is None or day.actual_start is not None]
    if not days:
        return False
    begins = min(day.actual_start or day.planned_start for day in days) - CALL_CARD_BEFORE
    return begins <= now <= _last_end(days) + CALL_CARD_FOR


def _last_end(days: Iterable[InfusionDay]) -> datetime:
    return max(day.actual_end or (day.actual_start or day.planned_start) + LONGEST_DAY for day in days)


# --- drinks --------------------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class Ring:
    """How far the drinking of one window has come; `share` and `expected` are of the goal, in percent, at most 100."""

    window: FluidWindow
    progress: FluidProgress
    share: int
    expected: int
    # When the child goes to bed, as far as the protocol says it; else when the window closes.
    until: datetime
    is_today: bool = False

    @property
    def goal_ml(self) -> Fraction | None:
        """The goal; None where there is none, and `progress.reason` says why."""
        return None if self.progress.reason else self.window.goal_ml


@dataclass(frozen=True, kw_only=True)
class Drinks:
    """The page of drinks at one instant."""

    cups: list[Cup]
    ring: Ring | None
    entries: list[FluidEntry]
    drunk_today_ml: int
    reason: str


def drinks_of(infusion: Infusion, *, now: datetime) -> Drinks:
    """The family's cups, how far the drinking has come, and what was drunk today."""
    begins = _midnight(infusion, now)
    standing = list(infusion.fluids.standing().select_related("by").order_by("-at", "-pk"))
    today = [entry for entry in standing if begins <= entry.at <= now]
    facts = facts_of(infusion)
    schedule = build_schedule(protocol_of(infusion.plan), facts)
    rings = _rings(infusion, standing, facts, schedule, now)
    return Drinks(
        cups=list(Cup.objects.filter(child=infusion.plan.child_id)),
        ring=_today(infusion, standing, facts, schedule, now) or _shown(rings, now),
        entries=today,
        drunk_today_ml=sum(entry.ml for entry in today if FluidKind(entry.kind).is_drunk),
        reason=fluids.suppressed(facts.conditions, is_limited=infusion.plan.has_fluid_limit),
    )


def rings_of(infusion: Infusion, entries: Iterable[FluidEntry], *, now: datetime) -> list[Ring]:
    """How far the drinking has come in every window of the checklist, in order of time."""
    facts = facts_of(infusion)
    return _rings(infusion, entries, facts, build_schedule(protocol_of(infusion.plan), facts), now)


def _rings(
    infusion: Infusion, entries: Iterable[FluidEntry], facts: InfusionFacts, schedule: Schedule, now: datetime
) -> list[Ring]:
    question = Question(
        at=now,
        taken=tuple(_as_value(entry) for entry in entries),
        are_fluids_limited=infusion.plan.has_fluid_limit,
    )
    found = fluids_for(question, schedule, facts)
    rings = (_ring(window, progress, window.closes_at) for window, progress in found)
    return sorted(rings, key=lambda ring: ring.window.opens_at)


def _today(
    infusion: Infusion, entries: Iterable[FluidEntry], facts: InfusionFacts, schedule: Schedule, now: datetime
) -> Ring | None:
    """Today on the clock where the child lives, while the plan's goal for 24 hours holds; None before and after.

    It holds from the first window for drinks on, until so long after the last end as the plan says.
    """
    goal, hours = infusion.plan.fluids_goal_ml, infusion.plan.fluids_hours_after
    opens = [step.window.opens_at for step in schedule.ticked if step.kind is Kind.FLUIDS]
    if not goal or not hours or not opens or not schedule.days:
        return None
    until = max(day.ends_at for day in schedule.days) + timedelta(hours=hours)
    if not min(opens) <= now <= until:
        return None
    begins = _midnight(infusion, now)
    ends = resolve_local(now.astimezone(infusion.tz).date() + timedelta(days=1), time(), infusion.tz)
    window = FluidWindow(opens_at=begins, closes_at=ends, goal_ml=Fraction(goal), slot="today")
    progress = fluids.progress(
        window,
        [_as_value(entry) for entry in entries],
        now=now,
        night=schedule.night,
        zone=infusion.tz,
        no_goal_because=fluids.suppressed(facts.conditions | facts.flags, is_limited=infusion.plan.has_fluid_limit),
    )
    night = schedule.night
    bedtime = resolve_local(begins.astimezone(infusion.tz).date(), night.start, infusion.tz) if night else ends
    return _ring(window, progress, bedtime if now < bedtime < ends else ends, is_today=True)


def _as_value(entry: FluidEntry) -> fluids.FluidEntry:
    return fluids.FluidEntry(at=entry.at, ml=Fraction(entry.ml), kind=FluidKind(entry.kind))


def _ring(window: FluidWindow, progress: FluidProgress, until: datetime, *, is_today: bool = False) -> Ring:
    return Ring(
        until=until,
        is_today=is_today,
        window=window,
        progress=progress,
        share=_percent(progress.drunk_ml, window.goal_ml),
        expected=_percent(progress.expected_ml, window.goal_ml),
    )


def _percent(part: Fraction | None, whole: Fraction | None) -> int:
    return 0 if not part or not whole else min(100, int(part * 100 / whole))


def _shown(rings: list[Ring], now: datetime) -> Ring | None:
    """The window that is open, of several the one that closes first; else the next; else the last."""
    is_open = [ring for ring in rings if ring.window.opens_at <= now < ring.window.closes_at]
    coming = [ring for ring in rings if now < ring.window.opens_at]
    if is_open:
        return min(is_open, key=lambda ring: ring.window.closes_at)
    return coming[0] if coming else (rings[-1] if rings else None)


def _midnight(infusion: Infusion, now: datetime) -> datetime:
    return resolve_local(now.astimezone(infusion.tz).date(), time(), infusion.tz)


# --- everything that was written --------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class Line:
    """One thing that was written down: a report or a dose, at its time; drinks are counted by day."""

    at: datetime
    report: SymptomReport | None = None
    dose: Dose | None = None
    hours_after: float | None = None


@dataclass(frozen=True, kw_only=True)
class DiaryDay:
    """One day of the diary: what was drunk, by kind, and everything else in order of time."""

    day: date
    drunk_ml: int
    electrolyte_ml: int
    iv_ml: int
    entries: list[FluidEntry]
    lines: list[Line]


def diary_of(infusion: Infusion) -> list[DiaryDay]:
    """Everything that was written around an infusion, the newest day first; what was taken back is there, too."""
    entries, lines = defaultdict[date, list[FluidEntry]](list), defaultdict[date, list[Line]](list)
    for entry in infusion.fluids.select_related("by").order_by("at", "pk"):
        entries[_local_day(infusion, entry.at)].append(entry)
    for line in sorted(_lines(infusion), key=lambda line: line.at):
        lines[_local_day(infusion, line.at)].append(line)
    return [_diary_day(day, entries[day], lines[day]) for day in sorted({*entries, *lines}, reverse=True)]


def reports_of(infusion: Infusion) -> list[SymptomReport]:
    """Every report on an infusion, the oldest first."""
    rows = infusion.reports.select_related("by").prefetch_related("symptoms", "temperatures")
    return list(rows.order_by("at", "pk"))


def hours_after(infusion: Infusion, at: datetime) -> float | None:
    """How many hours after the last end before it; None when no day had ended by then."""
    ends = [day.actual_end for day in infusion.days.all() if day.actual_end is not None and day.actual_end <= at]
    return None if not ends else round((at - max(ends)).total_seconds() / 3600, 1)


def _lines(infusion: Infusion) -> Iterator[Line]:
    for report in reports_of(infusion):
        yield Line(at=report.at, report=report, hours_after=hours_after(infusion, report.at))
    days = list(infusion.days.all())
    if not days:
        return
    begins = min(day.actual_start or day.planned_start for day in days) - DIARY_BEFORE
    given = Dose.objects.filter(
        child=infusion.plan.child_id, given_at__gte=begins, given_at__lte=_last_end(days) + CALL_CARD_FOR
    )
    for dose in given.select_related("entered_by").order_by("given_at", "pk"):
        yield Line(at=dose.given_at, dose=dose, hours_after=hours_after(infusion, dose.given_at))


def _diary_day(day: date, entries: list[FluidEntry], lines: list[Line]) -> DiaryDay:
    standing = [entry for entry in entries if entry.taken_back_at is None]

    def total(*kinds: FluidKind) -> int:
        return sum(entry.ml for entry in standing if entry.kind in kinds)

    return DiaryDay(
        day=day,
        drunk_ml=total(*(kind for kind in FluidKind if kind.is_drunk)),
        electrolyte_ml=total(FluidKind.ELECTROLYTE),
        iv_ml=total(FluidKind.IV_BOLUS),
        entries=entries,
        lines=lines,
    )


def _local_day(infusion: Infusion, at: datetime) -> date:
    return at.astimezone(infusion.tz).date()
