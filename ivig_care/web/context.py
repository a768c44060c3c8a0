"""What every template may say about the site and the person asking."""

from __future__ import annotations

from django.conf import settings
from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject

from ivig_care.care_teams.access import AtClinics, at_clinics
from ivig_care.web.bar import bar_for

# The clinic has no bar, and nothing stands beside the questions of the set-up.
NO_BAR = ("/clinic/", "/welcome/")


def site(request: HttpRequest) -> dict[str, object]:
    """Whether messages stay on this machine, what the person is to clinics, and the bar at the foot of their pages."""
    user = getattr(request, "user", None)
    place = AtClinics(works=False, manages=None)
    if user is not None and user.is_authenticated:
        places = getattr(request, "places", None)
        place = at_clinics(user) if places is None else places.at_clinics
    bar = [] if request.path.startswith(NO_BAR) else SimpleLazyObject(lambda: bar_for(request))
    return {
        "bar": bar,
        "has_outbox": settings.HAS_OUTBOX,
        "is_clinic_staff": place.works,
        "staff_clinic": place.manages,
    }
