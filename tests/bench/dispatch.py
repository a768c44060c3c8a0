"""`python -m tests.bench.dispatch`: how fast nudges are found, written and sent, beside the raw limits of the machine.

PostgreSQL (waiting for the disk at every commit, as in production), Redis, a mail sink and one Celery worker with two
processes, all real and its own. Rounds of what is compared alternate; every figure is the median of the rounds.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

import django

from tests.servers import FastMailServer, fast_mail_server, postgres_server, redis_server
from tests.servers.processes import ServerProcess, private_directory

ROOT = Path(__file__).resolve().parent.parent.parent
PROCESSES = 2


@dataclass(frozen=True, kw_only=True)
class Sizes:
    """How much is measured: families whose steps fall due at once, rows of open steps, rounds, empty claims."""

    families: int
    open_steps: tuple[int, int]
    rounds: int
    claims: int


@dataclass(frozen=True)
class Bench:
    """What runs: the settings of every process, the worker, the mail sink."""

    env: dict[str, str]
    worker: ServerProcess
    mail: FastMailServer


@contextmanager
def running_bench() -> Iterator[Bench]:
    """An empty site without its web server and without beat: the bench ticks itself."""
    with ExitStack() as stack:
        var = stack.enter_context(private_directory())
        mail = stack.enter_context(fast_mail_server())
        env = {
            **{name: value for name, value in os.environ.items() if name in ("PATH", "HOME", "LANG", "VIRTUAL_ENV")},
            "PYTHONPATH": str(ROOT),
            "DJANGO_SETTINGS_MODULE": "ivig_care.settings",
            "VAR_DIR": str(var),
            "SECRET_KEY": "for this bench only, never anywhere else: 0123456789abcdef",
            "PUBLIC_URL": "https://care.example.org",
            "DATABASE_URL": stack.enter_context(postgres_server(is_durable=True)),
            "REDIS_URL": stack.enter_context(redis_server()).url,
            "EMAIL_HOST": mail.host,
            "EMAIL_PORT": str(mail.port),
            "SMS_CHANNEL": "tests.bench.dispatch_workers.NoOpChannel",
        }
        migrate = [sys.executable, "manage.py", "migrate", "--no-input", "--verbosity", "0"]
        subprocess.run(migrate, cwd=ROOT, env=env, check=True)
        worker = ServerProcess(_worker_command(), var, is_ready=lambda: True, env=env)
        worker.start()
        stack.callback(worker.stop)
        yield Bench(env, worker, mail)


def _worker_command() -> list[str]:
    celery = [sys.executable, "-m", "celery", "--quiet", "-A", "tests.bench.dispatch_workers", "worker"]
    return [*celery, "--concurrency", str(PROCESSES), "--loglevel", "WARNING"]


def main(arguments: list[str]) -> int:
    """Write the figures as one JSON object."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.dispatch", description=__doc__)
    parser.add_argument("--families", type=int, default=10_000, help="whose steps fall due at once")
    parser.add_argument("--open-steps", type=int, nargs=2, default=[10_000, 1_000_000], help="rows of open steps")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--claims", type=int, default=300, help="empty claims of which the median is taken")
    options = parser.parse_args(arguments)
    sizes = Sizes(
        families=options.families,
        open_steps=(options.open_steps[0], options.open_steps[1]),
        rounds=options.rounds,
        claims=options.claims,
    )
    with running_bench() as bench:
        os.environ.update(bench.env)
        django.setup()
        # Only now: they read the settings.
        from tests.bench.dispatch_rounds import measured

        figures = measured(bench, sizes)
    sys.stdout.write(json.dumps({**asdict(figures), "load_average": [round(load, 2) for load in os.getloadavg()]}))
    sys.stdout.write("\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
