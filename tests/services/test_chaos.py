"""A few rounds of `make chaos`, one of each family of faults: nothing is lost, repeats only of what was in flight."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from tests.chaos.faults import FAMILIES
from tests.services.site import ROOT

pytestmark = [pytest.mark.services, pytest.mark.timeout(420)]


def test_whatever_fails_every_nudge_arrives_once_or_says_why_not() -> None:
    command = [sys.executable, "-m", "tests.chaos", "--rounds", str(len(FAMILIES) + 2), "--seed", "246"]
    ended = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stderr
    result = json.loads(ended.stdout)
    assert (result["rounds"], result["lost"]) == (len(FAMILIES) + 2, 0)
    assert result["owed"] == result["delivered"] + result["explained"] > 100
    assert result["repeats"] <= result["in_flight"]
    assert result["mid_send_rounds"] >= len(FAMILIES) // 2
