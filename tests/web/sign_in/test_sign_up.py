"""Accounts come from invitations: a name, an address that is proved, no password."""

from __future__ import annotations

from datetime import timedelta

import pytest
from allauth.account.models import EmailAddress
from django.core import mail
from django.test import Client

from ivig_care.accounts.models import User
from ivig_care.care_teams.models import Invitation, Role
from ivig_care.common import clock
from ivig_care.common.secrets import secret_hash
from tests.actors import People
from tests.web.sign_in.codes import mailed_code, place

pytestmark = pytest.mark.usefixtures("clock")
SIGN_UP, PROVE = "/accounts/signup/", "/accounts/confirm-email/"
NEXT = "/invitations/K7QM2XRB9TFA/"


def invited(client: Client) -> Client:
    """A browser in which the page of an open invitation was opened."""
    maria = User.objects.get(email="maria@example.org")
    now = clock.now()
    Invitation.objects.get_or_create(
        code_hash=secret_hash("K7QM2XRB9TFA"),
        defaults={
            "role": Role.CAREGIVER,
            "child": maria.memberships.get().child,
            "created_by": maria,
            "created_at": now,
            "expires_at": now + timedelta(days=7),
        },
    )
    session = client.session
    session["invitation"] = "K7QM2XRB9TFA"
    session.save()
    return client


def test_with_an_invitation_somebody_signs_up_and_goes_on_to_it(people: People, client: Client) -> None:
    invited(client)
    form = client.get(f"{SIGN_UP}?next={NEXT}").content.decode()
    assert ("Make an account" in form, 'type="password"' in form) == (True, False)
    said = client.post(SIGN_UP, {"name": "  Ann  Example ", "email": "Ann@Example.org", "next": NEXT})
    assert place(said) == PROVE
    assert "_auth_user_id" not in client.session
    proved = client.post(PROVE, {"code": mailed_code()})
    assert proved.headers["Location"] == NEXT
    ann = User.objects.get(email="ann@example.org")
    assert (ann.name, ann.has_usable_password(), client.session["_auth_user_id"]) == ("Ann Example", False, str(ann.pk))
    row = EmailAddress.objects.get(user=ann)
    assert (row.email, row.verified, row.primary) == ("ann@example.org", True, True)
    assert client.session["invitation"] == "K7QM2XRB9TFA"


def _none(client: Client) -> None:
    pass


def _expired(client: Client) -> None:
    invited(client)
    Invitation.objects.update(expires_at=clock.now())


def _revoked(client: Client) -> None:
    invited(client)
    Invitation.objects.update(revoked_at=clock.now())


def _accepted(client: Client) -> None:
    invited(client)
    tom = User.objects.get(email="tom@example.org")
    Invitation.objects.update(accepted_at=clock.now(), accepted_by=tom)


def _forged(client: Client) -> None:
    invited(client)
    session = client.session
    session["invitation"] = "AAAAAAAAAAAA"
    session.save()


def _no_text(client: Client) -> None:
    invited(client)
    session = client.session
    session["invitation"] = ["K7QM2XRB9TFA"]
    session.save()


@pytest.mark.parametrize("without", [_none, _expired, _revoked, _accepted, _forged, _no_text])
def test_without_an_open_invitation_nobody_signs_up(without: object, people: People, client: Client) -> None:
    without(client)  # type: ignore[operator]
    before = User.objects.count()
    for page in (client.get(SIGN_UP), client.post(SIGN_UP, {"name": "Ann", "email": "ann@example.org"})):
        assert "You need an invitation" in page.content.decode()
    assert (User.objects.count(), mail.outbox) == (before, [])


def test_somebody_known_is_told_by_mail_and_gets_no_second_account(people: People, client: Client) -> None:
    invited(client)
    said = client.post(SIGN_UP, {"name": "Sam", "email": "SAM@example.org"})
    assert place(said) == PROVE
    assert mail.outbox[-1].subject == "You have an account already"
    assert User.objects.filter(email__iexact="sam@example.org").count() == 1
    assert "_auth_user_id" not in client.session


def test_nobody_gets_in_before_the_address_is_proved(people: People, client: Client) -> None:
    invited(client)
    client.post(SIGN_UP, {"name": "Ann", "email": "ann@example.org"})
    assert place(client.get("/")) == "/accounts/login/code/"
    ann = User.objects.get(email="ann@example.org")
    assert not EmailAddress.objects.get(user=ann).verified


@pytest.mark.parametrize("name", ["", "   ", "x" * 101])
def test_a_name_is_needed(name: str, people: People, client: Client) -> None:
    invited(client)
    page = client.post(SIGN_UP, {"name": name, "email": "ann@example.org"})
    assert 'aria-invalid="true"' in page.content.decode()
    assert not User.objects.filter(email="ann@example.org").exists()


def test_who_has_just_signed_up_is_not_asked_for_a_second_code(people: People, client: Client) -> None:
    invited(client)
    client.post(SIGN_UP, {"name": "Ann", "email": "ann@example.org", "next": NEXT})
    client.post(PROVE, {"code": mailed_code()})
    assert [record["method"] for record in client.session["account_authentication_methods"]] == ["code"]
    assert client.get("/accounts/2fa/totp/activate/").status_code == 200
    assert client.get("/you/log/").content.decode().count("signed in: code") == 1


def test_who_wrote_a_wrong_address_goes_back_and_writes_another(people: People, client: Client) -> None:
    invited(client)
    client.post(SIGN_UP, {"name": "Ann", "email": "nan@example.org", "next": NEXT})
    back = f'href="{SIGN_UP}?next={NEXT}"'
    assert back in client.get(PROVE).content.decode()
    assert "Make an account" in client.get(f"{SIGN_UP}?next={NEXT}").content.decode()
    client.post(SIGN_UP, {"name": "Ann", "email": "ann@example.org", "next": NEXT})
    assert client.post(PROVE, {"code": mailed_code()}).headers["Location"] == NEXT
    assert client.session["_auth_user_id"] == str(User.objects.get(email="ann@example.org").pk)
