"""What waits for the clinic's answer: first on its page, answered with a sentence that the family reads."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.test import Client
from time_machine import Traveller

from ivig_care.accounts.models import User
from ivig_care.actions.concerns import concern_answer, concern_raise
from ivig_care.actions.diary import Reported, drink_enter, report_enter, report_take_back
from ivig_care.care_teams.models import Role
from ivig_care.plans.models import Infusion
from ivig_care.regimen.fluids import FluidKind
from ivig_care.regimen.signs import Level
from ivig_care.regimen.symptoms import Severity, Symptom, SymptomSaid
from ivig_care.reviews.models import Concern, ConcernAnswer
from tests.actors import People
from tests.conftest import STARTS_AT
from tests.factories import MembershipFactory, UserFactory
from tests.web.messages import link

HOUR = timedelta(hours=1)
pytestmark = pytest.mark.usefixtures("clock")


@pytest.fixture
def concern(infusion: Infusion, people: People) -> Concern:
    """Maria wrote down something that is to be answered."""
    return concern_raise(
        infusion=infusion,
        kind=Concern.Kind.SYMPTOMS,
        about="7",
        words="Headache, severe.",
        by=people.maria,
        now=STARTS_AT,
        level=Level.CALL_NOW,
    )


def test_it_stands_first_on_the_clinics_page(concern: Concern, doctor: Client) -> None:
    page = doctor.get("/clinic/").content.decode()
    assert page.index("1 thing to answer") < page.index("Completed checklists")
    assert "Headache, severe." in page
    assert "Told to call now" in page
    assert f'action="/clinic/concerns/{concern.pk}/answer/"' in page


def test_a_nurse_answers_it_and_it_is_gone_from_the_page(
    concern: Concern, people: People, browser_of: Callable[[User], Client]
) -> None:
    nia = UserFactory.create(name="Nia", email="nia@example.org")
    MembershipFactory.create(user=nia, clinic=people.riverside, role=Role.NURSE)
    nurse = browser_of(nia)
    response = nurse.post(f"/clinic/concerns/{concern.pk}/answer/", {"words": "We called the family."}, follow=True)
    page = response.content.decode()
    assert "Answered. The family can read it now." in page
    assert "Headache, severe." not in page
    assert ConcernAnswer.objects.get().words == "We called the family."


def test_an_answer_says_something(concern: Concern, doctor: Client) -> None:
    response = doctor.post(f"/clinic/concerns/{concern.pk}/answer/", {"words": " "})
    assert response.status_code == 422
    assert "Write what you did first." in response.content.decode()
    assert not ConcernAnswer.objects.exists()


def test_whoever_was_slower_loses_nothing_that_was_typed(concern: Concern, people: People, doctor: Client) -> None:
    concern_answer(concern=concern, words="We called.", by=people.weiss, now=STARTS_AT)
    response = doctor.post(f"/clinic/concerns/{concern.pk}/answer/", {"words": "I called too."})
    page = response.content.decode()
    assert response.status_code == 422
    assert "has answered this already. Nothing was changed." in page
    assert "I called too." in page
    assert ConcernAnswer.objects.count() == 1


def test_the_link_in_its_message_leads_to_the_clinics_page_behind_the_sign_in(concern: Concern, people: People) -> None:
    delivery = concern.infusion.deliveries.get(person=people.weiss, purpose="urgent")
    response = Client().get(link(delivery))
    assert response.status_code == 302
    assert response.headers["Location"] == "/clinic/"


def test_the_review_shows_what_the_family_wrote(
    infusion: Infusion, people: People, doctor: Client, clock: Traveller
) -> None:
    for day in infusion.days.all():
        day.actual_start, day.actual_end = day.planned_start, day.planned_start + 2 * HOUR
        day.save(update_fields=["actual_start", "actual_end"])
    then = STARTS_AT - 2 * HOUR
    drink_enter(infusion=infusion, kind=FluidKind.WATER, ml=300, by=people.maria, at=then, now=then)
    headache = SymptomSaid(symptom=Symptom.HEADACHE, severity=Severity.MODERATE, since=STARTS_AT)
    after = STARTS_AT + 31 * HOUR
    said = Reported(symptoms=(headache,), takes_steroid=False)
    written = report_enter(infusion=infusion, said=said, by=people.maria, at=after, now=after)
    report_take_back(report=written.report, by=people.maria, now=after)
    clock.move_to(after)
    page = doctor.get(f"/clinic/infusions/{infusion.pk}/review/").content.decode()
    assert "Nothing was reported" not in page
    for words in ("+5 h", "Headache: moderate", "undone", "300 mL", "of 1500 mL", "Answer it"):
        assert words in page
    assert "The family undid this" in doctor.get("/clinic/").content.decode()
