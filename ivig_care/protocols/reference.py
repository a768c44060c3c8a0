"""What the two reviewed files of reference data say, as values: nothing stands in them without its source."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any, TypeVar

from ivig_care.regimen.documents import decode
from ivig_care.regimen.errors import DocumentError
from ivig_care.regimen.figures import plain
from ivig_care.regimen.json_values import shown

DATA = Path(__file__).resolve().parent / "data"
PRODUCTS, MEDICINES = "products.json", "medicines.json"

# The sources of FACTS by number, a page of the Harriet Lane Handbook, one of its protocols or texts, a section of it;
# a label that the file itself lists; or a choice of this project.
_SOURCE = re.compile(
    r"S([1-9]|[1-5]\d|6[0-8])|HLH \d{3,4}(–\d{3,4})?|P([1-9]|1\d)|[A-E]|FACTS [1-9]|L[1-9]\d?|ours", re.ASCII
)

T = TypeVar("T")


@dataclass(frozen=True, kw_only=True)
class Said:
    """A text, and who says so."""

    value: str
    source: str


@dataclass(frozen=True, kw_only=True)
class Figure:
    """An exact number, and who says so."""

    value: Fraction
    source: str


@dataclass(frozen=True, kw_only=True)
class Count:
    """A whole number, and who says so."""

    value: int
    source: str


@dataclass(frozen=True, kw_only=True)
class YesNo:
    """Whether something is so, and who says so."""

    value: bool
    source: str


@dataclass(frozen=True, kw_only=True)
class StartEntry:
    """A starting rate; `label` is that rate in the source's own unit, `minutes` how long it is held."""

    indication: str
    label: str
    ml_per_kg_h: Fraction
    minutes: int | None
    source: str


@dataclass(frozen=True, kw_only=True)
class CadenceEntry:
    """How the rate is raised: in words, and every how many minutes where the source says that."""

    value: str
    from_minutes: int | None
    to_minutes: int | None
    source: str


@dataclass(frozen=True, kw_only=True)
class CeilingEntry:
    """A highest rate; `label` is that rate in the source's own unit."""

    use: str
    indication: str
    label: str
    ml_per_kg_h: Fraction
    source: str
    flag: str = ""
    is_for_first: bool = False


@dataclass(frozen=True, kw_only=True)
class ProductEntry:
    """A product as its file says it; None is unknown."""

    name: str
    mg_per_ml: Count
    stabiliser: Said | None
    iga: Said | None
    sodium: Said | None
    osmolality: Said | None
    ph: Said | None
    starts: tuple[StartEntry, ...]
    cadence: CadenceEntry | None
    ceilings: tuple[CeilingEntry, ...]
    risk_advice: Said | None
    paediatric: Said | None
    warning: Said | None
    handling: Said | None
    storage: Said | None


@dataclass(frozen=True, kw_only=True)
class ProductFile:
    """products.json: the products, rules that hold for any of them, and those of which only the name is known."""

    about: tuple[str, ...]
    rules: tuple[Said, ...]
    named_only: tuple[Said, ...]
    products: tuple[ProductEntry, ...]


@dataclass(frozen=True, kw_only=True)
class BandEntry:
    """The children for whom a limit holds: from so many years and kg, and below so many; None is no bound."""

    source: str
    from_years: int | None = None
    below_years: int | None = None
    from_kg: Fraction | None = None
    below_kg: Fraction | None = None

    @property
    def words(self) -> str:
        """The band in words, which is also what tells it from the other bands of a medicine."""
        bounds = (
            (self.from_years, "from", "years"),
            (self.below_years, "under", "years"),
            (self.from_kg, "from", "kg"),
            (self.below_kg, "under", "kg"),
        )
        return ", ".join(f"{word} {plain(Fraction(bound))} {unit}" for bound, word, unit in bounds if bound is not None)


