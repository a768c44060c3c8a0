"""`manage.py run_worker`: a Celery worker under a watchdog that replaces it when it makes no progress."""

from __future__ import annotations

import socket
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandParser

from ivig_care.common import clock
from ivig_care.nudges.selectors import WORKER
from ivig_care.worker.broker import queues_of, worker_ask
from ivig_care.worker.last_resort import LastResort
from ivig_care.worker.watchdog import CELERY, Charge, Watchdog


class Command(BaseCommand):
    """Runs until SIGTERM or SIGINT, then lets the worker finish what it is doing."""

    help = "Run a worker, and replace it when it makes no progress. What follows -- goes to celery worker."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        """Its name, and Celery's own arguments."""
        parser.add_argument("--name", default="worker", help="what to call it; two on one machine need two names")
        parser.add_argument("arguments", nargs="*", help="as in: run_worker -- --concurrency 2")

    def handle(self, *args: Any, **options: Any) -> None:
        """Watch."""
        nodename = f"{options['name']}@{socket.gethostname()}"
        heartbeat = f"{WORKER} {nodename}"
        seconds = settings.WATCHDOG_SECONDS
        charge = Charge(
            heartbeat=heartbeat,
            command=[*CELERY, "worker", "--hostname", nodename, "--queues", queues_of(nodename), *options["arguments"]],
            ask=lambda: worker_ask(nodename, heartbeat=heartbeat, expires=seconds),
        )
        Watchdog(charge, patience_seconds=seconds, last_resort=LastResort(clock.now)).run()
