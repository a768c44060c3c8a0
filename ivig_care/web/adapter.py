"""How django-allauth behaves here: whom it lets in, how codes leave, what it says, and what it writes down."""

from __future__ import annotations

import logging
import time
from contextlib import AbstractContextManager, nullcontext
from datetime import timedelta
from random import SystemRandom
from typing import Any
from urllib.parse import urlsplit

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.internal.flows.login import record_authentication
from allauth.account.models import EmailAddress
from allauth.core import context as current
from allauth.core import ratelimit
from allauth.core.exceptions import ImmediateHttpResponse
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.models import Authenticator
from django.conf import settings
from django.core.cache import cache
from django.forms import BaseForm
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.utils import translation
from django.utils.translation import get_language, gettext_lazy

from ivig_care.accounts.models import User, language_spoken
from ivig_care.actions.accounts import language_set, signed_in_note
from ivig_care.care_teams.access import needs_strong_sign_in
from ivig_care.care_teams.models import Invitation
from ivig_care.common import clock
from ivig_care.common.secrets import seal, secret_hash, secret_make, unseal
from ivig_care.nudges.channels import channel_for
from ivig_care.nudges.channels.base import Message, SendFailed
from ivig_care.nudges.channels.gsm7 import to_gsm7
from ivig_care.web.sign_in.numbers import number_proved
from ivig_care.web.sign_in.proofs import has_second_factor, way_in
from ivig_care.web.sign_in.ways import NEXT

log = logging.getLogger(__name__)

# Where the page of an invitation keeps its code while somebody signs up with it.
INVITATION = "invitation"
# Set for so long after a text could not be sent; whoever asks for one meanwhile is told, known here or not.
TEXTS_FAIL, TEXTS_FAIL_FOR = "texts-fail", timedelta(minutes=5)
# About as long as a provider takes to accept a text: a number that nobody has is answered no sooner.
_PROVIDER_SECONDS = (0.2, 0.8)


class AccountAdapter(DefaultAccountAdapter):
    """Accounts are made by invitation only; codes leave through our own channels."""

    error_messages = DefaultAccountAdapter.error_messages | {
        "account_inactive": gettext_lazy("This account is closed."),
        "cannot_remove_primary_email": gettext_lazy(
            "This is the address we write to. Choose another one for that first."
        ),
        "duplicate_email": gettext_lazy("You have this address already."),
        "email_password_mismatch": gettext_lazy("The e-mail address and the password do not belong together."),
        "email_taken": gettext_lazy("This address cannot be added."),
        "enter_current_password": gettext_lazy("That is not your password of today."),
        "incorrect_code": gettext_lazy("That is not the code. Look again, or ask for a new one."),
        "incorrect_password": gettext_lazy("That is not your password."),
        "max_email_addresses": gettext_lazy("You have %d addresses. That is the most we keep."),
        "too_many_login_attempts": gettext_lazy("Too many tries. Wait a few minutes, then try again."),
        "rate_limited": gettext_lazy("Too many tries. Wait a few minutes, then try again."),
        "unverified_primary_email": gettext_lazy("Prove the address first, with the code that we send there."),
    }

    # --- who comes in ---------------------------------------------------------------------------

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """Only to somebody who holds an open invitation: a stranger has no child here to care for."""
        code = request.session.get(INVITATION)
        if not isinstance(code, str):
            return False
        return Invitation.objects.open(clock.now()).filter(code_hash=secret_hash(code)).exists()

    def save_user(self, request: HttpRequest, user: User, form: BaseForm, commit: bool = True) -> User:
        """The new person, with their name."""
        user.name = form.cleaned_data["name"]
        saved: User = super().save_user(request, user, form, commit)
        return saved

    def get_login_stages(self) -> list[str]:
        """As allauth has them, but for whom a second factor is asked of."""
        ours = "ivig_care.web.sign_in.stages.SecondFactorStage"
        return [
            ours if stage == "allauth.mfa.stages.AuthenticateStage" else stage for stage in super().get_login_stages()
        ]

    def post_login(self, request: HttpRequest, user: User, **more: Any) -> HttpResponse:
        """Write it down. A new person has just proved their address with a code, and is not asked for another."""
        if more.get("signup"):
            record_authentication(request, user, method="code", email=more.get("email"))
        response: HttpResponse = super().post_login(request, user, **more)
        request.session.pop(NEXT, None)
        now = clock.now()
        # Messages are written where no browser can be asked: they follow the one that the person signed in with first.
        spoken = get_language()
        if not user.language and spoken and spoken != settings.LANGUAGE_CODE:
            language_set(person=user, language=spoken)
        signed_in_note(person=user, way=way_in(request, user, since=now - timedelta(minutes=20)), now=now)
        return response

    # --- what leaves ----------------------------------------------------------------------------

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        """Send one of our e-mails about signing in. Answers with a page that says so when it does not leave.

        Known address or not, an e-mail leaves: so the answer and the time it takes are the same.
        """
        try:
            with _language_of(_person_at(email)):
                channel_for("email").send(_letter(template_prefix, email, context))
        except SendFailed as failed:
            log.error("an e-mail about signing in did not leave: %s", failed.detail)
            if not failed.is_permanent:
                raise ImmediateHttpResponse(render(current.request, "account/not_sent.html", status=503)) from failed

    def send_changed_mail(self, email: str, about: str) -> None:
        """Tell somebody that a way of theirs to sign in was changed. That is done, whether or not the e-mail leaves."""
        try:
            channel_for("email").send(_letter("account/email/changed", email, {"about": about}))
        except SendFailed as failed:
            log.error("an e-mail about a changed account did not leave: %s", failed.detail)

    def send_verification_code_sms(self, user: User, phone: str, code: str, **more: Any) -> None:
        """Send a code as a text. `phone` is what was typed; it goes to the number that the person has proved."""
        point = number_proved(phone)
        if point is None or point.user_id != user.pk:
            return
        # Written in another way the same number would count as another.
        if not ratelimit.consume(current.request, action="send_text", key=point.address):
            return
        with _language_of(user):
            text = to_gsm7(render_to_string("account/messages/login_code_sms.txt", {"code": code}).strip())
        message = Message(key=f"account-{secret_make()}", to=point.address, subject="", text=text)
        try:
            channel_for("sms").send(message)
        except SendFailed as failed:
            log.error("a text about signing in did not leave: %s", failed.detail)
            # What is wrong with one number says nothing about the others, and must say nothing about this one.
            if not failed.is_permanent:
                cache.set(TEXTS_FAIL, True, timeout=TEXTS_FAIL_FOR.total_seconds())

    def send_unknown_account_sms(self, phone: str, **more: Any) -> None:
        """Nothing leaves, for a text costs money; but the answer takes as long as if it had."""
        if not channel_for("sms").is_local:
            time.sleep(SystemRandom().uniform(*_PROVIDER_SECONDS))

    # --- phones, as allauth asks for them: they are ways to reach a person, and proved there ------------

    def get_user_by_phone(self, phone: str) -> User | None:
        """Whom a number means that somebody typed."""
        point = number_proved(phone)
        return None if point is None else point.user

    def get_phone(self, user: User) -> tuple[str, bool] | None:
        """None: nobody has to prove a number in order to sign in."""
        return None

    def set_phone(self, user: User, phone: str, verified: bool) -> None:
        """Nothing: numbers are added on the page "How we reach you"."""

    def set_phone_verified(self, user: User, phone: str) -> None:
        """Nothing: only proved numbers sign anybody in."""

    # --- confirming who is there ----------------------------------------------------------------

    def get_reauthentication_methods(self, user: User) -> list[dict[str, Any]]:
        """What the person can show: the second factor if they have one, else also password or passkey."""
        methods: list[dict[str, Any]] = super().get_reauthentication_methods(user)
        if methods and has_second_factor(user):
            methods = [method for method in methods if method["id"] != "reauthenticate"]
        return methods


