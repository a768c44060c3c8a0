"""Writes clinics, children, people, and who belongs to whom."""

from __future__ import annotations

from datetime import date, datetime

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import transaction
from django.utils.text import format_lazy
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from ivig_care.accounts.models import NudgePreference, User
from ivig_care.actions.accounts import address_add
from ivig_care.actions.audit import Verb, audit_note
from ivig_care.actions.consents import consent_end, consent_note
from ivig_care.actions.errors import Refused
from ivig_care.care_teams.access import NUDGED, may_end
from ivig_care.care_teams.models import (
    Child,
    Clinic,
    ClinicLink,
    Consent,
    Duty,
    GuestLink,
    Invitation,
    Membership,
    Role,
    Told,
)
from ivig_care.regimen.errors import UnknownZone
from ivig_care.regimen.timing import zone_named

# More is a slip of the keyboard.
MOST_YEARS = 120


def clinic_add(
    *, name: str, country: str, zone: str, phone: str, emergency_number: str, record_kept_years: int | None = None
) -> Clinic:
    """A new clinic. `country` picks the rule set of medicine limits. Raises Refused."""
    if record_kept_years is not None and not 0 < record_kept_years <= MOST_YEARS:
        raise Refused(
            _("A record is kept for 1 to %(most_years)s years, or without an end.") % {"most_years": MOST_YEARS}
        )
    if country not in Clinic.Country.values:
        raise Refused(
            _("No rule set for %(country)s; known: %(countries)s.")
            % {"country": repr(country), "countries": ", ".join(Clinic.Country.values)}
        )
    _check_zone(zone)
    return Clinic.objects.create(
        name=name,
        country=country,
        zone=zone,
        phone=phone,
        emergency_number=emergency_number,
        record_kept_years=record_kept_years,
    )


_A_ROLE = {
    Role.GUARDIAN: gettext_lazy("a guardian"),
    Role.CAREGIVER: gettext_lazy("a caregiver"),
    Role.VIEWER: gettext_lazy("a viewer"),
    Role.CLINICIAN: gettext_lazy("a clinician"),
    Role.NURSE: gettext_lazy("a nurse"),
    Role.ADMIN: gettext_lazy("a clinic admin"),
}


def a_role(role: Role) -> str:
    """As in "a guardian" and "a clinic admin"."""
    return str(_A_ROLE[role])


TOLD_BY_ROLE = {Role.GUARDIAN: Told.FIRST, Role.CAREGIVER: Told.SECOND, Role.VIEWER: Told.NEVER}


@transaction.atomic
def child_add(
    *,
    clinic: Clinic,
    given_name: str,
    family_name: str,
    born_on: date,
    now: datetime,
    zone: str = "",
    by: User | None = None,
) -> Child:
    """A child of a clinic; lives in the clinic's zone unless another is given. Raises Refused.

    The clinic sees what it writes itself, until a guardian comes in and agrees, or withdraws.
    """
    _check_zone(zone or clinic.zone)
    child = Child.objects.create(
        clinic=clinic, given_name=given_name, family_name=family_name, born_on=born_on, zone=zone or clinic.zone
    )
    ClinicLink.objects.create(child=child, clinic=clinic, offered_at=now)
    audit_note(verb=Verb.CHANGED, about=child, by=by, now=now, child=child, detail=f"added at {clinic}")
    return child


@transaction.atomic
def person_add(*, email: str, name: str, zone: str, password: str | None = None) -> User:
    """The person with this address, new if there was none; without a password they sign in with a code by e-mail.

    Raises Refused.
    """
    _check_zone(zone)
    try:
        validate_email(email)
    except ValidationError as error:
        raise Refused(_("%(email)s is not an e-mail address.") % {"email": repr(email)}) from error
    known = User.objects.filter(email__iexact=email).first()
    person = known or User.objects.create_user(email.lower(), password, name=name)
    if known is None:
        address_add(person=person, is_proved=True)
    NudgePreference.objects.get_or_create(user=person, defaults={"zone": zone})
    return person


@transaction.atomic
def staff_add(*, clinic: Clinic, person: User, role: Role, now: datetime) -> Membership:
    """Put a person on a clinic's staff as clinician, nurse or admin; a second time changes nothing."""
    membership, is_new = Membership.objects.get_or_create(user=person, clinic=clinic, role=role)
    if is_new:
        audit_note(
            verb=Verb.SHARED,
            about=person,
            by=None,
            now=now,
            clinic=clinic,
            detail=format_lazy("{who}, {role}", who=str(person), role=role.label),
        )
    return membership


