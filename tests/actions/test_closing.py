"""Closing an account: places end, ways to reach and to sign in are forgotten, the name stays in the record."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.contrib.auth import authenticate
from django.test import Client

from ivig_care.accounts.models import ContactPoint, NudgePreference, User
from ivig_care.actions.closing import CLOSED, account_close
from ivig_care.actions.consents import consent_note
from ivig_care.actions.errors import Refused
from ivig_care.actions.invitations import invitation_accept, invitation_make
from ivig_care.actions.steps import step_tick
from ivig_care.care_teams.models import AuditEvent, Consent, Membership, Role
from ivig_care.nudges.models import Delivery, InboundMessage, OutboxMessage
from ivig_care.plans.models import Infusion
from tests.actors import People
from tests.conftest import STARTS_AT
from tests.factories import EmailAddressFactory, MembershipFactory, UserFactory
from tests.password import PASSWORD
from tests.web.messages import premedication, sent

HOUR = timedelta(hours=1)


def test_a_caregiver_goes_and_the_record_still_says_who_gave_it(infusion: Infusion, people: People) -> None:
    sam, step = people.sam, infusion.steps.get(slot="premedication.d1.acetaminophen")
    step_tick(step=step, by=sam, at=STARTS_AT, now=STARTS_AT)
    was_sent = sent(infusion, sam, premedication(infusion))
    waits = sent(infusion, sam, premedication(infusion), status="pending", sent_at=STARTS_AT + HOUR)
    point = sam.contact_points.get(kind="sms")
    consent_note(person=sam, purpose=Consent.Purpose.REMIND, words="Yes.", now=STARTS_AT, contact_point=point)
    OutboxMessage.objects.create(kind="sms", to=point.address, body="x", at=STARTS_AT)
    account_close(person=sam, now=STARTS_AT + HOUR)
    sam.refresh_from_db()
    assert (sam.name, sam.email, sam.is_active) == ("Sam", f"closed-{sam.pk}@closed.invalid", False)
    assert not sam.has_usable_password()
    assert not Membership.objects.filter(user=sam).exists()
    assert not ContactPoint.objects.filter(user=sam).exists()
    assert not NudgePreference.objects.filter(user=sam).exists()
    assert not OutboxMessage.objects.exists()
    step.refresh_from_db()
    assert step.said_by == sam
    was_sent.refresh_from_db()
    waits.refresh_from_db()
    assert (was_sent.status, was_sent.contact_point) == ("sent", None)
    assert (waits.status, waits.reason) == ("dropped", CLOSED)
    consent = Consent.objects.get(person=sam)
    assert (consent.withdrawn_at, consent.contact_point) == (STARTS_AT + HOUR, None)
    assert AuditEvent.objects.filter(subject=f"person {sam.pk}").latest("number").verb == "erased"
    ended = AuditEvent.objects.get(subject=f"child {people.lena.pk}", verb="ended")
    assert (ended.who, ended.detail) == ("Sam", "Sam, caregiver")


def test_no_address_is_left_anywhere(people: People) -> None:
    sam, number = people.sam, people.sam.contact_points.get(kind="sms").address
    EmailAddressFactory.create(user=sam, email="second@example.org", primary=False)
    OutboxMessage.objects.create(kind="email", to="second@example.org", body="a code", at=STARTS_AT)
    InboundMessage.objects.create(provider_id="1", sender=number, body="?", at=STARTS_AT, understood="unclear")
    invitation, code = invitation_make(
        role=Role.GUARDIAN, by=people.maria, now=STARTS_AT, child=people.lena, email="sam@example.org"
    )
    invitation_accept(code=code, by=sam, now=STARTS_AT, born_in=2017)
    account_close(person=sam, now=STARTS_AT)
    invitation.refresh_from_db()
    assert (invitation.email, InboundMessage.objects.get().sender) == ("", "")
    assert not OutboxMessage.objects.exists()


@pytest.mark.django_db
def test_nobody_signs_in_any_more_and_sessions_end(people: People) -> None:
    browser = Client()
    browser.force_login(people.sam, backend="allauth.account.auth_backends.AuthenticationBackend")
    assert browser.get("/reach/").status_code == 200
    account_close(person=people.sam, now=STARTS_AT)
    assert browser.get("/reach/").status_code == 302
    assert authenticate(email="sam@example.org", password=PASSWORD) is None


def everything_of(person: User) -> tuple[object, ...]:
    person.refresh_from_db()
    return (person.email, person.is_active, person.memberships.count(), person.contact_points.count())


def test_the_only_guardian_is_told_what_to_do(people: People) -> None:
    before = everything_of(people.maria)
    with pytest.raises(Refused, match=r"only guardian of Lena. Invite another one first, or have the record erased."):
        account_close(person=people.maria, now=STARTS_AT)
    assert everything_of(people.maria) == before
    assert not AuditEvent.objects.exists()


def test_one_of_two_guardians_may_go(people: People) -> None:
    other = UserFactory.create(name="Paula", email="paula@example.org")
    MembershipFactory.create(user=other, child=people.lena, role=Role.GUARDIAN)
    account_close(person=people.maria, now=STARTS_AT)
    assert not Membership.objects.filter(user=people.maria).exists()


def test_the_only_admin_of_a_clinic_stays(people: People) -> None:
    admin = UserFactory.create(name="Ada", email="ada@example.org")
    MembershipFactory.create(user=admin, clinic=people.riverside, role=Role.ADMIN)
    before = everything_of(admin)
    with pytest.raises(Refused, match="only admin"):
        account_close(person=admin, now=STARTS_AT)
    assert everything_of(admin) == before


def test_while_a_message_is_leaving_it_waits(infusion: Infusion, people: People) -> None:
    sent(infusion, people.sam, premedication(infusion), status="sending", lease="x", leased_until=STARTS_AT + HOUR)
    before = everything_of(people.sam)
    with pytest.raises(Refused, match="just leaving"):
        account_close(person=people.sam, now=STARTS_AT)
    assert everything_of(people.sam) == before
    assert Delivery.objects.get().contact_point is not None


def test_the_address_is_free_again(people: People) -> None:
    account_close(person=people.sam, now=STARTS_AT)
    assert User.objects.create_user("sam@example.org", name="Sam").pk != people.sam.pk
