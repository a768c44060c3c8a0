"""The ingredient ledger: what was given, how close together, how much in a day, and what a source allows.

The count window is (t - 24 h, t]: a dose exactly 24 h old no longer counts. Intervals are elapsed time. Everything
counts by the time it was given, whenever it was written down. Source: FACTS section 4.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from enum import StrEnum
from fractions import Fraction
from functools import reduce
from itertools import pairwise
from typing import TypeVar
from zoneinfo import ZoneInfo

from ivig_care.regimen.timing import Elapsed
from ivig_care.regimen.words import say

T = TypeVar("T", Elapsed, Fraction, int)

DAY = timedelta(hours=24)


@dataclass(frozen=True, kw_only=True)
class DoseGiven:
    """An amount of one ingredient given at a UTC instant, at home or in the clinic; `mg` None when unknown.

    `entered_at` is the UTC instant at which it was written down, None when nobody knows; it decides nothing.
    """

    ingredient: str
    at: datetime
    mg: Fraction | None = None
    entered_at: datetime | None = None


@dataclass(frozen=True, kw_only=True)
class DoseEntry:
    """One line of the append-only record: a dose, a correction of the entry `replaces`, or its deletion (no dose)."""

    key: str
    entered_at: datetime
    dose: DoseGiven | None = None
    replaces: str = ""

    @property
    def is_void(self) -> bool:
        """Whether it says that no dose was given after all."""
        return self.dose is None


@dataclass(frozen=True, kw_only=True)
class MedicineLimit:
    """What a source says of an ingredient; None is unknown and is never read as "no limit".

    It is meant for a child of `from_kg` up to, not including, `below_kg`, and of `from_years` up to, not including,
    `below_years` of age; None there is no bound. A blank `country` holds in every country's rule set.
    """

    ingredient: str
    country: str = ""
    from_kg: Fraction | None = None
    below_kg: Fraction | None = None
    from_years: int | None = None
    below_years: int | None = None
    min_interval: Elapsed | None = None
    max_doses_24h: int | None = None
    max_mg_24h: Fraction | None = None
    max_mg_per_kg_24h: Fraction | None = None
    max_mg_dose: Fraction | None = None
    max_mg_per_kg_dose: Fraction | None = None
    caution: str = ""
    source: str = ""

    @property
    def is_by_weight(self) -> bool:
        """Whether it takes the child's weight to know what it means."""
        return any(
            bound is not None
            for bound in (self.from_kg, self.below_kg, self.max_mg_per_kg_24h, self.max_mg_per_kg_dose)
        )

    @property
    def is_by_age(self) -> bool:
        """Whether it takes the child's age to know whether it is meant."""
        return self.from_years is not None or self.below_years is not None

    @property
    def has_bound_for_a_day(self) -> bool:
        """Whether anything is known of how often or how much in 24 hours."""
        bounds = (self.max_doses_24h, self.max_mg_24h, self.max_mg_per_kg_24h)
        return self.max_doses_24h != 0 and any(bound is not None for bound in bounds)


class Code(StrEnum):
    """What the ledger says of a dose, in a word that stays the same."""

    DOSE_TOO_LARGE = "dose-too-large"
    TOO_MUCH = "too-much"
    NOT_TOGETHER = "not-together"
    TOO_CLOSE = "doses-too-close"
    TOO_MANY = "too-many-doses"
    ASK_FIRST = "ask-first"
    MEDICINE_UNKNOWN = "medicine-unknown"
    LIMIT_UNKNOWN = "limit-unknown"
    WEIGHT_UNKNOWN = "weight-unknown"
    AGE_UNKNOWN = "age-unknown"
    AMOUNT_UNKNOWN = "amount-unknown"
    WEIGHT_OLD = "weight-old"
    CAUTION = "caution"


@dataclass(frozen=True, kw_only=True)
class Unknown:
    """Something that is not known about a limit: its code, and `what` in words without the advice to ask."""

    code: Code
    what: str


