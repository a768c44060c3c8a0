"""Run as a program: a child with a plan and no family yet, and the invitation of its first guardian.

    python -m tests.browser.newcomer

The child lives where it is between nine and ten in the morning now, so that the story has the same nights whenever it
is told. The first day of the infusion starts there at nine of the day after tomorrow. The keys, that zone, and how many
minutes off the start is, are printed as JSON.
"""

from __future__ import annotations

import json
import os
import sys
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

import django

# Where the clocks never change, from 11 hours behind UTC to 12 hours before it.
ZONES = (
    *("Pacific/Pago_Pago", "Pacific/Honolulu", "Pacific/Gambier", "Pacific/Pitcairn", "America/Phoenix"),
    *("America/Costa_Rica", "America/Bogota", "America/Caracas", "America/Sao_Paulo", "Atlantic/South_Georgia"),
    *("Atlantic/Cape_Verde", "Africa/Abidjan", "Africa/Lagos", "Africa/Johannesburg", "Africa/Nairobi", "Asia/Dubai"),
    *("Asia/Karachi", "Asia/Dhaka", "Asia/Bangkok", "Asia/Singapore", "Asia/Tokyo", "Australia/Brisbane"),
    *("Pacific/Guadalcanal", "Pacific/Tarawa"),
)
NINE = 9


def zone_at_nine(now: datetime) -> str:
    """A zone in which it is between nine and ten in the morning."""
    return next(name for name in ZONES if now.astimezone(ZoneInfo(name)).hour == NINE)


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
    place = zone_at_nine(now)
    child = ChildFactory.create(clinic=people.riverside, given_name="Nora", family_name="Abel", zone=place)
    zone = zone_named(child.zone)
    morning: datetime = resolve_local(now.astimezone(zone).date() + timedelta(days=2), time(NINE), zone)
    infusion = active_infusion(child=child, by=people.weiss, starts_at=morning, at=now - timedelta(minutes=5))
    _, code = invitation_make(role=Role.GUARDIAN, by=people.weiss, now=now, child=child, name="Rosa")
    made = {
        "infusion": infusion.pk,
        "zone": place,
        "minutes": (morning - now) // timedelta(minutes=1),
        "invitation": code,
        "born_in": child.born_on.year,
    }
    json.dump(made, sys.stdout)


if __name__ == "__main__":
    main()
