"""Who may see or do what: decided here and nowhere else. Every query starts from the person asking.

The policy is the tables below; the functions only look things up in them. What a right covers is said beside it, and
tests/access/ holds every address of the site against the same tables, for every kind of person.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from django.db.models import Q, QuerySet

from ivig_care.accounts.models import User
from ivig_care.care_teams.models import Child, Clinic, ClinicLink, GuestLink, Membership, Role, Told
from ivig_care.common.prepared import Prepared

# --- The policy -------------------------------------------------------------------------------


class Right(StrEnum):
    """Something that a person may do with one child's record."""

    SEE = "see"  # the checklist, what was recorded, the messages about it
    RECORD = "record"  # tick, skip, undo, note; say when a day started or ended; be reminded, be on duty
    SHARE = "share"  # invite people, end their place, make and take back guest links, read the log
    CONSENT = "consent"  # let a clinic see the record or end that; take everything out; have it erased
    INVITE_FAMILY = "invite family"  # give the clinic's invitation, as long as no guardian is here
    PRESCRIBE = "prescribe"  # write plans and activate them; move and cancel infusions
    REVIEW = "review"  # read what is completed and what was sent, sign it, add to it
    ANSWER = "answer"  # be told at once of what a family is worried about, and say what the clinic did


class ClinicRight(StrEnum):
    """Something that a person may do at one clinic, with no child's record."""

    WORK = "work"  # the clinic's page with the children who are linked to it; add a child
    MANAGE_STAFF = "manage staff"  # invite staff, end their place; read the log of that


RIGHTS: dict[Role, frozenset[Right]] = {
    # The people around a child.
    Role.GUARDIAN: frozenset({Right.SEE, Right.RECORD, Right.SHARE, Right.CONSENT}),
    Role.CAREGIVER: frozenset({Right.SEE, Right.RECORD}),
    Role.VIEWER: frozenset({Right.SEE}),
    # The staff of a clinic, with the children linked to it, for as long as the link stands.
    Role.CLINICIAN: frozenset(
        {Right.SEE, Right.RECORD, Right.INVITE_FAMILY, Right.PRESCRIBE, Right.REVIEW, Right.ANSWER}
    ),
    # A nurse takes the call of a family, so a nurse says too what was done about it.
    Role.NURSE: frozenset({Right.SEE, Right.RECORD, Right.INVITE_FAMILY, Right.ANSWER}),
    Role.ADMIN: frozenset(),
}

CLINIC_RIGHTS: dict[Role, frozenset[ClinicRight]] = {
    Role.CLINICIAN: frozenset({ClinicRight.WORK}),
    Role.NURSE: frozenset({ClinicRight.WORK}),
    Role.ADMIN: frozenset({ClinicRight.MANAGE_STAFF}),
}

# Whom each may bring in, and whose place each may end. A clinic invites the first guardian and no other: once the
# family is here, it decides who else is. Nobody ends a guardian's place but the guardian: one guardian can never be
# locked out by another.
MAY_INVITE: dict[Right | ClinicRight, frozenset[Role]] = {
    Right.SHARE: frozenset({Role.GUARDIAN, Role.CAREGIVER, Role.VIEWER}),
    Right.INVITE_FAMILY: frozenset({Role.GUARDIAN}),
    ClinicRight.MANAGE_STAFF: frozenset({Role.CLINICIAN, Role.NURSE, Role.ADMIN}),
}
MAY_END: dict[Right | ClinicRight, frozenset[Role]] = {
    Right.SHARE: frozenset({Role.CAREGIVER, Role.VIEWER}),
    ClinicRight.MANAGE_STAFF: frozenset({Role.CLINICIAN, Role.NURSE, Role.ADMIN}),
}

# Whose sign-in must be strong (a second factor, or a passkey) before anything of a child or a staff is shown.
NEED_STRONG_SIGN_IN = frozenset({Role.CLINICIAN, Role.NURSE, Role.ADMIN})

# A guest link is no role. On the device it was bound to it shows of one infusion what is due now, what was given last
# and when the next is allowed, and whom to call; it may tick if it was made so. No history, no surname, no diagnosis.

