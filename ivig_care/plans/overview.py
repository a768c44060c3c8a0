"""Reads for the first page: what is now, next and later over all the children that somebody cares for.

The number of queries depends neither on the number of steps nor on that of the children.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from zlib import crc32

from django.db.models import Prefetch, Q

from ivig_care.accounts.models import User
from ivig_care.care_teams.access import Right, cared_for_by
from ivig_care.care_teams.models import Child
from ivig_care.plans.ends import CLOSING_STEP, can_send, is_step
from ivig_care.plans.ledger import ledgers_of
from ivig_care.plans.models import Infusion, InfusionDay, Plan, Step
from ivig_care.plans.selectors import (
    DAY_CAN_START,
    DAY_COMES_FIRST,
    DAY_IS_OVER,
    NEXT_WITHIN,
    StepRow,
    StripDay,
    noted,
    rows_by,
    strip_of,
    together_of,
)
from ivig_care.regimen.steps import State

# So long what was answered stays in sight, with who said so, to be taken back.
JUST_DONE = timedelta(hours=1)


@dataclass(frozen=True, kw_only=True)
class DayNow:
    """An infusion day of which something is to be said, or that comes next: it starts, runs, or stands still."""

    day: InfusionDay
    status: str
    is_first: bool
    can_start: bool


@dataclass(kw_only=True)
class Part:
    """What the first page says of one open infusion."""

    infusion: Infusion
    may_record: bool
    strip: list[StripDay]
    day: DayNow | None
    days: int
    now: datetime
    now_rows: list[StepRow] = field(default_factory=list)
    next_rows: list[StepRow] = field(default_factory=list)
    just_done: list[StepRow] = field(default_factory=list)
    together: list[StepRow] = field(default_factory=list)
    later: list[tuple[date, int]] = field(default_factory=list)
    missed: int = 0
    invites_to_send: bool = False
    has_changes: bool = False
    done: int = 0
    total: int = 0

    @property
    def child(self) -> Child:
        """Whose it is."""
        return self.infusion.plan.child

    @property
    def starts_at(self) -> datetime:
        """When its first day starts."""
        day = self.infusion.days.all()[0]
        return day.actual_start or day.planned_start

    @property
    def has_begun(self) -> bool:
        """Whether any day has started."""
        return any(day.actual_start is not None for day in self.infusion.days.all())

    @property
    def is_cancelled(self) -> bool:
        """Whether the clinic has called off every day."""
        return all(day.cancelled_at is not None for day in self.infusion.days.all())


@dataclass(frozen=True, kw_only=True)
class PastLine:
    """An infusion whose checklist is closed."""

    infusion: Infusion
    starts_at: datetime
    is_signed: bool


@dataclass(frozen=True, kw_only=True)
class Overview:
    """The first page at one instant: the parts with something to do first, and what is behind."""

    now: datetime
    parts: list[Part]
    earlier: list[PastLine]

    @property
    def has_several_children(self) -> bool:
        """Whether it must be said whose a step is."""
        of = {part.infusion.plan.child_id for part in self.parts}
        return len(of | {line.infusion.plan.child_id for line in self.earlier}) > 1

    @property
    def has_now(self) -> bool:
        """Whether there is anything to do now."""
        return any(part.now_rows or part.invites_to_send or (part.day and part.day.is_first) for part in self.parts)

    @property
    def has_next(self) -> bool:
        """Whether anything comes within the next hours."""
        return any(part.next_rows or (part.day and not part.day.is_first) for part in self.parts)

    @property
    def next_at(self) -> tuple[datetime, Part] | None:
        """When the next step is due or the next infusion starts, whatever is sooner, and whose it is."""
        steps = [(part.next_rows[0].step.due_at, part) for part in self.parts if part.next_rows]
        coming = [(part.day.day.planned_start, part) for part in self.parts if part.day and not part.day.is_first]
        return min(steps + coming, key=lambda one: one[0], default=None)

    def rows(self, name: str) -> list[tuple[Part, StepRow]]:
        """The rows of one list of every part, in the order in which they are due."""
        found = [(part, row) for part in self.parts for row in getattr(part, name)]
        return sorted(found, key=lambda one: (one[1].step.due_at, one[1].step.pk))

    @property
    def now_rows(self) -> list[tuple[Part, StepRow]]:
        """What is to be done now."""
        return self.rows("now_rows")

    @property
    def next_rows(self) -> list[tuple[Part, StepRow]]:
        """What comes within the next hours."""
        return self.rows("next_rows")

    @property
    def just_done(self) -> list[tuple[Part, StepRow]]:
        """What was answered a while ago, the newest first."""
        found = [(part, row) for part in self.parts for row in part.just_done]
        return sorted(found, key=lambda one: (one[1].step.said_at or self.now, one[1].step.pk), reverse=True)

    @property
    def shown(self) -> set[int]:
        """The steps that have a row here."""
        rows = (row for part in self.parts for row in (*part.now_rows, *part.next_rows, *part.just_done))
        return {row.step.pk for row in rows}

    @property
    def later_days(self) -> list[tuple[date, list[tuple[Part, int]]]]:
        """The days after that, with how many steps of whose."""
        days: dict[date, list[tuple[Part, int]]] = defaultdict(list)
        for part in self.parts:
            for day, count in part.later:
                days[day].append((part, count))
        return sorted(days.items())

    @property
    def version(self) -> str:
        """Changes whenever the page would look different: with the record, and as time moves steps along."""
        words = "|".join(_words(part) for part in self.parts) + f"/{len(self.earlier)}"
        signed = sum(line.is_signed for line in self.earlier)
        revisions = sum(part.infusion.revision for part in self.parts)
        return f"{revisions}-{signed}-{crc32(words.encode()):08x}"


def overview_of(user: User, *, now: datetime) -> Overview:
    """Everything that the first page of somebody of a family shows."""
    infusions = list(
        Infusion.objects.filter(plan__child__in=cared_for_by(user), plan__status=Plan.Status.ACTIVE, days__number=1)
        .select_related("plan__child__clinic", "plan__product", "plan__version", "review")
        .prefetch_related(Prefetch("days", InfusionDay.objects.with_pause()), "plan__medicines")
    )
    recording = set(cared_for_by(user, Right.RECORD).values_list("pk", flat=True))
    still_open = [infusion for infusion in infusions if infusion.closed_at is None]
    parts = _parts(still_open, recording, now)
    for part in parts:
        part.has_changes = not part.has_begun and any(_is_before(one, part) for one in infusions)
    parts.sort(key=lambda part: (not part.now_rows and not (part.day and part.day.is_first), part.starts_at))
    earlier = [_past(infusion) for infusion in infusions if infusion.closed_at is not None]
    earlier.sort(key=lambda line: line.starts_at, reverse=True)
    return Overview(now=now, parts=parts, earlier=earlier)


def _parts(infusions: Sequence[Infusion], recording: set[int], now: datetime) -> list[Part]:
    steps = defaultdict[int, list[Step]](list)
    kept = Step.objects.filter(infusion__in=infusions).exclude(state=State.WITHDRAWN)
    for step in kept.only("infusion_id", "slot", "due_at", "opens_at", "closes_at", "state"):
        steps[step.infusion_id].append(step)
    rows = _rows(infusions, now)
    return [
        _part(infusion, steps[infusion.pk], rows.get(infusion.pk, []), infusion.plan.child_id in recording, now)
        for infusion in infusions
    ]


def _rows(infusions: Sequence[Infusion], now: datetime) -> dict[int, list[StepRow]]:
    """The rows of what is to do now and within the next hours, and of what was just done, by infusion."""
    soon = Q(opens_at__lte=now) | Q(due_at__lte=now + NEXT_WITHIN)
    is_open = Q(state=State.OPEN.value, closes_at__gt=now) & soon
    is_behind = Q(state__in=[state.value for state in State if state.is_said], said_at__gt=now - JUST_DONE)
    wanted = Step.objects.filter(is_open | is_behind, infusion__in=infusions).select_related("said_by")
    by_infusion: dict[int, list[Step]] = defaultdict(list)
    for step in wanted.prefetch_related(noted()):
        by_infusion[step.infusion_id].append(step)
    medicated = [one for one in infusions if any(step.ingredient for step in by_infusion[one.pk])]
    ledgers = ledgers_of(medicated)
    return {key: list(rows_by(steps, ledgers.get(key), now)) for key, steps in by_infusion.items()}


def _part(
    infusion: Infusion,
    steps: Sequence[Step],
    rows: Sequence[StepRow],
    may_record: bool,
    now: datetime,
) -> Part:
    zone = infusion.tz
    counted = [(step.due_at, step.is_said) for step in steps]
    part = Part(
        infusion=infusion,
        may_record=may_record,
        strip=strip_of(infusion, counted, now),
        day=_day_now(infusion, now),
        days=len(infusion.days.all()),
        now=now,
        done=sum(is_said for _, is_said in counted),
        total=len(counted),
    )
    if part.is_cancelled:
        return part
    for row in rows:
        if row.step.is_said:
            part.just_done.append(row)
        else:
            (part.now_rows if row.step.opens_at <= now else part.next_rows).append(row)
    part.together = together_of(part.now_rows, now) if may_record else []
    part.missed = sum(not step.is_said and step.closes_at <= now for step in steps)
    leads_there = any(is_step(row.step, CLOSING_STEP) for row in part.now_rows)
    part.invites_to_send = infusion.sent_at is None and not leads_there and can_send(steps, now=now)
    later = Counter(
        step.due_at.astimezone(zone).date()
        for step in steps
        if step.state == State.OPEN and step.opens_at > now and step.due_at > now + NEXT_WITHIN
    )
    part.later = sorted(later.items())
    return part


def _day_now(infusion: Infusion, now: datetime) -> DayNow | None:
    """The day that runs or comes next, if it is at most half a day ahead."""
    for day in infusion.days.all():
        if day.cancelled_at is not None or day.actual_end is not None:
            continue
        begins = day.actual_start or day.planned_start
        # A day whose end nobody ever said is not waited for any longer once it must be over.
        if now >= begins + 2 * DAY_IS_OVER:
            continue
        is_running = day.actual_start is not None
        if begins > now + NEXT_WITHIN:
            return None
        return DayNow(
            day=day,
            status=("paused" if day.paused_at else "running") if is_running else "planned",
            is_first=is_running or now >= begins - DAY_COMES_FIRST,
            can_start=now >= day.planned_start - DAY_CAN_START,
        )
    return None


def _is_before(infusion: Infusion, part: Part) -> bool:
    """Whether this infusion is an earlier one of the same child."""
    is_same_child = infusion.plan.child_id == part.infusion.plan.child_id
    return is_same_child and infusion.days.all()[0].planned_start < part.starts_at


def _past(infusion: Infusion) -> PastLine:
    review = getattr(infusion, "review", None)
    return PastLine(
        infusion=infusion,
        starts_at=infusion.days.all()[0].planned_start,
        is_signed=review is not None and review.signed_at is not None,
    )


def _words(part: Part) -> str:
    return " ".join(_parts_of_words(part))


def _parts_of_words(part: Part) -> Iterator[str]:
    yield f"{part.infusion.pk}:{part.infusion.revision}:{part.done}:{part.missed}:{part.is_cancelled}"
    yield f"{part.invites_to_send}{part.has_changes}"
    for row in (*part.now_rows, *part.next_rows, *part.just_done):
        yield f"{row.step.pk}{row.status}{row.last_given_at}{row.next_allowed_at}{row.then_none_until}"
        yield f"{row.is_limit_unknown}{row.keeps_to_its_limit(part.now)}{row.ledger_says}"
    if part.day:
        yield f"{part.day.status}{part.day.is_first}{part.day.can_start}"
    yield from (f"{one.day}" for one in part.strip if one.is_today)
