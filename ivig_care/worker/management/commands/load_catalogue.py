"""`manage.py load_catalogue`: products, medicines and built-in protocols from the reviewed files into the database."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from ivig_care.actions.catalogue import catalogue_load
from ivig_care.actions.protocols import built_in_protocols_load
from ivig_care.common import clock
from ivig_care.regimen.errors import DocumentError


class Command(BaseCommand):
    """Load the catalogue and say in one line what changed."""

    help = "Make products, medicines and built-in protocols say what the reviewed files say; safe to run again."

    def handle(self, *args: Any, **options: Any) -> None:
        """Print what stands now; a file that will not do changes nothing and names the place."""
        try:
            self.stdout.write(str(catalogue_load()))
            for version in built_in_protocols_load(at=clock.now()):
                self.stdout.write(f"Protocol: {version}.")
        except DocumentError as error:
            raise CommandError(str(error)) from error
