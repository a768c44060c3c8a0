"""docs/regimen.md says what the program does: its snippets, tables and figures."""

from __future__ import annotations

import ast
import inspect
import json
import re
from dataclasses import fields, replace
from datetime import UTC, datetime
from fractions import Fraction
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from ivig_care.regimen import (
    briefing,
    cautions,
    changes,
    conditions,
    courses,
    doses,
    fluids,
    nudging,
    rates,
    readers,
    reading,
    symptoms,
    triage,
)
from ivig_care.regimen.changes import Action
from ivig_care.regimen.conditions import FIRST_INFUSION, FOUND_OUT, left_out_because
from ivig_care.regimen.documents import decode
from ivig_care.regimen.doses import Code
from ivig_care.regimen.facts import SlotFact
from ivig_care.regimen.fluids import Estimate, FluidKind, maintenance_estimate
from ivig_care.regimen.ledger import _VERDICTS, Verdict
from ivig_care.regimen.medicines import EXCLUSIVE
from ivig_care.regimen.protocol import (
    Anchor,
    AsNeededRule,
    AtNight,
    Cadence,
    Conditions,
    CourseRule,
    Ladder,
    NudgePolicy,
    RateStep,
    StepRule,
)
from ivig_care.regimen.rates import Ceiling, Product, RateEntered, ceilings_for, climb, duration, ml_per_kg_h, run
from ivig_care.regimen.signs import OVER_37_8, Level, TriageRule
from ivig_care.regimen.steps import State
from ivig_care.regimen.symptoms import Method, Report, Severity, Symptom, SymptomSaid, Temperature
from ivig_care.regimen.timing import Elapsed, QuietHours, Window, shift
from ivig_care.regimen.triage import MASKED_FOR, MASKS, TriageChange, apply_changes
from ivig_care.regimen.triage_rules import CALL_NOW, EMERGENCY, NEXT_VISIT, OFFICE_HOURS, RULES
from tests.regimen.builders import at, entered, fact, facts, hours, minutes, rule, window

PAGE = (Path(__file__).parents[2] / "docs" / "regimen.md").read_text(encoding="utf-8")
# However the lines are broken.
PROSE = " ".join(PAGE.split())


def _under(heading: str) -> str:
    """What stands under a heading, down to the next one."""
    (found,) = re.findall(rf"^#+ {re.escape(heading)}\n(.*?)(?=^#|\Z)", PAGE, re.MULTILINE | re.DOTALL)
    return str(found)


def _table(heading: str, number: int = 0) -> dict[str, list[str]]:
    """One of the tables under a heading: its rows by their first cell, without backquotes."""
    block = re.findall(r"(?:^\|.*\n)+", _under(heading), re.MULTILINE)[number].replace("`", "")
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in block.splitlines()]
    return {first: cells for first, *cells in rows[2:]}


# --- snippets ---------------------------------------------------------------------------------

