"""What a phone keeps before anybody has opened it there: quietly, once, and not where it costs somebody something."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Scenes, Visit
from tests.browser.keeping import kept_on, wait_until_kept
from tests.services.site import wait_for

pytestmark = [pytest.mark.browser, pytest.mark.timeout(90)]

# When each copy was made, by its address.
MADE = """async () => {
  const pages = await caches.open("pages");
  const made = {};
  for (const one of await pages.keys()) {
    made[new URL(one.url).pathname] = (await pages.match(one)).headers.get("X-Kept-At");
  }
  return made;
}"""
ASKED = (
    "caches.open('ahead').then((all) => all.match('/ahead/')).then((one) => one?.json()).then((one) => one?.at ?? 0)"
)
# As if a quarter of an hour had gone by since the site was asked.
LATER = """async () => {
  const ahead = await caches.open("ahead");
  const said = await (await ahead.match("/ahead/")).json();
  await ahead.put("/ahead/", new Response(JSON.stringify({ ...said, at: 0 })));
}"""


def made(page: Page) -> dict[str, str]:
    """When each copy was made."""
    return {path: at for path, at in page.evaluate(MADE).items() if path != "/.owner"}


def wait_until_asked(page: Page) -> None:
    """The phone has kept everything that is to be kept."""
    wait_for(lambda: page.evaluate(ASKED) > 0, seconds=40, what="the pages to be kept ahead")


@pytest.fixture
def addresses(scenes: Scenes) -> list[str]:
    """The pages of Pia's infusion, which is on."""
    checklist = scenes.at("/infusions/{alone}/").removeprefix(scenes.url)
    card = scenes.at("/infusion-days/{alone day}/card/").removeprefix(scenes.url)
    return [checklist, *(f"{checklist}{name}/" for name in ("drinks", "symptoms", "call")), card]


def test_what_was_never_opened_on_this_phone_opens_without_a_signal(
    visit: Visit, scenes: Scenes, addresses: list[str]
) -> None:
    page = visit("rosa")
    page.goto(f"{scenes.url}/")
    wait_until_asked(page)
    assert set(addresses) <= set(kept_on(page))
    page.context.set_offline(True)
    for address in addresses:
        page.goto(f"{scenes.url}{address}")
        expect(page.locator("#kept")).to_contain_text("No connection. This is how it looked at")
    # Tapped on a page that was never opened here, this asks a page that is not there: the card takes its place.
    page.goto(f"{scenes.url}{addresses[0]}")
    page.get_by_role("link", name="It has started").first.tap()
    page.wait_for_url("**/card/")
    expect(page.get_by_text("It will be recorded: started")).to_be_visible()


def test_the_log_calls_it_a_copy_and_no_look(visit: Visit, scenes: Scenes) -> None:
    page = visit("rosa")
    page.goto(f"{scenes.url}/")
    wait_until_asked(page)
    page.goto(scenes.at("/children/{alone child}/log/"))
    expect(page.get_by_role("main")).to_contain_text("kept a copy of")


def test_it_is_kept_once_and_again_when_it_changed(visit: Visit, scenes: Scenes, addresses: list[str]) -> None:
    page = visit("rosa")
    checklist = f"{scenes.url}{addresses[0]}"
    page.goto(checklist)
    wait_until_asked(page)
    first = made(page)
    # A quarter of an hour later the site is asked whether anything changed: nothing did.
    page.evaluate(LATER)
    page.goto(f"{scenes.url}/reach/")
    page.goto(f"{scenes.url}/")
    wait_until_asked(page)
    second = made(page)
    assert [second[address] for address in addresses] == [first[address] for address in addresses]
    page.goto(checklist)
    drink = page.locator("#now ~ .card article", has_text="Offer a drink")
    drink.locator(".more").tap()
    drink.get_by_label("Note for the clinic").fill("Half a glass")
    drink.get_by_role("button", name="Save note").tap()
    expect(page.locator("#toasts")).to_contain_text("Note saved")
    page.evaluate(LATER)
    page.goto(f"{scenes.url}/")
    wait_until_asked(page)
    third = made(page)
    assert all(third[address] != second[address] for address in addresses)


@pytest.mark.parametrize(
    "of_phone",
    [
        "Object.defineProperty(navigator, 'connection', { value: { saveData: true, effectiveType: '4g' } })",
        "Object.defineProperty(navigator, 'connection', { value: { saveData: false, effectiveType: 'slow-2g' } })",
        "Object.defineProperty(document, 'hidden', { get: () => true })",
    ],
)
def test_it_costs_nothing_where_a_page_is_dear_or_nobody_looks(
    visit: Visit, scenes: Scenes, addresses: list[str], of_phone: str
) -> None:
    page = visit("rosa")
    page.add_init_script(of_phone)
    page.clock.install()
    page.goto(f"{scenes.url}/")
    # Whom to call is kept all the same.
    wait_until_kept(page, addresses[3])
    page.clock.run_for(10_000)
    page.wait_for_timeout(1500)
    assert set(kept_on(page)) == {"/", addresses[3]}
    assert page.evaluate(ASKED) == 0


def test_a_guest_keeps_nothing(visit: Visit, scenes: Scenes) -> None:
    page = visit("")
    page.clock.install()
    page.goto(scenes.at("/g/{guest}/"))
    page.clock.run_for(10_000)
    assert page.evaluate("navigator.serviceWorker.getRegistrations().then((all) => all.length)") == 0


def test_without_a_signal_the_person_is_spoken_to_in_their_language(visit: Visit, scenes: Scenes) -> None:
    page = visit("rosa", locale="en-US")
    page.goto(f"{scenes.url}/")
    wait_until_kept(page, f"{scenes.url}/")
    page.get_by_role("button", name="Español").tap()
    expect(page.get_by_role("heading", name="Ahora", exact=True)).to_be_visible()
    try:
        page.context.set_offline(True)
        page.goto(f"{scenes.url}/you/consents/")
        expect(page.get_by_role("heading", name="Sin conexión")).to_be_visible()
    finally:
        page.context.set_offline(False)
        page.goto(f"{scenes.url}/")
        page.get_by_role("button", name="English").tap()
        expect(page.get_by_role("heading", name="Now", exact=True)).to_be_visible()
    page.context.set_offline(True)
    page.goto(f"{scenes.url}/you/consents/")
    expect(page.get_by_role("heading", name="No connection")).to_be_visible()
