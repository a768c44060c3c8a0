"""The infusion-rate ladder: mL/h and volume of each rung, the predicted end, and ceilings that warn.

All figures are exact fractions. Units: kg, mL, mL/h, mL/kg/h, mg/mL, minutes.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from fractions import Fraction

from ivig_care.regimen.protocol import Ladder

# FACTS section 3, catalogue rules: the printed 3.3 mg/kg/min is a rounding of 3.333, so a hair above is no warning.
CEILING_TOLERANCE = Fraction(102, 100)


@dataclass(frozen=True, kw_only=True)
class Ceiling:
    """A highest rate in mL/kg/h that a source gives for a use; `flag` limits it to children who carry that risk."""

    use: str
    ml_per_kg_h: Fraction
    source: str
    flag: str = ""


@dataclass(frozen=True, kw_only=True)
class Product:
    """An immunoglobulin product: name, concentration in mg/mL, and the ceilings known for it (none known: unknown)."""

    name: str
    mg_per_ml: Fraction
    ceilings: tuple[Ceiling, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Rung:
    """One rung as it will run: begins `starts_after` minutes from the start, lasts `minutes`, gives `volume_ml`."""

    starts_after: Fraction
    ml_per_kg_h: Fraction
    ml_h: Fraction
    minutes: Fraction
    volume_ml: Fraction


def climb(ladder: Ladder, *, weight_kg: Fraction, volume_ml: Fraction) -> tuple[Rung, ...]:
    """The rungs that it takes to give `volume_ml`; a rung that would overshoot ends early, the last one runs on.

    A ladder whose last rung has minutes keeps that rate until the volume is in. rate mL/h = kg x mL/kg/h.
    """
    return tuple(_rungs(ladder, weight_kg, volume_ml))


def duration(rungs: tuple[Rung, ...]) -> timedelta:
    """How long the rungs take, rounded up to the second."""
    return whole_seconds(sum((rung.minutes for rung in rungs), Fraction(0)))


def whole_seconds(minutes: Fraction) -> timedelta:
    """So many minutes, rounded up to the second: a pump and a clock know nothing finer."""
    return timedelta(seconds=math.ceil(minutes * 60))


def exceeded(rungs: tuple[Rung, ...], ceilings: tuple[Ceiling, ...], flags: frozenset[str]) -> tuple[Ceiling, ...]:
    """The ceilings that apply to a child with these risk flags and that the fastest rung goes above.

    Source: FACTS section 3 (columns "Max by use" and "Risk cap"), with its 2 % tolerance.
    """
    fastest = max((rung.ml_per_kg_h for rung in rungs), default=Fraction(0))
    applying = (ceiling for ceiling in ceilings if not ceiling.flag or ceiling.flag in flags)
    return tuple(ceiling for ceiling in applying if fastest > ceiling.ml_per_kg_h * CEILING_TOLERANCE)


def _rungs(ladder: Ladder, weight_kg: Fraction, volume_ml: Fraction) -> Iterator[Rung]:
    left, elapsed = volume_ml, Fraction(0)
    for index, step in enumerate(ladder.steps):
        ml_h = weight_kg * step.ml_per_kg_h
        minutes_to_empty = left / ml_h * 60
        is_last = index == len(ladder.steps) - 1
        minutes = minutes_to_empty if is_last or step.minutes is None else min(step.minutes, minutes_to_empty)
        volume = ml_h * minutes / 60
        yield Rung(starts_after=elapsed, ml_per_kg_h=step.ml_per_kg_h, ml_h=ml_h, minutes=minutes, volume_ml=volume)
        left, elapsed = left - volume, elapsed + minutes
        if left <= 0:
            return
