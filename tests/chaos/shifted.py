"""A worker under its watchdog whose clock is off by as many seconds as a file says, which may change at any time.

    python -m tests.chaos.shifted FILE run_worker --name second -- --concurrency 2

Only ivig_care's own clock is shifted, as that is the one that decides; the real one goes on.
"""

from __future__ import annotations

import sys
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import django

from ivig_care.common import clock

_CELERY = "celery"
_real_now = clock.now


def clock_shift(file: Path) -> None:
    """Let this process, and those it forks, read the time with the offset that the file holds."""

    def shifted_now() -> datetime:
        return _real_now() + timedelta(seconds=float(file.read_text() or 0))

    clock.now = shifted_now


def main(file: str, *words: str) -> None:
    """Run a management command, or the Celery process that its watchdog starts."""
    clock_shift(Path(file))
    if words[0] == _CELERY:
        from celery.__main__ import main as celery_main

        sys.argv = list(words)
        celery_main()
        return
    django.setup()

    from django.core.management import execute_from_command_line

    from ivig_care.worker import watchdog

    _, _, _, *options = watchdog.CELERY  # python -m celery
    shifted: Any = (sys.executable, "-m", "tests.chaos.shifted", file, _CELERY, *options)
    watchdog.CELERY = shifted
    execute_from_command_line(["manage.py", *words])


if __name__ == "__main__":
    main(*sys.argv[1:])
