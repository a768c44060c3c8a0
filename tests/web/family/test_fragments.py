"""What is kept of a checklist is never anything else than what would be written now."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from time_machine import Traveller

from ivig_care.accounts.models import User
from ivig_care.actions.checklists import checklists_close
from ivig_care.actions.infusions import infusion_cancel, infusion_day_end, infusion_day_move, infusion_day_start
from ivig_care.actions.plans import plan_activate, plan_prescribe
from ivig_care.actions.reviews import review_amend, review_sign
from ivig_care.actions.steps import step_note, step_skip, step_snooze, step_tick, step_undo
from ivig_care.care_teams.models import Role
from ivig_care.common.kept import forget_all
from ivig_care.plans.models import Infusion, Step
from ivig_care.protocols import selectors
from ivig_care.regimen.steps import SkipReason
from ivig_care.reviews.models import Review
from ivig_care.web.family import fragments
from ivig_care.web.family.slots import slot
from tests.actors import People
from tests.conftest import ACTIVATED_AT, STARTS_AT
from tests.factories import (
    ACETAMINOPHEN_COURSE,
    LADDER,
    MEDICINES,
    MembershipFactory,
    UserFactory,
    active_infusion,
    drafted_plan,
    e1_order,
)

SignedIn = Callable[[User], Client]
HOUR, DAY = timedelta(hours=1), timedelta(days=1)

pytestmark = pytest.mark.usefixtures("clock", "_fragments_are_kept")


@pytest.fixture
def _fragments_are_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fragments._KEPT, "most", 500)


def looks(browser: Client, infusion: Infusion) -> str:
    """The checklist on the page, without what is another one on every page: tokens and words of forms."""
    page = browser.get(reverse("checklist", args=[infusion.pk])).content.decode()
    fragment = page[page.index('<div id="checklist"') :]
    return re.sub(r'name="(csrfmiddlewaretoken|key)" value="[^"]+"', "", fragment)


def stays_true(browsers: list[Client], infusion: Infusion) -> list[str]:
    """What each browser is shown, which is what it would be shown if nothing were kept."""
    kept = [looks(browser, infusion) for browser in browsers]
    forget_all()
    anew = [looks(browser, infusion) for browser in browsers]
    assert kept == anew
    # And once more from what was kept just now.
    assert [looks(browser, infusion) for browser in browsers] == anew
    return anew


def _step(infusion: Infusion, slot: str) -> Step:
    return infusion.steps.get(slot=slot)


PREMED = "premedication.d1.acetaminophen"


def _ticked(infusion: Infusion, people: People) -> None:
    step_tick(step=_step(infusion, PREMED), by=people.maria, at=STARTS_AT, now=STARTS_AT)


def _ticked_late(infusion: Infusion, people: People) -> None:
    step_tick(step=_step(infusion, PREMED), by=people.sam, at=STARTS_AT - HOUR, now=STARTS_AT)


def _undone(infusion: Infusion, people: People) -> None:
    _ticked(infusion, people)
    step_undo(step=_step(infusion, PREMED), by=people.maria, now=STARTS_AT)


def _skipped(infusion: Infusion, people: People) -> None:
    step = _step(infusion, PREMED)
    step_skip(step=step, by=people.maria, reason=SkipReason.ASLEEP, note="fast asleep", now=STARTS_AT)


def _noted(infusion: Infusion, people: People) -> None:
    step_note(step=_step(infusion, PREMED), by=people.sam, note="with <apple> sauce", now=STARTS_AT)


def _snoozed(infusion: Infusion, people: People) -> None:
    step_snooze(step=_step(infusion, PREMED), by=people.sam, minutes=15, now=STARTS_AT)


def _started(infusion: Infusion, people: People) -> None:
    day = infusion.days.get(number=1)
    infusion_day_start(day=day, by=people.maria, at=STARTS_AT - HOUR, now=STARTS_AT)


def _ended(infusion: Infusion, people: People) -> None:
    _started(infusion, people)
    infusion_day_end(day=infusion.days.get(number=1), by=people.maria, at=STARTS_AT, now=STARTS_AT)


def _moved(infusion: Infusion, people: People) -> None:
    day = infusion.days.get(number=2)
    infusion_day_move(day=day, planned_start=day.planned_start + 3 * HOUR, by=people.weiss, now=STARTS_AT)


def _cancelled(infusion: Infusion, people: People) -> None:
    infusion_cancel(infusion=infusion, by=people.weiss, now=STARTS_AT)


def _lapsed(infusion: Infusion, people: People) -> None:
    checklists_close(now=STARTS_AT)


def _given_in_another_infusion(infusion: Infusion, people: People) -> None:
    other = active_infusion(child=people.lena, by=people.weiss, starts_at=STARTS_AT + DAY, at=ACTIVATED_AT)
    step_tick(step=_step(other, PREMED), by=people.maria, at=STARTS_AT, now=STARTS_AT)


def _signed(infusion: Infusion, people: People) -> None:
    checklists_close(now=STARTS_AT + 30 * DAY)
    review = Review.objects.get(infusion=infusion)
    review_sign(review=review, by=people.weiss, note="Well done.", next_time="Slower.", at=STARTS_AT)


def _amended(infusion: Infusion, people: People) -> None:
    _signed(infusion, people)
    review_amend(review=Review.objects.get(infusion=infusion), by=people.weiss, note="Call us.", at=STARTS_AT)


def _clinic_has_another_number(infusion: Infusion, people: People) -> None:
    people.riverside.phone = "+1 212 555 0199"
    people.riverside.save()


# What stands beside the checklist on its page, and what looks as it did before.
SHOWS_NOWHERE = (_undone, _lapsed, _snoozed, _clinic_has_another_number)


@pytest.mark.parametrize(
    "happens",
    [
        _snoozed,
        _ticked,
        _ticked_late,
        _undone,
        _skipped,
        _noted,
        _started,
        _ended,
        _moved,
        _cancelled,
        _lapsed,
        _given_in_another_infusion,
        _signed,
        _amended,
        _clinic_has_another_number,
    ],
)
def test_what_happens_is_seen_at_once(
    infusion: Infusion, people: People, browser_of: SignedIn, happens: Callable[[Infusion, People], None]
) -> None:
    browsers = [browser_of(person) for person in (people.maria, people.sam, people.weiss)]
    before = stays_true(browsers, infusion)
    happens(infusion, people)
    assert (stays_true(browsers, infusion) == before) == (happens in SHOWS_NOWHERE)


@pytest.fixture
def going_on(infusion: Infusion, people: People) -> Infusion:
    """An infusion of which something of everything was said."""
    _ticked_late(infusion, people)
    _noted(infusion, people)
    _started(infusion, people)
    return infusion


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_time_that_passes_is_seen_at_once(
    going_on: Infusion, people: People, browser_of: SignedIn, clock: Traveller, data: st.DataObject
) -> None:
    maria = browser_of(people.maria)
    turns = sorted(
        {at for step in going_on.steps.all() for at in (step.opens_at, step.due_at, step.late_at, step.closes_at)}
    )
    turn = data.draw(st.sampled_from(turns))
    off = data.draw(st.integers(min_value=-90, max_value=90)) * timedelta(seconds=1)
    clock.move_to(turn - data.draw(st.integers(min_value=0, max_value=59)) * timedelta(seconds=1))
    looks(maria, going_on)
    clock.move_to(turn + off)
    stays_true([maria], going_on)


@pytest.mark.parametrize("hours", [0, 3, 5, 6, 12, 24, 36])
def test_around_every_hour_that_a_medicine_turns_on(
    going_on: Infusion, people: People, browser_of: SignedIn, clock: Traveller, hours: int
) -> None:
    maria, turn = browser_of(people.maria), STARTS_AT - HOUR + hours * HOUR
    for seconds in (-61, -1, 0, 1, 59, 61):
        clock.move_to(turn + timedelta(seconds=seconds))
        stays_true([maria], going_on)
        looks(maria, going_on)


def test_who_may_only_look_never_gets_the_buttons_of_another(
    infusion: Infusion, people: People, browser_of: SignedIn
) -> None:
    vera = UserFactory.create(name="Vera", email="vera@example.org")
    MembershipFactory.create(user=vera, child=people.lena, role=Role.VIEWER)
    assert "Given now" in looks(browser_of(people.maria), infusion)
    assert "Given now" not in looks(browser_of(vera), infusion)
    assert "Given now" in looks(browser_of(people.maria), infusion)


def test_each_answer_has_a_token_and_keys_of_its_own(infusion: Infusion, people: People, browser_of: SignedIn) -> None:
    path = reverse("checklist", args=[infusion.pk])
    maria = browser_of(people.maria)
    one, two = (maria.get(path).content.decode() for _ in range(2))
    for name in ("csrfmiddlewaretoken", "key"):
        first, second = (set(re.findall(f'name="{name}" value="([^"]+)"', page)) for page in (one, two))
        assert first
        assert not first & second
    keys = re.findall('name="key" value="([^"]+)"', one)
    assert len(keys) == len(set(keys))


def test_the_fragment_is_the_same_in_every_process(infusion: Infusion, people: People, browser_of: SignedIn) -> None:
    assert slot("token") == slot("token")
    seen = {re.findall(r"live/\?seen=(\w+)", looks(browser_of(who), infusion))[0] for who in (people.maria, people.sam)}
    assert len(seen) == 1


def _queries(browser: Client, path: str, **query: str) -> int:
    with CaptureQueriesContext(connection) as counted:
        assert browser.get(path, query).status_code in (200, 204)
    return len(counted)


@pytest.fixture
def _reference_data_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    # As on a site, where nobody writes it while families tick.
    for one in (selectors._RULE_SETS, selectors._PRODUCTS):
        monkeypatch.setattr(one, "seconds", 600.0)


def _infusion_of(people: People, until_hours: int) -> Infusion:
    """An infusion with a course of medicine that goes on for so long, and has so many steps."""
    drafted = drafted_plan(child=people.lena, by=people.weiss, starts_at=STARTS_AT, at=ACTIVATED_AT)
    medicines = (*MEDICINES[:2], replace(ACETAMINOPHEN_COURSE, until_hours=until_hours))
    plan_prescribe(
        plan=drafted,
        order=e1_order(),
        rates=LADDER,
        medicines=medicines,
        starts=[STARTS_AT, STARTS_AT + DAY],
        by=people.weiss,
        at=ACTIVATED_AT,
    )
    plan_activate(plan=drafted, by=people.weiss, at=ACTIVATED_AT)
    return drafted.infusions.get()


# Three say who is signed in, what they are to whom, and what the infusion is; a page that is kept asks besides for its
# days, for ways to reach the family that are off, for what is to be erased, and for the infusion before.
POLL, KEPT_PAGE, PAGE = 4, 8, 14
# In a transaction that holds the checklist, with every line of the record, the log and the key of the form.
TICK_OF_A_DRINK, TICK_OF_A_MEDICINE = 22, 23


@pytest.mark.usefixtures("_reference_data_is_kept")
@pytest.mark.parametrize(("until_hours", "steps"), [(6, range(10, 25)), (360, range(70, 100))])
def test_the_queries_of_page_poll_and_tick_are_these_however_many_steps_there_are(
    people: People, browser_of: SignedIn, until_hours: int, steps: range
) -> None:
    infusion, maria = _infusion_of(people, until_hours), browser_of(people.maria)
    path, live = reverse("checklist", args=[infusion.pk]), reverse("checklist_live", args=[infusion.pk])
    # The first look in a quarter of an hour is written into the log, the second finds it there.
    _queries(maria, path)
    _queries(maria, path)
    seen = re.findall(r"live/\?seen=(\w+)", looks(maria, infusion))[0]
    kept = {"page": _queries(maria, path), "poll": _queries(maria, live, seen=seen)}
    fragments._KEPT.clear()
    anew = _queries(maria, path)
    drink = _tick_queries(maria, _step(infusion, "fluids-before.d1"), STARTS_AT - HOUR)
    medicine = _tick_queries(maria, _step(infusion, PREMED), STARTS_AT - HOUR / 2)

    assert infusion.steps.count() in steps
    assert kept == {"page": KEPT_PAGE, "poll": POLL}
    assert anew == PAGE
    # PostgreSQL takes the key of a form with one statement, where others look first.
    fewer = 1 if connection.vendor == "postgresql" else 0
    assert (drink + fewer, medicine + fewer) == (TICK_OF_A_DRINK, TICK_OF_A_MEDICINE)


def _tick_queries(browser: Client, step: Step, at: datetime) -> int:
    form = {"exact": at.strftime("%Y-%m-%dT%H:%M:%S%z"), "key": f"a-word-of-its-own.{step.pk}"}
    with CaptureQueriesContext(connection) as counted:
        answer = browser.post(reverse("step_tick", args=[step.pk]), form, headers={"hx-request": "true"})
    assert answer.status_code == 200
    step.refresh_from_db()
    assert step.state == "done"
    return len([one for one in counted if "SAVEPOINT" not in one["sql"]])
