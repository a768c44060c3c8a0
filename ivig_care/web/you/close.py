"""A person closes their account."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth import logout
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from ivig_care.actions.closing import account_close
from ivig_care.actions.errors import Refused
from ivig_care.care_teams.access import sole_guardian_of
from ivig_care.care_teams.models import Membership
from ivig_care.common import clock
from ivig_care.web.confirm import confirm_to_change
from ivig_care.web.http import PersonRequest

NOT_SURE = gettext_lazy("Tick the box first: a closed account cannot be opened again.")
CLOSED = gettext_lazy("Your account is closed. We no longer know how to reach you.")


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@confirm_to_change
def close(request: PersonRequest) -> HttpResponse:
    """Explain what goes and what stays on a GET; close it on a POST."""
    if request.method != "POST":
        return _page(request)
    if not request.POST.get("sure"):
        return _page(request, problem=str(NOT_SURE))
    try:
        account_close(person=request.user, now=clock.now())
    except Refused as refused:
        return _page(request, problem=str(refused))
    logout(request)
    messages.success(request, CLOSED)
    return redirect("account_request_login_code")


def _page(request: PersonRequest, *, problem: str = "") -> HttpResponse:
    places = Membership.objects.filter(user=request.user).select_related("child", "clinic").order_by("pk")
    context = {"places": places, "alone_with": sole_guardian_of(request.user), "problem": problem}
    return render(request, "you/close.html", context, status=422 if problem else 200)
