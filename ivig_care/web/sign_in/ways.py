"""Where signing in leads to, kept on all the ways it can take."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from urllib.parse import urlencode, urlsplit

from allauth.account.utils import get_next_redirect_url
from allauth.core import ratelimit
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import resolve_url
from django.urls import reverse

View = Callable[..., HttpResponse]

# Where the session keeps it, for the pages whose address does not.
NEXT = "sign_in_next"


def sign_in_url(to: str | None) -> str:
    """The page to sign in on, which then leads there."""
    page = resolve_url(settings.LOGIN_URL)
    return f"{page}?{urlencode({'next': to})}" if to else page


def keeps_next(view: View) -> View:
    """Whatever sends the person back to the beginning, a code that is too old above all, keeps where they wanted to go.

    The beginning is the page for codes, also where allauth means the one for passwords.
    """

    @wraps(view)
    def kept(request: HttpRequest, *args: object, **kwargs: object) -> HttpResponse:
        to = get_next_redirect_url(request)
        if to and request.method == "POST":
            request.session[NEXT] = to
        response = view(request, *args, **kwargs)
        beginnings = (reverse("account_login"), resolve_url(settings.LOGIN_URL))
        if urlsplit(response.headers.get("Location", "")).path in beginnings and not request.user.is_authenticated:
            response.headers["Location"] = sign_in_url(to or request.session.get(NEXT))
        return response

    return kept


def guesses_limited(view: View) -> View:
    """Codes are typed a few times for each that was asked for, however many windows do it at once."""

    @wraps(view)
    def limited(request: HttpRequest, *args: object, **kwargs: object) -> HttpResponse:
        key = request.session.session_key or ""
        refused: HttpResponse | None = ratelimit.consume_or_429(request, action="confirm_login_code", key=key)
        return refused or view(request, *args, **kwargs)

    return limited
