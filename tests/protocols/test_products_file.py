"""products.json against FACTS section 3: the tables here are written by hand from FACTS, never from the file."""

from __future__ import annotations

import re
from fractions import Fraction

import pytest

from ivig_care.protocols import reference
from ivig_care.protocols.models import Indication, ProductCeiling
from ivig_care.protocols.reference import CeilingEntry, ProductEntry, StartEntry, read_products
from ivig_care.regimen.rates import CEILING_TOLERANCE

FILE = read_products((reference.DATA / "products.json").read_text(encoding="utf-8"))
PRODUCTS = {product.name: product for product in FILE.products}
RATES: list[tuple[ProductEntry, StartEntry | CeilingEntry]] = [
    *((product, start) for product in FILE.products for start in product.starts),
    *((product, ceiling) for product in FILE.products for ceiling in product.ceilings),
]
UNS = None

# name: %, IgA, sodium, osmolality, cadence in minutes, the sources that its row prints.
ROWS: dict[str, tuple[int, str | None, str | None, str | None, tuple[int, int] | None, str]] = {
    "Gamunex-C": (10, "~46", UNS, UNS, UNS, "S9 S23 S4"),
    "Gammaked": (10, "~46", UNS, UNS, UNS, "S9"),
    "Privigen (US)": (10, "≤ 25", "< 2.3 mg/100 mL", UNS, UNS, "S24 S8"),
    "Privigen (EU/AU)": (10, "≤ 25", "< 2.3 mg/100 mL", UNS, UNS, "S8 S24"),
    "Octagam 5 %": (5, "≤ 200", "< 30 mmol/L", "310–380", (30, 30), "S25"),
    "Octagam 10 %": (10, "~106 mean", "< 30 mmol/L", "310–380", (30, 30), "S25 S12"),
    "Gammagard Liquid": (10, "~37 mean", "none added", "240–300", (30, 30), "S26"),
    "Gammagard S/D 5 %": (5, "< 1", UNS, UNS, UNS, "S9"),
    "Gammagard S/D 10 %": (10, UNS, UNS, UNS, UNS, "S9"),
    "Flebogamma DIF 5 %": (5, "≤ 50", "< 7.35 mg/100 mL", "240–370", UNS, "S8 S27 S28 S5"),
    "Flebogamma DIF 10 %": (10, "< 100", UNS, UNS, UNS, "S27 S28 S8"),
    "Bivigam": (10, "≤ 200", UNS, UNS, (20, 20), "S29"),
    "Asceniv": (10, "< 200", UNS, UNS, (15, 15), "S30"),
    "Panzyga": (10, "~100 (another label ≤ 300)", UNS, UNS, (15, 30), "S9 S31"),
    "Yimmugo (EU)": (10, "≤ 500", UNS, "280–380", UNS, "S32"),
    "Alyglo": (10, "≤ 100", UNS, UNS, UNS, "S9"),
    "Intratect 5 %": (5, "≤ 900", UNS, UNS, UNS, "S33"),
    "Intratect 10 %": (10, UNS, UNS, UNS, UNS, "FACTS_3"),
    "Kiovig": (10, UNS, UNS, UNS, UNS, "S8"),
    "Iqymune": (10, UNS, UNS, UNS, UNS, "S34"),
    "Gammaplex 5 %": (5, "< 10", UNS, UNS, UNS, "S9"),
    "Gammaplex 10 %": (10, "< 20", UNS, UNS, UNS, "S9"),
}

# name: mL/kg/h at the start and the minutes it is held, by indication.
STARTS: dict[str, dict[str, tuple[str, int | None]]] = {
    "Gamunex-C": {"PI": ("0.6", 30), "ITP": ("0.6", 30), "CIDP": ("1.2", 30)},
    "Privigen (US)": {"": ("0.3", UNS)},
    "Privigen (EU/AU)": {"": ("0.3", 30)},
    "Octagam 5 %": {"": ("0.6", UNS)},
    "Octagam 10 %": {"": ("0.6", UNS)},
    "Gammagard Liquid": {"": ("0.5", 30)},
    "Flebogamma DIF 5 %": {"": ("0.6", 30)},
    "Bivigam": {"": ("0.3", 10)},
    "Asceniv": {"": ("0.3", 15)},
    "Panzyga": {"": ("0.6", 30)},
    "Kiovig": {"": ("0.5", 30)},
    "Iqymune": {"": ("0.5", 30)},
}

