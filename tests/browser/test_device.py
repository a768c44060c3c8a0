"""What depends on the device: its zone, its connection, its printer, and whether it likes things to move."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Scenes, Visit

pytestmark = [pytest.mark.browser, pytest.mark.timeout(60)]


@pytest.mark.parametrize(
    ("zone", "is_said"), [("America/Los_Angeles", False), ("America/Tijuana", False), ("Asia/Kathmandu", True)]
)
def test_a_device_in_another_zone_is_told(scenes: Scenes, visit: Visit, zone: str, is_said: bool) -> None:
    page = visit("maria", timezone_id=zone)
    page.goto(scenes.at("/infusions/{after}/"))
    banner = page.get_by_text("This device is set to another time zone. All times here are Los Angeles time")
    expect(banner).to_be_visible(visible=is_said)


def test_a_tick_without_a_connection_says_that_it_waits(visit: Visit, infusion_url: str) -> None:
    page = visit("maria")
    page.goto(infusion_url)
    page.evaluate("navigator.serviceWorker.ready.then(() => true)")
    page.context.set_offline(True)
    page.get_by_role("button", name="Both given now").tap()
    expect(page.locator("#toasts")).to_contain_text("No connection: this waits on the phone and is sent later.")
    expect(page.locator("#stale")).to_contain_text("No connection. What you see may be old.")
    page.context.set_offline(False)
    expect(page.locator("#stale")).to_be_hidden()
    expect(page.locator("#toasts")).to_contain_text("Acetaminophen: given")
    expect(page.get_by_role("button", name="Both given now")).to_have_count(0)


def test_printed_everything_is_unfolded_and_nothing_can_be_tapped(scenes: Scenes, visit: Visit) -> None:
    page = visit("maria", color_scheme="dark")
    page.goto(scenes.at("/infusions/{after}/"))
    page.emulate_media(media="print")
    expect(page.locator("#later ~ .card article").last).to_be_visible()
    for hidden in ("header.site", "[id^=more]", ".act"):
        assert page.locator(hidden).filter(visible=True).count() == 0
    paper = page.evaluate("getComputedStyle(document.documentElement).backgroundColor")
    assert paper == "rgb(255, 255, 255)"


def test_a_device_that_likes_no_motion_gets_the_toast_for_its_ten_seconds(visit: Visit, infusion_url: str) -> None:
    page = visit("maria", reduced_motion="reduce")
    page.goto(infusion_url)
    page.get_by_role("button", name="Both given now").tap()
    style = page.locator(".toast").evaluate(
        "(toast) => { const { animationDelay, animationDuration } = getComputedStyle(toast);"
        " return [animationDelay, parseFloat(animationDuration) < 0.001]; }"
    )
    assert style == ["10s", True]
