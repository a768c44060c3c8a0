"""Reading the two files: no value without a source, no source without a value, and errors that name the place."""

from __future__ import annotations

import json
from typing import Any

import pytest

from ivig_care.protocols import reference
from ivig_care.protocols.reference import BandEntry, joined, read_medicines, read_products
from ivig_care.regimen.errors import DocumentError

TEXTS = {name: (reference.DATA / name).read_text(encoding="utf-8") for name in ("products.json", "medicines.json")}
# What holds others and is said by them; the file's own words; and what a value is measured against.
UNSAID = {"name", "ingredient", "countries", "country", "unit", "about", "sources"}


@pytest.mark.parametrize("name", TEXTS)
def test_no_value_stands_without_a_source(name: str) -> None:
    unsaid = [place for place, value in _bare(json.loads(TEXTS[name]), name, is_sourced=False) if value is not None]
    assert unsaid == []


@pytest.mark.parametrize("name", TEXTS)
def test_no_source_stands_without_a_value(name: str) -> None:
    for held in _objects(json.loads(TEXTS[name])):
        if "source" in held:
            assert [value for key, value in held.items() if key != "source" and value is not None] != []
            assert held.get("value", "said otherwise") is not None


@pytest.mark.parametrize("name", TEXTS)
def test_no_number_is_a_choice_of_ours(name: str) -> None:
    for held in _objects(json.loads(TEXTS[name])):
        if any(type(value) in (int, float) for value in held.values()):
            assert "ours" not in held["source"]
            assert "FACTS" not in held["source"] or held == {"value": 100, "source": "FACTS 3"}


@pytest.mark.parametrize("name", TEXTS)
def test_nothing_is_zero_blank_or_a_word_for_unknown(name: str) -> None:
    # A blank indication says that the source names no use.
    values = [value for held in _objects(json.loads(TEXTS[name])) for key, value in held.items() if key != "indication"]
    assert [value for value in values if value in ("", "UNS", "unknown", "null") or value is False or value == 0] == []


@pytest.mark.parametrize(
    "source",
    [
        "S1",
        "S9",
        "S10",
        "S60",
        "S68",
        "HLH 924",
        "HLH 840–841",
        "P1",
        "P19",
        "A",
        "E",
        "FACTS 3",
        "L1",
        "ours",
        "A, S1",
    ],
)
def test_a_source_that_can_be_looked_up_is_taken(source: str) -> None:
    assert read_products(_rules(source)).rules[0].source == source


@pytest.mark.parametrize(
    "source",
    [
        "",
        " ",
        "S",
        "S0",
        "S69",
        "S01",
        "s1",
        "S1,S2",
        "S1 S2",
        "HLH",
        "HLH 8-9",
        "P20",
        "F",
        "FACTS",
        "L0",
        "UNS",
        "S٣",
    ],
)
def test_a_source_that_nobody_can_look_up_is_refused(source: str) -> None:
    with pytest.raises(DocumentError, match=r"products\.json\.rules\[0\]\.source: .* is no source"):
        read_products(_rules(source))


@pytest.mark.parametrize(
    ("said", "error"),
    [
        ("[", r"products\.json: is not JSON"),
        ('{"about": [], "about": []}', r"products\.json: is not JSON: about is said twice"),
        ('{"rules": [{"value": "x", "source": 1}]}', r"rules\[0\]\.source: 1 is no source"),
        ('{"about": []}', r"products\.json\.rules: is missing"),
    ],
)
def test_a_file_that_will_not_do_is_refused(said: str, error: str) -> None:
    with pytest.raises(DocumentError, match=error):
        read_products(said)


def test_a_combination_whose_label_is_not_listed_is_refused() -> None:
    said = read_medicines(TEXTS["medicines.json"])
    assert said.address("L1").startswith("dailymed.nlm.nih.gov/")
    with pytest.raises(DocumentError, match=r'medicines\.json\.sources: names no "L99", though it is cited'):
        said.address("L99")


def test_numbers_are_exact() -> None:
    product = read_products(TEXTS["products.json"]).products[0]
    assert str(product.starts[0].ml_per_kg_h) == "3/5"


@pytest.mark.parametrize(
    ("several", "expected"),
    [
        ([], ""),
        (["S9"], "S9"),
        (["S24, S9", "S9"], "S9, S24"),
        (["S36", "HLH 840–841, A", "", "ours"], "A, HLH 840–841, S36, ours"),
    ],
)
def test_sources_are_joined_once_each_and_in_order(several: list[str], expected: str) -> None:
    assert joined(several) == expected


@pytest.mark.parametrize(
    ("bounds", "words"),
    [
        ({}, ""),
        ({"from_years": 2}, "from 2 years"),
        ({"from_years": 2, "below_years": 6}, "from 2 years, under 6 years"),
        ({"from_kg": 40, "below_kg": 50}, "from 40 kg, under 50 kg"),
        ({"from_years": 0}, "from 0 years"),
    ],
)
def test_a_band_says_for_whom_it_is(bounds: dict[str, Any], words: str) -> None:
    assert BandEntry(source="S1", **bounds).words == words


def _rules(source: str) -> str:
    return json.dumps({"about": [], "rules": [{"value": "x", "source": source}], "named_only": [], "products": []})


def _objects(node: Any) -> list[dict[str, Any]]:
    if isinstance(node, list):
        return [found for held in node for found in _objects(held)]
    if isinstance(node, dict):
        return [node, *(found for held in node.values() for found in _objects(held))]
    return []


def _bare(node: Any, place: str, *, is_sourced: bool) -> list[tuple[str, Any]]:
    """The single values that no source speaks for, neither beside them nor around them."""
    if isinstance(node, list):
        return [found for n, held in enumerate(node) for found in _bare(held, f"{place}[{n}]", is_sourced=is_sourced)]
    if isinstance(node, dict):
        said = bool(node.get("source"))
        return [
            found
            for key, held in node.items()
            if key not in UNSAID
            for found in _bare(held, f"{place}.{key}", is_sourced=said)
        ]
    return [] if is_sourced else [(place, node)]
