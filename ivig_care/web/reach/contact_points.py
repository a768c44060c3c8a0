"""A person's contact points: added, proved, put in order, tested, switched off and on."""

from __future__ import annotations

from collections.abc import Callable

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from ivig_care.accounts.models import ContactPoint
from ivig_care.actions.contact_points import (
    contact_point_add,
    contact_point_code_send,
    contact_point_move,
    contact_point_on,
    contact_point_switch_off,
    contact_point_test,
    contact_point_verify,
)
from ivig_care.actions.errors import Refused
from ivig_care.common import clock
from ivig_care.web.confirm import confirm_first
from ivig_care.web.http import PersonRequest
from ivig_care.web.reach.forms import AddForm, CodeForm
from ivig_care.web.reach.page import Problem, first_error, reach_page

SENT = gettext_lazy("We sent a code to {address}. Write it here within 10 minutes.")


@require_POST
@confirm_first
def add(request: PersonRequest) -> HttpResponse:
    """A new address, with the person's agreement; a code goes there at once."""
    form = AddForm(request.POST)
    if not form.is_valid():
        return reach_page(request, add_form=form)
    said = form.cleaned_data
    try:
        point = contact_point_add(person=request.user, kind=said["kind"], address=said["address"], now=clock.now())
    except Refused as refused:
        form.add_error("address", str(refused))
        return reach_page(request, add_form=form)
    messages.success(request, SENT.format(address=point.address))
    return _back(point)


@require_POST
def code(request: PersonRequest, pk: int) -> HttpResponse:
    """Send another code."""
    return _act(request, pk, contact_point_code_send, str(SENT))


@require_POST
@confirm_first
def verify(request: PersonRequest, pk: int) -> HttpResponse:
    """The code that arrived."""
    point, form = _point(request, pk), CodeForm(request.POST)
    typed = request.POST.get("code", "")[:20]
    if not form.is_valid():
        return reach_page(request, problem=Problem(text=first_error(form), pk=point.pk, typed=typed))
    try:
        point = contact_point_verify(contact_point=point, code=form.cleaned_data["code"], now=clock.now())
    except Refused as refused:
        return reach_page(request, problem=Problem(text=str(refused), pk=point.pk, typed=typed))
    messages.success(
        request,
        _("%(address)s is yours. From now on we can remind you there. Send a test to be sure.")
        % {"address": point.address},
    )
    return _back(point)


@require_POST
@confirm_first
def on(request: PersonRequest, pk: int) -> HttpResponse:
    """Use it again."""
    return _act(request, pk, contact_point_on, _("Switched on. Send a test to be sure."))


@require_POST
@confirm_first
def off(request: PersonRequest, pk: int) -> HttpResponse:
    """Send nothing there any more."""
    return _act(request, pk, contact_point_switch_off, _("Switched off. We send nothing there any more."))


@require_POST
def test(request: PersonRequest, pk: int) -> HttpResponse:
    """Send a test there."""
    return _act(
        request, pk, contact_point_test, _("A test is on its way. Load this page again to see what became of it.")
    )


@require_POST
@confirm_first
def up(request: PersonRequest, pk: int) -> HttpResponse:
    """Try it earlier."""
    point = _point(request, pk)
    contact_point_move(contact_point=point, is_up=True)
    return _back(point)


@require_POST
@confirm_first
def down(request: PersonRequest, pk: int) -> HttpResponse:
    """Try it later."""
    point = _point(request, pk)
    contact_point_move(contact_point=point, is_up=False)
    return _back(point)


def _act(request: PersonRequest, pk: int, action: Callable[..., object], words: str) -> HttpResponse:
    point = _point(request, pk)
    try:
        action(contact_point=point, now=clock.now())
    except Refused as refused:
        return reach_page(request, problem=Problem(text=str(refused), pk=point.pk))
    messages.success(request, words.format(address=point.address))
    return _back(point)


def _point(request: PersonRequest, pk: int) -> ContactPoint:
    return get_object_or_404(ContactPoint.objects.kept(), user=request.user, pk=pk)


def _back(point: ContactPoint) -> HttpResponse:
    return redirect(f"{reverse('reach')}#way-{point.pk}")
