"""`python -m tests.browser.screenshots [WORD]`: pictures of every screen, large and small, light and dark, by language.

The pages are those of tests/browser/conftest.py, with its scenes: a family with a child in every state. With a word,
only the screens that have it in their name. The pictures go to screenshots/, which git does not keep.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Literal

from playwright.sync_api import Browser, Page, StorageState

from tests.browser.conftest import PAGES
from tests.browser.visits import DESK, PHONE, ZONE, Device, chromium, sign_in, unfold
from tests.password import PASSWORD
from tests.services.site import ROOT, Site, running_site

FOLDER = ROOT / "screenshots"
SIZES: dict[str, Device] = {"360x640": PHONE, "1280x800": DESK}
LANGUAGES = ("en", "es")
THEMES: tuple[Literal["light", "dark"], ...] = ("light", "dark")


def main(word: str = "") -> None:
    """Start a site of our own, visit every screen, and say where each picture is."""
    FOLDER.mkdir(exist_ok=True)
    with running_site({"DISPATCH_SECONDS": "10"}) as site, chromium() as browser:
        site.run("manage.py", "load_catalogue")
        keys = json.loads(site.run("-m", "tests.browser.scenes"))["keys"]
        for person, addresses in PAGES.items():
            screens = {name_of(person, address): address.format(**keys) for address in dict.fromkeys(addresses)}
            wanted = {name: address for name, address in screens.items() if word in name}
            for path in _shoot(browser, site, person, wanted) if wanted else ():
                sys.stdout.write(f"{path.relative_to(ROOT)}\n")


def name_of(person: str, address: str) -> str:
    """What the picture of a page is called: who sees it, and its address as a file name can say it."""
    words = re.sub(r"[^A-Za-z0-9]+", "-", address).strip("-") or "first"
    return f"{person or 'stranger'}-{words}"


def _shoot(browser: Browser, site: Site, person: str, screens: dict[str, str]) -> Iterator[Path]:
    """Each of these screens as this person sees it; signing in once."""
    cookies: StorageState | None = None
    for language in LANGUAGES:
        for size, device in SIZES.items():
            context = browser.new_context(
                **device, base_url=site.url, timezone_id=ZONE, locale=language, storage_state=cookies
            )
            page = context.new_page()
            if person and cookies is None:
                sign_in(page, site.url, f"{person}@example.org", PASSWORD)
                cookies = context.storage_state()
            for screen, address in screens.items():
                yield from _pictures(page, address, f"{screen}-{language}-{size}")
            context.close()


def _pictures(page: Page, address: str, name: str) -> Iterator[Path]:
    """One screen in both themes: what is seen first, and the whole of it with everything unfolded."""
    page.goto(address)
    for theme in THEMES:
        page.emulate_media(color_scheme=theme)
        path = FOLDER / f"{name}-{theme}.png"
        page.screenshot(path=path)
        yield path
    unfold(page)
    page.emulate_media(color_scheme=THEMES[0])
    path = FOLDER / f"{name}-whole.png"
    page.screenshot(path=path, full_page=True)
    yield path


if __name__ == "__main__":
    main(*sys.argv[1:2])
