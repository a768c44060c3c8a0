"""What is typed to sign in, on allauth's forms."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from allauth.account.adapter import get_adapter
from allauth.account.forms import SignupForm as AllauthSignupForm
from allauth.account.internal.userkit import filter_users_by_email
from allauth.core import context, ratelimit
from allauth.mfa import app_settings as mfa_settings
from allauth.mfa.base.forms import AuthenticateForm, ReauthenticateForm
from allauth.mfa.models import Authenticator
from allauth.mfa.webauthn.forms import (
    AddWebAuthnForm,
    AuthenticateWebAuthnForm,
    LoginWebAuthnForm,
    ReauthenticateWebAuthnForm,
)
from django import forms
from django.core.cache import cache
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from ivig_care.accounts.models import User
from ivig_care.actions.accounts import address_add
from ivig_care.web.sign_in.numbers import number_proved, numbers_meant

NEITHER = gettext_lazy("Write an e-mail address, or a mobile number such as +1 212 555 0147.")


class CodeRequestForm(forms.Form):
    """One field for an e-mail address or a mobile number. Known or not, it is taken alike."""

    use_required_attribute = False

    login = forms.CharField(max_length=200, error_messages={"required": NEITHER})
    _user: User | None = None

    def clean(self) -> dict[str, Any]:
        """Whom it means, and whether codes were asked for too often."""
        said: dict[str, Any] = super().clean() or {}
        typed = said.get("login", "")
        if "@" in typed:
            self._clean_email(said, typed)
        elif typed:
            self._clean_number(said, typed)
        return said

    def _clean_email(self, said: dict[str, Any], typed: str) -> None:
        email = typed.lower()
        try:
            validate_email(email)
        except ValidationError:
            raise ValidationError({"login": NEITHER}) from None
        users = filter_users_by_email(email, is_active=True, prefer_verified=True, for_login=True)
        self._count(email)
        said["email"] = email
        self._user = users[0] if users else None
        if self._user is not None:
            # The code will prove the address, if it is in the list to be proved.
            address_add(person=self._user, is_proved=False)

    def _clean_number(self, said: dict[str, Any], typed: str) -> None:
        if not numbers_meant(typed):
            raise ValidationError({"login": NEITHER})
        self._count("".join(sign for sign in typed if sign.isdigit()))
        said["phone"] = typed
        point = number_proved(typed)
        self._user = point.user if point is not None else None

    def _count(self, key: str) -> None:
        if not ratelimit.consume(context.request, action="request_login_code", key=key):
            raise get_adapter().validation_error("too_many_login_attempts")


class SignupForm(AllauthSignupForm):
    """A name and an address that will be proved; no password."""

    use_required_attribute = False

    name = forms.CharField(
        max_length=100,
        error_messages={
            "required": gettext_lazy("Write your name."),
            "max_length": gettext_lazy("That is too long. Write at most 100 letters."),
        },
    )
    field_order = ("name", "email")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields.pop("password1", None)
        self.fields["email"].error_messages["required"] = _("Write your e-mail address.")

    def clean_name(self) -> str:
        """The name, as people see it."""
        return " ".join(str(self.cleaned_data["name"]).split())


class _OnceOnly:
    """A code of an authenticator app lets in once; for as long as it is good, which is longer than allauth looks."""

    user: User
    authenticator: Authenticator

    def clean_code(self) -> str:
        """The code, if it is right and was not used before."""
        try:
            code = str(super().clean_code())  # type: ignore[misc]
        except Authenticator.DoesNotExist as error:  # it was taken away at this very moment
            raise get_adapter().validation_error("incorrect_code") from error
        if self.authenticator.type == Authenticator.Type.TOTP:
            key = f"second factor used {self.user.pk} {''.join(code.split())}"
            lasts = mfa_settings.TOTP_PERIOD * (2 * mfa_settings.TOTP_TOLERANCE + 1)
            if not cache.add(key.replace(" ", "-"), "used", timeout=lasts):
                raise get_adapter().validation_error("incorrect_code")
        return code


class SecondFactorForm(_OnceOnly, AuthenticateForm):
    """The code of an authenticator app, or a recovery code, when signing in."""


class SecondFactorAgainForm(_OnceOnly, ReauthenticateForm):
    """The same, to confirm who is there."""


UNUSABLE = gettext_lazy("That passkey does not work here. Try again, or use a code.")


@contextmanager
def _unusable_is_said() -> Iterator[None]:
    """What a browser says of a passkey is bytes in text in bytes: whatever cannot be read in it is said alike.

    The library that reads them raises what Python raises where it happens, so there is nothing narrower to catch.
    """
    try:
        yield
    except ValidationError as error:
        raise ValidationError(UNUSABLE) from error
    except Exception as error:
        raise ValidationError(UNUSABLE) from error


class _Shown:
    """A passkey that is shown."""

    def clean_credential(self) -> Authenticator:
        """Whose it is, if it can be read and is known."""
        with _unusable_is_said():
            found: Authenticator = super().clean_credential()  # type: ignore[misc]
        return found


class PasskeyLoginForm(_Shown, LoginWebAuthnForm):
    """A passkey instead of everything else."""


class PasskeyFactorForm(_Shown, AuthenticateWebAuthnForm):
    """A passkey as the second step."""


class PasskeyAgainForm(_Shown, ReauthenticateWebAuthnForm):
    """A passkey to confirm who is there."""


class PasskeyForm(AddWebAuthnForm):
    """A new passkey. It always asks for a face, a finger or a number of the device, so that it lets in by itself."""

    use_required_attribute = False

    def clean(self) -> dict[str, Any]:
        """Refuse what cannot be read, and what did not make sure who holds the device."""
        self.cleaned_data["passwordless"] = True
        with _unusable_is_said():
            said: dict[str, Any] = super().clean()
            if "\\u0000" in json.dumps(said.get("credential")):
                raise ValueError("no database keeps that")
        return said
