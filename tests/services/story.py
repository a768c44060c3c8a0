"""Run as a program: the people of the story and one infusion near now, in the database that the settings name.

    python -m tests.services.story MINUTES

Lena's infusion starts in so many minutes; its number is printed.
"""

from __future__ import annotations

import os
import sys
from datetime import timedelta

import django


def main(minutes: int) -> None:
    """Make the story and print the infusion's key."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "ivig_care.settings")
    django.setup()

    from ivig_care.common import clock
    from tests.actors import people_make
    from tests.factories import active_infusion

    now = clock.now().replace(microsecond=0)
    people = people_make()
    infusion = active_infusion(child=people.lena, by=people.weiss, starts_at=now + timedelta(minutes=minutes), at=now)
    sys.stdout.write(f"{infusion.pk}\n")


if __name__ == "__main__":
    main(int(sys.argv[1]))