class MfaAdapter(DefaultMFAAdapter):
    """Second factors and passkeys."""

    error_messages = DefaultMFAAdapter.error_messages | {
        "cannot_delete_authenticator": gettext_lazy("On a clinic’s staff you need one. Set up another one first."),
        "cannot_generate_recovery_codes": gettext_lazy("Recovery codes come with an authenticator app or a passkey."),
        "incorrect_code": gettext_lazy("That is not the code, or it was used before. Wait for the next one."),
        "unverified_email": gettext_lazy("Prove your e-mail address first."),
    }

    def encrypt(self, text: str) -> str:
        """The secrets of apps and recovery codes lie sealed in the database."""
        return seal(text)

    def decrypt(self, encrypted_text: str) -> str:
        """And are read with the key of the site."""
        return unseal(encrypted_text)

    def can_delete_authenticator(self, authenticator: Authenticator) -> bool:
        """The last one of somebody on a staff stays."""
        user: User = authenticator.user
        others = Authenticator.objects.filter(user=user).exclude(pk=authenticator.pk)
        has_other = others.exclude(type=Authenticator.Type.RECOVERY_CODES).exists()
        return has_other or not needs_strong_sign_in(user)

    def generate_authenticator_name(self, user: User, type: Authenticator.Type) -> str:
        """What a new passkey is called until the person gives it a name."""
        count = Authenticator.objects.filter(user=user, type=type).count()
        return f"Passkey {count + 1}"

    def get_public_key_credential_rp_entity(self) -> dict[str, str]:
        """Whose passkeys they are: the site's, by the name under which people reach it."""
        host = urlsplit(settings.PUBLIC_URL).hostname
        if settings.IS_LOOPBACK:
            host = current.request.get_host().partition(":")[0]
        return {"id": str(host), "name": "ivig_care"}


def _language_of(user: object) -> AbstractContextManager[None]:
    """Speaks the language that the person chose; that of the page to whoever chose none, or is not known here."""
    chosen = user.language if isinstance(user, User) else ""
    return translation.override(language_spoken(chosen)) if chosen else nullcontext()


def _person_at(email: str) -> User | None:
    """Whose address it is; asked whether or not anybody has it, so that the time it takes says nothing."""
    proved = EmailAddress.objects.filter(email__iexact=email, verified=True).select_related("user").first()
    return proved.user if proved else None


def _letter(template_prefix: str, email: str, context: dict[str, Any]) -> Message:
    words = {"email": email, "public_url": settings.PUBLIC_URL, **context}
    return Message(
        key=f"account-{secret_make()}",
        to=email,
        subject=" ".join(render_to_string(f"{template_prefix}_subject.txt", words).split()),
        text=render_to_string(f"{template_prefix}_message.txt", words).strip() + "\n",
    )


def texts_fail() -> bool:
    """Whether texts have not left lately."""
    return bool(cache.get(TEXTS_FAIL))


def address_to_write_to(user: User) -> str:
    """The proved address that a code for this person goes to."""
    proved = EmailAddress.objects.filter(user=user, verified=True).order_by("-primary", "pk").first()
    return proved.email if proved else user.email
