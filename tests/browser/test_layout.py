"""Every page fits a small phone, with letters and targets that a tired thumb can use, and says first what to do now."""

from __future__ import annotations

import pytest
from playwright.sync_api import FloatRect, Locator, Page, expect

from tests.browser.conftest import PAGES, Scenes, Visit
from tests.browser.visits import PHONE, Device, unfold

pytestmark = [pytest.mark.browser, pytest.mark.timeout(120)]

TOO_WIDE = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
# The text of whatever is written smaller than 16 px.
SMALL_LETTERS = """() => {
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  const found = new Set();
  while (walker.nextNode()) {
    const { parentElement: parent, textContent: text } = walker.currentNode;
    if (text.trim() && parent.checkVisibility() && parseFloat(getComputedStyle(parent).fontSize) < 16) found.add(text);
  }
  return [...found];
}"""
# What can be tapped and is smaller than 44 px; a link inside a sentence is as high as its line.
SMALL_TARGETS = """() => {
  const all = document.querySelectorAll("a[href], button, summary, select, textarea, input:not([type=hidden])");
  const isInSentence = (one) => one.localName === "a" && getComputedStyle(one).display === "inline";
  return [...all]
    .filter((one) => one.checkVisibility() && !isInSentence(one) && !one.matches(".skip-link"))
    .map((one) => one.matches("[type=radio], [type=checkbox]") ? one.labels[0] : one)
    .filter((one) => Math.min(one.getBoundingClientRect().width, one.getBoundingClientRect().height) < 43.9)
    .map((one) => one.outerHTML.slice(0, 120));
}"""


@pytest.mark.parametrize("person", PAGES)
def test_nothing_is_too_wide_too_small_or_too_fine(scenes: Scenes, visit: Visit, person: str) -> None:
    page = visit(person, Device(viewport={"width": 360, "height": 640}))
    found = {}
    for address in PAGES[person]:
        page.goto(scenes.at(address))
        unfold(page)
        found[f"{address}: letters"] = page.evaluate(SMALL_LETTERS)
        found[f"{address}: targets"] = page.evaluate(SMALL_TARGETS)
        found[f"{address}: at 360 px"] = page.evaluate(TOO_WIDE)
        page.set_viewport_size({"width": 320, "height": 640})
        found[f"{address}: at 320 px"] = page.evaluate(TOO_WIDE)
        page.set_viewport_size({"width": 640, "height": 400})
        found[f"{address}: at 640 px, half of 1280"] = page.evaluate(TOO_WIDE)
        page.set_viewport_size({"width": 360, "height": 640})
        page.evaluate("document.documentElement.style.fontSize = '200%'")
        found[f"{address}: with letters twice as large"] = page.evaluate(TOO_WIDE)
    assert {what: said for what, said in found.items() if said} == {}


ON_THE_DAY = (
    "/",
    "/you/",
    "/infusions/{running}/",
    "/infusion-days/{running day}/start/?ago=0",
    "/infusions/{running}/symptoms/",
    "/infusions/{running}/drinks/",
    "/infusions/{running}/call/",
    "/infusions/{running}/diary/",
    "/infusion-days/{running day}/rate/",
    "/infusion-days/{running day}/card/",
)


def test_at_twice_the_size_a_phone_shows_whole_words(scenes: Scenes, visit: Visit) -> None:
    page = visit("maria", Device(viewport={"width": 180, "height": 320}))
    found = {}
    for address in ON_THE_DAY:
        page.goto(scenes.at(address))
        found[address] = page.evaluate(TOO_WIDE)
    assert {what: said for what, said in found.items() if said} == {}
    # The button that calls the clinic is no column of letters.
    first = page.locator(".calls a").first.bounding_box()
    assert first is not None
    assert first["height"] < 80


@pytest.mark.parametrize(
    ("scene", "words"),
    [
        ("before", "Done now"),
        ("starting", "It has started"),
        ("starting", "Both given now"),
        ("running", "Done now"),
    ],
)
def test_the_next_thing_to_do_is_on_the_first_screen(scenes: Scenes, visit: Visit, scene: str, words: str) -> None:
    page = visit("maria", PHONE)
    page.goto(scenes.at(f"/infusions/{{{scene}}}/"))
    expect(page.get_by_role("heading", name="Now")).to_be_in_viewport(ratio=1)
    expect(page.get_by_text(words).first).to_be_in_viewport(ratio=1)


@pytest.mark.parametrize(
    ("scene", "words"),
    [
        ("after", "Nothing to do right now. Next at"),
        ("closed", "This checklist is closed."),
        ("signed", "Note from Riverside Clinic"),
    ],
)
def test_with_nothing_to_do_the_first_screen_says_so(scenes: Scenes, visit: Visit, scene: str, words: str) -> None:
    page = visit("maria", PHONE)
    page.goto(scenes.at(f"/infusions/{{{scene}}}/"))
    expect(page.get_by_text(words).first).to_be_in_viewport(ratio=1)


def test_after_a_tick_the_toast_hides_no_primary_button(visit: Visit, infusion_url: str) -> None:
    page = visit("maria", PHONE)
    page.goto(infusion_url)
    page.get_by_role("button", name="Both given now").tap()
    undo = page.locator("#toasts").get_by_role("button", name="Undo")
    expect(undo).to_be_in_viewport(ratio=1)
    expect(page.get_by_role("heading", name="Now")).to_be_in_viewport(ratio=1)
    _apart(page, page.locator(".toast"), page.locator("#now ~ .card").locator(".act button").first)
    assert page.locator(".toast").evaluate("(toast) => getComputedStyle(toast).animationDelay") == "10s"


def _apart(page: Page, one: Locator, other: Locator) -> None:
    first, second = _box(one), _box(other)
    assert second["y"] + second["height"] <= first["y"] or second["y"] >= first["y"] + first["height"]


def _box(of: Locator) -> FloatRect:
    box = of.bounding_box()
    assert box is not None
    return box
