"""What the preview answers at one instant, as JSON, and what it will not be asked."""

from __future__ import annotations

import json
from typing import Any

import pytest

from ivig_care.regimen.errors import DocumentError
from ivig_care.regimen.fluids import ESTIMATE_WORDS
from ivig_care.regimen.preview import preview
from ivig_care.regimen.triage import NOTHING_REPORTED
from ivig_care.regimen.triage_rules import CALL_NOW, OFFICE_HOURS
from tests.regimen.builders import TYLENOL, everything, replaced

NOON = {"utc": "2026-06-15T16:00:00Z", "local": "Mon 2026-06-15 12:00:00 EDT"}
ONE_O_CLOCK = {"utc": "2026-06-15T17:00:00Z", "local": "Mon 2026-06-15 13:00:00 EDT"}
NINE = {"utc": "2026-06-15T13:00:00Z", "local": "Mon 2026-06-15 09:00:00 EDT"}
AROUND = {"opens_before": {"minutes": 15}, "late_after": {"minutes": 30}, "closes_after": {"hours": 2}}


def _document(infusion: dict[str, Any] | None = None, **asked: Any) -> dict[str, Any]:
    """A child of 20 kg whose infusion ended at 11:00, and what is asked at noon unless said otherwise."""
    ondansetron = {"ingredient": "ondansetron", "mg": 4}
    return {
        "protocol": {
            "name": "Test",
            "ladder": {"steps": [{"ml_per_kg_h": 5}]},
            "steps": [
                {
                    "key": "drink",
                    "kind": "fluids",
                    "title": "Drink",
                    "anchor": "end",
                    "offset": {"hours": 0},
                    "goal_ml": 900,
                    "window": AROUND,
                }
            ],
            "as_needed": [
                {
                    "key": "sickness",
                    "medicine": ondansetron,
                    "purpose": "feels sick",
                    "first": {"anchor": "start", "day": "first", "offset": {"hours": 0}},
                    "until": {"anchor": "end", "day": "last", "offset": {"hours": 24}},
                    "every": {"hours": 8},
                    "most_in_24h": 3,
                }
            ],
        },
        "infusion": {
            "zone": "America/New_York",
            "weight_kg": 20,
            "dose_mg_per_kg": 1000,
            "product": {"name": "Test 10 %", "mg_per_ml": 100},
            "born_on": "2019-04-30",
            "country": "US",
            "days": [
                {
                    "planned_start": "2026-06-15T09:00",
                    "actual_start": "2026-06-15T09:00",
                    "actual_end": "2026-06-15T11:00",
                }
            ],
            "limits": [
                {
                    "ingredient": TYLENOL,
                    "min_interval": {"hours": 4},
                    "max_doses_24h": 5,
                    "max_mg_per_kg_24h": 75,
                    "source": "S36",
                }
            ],
            "medicines": [
                {"ingredient": TYLENOL, "names": ["Tylenol", "Twice"]},
                {"ingredient": "ondansetron", "names": ["Twice"]},
            ],
            "combinations": [{"name": "Night-time", "contents": [{"ingredient": TYLENOL, "mg": 325}]}],
            **(infusion or {}),
        },
        "now": {"at": "2026-06-15T12:00", "are_fluids_limited": False, "child_flags": [], **asked},
    }


def _answered(document: dict[str, Any]) -> Any:
    return preview(json.dumps(document))["now"]


def _refused(document: dict[str, Any]) -> DocumentError:
    with pytest.raises(DocumentError) as refused:
        preview(json.dumps(document))
    return refused.value


def test_preview_answers_nothing_unless_it_is_asked() -> None:
    document = _document()
    del document["now"]

    assert "now" not in preview(json.dumps(document))


