"""`python -m tests.browser.screenshots`: pictures of the main screens, at two sizes, in light and dark.

They are written to screenshots/, which git does not keep.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Literal

from playwright.sync_api import Browser, Page

from tests.browser.visits import DESK, PHONE, ZONE, Device, chromium, sign_in
from tests.password import PASSWORD
from tests.services.site import ROOT, Site, running_site

FOLDER = ROOT / "screenshots"
SIZES: dict[str, Device] = {"360x640": PHONE, "1280x800": DESK}
THEMES: tuple[Literal["light", "dark"], ...] = ("light", "dark")

# The screens of each person, by the name of their picture; the names in braces are those of tests/browser/scenes.py.
SCREENS: dict[str, dict[str, str]] = {
    "": {"sign-in": "/accounts/login/"},
    "maria": {
        "home": "/",
        "checklist-day-before": "/infusions/{before}/",
        "checklist-to-start": "/infusions/{starting}/",
        "start-45-minutes-late": "/infusion-days/{late day}/start/?ago=0",
        "checklist-running": "/infusions/{running}/",
        "checklist-72-hours": "/infusions/{after}/",
        "checklist-signed": "/infusions/{signed}/",
        "outbox": "/outbox/",
    },
    "weiss": {
        "clinic": "/clinic/",
        "plan-empty": "/clinic/plans/{empty}/",
        "plan": "/clinic/plans/{draft}/",
        "plan-preview": "/clinic/plans/{draft}/preview/",
        "review": "/clinic/infusions/{closed}/review/",
    },
}


def main() -> None:
    """Start a site of our own, visit every screen, and say where each picture is."""
    FOLDER.mkdir(exist_ok=True)
    with running_site() as site, chromium() as browser:
        site.run("manage.py", "load_catalogue")
        keys = json.loads(site.run("-m", "tests.browser.scenes"))["keys"]
        for path in _pictures(browser, site, keys):
            sys.stdout.write(f"{path.relative_to(ROOT)}\n")


def _pictures(browser: Browser, site: Site, keys: dict[str, int]) -> Iterator[Path]:
    for size, device in SIZES.items():
        for theme in THEMES:
            for name, screens in SCREENS.items():
                context = browser.new_context(**device, color_scheme=theme, timezone_id=ZONE)
                page = context.new_page()
                if name:
                    sign_in(page, site.url, f"{name}@example.org", PASSWORD)
                for screen, address in screens.items():
                    yield _picture(page, site.url + address.format(**keys), FOLDER / f"{screen}-{size}-{theme}.png")
                context.close()


def _picture(page: Page, url: str, path: Path) -> Path:
    answer = page.goto(url)
    if answer is None or not answer.ok:
        raise RuntimeError(f"{url} answered {answer.status if answer else 'nothing'}")
    page.screenshot(path=path)
    return path


if __name__ == "__main__":
    main()
