"""The worked examples E1, E3 and E4, reproduced to the second by the command line.

Each `golden/*.csv` was transcribed by hand from the table of its example (times untouched, text in our own words).
"""

from __future__ import annotations

import csv
import json
import subprocess
import sys
from datetime import timedelta
from fractions import Fraction
from typing import Any

import pytest

from ivig_care.regimen.changes import Action, diff
from ivig_care.regimen.preview import describe, preview
from ivig_care.regimen.schedule import build_schedule
from tests.regimen.builders import GOLDEN, golden, held, utc, values_of

ROOT = GOLDEN.parents[2]


@pytest.fixture(scope="module")
def printed() -> dict[str, Any]:
    """What the command prints for each example; one process for each."""
    return {name: _printed_by_a_process(name) for name in ("E1", "E3", "E4")}


def _printed_by_a_process(name: str) -> Any:
    command = [sys.executable, "-m", "ivig_care.regimen", "preview", str(GOLDEN / f"{name}.json")]
    ran = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True, timeout=30)
    assert ran.stderr == ""
    return json.loads(ran.stdout)


@pytest.mark.parametrize(("name", "rows"), [("E1", 34), ("E3", 13), ("E4", 31)])
def test_timeline_is_the_example_row_for_row(printed: dict[str, Any], name: str, rows: int) -> None:
    with (GOLDEN / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        expected = [(row["local"], row["utc"], row["text"]) for row in csv.DictReader(file)]

    assert [(line["local"], line["utc"], line["text"]) for line in printed[name]["timeline"]] == expected
    assert len(expected) == rows


# Rungs: begins after (min), mL/kg/h, mL/h, minutes, mL.
LADDERS = {
    "E1": ((0, 0.6, 12, 30, 6), (30, 1.2, 24, 30, 12), (60, 2.4, 48, 227.5, 182)),
    "E3": ((0, 0.3, 4.5, 15, 1.125), (15, 1, 15, 15, 3.75), (30, 3, 45, 73.5, 55.125)),
    "E4": (
        (0, 0.5, 14, 30, 7),
        (30, 1, 28, 30, 14),
        (60, 2, 56, 30, 28),
        (90, 4, 112, 30, 56),
        (120, 5, 140, 75, 175),
    ),
}
DAYS = {"E1": (2, 200, 287.5), "E3": (1, 60, 103.5), "E4": (2, 280, 195)}


@pytest.mark.parametrize("name", ["E1", "E3", "E4"])
def test_ladder_of_each_day_is_the_example_to_the_millilitre(printed: dict[str, Any], name: str) -> None:
    number_of_days, volume, total = DAYS[name]

    days = printed[name]["days"]

    assert [day["number"] for day in days] == list(range(1, number_of_days + 1))
    for day in days:
        assert _rungs(day) == LADDERS[name]
        assert (day["volume_ml"], day["minutes"]) == (volume, total)


def _rungs(day: dict[str, Any]) -> tuple[tuple[float, ...], ...]:
    fields = ("starts_after", "ml_per_kg_h", "ml_h", "minutes", "volume_ml")
    return tuple(tuple(rung[field] for field in fields) for rung in day["ladder"])


# Ingredient: doses, smallest gap, most in 24 h, most mg and mg/kg in 24 h.
LEDGERS = {
    "E1": {"acetaminophen": (13, "6 h", 4, 1200, 60), "diphenhydramine": (2, "24 h", 1, 20, 1)},
    "E3": {"acetaminophen": (1, None, 1, 225, 15)},
    "E4": {
        "acetaminophen": (2, "25 h", 1, 420, 15),
        "diphenhydramine": (2, "25 h", 1, 28, 1),
        "ibuprofen": (13, "8 h", 3, 840, 30),
    },
}


@pytest.mark.parametrize("name", ["E1", "E3", "E4"])
def test_ledger_counts_what_the_example_counts(printed: dict[str, Any], name: str) -> None:
    fields = ("doses", "smallest_gap", "most_in_24h", "most_mg_in_24h", "most_mg_per_kg_in_24h")

    ledger = {line["ingredient"]: tuple(line[field] for field in fields) for line in printed[name]["ledger"]}

    assert ledger == LEDGERS[name]


def test_warnings_are_none_but_the_caution_that_comes_with_ibuprofen(printed: dict[str, Any]) -> None:
    assert printed["E1"]["warnings"] == []
    assert printed["E3"]["warnings"] == []
    assert printed["E4"]["warnings"] == [
        {
            "code": "caution",
            "text": "ibuprofen: not if vomiting or drinking little; kidney disease; with steroids a risk of bleeding",
            "source": "FACTS section 4",
        }
    ]


def test_e1_course_is_blocked_by_the_second_premedication_and_ends_at_the_cut_off(printed: dict[str, Any]) -> None:
    doses = [step for step in printed["E1"]["steps"] if step["slot"].startswith("acetaminophen-course.")]

    after_second_premedication = [dose for dose in doses if dose["due"]["utc"] > "2026-06-16T15:30:00Z"]

    assert len(doses) == 11
    assert len(after_second_premedication) == 8
    assert "2026-06-18T21:30:00Z" not in {dose["due"]["utc"] for dose in doses}
    assert all(dose["dose"]["mg"] == 300 for dose in doses)


def test_e1_flagged_for_kidney_or_thrombosis_warns_of_the_risk_cap() -> None:
    document = golden("E1")
    document["infusion"]["flags"] = ["renal-or-thrombosis"]

    assert _previewed(document)["warnings"] == [
        {
            "code": "rate-above-ceiling",
            "text": "The ladder goes above 2 mL/kg/h (risk of kidney injury or thrombosis).",
            "source": "FACTS section 3 [S12]",
        }
    ]


def test_e1b_first_infusion_ceiling_takes_333_minutes() -> None:
    document = golden("E1")
    document["protocol"]["ladder"]["steps"][2] = {"ml_per_kg_h": 2.0}
    document["infusion"]["flags"] = ["renal-or-thrombosis"]

    shown = _previewed(document)

    first = shown["days"][0]
    assert _rungs(first) == ((0, 0.6, 12, 30, 6), (30, 1.2, 24, 30, 12), (60, 2, 40, 273, 182))
    assert (first["volume_ml"], first["minutes"]) == (200, 333)
    assert first["end"]["local"] == "Mon 2026-06-15 14:33:00 PDT"
    assert shown["warnings"] == []


CROSS_CHECKS = [
    pytest.param(
        [(0.6, 30), (1.2, 30), (2.4, 30), (4.8, None)],
        [(9, 4.5), (18, 9), (36, 18), (72, 28.5)],
        Fraction("113.75"),
        [],
        id="label start, doubling every 30 min",
    ),
    pytest.param(
        [(1.2, 15), (2.4, 15), (4.8, 15), (6.0, None)],
        [(18, 4.5), (36, 9), (72, 18), (90, 28.5)],
        Fraction(64),
        ["The ladder goes above 4.8 mL/kg/h (PI, ITP, CIDP)."],
        id="paediatric rapid trial, above the label's ceiling",
    ),
]


@pytest.mark.parametrize(("rates", "rungs", "total", "warnings"), CROSS_CHECKS)
def test_e3_cross_check_ladders(
    rates: list[tuple[float, float | None]],
    rungs: list[tuple[float, float]],
    total: Fraction,
    warnings: list[str],
) -> None:
    document = golden("E3")
    document["protocol"]["ladder"]["steps"] = [
        {"ml_per_kg_h": rate} | ({} if length is None else {"minutes": length}) for rate, length in rates
    ]

    shown = _previewed(document)

    assert [(rung["ml_h"], rung["volume_ml"]) for rung in shown["days"][0]["ladder"]] == rungs
    assert shown["days"][0]["minutes"] == float(total)
    assert [warning["text"] for warning in shown["warnings"]] == warnings


def test_e3_on_time_ends_at_14_43_30() -> None:
    shown = _previewed(_on_time())

    assert shown["days"][0]["end"] == {
        "utc": "2026-05-20T18:43:30Z",
        "local": "Wed 2026-05-20 14:43:30 EDT",
        "basis": "predicted",
    }


def test_e3_slip_moves_exactly_the_open_steps_by_45_minutes_and_keeps_the_done_ones() -> None:
    on_time = build_schedule(*values_of(_on_time()))
    slipped = build_schedule(*values_of(golden("E3")))

    changes = diff(held(on_time.ticked).values(), slipped.ticked)

    moved = {change.slot: change for change in changes if change.action is Action.MOVE}
    assert set(moved) == {"flush.d1", "check-24.d1", "check-48.d1", "check-72.d1"}
    for change in moved.values():
        assert change.before is not None
        assert change.after is not None
        assert change.after.due_at - change.before.due_at == timedelta(minutes=45)
        assert change.after.closes_at - change.before.closes_at == timedelta(minutes=45)
    kept = {(change.slot, change.reason) for change in changes if change.action is Action.KEEP}
    assert kept == {("fluids.d1", "already done"), ("premed.d1.acetaminophen", "already done")}
    assert len(changes) == 6


def test_e3_slip_moves_the_start_bound_lines_of_the_timeline_too() -> None:
    on_time, slipped = _previewed(_on_time()), _previewed(golden("E3"))

    moved = {"rate.d1.1", "rate.d1.2", "rate.d1.3", "end.d1", "vitals-open.d1", "vitals-close.d1"}
    before, after = _instants(on_time), _instants(slipped)
    assert {slot for slot in before if after[slot] - before[slot] == timedelta(minutes=45)} >= moved
    assert before["planned.d1"] == after["planned.d1"] == utc("2026-05-20 17:00")


def _instants(shown: dict[str, Any]) -> dict[str, Any]:
    return {slot: utc(line["utc"][:-1]) for line in shown["timeline"] for slot in line["slots"]}


def test_e4_night_of_the_clock_change_counts_hours_not_clock_faces() -> None:
    protocol, facts = values_of(golden("E4"))
    first, second = facts.days
    schedule = build_schedule(protocol, facts)

    assert second.planned_start - first.planned_start == timedelta(hours=25)
    third = next(step for step in schedule.steps if step.slot == "ibuprofen-course.3")
    local = describe(schedule, facts)["timeline"]
    assert isinstance(local, list)
    assert third.window.due_at == utc("2026-11-01 08:15")
    assert "Sun 2026-11-01 03:15:00 EST" in {line["local"] for line in local if isinstance(line, dict)}


def _on_time() -> dict[str, Any]:
    document = golden("E3")
    del document["infusion"]["days"][0]["actual_start"]
    return document


def _previewed(document: dict[str, Any]) -> dict[str, Any]:
    shown: dict[str, Any] = preview(json.dumps(document))
    return shown