@dataclass(frozen=True, kw_only=True)
class Body:
    """What limits depend on: the child's weight in kg, the day it was taken, the birthday, and the child's zone.

    None is unknown. `oldest_weight_days` is how old a weight the clinic goes by; None when the clinic sets nothing.
    """

    zone: ZoneInfo
    weight_kg: Fraction | None = None
    weighed_on: date | None = None
    born_on: date | None = None
    oldest_weight_days: int | None = None

    def years(self, at: datetime) -> int | None:
        """Whole years of age on the child's own calendar at the UTC instant `at`; None before the child is born.

        Who was born on 29 February turns a year older on 1 March where there is no such day.
        """
        if self.born_on is None:
            return None
        today = at.astimezone(self.zone).date()
        is_before_birthday = (today.month, today.day) < (self.born_on.month, self.born_on.day)
        years = today.year - self.born_on.year - is_before_birthday
        return years if years >= 0 else None

    def stale_weight(self, at: datetime) -> str:
        """A sentence if the weight is older than the clinic's own limit at the UTC instant `at`, else nothing.

        Source: FACTS section 4, composite rules. The number of days is the clinic's; without one nothing is stale.
        """
        if self.weight_kg is None or self.oldest_weight_days is None:
            return ""
        if self.weighed_on is None:
            return say("Nobody wrote down when the weight was taken.")
        days = (at.astimezone(self.zone).date() - self.weighed_on).days
        if days <= self.oldest_weight_days:
            return ""
        return say(
            "The weight is {days} days old, older than the clinic's {most}.", days=days, most=self.oldest_weight_days
        )


