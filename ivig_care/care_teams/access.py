"""Who may see or do what: decided here and nowhere else. Every query starts from the person asking."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass
from enum import StrEnum

from django.db.models import Q, QuerySet

from ivig_care.accounts.models import User
from ivig_care.care_teams.models import Child, Clinic, Membership, Role, Told


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


FAMILY = (Role.GUARDIAN, Role.CAREGIVER)


def children_of(user: User, right: Right = Right.SEE) -> QuerySet[Child]:
    """The children with whom this person has this right; for everybody else they do not exist."""
    roles = [role for role, rights in RIGHTS.items() if right in rights]
    own = Q(memberships__user=user, memberships__role__in=roles)
    of_clinic = Q(clinic__memberships__user=user, clinic__memberships__role__in=roles)
    return Child.objects.filter(own | of_clinic).distinct()


def cared_for_by(user: User) -> QuerySet[Child]:
    """The children in whose family's care team this person is, whatever they are to a clinic."""
    return Child.objects.filter(memberships__user=user, memberships__role__in=FAMILY)


def may(user: User, right: Right, child: Child) -> bool:
    """Whether this person has this right with this child."""
    return children_of(user, right).filter(pk=child.pk).exists()


def clinics_of(user: User) -> QuerySet[Clinic]:
    """The clinics on whose staff this person is."""
    return Clinic.objects.filter(memberships__user=user, memberships__role=Role.CLINICIAN)


def family_of(child: Child) -> QuerySet[User]:
    """The people who are nudged about this child: its guardians and caregivers."""
    return User.objects.filter(memberships__child=child, memberships__role__in=FAMILY, is_active=True)


def families_told(children: Collection[int]) -> QuerySet[Membership]:
    """The places in these children's families whose people are nudged."""
    told = Membership.objects.filter(child__pk__among=children, role__in=FAMILY, user__is_active=True)
    return told.exclude(told=Told.NEVER)


def children_told_of(people: Collection[int]) -> dict[int, set[int]]:
    """For each of these people the children about whom they are nudged."""
    places = Membership.objects.filter(user__pk__among=people, role__in=FAMILY).exclude(told=Told.NEVER)
    children = defaultdict[int, set[int]](set)
    for user, child in places.values_list("user_id", "child_id"):
        if child is not None:
            children[user].add(child)
    return children


def staff_told(clinics: Collection[int]) -> QuerySet[Membership]:
    """The places on these clinics' staff whose people are told what a family did not answer."""
    told = Membership.objects.filter(clinic__in=clinics, role=Role.CLINICIAN, user__is_active=True)
    return told.exclude(told=Told.NEVER)


@dataclass(frozen=True)
class Standing:
    """What many people may do, read at once: the roles that each has to which child and to which clinic."""

    of_child: dict[tuple[int, int], Role]
    of_clinic: dict[tuple[int, int], Role]

    def may(self, user: int, right: Right, *, child: int, clinic: int) -> bool:
        """Whether the person may do that with a child of that clinic."""
        roles = (self.of_child.get((user, child)), self.of_clinic.get((user, clinic)))
        return any(role is not None and right in RIGHTS[role] for role in roles)


def standing_of(users: Collection[int]) -> Standing:
    """The standing of these people as it is now, as far as they want to be told."""
    of_child: dict[tuple[int, int], Role] = {}
    of_clinic: dict[tuple[int, int], Role] = {}
    told = Membership.objects.filter(user__pk__among=users).exclude(told=Told.NEVER)
    places = told.values_list("user_id", "role", "child_id", "clinic_id")
    for user, role, child, clinic in places:
        if child is not None:
            of_child[user, child] = Role(role)
        if clinic is not None:
            of_clinic[user, clinic] = Role(role)
    return Standing(of_child, of_clinic)
