"""Writes the reference data on products and medicines: the tables say what the two reviewed files say."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import TypeVar

from django.core.exceptions import ValidationError
from django.db import models, transaction

from ivig_care.protocols.models import Medicine, MedicineLimit, Product, ProductCeiling
from ivig_care.regimen.documents import decode
from ivig_care.regimen.errors import DocumentError

DATA = Path(__file__).resolve().parent.parent / "protocols" / "data"
PRODUCTS, MEDICINES = "products.json", "medicines.json"

M = TypeVar("M", bound=models.Model)
T = TypeVar("T")


@dataclass(frozen=True, kw_only=True)
class CatalogueLoaded:
    """What a load did, in rows; `kept` names the rows that stand in the tables but no longer in the files."""

    created: int
    updated: int
    unchanged: int
    kept: tuple[str, ...]

    def __str__(self) -> str:
        counts = f"Catalogue: {self.created} created, {self.updated} updated, {self.unchanged} unchanged."
        return counts + (f" Kept, though not in the files: {'; '.join(self.kept)}." if self.kept else "")


@dataclass(frozen=True, kw_only=True)
class CeilingEntry:
    """A ceiling as its file says it; `label` is the rate in the source's own unit."""

    use: str
    ml_per_kg_h: Fraction
    label: str
    source: str
    flag: str = ""


@dataclass(frozen=True, kw_only=True)
class ProductEntry:
    """A product as its file says it; None is unknown."""

    name: str
    mg_per_ml: int
    stabiliser: str | None
    iga: str | None
    handling: str | None
    source: str | None
    ceilings: tuple[CeilingEntry, ...]


@dataclass(frozen=True, kw_only=True)
class LimitEntry:
    """What one source says of a medicine, for one or more countries; None is unknown."""

    countries: tuple[str, ...]
    min_interval_hours: Fraction | None
    max_doses_24h: int | None
    max_mg_per_kg_24h: Fraction | None
    caution: str
    source: str


@dataclass(frozen=True, kw_only=True)
class MedicineEntry:
    """A medicine as its file says it."""

    ingredient: str
    names: tuple[str, ...]
    limits: tuple[LimitEntry, ...]


@dataclass(frozen=True, kw_only=True)
class _ProductFile:
    about: str
    products: tuple[ProductEntry, ...]


@dataclass(frozen=True, kw_only=True)
class _MedicineFile:
    about: str
    medicines: tuple[MedicineEntry, ...]


@transaction.atomic
def catalogue_load() -> CatalogueLoaded:
    """Make the tables say what the files say; what left the files is kept and named. Raises DocumentError."""
    load = _Load()
    for product in read_products((DATA / PRODUCTS).read_text(encoding="utf-8")):
        _put_product(load, product)
    for medicine in read_medicines((DATA / MEDICINES).read_text(encoding="utf-8")):
        _put_medicine(load, medicine)
    return load.result()


def read_products(text: str) -> tuple[ProductEntry, ...]:
    """The products that the JSON `text` describes. Raises DocumentError naming the place."""
    return _read(_ProductFile, text, PRODUCTS).products


def read_medicines(text: str) -> tuple[MedicineEntry, ...]:
    """The medicines that the JSON `text` describes. Raises DocumentError naming the place."""
    return _read(_MedicineFile, text, MEDICINES).medicines


@dataclass(kw_only=True)
class _Load:
    """One load under way: what became of each row, and which rows the files speak of."""

    outcomes: Counter[str] = field(default_factory=Counter)
    spoken_of: defaultdict[type[models.Model], set[int]] = field(default_factory=lambda: defaultdict(set))

    def put(self, model: type[M], *, place: str, key: dict[str, object], values: dict[str, object]) -> M:
        """The row with this key, made or changed to have these values."""
        row = model._default_manager.filter(**key).first()
        if row is None:
            row = model(**key, **values)
            self._save(row, place=place, outcome="created")
        elif row.pk in self.spoken_of[model]:
            raise DocumentError(place, "stands in the file twice")
        elif changed := [name for name, value in values.items() if getattr(row, name) != value]:
            for name in changed:
                setattr(row, name, values[name])
            self._save(row, place=place, outcome="updated", update_fields=changed)
        else:
            self.outcomes["unchanged"] += 1
        self.spoken_of[model].add(row.pk)
        return row

    def result(self) -> CatalogueLoaded:
        """The counts, and the rows that the files say nothing of."""
        kept = (
            str(row)
            for model in (Product, ProductCeiling, Medicine, MedicineLimit)
            for row in model._default_manager.exclude(pk__in=self.spoken_of[model]).order_by("pk")
        )
        return CatalogueLoaded(
            created=self.outcomes["created"],
            updated=self.outcomes["updated"],
            unchanged=self.outcomes["unchanged"],
            kept=tuple(kept),
        )

    def _save(self, row: models.Model, *, place: str, outcome: str, update_fields: list[str] | None = None) -> None:
        try:
            row.full_clean()
        except ValidationError as error:
            said = (f"{name}: {' '.join(words)}" for name, words in error.message_dict.items())
            raise DocumentError(place, " ".join(said)) from None
        row.save(update_fields=update_fields)
        self.outcomes[outcome] += 1


def _put_product(load: _Load, entry: ProductEntry) -> None:
    place = f"{PRODUCTS}, {entry.name}"
    product = load.put(
        Product,
        place=place,
        key={"name": entry.name},
        values={
            "mg_per_ml": entry.mg_per_ml,
            "stabiliser": entry.stabiliser or "",
            "iga": entry.iga or "",
            "handling": entry.handling or "",
            "source": entry.source or "",
        },
    )
    for ceiling in entry.ceilings:
        load.put(
            ProductCeiling,
            place=f"{place}, {ceiling.use}",
            key={"product": product, "use": ceiling.use},
            values={
                "ml_per_kg_h": _decimal(ceiling.ml_per_kg_h),
                "label": ceiling.label,
                "flag": ceiling.flag,
                "source": ceiling.source,
            },
        )


def _put_medicine(load: _Load, entry: MedicineEntry) -> None:
    place = f"{MEDICINES}, {entry.ingredient}"
    medicine = load.put(
        Medicine, place=place, key={"ingredient": entry.ingredient}, values={"names": ", ".join(entry.names)}
    )
    for limit in entry.limits:
        for country in limit.countries:
            load.put(
                MedicineLimit,
                place=f"{place}, {country}",
                key={"medicine": medicine, "country": country},
                values={
                    "min_interval_hours": _decimal(limit.min_interval_hours),
                    "max_doses_24h": limit.max_doses_24h,
                    "max_mg_per_kg_24h": _decimal(limit.max_mg_per_kg_24h),
                    "caution": limit.caution,
                    "source": limit.source,
                },
            )


def _read(kind: type[T], text: str, name: str) -> T:
    try:
        document = json.loads(text, parse_float=Fraction)
    except ValueError as error:
        raise DocumentError(name, f"is not JSON: {error}") from None
    return decode(kind, document, name)


def _decimal(number: Fraction | None) -> Decimal | None:
    return None if number is None else Decimal(number.numerator) / number.denominator
