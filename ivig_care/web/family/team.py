"""Who cares for a child: the people, the clinics, the guests; a guardian lets them in and out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from ivig_care.accounts.models import User
from ivig_care.actions.care_teams import clinic_link_agree, clinic_link_withdraw, place_end, share_words
from ivig_care.actions.errors import Refused
from ivig_care.actions.guests import guest_link_make, guest_link_revoke
from ivig_care.actions.invitations import invitation_make, invitation_revoke
from ivig_care.care_teams.access import MAY_INVITE, Right, cared_for_by, may_end_among
from ivig_care.care_teams.models import (
    OF_CHILD,
    Child,
    Clinic,
    ClinicLink,
    GuestLink,
    Invitation,
    Membership,
    Role,
)
from ivig_care.common import clock
from ivig_care.common.secrets import code_read
from ivig_care.plans.models import Infusion, Plan
from ivig_care.regimen.timing import zone_named
from ivig_care.web.confirm import confirm_first, confirm_to_change
from ivig_care.web.family.handout import guest_hand_out, invitation_hand_out
from ivig_care.web.family.team_forms import CodeForm, GuestForm, InviteForm
from ivig_care.web.fetch import FAMILY_CHILDREN, fetch_for
from ivig_care.web.http import PersonRequest

NO_SUCH_CODE = gettext_lazy("No clinic has this code. Look at it once more, or ask the clinic.")


@dataclass(frozen=True, kw_only=True)
class Place:
    """One person around the child, and whether the person asking may end that place."""

    membership: Membership
    is_own: bool
    can_end: bool


@require_safe
def team(request: PersonRequest, pk: int) -> HttpResponse:
    """The whole page."""
    return _team_page(request, fetch_for(request.user, FAMILY_CHILDREN, pk))


@never_cache
@require_POST
@confirm_first
def invite(request: PersonRequest, pk: int) -> HttpResponse:
    """Keep a place for somebody; the next page shows the link and the code, for a while."""
    child = fetch_for(request.user, FAMILY_CHILDREN, pk, right=Right.SHARE)
    form = InviteForm(request.POST, roles=_roles())
    if not form.is_valid():
        return _team_page(request, child, invite_form=form)
    said = form.cleaned_data
    try:
        invitation, code = invitation_make(
            role=Role(said["role"]),
            by=request.user,
            now=clock.now(),
            child=child,
            name=said["name"],
            email=said["email"],
        )
    except Refused as refused:
        form.add_error(None, str(refused))
        return _team_page(request, child, invite_form=form)
    return invitation_hand_out(request, invitation, code)


@require_POST
def invitation_end(request: PersonRequest, pk: int, invitation: int) -> HttpResponse:
    """Take an invitation back."""
    child = fetch_for(request.user, FAMILY_CHILDREN, pk, right=Right.SHARE)
    held = get_object_or_404(Invitation, pk=invitation, child=child)
    is_new = invitation_revoke(invitation=held, by=request.user, now=clock.now())
    messages.success(request, _("The invitation is cancelled.") if is_new else _("That invitation was over already."))
    return redirect(f"{reverse('child_team', args=[child.pk])}#people")


@require_POST
def place(request: PersonRequest, pk: int, place: int) -> HttpResponse:
    """End somebody's place in the care team, or one's own."""
    child = fetch_for(request.user, FAMILY_CHILDREN, pk)
    held = get_object_or_404(Membership.objects.select_related("user", "child", "clinic"), pk=place, child=child)
    # Whoever leaves needs no right for it; for others' places the action asks.
    if held.user != request.user:
        fetch_for(request.user, FAMILY_CHILDREN, pk, right=Right.SHARE)
    try:
        place_end(place=held, by=request.user, now=clock.now())
    except Refused as refused:
        return _team_page(request, child, problem=str(refused))
    if held.user == request.user:
        messages.success(request, _("You have left the care team of %(child)s.") % {"child": child.given_name})
        return redirect("home")
    messages.success(
        request, _("%(name)s sees nothing of %(child)s any more.") % {"name": held.user.name, "child": child.given_name}
    )
    return redirect(f"{reverse('child_team', args=[child.pk])}#people")


@never_cache
@require_POST
@confirm_first
def guest(request: PersonRequest, pk: int) -> HttpResponse:
    """Make a page for a guest; the next page shows its link, for a while."""
    child, now = fetch_for(request.user, FAMILY_CHILDREN, pk, right=Right.SHARE), clock.now()
    form = GuestForm(request.POST, infusions=_open_infusions(child), zone=zone_named(child.zone))
    if not form.is_valid():
        return _team_page(request, child, guest_form=form)
    try:
        link, secret = guest_link_make(by=request.user, now=now, **form.cleaned_data)
    except Refused as refused:
        form.add_error(None, str(refused))
        return _team_page(request, child, guest_form=form)
    return guest_hand_out(request, link, secret)


@require_POST
def guest_end(request: PersonRequest, pk: int, link: int) -> HttpResponse:
    """Take a guest link back."""
    child = fetch_for(request.user, FAMILY_CHILDREN, pk, right=Right.SHARE)
    held = get_object_or_404(GuestLink, pk=link, child=child)
    is_new = guest_link_revoke(link=held, by=request.user, now=clock.now())
    messages.success(
        request,
        _("The page for %(label)s is closed.") % {"label": held.label} if is_new else _("That page was over already."),
    )
    return redirect(f"{reverse('child_team', args=[child.pk])}#guests")


@require_http_methods(["GET", "HEAD", "POST"])
@confirm_to_change
def clinic_join(request: PersonRequest, pk: int) -> HttpResponse:
    """Let a clinic see the record: its code first, then the words, then the agreement."""
    child = fetch_for(request.user, FAMILY_CHILDREN, pk, right=Right.CONSENT)
    typed = request.POST.get("code", "") if request.method == "POST" else request.GET.get("code", "")
    form = CodeForm({"code": typed}) if typed or request.method == "POST" else CodeForm()
    clinic = Clinic.objects.filter(join_code=code_read(typed)).first() if form.is_bound and form.is_valid() else None
    if form.is_bound and not form.errors and clinic is None:
        form.add_error("code", NO_SUCH_CODE)
    if clinic is not None and request.method == "POST" and "agree" in request.POST:
        clinic_link_agree(child=child, clinic=clinic, by=request.user, now=clock.now())
        messages.success(
            request, _("%(name)s may see %(child)s’s record now.") % {"name": clinic.name, "child": child.given_name}
        )
        return redirect(f"{reverse('child_team', args=[child.pk])}#clinics")
    context = {
        "child": child,
        "form": form,
        "clinic": clinic,
        "words": share_words(clinic, child.given_name) if clinic else "",
        "typed": typed,
    }
    return render(request, "family/clinic_join.html", context, status=422 if form.errors else 200)


@require_POST
@confirm_first
def clinic_agree(request: PersonRequest, pk: int, clinic: int) -> HttpResponse:
    """Agree that a clinic which wrote about the child may go on seeing the record."""
    child = fetch_for(request.user, FAMILY_CHILDREN, pk, right=Right.CONSENT)
    linked = get_object_or_404(ClinicLink.objects.standing(), child=child, clinic=clinic).clinic
    clinic_link_agree(child=child, clinic=linked, by=request.user, now=clock.now())
    messages.success(
        request,
        _("Kept: you agree that %(name)s sees %(child)s’s record.") % {"name": linked.name, "child": child.given_name},
    )
    return redirect(f"{reverse('child_team', args=[child.pk])}#clinics")


@require_POST
def clinic_leave(request: PersonRequest, pk: int, clinic: int) -> HttpResponse:
    """End a clinic's seeing, at once."""
    child = fetch_for(request.user, FAMILY_CHILDREN, pk, right=Right.CONSENT)
    linked = get_object_or_404(Clinic, pk=clinic, child_links__child=child, child_links__withdrawn_at__isnull=True)
    clinic_link_withdraw(child=child, clinic=linked, by=request.user, now=clock.now())
    messages.success(
        request,
        _("%(name)s sees nothing of %(child)s any more. The record stays with you.")
        % {"name": linked.name, "child": child.given_name},
    )
    return redirect(f"{reverse('child_team', args=[child.pk])}#clinics")


