"""A parent through a whole infusion, from the invitation to what changes next time: three times, each with other hands.

With a thumb on a phone of 360×640; the same without JavaScript; and with nothing but a keyboard. The clinic's part is
done by programs; so is the passing of time, which moves what is stored into the past.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from tests.browser.arriving import arrives, goes_on_to_now, sets_up
from tests.browser.hands import HANDS, Thumb
from tests.browser.visits import PHONE, complaints
from tests.services.site import Site, running_site

pytestmark = [pytest.mark.browser, pytest.mark.timeout(600)]

HOUR = 60


class Rosa:
    """Nora's mother with her phone, at a site where time can pass for Nora's infusion."""

    def __init__(self, hand: Thumb, site: Site, made: dict[str, int]) -> None:
        self.hand, self.site, self.infusion = hand, site, made["infusion"]
        self.until_start = made["minutes"]

    @property
    def page(self) -> Page:
        """What she sees."""
        return self.hand.page

    def time_passes(self, minutes: int) -> None:
        """So many minutes pass, and she opens the first page again."""
        self.until_start -= minutes
        self.site.run("-m", "tests.browser.passing", str(self.infusion), str(minutes))
        self.opens_now()

    def opens_now(self) -> None:
        """The first page: what now?"""
        self.page.goto(self.site.url)
        expect(self.page.get_by_role("heading", name="Now", exact=True)).to_be_visible()

    def goes_to(self, place: str) -> None:
        """To a place of the bar at the foot."""
        self.hand.press(self.page.get_by_role("navigation", name="Places").get_by_role("link", name=place, exact=True))

    def press(self, role: str, name: str | re.Pattern[str]) -> None:
        """Press the first that is called so."""
        self.hand.press(self.page.get_by_role(role, name=name).first)  # type: ignore[arg-type]

    def is_told(self, words: str) -> None:
        """A toast says what was recorded."""
        expect(self.page.locator("#toasts")).to_contain_text(words)


@pytest.mark.parametrize("hands", HANDS)
def test_a_parent_through_a_whole_infusion(browser: Browser, hands: str) -> None:
    hand_of = HANDS[hands]
    with running_site() as site, ExitStack() as stack:
        site.run("manage.py", "load_catalogue")
        made = json.loads(site.run("-m", "tests.browser.newcomer"))
        hand = hand_of(stack.enter_context(_phone(browser, zone=made["zone"], has_script=hand_of.device_scripts)))
        arrives(hand, site.url, invitation=made["invitation"], born_in=made["born_in"])
        sets_up(hand)
        goes_on_to_now(hand)
        rosa = Rosa(hand, site, made)
        _the_night_before(rosa)
        _the_morning(rosa)
        _at_the_infusion(rosa)
        _the_second_day(rosa)
        _the_days_after(rosa)
        _the_end_and_what_changes(rosa)


@contextmanager
def _phone(browser: Browser, *, zone: str, has_script: bool) -> Iterator[Page]:
    context = browser.new_context(**PHONE, timezone_id=zone, java_script_enabled=has_script)
    heard = complaints(context)
    yield context.new_page()
    assert heard == []
    context.close()


def _the_night_before(rosa: Rosa) -> None:
    rosa.time_passes(rosa.until_start - 13 * HOUR)
    rosa.press("link", re.compile("^Open the list"))
    page = rosa.page
    expect(page.get_by_role("heading", name="Is all ready?")).to_be_visible()
    questions = page.locator("section.ask")
    for number in range(questions.count()):
        rosa.hand.press(questions.nth(number).locator("input[type=radio][value=yes]"))
    rosa.press("button", "Save the answers")
    expect(page.get_by_text("Everything is answered. All is ready.")).to_be_visible()


def _the_morning(rosa: Rosa) -> None:
    rosa.time_passes(rosa.until_start - 25)
    both = rosa.page.locator("article.together")
    expect(both).to_contain_text("Acetaminophen")
    expect(both).to_contain_text("300 mg = 9.4 mL")
    rosa.press("button", "Both given now")
    rosa.is_told("Acetaminophen: given")
    done = rosa.page.get_by_role("region", name="Just done")
    expect(done).to_contain_text("Rosa, ")
    # A slip is taken back, and said again.
    rosa.hand.press(rosa.page.locator("#toasts").get_by_role("button", name="Undo"))
    rosa.is_told("They are open again.")
    rosa.press("button", "Both given now")
    rosa.is_told("Diphenhydramine: given")


def _at_the_infusion(rosa: Rosa) -> None:
    rosa.time_passes(40)
    page = rosa.page
    rosa.press("link", "It has started")
    moves = page.get_by_role("region", name=re.compile("min late"))
    expect(moves).to_contain_text("Not saved yet.")
    expect(moves).to_contain_text("Offer a drink")
    rosa.hand.press(moves.get_by_role("button", name="Save"))
    rosa.is_told("Day 1 started")

    rosa.opens_now()
    rosa.goes_to("Infusion")
    expect(page.get_by_text("Octagam 10 %").first).to_be_visible()

    rosa.goes_to("Drinks")
    rosa.hand.write(page.get_by_label("Name", exact=True), "blue cup")
    rosa.hand.write(page.get_by_label("It holds, in mL"), "200")
    rosa.press("button", "Keep this cup")
    rosa.press("button", re.compile("blue cup"))
    expect(page.get_by_text("200 mL").first).to_be_visible()

    rosa.time_passes(5 * HOUR)
    rosa.press("link", "It has ended")
    expect(page.get_by_text("Not saved yet.")).to_be_visible()
    rosa.press("button", "Save")
    rosa.is_told("Day 1 ended")


def _the_second_day(rosa: Rosa) -> None:
    rosa.time_passes(19 * HOUR)
    for verb in ("started", "ended"):
        rosa.press("link", f"It has {verb}")
        rosa.press("button", "Save")
        rosa.is_told(f"Day 2 {verb}")
        rosa.time_passes(5 * HOUR)


def _the_days_after(rosa: Rosa) -> None:
    page = rosa.page
    rosa.time_passes(19 * HOUR)
    rosa.press("link", re.compile("^Answer the check"))
    rosa.press("button", "Fine, nothing")
    rosa.is_told("1 check of the checklist is ticked with it.")

    rosa.opens_now()
    rosa.goes_to("Feeling")
    rosa.hand.press(page.get_by_text("More", exact=True))
    rosa.hand.press(page.get_by_role("checkbox", name="Trouble breathing"))
    rosa.press("button", "Write it down")
    expect(page.get_by_role("heading", name=re.compile("Call 911 now"))).to_be_visible()

    rosa.opens_now()
    rosa.goes_to("Call")
    expect(page.get_by_role("link", name=re.compile("Call 911")).first).to_have_attribute("href", "tel:911")


def _the_end_and_what_changes(rosa: Rosa) -> None:
    page = rosa.page
    rosa.time_passes(96 * HOUR)
    rosa.press("link", re.compile("^Close and send"))
    rosa.hand.write(page.get_by_label("Anything the team should know?"), "She slept badly after the second day.")
    rosa.press("button", "Send to the clinic")
    expect(page.get_by_role("heading", name="You’re done")).to_be_visible()

    rosa.site.run("-m", "tests.browser.next_time", str(rosa.infusion))
    rosa.opens_now()
    rosa.hand.press(_line(page, "read by the clinic"))
    note = page.get_by_role("region", name="Note from Riverside Clinic")
    expect(note).to_contain_text("Well done, Rosa.")
    expect(note).to_contain_text("Start the drinks a day earlier.")

    rosa.opens_now()
    rosa.press("link", "What is different this time")
    expect(page.get_by_text("21.4")).to_be_visible()
    rosa.press("button", "Seen")
    rosa.is_told("You find it again on the checklist, beside the plan.")


def _line(page: Page, words: str) -> Locator:
    return page.get_by_role("region", name="Earlier").get_by_role("link", name=words)
