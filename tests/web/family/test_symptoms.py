"""How is Lena? Ten seconds, then what to do: a red flag fills the screen, and the clinic hears of it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from time_machine import Traveller

from ivig_care.accounts.models import User
from ivig_care.diary.models import SymptomReport
from ivig_care.plans.models import Infusion
from ivig_care.reviews.models import Concern
from tests.actors import People
from tests.answering import concern_answer
from tests.conftest import STARTS_AT

SignedIn = Callable[[User], Client]
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
MILD_HEADACHE = {
    "symptom": "headache",
    "sev_headache": "mild",
    "score_headache": "3",
    "stays_headache": "no",
    "since": "1",
}


@pytest.fixture
def maria(people: People, browser_of: SignedIn, ended: Infusion, clock: Traveller) -> Client:
    """Maria's browser, a day after the end."""
    clock.move_to(STARTS_AT + 50 * HOUR)
    assert ended.pk
    return browser_of(people.maria)


@pytest.fixture
def ended(infusion: Infusion) -> Infusion:
    """Both days were two hours long."""
    for day in infusion.days.all():
        day.actual_start, day.actual_end = day.planned_start, day.planned_start + 2 * HOUR
        day.save(update_fields=["actual_start", "actual_end"])
    return infusion


def say(browser: Client, infusion: Infusion, **form: object) -> str:
    """What the page says that the form leads to."""
    response = browser.post(reverse("symptoms", args=[infusion.pk]), form, follow=True)
    assert response.status_code == 200
    return response.content.decode()


def test_fine_is_one_tap_and_does_not_say_that_all_is_well(ended: Infusion, maria: Client) -> None:
    page = say(maria, ended, fine="1")
    assert "This does not mean that all is well" in page
    assert "1 check of the checklist is ticked with it." in page
    assert SymptomReport.objects.get().level == ""


def test_a_mild_headache_is_kept_for_the_review(ended: Infusion, maria: Client) -> None:
    page = say(maria, ended, **MILD_HEADACHE)
    assert "Kept for the review" in page
    assert "Headache: mild, 3 of 10" in page
    assert "just the IVIG" not in page
    assert not Concern.objects.exists()


def test_an_emergency_fills_the_screen(ended: Infusion, people: People, maria: Client) -> None:
    page = say(
        maria, ended, symptom=["breathlessness", "rash"], sev_rash="mild", temperature="38,4", degrees="C", method="ear"
    )
    assert "Call 911 now" in page
    assert 'href="tel:911"' in page
    assert 'href="tel:+12125550147"' in page
    assert "38.4 °C, in the ear" in page
    assert "Octagam 10 %, infusion day 2, 24 hours after the end" in page
    assert "Riverside Clinic has been told of this. Call all the same" in page
    assert "Tell the nurse now" not in page
    concern = Concern.objects.get()
    assert (concern.level, concern.raised_by) == ("emergency", people.maria)


def test_while_it_runs_the_nurse_comes_first(
    infusion: Infusion, people: People, browser_of: SignedIn, clock: Traveller
) -> None:
    infusion.days.filter(number=1).update(actual_start=STARTS_AT)
    clock.move_to(STARTS_AT + HOUR)
    maria = browser_of(people.maria)
    assert (
        "tell the nurse now, then write it down" in maria.get(reverse("symptoms", args=[infusion.pk])).content.decode()
    )
    page = say(maria, infusion, symptom="hives")
    assert page.index("Tell the nurse now") < page.index("Call 911 now")


def test_call_now_names_the_clinic_first_and_stays_on_top(ended: Infusion, people: People, maria: Client) -> None:
    page = say(maria, ended, symptom="stiff_neck")
    assert "Call Riverside Clinic now" in page
    assert page.index('href="tel:+12125550147"') < page.index('href="tel:911"')
    checklist = maria.get(reverse("checklist", args=[ended.pk])).content.decode()
    assert "This stays here until the clinic has answered." in checklist
    concern_answer(concern=Concern.objects.get(), words="Come in today.", by=people.weiss, now=STARTS_AT + 51 * HOUR)
    checklist = maria.get(reverse("checklist", args=[ended.pk])).content.decode()
    assert "This stays here" not in checklist
    assert "“Come in today.”" in checklist
    report = maria.get(reverse("report", args=[SymptomReport.objects.get().pk])).content.decode()
    assert "Weiss answered" in report


