"""The difference between the checklist as it stands and as it is wanted: add, move, withdraw, keep."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction

from ivig_care.regimen.dated import DatedStep, LeftOut
from ivig_care.regimen.figures import plain
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
    """A step as the checklist holds it now; `mg` and `mg_per_ml` as they were stored, None when it gives nothing."""

    slot: str
    title: str
    state: State
    window: Window
    mg: Fraction | None = None
    mg_per_ml: Fraction | None = None


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


# A checklist stores mg to a thousandth; what differs by less is the same amount.
SAME = Fraction(1, 1000)


def diff(
    existing: Iterable[Existing], wanted: Iterable[DatedStep], left_out: Iterable[LeftOut] = ()
) -> tuple[Change, ...]:
    """The changes that turn the existing steps into the wanted ones; with them applied there are none left.

    What a person said (done, skipped) never moves and is never withdrawn. `left_out` gives the reasons of what is
    withdrawn.
    """
    held = {step.slot: step for step in existing}
    asked = {step.slot: step for step in wanted}
    reasons = {(one.rule, f"d{one.day}" if one.day else ""): one.reason for one in left_out}
    changes = [_for_wanted(held.get(slot), step) for slot, step in asked.items()]
    rules = {step.rule for step in asked.values()}
    changes += [_for_unwanted(step, reasons, rules) for slot, step in held.items() if slot not in asked]
    return tuple(changes)


def _for_wanted(held: Existing | None, step: DatedStep) -> Change:
    if held is None:
        return Change(action=Action.ADD, slot=step.slot, title=step.title, reason="new", step=step)
    action, reason = Action.KEEP, "unchanged"
    if held.state.is_said:
        reason = f"already {held.state}"
    elif held.state is State.WITHDRAWN:
        action, reason = Action.ADD, "wanted again"
    elif changed := tuple(_what_changed(held, step)):
        action, reason = Action.MOVE, "; ".join(changed)
    return Change(action=action, slot=step.slot, title=step.title, reason=reason, before=held.window, step=step)


def _what_changed(held: Existing, step: DatedStep) -> Iterator[str]:
    if held.window != step.window:
        yield f"follows {step.follows}"
    if held.state is State.OPEN and step.dose is not None:
        amounts = (("mg", held.mg, step.dose.mg), ("mg/mL", held.mg_per_ml, step.dose.mg_per_ml))
        for unit, before, now in amounts:
            if not _is_same(before, now):
                yield f"{_amount(now, unit)} now, {_amount(before, unit)} before"


def _for_unwanted(held: Existing, reasons: Mapping[tuple[str, str], str], rules: set[str]) -> Change:
    is_fact = held.state.is_said or held.state is State.WITHDRAWN
    return Change(
        action=Action.KEEP if is_fact else Action.WITHDRAW,
        slot=held.slot,
        title=held.title,
        reason=f"already {held.state}" if is_fact else _why_unwanted(held.slot, reasons, rules),
        before=held.window,
    )


def _why_unwanted(slot: str, reasons: Mapping[tuple[str, str], str], rules: set[str]) -> str:
    rule, _, rest = slot.partition(".")
    day = rest.partition(".")[0]
    otherwise = "no longer needed" if rule in rules else "no longer in the plan"
    return reasons.get((rule, day)) or reasons.get((rule, ""), otherwise)


def _is_same(held: Fraction | None, wanted: Fraction | None) -> bool:
    if held == wanted:
        return True
    return held is not None and wanted is not None and abs(held - wanted) < SAME


def _amount(number: Fraction | None, unit: str) -> str:
    return f"unknown {unit}" if number is None else f"{plain(number)} {unit}"
