"""Visiting the site: the browser of this machine, a phone and a desk, and signing in through the real form."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TypedDict

from playwright.sync_api import Browser, BrowserContext, Locator, Page, ViewportSize, expect, sync_playwright

from ivig_care.common import clock
from tests.password import app_code

CHROMIUM = "/usr/bin/chromium"
# Without these it looks for the network that this machine keeps from it, and as root it would not start.
SWITCHES = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
# Where the children of the stories live.
ZONE = "America/Los_Angeles"


class Device(TypedDict, total=False):
    """How a device looks at the site, in Playwright's words."""

    viewport: ViewportSize
    has_touch: bool
    is_mobile: bool


PHONE = Device(viewport={"width": 360, "height": 640}, has_touch=True, is_mobile=True)
DESK = Device(viewport={"width": 1280, "height": 800})
DEVICES = {"phone": PHONE, "desk": DESK}
SCHEMES = ("light", "dark")


@contextmanager
def chromium() -> Iterator[Browser]:
    """The browser of this machine, closed at the end."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=list(SWITCHES))
        try:
            yield browser
        finally:
            browser.close()


def sign_in(page: Page, url: str, email: str, password: str) -> None:
    """Sign in through the form, as a person does; clinicians show their authenticator app too."""
    page.goto(f"{url}/accounts/login/")
    page.get_by_label("E-mail address").fill(email)
    page.get_by_label("Password").fill(password)
    page.get_by_role("button", name="Sign in", exact=True).click()
    page.wait_for_url(lambda address: not address.endswith("/accounts/login/"))
    if "/2fa/authenticate/" in page.url:
        show_app(page)
    page.wait_for_url(lambda address: "/accounts/" not in address)


def show_app(page: Page) -> None:
    """Type the code of the authenticator app. Each works once, so of those that are good now the first unused one."""
    for step in (0, 1, -1, 2, 3):
        page.get_by_label("Code of your authenticator app").fill(app_code(clock.now().timestamp() + 30 * step))
        page.get_by_role("button", name="Sign in", exact=True).click()
        page.wait_for_load_state()
        if "/2fa/authenticate/" not in page.url:
            return
        if step == -1:
            time.sleep(31)
    raise AssertionError("no code of the app was taken")


def unfold(page: Page) -> None:
    """Open what is folded; of the sheets of steps, which are all alike, the first of each section."""
    page.evaluate("document.querySelectorAll('details:not(.sheet)').forEach((one) => { one.open = true })")
    firsts = "sections => sections.map((one) => one.querySelector('.step:has(> .more)').id)"
    for step in page.locator("section:has(.step > .more)").evaluate_all(firsts):
        sheet_open(page.locator(f"#{step}"))


def sheet_open(step: Locator) -> None:
    """Open the sheet of a step, which comes when it is asked for."""
    step.locator("> .more").click()
    expect(step.locator(".sheet")).to_have_attribute("open", "")


def complaints(context: BrowserContext) -> list[str]:
    """What the browser complains about from now on: errors of our scripts, and what the content policy stopped."""
    heard: list[str] = []
    context.on("weberror", lambda error: heard.append(str(error.error)))
    context.on("console", lambda line: heard.append(line.text) if "Content Security Policy" in line.text else None)
    return heard
