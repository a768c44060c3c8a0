"""The catalogue: what the two files say, how it comes into the tables, and what the regimen makes of it."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from decimal import Decimal
from fractions import Fraction
from io import StringIO
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.core.management import CommandError, call_command
from django.db import IntegrityError, transaction

from ivig_care.actions import catalogue
from ivig_care.actions.catalogue import CatalogueLoaded, ProductEntry, catalogue_load, read_medicines, read_products
from ivig_care.care_teams.models import Clinic
from ivig_care.protocols.models import Medicine, MedicineLimit, Product, ProductCeiling
from ivig_care.regimen import doses
from ivig_care.regimen.cautions import Caution, cautions
from ivig_care.regimen.errors import DocumentError
from ivig_care.regimen.facts import DayFacts, InfusionFacts
from ivig_care.regimen.protocol import Ladder, Protocol, RateStep
from ivig_care.regimen.rates import CEILING_TOLERANCE
from ivig_care.regimen.schedule import build_schedule
from ivig_care.regimen.timing import Elapsed

PRODUCTS = read_products((catalogue.DATA / "products.json").read_text(encoding="utf-8"))
MEDICINES = read_medicines((catalogue.DATA / "medicines.json").read_text(encoding="utf-8"))
CEILINGS = [(product, ceiling) for product in PRODUCTS for ceiling in product.ceilings]
LIMITS = [(medicine, limit) for medicine in MEDICINES for limit in medicine.limits]
ROWS = len(PRODUCTS) + len(CEILINGS) + len(MEDICINES) + len(MEDICINES) * len(Clinic.Country)

SOURCES = re.compile(r"(S\d+|HLH \d+(–\d+)?)(, (S\d+|HLH \d+(–\d+)?))*")
RISK = "risk of kidney injury or thrombosis"
NO_SOURCE = "Intratect 10 %"

# Every ceiling that FACTS section 3 prints both ways: mg/kg/min, and mL/kg/h.
PRINTED_BOTH_WAYS = [
    ("Gamunex-C", "primary immunodeficiency, ITP, CIDP", "8", "4.8"),
    ("Privigen (US)", "primary immunodeficiency", "8", "4.8"),
    ("Privigen (US)", "chronic ITP", "4", "2.4"),
    ("Octagam 10 %", "ITP", "12", "7.2"),
    ("Octagam 10 %", "adult dermatomyositis", "4", "2.4"),
    ("Flebogamma DIF 5 %", "use not stated", "5", "6"),
    ("Flebogamma DIF 10 %", "use not stated", "8", "4.8"),
    ("Bivigam", "use not stated", "6", "3.6"),
    ("Asceniv", "use not stated", "8", "4.8"),
    ("Panzyga", "primary immunodeficiency, from 2 years", "14", "8.4"),
    ("Panzyga", "chronic ITP", "8", "4.8"),
    ("Panzyga", "CIDP", "12", "7.2"),
]
# Roundings of 200 mg/kg/h, for which FACTS gives the exact mL/kg/h (section 3, catalogue rules and Octagam 5 %).
PRINTED_ROUNDED = [
    ("Octagam 5 %", RISK, "< 3.33 mg/kg/min"),
    ("Octagam 10 %", RISK, "3.3 mg/kg/min (0.03 mL/kg/min)"),
    ("Panzyga", RISK, "3.3 mg/kg/min (0.033 mL/kg/min)"),
]
WITHOUT_CEILINGS = [
    "Gammaked",
    "Gammagard S/D 5 %",
    "Gammagard S/D 10 %",
    "Yimmugo (EU)",
    "Alyglo",
    "Intratect 5 %",
    "Intratect 10 %",
    "Gammaplex 5 %",
    "Gammaplex 10 %",
]

# Section 4: hours between doses, doses in 24 h, mg/kg in 24 h. What FACTS does not say is None.
UNKNOWN = (None, None, None)
LIMITS_OF_FACTS: dict[str, dict[str, tuple[int | None, int | None, int | None]]] = {
    "acetaminophen": {"US": (4, 5, 75), "UK": (4, 4, 75), "AU": (4, 4, 75)},
    "ibuprofen": {"US": (6, 4, 40), "UK": (6, 3, 40), "AU": (6, 3, 40)},
    "naproxen": dict.fromkeys(Clinic.Country.values, (12, 2, None)),
    "aspirin": dict.fromkeys(Clinic.Country.values, UNKNOWN),
    "diphenhydramine": dict.fromkeys(Clinic.Country.values, (6, 4, None)),
    "cetirizine": dict.fromkeys(Clinic.Country.values, (24, 1, None)),
    "loratadine": dict.fromkeys(Clinic.Country.values, (24, 1, None)),
    "chlorphenamine": dict.fromkeys(Clinic.Country.values, (4, 6, None)),
    "ondansetron": dict.fromkeys(Clinic.Country.values, (8, 3, None)),
    "prednisone": dict.fromkeys(Clinic.Country.values, (None, 2, None)),
    "methylprednisolone": dict.fromkeys(Clinic.Country.values, (None, 1, None)),
    "hydrocortisone": dict.fromkeys(Clinic.Country.values, UNKNOWN),
    "rizatriptan": dict.fromkeys(Clinic.Country.values, (24, 1, None)),
}

E1 = ("0.6", "1.2", "2.4")
E1B = ("0.6", "1.2", "2.0")


# --- what the files say -----------------------------------------------------------------------


def test_every_row_of_the_tables_in_facts_stands_in_the_files() -> None:
    assert len(PRODUCTS) == len({product.name for product in PRODUCTS}) == 22
    assert len(MEDICINES) == len({medicine.ingredient for medicine in MEDICINES}) == 13


@pytest.mark.parametrize("product", PRODUCTS, ids=lambda product: product.name)
def test_what_is_said_of_a_product_has_a_source(product: ProductEntry) -> None:
    if product.name == NO_SOURCE:
        assert (product.stabiliser, product.iga, product.handling, product.source) == (None,) * 4
        assert product.ceilings == ()
    else:
        assert SOURCES.fullmatch(product.source or "")
    known = {label for label in (product.source or "").split(", ") if label}
    assert {label for ceiling in product.ceilings for label in ceiling.source.split(", ")} <= known


def test_every_limit_has_a_source() -> None:
    assert [limit.source for _, limit in LIMITS if not SOURCES.fullmatch(limit.source)] == []


def test_a_name_that_tells_the_strength_agrees_with_it() -> None:
    told = {product.name: product.mg_per_ml for product in PRODUCTS if product.name.endswith("%")}
    assert told == {name: int(name.split()[-2]) * 10 for name in told}


def test_nothing_is_zero_or_blank() -> None:
    def values(node: Any) -> list[Any]:
        if isinstance(node, dict):
            return [value for held in node.values() for value in values(held)]
        return [value for held in node for value in values(held)] if isinstance(node, list) else [node]

    for name in ("products.json", "medicines.json"):
        document = json.loads((catalogue.DATA / name).read_text(encoding="utf-8"))
        assert [value for value in values(document) if value in (0, "", "UNS")] == []


def test_every_medicine_has_one_limit_in_every_country() -> None:
    for medicine in MEDICINES:
        assert sorted(country for limit in medicine.limits for country in limit.countries) == ["AU", "UK", "US"]


@pytest.mark.parametrize(("name", "use", "mg_per_kg_min", "ml_per_kg_h"), PRINTED_BOTH_WAYS)
def test_the_rates_that_are_printed_in_both_units_agree(
    name: str, use: str, mg_per_kg_min: str, ml_per_kg_h: str
) -> None:
    product, ceiling = _ceiling(name, use)
    assert ceiling.ml_per_kg_h == Fraction(ml_per_kg_h) == Fraction(mg_per_kg_min) * 60 / product.mg_per_ml
    assert f"{mg_per_kg_min} mg/kg/min" in ceiling.label


def test_every_ceiling_is_its_label_in_another_unit() -> None:
    for product, ceiling in CEILINGS:
        if (product.name, ceiling.use, ceiling.label) not in PRINTED_ROUNDED:
            assert ceiling.ml_per_kg_h == _derived(ceiling.label, product.mg_per_ml), (product.name, ceiling.use)


@pytest.mark.parametrize(("name", "use", "label"), PRINTED_ROUNDED)
def test_a_rounded_label_stands_for_200_mg_per_kg_and_hour(name: str, use: str, label: str) -> None:
    product, ceiling = _ceiling(name, use)
    assert ceiling.label == label
    assert ceiling.ml_per_kg_h == Fraction(200, product.mg_per_ml)
    assert 1 <= ceiling.ml_per_kg_h / _derived(label, product.mg_per_ml) < CEILING_TOLERANCE


def test_only_the_ceilings_for_risk_are_flagged() -> None:
    flagged = {(product.name, ceiling.use, ceiling.flag) for product, ceiling in CEILINGS if ceiling.flag}
    assert flagged == {
        ("Octagam 5 %", RISK, "risk"),
        ("Octagam 10 %", RISK, "risk"),
        ("Panzyga", RISK, "risk"),
        ("Bivigam", f"{RISK}, older text", "risk"),
    }


# --- how it comes into the tables -------------------------------------------------------------


@pytest.mark.django_db
def test_loading_fills_the_tables() -> None:
    assert catalogue_load() == CatalogueLoaded(created=ROWS, updated=0, unchanged=0, kept=())
    octagam = Product.objects.get(name="Octagam 10 %")
    assert (octagam.mg_per_ml, octagam.stabiliser, octagam.iga, octagam.source) == (
        100,
        "maltose ~90 mg/mL",
        "~106 mean",
        "S12, S25",
    )
    assert list(octagam.ceilings.values_list("use", "ml_per_kg_h", "label", "flag", "source")) == [
        (RISK, Decimal("2"), "3.3 mg/kg/min (0.03 mL/kg/min)", "risk", "S12"),
        ("adult dermatomyositis", Decimal("2.4"), "4 mg/kg/min", "", "S12"),
        ("ITP", Decimal("7.2"), "12 mg/kg/min", "", "S12"),
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
    Product.objects.filter(name="Bivigam").update(iga="none")
    ProductCeiling.objects.filter(product__name="Bivigam").update(ml_per_kg_h=Decimal("9"))
    MedicineLimit.objects.filter(medicine__ingredient="aspirin", country="UK").update(max_doses_24h=6)
    assert catalogue_load() == CatalogueLoaded(created=0, updated=4, unchanged=ROWS - 4, kept=())
    assert _rows() == before


@pytest.mark.django_db
def test_a_row_that_left_the_files_is_kept_and_named() -> None:
    catalogue_load()
    old = Product.objects.create(name="Oldglobulin", mg_per_ml=100, source="S1")
    octagam = Product.objects.get(name="Octagam 10 %")
    octagam.ceilings.create(use="an older use", ml_per_kg_h=Decimal("3.5"), source="S12")
    loaded = catalogue_load()
    assert loaded.kept == ("Oldglobulin", "Octagam 10 %: 3.500 mL/kg/h (an older use)")
    assert Product.objects.filter(pk=old.pk).exists()


@pytest.mark.django_db
def test_the_command_says_what_changed_and_what_stands() -> None:
    out = StringIO()
    call_command("load_catalogue", stdout=out)
    Product.objects.create(name="Oldglobulin", mg_per_ml=100, source="S1")
    call_command("load_catalogue", stdout=out)
    assert out.getvalue().splitlines() == [
        f"Catalogue: {ROWS} created, 0 updated, 0 unchanged.",
        "Protocol: JDM, 2 g/kg over 2 days, version 1.",
        f"Catalogue: 0 created, 0 updated, {ROWS} unchanged. Kept, though not in the files: Oldglobulin.",
        "Protocol: JDM, 2 g/kg over 2 days, version 1.",
    ]


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("file", "old", "new", "said"),
    [
        ("products.json", '"mg_per_ml": 100', '"mg_per_ml": null', r"products\.json\.products\[0\]\.mg_per_ml: exp"),
        ("products.json", '"mg_per_ml": 100', '"mg_per_ml": 0', r"products\.json, Gamunex-C: .*strength_above_zero"),
        ("products.json", '"ml_per_kg_h": 4.8', '"ml_per_kg_h": 0', r"ceilings\[0\]\.ml_per_kg_h: must be more than"),
        ("products.json", '"ml_per_kg_h": 4.8', '"ml_per_kg_h": 4.8001', r"Gamunex-C, .*3 decimal places"),
        ("products.json", '"flag": "risk"', '"flag": "renal"', r"Octagam 5 %, .*'renal' is not a valid choice"),
        ("products.json", '"name": "Gammaked"', '"name": "Gamunex-C"', "Gamunex-C: stands in the file twice"),
        ("products.json", '"source": "S23"', '"source": ""', "Gamunex-C, .*source: This field cannot be blank"),
        ("products.json", '"iga": "~46",', "", r"products\[0\]\.iga: is missing"),
        ("products.json", '"iga"', '"ига"', r"products\[0\]\.ига: unknown; known here: name"),
        (
            "medicines.json",
            '"max_doses_24h": 5',
            '"max_doses_24h": "5"',
            r"limits\[0\]\.max_doses_24h: expected a number",
        ),
        (
            "medicines.json",
            '"max_doses_24h": 5',
            '"max_doses_24h": 0',
            r"limits\[0\]\.max_doses_24h: must be more than nothing",
        ),
        ("medicines.json", '["US"]', '["FR"]', "acetaminophen, FR: country: Value 'FR' is not a valid choice"),
        ("medicines.json", '["UK"]', '["US"]', "acetaminophen, US: stands in the file twice"),
        ("medicines.json", "{", "", r"medicines\.json: is not JSON"),
    ],
)
def test_a_file_that_will_not_do_names_the_place_and_changes_nothing(
    file: str, old: str, new: str, said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for path in (catalogue.DATA / name for name in ("products.json", "medicines.json")):
        text = path.read_text(encoding="utf-8")
        (tmp_path / path.name).write_text(text.replace(old, new, 1) if path.name == file else text, encoding="utf-8")
    monkeypatch.setattr(catalogue, "DATA", tmp_path)
    with pytest.raises(DocumentError, match=said):
        catalogue_load()
    with pytest.raises(CommandError, match=said):
        call_command("load_catalogue")
    assert (Product.objects.count(), Medicine.objects.count()) == (0, 0)


@pytest.mark.django_db
@pytest.mark.parametrize("field", ["min_interval_hours", "max_doses_24h", "max_mg_per_kg_24h"])
def test_the_database_takes_no_zero_for_a_limit(field: str) -> None:
    medicine = Medicine.objects.create(ingredient="acetaminophen")
    with pytest.raises(IntegrityError), transaction.atomic():
        MedicineLimit.objects.create(medicine=medicine, country="US", source="S1", **{field: 0})


# --- what the regimen makes of it -------------------------------------------------------------


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("rates", "flags", "expected"),
    [
        pytest.param(E1, frozenset(), (), id="E1"),
        pytest.param(E1, frozenset({"risk"}), ((RISK, "2"),), id="E1-at-risk"),
        pytest.param(E1B, frozenset(), (), id="E1b"),
        pytest.param(E1B, frozenset({"risk"}), (), id="E1b-at-risk"),
        pytest.param((*E1, "4.8"), frozenset(), (("adult dermatomyositis", "2.4"),), id="one-rung-more"),
        pytest.param(
            (*E1, "4.8"),
            frozenset({"risk"}),
            ((RISK, "2"), ("adult dermatomyositis", "2.4")),
            id="one-rung-more-at-risk",
        ),
    ],
)
def test_octagam_warns_of_exactly_the_ceilings_that_the_ladder_exceeds(
    rates: tuple[str, ...], flags: frozenset[str], expected: tuple[tuple[str, str], ...]
) -> None:
    catalogue_load()
    assert _cautions("Octagam 10 %", rates, flags) == tuple(
        Caution(code="rate-above-ceiling", text=f"The ladder goes above {most} mL/kg/h ({use}).", source="S12")
        for use, most in expected
    )


@pytest.mark.django_db
def test_a_product_without_ceilings_says_ask_the_pharmacist() -> None:
    catalogue_load()
    assert {name: _cautions(name, ("0.3",), frozenset()) for name in WITHOUT_CEILINGS} == {
        name: (Caution(code="rate-ceiling-unknown", text=f"No highest rate is known for {name}: ask the pharmacist."),)
        for name in WITHOUT_CEILINGS
    }


def test_only_these_products_are_without_ceilings() -> None:
    assert [product.name for product in PRODUCTS if not product.ceilings] == WITHOUT_CEILINGS


@pytest.mark.django_db
def test_the_limits_are_those_of_facts() -> None:
    catalogue_load()
    rows = list(MedicineLimit.objects.select_related("medicine"))
    assert len(rows) == len(LIMITS_OF_FACTS) * len(Clinic.Country)
    for row in rows:
        hours, most_doses, most_mg_per_kg = LIMITS_OF_FACTS[row.medicine.ingredient][row.country]
        assert row.as_value() == doses.MedicineLimit(
            ingredient=row.medicine.ingredient,
            min_interval=None if hours is None else Elapsed(hours=hours),
            max_doses_24h=most_doses,
            max_mg_per_kg_24h=None if most_mg_per_kg is None else Fraction(most_mg_per_kg),
            caution=row.caution,
            source=row.source,
        )


def _ceiling(name: str, use: str) -> tuple[ProductEntry, catalogue.CeilingEntry]:
    (found,) = [(product, one) for product, one in CEILINGS if (product.name, one.use) == (name, use)]
    return found


def _derived(label: str, mg_per_ml: int) -> Fraction:
    """mL/kg/h from the label's own unit, by the conversions at the head of FACTS."""
    said = re.match(r"(?:< )?([\d.]+) (mg|mL)/kg/(min|h)\b", label)
    assert said, label
    per_hour = Fraction(said[1]) * (60 if said[3] == "min" else 1)
    return per_hour / mg_per_ml if said[2] == "mg" else per_hour


def _rows() -> list[dict[str, Any]]:
    models = (Product, ProductCeiling, Medicine, MedicineLimit)
    return [dict(row) for model in models for row in model._default_manager.order_by("pk").values()]


def _cautions(name: str, rates: tuple[str, ...], flags: frozenset[str]) -> tuple[Caution, ...]:
    """The cautions for 20 kg and 20 g on one day; every rung but the last runs for 30 minutes."""
    *first, last = (Fraction(rate) for rate in rates)
    rungs = [*(RateStep(ml_per_kg_h=rate, minutes=Fraction(30)) for rate in first), RateStep(ml_per_kg_h=last)]
    protocol = Protocol(name="a ladder and nothing else", ladder=Ladder(steps=tuple(rungs)), steps=())
    facts = InfusionFacts(
        zone=ZoneInfo("America/Los_Angeles"),
        weight_kg=Fraction(20),
        dose_mg_per_kg=Fraction(1000),
        product=Product.objects.get(name=name).as_value(),
        days=(DayFacts(number=1, planned_start=datetime(2026, 6, 15, 16, 0, tzinfo=UTC)),),
        flags=flags,
    )
    return cautions(build_schedule(protocol, facts), facts)
