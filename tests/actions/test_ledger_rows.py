"""What the rows of a checklist say of a medicine, from the whole ledger."""

from __future__ import annotations

from datetime import datetime, timedelta

from ivig_care.actions.steps import step_tick
from ivig_care.plans.models import Dose, Infusion
from ivig_care.plans.selectors import StepRow, checklist_of
from ivig_care.protocols.models import MedicineLimit
from tests.actors import People
from tests.conftest import STARTS_AT

DUE = STARTS_AT - timedelta(minutes=30)
HOUR = timedelta(hours=1)


def _row(infusion: Infusion, slot: str, now: datetime) -> StepRow:
    page = checklist_of(infusion, now=now)
    rows = [*page.now_rows, *page.next_rows, *(row for _, day in page.later for row in day)]
    return next(row for row in rows if row.step.slot == slot)


def test_last_dose_of_the_day_says_until_when_there_is_none(infusion: Infusion, people: People) -> None:
    MedicineLimit.objects.filter(medicine__ingredient="acetaminophen").update(max_doses_24h=2)
    step_tick(step=infusion.steps.get(slot="premedication.d1.acetaminophen"), by=people.maria, at=DUE, now=DUE)

    row = _row(infusion, "acetaminophen-course.1", DUE + 6 * HOUR)

    assert (row.next_allowed_at, row.then_none_until) == (DUE + 6 * HOUR, DUE + 24 * HOUR)
    assert row.ledger_says == ()


def test_row_says_what_does_not_go_together(infusion: Infusion, people: People) -> None:
    Dose.objects.create(
        child=people.lena,
        ingredient="chlorphenamine",
        given_at=DUE - HOUR,
        entered_at=DUE - HOUR,
        entered_by=people.maria,
    )

    row = _row(infusion, "premedication.d1.diphenhydramine", DUE)

    (sentence,) = row.ledger_says
    assert sentence.startswith("Diphenhydramine and chlorphenamine are both antihistamines that make sleepy")


def test_row_of_unknown_limit_does_not_say_now(infusion: Infusion, people: People) -> None:
    MedicineLimit.objects.all().delete()

    row = _row(infusion, "premedication.d1.diphenhydramine", DUE)

    assert (row.is_limit_unknown, row.next_allowed_at) == (True, None)


def test_row_says_that_a_dose_is_large_and_too_soon(infusion: Infusion, people: People) -> None:
    MedicineLimit.objects.filter(medicine__ingredient="acetaminophen").update(max_mg_dose=250)
    step_tick(step=infusion.steps.get(slot="premedication.d1.acetaminophen"), by=people.maria, at=DUE, now=DUE)

    row = _row(infusion, "acetaminophen-course.1", DUE + 2 * HOUR)

    assert row.next_allowed_at is None
    assert row.ledger_says == (
        "One dose of acetaminophen is at most 250 mg for this child; this is 300 mg.",
        "Two doses of acetaminophen need at least 4 h between them.",
    )
