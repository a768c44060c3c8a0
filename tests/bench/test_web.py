"""The figures of `make bench-web`, in small: what they are of. How good they are is not for a test to say."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest

from tests.bench.web import ROOT
from tests.bench.web_rounds import CONCURRENCY

SMALL = ("--families", "40", "--rounds", "1", "--seconds", "0.3")


@pytest.mark.services
@pytest.mark.timeout(300)
def test_figures_are_one_json_object() -> None:
    env = {name: value for name, value in os.environ.items() if name in ("PATH", "HOME", "LANG", "VIRTUAL_ENV")}
    command = [sys.executable, "-m", "tests.bench.web", *SMALL]

    done = subprocess.run(command, cwd=ROOT, env=env, check=False, capture_output=True, text=True)

    assert done.returncode == 0, done.stderr
    figures = json.loads(done.stdout)
    for what in ("page", "page_first", "tick", "poll", "floor_page", "floor_tick"):
        assert list(figures[what]) == list(CONCURRENCY)
        for found in figures[what].values():
            assert list(found) == ["rps", "p50_ms", "p95_ms", "p99_ms"]
            assert all(value > 0 for value in found.values())
    # Counted in the database, against the answers.
    assert figures["ticked"] > len(CONCURRENCY)
    # The checklist that a tick answers with is most of its page; the rows of the floor are all of its page.
    assert figures["bytes"]["tick"] > figures["bytes"]["page"] / 2
    assert figures["bytes"]["floor_tick"] > figures["bytes"]["floor_page"] / 2
