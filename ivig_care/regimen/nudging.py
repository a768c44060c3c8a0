"""When is the next nudge and whom it is for, is it sent, held or dropped, and when is a failed one tried again."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from ivig_care.regimen.errors import SnoozeRefused
from ivig_care.regimen.protocol import NudgePolicy
from ivig_care.regimen.steps import State
from ivig_care.regimen.timing import QuietHours, Window
from ivig_care.regimen.words import mark, say

CLOCKS_APART = timedelta(minutes=1)
QUARTER = timedelta(minutes=15)
RETRY_FIRST = timedelta(seconds=30)
RETRY_LONGEST = timedelta(minutes=15)
MOST_SNOOZES = 3
LONGEST_SNOOZE = timedelta(hours=1)


class Stage(StrEnum):
    """What an alarm is for, and so whom it reaches.

    The first three reach those who are told first, `second` the second caregivers, `clinic` the staff.
    """

    LEAD = "lead"
    DUE = "due"
    REPEAT = "repeat"
    SECOND = "second"
    CLINIC = "clinic"


@dataclass(frozen=True)
class Alarm:
    """One instant (UTC) at which a step rings while nobody has answered."""

    at: datetime
    stage: Stage


class Urgency(StrEnum):
    """How a message speaks of a step at the moment it is written."""

    SOON = "soon"
    DUE = "due"
    OVERDUE = "overdue"


# Why a message waits: it would wake somebody, or come on the heels of another.
QUIET = mark("quiet hours")
JUST_TOLD = mark("told a moment ago")


@dataclass(frozen=True)
class Send:
    """Send now."""


@dataclass(frozen=True)
class Hold:
    """Not now: send at `until`, for a reason a person can read."""

    until: datetime
    reason: str = QUIET


@dataclass(frozen=True)
class Drop:
    """Never send, for a reason a person can read."""

    reason: str


Decision = Send | Hold | Drop


def alarms(window: Window, policy: NudgePolicy) -> Iterator[Alarm]:
    """The alarms of a step in order of time; none at or after its window closes."""
    offsets = [(offset, stage) for offset, stage in _offsets(policy) if window.due_at + offset < window.closes_at]
    # Sorted by time alone, which leaves alarms of one instant in the order of their stages.
    return (Alarm(window.due_at + offset, stage) for offset, stage in sorted(offsets, key=lambda alarm: alarm[0]))


def _offsets(policy: NudgePolicy) -> Iterator[tuple[timedelta, Stage]]:
    if policy.lead is not None:
        yield -policy.lead, Stage.LEAD
    yield timedelta(), Stage.DUE
    if policy.repeat_every is not None:
        yield from ((policy.repeat_every * count, Stage.REPEAT) for count in range(1, policy.repeats + 1))
    if policy.second_after is not None:
        yield policy.second_after, Stage.SECOND
    if policy.clinic_after is not None:
        yield policy.clinic_after, Stage.CLINIC


def next_nudge(
    window: Window,
    policy: NudgePolicy | None,
    state: State,
    *,
    nudged_at: datetime | None,
    now: datetime,
    snoozed_until: datetime | None = None,
) -> datetime | None:
    """The instant at which a step next rings; None when nothing is owed.

    `nudged_at` is when it last rang. An alarm that has gone by unrung still rings, once, as long as the window is
    open: so a step that a late start moved into the past is told of at once, and after an outage nothing rings twice.
    A snooze silences every alarm up to and including `snoozed_until` and rings once at that instant.
    """
    if policy is None or state is not State.OPEN or now >= window.closes_at:
        return None
    ringing = _snoozed([alarm.at for alarm in alarms(window, policy)], snoozed_until, window)
    owed = [at for at in ringing if nudged_at is None or at > nudged_at]
    gone_by = [at for at in owed if at <= now]
    if gone_by:
        return gone_by[-1]
    return owed[0] if owed else None


def _snoozed(ringing: list[datetime], snoozed_until: datetime | None, window: Window) -> list[datetime]:
    """The instants that are left under a snooze, which moves alarms and never loses the last one."""
    # A step that was moved has outgrown its snooze: one that ends before the first alarm has nothing left to put off,
    # one that ends after the window would silence the step for good.
    if snoozed_until is None or not ringing or not ringing[0] <= snoozed_until < window.closes_at:
        return ringing
    return [snoozed_until, *(at for at in ringing if at > snoozed_until)]


def stages_ringing(
    window: Window,
    policy: NudgePolicy,
    *,
    nudged_at: datetime | None,
    at: datetime,
    snoozed_until: datetime | None = None,
) -> frozenset[Stage]:
    """The stages that ring at `at` in a step that last rang at `nudged_at`: all since then.

    When there are none, it is the end of a snooze, which rings like a repeat. So it does beside other stages for a
    caller that hands in `snoozed_until`: whoever asked to be told again is told, even if it is the second's turn too.
    """
    stages = {alarm.stage for alarm in alarms(window, policy) if _is_since(alarm.at, nudged_at, at)}
    if not stages or (snoozed_until is not None and _is_since(snoozed_until, nudged_at, at)):
        stages.add(Stage.REPEAT)
    return frozenset(stages)


def _is_since(instant: datetime, nudged_at: datetime | None, at: datetime) -> bool:
    return instant <= at and (nudged_at is None or instant > nudged_at)


def snooze_until(
    window: Window,
    policy: NudgePolicy | None,
    *,
    asked: timedelta,
    snoozes: int,
    now: datetime,
    is_check: bool = False,
) -> datetime:
    """The end (UTC) of a snooze of `asked` that starts at `now`, after `snoozes` earlier ones. Raises SnoozeRefused.

    What looks for warning signs cannot be put off: every check, and whatever the clinic is told of.
    """
    until = now + asked
    if is_check or (policy is not None and policy.clinic_after is not None):
        raise SnoozeRefused(say("this check looks for warning signs, so it cannot wait"))
    if snoozes >= MOST_SNOOZES:
        raise SnoozeRefused(say("it was put off {count} times already", count=MOST_SNOOZES))
    if not timedelta() < asked <= LONGEST_SNOOZE:
        raise SnoozeRefused(say("it can be put off for up to an hour at a time"))
    if until >= window.closes_at:
        raise SnoozeRefused(say("by then it would be too late to do it"))
    first = None if policy is None else next(alarms(window, policy), None)
    if first is None or first.at > until:
        raise SnoozeRefused(say("nobody is told of it before then anyway"))
    return until


def has_come(due_at: datetime, lead: timedelta, now: datetime) -> bool:
    """Whether a message may speak of a step at `now`: its first alarm is at most a quarter of an hour away.

    A step rings up to so much early, for company. Further ahead it has moved since, and rings again. The clock of who
    rings may be a little ahead of the clock of who sends.
    """
    return due_at - lead < now + QUARTER + CLOCKS_APART


def urgency(window: Window, now: datetime) -> Urgency:
    """How to speak of an open step at `now`: soon before it is due, overdue once it is late."""
    if now < window.due_at:
        return Urgency.SOON
    return Urgency.DUE if now < window.late_at else Urgency.OVERDUE


def decide(
    *,
    open_steps: int,
    may_wake: bool,
    is_allowed: bool,
    consented: bool,
    quiet: QuietHours | None,
    zone: ZoneInfo,
    expires_at: datetime,
    now: datetime,
    not_before: datetime | None = None,
) -> Decision:
    """Decide at the last moment whether one message to one person leaves.

    `open_steps` counts those of its steps that are still open; `is_allowed` says that the person may still see the
    child, `consented` that the contact point is verified, agreed to and working. `not_before` is when a quarter of an
    hour is over since the person was last told.
    """
    if now >= expires_at:
        return Drop(mark("too late to be useful"))
    if not open_steps:
        return Drop(mark("nothing left to do"))
    if not is_allowed:
        return Drop(mark("no longer on the care team"))
    if not consented:
        return Drop(mark("contact point is switched off"))
    held_until = None if quiet is None or may_wake else quiet.hold_until(now, zone)
    if held_until is not None:
        return Hold(held_until) if held_until < expires_at else Drop(mark("quiet hours until it would be too late"))
    # Two messages at once are the lesser harm when the other choice is none.
    if not_before is not None and now < not_before < expires_at:
        return Hold(not_before, JUST_TOLD)
    return Send()


def quarter_of(instant: datetime) -> datetime:
    """The quarter of an hour that an instant belongs to: one message per person and quarter."""
    return instant - timedelta(minutes=instant.minute % 15, seconds=instant.second, microseconds=instant.microsecond)


def retry_at(
    *, attempts: int, now: datetime, expires_at: datetime, spread: float, first: timedelta = RETRY_FIRST
) -> datetime | None:
    """When a failed delivery is tried again: after `first`, doubling up to a quarter of an hour; None to give up.

    `spread`, from 0 to below 1, is chance handed in: it moves the wait by up to a quarter either way, so that what
    failed together is not all tried again together.
    """
    wait = min(first * 2 ** min(attempts - 1, 10), RETRY_LONGEST)
    at = now + wait * (0.75 + spread / 2)
    return at if at < expires_at else None


def bucket_take(
    *, tokens: float, filled_at: datetime, now: datetime, per_second: float, wanted: int
) -> tuple[int, float]:
    """How many of `wanted` messages may leave now, and the tokens left at `now`, from `tokens` at `filled_at`.

    One token is one message. The bucket fills at `per_second` and holds one second's worth, at least one token; a
    clock that has gone back fills nothing.
    """
    seconds = max((now - filled_at).total_seconds(), 0.0)
    filled = min(tokens + seconds * per_second, max(per_second, 1.0))
    granted = max(min(wanted, math.floor(filled)), 0)
    return granted, filled - granted
