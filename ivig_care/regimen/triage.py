"""Reported symptoms in, the most urgent matching level out: emergency, call now, office hours or next visit.

The rules are data (triage_rules.py); a protocol may make them stricter, and softer only with a clinician's approval.
What is unknown counts as the worst. Source: FACTS section 6.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from ivig_care.regimen.errors import RegimenError
from ivig_care.regimen.figures import plain_hours
from ivig_care.regimen.signs import OVER_37_8, Approval, Bounds, FeverBound, Level, Sign, TriageRule
from ivig_care.regimen.symptoms import Report, Symptom, SymptomSaid
from ivig_care.regimen.timing import Elapsed
from ivig_care.regimen.words import mark, say

OUR_CHOICE = "our choice"


@dataclass(frozen=True, kw_only=True)
class Note:
    """One more sentence for the parent, and where it comes from."""

    text: str
    source: str = ""


@dataclass(frozen=True, kw_only=True)
class Triaged:
    """The level, the rule that decided, every other rule that matched, and notes; no level when nothing is reported."""

    level: Level | None
    rule: TriageRule | None
    words: str
    source: str
    others: tuple[TriageRule, ...]
    notes: tuple[Note, ...]


@dataclass(frozen=True, kw_only=True)
class Mask:
    """A medicine that may hide a fever, and who says so."""

    ingredient: str
    source: str


MASKS = (
    Mask(ingredient="acetaminophen", source="FACTS section 6, fever"),
    # The first three lower a fever as acetaminophen does; steroids may hide one as well. FACTS says neither.
    Mask(ingredient="ibuprofen", source=OUR_CHOICE),
    Mask(ingredient="naproxen", source=OUR_CHOICE),
    Mask(ingredient="aspirin", source=OUR_CHOICE),
    Mask(ingredient="prednisone", source=OUR_CHOICE),
    Mask(ingredient="prednisolone", source=OUR_CHOICE),
    Mask(ingredient="methylprednisolone", source=OUR_CHOICE),
    Mask(ingredient="hydrocortisone", source=OUR_CHOICE),
)
# Our choice: as long as a dose counts in the ledger. No source says how long a medicine hides a fever.
MASKED_FOR = Elapsed(hours=24)

NOTHING_REPORTED = mark(
    "Nothing is reported. This does not mean that all is well: if anything worries you, call the team and ask."
)
# For a symptom that no rule of the table matches: unknown is never safe.
NO_RULE = TriageRule(
    key="no-rule",
    level=Level.OFFICE_HOURS,
    signs=(Sign(any_of=frozenset(Symptom)),),
    words=mark("No rule knows what this means. Ask the team in office hours. If it gets worse, call them at once."),
    why=mark("no rule matches"),
    source=OUR_CHOICE,
)
_MEASURED_FEVER = SymptomSaid(symptom=Symptom.FEVER)


def triage(report: Report, rules: tuple[TriageRule, ...]) -> Triaged:
    """The most urgent level whose rule matches the report; among equals the first of the table decides.

    A symptom that no rule matches is for office hours at least; nothing reported has no level. Source: FACTS section 6.
    """
    shown = [(rule, _shown_by(rule, report)) for rule in rules]
    matching = [rule for rule, symptoms in shown if symptoms]
    known = frozenset().union(*(symptoms for _, symptoms in shown))
    if any(said not in known for said in _candidates(report, (OVER_37_8,))):
        matching.append(NO_RULE)
    notes = tuple(_notes(report, rules, matching))
    if not matching:
        return Triaged(level=None, rule=None, words=NOTHING_REPORTED, source=OUR_CHOICE, others=(), notes=notes)
    first = max(matching, key=lambda rule: rule.level.urgency)
    others = tuple(rule for rule in matching if rule is not first)
    return Triaged(level=first.level, rule=first, words=first.words, source=first.source, others=others, notes=notes)


def _shown_by(rule: TriageRule, report: Report) -> frozenset[SymptomSaid]:
    # What was said that makes the rule match; nothing when it does not.
    if rule.is_off or (report.flags is not None and not rule.flags <= report.flags):
        return frozenset()
    candidates = _candidates(report, rule.fever if rule.asks_fever else ())
    shown = [frozenset(said for said in candidates if _shows(said, sign, rule, report)) for sign in rule.signs]
    return frozenset().union(*shown) if all(shown) else frozenset()


def _shows(said: SymptomSaid, sign: Sign, rule: TriageRule, report: Report) -> bool:
    return sign.is_shown_by(said) and rule.bounds.hold(said, report)


def _candidates(report: Report, fever: tuple[FeverBound, ...]) -> tuple[SymptomSaid, ...]:
    is_fever = any(bound.is_met_by(report.temperatures) for bound in fever)
    return (*report.symptoms, _MEASURED_FEVER) if is_fever else report.symptoms


def _notes(report: Report, rules: tuple[TriageRule, ...], matching: list[TriageRule]) -> Iterator[Note]:
    for rule in rules:
        for approval in rule.approvals:
            if _shown_by(rule, report) or _shown_by(approval.before, report):
                text = say(
                    "{who} approved a softer rule for {what}: {now} (before: {before}).",
                    who=approval.by,
                    what=rule.when,
                    now=rule.limits,
                    before=approval.before.limits,
                )
                yield Note(text=text, source=approval.source)
    yield from _about_doses(report)
    yield from _questions(report, matching)


def _about_doses(report: Report) -> Iterator[Note]:
    if report.doses is None:
        text = say("When was the last dose of a medicine against fever or pain, or of a steroid? It may hide a fever.")
        yield Note(text=text, source="FACTS section 6, fever")
        return
    for mask in MASKS:
        ages = [report.at - dose.at for dose in report.doses if dose.ingredient == mask.ingredient]
        counting = [age for age in ages if Elapsed() <= age < MASKED_FOR]
        if counting:
            hours = plain_hours(min(counting).total_seconds())
            text = say(
                "{medicine} given {hours} ago may hide a fever: a normal temperature proves nothing.",
                medicine=say(mask.ingredient).capitalize(),
                hours=hours,
            )
            yield Note(text=text, source=mask.source)


def _questions(report: Report, matching: list[TriageRule]) -> Iterator[Note]:
    # What is unknown counts as the worst until somebody says it.
    for symptom in dict.fromkeys(said.symptom for said in report.symptoms if not said.is_graded):
        text = say("How bad is this: {symptom}? Until you say, it counts as severe.", symptom=say(symptom))
        yield Note(text=text, source=OUR_CHOICE)
    if report.symptoms and report.started_at is None and report.ended_at is None:
        text = say("When did the infusion begin and end? Until you say, every limit in hours counts as reached.")
        yield Note(text=text, source=OUR_CHOICE)
    if report.flags is None:
        for flag in dict.fromkeys(flag for rule in matching for flag in sorted(rule.flags)):
            text = say("Is this so for your child: {flag}? Until you say, it counts as yes.", flag=say(flag))
            yield Note(text=text, source=OUR_CHOICE)


@dataclass(frozen=True, kw_only=True)
class TriageChange:
    """What a protocol changes in one rule: a new level, new bounds or fevers as a whole, or taking it off.

    A change that makes the rule softer needs the name of the clinician who approved it.
    """

    rule: str
    level: Level | None = None
    bounds: Bounds | None = None
    fever: tuple[FeverBound, ...] | None = None
    is_removed: bool = False
    approved_by: str = ""
    source: str = ""


class UnknownTriageRule(RegimenError):
    """A protocol changes a triage rule that the table does not have."""

    def __init__(self, rule: str) -> None:
        self.rule = rule
        super().__init__(f"there is no triage rule {rule!r} to change")


class SofterWithoutApproval(RegimenError):
    """A protocol would make a triage rule softer, and names no clinician who approved it."""

    def __init__(self, before: TriageRule, after: TriageRule) -> None:
        self.before = before
        self.after = after
        change = f"from {before.limits!r} to {after.limits!r}"
        super().__init__(f"triage rule {before.key!r} would be softer, {change}; it needs a clinician's approval")


def apply_changes(rules: tuple[TriageRule, ...], changes: tuple[TriageChange, ...]) -> tuple[TriageRule, ...]:
    """The table with the changes of a protocol, one after the other.

    Raises UnknownTriageRule, and SofterWithoutApproval for a softer rule that nobody approved.
    """
    for change in changes:
        if not any(rule.key == change.rule for rule in rules):
            raise UnknownTriageRule(change.rule)
        rules = tuple(_changed(rule, change) if rule.key == change.rule else rule for rule in rules)
    return rules


def is_softer(after: TriageRule, before: TriageRule) -> bool:
    """Whether any report might get a lower level by the rule `after` than by the rule `before`.

    So it is when the level is lower, the rule is taken off, or it no longer matches all that it did. A rule below
    office hours must match just what it did: one more symptom that it claims is one less for "no rule".
    """
    is_lower = after.level.urgency < before.level.urgency
    is_taken_off = after.is_off and not before.is_off
    is_claiming = after.level is Level.NEXT_VISIT and not _covers(before, after)
    return is_lower or is_taken_off or is_claiming or not _covers(after, before)


def _covers(rule: TriageRule, other: TriageRule) -> bool:
    # Both are the same row, so they ask for the same signs and flags.
    fevers = (any(mine.covers(bound) for mine in rule.fever) for bound in other.fever)
    return rule.bounds.covers(other.bounds) and all(fevers)


def _changed(rule: TriageRule, change: TriageChange) -> TriageRule:
    changed = replace(
        rule,
        level=rule.level if change.level is None else change.level,
        bounds=rule.bounds if change.bounds is None else change.bounds,
        fever=rule.fever if change.fever is None else change.fever,
        is_off=rule.is_off or change.is_removed,
        source="; ".join(source for source in (rule.source, change.source) if source),
    )
    if not is_softer(changed, rule):
        return changed
    if not change.approved_by.strip():
        raise SofterWithoutApproval(rule, changed)
    approval = Approval(by=change.approved_by, source=change.source, before=rule)
    return replace(changed, approvals=(*rule.approvals, approval))
