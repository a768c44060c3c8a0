"""medicines.json against FACTS section 4 and the labels it lists: the tables here are written by hand from those."""

from __future__ import annotations

import json
import re
from fractions import Fraction
from typing import Any

import pytest

from ivig_care.protocols import reference
from ivig_care.protocols.models import Medicine
from ivig_care.protocols.reference import LimitEntry, read_medicines
from ivig_care.regimen.medicines import EXCLUSIVE
from ivig_care.regimen.triage import MASKS

FILE = read_medicines((reference.DATA / "medicines.json").read_text(encoding="utf-8"))
MEDICINES = {medicine.ingredient: medicine for medicine in FILE.medicines}
ALL = "US UK AU"

# ingredient: [countries, band, hours, doses, mg/kg in 24 h, mg in 24 h, mg/kg in a dose, mg in a dose]
Row = tuple[str, str, str | None, int | None, str | None, int | None, str | None, int | None]
LIMITS: dict[str, list[Row]] = {
    "acetaminophen": [
        ("US", "", "4", 5, "75", 4000, None, None),
        ("US", "under 50 kg", "4", 5, "75", 3750, None, 750),
        ("UK AU", "under 50 kg", "4", 4, "75", 3750, None, 750),
        ("UK", "", "4", 4, "75", 4000, None, None),
        ("AU", "", "4", 4, "75", 4000, "15", 1000),
    ],
    "ibuprofen": [
        ("US", "", "6", 4, "40", 2400, None, None),
        ("UK AU", "", "6", 3, "40", 2400, None, None),
    ],
    "naproxen": [(ALL, "from 2 years", "12", 2, None, 1000, None, None)],
    "aspirin": [
        ("US AU", "", None, None, None, None, None, None),
        ("UK", "", None, None, None, None, None, None),
    ],
    "diphenhydramine": [(ALL, "", "6", 4, None, 300, None, 50)],
    "cetirizine": [
        (ALL, "from 2 years, under 6 years", "24", 1, None, 5, None, None),
        (ALL, "from 6 years", "24", 1, None, 10, None, None),
    ],
    "loratadine": [
        (ALL, "from 2 years, under 6 years", "24", 1, None, 5, None, None),
        (ALL, "from 6 years", "24", 1, None, 10, None, None),
    ],
    "chlorphenamine": [
        ("US", "from 2 years, under 6 years", "4", 6, None, 6, None, None),
        ("AU", "from 2 years, under 6 years", "4", 6, None, 6, None, None),
        ("US AU", "from 6 years, under 12 years", "4", 6, None, 12, None, None),
        ("US AU", "from 12 years", "4", 6, None, 24, None, None),
        ("UK", "", "4", 6, None, None, None, None),
    ],
    "ondansetron": [(ALL, "", "8", 3, None, None, None, 8)],
    "prednisone": [(ALL, "", None, 2, None, 60, None, None)],
    "methylprednisolone": [(ALL, "", None, 1, None, None, None, None)],
    "hydrocortisone": [(ALL, "", None, None, None, None, None, None)],
    "rizatriptan": [
        (ALL, "from 6 years, under 18 years, under 40 kg", "24", 1, None, 5, None, 5),
        (ALL, "from 6 years, under 18 years, from 40 kg", "24", 1, None, 10, None, 10),
    ],
}

# ingredient: the sources that its row of section 4 prints, and those of the texts that name it.
SOURCES = {
    "acetaminophen": "HLH 840–841, S36, S37, S38, A, FACTS 6, ours",
    "ibuprofen": "HLH 1032–1034, S3, S36, S37, S38, S39, A, ours",
    "naproxen": "HLH 1123–1124, ours",
    "aspirin": "S3, S40, ours",
    "diphenhydramine": "HLH 965–966, A",
    "cetirizine": "S41",
    "loratadine": "HLH 1084–1085",
    "chlorphenamine": "HLH 924, S42, FACTS 4",
    "ondansetron": "HLH 1142–1143, A",
    "prednisone": "HLH 1179–1181, S43, ours",
    "methylprednisolone": "HLH 1104–1105, S44, ours",
    "hydrocortisone": "HLH 1029–1030, ours",
    "rizatriptan": "HLH 1210",
}

