"""Writes how people sign in: the addresses they do it with, second factors, and the sessions they have open."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from importlib import import_module

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.conf import settings
from django.contrib.sessions.models import Session
from django.db import transaction
from django.utils.translation import gettext as _

from ivig_care.accounts.models import User
from ivig_care.actions.audit import Verb, audit_note
from ivig_care.actions.errors import Refused

# What the log calls these; none of them has a row that may be pointed at.
SESSION, SECOND_FACTOR = "session", "second factor"


class NoSuchPerson(Refused):
    """Nobody signs in with that address."""

    def __init__(self, email: str) -> None:
        self.email = email
        super().__init__(_("Nobody signs in with %(email)s.") % {"email": email})


def address_add(*, person: User, is_proved: bool) -> None:
    """Let the person sign in with the address of their account; once it is in the list, nothing changes.

    `is_proved`: whoever brought the person in vouches for it, so that nothing has to be sent there first.
    """
    email = person.email.lower()
    is_free = not EmailAddress.objects.filter(email=email, verified=True).exists()
    EmailAddress.objects.get_or_create(
        user=person,
        email=email,
        defaults={
            "verified": is_proved and is_free,
            "primary": not EmailAddress.objects.filter(user=person, primary=True).exists(),
        },
    )


def person_named(email: str) -> User:
    """The person who signs in with this address, however it is written. Raises NoSuchPerson."""
    found = User.objects.filter(email__iexact=email.strip(), is_guest=False).first()
    if found is None:
        address = EmailAddress.objects.filter(email=email.strip().lower(), verified=True).first()
        found = address.user if address else None
    if found is None:
        raise NoSuchPerson(email)
    return found


def language_set(*, person: User, language: str) -> None:
    """Speak this language to the person from now on, on screens and in messages."""
    User.objects.filter(pk=person.pk).update(language=language)


def signed_in_note(*, person: User, way: str, now: datetime) -> None:
    """Write into the log that the person signed in, and how: "code", "password", "passkey", "password, app"."""
    audit_note(verb=Verb.SIGNED_IN, about=SESSION, person=person, by=person, now=now, detail=way)


def account_changed_note(*, person: User, about: str, now: datetime) -> None:
    """Write into the log that the person changed something of how they sign in."""
    audit_note(verb=Verb.CHANGED, about=about, person=person, by=person, now=now)


@transaction.atomic
def sessions_end(*, person: User, sessions: Iterable[UserSession], by: User, now: datetime) -> int:
    """Sign the person out of these sessions; how many there were."""
    ended = [session for session in sessions if session.user_id == person.pk]
    for session in ended:
        session.end()
    if ended:
        count = len(ended)
        words = "1 session" if count == 1 else f"{count} sessions"
        audit_note(verb=Verb.ENDED, about=SESSION, person=person, by=by, now=now, detail=words)
    return len(ended)


@transaction.atomic
def second_factor_forget(*, person: User, now: datetime) -> None:
    """Take away every second factor of somebody who has lost theirs, and sign them out everywhere.

    Done by whoever runs the server, after they have made sure who is asking.
    """
    ways_in_end(person=person, now=now)
    audit_note(verb=Verb.CHANGED, about=SECOND_FACTOR, person=person, by=None, now=now, detail="forgotten on request")


def ways_in_end(*, person: User, now: datetime) -> None:
    """Take away every second factor and passkey, and end every session; the caller writes the log."""
    Authenticator.objects.filter(user=person).delete()
    UserSession.objects.filter(user=person).delete()
    store = import_module(settings.SESSION_ENGINE).SessionStore()
    # All of them are read: one that began before sessions were listed is in no list.
    for session in Session.objects.filter(expire_date__gt=now).iterator():
        if session.get_decoded().get("_auth_user_id") == str(person.pk):
            store.delete(session.session_key)


# Of the authenticator app that the demo people share. It stands here for all to read, so it protects nothing.
DEMO_SECRET = "IVIGCAREDEMOSECRETIVIGCAREDEMOAB"  # noqa: S105


def demo_app_add(*, person: User) -> None:
    """Give a demo person an authenticator app whose codes the open outbox shows."""
    Authenticator.objects.get_or_create(
        user=person, type=Authenticator.Type.TOTP, defaults={"data": {"secret": DEMO_SECRET}}
    )
