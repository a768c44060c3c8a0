"""Setting up takes less than three minutes from the invitation to a test that arrived: counted, and timed."""

from __future__ import annotations

import json
import time

import pytest
from playwright.sync_api import Browser, expect

from tests.browser.arriving import ROSA, arrives, goes_on_to_now, sets_up
from tests.browser.hands import Thumb
from tests.browser.visits import PHONE, complaints
from tests.services.site import running_site

pytestmark = [pytest.mark.browser, pytest.mark.timeout(180)]

# What people take for a tap and for a field of words, beside what the machine takes.
SECONDS_EACH = 5
MOST_TAPS = 16
MOST_SECONDS = 180


def test_from_the_invitation_to_a_test_that_arrived(browser: Browser) -> None:
    with running_site() as site:
        site.run("manage.py", "load_catalogue")
        made = json.loads(site.run("-m", "tests.browser.newcomer"))
        context = browser.new_context(**PHONE, timezone_id=made["zone"])
        heard = complaints(context)
        hand = Thumb(context.new_page())
        began = time.monotonic()
        arrives(hand, site.url, invitation=made["invitation"], born_in=made["born_in"])
        sets_up(hand)
        seconds = time.monotonic() - began
        mailbox = context.new_page()
        mailbox.goto(f"{site.url}/accounts/outbox/")
        letter = mailbox.locator("article", has_text=f"E-mail to {ROSA}").first
        expect(letter).to_contain_text("test")
        # She taps the link in it, and the page where she set up says so by itself.
        mailbox.goto(letter.get_by_role("link").first.get_attribute("href") or "")
        expect(hand.page.get_by_text("Opened ")).to_be_visible()
        print(f"{hand.taps} taps and fields, {seconds:.0f} s of the machine")  # noqa: T201 - read by people
        assert hand.taps <= MOST_TAPS
        assert seconds + hand.taps * SECONDS_EACH <= MOST_SECONDS
        goes_on_to_now(hand)
        assert heard == []
        context.close()
