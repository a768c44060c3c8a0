"""May this be given now, and if not, when: every rule of the ledger asked at once, for an amount of a medicine.

It answers; it never refuses. What was given is recorded whatever the answer would have been.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from fractions import Fraction
from functools import reduce

from ivig_care.regimen.doses import DAY, Body, Code, DoseGiven, FoundLimit, MedicineLimit, limit_for, stricter
from ivig_care.regimen.figures import plain, plain_hours
from ivig_care.regimen.medicines import Amount, ExclusiveClass, RuleSet, shared_classes
from ivig_care.regimen.words import say


class Verdict(StrEnum):
    """The answer in a word. What is known to be broken is said before what is not known."""

    YES = "yes"
    TOO_MUCH = "too much"
    NOT_TOGETHER = "not together"
    TOO_SOON = "too soon"
    ASK = "ask the clinic"


# The first that applies is the verdict; a code that stands in none of them only warns.
_VERDICTS = (
    (Verdict.TOO_MUCH, frozenset({Code.DOSE_TOO_LARGE, Code.TOO_MUCH})),
    (Verdict.NOT_TOGETHER, frozenset({Code.NOT_TOGETHER})),
    (Verdict.TOO_SOON, frozenset({Code.TOO_CLOSE, Code.TOO_MANY})),
    (
        Verdict.ASK,
        frozenset(
            {
                Code.ASK_FIRST,
                Code.MEDICINE_UNKNOWN,
                Code.LIMIT_UNKNOWN,
                Code.WEIGHT_UNKNOWN,
                Code.AGE_UNKNOWN,
                Code.AMOUNT_UNKNOWN,
            }
        ),
    ),
)


@dataclass(frozen=True, kw_only=True)
class Reason:
    """Why the ledger answers as it does: a code, a sentence for a parent, and the source that says so."""

    code: Code
    text: str
    source: str = ""


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What the ledger says of an amount at an instant; all instants are UTC.

    `last` is the latest dose of any of its ingredients until then. `next_at` is the first instant, from the one asked
    for on, at which everything that is known is kept: it is that very instant when nothing known is broken, and None
    when waiting cannot help or nothing is known. While `is_known` is False it is only "not before": ask even then.
    `then_none_until`: given at the instant asked for, it would be the last for longer than the shortest interval.
    """

    verdict: Verdict
    reasons: tuple[Reason, ...]
    last: DoseGiven | None
    next_at: datetime | None
    then_none_until: datetime | None

    @property
    def is_known(self) -> bool:
        """Whether nothing that the answer hangs on is unknown or left to the clinic."""
        return not any(reason.code in _VERDICTS[-1][1] for reason in self.reasons)


@dataclass(frozen=True, kw_only=True)
class _Other:
    """A dose of another ingredient, and the class by which the two are not given together."""

    dose: DoseGiven
    by: ExclusiveClass


@dataclass(frozen=True, kw_only=True)
class _Part:
    """One ingredient of what is asked for, with all that its rules look at; the highest amounts in mg.

    `others` are doses of the record, `mates` ingredients of the same question, that are not given together with it; a
    pair of mates is named once, by the first of the two.
    """

    ingredient: str
    mg: Fraction | None
    found: FoundLimit
    most_mg_dose: Fraction | None
    most_mg_24h: Fraction | None
    doses: tuple[DoseGiven, ...]
    others: tuple[_Other, ...]
    mates: tuple[tuple[str, ExclusiveClass], ...]
    is_in_formulary: bool
    is_agreed: bool

    @property
    def limit(self) -> MedicineLimit:
        """The limit that holds for the child."""
        return self.found.limit

    def given_at(self, at: datetime) -> _Part:
        """The same after it was given at `at`."""
        return replace(self, doses=(*self.doses, DoseGiven(ingredient=self.ingredient, at=at, mg=self.mg)))


def may_be_given(
    asked: tuple[Amount, ...],
    *,
    doses: tuple[DoseGiven, ...],
    body: Body,
    rules: RuleSet,
    at: datetime,
    prescribed: tuple[MedicineLimit, ...] = (),
) -> Answer:
    """Whether these amounts may be given together at the UTC instant `at`, after and before the doses of the record.

    `asked` is one ingredient or what a combination resolves to. It must keep, for each ingredient, the shortest
    interval to every dose, the most doses and mg in every window (t - 24 h, t] that holds it, and the most in one dose;
    nothing that is not given together may lie near. `prescribed` are the bounds of the child's own orders, one for each
    ingredient that the clinic agreed to: the stricter value holds. Unknown is never yes. Source: FACTS section 4.
    """
    parts = tuple(_part(one, asked, doses, body, rules, at, prescribed) for one in _merged(asked))
    broken = tuple(_broken(parts, at))
    reasons = (*broken, *_unknown(parts, doses, rules, at), *_warnings(parts, body, at))
    return Answer(
        verdict=_verdict(reasons),
        reasons=reasons,
        last=_last(parts, at),
        next_at=_first_allowed(parts, at),
        then_none_until=None if broken else _then_none_until(parts, at),
    )