# name: country, unit, mg of each ingredient in one unit.
COMBINATIONS: dict[str, tuple[str, str, dict[str, str | None]]] = {
    "Tylenol PM Extra Strength": ("US", "caplet", {"acetaminophen": "500", "diphenhydramine": "25"}),
    "CVS Children's Nighttime Multi-Symptom Cold": (
        "US",
        "10 mL",
        {"acetaminophen": "325", "diphenhydramine": "12.5", "phenylephrine": "5"},
    ),
    "Children's Plus Multi-Symptom Cold": (
        "US",
        "5 mL",
        {"acetaminophen": "160", "chlorphenamine": "1", "dextromethorphan": "5", "phenylephrine": "2.5"},
    ),
    "Vicks NyQuil Cold & Flu": (
        "US",
        "30 mL",
        {"acetaminophen": "650", "dextromethorphan": "30", "doxylamine": "12.5"},
    ),
    "Night Nurse": ("UK", "20 mL", {"acetaminophen": "1000", "promethazine": "20", "dextromethorphan": "15"}),
    "Nuromol": ("UK", "tablet", {"ibuprofen": "200", "acetaminophen": "500"}),
    "Headache Relief PM": ("US", "caplet", {"acetaminophen": "250", "aspirin": "250", "diphenhydramine": None}),
}


def test_every_row_of_section_4_stands_in_the_file_and_no_other() -> None:
    assert list(MEDICINES) == list(LIMITS)


@pytest.mark.parametrize("ingredient", LIMITS)
def test_the_limits_are_those_of_the_row(ingredient: str) -> None:
    assert [_row(limit) for limit in MEDICINES[ingredient].limits] == LIMITS[ingredient]


@pytest.mark.parametrize("ingredient", LIMITS)
def test_every_country_has_a_limit_and_no_band_stands_twice(ingredient: str) -> None:
    bands = [(country, row[1]) for row in LIMITS[ingredient] for country in row[0].split()]
    assert sorted({country for country, _ in bands}) == ["AU", "UK", "US"]
    assert len(bands) == len(set(bands))


@pytest.mark.parametrize("ingredient", LIMITS)
def test_a_medicine_cites_only_the_sources_that_name_it(ingredient: str) -> None:
    document = json.loads((reference.DATA / "medicines.json").read_text(encoding="utf-8"))
    (said,) = [medicine for medicine in document["medicines"] if medicine["ingredient"] == ingredient]
    cited = {source for found in _sources(said) for source in found.split(", ")}
    assert cited <= set(SOURCES[ingredient].split(", "))


@pytest.mark.parametrize(
    ("ingredient", "names", "classes", "needs_agreement"),
    [
        ("acetaminophen", ["paracetamol", "Tylenol"], [], None),
        ("ibuprofen", [], ["NSAID"], True),
        ("naproxen", [], ["NSAID"], True),
        ("aspirin", [], ["NSAID"], True),
        ("diphenhydramine", ["Benadryl"], ["sedating antihistamine"], None),
        ("cetirizine", ["Zyrtec"], [], None),
        ("loratadine", [], [], None),
        ("chlorphenamine", ["chlorpheniramine"], ["sedating antihistamine"], None),
        ("ondansetron", ["Zofran"], [], None),
        ("prednisone", ["prednisolone"], [], None),
        ("methylprednisolone", [], [], None),
        ("hydrocortisone", [], [], True),
        ("rizatriptan", [], ["triptan"], None),
    ],
)
def test_what_a_medicine_is_called_and_belongs_to(
    ingredient: str, names: list[str], classes: list[str], needs_agreement: bool | None
) -> None:
    medicine = MEDICINES[ingredient]
    assert [one.value for one in medicine.names] == names
    assert [one.value for one in medicine.classes] == classes
    assert (medicine.needs_agreement and medicine.needs_agreement.value) == needs_agreement


