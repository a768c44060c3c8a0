"""The request as the views know it: from a signed-in person, perhaps through htmx."""

from urllib.parse import urlsplit

from django.http import HttpRequest
from django.utils.http import url_has_allowed_host_and_scheme
from django_htmx.middleware import HtmxDetails

from ivig_care.accounts.models import User
from ivig_care.care_teams.access import Places


class PersonRequest(HttpRequest):
    """A request that has passed the sign-in and htmx middleware."""

    htmx: HtmxDetails
    user: User
    places: Places
    # What a form was refused for, whether a reason would do, and where to look; see web/once.py.
    refused_for: str
    wants_reason: bool
    refused_look: str
    # Whether the device keeps the page; see web/offline/kept.py.
    is_kept: bool


# A device says so that fetches a page to keep it, before anybody has opened it there; see static/js/ahead.js.
AHEAD = "X-Ahead"


def is_copy(request: HttpRequest) -> bool:
    """Whether nobody looks at the page yet: a device fetches it to keep it."""
    return AHEAD in request.headers


def page_behind(htmx: HtmxDetails) -> str:
    """The page that asked through htmx; the first page when what it says is no address."""
    try:
        return htmx.current_url_abs_path or "/"
    except ValueError:
        return "/"


def page_before(request: HttpRequest) -> str:
    """The page of ours whose form this is, by its Referer; the first page when that is another site, or no address."""
    before = request.headers.get("Referer", "")
    if not before or not url_has_allowed_host_and_scheme(before, {request.get_host()}, request.is_secure()):
        return "/"
    parts = urlsplit(before)
    page = f"{parts.path}?{parts.query}" if parts.query else parts.path
    # Without its site it must still be a page of ours: "//elsewhere" would be another site.
    return page if page.startswith("/") and url_has_allowed_host_and_scheme(page, None) else "/"
