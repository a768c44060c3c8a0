"""Demo data for one machine: made once, kept, made anew on request."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import transaction
from django.urls import reverse
from tzlocal import get_localzone_name

from ivig_care.actions.catalogue import catalogue_load
from ivig_care.common import clock
from ivig_care.worker.demo import PASSWORD, PEOPLE, WITH_APP, demo_exists, demo_seed


class Command(BaseCommand):
    """Never touches a database that is not the embedded one."""

    help = "Make demo people, children and infusions around today; keeps what is there."

    def add_arguments(self, parser: CommandParser) -> None:
        """--reset throws everything away first."""
        parser.add_argument("--reset", action="store_true", help="throw everything away and start over")

    def handle(self, *args: Any, **options: Any) -> None:
        """Seed if needed, then say where to go and whom to sign in as."""
        if not settings.IS_EMBEDDED:
            raise CommandError("DATABASE_URL is set: demo data belongs on the embedded database only.")
        if options["reset"]:
            call_command("flush", interactive=False, verbosity=0)
        if not demo_exists():
            with transaction.atomic():
                demo_seed(now=clock.now(), zone=get_localzone_name() or "UTC")
        else:
            # The demo may be older than the catalogue.
            catalogue_load()
        self.stdout.write(f"\n  ivig_care: {settings.PUBLIC_URL}\n\n  Sign in as (password {PASSWORD}):\n")
        for person in PEOPLE:
            app = " *" if person.email in WITH_APP else ""
            self.stdout.write(f"    {person.email:<20} {person.name}, {person.what}{app}\n")
        outbox = settings.PUBLIC_URL + reverse("open_outbox")
        self.stdout.write(f"\n  Codes to sign in, and those of the app that * are asked for: {outbox}\n")
        self.stdout.write("\n  Ctrl-C stops everything.\n\n")
