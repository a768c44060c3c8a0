"""Judges a round: what was owed, what arrived, what the rows say about the rest. Knows nothing of how it was sent."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace

QUARTER_SECONDS = 15 * 60
# A round puts the clock of a worker off by so much at most.
CLOCKS_APART_SECONDS = 10
UNKNOWN, PERMANENT = "unknown", "permanent"
NUDGE = "nudge"


@dataclass(frozen=True, kw_only=True)
class Row:
    """One delivery as the database tells of it, and the outcomes of its attempts in order.

    `waits` says that it is to leave later, and not for a mere retry; `is_overdue` that it should have left a while ago.
    `sent_at` is in seconds since 1970.
    """

    key: int
    person: int
    purpose: str
    status: str
    reason: str
    waits: bool
    is_overdue: bool
    steps: tuple[int, ...]
    attempts: tuple[str, ...]
    sent_at: float | None

    @property
    def unknown(self) -> int:
        """How many of its tries may have left without anybody knowing."""
        return self.attempts.count(UNKNOWN)

    @property
    def is_explained(self) -> bool:
        """Whether it says in words why it did not arrive."""
        return bool(self.reason) and (self.status == "dropped" or (self.status == "failed" and bool(self.attempts)))


@dataclass(kw_only=True)
class Count:
    """What came of the messages that were owed, and what was wrong with it."""

    owed: int = 0
    delivered: int = 0
    explained: int = 0
    waiting: int = 0
    lost: int = 0
    repeats: int = 0
    in_flight: int = 0
    complaints: list[str] = field(default_factory=list)

    def add(self, other: Count) -> None:
        """Count these too."""
        for name, value in vars(other).items():
            setattr(self, name, getattr(self, name) + value)


def count(
    *, owed: Mapping[int, Collection[int]], rows: Collection[Row], arrived: Mapping[int, int], may_be_refused: bool
) -> Count:
    """Judge a round. `owed` are the steps by person, `arrived` how often each delivery reached a sink.

    Only a round in which an address `may_be_refused` may leave anybody without a message.
    """
    counted = Count()
    refused = {row.person for row in rows if may_be_refused and PERMANENT in row.attempts}
    for row in rows:
        _message_count(counted, row, arrived.get(row.key, 0), is_refused=row.person in refused)
    told = {(row.person, step) for row in rows for step in row.steps}
    for person, steps in owed.items():
        for step in steps:
            if (person, step) not in told:
                counted.owed += 1
                counted.lost += 1
                counted.complaints.append(f"person {person} was never to be told of step {step}")
    counted.complaints += _told_twice(row for row in rows if row.purpose == NUDGE and arrived.get(row.key))
    return counted


def count_later(
    *, rows: Collection[Row], waited: Collection[int], answered: Collection[int], arrived: Mapping[int, int]
) -> Count:
    """Judge all rounds once more at the end: what `waited` when its round was counted, and what came late.

    Of `answered` people everything was answered while they waited, so nothing more may reach them.
    """
    counted = Count()
    for row in rows:
        arrivals = arrived.get(row.key, 0)
        if row.key not in waited:
            counted.complaints += _repeats_complain(row, arrivals)
        elif not arrivals and row.status == "pending" and not row.is_overdue:
            continue
        elif arrivals and row.person in answered:
            counted.complaints.append(f"{_name(row)} arrived though everything was answered")
        else:
            counted.waiting -= 1
            _message_count(counted, replace(row, waits=False), arrivals, is_refused=True)
    counted.complaints += _told_too_soon([row for row in rows if row.purpose == NUDGE and arrived.get(row.key)])
    return counted


def _repeats_complain(row: Row, arrivals: int) -> list[str]:
    """What is wrong when a delivery arrived so often: each repeat takes a try of which nobody knew the end."""
    repeats = max(arrivals - 1, 0)
    if repeats <= row.unknown:
        return []
    return [f"{_name(row)} arrived {arrivals} times with {row.unknown} unknown ends"]


def _message_count(counted: Count, row: Row, arrivals: int, *, is_refused: bool) -> None:
    if row.waits and not arrivals:
        counted.waiting += 1
        return
    counted.owed += 1
    counted.repeats += max(arrivals - 1, 0)
    counted.in_flight += row.unknown
    counted.complaints += _repeats_complain(row, arrivals)
    if arrivals:
        counted.delivered += 1
    elif row.is_explained:
        counted.explained += 1
        if not is_refused:
            counted.complaints.append(f"{_name(row)} was {row.status} without need: {row.reason}")
    else:
        counted.lost += 1
        counted.complaints.append(f"{_name(row)} is {row.status} and never arrived")


def _told_twice(rows: Iterable[Row]) -> list[str]:
    """A round takes less than a quarter of an hour, so nobody may get two different messages in it."""
    first: dict[int, Row] = {}
    return [
        f"person {row.person} got {_name(first[row.person])} and {_name(row)} within a quarter of an hour"
        for row in rows
        if first.setdefault(row.person, row) is not row
    ]


def _told_too_soon(rows: Collection[Row]) -> list[str]:
    """Between two messages to one person there is a quarter of an hour."""
    found, last = [], dict[int, Row]()
    for row in sorted(rows, key=lambda row: row.sent_at or 0.0):
        before = last.get(row.person)
        gap = (row.sent_at or 0.0) - (before.sent_at or 0.0) if before else QUARTER_SECONDS
        if gap < QUARTER_SECONDS - CLOCKS_APART_SECONDS:
            found.append(f"person {row.person} got {_name(row)} {gap:.0f} s after another message")
        last[row.person] = row
    return found


def _name(row: Row) -> str:
    return f"delivery {row.key} ({row.purpose}, tries: {', '.join(row.attempts) or 'none'})"
