"""After a medicine that was given because it was needed: look again whether it helped.

No source sets the time. It is our choice as a product, no clinical figure: an hour, after which somebody who gave a
medicine against pain wants to know; see docs/adr/0020.
"""

from __future__ import annotations

from collections.abc import Iterator

from ivig_care.regimen.dated import Basis, DatedStep
from ivig_care.regimen.facts import InfusionFacts
from ivig_care.regimen.protocol import Actor, Kind, NudgePolicy
from ivig_care.regimen.steps import State
from ivig_care.regimen.timing import Elapsed, WindowRule
from ivig_care.regimen.words import mark

# The first part of its slots; no line of a protocol may be called so.
RECHECK = "recheck"
LOOK_AGAIN_AFTER = Elapsed(minutes=60)
OUR_CHOICE = "our choice, not clinical"
WINDOW = WindowRule(opens_before=Elapsed(minutes=30), late_after=Elapsed(minutes=30), closes_after=Elapsed(hours=3))
# Nobody is woken for it: whoever sleeps is not to be asked how the head is.
NUDGES = NudgePolicy(repeat_every=Elapsed(minutes=30), repeats=1)


def rechecks_of(facts: InfusionFacts) -> Iterator[DatedStep]:
    """One check for each medicine that was given as needed, due an hour after it was given."""
    said = {fact.slot: fact for fact in facts.slots}
    for relief in facts.reliefs:
        slot = f"{RECHECK}.{relief.key}"
        fact = said.get(slot)
        state = State.OPEN if fact is None else fact.state
        yield DatedStep(
            slot=slot,
            rule=RECHECK,
            kind=Kind.CHECK,
            actor=Actor.FAMILY,
            title=mark("Did %(medicine)s help? Look again") % {"medicine": relief.name},
            window=WINDOW.around(relief.given_at + LOOK_AGAIN_AFTER),
            basis=Basis.ACTUAL,
            follows=f"{relief.name} as needed",
            why=mark("Say how your child is now. If it is worse, call."),
            source=OUR_CHOICE,
            nudges=NUDGES,
            state=state,
            done_at=fact.at if fact is not None and state is State.DONE else None,
        )
