"""On paper: the checklist and the infusion card take a page each, on A4 and on Letter, and lead back to the screen."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Scenes, Visit
from tests.browser.visits import DESK, PHONE

pytestmark = [pytest.mark.browser, pytest.mark.timeout(120)]

# A page of a PDF as this browser writes it; the node above all pages is called /Pages.
PAGE = re.compile(rb"/Type\s*/Page\b(?!s)")
ON_PAPER = [
    "/infusions/{running}/print/",
    "/infusions/{long}/print/",
    "/infusion-days/{running day}/print/",
    "/infusion-days/{paused day}/print/",
    "/infusion-days/{long day}/print/",
]
# The tables of which a part is out of sight.
SCROLLED = """() => [...document.querySelectorAll(".scroll")]
  .filter((one) => one.scrollWidth > one.clientWidth)
  .map((one) => `${one.getAttribute("aria-label")}: ${one.scrollWidth} of ${one.clientWidth}`)"""


@pytest.mark.parametrize("size", ["A4", "Letter"])
@pytest.mark.parametrize("language", ["en", "es"])
@pytest.mark.parametrize("address", ON_PAPER)
def test_it_is_one_page(scenes: Scenes, visit: Visit, address: str, size: str, language: str) -> None:
    page = visit("maria", DESK, locale=language)
    page.goto(scenes.at(address))
    assert len(PAGE.findall(page.pdf(format=size))) == 1


@pytest.mark.parametrize("language", ["en", "es"])
@pytest.mark.parametrize("address", ON_PAPER)
def test_before_it_is_printed_it_fits_a_small_phone(scenes: Scenes, visit: Visit, address: str, language: str) -> None:
    page = visit("maria", PHONE, locale=language)
    page.goto(scenes.at(address))
    assert page.evaluate(SCROLLED) == []


def test_the_long_checklist_is_one_of_forty_steps(scenes: Scenes, visit: Visit) -> None:
    page = visit("maria", DESK)
    page.goto(scenes.at("/infusions/{long}/print/"))
    assert page.locator(".paper td.tick").count() >= 40


def test_printed_only_the_paper_is_there(scenes: Scenes, visit: Visit) -> None:
    page = visit("maria", DESK)
    page.goto(scenes.at("/infusion-days/{running day}/print/"))
    expect(page.get_by_role("button", name="Print")).to_be_visible()
    page.emulate_media(media="print")
    for gone in (page.get_by_role("button", name="Print"), page.locator("header.site"), page.locator("footer")):
        expect(gone).to_be_hidden()
    expect(page.get_by_role("img", name="A code to photograph")).to_be_visible()
