"""Notifications in a browser: where its push service takes them."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from ivig_care.actions.contact_points import browser_add
from ivig_care.actions.errors import Refused
from ivig_care.common import clock
from ivig_care.nudges.channels.push import endpoint_is_allowed
from ivig_care.web.confirm import confirm_url
from ivig_care.web.http import PersonRequest
from ivig_care.web.reach.forms import BrowserForm
from ivig_care.web.sign_in.proofs import is_just_proved

# What browsers call themselves, and their systems; the first that fits.
_BROWSERS = {"Edg/": "Edge", "OPR/": "Opera", "Firefox/": "Firefox", "Chrome/": "Chrome", "Safari/": "Safari"}
_SYSTEMS = {
    "Android": "Android",
    "iPhone": "iPhone",
    "iPad": "iPad",
    "Mac OS": "Mac",
    "Windows": "Windows",
    "Linux": "Linux",
}


@require_POST
def add(request: PersonRequest) -> HttpResponse:
    """The browser that the person allowed to show notifications. Asked by a script: answers with a sentence."""
    if not is_just_proved(request, request.user):
        # The script cannot be sent elsewhere with what it holds: it takes the person there, and is asked once more.
        return _said(confirm_url(reverse("reach")), status=401)
    form = BrowserForm(request.POST)
    if not form.is_valid():
        return _said(_("This browser gave us something that we cannot use. Nothing was changed."), status=422)
    said = form.cleaned_data
    if not endpoint_is_allowed(said["endpoint"]):
        return _said(_("We cannot reach the notification service of this browser. Try another browser."), status=422)
    label = browser_named(request.headers.get("User-Agent", ""))
    try:
        browser_add(
            person=request.user,
            endpoint=said["endpoint"],
            push_key=said["p256dh"],
            push_secret=said["auth"],
            label=label,
            now=clock.now(),
        )
    except Refused as refused:
        return _said(str(refused), status=422)
    messages.success(request, _("Notifications are on: %(label)s. Send a test to be sure.") % {"label": label})
    return HttpResponse(status=204)


def browser_named(agent: str) -> str:
    """What a browser and its system are called, as in "Chrome on Android"."""
    browser = next((name for sign, name in _BROWSERS.items() if sign in agent), _("a browser"))
    system = next((name for sign, name in _SYSTEMS.items() if sign in agent), "")
    return _("%(browser)s on %(system)s") % {"browser": browser, "system": system} if system else browser


def _said(text: str, *, status: int) -> HttpResponse:
    return HttpResponse(text, status=status, content_type="text/plain; charset=utf-8")
