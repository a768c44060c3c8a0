"""Coming in by invitation: what a code opens, for whom, once, and what goes with a guardian's place."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.core import mail
from django.test import Client
from time_machine import Traveller

from ivig_care.accounts.models import ContactPoint, User
from ivig_care.actions.care_teams import clinic_link_agree, place_end
from ivig_care.actions.consents import AGREE
from ivig_care.actions.invitations import MOST_OPEN, MOST_WRONG_YEARS, invitation_make
from ivig_care.care_teams.access import Right, may
from ivig_care.care_teams.models import AuditEvent, ClinicLink, Consent, Invitation, Membership, Role, Told
from ivig_care.web.limits import MOST_FAILURES
from tests.actors import People
from tests.conftest import STARTS_AT
from tests.factories import MembershipFactory, UserFactory
from tests.password import PASSWORD

pytestmark = pytest.mark.usefixtures("clock")

BrowserOf = Callable[[User], Client]


def invited(people: People, role: Role = Role.CAREGIVER, *, by: User | None = None) -> str:
    """The code of an invitation into Lena's care team."""
    return invitation_make(role=role, by=by or people.maria, now=STARTS_AT, child=people.lena, name="Oma")[1]


@pytest.fixture
def oma(db: None) -> User:
    """Somebody with an account and no place anywhere."""
    return UserFactory.create(name="Oma", email="oma@example.org")


def invited_first(people: People) -> str:
    """The code of the clinic's invitation for the first guardian of a child whose family is not here yet."""
    Membership.objects.filter(child=people.lena).delete()
    return invited(people, Role.GUARDIAN, by=people.weiss)


def places(user: User) -> list[tuple[str, str]]:
    return list(Membership.objects.filter(user=user).values_list("role", "told"))


# --- what is seen before --------------------------------------------------------------------------


def test_before_signing_in_it_says_who_invites_and_no_name(people: People, client: Client) -> None:
    page = client.get(f"/invitations/{invited(people)}/").content.decode()
    assert "Maria invites you" in page
    assert "<strong>L. M.</strong>" in page
    assert "Lena" not in page
    assert "Moreno" not in page


def test_looking_uses_nothing_up(people: People, client: Client, oma: User, browser_of: BrowserOf) -> None:
    code = invited(people)
    for _ in range(3):
        client.get(f"/invitations/{code}/")
    browser_of(oma).post(f"/invitations/{code}/accept/")
    assert places(oma) == [(Role.CAREGIVER, Told.SECOND)]


def test_whoever_came_by_a_code_may_sign_up(people: People, client: Client) -> None:
    code = invited(people)
    client.get(f"/invitations/{code}/")
    assert client.session["invitation"] == code


def test_a_code_is_typed_leniently(people: People, client: Client) -> None:
    code = invited(people)
    typed = " ".join((code[:4], code[4:8], code[8:])).lower().replace("1", "l").replace("0", "o")
    response = client.post("/invitations/", {"code": typed})
    assert response.headers["Location"] == f"/invitations/{code}/"


def test_a_wrong_code_keeps_what_was_typed(client: Client, db: None) -> None:
    response = client.post("/invitations/", {"code": "NOPE NOPE NOPE"})
    assert response.status_code == 422
    assert 'value="NOPE NOPE NOPE"' in response.content.decode()
    assert "No invitation has this code" in response.content.decode()


@pytest.mark.parametrize("code", ["x", "K7QM2XRB9TFA", "%00", "🙂", "A" * 300])
def test_what_is_no_code_opens_nothing(client: Client, db: None, code: str) -> None:
    response = client.get(f"/invitations/{code}/")
    assert response.status_code == 404
    assert "opens nothing" in response.content.decode()


# --- accepting ------------------------------------------------------------------------------------


def test_nobody_accepts_without_signing_in(people: People, client: Client) -> None:
    response = client.post(f"/invitations/{invited(people)}/accept/")
    assert response.status_code == 302
    assert "/accounts/" in response.headers["Location"]
    assert Invitation.objects.get().accepted_at is None


def test_it_works_once(people: People, oma: User, browser_of: BrowserOf) -> None:
    code = invited(people)
    browser_of(oma).post(f"/invitations/{code}/accept/")
    second = browser_of(people.tom).post(f"/invitations/{code}/accept/")
    assert second.status_code == 404
    assert not may(people.tom, Right.SEE, people.lena)
    assert (Invitation.objects.get().accepted_by, may(oma, Right.RECORD, people.lena)) == (oma, True)


def test_a_viewer_only_sees(people: People, oma: User, browser_of: BrowserOf) -> None:
    browser_of(oma).post(f"/invitations/{invited(people, Role.VIEWER)}/accept/")
    assert places(oma) == [(Role.VIEWER, Told.NEVER)]
    assert (may(oma, Right.SEE, people.lena), may(oma, Right.RECORD, people.lena)) == (True, False)


