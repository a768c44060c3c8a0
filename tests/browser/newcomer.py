"""Run as a program: a child with a plan and no family yet, and the invitation of its first guardian.

    python -m tests.browser.newcomer MINUTES

The first day of the infusion starts in so many minutes. The keys are printed as JSON.
"""

from __future__ import annotations

import json
import os
import sys
from datetime import timedelta

import django


def main(minutes: int) -> None:
    """Make them and print where they are."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "ivig_care.settings")
    django.setup()

    from ivig_care.actions.invitations import invitation_make
    from ivig_care.care_teams.models import Role
    from ivig_care.common import clock
    from tests.actors import people_make
    from tests.factories import ChildFactory, active_infusion

    now = clock.now().replace(second=0, microsecond=0)
    people = people_make()
    child = ChildFactory.create(clinic=people.riverside, given_name="Nora", family_name="Abel")
    starts_at = now + timedelta(minutes=minutes)
    infusion = active_infusion(child=child, by=people.weiss, starts_at=starts_at, at=now - timedelta(minutes=5))
    _, code = invitation_make(role=Role.GUARDIAN, by=people.weiss, now=now, child=child, name="Rosa")
    days = list(infusion.days.values_list("pk", flat=True))
    keys = {"child": child.pk, "infusion": infusion.pk, "days": days, "invitation": code, "born_in": child.born_on.year}
    json.dump(keys, sys.stdout)


if __name__ == "__main__":
    main(int(sys.argv[1]))
