"""`python -m tests.bench.regimen`: how long dating the steps of an infusion takes, and again after a late start."""

from __future__ import annotations

import json
import sys
import timeit
from collections.abc import Callable
from dataclasses import replace
from datetime import time
from fractions import Fraction

from ivig_care.regimen.changes import Change, diff
from ivig_care.regimen.facts import InfusionFacts, SlotFact
from ivig_care.regimen.protocol import (
    AfterStep,
    Anchor,
    CourseRule,
    Days,
    Kind,
    Ladder,
    Medicine,
    Moment,
    Protocol,
    RateStep,
    StepRule,
)
from ivig_care.regimen.schedule import build_schedule
from ivig_care.regimen.steps import State
from ivig_care.regimen.timing import Elapsed, WallClock
from tests.regimen.builders import A_WINDOW, at, day, facts, held, hours, minutes, nudges, rule

STEPS = 200
ROUNDS = 40
# Steps on the checklist: infusion days, lots of the rules below, hours of aftercare. A lot is sixteen steps on each day
# and the doses of one course; the ten lots of the last are more than any protocol has, and show how the cost grows.
SIZES = {20: (1, 1, 24), 200: (5, 2, 48), 2000: (5, 20, 48)}

# Kind, name and time of fourteen of the sixteen: on the wall of a day counted from the infusion's, or from its start.
_EACH_DAY = (
    (Kind.FLUIDS, "evening-before", Anchor.PLANNED_START, WallClock(-1, time(18))),
    (Kind.FLUIDS, "morning", Anchor.PLANNED_START, WallClock(0, time(7))),
    (Kind.TASK, "breakfast", Anchor.START, hours(-2)),
    (Kind.TASK, "cream", Anchor.START, hours(-1)),
    (Kind.MEDICINE, "steroid", Anchor.START, minutes(-30)),
    (Kind.CHECK, "first-half-hour", Anchor.START, minutes(30)),
    (Kind.FLUIDS, "during", Anchor.START, hours(1)),
    (Kind.CHECK, "arm", Anchor.START, hours(2)),
    (Kind.FLUIDS, "lunch", Anchor.START, hours(3)),
    (Kind.CHECK, "temperature", Anchor.END, hours(1)),
    (Kind.FLUIDS, "afternoon", Anchor.END, hours(2)),
    (Kind.CHECK, "headache", Anchor.END, hours(4)),
    (Kind.TASK, "diary", Anchor.PLANNED_START, WallClock(0, time(19))),
    (Kind.CHECK, "next-morning", Anchor.END, WallClock(1, time(8))),
)
_LADDER = Ladder(
    steps=(
        RateStep(ml_per_kg_h=Fraction(1, 2), minutes=Fraction(30)),
        RateStep(ml_per_kg_h=Fraction(1), minutes=Fraction(30)),
        RateStep(ml_per_kg_h=Fraction(2), minutes=Fraction(30)),
        RateStep(ml_per_kg_h=Fraction(3)),
    )
)


def infusion(steps: int) -> tuple[Protocol, InfusionFacts]:
    """A protocol and the facts of an infusion, planned for 10:00 in London, with so many steps on its checklist."""
    days, lots, aftercare = SIZES[steps]
    protocol = Protocol(
        name="bench",
        ladder=_LADDER,
        steps=tuple(rule for lot in range(lots) for rule in _rules(lot)),
        courses=tuple(_course(lot, hours(aftercare)) for lot in range(lots)),
    )
    return protocol, facts(*(day(number) for number in range(1, days + 1)), zone="Europe/London")


def _rules(lot: int) -> tuple[StepRule, ...]:
    steroid = Medicine(ingredient=f"prednisone {lot}", mg=Fraction(20))
    premedication = Medicine(ingredient=f"acetaminophen {lot}", mg_per_kg=Fraction(15), mg_per_ml=Fraction(32))
    antihistamine = Medicine(ingredient=f"cetirizine {lot}", mg=Fraction(5))
    each_day = (
        rule(
            f"{name}{lot}",
            offset,
            kind=kind,
            anchor=anchor,
            nudges=nudges(),
            medicines=(steroid,) if kind is Kind.MEDICINE else (),
        )
        for kind, name, anchor, offset in _EACH_DAY
    )
    before = rule(
        f"premed{lot}",
        minutes(-30),
        kind=Kind.PREMEDICATION,
        medicines=(premedication, antihistamine),
        nudges=nudges(),
    )
    return (before, *each_day)


def _course(lot: int, aftercare: Elapsed) -> CourseRule:
    return CourseRule(
        key=f"course{lot}",
        medicine=Medicine(ingredient=f"acetaminophen {lot}", mg_per_kg=Fraction(15)),
        every=hours(6),
        first=AfterStep(after_step=f"premed{lot}"),
        until=Moment(anchor=Anchor.END, day=Days.LAST, offset=aftercare),
        window=A_WINDOW,
        nudges=nudges(may_wake=True),
    )


def begun_late(protocol: Protocol, planned: InfusionFacts) -> InfusionFacts:
    """The same infusion, begun 45 minutes late; what was due by the planned start is done, each a little late."""
    done = tuple(
        SlotFact(slot=step.slot, state=State.DONE, at=step.window.due_at + minutes(5), due_at=step.window.due_at)
        for step in build_schedule(protocol, planned).ticked
        if step.window.due_at <= at("09:00")
    )
    first, *others = planned.days
    late = replace(first, actual_start=first.planned_start + minutes(45))
    return replace(planned, days=(late, *others), slots=done)


def seconds_to_build(steps: int) -> float:
    """Seconds for `build_schedule`, the best of many rounds."""
    protocol, planned = infusion(steps)
    return _best(lambda: build_schedule(protocol, planned))


def seconds_to_reanchor(steps: int) -> float:
    """Seconds for `build_schedule` with the late start and the `diff` against what stood, the best of many rounds."""
    protocol, planned = infusion(steps)
    standing = tuple(held(build_schedule(protocol, planned).ticked).values())
    known = begun_late(protocol, planned)

    def reanchor() -> tuple[Change, ...]:
        return diff(standing, build_schedule(protocol, known).ticked)

    return _best(reanchor)


def _best(work: Callable[[], object]) -> float:
    return min(timeit.repeat(work, number=1, repeat=ROUNDS))


def main() -> int:
    """Write the figures as one JSON object."""
    figures = {
        "steps": STEPS,
        "build_ms": round(1000 * seconds_to_build(STEPS), 3),
        "reanchor_ms": round(1000 * seconds_to_reanchor(STEPS), 3),
        "per_step_us": {str(steps): round(1_000_000 * seconds_to_build(steps) / steps, 2) for steps in SIZES},
    }
    sys.stdout.write(json.dumps(figures) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
