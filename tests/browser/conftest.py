"""A real browser, a running site with something in every state, and people who are signed in to it."""

from __future__ import annotations

import json
import math
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, StorageState, expect

from tests.browser.visits import PHONE, ZONE, Device, chromium, complaints, sign_in
from tests.password import PASSWORD
from tests.services.site import Site, running_site

expect.set_options(timeout=10_000)

# So that pages offer notifications, as they do where the site is run: the key of an example, for tests on this machine.
PUSH = {
    "VAPID_PRIVATE_KEY": "l8ca_8uBr3V85JZrzAjJ0_HWd-6rCN6tsLcw6B0uoOw",
    "VAPID_SUBJECT": "mailto:care@example.org",
}

# Every page, by who may see it; the names in braces are those of tests/browser/scenes.py.
STRANGER = (
    "/accounts/login/code/",
    "/accounts/login/",
    "/offline/",
    "/accounts/outbox/",
    "/accounts/password/reset/",
    "/accounts/signup/",
    "/nowhere/",
    "/n/1.forged/",
    "/invitations/",
    "/invitations/{invitation}/",
    "/invitations/NOSUCHCODE00/",
    "/g/{guest}/",
    "/g/no-such-secret/",
)
PARENT = (
    "/",
    "/welcome/you/",
    "/welcome/reach/",
    "/welcome/quiet/",
    "/welcome/test/",
    "/welcome/try/",
    "/welcome/try/?ticked=1",
    "/welcome/done/",
    "/whose/call-card/",
    "/infusions/{before}/",
    "/infusions/{starting}/",
    "/infusions/{running}/",
    "/infusions/{after}/",
    "/infusions/{closed}/",
    "/infusions/{signed}/",
    "/infusion-days/{before day}/ready/",
    "/infusion-days/{ready day}/ready/",
    "/infusions/{ending}/",
    "/infusions/{ending}/closing/",
    "/infusions/{sent}/",
    "/infusions/{sent}/closing/",
    "/infusions/{following}/",
    "/infusions/{following}/changes/",
    "/infusion-days/{starting day}/start/",
    "/infusion-days/{late day}/start/?ago=0",
    "/infusion-days/{running day}/end/?ago=0",
    "/infusion-days/{running day}/end/?ago=600",
    "/infusion-days/{starting day}/card/",
    "/infusion-days/{running day}/card/",
    "/infusion-days/{paused day}/card/",
    "/infusion-days/{running day}/rate/",
    "/infusion-days/{running day}/rate/?ml_h=62&ago=0",
    "/infusion-days/{running day}/rate/?ml_h=x&ago=0",
    "/infusion-days/{running day}/pause/?ago=0",
    "/infusion-days/{paused day}/resume/",
    "/infusion-days/{running day}/lot/",
    "/infusion-days/{running day}/print/",
    "/infusions/{running}/print/",
    "/infusions/{running}/messages/",
    "/steps/{step}/",
    "/steps/{missed step}/",
    "/children/{child}/log/",
    "/children/{child}/log/?kind=sent",
    "/children/{child}/export/",
    "/children/{child}/erase/",
    "/reach/",
    "/you/log/",
    "/you/consents/",
    "/you/close/",
    "/outbox/",
    "/you/",
    "/accounts/email/",
    "/accounts/password/change/",
    "/accounts/2fa/totp/activate/",
    "/accounts/2fa/webauthn/add/",
    "/accounts/logout/",
    "/children/{child}/team/",
    "/children/{child}/clinics/join/",
    "/children/{child}/clinics/join/?code={clinic code}",
    "/children/{child}/log/",
    "/children/{child}/export/",
    "/invitations/{invitation}/",
    "/you/log/",
    "/you/consents/",
)
# What is written down around an infusion, as somebody else of the family sees it.
DIARY = (
    "/infusions/{flagged}/",
    "/infusions/{after}/drinks/",
    "/infusions/{running}/drinks/",
    "/infusions/{flagged}/drinks/",
    "/children/{child}/cups/",
    "/children/{flagged child}/cups/",
    "/infusions/{running}/symptoms/",
    "/infusions/{flagged}/symptoms/",
    "/reports/{emergency}/",
    "/reports/{mild}/",
    "/reports/{fine}/",
    "/infusions/{flagged}/call/",
    "/infusions/{flagged}/dose/",
    "/infusions/{flagged}/dose/?medicine=acetaminophen&amount=300&unit=mg&ago=0",
    "/infusions/{flagged}/dose/?medicine=Zaubersaft&amount=5&unit=mL&ago=0",
    "/infusions/{flagged}/diary/",
    "/infusions/{before}/diary/",
)
CLINICIAN = (
    "/clinic/",
    "/clinic/infusions/{flagged}/concerns/",
    "/clinic/infusions/{after}/concerns/",
    "/clinic/infusions/{flagged}/review/",
    "/clinic/{clinic}/children/new/",
    "/clinic/{clinic}/code/",
    "/clinic/children/{child}/invite/",
    "/clinic/children/{child}/plans/new/",
    "/clinic/plans/{empty}/",
    "/clinic/plans/{draft}/",
    "/clinic/plans/{draft}/preview/",
    "/clinic/infusions/{closed}/review/",
    "/clinic/infusions/{signed}/review/",
    "/clinic/infusions/{running}/review/",
    "/clinic/infusions/{sent}/review/",
    "/clinic/infusions/{running}/messages/",
    "/clinic/infusions/{before}/change/",
    "/you/",
    "/accounts/2fa/totp/deactivate/",
    "/accounts/2fa/totp/move/",
    "/accounts/2fa/recovery-codes/generate/",
)
ADMIN = ("/clinic/{clinic}/staff/", "/clinic/log/")
# Well within PROOF_LASTS, after which a page may ask once more who is there.
LATELY_SECONDS = 300.0
PAGES = {"": STRANGER, "maria": PARENT, "sam": DIARY, "weiss": CLINICIAN, "ada": ADMIN}


