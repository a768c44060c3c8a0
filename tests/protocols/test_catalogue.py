"""The catalogue: how the two files come into the tables, and what is refused."""

from __future__ import annotations

from decimal import Decimal
from importlib import import_module
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.apps import apps
from django.core.management import CommandError, call_command
from django.db import IntegrityError, transaction

from ivig_care.actions.catalogue import LOADED, CatalogueLoaded, catalogue_load
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
from ivig_care.protocols.reference import read_medicines, read_products
from ivig_care.regimen.errors import DocumentError

TEXTS = {name: (reference.DATA / name).read_text(encoding="utf-8") for name in ("products.json", "medicines.json")}
PRODUCTS = read_products(TEXTS["products.json"]).products
MEDICINES = read_medicines(TEXTS["medicines.json"])
ROWS = (
    sum(1 + len(product.starts) + len(product.ceilings) for product in PRODUCTS)
    + sum(1 + sum(len(limit.countries) for limit in medicine.limits) for medicine in MEDICINES.medicines)
    + sum(1 + len(combination.ingredients) for combination in MEDICINES.combinations)
)
RISK = "risk of kidney injury or thrombosis"


@pytest.mark.django_db
def test_loading_fills_the_tables() -> None:
    assert catalogue_load() == CatalogueLoaded(created=ROWS, updated=0, unchanged=0, kept=())
    assert sum(model._default_manager.count() for model in LOADED) == ROWS


@pytest.mark.django_db
def test_a_product_keeps_the_source_of_every_value() -> None:
    catalogue_load()
    octagam = Product.objects.get(name="Octagam 10 %")
    assert (octagam.mg_per_ml, octagam.stabiliser, octagam.iga) == (100, "maltose ~90 mg/mL", "~106 mean")
    assert (octagam.sodium, octagam.osmolality, octagam.ph) == ("< 30 mmol/L", "310–380", "")
    assert (octagam.cadence_from_minutes, octagam.cadence_to_minutes) == (30, 30)
    assert octagam.source == "S12, S25"
    assert octagam.sources == {
        "mg_per_ml": "S12, S25",
        "stabiliser": "S12, S25",
        "iga": "S12, S25",
        "sodium": "S25",
        "osmolality": "S25",
        "warning": "S25",
        "handling": "S12, S25",
        "storage": "S12, S25",
        "cadence": "S12",
    }
    assert list(octagam.starts.values_list("indication", "ml_per_kg_h", "label", "minutes", "source")) == [
        ("", Decimal("0.6"), "1 mg/kg/min", None, "S12"),
    ]
    assert list(octagam.ceilings.values_list("use", "indication", "ml_per_kg_h", "label", "flag", "source")) == [
        (f"{RISK}, as printed in mL", "", Decimal("1.8"), "0.03 mL/kg/min", "risk, strict", "S12"),
        (RISK, "", Decimal("2"), "3.3 mg/kg/min (0.03 mL/kg/min)", "risk", "S12"),
        ("adult dermatomyositis", "dermatomyositis (adult)", Decimal("2.4"), "4 mg/kg/min", "", "S12"),
        ("ITP", "ITP", Decimal("7.2"), "12 mg/kg/min", "", "S12"),
    ]


@pytest.mark.django_db
def test_what_is_unknown_of_a_product_stays_blank() -> None:
    catalogue_load()
    nothing = Product.objects.get(name="Intratect 10 %")
    assert (nothing.sources, nothing.source) == ({"mg_per_ml": "FACTS 3"}, "FACTS 3")
    assert (nothing.stabiliser, nothing.iga, nothing.cadence, nothing.cadence_to_minutes) == ("", "", "", None)


@pytest.mark.django_db
def test_a_medicine_and_its_limits_keep_the_source_of_every_value() -> None:
    catalogue_load()
    ibuprofen = Medicine.objects.get(ingredient="ibuprofen")
    assert (ibuprofen.classes, ibuprofen.masks_fever, ibuprofen.needs_agreement) == (["NSAID"], True, True)
    assert ibuprofen.sources == {"NSAID": "A", "masks_fever": "ours", "needs_agreement": "S3"}
    tylenol = Medicine.objects.get(ingredient="acetaminophen")
    assert (tylenol.names, tylenol.needs_agreement) == ("paracetamol, Tylenol", False)
    assert tylenol.sources == {"paracetamol": "S38", "Tylenol": "A", "masks_fever": "FACTS 6"}
    assert Medicine.objects.get(ingredient="loratadine").masks_fever is None
    limit = MedicineLimit.objects.get(medicine=tylenol, country="AU", band="")
    assert limit.sources == {
        "min_interval_hours": "HLH 840–841, S36, S37, S38",
        "max_doses_24h": "HLH 840–841, S36, S37, S38",
        "max_mg_per_kg_24h": "HLH 840–841",
        "max_mg_24h": "HLH 840–841, S38",
        "max_mg_per_kg_dose": "S38",
        "max_mg_dose": "S38",
        "caution": "HLH 840–841, S36, S37, S38",
    }
    assert limit.source == "HLH 840–841, S36, S37, S38"


