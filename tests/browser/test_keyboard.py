"""Everything on the checklist can be done with the keyboard alone, and the focus is always somewhere sensible."""

from __future__ import annotations

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import Visit
from tests.browser.visits import DESK, PHONE, sheet_open

pytestmark = [pytest.mark.browser, pytest.mark.timeout(60)]

FOCUSED = "document.activeElement.id || document.activeElement.textContent.trim().slice(0, 40)"
OUTLINE = "getComputedStyle(document.activeElement).outlineStyle"


def press_until(page: Page, key: str, wanted: str, *, most: int = 25) -> int:
    """Press a key until the focus is on the element with this id or text; how often it took."""
    for times in range(1, most + 1):
        page.keyboard.press(key)
        if page.evaluate(FOCUSED) == wanted:
            return times
    raise AssertionError(f"{key} did not lead to {wanted}, but to {page.evaluate(FOCUSED)}")


def row_of(page: Page, section: str, words: str) -> Locator:
    """The row of a step in a section."""
    return page.locator(f"section[aria-labelledby={section}] article[id]", has_text=words).first


def test_tick_and_undo_by_keyboard(visit: Visit, infusion_url: str) -> None:
    page = visit("maria", DESK)
    page.goto(infusion_url)
    press_until(page, "Tab", "Skip to the content", most=1)
    page.keyboard.press("Enter")
    press_until(page, "Tab", "tick-together", most=6)
    assert page.evaluate(OUTLINE) == "solid"

    page.keyboard.press("Enter")
    expect(page.locator("#toasts")).to_contain_text("Acetaminophen: given")
    # What is done is behind: the focus is on the next row of the list it has left, and what was recorded is announced.
    expect(page.locator("#toasts")).to_have_attribute("role", "status")
    expect(row_of(page, "now", "Offer a drink")).to_be_focused()
    assert page.evaluate(OUTLINE) == "solid"

    press_until(page, "Shift+Tab", "Undo", most=4)
    assert page.locator(".toast").evaluate("(toast) => getComputedStyle(toast).animationPlayState") == "paused"
    page.keyboard.press("Enter")
    expect(page.locator("#toasts")).to_contain_text("They are open again")
    expect(page.locator("#tick-together")).to_be_visible()
    # The button is there a moment before the focus is.
    expect(page.locator("[data-step^='step-']:focus")).to_have_count(1)


def test_skip_in_the_sheet_of_a_step_by_keyboard(visit: Visit, infusion_url: str) -> None:
    page = visit("maria", DESK)
    page.goto(infusion_url)
    step = page.locator("#now ~ .card article", has_text="Offer a drink")
    step_id = (step.get_attribute("id") or "").removeprefix("step-")
    press_until(page, "Tab", f"more-{step_id}", most=30)
    page.keyboard.press("Enter")
    expect(page.locator(f"summary#more-{step_id}")).to_be_focused()
    press_until(page, "Tab", f"skip-note-{step_id}")
    page.keyboard.type("fast asleep")
    press_until(page, "Tab", "Asleep", most=3)
    page.keyboard.press("Space")
    expect(page.locator("#toasts")).to_contain_text("Offer a drink during the infusion: skipped, asleep.")
    # The next row is the first one where it was the last.
    expect(row_of(page, "now", "Acetaminophen")).to_be_focused()
    answered = page.locator(f"section[aria-labelledby=answered] #step-{step_id}")
    expect(answered).to_contain_text("“fast asleep” Maria")


def test_what_is_missing_is_said_where_the_focus_is(visit: Visit, infusion_url: str) -> None:
    page = visit("maria", DESK)
    page.goto(infusion_url)
    page.get_by_role("button", name="Both given now").click()
    expect(row_of(page, "now", "Offer a drink")).to_be_focused()
    step = page.locator("#next ~ .card article", has_text="Acetaminophen").first
    sheet_open(step)
    step.get_by_role("button", name="just now").press("Enter")
    problem = page.get_by_role("alert")
    expect(problem).to_be_focused()
    expect(problem).to_contain_text("Next allowed")
    page.keyboard.press("Tab")
    page.keyboard.type("the nurse said so")
    page.keyboard.press("Enter")
    expect(page.locator("#toasts")).to_contain_text("Acetaminophen: given")


def test_after_the_last_row_of_a_list_the_focus_is_on_its_heading(visit: Visit, infusion_url: str) -> None:
    page = visit("maria", DESK)
    page.goto(infusion_url)
    page.get_by_role("button", name="Both given now").press("Enter")
    last = row_of(page, "now", "Offer a drink")
    expect(last).to_be_focused()
    press_until(page, "Tab", (last.get_attribute("id") or "").replace("step", "tick"), most=3)
    page.keyboard.press("Enter")
    expect(page.locator("#toasts")).to_contain_text("Offer a drink during the infusion: done")
    expect(page.locator("#now")).to_be_focused()


def test_under_a_finger_the_page_stays_where_it_is(visit: Visit, infusion_url: str) -> None:
    page = visit("maria", PHONE)
    page.goto(infusion_url)
    first, second = row_of(page, "now", "Acetaminophen"), row_of(page, "now", "Diphenhydramine")
    button = first.get_by_role("button", name="Given now")
    button.scroll_into_view_if_needed()
    at = page.evaluate("scrollY")
    button.tap()
    expect(page.locator("#toasts")).to_contain_text("Acetaminophen: given")
    expect(second).to_be_focused()
    assert page.evaluate("scrollY") == at