def test_office_hours_gives_the_clinics_number(ended: Infusion, maria: Client) -> None:
    page = say(maria, ended, symptom="nausea", sev_nausea="mild", since="1")
    assert "Call Riverside Clinic in office hours" in page
    assert Concern.objects.get().level == "office hours"


def test_what_was_said_before_is_there_until_it_is_gone(ended: Infusion, maria: Client) -> None:
    say(maria, ended, **MILD_HEADACHE)
    page = maria.get(reverse("symptoms", args=[ended.pk])).content.decode()
    assert "Said before" in page
    assert "Still there" in page
    assert "Headache: mild, 3 of 10" in page
    say(maria, ended, gone="headache")
    assert "Said before" not in maria.get(reverse("symptoms", args=[ended.pk])).content.decode()


@pytest.mark.parametrize(
    ("form", "words"),
    [
        ({}, "Choose what you notice, or tap “Fine, nothing”."),
        ({"trend": "worse"}, "What is worse? Choose it below."),
        ({"temperature": "101.2", "degrees": "C"}, "Was it in °F?"),
        ({"temperature": "37", "degrees": "F"}, "Was it in °C?"),
        ({"temperature": "warm"}, "Write a number"),
        ({"symptom": "green ears"}, "Select a valid choice"),
        ({"symptom": "headache", "at": "2026-06-30T11:00"}, "That time has not come yet."),
    ],
)
def test_what_cannot_be_is_said_and_what_was_chosen_is_kept(
    ended: Infusion, maria: Client, form: dict[str, str], words: str
) -> None:
    response = maria.post(reverse("symptoms", args=[ended.pk]), {**form, "note": ""})
    page = response.content.decode()
    assert response.status_code == 422
    assert words in page
    assert form.get("temperature", "") in page
    assert not SymptomReport.objects.exists()


def test_degrees_of_the_persons_own(ended: Infusion, people: People, maria: Client) -> None:
    people.maria.degrees_in = "F"
    people.maria.save(update_fields=["degrees_in"])
    assert '<option value="F" selected>' in maria.get(reverse("symptoms", args=[ended.pk])).content.decode()
    assert "100.9 °F, in the mouth" in say(maria, ended, temperature="100.9", degrees="F", method="oral")


def test_scores_and_words_that_are_none_count_as_not_said(ended: Infusion, maria: Client) -> None:
    say(maria, ended, symptom="headache", sev_headache="terrible", score_headache="11", since="1")
    report = SymptomReport.objects.get()
    assert (report.symptoms.get().severity, report.symptoms.get().score) == ("", None)
    assert report.level == "call now"


def test_a_mistake_is_taken_back_and_the_clinic_is_to_be_called(ended: Infusion, maria: Client) -> None:
    say(maria, ended, symptom="breathlessness")
    report = SymptomReport.objects.get()
    page = maria.post(reverse("report_undo", args=[report.pk]), follow=True).content.decode()
    assert "The clinic has heard of it: call if it is a mistake." in page
    report.refresh_from_db()
    assert report.taken_back_at is not None
    assert "This stays here" not in maria.get(reverse("checklist", args=[ended.pk])).content.decode()


def test_fine_by_one_shows_what_the_other_said_and_that_it_counts(
    ended: Infusion, maria: Client, people: People, browser_of: SignedIn, clock: Traveller
) -> None:
    sam = browser_of(people.sam)
    say(maria, ended, symptom="headache", sev_headache="severe")
    clock.shift(HOUR)
    form = sam.get(reverse("symptoms", args=[ended.pk])).content.decode()
    assert "What Maria said before still counts." in form
    assert 'Headache: severe <span class="muted">Maria, Wed 11:00 am</span>' in form
    page = say(sam, ended, fine="1")
    assert "Call Riverside Clinic now" in page
    assert "Sam finds Lena fine, and that is written down. What Maria said still counts" in page
    assert "by Maria, Wed 11:00 am" in page
    assert "This stays here" in sam.get(reverse("checklist", args=[ended.pk])).content.decode()
    diary = sam.get(reverse("diary", args=[ended.pk])).content.decode()
    assert "Fine, nothing" in diary
    assert "What others said still counts: call now" in diary
    # What one said oneself is over with one's own word.
    page = say(maria, ended, fine="1")
    assert "This does not mean that all is well" in page
    assert "still counts" not in maria.get(reverse("symptoms", args=[ended.pk])).content.decode()


