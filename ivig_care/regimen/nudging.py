"""When is the next nudge, is it sent, held or dropped, and when is a failed one tried again."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from ivig_care.regimen.protocol import NudgePolicy
from ivig_care.regimen.steps import State
from ivig_care.regimen.timing import QuietHours, Window

QUARTER = timedelta(minutes=15)
RETRY_FIRST = timedelta(seconds=30)
RETRY_LONGEST = timedelta(minutes=15)


class Urgency(StrEnum):
    """How a message speaks of a step at the moment it is written."""

    SOON = "soon"
    DUE = "due"
    OVERDUE = "overdue"


@dataclass(frozen=True)
class Send:
    """Send now."""


@dataclass(frozen=True)
class Hold:
    """Do not wake anybody: send at the end of the quiet hours."""

    until: datetime


@dataclass(frozen=True)
class Drop:
    """Never send, for a reason a person can read."""

    reason: str


Decision = Send | Hold | Drop


def alarms(window: Window, policy: NudgePolicy) -> Iterator[datetime]:
    """The instants (UTC) at which a step rings, in order; none at or after its window closes."""
    offsets = [] if policy.lead is None else [-policy.lead]
    offsets.append(timedelta())
    if policy.repeat_every is not None:
        offsets += [policy.repeat_every * count for count in range(1, policy.repeats + 1)]
    return (at for offset in offsets if (at := window.due_at + offset) < window.closes_at)


def next_nudge(
    window: Window, policy: NudgePolicy | None, state: State, *, nudged_at: datetime | None, now: datetime
) -> datetime | None:
    """The instant at which a step next rings; None when nothing is owed.

    `nudged_at` is when it last rang. An alarm that has gone by unrung still rings, once, as long as the window is
    open: so a step that a late start moved into the past is told of at once, and after an outage nothing rings twice.
    """
    if policy is None or state is not State.OPEN or now >= window.closes_at:
        return None
    owed = [at for at in alarms(window, policy) if nudged_at is None or at > nudged_at]
    gone_by = [at for at in owed if at <= now]
    if gone_by:
        return gone_by[-1]
    return owed[0] if owed else None


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
) -> Decision:
    """Decide at the last moment whether one message to one person leaves.

    `open_steps` counts those of its steps that are still open; `is_allowed` says that the person may still see the
    child, `consented` that the contact point is verified, agreed to and working.
    """
    if not open_steps:
        return Drop("nothing left to do")
    if not is_allowed:
        return Drop("no longer on the care team")
    if not consented:
        return Drop("contact point is switched off")
    if now >= expires_at:
        return Drop("too late to be useful")
    held_until = None if quiet is None or may_wake else quiet.hold_until(now, zone)
    if held_until is None:
        return Send()
    return Hold(held_until) if held_until < expires_at else Drop("quiet hours until it would be too late")


def quarter_of(instant: datetime) -> datetime:
    """The quarter of an hour that an instant belongs to: one message per person and quarter."""
    return instant - timedelta(minutes=instant.minute % 15, seconds=instant.second, microseconds=instant.microsecond)


def retry_at(*, attempts: int, now: datetime, expires_at: datetime) -> datetime | None:
    """When a failed delivery is tried again: after 30 s, doubling up to a quarter of an hour; None to give up."""
    at = now + min(RETRY_FIRST * 2 ** min(attempts - 1, 10), RETRY_LONGEST)
    return at if at < expires_at else None
