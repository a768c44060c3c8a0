"""What was sent about an infusion, as family and clinic see it; and the clinic moving or cancelling one."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import timedelta

import pytest
from django.test import Client

from ivig_care.accounts.models import User
from ivig_care.actions.contact_points import contact_point_off
from ivig_care.nudges.models import Delivery, DeliveryAttempt, InboundMessage
from ivig_care.plans.models import Infusion, InfusionDay, Plan, Step
from tests.actors import People
from tests.conftest import STARTS_AT
from tests.factories import active_infusion
from tests.web.messages import everything, point_of, premedication, sent

pytestmark = pytest.mark.usefixtures("clock")

SignedIn = Callable[[User], Client]
AssertNumQueries = Callable[[int], AbstractContextManager[object]]
AGO = timedelta(minutes=15)


@pytest.fixture
def delivery(infusion: Infusion, people: People) -> Delivery:
    return sent(
        infusion,
        people.maria,
        premedication(infusion),
        delivered_at=STARTS_AT - timedelta(minutes=14),
        opened_at=STARTS_AT - timedelta(minutes=12),
        answered_at=STARTS_AT - timedelta(minutes=11),
    )


def test_it_says_when_it_was_sent_delivered_opened_and_answered(
    delivery: Delivery, infusion: Infusion, people: People, browser_of: SignedIn
) -> None:
    page = browser_of(people.maria).get(f"/infusions/{infusion.pk}/messages/").content.decode()
    assert "To you: reminder" in page
    assert "+12125550140, about 2 steps." in page
    words = "sent <strong>8:45 am</strong>, delivered 8:46 am, opened 8:48 am, answered 8:49 am."
    assert words in page


def test_addresses_of_others_are_masked(
    delivery: Delivery, infusion: Infusion, people: People, browser_of: SignedIn
) -> None:
    for user, address in (
        (people.sam, f"/infusions/{infusion.pk}/messages/"),
        (people.weiss, f"/clinic/infusions/{infusion.pk}/messages/"),
    ):
        page = browser_of(user).get(address).content.decode()
        assert "To Maria: reminder" in page
        assert "Text message …0140" in page
        assert "+12125550140" not in page


def test_it_says_why_not(infusion: Infusion, people: People, browser_of: SignedIn) -> None:
    failed = sent(infusion, people.sam, [], status="failed", created_at=STARTS_AT, reason="gave up: full")
    DeliveryAttempt.objects.create(
        delivery=failed, contact_point=point_of(people.sam), at=STARTS_AT, outcome="passing", detail="mailbox is full"
    )
    sent(infusion, people.maria, [], status="dropped", reason="answered before it left")
    sent(infusion, people.maria, [], status="pending", reason="quiet hours", next_attempt_at=STARTS_AT + AGO)
    page = browser_of(people.maria).get(f"/infusions/{infusion.pk}/messages/").content.decode()
    assert "<strong>Why not:</strong> gave up: full." in page
    assert "<strong>Why not:</strong> answered before it left." in page
    assert "<strong>Waits until Mon 9:15 am:</strong> quiet hours." in page
    assert "2 tries" in page
    assert "not taken, to be tried again (mailbox is full)" in page


def test_what_came_back_stands_there(
    delivery: Delivery, infusion: Infusion, people: People, browser_of: SignedIn
) -> None:
    InboundMessage.objects.create(
        provider_id="SM1", sender="+12125550140", body="<1>", at=STARTS_AT, understood="done", delivery=delivery
    )
    page = browser_of(people.sam).get(f"/infusions/{infusion.pk}/messages/").content.decode()
    assert "“&lt;1&gt;” by text Mon 9:00 am: understood as done." in page


def test_an_empty_history_says_what_will_be_there(infusion: Infusion, people: People, browser_of: SignedIn) -> None:
    assert "Nothing yet" in browser_of(people.maria).get(f"/infusions/{infusion.pk}/messages/").content.decode()


def test_a_message_about_two_infusions_stands_with_both(
    infusion: Infusion, people: People, browser_of: SignedIn
) -> None:
    sent(None, people.maria, premedication(infusion)[:1])
    page = browser_of(people.sam).get(f"/infusions/{infusion.pk}/messages/").content.decode()
    assert "about 1 step." in page


def test_both_pages_lead_there(infusion: Infusion, people: People, browser_of: SignedIn) -> None:
    assert (
        f"/infusions/{infusion.pk}/messages/"
        in browser_of(people.sam).get(f"/infusions/{infusion.pk}/").content.decode()
    )
    review = browser_of(people.weiss).get(f"/clinic/infusions/{infusion.pk}/review/").content.decode()
    assert f"/clinic/infusions/{infusion.pk}/messages/" in review
    assert f"/clinic/infusions/{infusion.pk}/change/" in review


def test_what_a_provider_says_names_nobodys_address(
    delivery: Delivery, infusion: Infusion, people: People, browser_of: SignedIn
) -> None:
    said = "550 <maria@example.org>: no such user, see https://mail.example.org/x"
    Delivery.objects.filter(pk=delivery.pk).update(status="failed", reason=said)
    DeliveryAttempt.objects.create(delivery=delivery, at=STARTS_AT, outcome="permanent", detail=said)
    for user, base in ((people.sam, ""), (people.weiss, "/clinic")):
        page = browser_of(user).get(f"{base}/infusions/{infusion.pk}/messages/").content.decode()
        assert page.count("550 (address) no such user, see (link)") == 2
        assert "maria@example.org" not in page


def test_an_answer_about_another_child_too_is_not_shown_to_others(
    infusion: Infusion, people: People, browser_of: SignedIn
) -> None:
    kais = active_infusion(child=people.kai, by=people.lee, starts_at=STARTS_AT, at=STARTS_AT)
    both = sent(infusion, people.maria, [premedication(infusion)[0], premedication(kais)[0]])
    InboundMessage.objects.create(
        provider_id="1", sender="x", body="1 but Kai is hot", at=STARTS_AT, understood="done", delivery=both
    )
    shown = [
        "Kai is hot" in browser_of(user).get(f"/infusions/{infusion.pk}/messages/").content.decode()
        for user in (people.maria, people.sam, people.weiss)
    ]
    assert shown == [True, False, False]


@pytest.mark.parametrize("base", ["", "/clinic"])
def test_nobody_else_sees_it(infusion: Infusion, people: People, browser_of: SignedIn, base: str) -> None:
    address = f"{base}/infusions/{infusion.pk}/messages/"
    for stranger in (people.tom, people.lee):
        assert browser_of(stranger).get(address).status_code == 404
    assert Client().get(address).status_code == 302


def test_the_clinics_page_is_the_clinics(infusion: Infusion, people: People, browser_of: SignedIn) -> None:
    assert browser_of(people.maria).get(f"/clinic/infusions/{infusion.pk}/messages/").status_code == 403


def test_the_number_of_queries_does_not_grow(
    infusion: Infusion, people: People, browser_of: SignedIn, django_assert_max_num_queries: AssertNumQueries
) -> None:
    for user in (people.maria, people.sam) * 5:
        one = sent(infusion, user, premedication(infusion))
        InboundMessage.objects.create(
            provider_id=f"in{one.pk}", sender="x", body="1", at=STARTS_AT, understood="done", delivery=one
        )
    browser = browser_of(people.maria)
    # The first look in a quarter of an hour is written into the log; after that it costs one question.
    browser.get(f"/infusions/{infusion.pk}/messages/")
    with django_assert_max_num_queries(15):
        browser.get(f"/infusions/{infusion.pk}/messages/")


# --- the clinic moves or cancels ------------------------------------------------------------------

MOVED = "2026-06-16T18:00:00+0000"


def _change(infusion: Infusion, word: str = "change") -> str:
    return f"/clinic/infusions/{infusion.pk}/{word}/"


def test_what_moves_is_shown_and_nothing_is_saved(infusion: Infusion, people: People, browser_of: SignedIn) -> None:
    doctor = browser_of(people.weiss)
    before = everything()
    page = doctor.get(_change(infusion), {"day": "2", "at": "2026-06-16T11:00"}).content.decode()
    assert "Tue 16 Jun, 11:00 am in place of Tue 16 Jun, 9:00 am" in page
    assert "Not saved yet." in page
    assert "<del>Tue 8:30 am</del>" in page
    assert "<strong>Tue 10:30 am</strong>" in page
    assert everything() == before


def test_the_day_moves_its_steps_follow_and_the_family_is_told_once(
    infusion: Infusion, people: People, browser_of: SignedIn
) -> None:
    doctor = browser_of(people.weiss)
    assert doctor.post(_change(infusion), {"day": "2", "exact": MOVED}).status_code == 302
    assert infusion.days.get(number=2).planned_start == STARTS_AT + timedelta(hours=26)
    step = infusion.steps.filter(kind="premedication", day_number=2)[0]
    assert step.due_at == STARTS_AT + timedelta(hours=25, minutes=30)
    told = Delivery.objects.filter(purpose="moved")
    assert {one.person for one in told} == {people.maria, people.sam}
    doctor.post(_change(infusion), {"day": "2", "exact": MOVED})
    assert told.count() == 2


@pytest.mark.parametrize("at", ["2026-06-14T09:00", "2026-06-15T08:00", "x", "", "2036-06-16T09:00"])
def test_a_time_that_cannot_be_keeps_what_was_typed(
    infusion: Infusion, people: People, browser_of: SignedIn, at: str
) -> None:
    doctor = browser_of(people.weiss)
    before = everything()
    response = doctor.get(_change(infusion), {"day": "2", "at": at})
    assert response.status_code == 422 or not at
    assert f'value="{at}"' in response.content.decode() or not at
    assert everything() == before


@pytest.mark.parametrize("day", ["", "0", "3", "x", "9" * 30])
def test_a_day_that_is_not_there(infusion: Infusion, people: People, browser_of: SignedIn, day: str) -> None:
    assert browser_of(people.weiss).post(_change(infusion), {"day": day, "exact": MOVED}).status_code == 404


def test_a_day_that_has_started_stays(infusion: Infusion, people: People, browser_of: SignedIn) -> None:
    InfusionDay.objects.filter(infusion=infusion, number=1).update(actual_start=STARTS_AT)
    response = browser_of(people.weiss).post(_change(infusion), {"day": "1", "exact": "2026-06-15T17:00:00+0000"})
    assert response.status_code == 422
    assert "This day has started" in response.content.decode()


def test_a_cancelled_infusion_is_silent_and_the_family_is_told(
    infusion: Infusion, people: People, browser_of: SignedIn
) -> None:
    doctor = browser_of(people.weiss)
    assert doctor.post(_change(infusion, "cancel")).status_code == 302
    assert not infusion.days.filter(cancelled_at__isnull=True).exists()
    assert not Step.objects.filter(infusion=infusion, next_nudge_at__isnull=False).exists()
    assert {one.person for one in Delivery.objects.filter(purpose="cancelled")} == {people.maria, people.sam}
    page = doctor.get(_change(infusion)).content.decode()
    assert "cancelled</span>" in page
    assert "Cancel the infusion and tell" not in page


@pytest.mark.parametrize("word", ["change", "cancel"])
def test_only_the_childs_clinic_may(infusion: Infusion, people: People, browser_of: SignedIn, word: str) -> None:
    browsers = {user.name: browser_of(user) for user in (people.maria, people.sam, people.tom, people.lee)}
    before = everything()
    said = {"day": "2", "exact": MOVED}
    statuses = {name: browser.post(_change(infusion, word), said).status_code for name, browser in browsers.items()}
    assert statuses == {"Maria": 403, "Sam": 403, "Tom": 404, "Lee": 404}
    assert Client().post(_change(infusion, word), said).status_code == 302
    assert everything() == before


def test_a_draft_cannot_be_moved_here(infusion: Infusion, people: People, browser_of: SignedIn) -> None:
    Plan.objects.filter(pk=infusion.plan_id).update(status="draft")
    assert browser_of(people.weiss).get(_change(infusion)).status_code == 404


def test_that_somebody_could_not_be_reached_stands_in_the_history(
    infusion: Infusion, people: People, browser_of: Callable[[User], Client]
) -> None:
    sent(infusion, people.maria, premedication(infusion))
    contact_point_off(contact_point=point_of(people.sam), reason="550 gone", now=STARTS_AT)
    contact_point_off(contact_point=point_of(people.tom, "email"), reason="550 gone", now=STARTS_AT)
    page = browser_of(people.maria).get(f"/infusions/{infusion.pk}/messages/").content.decode()
    assert page.count("To you: somebody cannot be reached") == 1
