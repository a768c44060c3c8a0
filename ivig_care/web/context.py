"""What every template may say about the site and the person asking."""

from __future__ import annotations

from django.conf import settings
from django.http import HttpRequest

from ivig_care.care_teams.access import AtClinics, at_clinics


def site(request: HttpRequest) -> dict[str, object]:
    """Whether messages stay on this machine, and what the person is to clinics."""
    user = getattr(request, "user", None)
    place = AtClinics(works=False, manages=None)
    if user is not None and user.is_authenticated:
        places = getattr(request, "places", None)
        place = at_clinics(user) if places is None else places.at_clinics
    return {"has_outbox": settings.HAS_OUTBOX, "is_clinic_staff": place.works, "staff_clinic": place.manages}
