"""The staff of a clinic: who invites and removes, what ends at once, and that an admin sees no child."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client

from ivig_care.accounts.models import User
from ivig_care.actions.invitations import invitation_accept, invitation_make
from ivig_care.care_teams.models import AuditEvent, Invitation, Membership, Role
from ivig_care.plans.models import Infusion
from tests.actors import People
from tests.conftest import STARTS_AT
from tests.factories import MembershipFactory, UserFactory

pytestmark = pytest.mark.usefixtures("clock")

BrowserOf = Callable[[User], Client]


@pytest.fixture
def ada(people: People) -> User:
    """The admin of Riverside Clinic, who treats nobody."""
    ada = UserFactory.create(name="Ada", email="ada@example.org")
    MembershipFactory.create(user=ada, clinic=people.riverside, role=Role.ADMIN)
    return ada


def staff(people: People) -> str:
    return f"/clinic/{people.riverside.pk}/staff/"


def end(browser: Client, people: People, user: User) -> int:
    place = Membership.objects.get(user=user, clinic=people.riverside)
    return browser.post(f"{staff(people)}places/{place.pk}/end/").status_code


def test_an_admin_sees_the_staff_and_no_child(
    people: People, ada: User, infusion: Infusion, browser_of: BrowserOf
) -> None:
    browser = browser_of(ada)
    page = browser.get("/", follow=True)
    assert (page.redirect_chain[-1][0], "Weiss" in page.content.decode()) == (staff(people), True)
    assert "Lena" not in page.content.decode()
    for address in ("/clinic/", f"/infusions/{infusion.pk}/", f"/clinic/infusions/{infusion.pk}/review/"):
        assert browser.get(address).status_code == 404


@pytest.mark.parametrize("person", ["weiss", "lee", "maria"])
def test_for_others_the_page_does_not_exist(people: People, ada: User, browser_of: BrowserOf, person: str) -> None:
    browser, before = browser_of(getattr(people, person)), Membership.objects.count()
    assert browser.get(staff(people)).status_code == 404
    assert browser.post(f"{staff(people)}invite/", {"role": "nurse", "name": "N"}).status_code == 404
    assert end(browser, people, ada) == 404
    assert (Membership.objects.count(), Invitation.objects.count()) == (before, 0)


def test_who_leaves_loses_access_at_once(people: People, ada: User, infusion: Infusion, browser_of: BrowserOf) -> None:
    doctor = browser_of(people.weiss)
    assert doctor.get(f"/clinic/infusions/{infusion.pk}/review/").status_code == 200
    assert end(browser_of(ada), people, people.weiss) == 302
    assert doctor.get(f"/clinic/infusions/{infusion.pk}/review/").status_code == 404
    assert doctor.get("/clinic/").status_code == 404


def test_the_only_admin_stays(people: People, ada: User, browser_of: BrowserOf) -> None:
    assert end(browser_of(ada), people, ada) == 422
    assert Membership.objects.filter(user=ada).exists()


def test_a_place_at_another_clinic_is_not_found(people: People, ada: User, browser_of: BrowserOf) -> None:
    place = Membership.objects.get(user=people.lee)
    assert browser_of(ada).post(f"{staff(people)}places/{place.pk}/end/").status_code == 404
    assert Membership.objects.filter(pk=place.pk).exists()


def test_an_admin_invites_a_nurse(people: People, ada: User, browser_of: BrowserOf) -> None:
    answer = browser_of(ada).post(f"{staff(people)}invite/", {"role": "nurse", "name": "Nora"}, follow=True)
    page = answer.content.decode()
    assert "An invitation for Nora" in page
    invitation = Invitation.objects.get()
    assert (invitation.role, invitation.clinic, (invitation.expires_at - STARTS_AT).days) == (
        "nurse",
        people.riverside,
        7,
    )


def test_a_clinician_can_be_an_admin_too(people: People, ada: User, browser_of: BrowserOf) -> None:
    _, code = invitation_make(role=Role.ADMIN, by=ada, now=STARTS_AT, clinic=people.riverside, name="W")
    invitation_accept(code=code, by=people.weiss, now=STARTS_AT)
    page = browser_of(people.weiss).get("/clinic/").content.decode()
    assert f'href="{staff(people)}"' in page
    assert browser_of(people.weiss).get(staff(people)).status_code == 200


def test_coming_and_going_stands_in_the_clinics_log(people: People, ada: User, browser_of: BrowserOf) -> None:
    end(browser_of(ada), people, people.weiss)
    log = AuditEvent.objects.filter(subject=f"clinic {people.riverside.pk}").values_list(
        "verb", "who", "role", "detail"
    )
    assert list(log) == [("ended", "Ada", "clinic admin of Riverside Clinic", "Weiss, clinician")]


# --- children -------------------------------------------------------------------------------------


@pytest.fixture
def nora(people: People) -> User:
    """A nurse of Riverside Clinic."""
    nora = UserFactory.create(name="Nora", email="nora@example.org")
    MembershipFactory.create(user=nora, clinic=people.riverside, role=Role.NURSE)
    return nora


def test_a_nurse_adds_a_child_and_invites_the_guardian(people: People, nora: User, browser_of: BrowserOf) -> None:
    browser = browser_of(nora)
    typed = {"given_name": "Mia", "family_name": "Lind", "born_on": "2019-05-03"}
    page = browser.post(f"/clinic/{people.riverside.pk}/children/new/", typed, follow=True)
    assert "Invite a guardian of Mia Lind" in page.content.decode()
    address = page.redirect_chain[-1][0]
    handout = browser.post(address, {"name": "Mrs Lind", "role": "admin"}, follow=True).content.decode()
    assert "An invitation for Mrs Lind" in handout
    assert Invitation.objects.get().role == Role.GUARDIAN


def test_a_nurse_sees_the_children_and_writes_no_plans(
    people: People, nora: User, infusion: Infusion, browser_of: BrowserOf
) -> None:
    browser = browser_of(nora)
    page = browser.get("/clinic/").content.decode()
    assert ("Lena" in page, "New plan" in page) == (True, False)
    assert browser.get(f"/infusions/{infusion.pk}/").status_code == 200
    for address in (f"/clinic/plans/{infusion.plan_id}/", f"/clinic/infusions/{infusion.pk}/review/"):
        assert browser.get(address).status_code == 403


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"given_name": ""}, "Write the given name."),
        ({"born_on": "2027-01-01"}, "That day has not come yet."),
        ({"born_on": "1817-01-01"}, "Check the year."),
        ({"born_on": "yesterday"}, "Write the day of birth"),
    ],
)
def test_what_is_wrong_with_a_child_is_said(
    people: People, nora: User, browser_of: BrowserOf, more: dict[str, str], said: str
) -> None:
    typed = {"given_name": "Mia", "family_name": "Lind", "born_on": "2019-05-03", **more}
    response = browser_of(nora).post(f"/clinic/{people.riverside.pk}/children/new/", typed)
    assert (response.status_code, said in response.content.decode()) == (422, True)
    assert 'value="Lind"' in response.content.decode()


def test_a_child_is_added_only_at_ones_own_clinic(people: People, nora: User, browser_of: BrowserOf) -> None:
    assert browser_of(nora).get(f"/clinic/{people.hillside.pk}/children/new/").status_code == 404
    assert browser_of(people.maria).get(f"/clinic/{people.riverside.pk}/children/new/").status_code == 404


def test_the_code_to_hang_up(people: People, nora: User, browser_of: BrowserOf) -> None:
    page = browser_of(nora).get(f"/clinic/{people.riverside.pk}/code/").content.decode()
    code = people.riverside.join_code
    assert f"{code[:4]} {code[4:8]} {code[8:]}" in page
    assert "<svg" in page
