"""What the regimen computes in one formula, found the long way: second by second, with nothing but additions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from math import lcm


@dataclass(frozen=True, kw_only=True)
class PumpStep:
    """One rate of a ladder: mL/h for so many whole seconds; the last one runs on."""

    ml_h: Fraction
    seconds: int


@dataclass(frozen=True, kw_only=True)
class Turn:
    """What a nurse does at the pump: sets the rung of that number, or holds another rate; neither is a pause."""

    rung: int | None = None
    ml_h: Fraction | None = None


@dataclass(frozen=True, kw_only=True)
class Emptied:
    """After how many whole seconds nothing is left to give, and what was given then."""

    seconds: int
    given_ml: Fraction


def pump(
    ladder: tuple[PumpStep, ...], volume_ml: Fraction, turns: Mapping[int, Turn], ends_after: int | None = None
) -> Emptied:
    """A pump that is looked at every second, at which people turn it: at the second of each turn, or not at all.

    It goes on at least until the last turn, and a pause that nobody ends is over at once.
    """
    # Volumes are whole numbers of this share of a mL, so that adding them up is exact and quick.
    shares = 3600 * lcm(*(step.ml_h.denominator for step in ladder), volume_ml.denominator, *_denominators(turns))
    in_a_second = [int(step.ml_h * shares / 3600) for step in ladder]
    ordered, given = int(volume_ml * shares), 0
    last_turn = max(turns, default=0)
    rung, spent, held, is_paused, second = 0, 0, None, False, 0
    while True:
        turn = turns.get(second)
        if turn is not None:
            is_paused = turn.rung is None and turn.ml_h is None
            if turn.rung is not None:
                rung, spent, held = turn.rung, 0, None
            elif turn.ml_h is not None:
                held = int(turn.ml_h * shares / 3600)
        if second >= last_turn:
            is_paused = is_paused and ends_after is not None
            if given >= ordered:
                return Emptied(seconds=second, given_ml=_ml(given, shares, ordered, is_over=second == last_turn))
        if second == ends_after:
            return Emptied(seconds=second, given_ml=Fraction(given, shares))
        if not is_paused:
            if held is None and spent == ladder[rung].seconds and rung < len(ladder) - 1:
                rung, spent = rung + 1, 0
            given += in_a_second[rung] if held is None else held
            spent += held is None
        second += 1


def _ml(given: int, shares: int, ordered: int, *, is_over: bool) -> Fraction:
    # The last second may be cut short; only a turn that comes too late shows that more was given than ordered.
    return Fraction(given if is_over else ordered, shares)


def _denominators(turns: Mapping[int, Turn]) -> list[int]:
    return [turn.ml_h.denominator for turn in turns.values() if turn.ml_h is not None]
