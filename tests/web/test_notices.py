"""An infusion that was moved or cancelled: what the family reads, on the link, the checklist and the first page."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.test import Client

from ivig_care.accounts.models import User
from ivig_care.actions.checklists import checklists_close
from ivig_care.actions.deliveries import deliveries_send
from ivig_care.actions.infusions import infusion_cancel, infusion_day_move, infusion_day_start
from ivig_care.nudges.models import Delivery, OutboxMessage
from ivig_care.plans.models import Infusion
from ivig_care.reviews.summary import summarise
from tests.actors import People
from tests.conftest import STARTS_AT
from tests.factories import active_infusion
from tests.web.messages import link

pytestmark = pytest.mark.usefixtures("clock")
SignedIn = Callable[[User], Client]
MINUTE, WEEK = timedelta(minutes=1), timedelta(days=7)


def told(person: User) -> list[str]:
    """Send what waits, and read what the person got by text."""
    Delivery.objects.update(kind="sms", next_attempt_at=STARTS_AT)
    while deliveries_send(kind="sms", clock=lambda: STARTS_AT + 10 * MINUTE):
        pass
    bodies = OutboxMessage.objects.filter(to__in=[point.address for point in person.contact_points.all()])
    return list(bodies.order_by("pk").values_list("body", flat=True))


def page_of(person: User, purpose: str) -> str:
    """What the link in the newest notice opens."""
    delivery = Delivery.objects.filter(person=person, purpose=purpose).latest("pk")
    response = Client().get(link(delivery))
    assert response.status_code == 200
    return response.content.decode()


def test_a_moved_infusion_says_when_and_whose_it_is(infusion: Infusion, people: People) -> None:
    for number in (2, 1):
        day = infusion.days.get(number=number)
        infusion_day_move(day=day, planned_start=day.planned_start + WEEK, by=people.weiss, now=STARTS_AT - 60 * MINUTE)
    assert "has moved, to Mon 22 Jun, 9:00 am. The new times" in told(people.maria)[-1]
    page = page_of(people.maria, "moved")
    assert "Lena’s infusion was moved" in page
    assert "Day 1: <strong>Mon 22 Jun, 9:00 am</strong>" in page
    assert 'href="tel:+12125550147"' in page


def test_a_cancelled_infusion_is_shown_as_cancelled_everywhere(
    infusion: Infusion, people: People, browser_of: SignedIn
) -> None:
    infusion_cancel(infusion=infusion, by=people.weiss, now=STARTS_AT)
    assert "The appointment is cancelled. Please ignore" in told(people.maria)[-1]
    page = page_of(people.maria, "cancelled")
    assert "Lena’s infusion was cancelled" in page
    assert "Day 2: cancelled." in page
    assert "There is nothing to do for it any more." in page
    active_infusion(child=people.lena, by=people.weiss, starts_at=STARTS_AT + 4 * WEEK, at=STARTS_AT)
    maria = browser_of(people.maria)
    home = maria.get("/").content.decode()
    assert "has cancelled this infusion" in home
    assert "to start now" not in home
    checklist = maria.get(f"/infusions/{infusion.pk}/").content.decode()
    assert "has cancelled this infusion" in checklist
    assert "It has started" not in checklist
    assert checklist.count('<span class="badge cancelled">cancelled</span>') == 2


def test_the_rest_that_is_cancelled_leaves_the_rest_of_the_checklist(
    infusion: Infusion, people: People, browser_of: SignedIn
) -> None:
    day = infusion.days.get(number=1)
    infusion_day_start(day=day, by=people.maria, at=STARTS_AT - MINUTE, now=STARTS_AT)
    weiss = browser_of(people.weiss)
    page = weiss.post(f"/clinic/infusions/{infusion.pk}/cancel/", follow=True).content.decode()
    assert "Reminders about the rest go on." in page
    assert "The rest of the appointment is cancelled. What is left" in told(people.maria)[-1]
    page = page_of(people.maria, "cancelled")
    assert "The rest of Lena’s infusion was cancelled" in page
    assert "What is left in the checklist still counts." in page


def test_a_cancelled_day_is_not_held_against_the_family(infusion: Infusion, people: People) -> None:
    infusion_cancel(infusion=infusion, by=people.weiss, now=STARTS_AT)
    checklists_close(now=STARTS_AT + MINUTE)
    infusion.refresh_from_db()
    summary = summarise(infusion)
    assert summary.text.startswith("Day 1 and 2 cancelled")
    assert "no start" not in summary.text
