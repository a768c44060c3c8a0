"""`python -m tests.chaos --rounds N --seed S`: one JSON object, and exit status 1 when a promise was broken."""

from __future__ import annotations

import argparse
import json
import secrets
import sys

from tests.chaos.arena import running_arena
from tests.chaos.rounds import Run, say

_LONGEST_LOG = 4000


def main(arguments: list[str]) -> int:
    """The exit status."""
    parser = argparse.ArgumentParser(prog="python -m tests.chaos", description=__doc__)
    parser.add_argument("--rounds", type=int, default=200, help="the number of the last round")
    parser.add_argument("--seed", type=int, default=secrets.randbelow(10**6), help="by default another each time")
    parser.add_argument("--first", type=int, default=1, help="the number of the first round, to see one again")
    parser.add_argument("--only", default="", help="only faults whose names hold these words, as in 'worker'")
    parser.add_argument("--logs", action="store_true", help="print what the processes said, even if all went well")
    options = parser.parse_args(arguments)
    with running_arena() as arena:
        run = Run(arena=arena, seed=options.seed, only=options.only)
        run.run(options.rounds, first=options.first)
        document = run.document()
        if run.complaints or options.logs:
            say("\n".join(f"--- {name}\n{one.log[-_LONGEST_LOG:]}" for name, one in arena.site.processes.items()))
    for complaint in run.complaints:
        say(f"WRONG: {complaint}")
    sys.stdout.write(json.dumps(document) + "\n")
    return 1 if run.complaints else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
