"""Asks the process that knows Django: rows are made and read there, and it is started only once."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.chaos.counting import Row

ROOT = Path(__file__).resolve().parent.parent.parent
PATIENCE_SECONDS = 30.0
Owed = dict[int, list[int]]


class DatabaseAway(Exception):
    """The database does not answer just now."""


class Rows:
    """The rows of the site under test."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process

    def families_make(self, families: list[dict[str, Any]]) -> tuple[Owed, list[int]]:
        """Make them and let their steps ring now: the steps by person, and the infusions."""
        made = self._ask_until_answered("families_make", families=families)
        return _owed(made["owed"]), made["infusions"]

    def steps_add(self, infusions: Collection[int], *, seconds: float) -> Owed:
        """One more step for each, which rings in so many seconds; the steps by person. Raises DatabaseAway."""
        return _owed(self._ask("steps_add", infusions=list(infusions), seconds=seconds)["owed"])

    def is_settled(self, people: Collection[int], infusions: Collection[int]) -> bool:
        """Whether nothing is left to be done now; False while the database is away."""
        try:
            return bool(self._ask("is_settled", people=list(people), infusions=list(infusions))["settled"])
        except DatabaseAway:
            return False

    def rows_read(self, people: Collection[int]) -> list[Row]:
        """Every message to these people."""
        rows = self._ask_until_answered("rows_read", people=list(people))["rows"]
        return [Row(**(row | {name: tuple(row[name]) for name in ("steps", "attempts")})) for row in rows]

    def steps_answer(self, infusions: Collection[int]) -> None:
        """Somebody does all the steps of these infusions."""
        self._ask_until_answered("steps_answer", infusions=list(infusions))

    def heartbeats(self) -> dict[str, str]:
        """The last sign of life of every part, as text that is only good to be compared."""
        beats: dict[str, str] = self._ask_until_answered("heartbeats_read")["heartbeats"]
        return beats

    def _ask_until_answered(self, name: str, **question: Any) -> dict[str, Any]:
        give_up_at = time.monotonic() + PATIENCE_SECONDS
        while True:
            try:
                return self._ask(name, **question)
            except DatabaseAway:
                if time.monotonic() > give_up_at:
                    raise
                time.sleep(0.1)

    def _ask(self, name: str, **question: Any) -> dict[str, Any]:
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.write(json.dumps({"ask": name} | question) + "\n")
        self._process.stdin.flush()
        answer: dict[str, Any] = json.loads(self._process.stdout.readline())
        if answer.get("away"):
            raise DatabaseAway(answer["error"])
        return answer


def _owed(by_text: Mapping[str, list[int]]) -> Owed:
    """Keys of JSON objects are text."""
    return {int(person): steps for person, steps in by_text.items()}


@contextmanager
def rows_of(env: dict[str, str]) -> Iterator[Rows]:
    """The process, with the settings of the site."""
    command = [sys.executable, "-m", "tests.chaos.rows_process"]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, cwd=ROOT, env=env, stdin=pipe, stdout=pipe, text=True) as process:
        yield Rows(process)  # its input is closed at the end, and with it the process ends
