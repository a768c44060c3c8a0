"""Which person a phone number means that somebody typed to sign in."""

from __future__ import annotations

from ivig_care.accounts.models import ContactPoint
from ivig_care.actions.contact_points import number_read
from ivig_care.actions.errors import Refused
from ivig_care.care_teams.models import Clinic


def numbers_meant(typed: str) -> list[str]:
    """The numbers that somebody may have meant, in E.164: as written, or as dialled where one of the clinics is."""
    countries = Clinic.objects.order_by("country").values_list("country", flat=True).distinct()
    meant = []
    for country in (None, *({"UK": "GB"}.get(country, country) for country in countries)):
        try:
            meant.append(number_read(typed, country=country))
        except Refused:
            continue
    return list(dict.fromkeys(meant))


def number_proved(typed: str) -> ContactPoint | None:
    """The number that somebody typed, if exactly one person has proved it and it is on; else nobody is meant.

    A number that was switched off signs nobody in: the phone may be lost.
    """
    points = ContactPoint.objects.usable().filter(
        kind=ContactPoint.Kind.SMS, address__in=numbers_meant(typed), user__is_active=True, user__is_guest=False
    )
    found = list(points.select_related("user").order_by("pk")[:20])
    return found[0] if len({point.user_id for point in found}) == 1 else None
