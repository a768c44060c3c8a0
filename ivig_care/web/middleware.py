"""What every request passes through that is ours."""

from __future__ import annotations

from collections.abc import Callable
from http import HTTPStatus
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed, HttpResponseRedirect
from django.urls import reverse
from django_htmx.http import HttpResponseClientRedirect

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
    return reverse("reach") if request.path.startswith("/reach/") else reverse("home")


class SignInFromFragment:
    """When a session has ended, send the whole page to the sign-in, not the fragment that htmx asked for."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Turn a redirect to the sign-in page into one that htmx follows with the page."""
        response = self.get_response(request)
        sign_in = reverse("account_login")
        htmx = getattr(request, "htmx", None)
        if not htmx or not response.headers.get("Location", "").startswith(sign_in):
            return response
        try:
            page = htmx.current_url_abs_path or "/"
        except ValueError:  # what it says is no address
            page = "/"
        return HttpResponseClientRedirect(f"{sign_in}?{urlencode({'next': page})}")
