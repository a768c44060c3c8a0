"""The difference between the checklist as it stands and as it is wanted: add, move, withdraw, keep."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from ivig_care.regimen.schedule import DatedStep
from ivig_care.regimen.steps import State
from ivig_care.regimen.timing import Window


class Action(StrEnum):
    """What happens to one slot."""

    ADD = "add"
    MOVE = "move"
    WITHDRAW = "withdraw"
    KEEP = "keep"


@dataclass(frozen=True, kw_only=True)
class Existing:
    """A step as the checklist holds it now."""

    slot: str
    title: str
    state: State
    window: Window


@dataclass(frozen=True, kw_only=True)
class Change:
    """What happens to one slot and why. `step` is the wanted one, None when there is none any more."""

    action: Action
    slot: str
    title: str
    reason: str
    before: Window | None = None
    step: DatedStep | None = None

    @property
    def after(self) -> Window | None:
        """The window after the change; None when the step is withdrawn."""
        return None if self.step is None else self.step.window


def diff(existing: Iterable[Existing], wanted: Iterable[DatedStep]) -> tuple[Change, ...]:
    """The changes that turn the existing steps into the wanted ones; with them applied there are none left.

    What a person said (done, skipped) never moves and is never withdrawn.
    """
    held = {step.slot: step for step in existing}
    asked = {step.slot: step for step in wanted}
    changes = [_for_wanted(held.get(slot), step) for slot, step in asked.items()]
    changes += [_for_unwanted(step) for slot, step in held.items() if slot not in asked]
    return tuple(changes)


def _for_wanted(held: Existing | None, step: DatedStep) -> Change:
    if held is None:
        return Change(action=Action.ADD, slot=step.slot, title=step.title, reason="new", step=step)
    action, reason = Action.KEEP, "unchanged"
    if held.state.is_said:
        reason = f"already {held.state}"
    elif held.state is State.WITHDRAWN:
        action, reason = Action.ADD, "wanted again"
    elif held.window != step.window:
        action, reason = Action.MOVE, f"follows {step.follows}"
    return Change(action=action, slot=step.slot, title=step.title, reason=reason, before=held.window, step=step)


def _for_unwanted(held: Existing) -> Change:
    is_fact = held.state.is_said or held.state is State.WITHDRAWN
    return Change(
        action=Action.KEEP if is_fact else Action.WITHDRAW,
        slot=held.slot,
        title=held.title,
        reason=f"already {held.state}" if is_fact else "no longer needed",
        before=held.window,
    )
