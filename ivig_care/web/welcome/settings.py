"""The first screen of the set-up: language, units and clock. The same form stands on the page about oneself."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from ivig_care.accounts.models import User
from ivig_care.actions.preferences import person_settings_set
from ivig_care.common import clock
from ivig_care.web.http import PersonRequest
from ivig_care.web.reach.forms import zones_to_choose
from ivig_care.web.reach.selectors import preference_of
from ivig_care.web.welcome.forms import SettingsForm
from ivig_care.web.welcome.screens import Screen, is_skipped, next_screen, screen_of, shown


@require_safe
def welcome(request: PersonRequest) -> HttpResponse:
    """Where the person goes on with setting up."""
    return redirect(screen_of(request.user).url)


@require_http_methods(["GET", "HEAD", "POST"])
def settings(request: PersonRequest) -> HttpResponse:
    """How do you read things, and where do you live?"""
    if request.method == "POST" and is_skipped(request):
        return next_screen(request, Screen.YOU)
    form = SettingsForm(request.POST) if request.method == "POST" else _form_of(request.user)
    if request.method == "POST" and form.is_valid():
        _save(request, form)
        return next_screen(request, Screen.YOU)
    return shown(request, Screen.YOU, settings_context(request, form), status=422 if form.errors else 200)


@require_POST
def you_settings(request: PersonRequest) -> HttpResponse:
    """The same, changed later."""
    form = SettingsForm(request.POST)
    if not form.is_valid():
        return shown(request, Screen.YOU, settings_context(request, form), status=422)
    _save(request, form)
    messages.success(request, _("Saved."))
    return redirect(f"{reverse('you')}#settings")


def settings_context(request: PersonRequest, form: SettingsForm | None = None) -> dict[str, object]:
    """What the fields of the form need."""
    form = form or _form_of(request.user)
    zone = form["zone"].value() or ""
    zones = zones_to_choose()
    return {"form": form, "zones": zones if zone in zones else (zone, *zones), "zone_chosen": zone}


def _form_of(person: User) -> SettingsForm:
    return SettingsForm.of(person, preference_of(person))


def _save(request: PersonRequest, form: SettingsForm) -> None:
    person_settings_set(person=request.user, now=clock.now(), **form.cleaned_data)
    # What is said next is said in the language just chosen.
    if form.cleaned_data["language"]:
        translation.activate(form.cleaned_data["language"])