SNIPPETS = re.findall(r"^<!-- (\w+) -->\n```json\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
TYPES: dict[str, type] = {
    one.__name__: one
    for one in (StepRule, NudgePolicy, CourseRule, AsNeededRule, Ladder, Cadence, QuietHours, TriageChange)
}


@pytest.mark.parametrize(("name", "text"), SNIPPETS, ids=[name for name, _ in SNIPPETS])
def test_snippet_is_what_a_protocol_may_say(name: str, text: str) -> None:
    assert decode(TYPES[name], json.loads(text), "snippet") is not None


def test_every_snippet_is_tried() -> None:
    assert len(SNIPPETS) == PAGE.count("```json") == PAGE.count("<!-- ")
    assert {name for name, _ in SNIPPETS} == set(TYPES)


def _snippet(kind: type) -> object:
    return decode(kind, json.loads(next(text for name, text in SNIPPETS if name == kind.__name__)), "snippet")


def test_ladder_that_is_worked_out_is_the_one_shown() -> None:
    ladder = _snippet(Ladder)
    assert isinstance(ladder, Ladder)

    rungs = climb(ladder, weight_kg=Fraction(20), volume_ml=Fraction(200), mg_per_ml=Fraction(100))

    shown = [(float(rung.ml_h), float(rung.minutes), float(rung.volume_ml)) for rung in rungs]
    assert shown == [(12, 30, 6), (24, 30, 12), (48, 227.5, 182)]
    assert duration(rungs) == Elapsed(hours=4, minutes=47, seconds=30)
    assert "12 mL/h for 30 min (6 mL), 24 mL/h for 30 min (12 mL), 48 mL/h for the last 182 mL: 227.5 min" in PROSE
    assert "It ends 4 h 47 min 30 s after the start" in PROSE


def test_change_of_the_triage_table_that_is_shown_needs_its_approval() -> None:
    change = _snippet(TriageChange)
    assert isinstance(change, TriageChange)

    (changed,) = (one for one in apply_changes(RULES, (change,)) if one.key == change.rule)

    assert [approval.by for approval in changed.approvals] == ["Dr Example"]


# --- time -------------------------------------------------------------------------------------

NEW_YORK = ZoneInfo("America/New_York")
SHIFTS = re.findall(r"^\| `(\{.*\})` \| (.*) \| (.*) \|$", _under("Two kinds of time"), re.MULTILINE)


@pytest.mark.parametrize(("said", "anchor", "falls_on"), SHIFTS)
def test_time_falls_where_the_page_says(said: str, anchor: str, falls_on: str) -> None:
    at = shift(_instant(anchor), readers.offset(json.loads(said), "offset"), NEW_YORK)

    assert at.astimezone(NEW_YORK).strftime("%a %Y-%m-%d %H:%M %Z") == falls_on


def _instant(shown: str) -> datetime:
    clock, zone = shown.rsplit(" ", 1)
    at = datetime.strptime(clock, "%a %Y-%m-%d %H:%M").replace(tzinfo=NEW_YORK)
    assert at.tzname() == zone
    return at.astimezone(UTC)


def test_times_of_both_nights_are_shown() -> None:
    assert {anchor[4:14] for _, anchor, _ in SHIFTS} == {"2026-10-31", "2027-03-13"}


def test_every_anchor_and_every_kind_of_night_is_explained() -> None:
    assert list(_table("Anchors")) == [anchor.value for anchor in Anchor]
    assert list(_table("Night")) == [at_night.value for at_night in AtNight]


def test_every_instant_of_a_window_is_explained() -> None:
    assert [f"{instant}_at" for instant in _table("Windows")] == [field.name for field in fields(Window)]


# --- steps ------------------------------------------------------------------------------------


def test_every_condition_that_is_found_out_is_explained() -> None:
    assert set(_table("Conditions")) == FOUND_OUT


@pytest.mark.parametrize(("row", "is_so"), [("holds", True), ("does not hold", False), ("is unknown", None)])
def test_condition_leaves_out_what_the_page_says(row: str, is_so: bool | None) -> None:
    named = Conditions([FIRST_INFUSION])
    lines = (rule(when=named), rule(unless=named))

    made = ["is left out" if left_out_because(one, facts(is_first=is_so)) else "is made" for one in lines]

    assert _table("Conditions", 1)[row] == made


def test_every_change_is_explained() -> None:
    assert list(_table("What moves")) == [action.value for action in Action]


# --- nudges -----------------------------------------------------------------------------------


def test_alarms_that_are_worked_out_are_those_of_the_example() -> None:
    policy = _snippet(NudgePolicy)
    assert isinstance(policy, NudgePolicy)

    rung = [(alarm.at, alarm.stage.value) for alarm in nudging.alarms(window("09:00", closes=180), policy)]

    expected = [("08:30", "lead"), ("09:00", "due"), ("09:15", "repeat"), ("09:30", "repeat"), ("09:45", "second")]
    assert rung == [(at(clock), stage) for clock, stage in expected]
    assert "half an hour before, when due, and 15 and 30 minutes after; then it is the second caregiver's turn" in PROSE


def test_every_stage_of_the_nudges_is_explained() -> None:
    assert list(_table("Who after whom")) == [stage.value for stage in nudging.Stage]


def test_briefings_are_at_the_times_of_the_page() -> None:
    told = briefing.briefings(dues=[at("09:00"), at("10:00")], day_starts=[at("09:00")], zone=ZoneInfo("UTC"))

    assert [(one.at, one.until) for one in told] == [(at("-1+19:00"), at("00:00")), (at("07:00"), at("12:00"))]
    assert _table("Briefings") == {
        "evening": [
            f"{briefing.EVENING:%H:%M} on the day before",
            "it is an infusion day, and something is due on its date",
            "midnight",
        ],
        "morning": [
            f"{briefing.MORNING:%H:%M}",
            f"at least {briefing.MORNING_LEAST} things are due on that date",
            "noon",
        ],
    }


# --- medicines and immunoglobulin -------------------------------------------------------------


# What became of the dose of 09:00, every six hours, and when the next is due.
LAST_DOSE: list[tuple[str, SlotFact | None, str]] = [
    ("is open", None, "15:00"),
    ("was done", fact("course.1", State.DONE, "09:00", "10:00"), "16:00"),
    ("was skipped", fact("course.1", State.SKIPPED, "09:00", "10:00"), "15:00"),
    ("was missed", fact("course.1", State.MISSED, "09:00", "11:00"), "15:00"),
]


@pytest.mark.parametrize(("row", "last", "due"), LAST_DOSE, ids=[row for row, _, _ in LAST_DOSE])
def test_next_dose_follows_the_last_as_the_page_says(row: str, last: SlotFact | None, due: str) -> None:
    _, following, *_ = courses.dose_times(
        course="course",
        first=at("09:00"),
        every=hours(6),
        until=at("1+09:00"),
        settled={} if last is None else {1: last},
        elsewhere=(),
        zone=NEW_YORK,
    )

    assert following.due_at == at(due)
    assert ("really given" in _table("Courses")[row][0]) == (due == "16:00")


def test_every_row_of_the_last_dose_is_tried() -> None:
    assert list(_table("Courses")) == [row for row, _, _ in LAST_DOSE]


def test_every_answer_of_the_ledger_is_explained_in_its_order() -> None:
    assert list(_table("The ledger")) == [verdict.value for verdict, _ in _VERDICTS] + [Verdict.YES.value]


def test_every_class_of_what_is_not_given_together_is_shown() -> None:
    assert _table("Never together") == {
        one.name: [", ".join(sorted(one.members)), f"{one.within // Elapsed(hours=1)} h", one.source]
        for one in EXCLUSIVE
    }


UNITS = re.findall(r"^\| (\d+) \| (\d+) mg/mL \| ([\d.]+) \|$", _under("Rates"), re.MULTILINE)


@pytest.mark.parametrize(("mg", "mg_per_ml", "ml"), UNITS)
def test_rate_in_the_other_unit_is_what_the_page_shows(mg: str, mg_per_ml: str, ml: str) -> None:
    assert ml_per_kg_h(Fraction(mg), mg_per_ml=Fraction(mg_per_ml)) == Fraction(ml)


def test_rates_of_both_strengths_are_shown() -> None:
    assert {mg_per_ml for _, mg_per_ml, _ in UNITS} == {"50", "100"}


A_LADDER = Ladder(
    steps=(
        RateStep(ml_per_kg_h=Fraction(1), minutes=Fraction(30)),
        RateStep(ml_per_kg_h=Fraction(2), minutes=Fraction(30)),
        RateStep(ml_per_kg_h=Fraction(4)),
    )
)
# What is entered ten minutes into the second rung of 20, 40 and 80 mL/h, and the mL/h from the start on.
ENTERED: list[tuple[str, RateEntered | None, list[int]]] = [
    ("nothing", None, [20, 40, 80]),
    ("the rate of the rung it is on, or of one further on", entered("09:40", 80), [20, 40, 80]),
    ("the rate of a rung it has left behind", entered("09:40", 20), [20, 40, 20]),
    (
        "the same, as the first rate of another lot",
        replace(entered("09:40", 20), is_new_lot=True),
        [20, 40, 20, 40, 80],
    ),
    ("any other rate", entered("09:40", 30), [20, 40, 30]),
    ("0", entered("09:40", 0), [20, 40, 0, 40, 80]),
]


@pytest.mark.parametrize(("row", "change", "ml_h"), ENTERED, ids=[row for row, _, _ in ENTERED])
def test_rates_go_on_as_the_page_says(row: str, change: RateEntered | None, ml_h: list[int]) -> None:
    ran = run(
        A_LADDER,
        weight_kg=Fraction(20),
        volume_ml=Fraction(300),
        mg_per_ml=Fraction(100),
        starts_at=at("09:00"),
        entered=() if change is None else (change,),
    )

    assert [int(rung.ml_h) for rung in ran.rungs] == ml_h
    assert row in _table("Changes of rate on the day")


def test_every_row_of_what_may_be_entered_is_tried() -> None:
    assert list(_table("Changes of rate on the day")) == [row for row, _, _ in ENTERED]


FOR_ITP = Ceiling(use="ITP", ml_per_kg_h=Fraction(4), source="S", indication="ITP")
FOR_RISK = Ceiling(use="risk", ml_per_kg_h=Fraction(2), source="S", flag="risk")
FOR_FIRST = Ceiling(use="first", ml_per_kg_h=Fraction(3), source="S", is_for_first=True)
FOR_ALL = Ceiling(use="all", ml_per_kg_h=Fraction(8), source="S")
# A row of the table, one ceiling of it among others, the indication, the flags, whether it is the first; does it apply?
APPLIES: list[tuple[str, Ceiling, str, set[str], bool | None, bool]] = [
    ("an indication", FOR_ITP, "itp", set(), False, True),
    ("an indication", FOR_ITP, "", set(), False, True),
    ("an indication", FOR_ITP, "CIDP", set(), False, True),
    ("a risk, such as risk of kidney injury or thrombosis", FOR_RISK, "ITP", {"risk"}, False, True),
    ("a risk, such as risk of kidney injury or thrombosis", FOR_RISK, "ITP", set(), False, False),
    ("a first infusion", FOR_FIRST, "ITP", set(), True, True),
    ("a first infusion", FOR_FIRST, "ITP", set(), None, True),
    ("a first infusion", FOR_FIRST, "ITP", set(), False, False),
    ("no use in particular", FOR_ALL, "CIDP", set(), False, True),
]


@pytest.mark.parametrize(("row", "ceiling", "indication", "flags", "is_first", "applies"), APPLIES)
def test_ceiling_applies_when_the_page_says(
    row: str, ceiling: Ceiling, indication: str, flags: set[str], is_first: bool | None, applies: bool
) -> None:
    product = Product(name="P", mg_per_ml=Fraction(100), ceilings=(ceiling,))

    known = ceilings_for(product, indication=indication, flags=frozenset(flags), is_first=is_first)

    assert (ceiling in known.ceilings) == applies
    assert row in _table("Ceilings")


def test_ceiling_of_another_use_does_not_apply_where_that_of_this_use_is_known() -> None:
    for_cidp = replace(FOR_ITP, use="CIDP", indication="CIDP")
    product = Product(name="P", mg_per_ml=Fraction(100), ceilings=(FOR_ITP, for_cidp))

    known = ceilings_for(product, indication="CIDP", flags=frozenset(), is_first=False)

    assert known.ceilings == (for_cidp,)


def test_every_row_of_the_ceilings_is_tried() -> None:
    assert list(_table("Ceilings")) == list(dict.fromkeys(row for row, *_ in APPLIES))


def test_every_kind_of_drink_is_shown_and_whether_it_counts() -> None:
    shown = {kind: cells[0].startswith("yes") for kind, cells in _table("Drinking").items()}
    assert shown == {kind.value: kind.is_drunk for kind in FluidKind}


@pytest.mark.parametrize(("kg", "cells"), _table("Drinking", 1).items())
def test_estimate_is_what_the_page_shows(kg: str, cells: list[str]) -> None:
    estimate = maintenance_estimate(Fraction(kg), 3650)
    assert isinstance(estimate, Estimate)
    assert estimate.ml_per_day == Fraction(cells[0])


# --- triage -----------------------------------------------------------------------------------


def _limits(one: TriageRule) -> str:
    fever = f"fever {', '.join(bound.words for bound in one.fever)}"
    return "; ".join((one.bounds.words, fever) if one.asks_fever else (one.bounds.words,))


def test_triage_table_is_that_of_the_program_row_by_row() -> None:
    shown = [[key, *cells] for key, cells in _table("The table").items()]

    assert shown == [[one.key, one.level.value, one.when, _limits(one), one.why, one.source] for one in RULES]


def test_every_level_is_shown_with_what_the_parent_reads() -> None:
    words = (EMERGENCY, CALL_NOW, OFFICE_HOURS, NEXT_VISIT)
    assert _table("Triage") == {level.value: [said] for level, said in zip(Level, words, strict=True)}


def test_every_medicine_that_may_hide_a_fever_is_shown() -> None:
    assert _table("What is unknown", 1) == {mask.ingredient: [mask.source] for mask in MASKS}


VOMITING = SymptomSaid(symptom=Symptom.VOMITING, severity=Severity.MILD)
WARM = Temperature(celsius=Fraction(38), method=Method.UNKNOWN, at=at("12:00"))
# What is left unsaid, the report, and the rule that matches because of it.
UNSAID: list[tuple[str, Report, str]] = [
    ("how bad it is", Report(at=at("12:00"), symptoms=(SymptomSaid(symptom=Symptom.STOMACH_PAIN),)), "severe"),
    (
        "whether it is persistent",
        Report(
            at=at("12:00"),
            symptoms=(replace(VOMITING, symptom=Symptom.HEADACHE), replace(VOMITING, symptom=Symptom.NAUSEA)),
        ),
        "persistent-headache-sick",
    ),
    (
        "when it began, or when the infusion ended",
        Report(at=at("12:00"), symptoms=(replace(VOMITING, symptom=Symptom.PALLOR),)),
        "pallor-10-days",
    ),
    ("where a temperature was taken", Report(at=at("12:00"), temperatures=(WARM,)), "fever"),
    ("whether the child is on a long-term steroid", Report(at=at("12:00"), symptoms=(VOMITING,)), "steroid-vomiting"),
]


@pytest.mark.parametrize(("row", "report", "rule_key"), UNSAID, ids=[row for row, _, _ in UNSAID])
def test_unsaid_counts_as_the_worst_as_the_page_says(row: str, report: Report, rule_key: str) -> None:
    found = triage.triage(report, RULES)

    assert found.rule is not None
    assert rule_key in {found.rule.key, *(other.key for other in found.others)}


def test_every_row_of_what_is_unknown_is_tried() -> None:
    assert list(_table("What is unknown")) == [row for row, _, _ in UNSAID]


def test_score_that_the_page_calls_mild_is_mild_and_the_next_is_not() -> None:
    worst = [SymptomSaid(symptom=Symptom.HEADACHE, score=score).worst for score in (4, 5)]
    assert worst == [Severity.MILD, Severity.SEVERE]
    assert "a score up to 4 is mild" in PROSE


# --- codes and figures ------------------------------------------------------------------------


def test_every_code_is_explained() -> None:
    calls = [node for node in ast.walk(ast.parse(inspect.getsource(cautions))) if isinstance(node, ast.keyword)]
    warned = {node.value.value for node in calls if node.arg == "code" and isinstance(node.value, ast.Constant)}
    asked = {code.value for verdict, codes in _VERDICTS for code in codes if verdict is Verdict.ASK}
    every, besides = set(_table("What is said, and why")), set(_table("What is said, and why", 1))

    assert every == warned
    assert besides == {code.value for code in Code} - warned
    assert besides <= asked


def _hours(length: Elapsed) -> str:
    return f"{length // Elapsed(hours=1)} h"


FIGURES = {
    "a long gap": f"more than {conditions.LONGEST_GAP // Elapsed(weeks=1)} weeks",
    "tolerance above a ceiling": f"{(rates.CEILING_TOLERANCE - 1) * 100} %",
    "a rate is that of a rung": f"within {float(rates.SAME_ML_H)} mL/h or {rates.SAME_SHARE * 100} %",
    "the day of the ledger": f"{doses.DAY // minutes(60)} h",
    "not together within": " or ".join({_hours(one.within) for one in EXCLUSIVE}),
    "most doses of a course": f"{courses.MOST_DOSES}",
    "most infusion days": f"{reading.MOST_DAYS}",
    "on pace": f"{fluids.SLACK * 100} % of the goal",
    "most of the estimate": f"{fluids._MOST_A_DAY} mL a day, {fluids._MOST_AN_HOUR} mL an hour",
    "no estimate under": f"{fluids._YOUNGEST_DAYS} days, {fluids._LIGHTEST_KG} kg",
    "fever, any method": OVER_37_8.words.replace(" (any method, once)", " once"),
    "mild": f"a score up to {symptoms.MOST_MILD_SCORE}",
    "a fever may be hidden for": _hours(MASKED_FOR),
    "the same amount": f"less than {float(changes.SAME)} mg apart",
    "longest snooze": f"{nudging.LONGEST_SNOOZE // hours(1)} h",
    "most snoozes": f"{nudging.MOST_SNOOZES}",
    "evening briefing": f"{briefing.EVENING:%H:%M}",
    "morning briefing": f"{briefing.MORNING:%H:%M}, from {briefing.MORNING_LEAST} things due",
    "one message for all within": f"{nudging.QUARTER // minutes(1)} min",
    "a message that failed is tried again after": (
        f"{nudging.RETRY_FIRST.seconds} s, doubling up to {nudging.RETRY_LONGEST // minutes(1)} min, "
        "each up to a quarter sooner or later"
    ),
}


def test_every_figure_is_that_of_the_program() -> None:
    assert {figure: cells[0] for figure, cells in _table("Every figure").items()} == FIGURES


@pytest.mark.parametrize(
    ("words", "is_so"),
    [
        ("course of more than 200 doses", courses.MOST_DOSES == 200),
        (
            "For up to 1 hour at a time, and at most 3 times",
            (hours(1), 3) == (nudging.LONGEST_SNOOZE, nudging.MOST_SNOOZES),
        ),
        ("more than 8 weeks lie between", Elapsed(weeks=8) == conditions.LONGEST_GAP),
        ("A rate up to **2 %** above", Fraction(102, 100) == rates.CEILING_TOLERANCE),
        ("within 0.05 mL/h or 1 % of it", (Fraction(5, 100), Fraction(1, 100)) == (rates.SAME_ML_H, rates.SAME_SHARE)),
        ("has 1 to 5 days", reading.MOST_DAYS == 5),
        ("Within 10 % of the goal", Fraction(1, 10) == fluids.SLACK),
        ("100 mL/kg a day for the first 10 kg, 50 for the next 10, 20 beyond", fluids._DAILY == (100, 50, 20)),
        ("by the hour 4, 2 and 1 mL/kg", fluids._HOURLY == (4, 2, 1)),
        ("under 14 days of age or 3 kg", (fluids._YOUNGEST_DAYS, int(fluids._LIGHTEST_KG)) == (14, 3)),
        ("counts in the ledger, 24 h, which is our choice", triage.MASKED_FOR == doses.DAY),
    ],
)
def test_figure_within_a_sentence_is_that_of_the_program(words: str, is_so: bool) -> None:
    assert words in PROSE
    assert is_so
