"""Writes who is on duty for a child tonight: told first, and everybody else of the family second."""

from __future__ import annotations

from datetime import datetime, time, timedelta

from django.db import transaction
from django.utils.translation import gettext

from ivig_care.accounts.models import User
from ivig_care.actions.audit import Verb, audit_note
from ivig_care.actions.errors import Refused
from ivig_care.care_teams.access import family_of
from ivig_care.care_teams.models import Child, Duty
from ivig_care.regimen.timing import resolve_local, zone_named

DUTY_ENDS = time(9, 0)
# Whoever says "tonight" before this hour means the night that is running.
NIGHT_TURNS = time(5, 0)


def tonight_ends(child: Child, *, now: datetime) -> datetime:
    """When tonight is over where the child lives: nine in the morning."""
    zone = zone_named(child.zone)
    local = now.astimezone(zone)
    morning = local.date() if local.time() < NIGHT_TURNS else local.date() + timedelta(days=1)
    return resolve_local(morning, DUTY_ENDS, zone)


@transaction.atomic
def duty_take(*, child: Child, user: User, by: User, now: datetime) -> Duty:
    """This member of the family, and nobody else, is on duty from now until tonight is over. Raises Refused."""
    if not family_of(child).filter(pk=user.pk).exists():
        raise Refused(gettext("Only somebody of the child’s family can be on duty."))
    _clear(child, now)
    until = tonight_ends(child, now=now)
    duty = Duty.objects.create(child=child, user=user, starts_at=now, ends_at=until, created_at=now)
    audit_note(verb=Verb.CHANGED, about=duty, by=by, now=now, child=child, detail=str(user))
    return duty


@transaction.atomic
def duty_clear(*, child: Child, by: User, now: datetime) -> None:
    """Nobody in particular is on duty for the child any more; what was true until now stays in the record."""
    if _clear(child, now):
        audit_note(verb=Verb.CHANGED, about="duty", by=by, now=now, child=child, detail="nobody in particular")


def _clear(child: Child, now: datetime) -> bool:
    """End every duty that runs or is to come; whether there was any."""
    Child.objects.select_for_update(no_key=True).get(pk=child.pk)
    running = Duty.objects.filter(child=child, ends_at__gt=now)
    gone, _ = running.filter(starts_at__gte=now).delete()
    return bool(gone + running.filter(starts_at__lt=now).update(ends_at=now))
