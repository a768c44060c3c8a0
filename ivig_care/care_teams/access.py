"""Who may see or do what: decided here and nowhere else. Every query starts from the person asking."""

from __future__ import annotations

from enum import StrEnum

from django.db.models import Q, QuerySet

from ivig_care.accounts.models import User
from ivig_care.care_teams.models import Child, Clinic, Role


class Right(StrEnum):
    """Something that a person may do with one child's record."""

    SEE = "see"
    RECORD = "record"
    PRESCRIBE = "prescribe"
    REVIEW = "review"


RIGHTS: dict[Role, frozenset[Right]] = {
    Role.GUARDIAN: frozenset({Right.SEE, Right.RECORD}),
    Role.CAREGIVER: frozenset({Right.SEE, Right.RECORD}),
    Role.CLINICIAN: frozenset({Right.SEE, Right.RECORD, Right.PRESCRIBE, Right.REVIEW}),
}


def children_of(user: User, right: Right = Right.SEE) -> QuerySet[Child]:
    """The children with whom this person has this right; for everybody else they do not exist."""
    roles = [role for role, rights in RIGHTS.items() if right in rights]
    own = Q(memberships__user=user, memberships__role__in=roles)
    of_clinic = Q(clinic__memberships__user=user, clinic__memberships__role__in=roles)
    return Child.objects.filter(own | of_clinic).distinct()


def cared_for_by(user: User) -> QuerySet[Child]:
    """The children in whose family's care team this person is, whatever they are to a clinic."""
    return Child.objects.filter(memberships__user=user, memberships__role__in=[Role.GUARDIAN, Role.CAREGIVER])


def may(user: User, right: Right, child: Child) -> bool:
    """Whether this person has this right with this child."""
    return children_of(user, right).filter(pk=child.pk).exists()


def clinics_of(user: User) -> QuerySet[Clinic]:
    """The clinics on whose staff this person is."""
    return Clinic.objects.filter(memberships__user=user, memberships__role=Role.CLINICIAN)


def family_of(child: Child) -> QuerySet[User]:
    """The people who are nudged about this child: its guardians and caregivers."""
    return User.objects.filter(
        memberships__child=child, memberships__role__in=[Role.GUARDIAN, Role.CAREGIVER], is_active=True
    )
