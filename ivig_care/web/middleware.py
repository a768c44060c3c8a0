"""What every request passes through that is ours."""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django_htmx.http import HttpResponseClientRedirect


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
        page = htmx.current_url_abs_path or "/"
        return HttpResponseClientRedirect(f"{sign_in}?{urlencode({'next': page})}")
