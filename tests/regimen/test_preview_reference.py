"""docs/reference/preview.md is in step with the program: every field, word, code, error and excerpt."""

from __future__ import annotations

import ast
import dataclasses
import inspect
import json
import re
from collections.abc import Iterator
from enum import StrEnum
from pathlib import Path
from typing import Any, get_args, get_type_hints

import pytest

from ivig_care.regimen import cautions, documents, fluids, preview, readers, reading
from ivig_care.regimen.changes import Action
from ivig_care.regimen.conditions import FOUND_OUT, LONGEST_GAP
from ivig_care.regimen.courses import MOST_DOSES
from ivig_care.regimen.doses import Code, DoseGiven, MedicineLimit
from ivig_care.regimen.dosing import Rounding, VialRounding
from ivig_care.regimen.errors import RegimenError
from ivig_care.regimen.facts import LastInfusion
from ivig_care.regimen.fluids import FluidEntry, FluidKind, Pace
from ivig_care.regimen.ledger import _VERDICTS, Verdict
from ivig_care.regimen.medicines import Amount, Combination, MedicineKnown
from ivig_care.regimen.now import Asked, Question
from ivig_care.regimen.nudging import Stage
from ivig_care.regimen.protocol import (
    Actor,
    AfterStep,
    Anchor,
    AsNeededRule,
    AtNight,
    Cadence,
    CourseDefaults,
    CourseRule,
    CourseStart,
    Days,
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
from ivig_care.regimen.signs import Bounds, FeverBound, Level
from ivig_care.regimen.steps import State
from ivig_care.regimen.symptoms import MOST_MILD_SCORE, ChildFlag, Method, Severity, Symptom, SymptomSaid, Temperature
from ivig_care.regimen.timing import QuietHours, WindowRule
from ivig_care.regimen.triage import NO_RULE, TriageChange
from ivig_care.regimen.waking import HELD, TOO_LATE, WAKES
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
    "Night": QuietHours,
    "Cadence": Cadence,
    "Course": CourseRule,
    "Course defaults": CourseDefaults,
    "As needed": AsNeededRule,
    "Moment": Moment,
    "After a step": AfterStep,
    "Triage change": TriageChange,
    "Limits in time": Bounds,
    "Fever bound": FeverBound,
    "infusion": reading._Infusion,
    "Product": Product,
    "Ceiling": Ceiling,
    "Day": reading._Day,
    "Rate entered": reading._Rate,
    "Vials": VialRounding,
    "Last infusion": LastInfusion,
    "What was said": reading._Slot,
    "Dose given": DoseGiven,
    "Limit": MedicineLimit,
    "Medicine known": MedicineKnown,
    "Combination": Combination,
    "Part": Amount,
    "now": Question,
    "Medicine asked for": Asked,
    "Drink": FluidEntry,
    "Symptom": SymptomSaid,
    "Temperature": Temperature,
}
# Words that have a table of their own; all others stand in the cell of their field.
WORDS: dict[type[StrEnum], str] = {
    Kind: "Kinds",
    Anchor: "Anchors",
    Level: "Levels",
    Method: "Methods",
    FluidKind: "Kinds of drink",
    Symptom: "Symptoms",
    ChildFlag: "Flags of the child",
}
SAID_IN_PLACE = (Actor, AtNight, Days, Rounding, Severity, State)
# Of a step that is open or withdrawn nothing can be said.
SAYABLE = ["done", "skipped", "missed"]


def _types_in(hint: Any) -> Iterator[type]:
    """The values and words of the format that a type of a field leads to."""
    if hint in documents._READERS and hint != CourseStart:
        return
    if dataclasses.is_dataclass(hint):
        assert isinstance(hint, type)
        yield hint
        for inner in get_type_hints(hint).values():
            yield from _types_in(inner)
    elif isinstance(hint, type) and issubclass(hint, StrEnum):
        yield hint
    else:
        for inner in get_args(hint):
            yield from _types_in(inner)


def test_every_type_that_a_document_may_hold_is_described() -> None:
    reached = {found for root in (Protocol, reading._Infusion, Question) for found in _types_in(root)}

    assert reached == {*INPUT.values(), *WORDS, *SAID_IN_PLACE}


def test_every_part_of_a_document_is_described() -> None:
    headings = set(re.findall(r"^### `(\w+)`$", PAGE, flags=re.MULTILINE))

    assert set(reading.PARTS) <= headings


@pytest.mark.parametrize("heading", list(INPUT))
def test_every_field_of_the_input_is_described(heading: str) -> None:
    described = _table(heading)
    fields = {field.name: field for field in dataclasses.fields(INPUT[heading])}

    assert list(described) == list(fields)
    required = {name for name, (kind, _) in described.items() if "*required*" in kind}
    assert required == {name for name, field in fields.items() if field.default is dataclasses.MISSING}


