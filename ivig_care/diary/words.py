"""What a person reads of symptoms, levels and drinks: the words of the regimen, in the person's language."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.utils.translation import gettext_lazy as _

from ivig_care.regimen.fluids import FluidKind
from ivig_care.regimen.signs import Level
from ivig_care.regimen.symptoms import Method, Severity, Symptom
from ivig_care.regimen.triage import NO_RULE, NOTHING_REPORTED
from ivig_care.regimen.triage_rules import CALL_NOW, EMERGENCY, NEXT_VISIT, OFFICE_HOURS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from django_stubs_ext import StrOrPromise

# As a parent says it.
SYMPTOMS: Mapping[str, StrOrPromise] = {
    Symptom.HEADACHE: _("Headache"),
    Symptom.STIFF_NECK: _("Stiff neck"),
    Symptom.LIGHT_SENSITIVITY: _("Light hurts"),
    Symptom.PAINFUL_EYES: _("Moving the eyes hurts"),
    Symptom.CONFUSION: _("Drowsy or confused"),
    Symptom.FEVER: _("Fever"),
    Symptom.CHILLS: _("Chills or shaking"),
    Symptom.NAUSEA: _("Feeling sick"),
    Symptom.VOMITING: _("Vomiting"),
    Symptom.STOMACH_PAIN: _("Tummy ache"),
    Symptom.RASH: _("Rash"),
    Symptom.HIVES: _("Hives"),
    Symptom.ITCH: _("Itching"),
    Symptom.FACE_SWELLING: _("Face, lips, tongue or throat swollen"),
    Symptom.HOARSENESS: _("Hoarse voice"),
    Symptom.WHEEZE: _("Wheezing"),
    Symptom.BREATHLESSNESS: _("Trouble breathing"),
    Symptom.CHEST_PAIN: _("Chest hurts or feels tight"),
    Symptom.FAST_HEARTBEAT: _("Fast heartbeat"),
    Symptom.DIZZINESS: _("Dizzy or faint"),
    Symptom.PALLOR: _("Pale"),
    Symptom.BLUE_LIPS: _("Blue lips"),
    Symptom.FLUSHING: _("Flushed"),
    Symptom.ACHES: _("Back, joints or muscles ache"),
    Symptom.FATIGUE: _("Tired"),
    Symptom.LIMB: _("An arm or leg hurts, is swollen, warm or another colour"),
    Symptom.ONE_SIDED: _("Weak or numb on one side"),
    Symptom.LESS_URINE: _("Less pee"),
    Symptom.WEIGHT_GAIN: _("Sudden weight gain or swollen legs"),
    Symptom.DARK_URINE: _("Dark, brown or red pee"),
    Symptom.YELLOW: _("Yellow skin or eyes"),
    Symptom.IV_SITE: _("Pain or redness where the IV was"),
    Symptom.TIGHT_THROAT: _("Tight throat"),
    Symptom.WEAKNESS: _("Weak"),
    Symptom.COLLAPSE: _("Collapse or seizure"),
    Symptom.LOW_OXYGEN: _("Low oxygen reading"),
    Symptom.VERY_UNWELL: _("Very unwell or limp"),
    Symptom.CANNOT_KEEP_MEDICINE: _("Cannot take medicine or keep it down"),
}
# Those that families name most stand first, in this order; our choice, after the checks of FACTS section 6.
FREQUENT = (
    Symptom.HEADACHE,
    Symptom.VOMITING,
    Symptom.FEVER,
    Symptom.STIFF_NECK,
    Symptom.LIGHT_SENSITIVITY,
    Symptom.RASH,
    Symptom.STOMACH_PAIN,
    Symptom.FATIGUE,
)
SEVERITIES: Mapping[str, StrOrPromise] = {
    Severity.MILD: _("mild"),
    Severity.MODERATE: _("moderate"),
    Severity.SEVERE: _("severe"),
}
METHODS: Mapping[str, StrOrPromise] = {
    Method.ORAL: _("in the mouth"),
    Method.UNDERARM: _("under the arm"),
    Method.EAR: _("in the ear"),
    Method.FOREHEAD: _("on the forehead"),
    Method.RECTAL: _("in the bottom"),
    Method.UNKNOWN: _("I do not know"),
}
LEVELS: Mapping[str, StrOrPromise] = {
    Level.EMERGENCY: _("emergency"),
    Level.CALL_NOW: _("call now"),
    Level.OFFICE_HOURS: _("call in office hours"),
    Level.NEXT_VISIT: _("for the next visit"),
}
DRINKS: Mapping[str, StrOrPromise] = {
    FluidKind.WATER: _("water"),
    FluidKind.ELECTROLYTE: _("electrolyte drink"),
    FluidKind.OTHER: _("other drink"),
    FluidKind.IV_BOLUS: _("into the vein"),
}
# On a chip, where there is little room.
DRINKS_SHORT: Mapping[str, StrOrPromise] = {
    FluidKind.WATER: _("Water"),
    FluidKind.ELECTROLYTE: _("Electrolytes"),
    FluidKind.OTHER: _("Other"),
}
# Every sentence that a rule of the triage says to a parent.
SENTENCES: Mapping[str, StrOrPromise] = {
    EMERGENCY: _("Call the emergency number now. If the infusion is still running, tell the nurse at once."),
    CALL_NOW: _("Call the team now, by day or by night."),
    OFFICE_HOURS: _("Call the team in office hours. If it gets worse, call at once."),
    NEXT_VISIT: _("Write it down for the next visit. If it gets worse or does not go away, call the team."),
    f"{EMERGENCY} Say if your child takes a steroid and cannot keep it down.": _(
        "Call the emergency number now. If the infusion is still running, tell the nurse at once. "
        "Say if your child takes a steroid and cannot keep it down."
    ),
    f"{CALL_NOW} Your child needs to be examined today.": _(
        "Call the team now, by day or by night. Your child needs to be examined today."
    ),
    f"{CALL_NOW} Say if your child takes a steroid.": _(
        "Call the team now, by day or by night. Say if your child takes a steroid."
    ),
    NO_RULE.words: _(
        "No rule knows what this means. Ask the team in office hours. If it gets worse, call them at once."
    ),
    NOTHING_REPORTED: _(
        "Nothing is reported. This does not mean that all is well: if anything worries you, call the team and ask."
    ),
}


def sentence(words: str) -> str:
    """A sentence of the triage in the person's language; one that is not known here as it was kept."""
    return str(SENTENCES.get(words, words))


def symptom(name: str) -> str:
    """A symptom in the person's language."""
    return str(SYMPTOMS.get(name, name))
