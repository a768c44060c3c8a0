"""`manage.py check_heartbeat worker`: does what runs under a watchdog on this machine get on with its work?"""

from __future__ import annotations

import socket
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from ivig_care.common import clock
from ivig_care.nudges.selectors import BEAT, WORKER, heartbeats


class Command(BaseCommand):
    """For the health check of a container: ends with an error when there was no sign of life for too long."""

    help = "Ask whether the worker or the beat of this machine has been heard of lately."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        """Which of the two, and its name."""
        parser.add_argument("part", choices=[WORKER, BEAT])
        parser.add_argument("--name", help="as it was given to run_worker or run_beat")

    def handle(self, *args: Any, **options: Any) -> None:
        """Say how old its last sign of life is."""
        name = f"{options['part']} {options['name'] or options['part']}@{socket.gethostname()}"
        at, now = heartbeats().get(name), clock.now()
        if at is None:
            raise CommandError(f"{name} was never heard of")
        sentence = f"{name} was heard of {(now - at).total_seconds():.0f} s ago"
        # Its watchdog is given the time to replace it.
        if abs(now - at) > timedelta(seconds=2 * settings.WATCHDOG_SECONDS):
            raise CommandError(sentence)
        self.stdout.write(sentence)
