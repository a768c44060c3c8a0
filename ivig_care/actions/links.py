"""Writes what people answer to a message without signing in: done, skipped, later, taken back, opened."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext_lazy

from ivig_care.actions.audit import audits_last
from ivig_care.actions.errors import ReasonNeeded, Refused
from ivig_care.actions.steps import step_skip, step_snooze, step_tick, step_undo
from ivig_care.nudges.models import Delivery
from ivig_care.plans.models import Step
from ivig_care.regimen.errors import RegimenError
from ivig_care.regimen.steps import SkipReason

NO_SUCH_COURSE = gettext_lazy(
    "With that time the rest of the plan cannot be worked out. Check the time, or call the clinic."
)
# How something was said, as the log has it.
BY_LINK, BY_TEXT_MESSAGE = "by link", "by text message"


class AnswerRefused(Refused):
    """One of the steps cannot be answered like that, so none was; `needs_reason` when it can with a reason."""

    def __init__(self, step: Step, why: str, *, needs_reason: bool = False) -> None:
        self.step = step
        self.needs_reason = needs_reason
        super().__init__(why)


@transaction.atomic
@audits_last()
def delivery_done(
    *, delivery: Delivery, steps: Iterable[Step], at: datetime, now: datetime, reason: str = "", how: str = BY_LINK
) -> list[Step]:
    """Record that all of these steps of a message were done at `at`, by its person: every one, or none.

    Raises AnswerRefused.
    """
    said = []
    for step in _in_order(steps):
        try:
            said.append(step_tick(step=step, by=delivery.person, at=at, now=now, reason=reason, how=how))
        except ReasonNeeded as needed:
            raise AnswerRefused(step, needed.why, needs_reason=True) from needed
        except Refused as refused:
            raise AnswerRefused(step, str(refused)) from refused
        except RegimenError as error:
            raise AnswerRefused(step, str(NO_SUCH_COURSE)) from error
    delivery_answered(delivery=delivery, now=now)
    return said


@transaction.atomic
@audits_last()
def delivery_skip(
    *, delivery: Delivery, steps: Iterable[Step], reason: SkipReason, note: str, now: datetime, how: str = BY_LINK
) -> list[Step]:
    """Record that all of these steps of a message were not done, and why: every one, or none. Raises AnswerRefused."""
    said = []
    for step in _in_order(steps):
        try:
            said.append(step_skip(step=step, by=delivery.person, reason=reason, note=note, now=now, how=how))
        except Refused as refused:
            raise AnswerRefused(step, str(refused)) from refused
        except RegimenError as error:
            raise AnswerRefused(step, str(NO_SUCH_COURSE)) from error
    delivery_answered(delivery=delivery, now=now)
    return said


@transaction.atomic
@audits_last()
def delivery_later(
    *, delivery: Delivery, steps: Iterable[Step], minutes: int, now: datetime, how: str = BY_LINK
) -> tuple[list[Step], list[AnswerRefused]]:
    """Remind of these steps later: those that may wait, and why the others may not."""
    waiting, refusals = [], []
    for step in _in_order(steps):
        try:
            waiting.append(step_snooze(step=step, by=delivery.person, minutes=minutes, now=now, how=how))
        except Refused as refused:
            refusals.append(AnswerRefused(step, str(refused)))
    if waiting:
        delivery_answered(delivery=delivery, now=now)
    return waiting, refusals


@transaction.atomic
@audits_last()
def delivery_undo(*, delivery: Delivery, steps: Iterable[Step], now: datetime) -> list[Step]:
    """Take back what was said of these steps of a message. Raises AnswerRefused."""
    taken_back = []
    for step in _in_order(steps):
        try:
            taken_back.append(step_undo(step=step, by=delivery.person, now=now, how=BY_LINK))
        except Refused as refused:
            raise AnswerRefused(step, str(refused)) from refused
    return taken_back


def delivery_opened(*, delivery: Delivery, now: datetime) -> None:
    """Keep when a person first opened the link of a message."""
    Delivery.objects.filter(pk=delivery.pk, opened_at__isnull=True).update(opened_at=now)


def delivery_answered(*, delivery: Delivery, now: datetime) -> None:
    """Keep when a person first acted on a message; whoever acts on it has opened it."""
    delivery_opened(delivery=delivery, now=now)
    Delivery.objects.filter(pk=delivery.pk, answered_at__isnull=True).update(answered_at=now)


def _in_order(steps: Iterable[Step]) -> Sequence[Step]:
    # Each takes the lock of its checklist: two people who answer at once take them in the same order.
    return sorted(steps, key=lambda step: (step.infusion_id, step.pk))
