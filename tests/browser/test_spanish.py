"""Spanish is longer than English: every page still fits a small phone, can be tapped, and is read out as what it is."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import PAGES, Scenes, Visit
from tests.browser.test_accessibility import violations
from tests.browser.test_layout import SMALL_TARGETS, TOO_WIDE
from tests.browser.visits import PHONE, unfold

# The themes differ in colours alone, which are looked at in English.
pytestmark = [pytest.mark.browser, pytest.mark.timeout(600)]


def speak_spanish(page: Page, url: str) -> None:
    """As if the button at the foot of a page had been pressed on this device."""
    page.context.add_cookies([{"name": "language", "value": "es", "url": url}])


@pytest.mark.parametrize("person", PAGES)
def test_every_page_fits_and_reads_well_in_spanish(scenes: Scenes, visit: Visit, person: str) -> None:
    page = visit(person, PHONE)
    speak_spanish(page, scenes.url)
    found: dict[str, object] = {}
    for address in PAGES[person]:
        page.goto(scenes.at(address))
        expect(page.locator("html")).to_have_attribute("lang", "es")
        unfold(page)
        found[f"{address}: too wide"] = page.evaluate(TOO_WIDE)
        found[f"{address}: targets"] = page.evaluate(SMALL_TARGETS)
        found[f"{address}: axe"] = violations(page)
    assert {what: said for what, said in found.items() if said} == {}


def test_the_language_is_chosen_at_the_foot_of_a_page_and_stays(scenes: Scenes, visit: Visit) -> None:
    page = visit("", PHONE)
    page.goto(f"{scenes.url}/accounts/login/code/")
    page.get_by_role("button", name="Español").tap()
    expect(page.get_by_role("heading", level=1)).to_have_text("Iniciar sesión")
    page.goto(f"{scenes.url}/accounts/signup/")
    expect(page.locator("html")).to_have_attribute("lang", "es")
    page.get_by_role("button", name="English").tap()
    expect(page.locator("html")).to_have_attribute("lang", "en")