# name: the most in mL/kg/h, by indication and flag.
CEILINGS: dict[str, dict[tuple[str, str], str]] = {
    "Gamunex-C": {("PI", ""): "4.8", ("ITP", ""): "4.8", ("CIDP", ""): "4.8"},
    "Privigen (US)": {("PI", ""): "4.8", ("ITP", ""): "2.4", ("CIDP", ""): "4.8"},
    "Privigen (EU/AU)": {("", ""): "4.8", ("PI", ""): "7.2"},
    "Octagam 5 %": {("", ""): "4", ("", "risk"): "4"},
    "Octagam 10 %": {
        ("ITP", ""): "7.2",
        ("dermatomyositis (adult)", ""): "2.4",
        ("", "risk"): "2",
        ("", "risk, strict"): "1.8",
    },
    "Gammagard Liquid": {("PI", ""): "4.8", ("MMN", ""): "5.4"},
    "Flebogamma DIF 5 %": {("", ""): "6"},
    "Flebogamma DIF 10 %": {("", ""): "4.8"},
    "Bivigam": {("", ""): "3.6", ("", "risk"): "1.2"},
    "Asceniv": {("", ""): "4.8"},
    "Panzyga": {("PI", ""): "8.4", ("ITP", ""): "4.8", ("CIDP", ""): "7.2", ("", "risk"): "2"},
    "Kiovig": {("", ""): "6", ("PI (adult)", ""): "8"},
    "Iqymune": {("", ""): "6"},
}

# Roundings of 200 mg/kg/h, for which FACTS gives the exact mL/kg/h (section 3, catalogue rules and Octagam 5 %).
PRINTED_ROUNDED = [
    ("Octagam 5 %", "< 3.33 mg/kg/min"),
    ("Octagam 10 %", "3.3 mg/kg/min (0.03 mL/kg/min)"),
    ("Panzyga", "3.3 mg/kg/min (0.033 mL/kg/min)"),
]


def test_every_row_of_section_3_stands_in_the_file_and_no_other() -> None:
    assert list(PRODUCTS) == list(ROWS)
    assert [named.value for named in FILE.named_only] == ["Qivigy"]


@pytest.mark.parametrize("name", ROWS)
def test_a_product_is_as_its_row_says(name: str) -> None:
    percent, iga, sodium, osmolality, cadence, _ = ROWS[name]
    product = PRODUCTS[name]
    assert product.mg_per_ml.value == percent * 10
    assert (product.iga and product.iga.value) == iga
    assert (product.sodium and product.sodium.value.removesuffix(" (EU leaflet)")) == sodium
    assert (product.osmolality and product.osmolality.value) == osmolality
    said = product.cadence
    assert (said.from_minutes, said.to_minutes) == (cadence or (None, None)) if said else cadence is None


@pytest.mark.parametrize("name", ROWS)
def test_the_rates_are_those_of_the_row(name: str) -> None:
    product = PRODUCTS[name]
    starts = {one.indication: (one.ml_per_kg_h, one.minutes) for one in product.starts}
    assert len(starts) == len(product.starts)
    assert starts == {use: (Fraction(rate), held) for use, (rate, held) in STARTS.get(name, {}).items()}
    ceilings = {(one.indication, one.flag): one.ml_per_kg_h for one in product.ceilings}
    assert len(ceilings) == len(product.ceilings)
    assert ceilings == {use: Fraction(rate) for use, rate in CEILINGS.get(name, {}).items()}


