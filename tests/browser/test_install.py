"""The way to the home screen and to notifications: what Chromium offers, and what an iPhone says in each state."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Scenes, Visit
from tests.browser.test_accessibility import violations

pytestmark = [pytest.mark.browser, pytest.mark.timeout(60)]

IPHONE = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) "
    "Version/18.5 Mobile/15E148 Safari/604.1"
)
IPAD = (
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) "
    "Version/18.5 Safari/605.1.15"
)
IN_SAFARI = "Object.defineProperty(navigator, 'standalone', { value: false });"
FROM_HOME_SCREEN = "Object.defineProperty(navigator, 'standalone', { value: true });"
# Outside an app of the home screen there is none of it on an iPhone.
NO_PUSH = "delete window.PushManager; delete window.Notification;"
TOUCHED_MAC = (
    "Object.defineProperty(navigator, 'platform', { value: 'MacIntel' });"
    "Object.defineProperty(navigator, 'maxTouchPoints', { value: 5 });"
)


def permission(word: str) -> str:
    """What the person has answered so far."""
    return f"Object.defineProperty(Notification, 'permission', {{ get: () => '{word}' }});"


def push_box(visit: Visit, scenes: Scenes, script: str, *, user_agent: str = IPHONE) -> Page:
    """The page where notifications are switched on, on such a device."""
    page = visit("maria", user_agent=user_agent)
    page.add_init_script(script)
    page.goto(scenes.at("/reach/"))
    expect(page.locator("#push")).to_be_visible()
    return page


def shown(page: Page) -> list[str]:
    """Which of the states the box shows."""
    states: list[str] = page.locator("#push [data-when]").evaluate_all(
        "parts => parts.filter((one) => !one.hidden).map((one) => one.dataset.when)"
    )
    return states


@pytest.mark.parametrize(
    ("script", "user_agent", "state", "words"),
    [
        (IN_SAFARI + NO_PUSH, IPHONE, "ios", "Tap “Add to Home Screen”, then “Add”."),
        (IN_SAFARI + NO_PUSH + TOUCHED_MAC, IPAD, "ios", "Open ivig_care from the home screen and sign in there."),
        (FROM_HOME_SCREEN + NO_PUSH, IPHONE, "old", "they need iOS 16.4 or newer"),
        (FROM_HOME_SCREEN + permission("default"), IPHONE, "able", "I agree: switch them on"),
        (FROM_HOME_SCREEN + permission("denied"), IPHONE, "denied", "look for ivig_care under Notifications"),
    ],
)
def test_an_iphone_says_what_is_to_be_done_first(
    visit: Visit, scenes: Scenes, script: str, user_agent: str, state: str, words: str
) -> None:
    page = push_box(visit, scenes, script, user_agent=user_agent)
    assert shown(page) == [state]
    expect(page.locator("#push")).to_contain_text(words)
    expect(page.locator("#push").get_by_role("button", name="I agree")).to_be_visible(visible=state == "able")
    assert violations(page) == []


def test_who_says_no_is_told_where_to_allow_it_again(visit: Visit, scenes: Scenes) -> None:
    asks = FROM_HOME_SCREEN + (
        "let said = 'default'; Object.defineProperty(Notification, 'permission', { get: () => said });"
        "Notification.requestPermission = async () => (said = 'denied');"
    )
    page = push_box(visit, scenes, asks)
    assert shown(page) == ["able"]
    page.locator("#push").get_by_role("button", name="I agree").tap()
    expect(page.get_by_text("This browser does not allow notifications from us.")).to_be_visible()
    assert shown(page) == ["denied"]


def test_a_browser_that_can_do_neither_says_so(visit: Visit, scenes: Scenes) -> None:
    page = push_box(visit, scenes, NO_PUSH, user_agent="Mozilla/5.0 (Linux; Android 14) Some Browser/1.0")
    assert shown(page) == []
    expect(page.locator("#push [role=status]")).to_contain_text("This browser cannot show notifications.")


def test_chromium_offers_the_home_screen_with_a_button_that_asks_once(visit: Visit, infusion_url: str) -> None:
    page = visit("maria")
    page.goto(infusion_url.rpartition("/infusions/")[0] + "/")
    expect(page.locator("#install")).to_be_hidden()
    was_stopped = page.evaluate(
        """() => {
          const offer = new Event("beforeinstallprompt", { cancelable: true });
          window.prompted = 0;
          offer.prompt = async () => { window.prompted += 1; };
          return !window.dispatchEvent(offer);
        }"""
    )
    # The browser's own banner does not come over the page.
    assert was_stopped
    expect(page.locator("#install")).to_contain_text("On your home screen it opens like an app")
    assert violations(page) == []
    page.get_by_role("button", name="Add to the home screen").tap()
    expect(page.locator("#install")).to_be_hidden()
    assert page.evaluate("window.prompted") == 1


@pytest.mark.parametrize(("script", "is_offered"), [(IN_SAFARI, True), (FROM_HOME_SCREEN, False)])
def test_an_iphone_is_told_how_unless_it_was_opened_from_there(
    visit: Visit, scenes: Scenes, script: str, is_offered: bool
) -> None:
    page = visit("maria", user_agent=IPHONE)
    page.add_init_script(script)
    page.goto(f"{scenes.url}/")
    page.wait_for_load_state("networkidle")
    words = page.get_by_text("On an iPhone or iPad: tap Share, then “Add to Home Screen”")
    expect(words).to_be_visible(visible=is_offered)
    expect(page.get_by_role("button", name="Add to the home screen")).to_be_hidden()


def test_a_message_without_words_speaks_the_language_of_the_person(visit: Visit, scenes: Scenes) -> None:
    page = visit("rosa", locale="en-US")
    page.context.grant_permissions(["notifications"], origin=scenes.url)
    page.goto(f"{scenes.url}/")
    page.evaluate("navigator.serviceWorker.ready.then(() => true)")
    page.get_by_role("button", name="Español").tap()
    expect(page.get_by_role("heading", name="Ahora", exact=True)).to_be_visible()
    try:
        cdp = page.context.new_cdp_session(page)
        heard: list[str] = []
        cdp.on(
            "ServiceWorker.workerRegistrationUpdated",
            lambda said: heard.extend(one["registrationId"] for one in said["registrations"]),
        )
        cdp.send("ServiceWorker.enable")
        for _ in range(50):
            page.wait_for_timeout(100)
            if heard:
                break
        message = {"origin": scenes.url, "registrationId": heard[-1], "data": ""}
        cdp.send("ServiceWorker.deliverPushMessage", message)
        bodies = """async () => {
          const worker = await navigator.serviceWorker.ready;
          for (let tries = 0; tries < 200; tries += 1) {
            const [one] = await worker.getNotifications();
            if (one) return [one.title, one.body];
            await new Promise((resolve) => setTimeout(resolve, 100));
          }
        }"""
        assert page.evaluate(bodies) == ["ivig_care", "Abre la lista para ver qué hay que hacer."]
    finally:
        page.get_by_role("button", name="English").tap()
        expect(page.get_by_role("heading", name="Now", exact=True)).to_be_visible()
