"""`python -m tests.bench.web`: how many checklist pages and ticks the site serves, beside the smallest page of 40 rows.

PostgreSQL of our own (waiting for the disk at every commit, as in production), and two sites on it, each with a
database of its own and the same web server: ours as it is, and tests/bench/floor. One at a time answers a load
generator in another process, over connections that stay open, and rounds alternate between the four things measured;
every figure is the median of the rounds. A tick is the form that htmx sends from a phone, and its answer is the
checklist; each ticks another step that is still open, and none twice. `page` is the page of one of the families that
have it open, `page_first` that of a checklist which has changed since this process wrote it last, `poll` the question
of an open page whether there is news.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import psycopg

from tests.bench.web_rounds import CONCURRENCY, Measured, Site, rounds_measure
from tests.servers import postgres_server
from tests.servers.processes import ServerProcess, free_port, private_directory

ROOT = Path(__file__).resolve().parent.parent.parent
SECRET = "for this bench only, never anywhere else: 0123456789abcdef"
WORKERS, THREADS = 2, 8
SERVERS = ("gunicorn", "granian")
STEPS = 40

# The floor ticks several times as quickly, and never one row twice either.
FLOOR_TIMES = 8


@contextmanager
def serving(module: str, server: str, env: dict[str, str], port: int, ready: str) -> Iterator[ServerProcess]:
    """A web server with the processes and threads of a real one."""
    with private_directory() as directory:
        url = f"http://127.0.0.1:{port}{ready}"
        process = ServerProcess(server_command(server, module, port), directory, lambda: _answers(url), env=env)
        process.start()
        try:
            yield process
        finally:
            process.stop()


def server_command(server: str, module: str, port: int) -> list[str]:
    """How each server is started; the same number of processes and threads."""
    python = [sys.executable, "-m", server]
    if server == "gunicorn":
        words = ["--workers", str(WORKERS), "--worker-class", "gthread", "--threads", str(THREADS)]
        bound = ["--bind", f"127.0.0.1:{port}", "--log-level", "warning", "--no-control-socket"]
        # Connections that wait must not be given up between two rounds.
        return [*python, module, *words, *bound, "--keep-alive", "75", "--chdir", str(ROOT)]
    words = ["--interface", "wsgi", "--workers", str(WORKERS), "--blocking-threads", str(THREADS)]
    bound = ["--host", "127.0.0.1", "--port", str(port), "--no-log", "--working-dir", str(ROOT)]
    return [*python, *words, *bound, f"{module}:application"]


def _answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=5):
            return True
    except urllib.error.HTTPError:
        return True
    except (urllib.error.URLError, OSError):
        return False


@contextmanager
def both_sites(server: str, families: int) -> Iterator[tuple[Site, Site]]:
    """Ours and the smallest one, on one PostgreSQL."""
    with ExitStack() as stack:
        database = stack.enter_context(postgres_server(is_durable=True))
        with psycopg.connect(database, autocommit=True) as connection:
            connection.execute("CREATE DATABASE floor")
        ours = _ours(stack, server, database, families)
        floor = _floor(stack, server, database.rpartition("/")[0] + "/floor", families * FLOOR_TIMES)
        yield ours, floor


def _env(settings: str, database: str) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if name in ("PATH", "HOME", "LANG", "VIRTUAL_ENV")}
    more = {"PYTHONPATH": os.pathsep.join((str(ROOT), *_granian_path())), "PYTHONUNBUFFERED": "1"}
    return kept | more | {"DJANGO_SETTINGS_MODULE": settings, "DATABASE_URL": database, "SECRET_KEY": SECRET}


def _ours(stack: ExitStack, server: str, database: str, families: int) -> Site:
    port = free_port()
    var = stack.enter_context(private_directory())
    env = _env("ivig_care.settings", database)
    env |= {"VAR_DIR": str(var), "PUBLIC_URL": f"http://127.0.0.1:{port}"}
    made = json.loads(_run(["-m", "tests.bench.web_families", str(families)], env))
    _run(["manage.py", "collectstatic", "--no-input", "--verbosity", "0"], env)
    stack.enter_context(serving("ivig_care.wsgi", server, env, port, "/accounts/login/"))
    return Site(port=port, env=env, made=made)


def _floor(stack: ExitStack, server: str, database: str, lists: int) -> Site:
    port, env = free_port(), _env("tests.bench.floor.settings", database)
    made = json.loads(_run(["-m", "tests.bench.floor", str(lists), str(STEPS)], env))
    stack.enter_context(serving("tests.bench.floor.wsgi", server, env, port, "/0/"))
    return Site(port=port, env=env, made=made)


def _run(words: list[str], env: dict[str, str]) -> str:
    done = subprocess.run([sys.executable, *words], cwd=ROOT, env=env, check=False, capture_output=True, text=True)
    if done.returncode != 0:
        raise AssertionError(done.stderr)
    return done.stdout


@contextmanager
def load_generator() -> Iterator[Callable[[dict[str, Any]], dict[str, Any]]]:
    """What sends a burst and says what came of it."""
    command = [sys.executable, "-m", "tests.bench.web_load"]
    with subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        stdin, stdout = process.stdin, process.stdout

        def send(burst: dict[str, Any]) -> dict[str, Any]:
            stdin.write(json.dumps(burst) + "\n")
            stdin.flush()
            outcome: dict[str, Any] = json.loads(stdout.readline())
            return outcome

        try:
            yield send
        finally:
            stdin.close()


def figures_of(server: str, options: argparse.Namespace) -> dict[str, Any]:
    """Everything found with one web server."""
    with both_sites(server, options.families) as (ours, floor), load_generator() as send:
        measured = rounds_measure(ours, floor, send, rounds=options.rounds, seconds=options.seconds)
    return {"server": f"{server} {_version(server)}", "workers": WORKERS, "threads": THREADS} | _told(measured)


def _told(measured: Measured) -> dict[str, Any]:
    found = measured.figures
    ratio = {
        what: {one: round(found[what][one]["rps"] / found[f"floor_{what}"][one]["rps"], 2) for one in CONCURRENCY}
        for what in ("page", "tick")
    }
    ratio["page_first"] = {
        one: round(found["page_first"][one]["rps"] / found["floor_page"][one]["rps"], 2) for one in CONCURRENCY
    }
    return {**found, "ratio": ratio, "bytes": measured.body_bytes, "ticked": measured.ticked}


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "of this machine"


def _granian_path() -> list[str]:
    """Where a server lies that is not among our packages, when there is one to be tried out."""
    return [path for path in [os.environ.get("TRY_OUT", "")] if path]


def main(arguments: list[str]) -> int:
    """Write the figures as one JSON object."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.web", description=__doc__)
    parser.add_argument("--server", choices=SERVERS, default="gunicorn")
    parser.add_argument("--families", type=int, default=160, help="each with its own checklist and its own session")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=2.0, help="of each burst")
    options = parser.parse_args(arguments)
    figures = figures_of(options.server, options)
    machine = {
        "python": sys.version.split()[0],
        "django": version("Django"),
        "cores": os.cpu_count(),
        "steps": STEPS,
        "tick_is": "the form that htmx sends, answered with the checklist",
        "load_average": [round(load, 2) for load in os.getloadavg()],
    }
    sys.stdout.write(json.dumps({**figures, **machine}) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
