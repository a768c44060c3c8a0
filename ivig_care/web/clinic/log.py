"""The log of a clinic, for its admins: who came onto the staff, and who left it. No child is in it."""

from __future__ import annotations

from django.http import Http404, HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from ivig_care.care_teams.access import ClinicRight, clinics_of
from ivig_care.exchange.log import log_of_clinic, people_in_log
from ivig_care.regimen.timing import zone_named
from ivig_care.web.family.log import Heading, LogForm, log_page
from ivig_care.web.http import PersonRequest


@require_safe
def log(request: PersonRequest) -> HttpResponse:
    """The clinic's log; who is admin of several chooses by `?clinic=`, and sees the first until then."""
    clinics = list(clinics_of(request.user, ClinicRight.MANAGE_STAFF).order_by("pk"))
    asked = request.GET.get("clinic")
    clinic = next((one for one in clinics if asked is None or str(one.pk) == asked), None)
    if clinic is None:
        raise Http404
    form = LogForm(request.GET, people=people_in_log(f"clinic {clinic.pk}"), zone=zone_named(clinic.zone))
    found = log_of_clinic(clinic, form.asked, reader=request.user)
    lead = _("Who came onto the staff, and who left it. Nobody can edit this.")
    heading = Heading(
        title=_("%(name)s: the log") % {"name": clinic.name}, lead=lead, back="home", back_words=_("Back")
    )
    return log_page(request, form, found, heading, keep={"clinic": str(clinic.pk)})
