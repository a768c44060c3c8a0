"""Undo without a signal: it waits like all else, and the page says so. What cannot wait stays as it was typed."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Scenes, Visit
from tests.browser.keeping import medicine, said, wait_until_kept
from tests.browser.test_accessibility import violations

pytestmark = [pytest.mark.browser, pytest.mark.timeout(90)]


def test_a_step_is_undone_later_and_once(phone: Page, scenes: Scenes) -> None:
    medicine(phone, "Diphenhydramine").get_by_role("button", name="Given now").tap()
    expect(phone.locator("#toasts")).to_contain_text("Diphenhydramine: given")
    phone.context.set_offline(True)
    row = phone.locator("section[aria-labelledby=answered] article", has_text="Diphenhydramine")
    row.get_by_role("button", name="Undo").tap()
    expect(row.locator(".waiting-mark")).to_contain_text("Undo waits to be sent")
    expect(row.get_by_role("button", name="Undo")).to_be_hidden()
    phone.locator("#waiting summary").tap()
    expect(phone.locator("#waiting li strong")).to_have_text(re.compile(r"Diphenhydramine: Undo$"))
    assert violations(phone) == []
    phone.context.set_offline(False)
    expect(phone.locator("#waiting")).to_be_hidden()
    expect(medicine(phone, "Diphenhydramine").get_by_role("button", name="Given now")).to_be_visible()
    assert [[what, who, stands] for what, who, _, stands in said(scenes, phone)] == [
        ["done", "Maria", False],
        ["undone", "Maria", False],
    ]


def test_a_toast_is_undone_later(phone: Page, scenes: Scenes) -> None:
    phone.get_by_role("button", name="Both given now").tap()
    undo = phone.locator("#toasts").get_by_role("button", name="Undo")
    expect(undo).to_be_visible()
    phone.context.set_offline(True)
    undo.tap()
    expect(phone.locator(".waiting-mark")).to_have_count(2)
    phone.locator("#waiting summary").tap()
    expect(phone.locator("#waiting li")).to_contain_text(
        re.compile("Undo: Acetaminophen: given .* Diphenhydramine: given")
    )
    phone.context.set_offline(False)
    expect(phone.get_by_role("button", name="Both given now")).to_be_visible()
    assert sorted(str(kind) for kind, *_ in said(scenes, phone)) == ["done", "done", "undone", "undone"]


def test_what_another_gave_meanwhile_stands_and_it_is_said(phone: Page, visit: Visit, scenes: Scenes) -> None:
    medicine(phone, "Diphenhydramine").get_by_role("button", name="Given now").tap()
    expect(phone.locator("#toasts")).to_contain_text("Diphenhydramine: given")
    phone.context.set_offline(True)
    phone.locator("section[aria-labelledby=answered] article", has_text="Diphenhydramine").get_by_role(
        "button", name="Undo"
    ).tap()
    expect(phone.locator("#waiting")).to_contain_text("1 entry is waiting to send")
    sam = visit("sam")
    sam.goto(phone.url)
    sam.locator("section[aria-labelledby=answered] article", has_text="Diphenhydramine").get_by_role(
        "button", name="Undo"
    ).tap()
    medicine(sam, "Diphenhydramine").get_by_role("button", name="Given now").tap()
    expect(sam.locator("#toasts")).to_contain_text("Diphenhydramine: given")
    phone.context.set_offline(False)
    expect(phone.locator("#waiting")).to_contain_text("Sam has said something else about this meanwhile")
    expect(phone.locator("#waiting")).to_contain_text("It stands, and nothing was undone.")
    assert [stands for what, _, _, stands in said(scenes, phone) if what == "done"][-1] is True


def test_a_day_that_has_not_ended_goes_on_without_a_signal(phone: Page) -> None:
    phone.get_by_role("link", name="Infusion, day 1 of 2").first.tap()
    expect(phone.get_by_role("heading", level=1)).to_contain_text("infusion, day 1")
    card = phone.url
    for name, ago in (("It has started", "30 min ago"), ("It has ended", "")):
        phone.get_by_role("link", name=name).tap()
        if ago:
            phone.get_by_role("button", name=ago).tap()
        phone.get_by_role("button", name="Save").tap()
        expect(phone.locator("#toasts")).to_contain_text("Day 1 ")
        phone.goto(card)
    state = phone.locator("section[aria-labelledby=state]")
    expect(state.locator(".badge")).to_have_text("ended")
    wait_until_kept(phone, card)
    phone.context.set_offline(True)
    phone.reload()
    state.get_by_role("button", name="Undo: it has not ended").tap()
    expect(state).to_contain_text("Day 1: it has not ended: waiting to send")
    expect(state.get_by_role("button", name="Undo: it has not ended")).to_be_hidden()
    panel = phone.locator("section[aria-labelledby=say-title]")
    expect(panel.get_by_role("button", name="It has ended")).to_be_visible()
    panel.get_by_role("button", name="Paused").tap()
    panel.get_by_role("button", name="now:").tap()
    expect(phone.locator("#waiting summary")).to_have_text("2 entries are waiting to send")
    phone.context.set_offline(False)
    expect(state.locator(".badge")).to_have_text("paused", timeout=15_000)
    expect(phone.locator("#waiting")).to_contain_text("Undone. The open steps are where they were before.")


def test_what_cannot_wait_stays_as_it_was_typed(visit: Visit, scenes: Scenes) -> None:
    page = visit("maria")
    page.goto(scenes.at("/children/{child}/team/"))
    page.evaluate("document.querySelectorAll('details').forEach((one) => { one.open = true })")
    form = page.locator("form[action*='/invite/']")
    form.locator("[name=name]").fill("Grandma")
    page.context.set_offline(True)
    form.locator("button[type=submit]").last.tap()
    expect(page.locator("#toasts")).to_contain_text("No connection: this was not sent.")
    expect(form.locator("[name=name]")).to_have_value("Grandma")
