"""What every template may say about the site and the person asking."""

from __future__ import annotations

from django.conf import settings
from django.http import HttpRequest

from ivig_care.care_teams.access import clinics_of


def site(request: HttpRequest) -> dict[str, object]:
    """Whether messages stay on this machine, and whether the person is on a clinic's staff."""
    user = getattr(request, "user", None)
    is_staff = user is not None and user.is_authenticated and clinics_of(user).exists()
    return {"has_outbox": settings.HAS_OUTBOX, "is_clinic_staff": is_staff}
