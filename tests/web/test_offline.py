"""What makes the site an app on a phone: the manifest, the worker, which pages may be kept and by whom."""

from __future__ import annotations

import json
import re
from collections.abc import Callable

import pytest
from django.conf import settings
from django.contrib.staticfiles import finders
from django.test import Client
from django.urls import reverse

from ivig_care.accounts.models import User
from ivig_care.plans.models import Infusion
from tests.actors import People

SignedIn = Callable[[User], Client]


def test_the_manifest_has_what_a_home_screen_asks_for() -> None:
    response = Client().get("/manifest.webmanifest")
    assert response.headers["Content-Type"] == "application/manifest+json"
    said = response.json()
    assert (said["id"], said["start_url"], said["scope"], said["display"]) == ("/", "/", "/", "standalone")
    assert said["lang"] == "en"
    icons = {(icon["sizes"], icon["purpose"]): icon["src"] for icon in said["icons"]}
    assert set(icons) == {("192x192", "any"), ("512x512", "any"), ("512x512", "maskable")}
    assert all(finders.find(src.removeprefix("/static/")) for src in icons.values())


def test_the_manifest_speaks_the_language_of_the_browser() -> None:
    assert Client().get("/manifest.webmanifest", headers={"Accept-Language": "es"}).json()["lang"] == "es"


def test_every_page_names_the_manifest_and_the_icon_of_an_iphone() -> None:
    page = Client().get("/accounts/login/").content.decode()
    assert '<link rel="manifest" href="/manifest.webmanifest">' in page
    assert re.search(r'<link rel="apple-touch-icon" href="/static/icons/apple-touch-icon.png">', page)


def test_the_worker_knows_the_files_of_every_page() -> None:
    script = Client().get("/sw.js").content.decode()
    found = re.match(r"const SITE = (\{.*\});\n", script)
    assert found is not None
    site = json.loads(found[1])
    assert re.fullmatch(r"[0-9a-f]{12}", site["version"])
    assert site["signOut"] == reverse("account_logout")
    assert site["shell"][-2:] == ["/offline/en/", "/offline/es/"]
    assert all(finders.find(url.removeprefix("/static/")) for url in site["shell"][:-2])
    assert "showNotification" in script


def test_the_page_without_a_signal_says_whom_to_call() -> None:
    page = Client().get("/offline/").content.decode()
    assert "Call the emergency number now." in page


def test_the_queue_is_told_who_is_there(people: People, browser_of: SignedIn) -> None:
    maria, sam = (browser_of(person).get("/queue/").json() for person in (people.maria, people.sam))
    assert set(maria) == {"person", "token", "now"}
    assert maria["person"] != sam["person"]
    assert Client().get("/queue/").status_code == 302


@pytest.mark.usefixtures("clock")
def test_a_family_keeps_its_pages_and_each_says_how_old_it_is(
    infusion: Infusion, people: People, browser_of: SignedIn
) -> None:
    maria = browser_of(people.maria)
    page = maria.get(reverse("checklist", args=[infusion.pk]))
    assert page.headers["X-Kept"] == "yes"
    assert page.headers["X-Person"] == maria.get("/queue/").json()["person"]
    assert page.headers["Cache-Control"] == "private, no-store"
    assert 'id="kept" hidden' in page.content.decode()
    assert '<template id="sheet-of-any">' in page.content.decode()
    assert 'name="reason" value="vomited"' in page.content.decode()
    assert "This is how it looked at <strong>Mon 15 Jun, 9:00 am</strong>." in page.content.decode()


@pytest.mark.usefixtures("clock")
def test_pages_about_the_account_are_not_kept(people: People, browser_of: SignedIn) -> None:
    page = browser_of(people.maria).get("/you/")
    assert "X-Kept" not in page.headers
    assert 'id="kept"' not in page.content.decode()


@pytest.mark.usefixtures("clock")
def test_staff_keep_nothing(infusion: Infusion, people: People, browser_of: SignedIn) -> None:
    page = browser_of(people.weiss).get(reverse("checklist", args=[infusion.pk]))
    assert page.status_code == 200
    assert "X-Kept" not in page.headers
    assert 'id="kept"' not in page.content.decode()


@pytest.mark.usefixtures("clock")
def test_a_fragment_and_a_refused_form_are_not_kept(infusion: Infusion, people: People, browser_of: SignedIn) -> None:
    maria = browser_of(people.maria)
    step = infusion.steps.get(slot="premedication.d1.acetaminophen")
    refused = maria.post(reverse("step_tick", args=[step.pk]), {"at": "yesterday"})
    assert refused.status_code == 422
    assert "X-Kept" not in refused.headers
    fragment = maria.get(reverse("checklist", args=[infusion.pk]), headers={"HX-Request": "true"})
    assert "X-Kept" not in fragment.headers


def test_nobodys_page_is_for_nobody() -> None:
    assert Client().get("/accounts/login/").headers["X-Person"] == ""
    assert "X-Person" not in Client().get("/manifest.webmanifest").headers


def test_the_files_of_the_worker_are_short() -> None:
    for script in (settings.BASE_DIR / "static" / "js").glob("*.js"):
        assert len(script.read_text().splitlines()) <= 150, script.name


@pytest.mark.parametrize(("language", "words"), [("en", "No connection"), ("es", "Sin conexión")])
def test_the_page_without_a_signal_is_there_in_each_language(language: str, words: str) -> None:
    response = Client().get(f"/offline/{language}/", headers={"Accept-Language": "en"})
    assert f"<h1>{words}</h1>" in response.content.decode()
    assert f'<html lang="{language}">' in response.content.decode()
    assert response.headers["Content-Language"] == language


def test_no_page_without_a_signal_is_in_a_language_that_nobody_speaks_here() -> None:
    assert Client().get("/offline/xx/").status_code == 404


def test_the_worker_says_in_each_language_what_a_message_without_words_says() -> None:
    site = json.loads(Client().get("/sw.js").content.decode().split("\n")[0].removeprefix("const SITE = ")[:-1])
    assert site["words"] == {
        "en": "Open the checklist to see what is to do.",
        "es": "Abre la lista para ver qué hay que hacer.",
    }
    assert site["offline"] == {"en": "/offline/en/", "es": "/offline/es/"}
