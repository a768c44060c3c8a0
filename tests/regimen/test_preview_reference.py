"""docs/reference/preview.md is in step with the program: every field, word, code, error and excerpt."""

from __future__ import annotations

import ast
import dataclasses
import inspect
import json
import re
from pathlib import Path
from typing import Any

import pytest

from ivig_care.regimen import cautions, preview, reading
from ivig_care.regimen.doses import DoseGiven, MedicineLimit
from ivig_care.regimen.errors import RegimenError
from ivig_care.regimen.protocol import (
    AfterStep,
    Anchor,
    CourseRule,
    Kind,
    Ladder,
    Medicine,
    Moment,
    NudgePolicy,
    Protocol,
    RateStep,
    StepRule,
)
from ivig_care.regimen.rates import Ceiling, Product
from ivig_care.regimen.timing import WindowRule
from tests.regimen.builders import everything, golden, replaced

PAGE = (Path(__file__).parents[2] / "docs" / "reference" / "preview.md").read_text(encoding="utf-8")


def _table(heading: str) -> dict[str, list[str]]:
    """The first table under a heading: what stands in backquotes in its first column, and the other columns."""
    (after,) = re.findall(rf"^#+ `?{re.escape(heading)}`?\n(.*?)(?=^#|\Z)", PAGE, flags=re.MULTILINE | re.DOTALL)
    rows = [line.strip("|").split("|") for line in after.splitlines() if line.startswith("| `")]
    return {row[0].strip().strip("`"): [cell.strip() for cell in row[1:]] for row in rows}


INPUT = {
    "protocol": Protocol,
    "Ladder": Ladder,
    "Rate": RateStep,
    "Step": StepRule,
    "Medicine": Medicine,
    "Window": WindowRule,
    "Nudges": NudgePolicy,
    "Course": CourseRule,
    "Moment": Moment,
    "After a step": AfterStep,
    "infusion": reading._Infusion,
    "Product": Product,
    "Ceiling": Ceiling,
    "Day": reading._Day,
    "What was said": reading._Slot,
    "Dose given": DoseGiven,
    "Limit": MedicineLimit,
}


@pytest.mark.parametrize("heading", list(INPUT))
def test_every_field_of_the_input_is_described(heading: str) -> None:
    described = _table(heading)
    fields = {field.name: field for field in dataclasses.fields(INPUT[heading])}

    assert list(described) == list(fields)
    required = {name for name, (kind, _) in described.items() if "*required*" in kind}
    # A dose needs a window although the type allows none: only what is not ticked may go without.
    by_type = {name for name, field in fields.items() if field.default is dataclasses.MISSING}
    assert required == by_type | ({"window"} if heading == "Course" else set())


def test_every_kind_is_described_and_whether_it_is_ticked() -> None:
    assert {kind: row[0] == "yes" for kind, row in _table("Kinds").items()} == {
        kind.value: kind.is_ticked for kind in Kind
    }


def test_every_anchor_is_described() -> None:
    assert list(_table("Anchors")) == [anchor.value for anchor in Anchor]


@pytest.fixture(scope="module")
def printed() -> dict[str, Any]:
    """The previews that the page quotes, and one that has every field."""
    flagged = replaced(golden("E1"), "infusion.flags", ["renal-or-thrombosis"])
    documents = {name: golden(name) for name in ("E1", "E3", "E4")} | {"E1+flagged": flagged, "all": everything()}
    return {name: preview.preview(json.dumps(document)) for name, document in documents.items()}


def test_every_field_of_the_output_is_described(printed: dict[str, Any]) -> None:
    assert list(_table("Output")) == list(printed["all"])


@pytest.mark.parametrize("heading", ["days", "timeline", "steps", "ledger"])
def test_every_field_of_a_list_in_the_output_is_described(printed: dict[str, Any], heading: str) -> None:
    items = [item for shown in printed.values() for item in shown[heading]]

    assert set(_table(heading)) == {name for item in items for name in item}


def test_every_code_of_a_warning_is_described() -> None:
    calls = [node for node in ast.walk(ast.parse(inspect.getsource(cautions))) if isinstance(node, ast.keyword)]
    codes = {node.value.value for node in calls if node.arg == "code" and isinstance(node.value, ast.Constant)}

    assert set(_table("warnings")) == codes


QUOTED = re.findall(r"^<!-- (\w+): (\S+) ([^\n]*) -->\n```\w+\n(.*?)^```$", PAGE, flags=re.MULTILINE | re.DOTALL)


@pytest.mark.parametrize(("source", "name", "place", "quoted"), QUOTED, ids=[" ".join(row[:3]) for row in QUOTED])
def test_excerpt_is_what_the_file_holds_or_the_program_prints(
    printed: dict[str, Any], source: str, name: str, place: str, quoted: str
) -> None:
    match source:
        case "input":
            assert json.loads(quoted) == _at(golden(name), place)
        case "output":
            assert json.loads(quoted) == _at(printed[name], place)
        case "timeline":
            assert quoted.splitlines() == list(_lines(printed[name]["timeline"], place))
        case "refused":
            assert quoted == _refused(name, place)
        case _:
            pytest.fail(f"unknown excerpt: {source}")


def _at(document: Any, place: str) -> Any:
    for name in re.findall(r"[^.\[\]]+", place):
        document = document[int(name) if isinstance(document, list) else name]
    return document


def _lines(timeline: list[dict[str, str]], ranges: str) -> list[str]:
    """The lines of a timeline in ranges such as "12-13 20-20", counted from 1."""
    spans = [tuple(map(int, span.split("-"))) for span in ranges.split()]
    return [f"{line['local']}  {line['text']}" for first, last in spans for line in timeline[first - 1 : last]]


def _refused(name: str, change: str) -> str:
    place, _, value = change.partition(" ")
    with pytest.raises(RegimenError) as refused:
        preview.preview(json.dumps(replaced(golden(name), place, json.loads(value))))
    return f"{refused.value}\n"


def test_page_quotes_every_example_and_every_sort_of_excerpt() -> None:
    assert {source for source, *_ in QUOTED} == {"input", "output", "timeline", "refused"}
    assert {name for _, name, *_ in QUOTED} == {"E1", "E1+flagged", "E3", "E4"}
    assert len(QUOTED) == PAGE.count("<!-- ")


def test_links_within_the_page_lead_somewhere() -> None:
    headings = re.findall(r"^#+ (.*)$", PAGE, flags=re.MULTILINE)
    anchors = {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}

    assert set(re.findall(r"\]\(#([^)]+)\)", PAGE)) <= anchors


def test_files_that_the_page_names_are_there() -> None:
    folder = Path(__file__).parent / "golden"

    assert {file.name for file in folder.iterdir()} == {f"E{n}.{kind}" for n in (1, 3, 4) for kind in ("json", "csv")}


def test_numbers_that_the_page_names_are_those_of_the_code() -> None:
    assert f"between the years {preview.EARLIEST_YEAR} and {preview.LATEST_YEAR}" in PAGE
    assert f"1 to {preview.MOST_DAYS}, in order" in PAGE
