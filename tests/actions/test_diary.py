"""The diary: drinks, cups and how the child is; what is urgent is told at once, and checks are answered with it."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal
from fractions import Fraction

import pytest
from django.utils.translation import override

from ivig_care.accounts.models import User
from ivig_care.actions.diary import (
    MOST_ML,
    Reported,
    Written,
    cup_add,
    cup_change,
    cup_remove,
    drink_enter,
    drink_take_back,
    report_enter,
    report_take_back,
)
from ivig_care.actions.errors import Refused, ReviewSigned, TimeNotPossible
from ivig_care.actions.infusions import infusion_day_end, infusion_day_start
from ivig_care.actions.reviews import review_sign
from ivig_care.care_teams.models import AuditEvent
from ivig_care.common.spoken import translated_pieces
from ivig_care.diary.models import Cup, FluidEntry, SymptomReport
from ivig_care.diary.reports import still_of
from ivig_care.diary.selectors import call_card_is_on, diary_of, drinks_of
from ivig_care.diary.words import LEVELS, METHODS, SENTENCES, SEVERITIES, SYMPTOMS
from ivig_care.nudges.models import Delivery
from ivig_care.plans.models import Infusion
from ivig_care.regimen.fluids import FluidKind, Pace
from ivig_care.regimen.signs import Level
from ivig_care.regimen.symptoms import Method, Severity, Symptom, SymptomSaid, Temperature
from ivig_care.regimen.triage import NO_RULE, NOTHING_REPORTED
from ivig_care.regimen.triage_rules import RULES
from ivig_care.reviews.concerns import for_family
from ivig_care.reviews.models import Concern, Review
from tests.actors import People
from tests.answering import concern_answer
from tests.conftest import STARTS_AT
from tests.factories import ContactPointFactory
from tests.web.clinic.story import finish

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
ENDS_AT = STARTS_AT + 26 * HOUR
NOW = ENDS_AT + 24 * HOUR
MILD, MODERATE, SEVERE = Severity.MILD, Severity.MODERATE, Severity.SEVERE


@pytest.fixture
def ended(infusion: Infusion, people: People) -> Infusion:
    """Both days went as they really do: two hours each."""
    for number in (1, 2):
        day = infusion.days.get(number=number)
        starts = STARTS_AT + (number - 1) * DAY
        infusion_day_start(day=day, by=people.maria, at=starts, now=starts)
        day.refresh_from_db()
        infusion_day_end(day=day, by=people.maria, at=starts + 2 * HOUR, now=starts + 2 * HOUR)
    return infusion


def said(symptom: Symptom, severity: Severity | None = MILD, **how: object) -> SymptomSaid:
    values = {"since": NOW - HOUR, "is_persistent": False, **how}
    return SymptomSaid(symptom=symptom, severity=severity, **values)  # type: ignore[arg-type]


def told(
    infusion: Infusion,
    people: People,
    *symptoms: SymptomSaid,
    at: datetime = NOW,
    by: User | None = None,
    **more: object,
) -> Written:
    reported = Reported(symptoms=symptoms, **{"takes_steroid": False, **more})  # type: ignore[arg-type]
    return report_enter(infusion=infusion, said=reported, by=by or people.maria, at=at, now=at)


# --- drinks ------------------------------------------------------------------------------------


def drunk(infusion: Infusion, people: People, ml: int, *, kind: FluidKind = FluidKind.WATER) -> FluidEntry:
    at = STARTS_AT - HOUR
    return drink_enter(infusion=infusion, kind=kind, ml=ml, by=people.maria, at=at, now=at, cup="Mug")


def test_a_drink_stands_with_who_and_when_and_its_cup(infusion: Infusion, people: People) -> None:
    before = infusion.revision
    entry = drunk(infusion, people, 200)
    assert (entry.ml, entry.kind, entry.cup, entry.by, entry.at) == (
        200,
        "water",
        "Mug",
        people.maria,
        STARTS_AT - HOUR,
    )
    infusion.refresh_from_db()
    assert infusion.revision > before
    assert AuditEvent.objects.get(about="fluidentry").detail == "wrote down"


def test_what_runs_into_a_vein_is_never_counted_as_drunk(infusion: Infusion, people: People) -> None:
    drunk(infusion, people, 300)
    drunk(infusion, people, 100, kind=FluidKind.ELECTROLYTE)
    drunk(infusion, people, 500, kind=FluidKind.IV_BOLUS)
    page = drinks_of(infusion, now=STARTS_AT)
    assert page.drunk_today_ml == 400
    assert page.ring is not None
    progress = page.ring.progress
    assert (progress.drunk_ml, progress.electrolyte_ml, progress.iv_ml) == (Fraction(400), Fraction(100), Fraction(500))
    assert page.ring.share == 26


def test_what_is_taken_back_counts_no_more_and_stays_in_the_record(infusion: Infusion, people: People) -> None:
    entry = drunk(infusion, people, 300)
    drink_take_back(entry=entry, by=people.sam, now=STARTS_AT)
    drink_take_back(entry=entry, by=people.maria, now=STARTS_AT + HOUR)
    assert FluidEntry.objects.get().taken_back_at == STARTS_AT
    assert drinks_of(infusion, now=STARTS_AT).drunk_today_ml == 0
    assert AuditEvent.objects.filter(about="fluidentry", detail="took back").count() == 1


@pytest.mark.parametrize("ml", [0, -5, MOST_ML + 1])
def test_a_slip_of_the_finger_is_no_drink(infusion: Infusion, people: People, ml: int) -> None:
    with pytest.raises(Refused, match="Check the number and the unit"):
        drunk(infusion, people, ml)
    assert not FluidEntry.objects.exists()


def test_nobody_drinks_in_the_future(infusion: Infusion, people: People) -> None:
    with pytest.raises(TimeNotPossible):
        drink_enter(
            infusion=infusion, kind=FluidKind.WATER, ml=100, by=people.maria, at=STARTS_AT + HOUR, now=STARTS_AT
        )


def test_where_fluids_are_limited_there_is_only_the_count_and_why(infusion: Infusion, people: People) -> None:
    drunk(infusion, people, 300)
    infusion.plan.has_fluid_limit = True
    page = drinks_of(infusion, now=STARTS_AT)
    assert page.ring is None or page.ring.goal_ml is None
    assert page.reason.startswith("Fluids are limited for your child.")
    assert page.drunk_today_ml == 300


def test_the_goal_holds_until_the_plan_says(ended: Infusion, people: People) -> None:
    during = drinks_of(ended, now=ENDS_AT + 47 * HOUR).ring
    assert during is not None
    assert during.is_today
    assert during.progress.pace is Pace.BEHIND
    after = drinks_of(ended, now=ENDS_AT + 61 * HOUR).ring
    assert after is not None
    assert not after.is_today


def test_cups_are_named_once_and_what_was_drunk_stays(infusion: Infusion, people: People) -> None:
    lena, maria = people.lena, people.maria
    cup = cup_add(child=lena, name="Mug", ml=200, by=maria, now=STARTS_AT)
    with pytest.raises(Refused, match="There is a cup called mug already"):
        cup_add(child=lena, name="mug", ml=300, by=maria, now=STARTS_AT)
    drunk(infusion, people, 200)
    cup_change(cup=cup, name="Big mug", ml=250, by=maria, now=STARTS_AT)
    other = cup_add(child=lena, name="Glass", ml=100, by=maria, now=STARTS_AT)
    with pytest.raises(Refused):
        cup_change(cup=other, name="Big mug", ml=100, by=maria, now=STARTS_AT)
    cup_remove(cup=cup, by=maria, now=STARTS_AT)
    cup_remove(cup=cup, by=maria, now=STARTS_AT)
    assert [one.name for one in Cup.objects.all()] == ["Glass"]
    assert (FluidEntry.objects.get().cup, FluidEntry.objects.get().ml) == ("Mug", 200)


# --- how the child is ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("symptoms", "level", "is_raised", "purpose"),
    [
        ((said(Symptom.BREATHLESSNESS),), Level.EMERGENCY, True, "urgent"),
        ((said(Symptom.STIFF_NECK), said(Symptom.VOMITING)), Level.CALL_NOW, True, "urgent"),
        ((said(Symptom.HEADACHE, SEVERE),), Level.CALL_NOW, True, "urgent"),
        ((said(Symptom.HEADACHE, MODERATE),), Level.OFFICE_HOURS, True, "concern"),
        ((said(Symptom.HEADACHE),), Level.NEXT_VISIT, False, ""),
        ((said(Symptom.HEADACHE, None),), Level.CALL_NOW, True, "urgent"),
        ((), "", False, ""),
    ],
    ids=["emergency", "call now", "severe", "office hours", "next visit", "how bad is not said", "fine"],
)
def test_each_level_is_kept_and_told_as_it_needs(
    ended: Infusion, people: People, symptoms: tuple[SymptomSaid, ...], level: str, is_raised: bool, purpose: str
) -> None:
    written = told(ended, people, *symptoms)
    report = SymptomReport.objects.get()
    assert report.level == level
    assert bool(report.rule) is bool(level)
    assert (written.concern is not None) is is_raised
    if written.concern is not None:
        assert (written.concern.level, written.concern.report) == (level, report)
        assert set(Delivery.objects.filter(purpose=purpose).values_list("person", flat=True)) == {people.weiss.pk}
    else:
        assert report.words in SENTENCES
        assert not Delivery.objects.filter(purpose__in=["urgent", "concern"]).exists()


def test_what_was_said_before_counts_along(ended: Infusion, people: People) -> None:
    assert told(ended, people, said(Symptom.HEADACHE, MILD, is_persistent=True), at=NOW).report.level == "next visit"
    written = told(ended, people, said(Symptom.NAUSEA), at=NOW + 2 * HOUR)
    assert (written.report.level, written.report.rule) == ("call now", "persistent-headache-sick")
    assert written.concern is not None
    assert written.concern.words == "Feeling sick: mild; Headache: mild (said before)"


def test_what_is_gone_or_fine_counts_no_more(ended: Infusion, people: People) -> None:
    told(ended, people, said(Symptom.HEADACHE, SEVERE))
    gone = told(ended, people, gone=frozenset({Symptom.HEADACHE}), at=NOW + HOUR)
    assert gone.report.level == ""
    assert [(one.symptom, one.is_gone) for one in gone.report.symptoms.all()] == [("headache", True)]
    assert told(ended, people, said(Symptom.NAUSEA), at=NOW + 2 * HOUR).report.level == "office hours"
    told(ended, people, at=NOW + 3 * HOUR)
    assert told(ended, people, said(Symptom.HEADACHE), at=NOW + 4 * HOUR).report.level == "next visit"


def test_fine_by_one_leaves_what_the_other_said(ended: Infusion, people: People) -> None:
    flagged = told(ended, people, said(Symptom.HEADACHE, SEVERE))
    fine = told(ended, people, by=people.sam, at=NOW + HOUR)
    assert (fine.report.level, fine.report.is_fine) == (Level.CALL_NOW, True)
    # The clinic knows of it from whoever said it, and hears nothing a second time.
    assert fine.concern is None
    assert list(Concern.objects.all()) == [flagged.concern]
    assert for_family(ended, now=NOW + HOUR).red_flag == flagged.concern
    (still,) = still_of(ended, NOW + HOUR)
    assert (still.words, still.who, still.at) == ("Headache: severe", people.maria, NOW)
    sick = told(ended, people, said(Symptom.NAUSEA), by=people.sam, at=NOW + 2 * HOUR)
    assert sick.report.level == Level.CALL_NOW


def test_what_grew_more_urgent_since_the_other_said_it_is_told_when_one_says_fine(
    ended: Infusion, people: People
) -> None:
    sick = told(ended, people, said(Symptom.VOMITING, since=NOW))
    assert sick.report.level == Level.OFFICE_HOURS
    fine = told(ended, people, by=people.sam, at=NOW + 5 * HOUR)
    assert (fine.report.level, fine.report.is_fine) == (Level.CALL_NOW, True)
    assert fine.concern is not None
    assert (fine.concern.level, fine.concern.words) == (Level.CALL_NOW, "Vomiting: mild (said before)")
    assert for_family(ended, now=NOW + 5 * HOUR).red_flag == fine.concern
    assert told(ended, people, by=people.sam, at=NOW + 6 * HOUR).concern is None


def test_what_the_other_said_is_over_when_it_is_said_to_be(ended: Infusion, people: People) -> None:
    told(ended, people, said(Symptom.HEADACHE, SEVERE))
    gone = told(ended, people, gone=frozenset({Symptom.HEADACHE}), by=people.sam, at=NOW + HOUR)
    assert gone.report.level == ""
    told(ended, people, said(Symptom.HEADACHE, SEVERE), at=NOW + 2 * HOUR)
    told(ended, people, at=NOW + 3 * HOUR)
    assert told(ended, people, by=people.sam, at=NOW + 4 * HOUR).report.level == ""
    flagged = told(ended, people, said(Symptom.HEADACHE, SEVERE), at=NOW + 5 * HOUR)
    report_take_back(report=flagged.report, by=people.maria, now=NOW + 5 * HOUR)
    assert told(ended, people, by=people.sam, at=NOW + 6 * HOUR).report.level == ""


def test_a_fever_of_the_other_counts_until_somebody_measures_again(ended: Infusion, people: People) -> None:
    hot = Temperature(celsius=Fraction("38.6"), method=Method.ORAL, at=NOW)
    assert told(ended, people, temperatures=(hot,)).report.level == Level.CALL_NOW
    assert told(ended, people, by=people.sam, at=NOW + HOUR).report.level == Level.CALL_NOW
    (still,) = still_of(ended, NOW + HOUR)
    assert (still.words, still.who) == ("38.6 °C, in the mouth", people.maria)
    cool = Temperature(celsius=Fraction(37), method=Method.ORAL, at=NOW + 2 * HOUR)
    measured = told(ended, people, temperatures=(cool,), by=people.sam, at=NOW + 2 * HOUR)
    assert measured.report.level == ""


def test_the_clinic_reads_of_a_fever_that_counts_along(ended: Infusion, people: People) -> None:
    hot = Temperature(celsius=Fraction("38.6"), method=Method.ORAL, at=NOW)
    told(ended, people, temperatures=(hot,))
    better = told(ended, people, trend=SymptomReport.Trend.BETTER, by=people.sam, at=NOW + HOUR)
    assert better.concern is not None
    assert better.concern.words == "38.6 °C, in the mouth (said before)"
    with override("es"):
        assert translated_pieces(better.concern.words) == "38.6 °C, en la boca (dicho antes)"


def test_what_says_nothing_new_of_an_emergency_does_not_ring_again(ended: Infusion, people: People) -> None:
    ContactPointFactory.create(user=people.weiss)
    told(ended, people, said(Symptom.BREATHLESSNESS), said(Symptom.NAUSEA))
    Delivery.objects.update(status="sent", sent_at=NOW)
    told(ended, people, gone=frozenset({Symptom.NAUSEA}), at=NOW + MINUTE)
    later = Delivery.objects.pending().filter(purpose="urgent").values_list("next_attempt_at", flat=True)
    assert set(later) == {NOW + 15 * MINUTE}
    told(ended, people, said(Symptom.RASH), at=NOW + 2 * MINUTE)
    assert set(later.all()) == {NOW + 2 * MINUTE}


def test_a_red_flag_is_taken_back_by_nobody_else(ended: Infusion, people: People) -> None:
    flagged = told(ended, people, said(Symptom.BREATHLESSNESS)).report
    with pytest.raises(Refused, match=f"{people.maria.name} reported this"):
        report_take_back(report=flagged, by=people.sam, now=NOW + MINUTE)
    flagged.refresh_from_db()
    assert flagged.taken_back_at is None
    assert report_take_back(report=flagged, by=people.maria, now=NOW + MINUTE).taken_back_at == NOW + MINUTE


def test_what_was_taken_back_counts_no_more(ended: Infusion, people: People) -> None:
    written = told(ended, people, said(Symptom.HEADACHE, SEVERE))
    report_take_back(report=written.report, by=people.maria, now=NOW + MINUTE)
    report_take_back(report=written.report, by=people.sam, now=NOW + 2 * MINUTE)
    assert SymptomReport.objects.get().taken_back_at == NOW + MINUTE
    assert told(ended, people, said(Symptom.NAUSEA), at=NOW + HOUR).report.level == "office hours"
    # The clinic has heard of it, so it stays for the clinic to answer.
    assert Concern.objects.filter(answered_at=None, report=written.report).exists()


def test_a_temperature_is_kept_with_its_method_and_is_a_fever(ended: Infusion, people: People) -> None:
    reading = Temperature(celsius=Fraction(1009, 10), method=Method.ORAL, at=NOW)
    celsius = (reading.celsius - 32) * Fraction(5, 9)
    written = told(ended, people, temperatures=(Temperature(celsius=celsius, method=Method.ORAL, at=NOW),))
    kept = written.report.temperatures.get()
    assert (kept.celsius, kept.method) == (Decimal("38.28"), "oral")
    assert (written.report.level, written.report.rule) == ("call now", "fever")


def test_a_word_that_nothing_is_asked_of_is_not_fine(ended: Infusion, people: People) -> None:
    told(ended, people, said(Symptom.HEADACHE, SEVERE))
    assert told(ended, people, note="She sleeps.", at=NOW + HOUR).report.level == "call now"


def test_a_steroid_that_is_not_said_again_is_as_it_was_said(ended: Infusion, people: People) -> None:
    assert told(ended, people, said(Symptom.VOMITING)).report.level == "office hours"
    told(ended, people, at=NOW + HOUR)
    again = told(ended, people, said(Symptom.VOMITING), takes_steroid=None, at=NOW + 2 * HOUR)
    assert again.report.level == "office hours"


def test_a_steroid_of_which_nobody_spoke_counts_as_taken(ended: Infusion, people: People) -> None:
    told(ended, people, takes_steroid=None)
    sick = said(Symptom.VOMITING, since=NOW)
    unknown = told(ended, people, sick, takes_steroid=None, at=NOW + HOUR)
    assert (unknown.report.level, unknown.report.rule) == ("call now", "steroid-vomiting")


def test_a_report_answers_the_checks_that_ask_for_it(ended: Infusion, people: People) -> None:
    written = told(ended, people)
    assert [step.slot for step in written.checks] == ["check-24.d2"]
    step = ended.steps.get(slot="check-24.d2")
    assert (step.state, step.said_by, step.said_at) == ("done", people.maria, NOW)
    assert told(ended, people, at=NOW + MINUTE).checks == ()
    # It asks to look at skin, eyes and urine, which nobody said was done.
    watch = ended.steps.filter(slot__startswith="colour-watch").first()
    assert watch is not None
    assert told(ended, people, at=watch.due_at).checks == ()


def test_a_report_is_never_refused_because_the_review_is_signed(ended: Infusion, people: People) -> None:
    finish(ended, by=people.maria)
    later = NOW + 5 * DAY
    review_sign(review=Review.objects.get(infusion=ended), by=people.weiss, note="", next_time="", at=later)
    with pytest.raises(ReviewSigned):
        drink_enter(infusion=ended, kind=FluidKind.WATER, ml=100, by=people.maria, at=later, now=later)
    written = told(ended, people, said(Symptom.DARK_URINE), at=later + MINUTE)
    assert written.report.level == "call now"
    assert written.concern is not None


def test_a_red_flag_stays_on_top_until_it_is_answered_or_ten_days_are_over(ended: Infusion, people: People) -> None:
    flag = told(ended, people, said(Symptom.STIFF_NECK)).concern
    assert flag is not None
    told(ended, people, said(Symptom.HEADACHE, MODERATE), gone=frozenset({Symptom.STIFF_NECK}), at=NOW + HOUR)
    standing = for_family(ended, now=NOW + 2 * HOUR)
    assert standing.red_flag == flag
    assert len(standing.waiting) == 1
    assert for_family(ended, now=NOW + 10 * DAY).red_flag is None
    concern_answer(concern=flag, words="Come in.", by=people.weiss, now=NOW + 2 * HOUR)
    standing = for_family(ended, now=NOW + 3 * HOUR)
    assert standing.red_flag is None
    assert [one.answer.words for one in standing.answered] == ["Come in."]


@pytest.mark.parametrize(
    ("at", "is_on"),
    [
        (STARTS_AT - 25 * HOUR, False),
        (STARTS_AT - 23 * HOUR, True),
        (NOW, True),
        (ENDS_AT + 10 * DAY, True),
        (ENDS_AT + 10 * DAY + MINUTE, False),
    ],
)
def test_the_call_card_is_on_for_ten_days(ended: Infusion, at: object, is_on: bool) -> None:
    assert call_card_is_on(ended, at) is is_on  # type: ignore[arg-type]


def test_the_diary_has_everything_the_newest_day_first(ended: Infusion, people: People) -> None:
    drunk(ended, people, 300)
    told(ended, people, said(Symptom.HEADACHE))
    days = diary_of(ended)
    assert [day.day.day for day in days] == [17, 15]
    assert [(line.report is not None, line.hours_after) for line in days[0].lines] == [(True, 24.0)]
    assert days[1].drunk_ml == 300


def test_every_word_of_the_regimen_has_words_for_a_family() -> None:
    assert set(SYMPTOMS) == set(Symptom)
    assert set(SEVERITIES) == set(Severity)
    assert set(METHODS) == set(Method)
    assert set(LEVELS) == set(Level)
    assert {rule.words for rule in (*RULES, NO_RULE)} | {NOTHING_REPORTED} == set(SENTENCES)
    assert {str(words) for words in SENTENCES.values()} == set(SENTENCES)