@pytest.mark.django_db
def test_a_combination_keeps_the_label_it_was_read_from() -> None:
    catalogue_load()
    nuromol = Combination.objects.get(name="Nuromol")
    assert (nuromol.country, nuromol.unit, nuromol.source) == ("UK", "tablet", "L6")
    assert nuromol.address == "medicines.org.uk/emc/product/13804/smpc"
    assert list(nuromol.parts.values_list("ingredient", "mg", "source")) == [
        ("ibuprofen", Decimal("200"), "L6"),
        ("acetaminophen", Decimal("500"), "L6"),
    ]


@pytest.mark.django_db
def test_loading_twice_changes_nothing() -> None:
    catalogue_load()
    before = _rows()
    assert catalogue_load() == CatalogueLoaded(created=0, updated=0, unchanged=ROWS, kept=())
    assert _rows() == before


@pytest.mark.django_db
def test_a_row_that_differs_is_put_right() -> None:
    catalogue_load()
    before = _rows()
    Product.objects.filter(name="Bivigam").update(iga="none", sources={})
    ProductStart.objects.filter(product__name="Bivigam").update(minutes=None)
    ProductCeiling.objects.filter(product__name="Bivigam").update(ml_per_kg_h=Decimal("9"))
    Medicine.objects.filter(ingredient="aspirin").update(classes=[], masks_fever=None)
    MedicineLimit.objects.filter(medicine__ingredient="aspirin", country="UK").update(max_doses_24h=6)
    Combination.objects.filter(name="Nuromol").update(unit="sachet")
    CombinationPart.objects.filter(combination__name="Nuromol").update(mg=None)
    assert catalogue_load() == CatalogueLoaded(created=0, updated=9, unchanged=ROWS - 9, kept=())
    assert _rows() == before


@pytest.mark.django_db
def test_a_row_that_left_the_files_is_kept_and_named() -> None:
    catalogue_load()
    old = Product.objects.create(name="Oldglobulin", mg_per_ml=100, source="S1")
    octagam = Product.objects.get(name="Octagam 10 %")
    octagam.starts.create(indication="CIDP", ml_per_kg_h=Decimal("0.3"), label="0.5 mg/kg/min", source="S12")
    octagam.ceilings.create(use="an older use", ml_per_kg_h=Decimal("3.5"), source="S12")
    cetirizine = Medicine.objects.get(ingredient="cetirizine")
    cetirizine.limits.create(country="US", max_doses_24h=1, source="S41")
    cetirizine.limits.create(country="US", band="from 12 years", from_years=12, max_doses_24h=1, source="S41")
    Combination.objects.get(name="Nuromol").parts.create(ingredient="caffeine", source="L6")
    loaded = catalogue_load()
    assert loaded.unchanged == ROWS
    assert loaded.kept == (
        "Oldglobulin",
        "Octagam 10 %: starts at 0.300 mL/kg/h (CIDP)",
        "Octagam 10 %: 3.500 mL/kg/h (an older use)",
        "cetirizine (US)",
        "cetirizine (US, from 12 years)",
        "Nuromol: caffeine",
    )
    assert Product.objects.filter(pk=old.pk).exists()


@pytest.mark.django_db
def test_the_command_says_what_changed_and_what_stands() -> None:
    out = StringIO()
    call_command("load_catalogue", stdout=out)
    Product.objects.create(name="Oldglobulin", mg_per_ml=100, source="S1")
    call_command("load_catalogue", stdout=out)
    said = [line for line in out.getvalue().splitlines() if not line.startswith("Protocol: ")]
    assert said == [
        f"Catalogue: {ROWS} created, 0 updated, 0 unchanged.",
        f"Catalogue: 0 created, 0 updated, {ROWS} unchanged. Kept, though not in the files: Oldglobulin.",
    ]


