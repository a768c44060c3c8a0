"""The words in which a family reports: they stand in documents and on screens, so they stay as they are."""

from __future__ import annotations

from ivig_care.regimen.symptoms import ChildFlag, Method, Severity, Symptom

# Source: FACTS section 6, the reportable list in its order; the last six are named by the rows of its triage table.
WORDS = (
    "headache",
    "stiff neck",
    "light sensitivity",
    "painful eye movement",
    "drowsiness or confusion",
    "fever",
    "chills or shaking",
    "nausea",
    "vomiting",
    "stomach pain",
    "rash",
    "hives",
    "itch",
    "swelling of the face, lips, tongue or throat",
    "hoarseness",
    "wheeze",
    "trouble breathing",
    "chest pain or tightness",
    "fast heartbeat",
    "dizziness or faintness",
    "paleness",
    "blue lips",
    "flushing",
    "back, joint or muscle pain",
    "tiredness",
    "pain, swelling, warmth or colour change of an arm or leg",
    "weakness or numbness on one side",
    "less urine",
    "sudden weight gain or leg swelling",
    "dark, brown or red urine",
    "yellow skin or eyes",
    "pain or redness where the IV was",
    "tight throat",
    "weakness",
    "collapse or seizure",
    "low oxygen reading",
    "very unwell or limp",
    "cannot take medicine or keep it down",
)


def test_symptoms_are_called_as_the_reportable_list_calls_them() -> None:
    assert tuple(Symptom) == WORDS


def test_severities_stand_in_order_from_the_mildest() -> None:
    assert [(severity.value, severity.rank) for severity in Severity] == [("mild", 0), ("moderate", 1), ("severe", 2)]


def test_methods_of_taking_a_temperature_have_their_words() -> None:
    assert tuple(Method) == ("oral", "underarm", "rectal", "ear", "forehead", "unknown")


def test_what_is_asked_about_a_child_has_its_words() -> None:
    assert tuple(ChildFlag) == ("long-term steroid",)
