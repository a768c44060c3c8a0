"""`manage.py export_child 3 record.zip`: everything about one child, for whoever asks the operator for it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from ivig_care.actions.exports import record_export
from ivig_care.care_teams.models import Child
from ivig_care.common import clock


class Command(BaseCommand):
    """The same archive as on the page, with everybody's addresses shortened; the child's log says that it was made."""

    help = "Write everything about one child into a zip file that must not exist yet."

    def add_arguments(self, parser: CommandParser) -> None:
        """Which child, and where to."""
        parser.add_argument("child", type=int, help="the child's number")
        parser.add_argument("file", type=Path)

    def handle(self, *args: Any, **options: Any) -> None:
        """Write the file, readable by its owner alone."""
        child = Child.objects.filter(pk=options["child"]).first()
        file: Path = options["file"]
        if child is None:
            raise CommandError(f"There is no child {options['child']}.")
        try:
            file.touch(mode=0o600, exist_ok=False)
            file.write_bytes(record_export(child=child, by=None, now=clock.now()))
        except OSError as error:
            raise CommandError(f"{file}: {error.strerror}") from error
        self.stdout.write(f"{file}: everything about child {child.pk}")