@dataclass(frozen=True, kw_only=True)
class FoundLimit:
    """The limit that holds for a child, and what is not known about it: anything there, and the answer is to ask."""

    limit: MedicineLimit
    unknown: tuple[Unknown, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Tally:
    """The doses of one ingredient: how many, the smallest gap, and the most in any 24 hours."""

    ingredient: str
    doses: int
    smallest_gap: timedelta | None
    most_in_24h: int
    most_mg_in_24h: Fraction | None


def standing(entries: tuple[DoseEntry, ...], as_known_at: datetime | None = None) -> tuple[DoseGiven, ...]:
    """The doses that the record holds, in the order in which they were given, each with when it was written down.

    With `as_known_at`, what the record held at that UTC instant. Entries that hang together by `replaces` speak of
    one dose, and what was written down last stands: so the end of a chain, the later of two corrections of the same
    entry, and a correction of a deleted one brings the dose back. Of entries of one instant the later in the record
    stands. A correction of an entry that is not in the record is a dose of its own: one too many is the safer
    mistake. Deleting such an entry deletes nothing.
    """
    known = [entry for entry in entries if as_known_at is None or entry.entered_at <= as_known_at]
    last_of: dict[str, DoseEntry] = {}
    roots = _roots(known)
    for entry in sorted(known, key=lambda entry: entry.entered_at):
        last_of[_root(entry.key, roots)] = entry
    doses = (replace(last.dose, entered_at=last.entered_at) for last in last_of.values() if last.dose is not None)
    return tuple(sorted(doses, key=lambda dose: dose.at))


def limit_for(
    limits: tuple[MedicineLimit, ...],
    ingredient: str,
    body: Body,
    at: datetime,
    prescribed: MedicineLimit | None = None,
) -> FoundLimit:
    """The limit of `ingredient` whose band holds the child at the UTC instant `at`; the stricter where several do.

    Without the weight or the age that a band asks for it is unknown which holds: then the stricter of all that may.
    What was prescribed makes it stricter, and stands in where the source knows nothing of the ingredient; it does not
    make known what the source knows only of other children. Source: FACTS section 4 (bands), promise 5.
    """
    mine = [limit for limit in limits if limit.ingredient == ingredient]
    years = body.years(at)
    holding = [limit for limit in mine if _may_hold(limit, body.weight_kg, years)]
    ordered = [] if prescribed is None else [prescribed]
    found = reduce(stricter, (*holding, *ordered), MedicineLimit(ingredient=ingredient))
    if mine and not holding:
        what = say("No limit is known for {medicine} at this age and weight", medicine=say(ingredient))
        return FoundLimit(limit=found, unknown=(Unknown(code=Code.LIMIT_UNKNOWN, what=what),))
    if not holding and not ordered:
        what = say("No limit is known for {medicine}", medicine=say(ingredient))
        return FoundLimit(limit=found, unknown=(Unknown(code=Code.LIMIT_UNKNOWN, what=what),))
    unknown = (*_gaps(found), *_unsure((*holding, *ordered), body.weight_kg, years))
    return FoundLimit(limit=found, unknown=unknown)


def stricter(limit: MedicineLimit, other: MedicineLimit) -> MedicineLimit:
    """The stricter of two limits of an ingredient, value by value; what one does not know is taken from the other.

    So a prescribed interval stands in where the source knows none. The name, band and country stay those of `limit`.
    """
    return replace(
        limit,
        min_interval=max(_known(limit.min_interval, other.min_interval), default=None),
        max_doses_24h=min(_known(limit.max_doses_24h, other.max_doses_24h), default=None),
        max_mg_24h=min(_known(limit.max_mg_24h, other.max_mg_24h), default=None),
        max_mg_per_kg_24h=min(_known(limit.max_mg_per_kg_24h, other.max_mg_per_kg_24h), default=None),
        max_mg_dose=min(_known(limit.max_mg_dose, other.max_mg_dose), default=None),
        max_mg_per_kg_dose=min(_known(limit.max_mg_per_kg_dose, other.max_mg_per_kg_dose), default=None),
        caution=_joined(" ", limit.caution, other.caution),
        source=_joined(", ", *limit.source.split(", "), *other.source.split(", ")),
    )


def tally(doses: tuple[DoseGiven, ...], ingredient: str) -> Tally:
    """Count the doses of `ingredient` over every place they were given in."""
    mine = sorted((dose for dose in doses if dose.ingredient == ingredient), key=lambda dose: dose.at)
    gaps = [later.at - earlier.at for earlier, later in pairwise(mine)]
    windows = [[dose for dose in mine if last.at - DAY < dose.at <= last.at] for last in mine]
    return Tally(
        ingredient=ingredient,
        doses=len(mine),
        smallest_gap=min(gaps, default=None),
        most_in_24h=max(map(len, windows), default=0),
        most_mg_in_24h=_largest_total(windows),
    )


def _roots(entries: list[DoseEntry]) -> dict[str, str]:
    """For each key the key it hangs together with, one step towards the root."""
    roots = {entry.key: entry.key for entry in entries}
    for entry in entries:
        if entry.replaces and entry.replaces in roots:
            roots[_root(entry.key, roots)] = _root(entry.replaces, roots)
    return roots


def _root(key: str, roots: dict[str, str]) -> str:
    while roots[key] != key:
        key = roots[key]
    return key


def _may_hold(limit: MedicineLimit, weight_kg: Fraction | None, years: int | None) -> bool:
    return _may_lie(weight_kg, limit.from_kg, limit.below_kg) and _may_lie(years, limit.from_years, limit.below_years)


def _may_lie(value: Fraction | int | None, least: Fraction | int | None, below: Fraction | int | None) -> bool:
    if value is None:
        return True
    return (least is None or value >= least) and (below is None or value < below)


def _gaps(limit: MedicineLimit) -> Iterator[Unknown]:
    name = say(limit.ingredient)
    if not limit.min_interval:
        yield Unknown(code=Code.LIMIT_UNKNOWN, what=say("No shortest interval is known for {medicine}", medicine=name))
    if not limit.has_bound_for_a_day:
        yield Unknown(code=Code.LIMIT_UNKNOWN, what=say("No limit for 24 h is known for {medicine}", medicine=name))


def _unsure(limits: tuple[MedicineLimit, ...], weight_kg: Fraction | None, years: int | None) -> Iterator[Unknown]:
    name = say(limits[0].ingredient)
    if weight_kg is None and any(limit.is_by_weight for limit in limits):
        what = say("How much {medicine} a child may have goes by weight, and the weight is not known", medicine=name)
        yield Unknown(code=Code.WEIGHT_UNKNOWN, what=what)
    if years is None and any(limit.is_by_age for limit in limits):
        what = say("How much {medicine} a child may have goes by age, and the age is not known", medicine=name)
        yield Unknown(code=Code.AGE_UNKNOWN, what=what)


def _known(*values: T | None) -> list[T]:
    return [value for value in values if value is not None]


def _joined(between: str, *parts: str) -> str:
    return between.join(dict.fromkeys(part for part in parts if part))


def _largest_total(windows: list[list[DoseGiven]]) -> Fraction | None:
    totals = []
    for window in windows:
        amounts = [dose.mg for dose in window]
        if any(amount is None for amount in amounts):
            return None
        totals.append(sum((amount for amount in amounts if amount is not None), Fraction(0)))
    return max(totals, default=Fraction(0))