@transaction.atomic
def caregiver_add(*, child: Child, person: User, role: Role, now: datetime) -> Membership:
    """Put a person into a child's care team. Guardians are told first, caregivers when nobody has answered.

    Viewers are never told. A second time changes nothing.
    """
    told = TOLD_BY_ROLE[role]
    place = {"role": role, "told": told}
    membership, is_new = Membership.objects.get_or_create(user=person, child=child, defaults=place)
    if is_new:
        audit_note(
            verb=Verb.SHARED,
            about=person,
            by=None,
            now=now,
            child=child,
            detail=format_lazy("{who}, {role}", who=str(person), role=role.label),
        )
    return membership


@transaction.atomic
def told_set(*, child: Child, person: User, told: Told, now: datetime) -> None:
    """When a member of the family is told about a child. Raises Refused when nobody would be told any more."""
    Child.objects.select_for_update(no_key=True).get(pk=child.pk)
    family = Membership.objects.filter(child=child, user__is_active=True)
    if told == Told.NEVER and not family.exclude(user=person).exclude(told=Told.NEVER).exists():
        raise Refused(
            _("Then nobody would be told about %(child)s. Somebody else must be told first.")
            % {"child": child.given_name}
        )
    place = family.filter(user=person).exclude(told=told).first()
    if place is not None:
        family.filter(pk=place.pk).update(told=told)
        audit_note(verb=Verb.CHANGED, about=place, by=person, now=now, child=child, detail=told.label)


@transaction.atomic
def place_end(*, place: Membership, by: User, now: datetime) -> None:
    """End somebody's place in a care team or on a staff; their access ends with it, at once. Raises Refused.

    The last guardian of a child, and the last admin of a clinic, stay: nobody could let anybody in any more. What a
    guardian shared with guests ends too.
    """
    child, clinic = place.child, place.clinic
    # Held, so that two who leave in the same moment do not both find the other still there.
    if child is not None:
        Child.objects.select_for_update(no_key=True).get(pk=child.pk)
    if clinic is not None:
        Clinic.objects.select_for_update(no_key=True).get(pk=clinic.pk)
    # As it is now: whoever became a guardian meanwhile is no caregiver any more.
    held = Membership.objects.select_for_update().filter(pk=place.pk).first()
    if held is None:
        return
    place.role = held.role
    if not may_end(by, place):
        raise Refused(
            _("A guardian’s place can only be ended by that guardian.") if child else _("You cannot do that.")
        )
    alike = Membership.objects.filter(child=child, clinic=clinic, role=place.role, user__is_active=True)
    if not alike.exclude(pk=place.pk).exists():
        _check_not_last(place)
    detail = format_lazy("{who}, {role}", who=str(place.user), role=Role(place.role).label)
    # Noted first: whoever leaves does so as what they were.
    audit_note(verb=Verb.ENDED, about=place.user, by=by, now=now, child=child, clinic=clinic, detail=detail)
    if child is not None:
        _shared_by_end(child, place.user, now)
    Membership.objects.filter(pk=place.pk).delete()
    if child is not None:
        _child_let_go(child, place.user, now)


@transaction.atomic
def clinic_link_agree(*, child: Child, clinic: Clinic, by: User, now: datetime, named: str = "") -> ClinicLink:
    """A guardian lets a clinic see the child's record, in the words of `share_words`; again changes nothing.

    When no other clinic may see the child any more, this one becomes the clinic whose number stands on the pages.
    """
    child = Child.objects.select_for_update(no_key=True).get(pk=child.pk)
    link = ClinicLink.objects.standing().filter(child=child, clinic=clinic).first()
    if link is not None and link.agreed_at is not None:
        return link
    if link is None:
        link = ClinicLink(child=child, clinic=clinic, offered_at=now)
    link.agreed_at, link.agreed_by = now, by
    link.save()
    if not ClinicLink.objects.standing().filter(child=child, clinic=child.clinic_id).exists():
        child.clinic = clinic
        child.save(update_fields=["clinic"])
    words = share_words(clinic, named or child.given_name)
    consent_note(person=by, purpose=Consent.Purpose.SHARE, words=words, now=now, child=child, clinic=clinic)
    audit_note(verb=Verb.AGREED, about=link, by=by, now=now, child=child, detail=f"shared with {clinic}")
    return link


