"""Writes that a person closes their account."""

from __future__ import annotations

from datetime import datetime

from allauth.account.models import EmailAddress
from django.db import transaction
from django.utils.translation import gettext as _

from ivig_care.accounts.models import ContactPoint, NudgePreference, SentEntry, User
from ivig_care.actions.accounts import ways_in_end
from ivig_care.actions.audit import Verb, audit_note, audits_last
from ivig_care.actions.care_teams import place_end
from ivig_care.actions.errors import Refused
from ivig_care.actions.mailing import occasions_free
from ivig_care.care_teams.models import Consent, Invitation, Membership
from ivig_care.nudges.models import Delivery, DeliveryAttempt, InboundMessage, OutboxMessage

CLOSED = "the account was closed"


@transaction.atomic
@audits_last()
def account_close(*, person: User, now: datetime) -> None:
    """End every place of the person, and forget how to reach them and how they sign in.

    The name stays where the record says who gave or said something: a record that forgot that would be a false one.
    Raises Refused for the only guardian of a child and the only admin of a clinic, and while a message is leaving.
    """
    User.objects.select_for_update(no_key=True).get(pk=person.pk)
    if Delivery.objects.filter(person=person, status=Delivery.Status.SENDING).exists():
        raise Refused(_("A message to you is just leaving. Please try again in a minute."))
    places = Membership.objects.filter(user=person).select_related("child", "clinic", "user")
    for place in places.order_by("child", "clinic", "pk"):
        place_end(place=place, by=person, now=now)
    pending = Delivery.objects.pending().filter(person=person)
    occasions_free(pending, status=Delivery.Status.DROPPED, reason=CLOSED)
    _ways_forget(person, now)
    EmailAddress.objects.filter(user=person).delete()
    ways_in_end(person=person, now=now)
    person.email, person.is_active = f"closed-{person.pk}@closed.invalid", False
    person.set_unusable_password()
    person.save(update_fields=["email", "is_active", "password"])
    audit_note(verb=Verb.ERASED, about="account", by=person, now=now, person=person)


def _ways_forget(person: User, now: datetime) -> None:
    points = ContactPoint.objects.filter(user=person)
    reminders = Consent.objects.filter(person=person, purpose=Consent.Purpose.REMIND, withdrawn_at__isnull=True)
    reminders.update(withdrawn_at=now)
    signs_in_with = EmailAddress.objects.filter(user=person).values_list("email", flat=True)
    addresses = [person.email, *points.values_list("address", flat=True), *signs_in_with]
    OutboxMessage.objects.filter(to__in=addresses).delete()
    Invitation.objects.filter(accepted_by=person).update(email="")
    InboundMessage.objects.filter(sender__in=addresses).update(sender="")
    InboundMessage.objects.filter(contact_point__in=points).update(sender="", contact_point=None)
    for model in (Delivery, DeliveryAttempt):
        model._default_manager.filter(contact_point__in=points).update(contact_point=None)
    points.delete()
    NudgePreference.objects.filter(user=person).delete()
    SentEntry.objects.filter(person=person).delete()
