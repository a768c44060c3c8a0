"""Rounds of chaos: families that are owed messages, a fault while these leave, and what came of them."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field
from random import Random
from typing import Any

from tests.chaos.arena import EMAIL, KINDS, PUSH, SMS, Arena
from tests.chaos.counting import Count, Row, count, count_later
from tests.chaos.faults import FAULTS, Fault
from tests.chaos.rows import DatabaseAway, Owed

# When everything that failed is mended, so long the site may take until all that is owed has left.
PROGRESS_SECONDS = 30.0
# And so long until a worker dispatches again, as before; meanwhile the watchdogs send.
RESUME_SECONDS = 60.0
GIVE_UP_SECONDS = 90.0
# How long a fault waits for its moment.
MOMENT_SECONDS = 6.0
TWO_AT_ONCE = 0.15
# In so many rounds somebody does everything before the next message may leave.
ANSWERED = 0.5
DISPATCH = "dispatch"  # the heartbeat of whichever worker dispatches
PARTS = ("worker ", "beat ")  # those of what runs under a watchdog
STALLED = "has made no progress"  # what a watchdog says of a process that lives and does nothing


@dataclass(kw_only=True)
class Tally:
    """What came of many rounds, or of those with one fault."""

    rounds: int = 0
    mid_send: int = 0
    settled_seconds: float = 0.0
    resumed_seconds: float = 0.0
    counted: Count = field(default_factory=Count)

    def add(self, round_: Round, counted: Count) -> None:
        """One more round."""
        self.rounds += 1
        self.mid_send += round_.is_mid_send
        self.settled_seconds = max(self.settled_seconds, round_.settled_seconds)
        self.resumed_seconds = max(self.resumed_seconds, round_.resumed_seconds)
        self.counted.add(counted)

    def document(self) -> dict[str, Any]:
        """As JSON tells it."""
        counts = {name: value for name, value in vars(self.counted).items() if name != "complaints"}
        return {
            "rounds": self.rounds,
            **counts,
            "mid_send_rounds": self.mid_send,
            "slowest_settled_seconds": round(self.settled_seconds, 1),
            "slowest_resumed_seconds": round(self.resumed_seconds, 1),
        }


def faults_of(rounds: int, seed: int, *, only: str = "") -> Iterator[tuple[Fault, ...]]:
    """The faults of each round: first one of each family, then all in ever new order, some two at once.

    With `only`, those whose names hold these words. Raises ValueError when there are none.
    """
    wanted = [fault for fault in FAULTS if only in fault.name]
    if not wanted:
        raise ValueError(f"no fault is named {only!r}; there are: {', '.join(fault.name for fault in FAULTS)}")
    random = Random(seed)
    families = dict.fromkeys(fault.family for fault in wanted)
    deck = [random.choice([fault for fault in wanted if fault.family == family]) for family in families]
    random.shuffle(deck)
    for _ in range(rounds):
        if not deck:
            deck = random.sample(wanted, k=len(wanted))
        fault = deck.pop()
        others = [other for other in FAULTS if other.family != fault.family]
        yield (fault, random.choice(others)) if random.random() < TWO_AT_ONCE else (fault,)


@dataclass(kw_only=True)
class Round:
    """One round: its people, its fault, its count."""

    arena: Arena
    random: Random
    faults: tuple[Fault, ...]
    before: dict[str, int] = field(default_factory=dict)
    wanted: dict[str, int] = field(default_factory=dict)
    owed: Owed = field(default_factory=dict)
    infusions: list[int] = field(default_factory=list)
    rows: list[Row] = field(default_factory=list)
    answered: list[int] = field(default_factory=list)
    is_mid_send: bool = False
    settled_seconds: float = 0.0
    resumed_seconds: float = 0.0

    def run(self) -> Count:
        """Make people, strike while their messages leave, mend, wait, and count."""
        self.before = self.arena.arrived_so_far()
        self.arena.delays_set(self.random.uniform(0.005, 0.03))
        families = [self._family() for _ in range(self.random.randint(14, 34))]
        moment = self._moment()
        self.owed, self.infusions = self.arena.rows.families_make(families)
        self._wait_for(*moment)
        self._more_falls_due()
        with ExitStack() as stack:
            for fault in self.faults:
                stack.enter_context(fault.strike(self.arena, self.random))
            self.is_mid_send = self._is_open()
            time.sleep(max(self.random.uniform(*fault.seconds) for fault in self.faults))
            self.is_mid_send = self.is_mid_send or self._is_open()
        complaints = self._recover()
        self.rows = self.arena.rows.rows_read(self.owed)
        counted = count(
            owed=self.owed,
            rows=self.rows,
            arrived=self.arena.arrived_since(self.before),
            may_be_refused=any(fault.refuses for fault in self.faults),
        )
        counted.complaints += [*complaints, *self._too_many_repeats(counted)]
        if self.random.random() < ANSWERED:
            self.arena.rows.steps_answer(self.infusions)
            self.answered = list(self.owed)
        return counted

    def _family(self) -> dict[str, Any]:
        """One or two people, one in four with a second way to be reached."""
        people = []
        for _ in range(self.random.choice((1, 1, 2))):
            kinds = [self.random.choice((EMAIL, EMAIL, SMS, SMS, PUSH))]
            if self.random.random() < 0.25:
                kinds.append(self.random.choice(KINDS))
            self.wanted[kinds[0]] = self.wanted.get(kinds[0], 0) + 1
            people.append([self.arena.contact_point(kind) for kind in kinds])
        return {"people": people, "steps": self.random.choice((1, 1, 2, 3))}

    def _moment(self) -> tuple[str, int]:
        """When to strike: when so many messages of the kind that the fault meets have arrived."""
        kind = self.faults[0].kind or self.random.choice([kind for kind in KINDS if self.wanted.get(kind)])
        share = 0.0 if self.random.random() < 0.15 else self.random.uniform(0.05, 0.6)
        return kind, round(self.wanted.get(kind, 0) * share)

    def _wait_for(self, kind: str, arrived: int) -> None:
        if not arrived:
            time.sleep(self.random.uniform(0, 1.2))  # while alarms ring
        give_up_at = time.monotonic() + MOMENT_SECONDS
        while self._arrived(kind) < arrived and time.monotonic() < give_up_at:
            time.sleep(0.002)

    def _arrived(self, kind: str) -> int:
        return self.arena.arrived_so_far()[kind] - self.before[kind]

    def _is_open(self) -> bool:
        """Whether some messages have left and some not: of the kind that the fault meets, or of all."""
        kinds = {fault.kind for fault in self.faults if fault.kind} or set(KINDS)
        wanted = sum(self.wanted.get(kind, 0) for kind in kinds)
        return 0 < sum(self._arrived(kind) for kind in kinds) < wanted

    def _more_falls_due(self) -> None:
        """For some families another step rings a moment later, when they may just have been told of the first."""
        if self.random.random() < 0.6:
            some = self.random.sample(self.infusions, k=len(self.infusions) // 4)
            with suppress(DatabaseAway):
                for person, steps in self.arena.rows.steps_add(some, seconds=self.random.uniform(0, 1)).items():
                    self.owed[person] += steps

    def _too_many_repeats(self, counted: Count) -> list[str]:
        most = [fault.most_repeats for fault in self.faults]
        if None in most or counted.repeats <= sum(number or 0 for number in most):
            return []
        return [f"{counted.repeats} repeats, more than this can bring about"]

    def _recover(self) -> list[str]:
        """Wait until nothing is left to be done, and workers do it again; what is wrong if that takes too long."""
        rows, mended_at = self.arena.rows, time.monotonic()
        beats = rows.heartbeats()
        self.settled_seconds = _wait(lambda: rows.is_settled(self.owed, self.infusions), mended_at)
        self.resumed_seconds = _wait(lambda: rows.heartbeats().get(DISPATCH) != beats.get(DISPATCH), mended_at)
        took = ("all that was owed left", self.settled_seconds, PROGRESS_SECONDS)
        resumed = ("a worker dispatched", self.resumed_seconds, RESUME_SECONDS)
        return [f"{what} only after {seconds:.1f} s" for what, seconds, most in (took, resumed) if seconds > most]


def _wait(condition: Callable[[], bool], since: float) -> float:
    """Wait until it holds; the seconds since then, many when we gave up."""
    while not condition() and time.monotonic() - since < GIVE_UP_SECONDS:
        time.sleep(0.05)
    return time.monotonic() - since


@dataclass(kw_only=True)
class Run:
    """Many rounds in one arena."""

    arena: Arena
    seed: int
    only: str = ""
    total: Tally = field(default_factory=Tally)
    by_fault: dict[str, Tally] = field(default_factory=dict)
    seconds: float = 0.0
    _people: list[int] = field(default_factory=list)
    _answered: set[int] = field(default_factory=set)
    _waited: set[int] = field(default_factory=set)

    def run(self, rounds: int, *, first: int = 1) -> None:
        """Run the rounds numbered from `first` to `rounds`; a round is the same whichever was the first."""
        _wait(lambda: DISPATCH in self.arena.rows.heartbeats(), time.monotonic())
        begun_at = time.monotonic()
        for number, faults in enumerate(faults_of(rounds, self.seed, only=self.only), start=1):
            if number >= first:
                self._round(number, faults)
        self._count_later()
        self._parts_look()
        self.seconds = time.monotonic() - begun_at

    def _round(self, number: int, faults: tuple[Fault, ...]) -> None:
        names = " + ".join(fault.name for fault in faults)
        begun_at = time.monotonic()
        round_ = Round(arena=self.arena, random=Random(f"{self.seed}/{number}"), faults=faults)
        counted = round_.run()
        counted.complaints = [f"round {number}, seed {self.seed}, {names}: {words}" for words in counted.complaints]
        self._people += round_.owed
        self._answered.update(round_.answered)
        self._waited.update(row.key for row in round_.rows if row.waits)
        key = names if len(faults) == 1 else "two at once"
        for tally in (self.total, self.by_fault.setdefault(key, Tally())):
            tally.add(round_, counted)
        say(
            f"{number:4} {names:48} {time.monotonic() - begun_at:5.1f} s, settled {round_.settled_seconds:4.1f} s,"
            f" resumed {round_.resumed_seconds:4.1f} s, {counted.delivered}/{counted.owed} delivered,"
            f" {counted.explained} explained, {counted.waiting} wait, {counted.lost} lost,"
            f" {counted.repeats} repeats of {counted.in_flight} in flight"
            f"{'' if round_.is_mid_send else ', not mid-send'}"
        )
        for complaint in counted.complaints:
            say(f"     WRONG: {complaint}")

    def _count_later(self) -> None:
        """Look once more at everything: some messages had to wait for a quarter of an hour."""
        rows = self.arena.rows.rows_read(self._people)  # before the sinks: what leaves in between is no loss
        later = count_later(
            rows=rows,
            waited=self._waited,
            answered=self._answered,
            arrived=self.arena.arrived_since(dict.fromkeys(KINDS, 0)),
        )
        later.complaints = [f"seed {self.seed}, at the end: {words}" for words in later.complaints]
        self.total.counted.add(later)

    def _parts_look(self) -> None:
        """Whether each worker and beat lives in the end, not only one that does the work of all."""
        before = {name: at for name, at in self.arena.rows.heartbeats().items() if name.startswith(PARTS)}

        def silent() -> list[str]:
            now = self.arena.rows.heartbeats()
            return [name for name, at in before.items() if now.get(name) == at]

        seconds = _wait(lambda: not silent(), time.monotonic())
        if seconds > RESUME_SECONDS:
            self.complaints.append(f"seed {self.seed}, at the end: {', '.join(silent())} silent for {seconds:.0f} s")

    @property
    def complaints(self) -> list[str]:
        """Everything that was wrong."""
        return self.total.counted.complaints

    def document(self) -> dict[str, Any]:
        """As JSON tells it."""
        return {
            **self.total.document(),
            "seed": self.seed,
            "seconds": round(self.seconds),
            "stalled_processes_replaced": self.arena.site.logs().count(STALLED),
            "by_fault": {name: tally.document() for name, tally in sorted(self.by_fault.items())},
        }


def say(words: str) -> None:
    """Tell how it goes; standard output is for the result."""
    sys.stderr.write(f"{words}\n")
    sys.stderr.flush()
