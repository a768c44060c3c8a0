"""Two people at the same moment, on a real PostgreSQL: what happened is recorded once, and both are told the truth."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.servers import postgres_server
from tests.services.site import Site, base_env

pytestmark = [pytest.mark.services, pytest.mark.timeout(180)]

ROUNDS = 12
Race = Callable[[str], list[dict[str, Any]]]


@pytest.fixture(scope="module")
def database() -> Iterator[str]:
    with postgres_server() as url:
        yield url


@pytest.fixture
def race(database: str, tmp_path: Path) -> Race:
    env = base_env(tmp_path) | {"DATABASE_URL": database, "PUBLIC_URL": "http://127.0.0.1:1"}

    def run(name: str) -> list[dict[str, Any]]:
        outcomes: list[dict[str, Any]] = json.loads(
            Site(url="", env=env).run("-m", "tests.services.rivals", name, str(ROUNDS))
        )
        return outcomes

    return run


def test_a_double_tap_is_one_tick(race: Race) -> None:
    outcomes = race("double_tick")
    assert len(outcomes) >= ROUNDS // 2
    assert outcomes == [{"said": ["done", "done"], "state": "done", "done_events": 1}] * len(outcomes)


def test_the_same_dose_from_two_phones_is_one_dose_and_the_second_is_told_who_gave_it(race: Race) -> None:
    once = {"said": ["200 False", "200 True"], "doses": 1, "done_events": 1, "one_story": True}
    assert race("same_dose") == [once] * ROUNDS


def test_a_form_sent_twice_at_once_does_what_it_says_once(race: Race) -> None:
    assert race("same_key") == [{"said": ["200 recorded", "200 recorded"], "notes": 1}] * ROUNDS


def test_a_tick_while_everything_moves_is_kept_and_nothing_is_left_to_move(race: Race) -> None:
    kept = {
        "said": [True, "done"],
        "state": "done",
        "said_at": True,
        "started": True,
        "moves_left": 0,
        "rings": False,
    }
    assert race("tick_while_starting") == [kept] * ROUNDS


def test_nothing_is_sent_after_a_cancel_that_met_the_sending(race: Race) -> None:
    silent = {
        "errors": [],
        "nudges": 2,
        "sent_is_shown": True,
        "sent_after_the_cancel": 0,
        "waiting": 0,
        "open": 0,
        "ringing": 0,
    }
    assert race("cancel_while_sending") == [silent] * ROUNDS


def test_a_review_is_signed_once_and_keeps_the_words_of_who_signed_it(race: Race) -> None:
    once = {"lost": ["ReviewSigned"], "note_of_winner": True, "signed_by_winner": True}
    assert race("signed_twice") == [once] * ROUNDS


def test_a_card_is_answered_once_and_what_comes_in_meanwhile_stays_open(race: Race) -> None:
    once = {"said": ["ConcernAnswered", "late"], "answers": ["one", "two"], "all_of_winner": True, "open": ["late"]}
    assert race("answered_twice") == [once] * ROUNDS


def test_an_invitation_is_taken_once(race: Race) -> None:
    assert race("invitation_twice") == [{"said": ["InvitationOver", "True"], "places": 1, "log": ""}] * ROUNDS


def test_who_leaves_and_whom_they_invited_do_not_wait_for_each_other(race: Race) -> None:
    assert race("invited_by_who_leaves") == [{"left": True, "told_the_truth": True}] * ROUNDS


def test_a_guest_link_is_bound_to_one_device(race: Race) -> None:
    once = {"lost": ["GuestElsewhere"], "bound_to_winner": [True], "new_people": 1, "log": ""}
    assert race("guest_twice") == [once] * ROUNDS
