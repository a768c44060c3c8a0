"""Signing in as people do: with a code from the open outbox, with an authenticator app, with a passkey."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from ivig_care.common import clock
from tests.browser.conftest import Scenes, Visit
from tests.browser.visits import sign_in
from tests.password import PASSWORD, app_code

pytestmark = [pytest.mark.browser, pytest.mark.timeout(180)]


def ask_for_code(page: Page, url: str, email: str) -> None:
    """Ask for a code, read it in the open outbox in another window, and type it."""
    page.goto(url)
    page.get_by_label("E-mail address or mobile number").fill(email)
    page.get_by_role("button", name="Send me a code").click()
    with page.context.expect_page() as opened:
        page.get_by_role("link", name="outbox").click()
    letter = opened.value.locator("article", has_text=f"E-mail to {email}").first
    found = re.search(r"(\d{6}) is your code to sign in", letter.inner_text())
    assert found is not None
    opened.value.close()
    page.get_by_label("Code", exact=True).fill(found[1])
    page.get_by_role("button", name="Sign in", exact=True).click()


@pytest.mark.parametrize("has_script", [True, False])
def test_a_parent_signs_in_with_a_code_and_lands_where_they_wanted_to(
    scenes: Scenes, visit: Visit, has_script: bool
) -> None:
    page = visit("", java_script_enabled=has_script)
    ask_for_code(page, scenes.at("/infusions/{running}/"), "sam@example.org")
    expect(page.get_by_role("heading", name="Now")).to_be_visible()
    assert page.url == scenes.at("/infusions/{running}/")


def test_without_script_there_is_no_passkey_to_press(scenes: Scenes, visit: Visit) -> None:
    page = visit("", java_script_enabled=False)
    page.goto(f"{scenes.url}/accounts/login/code/")
    expect(page.get_by_role("button", name="Send me a code")).to_be_visible()
    expect(page.get_by_role("button", name="Sign in with a passkey")).to_be_hidden()


def test_a_nurse_sets_up_an_app_before_she_sees_a_child(scenes: Scenes, visit: Visit) -> None:
    page = visit("")
    ask_for_code(page, f"{scenes.url}/clinic/", "ned@example.org")
    expect(page.get_by_role("heading", name="One more lock for your account")).to_be_visible()
    page.goto(scenes.at("/infusions/{running}/"))
    expect(page.get_by_role("heading", name="One more lock for your account")).to_be_visible()
    page.goto(f"{scenes.url}/clinic/")
    page.get_by_role("link", name="Set up an app").click()
    expect(page.get_by_role("img", name="The key as a picture")).to_be_visible()
    secret = page.locator("strong.code").inner_text()
    page.get_by_label("The six digits").fill(app_code(clock.now().timestamp(), secret))
    page.get_by_role("button", name="That is my app").click()
    expect(page.get_by_role("heading", name="Recovery codes")).to_be_visible()
    codes = page.locator("li.code").all_inner_texts()
    assert len(codes) == 10
    page.get_by_role("link", name="I have them: go on").click()
    expect(page.get_by_role("heading", name="Children and plans")).to_be_visible()

    # The phone is lost: a recovery code lets her in.
    page.goto(f"{scenes.url}/you/")
    page.get_by_role("button", name="Sign out", exact=True).click()
    ask_for_code(page, f"{scenes.url}/clinic/", "ned@example.org")
    page.get_by_label("Code of your authenticator app").fill(codes[3])
    page.get_by_role("button", name="Sign in", exact=True).click()
    expect(page.get_by_role("heading", name="Children and plans")).to_be_visible()


def has_passkeys(page: Page) -> None:
    """Give the browser a device that keeps passkeys and knows who holds it."""
    device = page.context.new_cdp_session(page)
    device.send("WebAuthn.enable")
    options = {
        "protocol": "ctap2",
        "transport": "internal",
        "hasResidentKey": True,
        "hasUserVerification": True,
        "isUserVerified": True,
        "automaticPresenceSimulation": True,
    }
    device.send("WebAuthn.addVirtualAuthenticator", {"options": options})


def passkey_added(page: Page, name: str) -> None:
    """Add one on the page that asks for its name."""
    page.get_by_label("What to call it").fill(name)
    page.get_by_role("button", name="Add a passkey").click()


def test_a_parent_adds_a_passkey_and_signs_in_with_it(scenes: Scenes, visit: Visit) -> None:
    # Browsers know passkeys for names only.
    url = scenes.url.replace("127.0.0.1", "localhost")
    page = visit("")
    has_passkeys(page)
    sign_in(page, url, "maria@example.org", PASSWORD)
    page.goto(f"{url}/you/")
    page.get_by_role("link", name="Add a passkey").click()
    passkey_added(page, "my phone")
    expect(page.get_by_role("region", name="How you sign in")).to_contain_text("my phone")
    page.get_by_role("button", name="Sign out", exact=True).click()

    page.goto(f"{url}/reach/")
    page.get_by_role("button", name="Sign in with a passkey").click()
    expect(page.get_by_role("heading", name="How we reach you")).to_be_visible()

    page.goto(f"{url}/you/")
    page.get_by_role("link", name="Take away my phone").click()
    page.get_by_role("button", name="Take it away").click()
    page.goto(f"{url}/you/")
    expect(page.get_by_text("my phone")).to_have_count(0)
    page.get_by_role("button", name="Sign out", exact=True).click()
    page.get_by_role("button", name="Sign in with a passkey").click()
    expect(page.locator("#toasts")).to_contain_text("That passkey does not work here")


def test_a_passkey_is_enough_for_a_nurse(scenes: Scenes, visit: Visit) -> None:
    url = scenes.url.replace("127.0.0.1", "localhost")
    page = visit("")
    has_passkeys(page)
    ask_for_code(page, f"{url}/clinic/", "nia@example.org")
    page.get_by_role("link", name="Add a passkey").click()
    passkey_added(page, "ward computer")
    expect(page.get_by_role("heading", name="Recovery codes")).to_be_visible()
    page.get_by_role("link", name="I have them: go on").click()
    expect(page.get_by_role("heading", name="Children and plans")).to_be_visible()
    page.goto(f"{url}/you/")
    page.get_by_role("button", name="Sign out", exact=True).click()

    # A code alone is not enough; the passkey as a second step is.
    ask_for_code(page, f"{url}/clinic/", "nia@example.org")
    page.get_by_role("button", name="Use a passkey").click()
    expect(page.get_by_role("heading", name="Children and plans")).to_be_visible()
    page.goto(f"{url}/you/")
    page.get_by_role("button", name="Sign out", exact=True).click()

    # By itself it is, too.
    page.goto(f"{url}/clinic/")
    page.get_by_role("button", name="Sign in with a passkey").click()
    expect(page.get_by_role("heading", name="Children and plans")).to_be_visible()