def test_the_classes_are_those_that_the_regimen_keeps_apart() -> None:
    members = {one.name: set(one.members) for one in EXCLUSIVE}
    assert list(members) == Medicine.Class.values
    for medicine in FILE.medicines:
        held = {one.value for one in medicine.classes}
        assert held == {name for name, those in members.items() if medicine.ingredient in those}


def test_what_masks_a_fever_is_what_triage_asks_for() -> None:
    masking = {name for name, medicine in MEDICINES.items() if medicine.masks_fever and medicine.masks_fever.value}
    called = masking | {one.value for name in masking for one in MEDICINES[name].names}
    assert masking <= {mask.ingredient for mask in MASKS} <= called


@pytest.mark.parametrize(
    ("ingredient", "said"),
    [
        ("acetaminophen", "By vein under 50 kg: 15 mg/kg only every 6 hours, 12.5 mg/kg every 4 hours"),
        ("acetaminophen", "By vein: not under 2 years"),
        ("acetaminophen", "Do not wake a sleeping child"),
        ("ibuprofen", "Only if the clinic agrees"),
        ("ibuprofen", "Not under 6 months"),
        ("ibuprofen", "Not when vomiting or drinking little"),
        ("ibuprofen", "Not within 21 days of chickenpox contact"),
        ("naproxen", "200 mg a dose, 600 mg a day"),
        ("aspirin", "Never for a child's headache or fever (Reye syndrome) unless it was prescribed"),
        ("aspirin", "Not under 16 without a doctor"),
        ("diphenhydramine", "Not for newborns"),
        ("cetirizine", "2.5 mg twice a day, 12 hours apart"),
        ("loratadine", "(GFR) under 30: every other day"),
        ("chlorphenamine", "not under 6 years"),
        ("chlorphenamine", "The UK doses by age are not known here"),
        ("ondansetron", "Long QT or low potassium"),
        ("prednisone", "Never stop suddenly"),
        ("methylprednisolone", "Watch blood pressure, blood sugar and mood"),
        ("hydrocortisone", "only as the child's own plan says"),
        ("rizatriptan", "With propranolol: not at all under 40 kg"),
        ("rizatriptan", "With propranolol: at most 5 mg in 24 hours"),
    ],
)
def test_the_cautions_of_a_row_stand_in_the_file(ingredient: str, said: str) -> None:
    cautions = [one.value for limit in MEDICINES[ingredient].limits for one in limit.cautions]
    assert any(said in caution for caution in cautions)


def test_the_combinations_are_those_of_their_labels() -> None:
    assert [one.name for one in FILE.combinations] == list(COMBINATIONS)
    for one in FILE.combinations:
        contents = {part.ingredient: part.mg and part.mg.value for part in one.ingredients}
        expected = {name: None if mg is None else Fraction(mg) for name, mg in COMBINATIONS[one.name][2].items()}
        assert (one.country, one.unit, contents) == (*COMBINATIONS[one.name][:2], expected)


def test_every_label_is_cited_and_every_combination_has_its_own() -> None:
    assert [label.id for label in FILE.sources] == [one.source for one in FILE.combinations]
    for one in FILE.combinations:
        assert {part.source for part in one.ingredients} == {one.source}
        assert re.fullmatch(r"[a-z.]+\.[a-z]+/\S+", FILE.address(one.source))


def _row(limit: LimitEntry) -> Row:
    def figure(said: Any) -> str | None:
        return None if said is None else str(said.value)

    def whole(said: Any) -> int | None:
        return None if said is None else int(said.value)

    return (
        " ".join(limit.countries),
        limit.band.words if limit.band else "",
        figure(limit.interval_hours),
        whole(limit.doses_24h),
        figure(limit.mg_per_kg_24h),
        whole(limit.mg_24h),
        figure(limit.mg_per_kg_dose),
        whole(limit.mg_dose),
    )


def _sources(node: Any) -> list[str]:
    if isinstance(node, list):
        return [source for held in node for source in _sources(held)]
    if isinstance(node, dict):
        own = [node["source"]] if "source" in node else []
        return own + [source for held in node.values() for source in _sources(held)]
    return []