def test_question_about_nothing_is_answered_by_what_is_known() -> None:
    assert _answered(_document()) == {
        "at": NOON,
        "doses": [],
        "as_needed": [
            {
                "rule": "sickness",
                "purpose": "feels sick",
                "verdict": "yes",
                "is_known": True,
                "reasons": [],
                "last": None,
                "next": NOON,
                "then_none_until": None,
            }
        ],
        "fluids": [
            {
                "slot": "drink.d1",
                "drunk_ml": 0,
                "electrolyte_ml": 0,
                "iv_ml": 0,
                "remaining_ml": 900,
                "expected_ml": 500,
                "pace": "behind",
                "ml_per_h": 900,
            }
        ],
        "estimate": {"ml_per_day": 1500, "ml_per_h": 60, "words": ESTIMATE_WORDS},
        "triage": {
            "level": None,
            "rule": None,
            "words": NOTHING_REPORTED,
            "source": "our choice",
            "others": [],
            "notes": [],
        },
    }


def test_time_of_a_question_is_on_the_childs_clock() -> None:
    assert _answered(_document(at="2026-06-15T16:00Z"))["at"] == NOON


# --- medicines --------------------------------------------------------------------------------------------------------


def test_dose_that_may_be_given_says_so() -> None:
    given = [{"ingredient": TYLENOL, "at": "2026-06-15T08:00", "mg": 300}]

    assert _answered(_document({"given": given}, asked=[{"medicine": "Tylenol", "mg": 300}]))["doses"] == [
        {
            "medicine": "Tylenol",
            "verdict": "yes",
            "is_known": True,
            "reasons": [],
            "last": {"utc": "2026-06-15T12:00:00Z", "local": "Mon 2026-06-15 08:00:00 EDT"},
            "next": NOON,
            "then_none_until": None,
        }
    ]


def test_dose_that_may_not_be_given_says_why_and_when() -> None:
    given = [{"ingredient": TYLENOL, "at": "2026-06-15T09:00", "mg": 300}]

    assert _answered(_document({"given": given}, asked=[{"medicine": TYLENOL, "mg": 300}]))["doses"] == [
        {
            "medicine": TYLENOL,
            "verdict": "too soon",
            "is_known": True,
            "reasons": [
                {
                    "code": "doses-too-close",
                    "text": "Two doses of acetaminophen need at least 4 h between them.",
                    "source": "S36",
                }
            ],
            "last": NINE,
            "next": ONE_O_CLOCK,
            "then_none_until": None,
        }
    ]


def test_dose_that_would_be_the_last_for_long_says_until_when() -> None:
    given = [{"ingredient": TYLENOL, "at": f"2026-06-{at}", "mg": 100} for at in ("14T16:00", "14T20:00", "15T00:00")]
    given.append({"ingredient": TYLENOL, "at": "2026-06-15T04:00", "mg": 100})
    document = _document({"given": given}, asked=[{"medicine": TYLENOL, "mg": 100}])

    # With the one at noon it would be five: until 16:00 the interval holds, and from then on there is room again.
    assert _answered(document)["doses"][0]["then_none_until"] is None
    document["infusion"]["limits"][0]["max_doses_24h"] = 4
    document["infusion"]["given"] = given[1:]
    assert _answered(document)["doses"][0]["then_none_until"] == {
        "utc": "2026-06-16T00:00:00Z",
        "local": "Mon 2026-06-15 20:00:00 EDT",
    }


def test_medicine_that_nobody_knows_is_for_the_clinic_to_answer() -> None:
    assert _answered(_document(asked=[{"medicine": "Panadeine", "mg": 1}]))["doses"] == [
        {
            "medicine": "Panadeine",
            "verdict": "ask the clinic",
            "is_known": False,
            "reasons": [
                {
                    "code": "medicine-unknown",
                    "text": "What is in this medicine is not known here. Ask the clinic.",
                }
            ],
            "last": None,
            "next": None,
            "then_none_until": None,
        }
    ]


def test_each_medicine_asked_for_is_answered_by_itself_and_in_order() -> None:
    asked = [{"medicine": "Night-time", "units": 5}, {"medicine": "tylenol", "mg": 300}, {"medicine": "Night-time"}]

    doses = _answered(_document(asked=asked))["doses"]

    assert [(one["medicine"], one["verdict"]) for one in doses] == [
        ("Night-time", "too much"),
        ("tylenol", "yes"),
        ("Night-time", "ask the clinic"),
    ]


