"""The people of every story: one family and its clinic, and another family and clinic that must see none of it."""

from __future__ import annotations

from dataclasses import dataclass

from ivig_care.accounts.models import ContactPoint, User
from ivig_care.actions.accounts import demo_app_add
from ivig_care.care_teams.models import Child, Clinic, Role
from tests.factories import (
    ChildFactory,
    ClinicFactory,
    ContactPointFactory,
    MembershipFactory,
    NudgePreferenceFactory,
    UserFactory,
)


@dataclass(frozen=True)
class People:
    """Maria is Lena's guardian, Sam her second caregiver, Dr Weiss her clinician; Tom, Kai and Dr Lee are elsewhere."""

    maria: User
    sam: User
    weiss: User
    tom: User
    lee: User
    lena: Child
    kai: Child
    riverside: Clinic
    hillside: Clinic


def people_make() -> People:
    """Everybody, with verified contact points for the families: e-mail before texts, but Sam texts before e-mail.

    The clinicians have an authenticator app; see tests/password.py.
    """
    riverside, hillside = ClinicFactory.create(name="Riverside Clinic"), ClinicFactory.create(name="Hillside")
    lena = ChildFactory.create(clinic=riverside)
    kai = ChildFactory.create(clinic=hillside, given_name="Kai", family_name="Berg")
    maria, sam, weiss, tom, lee = (
        UserFactory.create(name=name, email=f"{name.lower()}@example.org")
        for name in ("Maria", "Sam", "Weiss", "Tom", "Lee")
    )
    MembershipFactory.create(user=maria, child=lena, role=Role.GUARDIAN)
    MembershipFactory.create(user=sam, child=lena, role=Role.CAREGIVER)
    MembershipFactory.create(user=tom, child=kai, role=Role.GUARDIAN)
    MembershipFactory.create(user=weiss, clinic=riverside, role=Role.CLINICIAN)
    MembershipFactory.create(user=lee, clinic=hillside, role=Role.CLINICIAN)
    for user in (weiss, lee):
        demo_app_add(person=user)
    for number, user in enumerate((maria, sam, tom)):
        NudgePreferenceFactory.create(user=user)
        ContactPointFactory.create(user=user, rank=1 if user == sam else 0)
        ContactPointFactory.create(user=user, kind=ContactPoint.Kind.SMS, address=f"+1212555014{number}")
    return People(maria, sam, weiss, tom, lee, lena, kai, riverside, hillside)
