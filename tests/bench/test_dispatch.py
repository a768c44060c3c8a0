"""The figures of `make bench-dispatch`, in small: what they are of. How good they are is not for a test to say."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest

from tests.bench.dispatch import ROOT

SMALL = ("--families", "60", "--open-steps", "60", "600", "--rounds", "1", "--claims", "3")


@pytest.mark.services
@pytest.mark.timeout(300)
def test_figures_are_one_json_object() -> None:
    env = {name: value for name, value in os.environ.items() if name in ("PATH", "HOME", "LANG", "VIRTUAL_ENV")}
    command = [sys.executable, "-m", "tests.bench.dispatch", *SMALL]

    done = subprocess.run(command, cwd=ROOT, env=env, check=False, capture_output=True, text=True)

    assert done.returncode == 0, done.stderr
    figures = json.loads(done.stdout)
    assert list(figures["claim_empty_ms"]) == ["60", "600"]
    assert list(figures["lateness_s"]) == list(figures["after_tick_s"]) == ["p50", "p99"]
    rates = ("noop_per_s", "noop_with_most_open_per_s", "smtp_per_s", "smtp_loop_per_s", "eta_per_s")
    assert all(figures[name] > 0 for name in (*rates, "claim_empty_ratio", "worker_rss_mb"))
    # Owed evenly over the fifteen seconds before the tick, so never before it.
    assert 0 < figures["after_tick_s"]["p99"] < figures["lateness_s"]["p99"] < 60