def test_name_of_two_medicines_is_refused_at_its_place() -> None:
    refused = _refused(_document(asked=[{"medicine": "Tylenol", "mg": 1}, {"medicine": "Twice", "mg": 1}]))

    assert str(refused) == (
        "now.asked[1].medicine: different medicines are called 'Twice'; say which ingredient is meant"
    )
    assert refused.path == "now.asked[1].medicine"


@pytest.mark.parametrize(
    ("at", "rules"),
    [
        ("2026-06-15T08:59:59", []),
        ("2026-06-15T09:00", ["sickness"]),
        ("2026-06-16T11:00", ["sickness"]),
        ("2026-06-16T11:00:01", []),
    ],
)
def test_medicine_as_needed_is_answered_while_it_is_its_time(at: str, rules: list[str]) -> None:
    assert [one["rule"] for one in _answered(_document(at=at))["as_needed"]] == rules


def test_medicine_as_needed_that_may_not_be_given_says_why_and_when() -> None:
    given = [{"ingredient": "ondansetron", "at": "2026-06-15T09:00", "mg": 4}]

    (one,) = _answered(_document({"given": given}))["as_needed"]

    assert (one["verdict"], one["last"], one["next"]["local"]) == (
        "too soon",
        NINE,
        "Mon 2026-06-15 17:00:00 EDT",
    )
    assert [reason["code"] for reason in one["reasons"]] == ["doses-too-close"]


# --- drinks and the estimate ------------------------------------------------------------------------------------------


def test_drinks_count_until_the_very_time_of_the_question() -> None:
    taken = [
        {"at": "2026-06-15T11:00", "ml": 100, "kind": "water"},
        {"at": "2026-06-15T11:30", "ml": 350, "kind": "electrolyte drink"},
        {"at": "2026-06-15T12:00", "ml": 12.5, "kind": "IV bolus"},
    ]

    assert _answered(_document(taken=taken))["fluids"] == [
        {
            "slot": "drink.d1",
            "drunk_ml": 450,
            "electrolyte_ml": 350,
            "iv_ml": 12.5,
            "remaining_ml": 450,
            "expected_ml": 500,
            "pace": "on pace",
            "ml_per_h": 450,
        }
    ]


def test_drinks_without_a_goal_are_only_counted() -> None:
    assert _answered(_document(are_fluids_limited=None))["fluids"] == [
        {
            "slot": "drink.d1",
            "drunk_ml": 0,
            "electrolyte_ml": 0,
            "iv_ml": 0,
            "reason": (
                "It is not known here whether fluids are limited for your child. Ask the team how much to drink."
            ),
        }
    ]


def test_reason_against_an_estimate_stands_in_its_place() -> None:
    assert _answered(_document({"born_on": None}))["estimate"] == {
        "reason": "The weight or the age is unknown, so nothing is estimated."
    }


# --- symptoms ---------------------------------------------------------------------------------------------------------


def test_symptoms_say_level_rule_words_and_what_else_matched() -> None:
    symptoms = [
        {"symptom": "rash", "severity": "mild", "is_persistent": False, "since": "2026-06-15T11:30"},
        {"symptom": "nausea", "severity": "mild", "is_persistent": False, "since": "2026-06-15T11:30"},
    ]

    assert _answered(_document(symptoms=symptoms))["triage"] == {
        "level": "call now",
        "rule": "rash",
        "words": CALL_NOW,
        "source": "FACTS section 6 (text C, [S2]); itch with it is our choice",
        "others": ["known-effect"],
        "notes": [],
    }


def test_notes_say_where_they_come_from() -> None:
    given = [{"ingredient": TYLENOL, "at": "2026-06-15T11:00", "mg": 300}]
    symptoms = [{"symptom": "nausea", "score": 0, "since": "2026-06-15T12:00", "settled_at": "2026-06-15T12:00"}]

    triage = _answered(_document({"given": given}, symptoms=symptoms))["triage"]

    assert (triage["level"], triage["rule"], triage["words"]) == ("office hours", "known-effect", OFFICE_HOURS)
    assert triage["notes"] == [
        {
            "text": "Acetaminophen given 1 h ago may hide a fever: a normal temperature proves nothing.",
            "source": "FACTS section 6, fever",
        }
    ]


