"""Before something that matters a person shows again who they are, unless they did a moment ago."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial, wraps
from typing import TypeVar, cast
from urllib.parse import urlencode

from allauth.account.internal.flows.reauthentication import STATE_SESSION_KEY
from allauth.core.internal.httpkit import serialize_request
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django_htmx.http import HttpResponseClientRedirect

from ivig_care.accounts.models import User
from ivig_care.web.http import page_behind
from ivig_care.web.sign_in.proofs import is_just_proved

V = TypeVar("V", bound=Callable[..., HttpResponse])


def confirm_first(view: V, *, may_look: bool = False, keeps_form: bool = True) -> V:
    """Ask the person to confirm that it is them, then go on with what they were doing, with what they had typed.

    Nobody is asked who signed in or confirmed within the last quarter of an hour. `may_look`: the page may be seen, and
    only changing something is asked about. `keeps_form=False`: what was typed is a secret, and is typed again.
    """

    @wraps(view)
    def confirmed(request: HttpRequest, *args: object, **kwargs: object) -> HttpResponse:
        user = request.user
        is_free = may_look and request.method in ("GET", "HEAD")
        if is_free or not isinstance(user, User) or is_just_proved(request, user):
            return view(request, *args, **kwargs)
        return _asked(request, keeps_form=keeps_form)

    # What wraps it further out says so too, so that a test can tell which pages do not ask.
    confirmed.__dict__["asks_first"] = True
    return cast(V, confirmed)


confirm_to_change = partial(confirm_first, may_look=True)


def confirm_url(to: str) -> str:
    """The page on which a person confirms who they are, which then leads there."""
    return f"{reverse('confirm_identity')}?{urlencode({'next': to})}"


def _asked(request: HttpRequest, *, keeps_form: bool) -> HttpResponse:
    # What somebody began earlier and left is not gone on with now.
    request.session.pop(STATE_SESSION_KEY, None)
    htmx = getattr(request, "htmx", None)
    if htmx:
        return HttpResponseClientRedirect(confirm_url(page_behind(htmx)))
    if request.method != "POST" or not keeps_form:
        return HttpResponseRedirect(confirm_url(request.get_full_path()))
    # Taken up again by `resume_request`, which allauth's own pages for confirming call too.
    request.session[STATE_SESSION_KEY] = {"request": serialize_request(request)}
    return HttpResponseRedirect(confirm_url(request.path))