def _merged(asked: tuple[Amount, ...]) -> Iterator[Amount]:
    """One amount for each ingredient; unknown as soon as one of several is."""
    for name in dict.fromkeys(amount.ingredient for amount in asked):
        amounts = [amount.mg for amount in asked if amount.ingredient == name]
        known = [mg for mg in amounts if mg is not None]
        yield Amount(ingredient=name, mg=sum(known, Fraction(0)) if len(known) == len(amounts) else None)


def _part(
    amount: Amount,
    asked: tuple[Amount, ...],
    doses: tuple[DoseGiven, ...],
    body: Body,
    rules: RuleSet,
    at: datetime,
    prescribed: tuple[MedicineLimit, ...],
) -> _Part:
    name = amount.ingredient
    orders = [order for order in prescribed if order.ingredient == name]
    order = reduce(stricter, orders) if orders else None
    found = limit_for(rules.limits_here, name, body, at, order)
    medicine = rules.formulary.medicine(name)
    return _Part(
        ingredient=name,
        mg=amount.mg,
        found=found,
        most_mg_dose=_most(found.limit.max_mg_dose, found.limit.max_mg_per_kg_dose, body),
        most_mg_24h=_most(found.limit.max_mg_24h, found.limit.max_mg_per_kg_24h, body),
        doses=tuple(dose for dose in doses if dose.ingredient == name),
        others=tuple(
            _Other(dose=dose, by=one)
            for dose in doses
            for one in shared_classes(name, dose.ingredient, rules.formulary, rules.exclusive)
        ),
        mates=tuple(
            (other.ingredient, one)
            for other in asked
            if name < other.ingredient
            for one in shared_classes(name, other.ingredient, rules.formulary, rules.exclusive)
        ),
        is_in_formulary=medicine is not None,
        is_agreed=order is not None or medicine is None or not medicine.needs_agreement,
    )


def _most(mg: Fraction | None, mg_per_kg: Fraction | None, body: Body) -> Fraction | None:
    """The lesser of the two in mg, as far as they are known."""
    by_weight = None if mg_per_kg is None or body.weight_kg is None else mg_per_kg * body.weight_kg
    return min((bound for bound in (mg, by_weight) if bound is not None), default=None)


# --- what is broken ---------------------------------------------------------------------------


def _broken(parts: tuple[_Part, ...], at: datetime) -> Iterator[Reason]:
    """What giving the parts at the instant `at` would break, of all that is known."""
    for part in parts:
        yield from _broken_by_amount(part, at)
        yield from _broken_by_company(part, at)
        yield from _broken_by_time(part, at)


def _broken_by_amount(part: _Part, at: datetime) -> Iterator[Reason]:
    name, source = say(part.ingredient), part.limit.source
    # An amount nobody knows counts as nothing here: it is more, and that it is unknown is said besides.
    mg = part.mg or Fraction(0)
    if part.most_mg_dose is not None and mg > part.most_mg_dose:
        text = say(
            "One dose of {medicine} is at most {most} mg for this child; this is {mg} mg.",
            medicine=name,
            most=plain(part.most_mg_dose),
            mg=plain(mg),
        )
        yield Reason(code=Code.DOSE_TOO_LARGE, text=text, source=source)
    total = mg + max(sum((dose.mg or Fraction(0) for dose in window), Fraction(0)) for window in _windows(part, at))
    if part.most_mg_24h is not None and total > part.most_mg_24h:
        text = say(
            "This would make {total} mg of {medicine} in 24 hours; the most for this child is {most} mg.",
            medicine=name,
            total=plain(total),
            most=plain(part.most_mg_24h),
        )
        yield Reason(code=Code.TOO_MUCH, text=text, source=source)


def _broken_by_company(part: _Part, at: datetime) -> Iterator[Reason]:
    near = [(other.dose.ingredient, other.by) for other in part.others if abs(other.dose.at - at) < other.by.within]
    for name, by in dict.fromkeys((*part.mates, *near)):
        hours = plain_hours(by.within.total_seconds())
        text = say(
            "{medicine} and {other} are both {kind}: they are not given within {hours} of each other.",
            medicine=say(part.ingredient),
            other=say(name),
            kind=say(by.kind),
            hours=hours,
        )
        yield Reason(code=Code.NOT_TOGETHER, text=_sentence(text), source=by.source)


def _broken_by_time(part: _Part, at: datetime) -> Iterator[Reason]:
    name, limit = say(part.ingredient), part.limit
    interval = limit.min_interval
    if interval and any(abs(dose.at - at) < interval for dose in part.doses):
        hours = plain_hours(interval.total_seconds())
        text = say("Two doses of {medicine} need at least {hours} between them.", medicine=name, hours=hours)
        yield Reason(code=Code.TOO_CLOSE, text=text, source=limit.source)
    count = 1 + max(map(len, _windows(part, at)))
    if limit.max_doses_24h and count > limit.max_doses_24h:
        text = say(
            "This would be dose {count} of {medicine} in 24 hours; the most is {most}.",
            count=count,
            medicine=name,
            most=limit.max_doses_24h,
        )
        yield Reason(code=Code.TOO_MANY, text=text, source=limit.source)


