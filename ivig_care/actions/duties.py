"""Writes who is on duty for a child tonight: told first, and everybody else of the family second."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta

from django.db import transaction
from django.utils.translation import gettext as _

from ivig_care.accounts.models import User
from ivig_care.actions.audit import Verb, audit_note
from ivig_care.actions.errors import Refused, TimeNotPossible
from ivig_care.care_teams.access import family_of
from ivig_care.care_teams.models import Child, Duty
from ivig_care.regimen.timing import resolve_local, zone_named

DUTY_ENDS = time(9, 0)
# When a night that somebody plans ahead begins.
NIGHT_BEGINS = time(18, 0)
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
        raise Refused(_("Only somebody of the child’s family can be on duty."))
    until = tonight_ends(child, now=now)
    _clear(child, now, until)
    duty = Duty.objects.create(child=child, user=user, starts_at=now, ends_at=until, created_at=now)
    audit_note(verb=Verb.CHANGED, about=duty, by=by, now=now, child=child, detail=str(user))
    return duty


@transaction.atomic
def duty_plan(*, child: Child, user: User | None, night: date, by: User, now: datetime) -> Duty | None:
    """This member of the family, or nobody in particular, is on duty in the night that begins on this date.

    Other nights stay as they are. Raises Refused, TimeNotPossible for a night that is over.
    """
    if user is not None and not family_of(child).filter(pk=user.pk).exists():
        raise Refused(_("Only somebody of the child’s family can be on duty."))
    begins, ends = night_span(child, night)
    begins = max(begins, now)
    if begins >= ends:
        raise TimeNotPossible(_("That night is over."))
    is_new = _clear(child, begins, ends)
    duty = None
    if user is not None:
        duty = Duty.objects.create(child=child, user=user, starts_at=begins, ends_at=ends, created_at=now)
        audit_note(verb=Verb.CHANGED, about=duty, by=by, now=now, child=child, detail=str(user))
    elif is_new:
        audit_note(verb=Verb.CHANGED, about="duty", by=by, now=now, child=child, detail="nobody in particular")
    return duty


def night_span(child: Child, night: date) -> tuple[datetime, datetime]:
    """From when until when somebody is on duty who is so in the night that begins on this date."""
    zone = zone_named(child.zone)
    return resolve_local(night, NIGHT_BEGINS, zone), resolve_local(night + timedelta(days=1), DUTY_ENDS, zone)


@transaction.atomic
def duty_clear(*, child: Child, by: User, now: datetime) -> None:
    """Nobody in particular is on duty tonight any more; what was true until now, and other nights, stay as they are."""
    if _clear(child, now, tonight_ends(child, now=now)):
        audit_note(verb=Verb.CHANGED, about="duty", by=by, now=now, child=child, detail="nobody in particular")


def _clear(child: Child, begins: datetime, ends: datetime) -> bool:
    """Let nobody be on duty between the two; whether anybody was."""
    Child.objects.select_for_update(no_key=True).get(pk=child.pk)
    meant = Duty.objects.filter(child=child, starts_at__lt=ends, ends_at__gt=begins)
    gone, _rows = meant.filter(starts_at__gte=begins).delete()
    return bool(gone + meant.filter(starts_at__lt=begins).update(ends_at=begins))
