"""What is written stays: PostgreSQL refuses to change it. SQLite does not, and there the seals of the log tell.

The test of each database says what holds on it; none is left out on the other.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.db import IntegrityError, connection, transaction
from django.db.models import Model

from ivig_care.actions.audit import chain_break
from ivig_care.actions.checklists import checklists_close
from ivig_care.actions.consents import consent_end, consent_note
from ivig_care.actions.infusions import infusion_day_start
from ivig_care.actions.reviews import review_amend, review_sign
from ivig_care.actions.steps import step_tick, step_undo
from ivig_care.care_teams.models import AuditEvent, Consent
from ivig_care.common.append_only import erasing_begin
from ivig_care.plans.models import Dose, Infusion, InfusionDayEvent, StepEvent
from ivig_care.reviews.models import Review, ReviewAmendment
from tests.actors import People
from tests.conftest import STARTS_AT

LATER = STARTS_AT + timedelta(days=21)
Refuses = Callable[[Callable[[], object]], None]


@pytest.fixture
def lived(infusion: Infusion, people: People) -> Infusion:
    """Lena's infusion with one dose, one start, a signed and amended review, and one agreement."""
    step = infusion.steps.get(slot="premedication.d1.acetaminophen")
    step_tick(step=step, by=people.maria, at=STARTS_AT, now=STARTS_AT)
    infusion_day_start(day=infusion.days.get(number=1), by=people.maria, at=STARTS_AT, now=STARTS_AT)
    checklists_close(now=LATER)
    review = review_sign(review=Review.objects.get(), by=people.weiss, note="Well done.", next_time="", at=LATER)
    review_amend(review=review, by=people.weiss, note="One more thing.", at=LATER)
    point = people.maria.contact_points.first()
    consent_note(person=people.maria, purpose=Consent.Purpose.REMIND, words="Yes.", now=LATER, contact_point=point)
    return infusion


@pytest.fixture
def refuses() -> Refuses:
    """PostgreSQL refuses; SQLite lets it happen, and the test goes on as if it had not."""

    def check(write: Callable[[], object]) -> None:
        if connection.vendor == "postgresql":
            with pytest.raises(IntegrityError, match="is append-only"), transaction.atomic():
                write()
            return
        with transaction.atomic():
            write()
            transaction.set_rollback(True)

    return check


def rows() -> list[Model]:
    """One row of every table that is only added to."""
    models = (AuditEvent, StepEvent, InfusionDayEvent, Dose, Review, ReviewAmendment, Consent)
    found: list[Model] = [model._default_manager.earliest("pk") for model in models]
    return found


@pytest.mark.usefixtures("lived")
def test_nothing_that_is_written_can_be_changed(refuses: Refuses) -> None:
    changes: dict[str, dict[str, object]] = {
        "auditevent": {"who": "Nobody"},
        "stepevent": {"note": "never"},
        "infusiondayevent": {"at": LATER},
        "dose": {"mg": 1},
        "review": {"note": "Never."},
        "reviewamendment": {"note": "Never."},
        "consent": {"words": "Everything."},
    }
    for row in rows():
        name = row._meta.model_name or ""
        refuses(lambda row=row, name=name: type(row)._default_manager.filter(pk=row.pk).update(**changes[name]))  # type: ignore[misc]


@pytest.mark.usefixtures("lived")
def test_nothing_that_is_written_can_be_removed(refuses: Refuses) -> None:
    for row in rows():
        with connection.cursor() as cursor:
            sql = f"DELETE FROM {row._meta.db_table} WHERE id = %s"  # noqa: S608 - names of our own tables
            if isinstance(row, Review):
                # Its amendments would hold it on any database.
                continue
            refuses(lambda sql=sql, row=row, cursor=cursor: cursor.execute(sql, [row.pk]))  # type: ignore[misc]


def test_a_dose_is_taken_back_once_and_no_more(lived: Infusion, people: People, refuses: Refuses) -> None:
    dose = Dose.objects.get()
    Dose.objects.filter(pk=dose.pk).update(taken_back_at=LATER)
    refuses(lambda: Dose.objects.filter(pk=dose.pk).update(taken_back_at=None))
    refuses(lambda: Dose.objects.filter(pk=dose.pk).update(taken_back_at=STARTS_AT))
    dose.refresh_from_db()
    assert dose.taken_back_at == LATER


def test_the_action_takes_a_dose_back(infusion: Infusion, people: People) -> None:
    step = infusion.steps.get(slot="premedication.d1.acetaminophen")
    step_tick(step=step, by=people.maria, at=STARTS_AT, now=STARTS_AT)
    step_undo(step=step, by=people.maria, now=STARTS_AT)
    assert Dose.objects.get().taken_back_at == STARTS_AT


def test_an_agreement_is_withdrawn_once_and_forgets_its_address(
    lived: Infusion, people: People, refuses: Refuses
) -> None:
    consent = Consent.objects.get()
    point = consent.contact_point
    assert consent_end(person=people.maria, purpose=Consent.Purpose.REMIND, now=LATER, contact_point=point) == 1
    refuses(lambda: Consent.objects.filter(pk=consent.pk).update(withdrawn_at=None))
    Consent.objects.filter(pk=consent.pk).update(contact_point=None)
    refuses(lambda: Consent.objects.filter(pk=consent.pk).update(contact_point=point))


def test_a_review_changes_until_it_is_signed(infusion: Infusion) -> None:
    checklists_close(now=LATER)
    assert Review.objects.filter(infusion=infusion).update(note="A draft.") == 1


@pytest.mark.usefixtures("lived")
def test_erasing_opens_a_door_for_its_transaction_but_not_to_the_log(refuses: Refuses) -> None:
    with transaction.atomic():
        erasing_begin()
        for model in (ReviewAmendment, Review, Dose, StepEvent, InfusionDayEvent, Consent):
            model._default_manager.all().delete()
        refuses(lambda: AuditEvent.objects.all().delete())
        refuses(lambda: AuditEvent.objects.update(who="Nobody"))
        transaction.set_rollback(True)
    assert len(rows()) == 7


@pytest.mark.django_db(transaction=True)
def test_the_door_closes_with_the_transaction(people: People, refuses: Refuses) -> None:
    point = people.maria.contact_points.first()
    consent_note(person=people.maria, purpose=Consent.Purpose.REMIND, words="Yes.", now=LATER, contact_point=point)
    with transaction.atomic():
        erasing_begin()
    refuses(lambda: Consent.objects.all().delete())
    assert Consent.objects.count() == 1


def test_where_the_database_cannot_refuse_the_seals_tell(lived: Infusion, people: People) -> None:
    subject = f"child {people.lena.pk}"
    assert chain_break(subject) == ""
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            # Whoever owns the tables can take the triggers away; the seals still tell.
            cursor.execute("DROP TRIGGER append_only ON care_teams_auditevent")
        cursor.execute("UPDATE care_teams_auditevent SET who = 'Nobody' WHERE subject = %s AND number = 1", [subject])
    assert chain_break(subject) == f"{subject}: event 1 is not as it was written."
