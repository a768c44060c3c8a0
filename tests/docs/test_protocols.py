"""docs/how-to/write-a-protocol.md: its example can be dated, and it names every hole that a plan can fill."""

from __future__ import annotations

import json
import re

from ivig_care.regimen import documents
from ivig_care.regimen.preview import preview
from tests.docs.pages import page, read, section, tables

PAGE = page("docs/how-to/write-a-protocol.md").text
QUOTED = re.compile(r"^<!-- \w+ -->\n```json\n(.*?)^```$", re.MULTILINE | re.DOTALL)
FILE, REST = (json.loads(block) for block in QUOTED.findall(PAGE))


def _holes() -> set[str]:
    (table,) = tables(section(PAGE, "2. Leave holes where the clinician decides"))
    return {name.strip("`") for name in table}


def test_the_example_is_dated_and_warns_only_of_what_is_unknown() -> None:
    shown = preview(json.dumps({"protocol": FILE["document"], **REST}))
    assert isinstance(shown["steps"], list)
    assert isinstance(shown["warnings"], list)
    slots = [step["slot"] for step in shown["steps"] if isinstance(step, dict)]
    codes = [one["code"] for one in shown["warnings"] if isinstance(one, dict)]
    assert slots == ["premedication.d1.acetaminophen", "check-24.d1"]
    assert codes == ["rate-ceiling-unknown", "limit-unknown"]


def test_the_example_has_a_value_for_each_hole_and_no_other() -> None:
    assert set(documents.unset(FILE["document"], {})) == set(REST["values"])
    assert set(REST["values"]) <= _holes()


def test_the_holes_are_those_of_the_built_in_protocol_and_of_the_plan() -> None:
    built_in = json.loads(read("ivig_care/protocols/data/built_in/jdm-2g-2days.json"))
    assert set(documents.unset(built_in["document"], {})) == _holes()
    plan = read("ivig_care/plans/prescription.py")
    assert {name for name in _holes() if f'"{name}"' not in plan} == set()
