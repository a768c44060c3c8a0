"""`manage.py audit_verify`: is the log of who did what as it was written?"""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from ivig_care.actions.audit import chain_break, chains, chains_digest
from ivig_care.care_teams.models import AuditEvent


class Command(BaseCommand):
    """Reads every chain from its first event to its sealed end. For a daily job of whoever runs the server."""

    help = "Check the seals of the whole log; say what is broken, and end with 1 if anything is."

    def handle(self, *args: Any, **options: Any) -> None:
        """One line for each broken chain; else how much there is, and a word to write down elsewhere."""
        subjects = chains()
        broken = [words for subject in subjects if (words := chain_break(subject))]
        for words in broken:
            self.stdout.write(words)
        if broken:
            raise CommandError(f"{len(broken)} of {len(subjects)} chains are not as they were written.")
        events = AuditEvent.objects.count()
        self.stdout.write(f"{len(subjects)} chains, {events} events, digest {chains_digest()}")