# Who is nudged about a child.
NUDGED = (Role.GUARDIAN, Role.CAREGIVER)
FAMILY = (Role.GUARDIAN, Role.CAREGIVER, Role.VIEWER)


def roles_with(right: Right | ClinicRight) -> list[Role]:
    """The roles that have a right."""
    table: dict[Role, frozenset[Right]] | dict[Role, frozenset[ClinicRight]]
    table = RIGHTS if isinstance(right, Right) else CLINIC_RIGHTS
    return [role for role, rights in table.items() if right in rights]


# --- Looking it up ----------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class Places:
    """The places that a person has: read once for the answer to one request, and as good as asking every time."""

    of_child: Mapping[int, Role]
    of_clinic: tuple[tuple[int, Role], ...]

    @property
    def need_strong_sign_in(self) -> bool:
        """Whether any of them asks for a second factor or a passkey."""
        return any(
            role in NEED_STRONG_SIGN_IN for role in (*self.of_child.values(), *(role for _, role in self.of_clinic))
        )

    @property
    def at_clinics(self) -> AtClinics:
        """What the person is to clinics."""
        manages = [clinic for clinic, role in self.of_clinic if ClinicRight.MANAGE_STAFF in CLINIC_RIGHTS[role]]
        works = any(ClinicRight.WORK in CLINIC_RIGHTS[role] for _, role in self.of_clinic)
        return AtClinics(works=works, manages=manages[0] if manages else None)

    def children(self, right: Right) -> list[int]:
        """The children in whose care team the person is with this right."""
        return [child for child, role in self.of_child.items() if right in RIGHTS[role]]

    def clinics(self, right: Right) -> list[int]:
        """The clinics that give the person this right with the children linked to them."""
        return sorted({clinic for clinic, role in self.of_clinic if right in RIGHTS[role]})


_PLACES: Prepared[tuple[int, int, str]] = Prepared(
    lambda user: Membership.objects.filter(user=user).order_by("pk").values_list("child_id", "clinic_id", "role")
)


def places_of(user: User) -> Places:
    """The places of a person, in one query."""
    held = [(child, clinic, Role(role)) for child, clinic, role in _PLACES.rows(user.pk)]
    return Places(
        of_child={child: role for child, clinic, role in held if role in FAMILY},
        of_clinic=tuple((clinic, role) for child, clinic, role in held if role not in FAMILY),
    )


def places_keep(user: User, places: Places) -> None:
    """Let nothing below read again what this very object, the person of one request, is to whom.

    For what is only looked at, and for steps of a checklist. What is done with places themselves asks anew, under the
    lock that it holds: somebody may be ending the place just now.
    """
    user.__dict__[_KEPT] = places


def role_kept(user: User, child: Child) -> Role | None:
    """What the person is to the child in its care team, if that was read for this request; else None."""
    kept = _kept(user)
    return None if kept is None else kept.of_child.get(child.pk)


_KEPT = "places_of_this_request"


def _kept(user: User) -> Places | None:
    places: Places | None = user.__dict__.get(_KEPT)
    return places


def children_of(user: User, right: Right = Right.SEE) -> QuerySet[Child]:
    """The children with whom this person has this right; for everybody else they do not exist."""
    if (kept := _kept(user)) is not None:
        return _children_at(kept, right)
    places = Membership.objects.filter(user=user, role__in=roles_with(right))
    of_clinic = ClinicLink.objects.standing().filter(clinic__in=places.filter(clinic__isnull=False).values("clinic"))
    own = places.filter(child__isnull=False).values("child")
    return Child.objects.filter(Q(pk__in=own) | Q(pk__in=of_clinic.values("child")))


def _children_at(places: Places, right: Right) -> QuerySet[Child]:
    own = Q(pk__in=places.children(right))
    clinics = places.clinics(right)
    if not clinics:
        return Child.objects.filter(own)
    linked = ClinicLink.objects.standing().filter(clinic__in=clinics)
    return Child.objects.filter(own | Q(pk__in=linked.values("child")))


def cared_for_by(user: User, right: Right = Right.SEE) -> QuerySet[Child]:
    """The children in whose family's care team this person is with this right, whatever they are to a clinic."""
    if (kept := _kept(user)) is not None:
        return Child.objects.filter(pk__in=kept.children(right))
    roles = [role for role in roles_with(right) if role in FAMILY]
    return Child.objects.filter(memberships__user=user, memberships__role__in=roles)


