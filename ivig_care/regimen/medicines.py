"""What medicines are called, what is in them, which are not given together, and the rule set of a country."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction

from ivig_care.regimen.doses import MedicineLimit
from ivig_care.regimen.errors import RegimenError
from ivig_care.regimen.timing import Elapsed
from ivig_care.regimen.words import mark


class UnknownMedicine(RegimenError):
    """A name that no medicine of the formulary goes by."""

    def __init__(self, name: str) -> None:
        self.name = name
        super().__init__(f"no medicine known here is called {name!r}")


class AmbiguousMedicine(RegimenError):
    """A name that medicines with different ingredients go by."""

    def __init__(self, name: str) -> None:
        self.name = name
        super().__init__(f"different medicines are called {name!r}; say which ingredient is meant")


@dataclass(frozen=True, kw_only=True)
class Amount:
    """So many mg of an ingredient; None is unknown."""

    ingredient: str
    mg: Fraction | None = None


@dataclass(frozen=True, kw_only=True)
class MedicineKnown:
    """An ingredient, the other names and brands it goes by, and the classes it belongs to.

    `needs_agreement`: given only when the clinic prescribed it for this child, as ibuprofen (FACTS section 9, item 2).
    """

    ingredient: str
    names: tuple[str, ...] = ()
    classes: tuple[str, ...] = ()
    needs_agreement: bool = False


@dataclass(frozen=True, kw_only=True)
class Combination:
    """A product of several ingredients, each with its mg in one unit (tablet, sachet, mL); None is unknown."""

    name: str
    contents: tuple[Amount, ...]


@dataclass(frozen=True, kw_only=True)
class Formulary:
    """The medicines that have a name here; a brand may mean another ingredient in another country."""

    medicines: tuple[MedicineKnown, ...] = ()
    combinations: tuple[Combination, ...] = ()

    def medicine(self, ingredient: str) -> MedicineKnown | None:
        """The medicine of exactly that ingredient; None when it is not known here."""
        return next((known for known in self.medicines if known.ingredient == ingredient), None)


@dataclass(frozen=True, kw_only=True)
class Resolved:
    """What a name stands for: its ingredients, each with its mg in one unit where that is known."""

    name: str
    contents: tuple[Amount, ...]

    def in_units(self, units: Fraction) -> tuple[Amount, ...]:
        """The mg of each ingredient in so many units (tablets, sachets, mL)."""
        return tuple(
            Amount(ingredient=part.ingredient, mg=None if part.mg is None else part.mg * units)
            for part in self.contents
        )

    def in_mg(self, mg: Fraction) -> tuple[Amount, ...]:
        """So many mg of its only ingredient; of a combination nobody knows mg of what, so each stays unknown."""
        is_single = len(self.contents) == 1
        return tuple(Amount(ingredient=part.ingredient, mg=mg if is_single else None) for part in self.contents)


@dataclass(frozen=True, kw_only=True)
class ExclusiveClass:
    """Medicines of which no two are given within so long of each other; `kind` as a parent may read it.

    `members` are those that the source names; others belong to it by `MedicineKnown.classes`.
    """

    name: str
    kind: str
    members: frozenset[str]
    within: Elapsed
    source: str

    def has(self, ingredient: str, formulary: Formulary) -> bool:
        """Whether the ingredient belongs to it, by the source or by what the formulary says."""
        known = formulary.medicine(ingredient)
        return ingredient in self.members or (known is not None and self.name in known.classes)


# FACTS section 4, composite rules: never two NSAIDs, never two sedating antihistamines. It says no duration; the 24 h,
# those of the count window, are OUR choice. For the triptans the 24 h are the source's own (HLH 1210, with ergots).
EXCLUSIVE = (
    ExclusiveClass(
        name="NSAID",
        kind=mark("pain medicines of the kind called NSAID"),
        members=frozenset({"ibuprofen", "naproxen", "aspirin"}),
        within=Elapsed(hours=24),
        source="FACTS section 4, composite rules; within 24 h is our choice",
    ),
    ExclusiveClass(
        name="sedating antihistamine",
        kind=mark("antihistamines that make sleepy"),
        members=frozenset({"diphenhydramine", "chlorphenamine"}),
        within=Elapsed(hours=24),
        source="FACTS section 4, composite rules; within 24 h is our choice",
    ),
    ExclusiveClass(
        name="triptan",
        kind=mark("migraine medicines of the kinds called triptan and ergot"),
        members=frozenset({"rizatriptan"}),
        within=Elapsed(hours=24),
        source="HLH 1210",
    ),
)


@dataclass(frozen=True, kw_only=True)
class RuleSet:
    """The rules of one country ("US", "UK", "AU"): its limits, its names, and what is not given together.

    `limits` may hold those of other countries; only its own and those of no country are read. Source: FACTS section 9,
    item 3.
    """

    country: str
    limits: tuple[MedicineLimit, ...]
    formulary: Formulary
    exclusive: tuple[ExclusiveClass, ...] = EXCLUSIVE

    @property
    def limits_here(self) -> tuple[MedicineLimit, ...]:
        """The limits that hold in this country."""
        return tuple(limit for limit in self.limits if limit.country in ("", self.country))


def resolve(name: str, formulary: Formulary) -> Resolved:
    """What a generic, brand or combination name stands for, ignoring case, accents and needless spaces.

    Raises UnknownMedicine: a name is never taken for an ingredient of its own. Raises AmbiguousMedicine.
    """
    wanted = folded(name)
    meant = {contents for known, contents in _named(formulary) if folded(known) == wanted}
    if not meant:
        raise UnknownMedicine(name)
    if len(meant) > 1:
        raise AmbiguousMedicine(name)
    return Resolved(name=name, contents=meant.pop())


def shared_classes(
    ingredient: str, other: str, formulary: Formulary, exclusive: tuple[ExclusiveClass, ...] = EXCLUSIVE
) -> tuple[ExclusiveClass, ...]:
    """The classes by which two different ingredients are not given together; an ingredient never excludes itself."""
    if ingredient == other:
        return ()
    return tuple(one for one in exclusive if one.has(ingredient, formulary) and one.has(other, formulary))


def _named(formulary: Formulary) -> Iterator[tuple[str, tuple[Amount, ...]]]:
    for medicine in formulary.medicines:
        for name in (medicine.ingredient, *medicine.names):
            yield name, (Amount(ingredient=medicine.ingredient),)
    for combination in formulary.combinations:
        yield combination.name, combination.contents


def folded(name: str) -> str:
    """The name without what does not tell two names apart: case, accents, spaces around and between."""
    plain = "".join(letter for letter in unicodedata.normalize("NFKD", name) if not unicodedata.combining(letter))
    return " ".join(plain.casefold().split())