def test_a_reading_that_counts_stands_with_what_was_said_before(
    ended: Infusion, maria: Client, people: People, browser_of: SignedIn
) -> None:
    say(maria, ended, temperature="38.6", degrees="C", method="oral")
    page = browser_of(people.sam).get(reverse("symptoms", args=[ended.pk])).content.decode()
    assert "38.6 °C, in the mouth" in page
    assert "it counts until you measure again." in page


def test_a_red_flag_of_another_is_not_taken_back(
    ended: Infusion, maria: Client, people: People, browser_of: SignedIn
) -> None:
    sam = browser_of(people.sam)
    say(maria, ended, symptom="breathlessness")
    report = SymptomReport.objects.get()
    page = sam.post(reverse("report_undo", args=[report.pk]), follow=True).content.decode()
    assert "nobody else can undo it" in page
    assert "This stays here" in sam.get(reverse("checklist", args=[ended.pk])).content.decode()


def test_the_same_form_sent_twice_is_one_report(ended: Infusion, maria: Client) -> None:
    for _ in range(2):
        maria.post(reverse("symptoms", args=[ended.pk]), {"symptom": "hives", "key": "a-key-of-its-own.1"})
    assert SymptomReport.objects.count() == Concern.objects.count() == 1


def test_what_waited_on_a_phone_keeps_its_time(ended: Infusion, maria: Client) -> None:
    form = {"symptom": "hives", "key": "a-key-of-its-own.1", "exact": "2026-06-17T10:00:00+0000"}
    response = maria.post(reverse("symptoms", args=[ended.pk]), form, headers={"X-Queued": "later"})
    assert response.json()["status"] == "recorded"
    assert f"{SymptomReport.objects.get().at:%d %H:%M}" == "17 10:00"


# --- the card of signs and numbers ---------------------------------------------------------------------


def test_the_call_card_says_the_signs_and_both_numbers_and_nothing_of_who_asks(
    ended: Infusion, people: People, maria: Client, browser_of: SignedIn
) -> None:
    page = maria.get(reverse("call_card", args=[ended.pk])).content.decode()
    for words in ("Trouble breathing", "Dark, brown or red pee", 'href="tel:911"', 'href="tel:+12125550147"'):
        assert words in page
    assert page.index("Trouble breathing") < page.index("Dark, brown or red pee")
    assert page.count("<li>Fever</li>") == 1
    assert "csrfmiddlewaretoken" not in page
    assert page == browser_of(people.sam).get(reverse("call_card", args=[ended.pk])).content.decode()


def test_the_diary_has_all_of_it(ended: Infusion, maria: Client) -> None:
    assert "Nothing was written down yet." in maria.get(reverse("diary", args=[ended.pk])).content.decode()
    say(maria, ended, symptom="hives")
    maria.post(reverse("drinks", args=[ended.pk]), {"amount": "200", "unit": "mL"})
    page = maria.get(reverse("diary", args=[ended.pk])).content.decode()
    for words in ("waits for an answer", "Emergency", "24 h after the end", "Drunk: 200 mL"):
        assert words in page


