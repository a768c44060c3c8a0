"""An entry that the site cannot take: it stays on the list in plain words, and does not hold up those behind it."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Locator, Page, Route, expect

from tests.browser.conftest import Scenes
from tests.browser.keeping import medicine, said, wait_until_kept
from tests.browser.test_accessibility import violations

pytestmark = [pytest.mark.browser, pytest.mark.timeout(90)]

Answer = Callable[[Route], None]


def answering(status: int, *, is_ours: bool = True, retry_after: str = "") -> Answer:
    """An answer that is no JSON; every page of ours says for whom it is."""
    headers = {"Content-Type": "text/html"} | ({"X-Person": "somebody"} if is_ours else {})
    headers |= {"Retry-After": retry_after} if retry_after else {}
    return lambda route: route.fulfill(status=status, body="<h1>No</h1>", headers=headers)


def note(page: Page, words: str) -> None:
    """Write a note for the clinic, without a signal."""
    drink = page.locator("#now ~ .card article", has_text="Offer a drink")
    drink.locator(".more").tap()
    drink.get_by_label("Note for the clinic").fill(words)
    drink.get_by_role("button", name="Save note").tap()


def waiting(page: Page) -> Locator:
    """The list of what waits."""
    return page.locator("#waiting")


def some_time_goes_by(page: Page, *, until: Callable[[], bool]) -> None:
    """Minute by minute, until the phone has tried often enough."""
    for _ in range(20):
        if until():
            return
        page.clock.run_for(61_000)
        page.wait_for_timeout(300)
    raise AssertionError("it did not come to that")


def is_said(page: Page, words: str) -> Callable[[], bool]:
    """Whether the list says this."""
    return lambda: waiting(page).filter(has_text=words).count() == 1


@pytest.fixture
def away(phone: Page) -> Page:
    """Maria's phone with no signal, and a note that waits."""
    phone.clock.install()
    phone.reload()
    expect(phone.locator("#checklist")).to_be_visible()
    phone.context.set_offline(True)
    note(phone, "Half a glass")
    expect(waiting(phone)).to_contain_text("1 entry is waiting to send")
    return phone


def test_what_fails_again_and_again_does_not_block_the_others(away: Page, scenes: Scenes) -> None:
    away.route("**/note/", answering(500))
    medicine(away, "Diphenhydramine").get_by_role("button", name="Given now").tap()
    expect(waiting(away)).to_contain_text("2 entries are waiting to send")
    away.context.set_offline(False)
    # The one behind it has gone out at once.
    expect(waiting(away)).to_contain_text("1 entry is waiting to send")
    assert [kind for kind, *_ in said(scenes, away)] == ["done"]
    some_time_goes_by(away, until=is_said(away, "Something went wrong with this entry on our side"))
    # What was typed is still there.
    expect(waiting(away).locator("li")).to_contain_text("“Half a glass”")
    assert violations(away) == []
    away.unroute("**/note/")
    away.reload()
    expect(waiting(away)).to_contain_text("Something went wrong with this entry on our side")
    waiting(away).get_by_role("button", name="Send it again").tap()
    expect(waiting(away)).to_be_hidden()
    assert sorted(str(kind) for kind, *_ in said(scenes, away)) == ["done", "noted"]


@pytest.mark.parametrize(
    ("status", "words"),
    [
        (403, "The site did not let this through."),
        (404, "What this entry belongs to was not found."),
        (400, "This was not taken, and we do not know why."),
    ],
)
def test_what_is_not_taken_is_kept_and_said_in_words(away: Page, scenes: Scenes, status: int, words: str) -> None:
    away.route("**/note/", answering(status))
    away.context.set_offline(False)
    expect(waiting(away)).to_contain_text(words)
    expect(waiting(away)).to_contain_text("It is kept here.")
    expect(waiting(away).locator("li")).to_contain_text("“Half a glass”")
    waiting(away).get_by_role("button", name="Throw it away").tap()
    expect(waiting(away)).to_be_hidden()
    away.unroute("**/note/")
    away.reload()
    expect(waiting(away)).to_be_hidden()
    assert said(scenes, away) == []


@pytest.mark.parametrize(
    "answer",
    [
        answering(429, retry_after="30"),
        answering(403, is_ours=False),
        answering(404, is_ours=False),
        answering(200, is_ours=False),
        answering(503),
    ],
)
def test_a_busy_site_and_what_stands_between_are_waited_for(away: Page, scenes: Scenes, answer: Answer) -> None:
    away.route("**/note/", answer, times=1)
    with away.expect_response("**/note/"):
        away.context.set_offline(False)
    expect(waiting(away)).to_contain_text("1 entry is waiting to send")
    some_time_goes_by(away, until=lambda: waiting(away).is_hidden())
    assert [kind for kind, *_ in said(scenes, away)] == ["noted"]


def test_a_token_that_has_run_out_is_asked_for_anew(away: Page, scenes: Scenes) -> None:
    away.route("**/note/", answering(403), times=1)
    away.context.set_offline(False)
    expect(waiting(away)).to_be_hidden()
    assert [kind for kind, *_ in said(scenes, away)] == ["noted"]


def test_the_end_of_a_day_waits_for_its_start_and_a_note_does_not(phone: Page, scenes: Scenes) -> None:
    checklist = phone.url
    phone.get_by_role("link", name="Infusion, day 1 of 2").first.tap()
    expect(phone.get_by_role("heading", level=1)).to_contain_text("infusion, day 1")
    card = phone.url
    wait_until_kept(phone, card)
    phone.clock.install()
    phone.reload()
    expect(phone.locator("#card")).to_be_visible()
    phone.context.set_offline(True)
    panel = phone.locator("section[aria-labelledby=say-title]")
    panel.get_by_role("button", name="It has started").tap()
    panel.get_by_role("button", name="30 min ago").tap()
    panel.get_by_role("button", name="It has ended").tap()
    panel.get_by_role("button", name="now:").tap()
    phone.goto(checklist)
    expect(waiting(phone)).to_contain_text("2 entries are waiting to send")
    note(phone, "Half a glass")
    expect(waiting(phone)).to_contain_text("3 entries are waiting to send")
    asked: list[str] = []
    phone.on("request", lambda one: asked.append(one.url) if one.method == "POST" else None)
    phone.route("**/start/", answering(500))
    phone.context.set_offline(False)
    expect(waiting(phone)).to_contain_text("2 entries are waiting to send")
    some_time_goes_by(phone, until=is_said(phone, "Something went wrong with this entry on our side"))
    expect(waiting(phone)).to_contain_text("It is sent after the one before it.")
    assert [kind for kind, *_ in said(scenes, phone)] == ["noted"]
    assert not [url for url in asked if url.endswith("/end/")]
    phone.unroute("**/start/")
    waiting(phone).get_by_role("button", name="Send it again").tap()
    expect(waiting(phone)).to_contain_text("Day 1 started")
    expect(waiting(phone)).to_contain_text("Recorded. Read what it changed")
    phone.goto(card)
    expect(phone.locator("section[aria-labelledby=state] .badge")).to_have_text("ended")
