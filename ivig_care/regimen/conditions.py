"""What is so for an infusion, and which lines of a protocol that leaves out. What is unknown leaves nothing out."""

from __future__ import annotations

from ivig_care.regimen.facts import InfusionFacts
from ivig_care.regimen.protocol import StepRule
from ivig_care.regimen.timing import Elapsed

# These three are found out from the facts; every other condition is one that a clinician names.
FIRST_INFUSION = "first infusion"
LONG_GAP = "long gap"
BRAND_CHANGED = "brand changed"
FOUND_OUT = frozenset({FIRST_INFUSION, LONG_GAP, BRAND_CHANGED})

# Source: FACTS section 2, P7 [S7] and P16 [S19]: more than 8 weeks since the last infusion.
LONGEST_GAP = Elapsed(weeks=8)


def holds(condition: str, facts: InfusionFacts) -> bool | None:
    """Whether a condition holds for this infusion; None when nobody knows."""
    if condition in facts.conditions | facts.flags:
        return True
    match condition:
        case "first infusion":
            return facts.is_first
        case "long gap":
            return _since_last(facts, is_gap_long(facts))
        case "brand changed":
            return _since_last(facts, facts.last is not None and facts.last.product != facts.product.name)
    return False


def is_gap_long(facts: InfusionFacts) -> bool:
    """Whether more than 8 weeks lie between the last infusion's end and this one's start. Source: P7, P16."""
    start = min((day.actual_start or day.planned_start for day in facts.days_kept), default=None)
    return start is not None and facts.last is not None and start - facts.last.ended_at > LONGEST_GAP


def left_out_because(rule: StepRule, facts: InfusionFacts) -> str:
    """Why a line of the protocol is not for this infusion; empty when it is, or when nobody knows."""
    for condition in rule.unless:
        if holds(condition, facts):
            return condition
    if rule.when and all(holds(condition, facts) is False for condition in rule.when):
        return f"only for: {', '.join(rule.when)}"
    return ""


def _since_last(facts: InfusionFacts, answer: bool) -> bool | None:
    """Before a first infusion there was none; else the answer, if it is known what came before."""
    if facts.is_first:
        return False
    return None if facts.last is None else answer