def test_fine_that_waited_for_a_signal_is_of_its_own_time(
    ended: Infusion, people: People, maria: Client, browser_of: SignedIn, clock: Traveller
) -> None:
    # Maria taps "Fine" without a signal; Sam sees a stiff neck an hour later; then Maria's phone has a signal again.
    tapped = f"{STARTS_AT + 50 * HOUR:%Y-%m-%dT%H:%M:%S%z}"
    clock.shift(HOUR)
    say(browser_of(people.sam), ended, symptom="stiff_neck", stays_stiff_neck="no", since="0")
    clock.shift(HOUR)
    said = maria.post(
        reverse("symptoms", args=[ended.pk]), {"fine": "1", "exact": tapped}, headers={"X-Queued": "later"}
    )
    assert said.json()["status"] == "recorded"
    assert SymptomReport.objects.get(level="").at == STARTS_AT + 50 * HOUR
    page = maria.get(reverse("symptoms", args=[ended.pk])).content.decode()
    assert "Said before" in page


def test_fine_at_a_time_that_cannot_be_is_not_taken_as_fine_now(ended: Infusion, maria: Client) -> None:
    said = maria.post(
        reverse("symptoms", args=[ended.pk]),
        {"fine": "1", "exact": "2024-01-01T08:00:00Z"},
        headers={"X-Queued": "later"},
    )
    assert said.status_code == 422
    assert not SymptomReport.objects.exists()


def test_what_arrives_late_counts_for_what_was_said_after_it(
    ended: Infusion, people: People, maria: Client, browser_of: SignedIn, clock: Traveller
) -> None:
    # Each alone is less; together in one child they are for now.
    clock.shift(4 * HOUR)
    say(browser_of(people.sam), ended, symptom="nausea", sev_nausea="mild", since="0")
    early = {"symptom": "headache", "sev_headache": "mild", "stays_headache": "yes", "since": "0"}
    when = f"{STARTS_AT + 53 * HOUR:%Y-%m-%dT%H:%M:%S%z}"
    maria.post(reverse("symptoms", args=[ended.pk]), early | {"exact": when}, headers={"X-Queued": "later"})
    assert set(SymptomReport.objects.values_list("level", flat=True)) == {"office hours", "call now"}
    concern = Concern.objects.get(level="call now")
    assert "Feeling sick: mild (said before)" in concern.words
    page = maria.get(reverse("report", args=[concern.report_id])).content.decode()
    assert "Feeling sick: mild (said before)" in page


def test_what_to_tell_names_what_was_said_before_and_decides(
    ended: Infusion, people: People, maria: Client, browser_of: SignedIn, clock: Traveller
) -> None:
    say(browser_of(people.sam), ended, symptom="headache", sev_headache="mild", stays_headache="yes", since="0")
    clock.shift(HOUR)
    page = say(maria, ended, symptom="nausea", sev_nausea="mild", since="0")
    assert "Call Riverside Clinic now" in page
    assert "Headache: mild (said before)" in page


def test_a_check_that_a_report_answered_is_asked_again_when_the_report_is_taken_back(
    ended: Infusion, maria: Client
) -> None:
    assert "1 check of the checklist is ticked with it." in say(maria, ended, fine="1")
    (check,) = ended.steps.filter(kind="check", state="done")
    maria.post(reverse("report_undo", args=[SymptomReport.objects.get().pk]))
    check.refresh_from_db()
    assert (check.state, check.said_at) == ("open", None)


def test_a_number_that_is_no_temperature_is_said_as_it_was_typed(maria: Client, ended: Infusion) -> None:
    page = maria.post(reverse("symptoms", args=[ended.pk]), {"symptom": "fever", "temperature": "1000", "degrees": "C"})
    assert "1000 is no temperature of a child. Check the number." in page.content.decode()


def test_of_two_readings_the_last_one_is_shown_as_it_was_measured(
    maria: Client, ended: Infusion, clock: Traveller
) -> None:
    url = reverse("symptoms", args=[ended.pk])
    for reading in ("38.4", "37.9"):
        maria.post(url, {"symptom": "fever", "temperature": reading, "degrees": "C"})
        clock.shift(HOUR)
    page = maria.get(url).content.decode()
    assert page.count("37.9 °C, way of measuring unknown") == 1
    maria.post(url, {"symptom": "fever", "temperature": "38.6", "degrees": "C"})
    assert "38.6 °C, way of measuring unknown" in maria.get(url).content.decode()
