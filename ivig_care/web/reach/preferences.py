"""When a person is left in peace, who is on duty tonight, and which links still open anything."""

from __future__ import annotations

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from ivig_care.actions.care_teams import told_set
from ivig_care.actions.contact_points import links_revoke, quiet_hours_set
from ivig_care.actions.duties import duty_clear, duty_take
from ivig_care.actions.errors import Refused
from ivig_care.care_teams.access import Right, cared_for_by, family_of
from ivig_care.care_teams.models import Told
from ivig_care.common import clock
from ivig_care.regimen.timing import zone_named
from ivig_care.web.confirm import confirm_first
from ivig_care.web.http import PersonRequest
from ivig_care.web.reach.forms import QuietForm
from ivig_care.web.reach.page import Problem, reach_page
from ivig_care.web.templatetags.times import day_clock


@require_POST
def quiet_hours(request: PersonRequest) -> HttpResponse:
    """When to be left in peace."""
    form = QuietForm(request.POST)
    if not form.is_valid():
        return reach_page(request, quiet_form=form)
    quiet_hours_set(person=request.user, **form.cleaned_data, now=clock.now())
    has_hours = form.cleaned_data["quiet_from"] is not None
    messages.success(request, _("Quiet hours saved.") if has_hours else _("You have no quiet hours now."))
    return redirect(f"{reverse('reach')}#quiet")


@require_POST
def told(request: PersonRequest, pk: int) -> HttpResponse:
    """When the person is told about this child."""
    child, asked = get_object_or_404(cared_for_by(request.user, Right.RECORD), pk=pk), request.POST.get("told", "")
    if asked not in Told.values:
        raise Http404
    try:
        told_set(child=child, person=request.user, told=Told(asked), now=clock.now())
    except Refused as refused:
        return reach_page(request, told_problem=Problem(text=str(refused), pk=child.pk))
    messages.success(
        request, _("%(child)s: you are %(label)s.") % {"child": child.given_name, "label": Told(asked).label}
    )
    return redirect(f"{reverse('reach')}#told")


@require_POST
@confirm_first
def revoke_links(request: PersonRequest) -> HttpResponse:
    """Make the links in messages sent until now worthless."""
    links_revoke(person=request.user, now=clock.now())
    messages.success(request, _("The links in all messages that you have had until now no longer work."))
    return redirect(f"{reverse('reach')}#links")


@require_POST
def duty(request: PersonRequest, pk: int) -> HttpResponse:
    """Who is on duty for this child tonight; nobody named means nobody in particular."""
    child, asked = get_object_or_404(cared_for_by(request.user, Right.RECORD), pk=pk), request.POST.get("person", "")
    if not asked:
        duty_clear(child=child, by=request.user, now=clock.now())
        messages.success(request, _("Nobody in particular is on duty for %(child)s.") % {"child": child.given_name})
        return redirect(f"{reverse('reach')}#duty")
    chosen = next((one for one in family_of(child) if str(one.pk) == asked), None)
    if chosen is None:
        raise Http404
    taken = duty_take(child=child, user=chosen, by=request.user, now=clock.now())
    words = (
        _("You are on duty for %(child)s from now until %(until)s.")
        if taken.user == request.user
        else _("%(who)s is on duty for %(child)s from now until %(until)s.")
    )
    until = day_clock(taken.ends_at, zone_named(child.zone))
    messages.success(
        request,
        words % {"who": taken.user.name, "child": child.given_name, "until": until},
    )
    return redirect(f"{reverse('reach')}#duty")