@require_safe
def poster(request: PersonRequest, code: str) -> HttpResponse:
    """What the code in a waiting room opens: which of one's children to share with that clinic."""
    clinic = get_object_or_404(Clinic, join_code=code_read(code))
    children = list(cared_for_by(request.user, Right.CONSENT).order_by("given_name", "pk"))
    if len(children) == 1:
        return redirect(f"{reverse('clinic_join', args=[children[0].pk])}?code={clinic.join_code}")
    return render(request, "family/clinic_choose.html", {"clinic": clinic, "children": children})


def _team_page(
    request: PersonRequest,
    child: Child,
    *,
    invite_form: InviteForm | None = None,
    guest_form: GuestForm | None = None,
    problem: str = "",
) -> HttpResponse:
    now, zone = clock.now(), zone_named(child.zone)
    manages = cared_for_by(request.user, Right.SHARE).filter(pk=child.pk).exists()
    infusions = _open_infusions(child) if manages else []
    tomorrow = (now + timedelta(days=1)).astimezone(zone).replace(hour=9, minute=0)
    context = {
        "child": child,
        "zone": zone,
        "now": now,
        "manages": manages,
        "places": _places(request.user, child),
        "invitations": list(Invitation.objects.open(now).filter(child=child)) if manages else [],
        "guests": list(_guests(child, now)) if manages else [],
        "infusions": infusions,
        "links": list(ClinicLink.objects.standing().filter(child=child).select_related("clinic", "agreed_by")),
        "invite_form": invite_form or InviteForm(roles=_roles()),
        "guest_form": guest_form or GuestForm(infusions=infusions, zone=zone),
        "until_shown": f"{tomorrow:%Y-%m-%dT%H:%M}",
        "roles": _ROLE_WORDS,
        "problem": problem,
    }
    is_stopped = bool(problem) or any(form is not None and form.errors for form in (invite_form, guest_form))
    return render(request, "family/team.html", context, status=422 if is_stopped else 200)


# What each role means, in the words of somebody who chooses one.
_ROLE_WORDS: Sequence[tuple[Role, str | Promise]] = (
    (Role.CAREGIVER, gettext_lazy("sees everything, ticks, and is told when nobody answers")),
    (Role.GUARDIAN, gettext_lazy("the same as you: invites people, shares with clinics, cannot be removed by you")),
    (Role.VIEWER, gettext_lazy("only looks, and is never reminded")),
)


def _roles() -> list[Role]:
    return [role for role in OF_CHILD if role in MAY_INVITE[Right.SHARE]]


def _places(user: User, child: Child) -> list[Place]:
    held = Membership.objects.filter(child=child).select_related("user").order_by("pk")
    ended = may_end_among(user, child)
    return [
        Place(membership=one, is_own=one.user == user, can_end=one.user == user or Role(one.role) in ended)
        for one in held
    ]


def _guests(child: Child, now: datetime) -> QuerySet[GuestLink]:
    return GuestLink.objects.standing(now).filter(child=child).select_related("person", "created_by")


def _open_infusions(child: Child) -> list[Infusion]:
    running = Infusion.objects.filter(plan__child=child, plan__status=Plan.Status.ACTIVE, closed_at__isnull=True)
    return list(running.prefetch_related("days").order_by("pk"))
