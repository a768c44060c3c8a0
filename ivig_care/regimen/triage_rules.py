"""The triage table: one frozen value per row of FACTS section 6, most urgent first, to be read like a page.

The highest matching level wins, so a lower row need not exclude what a higher one says. Rows that FACTS does not have
are called our choice; each of them is stricter than having no row.
"""

from __future__ import annotations

from fractions import Fraction

from ivig_care.regimen.signs import OVER_37_8, Bounds, FeverBound, Level, Sign, TriageRule
from ivig_care.regimen.symptoms import ChildFlag, Method, Severity, Symptom
from ivig_care.regimen.timing import Elapsed
from ivig_care.regimen.words import mark

EMERGENCY = mark("Call the emergency number now. If the infusion is still running, tell the nurse at once.")
CALL_NOW = mark("Call the team now, by day or by night.")
OFFICE_HOURS = mark("Call the team in office hours. If it gets worse, call at once.")
NEXT_VISIT = mark("Write it down for the next visit. If it gets worse or does not go away, call the team.")

# These three alone, and mild, are what FACTS section 6 leaves for the next visit [S19].
MILD_EFFECTS = frozenset({Symptom.HEADACHE, Symptom.FATIGUE, Symptom.FLUSHING})

# Nemours [S3]. 100 °F is kept exact (37.78 °C), so that both printed figures, 100 °F and 37.8 °C, are reached.
NEMOURS_FEVER = (
    FeverBound(celsius=Fraction(383, 10), methods=frozenset({Method.ORAL})),
    FeverBound(celsius=Fraction(38), methods=frozenset({Method.ORAL}), twice_apart=Elapsed(hours=1)),
    FeverBound(celsius=Fraction(38), methods=frozenset({Method.UNDERARM})),
    FeverBound(celsius=Fraction(340, 9), methods=frozenset({Method.UNDERARM}), twice_apart=Elapsed(hours=1)),
)


def _one_of(*symptoms: Symptom, severity: Severity = Severity.MILD, is_persistent: bool = False) -> Sign:
    return Sign(any_of=frozenset(symptoms), severity=severity, is_persistent=is_persistent)


