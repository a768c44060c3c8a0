"""Writes the reference data on products and medicines: the tables say what the two reviewed files say."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from fractions import Fraction
from typing import TypeVar

from django.core.exceptions import ValidationError
from django.db import IntegrityError, models, transaction
from django.utils.translation import gettext as _

from ivig_care.protocols import reference
from ivig_care.protocols.models import (
    Combination,
    CombinationPart,
    Medicine,
    MedicineLimit,
    Product,
    ProductCeiling,
    ProductStart,
)
from ivig_care.protocols.reference import (
    MEDICINES,
    PRODUCTS,
    CombinationEntry,
    Count,
    Figure,
    LimitEntry,
    MedicineEntry,
    ProductEntry,
    Said,
    joined,
    read_medicines,
    read_products,
)
from ivig_care.regimen.errors import DocumentError

M = TypeVar("M", bound=models.Model)

# In the order in which rows that left the files are named.
LOADED: tuple[type[models.Model], ...] = (
    Product,
    ProductStart,
    ProductCeiling,
    Medicine,
    MedicineLimit,
    Combination,
    CombinationPart,
)


@dataclass(frozen=True, kw_only=True)
class CatalogueLoaded:
    """What a load did, in rows; `kept` names the rows that stand in the tables but no longer in the files."""

    created: int
    updated: int
    unchanged: int
    kept: tuple[str, ...]

    def __str__(self) -> str:
        counts = _("Catalogue: %(created)s created, %(updated)s updated, %(unchanged)s unchanged.") % {
            "created": self.created,
            "updated": self.updated,
            "unchanged": self.unchanged,
        }
        return counts + (f" Kept, though not in the files: {'; '.join(self.kept)}." if self.kept else "")


@transaction.atomic
def catalogue_load() -> CatalogueLoaded:
    """Make the tables say what the files say; what left the files is kept and named. Raises DocumentError."""
    products = read_products((reference.DATA / PRODUCTS).read_text(encoding="utf-8"))
    medicines = read_medicines((reference.DATA / MEDICINES).read_text(encoding="utf-8"))
    load = _Load()
    for product in products.products:
        _put_product(load, product)
    for medicine in medicines.medicines:
        _put_medicine(load, medicine)
    for combination in medicines.combinations:
        _put_combination(load, combination, medicines.address(combination.source))
    return load.result()


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
            for model in LOADED
            for row in model._default_manager.exclude(pk__in=self.spoken_of[model]).order_by("pk")
        )
        return CatalogueLoaded(
            created=self.outcomes["created"],
            updated=self.outcomes["updated"],
            unchanged=self.outcomes["unchanged"],
            kept=tuple(kept),
        )

    def _save(self, row: models.Model, *, place: str, outcome: str, update_fields: list[str] | None = None) -> None:
        # The keys were looked up and the constraints are the database's own: to ask for both again is slow.
        related = [one.name for one in row._meta.fields if one.is_relation]
        try:
            row.full_clean(exclude=related, validate_unique=False, validate_constraints=False)
            with transaction.atomic():
                row.save(update_fields=update_fields)
        except ValidationError as error:
            said = (f"{name}: {' '.join(words)}" for name, words in error.message_dict.items())
            raise DocumentError(place, " ".join(said)) from None
        except IntegrityError as error:
            raise DocumentError(place, str(error).partition("\n")[0]) from None
        self.outcomes[outcome] += 1


def _put_product(load: _Load, entry: ProductEntry) -> None:
    place = f"{PRODUCTS}, {entry.name}"
    texts: dict[str, Said | None] = {
        "stabiliser": entry.stabiliser,
        "iga": entry.iga,
        "sodium": entry.sodium,
        "osmolality": entry.osmolality,
        "ph": entry.ph,
        "risk_advice": entry.risk_advice,
        "paediatric": entry.paediatric,
        "warning": entry.warning,
        "handling": entry.handling,
        "storage": entry.storage,
    }
    cadence = entry.cadence
    sources = _sources({"mg_per_ml": entry.mg_per_ml, **texts}) | ({"cadence": cadence.source} if cadence else {})
    product = load.put(
        Product,
        place=place,
        key={"name": entry.name},
        values={name: said.value if said else "" for name, said in texts.items()}
        | {
            "mg_per_ml": entry.mg_per_ml.value,
            "cadence": cadence.value if cadence else "",
            "cadence_from_minutes": cadence.from_minutes if cadence else None,
            "cadence_to_minutes": cadence.to_minutes if cadence else None,
            "source": joined(sources.values()),
            "sources": sources,
        },
    )
    _put_rates(load, entry, product, place)


def _put_rates(load: _Load, entry: ProductEntry, product: Product, place: str) -> None:
    for start in entry.starts:
        load.put(
            ProductStart,
            place=f"{place}, start {start.indication}".rstrip(),
            key={"product": product, "indication": start.indication},
            values={
                "ml_per_kg_h": _decimal(start.ml_per_kg_h),
                "label": start.label,
                "minutes": start.minutes,
                "source": start.source,
            },
        )
    for ceiling in entry.ceilings:
        load.put(
            ProductCeiling,
            place=f"{place}, {ceiling.use}",
            key={"product": product, "use": ceiling.use},
            values={
                "indication": ceiling.indication,
                "ml_per_kg_h": _decimal(ceiling.ml_per_kg_h),
                "label": ceiling.label,
                "flag": ceiling.flag,
                "is_for_first": ceiling.is_for_first,
                "source": ceiling.source,
            },
        )


def _put_medicine(load: _Load, entry: MedicineEntry) -> None:
    place = f"{MEDICINES}, {entry.ingredient}"
    classes = [one.value for one in entry.classes]
    if strange := set(classes) - set(Medicine.Class.values):
        raise DocumentError(place, f"classes: {min(strange)!r} is none of: {', '.join(Medicine.Class.values)}")
    yes_no = {"masks_fever": entry.masks_fever, "needs_agreement": entry.needs_agreement}
    medicine = load.put(
        Medicine,
        place=place,
        key={"ingredient": entry.ingredient},
        values={
            "names": ", ".join(one.value for one in entry.names),
            "classes": classes,
            "masks_fever": entry.masks_fever.value if entry.masks_fever else None,
            "needs_agreement": entry.needs_agreement.value if entry.needs_agreement else False,
            "sources": {one.value: one.source for one in (*entry.names, *entry.classes)}
            | {name: said.source for name, said in yes_no.items() if said},
        },
    )
    for limit in entry.limits:
        for country in limit.countries:
            _put_limit(load, limit, medicine, country)


def _put_limit(load: _Load, entry: LimitEntry, medicine: Medicine, country: str) -> None:
    figures: dict[str, Figure | None] = {
        "min_interval_hours": entry.interval_hours,
        "max_mg_per_kg_24h": entry.mg_per_kg_24h,
        "max_mg_24h": entry.mg_24h,
        "max_mg_per_kg_dose": entry.mg_per_kg_dose,
        "max_mg_dose": entry.mg_dose,
    }
    band = entry.band
    words = band.words if band else ""
    sources = _sources({**figures, "max_doses_24h": entry.doses_24h})
    sources |= {"band": band.source} if band else {}
    sources |= {"caution": joined(one.source for one in entry.cautions)} if entry.cautions else {}
    load.put(
        MedicineLimit,
        place=", ".join(part for part in (MEDICINES, medicine.ingredient, country, words) if part),
        key={"medicine": medicine, "country": country, "band": words},
        values={name: _decimal(said.value if said else None) for name, said in figures.items()}
        | {
            "from_years": band.from_years if band else None,
            "below_years": band.below_years if band else None,
            "from_kg": _decimal(band.from_kg if band else None),
            "below_kg": _decimal(band.below_kg if band else None),
            "max_doses_24h": entry.doses_24h.value if entry.doses_24h else None,
            "caution": " ".join(one.value for one in entry.cautions),
            "source": joined(sources.values()),
            "sources": sources,
        },
    )


def _put_combination(load: _Load, entry: CombinationEntry, address: str) -> None:
    place = f"{MEDICINES}, {entry.name}"
    combination = load.put(
        Combination,
        place=place,
        key={"name": entry.name},
        values={"country": entry.country, "unit": entry.unit, "address": address, "source": entry.source},
    )
    for part in entry.ingredients:
        load.put(
            CombinationPart,
            place=f"{place}, {part.ingredient}",
            key={"combination": combination, "ingredient": part.ingredient},
            values={
                "mg": _decimal(part.mg.value if part.mg else None),
                "source": joined([part.source, part.mg.source if part.mg else ""]),
            },
        )


def _sources(values: Mapping[str, Said | Figure | Count | None]) -> dict[str, str]:
    """The source of each value that is known, by its field."""
    return {name: said.source for name, said in values.items() if said}


def _decimal(number: Fraction | None) -> Decimal | None:
    return None if number is None else Decimal(number.numerator) / number.denominator
