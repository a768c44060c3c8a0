"""Writes clinics, children, people, and who belongs to whom."""

from __future__ import annotations

from datetime import date, datetime, time

import phonenumbers
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import transaction

from ivig_care.accounts.models import ContactPoint, NudgePreference, User
from ivig_care.actions.errors import Refused
from ivig_care.care_teams.models import Child, Clinic, Membership, Role
from ivig_care.regimen.errors import UnknownZone
from ivig_care.regimen.timing import zone_named


def clinic_add(*, name: str, country: str, zone: str, phone: str, emergency_number: str) -> Clinic:
    """A new clinic. `country` picks the rule set of medicine limits. Raises Refused."""
    if country not in Clinic.Country.values:
        raise Refused(f"No rule set for {country!r}; known: {', '.join(Clinic.Country.values)}.")
    _check_zone(zone)
    return Clinic.objects.create(name=name, country=country, zone=zone, phone=phone, emergency_number=emergency_number)


def child_add(*, clinic: Clinic, given_name: str, family_name: str, born_on: date, zone: str = "") -> Child:
    """A child of a clinic; lives in the clinic's zone unless another is given. Raises Refused."""
    _check_zone(zone or clinic.zone)
    return Child.objects.create(
        clinic=clinic, given_name=given_name, family_name=family_name, born_on=born_on, zone=zone or clinic.zone
    )


@transaction.atomic
def person_add(*, email: str, name: str, zone: str, password: str | None = None) -> User:
    """The person with this address, new if there was none; without a password they set one by e-mail.

    Raises Refused.
    """
    _check_zone(zone)
    try:
        validate_email(email)
    except ValidationError as error:
        raise Refused(f"{email!r} is not an e-mail address.") from error
    known = User.objects.filter(email__iexact=email).first()
    person = known or User.objects.create_user(email, password, name=name)
    NudgePreference.objects.get_or_create(user=person, defaults={"zone": zone})
    return person


def clinician_add(*, clinic: Clinic, person: User) -> Membership:
    """Put a person on a clinic's staff; a second time changes nothing."""
    membership, _ = Membership.objects.get_or_create(user=person, clinic=clinic, defaults={"role": Role.CLINICIAN})
    return membership


def caregiver_add(*, child: Child, person: User, role: Role) -> Membership:
    """Put a person into a child's care team as guardian or caregiver; a second time changes nothing."""
    membership, _ = Membership.objects.get_or_create(user=person, child=child, defaults={"role": role})
    return membership


def quiet_hours_set(*, person: User, quiet_from: time | None, quiet_until: time | None) -> None:
    """When the person is left in peace, on their own wall clock; two Nones for never."""
    NudgePreference.objects.filter(user=person).update(quiet_from=quiet_from, quiet_until=quiet_until)


def contact_point_agree(*, person: User, kind: str, address: str, at: datetime) -> ContactPoint:
    """Record that a person agreed at `at` to be nudged there, and that the address was seen to be theirs.

    Raises Refused for a number or an address that cannot be one.
    """
    point, _ = ContactPoint.objects.update_or_create(
        user=person,
        kind=kind,
        address=_number(address) if kind == ContactPoint.Kind.SMS else address,
        defaults={"verified_at": at, "consented_at": at, "disabled_at": None, "disabled_reason": ""},
    )
    return point


def _number(text: str) -> str:
    """A phone number in E.164."""
    try:
        number = phonenumbers.parse(text)
    except phonenumbers.NumberParseException as error:
        raise Refused(f"{text!r} is not a phone number with its country, such as +12125550147.") from error
    if not phonenumbers.is_possible_number(number):
        raise Refused(f"{text!r} cannot be a phone number.")
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def _check_zone(zone: str) -> None:
    try:
        zone_named(zone)
    except UnknownZone as error:
        raise Refused(str(error)) from error
