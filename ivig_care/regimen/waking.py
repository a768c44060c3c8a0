"""What a step that falls into the night means for the people asleep."""

from __future__ import annotations

from zoneinfo import ZoneInfo

from ivig_care.regimen.dated import DatedStep
from ivig_care.regimen.protocol import Actor
from ivig_care.regimen.steps import State
from ivig_care.regimen.timing import QuietHours
from ivig_care.regimen.words import mark, say

WAKES = mark("wakes the child")
HELD = mark("held until morning")
TOO_LATE = mark("held until morning, then too late")


def night_words(step: DatedStep, night: QuietHours | None, zone: ZoneInfo) -> str:
    """What becomes of a family's step at night, on the clock of `zone`; empty by day, or if nobody is told of it.

    Source: FACTS section 8, Night [S36]: a sleeping child is not woken for what the clinic did not mark.
    """
    if step.shifted_from is not None:
        return say("moved to the morning from {time}", time=f"{step.shifted_from.astimezone(zone):%H:%M}")
    if night is None or step.nudges is None or step.actor is not Actor.FAMILY or step.state is not State.OPEN:
        return ""
    morning = night.hold_until(step.window.due_at, zone)
    if morning is None:
        return ""
    if step.nudges.may_wake:
        return WAKES
    return HELD if morning < step.window.closes_at else TOO_LATE
