"""Without JavaScript everything works through plain forms."""

from __future__ import annotations

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import Scenes, Visit
from tests.browser.visits import sign_in
from tests.password import PASSWORD

pytestmark = [pytest.mark.browser, pytest.mark.timeout(60)]


@pytest.fixture
def page(visit: Visit, infusion_url: str) -> Page:
    """Maria's phone with JavaScript switched off, at a checklist of its own."""
    opened = visit("maria", java_script_enabled=False)
    opened.goto(infusion_url)
    return opened


def step_of(page: Page, section: str, words: str) -> Locator:
    """The first step with these words in a section."""
    return page.locator(f"section[aria-labelledby={section}] article[id]", has_text=words).first


def sheet_of(step: Locator) -> Page:
    """The page of one step, where everything besides "now" can be said."""
    step.locator(".more").tap()
    expect(step.page.locator("h1")).not_to_contain_text("checklist")
    return step.page


def test_sign_in(visit: Visit, scenes: Scenes) -> None:
    page = visit("", java_script_enabled=False)
    sign_in(page, scenes.url, "sam@example.org", PASSWORD)
    expect(page.get_by_role("heading", name="Now", exact=True)).to_be_visible()


def test_tick_now_and_undo(page: Page) -> None:
    drink = step_of(page, "now", "Offer a drink").get_attribute("id")
    step_of(page, "now", "Diphenhydramine").get_by_role("button", name="Given now").tap()
    expect(page.locator("#toasts")).to_contain_text("Diphenhydramine: given")
    assert page.url.endswith(f"#{drink}")
    expect(page.locator(f"#{drink}")).to_be_in_viewport()
    expect(step_of(page, "answered", "Diphenhydramine")).to_contain_text("done")
    page.locator("#toasts").get_by_role("button", name="Undo").tap()
    expect(page.locator("#toasts")).to_contain_text("Diphenhydramine: undone. It is open again.")
    expect(step_of(page, "now", "Diphenhydramine")).to_contain_text("late")


def test_given_together(page: Page) -> None:
    page.get_by_role("button", name="Both given now").tap()
    expect(page.locator("#toasts")).to_contain_text("Acetaminophen: given")
    expect(step_of(page, "answered", "Acetaminophen")).to_contain_text("Maria")
    page.locator("#toasts").get_by_role("button", name="Undo").tap()
    expect(page.get_by_role("button", name="Both given now")).to_be_visible()


def test_30_minutes_ago(page: Page) -> None:
    step = step_of(page, "now", "Acetaminophen")
    sheet_of(step).get_by_role("button", name="30 min ago").tap()
    expect(step_of(page, "answered", "Acetaminophen")).to_contain_text("Maria")


def test_skip(page: Page) -> None:
    step = step_of(page, "now", "Offer a drink")
    sheet = sheet_of(step)
    sheet.get_by_label("Say more here first").fill("did not want any")
    sheet.get_by_role("button", name="Other").tap()
    expect(step_of(page, "answered", "Offer a drink")).to_contain_text("Skipped: other. Maria")
    expect(step_of(page, "answered", "Offer a drink")).to_contain_text("did not want any")


def test_note(page: Page) -> None:
    step = step_of(page, "missed", "Start extra drinks")
    sheet = sheet_of(step)
    sheet.get_by_label("Note for the clinic").fill("Two glasses of water.")
    sheet.get_by_role("button", name="Save note").tap()
    expect(step_of(page, "missed", "Start extra drinks")).to_contain_text("“Two glasses of water.” Maria")


def test_a_dose_too_soon_asks_why_and_keeps_the_time(page: Page) -> None:
    page.get_by_role("button", name="Both given now").tap()
    step = step_of(page, "next", "Acetaminophen")
    sheet_of(step).get_by_role("button", name="just now").tap()
    page.get_by_label("It was given all the same").fill("the nurse said so")
    page.get_by_role("button", name="Record it").tap()
    expect(page.locator("#toasts")).to_contain_text("Acetaminophen: given")


def test_what_moves_is_shown_before_it_is_saved(page: Page) -> None:
    page.get_by_role("link", name="Earlier than now: say when it started").tap()
    page.get_by_role("button", name="15 min ago").tap()
    expect(page.get_by_role("heading", name="min late")).to_be_visible()
    expect(page.get_by_text("Not saved yet.")).to_be_visible()
    page.get_by_role("button", name="Save").tap()
    expect(page.locator("#toasts")).to_contain_text("Day 1 started")
    expect(page.get_by_text("running").first).to_be_visible()
    page.locator("#toasts").get_by_role("button", name="Undo").tap()
    expect(page.get_by_role("link", name="It has started")).to_be_visible()
