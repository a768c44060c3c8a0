"""What every request passes through that is ours."""

from __future__ import annotations

from collections.abc import Callable
from http import HTTPStatus
from typing import cast
from urllib.parse import urlencode

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed, HttpResponseRedirect
from django.shortcuts import resolve_url
from django.urls import reverse
from django_htmx.http import HttpResponseClientRedirect

from ivig_care.accounts.models import User
from ivig_care.care_teams.access import places_keep, places_of
from ivig_care.web.confirm import confirm_url
from ivig_care.web.http import PersonRequest, page_behind
from ivig_care.web.sign_in.proofs import has_second_factor, is_strong
from ivig_care.web.sign_in.ways import sign_in_url

_KNOWN = ["GET", "HEAD", "POST"]


class KeptByNobody:
    """No other site may show or read what is ours, and nobody on the way, nor the browser, keeps a page.

    A page that says itself how long it may be kept has its way; so do the static files.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Add the headers."""
        response = self.get_response(request)
        response.headers.setdefault("Cache-Control", "private, no-store")
        response.headers.setdefault("Cross-Origin-Resource-Policy", "same-origin")
        return response


class OnlyKnownMethods:
    """Whatever is neither a look nor a form is refused before anybody is asked who they are, or any row is read.

    No page of ours takes anything else, and libraries' views would do things at methods that nobody thinks of.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer 405 to an unknown method."""
        return self.get_response(request) if request.method in _KNOWN else HttpResponseNotAllowed(_KNOWN)


class BackFromForm:
    """An address that only takes forms, opened as a page (after signing in, or again later), leads to its page."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Send a look at such an address to the page whose form it is."""
        response = self.get_response(request)
        is_refused = response.status_code == HTTPStatus.METHOD_NOT_ALLOWED and request.method == "GET"
        # A person's browser asks for a page; machines are told the truth.
        is_person = "text/html" in request.headers.get("Accept", "") and not request.path.startswith("/hooks/")
        return HttpResponseRedirect(_page_of(request)) if is_refused and is_person else response


def _page_of(request: HttpRequest) -> str:
    match = request.resolver_match
    if match is not None and "token" in match.kwargs:
        return reverse("link", kwargs={"token": match.kwargs["token"]})
    if request.path.startswith(("/you/", "/accounts/")):
        return reverse("you")
    return reverse("reach") if request.path.startswith("/reach/") else reverse("home")


class SignInFromFragment:
    """When a session has ended, send the whole page to the sign-in, not the fragment that htmx asked for."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Turn a redirect to the sign-in page into one that htmx follows with the page."""
        response = self.get_response(request)
        sign_in = resolve_url(settings.LOGIN_URL)
        htmx = getattr(request, "htmx", None)
        if not htmx or not response.headers.get("Location", "").startswith(sign_in):
            return response
        return HttpResponseClientRedirect(sign_in_url(page_behind(htmx)))


# What is open to a clinic's staff before their second factor: signing in, what nobody signs in for, what machines ask.
OPEN_TO_WEAK = ("/accounts/", "/static/", "/hooks/", "/n/", "/g/", "/invitations/", "/offline/")
OPEN_PAGES_TO_WEAK = ("/sw.js", "/manifest.webmanifest", "/healthz", "/metrics")


class StrongSignIn:
    """A clinic's staff see nothing of a child or of each other before they have shown a second factor or a passkey."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Send whoever has not to where they show the one they have, or set up their first."""
        is_open = request.path.startswith(OPEN_TO_WEAK) or request.path in OPEN_PAGES_TO_WEAK
        user = request.user
        if is_open or not isinstance(user, User) or self._is_strong_enough(cast(PersonRequest, request), user):
            return self.get_response(request)
        htmx = getattr(request, "htmx", None)
        page = page_behind(htmx) if htmx else _page_to_return_to(request)
        place = confirm_url(page) if has_second_factor(user) else _with_next("second_factor_needed", page)
        return HttpResponseClientRedirect(place) if htmx else HttpResponseRedirect(place)

    @staticmethod
    def _is_strong_enough(request: PersonRequest, user: User) -> bool:
        """Read once what the person is to whom; what only looks need not ask again."""
        places = places_of(user)
        request.places = places
        if request.method in ("GET", "HEAD"):
            places_keep(user, places)
        return not places.need_strong_sign_in or is_strong(request, user)


def _page_to_return_to(request: HttpRequest) -> str:
    return request.get_full_path() if request.method in ("GET", "HEAD") else reverse("home")


def _with_next(name: str, page: str) -> str:
    return f"{reverse(name)}?{urlencode({'next': page})}"
