"""When a checklist may be sent to the clinic, from its steps alone."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from ivig_care.plans.models import Step
from ivig_care.regimen.steps import State

# The steps of a protocol with these keys, which are the beginnings of their slots: the check with which a checklist is
# sent, and the watch that goes on after it.
CLOSING_STEP = "closing-check"
WATCH_STEP = "colour-watch"


def can_send(steps: Iterable[Step], *, now: datetime) -> bool:
    """Whether a checklist with these steps can be sent: its closing check has come, or only the watch is still open.

    A protocol without a closing check is through once its watch has begun.
    """
    wanted = [step for step in steps if step.state != State.WITHDRAWN]
    closing = [step for step in wanted if is_step(step, CLOSING_STEP)]
    last = closing or [step for step in wanted if is_step(step, WATCH_STEP)]
    if any(step.opens_at <= now for step in last):
        return True
    return bool(wanted) and not any(step.state == State.OPEN and not is_step(step, WATCH_STEP) for step in wanted)


def is_to_come(step: Step, now: datetime) -> bool:
    """Whether nobody need have answered it yet: its window has not opened, or it is the watch that goes on."""
    return step.state == State.OPEN and (step.opens_at > now or (is_step(step, WATCH_STEP) and step.closes_at > now))


def is_step(step: Step, key: str) -> bool:
    """Whether this is the step that a protocol calls so."""
    return step.slot.startswith(f"{key}.")
