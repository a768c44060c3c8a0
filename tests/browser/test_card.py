"""The infusion card in a real browser: a tap and a look for each thing, live on the other phone, with no script too."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Scenes, Visit
from tests.browser.visits import PHONE

pytestmark = [pytest.mark.browser, pytest.mark.timeout(120)]

A_FEW_SECONDS = 8_000


def card_of(page: Page, checklist: str) -> Page:
    """The card of day 1, from its checklist."""
    page.goto(checklist)
    page.get_by_role("link", name="Infusion, day 1 of 2").first.click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("infusion, day 1")
    return page


def started(page: Page) -> Page:
    """The card, after saying that it has started."""
    page.get_by_role("link", name="It has started").click()
    page.get_by_role("button", name="Save").click()
    expect(page.locator("#toasts")).to_contain_text("Day 1 started")
    expect(page.locator(".badge.running").first).to_be_visible()
    return page


def test_the_next_tap_is_on_the_first_screen_and_so_is_when_it_ends(scenes: Scenes, visit: Visit) -> None:
    page = visit("maria", PHONE)
    page.goto(scenes.at("/infusion-days/{running day}/card/"))
    expect(page.get_by_text("Child feels unwell? Tell the nurse at once.")).to_be_in_viewport(ratio=1)
    expect(page.get_by_text("Ends about")).to_be_in_viewport(ratio=1)
    for name in ("The nurse set 48 mL/h at", "It has ended", "Paused", "Another rate"):
        expect(page.get_by_role("link", name=name).first).to_be_in_viewport(ratio=1)


@pytest.mark.parametrize("has_script", [True, False])
def test_a_whole_day_at_the_chair(visit: Visit, infusion_url: str, has_script: bool) -> None:
    page = started(card_of(visit("maria", java_script_enabled=has_script), infusion_url))
    page.get_by_role("link", name="12 mL/h").first.tap()
    page.get_by_role("button", name="Save").tap()
    expect(page.locator("#toasts")).to_contain_text("12 mL/h from")
    page.get_by_role("link", name="Note a bottle").tap()
    page.get_by_label("Brand").fill("Octagam 10 %")
    page.get_by_label("Lot number").fill("K7720")
    page.get_by_role("button", name="Save").tap()
    expect(page.get_by_text("K7720", exact=True)).to_be_visible()
    page.get_by_role("link", name="Another rate").tap()
    page.get_by_label("mL/h on the pump").first.fill("62")
    page.get_by_role("button", name="now", exact=True).tap()
    expect(page.get_by_text("The plan says at most 48 mL/h")).to_be_visible()
    page.get_by_role("button", name="Save").tap()
    expect(page.locator(".banner.danger")).to_contain_text("Ask the nurse")
    page.locator("#toasts").get_by_role("button", name="Undo").tap()
    expect(page.locator(".banner.danger")).to_have_count(0)
    page.get_by_role("link", name="Paused").tap()
    expect(page.get_by_text("While it stands still nobody knows the end")).to_be_visible()
    page.get_by_role("button", name="Save").tap()
    expect(page.locator(".badge.paused")).to_be_visible()
    page.get_by_role("link", name="Goes on at 12 mL/h").tap()
    page.get_by_role("button", name="Save").tap()
    expect(page.locator(".badge.running").first).to_be_visible()


def test_the_other_phone_sees_a_pause_without_reloading(visit: Visit, infusion_url: str) -> None:
    maria = started(card_of(visit("maria"), infusion_url))
    sam = card_of(visit("sam"), infusion_url)
    sam.evaluate("window.isTheSamePage = true")
    maria.get_by_role("link", name="Paused").tap()
    maria.get_by_role("button", name="Save").tap()
    expect(sam.locator(".badge.paused")).to_be_visible(timeout=A_FEW_SECONDS)
    assert sam.evaluate("window.isTheSamePage")


def test_without_a_connection_the_card_says_that_it_may_be_old(scenes: Scenes, visit: Visit) -> None:
    page = visit("maria")
    page.goto(scenes.at("/infusion-days/{running day}/card/"))
    page.context.set_offline(True)
    expect(page.locator("#stale")).to_contain_text("No connection. What you see may be old.", timeout=A_FEW_SECONDS)
    page.context.set_offline(False)
    expect(page.locator("#stale")).to_be_hidden(timeout=A_FEW_SECONDS)