def test_it_is_over_after_two_weeks(people: People, oma: User, browser_of: BrowserOf, clock: Traveller) -> None:
    code = invited(people)
    clock.move_to(STARTS_AT + timedelta(days=14))
    assert browser_of(oma).post(f"/invitations/{code}/accept/").status_code == 404
    assert places(oma) == []


def test_it_is_over_when_it_is_taken_back(people: People, oma: User, browser_of: BrowserOf) -> None:
    code = invited(people)
    browser_of(people.maria).post(f"/children/{people.lena.pk}/invitations/{Invitation.objects.get().pk}/end/")
    assert browser_of(oma).post(f"/invitations/{code}/accept/").status_code == 404
    assert places(oma) == []


def test_it_is_over_when_whoever_made_it_may_no_longer_invite(people: People, oma: User, browser_of: BrowserOf) -> None:
    admin = UserFactory.create(name="Ada")
    MembershipFactory.create(user=admin, clinic=people.riverside, role=Role.ADMIN)
    MembershipFactory.create(user=people.weiss, clinic=people.riverside, role=Role.ADMIN)
    code = invitation_make(role=Role.NURSE, by=admin, now=STARTS_AT, clinic=people.riverside, name="N")[1]
    place_end(place=Membership.objects.get(user=admin), by=people.weiss, now=STARTS_AT)
    assert browser_of(oma).post(f"/invitations/{code}/accept/").status_code == 404
    assert places(oma) == []


def test_reminders_by_email_only_for_whoever_agrees(people: People, oma: User, browser_of: BrowserOf) -> None:
    browser_of(oma).post(f"/invitations/{invited(people)}/accept/")
    assert not ContactPoint.objects.filter(user=oma).exists()


def test_who_agrees_is_reminded_by_email(people: People, oma: User, browser_of: BrowserOf) -> None:
    browser_of(oma).post(f"/invitations/{invited(people)}/accept/", {"remind_by_email": "on"})
    assert ContactPoint.objects.usable().get(user=oma).address == "oma@example.org"
    assert Consent.objects.get(person=oma).words == str(AGREE)


def test_nobody_accepts_what_they_made_themselves(people: People, browser_of: BrowserOf) -> None:
    code = invited_first(people)
    response = browser_of(people.weiss).post(f"/invitations/{code}/accept/", {"born_in": "2017"})
    assert (response.status_code, "somebody else must accept it" in response.content.decode()) == (422, True)
    assert not may(people.weiss, Right.CONSENT, people.lena)
    assert Invitation.objects.get().accepted_at is None


def test_a_caregiver_becomes_a_guardian(people: People, browser_of: BrowserOf) -> None:
    browser_of(people.sam).post(f"/invitations/{invited(people, Role.GUARDIAN)}/accept/", {"born_in": "2017"})
    assert places(people.sam) == [(Role.GUARDIAN, Told.FIRST)]


def test_a_guardian_never_becomes_less(people: People, browser_of: BrowserOf) -> None:
    code = invited(people)
    response = browser_of(people.maria).post(f"/invitations/{code}/accept/")
    assert "You are a guardian of Lena already." in response.content.decode()
    assert (response.status_code, places(people.maria)) == (422, [(Role.GUARDIAN, Told.FIRST)])
    assert Invitation.objects.get().accepted_at is None


# --- a guardian's place ---------------------------------------------------------------------------


def test_a_guardian_says_when_the_child_was_born(people: People, oma: User, browser_of: BrowserOf) -> None:
    code, browser = invited_first(people), browser_of(oma)
    assert "In which year was the child born?" in browser.get(f"/invitations/{code}/").content.decode()
    wrong = browser.post(f"/invitations/{code}/accept/", {"born_in": "2016"})
    assert "You can try 4 more times." in wrong.content.decode()
    assert (wrong.status_code, places(oma)) == (422, [])
    browser.post(f"/invitations/{code}/accept/", {"born_in": "2017"})
    assert places(oma) == [(Role.GUARDIAN, Told.FIRST)]


def test_guessing_the_year_ends_the_invitation(people: People, oma: User, browser_of: BrowserOf) -> None:
    code, browser = invited(people, Role.GUARDIAN), browser_of(oma)
    said = [
        browser.post(f"/invitations/{code}/accept/", {"born_in": str(year)}).content.decode()
        for year in range(2000, 2000 + MOST_WRONG_YEARS)
    ]
    assert ["this invitation is over now" in page for page in said] == [False] * (MOST_WRONG_YEARS - 1) + [True]
    assert browser.post(f"/invitations/{code}/accept/", {"born_in": "2017"}).status_code == 404
    assert places(oma) == []
    last = AuditEvent.objects.filter(child=people.lena).latest("number")
    assert (last.verb, last.about, last.detail) == ("ended", "invitation", "Oma did not know when the child was born")


