"""A phone without a signal: what it keeps, what it says, and what it sends later, once."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Page, Route, expect

from tests.browser.conftest import Scenes, Visit
from tests.browser.keeping import kept_on, medicine, owners_of_copies, said, wait_until_kept
from tests.browser.test_accessibility import violations
from tests.browser.visits import sign_in
from tests.password import PASSWORD
from tests.services.site import wait_for

pytestmark = [pytest.mark.browser, pytest.mark.timeout(90)]


def test_a_kept_checklist_opens_without_a_signal_and_says_so(phone: Page) -> None:
    expect(phone.locator("#kept")).to_be_hidden()
    phone.context.set_offline(True)
    phone.reload()
    expect(phone.locator("#kept")).to_contain_text("No connection. This is how it looked at")
    expect(phone.get_by_role("button", name="Both given now")).to_be_visible()
    assert phone.evaluate("getComputedStyle(document.querySelector('.card')).borderRadius") == "14px"


def test_a_page_that_is_not_kept_says_what_to_do(phone: Page, scenes: Scenes) -> None:
    phone.context.set_offline(True)
    phone.goto(f"{scenes.url}/reach/")
    expect(phone.get_by_role("heading", name="No connection")).to_be_visible()
    expect(phone.get_by_role("link", name=": checklist").first).to_be_visible()


def test_what_was_ticked_without_a_signal_is_sent_once_with_its_time(phone: Page, scenes: Scenes) -> None:
    phone.clock.install()
    phone.reload()
    phone.context.set_offline(True)
    expect(phone.locator("#waiting")).to_contain_text("What you enter now waits on this phone")
    step = medicine(phone, "Diphenhydramine")
    step.locator(".more").tap()
    step.get_by_role("button", name="15 min ago").tap()
    expect(step.locator(".waiting-mark")).to_contain_text("Waiting to send")
    expect(step.get_by_role("button", name="Given now")).to_be_hidden()
    drink = phone.locator("#now ~ .card article", has_text="Offer a drink")
    drink.locator(".more").tap()
    drink.get_by_label("Note for the clinic").fill("Half a glass")
    drink.get_by_role("button", name="Save note").tap()
    expect(phone.locator("#waiting summary")).to_have_text("2 entries are waiting to send")
    assert said(scenes, phone) == []
    # Two hours later by the clock of this phone.
    phone.clock.fast_forward("02:00:00")
    phone.context.set_offline(False)
    expect(phone.locator("#waiting")).to_be_hidden()
    assert said(scenes, phone) == [["done", "Maria", 135, True], ["noted", "Maria", 120, False]]
    expect(phone.locator("section[aria-labelledby=answered]")).to_contain_text("Diphenhydramine")
    phone.reload()
    expect(phone.get_by_text("“Half a glass” Maria")).to_be_visible()
    assert len(said(scenes, phone)) == 2


def test_of_several_children_what_waits_says_whose_it_is(phone: Page) -> None:
    phone.context.set_offline(True)
    medicine(phone, "Diphenhydramine").get_by_role("button", name="Given now").tap()
    expect(phone.locator("#waiting li strong")).to_have_text(re.compile(r"Kim \d+ – Diphenhydramine: ✓ Given now$"))


def test_a_lost_answer_is_asked_for_again_and_nothing_is_done_twice(phone: Page, scenes: Scenes) -> None:
    lost: list[str] = []

    def lose(route: Route) -> None:
        route.fetch()
        lost.append(route.request.post_data or "")
        route.abort()

    phone.route("**/note/", lose, times=1)
    drink = phone.locator("#now ~ .card article", has_text="Offer a drink")
    drink.locator(".more").tap()
    drink.get_by_label("Note for the clinic").fill("Half a glass")
    drink.get_by_role("button", name="Save note").tap()
    expect(phone.locator("#waiting")).to_contain_text("1 entry is waiting to send")
    expect(phone.locator("#waiting")).to_be_hidden(timeout=15_000)
    assert len(lost) == 1
    assert [kind for kind, *_ in said(scenes, phone)] == ["noted"]


def test_the_other_was_quicker_and_it_is_said_in_words(phone: Page, visit: Visit, scenes: Scenes) -> None:
    phone.context.set_offline(True)
    medicine(phone, "Diphenhydramine").get_by_role("button", name="Given now").tap()
    expect(phone.locator("#waiting")).to_contain_text("1 entry is waiting to send")
    sam = visit("sam")
    sam.goto(phone.url)
    medicine(sam, "Diphenhydramine").get_by_role("button", name="Given now").tap()
    expect(sam.locator("#toasts")).to_contain_text("Diphenhydramine: given")
    phone.context.set_offline(False)
    box = phone.locator("#waiting")
    expect(box).to_contain_text("Sam ticked this before your entry of")
    expect(box).to_contain_text("Nothing was added. If it was given twice, call the clinic.")
    box.get_by_role("button", name="OK, I have read it").tap()
    expect(box).to_be_hidden()
    assert [who for _, who, *_ in said(scenes, phone)] == ["Sam"]


def test_an_entry_can_be_removed_before_it_is_sent(phone: Page, scenes: Scenes) -> None:
    phone.context.set_offline(True)
    phone.get_by_role("button", name="Both given now").tap()
    expect(phone.locator(".waiting-mark")).to_have_count(2)
    phone.reload()
    expect(phone.locator(".waiting-mark")).to_have_count(2)
    phone.locator("#waiting summary").tap()
    assert violations(phone) == []
    phone.locator("#waiting").get_by_role("button", name="Do not send it").tap()
    expect(phone.locator(".waiting-mark")).to_have_count(0)
    expect(phone.get_by_role("button", name="Both given now")).to_be_visible()
    phone.context.set_offline(False)
    phone.reload()
    expect(phone.locator("#kept")).to_be_hidden()
    assert said(scenes, phone) == []


def test_two_tabs_send_once(phone: Page, scenes: Scenes) -> None:
    posts: list[str] = []
    phone.context.on("request", lambda one: posts.append(one.url) if one.method == "POST" else None)
    other = phone.context.new_page()
    other.goto(phone.url)
    phone.context.set_offline(True)
    phone.get_by_role("button", name="Both given now").tap()
    expect(phone.locator("#waiting")).to_contain_text("1 entry is waiting to send")
    expect(other.locator("#waiting")).to_contain_text("1 entry is waiting to send")
    phone.context.set_offline(False)
    expect(phone.locator("#waiting")).to_be_hidden()
    expect(other.locator("#waiting")).to_be_hidden()
    assert [kind for kind, *_ in said(scenes, phone)] == ["done", "done"]
    assert len(posts) == 1


def test_the_copy_is_as_new_as_what_was_ticked_last(phone: Page) -> None:
    phone.get_by_role("button", name="Both given now").tap()
    expect(phone.locator("#toasts")).to_contain_text("given")
    path = urlsplit(phone.url).path
    copy = f"caches.open('pages').then((all) => all.match('{path}')).then((one) => one.text())"
    wait_for(lambda: "tick-together" not in phone.evaluate(copy), seconds=10, what="the copy to be made anew")
    phone.context.set_offline(True)
    phone.reload()
    expect(phone.locator("#kept")).to_be_visible()
    expect(phone.get_by_role("button", name="Both given now")).to_have_count(0)


def test_signing_out_removes_the_copies(phone: Page, scenes: Scenes) -> None:
    address = phone.url
    # A session of its own: the others stay signed in.
    phone.context.clear_cookies()
    sign_in(phone, scenes.url, "maria@example.org", PASSWORD)
    phone.goto(address)
    wait_until_kept(phone, address)
    phone.goto(f"{scenes.url}/you/")
    phone.get_by_role("button", name="Sign out", exact=True).tap()
    phone.wait_for_url("**/accounts/login/**")
    assert kept_on(phone) == []
    phone.context.set_offline(True)
    phone.goto(address)
    expect(phone.get_by_role("heading", name="No connection")).to_be_visible()
    expect(phone.locator("#copies")).to_be_hidden()


def test_another_person_on_the_same_phone_sees_nothing_of_the_first(phone: Page, scenes: Scenes) -> None:
    address = phone.url
    (maria,) = owners_of_copies(phone)
    phone.context.set_offline(True)
    phone.get_by_role("button", name="Both given now").tap()
    expect(phone.locator("#waiting")).to_contain_text("1 entry is waiting to send")
    # Signed out before there is a signal again: nothing of it may leave in another's name.
    phone.context.clear_cookies()
    phone.context.set_offline(False)
    expect(phone.get_by_role("link", name="Sign in to send 1 entry")).to_be_visible()
    sign_in(phone, scenes.url, "sam@example.org", PASSWORD)
    phone.goto(f"{scenes.url}/")
    wait_until_kept(phone, f"{scenes.url}/")
    assert maria not in owners_of_copies(phone)
    expect(phone.locator("#waiting")).to_be_hidden()
    phone.goto(address)
    expect(phone.get_by_role("button", name="Both given now")).to_be_visible()
    expect(phone.locator("#waiting")).to_be_hidden()
    assert said(scenes, phone) == []


def test_staff_of_a_clinic_keep_nothing(visit: Visit, scenes: Scenes) -> None:
    page = visit("weiss")
    page.goto(scenes.at("/infusions/{running}/"))
    expect(page.locator("#checklist")).to_be_visible()
    assert page.locator("#kept").count() == 0
    assert page.evaluate("navigator.serviceWorker.getRegistrations().then((all) => all.length)") == 0


def test_a_drink_without_a_signal_is_written_down_once_at_its_time(phone: Page, scenes: Scenes) -> None:
    address = f"{phone.url}drinks/"
    phone.goto(address)
    phone.get_by_label("Name").fill("Blue cup")
    phone.get_by_label("It holds, in mL").fill("200")
    phone.get_by_role("button", name="Keep this cup").tap()
    # The answer has the same address: that it is there shows in what it says.
    expect(phone.get_by_role("button", name="Blue cup")).to_be_visible()
    phone.clock.install()
    phone.goto(address)
    wait_until_kept(phone, address)
    # With a signal the page shows what it always shows.
    phone.get_by_role("button", name="Blue cup").tap()
    expect(phone.locator("#toasts")).to_contain_text("Written down: 200 mL")
    phone.context.set_offline(True)
    phone.get_by_role("button", name="Blue cup").tap()
    phone.get_by_role("button", name="Blue cup").tap()
    expect(phone.locator("#waiting summary")).to_have_text("2 entries are waiting to send")
    # The copy has the key that it came with, and that is used.
    phone.reload()
    phone.get_by_role("button", name="Blue cup").tap()
    expect(phone.locator("#waiting summary")).to_have_text("3 entries are waiting to send")
    phone.locator("#waiting summary").tap()
    expect(phone.locator("#waiting li").first).to_contain_text("Add a drink: Blue cup 200 mL")
    phone.clock.fast_forward("00:45:00")
    phone.context.set_offline(False)
    expect(phone.locator("#waiting")).to_be_hidden()
    phone.reload()
    entries = phone.locator("form[action^='/drinks/']")
    expect(entries).to_have_count(4)


def test_signs_reported_without_a_signal_lead_to_the_numbers(phone: Page, scenes: Scenes) -> None:
    checklist, card = phone.url, f"{phone.url}call/"
    wait_until_kept(phone, card)
    phone.goto(f"{phone.url}symptoms/")
    phone.context.set_offline(True)
    phone.evaluate("document.querySelectorAll('details').forEach((one) => { one.open = true })")
    phone.locator("label[for^=s-]", has_text="Trouble breathing").first.tap()
    phone.get_by_role("button", name="Write it down").last.tap()
    phone.wait_for_url("**/call/#no-signal")
    expect(phone.locator("#no-signal")).to_contain_text("No signal: nobody has read what you wrote.")
    expect(phone.locator("#kept")).to_contain_text("No connection. This is how it looked at")
    expect(phone.get_by_role("link", name="Call 911").first).to_be_visible()
    # The list says what was typed, not only where.
    phone.goto(checklist)
    expect(phone.locator("#waiting li")).to_contain_text("Trouble breathing")
