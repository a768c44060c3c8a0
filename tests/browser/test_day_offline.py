"""An infusion day without a signal: started, paused, going on, ended; sent later in order, and told in words."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Locator, Page, Route, expect

from tests.browser.conftest import Scenes, Visit
from tests.browser.keeping import wait_until_kept
from tests.browser.test_accessibility import violations

pytestmark = [pytest.mark.browser, pytest.mark.timeout(90)]


@pytest.fixture
def card(phone: Page) -> str:
    """The card of day 1, which Maria's phone keeps; the phone is back on the checklist."""
    checklist = phone.url
    phone.get_by_role("link", name="Infusion, day 1 of 2").first.tap()
    expect(phone.get_by_role("heading", level=1)).to_contain_text("infusion, day 1")
    address = phone.url
    wait_until_kept(phone, address)
    phone.goto(checklist)
    return address


def panel(page: Page) -> Locator:
    """Where it is said without a signal."""
    return page.locator("section[aria-labelledby=say-title]")


def state(page: Page) -> Locator:
    """Where the card says how it stands."""
    return page.locator("section[aria-labelledby=state]")


def test_a_whole_day_without_a_signal_is_sent_in_order(phone: Page, card: str) -> None:
    phone.context.set_offline(True)
    phone.get_by_role("link", name="It has started").first.tap()
    phone.wait_for_url(card)
    expect(phone.locator("#kept")).to_contain_text("No connection.")
    expect(panel(phone)).to_contain_text("What moves cannot be shown before that.")
    expect(panel(phone)).to_contain_text("It will be recorded: started")
    # The time that each of them records stands on it.
    expect(panel(phone).get_by_role("button", name=re.compile(r"^now: \w{3} \d+:\d\d [ap]m$"))).to_be_visible()
    assert violations(phone) == []
    panel(phone).get_by_role("button", name="30 min ago").tap()
    expect(state(phone)).to_contain_text("Day 1 started: waiting to send")
    expect(panel(phone).get_by_role("heading")).to_be_focused()
    expect(panel(phone).get_by_role("button", name="It has started")).to_be_hidden()
    panel(phone).get_by_role("button", name="The rate was set").tap()
    panel(phone).get_by_label("mL/h on the pump").filter(visible=True).fill("12")
    panel(phone).get_by_role("button", name=re.compile("^30 min ago")).tap()
    expect(state(phone)).to_contain_text("Day 1: set to 12 mL/h: waiting to send")
    expect(panel(phone).get_by_label("mL/h on the pump").filter(visible=True)).to_have_count(0)
    panel(phone).get_by_role("button", name="Paused").tap()
    panel(phone).get_by_role("button", name="15 min ago").tap()
    expect(state(phone)).to_contain_text("Day 1 paused: waiting to send")
    panel(phone).get_by_role("button", name="It goes on").tap()
    panel(phone).get_by_label("mL/h on the pump").filter(visible=True).fill("24")
    panel(phone).get_by_role("button", name=re.compile("^5 min ago")).tap()
    expect(state(phone)).to_contain_text("Day 1 goes on at 24 mL/h: waiting to send")
    panel(phone).get_by_role("button", name="It has ended").tap()
    panel(phone).get_by_role("button", name="now:").tap()
    expect(phone.locator("#waiting summary")).to_have_text("5 entries are waiting to send")
    # There is no more to say, and a page that is loaded again knows it.
    expect(panel(phone)).to_be_hidden()
    expect(phone.locator("#state")).to_be_focused()
    phone.reload()
    expect(state(phone)).to_contain_text("Day 1 ended: waiting to send")
    expect(panel(phone)).to_be_hidden()
    phone.context.set_offline(False)
    box = phone.locator("#waiting")
    expect(box).to_contain_text("Recorded. Read what it changed")
    expect(box.locator("li")).to_have_count(5)
    expect(box.locator("li").first).to_contain_text(re.compile(r"Day 1 started .* \d+ open steps moved\."))
    expect(state(phone).locator(".badge")).to_have_text("ended")
    for _ in range(5):
        box.get_by_role("button", name="OK, I have read it").first.tap()
    expect(box).to_be_hidden()
    expect(panel(phone)).to_be_hidden()