@pytest.mark.parametrize("typed", ["", "abc", "17", "20170", "²⁰¹⁷"])
def test_what_is_no_year_is_said(people: People, oma: User, browser_of: BrowserOf, typed: str) -> None:
    code = invited(people, Role.GUARDIAN)
    response = browser_of(oma).post(f"/invitations/{code}/accept/", {"born_in": typed})
    assert (response.status_code, Invitation.objects.get().wrong_years) == (422, 0)
    assert "Write the year with four digits" in response.content.decode()


def test_the_first_guardian_agrees_to_the_clinic_in_words(people: People, oma: User, browser_of: BrowserOf) -> None:
    code = invited_first(people)
    page = browser_of(oma).get(f"/invitations/{code}/").content.decode()
    assert ("Riverside Clinic may see what is recorded about L. M.:" in page, "Lena" in page) == (True, False)
    browser_of(oma).post(f"/invitations/{code}/accept/", {"born_in": "2017"})
    assert ClinicLink.objects.get(child=people.lena).agreed_by == oma
    consent = Consent.objects.get(person=oma, purpose=Consent.Purpose.SHARE)
    assert (consent.clinic, consent.child, consent.agreed_at) == (people.riverside, people.lena, STARTS_AT)
    assert consent.words.startswith("Riverside Clinic may see what is recorded about L. M.:")


def test_a_second_guardian_agrees_too(people: People, oma: User, browser_of: BrowserOf) -> None:
    clinic_link_agree(child=people.lena, clinic=people.riverside, by=people.maria, now=STARTS_AT)
    code = invited(people, Role.GUARDIAN)
    browser_of(oma).post(f"/invitations/{code}/accept/", {"born_in": "2017"})
    agreed = Consent.objects.filter(purpose=Consent.Purpose.SHARE).values_list("person", flat=True)
    assert set(agreed) == {people.maria.pk, oma.pk}


def test_it_stands_in_the_log(people: People, oma: User, browser_of: BrowserOf) -> None:
    browser_of(oma).post(f"/invitations/{invited(people)}/accept/")
    log = AuditEvent.objects.filter(child=people.lena).values_list("verb", "who", "role", "detail")
    assert list(log) == [
        ("shared", "Maria", "guardian", "caregiver"),
        ("agreed", "Oma", "caregiver", "caregiver, invited by Maria"),
    ]


# --- making ---------------------------------------------------------------------------------------


def test_the_next_page_shows_link_code_and_picture(people: People, browser_of: BrowserOf) -> None:
    typed = {"role": "caregiver", "name": "Oma", "email": ""}
    response = browser_of(people.maria).post(f"/children/{people.lena.pk}/invite/", typed, follow=True)
    page = response.content.decode()
    (code,) = re.findall(r"/invitations/([0-9A-Z]{12})/", page)
    assert f"{code[:4]} {code[4:8]} {code[8:]}" in page
    assert "<svg" in page
    assert "no-store" in response.headers["Cache-Control"]
    assert code not in str(list(Invitation.objects.values()))
    assert mail.outbox == []


def test_it_is_sent_where_it_should_go(people: People, browser_of: BrowserOf) -> None:
    typed = {"role": "caregiver", "name": "Oma", "email": "oma@example.org"}
    page = browser_of(people.maria).post(f"/children/{people.lena.pk}/invite/", typed, follow=True).content.decode()
    (message,) = mail.outbox
    assert "Sent to oma@example.org." in page
    assert (message.to, message.subject) == (["oma@example.org"], "An invitation")
    assert "Maria invites you to help with a checklist" in str(message.body)
    assert "Lena" not in str(message.body)


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ({"role": "caregiver", "name": ""}, "Write what you call the person."),
        ({"role": "clinician", "name": "X"}, "Choose what the person will be."),
        ({"role": "caregiver", "name": "X", "email": "nowhere"}, "That is not an e-mail address."),
    ],
)
def test_what_is_missing_is_said_and_kept(
    people: People, browser_of: BrowserOf, typed: dict[str, str], said: str
) -> None:
    response = browser_of(people.maria).post(f"/children/{people.lena.pk}/invite/", typed)
    page = response.content.decode()
    assert (response.status_code, said in page, Invitation.objects.count()) == (422, True, 0)
    assert f'value="{typed.get("email") or typed["name"]}"' in page


