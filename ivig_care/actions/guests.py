"""Writes guest links: a page for somebody without an account, for one infusion, until a time."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import uuid4

from django.db import transaction
from django.utils.translation import gettext as _

from ivig_care.accounts.models import User
from ivig_care.actions.audit import Verb, audit_note
from ivig_care.actions.errors import GuestElsewhere, Refused
from ivig_care.care_teams.models import Child, GuestLink
from ivig_care.common.secrets import secret_hash, secret_make
from ivig_care.plans.models import Infusion, Plan

LONGEST = timedelta(days=14)
MOST_STANDING = 10


@transaction.atomic
def guest_link_make(
    *, infusion: Infusion, by: User, label: str, until: datetime, may_record: bool, now: datetime
) -> tuple[GuestLink, str]:
    """A page about one infusion for one guest; the link, and the secret of its address, which is not kept.

    Raises Refused for a time that has gone by or is too far away, when there are too many, or before a plan is active.
    """
    if Plan.objects.filter(pk=infusion.plan_id, status=Plan.Status.DRAFT).exists():
        raise Refused(_("This plan is not active yet."))
    if until <= now:
        raise Refused(_("That time has gone by. Choose until when the guest may look."))
    if until > now + LONGEST:
        raise Refused(
            _("A guest link lasts %(days)s days at most. For longer, invite the person instead.")
            % {"days": LONGEST.days}
        )
    child = Child.objects.select_for_update(no_key=True).get(pk=infusion.plan.child_id)
    if GuestLink.objects.standing(now).filter(child=child).count() >= MOST_STANDING:
        raise Refused(
            _("There are %(most_standing)s guest links already. Close one first.") % {"most_standing": MOST_STANDING}
        )
    secret = secret_make()
    link = GuestLink.objects.create(
        child=child,
        infusion=infusion,
        secret_hash=secret_hash(secret),
        label=label,
        may_record=may_record,
        until=until,
        created_by=by,
        created_at=now,
    )
    audit_note(verb=Verb.SHARED, about=link, by=by, now=now, child=child, detail=f"with the guest {label}")
    return link, secret


@transaction.atomic
def guest_link_bind(*, link: GuestLink, name: str, now: datetime) -> str:
    """Bind a link to the device on which a name was typed first; the device's secret, which is not kept.

    Raises GuestElsewhere when it is bound already, or over.
    """
    # Nobody signs in with an address that cannot exist.
    address = f"guest-{uuid4().hex}@guest.invalid"
    person = User.objects.create_user(address, name=f"{name} (guest)", is_active=False, is_guest=True)
    device = secret_make()
    unbound = GuestLink.objects.standing(now).filter(pk=link.pk, bound_at__isnull=True)
    if unbound.update(bound_at=now, person=person, device_hash=secret_hash(device)) != 1:
        raise GuestElsewhere
    link.refresh_from_db()
    audit_note(verb=Verb.AGREED, about=link, by=person, now=now, child=link.child, detail=f"opened as {name}")
    return device


@transaction.atomic
def guest_link_revoke(*, link: GuestLink, by: User, now: datetime) -> bool:
    """Take a link back; False when it was over already."""
    is_new = GuestLink.objects.standing(now).filter(pk=link.pk).update(revoked_at=now) == 1
    if is_new:
        audit_note(verb=Verb.ENDED, about=link, by=by, now=now, child=link.child, detail=f"the guest {link.label}")
    return is_new
