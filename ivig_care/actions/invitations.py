"""Writes invitations: a place that is kept for whoever has the code, until it is taken, taken back, or over."""

from __future__ import annotations

import logging
from datetime import datetime, timedelta

from django.db import transaction
from django.utils.text import format_lazy
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from ivig_care.accounts.models import ContactPoint, NudgePreference, User
from ivig_care.actions.audit import Verb, audit_note, audits_last
from ivig_care.actions.care_teams import TOLD_BY_ROLE, a_role, clinic_links_agree
from ivig_care.actions.consents import AGREE
from ivig_care.actions.contact_points import contact_point_agree
from ivig_care.actions.errors import InvitationOver, Refused
from ivig_care.care_teams.access import may_bring_in
from ivig_care.care_teams.models import OF_CHILD, Child, Clinic, Erasure, Invitation, Membership, Role
from ivig_care.common.secrets import code_make, code_read, secret_hash
from ivig_care.common.spoken import date_alone
from ivig_care.nudges.channels import channel_for
from ivig_care.nudges.channels.base import Message, SendFailed

log = logging.getLogger(__name__)

FAMILY_LASTS = timedelta(days=14)
STAFF_LASTS = timedelta(days=7)
# So many can be open at once for one child or one staff: more is a mistake, or no good.
MOST_OPEN = 20
ONE_DAY, MOST_IN_A_DAY = timedelta(days=1), 50
# Whoever cannot say when the child was born is not the person who was meant.
MOST_WRONG_YEARS = 5


@transaction.atomic
def invitation_make(
    *,
    role: Role,
    by: User,
    now: datetime,
    child: Child | None = None,
    clinic: Clinic | None = None,
    name: str = "",
    email: str = "",
) -> tuple[Invitation, str]:
    """Keep a place in a child's care team or on a clinic's staff; the invitation, and its code, which is not kept.

    Raises Refused when this person may not bring in such a person, or too many places are kept already.
    """
    if not may_bring_in(by, role, child=child, clinic=clinic):
        raise Refused(_("You cannot invite %(a_role)s here.") % {"a_role": a_role(role)})
    if child is not None and Erasure.objects.filter(child=child, done_at__isnull=False).exists():
        raise Refused(_("The family had this record erased. What is left of it is kept for the clinic alone."))
    if Invitation.objects.open(now).filter(child=child, clinic=clinic).count() >= MOST_OPEN:
        raise Refused(_("%(most_open)s invitations are open already. Cancel one first.") % {"most_open": MOST_OPEN})
    if Invitation.objects.filter(created_by=by, created_at__gt=now - ONE_DAY).count() >= MOST_IN_A_DAY:
        raise Refused(_("You have invited many people today. Go on tomorrow."))
    code = code_make()
    invitation = Invitation.objects.create(
        code_hash=secret_hash(code),
        role=role,
        child=child,
        clinic=clinic,
        name=name,
        email=email,
        created_by=by,
        created_at=now,
        expires_at=now + (FAMILY_LASTS if role in OF_CHILD else STAFF_LASTS),
    )
    audit_note(verb=Verb.SHARED, about=invitation, by=by, now=now, child=child, clinic=clinic, detail=role.label)
    return invitation, code


def invitation_send(*, invitation: Invitation, link: str) -> bool:
    """Send the link of an invitation to its e-mail address, without a private word; False when that cannot be."""
    invites = (
        _("%(who)s invites you to work with them on ivig_care.")
        if invitation.clinic_id
        else _("%(who)s invites you to help with a checklist on ivig_care.")
    )
    text = "\n\n".join(
        [
            invites % {"who": invitation.created_by.name},
            _("See what it is about, and accept, here:") + f"\n{link}",
            _("It works once, until %(day)s. If you do not know what this is, leave it alone: nothing happens.")
            % {"day": date_alone(invitation.expires_at)},
        ]
    )
    message = Message(
        key=f"invitation-{invitation.pk}", to=invitation.email, subject=_("An invitation"), text=f"{text}\n"
    )
    try:
        channel_for(ContactPoint.Kind.EMAIL).send(message)
    except SendFailed:
        log.exception("invitation %s could not be sent", invitation.pk)
        return False
    return True


@transaction.atomic
def invitation_revoke(*, invitation: Invitation, by: User, now: datetime) -> bool:
    """Take an open invitation back; False when it was over already."""
    is_new = Invitation.objects.open(now).filter(pk=invitation.pk).update(revoked_at=now) == 1
    if is_new:
        child, clinic = invitation.child, invitation.clinic
        audit_note(verb=Verb.ENDED, about=invitation, by=by, now=now, child=child, clinic=clinic)
    return is_new