EMERGENCIES = (
    TriageRule(
        key="airway",
        level=Level.EMERGENCY,
        signs=(
            _one_of(
                Symptom.BREATHLESSNESS,
                Symptom.WHEEZE,
                Symptom.CHEST_PAIN,
                Symptom.TIGHT_THROAT,
                Symptom.HOARSENESS,
                Symptom.FACE_SWELLING,
            ),
        ),
        words=EMERGENCY,
        why="anaphylaxis",
        source="FACTS section 6 [S3]",
    ),
    # Nemours sets no limit in time, so neither do we; 24 h after the end is a change that a clinician may approve.
    TriageRule(
        key="allergy-sign",
        level=Level.EMERGENCY,
        signs=(_one_of(Symptom.HIVES, Symptom.PALLOR, Symptom.WEAKNESS, Symptom.DIZZINESS, Symptom.FAST_HEARTBEAT),),
        words=EMERGENCY,
        why="anaphylaxis",
        source="FACTS section 6 [S3]; section 9, item 14",
    ),
    TriageRule(
        key="lung-reaction",
        level=Level.EMERGENCY,
        signs=(_one_of(Symptom.CHEST_PAIN, Symptom.BREATHLESSNESS, Symptom.BLUE_LIPS),),
        bounds=Bounds(began_within=Elapsed(hours=6)),
        words=EMERGENCY,
        why="lung reaction (TRALI)",
        source="FACTS section 6 [S8,S13,S47]",
    ),
    TriageRule(
        key="fever-low-oxygen",
        level=Level.EMERGENCY,
        signs=(_one_of(Symptom.FEVER), _one_of(Symptom.LOW_OXYGEN)),
        words=EMERGENCY,
        why="lung reaction (TRALI)",
        source="FACTS section 6 [S8,S13,S47]",
    ),
    TriageRule(
        key="heart-or-lung",
        level=Level.EMERGENCY,
        signs=(_one_of(Symptom.CHEST_PAIN, Symptom.BREATHLESSNESS, Symptom.BLUE_LIPS),),
        words=EMERGENCY,
        why="clot or heart",
        source="FACTS section 6 [S8,S13,S47]",
    ),
    TriageRule(
        key="low-oxygen",
        level=Level.EMERGENCY,
        signs=(_one_of(Symptom.LOW_OXYGEN),),
        words=EMERGENCY,
        why="lung or heart",
        source="our choice: FACTS section 6 names it with fever",
    ),
    TriageRule(
        key="stroke-or-clot",
        level=Level.EMERGENCY,
        signs=(_one_of(Symptom.ONE_SIDED, Symptom.CHEST_PAIN),),
        words=EMERGENCY,
        why="stroke or clot",
        source="FACTS section 6 [S13]",
    ),
    # Nobody can say at home that a fast pulse is explained, so every one counts as unexplained.
    TriageRule(
        key="fast-pulse",
        level=Level.EMERGENCY,
        signs=(_one_of(Symptom.FAST_HEARTBEAT),),
        words=EMERGENCY,
        why="clot",
        source="FACTS section 6 [S13]",
    ),
    TriageRule(
        key="headache-confused",
        level=Level.EMERGENCY,
        signs=(_one_of(Symptom.HEADACHE, severity=Severity.SEVERE), _one_of(Symptom.CONFUSION)),
        words=EMERGENCY,
        why="meningitis look-alike",
        source="FACTS section 6, design from [S8,S14]",
    ),
    TriageRule(
        key="stiff-neck-confused",
        level=Level.EMERGENCY,
        signs=(_one_of(Symptom.STIFF_NECK), _one_of(Symptom.CONFUSION)),
        words=EMERGENCY,
        why="meningitis look-alike",
        source="FACTS section 6, design from [S8,S14]",
    ),
    TriageRule(
        key="collapse",
        level=Level.EMERGENCY,
        signs=(_one_of(Symptom.COLLAPSE),),
        words=EMERGENCY,
        why="collapse or seizure",
        source="FACTS section 6, design from [S8,S14]",
    ),
    TriageRule(
        key="steroid-vomiting-unwell",
        level=Level.EMERGENCY,
        signs=(
            _one_of(Symptom.VOMITING, is_persistent=True),
            _one_of(Symptom.VERY_UNWELL, Symptom.CONFUSION),
        ),
        flags=frozenset({ChildFlag.LONG_TERM_STEROID}),
        words=f"{EMERGENCY} Say if your child takes a steroid and cannot keep it down.",
        why="adrenal crisis",
        source="FACTS section 6 [S43]",
    ),
    TriageRule(
        key="steroid-not-taken-unwell",
        level=Level.EMERGENCY,
        signs=(_one_of(Symptom.CANNOT_KEEP_MEDICINE), _one_of(Symptom.VERY_UNWELL, Symptom.CONFUSION)),
        flags=frozenset({ChildFlag.LONG_TERM_STEROID}),
        words=f"{EMERGENCY} Say if your child takes a steroid and cannot keep it down.",
        why="adrenal crisis",
        source="FACTS section 6 [S43]",
    ),
)

