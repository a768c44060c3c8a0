"""What is shared by all applications, and how it makes itself known to Django."""

from __future__ import annotations

from django.apps import AppConfig
from django.db.models import Field

from ivig_care.common.lookups import Among


class CommonConfig(AppConfig):
    """Registers what Django looks up by name."""

    name = "ivig_care.common"

    def ready(self) -> None:
        """Make `among` known for every column."""
        Field.register_lookup(Among)
