"""Writes clinics, children, people, and who belongs to whom."""

from __future__ import annotations

from datetime import date, datetime

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import transaction

from ivig_care.accounts.models import NudgePreference, User
from ivig_care.actions.accounts import address_add
from ivig_care.actions.errors import Refused
from ivig_care.care_teams.models import Child, Clinic, ClinicLink, Membership, Role, Told
from ivig_care.regimen.errors import UnknownZone
from ivig_care.regimen.timing import zone_named


def clinic_add(*, name: str, country: str, zone: str, phone: str, emergency_number: str) -> Clinic:
    """A new clinic. `country` picks the rule set of medicine limits. Raises Refused."""
    if country not in Clinic.Country.values:
        raise Refused(f"No rule set for {country!r}; known: {', '.join(Clinic.Country.values)}.")
    _check_zone(zone)
    return Clinic.objects.create(name=name, country=country, zone=zone, phone=phone, emergency_number=emergency_number)


@transaction.atomic
def child_add(
    *, clinic: Clinic, given_name: str, family_name: str, born_on: date, now: datetime, zone: str = ""
) -> Child:
    """A child of a clinic; lives in the clinic's zone unless another is given. Raises Refused.

    The clinic sees what it writes itself, until a guardian comes in and agrees, or withdraws.
    """
    _check_zone(zone or clinic.zone)
    child = Child.objects.create(
        clinic=clinic, given_name=given_name, family_name=family_name, born_on=born_on, zone=zone or clinic.zone
    )
    ClinicLink.objects.create(child=child, clinic=clinic, offered_at=now)
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
        raise Refused(f"{email!r} is not an e-mail address.") from error
    known = User.objects.filter(email__iexact=email).first()
    person = known or User.objects.create_user(email.lower(), password, name=name)
    if known is None:
        address_add(person=person, is_proved=True)
    NudgePreference.objects.get_or_create(user=person, defaults={"zone": zone})
    return person


def staff_add(*, clinic: Clinic, person: User, role: Role) -> Membership:
    """Put a person on a clinic's staff as clinician, nurse or admin; a second time changes nothing."""
    membership, _ = Membership.objects.get_or_create(user=person, clinic=clinic, role=role)
    return membership


def caregiver_add(*, child: Child, person: User, role: Role) -> Membership:
    """Put a person into a child's care team. Guardians are told first, caregivers when nobody has answered.

    Viewers are never told. A second time changes nothing.
    """
    told = {Role.GUARDIAN: Told.FIRST, Role.CAREGIVER: Told.SECOND}.get(role, Told.NEVER)
    membership, _ = Membership.objects.get_or_create(user=person, child=child, defaults={"role": role, "told": told})
    return membership


@transaction.atomic
def told_set(*, child: Child, person: User, told: Told) -> None:
    """When a member of the family is told about a child. Raises Refused when nobody would be told any more."""
    Child.objects.select_for_update().get(pk=child.pk)
    family = Membership.objects.filter(child=child, user__is_active=True)
    if told == Told.NEVER and not family.exclude(user=person).exclude(told=Told.NEVER).exists():
        raise Refused(f"Then nobody would be told about {child.given_name}. Somebody else must be told first.")
    family.filter(user=person).update(told=told)


def _check_zone(zone: str) -> None:
    try:
        zone_named(zone)
    except UnknownZone as error:
        raise Refused(str(error)) from error
