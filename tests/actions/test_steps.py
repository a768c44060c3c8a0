"""Ticking, skipping, undoing and noting a step."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from ivig_care.actions.checklists import checklists_close
from ivig_care.actions.errors import ReasonNeeded, Refused, StepWithdrawn, TimeNotPossible
from ivig_care.actions.steps import step_note, step_skip, step_tick, step_undo
from ivig_care.plans.models import Dose, Infusion, Step
from ivig_care.protocols.models import MedicineLimit
from ivig_care.regimen.steps import SkipReason
from tests.actors import People

DUE = datetime.fromisoformat("2026-06-15T08:30:00-07:00")
HOUR = timedelta(hours=1)


def step_at(infusion: Infusion, slot: str) -> Step:
    """The step in a slot, as the database has it."""
    return infusion.steps.get(slot=slot)


def test_tick_records_who_when_and_the_dose(infusion: Infusion, people: People) -> None:
    step = step_at(infusion, "premedication.d1.acetaminophen")
    step_tick(step=step, by=people.maria, at=DUE, now=DUE + HOUR)
    step.refresh_from_db()
    assert (step.state, step.said_at, step.said_by, step.next_nudge_at) == ("done", DUE, people.maria, None)
    dose = Dose.objects.get(step=step)
    assert (dose.ingredient, dose.given_at, dose.entered_at) == ("acetaminophen", DUE, DUE + HOUR)
    assert dose.mg == 300


def test_second_tick_changes_nothing(infusion: Infusion, people: People) -> None:
    step = step_at(infusion, "premedication.d1.acetaminophen")
    step_tick(step=step, by=people.maria, at=DUE, now=DUE)
    step_tick(step=step, by=people.sam, at=DUE + HOUR, now=DUE + HOUR)
    step.refresh_from_db()
    assert (step.said_by, step.said_at) == (people.maria, DUE)
    assert Dose.objects.filter(step=step).count() == 1
    assert step.events.filter(kind="done").count() == 1


def test_next_dose_follows_the_real_last_one(infusion: Infusion, people: People) -> None:
    late = DUE + timedelta(minutes=50)
    step_tick(step=step_at(infusion, "premedication.d1.acetaminophen"), by=people.maria, at=late, now=late)
    assert step_at(infusion, "acetaminophen-course.1").due_at == late + 6 * HOUR


def test_a_skip_starts_no_clock(infusion: Infusion, people: People) -> None:
    first = step_at(infusion, "acetaminophen-course.1")
    before = step_at(infusion, "acetaminophen-course.2").due_at
    now = first.due_at + HOUR
    step_skip(step=first, by=people.maria, reason=SkipReason.ASLEEP, note="", now=now)
    assert step_at(infusion, "acetaminophen-course.2").due_at == before
    assert not Dose.objects.filter(step=first).exists()


def test_a_dose_too_soon_needs_a_reason_and_is_then_recorded(infusion: Infusion, people: People) -> None:
    step_tick(step=step_at(infusion, "premedication.d1.acetaminophen"), by=people.maria, at=DUE, now=DUE)
    step, soon = step_at(infusion, "acetaminophen-course.1"), DUE + 2 * HOUR
    with pytest.raises(ReasonNeeded, match=r"Last acetaminophen: Mon 8:30 am. Next allowed: Mon 12:30 pm."):
        step_tick(step=step, by=people.maria, at=soon, now=soon)
    assert not Dose.objects.filter(step=step).exists()
    step_tick(step=step, by=people.maria, at=soon, now=soon, reason="the nurse said so")
    assert Dose.objects.get(step=step).reason == "the nurse said so"


def test_unknown_limit_asks_the_clinic(infusion: Infusion, people: People) -> None:
    MedicineLimit.objects.all().delete()
    step_tick(step=step_at(infusion, "premedication.d1.diphenhydramine"), by=people.maria, at=DUE, now=DUE)
    next_day = DUE + 24 * HOUR
    with pytest.raises(ReasonNeeded, match="not known here: ask the clinic"):
        step_tick(
            step=step_at(infusion, "premedication.d2.diphenhydramine"), by=people.maria, at=next_day, now=next_day
        )


def test_where_no_limit_is_known_the_prescribed_interval_counts(infusion: Infusion, people: People) -> None:
    MedicineLimit.objects.all().delete()
    step_tick(step=step_at(infusion, "premedication.d1.acetaminophen"), by=people.maria, at=DUE, now=DUE)
    with pytest.raises(ReasonNeeded, match="Next allowed: Mon 2:30 pm"):
        step_tick(
            step=step_at(infusion, "acetaminophen-course.1"),
            by=people.maria,
            at=DUE + 5 * HOUR,
            now=DUE + 5 * HOUR,
        )


def test_undo_takes_the_dose_back_and_keeps_it_in_the_record(infusion: Infusion, people: People) -> None:
    step = step_at(infusion, "premedication.d1.acetaminophen")
    late = DUE + timedelta(minutes=50)
    step_tick(step=step, by=people.maria, at=late, now=late)
    step_undo(step=step, by=people.sam, now=late + HOUR)
    step.refresh_from_db()
    assert (step.state, step.said_at, step.said_by, step.due_at) == ("open", None, None, DUE)
    assert Dose.objects.get(step=step).taken_back_at == late + HOUR
    assert step_at(infusion, "acetaminophen-course.1").due_at == DUE + 6 * HOUR
    assert [event.kind for event in step.events.all()] == ["done", "undone"]


def test_a_missed_step_can_still_be_recorded(infusion: Infusion, people: People) -> None:
    step = step_at(infusion, "fluids-before.d1")
    checklists_close(now=step.closes_at)
    step.refresh_from_db()
    assert step.state == "missed"
    step_tick(step=step, by=people.maria, at=step.due_at, now=step.closes_at + HOUR)
    step.refresh_from_db()
    assert step.state == "done"


def test_a_time_to_come_is_refused_and_nothing_changes(infusion: Infusion, people: People) -> None:
    step = step_at(infusion, "fluids-before.d1")
    with pytest.raises(TimeNotPossible):
        step_tick(step=step, by=people.maria, at=DUE + HOUR, now=DUE)
    step.refresh_from_db()
    assert (step.state, step.events.count()) == ("open", 0)


def test_a_skipped_step_must_be_undone_before_it_is_ticked(infusion: Infusion, people: People) -> None:
    step = step_at(infusion, "fluids-before.d1")
    step_skip(step=step, by=people.maria, reason=SkipReason.OTHER, note="at school", now=DUE)
    with pytest.raises(Refused, match="already skipped"):
        step_tick(step=step, by=people.maria, at=DUE, now=DUE)


def test_a_withdrawn_step_says_that_the_checklist_has_changed(infusion: Infusion, people: People) -> None:
    step = step_at(infusion, "fluids-before.d1")
    Step.objects.filter(pk=step.pk).update(state="withdrawn", next_nudge_at=None)
    with pytest.raises(StepWithdrawn):
        step_tick(step=step, by=people.maria, at=DUE, now=DUE)


def test_a_note_changes_no_state_and_tells_open_pages(infusion: Infusion, people: People) -> None:
    step = step_at(infusion, "fluids-before.d1")
    revision = infusion.revision
    step_note(step=step, by=people.sam, note="two cups so far", now=DUE)
    step.refresh_from_db()
    infusion.refresh_from_db()
    assert (step.state, step.events.get().note) == ("open", "two cups so far")
    assert infusion.revision > revision


def test_two_sedating_antihistamines_need_a_reason(infusion: Infusion, people: People) -> None:
    Dose.objects.create(
        child=people.lena,
        ingredient="chlorphenamine",
        given_at=DUE - 5 * HOUR,
        entered_at=DUE - 5 * HOUR,
        entered_by=people.maria,
    )
    step = step_at(infusion, "premedication.d1.diphenhydramine")
    with pytest.raises(ReasonNeeded, match="both antihistamines that make sleepy"):
        step_tick(step=step, by=people.maria, at=DUE, now=DUE)
    step_tick(step=step, by=people.maria, at=DUE, now=DUE, reason="the clinic ordered both")
    assert Dose.objects.filter(step=step).exists()


def test_more_in_a_day_than_a_source_allows_needs_a_reason(infusion: Infusion, people: People) -> None:
    MedicineLimit.objects.filter(medicine__ingredient="acetaminophen").update(max_mg_24h=500)
    step_tick(step=step_at(infusion, "premedication.d1.acetaminophen"), by=people.maria, at=DUE, now=DUE)
    late_enough = DUE + 6 * HOUR
    with pytest.raises(ReasonNeeded, match=r"600 mg of acetaminophen in 24 hours.*Next allowed: Tue 8:30 am"):
        step_tick(step=step_at(infusion, "acetaminophen-course.1"), by=people.maria, at=late_enough, now=late_enough)


def test_dose_larger_than_a_source_allows_is_the_clinics_order_and_needs_no_reason(
    infusion: Infusion, people: People
) -> None:
    MedicineLimit.objects.filter(medicine__ingredient="acetaminophen").update(max_mg_dose=250)
    step = step_at(infusion, "premedication.d1.acetaminophen")
    step_tick(step=step, by=people.maria, at=DUE, now=DUE)
    assert Dose.objects.filter(step=step).exists()


def test_large_dose_too_soon_says_why_though_no_time_makes_it_right(infusion: Infusion, people: People) -> None:
    MedicineLimit.objects.filter(medicine__ingredient="acetaminophen").update(max_mg_dose=250)
    step_tick(step=step_at(infusion, "premedication.d1.acetaminophen"), by=people.maria, at=DUE, now=DUE)
    soon = DUE + 2 * HOUR
    with pytest.raises(ReasonNeeded, match="Two doses of acetaminophen need at least 4 h between them"):
        step_tick(step=step_at(infusion, "acetaminophen-course.1"), by=people.maria, at=soon, now=soon)