CALLS_NOW = (
    TriageRule(
        key="stiff-neck-and-more",
        level=Level.CALL_NOW,
        signs=(
            _one_of(Symptom.STIFF_NECK),
            _one_of(
                Symptom.FEVER,
                Symptom.NAUSEA,
                Symptom.VOMITING,
                Symptom.HEADACHE,
                Symptom.LIGHT_SENSITIVITY,
                Symptom.CONFUSION,
            ),
        ),
        words=f"{CALL_NOW} Your child needs to be examined today.",
        why="aseptic meningitis; an infection must be excluded today",
        source="FACTS section 6 [S8,S14]",
    ),
    TriageRule(
        key="severe-headache-sick",
        level=Level.CALL_NOW,
        signs=(
            _one_of(Symptom.HEADACHE, severity=Severity.SEVERE),
            _one_of(Symptom.NAUSEA, Symptom.VOMITING),
        ),
        words=CALL_NOW,
        why="aseptic meningitis",
        source="FACTS section 6 (texts B, C)",
    ),
    TriageRule(
        key="persistent-headache-sick",
        level=Level.CALL_NOW,
        signs=(
            _one_of(Symptom.HEADACHE, is_persistent=True),
            _one_of(Symptom.NAUSEA, Symptom.VOMITING),
        ),
        words=CALL_NOW,
        why="aseptic meningitis",
        source="FACTS section 6 (texts B, C)",
    ),
    TriageRule(
        key="limb",
        level=Level.CALL_NOW,
        signs=(_one_of(Symptom.LIMB),),
        words=CALL_NOW,
        why="clot in a vein (DVT)",
        source="FACTS section 6 [S13,S47]",
    ),
    TriageRule(
        key="kidney",
        level=Level.CALL_NOW,
        signs=(_one_of(Symptom.LESS_URINE, Symptom.WEIGHT_GAIN),),
        words=CALL_NOW,
        why="kidney",
        source="FACTS section 6 [S47]",
    ),
    TriageRule(
        key="dark-or-yellow",
        level=Level.CALL_NOW,
        signs=(_one_of(Symptom.DARK_URINE, Symptom.YELLOW, Symptom.FAST_HEARTBEAT),),
        words=CALL_NOW,
        why="haemolysis",
        source="FACTS section 6 [S3,S47,S51]; no limit in time is our choice",
    ),
    TriageRule(
        key="pallor-10-days",
        level=Level.CALL_NOW,
        signs=(_one_of(Symptom.PALLOR),),
        bounds=Bounds(began_within=Elapsed(days=10)),
        words=CALL_NOW,
        why="haemolysis",
        source="FACTS section 6 [S3,S47,S51]",
    ),
    # FACTS has mild tiredness in two rows; it is left for the next visit only while mild and in the first 72 h.
    TriageRule(
        key="tired-10-days",
        level=Level.CALL_NOW,
        signs=(_one_of(Symptom.FATIGUE, severity=Severity.MODERATE),),
        bounds=Bounds(began_within=Elapsed(days=10)),
        words=CALL_NOW,
        why="haemolysis",
        source="FACTS section 6 [S3,S47,S51]; from moderate on is our choice",
    ),
    TriageRule(
        key="tired-after-72-h",
        level=Level.CALL_NOW,
        signs=(_one_of(Symptom.FATIGUE),),
        bounds=Bounds(began_within=Elapsed(days=10), still_after=Elapsed(hours=72)),
        words=CALL_NOW,
        why="haemolysis",
        source="FACTS section 6 [S3,S47,S51]; from 72 h on is our choice",
    ),
    TriageRule(
        key="vomiting-4-h",
        level=Level.CALL_NOW,
        signs=(_one_of(Symptom.VOMITING),),
        bounds=Bounds(lasting=Elapsed(hours=4)),
        words=CALL_NOW,
        why="dehydration, steroid not taken",
        source="FACTS section 6 [S3]",
    ),
    TriageRule(
        key="medicine-not-kept",
        level=Level.CALL_NOW,
        signs=(_one_of(Symptom.CANNOT_KEEP_MEDICINE),),
        words=CALL_NOW,
        why="dehydration, steroid not taken",
        source="FACTS section 6 [S3]",
    ),
    TriageRule(
        key="steroid-vomiting",
        level=Level.CALL_NOW,
        signs=(_one_of(Symptom.VOMITING),),
        flags=frozenset({ChildFlag.LONG_TERM_STEROID}),
        words=f"{CALL_NOW} Say if your child takes a steroid.",
        why="adrenal crisis may follow",
        source="FACTS section 4, prednisone [S43]",
    ),
    TriageRule(
        key="fever",
        level=Level.CALL_NOW,
        signs=(_one_of(Symptom.FEVER),),
        fever=(OVER_37_8, *NEMOURS_FEVER),
        words=CALL_NOW,
        why="infection, aseptic meningitis",
        source="FACTS section 6, the strictest of [S3] and [S47]",
    ),
    TriageRule(
        key="rash",
        level=Level.CALL_NOW,
        signs=(_one_of(Symptom.RASH, Symptom.ITCH),),
        words=CALL_NOW,
        why="allergy",
        source="FACTS section 6 (text C, [S2]); itch with it is our choice",
    ),
    # The rule that is left when a clinician approves a limit in time for "allergy-sign" and "fast-pulse".
    TriageRule(
        key="late-allergy-sign",
        level=Level.CALL_NOW,
        signs=(_one_of(Symptom.HIVES, Symptom.DIZZINESS, Symptom.FAST_HEARTBEAT, Symptom.PALLOR, Symptom.WEAKNESS),),
        words=CALL_NOW,
        why="allergy",
        source="FACTS section 6 (text C, [S2]); paleness and weakness with them is our choice",
    ),
    TriageRule(
        key="alone",
        level=Level.CALL_NOW,
        signs=(_one_of(Symptom.STIFF_NECK, Symptom.CONFUSION, Symptom.VERY_UNWELL),),
        words=CALL_NOW,
        why="may be the first sign of a graver row",
        source="our choice: FACTS section 6 names these with others",
    ),
    # Fever is left out: the row "fever" says what is one.
    TriageRule(
        key="severe",
        level=Level.CALL_NOW,
        signs=(_one_of(*(set(Symptom) - {Symptom.FEVER}), severity=Severity.SEVERE),),
        words=CALL_NOW,
        why="severe",
        source="our choice, after P16 [S19]: severe effects go to the prescriber",
    ),
)

