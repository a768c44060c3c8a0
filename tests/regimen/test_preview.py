"""The command line: what it prints, and how it refuses a file that will not do."""

from __future__ import annotations

import json
import runpy
import subprocess
import sys
from dataclasses import fields
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from ivig_care.regimen import __main__ as regimen_main
from ivig_care.regimen.errors import DocumentError, RegimenError, ScheduleTooLong, UnsetValues
from ivig_care.regimen.preview import preview
from ivig_care.regimen.protocol import Protocol
from ivig_care.regimen.waking import TOO_LATE, WAKES
from tests.regimen.builders import GOLDEN, TYLENOL, everything, golden, replaced, run_cli


def _previewed(document: dict[str, Any]) -> Any:
    return preview(json.dumps(document))


def test_preview_says_everything_about_a_step() -> None:
    steps = {step["slot"]: step for step in _previewed(everything())["steps"]}

    assert steps["premed.d2.acetaminophen"] == {
        "slot": "premed.d2.acetaminophen",
        "kind": "premedication",
        "title": "Premed",
        "who": "clinic",
        "state": "open",
        "basis": "planned",
        "follows": "the planned start of day 2",
        "due": {"utc": "2026-06-16T12:30:00Z", "local": "Tue 2026-06-16 08:30:00 EDT"},
        "opens": {"utc": "2026-06-16T12:15:00Z", "local": "Tue 2026-06-16 08:15:00 EDT"},
        "late": {"utc": "2026-06-16T13:00:00Z", "local": "Tue 2026-06-16 09:00:00 EDT"},
        "closes": {"utc": "2026-06-16T14:30:00Z", "local": "Tue 2026-06-16 10:30:00 EDT"},
        "dose": {"ingredient": TYLENOL, "name": "Tylenol", "mg": 301.5, "mg_per_ml": 32, "ml": 9.421875},
    }
    assert steps["evening.d1"]["goal_ml"] == 1500
    assert steps["evening.d1"]["due"]["local"] == "Sun 2026-06-14 18:00:00 EDT"
    assert steps["premed.d1.diphenhydramine"]["dose"] == {
        "ingredient": "diphenhydramine",
        "name": "diphenhydramine",
        "mg": 20.5,
        "ml": None,
    }
    assert "done" not in steps["course.1"]
    assert (steps["course.1"]["state"], steps["course.1"]["due"]["local"]) == (
        "skipped",
        "Mon 2026-06-15 15:15:00 EDT",
    )


def test_preview_says_when_each_day_runs_and_how_sure_that_is() -> None:
    shown = _previewed(everything())

    assert shown["zone"] == "America/New_York"
    assert [(day["start"]["local"], day["start"]["basis"]) for day in shown["days"]] == [
        ("Mon 2026-06-15 09:45:00 EDT", "actual"),
        ("Tue 2026-06-16 09:00:00 EDT", "planned"),
    ]
    assert [(day["end"]["local"], day["end"]["basis"]) for day in shown["days"]] == [
        ("Mon 2026-06-15 18:00:00 EDT", "actual"),
        ("Tue 2026-06-16 13:24:00 EDT", "predicted"),
    ]


def test_preview_warns_of_what_is_unknown_and_of_what_is_too_much() -> None:
    assert [(warning["code"], warning["text"]) for warning in _previewed(everything())["warnings"]] == [
        ("rate-above-ceiling", "The ladder goes above 2.4 mL/kg/h (all)."),
        ("caution", "acetaminophen: liver disease"),
        ("limit-unknown", "No limit is known for diphenhydramine: ask the pharmacist."),
        ("limit-unknown", "No limit is known for ibuprofen: ask the pharmacist."),
        ("limit-unknown", "No limit is known for ondansetron: ask the pharmacist."),
    ]


def _of_unknown_amounts() -> Any:
    document = everything()
    for ingredient in ("ibuprofen", "cetirizine"):
        document["infusion"]["given"].append({"ingredient": ingredient, "at": "2026-06-13T08:00"})
    return _previewed(document)


def test_ledger_says_all_that_is_given_of_each_ingredient_and_nothing_of_what_is_unknown() -> None:
    assert _of_unknown_amounts()["ledger"] == [
        {
            "ingredient": TYLENOL,
            "doses": 8,
            "smallest_gap": "6 h",
            "most_in_24h": 4,
            "most_mg_in_24h": 1201.5,
            "most_mg_per_kg_in_24h": float(Fraction("1201.5") / Fraction("20.1")),
        },
        {
            "ingredient": "cetirizine",
            "doses": 1,
            "smallest_gap": None,
            "most_in_24h": 1,
            "most_mg_in_24h": None,
            "most_mg_per_kg_in_24h": None,
        },
        {
            "ingredient": "diphenhydramine",
            "doses": 2,
            "smallest_gap": "23 h 15 min",
            "most_in_24h": 2,
            "most_mg_in_24h": 41,
            "most_mg_per_kg_in_24h": float(41 / Fraction("20.1")),
        },
        {
            "ingredient": "ibuprofen",
            "doses": 5,
            "smallest_gap": "8 h",
            "most_in_24h": 3,
            "most_mg_in_24h": None,
            "most_mg_per_kg_in_24h": None,
        },
    ]


