"""Pages that a family's device keeps, to show them without a signal; see docs/adr/0023-without-a-signal.md."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from http import HTTPStatus
from typing import TypeVar, cast

from django.http import HttpRequest, HttpResponse
from django.utils.crypto import salted_hmac

from ivig_care.accounts.models import User
from ivig_care.web.http import PersonRequest

V = TypeVar("V", bound=Callable[..., HttpResponse])

# For whom a page is, and whether the device may keep it. The service worker reads both.
PERSON, KEPT = "X-Person", "X-Kept"
# Which pages cannot be had without a signal, so that this one is shown instead: what they ask can be said on it.
INSTEAD = "X-Instead-Of"


def kept(view: V) -> V:
    """Let the person's device keep this page. Not that of somebody who works at a clinic, who sees many children."""

    @wraps(view)
    def kept_by_device(request: PersonRequest, *args: object, **kwargs: object) -> HttpResponse:
        request.is_kept = request.method == "GET" and not request.htmx and may_keep(request)
        response = view(request, *args, **kwargs)
        if request.is_kept and response.status_code == HTTPStatus.OK:
            response.headers[KEPT] = "yes"
        return response

    return cast(V, kept_by_device)


def instead_of(response: HttpResponse, urls: list[str]) -> HttpResponse:
    """Let a device show this page, if it keeps it, when one of those cannot be had."""
    response.headers[INSTEAD] = " ".join(urls)
    return response


def may_keep(request: PersonRequest) -> bool:
    """Whether the person's device may keep anything: not that of somebody who works at a clinic."""
    places = getattr(request, "places", None)
    return places is not None and not places.need_strong_sign_in


def person_word(user: User) -> str:
    """What a device calls the person whose copies and entries it holds: always the same, and says nothing of them."""
    return salted_hmac("ivig_care.web.offline", str(user.pk), algorithm="sha256").hexdigest()[:20]


class SaysForWhom:
    """Every page says whether it is for the same person as the last, so that a device forgets what was another's."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Add the header to pages; nobody's pages have an empty one."""
        response = self.get_response(request)
        if response.headers.get("Content-Type", "").startswith("text/html"):
            user = getattr(request, "user", None)
            response.headers[PERSON] = person_word(user) if isinstance(user, User) else ""
        return response