def _windows(part: _Part, at: datetime) -> list[list[DoseGiven]]:
    """The doses in each window (t - 24 h, t] that holds `at` and ends there or at a later dose."""
    ends = (at, *(dose.at for dose in part.doses if at < dose.at < at + DAY))
    return [[dose for dose in part.doses if end - DAY < dose.at <= end] for end in ends]


# --- what is not known ------------------------------------------------------------------------


def _unknown(parts: tuple[_Part, ...], doses: tuple[DoseGiven, ...], rules: RuleSet, at: datetime) -> Iterator[Reason]:
    if not parts:
        text = say("What is in this medicine is not known here. Ask the clinic.")
        yield Reason(code=Code.MEDICINE_UNKNOWN, text=text)
    for part in parts:
        yield from _unknown_of(part, at)
    near = {dose.ingredient for dose in doses if abs(dose.at - at) < DAY}
    for name in sorted(name for name in near if rules.formulary.medicine(name) is None):
        text = say(
            "{medicine} was given within 24 hours of this, and what is in it is not known here. Ask the clinic.",
            medicine=say(name),
        )
        yield Reason(code=Code.MEDICINE_UNKNOWN, text=_sentence(text))


def _unknown_of(part: _Part, at: datetime) -> Iterator[Reason]:
    name, source = say(part.ingredient), part.limit.source
    if not part.is_in_formulary:
        text = say("Nothing is known here of a medicine called {medicine}. Ask the clinic.", medicine=name)
        yield Reason(code=Code.MEDICINE_UNKNOWN, text=text)
    if not part.is_agreed:
        text = say(
            "{medicine} is given only if the clinic agreed to it for this child. Ask the clinic first.", medicine=name
        )
        yield Reason(code=Code.ASK_FIRST, text=_sentence(text), source=source)
    for unknown in part.found.unknown:
        yield Reason(code=unknown.code, text=say("{what}. Ask the clinic.", what=unknown.what), source=source)
    if part.mg is None:
        text = say("How much {medicine} this is, is not known. Ask the clinic.", medicine=name)
        yield Reason(code=Code.AMOUNT_UNKNOWN, text=text)
    if any(dose.mg is None for window in _windows(part, at) for dose in window):
        text = say(
            "How much {medicine} was given within 24 hours of this is not known for every dose. Ask the clinic.",
            medicine=name,
        )
        yield Reason(code=Code.AMOUNT_UNKNOWN, text=text)


def _warnings(parts: tuple[_Part, ...], body: Body, at: datetime) -> Iterator[Reason]:
    stale = body.stale_weight(at)
    if stale and any(part.limit.is_by_weight for part in parts):
        yield Reason(code=Code.WEIGHT_OLD, text=stale, source="FACTS section 4, composite rules")
    for part in parts:
        if part.limit.caution:
            text = f"{say(part.ingredient)}: {say(part.limit.caution)}"
            yield Reason(code=Code.CAUTION, text=_sentence(text), source=part.limit.source)


def _verdict(reasons: tuple[Reason, ...]) -> Verdict:
    codes = {reason.code for reason in reasons}
    return next((verdict for verdict, those in _VERDICTS if those & codes), Verdict.YES)


# --- when -------------------------------------------------------------------------------------


def _last(parts: tuple[_Part, ...], at: datetime) -> DoseGiven | None:
    until_then = (dose for part in parts for dose in part.doses if dose.at <= at)
    return max(until_then, key=lambda dose: dose.at, default=None)


def _first_allowed(parts: tuple[_Part, ...], at: datetime) -> datetime | None:
    """The first instant from `at` on that breaks nothing known; None when there is none, or nothing is known."""
    if not any(_says_something(part) for part in parts):
        return None
    later = sorted(instant for part in parts for instant in _turns(part) if instant > at)
    return next((instant for instant in (at, *later) if not any(_broken(parts, instant))), None)


def _says_something(part: _Part) -> bool:
    # Asked of the limit alone: a dose given can put the next one off, never make it known.
    limit = part.limit
    return bool(limit.min_interval or limit.max_doses_24h or part.most_mg_24h)


def _turns(part: _Part) -> Iterator[datetime]:
    """The instants at which a dose stops standing in the way; nothing gets better in between."""
    for dose in part.doses:
        yield dose.at + DAY
        yield dose.at + (part.limit.min_interval or timedelta())
    for other in part.others:
        yield other.dose.at + other.by.within


def _then_none_until(parts: tuple[_Part, ...], at: datetime) -> datetime | None:
    after = tuple(part.given_at(at) for part in parts)
    next_at = _first_allowed(after, at)
    if next_at is None:
        return None
    interval = max(part.limit.min_interval or timedelta() for part in parts)
    return next_at if next_at > at + interval else None


def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:]
