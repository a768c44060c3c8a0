"""What a phone keeps, as the tests look into it; and what the site has recorded of what it sent."""

from __future__ import annotations

import json
from urllib.parse import urlsplit

from playwright.sync_api import Locator, Page

from tests.browser.conftest import Scenes
from tests.services.site import wait_for

KEPT = "caches.open('pages').then((pages) => pages.keys()).then((all) => all.map((one) => new URL(one.url).pathname))"

OWNERS = """async () => {
  const pages = await caches.open("pages");
  const copies = await Promise.all((await pages.keys()).map((one) => pages.match(one)));
  return copies.map((copy) => copy.headers.get("X-Person"));
}"""


def kept_on(page: Page) -> list[str]:
    """The addresses that the device keeps."""
    return [path for path in page.evaluate(KEPT) if path != "/.owner"]


def owners_of_copies(page: Page) -> set[str]:
    """For whom the copies on the device were made."""
    return set(page.evaluate(OWNERS)) - {None}


def wait_until_kept(page: Page, url: str) -> None:
    """The worker has installed and keeps this page."""
    path = urlsplit(url).path
    wait_for(lambda: path in kept_on(page), seconds=20, what=f"{path} to be kept")


def medicine(page: Page, name: str) -> Locator:
    """The row of one medicine in "Now"."""
    return page.locator("#now ~ .card article[id]", has_text=name)


def said(scenes: Scenes, page: Page) -> list[list[object]]:
    """What the site has recorded of this checklist: what, who, how many minutes ago, and whether a dose stands."""
    found: list[list[object]] = json.loads(
        scenes.site.run("-m", "tests.browser.said", urlsplit(page.url).path.split("/")[2])
    )
    return found