def invitation_of(code: str, *, now: datetime) -> Invitation | None:
    """The invitation that a code still opens: not over, and whoever made it may still bring such a person in."""
    found = Invitation.objects.open(now).filter(code_hash=secret_hash(code_read(code)))
    invitation = found.select_related("child", "clinic", "created_by").first()
    if invitation is None or not invitation.created_by.is_active:
        return None
    role, child, clinic = Role(invitation.role), invitation.child, invitation.clinic
    return invitation if may_bring_in(invitation.created_by, role, child=child, clinic=clinic) else None


def asks_birth_year(invitation: Invitation) -> bool:
    """Whether the person must say when the child was born: so an invitation that goes astray does no harm."""
    return invitation.role == Role.GUARDIAN


def invitation_accept(
    *, code: str, by: User, now: datetime, born_in: int | None = None, remind_by_email: bool = False
) -> Membership:
    """Take the place that an invitation keeps, once. With a guardian's place goes the agreement to the clinics' seeing.

    Raises InvitationOver, Refused when the person has that place already, or does not know when the child was born.
    """
    invitation = invitation_of(code, now=now)
    if invitation is None:
        raise InvitationOver
    if invitation.child is not None and asks_birth_year(invitation) and born_in != invitation.child.born_on.year:
        raise Refused(_wrong_year(invitation, by, now))
    return _accept(invitation, by=by, now=now, remind_by_email=remind_by_email)


@transaction.atomic
@audits_last()
def _accept(invitation: Invitation, *, by: User, now: datetime, remind_by_email: bool) -> Membership:
    if invitation.child_id is not None:
        # The child first, as those who leave and the erasing do: else they and this would wait for each other.
        list(Child.objects.select_for_update(no_key=True).filter(pk=invitation.child_id))
    open_now = Invitation.objects.open(now).filter(pk=invitation.pk)
    if open_now.update(accepted_at=now, accepted_by=by) != 1:
        raise InvitationOver
    place = _place(invitation, by)
    # Else whoever may bring people in could be all of them: a nurse a guardian, an admin a clinician.
    if invitation.created_by_id == by.pk:
        raise Refused(_("You made this invitation, so somebody else must accept it."))
    child, clinic = invitation.child, invitation.clinic
    zone = child.zone if child is not None else clinic.zone if clinic is not None else "UTC"
    NudgePreference.objects.get_or_create(user=by, defaults={"zone": zone})
    if remind_by_email:
        contact_point_agree(person=by, kind=ContactPoint.Kind.EMAIL, address=by.email, at=now, words=AGREE)
    if child is not None and invitation.role == Role.GUARDIAN:
        clinic_links_agree(child=child, by=by, now=now)
    detail = format_lazy("{role}, invited by {who}", role=Role(place.role).label, who=str(invitation.created_by))
    audit_note(verb=Verb.AGREED, about=invitation, by=by, now=now, child=child, clinic=clinic, detail=detail)
    return place


def _place(invitation: Invitation, by: User) -> Membership:
    """The person's place. Raises Refused for a place that they have, or that would be less than theirs."""
    role = Role(invitation.role)
    if invitation.child is None:
        place, is_new = Membership.objects.get_or_create(user=by, clinic=invitation.clinic, role=role)
        if not is_new:
            raise Refused(
                _("You are %(a_role)s of %(clinic)s already.") % {"a_role": a_role(role), "clinic": invitation.clinic}
            )
        return place
    held = Membership.objects.select_for_update().filter(user=by, child=invitation.child).first()
    if held is None:
        told = TOLD_BY_ROLE[role]
        return Membership.objects.create(user=by, child=invitation.child, role=role, told=told)
    if OF_CHILD.index(role) >= OF_CHILD.index(Role(held.role)):
        raise Refused(
            _("You are %(a_role)s of %(child)s already.")
            % {"a_role": a_role(Role(held.role)), "child": invitation.child.given_name}
        )
    held.role, held.told = role, TOLD_BY_ROLE[role]
    held.save(update_fields=["role", "told"])
    return held


@transaction.atomic
def _wrong_year(invitation: Invitation, by: User, now: datetime) -> str:
    """Count a wrong answer, and end the invitation after a few; what to say."""
    held = Invitation.objects.select_for_update().get(pk=invitation.pk)
    held.wrong_years += 1
    held.save(update_fields=["wrong_years"])
    left = MOST_WRONG_YEARS - held.wrong_years
    if left <= 0:
        if Invitation.objects.open(now).filter(pk=held.pk).update(revoked_at=now) == 1:
            detail = f"{by} did not know when the child was born"
            audit_note(verb=Verb.ENDED, about=held, by=None, now=now, child=invitation.child, detail=detail)
        return _("That is not right, and this invitation is over now. Ask for a new one.")
    return ngettext(
        "That is not the year we have. You can try %(count)s more time.",
        "That is not the year we have. You can try %(count)s more times.",
        left,
    ) % {"count": left}
