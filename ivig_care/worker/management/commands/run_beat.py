"""`manage.py run_beat`: Celery's beat under a watchdog that replaces it when it does not tick."""

from __future__ import annotations

import socket
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandParser

from ivig_care.nudges.selectors import BEAT
from ivig_care.worker.broker import broker_ask
from ivig_care.worker.watchdog import CELERY, Charge, Watchdog


class Command(BaseCommand):
    """Runs until SIGTERM or SIGINT."""

    help = "Run beat, and replace it when it does not tick. What follows -- goes to celery beat."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        """Its name, and Celery's own arguments."""
        parser.add_argument("--name", default="beat", help="what to call it; two on one machine need two names")
        parser.add_argument("arguments", nargs="*", help="as in: run_beat -- --schedule /var/lib/ivig_care/schedule")

    def handle(self, *args: Any, **options: Any) -> None:
        """Watch."""
        heartbeat = f"{BEAT} {options['name']}@{socket.gethostname()}"
        charge = Charge(
            heartbeat=heartbeat,
            command=[*CELERY, "beat", "--pidfile", "", *options["arguments"]],
            env={"BEAT_HEARTBEAT": heartbeat},
            ask=broker_ask,
        )
        Watchdog(charge, patience_seconds=settings.WATCHDOG_SECONDS).run()
