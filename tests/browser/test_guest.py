"""An evening with a guest: made on Maria's phone, opened on Nana's, ticked there, seen here, closed again."""

from __future__ import annotations

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import Scenes, Visit
from tests.browser.test_accessibility import COLOURS, violations
from tests.browser.test_layout import SMALL_LETTERS, SMALL_TARGETS, TOO_WIDE
from tests.browser.visits import unfold

pytestmark = [pytest.mark.browser, pytest.mark.timeout(120)]


@pytest.fixture
def link(visit: Visit, scenes: Scenes) -> str:
    """The link of a guest's page that Maria has just made, for the infusion that should have started."""
    maria = visit("maria")
    maria.goto(scenes.at("/infusions/{late}/"))
    maria.get_by_role("link", name="Who cares for Leo").tap()
    maria.locator("#guest summary").tap()
    maria.get_by_label("Who is it for?").fill("Grandma")
    maria.get_by_role("button", name="Make the page").tap()
    expect(maria.get_by_role("img", name="A code to photograph")).to_be_visible()
    return maria.get_by_role("textbox", name="The link").input_value()


def opened_by(page: Page, link: str, name: str) -> Page:
    page.goto(link)
    page.get_by_label("Your name").fill(name)
    page.get_by_role("button", name="Go on").tap()
    expect(page.get_by_role("heading", name="Now")).to_be_visible()
    return page


def given(page: Page, medicine: str) -> Locator:
    """The button that says that a medicine was given now."""
    return page.locator("article", has_text=medicine).get_by_role("button", name="Given now")


def test_nana_ticks_and_maria_sees_it(visit: Visit, scenes: Scenes, link: str) -> None:
    nana = opened_by(visit(""), link, "Nana")
    given(nana, "Diphenhydramine").tap()
    expect(nana.get_by_role("status")).to_contain_text("Diphenhydramine: given")
    maria = visit("maria")
    maria.goto(scenes.at("/infusions/{late}/"))
    step = maria.locator("section[aria-labelledby=answered] article", has_text="Diphenhydramine")
    expect(step).to_contain_text("Nana (guest)")
    nana.get_by_role("status").get_by_role("button", name="Undo").first.tap()
    expect(step).to_have_count(0)


def test_on_another_phone_it_says_so(visit: Visit, link: str) -> None:
    opened_by(visit(""), link, "Nana")
    other = visit("")
    other.goto(link)
    expect(other.get_by_role("heading", name="This page is in use on another device")).to_be_visible()


def test_it_works_without_javascript(visit: Visit, link: str) -> None:
    nana = opened_by(visit("", java_script_enabled=False), link, "Nana")
    given(nana, "Acetaminophen").tap()
    expect(nana.get_by_role("status")).to_contain_text("Acetaminophen: given")
    nana.get_by_role("status").get_by_role("button", name="Undo").first.tap()
    expect(given(nana, "Acetaminophen")).to_be_visible()


def test_it_can_be_used_by_everybody(visit: Visit, link: str) -> None:
    nana = opened_by(visit(""), link, "Nana")
    unfold(nana)
    found = [*violations(nana), *nana.evaluate(SMALL_LETTERS), *nana.evaluate(SMALL_TARGETS)]
    nana.emulate_media(color_scheme="dark")
    found += violations(nana, only=COLOURS)
    assert (found, nana.evaluate(TOO_WIDE)) == ([], 0)


def test_closed_by_the_family_it_says_so(visit: Visit, scenes: Scenes, link: str) -> None:
    nana = opened_by(visit(""), link, "Nana")
    maria = visit("maria")
    maria.goto(scenes.at("/infusions/{late}/"))
    maria.get_by_role("link", name="Who cares for Leo").tap()
    # Other tests have made pages for Grandma too.
    close = maria.locator("#guests ~ ul").get_by_role("button", name="Close")
    expect(close.first).to_be_visible()
    for left in reversed(range(close.count())):
        close.first.tap()
        expect(close).to_have_count(left)
    nana.reload()
    expect(nana.get_by_role("heading", name="This page is closed")).to_be_visible()
