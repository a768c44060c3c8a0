"""From the invitation to a test that arrived: what somebody does who has never been here."""

from __future__ import annotations

import re

from playwright.sync_api import expect

from tests.browser.hands import Thumb

ROSA = "rosa@example.org"


def arrives(hand: Thumb, url: str, *, invitation: str, born_in: int) -> None:
    """Rosa opens the link that the nurse gave her, makes an account and takes her place."""
    page = hand.page
    page.goto(f"{url}/invitations/{invitation}/")
    hand.press(page.get_by_role("link", name="I am new here"))
    hand.write(page.get_by_label("Your name"), "Rosa")
    hand.write(page.get_by_label("E-mail address"), ROSA)
    hand.press(page.get_by_role("button", name="Go on"))
    hand.write(page.get_by_label("Code", exact=True), _code_for_rosa(hand, url))
    hand.press(page.get_by_role("button", name="Go on"))
    hand.write(page.get_by_label("In which year was the child born?"), str(born_in))
    hand.press(page.get_by_label("I agree that ivig_care sends me reminders there."))
    hand.press(page.get_by_role("button", name=re.compile("accept", re.IGNORECASE)))
    expect(page.get_by_role("heading", name="How do you read things?")).to_be_visible()


def sets_up(hand: Thumb) -> None:
    """She answers what she is asked, and has a test sent."""
    page = hand.page
    hand.press(page.get_by_role("button", name="Save and go on"))
    expect(page.get_by_text(f"e-mail {ROSA}")).to_be_visible()
    hand.press(page.get_by_role("button", name="That is enough: go on"))
    expect(page.get_by_text("For example: drinks are due at")).to_be_visible()
    hand.press(page.get_by_role("button", name="Save and go on"))
    hand.press(page.get_by_role("button", name="Send me a test"))
    if hand.device_scripts:
        expect(page.get_by_text("Sent ", exact=False).first).to_be_visible(timeout=90_000)
    else:
        _looks_again(hand)


def goes_on_to_now(hand: Thumb) -> None:
    """She tries a tick and takes it back, and is led to what there is to do now."""
    page = hand.page
    hand.press(page.get_by_role("button", name="It is there: go on"))
    hand.press(page.get_by_role("button", name="Done now"))
    hand.press(page.get_by_role("button", name="Undo"))
    expect(page.get_by_role("button", name="Done now")).to_be_visible()
    hand.press(page.get_by_role("button", name="Go on"))
    hand.press(page.get_by_role("button", name="Show me what to do now"))
    expect(page.get_by_role("heading", name="Now", exact=True)).to_be_visible()


def _looks_again(hand: Thumb) -> None:
    for _ in range(60):
        # Asked at once, a page that is just being loaded would answer that nothing stands there.
        hand.page.wait_for_timeout(1500)
        if hand.page.get_by_text("Sent ").count():
            return
        hand.press(hand.page.get_by_role("link", name="Look again"))
    raise AssertionError("the test was not sent within a minute and a half")


def _code_for_rosa(hand: Thumb, url: str) -> str:
    """The code in her mailbox: the outbox, which is open on this machine, in another window."""
    expect(hand.page.get_by_role("heading", name="Write your code")).to_be_visible()
    mailbox = hand.page.context.new_page()
    mailbox.goto(f"{url}/accounts/outbox/")
    letter = mailbox.locator("article", has_text=f"E-mail to {ROSA}").first
    found = re.search(r"\b(\d{6})\b", letter.inner_text())
    mailbox.close()
    assert found is not None
    return found[1]
