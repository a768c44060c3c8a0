"""Who cares for a child: what the page shows to whom, ending places, and letting clinics see and not see."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from ivig_care.accounts.models import User
from ivig_care.actions.care_teams import place_end
from ivig_care.actions.duties import duty_take
from ivig_care.actions.errors import Refused
from ivig_care.care_teams.access import Right, may
from ivig_care.care_teams.models import AuditEvent, ClinicLink, Consent, Duty, GuestLink, Membership, Role, Told
from ivig_care.nudges.audience import audience_of
from ivig_care.plans.models import Infusion
from ivig_care.regimen.nudging import Stage
from tests.actors import People
from tests.conftest import STARTS_AT
from tests.factories import MembershipFactory, UserFactory

pytestmark = pytest.mark.usefixtures("clock")

BrowserOf = Callable[[User], Client]


def end(browser: Client, people: People, user: User) -> int:
    place = Membership.objects.get(user=user, child=people.lena)
    return browser.post(f"/children/{people.lena.pk}/places/{place.pk}/end/").status_code


@pytest.fixture
def paul(people: People) -> User:
    """A second guardian of Lena."""
    paul = UserFactory.create(name="Paul", email="paul@example.org")
    MembershipFactory.create(user=paul, child=people.lena, role=Role.GUARDIAN)
    return paul


# --- the page -------------------------------------------------------------------------------------


def test_a_guardian_sees_everybody_and_every_form(people: People, infusion: Infusion, browser_of: BrowserOf) -> None:
    page = browser_of(people.maria).get(f"/children/{people.lena.pk}/team/").content.decode()
    assert all(
        words in page for words in ("Sam", "Invite somebody", "Make a page for a guest", "Riverside Clinic", "I agree")
    )


def test_a_caregiver_sees_the_people_and_no_form_but_leaving(people: People, browser_of: BrowserOf) -> None:
    page = browser_of(people.sam).get(f"/children/{people.lena.pk}/team/").content.decode()
    assert "Maria" in page
    assert "Leave" in page
    assert not any(words in page for words in ("Invite somebody", "guest", "Stop sharing", "Remove"))


@pytest.mark.parametrize("person", ["tom", "lee", "weiss"])
def test_whoever_is_not_around_the_child_sees_nothing(people: People, browser_of: BrowserOf, person: str) -> None:
    assert browser_of(getattr(people, person)).get(f"/children/{people.lena.pk}/team/").status_code == 404


def test_more_people_cost_no_more_queries(people: People, browser_of: BrowserOf) -> None:
    browser, page = browser_of(people.maria), f"/children/{people.lena.pk}/team/"
    with CaptureQueriesContext(connection) as few:
        browser.get(page)
    for number in range(5):
        someone = UserFactory.create(name=f"Helper {number}")
        MembershipFactory.create(user=someone, child=people.lena, role=Role.CAREGIVER)
    with CaptureQueriesContext(connection) as many:
        assert browser.get(page).content.decode().count("Helper") >= 5
    assert len(many) <= len(few)


# --- ending places --------------------------------------------------------------------------------


def test_a_guardian_removes_a_caregiver_who_sees_nothing_at_once(
    people: People, infusion: Infusion, browser_of: BrowserOf
) -> None:
    sam = browser_of(people.sam)
    assert sam.get(f"/infusions/{infusion.pk}/").status_code == 200
    assert end(browser_of(people.maria), people, people.sam) == 302
    assert sam.get(f"/infusions/{infusion.pk}/").status_code == 404


def test_a_guardian_cannot_be_removed_by_another(people: People, paul: User, browser_of: BrowserOf) -> None:
    assert end(browser_of(people.maria), people, paul) == 422
    assert may(paul, Right.CONSENT, people.lena)


def test_the_only_guardian_cannot_leave(people: People, browser_of: BrowserOf) -> None:
    assert end(browser_of(people.maria), people, people.maria) == 422
    assert may(people.maria, Right.SHARE, people.lena)


def test_one_of_two_guardians_can_leave(people: People, paul: User, browser_of: BrowserOf) -> None:
    assert end(browser_of(paul), people, paul) == 302
    assert not may(paul, Right.SEE, people.lena)


def test_an_inactive_guardian_does_not_count(people: People, paul: User, browser_of: BrowserOf) -> None:
    User.objects.filter(pk=paul.pk).update(is_active=False)
    assert end(browser_of(people.maria), people, people.maria) == 422


def test_whoever_becomes_a_guardian_meanwhile_stays(people: People) -> None:
    place = Membership.objects.select_related("user", "child", "clinic").get(user=people.sam)
    Membership.objects.filter(pk=place.pk).update(role=Role.GUARDIAN)
    with pytest.raises(Refused, match="only be ended by that guardian"):
        place_end(place=place, by=people.maria, now=STARTS_AT)
    assert may(people.sam, Right.CONSENT, people.lena)


def test_a_caregiver_leaves_but_removes_nobody(people: People, browser_of: BrowserOf) -> None:
    assert end(browser_of(people.sam), people, people.maria) == 403
    assert end(browser_of(people.sam), people, people.sam) == 302
    assert list(Membership.objects.filter(child=people.lena).values_list("user", flat=True)) == [people.maria.pk]


def test_when_nobody_is_told_any_more_the_guardians_who_stay_are(people: People, paul: User) -> None:
    Membership.objects.filter(user=paul).update(told=Told.NEVER)
    for user in (people.sam, people.maria):
        place = Membership.objects.select_related("user", "child", "clinic").get(user=user)
        place_end(place=place, by=user, now=STARTS_AT)
    assert Membership.objects.get(child=people.lena).told == Told.FIRST
    last = AuditEvent.objects.filter(child=people.lena).latest("number")
    assert (last.who, last.verb, last.detail) == ("ivig_care", "changed", "Paul is told first")


def test_what_hung_on_the_place_ends_with_it(
    people: People, paul: User, infusion: Infusion, browser_of: BrowserOf
) -> None:
    duty_take(child=people.lena, user=paul, by=paul, now=STARTS_AT - timedelta(hours=1))
    GuestLink.objects.create(
        child=people.lena,
        infusion=infusion,
        secret_hash="x",
        label="G",
        until=STARTS_AT + timedelta(days=1),
        created_by=paul,
        created_at=STARTS_AT,
    )
    end(browser_of(paul), people, paul)
    assert Duty.objects.get().ends_at == STARTS_AT
    assert GuestLink.objects.get().revoked_at == STARTS_AT
    log = AuditEvent.objects.filter(child=people.lena, verb="ended").values_list("who", "role", "about", "detail")
    assert list(log) == [
        ("Paul", "guardian", "user", "Paul, guardian"),
        ("Paul", "guardian", "guestlink", "the guest G"),
    ]


def test_the_place_of_another_child_is_not_found(people: People, browser_of: BrowserOf) -> None:
    place = Membership.objects.get(user=people.tom)
    response = browser_of(people.maria).post(f"/children/{people.lena.pk}/places/{place.pk}/end/")
    assert (response.status_code, Membership.objects.filter(pk=place.pk).exists()) == (404, True)


# --- clinics --------------------------------------------------------------------------------------


def test_withdrawing_ends_everything_the_clinic_sees(people: People, infusion: Infusion, browser_of: BrowserOf) -> None:
    doctor = browser_of(people.weiss)
    addresses = (f"/clinic/infusions/{infusion.pk}/review/", f"/infusions/{infusion.pk}/")
    assert [doctor.get(address).status_code for address in addresses] == [200, 200]
    browser_of(people.maria).post(f"/children/{people.lena.pk}/clinics/{people.riverside.pk}/end/")
    assert [doctor.get(address).status_code for address in addresses] == [404, 404]
    assert "Lena" not in doctor.get("/clinic/").content.decode()


def test_nobody_there_is_told_any_more(people: People, infusion: Infusion, browser_of: BrowserOf) -> None:
    audience = audience_of([people.lena.pk], now=STARTS_AT, with_staff=True)
    assert audience.clinicians(people.lena.pk, [Stage.CLINIC]) == [people.weiss.pk]
    browser_of(people.maria).post(f"/children/{people.lena.pk}/clinics/{people.riverside.pk}/end/")
    audience = audience_of([people.lena.pk], now=STARTS_AT, with_staff=True)
    assert audience.clinicians(people.lena.pk, [Stage.CLINIC]) == []


def test_the_record_stays_with_the_family(people: People, infusion: Infusion, browser_of: BrowserOf) -> None:
    maria = browser_of(people.maria)
    maria.post(f"/children/{people.lena.pk}/clinics/{people.riverside.pk}/end/")
    page = maria.get(f"/infusions/{infusion.pk}/").content.decode()
    assert "Call Riverside Clinic" in page


def test_agreeing_to_a_clinic_that_wrote_about_the_child(people: People, browser_of: BrowserOf) -> None:
    maria, address = browser_of(people.maria), f"/children/{people.lena.pk}/clinics/{people.riverside.pk}/agree/"
    for _ in range(2):
        maria.post(address)
    assert ClinicLink.objects.get(child=people.lena).agreed_by == people.maria
    assert Consent.objects.filter(purpose=Consent.Purpose.SHARE, child=people.lena).count() == 1


def test_a_clinics_code_shows_the_words_before_anything_is_shared(people: People, browser_of: BrowserOf) -> None:
    maria, address = browser_of(people.maria), f"/children/{people.lena.pk}/clinics/join/"
    page = maria.post(address, {"code": people.hillside.join_code}).content.decode()
    assert "Hillside may see what is recorded about Lena" in page
    assert not may(people.lee, Right.SEE, people.lena)
    maria.post(address, {"code": people.hillside.join_code, "agree": "yes"})
    assert may(people.lee, Right.PRESCRIBE, people.lena)
    assert may(people.weiss, Right.PRESCRIBE, people.lena)


def test_the_poster_leads_there(people: People, browser_of: BrowserOf) -> None:
    code = people.hillside.join_code
    response = browser_of(people.maria).get(f"/join/{code}/", follow=True)
    assert response.redirect_chain == [(f"/children/{people.lena.pk}/clinics/join/?code={code}", 302)]
    assert "Hillside may see" in response.content.decode()


def test_a_wrong_code_is_said_and_kept(people: People, browser_of: BrowserOf) -> None:
    response = browser_of(people.maria).post(f"/children/{people.lena.pk}/clinics/join/", {"code": "WRONG"})
    assert response.status_code == 422
    assert 'value="WRONG"' in response.content.decode()


def test_a_child_without_a_clinic_gets_the_new_one(people: People, browser_of: BrowserOf) -> None:
    maria, pk = browser_of(people.maria), people.lena.pk
    maria.post(f"/children/{pk}/clinics/{people.riverside.pk}/end/")
    maria.post(f"/children/{pk}/clinics/join/", {"code": people.hillside.join_code, "agree": "yes"})
    people.lena.refresh_from_db()
    assert people.lena.clinic == people.hillside


def test_withdrawing_ends_the_consent_and_stands_in_the_log(people: People, browser_of: BrowserOf) -> None:
    maria, pk = browser_of(people.maria), people.lena.pk
    maria.post(f"/children/{pk}/clinics/{people.riverside.pk}/agree/")
    maria.post(f"/children/{pk}/clinics/{people.riverside.pk}/end/")
    assert Consent.objects.get(purpose=Consent.Purpose.SHARE).withdrawn_at == STARTS_AT
    log = AuditEvent.objects.filter(child=people.lena).values_list("verb", "detail")
    assert list(log) == [
        ("agreed", "shared with Riverside Clinic"),
        ("withdrew", "no longer shared with Riverside Clinic"),
    ]


@pytest.mark.parametrize(("person", "status"), [("sam", 403), ("weiss", 404), ("tom", 404)])
def test_only_a_guardian_decides(people: People, browser_of: BrowserOf, person: str, status: int) -> None:
    browser = browser_of(getattr(people, person))
    for path in (f"{people.riverside.pk}/end/", f"{people.riverside.pk}/agree/", "join/"):
        assert browser.post(f"/children/{people.lena.pk}/clinics/{path}").status_code == status
    assert ClinicLink.objects.standing().filter(child=people.lena, agreed_at__isnull=True).count() == 1
