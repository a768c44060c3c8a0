"""One infusion on one page: days, steps and doses, planned against actual."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from ivig_care.actions.infusions import infusion_day_end, infusion_day_start
from ivig_care.actions.steps import step_note, step_skip, step_tick, step_undo
from ivig_care.plans.models import Dose, Infusion, Step
from ivig_care.regimen.steps import SkipReason
from ivig_care.reviews.selectors import DoseRow, ReviewPage, StepRow
from tests.actors import People
from tests.conftest import STARTS_AT
from tests.web.clinic.story import close

MINUTE = timedelta(minutes=1)
DUE = datetime.fromisoformat("2026-06-15T08:30:00-07:00")


def _review(infusion: Infusion) -> str:
    return reverse("infusion_review", args=[infusion.pk])


def _page(doctor: Client, infusion: Infusion) -> ReviewPage:
    page = doctor.get(_review(infusion)).context["page"]
    assert isinstance(page, ReviewPage)
    return page


def _row(page: ReviewPage, slot: str) -> StepRow:
    return next(row for _, rows in page.steps for row in rows if row.step.slot == slot)


def _step(infusion: Infusion, slot: str) -> Step:
    return infusion.steps.get(slot=slot)


@pytest.fixture
def premedication(infusion: Infusion) -> Step:
    """The first dose of all."""
    return _step(infusion, "premedication.d1.acetaminophen")


def test_days_planned_against_actual(infusion: Infusion, people: People, doctor: Client) -> None:
    day, start = infusion.days.get(number=1), STARTS_AT + 45 * MINUTE
    infusion_day_start(day=day, by=people.maria, at=start, now=start)
    infusion_day_end(day=day, by=people.maria, at=start + 300 * MINUTE, now=start + 300 * MINUTE)
    first, second = _page(doctor, infusion).days
    assert (first.start_words, first.planned_length) == ("45 min late", "4 h 48 min")
    assert (first.actual_length, first.length_difference) == ("5 h", "12 min longer")
    assert (second.start_words, second.actual_length, second.length_difference) == ("", "", "")
    page = doctor.get(_review(infusion)).content.decode()
    assert "Mon 15 Jun, 9:00 am to 1:48 pm" in page
    assert "Mon 15 Jun, 9:45 am" in page
    assert "not recorded" in page


def test_a_step_planned_against_what_was_said(premedication: Step, people: People, doctor: Client) -> None:
    step_tick(step=premedication, by=people.sam, at=DUE + 20 * MINUTE, now=DUE + 90 * MINUTE)
    row = _row(_page(doctor, premedication.infusion), premedication.slot)
    assert (row.difference, row.entered_at) == ("20 min late", DUE + 90 * MINUTE)
    page = doctor.get(_review(premedication.infusion)).content.decode()
    assert "written down 10:00 am" in page
    assert "Sam" in page


def test_skips_notes_and_answers_taken_back(premedication: Step, people: People, doctor: Client) -> None:
    step_tick(step=premedication, by=people.maria, at=DUE, now=DUE)
    step_undo(step=premedication, by=people.sam, now=DUE + 4 * MINUTE)
    step_skip(step=premedication, by=people.maria, reason=SkipReason.VOMITED, note="twice", now=DUE + 5 * MINUTE)
    step_note(step=premedication, by=people.sam, note="better now", now=DUE + 60 * MINUTE)
    row = _row(_page(doctor, premedication.infusion), premedication.slot)
    assert (row.step.state, row.reason, row.difference) == ("skipped", "vomited", "")
    assert [note.note for note in row.notes] == ["twice", "better now"]
    assert [event.by for event in row.taken_back] == [people.sam]
    page = doctor.get(_review(premedication.infusion)).content.decode()
    assert "An answer was undone by Sam, 8:34 am." in page
    assert "“better now”" in page


def test_missed_is_said_in_words(infusion: Infusion, doctor: Client) -> None:
    page = doctor.get(_review(close(infusion))).content.decode()
    assert "nobody answered by 11:30 am" in page
    assert "15 of 15 doses missed" in page


def test_the_ledger_of_doses(premedication: Step, people: People, doctor: Client) -> None:
    infusion = premedication.infusion
    step_tick(step=premedication, by=people.maria, at=DUE, now=DUE + 60 * MINUTE)
    early = _step(infusion, "acetaminophen-course.1")
    step_tick(step=early, by=people.sam, at=DUE + 180 * MINUTE, now=DUE + 180 * MINUTE, reason="fever")
    wrong = _step(infusion, "premedication.d1.diphenhydramine")
    step_tick(step=wrong, by=people.maria, at=DUE, now=DUE)
    step_undo(step=wrong, by=people.maria, now=DUE + MINUTE)

    def said(row: DoseRow) -> tuple[object, ...]:
        return (row.dose.ingredient, row.mg_per_kg, row.gap_words, row.is_too_soon, row.is_late_entry)

    assert sorted(said(row) for row in _page(doctor, infusion).doses) == [
        ("acetaminophen", 15, "", False, True),
        ("acetaminophen", 15, "3 h", True, False),
        ("diphenhydramine", 1, "", False, False),
    ]
    page = doctor.get(_review(infusion)).content.decode()
    assert "<del>diphenhydramine</del>" in page
    assert "undone Mon 8:31 am" in page
    assert "too soon" in page


def test_doses_outside_any_step_stand_in_the_ledger(premedication: Step, people: People, doctor: Client) -> None:
    infusion, long_ago = premedication.infusion, DUE - timedelta(days=30)
    for at in (DUE, long_ago):
        Dose.objects.create(
            child=people.lena, ingredient="ondansetron", given_at=at, entered_at=at, entered_by=people.weiss
        )
    (row,) = _page(doctor, infusion).doses
    assert (row.dose.given_at, row.mg_per_kg) == (DUE, None)
    assert "unknown" in doctor.get(_review(infusion)).content.decode()


def test_an_open_checklist_can_be_looked_at_but_not_signed(infusion: Infusion, doctor: Client) -> None:
    page = doctor.get(_review(infusion)).content.decode()
    assert "Not closed yet" in page
    assert "26 of 26 steps still open." in page
    assert reverse("review_sign", args=[infusion.pk]) not in page


def test_product_dose_and_weight_stand_there(closed: Infusion, doctor: Client) -> None:
    page = doctor.get(_review(closed)).content.decode()
    assert "Octagam 10 % (100 mg per mL), 2 g per kg, 20 kg (weighed on 12 Jun 2026)" in page


def test_what_was_typed_by_a_parent_stays_text(premedication: Step, people: People, doctor: Client) -> None:
    step_note(step=premedication, by=people.maria, note="<script>alert(1)</script>", now=DUE)
    page = doctor.get(_review(premedication.infusion)).content.decode()
    assert "<script>alert" not in page
    assert "&lt;script&gt;alert(1)" in page


def test_more_answers_cost_no_more_queries(infusion: Infusion, people: People, doctor: Client) -> None:
    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            doctor.get(_review(infusion))
        return len(captured)

    first, *others = infusion.steps.filter(ingredient="acetaminophen")[:4]
    step_tick(step=first, by=people.maria, at=first.due_at, now=first.due_at)
    # The first look in a quarter of an hour is written into the log, the second finds it there.
    queries()
    queries()
    few = queries()
    for step in others:
        step_tick(step=step, by=people.sam, at=step.due_at, now=step.due_at)
        step_note(step=step, by=people.maria, note="ok", now=step.due_at)
    assert queries() == few