@pytest.mark.parametrize("name", ROWS)
def test_a_product_cites_only_the_sources_of_its_row(name: str) -> None:
    product = PRODUCTS[name]
    texts = (
        product.stabiliser, product.iga, product.sodium, product.osmolality, product.ph, product.cadence,
        product.risk_advice, product.paediatric, product.warning, product.handling, product.storage,
    )  # fmt: skip
    cited = [product.mg_per_ml.source, *(text.source for text in texts if text)]
    cited += [rate.source for one, rate in RATES if one is product]
    allowed = {source.replace("_", " ") for source in ROWS[name][5].split()}
    assert {source for sources in cited for source in sources.split(", ")} <= allowed


@pytest.mark.parametrize(
    ("name", "field", "said"),
    [
        ("Gamunex-C", "stabiliser", "glycine 0.16–0.24 M; no sucrose"),
        ("Gamunex-C", "handling", "Do not dilute with saline; D5W"),
        ("Gamunex-C", "risk_advice", "the minimum rate practicable"),
        ("Privigen (US)", "stabiliser", "L-proline 210–290 mmol/L; no sugar"),
        ("Privigen (US)", "warning", "hyperprolinaemia"),
        ("Privigen (US)", "storage", "up to 25 °C, for up to 36 months"),
        ("Privigen (EU/AU)", "paediatric", "0–18 years"),
        ("Privigen (EU/AU)", "handling", "20 minutes afterwards; for 1 hour"),
        ("Octagam 5 %", "stabiliser", "maltose 100 mg/mL"),
        ("Octagam 5 %", "warning", "glucose meters (GDH-PQQ) read falsely high"),
        ("Octagam 5 %", "storage", "2–25 °C for 24 months"),
        ("Octagam 10 %", "stabiliser", "maltose ~90 mg/mL"),
        ("Octagam 10 %", "warning", "glucose meters (GDH-PQQ) read falsely high"),
        ("Octagam 10 %", "handling", "0.2–200 µm. Needle ≤ 16 G. Pooled bag: use within 8 hours"),
        ("Octagam 10 %", "storage", "up to 25 °C for up to 9 months"),
        ("Gammagard Liquid", "stabiliser", "glycine 0.25 M; no sugar"),
        ("Gammagard Liquid", "paediatric", "2 years and over"),
        ("Gammagard S/D 5 %", "stabiliser", "glycine 22.5 mg/mL, glucose 20 mg/mL, albumin 3 mg/mL"),
        ("Flebogamma DIF 5 %", "stabiliser", "D-sorbitol 50 mg/mL"),
        ("Flebogamma DIF 5 %", "paediatric", "2–18 years"),
        ("Flebogamma DIF 5 %", "warning", "contraindicated under 2 years and in fructose intolerance"),
        ("Flebogamma DIF 10 %", "warning", "contraindicated under 2 years and in fructose intolerance"),
        ("Bivigam", "stabiliser", "glycine 0.20–0.29 M, polysorbate 80"),
        ("Bivigam", "cadence", "0.8 mg/kg/min more: 0.5, 1.3, 2.1, 2.9, 3.7, 4.5, 5.3, 6.0 mg/kg/min"),
        ("Asceniv", "paediatric", "12 years and over"),
        ("Asceniv", "handling", "Do not shake, dilute or microwave"),
        ("Panzyga", "stabiliser", "glycine 15–19.5 mg/mL"),
        ("Panzyga", "storage", "2–8 °C for 36 months, or up to 25 °C for 12 months"),
        ("Yimmugo (EU)", "ph", "4.4–5.2"),
        ("Yimmugo (EU)", "paediatric", "0–18 years"),
        ("Alyglo", "stabiliser", "glycine 15–26 mg/mL, polysorbate 80"),
        ("Kiovig", "handling", "Dilute with D5W only, and only to 5 %"),
        ("Iqymune", "risk_advice", "the minimum rate and dose"),
        ("Gammaplex 5 %", "stabiliser", "sorbitol 50 mg/mL"),
    ],
)
def test_the_words_of_a_row_stand_in_the_file(name: str, field: str, said: str) -> None:
    assert said in getattr(PRODUCTS[name], field).value