@dataclass
class Scenes:
    """The running site and where its scenes are; people sign in now and then, and keep their cookies meanwhile."""

    site: Site
    keys: dict[str, int | str]
    spare: list[int]
    cookies: dict[str, tuple[float, StorageState]] = field(default_factory=dict)

    @property
    def url(self) -> str:
        """Where the site is."""
        return self.site.url

    def at(self, address: str) -> str:
        """The whole address of one of PAGES."""
        return self.url + address.format(**self.keys)

    def signed_in(self, name: str, browser: Browser) -> StorageState:
        """What a device of this person keeps who has lately signed in: nothing asks who is there."""
        at, state = self.cookies.get(name, (-math.inf, StorageState()))
        if time.monotonic() > at + LATELY_SECONDS:
            # On a device that speaks English, whatever those of the test speak.
            with browser.new_context(locale="en") as context:
                sign_in(context.new_page(), self.url, f"{name}@example.org", PASSWORD)
                at, state = time.monotonic(), context.storage_state()
            self.cookies[name] = (at, state)
        return state


@pytest.fixture(scope="session")
def scenes() -> Iterator[Scenes]:
    """The site with its scenes, for all tests of this directory."""
    # Nothing here waits for a message, so beat need not hurry.
    with running_site({"DISPATCH_SECONDS": "10"} | PUSH) as site:
        site.run("manage.py", "load_catalogue")
        made = json.loads(site.run("-m", "tests.browser.scenes"))
        yield Scenes(site=site, keys=made["keys"], spare=made["spare"])


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """The browser of this machine."""
    with chromium() as launched:
        yield launched


Visit = Callable[..., Page]


@pytest.fixture
def visit(browser: Browser, scenes: Scenes) -> Iterator[Visit]:
    """Open a page on a device of its own, signed in as somebody ("" for nobody): visit("maria", PHONE, …)."""
    contexts: list[BrowserContext] = []
    heard: list[str] = []

    def opened(name: str, device: Device = PHONE, *, timezone_id: str = ZONE, **more: object) -> Page:
        context = browser.new_context(**{**device, "timezone_id": timezone_id, **more})  # type: ignore[arg-type]
        contexts.append(context)
        nonlocal heard
        heard = complaints(context)
        page = context.new_page()
        if name:
            context.add_cookies(scenes.signed_in(name, browser)["cookies"])  # type: ignore[arg-type]
        return page

    yield opened
    for context in contexts:
        context.close()
    assert heard == []


@pytest.fixture
def infusion_url(scenes: Scenes) -> str:
    """A checklist of this test's own: day 1 was to start 45 minutes ago, and nothing has been said yet."""
    return f"{scenes.url}/infusions/{scenes.spare.pop()}/"


@pytest.fixture
def phone(visit: Visit, infusion_url: str) -> Page:
    """Maria's phone, with a checklist that it keeps."""
    from tests.browser.keeping import wait_until_kept

    page = visit("maria")
    page.goto(infusion_url)
    wait_until_kept(page, infusion_url)
    return page