def test_warning_says_its_code_and_its_source_where_there_is_one() -> None:
    assert _of_unknown_amounts()["warnings"][1:3] == [
        {"code": "caution", "text": "acetaminophen: liver disease", "source": "S36"},
        {"code": "amount-unknown", "text": "cetirizine: the amount of a dose is unknown, so its total in 24 h is too."},
    ]


def test_timeline_says_when_what_and_how_sure_that_is() -> None:
    assert _previewed(everything())["timeline"][:2] == [
        {
            "utc": "2026-06-14T22:00:00Z",
            "local": "Sun 2026-06-14 18:00:00 EDT",
            "basis": "planned",
            "text": "Drink",
            "slots": ["evening.d1"],
        },
        {
            "utc": "2026-06-15T13:15:00Z",
            "local": "Mon 2026-06-15 09:15:00 EDT",
            "basis": "actual",
            "text": "D1: Premed: Tylenol 301.5 mg + diphenhydramine 20.5 mg",
            "slots": ["premed.d1.acetaminophen", "premed.d1.diphenhydramine"],
        },
    ]


def test_timeline_does_not_say_given_of_what_is_no_medicine() -> None:
    drunk = {"slot": "evening.d1", "state": "done", "at": "2026-06-14T18:00"}

    assert _texts(replaced(everything(), "infusion.steps", [drunk]))[0] == "Drink"


def test_timeline_names_the_medicine_of_a_course_once() -> None:
    lines = {line["slots"][0]: line["text"] for line in _previewed(everything())["timeline"]}

    assert lines["course.3"] == "acetaminophen 300 mg"


def test_day_says_everything_about_itself() -> None:
    day = _previewed(everything())["days"][1]

    assert {**day, "ladder": len(day["ladder"])} == {
        "number": 2,
        "start": {"utc": "2026-06-16T13:00:00Z", "local": "Tue 2026-06-16 09:00:00 EDT", "basis": "planned"},
        "end": {"utc": "2026-06-16T17:24:00Z", "local": "Tue 2026-06-16 13:24:00 EDT", "basis": "predicted"},
        "is_cancelled": False,
        "is_paused": False,
        "volume_ml": 201,
        "exceeded_ml": 0,
        "minutes": 264,
        "ladder": 2,
    }
    assert all(rung["minutes"] for rung in day["ladder"])


def _texts(document: dict[str, Any]) -> list[str]:
    return [line["text"] for line in _previewed(document)["timeline"]]


def _with_steps(*steps: dict[str, str]) -> list[str]:
    document = golden("E1")
    document["infusion"]["steps"] = list(steps)
    return _texts(document)


PREMED = {"slot": "premed.d1.acetaminophen", "at": "2026-06-15T08:30"}


def test_timeline_says_what_was_given_and_what_was_not() -> None:
    skipped = {"slot": "premed.d1.diphenhydramine", "due_at": "2026-06-15T08:30", "at": "2026-06-15T08:40"}

    texts = _with_steps({**PREMED, "state": "done"}, {**skipped, "state": "skipped"})

    assert "D1: Premed: acetaminophen 300 mg (given); Premed: diphenhydramine 20 mg (skipped)" in texts


def test_timeline_does_not_say_given_of_a_medicine_that_is_still_open() -> None:
    assert "D1: Premed: acetaminophen 300 mg (given); Premed: diphenhydramine 20 mg" in _with_steps(
        {**PREMED, "state": "done"}
    )


def test_timeline_says_missed() -> None:
    texts = _with_steps({**PREMED, "state": "missed", "due_at": "2026-06-15T08:30"})

    assert "D1: Premed: acetaminophen 300 mg (missed); Premed: diphenhydramine 20 mg" in texts


def test_timeline_tells_the_days_apart_only_when_there_are_several() -> None:
    assert "D1: set pump 12 mL/h; vitals" in _texts(golden("E1"))
    assert "set pump 4.5 mL/h; vitals" in _texts(golden("E3"))


