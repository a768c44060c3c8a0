"""The way out at the foot of a message: one click, from a person or from a mail program."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.test import Client
from time_machine import Traveller

from ivig_care.accounts.models import User
from ivig_care.nudges.models import Delivery
from ivig_care.plans.models import Infusion
from tests.actors import People
from tests.conftest import STARTS_AT
from tests.web.messages import everything, link, point_of, premedication, sent

pytestmark = pytest.mark.usefixtures("clock")


@pytest.fixture
def delivery(infusion: Infusion, people: People) -> Delivery:
    return sent(infusion, people.maria, premedication(infusion), kind="email")


@pytest.fixture
def phone() -> Client:
    return Client(enforce_csrf_checks=True)


def test_it_asks_first(phone: Client, delivery: Delivery) -> None:
    page = phone.get(link(delivery, "stop")).content.decode()
    assert "e-mail m…@example.org" in page
    assert "maria@" not in page
    assert "Lena" not in page


def test_a_mail_program_stops_it_with_one_click(phone: Client, delivery: Delivery, people: People) -> None:
    assert phone.post(link(delivery, "stop"), {"List-Unsubscribe": "One-Click"}).status_code == 200
    point = point_of(people.maria, "email")
    assert (point.disabled_at, point.consented_at) == (STARTS_AT, None)
    assert point.disabled_reason == "switched off from a message"
    assert point_of(people.maria, "sms").is_usable
    assert [told.person for told in Delivery.objects.filter(purpose="channel_off")] == [people.sam]


def test_a_second_click_changes_nothing(phone: Client, delivery: Delivery, clock: Traveller) -> None:
    phone.post(link(delivery, "stop"))
    before = everything()
    clock.shift(timedelta(hours=1))
    assert "No more messages go there" in phone.post(link(delivery, "stop")).content.decode()
    assert everything() == before


def test_it_works_however_old_the_message_is(
    phone: Client, delivery: Delivery, people: People, clock: Traveller, browser_of: Callable[[User], Client]
) -> None:
    browser_of(people.maria).post("/reach/links/revoke/")
    clock.shift(timedelta(days=60))
    assert phone.get(link(delivery)).status_code == 410
    assert phone.post(link(delivery, "stop")).status_code == 200
    assert not point_of(people.maria, "email").is_usable


def test_a_forged_one_stops_nothing(phone: Client, delivery: Delivery, people: People) -> None:
    before = everything()
    assert phone.post(link(delivery, "stop").replace("/n/", "/n/9")).status_code == 404
    assert everything() == before


def test_a_message_to_nobody_has_nothing_to_stop(phone: Client, delivery: Delivery) -> None:
    Delivery.objects.filter(pk=delivery.pk).update(contact_point=None)
    delivery.attempts.update(contact_point=None)
    assert "Nothing to stop" in phone.post(link(delivery, "stop")).content.decode()


def test_who_has_nobody_else_and_no_other_way_is_told_so(phone: Client, people: People, infusion: Infusion) -> None:
    people.tom.contact_points.exclude(kind="email").delete()
    delivery = sent(None, people.tom, [], kind="email")
    page = phone.post(link(delivery, "stop")).content.decode()
    assert "The people who care with you" not in page
    assert "nobody reminds you now" in page
