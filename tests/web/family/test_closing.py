"""The end of a checklist on the family’s pages: what is left, the last word, sent; and what the clinic sees of it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from django.db import connection
from django.db.models import F
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from time_machine import Traveller

from ivig_care.accounts.models import User
from ivig_care.actions.checklists import checklists_close
from ivig_care.actions.infusions import infusion_cancel
from ivig_care.actions.protocols import protocol_publish
from ivig_care.actions.sending import checklist_send
from ivig_care.plans.models import Infusion, Plan
from ivig_care.reviews.models import Concern, Review
from tests.actors import People
from tests.answering import concern_answer
from tests.conftest import ACTIVATED_AT, STARTS_AT
from tests.factories import active_infusion

SignedIn = Callable[[User], Client]
MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)
# 96 hours after the predicted end of day 2, at 1:47:30 pm.
DUE = datetime.fromisoformat("2026-06-20T13:47:30-07:00")

pytestmark = pytest.mark.usefixtures("at_the_end")


@pytest.fixture
def at_the_end(clock: Traveller) -> None:
    """The closing check is due."""
    clock.move_to(DUE)


@pytest.fixture
def maria(people: People, browser_of: SignedIn) -> Client:
    """Maria’s browser."""
    return browser_of(people.maria)


@pytest.fixture
def doctor(people: People, browser_of: SignedIn) -> Client:
    """Dr Weiss’s browser."""
    return browser_of(people.weiss)


def page_of(infusion: Infusion) -> str:
    """Its address."""
    return reverse("closing", args=[infusion.pk])


def everything_but(infusion: Infusion, *keys: str) -> None:
    """All steps are done at their time, but those with these keys."""
    infusion.days.update(actual_start=F("planned_start"), actual_end=F("planned_start") + timedelta(minutes=288))
    for step in infusion.steps.all():
        if not step.slot.startswith(keys):
            step.state, step.said_at, step.next_nudge_at = "done", step.due_at, None
            step.said_by = User.objects.get(name="Maria")
            step.save()


def test_the_checklist_leads_there_from_the_closing_check_on(
    infusion: Infusion, maria: Client, clock: Traveller
) -> None:
    checklist = reverse("checklist", args=[infusion.pk])
    step = infusion.steps.get(slot="closing-check.d2")
    assert step.due_at == DUE
    assert maria.get(checklist).content.decode().count(page_of(infusion)) == 1
    everything_but(infusion, "colour-watch")
    assert "Through with it?" in maria.get(checklist).content.decode()
    infusion.steps.filter(pk=step.pk).update(state="open")
    # Nothing stands beside it that would end the check without sending anything.
    row = maria.get(checklist).content.decode().split(f'id="step-{step.pk}"')[1].partition("</article>")[0]
    assert page_of(infusion) in row
    assert "<form" not in row
    assert reverse("step", args=[step.pk]) not in row
    assert reverse("step_tick", args=[step.pk]) not in maria.get(reverse("step", args=[step.pk])).content.decode()
    clock.move_to(step.opens_at - MINUTE)
    assert "Through with it?" not in maria.get(checklist).content.decode()
    page = maria.get(page_of(infusion)).content.decode()
    assert "You can send it from Fri 19 Jun, 1:48 pm on." in page
    assert "Send to the clinic" not in page
    assert maria.post(page_of(infusion), {"words": "keep me"}).status_code == 422


def test_what_is_left_is_listed_and_leads_to_its_answer(infusion: Infusion, maria: Client) -> None:
    everything_but(infusion, "check-72", "closing-check", "colour-watch")
    checklists_close(now=DUE)
    page = maria.get(page_of(infusion)).content.decode()
    left = infusion.steps.get(slot="check-72.d2")
    assert "1 step is not answered" in page
    assert reverse("step", args=[left.pk]) in page
    goes_on = page.index("Goes on afterwards")
    assert page.index("Look at skin, eyes and urine", goes_on)
    assert "until Fri 26 Jun, 1:48 pm" in page


def test_sending_without_words(infusion: Infusion, maria: Client) -> None:
    page = maria.post(page_of(infusion), {"words": " "}, follow=True).content.decode()
    assert "Sent to the clinic. You’re done." in page
    assert "Maria sent it, Sat 20 Jun, 1:47 pm." in page
    assert "The next infusion is not planned here yet. Riverside Clinic tells you when it is." in page
    assert not Concern.objects.exists()
    checklist = maria.get(reverse("checklist", args=[infusion.pk])).content.decode()
    assert "Sent to Riverside Clinic" in checklist
    assert "Look at skin, eyes and urine" in checklist
    assert "Through with it?" not in checklist


def test_words_reach_the_clinic_and_more_can_follow(infusion: Infusion, people: People, maria: Client) -> None:
    maria.post(page_of(infusion), {"words": "A rash on the arm."})
    assert maria.post(page_of(infusion), {"words": ""}).status_code == 422
    page = maria.post(page_of(infusion), {"words": "It is gone."}, follow=True).content.decode()
    assert "The clinic has been told." in page
    assert list(Concern.objects.values_list("words", flat=True)) == ["A rash on the arm.", "It is gone."]
    concern_answer(concern=Concern.objects.first() or Concern(), words="Send us a picture.", by=people.weiss, now=DUE)
    assert "Send us a picture." in maria.get(page_of(infusion)).content.decode()


def test_too_many_words_are_kept_on_the_page(infusion: Infusion, maria: Client) -> None:
    response = maria.post(page_of(infusion), {"words": "long " * 500})
    page = response.content.decode()
    assert response.status_code == 422
    assert "too long" in page
    assert "long long" in page
    assert not Review.objects.exists()


def test_the_next_infusion_is_named_when_it_is_planned(infusion: Infusion, people: People, maria: Client) -> None:
    active_infusion(child=people.lena, by=people.weiss, starts_at=STARTS_AT + 28 * DAY, at=ACTIVATED_AT)
    maria.post(page_of(infusion))
    for address in (page_of(infusion), reverse("checklist", args=[infusion.pk])):
        assert "Mon 13 Jul, 9:00 am</a>." in maria.get(address).content.decode()


def test_a_prescribed_cadence_says_about_when(infusion: Infusion, maria: Client) -> None:
    document = infusion.plan.version.document | {"cadence": {"weeks": [4], "slack_days": 4}}
    version = protocol_publish(slug="cadence", name="Cadence", document=document, at=ACTIVATED_AT)
    Plan.objects.filter(pk=infusion.plan_id).update(version=version)
    page = maria.post(page_of(infusion), follow=True).content.decode()
    assert "Next infusion about <strong>Mon 13 Jul</strong>: the plan says 4 weeks after this one." in page


def test_a_cancelled_infusion_is_not_sent(infusion: Infusion, people: People, maria: Client) -> None:
    infusion_cancel(infusion=infusion, by=people.weiss, now=STARTS_AT - DAY)
    page = maria.get(page_of(infusion)).content.decode()
    assert "There is nothing to send." in page
    assert "Send to the clinic" not in page
    assert maria.post(page_of(infusion)).status_code == 422


def test_the_clinic_sees_what_is_still_open_and_must_say_so(
    infusion: Infusion, people: People, doctor: Client, maria: Client
) -> None:
    everything_but(infusion, "closing-check", "colour-watch")
    checklist_send(infusion=infusion, words="", by=people.maria, now=DUE)
    assert "sent Sat 20 Jun, 1:48 pm, not closed yet" in doctor.get(reverse("clinic")).content.decode()
    review, sign = (reverse(name, args=[infusion.pk]) for name in ("infusion_review", "review_sign"))
    page = doctor.get(review).content.decode()
    assert "1 step is still open" in page
    assert "Maria sent this checklist before it was over" in page
    refused = doctor.post(sign, {"note": "Well done.", "next_time": "Slower."})
    assert refused.status_code == 422
    assert "Well done." in refused.content.decode()
    assert Review.objects.get().status == "open"
    doctor.post(sign, {"note": "Well done.", "next_time": "Slower.", "knows_open": "on"})
    assert "Still open when it was signed" in doctor.get(review).content.decode()
    family = maria.get(reverse("checklist", args=[infusion.pk])).content.decode()
    assert "go on watching" in family
    assert "brown or red urine" in family
    assert "has signed this checklist" in maria.get(page_of(infusion)).content.decode()
    assert maria.post(page_of(infusion), {"words": "more"}).status_code == 422


def test_sent_and_answered_it_waits_for_its_closing_minute(infusion: Infusion, people: People, doctor: Client) -> None:
    everything_but(infusion, "closing-check")
    checklist_send(infusion=infusion, words="", by=people.maria, now=DUE)
    page = doctor.get(reverse("infusion_review", args=[infusion.pk])).content.decode()
    assert "nothing is open any more" in page
    doctor.post(reverse("review_sign", args=[infusion.pk]), {"note": "", "next_time": ""})
    assert Review.objects.get().status == "signed"
    assert checklists_close(now=DUE + MINUTE) == 1


def test_the_queries_do_not_grow_with_what_is_left(infusion: Infusion, maria: Client) -> None:
    def queries() -> int:
        with CaptureQueriesContext(connection) as found:
            assert maria.get(page_of(infusion)).status_code == 200
        return len(found)

    # The first look in a quarter of an hour is written into the log, the second finds it there.
    queries()
    queries()
    all_left = queries()
    everything_but(infusion, "check-72", "closing-check", "colour-watch")
    assert queries() == all_left


def test_a_double_tap_sends_once_and_complains_of_nothing(infusion: Infusion, maria: Client) -> None:
    everything_but(infusion, "closing")
    said = {"words": "", "key": "3f1c7f0e-6f0a-4bb0-9a50-0c5b9b6e8a11"}
    asked = {"Referer": f"http://testserver{page_of(infusion)}"}
    for _ in range(2):
        answer = maria.post(page_of(infusion), said, headers=asked)
        assert (answer.status_code, answer.headers["Location"]) == (302, page_of(infusion))
    page = maria.get(page_of(infusion)).content.decode()
    assert page.count("Sent to the clinic. You’re done.") == 1
    assert "Write first" not in page
    assert 'name="key"' in page


def test_of_much_that_is_not_answered_most_is_folded(infusion: Infusion, maria: Client) -> None:
    page = maria.get(page_of(infusion)).content.decode()
    total = int(page.partition(" steps are not answered")[0].rpartition(">")[2])
    assert total > 10
    seen, _, folded = page.partition(f"<summary>{total - 3} more</summary>")
    assert seen.count('class="badge missed"') == 3
    assert folded.count('class="badge missed"') == total - 3