def may(user: User, right: Right, child: Child) -> bool:
    """Whether this person has this right with this child."""
    kept = _kept(user)
    if kept is not None and child.pk in kept.children(right):
        return True
    return children_of(user, right).filter(pk=child.pk).exists()


def clinics_of(user: User, right: ClinicRight = ClinicRight.WORK) -> QuerySet[Clinic]:
    """The clinics at which this person has this right."""
    return Clinic.objects.filter(memberships__user=user, memberships__role__in=roles_with(right)).distinct()


def may_at(user: User, right: ClinicRight, clinic: Clinic) -> bool:
    """Whether this person has this right at this clinic."""
    return clinics_of(user, right).filter(pk=clinic.pk).exists()


@dataclass(frozen=True, kw_only=True)
class AtClinics:
    """Whether somebody works at any clinic, and the clinic whose staff they manage, if any."""

    works: bool
    manages: int | None


def at_clinics(user: User) -> AtClinics:
    """What a person is to clinics, read at once."""
    return (_kept(user) or places_of(user)).at_clinics


def needs_strong_sign_in(user: User) -> bool:
    """Whether this person has any place that asks for a second factor or a passkey."""
    kept = _kept(user)
    if kept is not None:
        return kept.need_strong_sign_in
    return Membership.objects.filter(user=user, role__in=NEED_STRONG_SIGN_IN).exists()


def family_of(child: Child) -> QuerySet[User]:
    """The people who are nudged about this child: its guardians and caregivers."""
    return User.objects.filter(memberships__child=child, memberships__role__in=NUDGED, is_active=True)


def has_guardian(child: Child) -> bool:
    """Whether anybody of the family decides about this child's record here."""
    return bool(with_guardian(Child.objects.filter(pk=child.pk)))


def with_guardian(children: QuerySet[Child]) -> set[int]:
    """Those of these children for whom somebody of the family decides here."""
    # Without the order of the children: nobody needs it, and some databases refuse it here.
    guardians = Membership.objects.filter(child__in=children.order_by(), role=Role.GUARDIAN, user__is_active=True)
    return set(guardians.values_list("child__pk", flat=True))


def sole_guardian_of(user: User) -> QuerySet[Child]:
    """The children with whom nobody but this person decides: without another guardian they cannot leave."""
    others = Membership.objects.filter(role=Role.GUARDIAN, user__is_active=True).exclude(user=user)
    mine = Membership.objects.filter(role=Role.GUARDIAN, user=user)
    alone = Child.objects.filter(pk__in=mine.values("child")).exclude(pk__in=others.values("child"))
    return alone.order_by("given_name", "pk")


def clinics_linked(child: Child) -> QuerySet[Clinic]:
    """The clinics that may see this child now."""
    return Clinic.objects.filter(child_links__in=ClinicLink.objects.standing().filter(child=child))


def may_bring_in(user: User, role: Role, *, child: Child | None = None, clinic: Clinic | None = None) -> bool:
    """Whether this person may invite somebody into this role, of a child's care team or of a clinic's staff."""
    return _may_with(MAY_INVITE, user, role, child=child, clinic=clinic)


def may_end(user: User, place: Membership) -> bool:
    """Whether this person may end that place; everybody may end their own."""
    if place.user_id == user.pk:
        return True
    return _may_with(MAY_END, user, Role(place.role), child=place.child, clinic=place.clinic)


def may_end_among(user: User, child: Child) -> frozenset[Role]:
    """The roles in this child's care team whose places this person may end; everybody may end their own."""
    roles = (roles for right, roles in MAY_END.items() if isinstance(right, Right) and may(user, right, child))
    return frozenset[Role]().union(*roles)


def _may_with(
    table: dict[Right | ClinicRight, frozenset[Role]],
    user: User,
    role: Role,
    *,
    child: Child | None,
    clinic: Clinic | None,
) -> bool:
    for right, roles in table.items():
        if role not in roles:
            continue
        is_for_first = right == Right.INVITE_FAMILY
        if isinstance(right, Right) and child is not None and may(user, right, child):
            return not is_for_first or not has_guardian(child)
        if isinstance(right, ClinicRight) and clinic is not None and may_at(user, right, clinic):
            return True
    return False