FOUR_POINT_EIGHT = '"ml_per_kg_h": 4.8, "source": "S23"'


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("file", "old", "new", "said"),
    [
        (
            "products.json",
            '{"value": 100, ',
            '{"value": null, ',
            r"products\.json\.products\[0\]\.mg_per_ml\.value: exp",
        ),
        ("products.json", '{"value": 100, ', '{"value": 0, ', r"products\.json, Gamunex-C: .*strength_above_zero"),
        ("products.json", '{"value": 100, ', '{"value": 99.5, ', r"mg_per_ml\.value: expected a whole number"),
        ("products.json", FOUR_POINT_EIGHT, '"ml_per_kg_h": 0, "source": "S23"', r"ml_per_kg_h: must be more than"),
        ("products.json", FOUR_POINT_EIGHT, '"ml_per_kg_h": 4.8001, "source": "S23"', r"Gamunex-C, .*3 decimal places"),
        ("products.json", '"minutes": 30', '"minutes": 0', r"Gamunex-C, start PI: .*product_start_above_zero"),
        ("products.json", '"flag": "risk"', '"flag": "renal"', r"Octagam 5 %, .*'renal' is not a valid choice"),
        ("products.json", '"indication": "MMN"', '"indication": "mmn"', r"Gammagard Liquid, .*'mmn' is not a valid"),
        ("products.json", '"from_minutes": 30', '"from_minutes": 31', r"Octagam 5 %: .*product_cadence_unknown"),
        ("products.json", '"name": "Gammaked"', '"name": "Gamunex-C"', "Gamunex-C: stands in the file twice"),
        ("products.json", '"source": "S23"', '"source": ""', r"products\[0\].*source: \"\" is no source"),
        ("products.json", '"source": "S9"', '"source": "S99"', r"\.source: \"S99\" is no source"),
        ("products.json", ', "source": "S9"}', "}", r"\.source: is missing"),
        ("products.json", '"sodium": null,', "", r"products\[0\]\.sodium: is missing"),
        ("products.json", '"sodium"', '"натрий"', r"products\[0\]\.натрий: unknown; known here: name"),
        ("medicines.json", '{"value": 5, ', '{"value": "5", ', r"limits\[0\]\.doses_24h\.value: expected a number"),
        ("medicines.json", '{"value": 5, ', '{"value": 0, ', r"acetaminophen, US: .*unknown_or_above_zero"),
        ("medicines.json", '["US"]', '["FR"]', "acetaminophen, FR: country: Value 'FR' is not a valid choice"),
        (
            "medicines.json",
            '["US"],\n          "band": null',
            '["UK"],\n          "band": null',
            "UK: stands in the file tw",
        ),
        ("medicines.json", '"below_years": 6', '"below_years": 2', "from 2 years, under 2 years: .*band_not_empty"),
        (
            "medicines.json",
            '"value": "NSAID"',
            '"value": "nsaid"',
            "ibuprofen: classes: 'nsaid' is none of: NSAID, sed",
        ),
        ("medicines.json", '"id": "L1"', '"id": "L9"', r'medicines\.json\.sources: names no "L1"'),
        ("medicines.json", '{"value": 12.5, ', '{"value": -1, ', r"ingredients\[1\]\.mg\.value: must be more than"),
        (
            "medicines.json",
            '"diphenhydramine", "mg"',
            '"acetaminophen", "mg"',
            "PM Extra Strength, acetaminophen: stands",
        ),
        ("medicines.json", "{", "", r"medicines\.json: is not JSON"),
    ],
)
def test_a_file_that_will_not_do_names_the_place_and_changes_nothing(
    file: str, old: str, new: str, said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert old in TEXTS[file]
    for name, text in TEXTS.items():
        (tmp_path / name).write_text(text.replace(old, new, 1) if name == file else text, encoding="utf-8")
    monkeypatch.setattr(reference, "DATA", tmp_path)
    with pytest.raises(DocumentError, match=said):
        catalogue_load()
    assert not any(model._default_manager.exists() for model in LOADED)


@pytest.mark.django_db
def test_the_command_names_the_place_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "products.json").write_text("{", encoding="utf-8")
    monkeypatch.setattr(reference, "DATA", tmp_path)
    with pytest.raises(CommandError, match=r"products\.json: is not JSON"):
        call_command("load_catalogue")


@pytest.mark.django_db
@pytest.mark.parametrize(
    "field",
    ["min_interval_hours", "max_doses_24h", "max_mg_per_kg_24h", "max_mg_24h", "max_mg_per_kg_dose", "max_mg_dose"],
)
def test_the_database_takes_no_zero_for_a_limit(field: str) -> None:
    medicine = Medicine.objects.create(ingredient="acetaminophen")
    with pytest.raises(IntegrityError), transaction.atomic():
        MedicineLimit.objects.create(medicine=medicine, country="US", source="S1", **{field: 0})


@pytest.mark.django_db
def test_the_database_takes_a_band_once_in_a_country() -> None:
    medicine = Medicine.objects.create(ingredient="cetirizine")
    young = {"band": "under 6 years", "below_years": 6, "source": "S41"}
    MedicineLimit.objects.create(medicine=medicine, country="US", **young)
    MedicineLimit.objects.create(medicine=medicine, country="UK", **young)
    with pytest.raises(IntegrityError), transaction.atomic():
        MedicineLimit.objects.create(medicine=medicine, country="US", **young)


@pytest.mark.django_db
def test_the_migration_drops_only_what_bands_and_indications_replace() -> None:
    catalogue_load()
    before = _rows()
    for ingredient, country in (("cetirizine", "US"), ("chlorphenamine", "AU"), ("naproxen", "UK")):
        Medicine.objects.get(ingredient=ingredient).limits.create(country=country, max_doses_24h=9, source="S1")
    gamunex = Product.objects.get(name="Gamunex-C")
    gamunex.ceilings.create(use="primary immunodeficiency, ITP, CIDP", ml_per_kg_h=Decimal("4.8"), source="S23")
    migration = import_module("ivig_care.protocols.migrations.0002_catalogue_values_with_sources")
    migration.drop_what_bands_and_indications_replace(apps, None)
    assert _rows() == before


def _rows() -> list[dict[str, Any]]:
    return [dict(row) for model in LOADED for row in model._default_manager.order_by("pk").values()]