def test_not_without_end(people: People, browser_of: BrowserOf) -> None:
    for _ in range(MOST_OPEN):
        invited(people)
    typed = {"role": "caregiver", "name": "One more"}
    response = browser_of(people.maria).post(f"/children/{people.lena.pk}/invite/", typed)
    assert (response.status_code, Invitation.objects.count()) == (422, MOST_OPEN)


@pytest.mark.parametrize(("person", "status"), [("sam", 403), ("weiss", 404), ("tom", 404), ("lee", 404)])
def test_only_guardians_invite_into_a_family(people: People, browser_of: BrowserOf, person: str, status: int) -> None:
    typed = {"role": "guardian", "name": "Me"}
    response = browser_of(getattr(people, person)).post(f"/children/{people.lena.pk}/invite/", typed)
    assert (response.status_code, Invitation.objects.count()) == (status, 0)


def test_whoever_signed_in_long_ago_confirms_first_and_loses_nothing(
    people: People, weak_browser_of: BrowserOf
) -> None:
    browser, address = weak_browser_of(people.maria), f"/children/{people.lena.pk}/invite/"
    response = browser.post(address, {"role": "caregiver", "name": "Oma"})
    assert response.headers["Location"].startswith("/accounts/")
    assert not Invitation.objects.exists()
    page = browser.post("/accounts/reauthenticate/", {"password": PASSWORD, "next": address}, follow=True)
    assert "An invitation for Oma" in page.content.decode()


@pytest.mark.parametrize("way", ["link", "typed"])
def test_guessing_codes_ends_in_a_wait(client: Client, people: People, way: str) -> None:
    code = invited(people)
    for number in range(MOST_FAILURES):
        if way == "link":
            client.get(f"/invitations/WRONG{number}/")
        else:
            client.post("/invitations/", {"code": f"WRONG{number}"})
    assert client.get(f"/invitations/{code}/").status_code == 429


def test_once_a_guardian_is_here_a_clinic_brings_nobody_into_the_family(
    people: People, oma: User, browser_of: BrowserOf
) -> None:
    code = invited_first(people)
    MembershipFactory.create(user=people.maria, child=people.lena, role=Role.GUARDIAN)
    assert browser_of(oma).post(f"/invitations/{code}/accept/", {"born_in": "2017"}).status_code == 404
    response = browser_of(people.weiss).post(f"/clinic/children/{people.lena.pk}/invite/", {"name": "Oma"})
    assert response.status_code == 422
    assert (places(oma), Invitation.objects.count()) == ([], 1)


def test_a_clinic_takes_back_its_own_invitation_and_no_other(people: People, browser_of: BrowserOf) -> None:
    invited(people, Role.GUARDIAN)
    theirs = Invitation.objects.get()
    invited_first(people)
    ours = Invitation.objects.exclude(pk=theirs.pk).get()
    doctor = browser_of(people.weiss)
    statuses = [
        doctor.post(f"/clinic/children/{people.lena.pk}/invitations/{one.pk}/end/").status_code
        for one in (theirs, ours)
    ]
    assert statuses == [404, 302]
    assert list(Invitation.objects.order_by("pk").values_list("revoked_at", flat=True)) == [None, STARTS_AT]


def test_loading_that_page_again_makes_nothing_new(people: People, browser_of: BrowserOf, clock: Traveller) -> None:
    maria = browser_of(people.maria)
    maria.post(f"/children/{people.lena.pk}/invite/", {"role": "caregiver", "name": "Oma", "email": "o@example.org"})
    pages = [maria.get("/handout/").content.decode() for _ in range(2)]
    first, second = (re.findall(r"/invitations/[0-9A-Z]{12}/", page) for page in pages)
    assert all("Sent to o@example.org." in page for page in pages)
    assert (first == second, Invitation.objects.count(), len(mail.outbox)) == (True, 1, 1)
    assert browser_of(people.maria).get("/handout/").status_code == 410
    clock.shift(timedelta(minutes=10))
    assert maria.get("/handout/").status_code == 410


def test_the_session_does_not_tell_the_code(people: People, browser_of: BrowserOf) -> None:
    maria = browser_of(people.maria)
    maria.post(f"/children/{people.lena.pk}/invite/", {"role": "caregiver", "name": "Oma"})
    page = maria.get("/handout/").content.decode()
    (code,) = re.findall(r"/invitations/([0-9A-Z]{12})/", page)
    assert code not in str(dict(maria.session))


def test_what_was_taken_back_is_shown_no_more(people: People, browser_of: BrowserOf) -> None:
    maria = browser_of(people.maria)
    maria.post(f"/children/{people.lena.pk}/invite/", {"role": "caregiver", "name": "Oma"})
    maria.post(f"/children/{people.lena.pk}/invitations/{Invitation.objects.get().pk}/end/")
    assert maria.get("/handout/").status_code == 410
