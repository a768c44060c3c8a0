"""What waits for the clinic's answer: first on its page, answered with a sentence that the family reads."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from time_machine import Traveller

from ivig_care.accounts.models import User
from ivig_care.actions.concerns import concern_raise
from ivig_care.actions.diary import Reported, drink_enter, report_enter, report_take_back
from ivig_care.care_teams.models import Role
from ivig_care.plans.models import Infusion
from ivig_care.regimen.fluids import FluidKind
from ivig_care.regimen.signs import Level
from ivig_care.regimen.symptoms import Severity, Symptom, SymptomSaid
from ivig_care.reviews.models import Concern, ConcernAnswer
from tests.actors import People
from tests.answering import concern_answer
from tests.conftest import ACTIVATED_AT, STARTS_AT
from tests.factories import ChildFactory, MembershipFactory, UserFactory, active_infusion
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


def raised(infusion: Infusion, people: People, about: str, *, words: str = "", level: str = Level.CALL_NOW) -> Concern:
    """Another one."""
    return concern_raise(
        infusion=infusion,
        kind=Concern.Kind.SYMPTOMS,
        about=about,
        words=words or f"Words of {about}.",
        by=people.maria,
        now=STARTS_AT + timedelta(minutes=len(about)),
        level=level,
    )


def page_of(infusion: Infusion) -> str:
    return f"/clinic/infusions/{infusion.pk}/concerns/"


def test_it_stands_first_on_the_clinics_page(concern: Concern, doctor: Client) -> None:
    page = doctor.get("/clinic/").content.decode()
    assert page.index("1 family waits for an answer") < page.index("Completed checklists")
    assert "Headache, severe." in page
    assert "Told to call now" in page
    assert f'action="{page_of(concern.infusion)}"' in page
    assert f'name="seen" value="{concern.pk}"' in page


def test_all_of_one_infusion_is_one_card_with_one_form_the_newest_first(
    concern: Concern, people: People, doctor: Client
) -> None:
    worse = raised(concern.infusion, people, "aa", words="Stiff neck.", level=Level.EMERGENCY)
    later = raised(concern.infusion, people, "aaa", words="Feels sick.", level=Level.OFFICE_HOURS)
    page = doctor.get("/clinic/").content.decode()
    assert "1 family waits for an answer" in page
    assert page.count(f'action="{page_of(concern.infusion)}"') == 1
    assert f'name="seen" value="{later.pk} {worse.pk} {concern.pk}"' in page
    card = page[page.index(f'id="open-{concern.infusion_id}"') : page.index(f'id="answer-{concern.infusion_id}"')]
    order = ["Emergency", "3 things to answer", "Feels sick.", "Stiff neck.", "Headache, severe."]
    assert [card.index(words) for words in order] == sorted(card.index(words) for words in order)
    assert card.count("Maria, ") == 3


def test_a_nurse_answers_it_and_it_is_gone_from_the_page(
    concern: Concern, people: People, browser_of: Callable[[User], Client]
) -> None:
    nia = UserFactory.create(name="Nia", email="nia@example.org")
    MembershipFactory.create(user=nia, clinic=people.riverside, role=Role.NURSE)
    nurse = browser_of(nia)
    other = raised(concern.infusion, people, "aa")
    form = {"words": "We called the family.", "seen": f"{concern.pk} {other.pk}"}
    response = nurse.post(page_of(concern.infusion), form, follow=True)
    assert response.redirect_chain == [("/clinic/", 302)]
    page = response.content.decode()
    assert "Answered. The family can read it now." in page
    assert "Headache, severe." not in page
    assert [(one.concern, one.words) for one in ConcernAnswer.objects.order_by("pk")] == [
        (concern, "We called the family."),
        (other, "We called the family."),
    ]
    page = nurse.get(page_of(concern.infusion)).content.decode()
    assert "Nothing waits for an answer." in page
    assert page.count("“We called the family.”") == 1


def test_what_comes_in_while_she_writes_is_not_answered_and_she_is_told(
    concern: Concern, people: People, doctor: Client
) -> None:
    shown = doctor.get(page_of(concern.infusion)).content.decode()
    assert f'name="seen" value="{concern.pk}"' in shown
    late = raised(concern.infusion, people, "aa", words="Hard to wake.", level=Level.EMERGENCY)
    form = {"words": "Rest, and drink.", "seen": str(concern.pk)}
    response = doctor.post(page_of(concern.infusion), form, follow=True)
    page = response.content.decode()
    assert response.redirect_chain == [(page_of(concern.infusion), 302)]
    assert "One more came in meanwhile. It is still open: here it is." in page
    assert "Hard to wake." in page
    assert list(Concern.objects.open()) == [late]
    late.refresh_from_db()
    assert late.answered_at is None


def test_what_came_in_before_an_answer_that_was_refused_is_marked_as_new(
    concern: Concern, people: People, doctor: Client
) -> None:
    late = raised(concern.infusion, people, "aa", words="Hard to wake.", level=Level.EMERGENCY)
    response = doctor.post(page_of(concern.infusion), {"words": " ", "seen": str(concern.pk)})
    page = response.content.decode()
    assert "Something came in while you were writing. It is marked as new." in page
    assert page.count(">new</span>") == 1
    assert f'name="seen" value="{late.pk} {concern.pk}"' in page


def test_an_answer_says_something(concern: Concern, doctor: Client) -> None:
    response = doctor.post(page_of(concern.infusion), {"words": " ", "seen": str(concern.pk)})
    assert response.status_code == 422
    assert "Write what you did first." in response.content.decode()
    assert not ConcernAnswer.objects.exists()


@pytest.mark.parametrize("seen", ["", "x", "-1", "9" * 30, "\u0663", "999999", "\x00", "a\x00b", "x" * 10_000])
def test_a_form_that_saw_nothing_answers_nothing(concern: Concern, doctor: Client, seen: str) -> None:
    response = doctor.post(page_of(concern.infusion), {"words": "We called.", "seen": seen})
    page = response.content.decode()
    assert response.status_code == 422
    assert "There is nothing here to answer. Nothing was changed." in page
    assert "We called.</textarea>" in page
    assert f'name="seen" value="{concern.pk}"' in page
    assert not ConcernAnswer.objects.exists()


def test_a_form_that_names_more_than_a_statement_takes_is_a_form_like_any_other(
    concern: Concern, doctor: Client
) -> None:
    seen = " ".join(map(str, range(1, 70_000)))
    assert doctor.post(page_of(concern.infusion), {"words": "Called.", "seen": seen}).status_code == 302
    assert ConcernAnswer.objects.get().concern == concern


def test_whoever_was_slower_loses_nothing_that_was_typed(concern: Concern, people: People, doctor: Client) -> None:
    concern_answer(concern=concern, words="We called.", by=people.weiss, now=STARTS_AT)
    response = doctor.post(page_of(concern.infusion), {"words": "I called too.", "seen": str(concern.pk)})
    page = response.content.decode()
    assert response.status_code == 422
    assert "has answered this already. Nothing was changed." in page
    assert "I called too." in page
    assert ConcernAnswer.objects.count() == 1


def test_the_same_answer_sent_twice_is_no_answer_of_somebody_else(concern: Concern, doctor: Client) -> None:
    for _ in range(2):
        form = {"words": "Called.", "seen": concern.pk}
        page = doctor.post(page_of(concern.infusion), form, follow=True).content.decode()
        assert "Answered. The family can read it now." in page
        assert "was not kept" not in page
    assert ConcernAnswer.objects.count() == 1


def test_whoever_was_slower_with_some_is_told_and_answers_the_rest(
    concern: Concern, people: People, doctor: Client
) -> None:
    other = raised(concern.infusion, people, "aa")
    concern_answer(concern=concern, words="We called.", by=people.weiss, now=STARTS_AT)
    form = {"words": "I called too.", "seen": f"{concern.pk} {other.pk}"}
    page = doctor.post(page_of(concern.infusion), form, follow=True).content.decode()
    assert "Weiss had answered one of them already." in page
    assert ConcernAnswer.objects.get(concern=other).words == "I called too."


def test_what_the_family_wrote_since_stands_with_it(
    infusion: Infusion, people: People, doctor: Client, clock: Traveller
) -> None:
    for number, said in enumerate((Reported(symptoms=(SymptomSaid(symptom=Symptom.STIFF_NECK),)), Reported())):
        by = (people.maria, people.sam)[number]
        at = STARTS_AT + number * HOUR
        report_enter(infusion=infusion, said=said, by=by, at=at, now=at)
    clock.move_to(STARTS_AT + HOUR)
    page = doctor.get("/clinic/").content.decode()
    assert page.index("Stiff neck") < page.index("Also written:") < page.index("Sam, ")


def test_the_page_takes_as_many_queries_however_much_waits(infusion: Infusion, people: People, doctor: Client) -> None:
    taken = []
    # The look at it is noted once.
    doctor.get(page_of(infusion))
    doctor.get(page_of(infusion))
    for many in (2, 12):
        for number in range(many):
            child = ChildFactory.create(clinic=people.riverside)
            made = active_infusion(child=child, by=people.weiss, starts_at=STARTS_AT, at=ACTIVATED_AT)
            for place in (infusion, made):
                said = Reported(symptoms=(SymptomSaid(symptom=Symptom.STIFF_NECK),))
                at = STARTS_AT - timedelta(minutes=number)
                report_enter(infusion=place, said=said, by=people.maria, at=at, now=at)
                report_enter(infusion=place, said=Reported(), by=people.maria, at=STARTS_AT, now=STARTS_AT)
        with CaptureQueriesContext(connection) as queries:
            assert doctor.get("/clinic/").status_code == 200
        taken.append(len(queries))
        with CaptureQueriesContext(connection) as queries:
            assert doctor.get(page_of(infusion)).status_code == 200
        taken.append(len(queries))
    assert taken[:2] == taken[2:]


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
