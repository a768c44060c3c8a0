"""Reads for the checklist page: everything it prints, worked out once."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import cached_property
from itertools import groupby

from django.db.models import Prefetch, QuerySet

from ivig_care.common.prepared import Prepared
from ivig_care.common.spoken import medicine_called, translated
from ivig_care.plans.ends import CLOSING_STEP, can_send, is_step
from ivig_care.plans.facts import Worked, given_near, read_anew, schedule_of
from ivig_care.plans.ledger import Ledger, ledger_of
from ivig_care.plans.models import Infusion, InfusionDay, Step, StepEvent
from ivig_care.regimen.dated import DayRun, Schedule
from ivig_care.regimen.doses import Code
from ivig_care.regimen.ledger import Answer
from ivig_care.regimen.steps import State
from ivig_care.regimen.timing import Phase

NEXT_WITHIN = timedelta(hours=12)
# So long before its window opens a step may already have been done.
DONE_AHEAD = timedelta(hours=24)
# So close together, medicines are one trip to the kitchen.
TOGETHER_WITHIN = timedelta(minutes=15)
# From so long before its planned start, or its predicted end, an infusion day is the first thing on the page.
DAY_COMES_FIRST = timedelta(minutes=10)
# The furthest from its plan that a day's start is recorded (actions.infusions says why).
DAY_CAN_START = timedelta(hours=24)
# So long after its predicted end a day is over, whether or not somebody said so.
DAY_IS_OVER = timedelta(hours=12)


def step_name(step: Step) -> str:
    """What a step is called on a row, a button and a message: the medicine as it stands on the box, else its title."""
    if not step.ingredient:
        return translated(step.title)
    both = medicine_called(step.medicine_name, step.ingredient)
    return both[:1].upper() + both[1:]


@dataclass(frozen=True, kw_only=True)
class StepRow:
    """One row: the step, its status in a word, and what a parent needs to know before giving it.

    A step that is far ahead can be skipped and noted, but nobody can have done it yet.
    """

    step: Step
    status: str
    last_given_at: datetime | None = None
    next_allowed_at: datetime | None = None
    then_none_until: datetime | None = None
    is_limit_unknown: bool = False
    ledger_says: tuple[str, ...] = ()
    is_far: bool = False
    notes: tuple[StepEvent, ...] = ()

    @property
    def name(self) -> str:
        """What the step is called."""
        return step_name(self.step)

    @property
    def can_tick(self) -> bool:
        """Whether one tap should do: it may be done now, and nobody has said anything yet."""
        return self.status in ("ready", "due", "late")

    def keeps_to_its_limit(self, now: datetime) -> bool:
        """Whether nothing that is known here speaks against giving it at `now`."""
        if self.last_given_at is None:
            return True
        return not self.is_limit_unknown and (self.next_allowed_at is None or self.next_allowed_at <= now)


@dataclass(frozen=True, kw_only=True)
class DayCard:
    """One infusion day: waiting, running or ended, with its predicted or real end."""

    day: InfusionDay
    run: DayRun
    is_next: bool
    is_first: bool
    can_start: bool

    @property
    def status(self) -> str:
        """Where the day stands, in a word."""
        if self.day.cancelled_at is not None:
            return "cancelled"
        if self.day.actual_end is not None:
            return "ended"
        return "running" if self.day.actual_start is not None else "planned"


@dataclass(frozen=True, kw_only=True)
class StripDay:
    """One day of the strip around the infusion, with its progress."""

    day: date
    is_today: bool
    is_infusion_day: bool
    done: int
    total: int


_SAID_OF_DAY = ("number", "planned_start", "actual_start", "actual_end", "cancelled_at")


@dataclass(kw_only=True)
class Checklist:
    """The checklist page of one infusion at one instant."""

    infusion: Infusion
    now: datetime
    days: list[DayCard]
    strip: list[StripDay]
    now_rows: list[StepRow] = field(default_factory=list)
    next_rows: list[StepRow] = field(default_factory=list)
    later: list[tuple[date, list[StepRow]]] = field(default_factory=list)
    answered: list[StepRow] = field(default_factory=list)
    missed: list[StepRow] = field(default_factory=list)
    # When the child was given something that can bear on this infusion.
    given_at: tuple[datetime, ...] = ()

    @property
    def is_cancelled(self) -> bool:
        """Whether the clinic has called off every day."""
        return bool(self.days) and all(card.day.cancelled_at is not None for card in self.days)

    @property
    def next_at(self) -> datetime | None:
        """When the next step is due or the next day starts within the same hours, whatever is sooner."""
        steps = [row.step.due_at for row in self.next_rows[:1]]
        starts = [card.day.planned_start for card in self.days if card.status == "planned"]
        return min(steps + [at for at in starts if self.now < at <= self.now + NEXT_WITHIN], default=None)

    @cached_property
    def together(self) -> list[StepRow]:
        """The medicines of Now that can be ticked in one go; empty when that would be fewer than two.

        Left out is what is given too soon, and an ingredient that stands there twice: nobody means both at once.
        """
        return together_of(self.now_rows, self.now)

    @property
    def can_send(self) -> bool:
        """Whether the family may say that it is through, and send the checklist to the clinic."""
        later = [row for _, rows in self.later for row in rows]
        rows = [*self.now_rows, *self.next_rows, *later, *self.answered, *self.missed]
        return not self.is_cancelled and can_send([row.step for row in rows], now=self.now)

    @property
    def invites_to_send(self) -> bool:
        """Whether the page has to say so itself, because no step that waits leads there."""
        return self.can_send and not any(is_step(row.step, CLOSING_STEP) for row in self.now_rows)

    @property
    def days_said(self) -> list[tuple[object, ...]]:
        """Everything that the page says of the days where it says what the plan is."""
        return [
            (
                card.day.pk,
                card.status,
                card.run.paused_at,
                card.can_start,
                *(getattr(card.day, name) for name in _SAID_OF_DAY),
            )
            for card in self.days
        ]

    @property
    def has_begun(self) -> bool:
        """Whether any day has started."""
        return any(card.day.actual_start is not None for card in self.days)

    @property
    def done(self) -> int:
        """How many steps have been answered."""
        return len(self.answered)

    @property
    def total(self) -> int:
        """How many steps there are."""
        return self.done + len(self.now_rows) + len(self.next_rows) + len(self.missed) + self._later_count

    @property
    def _later_count(self) -> int:
        return sum(len(rows) for _, rows in self.later)


def checklist_of(infusion: Infusion, *, now: datetime, worked: Worked | None = None) -> Checklist:
    """The checklist page; the number of queries does not depend on the number of steps.

    `worked` goes with an infusion whose checklist was just held: what was read and worked out then is not read again.
    """
    if worked is None:
        infusion = read_anew(infusion)
        given = given_near(infusion)
        worked = Worked(schedule=schedule_of(infusion, given=given), given=given)
    wanted = (step for step in infusion.steps.all() if step.state != State.WITHDRAWN)
    steps = sorted(wanted, key=lambda step: (step.due_at, step.pk))
    _notes_read(infusion, steps)
    days, strip = _day_cards(infusion, worked.schedule, now), _strip(infusion, steps, now)
    given_at = tuple(one.dose.at for one in worked.given)
    page = Checklist(infusion=infusion, now=now, days=days, strip=strip, given_at=given_at)
    later = []
    for row in rows_by(steps, ledger_of(infusion, given=worked.given), now):
        if row.step.is_said:
            page.answered.append(row)
        elif row.step.state == State.MISSED or row.step.closes_at <= now:
            page.missed.append(row)
        elif row.step.opens_at <= now:
            page.now_rows.append(row)
        elif row.step.due_at <= now + NEXT_WITHIN:
            page.next_rows.append(row)
        else:
            later.append(row)
    page.answered.sort(key=lambda row: row.step.said_at or now, reverse=True)
    page.later = [
        (day, list(group))
        for day, group in groupby(later, key=lambda row: row.step.due_at.astimezone(infusion.tz).date())
    ]
    return page


_NOTES: Prepared[StepEvent] = Prepared(
    lambda infusion: StepEvent.objects.filter(step__infusion=infusion).exclude(note="").select_related("by")
)


def _notes_read(infusion: Infusion, steps: Iterable[Step]) -> None:
    """As `noted` does, for all steps of an infusion."""
    notes = defaultdict[int, list[StepEvent]](list)
    for event in _NOTES.rows(infusion.pk):
        notes[event.step_id].append(event)
    for step in steps:
        step.noted = notes[step.pk]


def together_of(now_rows: Sequence[StepRow], now: datetime) -> list[StepRow]:
    """The medicines among these that can be ticked in one go, as `Checklist.together` says."""
    medicines = [row for row in now_rows if row.step.ingredient]
    times = Counter(row.step.ingredient for row in medicines)
    rows = [row for row in medicines if times[row.step.ingredient] == 1 and row.keeps_to_its_limit(now)]
    close = [row for row in rows if row.step.due_at - rows[0].step.due_at <= TOGETHER_WITHIN]
    return close if len(close) > 1 else []


def noted() -> Prefetch[str, QuerySet[StepEvent], str]:
    """What makes `rows_of` know the notes on the steps that it is given."""
    return Prefetch("events", StepEvent.objects.exclude(note="").select_related("by"), to_attr="noted")


def rows_of(infusion: Infusion, steps: Sequence[Step], *, now: datetime) -> list[StepRow]:
    """The rows of some steps of an infusion, as the checklist page would show them."""
    # The ledger of a plan that is not prescribed yet cannot be asked, and has nothing to answer.
    if not steps:
        return []
    return list(rows_by(steps, ledger_of(infusion), now))


# The rest is said by "next allowed" and "ask the clinic"; what a source says in general stands on the plan.
_SAID_IN_FULL = frozenset({Code.DOSE_TOO_LARGE, Code.TOO_MUCH, Code.NOT_TOGETHER, Code.WEIGHT_OLD})


def rows_by(steps: Sequence[Step], ledger: Ledger | None, now: datetime) -> Iterator[StepRow]:
    """The rows; "last given" and "next allowed" only where they will still be true when the step is due.

    The ledger may be left out where none of the steps gives a medicine.
    """
    told: set[str] = set()
    for step in steps:
        is_coming = step.state == State.OPEN and step.phase(now) != Phase.CLOSED
        is_told = is_coming and (step.ingredient not in told or step.opens_at <= now)
        if is_coming:
            told.add(step.ingredient)
        yield _row(step, ledger.answer(step, now) if ledger and step.ingredient and is_told else None, now)


def _row(step: Step, allowed: Answer | None, now: datetime) -> StepRow:
    return StepRow(
        step=step,
        status=_status(step, now),
        last_given_at=allowed.last.at if allowed and allowed.last else None,
        next_allowed_at=_next_allowed(allowed, now),
        then_none_until=allowed.then_none_until if allowed else None,
        is_limit_unknown=allowed is not None and not allowed.is_known,
        ledger_says=_sentences(allowed),
        is_far=step.opens_at - now > DONE_AHEAD,
        notes=tuple(getattr(step, "noted", ())),
    )


def _sentences(allowed: Answer | None) -> tuple[str, ...]:
    if allowed is None:
        return ()
    codes = _SAID_IN_FULL if allowed.next_at is not None else _SAID_IN_FULL | {Code.TOO_CLOSE, Code.TOO_MANY}
    return tuple(one.text for one in allowed.reasons if one.code in codes)


def _next_allowed(allowed: Answer | None, now: datetime) -> datetime | None:
    """When the next is allowed; of an answer that hangs on something unknown only what is still to come is said."""
    if allowed is None or allowed.next_at is None:
        return None
    return allowed.next_at if allowed.is_known or allowed.next_at > now else None


def _status(step: Step, now: datetime) -> str:
    if step.state != State.OPEN:
        return step.state
    match step.phase(now):
        case Phase.EARLY:
            return "planned"
        case Phase.LATE:
            return "late"
        case Phase.CLOSED:
            return "missed"
    return "due" if step.due_at <= now else "ready"


def _day_cards(infusion: Infusion, schedule: Schedule, now: datetime) -> list[DayCard]:
    runs = {run.number: run for run in schedule.days}
    days = list(infusion.days.all())
    # A day whose end nobody ever said is not waited for any longer once it must be over: the next one is.
    standing = [day for day in days if day.cancelled_at is None and day.actual_end is None]
    waited_for = [day for day in standing if now < runs[day.number].ends_at + DAY_IS_OVER][:1]
    return [
        DayCard(
            day=day,
            run=runs[day.number],
            is_next=day in waited_for,
            is_first=day in waited_for and now >= _turn_of(day, runs[day.number]) - DAY_COMES_FIRST,
            can_start=day.cancelled_at is None and now >= day.planned_start - DAY_CAN_START,
        )
        for day in days
    ]


def _turn_of(day: InfusionDay, run: DayRun) -> datetime:
    """When something has to be said of a day: that it starts, or that it ends."""
    return day.planned_start if day.actual_start is None else run.ends_at


def _strip(infusion: Infusion, steps: list[Step], now: datetime) -> list[StripDay]:
    return strip_of(infusion, [(step.due_at, step.is_said) for step in steps], now)


def strip_of(infusion: Infusion, steps: Sequence[tuple[datetime, bool]], now: datetime) -> list[StripDay]:
    """The days on which something is due or the infusion is; of each step when it is due and whether it is answered."""
    zone = infusion.tz
    by_day: dict[date, list[bool]] = defaultdict(list)
    for due_at, is_said in steps:
        by_day[due_at.astimezone(zone).date()].append(is_said)
    standing = [day for day in infusion.days.all() if day.cancelled_at is None]
    infusion_dates = {(day.actual_start or day.planned_start).astimezone(zone).date() for day in standing}
    today = now.astimezone(zone).date()
    return [
        StripDay(
            day=day,
            is_today=day == today,
            is_infusion_day=day in infusion_dates,
            done=sum(by_day[day]),
            total=len(by_day[day]),
        )
        for day in sorted(set(by_day) | infusion_dates)
    ]
