"""The state machine of a step: every state with every event."""

from __future__ import annotations

from enum import StrEnum

import pytest

from ivig_care.regimen.errors import TransitionRefused
from ivig_care.regimen.protocol import Kind
from ivig_care.regimen.steps import Event, SkipReason, State, after

# What each event leads to; a state that is not named refuses the event.
LEADS_TO = {
    Event.DONE: {State.OPEN: State.DONE, State.MISSED: State.DONE},
    Event.SKIPPED: {State.OPEN: State.SKIPPED, State.MISSED: State.SKIPPED},
    Event.UNDONE: {State.DONE: State.OPEN, State.SKIPPED: State.OPEN},
    Event.LAPSED: {State.OPEN: State.MISSED},
    Event.MOVED: {State.OPEN: State.OPEN, State.MISSED: State.OPEN},
    Event.WITHDRAWN: {State.OPEN: State.WITHDRAWN, State.MISSED: State.WITHDRAWN},
    Event.RESTORED: {State.WITHDRAWN: State.OPEN},
    Event.NOTED: {state: state for state in State},
    Event.SNOOZED: {State.OPEN: State.OPEN},
}
ALLOWED = [(state, event, to) for event, table in LEADS_TO.items() for state, to in table.items()]
REFUSED = [(state, event) for state in State for event in Event if state not in LEADS_TO[event]]


@pytest.mark.parametrize(("state", "event", "to"), ALLOWED)
def test_event_leads_on(state: State, event: Event, to: State) -> None:
    assert after(state, event) is to


@pytest.mark.parametrize(("state", "event"), REFUSED)
def test_event_is_refused_in_words(state: State, event: Event) -> None:
    with pytest.raises(TransitionRefused) as refused:
        after(state, event)

    assert str(refused.value) == f"a step that is {state.value} cannot be {event.value}"
    assert (refused.value.state, refused.value.event) == (state, event)


def test_every_pair_is_in_the_table() -> None:
    assert len(ALLOWED) + len(REFUSED) == len(State) * len(Event)
    assert len(REFUSED) == 27


def test_only_done_and_skipped_are_said_by_a_person() -> None:
    assert {state for state in State if state.is_said} == {State.DONE, State.SKIPPED}


def test_what_the_clinic_reads_off_the_timeline_is_not_ticked() -> None:
    assert {kind for kind in Kind if not kind.is_ticked} == {Kind.RATE, Kind.END, Kind.VITALS, Kind.MARK}


# The database keeps these words and parents read some of them: a change of one is a change of data.
@pytest.mark.parametrize(
    ("words", "kept"),
    [
        pytest.param(State, ["open", "done", "skipped", "missed", "withdrawn"], id="states"),
        pytest.param(
            Event,
            ["done", "skipped", "undone", "lapsed", "moved", "withdrawn", "restored", "noted", "snoozed"],
            id="events",
        ),
        pytest.param(
            SkipReason, ["vomited", "asleep", "clinic gave it", "told not to", "ran out", "other"], id="reasons"
        ),
    ],
)
def test_words_that_are_kept_stay_the_same(words: type[StrEnum], kept: list[str]) -> None:
    assert [word.value for word in words] == kept