def test_timeline_names_the_day_once_in_a_line() -> None:
    document = replaced(golden("E1"), "protocol.steps[2].offset", {"minutes": 30})

    assert "D1: set pump 24 mL/h; vitals; vitals (+15 min)" in _texts(document)


def test_timeline_keeps_different_things_of_one_instant_on_lines_of_their_own() -> None:
    texts = _texts(golden("E3"))

    assert texts[6:8] == ["infusion END (predicted); vitals", "Flush 20 mL D5W"]


# What is changed, the place that the sentence names, and the sentence.
REFUSED: list[tuple[str, Any, str, str]] = [
    ("extra", 1, "extra", "unknown; known here: protocol, infusion, values"),
    ("values", [], "values", "expected an object"),
    ("protocol", [], "protocol", "expected an object"),
    ("infusion", None, "infusion", "expected an object"),
    ("infusion.zone", "Mars/Olympus", "infusion.zone", "unknown time zone 'Mars/Olympus'; expected a name such as "),
    ("infusion.weight_kg", 0, "infusion.weight_kg", "must be more than nothing"),
    ("infusion.weight_kg", "20", "infusion.weight_kg", 'expected a number, not "20"'),
    ("infusion.weight_kg", {"prescribed": "w"}, "infusion.weight_kg", "expected a number, not an object"),
    ("infusion.days", [], "infusion.days", "needs 1 to 5 days"),
    ("infusion.days", [{"planned_start": "2026-06-15T09:00"}] * 6, "infusion.days", "needs 1 to 5 days"),
    ("infusion.days", [{"planned_start": "2026-06-15T09:00"}], "infusion.days", "must be 2, as the protocol says"),
    (
        "infusion.days[1].planned_start",
        "2026-06-15T18:00",
        "infusion.days[1].planned_start",
        "must be on a later date than the day before it in the list",
    ),
    (
        "infusion.days[1].planned_start",
        "2026-06-14T09:00",
        "infusion.days[1].planned_start",
        "must be on a later date than the day before it in the list",
    ),
    (
        "infusion.days[0].actual_end",
        "2026-06-15T09:45",
        "infusion.days[0].actual_end",
        "needs an actual start that lies before it",
    ),
    (
        "infusion.days[0].actual_start",
        None,
        "infusion.days[0].actual_end",
        "needs an actual start that lies before it",
    ),
    (
        "infusion.days[0].planned_start",
        "tomorrow",
        "infusion.days[0].planned_start",
        "\"tomorrow\" is not a time such as '2026-06-15T09:00'",
    ),
    ("infusion.days[0].planned_start", "2026-06-15", "infusion.days[0].planned_start", '"2026-06-15" is not a time'),
    ("infusion.days[0].planned_start", "0001-01-01T00:00", "infusion.days[0].planned_start", "lies outside the years"),
    ("infusion.days[0].planned_start", "1899-12-31T23:59", "infusion.days[0].planned_start", "lies outside the years"),
    (
        "infusion.days[0].actual_start",
        "9999-12-31T23:59-14:00",
        "infusion.days[0].actual_start",
        "lies outside the years 1900 to 2199",
    ),
    ("infusion.days[0].actual_end", "2200-01-01T00:00", "infusion.days[0].actual_end", "lies outside the years"),
    ("infusion.days[0].planned_start", 9, "infusion.days[0].planned_start", "expected text, not 9"),
    ("infusion.steps[0].state", "open", "infusion.steps[0].state", "must be done, skipped or missed; leave out a "),
    ("infusion.steps[0].state", "withdrawn", "infusion.steps[0].state", "must be done, skipped or missed; leave "),
    ("infusion.steps[0].due_at", None, "infusion.steps[0].due_at", "is missing; a step that was skipped keeps its "),
    ("infusion.steps[0].slot", "course.x", "infusion.steps[0].slot", 'there is no step "course.x" to tick'),
    ("infusion.steps[0].slot", "course.01", "infusion.steps[0].slot", 'there is no step "course.01" to tick'),
    ("infusion.steps[0].slot", "course.999", "infusion.steps[0].slot", 'there is no step "course.999" to tick'),
    ("infusion.steps[0].slot", "rate.d1.1", "infusion.steps[0].slot", 'there is no step "rate.d1.1" to tick'),
    ("infusion.given[0].ingredient", "Tylenol", "infusion.given[0].ingredient", '"Tylenol" must be in lower case'),
    ("infusion.given[0].mg", -300, "infusion.given[0].mg", "must be more than nothing"),
    ("infusion.limits[0].min_interval", {"hours": 0}, "infusion.limits[0].min_interval", "must be more than nothing"),
    ("infusion.limits[0].min_interval", {"hours": -4}, "infusion.limits[0].min_interval", "must be more than nothing"),
    ("infusion.limits[0].max_doses_24h", 0, "infusion.limits[0].max_doses_24h", "must be more than nothing"),
    ("infusion.limits[0].max_mg_per_kg_24h", 0, "infusion.limits[0].max_mg_per_kg_24h", "must be more than nothing"),
    ("infusion.flags", "risk", "infusion.flags", "expected a list"),
    ("infusion.flags", [1], "infusion.flags[0]", "expected text, not 1"),
    ("infusion.product.ceilings[0].flag", None, "infusion.product.ceilings[0].flag", "expected text, not null"),
    (
        "protocol.courses[0].first",
        {"after_step": "evening"},
        "courses.course.first",
        "no step 'evening' gives acetaminophen on the first day",
    ),
]


