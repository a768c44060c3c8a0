"""The page "Confirm that it is you": with the second factor, or else with a code by e-mail, a password, a passkey.

allauth has pages for password, app and passkey, but none for whoever has neither of them.
"""

from __future__ import annotations

from typing import Any

from allauth.account import app_settings
from allauth.account.adapter import get_adapter
from allauth.account.forms import ConfirmLoginCodeForm
from allauth.account.internal.flows.code_verification import AbstractCodeVerificationProcess
from allauth.account.internal.flows.login import record_authentication
from allauth.account.internal.flows.reauthentication import resume_request
from allauth.account.utils import get_next_redirect_url, passthrough_next_redirect_url
from allauth.core import ratelimit
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from ivig_care.accounts.models import User
from ivig_care.web.adapter import address_to_write_to
from ivig_care.web.confirm import confirm_url
from ivig_care.web.errors import too_many
from ivig_care.web.http import PersonRequest
from ivig_care.web.sign_in.outbox import is_outbox_open
from ivig_care.web.sign_in.proofs import has_second_factor, is_just_proved
from ivig_care.web.sign_in.ways import guesses_limited

_STATE = "confirm_identity_code"


class ConfirmationCode(AbstractCodeVerificationProcess):
    """A code that goes to the person's own address and is typed a few times at most, kept in the session."""

    def __init__(self, request: HttpRequest, state: dict[str, Any], user: User) -> None:
        self.request = request
        super().__init__(
            state=state,
            user=user,
            timeout=app_settings.LOGIN_BY_CODE_TIMEOUT,
            max_attempts=app_settings.LOGIN_BY_CODE_MAX_ATTEMPTS,
        )

    @classmethod
    def sent(cls, request: HttpRequest, user: User) -> ConfirmationCode:
        """A new code, on its way."""
        process = cls(request, cls.initial_state(user=user, email=address_to_write_to(user)), user)
        process.state["code"] = get_adapter().generate_login_code()
        process.send()
        process.persist()
        return process

    @classmethod
    def waiting(cls, request: HttpRequest, user: User) -> ConfirmationCode | None:
        """The code that was sent last, if it is still good."""
        state = request.session.get(_STATE)
        if not state or state.get("user_id") != str(user.pk):
            return None
        process: ConfirmationCode | None = cls(request, state, user).abort_if_invalid()
        return process

    def send(self) -> None:
        """Send it."""
        get_adapter().send_mail("account/email/confirmation_code", self.state["email"], {"code": self.code})

    def persist(self) -> None:
        """Keep it."""
        self.request.session[_STATE] = self.state

    def abort(self) -> None:
        """Forget it."""
        self.request.session.pop(_STATE, None)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def page(request: PersonRequest) -> HttpResponse:
    """Choose how to confirm; a POST sends a code."""
    if is_just_proved(request, request.user):
        return resume_request(request) or redirect("you")
    if request.method != "POST":
        return _page(request)
    if has_second_factor(request.user):
        raise Http404
    if not ratelimit.consume(request, action="confirm_identity"):
        return too_many(request)
    ConfirmationCode.sent(request, request.user)
    return redirect(confirm_url(get_next_redirect_url(request) or "/you/"))


@guesses_limited
@require_http_methods(["POST"])
def code(request: PersonRequest) -> HttpResponse:
    """The code that arrived; then on with what was begun."""
    process = ConfirmationCode.waiting(request, request.user)
    if process is None or has_second_factor(request.user):
        return _page(request, problem=_("That code is too old. Ask for a new one."))
    form = ConfirmLoginCodeForm(request.POST, code=process.code)
    if not form.is_valid():
        has_tries = process.record_invalid_attempt()
        more = _("Look again, or ask for a new one.") if has_tries else _("Ask for a new one.")
        return _page(request, problem=_("That is not the code. %(more)s") % {"more": more})
    process.abort()
    email = process.state["email"]
    record_authentication(request, request.user, method="code", email=email, reauthenticated=True)
    return resume_request(request) or redirect("you")


def _page(request: PersonRequest, *, problem: str = "") -> HttpResponse:
    user = request.user
    is_strong_only = has_second_factor(user)
    process = None if is_strong_only else ConfirmationCode.waiting(request, user)
    ways = {
        way["id"]: passthrough_next_redirect_url(request, way["url"], "next")
        for way in get_adapter().get_reauthentication_methods(user)
    }
    context = {
        "has_code": not is_strong_only,
        "is_sent": process is not None,
        "email": address_to_write_to(user),
        "password_url": ways.get("reauthenticate"),
        "app_url": ways.get("mfa_reauthenticate"),
        "passkey_url": ways.get("mfa_reauthenticate:webauthn"),
        "next": get_next_redirect_url(request) or "",
        "problem": problem,
        "has_open_outbox": is_outbox_open(request),
    }
    return render(request, "account/confirm.html", context, status=422 if problem else 200)
