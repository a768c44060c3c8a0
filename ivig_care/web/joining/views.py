"""Coming in by invitation: from a link, a picture or a typed code to a place in a care team or on a staff."""

from __future__ import annotations

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render, resolve_url
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from ivig_care.actions.care_teams import a_role, share_words
from ivig_care.actions.consents import AGREE
from ivig_care.actions.errors import InvitationOver, Refused
from ivig_care.actions.invitations import asks_birth_year, invitation_accept, invitation_of
from ivig_care.care_teams.access import Right, cared_for_by, clinics_linked
from ivig_care.care_teams.models import Child, Invitation, Role
from ivig_care.common import clock
from ivig_care.common.secrets import code_read
from ivig_care.web.family.team_forms import CodeForm
from ivig_care.web.http import PersonRequest
from ivig_care.web.joining.forms import AcceptForm
from ivig_care.web.limits import failure_note, failures_limited
from ivig_care.web.welcome.screens import begun

NO_SUCH_CODE = gettext_lazy("No invitation has this code, or it is over. Look at it once more, or ask for a new one.")


@login_not_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@failures_limited("invitation")
def enter(request: HttpRequest) -> HttpResponse:
    """Type the code that stands on paper."""
    form = CodeForm(request.POST if request.method == "POST" else None)
    if not form.is_bound or not form.is_valid():
        return render(request, "joining/enter.html", {"form": form}, status=422 if form.is_bound else 200)
    code = code_read(form.cleaned_data["code"])
    if not code or invitation_of(code, now=clock.now()) is None:
        failure_note(request, "invitation")
        form.add_error("code", NO_SUCH_CODE)
        return render(request, "joining/enter.html", {"form": form}, status=422)
    return redirect("invitation", code=code)


@login_not_required
@never_cache
@require_safe
@failures_limited("invitation")
def invitation(request: HttpRequest, code: str) -> HttpResponse:
    """What the invitation is about, and how to accept it. Looking at it changes nothing and uses nothing up."""
    found = invitation_of(code, now=clock.now())
    if found is None:
        return over(request)
    # Signing up is open to whoever came this way, and to nobody else.
    request.session["invitation"] = code_read(code)
    return _sealed(_page(request, found, AcceptForm(asks_year=asks_birth_year(found))))


@never_cache
@require_POST
@failures_limited("invitation")
def accept(request: PersonRequest, code: str) -> HttpResponse:
    """Take the place."""
    found = invitation_of(code, now=clock.now())
    if found is None:
        return over(request)
    form = AcceptForm(request.POST, asks_year=asks_birth_year(found))
    if not form.is_valid():
        return _sealed(_page(request, found, form))
    try:
        place = invitation_accept(code=code, by=request.user, now=clock.now(), **form.said)
    except InvitationOver:
        return over(request)
    except Refused as refused:
        if invitation_of(code, now=clock.now()) is None:
            return over(request, said=str(refused))
        form.add_error(None, str(refused))
        return _sealed(_page(request, found, form))
    request.session.pop("invitation", None)
    if place.clinic_id is not None:
        messages.success(
            request,
            _("Welcome. You are %(a_role)s of %(clinic)s now.")
            % {"a_role": a_role(Role(place.role)), "clinic": place.clinic},
        )
        return redirect("home")
    name = place.child.given_name if place.child else ""
    welcome = _("Welcome. You are %(a_role)s of %(name)s now.") % {"a_role": a_role(Role(place.role)), "name": name}
    if place.role == Role.VIEWER:
        messages.success(request, welcome)
        return redirect("home")
    messages.success(request, welcome)
    others = cared_for_by(request.user, Right.RECORD).exclude(pk=place.child_id or 0)
    return redirect(begun(request.user, is_first_place=not others.exists()))


def over(request: HttpRequest, *, said: str = "") -> HttpResponse:
    """The invitation opens nothing, whatever the reason."""
    return _sealed(render(request, "joining/over.html", {"said": said}, status=404))


def _page(request: HttpRequest, found: Invitation, form: AcceptForm) -> HttpResponse:
    code = str(request.resolver_match.kwargs["code"]) if request.resolver_match else ""
    child = found.child
    is_guardian = child is not None and found.role == Role.GUARDIAN
    context = {
        "invitation": found,
        "role": Role(found.role),
        "child": child,
        "words": _words(child) if child is not None and is_guardian else [],
        "is_guardian": is_guardian,
        "form": form,
        "code": code,
        "here": reverse("invitation", args=[code]),
        "sign_in": resolve_url(settings.LOGIN_URL),
        "remind_words": AGREE,
    }
    return render(request, "joining/invitation.html", context, status=422 if form.errors else 200)


def _words(child: Child) -> list[str]:
    """What a guardian agrees to with the place; as long as nobody knows who asks, the child has initials only."""
    return [share_words(clinic, child.initials) for clinic in clinics_linked(child)]


def _sealed(response: HttpResponse) -> HttpResponse:
    """The address is as good as a key: it goes into no index."""
    response.headers["X-Robots-Tag"] = "noindex, nofollow, noarchive"
    return response
