"""`manage.py onboard`: the first clinic, its staff, its children and their families, from the server's shell."""

from __future__ import annotations

import argparse
from datetime import date
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import transaction

from ivig_care.accounts.models import ContactPoint, User
from ivig_care.actions.care_teams import (
    caregiver_add,
    child_add,
    clinic_add,
    person_add,
    staff_add,
)
from ivig_care.actions.contact_points import contact_point_agree
from ivig_care.actions.errors import Refused
from ivig_care.care_teams.models import OF_CHILD, OF_CLINIC, Child, Clinic, Role
from ivig_care.common import clock


class Command(BaseCommand):
    """Whoever runs the server brings in a clinic and its first admin, who invites everybody else on the site."""

    help = "Add a clinic, somebody to its staff, a child, or somebody who cares for a child."

    def add_arguments(self, parser: CommandParser) -> None:
        """One subcommand for each kind of newcomer."""
        kinds = parser.add_subparsers(dest="kind", required=True)
        clinic = kinds.add_parser("clinic")
        for name in ("name", "country", "zone", "phone", "emergency-number"):
            clinic.add_argument(f"--{name}", required=True)
        kept = "for so many years the clinic's law makes it keep its own record of a child; else it is kept"
        clinic.add_argument("--record-kept-years", type=int, help=kept)
        staff = kinds.add_parser("staff")
        staff.add_argument("--clinic", type=int, required=True, help="the clinic's number")
        staff.add_argument("--role", choices=[role.value for role in OF_CLINIC], required=True)
        _person_arguments(staff)
        child = kinds.add_parser("child")
        child.add_argument("--clinic", type=int, required=True, help="the clinic's number")
        for name in ("given-name", "family-name"):
            child.add_argument(f"--{name}", required=True)
        child.add_argument("--born-on", type=date.fromisoformat, required=True, help="YYYY-MM-DD")
        child.add_argument("--zone", default="", help="where the child lives; else the clinic's zone")
        caregiver = kinds.add_parser("caregiver")
        caregiver.add_argument("--child", type=int, required=True, help="the child's number")
        caregiver.add_argument("--role", choices=[role.value for role in OF_CHILD], required=True)
        _person_arguments(caregiver)
        agreed = "the person agreed to be reminded"
        caregiver.add_argument("--agreed-to-email", action="store_true", help=f"{agreed} by e-mail")
        caregiver.add_argument("--agreed-to-sms", metavar="NUMBER", help=f"{agreed} by text message to this number")

    def handle(self, *args: Any, **options: Any) -> None:
        """Print the number of what was added; a refusal changes nothing."""
        add = {"clinic": _clinic, "staff": _staff, "child": _child, "caregiver": _caregiver}
        try:
            with transaction.atomic():
                self.stdout.write(add[options["kind"]](options))
        except Refused as refused:
            raise CommandError(str(refused)) from refused


def _person_arguments(parser: argparse.ArgumentParser) -> None:
    for name in ("name", "email"):
        parser.add_argument(f"--{name}", required=True)


def _clinic(options: dict[str, Any]) -> str:
    names = ("name", "country", "zone", "phone", "emergency_number")
    clinic = clinic_add(record_kept_years=options["record_kept_years"], **{name: options[name] for name in names})
    return f"Clinic {clinic.pk}: {clinic}"


def _staff(options: dict[str, Any]) -> str:
    clinic = Clinic.objects.filter(pk=options["clinic"]).first()
    if clinic is None:
        raise Refused(f"There is no clinic {options['clinic']}.")
    person = person_add(email=options["email"], name=options["name"], zone=clinic.zone)
    role = Role(options["role"])
    staff_add(clinic=clinic, person=person, role=role, now=clock.now())
    return f"{person} is {role.label} of {clinic}. {_how_to_sign_in(person)}"


def _child(options: dict[str, Any]) -> str:
    clinic = Clinic.objects.filter(pk=options["clinic"]).first()
    if clinic is None:
        raise Refused(f"There is no clinic {options['clinic']}.")
    names = ("given_name", "family_name", "born_on", "zone")
    child = child_add(clinic=clinic, now=clock.now(), **{name: options[name] for name in names})
    return f"Child {child.pk}: {child}"


def _caregiver(options: dict[str, Any]) -> str:
    child = Child.objects.filter(pk=options["child"]).first()
    if child is None:
        raise Refused(f"There is no child {options['child']}.")
    person, now = person_add(email=options["email"], name=options["name"], zone=child.zone), clock.now()
    caregiver_add(child=child, person=person, role=Role(options["role"]), now=now)
    if options["agreed_to_email"]:
        contact_point_agree(person=person, kind=ContactPoint.Kind.EMAIL, address=person.email, at=now)
    if options["agreed_to_sms"]:
        contact_point_agree(person=person, kind=ContactPoint.Kind.SMS, address=options["agreed_to_sms"], at=now)
    return f"{person} is {options['role']} of {child}. {_how_to_sign_in(person)}"


def _how_to_sign_in(person: User) -> str:
    return f"They sign in at {settings.PUBLIC_URL} with a code that we send to {person.email}."
