"""Run as a program: a child with a plan and no family yet, and the invitation of its first guardian.

    python -m tests.browser.newcomer

The first day of the infusion starts at nine in the morning of the day after tomorrow, where the child lives. The keys,
and how many minutes off that is, are printed as JSON.
"""

from __future__ import annotations

import json
import os
import sys
from datetime import datetime, time, timedelta

import django


def main() -> None:
    """Make them and print where they are."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "ivig_care.settings")
    django.setup()

    from ivig_care.actions.invitations import invitation_make
    from ivig_care.care_teams.models import Role
    from ivig_care.common import clock
    from ivig_care.regimen.timing import resolve_local, zone_named
    from tests.actors import people_make
    from tests.factories import ChildFactory, active_infusion

    now = clock.now().replace(second=0, microsecond=0)
    people = people_make()
    child = ChildFactory.create(clinic=people.riverside, given_name="Nora", family_name="Abel")
    zone = zone_named(child.zone)
    morning: datetime = resolve_local(now.astimezone(zone).date() + timedelta(days=2), time(9), zone)
    infusion = active_infusion(child=child, by=people.weiss, starts_at=morning, at=now - timedelta(minutes=5))
    _, code = invitation_make(role=Role.GUARDIAN, by=people.weiss, now=now, child=child, name="Rosa")
    made = {
        "infusion": infusion.pk,
        "minutes": (morning - now) // timedelta(minutes=1),
        "invitation": code,
        "born_in": child.born_on.year,
    }
    json.dump(made, sys.stdout)


if __name__ == "__main__":
    main()
