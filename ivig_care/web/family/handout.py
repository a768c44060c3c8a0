"""The page that hands out a link: shown to whoever made it, for a few minutes, on the browser it was made with."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TypedDict

from django.conf import settings
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from ivig_care.actions.invitations import invitation_send
from ivig_care.care_teams.models import GuestLink, Invitation
from ivig_care.common import clock
from ivig_care.common.secrets import code_shown, seal, secret_hash, unseal
from ivig_care.regimen.timing import zone_named
from ivig_care.web.http import PersonRequest

LASTS = timedelta(minutes=10)
_KEY = "handout"


class _Kept(TypedDict):
    """What the session keeps of it; the secret sealed, because sessions lie in the database."""

    invitation: int | None
    guest: int | None
    secret: str
    until: str
    is_sent: bool


def invitation_hand_out(request: PersonRequest, invitation: Invitation, code: str) -> HttpResponseRedirect:
    """Send the invitation where it should go, and lead to the page that shows it."""
    url = f"{settings.PUBLIC_URL}{reverse('invitation', args=[code])}"
    is_sent = bool(invitation.email) and invitation_send(invitation=invitation, link=url)
    return _keep(request, secret=code, invitation=invitation.pk, is_sent=is_sent)


def guest_hand_out(request: PersonRequest, link: GuestLink, secret: str) -> HttpResponseRedirect:
    """Lead to the page that shows a guest's link."""
    return _keep(request, secret=secret, guest=link.pk)


@never_cache
@require_safe
def handout(request: PersonRequest) -> HttpResponse:
    """What was made a moment ago; afterwards nobody can show it any more, and it is made anew."""
    kept: _Kept | None = request.session.get(_KEY)
    now = clock.now()
    if kept is None or datetime.fromisoformat(kept["until"]) <= now:
        request.session.pop(_KEY, None)
        return render(request, "family/handout_over.html", status=410)
    secret = unseal(kept["secret"])
    context = _invitation(request, kept, secret) if kept["invitation"] is not None else _guest(request, kept, secret)
    if context is None:
        return render(request, "family/handout_over.html", status=410)
    return render(request, "family/handout.html", {"enter": f"{settings.PUBLIC_URL}/invitations/", **context})


def _keep(
    request: PersonRequest,
    *,
    secret: str,
    invitation: int | None = None,
    guest: int | None = None,
    is_sent: bool = False,
) -> HttpResponseRedirect:
    until = (clock.now() + LASTS).isoformat()
    kept = _Kept(invitation=invitation, guest=guest, secret=seal(secret), until=until, is_sent=is_sent)
    request.session[_KEY] = kept
    return redirect("handout")


def _invitation(request: PersonRequest, kept: _Kept, code: str) -> dict[str, object] | None:
    """What the page says of an invitation that still stands; None for one that does not, or of somebody else."""
    standing = Invitation.objects.open(clock.now()).filter(code_hash=secret_hash(code), created_by=request.user)
    invitation = standing.select_related("child", "clinic").first()
    if invitation is None:
        return None
    child, clinic = invitation.child, invitation.clinic
    is_by_staff = child is not None and not child.memberships.filter(user=request.user).exists()
    if child is None:
        back = reverse("staff", args=[invitation.clinic_id])
    else:
        back = reverse("clinic") if is_by_staff else reverse("child_team", args=[child.pk])
    return {
        "title": _("An invitation for %(name)s") % {"name": invitation.name},
        "who": invitation.name,
        "url": f"{settings.PUBLIC_URL}{reverse('invitation', args=[code])}",
        "code": code_shown(code),
        "invitation": invitation,
        "is_sent": kept["is_sent"],
        "until": invitation.expires_at,
        "zone": zone_named(child.zone if child is not None else clinic.zone if clinic is not None else "UTC"),
        "back": back,
    }


def _guest(request: PersonRequest, _kept: _Kept, secret: str) -> dict[str, object] | None:
    standing = GuestLink.objects.standing(clock.now()).filter(secret_hash=secret_hash(secret), created_by=request.user)
    link = standing.select_related("child").first()
    if link is None:
        return None
    return {
        "title": _("A page for %(name)s") % {"name": link.label},
        "who": link.label,
        "url": f"{settings.PUBLIC_URL}{reverse('guest', args=[secret])}",
        "until": link.until,
        "zone": zone_named(link.child.zone),
        "is_guest": True,
        "back": reverse("child_team", args=[link.child_id]),
    }
