"""A child comes to a clinic: added by its people, who invite the guardian, or shared by a guardian with its code."""

from __future__ import annotations

from datetime import date
from typing import Any

from django import forms
from django.conf import settings
from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from ivig_care.actions.care_teams import child_add
from ivig_care.actions.errors import Refused
from ivig_care.actions.invitations import invitation_make, invitation_revoke
from ivig_care.care_teams.access import ClinicRight, Right, clinics_of
from ivig_care.care_teams.models import Child, Invitation, Membership, Role
from ivig_care.common import clock
from ivig_care.common.secrets import code_shown
from ivig_care.regimen.timing import zone_named
from ivig_care.web.confirm import confirm_to_change
from ivig_care.web.family.handout import invitation_hand_out
from ivig_care.web.family.team_forms import InviteForm
from ivig_care.web.fetch import CHILDREN, fetch_for
from ivig_care.web.http import PersonRequest

_DAY = gettext_lazy("Write the day of birth, for example 2017-04-02.")
OLDEST_YEARS = 30


class ChildForm(forms.Form):
    """A child's names and day of birth, as the clinic knows them."""

    use_required_attribute = False

    given_name = forms.CharField(max_length=60, error_messages={"required": gettext_lazy("Write the given name.")})
    family_name = forms.CharField(max_length=60, error_messages={"required": gettext_lazy("Write the family name.")})
    born_on = forms.DateField(input_formats=["%Y-%m-%d"], error_messages={"required": _DAY, "invalid": _DAY})

    def __init__(self, *args: Any, today: date, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.today = today

    def clean_born_on(self) -> date:
        """Not to come, and not so long ago that it must be a slip."""
        born: date = self.cleaned_data["born_on"]
        if born > self.today:
            raise forms.ValidationError(_("That day has not come yet."))
        if self.today.year - born.year > OLDEST_YEARS:
            raise forms.ValidationError(_("Check the year."))
        return born


@require_http_methods(["GET", "HEAD", "POST"])
def new(request: PersonRequest, pk: int) -> HttpResponse:
    """Add a child; then its guardian is invited."""
    clinic, now = get_object_or_404(clinics_of(request.user, ClinicRight.WORK), pk=pk), clock.now()
    today = now.astimezone(zone_named(clinic.zone)).date()
    form = ChildForm(request.POST if request.method == "POST" else None, today=today)
    if form.is_bound and form.is_valid():
        child = child_add(clinic=clinic, by=request.user, now=now, **form.cleaned_data)
        return redirect("family_invite", pk=child.pk)
    return render(
        request, "clinic/child_new.html", {"clinic": clinic, "form": form}, status=422 if form.errors else 200
    )


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@confirm_to_change
def invite(request: PersonRequest, pk: int) -> HttpResponse:
    """Invite the guardian; the next page shows the link, the code and its picture, for a while."""
    child, now = fetch_for(request.user, CHILDREN, pk, right=Right.INVITE_FAMILY), clock.now()
    form = _form(request)
    if not form.is_bound or not form.is_valid():
        return _invite_page(request, child, form)
    said = form.cleaned_data
    try:
        invitation, code = invitation_make(
            role=Role.GUARDIAN, by=request.user, now=now, child=child, name=said["name"], email=said["email"]
        )
    except Refused as refused:
        form.add_error(None, str(refused))
        return _invite_page(request, child, form)
    return invitation_hand_out(request, invitation, code)


@require_safe
def code(request: PersonRequest, pk: int) -> HttpResponse:
    """The clinic's code, to hang up or hand out: with it a guardian shares a child's record with the clinic."""
    clinic = get_object_or_404(clinics_of(request.user, ClinicRight.WORK), pk=pk)
    url = f"{settings.PUBLIC_URL}{reverse('clinic_poster', args=[clinic.join_code])}"
    return render(request, "clinic/code.html", {"clinic": clinic, "url": url, "code": code_shown(clinic.join_code)})


@require_POST
def invitation_end(request: PersonRequest, pk: int, invitation: int) -> HttpResponse:
    """Take back an invitation that somebody of the clinic made."""
    child, now = fetch_for(request.user, CHILDREN, pk, right=Right.INVITE_FAMILY), clock.now()
    held = get_object_or_404(_made_here(request, child), pk=invitation)
    is_new = invitation_revoke(invitation=held, by=request.user, now=now)
    messages.success(request, _("The invitation is cancelled.") if is_new else _("That invitation was over already."))
    return redirect("family_invite", pk=child.pk)


def _made_here(request: PersonRequest, child: Child) -> QuerySet[Invitation]:
    """The invitations into a child's family that people of the asker's clinics made; the family's own are its own."""
    made = Invitation.objects.filter(child=child, role=Role.GUARDIAN)
    return made.filter(created_by__memberships__clinic__in=clinics_of(request.user)).distinct()


def _form(request: PersonRequest) -> InviteForm:
    """The form, in which there is no role to choose: a clinic invites guardians, who invite everybody else."""
    if request.method != "POST":
        return InviteForm(roles=[Role.GUARDIAN])
    return InviteForm(request.POST.dict() | {"role": Role.GUARDIAN.value}, roles=[Role.GUARDIAN])


def _invite_page(request: PersonRequest, child: Child, form: InviteForm) -> HttpResponse:
    now = clock.now()
    context = {
        "child": child,
        "form": form,
        "zone": zone_named(child.zone),
        "guardians": Membership.objects.filter(child=child, role=Role.GUARDIAN, user__is_active=True).count(),
        "invitations": Invitation.objects.open(now).filter(pk__in=_made_here(request, child).values("pk")),
    }
    return render(request, "clinic/family_invite.html", context, status=422 if form.errors else 200)
