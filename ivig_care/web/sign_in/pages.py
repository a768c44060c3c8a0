"""allauth's pages, with what is asked before them, remembered beside them and written down after them."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from http import HTTPStatus
from typing import Any

from allauth.account import views as account
from allauth.account.adapter import get_adapter
from allauth.account.models import EmailAddress
from allauth.account.stages import LoginStage
from allauth.account.utils import get_next_redirect_url
from allauth.mfa.adapter import get_adapter as get_mfa_adapter
from allauth.mfa.base import views as mfa
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes import views as recovery_codes
from allauth.mfa.totp import views as totp
from allauth.mfa.webauthn import views as webauthn
from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from django.views.generic import FormView

from ivig_care.accounts.models import User
from ivig_care.actions.accounts import SECOND_FACTOR, account_changed_note
from ivig_care.care_teams.access import needs_strong_sign_in
from ivig_care.common import clock
from ivig_care.web.adapter import address_to_write_to, texts_fail
from ivig_care.web.confirm import confirm_first, confirm_to_change
from ivig_care.web.http import PersonRequest
from ivig_care.web.sign_in.forms import UNUSABLE
from ivig_care.web.sign_in.outbox import is_outbox_open
from ivig_care.web.sign_in.proofs import has_second_factor, is_strong, proof_add
from ivig_care.web.sign_in.ways import NEXT, guesses_limited, keeps_next

View = Callable[..., HttpResponse]

# Where a person goes on to who had to set up a second factor first.
GO_ON_TO = "go_on_to"


# --- signing in -------------------------------------------------------------------------------


class _BeginsAnew:
    """Whoever opens the page to sign in sees it, though they had begun with another address before."""

    def _redirect_to_pending_stage(self, request: HttpRequest, stage: LoginStage) -> None:
        return None


class _CodeRequest(_BeginsAnew, account.RequestLoginCodeView):
    pass


class _Password(_BeginsAnew, account.LoginView):
    pass


class _SignUp(_BeginsAnew, account.SignupView):
    """Whoever wrote a wrong address comes back here and writes another."""


class _CodeConfirm(account.ConfirmLoginCodeView):
    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context: dict[str, Any] = super().get_context_data(**kwargs)
        return context | {"texts_fail": texts_fail(), "has_open_outbox": is_outbox_open(self.request)}


class _SecondFactor(mfa.AuthenticateView):
    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context: dict[str, Any] = super().get_context_data(**kwargs)
        return context | {"has_open_outbox": is_outbox_open(self.request)}


class _PasskeyAgain(webauthn.ReauthenticateWebAuthnView):
    def form_invalid(self, form: Any) -> HttpResponse:
        # allauth leads to the sign-in page, which leads away from what the person was doing.
        messages.error(self.request, UNUSABLE)
        return HttpResponseRedirect(self.passthrough_next_url(self.request.path))


class _AppMove(totp.ActivateTOTPView):
    """Another phone: the new app takes the place of the old one at once, so that nobody is ever without."""

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        # Not by way of allauth's view, which first wants the old app to be taken away.
        return FormView.dispatch(self, request, *args, **kwargs)

    @transaction.atomic
    def form_valid(self, form: Any) -> HttpResponse:
        Authenticator.objects.filter(user_id=self.request.user.pk, type=Authenticator.Type.TOTP).delete()
        response: HttpResponse = super().form_valid(form)
        return response


class _PasswordForgotten(account.PasswordResetFromKeyView):
    def form_valid(self, form: Any) -> HttpResponse:
        # Nobody is signed in here, so `noted` would not know whose it is.
        response: HttpResponse = super().form_valid(form)
        person: User = self.reset_user
        account_changed_note(person=person, about="password", now=clock.now())
        get_adapter().send_changed_mail(address_to_write_to(person), "password")
        return response


class _AddressConfirm(account.ConfirmEmailVerificationCodeView):
    def _resend_form_valid(self, form: Any) -> HttpResponse:
        # allauth sends nothing more to somebody who has an account already, and the time it takes would tell.
        self._process.generate_code()
        self._process.send()
        self._process.record_resend()
        self._process.persist()
        return HttpResponseRedirect(self.passthrough_next_url(reverse("account_email_verification_sent")))

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context: dict[str, Any] = super().get_context_data(**kwargs)
        to = self.get_next_url() or self.request.session.get(NEXT)
        return context | {"has_open_outbox": is_outbox_open(self.request), "to": to}


code_request = keeps_next(_CodeRequest.as_view())
code_confirm = keeps_next(guesses_limited(_CodeConfirm.as_view()))
password = _Password.as_view()
sign_up = keeps_next(_SignUp.as_view())
password_forgotten = login_not_required(_PasswordForgotten.as_view())
second_factor = keeps_next(_SecondFactor.as_view())
passkey = keeps_next(webauthn.login_webauthn)
passkey_again = _PasskeyAgain.as_view()


# --- changing how one signs in ----------------------------------------------------------------


def noted(view: View) -> View:
    """Write down what the page has changed, and tell the person where they were reached before that.

    A factor that was set up just now was shown by that.
    """

    @wraps(view)
    def done(request: HttpRequest, *args: object, **kwargs: object) -> HttpResponse:
        if request.method != "POST" or not isinstance(request.user, User):
            return view(request, *args, **kwargs)
        person = request.user
        before, address = _state_of(person), address_to_write_to(person)
        response = view(request, *args, **kwargs)
        after = _state_of(person)
        for about in after:
            if before[about] != after[about]:
                account_changed_note(person=person, about=about, now=clock.now())
                get_adapter().send_changed_mail(address, about)
        for factor in Authenticator.objects.filter(pk__in=after[SECOND_FACTOR] - before[SECOND_FACTOR]):
            if factor.type != Authenticator.Type.RECOVERY_CODES:
                proof_add(request, person, factor)
        return response

    return done


def _state_of(person: User) -> dict[str, set[Any]]:
    return {
        SECOND_FACTOR: set(Authenticator.objects.filter(user=person).values_list("pk", flat=True)),
        "e-mail address": set(EmailAddress.objects.filter(user=person).values_list("email", "verified", "primary")),
        "password": set(User.objects.filter(pk=person.pk).values_list("password", flat=True)),
    }


def stays_strong(view: View) -> View:
    """Keep the last second factor of somebody on a staff."""

    @wraps(view)
    def kept(request: PersonRequest, pk: int) -> HttpResponse:
        factor = get_object_or_404(Authenticator, pk=pk, user=request.user, type=Authenticator.Type.WEBAUTHN)
        adapter = get_mfa_adapter()
        if not adapter.can_delete_authenticator(factor):
            messages.error(request, adapter.error_messages["cannot_delete_authenticator"])
            return redirect("you")
        return view(request, pk=pk)

    return kept


address_confirm = keeps_next(guesses_limited(noted(login_not_required(_AddressConfirm.as_view()))))
addresses = confirm_to_change(noted(account.email))
password_change = confirm_first(noted(account.password_change), keeps_form=False)
password_set = confirm_first(noted(account.password_set), keeps_form=False)
app_add = confirm_first(noted(totp.activate_totp))
app_move = confirm_first(noted(_AppMove.as_view()))
app_remove = confirm_first(noted(totp.deactivate_totp))


@confirm_first
def passkey_add(request: PersonRequest) -> HttpResponse:
    """Add a passkey. Codes for a lost phone come with a second lock only, and to a parent a passkey is none."""
    response: HttpResponse = noted(webauthn.add_webauthn)(request)
    if response.status_code != HTTPStatus.FOUND or has_second_factor(request.user):
        return response
    Authenticator.objects.filter(user=request.user, type=Authenticator.Type.RECOVERY_CODES).delete()
    return redirect("you")


passkey_rename = confirm_first(webauthn.edit_webauthn)
passkey_remove = confirm_first(stays_strong(noted(webauthn.remove_webauthn)))
codes_make = confirm_first(noted(recovery_codes.generate_recovery_codes))


@never_cache
@confirm_first
def codes_show(request: PersonRequest) -> HttpResponse:
    """The recovery codes, once; then on to where the person wanted to go."""
    response: HttpResponse = recovery_codes.view_recovery_codes(request)
    if hasattr(response, "context_data"):
        response.context_data["go_on_to"] = request.session.pop(GO_ON_TO, "")
    return response


@require_safe
def to_you(_request: PersonRequest) -> HttpResponse:
    """What allauth has pages of its own for stands on the page "You"."""
    return redirect("you")


@never_cache
@require_safe
def needed(request: PersonRequest) -> HttpResponse:
    """On a clinic's staff: choose the second factor to set up."""
    if not needs_strong_sign_in(request.user):
        raise Http404
    to = get_next_redirect_url(request) or ""
    if has_second_factor(request.user):
        return redirect("you") if is_strong(request, request.user) else redirect(to or "home")
    if to:
        request.session[GO_ON_TO] = to
    return render(request, "account/second_factor_needed.html")
