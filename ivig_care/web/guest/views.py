"""A guest's page: one child, one infusion, what is due now, and what can be said of it."""

from __future__ import annotations

from datetime import datetime

from django import forms
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST

from ivig_care.accounts.models import User
from ivig_care.actions.audit import audit_seen
from ivig_care.actions.errors import GuestElsewhere, ReasonNeeded, Refused
from ivig_care.actions.guests import guest_link_bind
from ivig_care.actions.steps import step_skip, step_tick, step_undo
from ivig_care.care_teams.models import GuestLink
from ivig_care.common import clock
from ivig_care.plans.models import Step
from ivig_care.regimen.errors import RegimenError
from ivig_care.regimen.steps import SkipReason
from ivig_care.regimen.timing import zone_named
from ivig_care.web.family.forms import SkipForm, TickForm
from ivig_care.web.family.steps import NO_SUCH_COURSE, already_said, first_error, is_news
from ivig_care.web.guest.bound import device_remember, opens_with_secret
from ivig_care.web.guest.selectors import answered_by, guest_page, steps_for

# Longer than that a key is none, and more than a database can hold.
LONGEST_KEY = 18


class NameForm(forms.Form):
    """What the guest is called, typed once."""

    name = forms.CharField(max_length=40, error_messages={"required": gettext_lazy("Write your name first.")})


@opens_with_secret()
@require_http_methods(["GET", "HEAD"])
def page(request: HttpRequest, link: GuestLink) -> HttpResponse:
    """What is due now. On a device that is not bound yet, `opens_with_secret` asks for the name instead."""
    audit_seen(child=link.child, about=link, by=_guest(link), now=clock.now())
    return _page(request, link)


@opens_with_secret(before_it_is_bound=True)
@require_POST
def name(request: HttpRequest, link: GuestLink) -> HttpResponse:
    """The guest's name; from now on the link opens on this device only."""
    if link.bound_at is not None:
        return redirect("guest", secret=_secret(request))
    form = NameForm(request.POST)
    if not form.is_valid():
        context = {"link": link, "secret": _secret(request), "problem": first_error(form)}
        return render(request, "guest/name.html", context, status=422)
    try:
        device = guest_link_bind(link=link, name=form.cleaned_data["name"], now=clock.now())
    except GuestElsewhere:
        return render(request, "guest/elsewhere.html", status=403)
    response = redirect("guest", secret=_secret(request))
    device_remember(response, secret=_secret(request), device=device, link=link)
    return response


@opens_with_secret()
@require_POST
def done(request: HttpRequest, link: GuestLink) -> HttpResponse:
    """A step was done: now, or so many minutes ago."""
    step, now = _step(request, link), clock.now()
    form = TickForm(request.POST, zone=step.infusion.tz, now=now)
    if not form.is_valid():
        return _page(request, link, problem=first_error(form), step=step)
    try:
        said = step_tick(step=step, by=_guest(link), at=form.instant, now=now, reason=form.cleaned_data["reason"])
    except ReasonNeeded as needed:
        return _page(request, link, problem=needed.why, step=step, at=form.instant)
    except Refused as refused:
        return _page(request, link, problem=str(refused), step=step)
    except RegimenError:
        return _page(request, link, problem=str(NO_SUCH_COURSE), step=step)
    if not is_news(said, _guest(link), min(form.instant, now)):
        return _page(request, link, problem=already_said(said))
    return redirect("guest", secret=_secret(request))


@opens_with_secret()
@require_POST
def skip(request: HttpRequest, link: GuestLink) -> HttpResponse:
    """A step was not done, for a reason."""
    step, form = _step(request, link), SkipForm(request.POST)
    if not form.is_valid():
        return _page(request, link, problem=first_error(form), step=step)
    said = form.cleaned_data
    try:
        step_skip(step=step, by=_guest(link), reason=SkipReason(said["reason"]), note=said["note"], now=clock.now())
    except Refused as refused:
        return _page(request, link, problem=str(refused), step=step)
    return redirect("guest", secret=_secret(request))


@opens_with_secret()
@require_POST
def undo(request: HttpRequest, link: GuestLink) -> HttpResponse:
    """What this guest said a moment ago was a mistake."""
    now = clock.now()
    step = next((one for one in answered_by(link, now) if str(one.pk) == request.POST.get("step")), None)
    if step is None:
        return redirect("guest", secret=_secret(request))
    try:
        step_undo(step=step, by=_guest(link), now=now)
    except Refused as refused:
        return _page(request, link, problem=str(refused))
    return redirect("guest", secret=_secret(request))


def _page(
    request: HttpRequest, link: GuestLink, *, problem: str = "", step: Step | None = None, at: datetime | None = None
) -> HttpResponse:
    now = clock.now()
    context = {
        "link": link,
        "secret": _secret(request),
        "child": link.child,
        "clinic": link.child.clinic,
        "zone": zone_named(link.infusion.zone),
        "page": guest_page(link, now=now),
        "now": now,
        "skip_reasons": list(SkipReason),
        "problem": problem,
        "problem_step": step,
        "problem_at": at,
    }
    return render(request, "guest/page.html", context, status=422 if problem else 200)


def _step(request: HttpRequest, link: GuestLink) -> Step:
    """The step that was named, if it waits or was answered meanwhile; what is over is history, and no guest's.

    Raises Http404, PermissionDenied.
    """
    if not link.may_record:
        raise PermissionDenied
    asked, now = request.POST.get("step", ""), clock.now()
    key = int(asked) if asked.isascii() and asked.isdecimal() and len(asked) <= LONGEST_KEY else 0
    found = steps_for(link).filter(pk=key, opens_at__lte=now, closes_at__gt=now).first()
    if found is None:
        raise Http404
    return found


def _guest(link: GuestLink) -> User:
    """Who the record names. The decorator lets only bound links through, and those have one."""
    if link.person is None:
        raise Http404
    return link.person


def _secret(request: HttpRequest) -> str:
    return str(request.resolver_match.kwargs["secret"]) if request.resolver_match else ""
