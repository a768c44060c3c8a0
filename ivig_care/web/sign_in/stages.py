"""Where signing in stops on its way."""

from __future__ import annotations

from allauth.mfa.stages import AuthenticateStage
from django.http import HttpRequest

from ivig_care.web.sign_in.proofs import has_second_factor


class SecondFactorStage(AuthenticateStage):
    """Ask for the second factor of whoever has one; to a parent a passkey is another way in and not a second lock."""

    def _should_handle(self, request: HttpRequest) -> bool:
        is_asked: bool = super()._should_handle(request)
        return is_asked and has_second_factor(self.login.user)