def clinic_acting(user: User, right: Right, child: Child) -> Clinic | None:
    """The clinic for which this person does something with the child; None when no clinic gives them that right."""
    return clinics_linked(child).filter(memberships__user=user, memberships__role__in=roles_with(right)).first()


def guest_link_opens(link: GuestLink, *, device_hash: str, now: datetime) -> bool:
    """Whether a guest link shows its page to this device: it stands, and it is bound to that device and no other."""
    stands = link.revoked_at is None and now < link.until
    return stands and bool(link.device_hash) and link.device_hash == device_hash


# --- Looking it up for many at once, as the dispatch does ---------------------------------------


def families_told(children: Collection[int]) -> QuerySet[Membership]:
    """The places in these children's families whose people are nudged."""
    told = Membership.objects.filter(child__pk__among=children, role__in=NUDGED, user__is_active=True)
    return told.exclude(told=Told.NEVER)


def children_told_of(people: Collection[int]) -> dict[int, set[int]]:
    """For each of these people the children about whom they are nudged."""
    places = Membership.objects.filter(user__pk__among=people, role__in=NUDGED).exclude(told=Told.NEVER)
    children = defaultdict[int, set[int]](set)
    for user, child in places.values_list("user_id", "child_id"):
        if child is not None:
            children[user].add(child)
    return children


def staff_told(children: Collection[int], right: Right = Right.REVIEW) -> dict[int, list[int]]:
    """For each of these children the clinic people with this right who are told of something.

    Those who review hear of what its family did not answer; those who answer, of what worries it.
    """
    clinics_by_child = _linked_clinics(children)
    clinics = set().union(*clinics_by_child.values())
    told = Membership.objects.filter(clinic__in=clinics, role__in=roles_with(right), user__is_active=True)
    of_clinic = defaultdict[int, list[int]](list)
    for clinic, user in told.exclude(told=Told.NEVER).values_list("clinic_id", "user_id").order_by("pk"):
        if clinic is not None:
            of_clinic[clinic].append(user)
    return {
        child: list(dict.fromkeys(user for clinic in sorted(linked) for user in of_clinic[clinic]))
        for child, linked in clinics_by_child.items()
    }


@dataclass(frozen=True)
class Standing:
    """What many people may do, read at once: each one's roles to which child and at which clinic."""

    of_child: dict[tuple[int, int], Role] = field(default_factory=dict)
    of_clinic: dict[tuple[int, int], set[Role]] = field(default_factory=dict)
    clinics: dict[int, set[int]] = field(default_factory=dict)

    def may(self, user: int, right: Right, *, child: int) -> bool:
        """Whether the person may do that with a child."""
        own = self.of_child.get((user, child))
        if own is not None and right in RIGHTS[own]:
            return True
        at_clinics = (self.of_clinic.get((user, clinic), set()) for clinic in self.clinics.get(child, ()))
        return any(right in RIGHTS[role] for roles in at_clinics for role in roles)


def standing_of(users: Collection[int], children: Iterable[int]) -> Standing:
    """The standing of these people with these children as it is now, as far as they want to be told."""
    of_child: dict[tuple[int, int], Role] = {}
    of_clinic = defaultdict[tuple[int, int], set[Role]](set)
    told = Membership.objects.filter(user__pk__among=users).exclude(told=Told.NEVER)
    places = told.values_list("user_id", "role", "child_id", "clinic_id")
    for user, role, child, clinic in places:
        if child is not None:
            of_child[user, child] = Role(role)
        if clinic is not None:
            of_clinic[user, clinic].add(Role(role))
    return Standing(of_child, of_clinic, _linked_clinics(set(children)) if of_clinic else {})


def _linked_clinics(children: Collection[int]) -> dict[int, set[int]]:
    links = ClinicLink.objects.standing().filter(child__pk__among=children)
    linked = defaultdict[int, set[int]](set)
    for child, clinic in links.values_list("child_id", "clinic_id"):
        linked[child].add(clinic)
    return linked
