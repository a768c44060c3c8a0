"""How often somebody may be wrong: failures are counted for each address that asks; too many close the door a while.

Only failures count. However many people of a family or a hospital share an address, and however often they come, what
is right is let in; and an old link that is over is no failure, for nobody guessed it.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from datetime import timedelta
from functools import wraps
from ipaddress import IPv6Address, ip_address, ip_network
from typing import Any

from django.conf import settings
from django.core.cache import cache
from django.core.exceptions import PermissionDenied, SuspiciousOperation
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.crypto import salted_hmac

# So many failures, each counted for so long. A slip of the finger is far from it; so is guessing anything of ours.
MOST_FAILURES = 50
WINDOW = timedelta(minutes=10)
# One line of a network has as many addresses as it likes of the newer kind.
_LINE = 64

View = Callable[..., HttpResponse]


def failures_limited(action: str, *, statuses: Collection[int] = (403, 404)) -> Callable[[View], View]:
    """Answer 429 to an address from which too many requests to this action failed, before the view looks at anything.

    A failure is an answer, or what becomes an answer, with one of these statuses. Actions are counted apart.
    """

    def decorator(view: View) -> View:
        @wraps(view)
        def limited(request: HttpRequest, *args: Any, **keys: Any) -> HttpResponse:
            if is_over(request, action):
                return too_many(request)
            try:
                response = view(request, *args, **keys)
            except (Http404, PermissionDenied, SuspiciousOperation) as refused:
                if _status_of(refused) in statuses:
                    failure_note(request, action)
                raise
            if response.status_code in statuses:
                failure_note(request, action)
            return response

        return limited

    return decorator


def is_over(request: HttpRequest, action: str) -> bool:
    """Whether too many requests to this action failed lately from the address that asks."""
    return cache.get(_slot(request, action, MOST_FAILURES - 1)) is not None


def failure_note(request: HttpRequest, action: str) -> None:
    """Count one failure. Exact however many come at once: each takes a numbered slot that only one can take."""
    slots = [_slot(request, action, number) for number in range(MOST_FAILURES)]
    taken = cache.get_many(slots)
    for slot in slots:
        if slot not in taken and cache.add(slot, 1, timeout=WINDOW.total_seconds()):
            return


def too_many(request: HttpRequest) -> HttpResponse:
    """The page that says to wait. It reads nothing of anybody's."""
    response = render(request, "errors/429.html", status=429)
    response.headers["Retry-After"] = str(int(WINDOW.total_seconds()))
    response.headers["Cache-Control"] = "no-store"
    return response


def client_address(request: HttpRequest) -> str:
    """Whose request it is: the address that our own web servers report, never one that the asker made up.

    Each of PROXY_COUNT web servers in front adds the address that it saw at the end of X-Forwarded-For; what stands
    before those is the asker's own word. When fewer are there than should be, the request did not come that way.
    """
    hops = request.headers.get("X-Forwarded-For", "").split(",")
    count: int = settings.PROXY_COUNT
    said = hops[-count].strip() if 0 < count <= len(hops) else ""
    return said or str(request.META.get("REMOTE_ADDR", ""))


def _status_of(refused: Exception) -> int:
    """The status of the answer that this becomes further out."""
    match refused:
        case Http404():
            return 404
        case PermissionDenied():
            return 403
        case _:
            return 400


def _slot(request: HttpRequest, action: str, number: int) -> str:
    """The name of one slot; the address itself is not kept."""
    seal = salted_hmac("ivig_care.web.limits", f"{action} {_line(client_address(request))}", algorithm="sha256")
    return f"failures-{seal.hexdigest()[:40]}-{number}"


def _line(address: str) -> str:
    """What is counted as one: an address, or all addresses of one line."""
    try:
        known = ip_address(address)
    except ValueError:
        return address
    if isinstance(known, IPv6Address) and known.ipv4_mapped is None:
        return str(ip_network((known, _LINE), strict=False))
    return str(known.ipv4_mapped or known) if isinstance(known, IPv6Address) else str(known)
