"""The pages about a person's own account: what they agreed to, and closing it."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client
from django.urls import reverse

from ivig_care.accounts.models import User
from ivig_care.actions.consents import AGREE, AGREED_BY_TEXT, consent_note
from ivig_care.actions.replies import reply_take
from ivig_care.care_teams.models import Consent, Membership
from tests.actors import People
from tests.conftest import STARTS_AT

SignedIn = Callable[[User], Client]
pytestmark = pytest.mark.usefixtures("clock")


def test_what_was_agreed_to_stands_there_in_the_words_that_were_shown(people: People, browser_of: SignedIn) -> None:
    sam = browser_of(people.sam)
    assert str(AGREE) in sam.get(reverse("reach")).content.decode()
    sam.post(reverse("reach_add"), {"kind": "sms", "address": "+12125550199", "agree": "on"})
    point = people.sam.contact_points.get(address="+12125550199")
    consent = Consent.objects.get()
    assert (consent.person, consent.purpose, consent.channel) == (people.sam, "remind", "sms")
    assert (consent.words, consent.contact_point, consent.agreed_at) == (str(AGREE), point, STARTS_AT)
    page = sam.get(reverse("own_consents")).content.decode()
    assert str(AGREE) in page
    assert "withdrawn" not in page
    sam.post(reverse("reach_off", args=[point.pk]))
    consent.refresh_from_db()
    assert consent.withdrawn_at == STARTS_AT
    assert "Withdrawn Mon 15 Jun 2026, 9:00 am" in sam.get(reverse("own_consents")).content.decode()


def test_stop_and_start_by_text_are_kept_in_their_own_words(people: People) -> None:
    number = people.maria.contact_points.get(kind="sms").address
    for key, word in enumerate(("STOP", "START", "STOP")):
        reply_take(provider_id=str(key), sender=number, body=word, now=STARTS_AT)
    consent = Consent.objects.get()
    assert (consent.words, consent.withdrawn_at) == (str(AGREED_BY_TEXT), STARTS_AT)


def test_nobody_sees_what_another_agreed_to(people: People, browser_of: SignedIn) -> None:
    share = Consent.Purpose.SHARE
    consent_note(person=people.maria, purpose=share, words="Ours", now=STARTS_AT, child=people.lena)
    assert "Ours" not in browser_of(people.sam).get(reverse("own_consents")).content.decode()
    assert "Ours" in browser_of(people.maria).get(reverse("own_consents")).content.decode()


def test_closing_is_explained_and_asks_to_be_sure(people: People, browser_of: SignedIn) -> None:
    sam = browser_of(people.sam)
    page = sam.get(reverse("account_close"))
    assert "Your place as caregiver of Lena" in page.content.decode()
    stopped = sam.post(reverse("account_close"))
    assert (stopped.status_code, Membership.objects.filter(user=people.sam).count()) == (422, 1)
    assert "Tick the box first" in stopped.content.decode()


def test_closing_signs_out(people: People, browser_of: SignedIn) -> None:
    sam = browser_of(people.sam)
    closed = sam.post(reverse("account_close"), {"sure": "on"}, follow=True)
    assert closed.redirect_chain == [(reverse("account_request_login_code"), 302)]
    assert "Your account is closed" in closed.content.decode()
    assert sam.get(reverse("reach")).status_code == 302
    assert not Membership.objects.filter(user=people.sam).exists()


def test_the_only_guardian_reads_what_to_do(people: People, browser_of: SignedIn) -> None:
    stopped = browser_of(people.maria).post(reverse("account_close"), {"sure": "on"})
    assert (stopped.status_code, Membership.objects.filter(user=people.maria).count()) == (422, 1)
    assert "only guardian of Lena" in stopped.content.decode()


def test_the_only_guardian_is_led_to_the_care_team_before_anything_is_asked(
    people: People, browser_of: SignedIn
) -> None:
    page = browser_of(people.maria).get(reverse("account_close")).content.decode()
    assert reverse("child_team", args=[people.lena.pk]) in page
    assert "Close my account" not in page
