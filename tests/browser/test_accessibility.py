"""Axe finds nothing to say, on every page, in light and dark, on a phone and at a desk."""

from __future__ import annotations

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

from tests.browser.conftest import PAGES, Scenes, Visit
from tests.browser.visits import DEVICES, sheet_open, unfold

pytestmark = [pytest.mark.browser, pytest.mark.timeout(180)]

# What depends on the colours alone; everything else is the same in light and dark.
COLOURS = ("color-contrast", "link-in-text-block")


def violations(page: Page, *, only: tuple[str, ...] = ()) -> list[str]:
    """What axe has against the page as it is: rule, and the first element."""
    options: dict[str, object] = {"resultTypes": ["violations"]}
    if only:
        options["runOnly"] = {"type": "rule", "values": only}
    found = Axe().run(page, options=options).response["violations"]
    return [f"{one['id']} ({one['impact']}): {one['nodes'][0]['html'][:200]}" for one in found]


@pytest.mark.parametrize("device", DEVICES)
@pytest.mark.parametrize("person", PAGES)
def test_axe_finds_nothing(scenes: Scenes, visit: Visit, person: str, device: str) -> None:
    page = visit(person, DEVICES[device])
    found = {}
    for address in PAGES[person]:
        page.emulate_media(color_scheme="light")
        page.goto(scenes.at(address))
        unfold(page)
        found[address] = violations(page)
        page.emulate_media(color_scheme="dark")
        found[f"{address} in the dark"] = violations(page, only=COLOURS)
    assert {address: said for address, said in found.items() if said} == {}


def test_axe_finds_nothing_in_a_toast_or_beside_a_problem(visit: Visit, infusion_url: str) -> None:
    page = visit("maria")
    page.goto(infusion_url)
    page.get_by_role("button", name="Both given now").click()
    page.get_by_text("Acetaminophen: given").wait_for()
    sheet_open(page.locator("#next ~ .card article", has_text="Acetaminophen").first)
    page.get_by_role("button", name="just now").first.click()
    page.get_by_text("Next allowed").first.wait_for()
    page.get_by_label("It was given all the same").wait_for()
    assert violations(page) == []
