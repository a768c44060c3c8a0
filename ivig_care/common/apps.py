"""What is shared by all applications, and how it makes itself known to Django."""

from __future__ import annotations

from django.apps import AppConfig
from django.db.backends.signals import connection_created
from django.db.models import Field
from django.utils.translation import gettext

from ivig_care.common.lookups import Among
from ivig_care.common.timestamps import reader_set
from ivig_care.regimen.words import speak_with


class CommonConfig(AppConfig):
    """Registers what Django looks up by name."""

    name = "ivig_care.common"

    def ready(self) -> None:
        """Make `among` known for every column, read times quickly, let the regimen speak languages."""
        Field.register_lookup(Among)
        speak_with(gettext)
        connection_created.connect(reader_set, dispatch_uid="ivig_care.common.timestamps")