def test_temperature_taken_at_the_very_time_of_the_question_counts() -> None:
    temperatures = [{"celsius": 37.9, "method": "ear", "at": "2026-06-15T12:00"}]

    assert _answered(_document(temperatures=temperatures))["triage"]["rule"] == "fever"


def test_protocol_changes_what_symptoms_mean() -> None:
    symptoms = [{"symptom": "rash", "severity": "mild", "is_persistent": False, "since": "2026-06-15T11:30"}]
    document = _document(symptoms=symptoms)
    document["protocol"]["triage"] = [{"rule": "rash", "level": "emergency", "source": "Clinic"}]

    assert _answered(document)["triage"]["level"] == "emergency"


# --- what is refused --------------------------------------------------------------------------------------------------

NOON_TEXT, LATER = "2026-06-15T12:00", "2026-06-15T12:00:01"
AFTER = "lies after the time of the question"


@pytest.mark.parametrize(
    ("asked", "sentence"),
    [
        pytest.param(
            {"symptoms": [{"symptom": "rash", "since": NOON_TEXT}, {"symptom": "rash", "since": LATER}]},
            f"now.symptoms[1]: {AFTER}",
            id="symptom begun later",
        ),
        pytest.param(
            {"symptoms": [{"symptom": "rash", "since": NOON_TEXT, "settled_at": LATER}]},
            f"now.symptoms[0]: {AFTER}",
            id="symptom gone later",
        ),
        pytest.param(
            {"symptoms": [{"symptom": "rash", "settled_at": LATER}]},
            f"now.symptoms[0]: {AFTER}",
            id="symptom gone later, begun nobody knows when",
        ),
        pytest.param(
            {
                "temperatures": [
                    {"celsius": 37, "method": "oral", "at": NOON_TEXT},
                    {"celsius": 37, "method": "oral", "at": LATER},
                ]
            },
            f"now.temperatures[1].at: {AFTER}",
            id="temperature taken later",
        ),
        pytest.param(
            {
                "taken": [
                    {"at": NOON_TEXT, "ml": 1, "kind": "water"},
                    {"at": NOON_TEXT, "ml": 1, "kind": "water"},
                    {"at": LATER, "ml": 1, "kind": "water"},
                ]
            },
            f"now.taken[2].at: {AFTER}",
            id="drink taken later",
        ),
        pytest.param(
            {"symptoms": [{"symptom": "rash", "score": 11}]},
            "now.symptoms[0].score: must be a whole number from 0 to 10",
            id="score of 11",
        ),
        pytest.param(
            {"symptoms": [{"symptom": "rash", "since": NOON_TEXT, "settled_at": "2026-06-15T11:59:59"}]},
            "now.symptoms[0].settled_at: must not lie before since",
            id="gone before it began",
        ),
        pytest.param({"at": None}, "now.at: expected text, not null", id="no time"),
        pytest.param({"asked": [{"mg": 300}]}, "now.asked[0].medicine: is missing", id="no medicine"),
        pytest.param(
            {"asked": [{"medicine": "Tylenol", "mg": 0}]}, "now.asked[0].mg: must be more than nothing", id="no amount"
        ),
        pytest.param({"weather": "fine"}, "now.weather: unknown; known here: at, asked, ", id="no such field"),
    ],
)
def test_question_that_will_not_do_is_refused_at_its_place(asked: dict[str, Any], sentence: str) -> None:
    assert str(_refused(_document(**asked))).startswith(sentence)


@pytest.mark.parametrize("score", [0, 10])
def test_scores_from_0_to_10_will_do(score: int) -> None:
    assert _answered(_document(symptoms=[{"symptom": "rash", "score": score}]))["triage"]["level"] == "call now"


def test_question_of_a_document_with_everything_is_answered_in_every_part() -> None:
    answered = _answered(replaced(everything(), "now.symptoms[0].settled_at", None))

    assert [one["verdict"] for one in answered["doses"]] == ["yes", "too much"]
    assert [one["slot"] for one in answered["fluids"]] == ["evening.d1"]
    assert answered["estimate"]["ml_per_h"] == 60.1
