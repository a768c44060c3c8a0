"""`manage.py forget_second_factor EMAIL`: for somebody who has lost phone, passkeys and recovery codes alike."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from ivig_care.actions.accounts import person_named, second_factor_forget
from ivig_care.actions.errors import Refused
from ivig_care.common import clock


class Command(BaseCommand):
    """The last way back in. Make sure first who asks for it: docs/how-to/help-somebody-sign-in.md."""

    help = "Take away a person's authenticator app, passkeys and recovery codes, and sign them out everywhere."

    def add_arguments(self, parser: CommandParser) -> None:
        """Whose."""
        parser.add_argument("email", help="the address they sign in with")

    def handle(self, *args: Any, **options: Any) -> None:
        """Say what the person has to do next."""
        try:
            person = person_named(options["email"])
        except Refused as refused:
            raise CommandError(str(refused)) from refused
        second_factor_forget(person=person, now=clock.now())
        self.stdout.write(
            f"{person} has no second factor any more and is signed out everywhere. "
            "They sign in with a code by e-mail; on a clinic's staff they then set up a new one."
        )
