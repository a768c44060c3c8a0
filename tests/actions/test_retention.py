"""What is kept for so long and no longer; 0 in the settings is for ever; again nothing happens."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from allauth.account.models import EmailAddress
from django.conf import LazySettings
from django.contrib.sessions.models import Session

from ivig_care.accounts.models import User
from ivig_care.actions.checklists import checklists_close
from ivig_care.actions.guests import guest_link_make
from ivig_care.actions.invitations import invitation_make
from ivig_care.actions.retention import retention_do
from ivig_care.care_teams.models import AuditEvent, GuestLink, Invitation, Role
from ivig_care.nudges.models import Delivery, DeliveryAttempt, InboundMessage, OutboxMessage
from ivig_care.plans.models import Dose, Infusion, StepEvent
from ivig_care.worker.tasks import erasures_do as erasures_task
from ivig_care.worker.tasks import retention_do as retention_task
from tests.actors import People
from tests.conftest import ACTIVATED_AT, STARTS_AT
from tests.factories import UserFactory, active_infusion
from tests.web.messages import premedication, sent

DAY = timedelta(days=1)
ANN_AND_BOB = (("ann", STARTS_AT - 8 * DAY), ("bob", STARTS_AT - 6 * DAY))
CLOSED_AT = STARTS_AT + 21 * DAY
NOTHING = {"sessions": 0, "links": 0, "strangers": 0, "outbox": 0, "messages": 0, "sent": 0, "records": 0}


def removed(now: datetime) -> dict[str, int]:
    """What was removed at `now`; a second time nothing is."""
    first = retention_do(now=now)
    assert retention_do(now=now) == NOTHING
    return {name: count for name, count in first.items() if count}


@pytest.mark.django_db
def test_sessions_go_when_they_are_over() -> None:
    Session.objects.create(session_key="old", session_data="", expire_date=STARTS_AT - DAY)
    Session.objects.create(session_key="new", session_data="", expire_date=STARTS_AT + DAY)
    assert removed(STARTS_AT) == {"sessions": 1}
    assert Session.objects.get().session_key == "new"


def test_invitations_and_guest_links_go_after_a_while(infusion: Infusion, people: People) -> None:
    invitation_make(role=Role.VIEWER, by=people.maria, now=STARTS_AT, child=people.lena)
    until = STARTS_AT + DAY
    guest_link_make(infusion=infusion, by=people.maria, label="Nana", until=until, may_record=True, now=STARTS_AT)
    events = AuditEvent.objects.count()
    assert removed(STARTS_AT + 91 * DAY) == {}
    assert removed(STARTS_AT + 92 * DAY) == {"links": 1}
    assert (GuestLink.objects.count(), Invitation.objects.count()) == (0, 1)
    # An invitation is open for 14 days before it is over.
    assert removed(STARTS_AT + 105 * DAY) == {"links": 1}
    assert AuditEvent.objects.count() == events


def test_who_never_proved_an_address_goes_after_a_week(people: People) -> None:
    for name, at in ANN_AND_BOB:
        user = UserFactory.create(email=f"{name}@example.org", created_at=at)
        EmailAddress.objects.filter(user=user).update(verified=False)
    assert removed(STARTS_AT) == {"strangers": 1}
    left = User.objects.filter(email__in=["ann@example.org", "bob@example.org", "maria@example.org"])
    assert set(left.values_list("email", flat=True)) == {"bob@example.org", "maria@example.org"}


@pytest.mark.django_db
def test_the_outbox_is_emptied_after_a_while() -> None:
    OutboxMessage.objects.create(kind="sms", to="+1", body="x", at=STARTS_AT)
    assert removed(STARTS_AT + 30 * DAY) == {}
    assert removed(STARTS_AT + 31 * DAY) == {"outbox": 1}


def test_messages_go_long_after_the_infusion_closed_and_the_record_stays(infusion: Infusion, people: People) -> None:
    message = sent(infusion, people.maria, premedication(infusion))
    InboundMessage.objects.create(
        provider_id="1", sender="+1", body="1", at=STARTS_AT, understood="done", delivery=message
    )
    checklists_close(now=CLOSED_AT)
    said = StepEvent.objects.count(), Dose.objects.count()
    assert removed(CLOSED_AT + 400 * DAY) == {}
    assert removed(CLOSED_AT + 401 * DAY) == {"messages": 1}
    assert (Delivery.objects.count(), DeliveryAttempt.objects.count(), InboundMessage.objects.count()) == (0, 0, 0)
    assert (StepEvent.objects.count(), Dose.objects.count()) == said


def test_what_is_still_about_something_young_stays(infusion: Infusion, people: People) -> None:
    checklists_close(now=CLOSED_AT)
    later = active_infusion(
        child=people.lena, by=people.weiss, starts_at=STARTS_AT + 400 * DAY, at=ACTIVATED_AT + 400 * DAY
    )
    sent(infusion, people.maria, [*premedication(infusion), *premedication(later)], occasion="both")
    sent(infusion, people.maria, premedication(infusion), occasion="waits", status="pending")
    sent(None, people.maria, [], occasion="test", sent_at=STARTS_AT + 300 * DAY)
    assert removed(CLOSED_AT + 450 * DAY) == {}
    assert sorted(Delivery.objects.values_list("occasion", flat=True)) == ["both", "test", "waits"]


def test_texts_and_tests_that_belong_to_no_infusion_go(people: People) -> None:
    InboundMessage.objects.create(provider_id="1", sender="+1", body="private", at=STARTS_AT, understood="unclear")
    sent(None, people.maria, [])
    assert removed(STARTS_AT + 399 * DAY) == {}
    assert removed(STARTS_AT + 401 * DAY) == {"messages": 2}


def test_nothing_goes_where_the_settings_say_for_ever(
    infusion: Infusion, people: People, settings: LazySettings
) -> None:
    settings.KEEP_LINKS_DAYS = settings.KEEP_OUTBOX_DAYS = settings.KEEP_MESSAGES_DAYS = 0
    invitation_make(role=Role.VIEWER, by=people.maria, now=STARTS_AT, child=people.lena)
    OutboxMessage.objects.create(kind="sms", to="+1", body="x", at=STARTS_AT)
    sent(infusion, people.maria, premedication(infusion))
    checklists_close(now=CLOSED_AT)
    assert removed(CLOSED_AT + 5000 * DAY) == {}


@pytest.mark.django_db
def test_the_tasks_call_the_actions() -> None:
    OutboxMessage.objects.create(kind="sms", to="+1", body="x", at=STARTS_AT - 5000 * DAY)
    retention_task()
    erasures_task()
    assert not OutboxMessage.objects.exists()