def clinic_links_agree(*, child: Child, by: User, now: datetime) -> None:
    """A guardian who comes in agrees that the clinics which see the child may go on; each agrees for themselves.

    In the words of the invitation, which calls the child by its initials.
    """
    for link in ClinicLink.objects.standing().filter(child=child).select_related("clinic"):
        if link.agreed_at is None:
            clinic_link_agree(child=child, clinic=link.clinic, by=by, now=now, named=child.initials)
        else:
            words = share_words(link.clinic, child.initials)
            share = Consent.Purpose.SHARE
            consent_note(person=by, purpose=share, words=words, now=now, child=child, clinic=link.clinic)


@transaction.atomic
def clinic_link_withdraw(*, child: Child, clinic: Clinic, by: User, now: datetime) -> bool:
    """A guardian ends a clinic's seeing, at once; the record stays. False when the clinic did not see the child."""
    standing = ClinicLink.objects.standing().filter(child=child, clinic=clinic)
    link = standing.first()
    if link is None or standing.filter(pk=link.pk).update(withdrawn_at=now, withdrawn_by=by) != 1:
        return False
    consent_end(person=None, purpose=Consent.Purpose.SHARE, now=now, child=child, clinic=clinic)
    audit_note(verb=Verb.WITHDREW, about=link, by=by, now=now, child=child, detail=f"no longer shared with {clinic}")
    return True


def share_words(clinic: Clinic, named: str) -> str:
    """What a guardian agrees to, for the child that is called so."""
    words = _(
        "%(clinic)s may see what is recorded about %(child)s: the plan, the checklists, what was given "
        "and when, notes, and the messages sent about it. Its clinicians may write plans and sign reviews. I can end "
        "this at any time, and from then on nobody there sees anything."
    )
    return words % {"clinic": clinic.name, "child": named}


def _check_not_last(place: Membership) -> None:
    if place.role == Role.GUARDIAN and place.child is not None:
        name = place.child.given_name
        raise Refused(
            _("You are the only guardian of %(name)s. Invite another one first, or have the record erased.")
            % {"name": name}
        )
    if place.role == Role.ADMIN:
        raise Refused(_("This is the clinic’s only admin. Invite another one first."))


def _shared_by_end(child: Child, person: User, now: datetime) -> None:
    """What a guardian shared ends with the guardian's place, each with its own line in the log."""
    for link in GuestLink.objects.standing(now).filter(child=child, created_by=person):
        GuestLink.objects.filter(pk=link.pk).update(revoked_at=now)
        audit_note(verb=Verb.ENDED, about=link, by=person, now=now, child=child, detail=f"the guest {link.label}")
    for invitation in Invitation.objects.open(now).filter(child=child, created_by=person):
        Invitation.objects.filter(pk=invitation.pk).update(revoked_at=now)
        audit_note(verb=Verb.ENDED, about=invitation, by=person, now=now, child=child)


def _child_let_go(child: Child, person: User, now: datetime) -> None:
    """What hung on a person's place in a family ends with it."""
    Duty.objects.filter(child=child, user=person, starts_at__gte=now).delete()
    Duty.objects.filter(child=child, user=person, ends_at__gt=now).update(ends_at=now)
    family = Membership.objects.filter(child=child, role__in=NUDGED, user__is_active=True)
    if not family.exclude(told=Told.NEVER).exists():
        _guardians_told(child, now)


def _guardians_told(child: Child, now: datetime) -> None:
    """Nobody would be told of the child any more, so its guardians are, whatever they chose while others were."""
    for place in Membership.objects.filter(child=child, role=Role.GUARDIAN, user__is_active=True).order_by("pk"):
        Membership.objects.filter(pk=place.pk).update(told=Told.FIRST)
        detail = f"{place.user} is told first"
        audit_note(verb=Verb.CHANGED, about=place, by=None, now=now, child=child, detail=detail)


def _check_zone(zone: str) -> None:
    try:
        zone_named(zone)
    except UnknownZone as error:
        raise Refused(str(error)) from error
