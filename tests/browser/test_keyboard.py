"""Everything on the checklist can be done with the keyboard alone, and the focus is always somewhere sensible."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Visit
from tests.browser.visits import DESK, sheet_open

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


def test_tick_and_undo_by_keyboard(visit: Visit, infusion_url: str) -> None:
    page = visit("maria", DESK)
    page.goto(infusion_url)
    press_until(page, "Tab", "Skip to the content", most=1)
    page.keyboard.press("Enter")
    press_until(page, "Tab", "tick-together", most=6)
    assert page.evaluate(OUTLINE) == "solid"

    page.keyboard.press("Enter")
    expect(page.locator("#toasts")).to_contain_text("Acetaminophen: given")
    # What is done is behind: the focus is on the heading of the list it has left.
    expect(page.locator("#now")).to_be_focused()
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
    expect(page.locator("#now")).to_be_focused()
    answered = page.locator(f"section[aria-labelledby=answered] #step-{step_id}")
    expect(answered).to_contain_text("“fast asleep” Maria")


def test_what_is_missing_is_said_where_the_focus_is(visit: Visit, infusion_url: str) -> None:
    page = visit("maria", DESK)
    page.goto(infusion_url)
    page.get_by_role("button", name="Both given now").click()
    expect(page.locator("#now")).to_be_focused()
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
