"""Reads for the end of a checklist: what is still unanswered, and whether it can be sent to the clinic."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from ivig_care.plans.ends import CLOSING_STEP, can_send, is_step, is_to_come
from ivig_care.plans.models import Infusion, Step
from ivig_care.plans.selectors import StepRow, rows_of
from ivig_care.regimen.steps import State


@dataclass(frozen=True, kw_only=True)
class Closing:
    """The end of one checklist: what was not answered, what is still to come, and whether it can be sent."""

    infusion: Infusion
    unanswered: list[StepRow]
    to_come: list[StepRow]
    step: Step | None
    can_send: bool


def closing_of(infusion: Infusion, *, now: datetime) -> Closing:
    """The end of a checklist; the number of queries does not depend on the number of steps."""
    steps = list(infusion.steps.exclude(state=State.WITHDRAWN).select_related("said_by"))
    waiting = [step for step in steps if not step.is_said and not is_step(step, CLOSING_STEP)]
    begun = [step for step in waiting if not is_to_come(step, now)]
    return Closing(
        infusion=infusion,
        unanswered=rows_of(infusion, begun, now=now),
        to_come=rows_of(infusion, [step for step in waiting if is_to_come(step, now)], now=now),
        step=next((step for step in steps if is_step(step, CLOSING_STEP)), None),
        can_send=can_send(steps, now=now),
    )
