"""Whoever asks is answered in their language."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.test import Client

from ivig_care.accounts.models import User
from tests.actors import People

BrowserOf = Callable[[User], Client]
pytestmark = pytest.mark.django_db


def test_a_stranger_is_answered_in_the_language_of_the_browser() -> None:
    page = Client(headers={"accept-language": "es-MX,es;q=0.9,en;q=0.5"}).get("/accounts/login/code/")
    assert page.headers["Content-Language"] == "es"
    assert '<html lang="es">' in page.text
    assert {"Accept-Language", "Cookie"} <= {name.strip() for name in page.headers["Vary"].split(",")}


def test_a_language_that_we_do_not_speak_is_answered_in_english() -> None:
    page = Client(headers={"accept-language": "fr"}).get("/accounts/login/code/")
    assert '<html lang="en">' in page.text


def test_a_stranger_chooses_and_comes_back_to_the_page() -> None:
    browser = Client(headers={"accept-language": "en"})
    back = browser.post(
        "/language/", {"language": "es"}, headers={"referer": "http://testserver/accounts/login/code/?next=/you/"}
    )
    assert (back.status_code, back.headers["Location"]) == (302, "/accounts/login/code/?next=/you/")
    cookie = browser.cookies[settings.LANGUAGE_COOKIE_NAME]
    assert (cookie.value, cookie["httponly"], cookie["samesite"]) == ("es", True, "Lax")
    assert '<html lang="es">' in browser.get("/accounts/login/code/").text


@pytest.mark.parametrize(
    "before",
    [
        *("https://evil.example/x", "//evil.example", "javascript:alert(1)", "", "http://[", "\u00a0\u00a1\u00fe"),
        *("http://testserver//evil.example/x", "http://testserver/\\evil.example", "no/page", "?x=1"),
    ],
)
def test_the_way_back_is_ours_alone(before: str) -> None:
    assert Client().post("/language/", {"language": "es"}, headers={"referer": before}).headers["Location"] == "/"


@pytest.mark.parametrize("language", ["", "fr", "es-MX", "../es", "e" * 300])
def test_a_language_that_is_none_changes_nothing(language: str) -> None:
    browser = Client()
    assert browser.post("/language/", {"language": language}).status_code == 302
    assert settings.LANGUAGE_COOKIE_NAME not in browser.cookies


@pytest.mark.parametrize("origin", ["https://evil.example", "null", "http://testserver.evil.example"])
def test_another_site_chooses_nothing(origin: str) -> None:
    browser = Client(enforce_csrf_checks=True)
    browser.post("/language/", {"language": "es"}, headers={"origin": origin})
    assert settings.LANGUAGE_COOKIE_NAME not in browser.cookies
    browser.post("/language/", {"language": "es"}, headers={"origin": "http://testserver"})
    assert browser.cookies[settings.LANGUAGE_COOKIE_NAME].value == "es"


def test_errors_are_answered_in_the_language_too(people: People, browser_of: BrowserOf) -> None:
    browser = browser_of(people.maria)
    browser.post("/language/", {"language": "es"})
    assert '<html lang="es">' in browser.get("/infusions/0/").text


def test_a_signed_in_person_is_spoken_to_in_their_language_wherever_they_are(
    people: People, browser_of: BrowserOf
) -> None:
    browser_of(people.maria).post("/language/", {"language": "es"})
    people.maria.refresh_from_db()
    assert people.maria.language == "es"
    elsewhere = browser_of(people.maria)
    elsewhere.cookies[settings.LANGUAGE_COOKIE_NAME] = "en"
    assert '<html lang="es">' in elsewhere.get("/you/", headers={"accept-language": "en"}).text


def test_whoever_signs_in_with_a_browser_in_spanish_gets_messages_in_spanish(people: People) -> None:
    people.tom.set_password("demo-infusion-day")
    people.tom.save()
    browser = Client(headers={"accept-language": "es"})
    said = {"login": people.tom.email, "password": "demo-infusion-day"}
    assert browser.post("/accounts/login/", said).status_code == 302
    people.tom.refresh_from_db()
    assert people.tom.language == "es"


def test_a_code_to_sign_in_is_in_the_language_of_its_person(
    people: People, mailoutbox: list[EmailMultiAlternatives]
) -> None:
    User.objects.filter(pk=people.tom.pk).update(language="es")
    Client(headers={"accept-language": "en"}).post("/accounts/login/code/", {"login": people.tom.email})
    assert "es tu código para iniciar sesión" in str(mailoutbox[0].body)


def test_a_language_that_is_spoken_no_more_is_none(people: People, browser_of: BrowserOf) -> None:
    User.objects.filter(pk=people.maria.pk).update(language="la")
    assert '<html lang="en">' in browser_of(people.maria).get("/you/").text
