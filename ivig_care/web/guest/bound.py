"""What every page of a guest has in common: no sign-in, one device, nothing kept by anybody on the way."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt

from ivig_care.care_teams.access import guest_link_opens
from ivig_care.care_teams.models import GuestLink
from ivig_care.common import clock
from ivig_care.common.secrets import secret_hash
from ivig_care.web.limits import failures_limited

COOKIE = "guest"

LinkView = Callable[[HttpRequest, GuestLink], HttpResponse]
SecretView = Callable[[HttpRequest, str], HttpResponse]


def opens_with_secret(*, before_it_is_bound: bool = False) -> Callable[[LinkView], SecretView]:
    """Give the view the guest link of the secret, on the device that it is bound to.

    404 for a secret that is not ours, 410 for a link that is over, 403 on another device. Until a name was typed there
    is no device; then only the page that asks for one opens. The right to act comes with the address, which no other
    site knows, so CSRF tokens are not asked for: without a referrer a form has no origin that could be compared.
    """

    def decorator(view: LinkView) -> SecretView:
        @wraps(view)
        def opened(request: HttpRequest, secret: str) -> HttpResponse:
            link = _link_of(secret)
            if link is None:
                return _sealed(render(request, "guest/over.html", status=404))
            now = clock.now()
            if link.revoked_at is not None or now >= link.until:
                return _sealed(render(request, "guest/over.html", {"link": link}, status=410))
            if link.bound_at is None:
                if before_it_is_bound:
                    return _sealed(view(request, link))
                return _sealed(render(request, "guest/name.html", {"link": link, "secret": secret}))
            if not guest_link_opens(link, device_hash=_device_hash(request), now=now):
                return _sealed(render(request, "guest/elsewhere.html", status=403))
            return _sealed(view(request, link))

        return login_not_required(csrf_exempt(never_cache(failures_limited("guest", statuses=(404,))(opened))))

    return decorator


def device_remember(response: HttpResponse, *, secret: str, device: str, link: GuestLink) -> None:
    """Let this device, and no other, open the link from now on."""
    response.set_cookie(
        COOKIE,
        device,
        expires=link.until,
        path=reverse("guest", args=[secret]),
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Lax",
    )


def _link_of(secret: str) -> GuestLink | None:
    found = GuestLink.objects.filter(secret_hash=secret_hash(secret))
    return found.select_related("child__clinic", "infusion__plan__child__clinic", "person", "created_by").first()


def _device_hash(request: HttpRequest) -> str:
    device = request.COOKIES.get(COOKIE, "")
    return secret_hash(device) if device else ""


def _sealed(response: HttpResponse) -> HttpResponse:
    """The address is as good as a key: it goes to no other site and into no index."""
    response.headers["Referrer-Policy"] = "no-referrer"
    response.headers["X-Robots-Tag"] = "noindex, nofollow, noarchive"
    return response
