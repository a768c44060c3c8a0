"""What a family is told to do about a symptom: every row of FACTS section 6, and the laws that hold for all of them."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given as for_all
from hypothesis import strategies as st

from ivig_care.regimen.documents import decode
from ivig_care.regimen.doses import DoseGiven
from ivig_care.regimen.signs import OVER_37_8, Bounds, FeverBound, Level, Sign, TriageRule
from ivig_care.regimen.symptoms import ChildFlag, Method, Report, Severity, Symptom, SymptomSaid, Temperature
from ivig_care.regimen.timing import Elapsed
from ivig_care.regimen.triage import (
    MASKS,
    NO_RULE,
    NOTHING_REPORTED,
    OUR_CHOICE,
    Note,
    SofterWithoutApproval,
    TriageChange,
    Triaged,
    UnknownTriageRule,
    apply_changes,
    is_softer,
    triage,
)
from ivig_care.regimen.triage_rules import RULES
from tests.regimen.builders import at, hours

START, END = at("09:00"), at("12:00")
ONE_SECOND = timedelta(seconds=1)
STEROID = frozenset({ChildFlag.LONG_TERM_STEROID})
MILD, MODERATE, SEVERE = Severity
S = Symptom


def after(length: float, seconds: int = 0) -> datetime:
    """So many hours and seconds after the end of the infusion."""
    return END + timedelta(hours=length, seconds=seconds)


def said(symptom: Symptom, severity: Severity | None = MILD, **more: Any) -> SymptomSaid:
    """A symptom of which everything is known: mild, not persistent, begun at the end of the infusion."""
    return SymptomSaid(symptom=symptom, severity=severity, **{"is_persistent": False, "since": END, **more})


def reading(celsius: str, method: Method = Method.ORAL, when: datetime | None = None) -> Temperature:
    """A temperature, taken half an hour after the end."""
    return Temperature(celsius=Fraction(celsius), method=method, at=when or after(0.5))


def report(*symptoms: SymptomSaid | Symptom, **more: Any) -> Report:
    """A report 1 h after the end, with everything known; a bare symptom is mild."""
    known = {"at": after(1), "started_at": START, "ended_at": END, "doses": (), "flags": frozenset()}
    each = tuple(said(one) if isinstance(one, Symptom) else one for one in symptoms)
    return Report(symptoms=each, **{**known, **more})


def result(*symptoms: SymptomSaid | Symptom, **more: Any) -> Triaged:
    """What the default table says of a report."""
    return triage(report(*symptoms, **more), RULES)


def decided(triaged: Triaged) -> tuple[Level | None, str | None]:
    """The level and the key of the rule that decided."""
    return triaged.level, triaged.rule.key if triaged.rule else None


def keys(triaged: Triaged) -> set[str]:
    """The keys of all the rules that matched."""
    return {rule.key for rule in (triaged.rule, *triaged.others) if rule}


def urgency(triaged: Triaged) -> int:
    """The urgency of the level; nothing reported lies below all of them."""
    return -99 if triaged.level is None else triaged.level.urgency


def rule(key: str) -> TriageRule:
    """The row of the default table."""
    (found,) = (row for row in RULES if row.key == key)
    return found


def test_levels_are_ordered_by_urgency() -> None:
    ordered = [Level.EMERGENCY, Level.CALL_NOW, Level.OFFICE_HOURS, Level.NEXT_VISIT]

    assert sorted(Level, key=lambda level: level.urgency, reverse=True) == ordered


# Every symptom, alone and mild, one hour after the end.
ALONE = [
    (S.HEADACHE, Level.NEXT_VISIT, "mild"),
    (S.STIFF_NECK, Level.CALL_NOW, "alone"),
    (S.LIGHT_SENSITIVITY, Level.OFFICE_HOURS, "no-rule"),
    (S.PAINFUL_EYES, Level.OFFICE_HOURS, "no-rule"),
    (S.CONFUSION, Level.CALL_NOW, "alone"),
    (S.FEVER, Level.CALL_NOW, "fever"),
    (S.CHILLS, Level.OFFICE_HOURS, "known-effect"),
    (S.NAUSEA, Level.OFFICE_HOURS, "known-effect"),
    (S.VOMITING, Level.OFFICE_HOURS, "known-effect"),
    (S.STOMACH_PAIN, Level.OFFICE_HOURS, "known-effect"),
    (S.RASH, Level.CALL_NOW, "rash"),
    (S.HIVES, Level.EMERGENCY, "allergy-sign"),
    (S.ITCH, Level.CALL_NOW, "rash"),
    (S.FACE_SWELLING, Level.EMERGENCY, "airway"),
    (S.HOARSENESS, Level.EMERGENCY, "airway"),
    (S.WHEEZE, Level.EMERGENCY, "airway"),
    (S.BREATHLESSNESS, Level.EMERGENCY, "airway"),
    (S.CHEST_PAIN, Level.EMERGENCY, "airway"),
    (S.FAST_HEARTBEAT, Level.EMERGENCY, "allergy-sign"),
    (S.DIZZINESS, Level.EMERGENCY, "allergy-sign"),
    (S.PALLOR, Level.EMERGENCY, "allergy-sign"),
    (S.BLUE_LIPS, Level.EMERGENCY, "lung-reaction"),
    (S.FLUSHING, Level.NEXT_VISIT, "mild"),
    (S.ACHES, Level.OFFICE_HOURS, "known-effect"),
    (S.FATIGUE, Level.NEXT_VISIT, "mild"),
    (S.LIMB, Level.CALL_NOW, "limb"),
    (S.ONE_SIDED, Level.EMERGENCY, "stroke-or-clot"),
    (S.LESS_URINE, Level.CALL_NOW, "kidney"),
    (S.WEIGHT_GAIN, Level.CALL_NOW, "kidney"),
    (S.DARK_URINE, Level.CALL_NOW, "dark-or-yellow"),
    (S.YELLOW, Level.CALL_NOW, "dark-or-yellow"),
    (S.IV_SITE, Level.OFFICE_HOURS, "no-rule"),
    (S.TIGHT_THROAT, Level.EMERGENCY, "airway"),
    (S.WEAKNESS, Level.EMERGENCY, "allergy-sign"),
    (S.COLLAPSE, Level.EMERGENCY, "collapse"),
    (S.LOW_OXYGEN, Level.EMERGENCY, "low-oxygen"),
    (S.VERY_UNWELL, Level.CALL_NOW, "alone"),
    (S.CANNOT_KEEP_MEDICINE, Level.CALL_NOW, "medicine-not-kept"),
]


@pytest.mark.parametrize(("symptom", "level", "key"), ALONE, ids=[symptom for symptom, *_ in ALONE])
def test_one_mild_symptom_has_its_row(symptom: Symptom, level: Level, key: str) -> None:
    assert decided(result(symptom)) == (level, key)


def test_every_symptom_is_in_the_table_of_single_ones() -> None:
    assert [symptom for symptom, *_ in ALONE] == list(Symptom)


@pytest.mark.parametrize("symptom", sorted(set(Symptom) - {S.FEVER}))
def test_any_symptom_said_to_be_severe_means_calling_now_at_least(symptom: Symptom) -> None:
    triaged = result(said(symptom, SEVERE))

    assert urgency(triaged) >= Level.CALL_NOW.urgency
    assert "severe" in keys(triaged)
    assert "severe" not in keys(result(said(symptom, MODERATE)))


# One row each of FACTS section 6: the report, the rule that it must match, the level.
MATCHED = [
    pytest.param(report(said(S.HIVES, since=START)), "allergy-sign", Level.EMERGENCY, id="hives during the infusion"),
    pytest.param(
        report(said(S.HIVES, since=after(1000)), at=after(1001)),
        "allergy-sign",
        Level.EMERGENCY,
        id="hives: Nemours has no limit in time",
    ),
    pytest.param(
        report(said(S.DIZZINESS, since=after(24, 1)), at=after(25)),
        "late-allergy-sign",
        Level.EMERGENCY,
        id="late sign: in the default table it stays an emergency",
    ),
    pytest.param(
        report(said(S.BREATHLESSNESS, since=after(6)), at=after(9)),
        "lung-reaction",
        Level.EMERGENCY,
        id="lung reaction at 6 h",
    ),
    pytest.param(
        report(said(S.BLUE_LIPS, since=after(200)), at=after(200)),
        "heart-or-lung",
        Level.EMERGENCY,
        id="blue lips at any time",
    ),
    pytest.param(report(S.FEVER, S.LOW_OXYGEN), "fever-low-oxygen", Level.EMERGENCY, id="fever and low oxygen"),
    pytest.param(
        report(S.LOW_OXYGEN, temperatures=(reading("37.9"),)),
        "fever-low-oxygen",
        Level.EMERGENCY,
        id="measured fever and low oxygen",
    ),
    pytest.param(report(S.CHEST_PAIN), "stroke-or-clot", Level.EMERGENCY, id="chest pain: clot"),
    pytest.param(report(S.FAST_HEARTBEAT), "fast-pulse", Level.EMERGENCY, id="fast pulse: clot"),
    pytest.param(
        report(said(S.HEADACHE, SEVERE), S.CONFUSION),
        "headache-confused",
        Level.EMERGENCY,
        id="severe headache with confusion",
    ),
    pytest.param(
        report(S.STIFF_NECK, S.CONFUSION), "stiff-neck-confused", Level.EMERGENCY, id="stiff neck with confusion"
    ),
    pytest.param(
        report(said(S.VOMITING, is_persistent=True), S.VERY_UNWELL, flags=STEROID),
        "steroid-vomiting-unwell",
        Level.EMERGENCY,
        id="adrenal crisis: vomiting",
    ),
    pytest.param(
        report(S.CANNOT_KEEP_MEDICINE, S.CONFUSION, flags=STEROID),
        "steroid-not-taken-unwell",
        Level.EMERGENCY,
        id="adrenal crisis: steroid not taken",
    ),
    *(
        pytest.param(report(S.STIFF_NECK, other), "stiff-neck-and-more", level, id=f"stiff neck and {other}")
        for other, level in [
            (S.FEVER, Level.CALL_NOW),
            (S.NAUSEA, Level.CALL_NOW),
            (S.VOMITING, Level.CALL_NOW),
            (S.HEADACHE, Level.CALL_NOW),
            (S.LIGHT_SENSITIVITY, Level.CALL_NOW),
            (S.CONFUSION, Level.EMERGENCY),
        ]
    ),
    *(
        pytest.param(
            report(said(S.HEADACHE, SEVERE), sick), "severe-headache-sick", Level.CALL_NOW, id=f"bad headache, {sick}"
        )
        for sick in (S.NAUSEA, S.VOMITING)
    ),
    *(
        pytest.param(
            report(said(S.HEADACHE, is_persistent=True), sick),
            "persistent-headache-sick",
            Level.CALL_NOW,
            id=f"headache that stays, {sick}",
        )
        for sick in (S.NAUSEA, S.VOMITING)
    ),
    pytest.param(report(S.FAST_HEARTBEAT), "dark-or-yellow", Level.EMERGENCY, id="fast heart: haemolysis"),
    pytest.param(
        report(said(S.PALLOR, since=after(240)), at=after(300)),
        "pallor-10-days",
        Level.EMERGENCY,
        id="pallor begun on day 10",
    ),
    pytest.param(
        report(said(S.FATIGUE, MODERATE, since=after(240)), at=after(300)),
        "tired-10-days",
        Level.CALL_NOW,
        id="tired, begun on day 10",
    ),
    pytest.param(report(S.FATIGUE, at=after(72)), "tired-after-72-h", Level.CALL_NOW, id="mildly tired at 72 h"),
    pytest.param(
        report(said(S.FATIGUE, since=after(240)), at=after(300)),
        "tired-after-72-h",
        Level.CALL_NOW,
        id="mildly tired, begun on day 10",
    ),
    pytest.param(report(S.VOMITING, at=after(4)), "vomiting-4-h", Level.CALL_NOW, id="vomiting for 4 h"),
    pytest.param(
        report(S.VOMITING, flags=STEROID), "steroid-vomiting", Level.CALL_NOW, id="vomiting on a long-term steroid"
    ),
    pytest.param(report(S.HEADACHE, at=after(72)), "mild-at-72-h", Level.OFFICE_HOURS, id="headache at 72 h"),
    pytest.param(report(S.FLUSHING, at=after(72)), "mild-at-72-h", Level.OFFICE_HOURS, id="flushing at 72 h"),
    pytest.param(report(S.ACHES, at=after(48)), "fever-or-aches-at-48-h", Level.OFFICE_HOURS, id="mild aches at 48 h"),
    pytest.param(
        report(S.FEVER, at=after(48)), "fever-or-aches-at-48-h", Level.CALL_NOW, id="mild fever at 48 h is fever first"
    ),
    *(
        pytest.param(report(said(symptom, MODERATE)), "more-than-mild", level, id=f"moderate {symptom}")
        for symptom, level in [
            (S.HEADACHE, Level.OFFICE_HOURS),
            (S.FLUSHING, Level.OFFICE_HOURS),
            (S.FATIGUE, Level.CALL_NOW),
        ]
    ),
    pytest.param(
        report(said(S.HEADACHE, settled_at=after(72, -1)), at=after(100)),
        "mild",
        Level.NEXT_VISIT,
        id="mild headache that settled before 72 h",
    ),
]


@pytest.mark.parametrize(("reported", "key", "level"), MATCHED)
def test_row_of_the_table_matches(reported: Report, key: str, level: Level) -> None:
    triaged = triage(reported, RULES)

    assert key in keys(triaged)
    assert triaged.level == level


def test_every_row_of_the_table_has_a_report_that_matches_it() -> None:
    tried = [param.values[0] for param in MATCHED] + [report(symptom) for symptom, *_ in ALONE]
    matched = {key for each in tried if isinstance(each, Report) for key in keys(triage(each, RULES))}

    assert {row.key for row in RULES} - matched == set()


# Just beyond the edge of a row: the report, the rule that must no longer match, the level that is left.
UNMATCHED = [
    pytest.param(
        report(said(S.BREATHLESSNESS, since=after(6, 1)), at=after(9)),
        "lung-reaction",
        Level.EMERGENCY,
        id="breathless a second after 6 h",
    ),
    pytest.param(
        report(said(S.HEADACHE, MODERATE), S.CONFUSION), "headache-confused", Level.CALL_NOW, id="moderate headache"
    ),
    pytest.param(
        report(S.VOMITING, S.VERY_UNWELL, flags=STEROID),
        "steroid-vomiting-unwell",
        Level.CALL_NOW,
        id="vomited once only",
    ),
    pytest.param(
        report(said(S.VOMITING, is_persistent=True), S.VERY_UNWELL),
        "steroid-vomiting-unwell",
        Level.CALL_NOW,
        id="no long-term steroid: vomiting",
    ),
    pytest.param(
        report(said(S.VOMITING, is_persistent=True), flags=STEROID),
        "steroid-vomiting-unwell",
        Level.CALL_NOW,
        id="vomiting on a steroid, not unwell",
    ),
    pytest.param(
        report(S.CANNOT_KEEP_MEDICINE, S.CONFUSION),
        "steroid-not-taken-unwell",
        Level.CALL_NOW,
        id="no long-term steroid: medicine",
    ),
    pytest.param(
        report(S.STIFF_NECK, S.CHILLS), "stiff-neck-and-more", Level.CALL_NOW, id="stiff neck with something else"
    ),
    pytest.param(
        report(said(S.HEADACHE, MODERATE), S.NAUSEA),
        "severe-headache-sick",
        Level.OFFICE_HOURS,
        id="moderate headache with nausea",
    ),
    pytest.param(
        report(S.HEADACHE, S.NAUSEA), "persistent-headache-sick", Level.OFFICE_HOURS, id="headache that passed"
    ),
    pytest.param(
        report(said(S.PALLOR, since=after(240, 1)), at=after(300)),
        "pallor-10-days",
        Level.EMERGENCY,
        id="pallor a second after day 10",
    ),
    pytest.param(
        report(said(S.FATIGUE, MODERATE, since=after(240, 1)), at=after(300)),
        "tired-10-days",
        Level.OFFICE_HOURS,
        id="tired a second after day 10",
    ),
    pytest.param(
        report(said(S.FATIGUE, since=after(240, 1)), at=after(300)),
        "tired-after-72-h",
        Level.OFFICE_HOURS,
        id="mildly tired a second after day 10",
    ),
    pytest.param(
        report(S.FATIGUE, at=after(72, -1)), "tired-after-72-h", Level.NEXT_VISIT, id="tired a second before 72 h"
    ),
    pytest.param(
        report(S.VOMITING, at=after(4, -1)), "vomiting-4-h", Level.OFFICE_HOURS, id="vomiting a second less than 4 h"
    ),
    pytest.param(
        report(said(S.VOMITING, settled_at=after(4, -1)), at=after(9)),
        "vomiting-4-h",
        Level.OFFICE_HOURS,
        id="vomiting that stopped before 4 h",
    ),
    pytest.param(report(S.VOMITING), "steroid-vomiting", Level.OFFICE_HOURS, id="vomiting, no long-term steroid"),
    pytest.param(
        report(S.HEADACHE, at=after(72, -1)), "mild-at-72-h", Level.NEXT_VISIT, id="headache a second before 72 h"
    ),
    pytest.param(
        report(S.ACHES, at=after(48, -1)),
        "fever-or-aches-at-48-h",
        Level.OFFICE_HOURS,
        id="aches a second before 48 h: a listed effect",
    ),
]


@pytest.mark.parametrize(("reported", "key", "level"), UNMATCHED)
def test_row_of_the_table_ends_at_its_edge(reported: Report, key: str, level: Level) -> None:
    triaged = triage(reported, RULES)

    assert key not in keys(triaged)
    assert triaged.level == level


FOUR, FIVE = (SymptomSaid(symptom=S.HEADACHE, score=score, is_persistent=False) for score in (4, 5))
# Score, word, the worst of both.
GRADED = [
    pytest.param(None, None, SEVERE, id="nothing said"),
    pytest.param(0, None, MILD, id="score 0"),
    pytest.param(1, None, MILD, id="score 1"),
    pytest.param(4, None, MILD, id="score 4"),
    pytest.param(5, None, SEVERE, id="score 5: how much worse than mild, no source says"),
    pytest.param(10, None, SEVERE, id="score 10"),
    pytest.param(None, MILD, MILD, id="the word alone: mild"),
    pytest.param(None, MODERATE, MODERATE, id="the word alone: moderate"),
    pytest.param(4, MILD, MILD, id="both mild"),
    pytest.param(5, MILD, MODERATE, id="a mild word with a score that is not"),
    pytest.param(10, MODERATE, MODERATE, id="the word says which"),
    pytest.param(1, SEVERE, SEVERE, id="a severe word with a mild score"),
]


@pytest.mark.parametrize(("score", "word", "worst"), GRADED)
def test_severity_is_the_worst_of_word_and_score(score: int | None, word: Severity | None, worst: Severity) -> None:
    assert SymptomSaid(symptom=S.HEADACHE, severity=word, score=score).worst is worst


@pytest.mark.parametrize(
    ("headache", "length", "level"),
    [
        pytest.param(FOUR, 71, Level.NEXT_VISIT, id="4 of 10 before 72 h"),
        pytest.param(FOUR, 72, Level.OFFICE_HOURS, id="4 of 10 at 72 h"),
        pytest.param(FIVE, 71, Level.CALL_NOW, id="5 of 10 before 72 h"),
        pytest.param(FIVE, 72, Level.CALL_NOW, id="5 of 10 at 72 h"),
    ],
)
def test_headache_by_its_score(headache: SymptomSaid, length: float, level: Level) -> None:
    assert result(headache, at=after(length)).level == level


ORAL, UNDERARM, RECTAL = Method.ORAL, Method.UNDERARM, Method.RECTAL
LATER = after(1.5)
IS_FEVER = [
    *(pytest.param(OVER_37_8, (reading("37.81", method),), True, id=f"above 37.8, {method}") for method in Method),
    *(pytest.param(OVER_37_8, (reading("37.8", method),), False, id=f"37.8, {method}") for method in Method),
    pytest.param("oral once", (reading("38.3"),), True, id="oral 38.3 once"),
    pytest.param("oral once", (reading("38.29"),), False, id="oral below 38.3 once"),
    pytest.param("oral once", (reading("38.3", UNDERARM),), False, id="38.3 under the arm is not oral"),
    pytest.param("oral once", (reading("38.3", Method.UNKNOWN),), True, id="38.3, nobody knows how: as oral"),
    pytest.param("oral twice", (reading("38"), reading("38", when=LATER)), True, id="oral 38.0 twice, 1 h apart"),
    pytest.param("oral twice", (reading("38", when=LATER), reading("38")), True, id="oral 38.0 twice, in any order"),
    pytest.param(
        "oral twice", (reading("38"), reading("38", when=LATER - ONE_SECOND)), False, id="a second less than 1 h apart"
    ),
    pytest.param("oral twice", (reading("38"), reading("37.99", when=LATER)), False, id="the second below 38.0"),
    pytest.param("oral twice", (reading("37.99"), reading("38", when=LATER)), False, id="the first below 38.0"),
    pytest.param("oral twice", (reading("39"),), False, id="oral once, however high"),
    pytest.param("oral twice", (), False, id="none"),
    pytest.param("underarm once", (reading("38", UNDERARM),), True, id="under the arm 38.0 once"),
    pytest.param("underarm once", (reading("37.99", UNDERARM),), False, id="under the arm below 38.0"),
    pytest.param("underarm once", (reading("38", RECTAL),), False, id="rectal is not under the arm"),
    pytest.param(
        "underarm twice",
        (reading("37.8", UNDERARM), reading("37.8", UNDERARM, LATER)),
        True,
        id="under the arm 37.8 twice, 1 h apart",
    ),
    pytest.param(
        "underarm twice",
        (reading("340/9", UNDERARM), reading("340/9", UNDERARM, LATER)),
        True,
        id="under the arm 100 °F twice, 1 h apart",
    ),
    pytest.param(
        "underarm twice",
        (reading("37.77", UNDERARM), reading("37.8", UNDERARM, LATER)),
        False,
        id="under the arm once below 100 °F",
    ),
    pytest.param(
        "underarm twice", (reading("37.8"), reading("37.8", when=LATER)), False, id="37.8 twice by mouth is not"
    ),
]
BOUNDS_OF_FEVER = dict(
    zip(("any", "oral once", "oral twice", "underarm once", "underarm twice"), rule("fever").fever, strict=True)
)


@pytest.mark.parametrize(("bound", "temperatures", "is_met"), IS_FEVER)
def test_fever_by_bound(bound: str | FeverBound, temperatures: tuple[Temperature, ...], is_met: bool) -> None:
    chosen = BOUNDS_OF_FEVER[bound] if isinstance(bound, str) else bound

    assert chosen.is_met_by(temperatures) is is_met


def test_two_readings_are_two_even_when_no_time_need_lie_between() -> None:
    twice = FeverBound(celsius=Fraction(38), twice_apart=hours(0))

    assert not twice.is_met_by((reading("38"),))
    assert twice.is_met_by((reading("38"), reading("38", RECTAL)))


@pytest.mark.parametrize(
    ("temperatures", "level"),
    [
        pytest.param((reading("37.8"),), None, id="37.8 by mouth is not above 37.8"),
        pytest.param((reading("37.81"),), Level.CALL_NOW, id="above 37.8"),
        pytest.param((reading("37.8", UNDERARM),) * 2, None, id="37.8 under the arm twice at once"),
        pytest.param(
            (reading("37.8", UNDERARM), reading("37.8", UNDERARM, LATER)),
            Level.CALL_NOW,
            id="37.8 under the arm twice, 1 h apart",
        ),
    ],
)
def test_temperature_alone(temperatures: tuple[Temperature, ...], level: Level | None) -> None:
    assert result(temperatures=temperatures).level == level


def test_fever_that_is_said_counts_beside_a_normal_temperature() -> None:
    assert decided(result(S.FEVER, temperatures=(reading("36.6"),))) == (Level.CALL_NOW, "fever")


def test_nothing_reported_has_no_level_and_never_says_that_all_is_well() -> None:
    triaged = result()

    assert (triaged.level, triaged.rule, triaged.others, triaged.notes) == (None, None, (), ())
    assert triaged.words == NOTHING_REPORTED
    assert "does not mean that all is well" in triaged.words
    assert triaged.source == OUR_CHOICE


def test_symptom_that_no_rule_knows_is_for_office_hours() -> None:
    triaged = triage(report(S.IV_SITE), ())

    assert (triaged.level, triaged.rule, triaged.source) == (Level.OFFICE_HOURS, NO_RULE, OUR_CHOICE)
    assert triaged.words.startswith("No rule knows what this means. Ask the team in office hours.")


def test_measured_fever_that_no_rule_knows_is_for_office_hours() -> None:
    assert triage(report(temperatures=(reading("37.81"),)), ()).rule == NO_RULE
    assert triage(report(temperatures=(reading("37.8"),)), ()).rule is None


def test_symptom_that_no_rule_knows_counts_beside_one_for_the_next_visit() -> None:
    triaged = result(S.HEADACHE, S.IV_SITE)

    assert decided(triaged) == (Level.OFFICE_HOURS, "no-rule")
    assert [row.key for row in triaged.others] == ["mild"]


def test_first_row_of_the_table_decides_among_equals_and_the_others_follow() -> None:
    triaged = result(S.BREATHLESSNESS, S.RASH)

    assert (triaged.rule, triaged.words, triaged.source) == (
        rule("airway"),
        rule("airway").words,
        rule("airway").source,
    )
    assert [row.key for row in triaged.others] == ["lung-reaction", "heart-or-lung", "rash"]


def test_rows_have_their_own_keys_and_say_source_and_reason() -> None:
    assert len({row.key for row in (*RULES, NO_RULE)}) == len(RULES) + 1
    assert all(row.source and row.why and row.when for row in RULES)
    assert list(RULES) == sorted(RULES, key=lambda row: -row.level.urgency)


OPENINGS = {
    Level.EMERGENCY: "Call the emergency number now.",
    Level.CALL_NOW: "Call the team now, by day or by night.",
    Level.OFFICE_HOURS: "Call the team in office hours.",
    Level.NEXT_VISIT: "Write it down for the next visit.",
}


@pytest.mark.parametrize("row", RULES, ids=lambda row: row.key)
def test_words_say_first_what_to_do_and_belittle_nothing(row: TriageRule) -> None:
    assert row.words.startswith(OPENINGS[row.level])
    assert not {"just", "only", "harmless", "normal", "ivig"} & set(row.words.lower().replace(".", "").split())


# --- what hides a fever, what is asked, what is unknown


def dose(ingredient: str, before: timedelta) -> DoseGiven:
    """A dose given so long before the report."""
    return DoseGiven(ingredient=ingredient, at=after(1) - before)


def test_medicine_that_hides_a_fever_is_named_with_its_last_dose() -> None:
    triaged = result(doses=(dose("acetaminophen", hours(7)), dose("acetaminophen", hours(3))))

    text = "Acetaminophen given 3 h ago may hide a fever: a normal temperature proves nothing."
    assert triaged.notes == (Note(text=text, source="FACTS section 6, fever"),)


@pytest.mark.parametrize(
    ("before", "notes"),
    [
        pytest.param(hours(0), 1, id="this moment"),
        pytest.param(hours(24) - ONE_SECOND, 1, id="a second less than 24 h ago"),
        pytest.param(hours(24), 0, id="24 h ago"),
        pytest.param(-ONE_SECOND, 0, id="not yet given"),
    ],
)
def test_dose_may_hide_a_fever_for_24_h(before: timedelta, notes: int) -> None:
    assert len(result(doses=(dose("ibuprofen", before),)).notes) == notes


def test_only_acetaminophen_has_a_source_for_hiding_a_fever() -> None:
    given = tuple(dose(mask.ingredient, hours(2)) for mask in reversed(MASKS))

    assert [(note.text.split()[0].lower(), note.source) for note in result(doses=given).notes] == [
        ("acetaminophen", "FACTS section 6, fever"),
        *(
            (name, OUR_CHOICE)
            for name in (
                "ibuprofen",
                "naproxen",
                "aspirin",
                "prednisone",
                "prednisolone",
                "methylprednisolone",
                "hydrocortisone",
            )
        ),
    ]
    assert result(doses=(dose("cetirizine", hours(2)),)).notes == ()


def test_last_dose_is_asked_when_nobody_knows() -> None:
    (note,) = result(doses=None).notes

    assert note.text.startswith("When was the last dose")
    assert note.source == "FACTS section 6, fever"


def test_severity_is_asked_once_for_each_symptom_that_lacks_it() -> None:
    unsaid = said(S.NAUSEA, None)
    notes = result(unsaid, replace(unsaid, since=START), said(S.CHILLS, None, score=2), S.ACHES).notes

    assert notes == (Note(text="How bad is this: nausea? Until you say, it counts as severe.", source=OUR_CHOICE),)


@pytest.mark.parametrize(
    ("known", "is_asked"),
    [
        pytest.param({"started_at": None, "ended_at": None}, True, id="neither"),
        pytest.param({"started_at": START, "ended_at": None}, False, id="the start"),
        pytest.param({"started_at": None, "ended_at": END}, False, id="the end"),
    ],
)
def test_time_of_the_infusion_is_asked_when_nobody_knows(known: dict[str, Any], is_asked: bool) -> None:
    text = "When did the infusion begin and end? Until you say, every limit in hours counts as reached."

    assert result(S.HEADACHE, **known).notes == ((Note(text=text, source=OUR_CHOICE),) if is_asked else ())
    assert result(**known).notes == ()


def test_flag_is_asked_when_nobody_knows_and_counts_as_yes() -> None:
    unknown = result(said(S.VOMITING, is_persistent=True), S.VERY_UNWELL, flags=None)

    assert decided(unknown) == (Level.EMERGENCY, "steroid-vomiting-unwell")
    text = "Is this so for your child: long-term steroid? Until you say, it counts as yes."
    assert unknown.notes == (Note(text=text, source=OUR_CHOICE),)
    assert result(S.HEADACHE, flags=None).notes == ()
    assert result(S.VOMITING, flags=STEROID).notes == ()


# What is left unsaid, and the rule that it then matches.
UNSAID = [
    pytest.param(report(said(S.HEADACHE, None)), "severe", id="severity"),
    pytest.param(report(said(S.HEADACHE, is_persistent=None), S.NAUSEA), "persistent-headache-sick", id="persistence"),
    pytest.param(report(said(S.VOMITING, since=None)), "vomiting-4-h", id="since when"),
    pytest.param(report(said(S.PALLOR, since=None), at=after(900)), "pallor-10-days", id="whether within 10 days"),
    pytest.param(report(S.HEADACHE, started_at=None, ended_at=None), "mild-at-72-h", id="when the infusion was"),
    pytest.param(
        report(S.HEADACHE, ended_at=None, at=START + hours(72)), "mild-at-72-h", id="the end, 72 h after the start"
    ),
    pytest.param(
        report(said(S.PALLOR, since=after(900)), ended_at=None, at=after(900)), "pallor-10-days", id="the end"
    ),
]


@pytest.mark.parametrize(("reported", "key"), UNSAID)
def test_unknown_counts_as_the_worse(reported: Report, key: str) -> None:
    assert key in keys(triage(reported, RULES))


def test_infusion_of_unknown_end_cannot_have_ended_before_it_began() -> None:
    running = result(S.HEADACHE, ended_at=None, at=START + hours(72) - ONE_SECOND)

    assert decided(running) == (Level.NEXT_VISIT, "mild")


# --- changes by a protocol

WITHIN_24_H = Bounds(began_within=hours(24))


def _by_dr_a(rule: str, **said: Any) -> TriageChange:
    return TriageChange(rule=rule, approved_by="Dr A", source="letter", **said)


# FACTS section 6: the softer reading of late allergy signs, which a clinician must approve.
SICKKIDS = (
    _by_dr_a(rule="allergy-sign", bounds=WITHIN_24_H),
    _by_dr_a(rule="fast-pulse", bounds=WITHIN_24_H),
)


@pytest.mark.parametrize("symptom", [S.HIVES, S.DIZZINESS, S.FAST_HEARTBEAT, S.PALLOR, S.WEAKNESS])
def test_approved_limit_of_24_h_leaves_late_allergy_signs_for_calling_now(symptom: Symptom) -> None:
    rules = apply_changes(RULES, SICKKIDS)

    in_time = triage(report(said(symptom, since=after(24)), at=after(90)), rules)
    late = triage(report(said(symptom, since=after(24, 1)), at=after(90)), rules)

    assert (in_time.level, late.level) == (Level.EMERGENCY, Level.CALL_NOW)
    assert "late-allergy-sign" in keys(late)


def test_approval_is_named_where_the_rule_matches_or_would_have() -> None:
    rules = apply_changes(RULES, SICKKIDS[:1])
    text = (
        "Dr A approved a softer rule for hives / fast heartbeat / dizziness or faintness / paleness / weakness: "
        "emergency; begun no later than 24 h after the end (before: emergency; at any time)."
    )

    for since in (after(24), after(24, 1)):
        triaged = triage(report(said(S.HIVES, since=since), at=after(30)), rules)
        assert triaged.notes == (Note(text=text, source="letter"),)
    assert triage(report(S.HEADACHE), rules).notes == ()


def test_approval_of_a_rule_that_was_widened_too_is_named_where_it_matches_now() -> None:
    wider = TriageChange(rule="vomiting-4-h", level=Level.OFFICE_HOURS, bounds=Bounds(), approved_by="Dr A")
    (note,) = triage(report(S.VOMITING), apply_changes(RULES, (wider,))).notes

    assert note.text.startswith("Dr A approved a softer rule for vomiting: office hours; at any time")


def test_two_approvals_of_one_rule_are_both_named() -> None:
    lower = TriageChange(rule="allergy-sign", level=Level.CALL_NOW, approved_by="Dr B")
    changed = apply_changes(RULES, (SICKKIDS[0], lower))

    notes = triage(report(S.HIVES), changed).notes
    assert [note.text.split(" approved")[0] for note in notes] == ["Dr A", "Dr B"]
    assert all("call now; begun no later than 24 h after the end (before: emergency;" in note.text for note in notes)


def test_rule_that_was_taken_off_with_approval_matches_no_more_and_says_so() -> None:
    off = _by_dr_a(rule="rash", is_removed=True)
    higher = TriageChange(rule="rash", level=Level.EMERGENCY)
    triaged = triage(report(S.RASH), apply_changes(RULES, (off,)))

    assert decided(triage(report(S.RASH), apply_changes(RULES, (off, higher)))) == (Level.OFFICE_HOURS, "no-rule")
    assert decided(triaged) == (Level.OFFICE_HOURS, "no-rule")
    assert triaged.notes[0].text == (
        "Dr A approved a softer rule for rash / itch: call now; at any time; taken off (before: call now; at any time)."
    )


def test_approved_fever_threshold_leaves_a_lower_fever_for_office_hours() -> None:
    higher = (FeverBound(celsius=Fraction(39)),)
    rules = apply_changes(RULES, (TriageChange(rule="fever", fever=higher, approved_by="Dr A"),))

    def level(celsius: str, when: datetime) -> tuple[Level | None, str | None]:
        return decided(triage(report(temperatures=(reading(celsius),), at=when), rules))

    assert level("39", after(1)) == (Level.CALL_NOW, "fever")
    assert level("38.9", after(1)) == (Level.OFFICE_HOURS, "no-rule")
    assert level("38.9", after(48)) == (Level.OFFICE_HOURS, "fever-or-aches-at-48-h")


def test_stricter_change_needs_no_approval_and_keeps_both_sources() -> None:
    change = TriageChange(rule="mild", level=Level.CALL_NOW, source="clinic")
    changed = apply_changes(RULES, (change,))

    assert [row for row in changed if row.key != "mild"] == [row for row in RULES if row.key != "mild"]
    (mild,) = (row for row in changed if row.key == "mild")
    assert mild == replace(rule("mild"), level=Level.CALL_NOW, source="FACTS section 6 [S19]; clinic")
    assert triage(report(S.HEADACHE), changed).level == Level.CALL_NOW


def test_change_of_nothing_changes_nothing() -> None:
    assert apply_changes(RULES, (TriageChange(rule="fever"),)) == RULES


def test_change_of_an_unknown_rule_is_refused() -> None:
    with pytest.raises(UnknownTriageRule, match=r"^there is no triage rule 'feever' to change$") as caught:
        apply_changes(RULES, (TriageChange(rule="feever", approved_by="Dr A"),))

    assert caught.value.rule == "feever"


@pytest.mark.parametrize("nobody", ["", "  "])
def test_softer_change_that_nobody_approved_is_refused(nobody: str) -> None:
    with pytest.raises(SofterWithoutApproval) as caught:
        apply_changes(RULES, (TriageChange(rule="rash", level=Level.NEXT_VISIT, approved_by=nobody),))

    assert (caught.value.before, caught.value.after.level) == (rule("rash"), Level.NEXT_VISIT)
    assert str(caught.value) == (
        "triage rule 'rash' would be softer, from 'call now; at any time' to 'next visit; at any time'; "
        "it needs a clinician's approval"
    )


def a_rule(level: Level = Level.CALL_NOW, **said_of: Any) -> TriageRule:
    """A rule about rash or fever, with every limit."""
    limits = Bounds(began_within=hours(10), still_after=hours(5), lasting=hours(2))
    return TriageRule(
        key="any",
        level=level,
        signs=(Sign(any_of=frozenset({S.RASH, S.FEVER})),),
        words="",
        why="",
        source="",
        **{"bounds": limits, **said_of},
    )


def limited(began: float | None = 10, still: float | None = 5, lasting: float | None = 2) -> Bounds:
    """The limits of a_rule, in hours, but for what is said."""
    return Bounds(
        began_within=None if began is None else hours(began),
        still_after=None if still is None else hours(still),
        lasting=None if lasting is None else hours(lasting),
    )


def fevers(celsius: str, methods: frozenset[Method] = frozenset({ORAL}), **more: Any) -> tuple[FeverBound, ...]:
    """One bound of fever."""
    return (FeverBound(celsius=Fraction(celsius), methods=methods, **more),)


A_FEVER = fevers("38", twice_apart=hours(1))
# The rule before, what changes, whether that is softer.
SOFTER = [
    pytest.param(a_rule(), {}, False, id="nothing"),
    pytest.param(a_rule(), {"level": Level.EMERGENCY}, False, id="higher level"),
    pytest.param(a_rule(), {"level": Level.OFFICE_HOURS}, True, id="lower level"),
    pytest.param(a_rule(), {"is_off": True}, True, id="taken off"),
    pytest.param(a_rule(is_off=True), {}, False, id="already off"),
    pytest.param(a_rule(), {"bounds": limited(began=11)}, False, id="begun up to later"),
    pytest.param(a_rule(), {"bounds": limited(began=9)}, True, id="begun up to earlier"),
    pytest.param(a_rule(), {"bounds": limited(began=None)}, False, id="begun whenever"),
    pytest.param(a_rule(bounds=limited(began=None)), {"bounds": limited()}, True, id="no longer begun whenever"),
    pytest.param(a_rule(), {"bounds": limited(still=4)}, False, id="there from earlier on"),
    pytest.param(a_rule(), {"bounds": limited(still=6)}, True, id="there from later on"),
    pytest.param(a_rule(), {"bounds": limited(still=None)}, False, id="there whenever"),
    pytest.param(a_rule(bounds=limited(still=None)), {"bounds": limited()}, True, id="no longer there whenever"),
    pytest.param(a_rule(), {"bounds": limited(lasting=1)}, False, id="lasting less"),
    pytest.param(a_rule(), {"bounds": limited(lasting=3)}, True, id="lasting more"),
    pytest.param(a_rule(), {"bounds": limited(lasting=None)}, False, id="however short"),
    pytest.param(a_rule(bounds=limited(lasting=None)), {"bounds": limited()}, True, id="no longer however short"),
    pytest.param(a_rule(), {"bounds": limited(began=11, lasting=3)}, True, id="wider here, narrower there"),
    pytest.param(
        a_rule(), {"level": Level.EMERGENCY, "bounds": limited(lasting=3)}, True, id="higher level, but narrower"
    ),
    pytest.param(a_rule(), {"level": Level.OFFICE_HOURS, "bounds": Bounds()}, True, id="wider, but lower level"),
    pytest.param(a_rule(fever=A_FEVER), {"fever": fevers("37.9", twice_apart=hours(1))}, False, id="lower fever"),
    pytest.param(a_rule(fever=A_FEVER), {"fever": fevers("38.1", twice_apart=hours(1))}, True, id="higher fever"),
    pytest.param(a_rule(fever=A_FEVER), {"fever": fevers("38")}, False, id="once instead of twice"),
    pytest.param(a_rule(fever=fevers("38")), {"fever": A_FEVER}, True, id="twice instead of once"),
    pytest.param(a_rule(fever=A_FEVER), {"fever": fevers("38", twice_apart=hours(2))}, True, id="further apart"),
    pytest.param(a_rule(fever=A_FEVER), {"fever": fevers("38", twice_apart=hours(0))}, False, id="closer together"),
    pytest.param(
        a_rule(fever=fevers("38")), {"fever": fevers("38", frozenset(Method))}, False, id="by any method instead of one"
    ),
    pytest.param(a_rule(fever=fevers("38")), {"fever": fevers("38", frozenset({RECTAL}))}, True, id="other method"),
    pytest.param(a_rule(fever=fevers("38")), {"fever": fevers("38", is_above=True)}, True, id="above instead of from"),
    pytest.param(a_rule(fever=fevers("38", is_above=True)), {"fever": fevers("38")}, False, id="from instead of above"),
    pytest.param(a_rule(fever=fevers("38", is_above=True)), {}, False, id="above stays above"),
    pytest.param(a_rule(), {"fever": ()}, True, id="no temperature counts any more"),
    pytest.param(a_rule(fever=fevers("38")), {"fever": (*fevers("39"), *fevers("37"))}, False, id="one of two covers"),
    pytest.param(a_rule(fever=(*fevers("38"), *A_FEVER)), {"fever": A_FEVER}, True, id="one of two given up"),
    pytest.param(a_rule(Level.NEXT_VISIT), {"bounds": Bounds()}, True, id="next visit claims more that no rule knew"),
    pytest.param(a_rule(Level.NEXT_VISIT), {"bounds": limited(began=9)}, True, id="next visit claims less"),
    pytest.param(
        a_rule(Level.NEXT_VISIT), {"level": Level.OFFICE_HOURS, "bounds": Bounds()}, False, id="up from the next visit"
    ),
    pytest.param(a_rule(Level.OFFICE_HOURS), {"bounds": Bounds()}, False, id="office hours claims more"),
]


@pytest.mark.parametrize(("before", "change", "is_so"), SOFTER)
def test_what_is_softer_is_decided_by_level_and_by_what_still_matches(
    before: TriageRule, change: dict[str, Any], is_so: bool
) -> None:
    assert is_softer(replace(before, **change), before) is is_so


def test_limits_and_signs_are_said_in_words() -> None:
    assert a_rule(fever=A_FEVER, is_off=True).limits == (
        "call now; begun no later than 10 h after the end, still there 5 h after the end, lasting 2 h or more; "
        "fever from 38 °C (oral, twice 1 h apart); taken off"
    )
    assert a_rule(bounds=Bounds()).limits == "call now; at any time; fever above 37.8 °C (any method, once)"
    assert a_rule(fever=fevers("38", frozenset({UNDERARM, ORAL})), bounds=Bounds()).limits == (
        "call now; at any time; fever from 38 °C (oral or underarm, once)"
    )
    assert a_rule(fever=(), bounds=Bounds()).limits == "call now; at any time; fever only as said"
    assert rule("severe").when == "any symptom but fever (at least severe)"
    assert rule("steroid-vomiting-unwell").when == (
        "vomiting (persistent) + drowsiness or confusion / very unwell or limp + long-term steroid"
    )
    assert NO_RULE.when == "any symptom"


def test_changes_can_be_read_from_a_document() -> None:
    document: Any = {
        "rule": "fever",
        "level": "emergency",
        "bounds": {"began_within": {"hours": 24}},
        "fever": [{"celsius": 37.5, "methods": ["oral"], "twice_apart": {"minutes": 30}}],
        "approved_by": "Dr A",
    }

    assert decode(TriageChange, document, "change") == TriageChange(
        rule="fever",
        level=Level.EMERGENCY,
        bounds=WITHIN_24_H,
        fever=fevers("37.5", twice_apart=Elapsed(minutes=30)),
        approved_by="Dr A",
    )


# --- laws

MOMENTS = st.integers(-400, 20_000).map(lambda length: START + timedelta(minutes=length))


@st.composite
def symptoms_said(draw: st.DrawFn) -> SymptomSaid:
    """Any symptom, known or not, settled only after it began."""
    since = draw(st.none() | MOMENTS)
    settled = (since or START) + timedelta(minutes=draw(st.integers(0, 6000))) if draw(st.booleans()) else None
    return SymptomSaid(
        symptom=draw(st.sampled_from(Symptom)),
        severity=draw(st.none() | st.sampled_from(Severity)),
        score=draw(st.none() | st.integers(0, 10)),
        is_persistent=draw(st.none() | st.booleans()),
        since=since,
        settled_at=settled,
    )


TEMPERATURES = st.builds(
    Temperature,
    celsius=st.integers(360, 390).map(lambda tenths: Fraction(tenths, 10)),
    method=st.sampled_from(Method),
    at=MOMENTS,
)
FLAGS = st.sampled_from([None, frozenset(), STEROID])


@st.composite
def reports(draw: st.DrawFn) -> Report:
    """Any report, made after all that it tells; the infusion began at START and may be over."""
    symptoms = tuple(draw(st.lists(symptoms_said(), max_size=3)))
    told = [moment for one in symptoms for moment in (one.since, one.settled_at) if moment]
    return Report(
        at=max((draw(MOMENTS), *told)),
        symptoms=symptoms,
        temperatures=tuple(draw(st.lists(TEMPERATURES, max_size=2))),
        started_at=draw(st.sampled_from([START, None])),
        ended_at=draw(st.sampled_from([END, None])),
        flags=draw(FLAGS),
    )


@for_all(reports())
def test_highest_matching_level_wins_and_its_rule_is_named(reported: Report) -> None:
    triaged = triage(reported, RULES)
    alone = {row.key for row in RULES if triage(reported, (row,)).rule == row}

    assert alone - {"mild"} <= keys(triaged) <= {*alone, "mild", "no-rule"}
    if triaged.rule is None:
        assert not reported.symptoms
    else:
        assert triaged.rule in (*RULES, NO_RULE)
        assert triaged.rule.level == triaged.level
        assert all(triaged.level.urgency >= row.level.urgency for row in triaged.others if triaged.level)


@for_all(reports(), symptoms_said())
def test_one_more_symptom_never_lowers_the_level(reported: Report, more: SymptomSaid) -> None:
    both = replace(reported, symptoms=(*reported.symptoms, more))

    assert urgency(triage(both, RULES)) >= urgency(triage(reported, RULES))


@for_all(reports(), TEMPERATURES)
def test_one_more_temperature_never_lowers_the_level(reported: Report, more: Temperature) -> None:
    both = replace(reported, temperatures=(*reported.temperatures, more))

    assert urgency(triage(both, RULES)) >= urgency(triage(reported, RULES))


@for_all(reports(), symptoms_said(), st.tuples(st.sampled_from(Severity), st.sampled_from(Severity)))
def test_more_severe_never_lowers_the_level(
    reported: Report, one: SymptomSaid, words: tuple[Severity, Severity]
) -> None:
    milder, worse = sorted(words, key=lambda severity: severity.rank)

    def level(severity: Severity) -> int:
        changed = replace(one, severity=severity)
        return urgency(triage(replace(reported, symptoms=(*reported.symptoms, changed)), RULES))

    assert level(worse) >= level(milder)


@for_all(symptoms_said(), st.tuples(st.integers(0, 10), st.integers(0, 10)))
def test_higher_score_is_never_milder(one: SymptomSaid, scores: tuple[int, int]) -> None:
    low, high = sorted(scores)

    assert replace(one, score=high).worst.rank >= replace(one, score=low).worst.rank


@for_all(reports().filter(lambda reported: reported.symptoms), st.data())
def test_unknown_never_gives_a_lower_level_than_what_is_known(reported: Report, data: st.DataObject) -> None:
    first, *rest = reported.symptoms
    blanks: list[dict[str, Any]] = [
        {"symptoms": (replace(first, severity=None, score=None), *rest)},
        {"symptoms": (replace(first, is_persistent=None), *rest)},
        {"symptoms": (replace(first, since=None), *rest)},
        {"symptoms": (replace(first, settled_at=None), *rest)},
        {"temperatures": tuple(replace(each, method=Method.UNKNOWN) for each in reported.temperatures)},
        {"ended_at": None},
        {"started_at": None, "ended_at": None},
        {"flags": None},
    ]
    unknown = replace(reported, **data.draw(st.sampled_from(blanks)))

    assert urgency(triage(unknown, RULES)) >= urgency(triage(reported, RULES))


ELAPSED = st.none() | st.integers(0, 300).map(hours)
FEVER_BOUNDS = st.builds(
    FeverBound,
    celsius=st.integers(365, 385).map(lambda tenths: Fraction(tenths, 10)),
    methods=st.frozensets(st.sampled_from(Method)) | st.just(frozenset(Method)),
    is_above=st.booleans(),
    twice_apart=st.none() | st.integers(0, 3).map(hours),
)
CHANGES = st.builds(
    TriageChange,
    rule=st.sampled_from([row.key for row in RULES]),
    level=st.none() | st.sampled_from(Level),
    bounds=st.none() | st.builds(Bounds, began_within=ELAPSED, still_after=ELAPSED, lasting=ELAPSED),
    fever=st.none() | st.lists(FEVER_BOUNDS, min_size=1, max_size=6).map(tuple),
    is_removed=st.sampled_from([False, False, False, True]),
)


@for_all(st.lists(CHANGES, min_size=1, max_size=4), st.lists(reports(), min_size=1, max_size=3))
def test_change_that_nobody_approved_never_lowers_a_level(changes: list[TriageChange], all_said: list[Report]) -> None:
    rules = RULES
    for change in changes:
        try:
            rules = apply_changes(rules, (change,))
        except SofterWithoutApproval:
            rules = apply_changes(rules, (TriageChange(rule=change.rule, level=Level.EMERGENCY),))

    for reported in all_said:
        assert urgency(triage(reported, rules)) >= urgency(triage(reported, RULES))


@for_all(CHANGES, reports())
def test_approved_change_says_who_approved_it_whenever_it_lowers_a_level(
    change: TriageChange, reported: Report
) -> None:
    changed = triage(reported, apply_changes(RULES, (replace(change, approved_by="Dr A"),)))

    is_named = any(note.text.startswith("Dr A approved") for note in changed.notes)
    assert is_named or urgency(changed) >= urgency(triage(reported, RULES))


def test_nothing_reported_is_never_said_to_be_well() -> None:
    assert triage(Report(at=at("12:00")), RULES).words == (
        "Nothing is reported. This does not mean that all is well: if anything worries you, call the team and ask."
    )
