"""What each address of the site asks for, and who has that: data to be read by whoever reviews access.

It says again, in its own words, what ivig_care/care_teams/access.py says; neither is made from the other, so a change
of one shows. A new address needs a row in ROWS, or test_matrix.py fails and names it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum


class Kind(StrEnum):
    """The kinds of people that there are, seen from Lena, whose record it is, and from Riverside, her clinic."""

    ANONYMOUS = "anonymous"
    GUEST = "guest"  # a device that a guest link of Lena's is bound to
    EXPIRED_GUEST = "expired guest"
    SIGNED_OUT_LINK = "signed-out link"  # somebody with a link from a message, after its person revoked the links
    GUARDIAN = "guardian"
    CAREGIVER = "caregiver"
    VIEWER = "viewer"
    OTHER_FAMILY = "other family"  # the guardian of another child
    CLINICIAN = "clinician"
    NURSE = "nurse"
    ADMIN = "admin"  # of Riverside, with no clinical role
    OTHER_CLINICIAN = "clinician of another clinic"
    WITHDRAWN_CLINICIAN = "clinician of a clinic whose link was withdrawn"
    FORMER_STAFF = "former staff"


class Can(StrEnum):
    """What an address may ask for."""

    ANYTHING = "nothing is asked for"
    BE_SOMEBODY = "be signed in"
    HOLD_LINK = "hold the link of a message that still opens something"
    HOLD_GUEST_LINK = "have the device that a guest link is bound to"
    BE_A_MACHINE = "show the secret of a provider or a watcher"
    HAVE_A_SECOND_FACTOR = "have an authenticator app, as everybody on a staff must"
    BE_THE_ONE = "be the person whose own thing it is (the guardian’s)"
    BE_ANOTHER = "be somebody who is none of these people"
    SEE = "see Lena’s record"
    BELONG = "see Lena’s record as one of her family"
    RECORD = "record for Lena"
    CARE = "record for Lena as one of her family"
    SHARE = "share Lena’s record"
    CONSENT = "let clinics see it, take it out, have it erased"
    INVITE_FAMILY = "give Lena’s family its invitation"
    PRESCRIBE = "prescribe for Lena"
    REVIEW = "review Lena’s infusions"
    ANSWER = "answer what Lena’s family is worried about"
    WORK = "work at a clinic, whichever"
    WORK_HERE = "work at Riverside"
    MANAGE_STAFF = "manage Riverside’s staff"


SIGNED_OUT = frozenset({Kind.ANONYMOUS, Kind.GUEST, Kind.EXPIRED_GUEST, Kind.SIGNED_OUT_LINK})
SIGNED_IN = frozenset(Kind) - SIGNED_OUT

# --- Who has which right: the one statement ---------------------------------------------------------------------------

WHO: Mapping[Can, frozenset[Kind]] = {
    Can.ANYTHING: frozenset(Kind),
    Can.BE_SOMEBODY: SIGNED_IN,
    # The right comes with the address, whoever holds it.
    Can.HOLD_LINK: frozenset(Kind) - {Kind.SIGNED_OUT_LINK},
    Can.HOLD_GUEST_LINK: frozenset({Kind.GUEST}),
    Can.BE_A_MACHINE: frozenset(),
    Can.HAVE_A_SECOND_FACTOR: frozenset(
        {Kind.CLINICIAN, Kind.NURSE, Kind.ADMIN, Kind.OTHER_CLINICIAN, Kind.WITHDRAWN_CLINICIAN}
    ),
    Can.BE_THE_ONE: frozenset({Kind.GUARDIAN}),
    Can.BE_ANOTHER: frozenset(),
    Can.SEE: frozenset({Kind.GUARDIAN, Kind.CAREGIVER, Kind.VIEWER, Kind.CLINICIAN, Kind.NURSE}),
    Can.BELONG: frozenset({Kind.GUARDIAN, Kind.CAREGIVER, Kind.VIEWER}),
    Can.RECORD: frozenset({Kind.GUARDIAN, Kind.CAREGIVER, Kind.CLINICIAN, Kind.NURSE}),
    Can.CARE: frozenset({Kind.GUARDIAN, Kind.CAREGIVER}),
    Can.SHARE: frozenset({Kind.GUARDIAN}),
    Can.CONSENT: frozenset({Kind.GUARDIAN}),
    Can.INVITE_FAMILY: frozenset({Kind.CLINICIAN, Kind.NURSE}),
    Can.PRESCRIBE: frozenset({Kind.CLINICIAN}),
    Can.REVIEW: frozenset({Kind.CLINICIAN}),
    Can.ANSWER: frozenset({Kind.CLINICIAN, Kind.NURSE}),
    Can.WORK: frozenset({Kind.CLINICIAN, Kind.NURSE, Kind.OTHER_CLINICIAN, Kind.WITHDRAWN_CLINICIAN}),
    Can.WORK_HERE: frozenset({Kind.CLINICIAN, Kind.NURSE}),
    Can.MANAGE_STAFF: frozenset({Kind.ADMIN}),
}

# --- How a refusal is said --------------------------------------------------------------------------------------------

TO_SIGN_IN = 302  # and nowhere else than to the sign-in page
# Whoever may know of a thing is told that it is not allowed: 403. For everybody else it does not exist: 404. Of what
# does not stand here only those know who have it.
KNOWN_TO: Mapping[Can, Can] = {
    Can.RECORD: Can.SEE,
    Can.PRESCRIBE: Can.SEE,
    Can.REVIEW: Can.SEE,
    Can.ANSWER: Can.SEE,
    Can.INVITE_FAMILY: Can.SEE,
    Can.SHARE: Can.BELONG,
    Can.CONSENT: Can.BELONG,
}
# Those who ask for no sign-in say no themselves.
SAYS_NO: Mapping[Can, int] = {Can.HOLD_LINK: 410, Can.HOLD_GUEST_LINK: 403, Can.BE_A_MACHINE: 404}


@dataclass(frozen=True, kw_only=True)
class Row:
    """One address. HEAD is answered as GET. A method that it does not name is answered with 405.

    No address names another method than GET and POST: the others are known nowhere on the site.
    """

    get: Can | None = None
    post: Can | None = None
    # Which thing of the story the address names (stage.py), and what a good form says ("{step}" is a thing's key).
    of: str = ""
    form: Mapping[str, str] = field(default_factory=dict)
    query: Mapping[str, str] = field(default_factory=dict)
    # Explicit exceptions: this status for this kind, whatever the method (but 405 stays 405).
    but: Mapping[Kind, int] = field(default_factory=dict)
    # A status of its own for a refusal, or, by the method, for what is allowed (a sick dispatch answers 503).
    no: int | None = None
    ok: Mapping[str, int] = field(default_factory=dict)
    # Whether a 405 comes before anything is asked for; not where the link or the secret is looked at first.
    method_first: bool = True


def _form(can: Can, of: str, **form: str) -> Row:
    """An address that only takes a form."""
    return Row(post=can, of=of, form=form)


def _page(can: Can, of: str = "") -> Row:
    """An address that only shows something."""
    return Row(get=can, of=of)


def _anybody(of: str = "") -> Row:
    """A page with a form that asks for nothing."""
    return Row(get=Can.ANYTHING, post=Can.ANYTHING, of=of)


def _own() -> Row:
    """A page with a form about oneself."""
    return Row(get=Can.BE_SOMEBODY, post=Can.BE_SOMEBODY)


def _linked(*, get: Can | None = None, post: Can | None = None) -> Row:
    """An address below a message's link: whether the link opens is asked before the method."""
    form = {"step": "{step}", "reason": "asleep", "minutes": "30"}
    return Row(get=get, post=post, of="message", method_first=False, form=form)