@pytest.mark.parametrize(("changed", "value", "place", "problem"), REFUSED)
def test_document_is_refused_at_the_place_it_concerns(changed: str, value: Any, place: str, problem: str) -> None:
    with pytest.raises(DocumentError) as refused:
        _previewed(replaced(everything(), changed, value))

    assert refused.value.path == place
    assert refused.value.problem.startswith(problem)


@pytest.mark.parametrize("name", ["protocol", "infusion"])
def test_document_needs_both_its_halves(name: str) -> None:
    document = everything()
    del document[name]

    with pytest.raises(DocumentError, match=f"^{name}: is missing$"):
        _previewed(document)


def test_document_needs_no_values_when_nothing_is_left_open() -> None:
    assert "values" not in golden("E1")
    assert _previewed(golden("E1"))["zone"] == "America/Los_Angeles"


def test_values_that_are_missing_are_named() -> None:
    document = replaced(everything(), "values", {"premed": 1})

    with pytest.raises(UnsetValues, match=r"^not prescribed yet: premed_mg$"):
        _previewed(document)


def test_step_may_be_said_only_once() -> None:
    document = everything()
    document["infusion"]["steps"] *= 2

    with pytest.raises(DocumentError, match=r'^infusion.steps\[1\].slot: "course.1" is said twice$'):
        _previewed(document)


@pytest.mark.parametrize("condition", ["Fluids limited", ""])
def test_condition_that_no_step_heeds_is_refused(condition: str) -> None:
    document = replaced(everything(), "infusion.conditions[0]", condition)

    with pytest.raises(DocumentError, match=rf'^infusion.conditions: no step of the protocol heeds "{condition}"$'):
        _previewed(document)


def test_step_is_left_out_under_its_condition() -> None:
    without = replaced(everything(), "infusion.conditions", [])

    juice = {"juice.d1", "juice.d2"}
    assert juice & {step["slot"] for step in _previewed(everything())["steps"]} == set()
    assert juice <= {step["slot"] for step in _previewed(without)["steps"]}


def test_ingredient_has_only_one_limit() -> None:
    document = everything()
    document["infusion"]["limits"] *= 2

    with pytest.raises(DocumentError, match=r"^infusion.limits: names an ingredient twice for the same children$"):
        _previewed(document)


def test_course_without_an_end_in_sight_is_refused() -> None:
    document = replaced(everything(), "protocol.courses[0].every", {"minutes": 1})

    with pytest.raises(ScheduleTooLong, match="course 'course'"):
        _previewed(document)


def test_infusion_that_would_outlast_the_calendar_is_refused() -> None:
    document = replaced(everything(), "protocol.ladder.steps", [{"ml_per_kg_h": 0.000001}])
    replaced(document, "infusion.dose_mg_per_kg", 10**9)
    del document["infusion"]["cap_mg"], document["infusion"]["vials"]

    with pytest.raises(DocumentError, match=r"^infusion: runs beyond the calendar: check weight, dose and rates$"):
        _previewed(document)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "document: is not JSON: Expecting value"),
        ("{", "document: is not JSON: "),
        ("\ufeff{}", "document: is not JSON: Unexpected UTF-8 BOM"),
        ("[]", "document: expected an object with protocol and infusion"),
        ("null", "document: expected an object with protocol and infusion"),
        ("[" * 100_000, "document: is not JSON: maximum recursion depth exceeded"),
        ('{"a":' * 100_000, "document: is not JSON: maximum recursion depth exceeded"),
        ("1" * 5000, "document: is not JSON: Exceeds the limit"),
        ('{"protocol": {}, "protocol": {}}', "protocol: is said twice in one object"),
        ('{"infusion": {"zone": "", "weight_kg": 20, "weight_kg": 200}}', "weight_kg: is said twice in one object"),
        (
            '{"infusion": {}, "protocol": {}, "b": 1, "a": 1}',
            "a: unknown; known here: protocol, infusion, values, before, now",
        ),
    ],
)
def test_text_that_is_no_document_is_refused(text: str, problem: str) -> None:
    with pytest.raises(RegimenError) as refused:
        preview(text)

    assert str(refused.value).startswith(problem)


