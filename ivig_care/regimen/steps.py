"""The state machine of a step: what may become of it, and what is only ever said, never assumed.

         done <---------+---- skipped
           |  undone    |        |
open ------+------------+--------+      open --lapsed--> missed --done, late--> done
  |                                                        |
  +--withdrawn--> withdrawn --restored--> open <--moved----+
"""

from __future__ import annotations

from enum import StrEnum

from ivig_care.regimen.errors import TransitionRefused


class State(StrEnum):
    """What is known of a step. Blank is never read as done: after its window an open step is missed."""

    OPEN = "open"
    DONE = "done"
    SKIPPED = "skipped"
    MISSED = "missed"
    WITHDRAWN = "withdrawn"

    @property
    def is_said(self) -> bool:
        """Whether a person said it: such a step is a fact, and no change of schedule moves it."""
        return self in (State.DONE, State.SKIPPED)


class Event(StrEnum):
    """One thing that happens to a step."""

    DONE = "done"
    SKIPPED = "skipped"
    UNDONE = "undone"
    LAPSED = "lapsed"
    MOVED = "moved"
    WITHDRAWN = "withdrawn"
    RESTORED = "restored"
    NOTED = "noted"
    SNOOZED = "snoozed"


class SkipReason(StrEnum):
    """Why a step was not done, in the words a parent picks from."""

    VOMITED = "vomited"
    ASLEEP = "asleep"
    CLINIC_GAVE_IT = "clinic gave it"
    TOLD_NOT_TO = "told not to"
    RAN_OUT = "ran out"
    OTHER = "other"


_NEXT: dict[tuple[State, Event], State] = {
    (State.OPEN, Event.DONE): State.DONE,
    (State.OPEN, Event.SKIPPED): State.SKIPPED,
    (State.OPEN, Event.LAPSED): State.MISSED,
    (State.OPEN, Event.MOVED): State.OPEN,
    (State.OPEN, Event.WITHDRAWN): State.WITHDRAWN,
    (State.OPEN, Event.SNOOZED): State.OPEN,
    (State.DONE, Event.UNDONE): State.OPEN,
    (State.SKIPPED, Event.UNDONE): State.OPEN,
    (State.MISSED, Event.DONE): State.DONE,
    (State.MISSED, Event.SKIPPED): State.SKIPPED,
    (State.MISSED, Event.MOVED): State.OPEN,
    (State.MISSED, Event.WITHDRAWN): State.WITHDRAWN,
    (State.WITHDRAWN, Event.RESTORED): State.OPEN,
}


def after(state: State, event: Event) -> State:
    """The state that `event` leads to. A note changes nothing. Raises TransitionRefused."""
    if event is Event.NOTED:
        return state
    try:
        return _NEXT[state, event]
    except KeyError:
        raise TransitionRefused(state, event) from None