def _guest(*, get: Can | None = None, post: Can | None = None) -> Row:
    """An address below a guest link: what it is to this device is asked before the method."""
    form = {"step": "{guest step}", "reason": "asleep"}
    return Row(get=get, post=post, of="guest link", method_first=False, form=form, but={Kind.EXPIRED_GUEST: 410})


# While ANYMAIL has no WEBHOOK_SECRET these do not exist, however they are asked.
_MAIL_HOOK = Row(get=Can.BE_A_MACHINE, post=Can.BE_A_MACHINE, method_first=False)

ROWS: Mapping[str, Row] = {
    # --- signing in ---
    "account_request_login_code": _anybody(),
    "account_confirm_login_code": _anybody(),
    "account_login": _anybody(),
    "account_logout": Row(get=Can.ANYTHING, post=Can.ANYTHING, ok={"POST": 302}),
    "account_inactive": _page(Can.ANYTHING),
    "account_signup": _anybody(),
    "account_email_verification_sent": _anybody(),
    "account_reset_password": _anybody(),
    "account_reset_password_done": _page(Can.ANYTHING),
    "account_reset_password_from_key": _anybody("reset"),
    "account_reset_password_from_key_done": _page(Can.ANYTHING),
    "mfa_authenticate": _anybody(),
    "mfa_login_webauthn": _anybody(),
    # Opens on the machine itself only, under one of the machine's own names.
    "open_outbox": _page(Can.BE_A_MACHINE),
    # --- how one signs in ---
    "confirm_identity": _own(),
    "confirm_identity_code": _form(Can.BE_SOMEBODY, ""),
    "account_reauthenticate": _own(),
    "mfa_reauthenticate": _own(),
    "mfa_reauthenticate_webauthn": _own(),
    "account_email": _own(),
    "account_change_password": _own(),
    "account_set_password": _own(),
    "mfa_index": _page(Can.BE_SOMEBODY),
    "second_factor_needed": _page(Can.HAVE_A_SECOND_FACTOR),
    "mfa_activate_totp": _own(),
    "app_move": _own(),
    "mfa_deactivate_totp": Row(get=Can.HAVE_A_SECOND_FACTOR, post=Can.HAVE_A_SECOND_FACTOR),
    "mfa_list_webauthn": _page(Can.BE_SOMEBODY),
    "mfa_add_webauthn": _own(),
    "mfa_edit_webauthn": Row(get=Can.BE_ANOTHER, post=Can.BE_ANOTHER, of="passkey of another"),
    "mfa_remove_webauthn": Row(get=Can.BE_ANOTHER, post=Can.BE_ANOTHER, of="passkey of another"),
    # Nobody here has made any codes yet.
    "mfa_view_recovery_codes": Row(get=Can.BE_SOMEBODY, ok={"GET": 404}),
    "mfa_generate_recovery_codes": _own(),
    "usersessions_list": _page(Can.BE_SOMEBODY),
    "you": _page(Can.BE_SOMEBODY),
    "you_settings": _form(Can.BE_SOMEBODY, "", drinks_in="mL", degrees_in="C"),
    "session_end": _form(Can.BE_THE_ONE, "session"),
    "other_sessions_end": _form(Can.BE_SOMEBODY, ""),
    "own_log": _page(Can.BE_SOMEBODY),
    "own_consents": _page(Can.BE_SOMEBODY),
    "account_close": _own(),
    # --- the clinic ---
    "family_invitation_end": _form(Can.INVITE_FAMILY, "clinic’s invitation"),
    "clinic": _page(Can.WORK),
    "plan_new": Row(get=Can.PRESCRIBE, post=Can.PRESCRIBE, of="child", form={"version": "{version}"}),
    "plan_edit": Row(get=Can.PRESCRIBE, post=Can.PRESCRIBE, of="draft"),
    "plan_preview": _page(Can.PRESCRIBE, "draft"),
    "plan_activate": _form(Can.PRESCRIBE, "draft"),
    "infusion_change": Row(get=Can.PRESCRIBE, post=Can.PRESCRIBE, of="infusion", form={"day": "1", "ago": "0"}),
    "infusion_cancel": _form(Can.PRESCRIBE, "infusion"),
    "clinic_messages": _page(Can.REVIEW, "infusion"),
    "infusion_review": _page(Can.REVIEW, "closed infusion"),
    "review_sign": _form(Can.REVIEW, "closed infusion"),
    "concerns": Row(get=Can.ANSWER, post=Can.ANSWER, of="infusion", form={"words": "we called", "seen": "{concern}"}),
    "review_amend": _form(Can.REVIEW, "closed infusion", note="more"),
    "child_new": Row(get=Can.WORK_HERE, post=Can.WORK_HERE, of="clinic"),
    "clinic_code": _page(Can.WORK_HERE, "clinic"),
    "family_invite": Row(get=Can.INVITE_FAMILY, post=Can.INVITE_FAMILY, of="child", form={"name": "Papa"}),
    "staff": _page(Can.MANAGE_STAFF, "clinic"),
    "staff_invite": _form(Can.MANAGE_STAFF, "clinic", name="Ann", role="nurse"),
    "staff_invitation_end": _form(Can.MANAGE_STAFF, "staff invitation"),
    "staff_place_end": _form(Can.MANAGE_STAFF, "staff place"),
    "clinic_log": _page(Can.MANAGE_STAFF),
    # --- everybody ---
    "language": Row(post=Can.ANYTHING, form={"language": "es"}),
    # --- machines ---
    "healthz": Row(get=Can.ANYTHING, ok={"GET": 503}),
    "metrics": _page(Can.BE_A_MACHINE),
    "hook_sms": Row(post=Can.BE_A_MACHINE, no=400),
    "hook_status": Row(post=Can.BE_A_MACHINE, of="message key", no=400),
    "amazon_ses_inbound_webhook": _MAIL_HOOK,
    "amazon_ses_tracking_webhook": _MAIL_HOOK,
    "brevo_inbound_webhook": _MAIL_HOOK,
    "brevo_tracking_webhook": _MAIL_HOOK,
    "mailersend_inbound_webhook": _MAIL_HOOK,
    "mailersend_tracking_webhook": _MAIL_HOOK,
    "mailgun_inbound_webhook": _MAIL_HOOK,
    "mailgun_tracking_webhook": _MAIL_HOOK,
    "mailjet_inbound_webhook": _MAIL_HOOK,
    "mailjet_tracking_webhook": _MAIL_HOOK,
    "mailtrap_inbound_webhook": _MAIL_HOOK,
    "mailtrap_tracking_webhook": _MAIL_HOOK,
    "mandrill_tracking_webhook": _MAIL_HOOK,
    "mandrill_webhook": _MAIL_HOOK,
    "postal_inbound_webhook": _MAIL_HOOK,
    "postal_tracking_webhook": _MAIL_HOOK,
    "postmark_inbound_webhook": _MAIL_HOOK,
    "postmark_tracking_webhook": _MAIL_HOOK,
    "resend_inbound_webhook": _MAIL_HOOK,
    "resend_tracking_webhook": _MAIL_HOOK,
    "sendgrid_inbound_webhook": _MAIL_HOOK,
    "sendgrid_tracking_webhook": _MAIL_HOOK,
    "sendinblue_inbound_webhook": _MAIL_HOOK,
    "sendinblue_tracking_webhook": _MAIL_HOOK,
    "sparkpost_inbound_webhook": _MAIL_HOOK,
    "sparkpost_tracking_webhook": _MAIL_HOOK,
    "unisender_go_tracking_webhook": _MAIL_HOOK,
    # --- coming in ---
    "invitation_enter": Row(get=Can.ANYTHING, post=Can.ANYTHING, form={"code": "{code}"}),
    "invitation": _page(Can.ANYTHING, "code"),
    "invitation_accept": _form(Can.BE_SOMEBODY, "code"),
    # --- guests ---
    "guest": _guest(get=Can.HOLD_GUEST_LINK),
    "guest_name": _guest(post=Can.HOLD_GUEST_LINK),
    "guest_done": _guest(post=Can.HOLD_GUEST_LINK),
    "guest_skip": _guest(post=Can.HOLD_GUEST_LINK),
    "guest_undo": _guest(post=Can.HOLD_GUEST_LINK),
    # --- links in messages ---
    "link": _linked(get=Can.HOLD_LINK),
    "link_done": _linked(post=Can.HOLD_LINK),
    "link_skip": _linked(post=Can.HOLD_LINK),
    "link_later": _linked(post=Can.HOLD_LINK),
    "link_undo": _linked(post=Can.HOLD_LINK),
    "link_opened": _linked(post=Can.HOLD_LINK),
    # To end messages works however old a link is, and whoever revoked it.
    "link_stop": _linked(get=Can.ANYTHING, post=Can.ANYTHING),
    # --- how people are reached ---
    "service_worker": _page(Can.ANYTHING),
    "manifest": _page(Can.ANYTHING),
    "offline": _page(Can.ANYTHING),
    "offline_in": _page(Can.ANYTHING, "language"),
    "queue": _page(Can.BE_SOMEBODY),
    "ahead": _page(Can.BE_SOMEBODY),
    "welcome": _page(Can.BE_SOMEBODY),
    "welcome_you": _own(),
    "welcome_reach": _own(),
    "welcome_quiet": _own(),
    "welcome_test": _own(),
    "welcome_test_live": _page(Can.BE_SOMEBODY),
    "welcome_try": _own(),
    "welcome_done": _own(),
    "reach": _page(Can.BE_SOMEBODY),
    "reach_add": _form(Can.BE_SOMEBODY, ""),
    "reach_browser_add": _form(Can.BE_SOMEBODY, ""),
    "reach_quiet_hours": _form(Can.BE_SOMEBODY, ""),
    "reach_revoke_links": _form(Can.BE_SOMEBODY, ""),
    "reach_told": _form(Can.CARE, "child", told="second"),
    "reach_duty": _form(Can.CARE, "child", person=""),
    "reach_code": _form(Can.BE_THE_ONE, "contact point"),
    "reach_verify": _form(Can.BE_THE_ONE, "contact point"),
    "reach_on": _form(Can.BE_THE_ONE, "contact point"),
    "reach_off": _form(Can.BE_THE_ONE, "contact point"),
    "reach_up": _form(Can.BE_THE_ONE, "contact point"),
    "reach_down": _form(Can.BE_THE_ONE, "contact point"),
    "reach_test": _form(Can.BE_THE_ONE, "contact point"),
    # --- the family ---
    "home": _page(Can.BE_SOMEBODY),
    "home_live": _page(Can.BE_SOMEBODY),
    # The question is about the children of whoever asks; nothing but them is in the answer.
    "whose": _page(Can.BE_SOMEBODY, "place of the bar"),
    "outbox": _page(Can.BE_SOMEBODY),
    "clinic_poster": _page(Can.BE_SOMEBODY, "clinic’s code"),
    "child_team": _page(Can.BELONG, "child"),
    "team_invite": _form(Can.SHARE, "child", name="Ann", role="viewer"),
    "team_invitation_end": _form(Can.SHARE, "family invitation"),
    "team_place_end": _form(Can.SHARE, "family place"),
    "guest_make": _form(Can.SHARE, "child"),
    "guest_end": _form(Can.SHARE, "made guest link"),
    "child_log": _page(Can.SHARE, "child"),
    "child_export": Row(get=Can.CONSENT, post=Can.CONSENT, of="child"),
    "child_erase": Row(get=Can.CONSENT, post=Can.CONSENT, of="child", form={"act": "ask"}),
    # Of those who may come here nobody has made a link a moment ago.
    "handout": Row(get=Can.BE_SOMEBODY, ok={"GET": 410}),
    "clinic_join": Row(get=Can.CONSENT, post=Can.CONSENT, of="child"),
    "clinic_agree": _form(Can.CONSENT, "linked clinic"),
    "clinic_leave": _form(Can.CONSENT, "linked clinic"),
    "checklist": _page(Can.SEE, "infusion"),
    "checklist_live": _page(Can.SEE, "infusion"),
    "messages": _page(Can.SEE, "infusion"),
    "steps_tick": _form(Can.RECORD, "infusion", step="{step}"),
    "steps_undo": Row(post=Can.RECORD, of="infusion", query={"step": "{step}"}),
    "step": _page(Can.RECORD, "step"),
    "diary": _page(Can.SEE, "infusion"),
    "drinks": Row(get=Can.SEE, post=Can.RECORD, of="infusion", form={"kind": "water", "amount": "100", "unit": "mL"}),
    "drink_undo": _form(Can.RECORD, "drink"),
    "cups": Row(get=Can.RECORD, post=Can.RECORD, of="child", form={"name": "Mug", "amount": "200", "unit": "mL"}),
    "cup_change": _form(Can.RECORD, "cup", name="Mug", amount="200", unit="mL"),
    "symptoms": Row(get=Can.RECORD, post=Can.RECORD, of="infusion", form={"fine": "1"}),
    "report": _page(Can.SEE, "report"),
    "report_undo": _form(Can.RECORD, "report"),
    "call_card": _page(Can.SEE, "infusion"),
    "extra_dose": Row(
        get=Can.RECORD, post=Can.RECORD, of="infusion", form={"medicine": "Drops", "amount": "1", "unit": "mL"}
    ),
    "dose_undo": _form(Can.RECORD, "dose"),
    "step_tick": _form(Can.RECORD, "step"),
    "step_skip": _form(Can.RECORD, "step", reason="asleep"),
    "step_undo": _form(Can.RECORD, "step"),
    "step_note": _form(Can.RECORD, "step", note="well"),
    "briefing": Row(get=Can.RECORD, post=Can.RECORD, of="day", form={"bag": "yes"}),
    "briefing_duty": _form(Can.RECORD, "day", person=""),
    "closing": Row(get=Can.RECORD, post=Can.RECORD, of="closed infusion", form={"words": "well"}),
    "changes": _page(Can.SEE, "infusion"),
    "changes_seen": _form(Can.CARE, "infusion"),
    "day_start": Row(get=Can.RECORD, post=Can.RECORD, of="day"),
    "day_end": Row(get=Can.RECORD, post=Can.RECORD, of="day"),
    "day_undo": _form(Can.RECORD, "day"),
    "infusion_card": _page(Can.SEE, "day"),
    "infusion_card_live": _page(Can.SEE, "day"),
    "rate_enter": Row(get=Can.RECORD, post=Can.RECORD, of="day", form={"ml_h": "24", "ago": "0"}),
    "pause": Row(get=Can.RECORD, post=Can.RECORD, of="day"),
    "resume": Row(get=Can.RECORD, post=Can.RECORD, of="day"),
    "rate_undo": _form(Can.RECORD, "rate"),
    "lot_enter": Row(get=Can.RECORD, post=Can.RECORD, of="day", form={"brand": "Octagam 10 %", "lot": "A1"}),
    "lot_undo": _form(Can.RECORD, "lot"),
    "card_print": _page(Can.SEE, "day"),
    "checklist_print": _page(Can.SEE, "infusion"),
}