@pytest.mark.parametrize("number", ["NaN", "Infinity", "-Infinity", "1e999", "1e999999999"])
def test_number_that_is_none_is_refused_at_its_place(number: str) -> None:
    text = json.dumps(everything()).replace('"weight_kg": 20.1', f'"weight_kg": {number}')

    with pytest.raises(DocumentError, match=r"^infusion.weight_kg: expected a number, not "):
        preview(text)


@pytest.mark.parametrize("moment", ["1900-01-01T00:00", "2199-12-31T23:59", "2028-02-29T09:00"])
def test_any_time_of_three_centuries_will_do(moment: str) -> None:
    document = replaced(golden("E3"), "infusion.days", [{"planned_start": moment}])
    document["infusion"]["steps"] = []

    assert _previewed(document)["days"][0]["start"]["local"][4:14] == moment[:10]


@pytest.mark.parametrize(
    ("text", "utc"),
    [
        pytest.param("2026-10-31T09:00", "2026-10-31T13:00:00Z", id="on the child's clock"),
        pytest.param("2026-10-31 09:00:30", "2026-10-31T13:00:30Z", id="with seconds, without T"),
        pytest.param("2026-10-31T13:00Z", "2026-10-31T13:00:00Z", id="in UTC"),
        pytest.param("2026-10-31T14:00+01:00", "2026-10-31T13:00:00Z", id="with an offset"),
        pytest.param("2026-11-01T01:30", "2026-11-01T05:30:00Z", id="in an overlap: the earlier"),
        pytest.param("2026-03-08T02:30", "2026-03-08T07:00:00Z", id="in a gap: the first instant after it"),
    ],
)
def test_times_are_the_childs_clock_unless_they_say_their_offset(text: str, utc: str) -> None:
    document = replaced(golden("E4"), "infusion.days", [{"planned_start": text}])

    assert _previewed(document)["days"][0]["start"]["utc"] == utc


def test_course_may_take_five_days() -> None:
    days = [{"planned_start": f"2026-06-{number}T09:00"} for number in range(15, 20)]

    shown = _previewed(replaced(golden("E1"), "infusion.days", days))

    assert [day["volume_ml"] for day in shown["days"]] == [80] * 5


def test_dose_done_without_a_due_time_was_due_when_it_was_given() -> None:
    shown = _previewed(golden("E3"))

    (premed,) = (step for step in shown["steps"] if step["slot"] == "premed.d1.acetaminophen")
    assert premed["due"] == premed["done"] == {"utc": "2026-05-20T16:30:00Z", "local": "Wed 2026-05-20 12:30:00 EDT"}


def test_command_prints_json_and_nothing_else() -> None:
    code, output, errors = run_cli(GOLDEN / "E1.json")

    assert (code, errors) == (0, "")
    assert json.loads(output) == _previewed(golden("E1"))
    assert output.endswith("}\n")


def test_command_prints_words_of_any_language(tmp_path: Path) -> None:
    file = tmp_path / "plan.json"
    file.write_text(json.dumps(replaced(golden("E3"), "protocol.steps[3].title", "Spülen – 生理")), encoding="utf-8")

    code, output, _ = run_cli(file)

    assert code == 0
    assert "Spülen – 生理" in output


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        pytest.param(b"{}", "protocol: is missing", id="empty"),
        pytest.param(b"\xff\xfe", "'utf-8' codec can't decode byte 0xff in position 0: invalid start byte", id="bytes"),
        pytest.param(b'{"a\\nb\\u0007": 1}', "protocol: is missing", id="odd key"),
        pytest.param(
            b'{"protocol": {"a\\n\\ud800b": {}}, "infusion": {}}',
            f"protocol.a \\ud800b: unknown; known here: {', '.join(field.name for field in fields(Protocol))}",
            id="key that breaks the line and cannot be printed",
        ),
        pytest.param(
            b'{"protocol": {"name": {"prescribed": "two\\nlines"}}, "infusion": {}}',
            "not prescribed yet: two lines",
            id="name that breaks the line",
        ),
    ],
)
def test_command_refuses_with_one_line_and_exit_code_2(tmp_path: Path, content: bytes, sentence: str) -> None:
    file = tmp_path / "plan.json"
    file.write_bytes(content)

    assert run_cli(file) == (2, "", f"{file}: {sentence}\n")