def test_the_other_had_said_when_it_started(phone: Page, card: str, visit: Visit) -> None:
    phone.context.set_offline(True)
    phone.goto(card)
    panel(phone).get_by_role("button", name="It has started").tap()
    panel(phone).get_by_role("button", name="30 min ago").tap()
    expect(phone.locator("#waiting")).to_contain_text("1 entry is waiting to send")
    sam = visit("sam")
    sam.goto(card)
    sam.get_by_role("link", name="It has started").tap()
    sam.get_by_role("button", name="Save").tap()
    expect(sam.locator("#toasts")).to_contain_text("Day 1 started")
    phone.context.set_offline(False)
    box = phone.locator("#waiting")
    expect(box).to_contain_text("Sam said before your entry arrived: day 1 started")
    expect(box).to_contain_text("Your time was not recorded.")
    assert violations(phone) == []
    # What it would change is shown before it is saved; until it is, the entry stays on the list.
    box.get_by_role("link", name="See what it would change").tap()
    expect(phone.get_by_text("Not saved yet.")).to_be_visible()
    expect(phone.locator("#waiting")).to_contain_text("Sam said before your entry arrived")
    phone.locator("#moves ~ form").get_by_role("button", name="Save").tap()
    expect(phone.locator("#toasts")).to_contain_text("Day 1 started")


def test_an_end_before_the_start_is_refused_in_words(phone: Page, card: str) -> None:
    phone.goto(card)
    phone.get_by_role("link", name="It has started").tap()
    phone.get_by_role("button", name="Save").tap()
    expect(phone.locator("#toasts")).to_contain_text("Day 1 started")
    wait_until_kept(phone, card)
    phone.context.set_offline(True)
    phone.reload()
    panel(phone).get_by_role("button", name="It has ended").tap()
    panel(phone).get_by_role("button", name="60 min ago").tap()
    expect(state(phone)).to_contain_text("Day 1 ended: waiting to send")
    phone.context.set_offline(False)
    box = phone.locator("#waiting")
    expect(box).to_contain_text("The infusion cannot end before it started.")
    expect(box.get_by_role("link", name="See what it would change")).to_be_visible()
    expect(box.get_by_role("button", name="Send it again")).to_be_visible()


def test_a_lost_answer_to_a_start_is_asked_for_again_and_it_starts_once(phone: Page, card: str) -> None:
    lost: list[str] = []

    def lose(route: Route) -> None:
        route.fetch()
        lost.append(route.request.url)
        route.abort()

    phone.goto(card)
    phone.get_by_role("link", name="It has started").tap()
    phone.route(lambda url: url.endswith("/start/"), lose, times=1)
    phone.get_by_role("button", name="Save").tap()
    expect(phone.locator("#waiting")).to_contain_text("Day 1 started")
    expect(phone.locator("#waiting")).to_contain_text("Recorded. Read what it changed", timeout=15_000)
    assert len(lost) == 1
    phone.goto(card)
    expect(state(phone).locator(".badge")).to_have_text("running")


def test_with_a_signal_nothing_of_it_is_there(phone: Page, card: str, scenes: Scenes) -> None:
    phone.goto(card)
    expect(state(phone).get_by_role("link", name="It has started")).to_be_visible()
    assert panel(phone).count() == 0
    # It goes while the card is open, and comes back.
    phone.context.set_offline(True)
    expect(panel(phone).get_by_role("button", name="It has started")).to_be_visible()
    expect(state(phone).get_by_role("link", name="It has started")).to_be_hidden()
    phone.context.set_offline(False)
    expect(panel(phone)).to_be_hidden()
    expect(state(phone).get_by_role("link", name="It has started")).to_be_visible()
