"""The figures of `make bench-regimen`: what they are figures of. How good they are is not for a test to say."""

from __future__ import annotations

import json

import pytest

from ivig_care.regimen.changes import Action, diff
from ivig_care.regimen.protocol import Kind
from ivig_care.regimen.schedule import build_schedule
from ivig_care.regimen.steps import State
from tests.bench import regimen as bench
from tests.regimen.builders import held, minutes


@pytest.mark.parametrize("steps", sorted(bench.SIZES))
def test_infusion_has_as_many_steps_as_it_says(steps: int) -> None:
    protocol, planned = bench.infusion(steps)

    ticked = build_schedule(protocol, planned).ticked

    assert len(ticked) == len({step.slot for step in ticked}) == steps
    assert {step.kind for step in ticked} == {kind for kind in Kind if kind.is_ticked}


def test_late_start_moves_some_of_the_steps_and_keeps_what_was_done() -> None:
    protocol, planned = bench.infusion(bench.STEPS)
    before = build_schedule(protocol, planned)
    known = bench.begun_late(protocol, planned)

    changes = diff(held(before.ticked).values(), build_schedule(protocol, known).ticked)

    assert len(planned.days) == 5
    assert known.days[0].actual_start == planned.days[0].planned_start + minutes(45)
    assert {fact.state for fact in known.slots} == {State.DONE}
    actions = [change.action for change in changes]
    assert actions.count(Action.MOVE) > 10
    assert actions.count(Action.KEEP) > 100


def test_figures_are_one_json_object(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bench, "ROUNDS", 1)

    assert bench.main() == 0

    figures = json.loads(capsys.readouterr().out)
    assert list(figures) == ["steps", "build_ms", "reanchor_ms", "per_step_us"]
    assert figures["steps"] == 200
    assert list(figures["per_step_us"]) == ["20", "200", "2000"]
    assert all(figure > 0 for figure in (figures["build_ms"], figures["reanchor_ms"], *figures["per_step_us"].values()))