def test_where_the_table_is_silent_the_file_is_too() -> None:
    silent = [name for name, product in PRODUCTS.items() if not product.ceilings]
    assert silent == [name for name in ROWS if name not in CEILINGS]
    nothing = PRODUCTS["Intratect 10 %"]
    texts = (nothing.stabiliser, nothing.iga, nothing.paediatric, nothing.warning, nothing.handling, nothing.storage)
    assert texts == (None,) * 6


def test_a_name_that_tells_the_strength_agrees_with_it() -> None:
    told = {name: product.mg_per_ml.value for name, product in PRODUCTS.items() if name.endswith("%")}
    assert told == {name: int(name.split()[-2]) * 10 for name in told}


def test_every_rate_is_its_label_in_another_unit() -> None:
    for product, rate in RATES:
        if (product.name, rate.label) not in PRINTED_ROUNDED:
            derived = _derived(rate.label, product.mg_per_ml.value)
            assert rate.ml_per_kg_h == derived, (product.name, rate.label)


@pytest.mark.parametrize(("name", "label"), PRINTED_ROUNDED)
def test_a_rounded_label_stands_for_200_mg_per_kg_and_hour(name: str, label: str) -> None:
    product = PRODUCTS[name]
    (ceiling,) = [one for one in product.ceilings if one.label == label]
    assert ceiling.ml_per_kg_h == Fraction(200, product.mg_per_ml.value)
    assert 1 <= ceiling.ml_per_kg_h / _derived(label, product.mg_per_ml.value) < CEILING_TOLERANCE


@pytest.mark.parametrize(
    ("indication", "both"), [("PI", ('"8.9"', "5 mL/kg/h", "8 mg/kg/min")), ("MMN", ('"9"', "5.4 mL/kg/h"))]
)
def test_two_printed_maxima_both_stand_and_the_lower_one_counts(indication: str, both: tuple[str, ...]) -> None:
    (ceiling,) = [one for one in PRODUCTS["Gammagard Liquid"].ceilings if one.indication == indication]
    assert all(reading in ceiling.label for reading in both)
    assert ceiling.ml_per_kg_h <= min(Fraction("5.4"), Fraction(9 * 60, 100))


def test_no_rung_that_a_cadence_names_goes_above_the_highest_ceiling() -> None:
    for product in FILE.products:
        rungs = re.search(r"((?:[\d.]+, )+[\d.]+) mg/kg/min", product.cadence.value if product.cadence else "")
        if rungs:
            fastest = max(Fraction(rung) for rung in rungs[1].split(", ")) * 60 / product.mg_per_ml.value
            assert fastest == max(one.ml_per_kg_h for one in product.ceilings), product.name


def test_a_ceiling_carries_one_word_for_its_indication_and_its_flag() -> None:
    for _, rate in RATES:
        assert rate.indication in ("", *Indication.values)
        if isinstance(rate, CeilingEntry):
            assert rate.flag in ("", *ProductCeiling.Flag.values)
            assert bool(rate.flag) == rate.use.startswith("risk of kidney injury or thrombosis")


def test_the_sucrose_rule_stands_as_text() -> None:
    (rule,) = [rule for rule in FILE.rules if rule.value.startswith("Sucrose")]
    assert "3 mg of sucrose per kg and minute" in rule.value
    assert rule.source == "S9"


def _derived(label: str, mg_per_ml: int) -> Fraction:
    """mL/kg/h from the label's own unit, by the conversions at the head of FACTS; of a range, its lower end."""
    said = re.match(r"(?:< )?([\d.]+)(?:–[\d.]+)? (mg|mL)/kg/(min|h)\b", label)
    assert said, label
    per_hour = Fraction(said[1]) * (60 if said[3] == "min" else 1)
    return per_hour / mg_per_ml if said[2] == "mg" else per_hour
