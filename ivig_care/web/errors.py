"""Error pages that say what happened and what to do."""

from __future__ import annotations

from urllib.parse import urlencode

from django.core.exceptions import RequestDataTooBig, TooManyFieldsSent, TooManyFilesSent
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.template.loader import render_to_string


def not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """It does not exist, or not for this person."""
    return render(request, "errors/404.html", status=404)


def forbidden(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """This person may see it but not do that."""
    return render(request, "errors/403.html", status=403)


def too_many(request: HttpRequest) -> HttpResponse:
    """It was tried too often; said alike whether or not there is anybody of that name."""
    return render(request, "errors/429.html", status=429)


def form_too_old(request: HttpRequest, reason: str = "") -> HttpResponse:
    """The form was opened before the person last signed in, or by another site.

    Of the pages for signing in, the way back is the same page again, with where it leads to.
    """
    again = ""
    if request.path.startswith("/accounts/"):
        to = request.POST.get("next") or request.GET.get("next") or ""
        again = request.path + (f"?{urlencode({'next': to})}" if to else "")
    return render(request, "errors/form_too_old.html", {"again": again}, status=403)


def not_readable(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """Too large (413), or not to be read at all (400). Nothing of such a request is looked at again."""
    is_too_large = isinstance(exception, RequestDataTooBig | TooManyFieldsSent | TooManyFilesSent)
    page = render_to_string("errors/413.html" if is_too_large else "errors/400.html")
    return HttpResponse(page, status=413 if is_too_large else 400)


def broken(request: HttpRequest) -> HttpResponse:
    """Ours to mend. Rendered without the request: what broke may be the database that a page's context reads."""
    return HttpResponse(render_to_string("errors/500.html"), status=500)
