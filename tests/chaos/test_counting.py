"""The judge of the chaos rounds: it must see what is lost, repeated, not explained, or told too soon after another."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import pytest

from tests.chaos.counting import QUARTER_SECONDS, Count, Row, count, count_later
from tests.chaos.faults import FAMILIES, FAULTS
from tests.chaos.rounds import faults_of

MARIA, SAM, STEP = 1, 2, 10
SENT = Row(
    key=12,
    person=MARIA,
    purpose="nudge",
    status="sent",
    reason="",
    waits=False,
    is_overdue=False,
    steps=(STEP,),
    attempts=("accepted",),
    sent_at=1_000_000.0,
)


def counted(rows: Sequence[Row], arrived: Mapping[int, int], *, may_be_refused: bool = False) -> Count:
    """The count of a round in which Maria is owed one step."""
    return count(owed={MARIA: [STEP]}, rows=rows, arrived=arrived, may_be_refused=may_be_refused)


def test_a_message_that_arrived_once_is_delivered() -> None:
    assert counted([SENT], {12: 1}) == Count(owed=1, delivered=1)


def test_a_row_that_says_sent_is_lost_when_nothing_arrived() -> None:
    found = counted([SENT], {})
    assert (found.owed, found.delivered, found.lost, len(found.complaints)) == (1, 0, 1, 1)


def test_a_person_without_any_row_is_lost() -> None:
    found = counted([], {})
    assert (found.owed, found.lost, len(found.complaints)) == (1, 1, 1)


def test_a_step_that_no_message_of_the_person_speaks_of_is_lost() -> None:
    found = counted([replace(SENT, person=SAM)], {12: 1})
    assert (found.delivered, found.lost) == (1, 1)


def test_what_is_still_under_way_at_the_end_is_lost() -> None:
    assert counted([replace(SENT, status="sending", attempts=())], {}).lost == 1


def test_a_second_arrival_needs_a_try_with_an_unknown_end() -> None:
    known = counted([SENT], {12: 2})
    unknown = counted([replace(SENT, attempts=("unknown", "accepted"))], {12: 2})
    assert (known.repeats, known.in_flight, len(known.complaints)) == (1, 0, 1)
    assert (unknown.repeats, unknown.in_flight, unknown.complaints) == (1, 1, [])


def test_one_unknown_end_does_not_excuse_two_repeats() -> None:
    assert len(counted([replace(SENT, attempts=("unknown", "accepted"))], {12: 3}).complaints) == 1


def test_a_refused_address_explains_only_where_one_could_be_refused() -> None:
    refused = replace(SENT, status="failed", reason="550 no such mailbox", attempts=("permanent",))
    assert counted([refused], {}, may_be_refused=True) == Count(owed=1, explained=1)
    assert len(counted([refused], {}).complaints) == 1


def test_what_falls_due_after_a_person_can_no_longer_be_reached_is_explained() -> None:
    refused = replace(SENT, status="failed", reason="550 no such mailbox", attempts=("permanent",))
    after = replace(SENT, key=13, status="dropped", reason="no way to reach this person", attempts=())
    assert counted([refused, after], {}, may_be_refused=True) == Count(owed=2, explained=2)
    assert len(counted([replace(after, person=SAM), refused], {}, may_be_refused=True).complaints) == 1


@pytest.mark.parametrize(
    "silent",
    [
        replace(SENT, status="failed", reason="", attempts=("permanent",)),
        replace(SENT, status="failed", reason="550 no such mailbox", attempts=()),
        replace(SENT, status="dropped", reason="", attempts=()),
    ],
)
def test_an_end_without_words_or_tries_explains_nothing(silent: Row) -> None:
    assert counted([silent], {}, may_be_refused=True).lost == 1


def test_giving_up_where_nobody_was_refused_is_wrong() -> None:
    gave_up = replace(SENT, status="failed", reason="gave up: 451", attempts=("passing", "passing"))
    assert len(counted([gave_up], {}, may_be_refused=True).complaints) == 1


def test_a_message_that_waits_for_its_quarter_of_an_hour_is_not_owed_yet() -> None:
    later = replace(SENT, key=13, status="pending", waits=True, attempts=())
    assert counted([SENT, later], {12: 1}) == Count(owed=1, delivered=1, waiting=1)


def test_two_different_nudges_to_one_person_are_one_too_many() -> None:
    found = counted([SENT, replace(SENT, key=13)], {12: 1, 13: 1})
    assert len(found.complaints) == 1
    assert "quarter of an hour" in found.complaints[0]


def test_a_notice_may_arrive_beside_a_nudge() -> None:
    notice = replace(SENT, key=13, purpose="channel_off", steps=())
    assert counted([SENT, notice], {12: 1, 13: 1}) == Count(owed=2, delivered=2)


# --- at the end of the run ----------------------------------------------------------------------

LATER = replace(SENT, key=13, sent_at=1_000_000.0 + QUARTER_SECONDS)


def later(row: Row, arrived: Mapping[int, int], *, answered: Sequence[int] = ()) -> Count:
    """The count at the end, when the message of this row waited and another had arrived before."""
    return count_later(rows=[SENT, row], waited=[13], answered=answered, arrived={12: 1, **arrived})


def test_what_waited_for_its_quarter_is_delivered_in_the_end() -> None:
    assert later(LATER, {13: 1}) == Count(owed=1, delivered=1, waiting=-1)


def test_what_still_waits_in_the_end_is_no_loss_unless_it_was_forgotten() -> None:
    waits = replace(LATER, status="pending", attempts=(), sent_at=None)
    assert later(waits, {}) == Count()
    assert later(replace(waits, is_overdue=True), {}).lost == 1


def test_the_next_message_within_a_quarter_of_an_hour_is_one_too_many() -> None:
    assert len(later(replace(LATER, sent_at=1_000_000.0 + QUARTER_SECONDS - 60), {13: 1}).complaints) == 1


def test_whoever_has_answered_hears_nothing_more() -> None:
    dropped = replace(LATER, status="dropped", reason="nothing left to do", attempts=(), sent_at=None)
    assert len(later(LATER, {13: 1}, answered=[MARIA]).complaints) == 1
    assert later(dropped, {}, answered=[MARIA]) == Count(owed=1, explained=1, waiting=-1)


def test_a_repeat_that_comes_after_its_round_is_seen() -> None:
    assert len(later(LATER, {12: 2, 13: 1}).complaints) == 1


# --- the faults ---------------------------------------------------------------------------------


def test_every_family_of_faults_comes_first_and_then_every_fault() -> None:
    struck = [faults[0] for faults in faults_of(len(FAMILIES) + len(FAULTS), 1)]
    assert {fault.family for fault in struck[: len(FAMILIES)]} == set(FAMILIES)
    assert {fault.name for fault in struck[len(FAMILIES) :]} == {fault.name for fault in FAULTS}


def test_a_seed_brings_the_same_faults_again() -> None:
    assert list(faults_of(60, 7)) == list(faults_of(60, 7)) != list(faults_of(60, 8))