def test_command_refuses_a_file_that_is_not_there(tmp_path: Path) -> None:
    code, output, errors = run_cli(tmp_path / "nowhere.json")

    assert (code, output) == (2, "")
    assert errors.endswith(f"No such file or directory: '{tmp_path / 'nowhere.json'}'\n")
    assert errors.count("\n") == 1


def test_command_refuses_a_folder(tmp_path: Path) -> None:
    code, _, errors = run_cli(tmp_path)

    assert code == 2
    assert "Is a directory" in errors


def test_module_runs_as_a_command(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(sys, "argv", ["regimen", "preview", str(GOLDEN / "E3.json")])

    with pytest.raises(SystemExit) as ended:
        runpy.run_path(regimen_main.__file__, run_name="__main__")

    assert ended.value.code == 0
    assert json.loads(capsys.readouterr().out)["zone"] == "America/Toronto"


def test_process_refuses_with_one_line_and_exit_code_2(tmp_path: Path) -> None:
    file = tmp_path / "plan.json"
    file.write_text(json.dumps(replaced(golden("E1"), "protocol.courses[0].every", {"hours": 0})), encoding="utf-8")
    command = [sys.executable, "-m", "ivig_care.regimen", "preview", str(file)]

    ran = subprocess.run(command, cwd=GOLDEN.parents[2], capture_output=True, text=True, check=False, timeout=30)

    assert (ran.returncode, ran.stdout) == (2, "")
    assert ran.stderr == f"{file}: protocol.courses[0].every: must be more than nothing\n"


# --- nights, what is needed, what is next, and what has changed -----------------------------------------------------


def _steps(document: dict[str, Any]) -> dict[str, Any]:
    return {step["slot"]: step for step in _previewed(document)["steps"]}


def _clock(times: list[dict[str, str]]) -> list[str]:
    return [time["local"][4:20] for time in times]


def test_step_says_when_the_family_is_told_of_it() -> None:
    steps = _steps(everything())

    told = steps["course.3"]["told"]
    assert list(zip(_clock(told), [one["stage"] for one in told], strict=True)) == [
        ("2026-06-16 14:15", "lead"),
        ("2026-06-16 14:30", "due"),
        ("2026-06-16 15:00", "repeat"),
        ("2026-06-16 15:30", "repeat"),
        ("2026-06-16 15:45", "second"),
        ("2026-06-16 16:00", "clinic"),
    ]
    # Nobody is told of what the clinic does, of what never nudges, or of what was said.
    for slot in (f"premed.d2.{TYLENOL}", "evening.d1", "course.1"):
        assert "told" not in steps[slot]


def test_step_says_what_becomes_of_it_at_night() -> None:
    steps = _steps(everything())
    held = _steps(replaced(everything(), "protocol.courses[0].nudges.may_wake", False))

    assert (steps["course.2"]["night"], held["course.2"]["night"]) == (WAKES, TOO_LATE)
    assert steps["look.d1"]["night"] == "moved to the morning from 22:15"
    assert steps["look.d1"]["due"]["local"] == "Tue 2026-06-16 07:00:00 EDT"
    assert "night" not in steps["course.3"]


def test_nights_are_told_of_in_the_warnings() -> None:
    held = _previewed(replaced(everything(), "protocol.courses[0].nudges.may_wake", False))

    assert "night-too-late" in {warning["code"] for warning in held["warnings"]}


def test_as_needed_medicine_says_everything() -> None:
    assert _previewed(everything())["as_needed"] == [
        {
            "rule": "sickness",
            "purpose": "feels sick",
            "who": "family",
            "dose": {
                "ingredient": "ondansetron",
                "name": "ondansetron",
                "mg": 3.015,
                "mg_per_ml": 0.8,
                "ml": 3.76875,
            },
            "opens": {"utc": "2026-06-15T13:45:00Z", "local": "Mon 2026-06-15 09:45:00 EDT"},
            "closes": {"utc": "2026-06-17T17:24:00Z", "local": "Wed 2026-06-17 13:24:00 EDT"},
            "every": "8 h",
            "most_in_24h": 3,
        }
    ]


def test_as_needed_medicine_without_bounds_says_none() -> None:
    document = everything()
    for name in ("every", "most_in_24h"):
        del document["protocol"]["as_needed"][0][name]

    (shown,) = _previewed(document)["as_needed"]
    assert (shown["every"], shown["most_in_24h"]) == (None, None)


def test_line_that_is_left_out_is_listed_with_its_reason() -> None:
    document = replaced(everything(), "infusion.days[1].is_cancelled", True)

    assert _previewed(everything())["left_out"] == [{"rule": "juice", "day": None, "reason": "fluids limited"}]
    assert {"rule": "premed", "day": 2, "reason": "this day is cancelled"} in _previewed(document)["left_out"]


def test_next_infusion_is_proposed() -> None:
    assert _previewed(everything())["next"] == {
        "weeks": 4,
        "starts": [
            {"utc": "2026-07-13T13:00:00Z", "local": "Mon 2026-07-13 09:00:00 EDT"},
            {"utc": "2026-07-14T13:00:00Z", "local": "Tue 2026-07-14 09:00:00 EDT"},
        ],
        "earliest": "2026-07-10",
        "latest": "2026-07-16",
    }
    assert _previewed(replaced(everything(), "infusion.number", None))["next"] is None


def test_day_says_what_became_of_it() -> None:
    document = replaced(everything(), "infusion.days[1].is_cancelled", True)
    del document["infusion"]["days"][0]["actual_end"]
    document["infusion"]["days"][0]["rates"] = [{"at": "2026-06-15T10:00", "ml_h": 0}]

    first, second = _previewed(document)["days"]

    assert (first["is_paused"], first["is_cancelled"], second["is_paused"], second["is_cancelled"]) == (
        True,
        False,
        False,
        True,
    )
    assert (second["ladder"], second["minutes"], second["volume_ml"], second["exceeded_ml"]) == ([], 0, 201, 0)
    assert first["minutes"] == sum(rung["minutes"] for rung in first["ladder"])


def test_rates_beyond_the_order_are_shown_with_their_day() -> None:
    document = everything()
    del document["infusion"]["days"][0]["actual_end"]
    document["infusion"]["days"][0]["rates"] = [{"at": "2026-06-15T20:00", "ml_h": 5}]

    shown = _previewed(document)

    # 5.025 mL in the first half hour, then 50.25 mL/h until eight in the evening.
    assert shown["days"][0]["exceeded_ml"] == 5.025 + 50.25 * 9.75 - 201
    assert "volume-exceeded" in {warning["code"] for warning in shown["warnings"]}


def _with_before(**said: Any) -> dict[str, Any]:
    document = everything()
    before = {**document["infusion"], **said}
    return {**document, "before": before}


def _changes(document: dict[str, Any]) -> dict[str, Any]:
    return {change["slot"]: change for change in _previewed(document)["changes"]}


def test_preview_has_no_changes_unless_it_is_asked_for_them() -> None:
    assert "changes" not in _previewed(golden("E3"))


def test_changes_since_before_are_said_with_their_reasons() -> None:
    on_time = [{"planned_start": "2026-06-15T09:00"}, {"planned_start": "2026-06-16T09:00"}]

    changes = _changes(_with_before(days=on_time, conditions=[], steps=[]))

    assert changes[f"premed.d1.{TYLENOL}"] == {
        "action": "move",
        "slot": f"premed.d1.{TYLENOL}",
        "title": "Premed",
        "reason": "follows the actual start of day 1",
        "before": {"utc": "2026-06-15T12:30:00Z", "local": "Mon 2026-06-15 08:30:00 EDT"},
        "after": {"utc": "2026-06-15T13:15:00Z", "local": "Mon 2026-06-15 09:15:00 EDT"},
    }
    juice = changes["juice.d1"]
    assert (juice["action"], juice["reason"], juice["after"]) == ("withdraw", "fluids limited", None)
    assert changes["evening.d1"]["action"] == "keep"


def test_changes_name_what_is_new_and_what_weighs_more() -> None:
    changes = _changes(_with_before(weight_kg=20, conditions=[]))
    added = _changes(_with_before(conditions=[], is_first=False, last=None, days=everything()["infusion"]["days"]))

    assert changes[f"premed.d1.{TYLENOL}"]["reason"] == "301.5 mg now, 300 mg before"
    assert {change["action"] for change in added.values()} == {"keep", "withdraw"}


def test_nothing_has_changed_since_the_same_infusion() -> None:
    assert {change["action"] for change in _changes(_with_before()).values()} == {"keep"}


def test_step_that_is_kept_says_why_and_both_its_times() -> None:
    times = {"utc": "2026-06-15T19:15:00Z", "local": "Mon 2026-06-15 15:15:00 EDT"}
    open_before = _changes(_with_before(steps=[]))

    assert _changes(_with_before())["course.1"] == {
        "action": "keep",
        "slot": "course.1",
        "title": "Acetaminophen",
        "reason": "already skipped",
        "before": times,
        "after": times,
    }
    assert open_before["course.1"]["reason"] == "unchanged"


def test_step_of_a_day_that_was_cancelled_since_is_withdrawn() -> None:
    document = replaced(_with_before(), "infusion.days[1]", {"planned_start": "2026-06-16T09:00", "is_cancelled": True})
    document["before"] = {**document["before"], "days": everything()["infusion"]["days"]}

    assert _changes(document)[f"premed.d2.{TYLENOL}"] == {
        "action": "withdraw",
        "slot": f"premed.d2.{TYLENOL}",
        "title": "Premed",
        "reason": "this day is cancelled",
        "before": {"utc": "2026-06-16T12:30:00Z", "local": "Tue 2026-06-16 08:30:00 EDT"},
        "after": None,
    }


def test_step_of_a_day_that_takes_place_after_all_is_added() -> None:
    assert _changes(_with_before(days=CANCELLED))[f"premed.d2.{TYLENOL}"] == {
        "action": "add",
        "slot": f"premed.d2.{TYLENOL}",
        "title": "Premed",
        "reason": "new",
        "before": None,
        "after": {"utc": "2026-06-16T12:30:00Z", "local": "Tue 2026-06-16 08:30:00 EDT"},
    }


def test_changes_are_told_on_the_clock_of_now() -> None:
    change = _changes(_with_before(zone="UTC", days=CANCELLED))["evening.d1"]

    assert (change["before"]["local"], change["after"]["local"]) == (
        "Sun 2026-06-14 14:00:00 EDT",
        "Sun 2026-06-14 18:00:00 EDT",
    )


SAID = {"slot": "course.1", "state": "skipped", "at": "2026-06-15T15:20", "due_at": "2026-06-15T15:15"}


@pytest.mark.parametrize(
    ("second", "sentence"),
    [
        ({**SAID, "slot": "course.x"}, 'before.steps[1].slot: there is no step "course.x" to tick'),
        (SAID, 'before.steps[1].slot: "course.1" is said twice'),
    ],
    ids=["unknown", "twice"],
)
def test_step_said_before_is_refused_at_its_own_place(second: dict[str, str], sentence: str) -> None:
    with pytest.raises(DocumentError) as refused:
        _previewed(_with_before(steps=[SAID, second]))

    assert str(refused.value) == sentence


def test_step_that_was_not_there_before_is_added() -> None:
    document = _with_before(conditions=["fluids limited"])
    document["infusion"] = {**document["infusion"], "conditions": []}

    change = _changes(document)["juice.d2"]
    assert (change["action"], change["reason"], change["before"]) == ("add", "new", None)


def test_infusion_before_is_refused_at_its_own_place() -> None:
    with pytest.raises(DocumentError) as refused:
        _previewed(_with_before(weight_kg=0))

    assert refused.value.path == "before.weight_kg"


# --- what was said ------------------------------------------------------------------------------------------------


def _with_slot(slot: str, state: str = "done", **said: Any) -> dict[str, Any]:
    document = everything()
    document["infusion"] |= said
    at = "2026-06-15T09:20"
    document["infusion"]["steps"] = [{"slot": slot, "state": state, "at": at, "due_at": at}]
    return document


CANCELLED = [
    {"planned_start": "2026-06-15T09:00"},
    {"planned_start": "2026-06-16T09:00", "is_cancelled": True},
]


@pytest.mark.parametrize("state", ["done", "skipped", "missed"])
@pytest.mark.parametrize("slot", ["juice.d1", f"premed.d2.{TYLENOL}", "look.d2"])
def test_what_became_of_a_step_may_be_said_even_if_it_is_left_out_since(slot: str, state: str) -> None:
    assert _previewed(_with_slot(slot, state, days=CANCELLED))["zone"] == "America/New_York"


@pytest.mark.parametrize("slot", ["juices.d1", "premed.d3", "premed.dNone", "nothing.d2", "course.x"])
def test_step_that_never_was_cannot_be_said(slot: str) -> None:
    with pytest.raises(DocumentError) as refused:
        _previewed(_with_slot(slot, days=CANCELLED))

    assert refused.value.path == "infusion.steps[0].slot"


def test_dose_said_of_a_day_that_was_cancelled_since_is_counted() -> None:
    shown = _previewed(_with_slot(f"premed.d2.{TYLENOL}", days=CANCELLED))
    without = _previewed({**_with_slot(f"premed.d2.{TYLENOL}", "skipped", days=CANCELLED)})

    doses = {line["ingredient"]: line["doses"] for line in shown["ledger"]}
    assert f"premed.d2.{TYLENOL}" in {step["slot"] for step in shown["steps"]}
    assert doses[TYLENOL] >= {line["ingredient"]: line["doses"] for line in without["ledger"]}[TYLENOL]
