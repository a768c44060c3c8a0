"""What this session knows of who is there: how the person proved it, with what, and how long ago."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from allauth.account.authentication import get_authentication_records
from allauth.account.internal.flows.login import record_authentication
from allauth.mfa.models import Authenticator
from django.http import HttpRequest

from ivig_care.accounts.models import User
from ivig_care.care_teams.access import needs_strong_sign_in
from ivig_care.common import clock

Type = Authenticator.Type
# Who has just shown who they are is not asked again for so long.
PROOF_LASTS = timedelta(minutes=15)
# So long a second factor counts for a clinic's staff: a shift, because several use one computer there.
STRONG_LASTS = timedelta(hours=12)
# How allauth's record calls what somebody showed, and how we do.
_WAYS = {
    "code": "code",
    "password": "password",
    "webauthn": "passkey",
    "totp": "app",
    "recovery_codes": "recovery code",
}


def is_strong(request: HttpRequest, user: User) -> bool:
    """Whether the person has shown a second factor in this session, or came in with a passkey, within a shift.

    Only while that factor is still theirs: what was taken away proves nothing any more.
    """
    since = (clock.now() - STRONG_LASTS).timestamp()
    records = get_authentication_records(request, user)
    return _shows_factor([record for record in records if record.get("at", 0) > since], user)


def _shows_factor(records: list[dict[str, Any]], user: User) -> bool:
    shown = [record for record in records if record.get("method") == "mfa"]
    if not shown:
        return False
    own = dict(Authenticator.objects.filter(user=user).values_list("pk", "type"))
    # Recovery codes are made anew under another key.
    has_codes = Type.RECOVERY_CODES in own.values()
    return any(record.get("id") in own or (record.get("type") == Type.RECOVERY_CODES and has_codes) for record in shown)


def has_second_factor(user: User) -> bool:
    """Whether a code or a password alone does not let the person in.

    To a parent a passkey is another way in, not a second lock: whoever left it at home still gets in with a code.
    """
    types = set(Authenticator.objects.filter(user=user).values_list("type", flat=True))
    return Type.TOTP in types or (Type.WEBAUTHN in types and needs_strong_sign_in(user))


def is_just_proved(request: HttpRequest, user: User) -> bool:
    """Whether the person has shown who they are a moment ago; with the second factor, if they have one."""
    since = (clock.now() - PROOF_LASTS).timestamp()
    fresh = [record for record in get_authentication_records(request, user) if record.get("at", 0) > since]
    return bool(fresh) and (_shows_factor(fresh, user) or not has_second_factor(user))


def proof_add(request: HttpRequest, user: User, factor: Authenticator) -> None:
    """Remember that the person has just shown this factor, as by setting it up."""
    record_authentication(request, user, "mfa", id=factor.pk, type=factor.type, reauthenticated=True)


def way_in(request: HttpRequest, user: User, *, since: datetime) -> str:
    """How the person signed in, for the log: "code", "passkey", "password, app"."""
    records = get_authentication_records(request, user)
    names = (
        _WAYS.get(str(one.get("type") or one.get("method")), "") for one in records if one["at"] > since.timestamp()
    )
    return ", ".join(dict.fromkeys(name for name in names if name))
