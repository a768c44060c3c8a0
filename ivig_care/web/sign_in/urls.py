"""Addresses for signing in and for what is needed for it: those of allauth that are offered here, and no others."""

from allauth.account import views as account
from allauth.mfa.base import views as mfa
from django.urls import path, re_path

from ivig_care.web.sign_in import confirming, outbox, pages

urlpatterns = [
    # signing in
    path("login/code/", pages.code_request, name="account_request_login_code"),
    path("login/code/confirm/", pages.code_confirm, name="account_confirm_login_code"),
    path("login/", pages.password, name="account_login"),
    path("2fa/authenticate/", pages.second_factor, name="mfa_authenticate"),
    path("2fa/webauthn/login/", pages.passkey, name="mfa_login_webauthn"),
    path("signup/", pages.sign_up, name="account_signup"),
    path("confirm-email/", pages.address_confirm, name="account_email_verification_sent"),
    path("logout/", account.logout, name="account_logout"),
    path("inactive/", account.account_inactive, name="account_inactive"),
    path("outbox/", outbox.outbox, name="open_outbox"),
    # a password that was forgotten
    path("password/reset/", account.password_reset, name="account_reset_password"),
    path("password/reset/done/", account.password_reset_done, name="account_reset_password_done"),
    re_path(
        r"^password/reset/key/(?P<uidb36>[0-9A-Za-z]+)-(?P<key>.+)/$",
        pages.password_forgotten,
        name="account_reset_password_from_key",
    ),
    path(
        "password/reset/key/done/",
        account.password_reset_from_key_done,
        name="account_reset_password_from_key_done",
    ),
    # confirming that it is you
    path("confirm/", confirming.page, name="confirm_identity"),
    path("confirm/code/", confirming.code, name="confirm_identity_code"),
    path("reauthenticate/", account.reauthenticate, name="account_reauthenticate"),
    path("2fa/reauthenticate/", mfa.reauthenticate, name="mfa_reauthenticate"),
    path("2fa/webauthn/reauthenticate/", pages.passkey_again, name="mfa_reauthenticate_webauthn"),
    # how one signs in
    path("email/", pages.addresses, name="account_email"),
    path("password/change/", pages.password_change, name="account_change_password"),
    path("password/set/", pages.password_set, name="account_set_password"),
    path("2fa/", pages.to_you, name="mfa_index"),
    path("2fa/needed/", pages.needed, name="second_factor_needed"),
    path("2fa/totp/activate/", pages.app_add, name="mfa_activate_totp"),
    path("2fa/totp/move/", pages.app_move, name="app_move"),
    path("2fa/totp/deactivate/", pages.app_remove, name="mfa_deactivate_totp"),
    path("2fa/webauthn/", pages.to_you, name="mfa_list_webauthn"),
    path("2fa/webauthn/add/", pages.passkey_add, name="mfa_add_webauthn"),
    path("2fa/webauthn/keys/<int:pk>/edit/", pages.passkey_rename, name="mfa_edit_webauthn"),
    path("2fa/webauthn/keys/<int:pk>/remove/", pages.passkey_remove, name="mfa_remove_webauthn"),
    path("2fa/recovery-codes/", pages.codes_show, name="mfa_view_recovery_codes"),
    path("2fa/recovery-codes/generate/", pages.codes_make, name="mfa_generate_recovery_codes"),
    path("sessions/", pages.to_you, name="usersessions_list"),
]