@dataclass(frozen=True, kw_only=True)
class LimitEntry:
    """What sources say of a medicine for one or more countries and one band of children; None is unknown.

    The interval is the shortest; everything else is the most, in 24 hours or in one dose.
    """

    countries: tuple[str, ...]
    band: BandEntry | None
    interval_hours: Figure | None
    doses_24h: Count | None
    mg_per_kg_24h: Figure | None
    mg_24h: Figure | None
    mg_per_kg_dose: Figure | None
    mg_dose: Figure | None
    cautions: tuple[Said, ...]


@dataclass(frozen=True, kw_only=True)
class MedicineEntry:
    """A medicine as its file says it; None is unknown."""

    ingredient: str
    names: tuple[Said, ...]
    classes: tuple[Said, ...]
    masks_fever: YesNo | None
    needs_agreement: YesNo | None
    limits: tuple[LimitEntry, ...]


@dataclass(frozen=True, kw_only=True)
class LabelEntry:
    """A label that the file itself cites: its short name, where it was read, and what it is."""

    id: str
    address: str
    what: str


@dataclass(frozen=True, kw_only=True)
class PartEntry:
    """One ingredient of a combination, and how many mg of it one unit holds; None is unknown."""

    ingredient: str
    mg: Figure | None
    source: str


@dataclass(frozen=True, kw_only=True)
class CombinationEntry:
    """A product of several ingredients as its label says it; `source` is the label's short name."""

    name: str
    country: str
    unit: str
    source: str
    ingredients: tuple[PartEntry, ...]


@dataclass(frozen=True, kw_only=True)
class MedicineFile:
    """medicines.json: the medicines, the combinations, and the labels that the latter are read from."""

    about: tuple[str, ...]
    sources: tuple[LabelEntry, ...]
    medicines: tuple[MedicineEntry, ...]
    combinations: tuple[CombinationEntry, ...]

    def address(self, label: str) -> str:
        """Where the label of this short name was read. Raises DocumentError."""
        for one in self.sources:
            if one.id == label:
                return one.address
        raise DocumentError(f"{MEDICINES}.sources", f"names no {shown(label)}, though it is cited")


def read_products(text: str) -> ProductFile:
    """What the JSON `text` says of products. Raises DocumentError naming the place."""
    return _read(ProductFile, text, PRODUCTS)


def read_medicines(text: str) -> MedicineFile:
    """What the JSON `text` says of medicines. Raises DocumentError naming the place."""
    return _read(MedicineFile, text, MEDICINES)


def joined(sources: Iterable[str]) -> str:
    """The sources of several values as one list, each once: letters first, then by number."""
    return ", ".join(sorted({one for several in sources for one in several.split(", ") if one}, key=_place))


def _place(source: str) -> tuple[str, int]:
    number = re.search(r"\d+", source)
    return re.split(r"\d", source)[0], int(number[0]) if number else 0


def _read(kind: type[T], text: str, name: str) -> T:
    try:
        document = json.loads(text, parse_float=Fraction, object_pairs_hook=_once)
    except ValueError as error:
        raise DocumentError(name, f"is not JSON: {error}") from None
    _check_sources(document, name)
    return decode(kind, document, name)


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """The object that these names and values make. Raises ValueError for a name said twice."""
    if len(dict(pairs)) < len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise ValueError(f"{twice} is said twice in one object")
    return dict(pairs)


def _check_sources(node: Any, place: str) -> None:
    """Whether every source in the document is one that can be looked up. Raises DocumentError."""
    if isinstance(node, list):
        for number, held in enumerate(node):
            _check_sources(held, f"{place}[{number}]")
    elif isinstance(node, dict):
        for name, held in node.items():
            if name == "source":
                _check_source(held, f"{place}.source")
            else:
                _check_sources(held, f"{place}.{name}")


def _check_source(said: Any, place: str) -> None:
    if not isinstance(said, str) or not all(_SOURCE.fullmatch(one) for one in said.split(", ")):
        raise DocumentError(place, f"{shown(said)} is no source that can be looked up")
