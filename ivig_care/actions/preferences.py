"""Writes what a person prefers for themselves: language, units, zone, and how far they are with setting up."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from ivig_care.accounts.models import NudgePreference, User
from ivig_care.actions.audit import Verb, audit_note
from ivig_care.actions.contact_points import quiet_hours_set


@transaction.atomic
def person_settings_set(
    *, person: User, language: str, drinks_in: str, degrees_in: str, now: datetime, zone: str = ""
) -> None:
    """How the person reads things, and on which clock they live; an empty zone leaves that as it is."""
    said = {"language": language, "drinks_in": drinks_in, "degrees_in": degrees_in}
    User.objects.filter(pk=person.pk).update(**said)
    for name, value in said.items():
        setattr(person, name, value)
    kept = NudgePreference.objects.filter(user=person).first()
    if zone and (kept is None or kept.zone != zone):
        hours = (None, None) if kept is None else (kept.quiet_from, kept.quiet_until)
        quiet_hours_set(person=person, quiet_from=hours[0], quiet_until=hours[1], zone=zone, now=now)
    audit_note(verb=Verb.CHANGED, about="language and units", by=person, now=now, person=person)


def setting_up_move(*, person: User, to: str) -> None:
    """Where the person goes on with setting up; empty when they are through."""
    User.objects.filter(pk=person.pk).update(setting_up=to)
    person.setting_up = to
