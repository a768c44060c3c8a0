"""The second screen of the set-up: where reminders may go. An address is proved with a code that is sent there."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from ivig_care.accounts.models import ContactPoint
from ivig_care.actions.consents import AGREE
from ivig_care.actions.contact_points import contact_point_add, contact_point_code_send, contact_point_verify
from ivig_care.actions.errors import Refused
from ivig_care.common import clock
from ivig_care.nudges.channels.push import application_server_key
from ivig_care.web.confirm import confirm_to_change
from ivig_care.web.family.together import LONGEST_KEY
from ivig_care.web.http import PersonRequest
from ivig_care.web.reach.forms import AddForm, CodeForm
from ivig_care.web.reach.page import first_error
from ivig_care.web.reach.selectors import ways_of
from ivig_care.web.welcome.screens import Screen, is_skipped, next_screen, shown


@require_http_methods(["GET", "HEAD", "POST"])
@confirm_to_change
def reached(request: PersonRequest) -> HttpResponse:
    """Where may we remind you?"""
    if request.method != "POST":
        return _page(request)
    if is_skipped(request):
        return next_screen(request, Screen.REACH)
    return _code(request) if "point" in request.POST else _add(request)


def _add(request: PersonRequest) -> HttpResponse:
    """A new address, with the person's agreement; a code goes there at once."""
    form = AddForm(request.POST)
    if not form.is_valid():
        return _page(request, form=form)
    said = form.cleaned_data
    try:
        contact_point_add(person=request.user, kind=said["kind"], address=said["address"], now=clock.now())
    except Refused as refused:
        form.add_error("address", str(refused))
        return _page(request, form=form)
    return redirect(Screen.REACH.url)


def _code(request: PersonRequest) -> HttpResponse:
    """The code that arrived, or the wish for another one."""
    key = request.POST["point"]
    pk = int(key) if key.isascii() and key.isdecimal() and len(key) <= LONGEST_KEY else 0
    point = get_object_or_404(ContactPoint.objects.kept(), user=request.user, pk=pk)
    try:
        if "again" in request.POST:
            contact_point_code_send(contact_point=point, now=clock.now())
            messages.success(request, _("Another code is on its way."))
            return redirect(Screen.REACH.url)
        form = CodeForm(request.POST)
        if not form.is_valid():
            return _page(request, problem=first_error(form))
        contact_point_verify(contact_point=point, code=form.cleaned_data["code"], now=clock.now())
    except Refused as refused:
        return _page(request, problem=str(refused))
    return next_screen(request, Screen.REACH)


def _page(request: PersonRequest, *, form: AddForm | None = None, problem: str = "") -> HttpResponse:
    ways = ways_of(request.user, now=clock.now())
    waiting = next((way for way in reversed(ways) if way.point.verified_at is None), None)
    context = {
        "ways": [way for way in ways if way.point.verified_at is not None],
        "is_reached": any(way.status == "on" for way in ways),
        "waiting": waiting,
        "form": form or AddForm(initial={"kind": ContactPoint.Kind.SMS if ways else ContactPoint.Kind.EMAIL}),
        "problem": problem,
        "typed": request.POST.get("code", "")[:20],
        "agree_words": AGREE,
        "push_key": application_server_key(),
    }
    return shown(request, Screen.REACH, context, status=422 if problem or (form and form.errors) else 200)
