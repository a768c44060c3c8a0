"""`python -m tests.simulation --families 1000`: play a month in a test database; do engine and rules agree?"""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from contextlib import redirect_stdout

import django


def main(arguments: list[str]) -> int:
    """0 when the two agree; else the first difference is printed."""
    parser = argparse.ArgumentParser(prog="python -m tests.simulation", description=__doc__)
    parser.add_argument("--families", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--days", type=int, default=30)
    asked = parser.parse_args(arguments)
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "ivig_care.settings")
    django.setup()
    return _play(families=asked.families, seed=asked.seed, days=asked.days)


def _play(*, families: int, seed: int, days: int) -> int:
    from django.test.utils import setup_databases, teardown_databases

    from tests.simulation.compare import difference
    from tests.simulation.engine import told_by_the_engine
    from tests.simulation.model import told_by_the_rules
    from tests.simulation.world import story_of

    story = story_of(families=families, seed=seed, days=days)
    begun = time.process_time()
    wanted = told_by_the_rules(story)
    model_cpu_s = time.process_time() - begun
    # Whatever making the database has to say is no part of the answer.
    with redirect_stdout(sys.stderr):
        databases = setup_databases(verbosity=0, interactive=False)
    try:
        begun = time.process_time()
        found = told_by_the_engine(story)
        engine_cpu_s = time.process_time() - begun
    finally:
        teardown_databases(databases, verbosity=0)
    different = difference(wanted, found, story)
    if different is not None:
        sys.stderr.write(f"{different}\n")
    figures = {
        "families": families,
        "days": days,
        "seed": seed,
        "steps": len(story.things),
        "events": len(story.events),
        "messages": len(found),
        "model_cpu_s": round(model_cpu_s, 1),
        "engine_cpu_s": round(engine_cpu_s, 1),
        "equal": different is None,
    }
    sys.stdout.write(f"{json.dumps(figures)}\n")
    return 0 if different is None else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
