"""A guardian takes out everything about a child, as one archive."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from ivig_care.actions.exports import record_export
from ivig_care.care_teams.access import Right
from ivig_care.common import clock
from ivig_care.regimen.timing import zone_named
from ivig_care.web.confirm import confirm_to_change
from ivig_care.web.fetch import FAMILY_CHILDREN, fetch_for
from ivig_care.web.http import PersonRequest


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@confirm_to_change
def export(request: PersonRequest, pk: int) -> HttpResponse:
    """Explain what is in it on a GET; hand it over on a POST."""
    child, now = fetch_for(request.user, FAMILY_CHILDREN, pk, right=Right.CONSENT), clock.now()
    if request.method != "POST":
        return render(request, "family/export.html", {"child": child})
    # Nobody's name is in the name of the file.
    name = f"record-{child.pk}-{now.astimezone(zone_named(child.zone)):%Y-%m-%d}.zip"
    response = HttpResponse(record_export(child=child, by=request.user, now=now), content_type="application/zip")
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return response