@pytest.mark.parametrize("heading", list(INPUT))
def test_every_word_of_a_field_is_described(heading: str) -> None:
    described = _table(heading)
    for name, hint in get_type_hints(INPUT[heading]).items():
        words = next((one for one in (hint, *get_args(hint)) if one in SAID_IN_PLACE), None)
        if words is not None:
            said = re.findall(r"`(\w+)`", described[name][0])
            assert said == (SAYABLE if words is State else [word.value for word in words])


@pytest.mark.parametrize(("words", "heading"), WORDS.items())
def test_every_word_of_a_table_is_described(words: type[StrEnum], heading: str) -> None:
    assert sorted(_table(heading)) == sorted(words)


def test_every_kind_is_described_and_whether_it_is_ticked() -> None:
    assert {kind: row[0] == "yes" for kind, row in _table("Kinds").items()} == {
        kind.value: kind.is_ticked for kind in Kind
    }


def test_every_kind_of_drink_is_described_and_whether_it_counts() -> None:
    assert {kind: row[0].startswith("yes") for kind, row in _table("Kinds of drink").items()} == {
        kind.value: kind.is_drunk for kind in FluidKind
    }


def test_every_condition_that_is_found_out_is_described() -> None:
    assert set(_table("Conditions")) == FOUND_OUT


@pytest.fixture(scope="module")
def printed() -> dict[str, Any]:
    """The previews that the page quotes, and one that has every field."""
    flagged = replaced(golden("E1"), "infusion.flags", ["renal-or-thrombosis"])
    files = {name: golden(name) for name in ("E1", "E3", "E4")} | {"E1+flagged": flagged, "all": everything()}
    return {name: preview.preview(json.dumps(document)) for name, document in files.items()}


def test_every_field_of_the_output_is_described(printed: dict[str, Any]) -> None:
    assert list(_table("Output")) == list(printed["all"])


@pytest.mark.parametrize("heading", ["days", "timeline", "steps", "as_needed", "left_out", "ledger", "changes"])
def test_every_field_of_a_list_in_the_output_is_described(printed: dict[str, Any], heading: str) -> None:
    items = [item for shown in printed.values() for item in shown.get(heading, ())]

    assert set(_table(heading)) == {name for item in items for name in item}


def test_every_field_of_the_next_infusion_is_described(printed: dict[str, Any]) -> None:
    assert list(_table("next")) == list(printed["all"]["next"])


def test_every_field_of_a_rung_is_described(printed: dict[str, Any]) -> None:
    rungs = [rung for shown in printed.values() for day in shown["days"] for rung in day["ladder"]]
    described = set(re.findall(r"`(\w+)`", _table("days")["ladder"][0]))

    assert described == {name for rung in rungs for name in rung}


def test_every_answer_is_described(printed: dict[str, Any]) -> None:
    now = printed["all"]["now"]
    named = {"medicine", "rule", "purpose"}

    assert list(_table("Answers")) == list(now)
    assert set(_table("Answer")) == {name for one in (*now["doses"], *now["as_needed"]) for name in one} - named
    assert set(_table("Drinking")) == {"slot"} | {one.name for one in dataclasses.fields(fluids.FluidProgress)}
    assert list(_table("Meaning")) == list(now["triage"])
    estimates = (fluids.Estimate, fluids.NoEstimate)
    assert list(_table("Estimate")) == [field.name for one in estimates for field in dataclasses.fields(one)]
    assert set(now["estimate"]) <= set(_table("Estimate"))


def test_every_verdict_and_every_reason_is_described() -> None:
    verdict_of = {code: verdict for verdict, codes in _VERDICTS for code in codes}

    assert set(_table("Verdicts")) == {verdict.value for verdict in Verdict}
    assert {code: cells[-1].strip("`") for code, cells in _table("Reasons").items()} == {
        code.value: verdict_of[code].value if code in verdict_of else "none" for code in Code
    }


def test_every_word_of_the_output_is_described() -> None:
    assert re.findall(r"`([\w ]+)`", _table("Drinking")["pace"][0]) == [pace.value for pace in Pace]
    assert re.findall(r"`(\w+)`", _table("changes")["action"][0]) == [action.value for action in Action]
    assert {WAKES, HELD, TOO_LATE} < set(re.findall(r"`([\w ,]+)`", _table("steps")["night"][0]))
    told = re.findall(r"`(\w+)`", _table("steps")["told"][0])
    assert told == ["utc", "local", "stage", *(stage.value for stage in Stage)]
    assert f"`{NO_RULE.key}`" in _table("Meaning")["rule"][0]


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

    assert {file.name for file in folder.glob("E*")} == {f"E{n}.{kind}" for n in (1, 3, 4) for kind in ("json", "csv")}


def test_numbers_that_the_page_names_are_those_of_the_code() -> None:
    assert f"between the years {readers.EARLIEST_YEAR} and {readers.LATEST_YEAR}" in PAGE
    assert f"1 to {reading.MOST_DAYS}, in order" in PAGE
    assert f"A course of more than {MOST_DOSES} doses is refused" in PAGE
    assert f"more than {LONGEST_GAP.days // 7} weeks lie between" in PAGE
    assert f"above {MOST_MILD_SCORE} is not mild" in PAGE
