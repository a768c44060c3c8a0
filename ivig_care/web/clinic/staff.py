"""Who works at a clinic: an admin invites them, and ends their place; access ends with it, at once."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from ivig_care.actions.care_teams import place_end
from ivig_care.actions.errors import Refused
from ivig_care.actions.invitations import invitation_make, invitation_revoke
from ivig_care.care_teams.access import ClinicRight, clinics_of
from ivig_care.care_teams.models import OF_CLINIC, Clinic, Invitation, Membership, Role
from ivig_care.common import clock
from ivig_care.regimen.timing import zone_named
from ivig_care.web.confirm import confirm_first
from ivig_care.web.family.handout import invitation_hand_out
from ivig_care.web.family.team_forms import InviteForm
from ivig_care.web.http import PersonRequest

# What each role means, in the words of somebody who chooses one.
_ROLE_WORDS = (
    (Role.CLINICIAN, gettext_lazy("writes plans and signs reviews")),
    (Role.NURSE, gettext_lazy("adds children, invites families, and ticks; writes no plans")),
    (Role.ADMIN, gettext_lazy("invites and removes staff; sees no child")),
)


@require_safe
def staff(request: PersonRequest, pk: int) -> HttpResponse:
    """The whole page; for anybody but an admin of this clinic it does not exist."""
    return _page(request, _clinic(request, pk))


@never_cache
@require_POST
@confirm_first
def invite(request: PersonRequest, pk: int) -> HttpResponse:
    """Keep a place on the staff for somebody; the next page shows the link and the code, for a while."""
    clinic, form = _clinic(request, pk), InviteForm(request.POST, roles=OF_CLINIC)
    if not form.is_valid():
        return _page(request, clinic, form=form)
    said, now = form.cleaned_data, clock.now()
    try:
        invitation, code = invitation_make(
            role=Role(said["role"]), by=request.user, now=now, clinic=clinic, name=said["name"], email=said["email"]
        )
    except Refused as refused:
        form.add_error(None, str(refused))
        return _page(request, clinic, form=form)
    return invitation_hand_out(request, invitation, code)


@require_POST
def invitation_end(request: PersonRequest, pk: int, invitation: int) -> HttpResponse:
    """Take an invitation back."""
    clinic = _clinic(request, pk)
    held = get_object_or_404(Invitation, pk=invitation, clinic=clinic)
    is_new = invitation_revoke(invitation=held, by=request.user, now=clock.now())
    messages.success(request, _("The invitation is cancelled.") if is_new else _("That invitation was over already."))
    return redirect("staff", pk=clinic.pk)


@require_POST
def place(request: PersonRequest, pk: int, place: int) -> HttpResponse:
    """End somebody's place on the staff."""
    clinic = _clinic(request, pk)
    held = get_object_or_404(Membership.objects.select_related("user", "child", "clinic"), pk=place, clinic=clinic)
    try:
        place_end(place=held, by=request.user, now=clock.now())
    except Refused as refused:
        return _page(request, clinic, problem=str(refused))
    messages.success(
        request,
        _("%(name)s is no longer %(role)s of %(name2)s.")
        % {"name": held.user.name, "role": held.get_role_display(), "name2": clinic.name},
    )
    return redirect("home" if held.user == request.user else reverse("staff", args=[clinic.pk]))


def _page(request: PersonRequest, clinic: Clinic, *, form: InviteForm | None = None, problem: str = "") -> HttpResponse:
    now = clock.now()
    places = Membership.objects.filter(clinic=clinic).select_related("user").order_by("user__name", "pk")
    context = {
        "clinic": clinic,
        "zone": zone_named(clinic.zone),
        "now": now,
        "places": places,
        "invitations": list(Invitation.objects.open(now).filter(clinic=clinic)),
        "form": form or InviteForm(roles=OF_CLINIC),
        "roles": _ROLE_WORDS,
        "problem": problem,
    }
    return render(request, "clinic/staff.html", context, status=422 if problem or (form and form.errors) else 200)


def _clinic(request: PersonRequest, pk: int) -> Clinic:
    return get_object_or_404(clinics_of(request.user, ClinicRight.MANAGE_STAFF), pk=pk)
