"""The open outbox: on one's own machine, with no mail server, the code to sign in must be read somewhere.

It shows everybody's messages to whoever sits at this machine, and to nobody else: see `is_outbox_open`.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from ipaddress import ip_address
from urllib.parse import urlsplit

from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value
from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from ivig_care.accounts.models import User
from ivig_care.actions.accounts import DEMO_SECRET
from ivig_care.common import clock
from ivig_care.nudges.models import OutboxMessage

SHOWN_FOR = timedelta(minutes=15)
MOST = 30
# With one of these somebody stands between: who asks may be anywhere.
_PASSED_ON = (
    "Forwarded", "Via", "X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Proto", "X-Forwarded-Server", "X-Real-IP",
)  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class DemoApp:
    """What the authenticator app of a demo person shows now."""

    person: User
    code: str


def is_outbox_open(request: HttpRequest) -> bool:
    """Whether the request comes from this very machine, to a site that runs on it alone and sends nothing out."""
    is_here = settings.IS_EMBEDDED and settings.IS_LOOPBACK and settings.HAS_OUTBOX
    is_direct = not any(name in request.headers for name in _PASSED_ON)
    return is_here and is_direct and _is_loopback(request.META.get("REMOTE_ADDR", "")) and _is_named_so(request)


@never_cache
@require_safe
@login_not_required
def outbox(request: HttpRequest) -> HttpResponse:
    """The messages of the last quarter of an hour, and the codes of the demo people's authenticator apps."""
    if not is_outbox_open(request):
        raise Http404
    messages = OutboxMessage.objects.filter(at__gt=clock.now() - SHOWN_FOR)[:MOST]
    context = {"outbox": messages, "apps": _demo_apps(), "seconds": 30 - int(clock.now().timestamp()) % 30}
    return render(request, "account/outbox.html", context)


def _demo_apps() -> list[DemoApp]:
    """Nobody but the demo people has that secret: it stands in the source."""
    code = format_hotp_value(hotp_value(DEMO_SECRET, int(clock.now().timestamp()) // 30))
    found = Authenticator.objects.filter(type=Authenticator.Type.TOTP, data__secret=DEMO_SECRET)
    return [DemoApp(person=one.user, code=code) for one in found.select_related("user").order_by("pk")]


def _is_loopback(address: str) -> bool:
    try:
        return ip_address(address).is_loopback
    except ValueError:
        return False


def _is_named_so(request: HttpRequest) -> bool:
    """A name of another site that leads here is none of ours, though ALLOWED_HOSTS would stop it before."""
    return urlsplit(f"//{request.get_host()}").hostname in ("localhost", "127.0.0.1", "::1")
