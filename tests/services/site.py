"""The whole site as real processes: web server, worker and beat, on whichever database and broker the caller gives."""

from __future__ import annotations

import os
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from tests.servers.processes import ServerProcess, free_port, private_directory

ROOT = Path(__file__).resolve().parent.parent.parent
SECRET = "for tests on this machine only, never anywhere else: 0123456789abcdef"
# How often beat rings here: a test need not wait a quarter of a minute.
DISPATCH_SECONDS = "1"


@dataclass
class Site:
    """A running site: where it is, what its processes are called, and how to run a command beside them."""

    url: str
    env: dict[str, str]
    processes: dict[str, ServerProcess] = field(default_factory=dict)

    def run(self, *arguments: str) -> str:
        """Run a Python program with the site's settings; what it printed. Raises AssertionError with its complaint."""
        done = subprocess.run(
            [sys.executable, *arguments], cwd=ROOT, env=self.env, check=False, capture_output=True, text=True
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    def story(self, *, starts_in_minutes: int) -> int:
        """Make the people of the story and Lena's infusion; the infusion's key."""
        return int(self.run("-m", "tests.services.story", str(starts_in_minutes)))

    def logs(self) -> str:
        """What every process has printed, for a test that fails."""
        return "\n".join(f"--- {name}\n{process.log}" for name, process in self.processes.items())


@contextmanager
def running_site(
    extra_env: dict[str, str] | None = None, *, twins: bool = False, watched: bool = False
) -> Iterator[Site]:
    """Web server, worker and beat with the settings in `extra_env`; embedded where it says nothing.

    `twins` runs a second worker and a second beat beside the first, as a careless operator might. `watched` runs
    worker and beat under their watchdogs, which are then what `processes` holds; see `child_of`.

    With a broker of its own, beat is a process of its own, as in production; without one it runs in the worker.
    """
    with private_directory() as var, ExitStack() as stack:
        port = free_port()
        url = f"http://127.0.0.1:{port}"
        env = base_env(var) | {"PUBLIC_URL": url, "DISPATCH_SECONDS": DISPATCH_SECONDS} | (extra_env or {})
        site = Site(url=url, env=env)
        site.run("manage.py", "migrate", "--no-input", "--verbosity", "0")
        site.run("manage.py", "collectstatic", "--no-input", "--verbosity", "0")
        commands = _commands(port, Path(var), has_broker="REDIS_URL" in env, watched=watched)
        if twins:
            second = ["--name", "second"] if watched else ["--hostname", "second@%h"]
            commands["second worker"] = _inserted(commands["worker"], second)
            beat = [*commands["beat"][:-1], str(var / "second-schedule")]
            commands["second beat"] = _inserted(beat, second) if watched else beat
        for name, command in commands.items():
            is_ready = _answers(url) if name == "web" else _always
            directory = Path(stack.enter_context(private_directory()))
            process = ServerProcess(command=command, directory=directory, is_ready=is_ready, env=env)
            process.start()
            stack.callback(process.stop)
            site.processes[name] = process
        yield site


def base_env(var: Path) -> dict[str, str]:
    """The settings of every program here, whose own files lie in `var`; nothing else of the shell we run in."""
    return {
        **{name: value for name, value in os.environ.items() if name in ("PATH", "HOME", "LANG", "VIRTUAL_ENV")},
        "PYTHONPATH": str(ROOT),
        "PYTHONUNBUFFERED": "1",
        "DJANGO_SETTINGS_MODULE": "ivig_care.settings",
        "VAR_DIR": str(var),
        "SECRET_KEY": SECRET,
    }


def wait_for(condition: Callable[[], bool], *, seconds: float, what: str, site: Site | None = None) -> None:
    """Wait until the condition holds. Raises AssertionError with the logs when it does not within so many seconds."""
    give_up_at = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > give_up_at:
            raise AssertionError(f"waited {seconds} s for {what}\n{site.logs() if site else ''}")
        time.sleep(0.1)


def child_of(pid: int) -> int | None:
    """The process that a process of ours has started, such as the worker under a watchdog; None if there is none."""
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return int(children[0]) if children else None


def _inserted(command: list[str], words: list[str]) -> list[str]:
    """The command with words of its own before those that go to Celery, or at its end."""
    at = command.index("--") if "--" in command else len(command)
    return [*command[:at], *words, *command[at:]]


def _commands(port: int, var: Path, *, has_broker: bool, watched: bool) -> dict[str, list[str]]:
    python = [sys.executable, "-m"]
    celery = [*python, "celery", "--quiet", "-A", "ivig_care.celery"]
    schedule = ["--schedule", str(var / "celerybeat-schedule")]
    gunicorn = [*python, "gunicorn", "ivig_care.wsgi", "--bind", f"127.0.0.1:{port}", "--chdir", str(ROOT)]
    commands = {"web": [*gunicorn, "--threads", "4", "--no-control-socket"]}
    manage = [sys.executable, str(ROOT / "manage.py")]
    run_worker = [*manage, "run_worker", "--"] if watched else [*celery, "worker"]
    run_beat = [*manage, "run_beat", "--"] if watched else [*celery, "beat"]
    worker = [*run_worker, "--concurrency", "2", "--loglevel", "INFO"]
    if has_broker:
        return {**commands, "worker": worker, "beat": [*run_beat, *schedule]}
    return {**commands, "worker": [*worker, "--beat", *schedule]}


def _answers(url: str) -> Callable[[], bool]:
    def answers() -> bool:
        try:
            with urllib.request.urlopen(f"{url}/accounts/login/", timeout=5):
                return True
        except (urllib.error.URLError, OSError):
            return False

    return answers


def _always() -> bool:
    return True
