"""`python -m tests.browser.screenshots`: pictures of the main screens, at two sizes, in light and dark.

The people, children and infusions are those of the demo. The pictures go to screenshots/, which git does not keep.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Literal

from playwright.sync_api import Browser, Page

from tests.browser.visits import DESK, PHONE, Device, chromium, sign_in
from tests.services.site import ROOT, Site, running_site

FOLDER = ROOT / "screenshots"
SIZES: dict[str, Device] = {"360x640": PHONE, "1280x800": DESK}
THEMES: tuple[Literal["light", "dark"], ...] = ("light", "dark")

# The addresses to take pictures of, by the name of the picture.
Screens = dict[str, str]


def main() -> None:
    """Start a site of our own, visit every screen, and say where each picture is."""
    FOLDER.mkdir(exist_ok=True)
    with running_site() as site, chromium() as browser:
        said = re.search(r"password (\S+)\)", site.run("manage.py", "seed_demo"))
        if said is None:
            raise RuntimeError("seed_demo does not say the password of the demo people")
        visits = _Visits(browser, site, said[1])
        for path in visits.pictures():
            sys.stdout.write(f"{path.relative_to(ROOT)}\n")


class _Visits:
    """Maria and Dr Weiss at the running demo: first as it is, then after each of them has done one thing."""

    def __init__(self, browser: Browser, site: Site, password: str) -> None:
        self.browser, self.site, self.password = browser, site, password

    def pictures(self) -> Iterator[Path]:
        """Take every picture; where each one is."""
        maria, weiss = self.person("maria", PHONE), self.person("weiss", DESK)
        yield from self.shoot("", {"sign-in": "/accounts/login/code/"})
        yield from self.shoot("maria", _family_screens(maria))
        yield from self.shoot("weiss", _clinic_screens(weiss))
        maria.get_by_role("button", name="Save").tap()
        maria.locator(".toast", has_text="Day 1 started").wait_for()
        yield from self.shoot("maria", {"checklist-running": _path(maria)})
        signed = _sign(weiss)
        yield from self.shoot("maria", {"checklist-signed": signed})

    def person(self, name: str, device: Device, theme: Literal["light", "dark"] = "light") -> Page:
        """Somebody's device, signed in; "" is nobody."""
        page = self.browser.new_context(**device, color_scheme=theme, base_url=self.site.url).new_page()
        if name:
            sign_in(page, self.site.url, f"{name}@example.org", self.password)
        return page

    def shoot(self, name: str, screens: Screens) -> Iterator[Path]:
        """Each of these screens as this person sees it, at both sizes, in light and dark."""
        for size, device in SIZES.items():
            page = self.person(name, device)
            for screen, address in screens.items():
                answer = page.goto(address)
                if answer is None or not answer.ok:
                    raise RuntimeError(f"{address} answered {answer.status if answer else 'nothing'}")
                for theme in THEMES:
                    page.emulate_media(color_scheme=theme)
                    path = FOLDER / f"{screen}-{size}-{theme}.png"
                    page.screenshot(path=path)
                    yield path
            page.context.close()


def _family_screens(page: Page) -> Screens:
    """The screens of the family; Maria's page ends at the preview of the infusion that is late today."""
    page.goto("/")
    links = {
        link.inner_text().partition(":")[0]: link.get_attribute("href") or "" for link in page.locator("h2 a").all()
    }
    before = page.locator(".card", has_text="Lena").filter(has_not_text="closed").locator("h2 a").get_attribute("href")
    page.goto(links["Ida"])
    page.get_by_role("link", name="It has started").tap()
    page.get_by_text("Not saved yet.").wait_for()
    return {
        "home": "/",
        "checklist-day-before": before or "",
        "checklist-to-start": links["Ida"],
        "start-late": _path(page),
        "checklist-72-hours": links["Ben"],
        "outbox": "/outbox/",
        "you": "/you/",
    }


def _clinic_screens(page: Page) -> Screens:
    """The screens of the clinic; Dr Weiss's page ends at the review."""
    page.goto("/clinic/")
    plan = page.locator(".plans a[href*='/preview/']").first.get_attribute("href") or ""
    page.get_by_role("link", name="New plan for Lena Moreno").click()
    page.get_by_role("button", name="Begin a draft on JDM, 2 g/kg over 2 days").click()
    draft = _path(page)
    page.goto("/clinic/")
    page.get_by_role("region", name="Completed checklists").get_by_role("link").first.click()
    return {"clinic": "/clinic/", "plan": draft, "plan-preview": plan, "review": _path(page)}


def _sign(page: Page) -> str:
    """Sign the review that the page is at; where the family reads the note."""
    checklist = _path(page).removeprefix("/clinic").removesuffix("review/")
    page.get_by_label("Note to the family").fill("Well done, all of you. Thank you for the notes.")
    page.get_by_label("What changes next time").fill("Start the drinks a day earlier.")
    page.get_by_role("button", name="Sign", exact=True).click()
    return checklist


def _path(page: Page) -> str:
    return re.sub(r"^https?://[^/]+|#.*$", "", page.url)


if __name__ == "__main__":
    main()