OTHERS = (
    TriageRule(
        key="mild-at-72-h",
        level=Level.OFFICE_HOURS,
        signs=(Sign(any_of=MILD_EFFECTS),),
        bounds=Bounds(still_after=Elapsed(hours=72)),
        words=OFFICE_HOURS,
        why="beyond what is expected",
        source="FACTS section 6 [S19], P16",
    ),
    TriageRule(
        key="fever-or-aches-at-48-h",
        level=Level.OFFICE_HOURS,
        signs=(_one_of(Symptom.FEVER, Symptom.ACHES),),
        bounds=Bounds(still_after=Elapsed(hours=48)),
        words=OFFICE_HOURS,
        why="beyond what is expected",
        source="FACTS section 6 [S19], P2",
    ),
    TriageRule(
        key="more-than-mild",
        level=Level.OFFICE_HOURS,
        signs=(Sign(any_of=MILD_EFFECTS, severity=Severity.MODERATE),),
        words=OFFICE_HOURS,
        why="not mild",
        source="our choice: FACTS section 6 [S19] leaves only what is mild for the next visit",
    ),
    TriageRule(
        key="known-effect",
        level=Level.OFFICE_HOURS,
        signs=(_one_of(Symptom.NAUSEA, Symptom.VOMITING, Symptom.STOMACH_PAIN, Symptom.ACHES, Symptom.CHILLS),),
        words=OFFICE_HOURS,
        why="a listed effect of the infusion",
        source="P2 [S2]: call the nurse or doctor; that office hours will do is our choice",
    ),
    TriageRule(
        key="mild",
        level=Level.NEXT_VISIT,
        signs=(Sign(any_of=MILD_EFFECTS),),
        words=NEXT_VISIT,
        why="for the rate and premedication of the next infusion",
        source="FACTS section 6 [S19]",
    ),
)

RULES: tuple[TriageRule, ...] = (*EMERGENCIES, *CALLS_NOW, *OTHERS)
