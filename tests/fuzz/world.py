"""Three families with a clinic each, whose every word is marked: so a word in the wrong place tells whose it is."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from ivig_care.accounts.models import ContactPoint, User
from ivig_care.actions.guests import guest_link_bind, guest_link_make
from ivig_care.actions.invitations import invitation_make
from ivig_care.actions.plans import plan_draft
from ivig_care.actions.reviews import review_sign
from ivig_care.actions.steps import step_note
from ivig_care.care_teams.models import Child, Clinic, ClinicLink, GuestLink, Membership, Role
from ivig_care.nudges.links import link_token
from ivig_care.nudges.models import Delivery, DeliveryAttempt
from ivig_care.plans.models import Infusion
from ivig_care.web.guest.bound import COOKIE as GUEST_COOKIE
from tests.browsers import signed_in
from tests.conftest import ACTIVATED_AT, STARTS_AT
from tests.factories import (
    ChildFactory,
    ClinicFactory,
    ClinicLinkFactory,
    ContactPointFactory,
    MembershipFactory,
    NudgePreferenceFactory,
    UserFactory,
    active_infusion,
    built_in_version,
)
from tests.web.clinic.story import finish

FAMILIES = 3
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
MARK = re.compile(r"zq\d+x(\d+)q", re.IGNORECASE)
PHONE = re.compile(r"1212556(\d{4})")
STAFF = (Role.CLINICIAN, Role.NURSE, Role.ADMIN)
FAMILY = (Role.GUARDIAN, Role.CAREGIVER, Role.VIEWER)


@dataclass
class Person:
    """Somebody with a browser, and the families of which they may see a word."""

    name: str
    families: frozenset[int]
    user: User | None = None
    cookies: dict[str, str] = field(default_factory=dict)

    def sign_in(self) -> None:
        """Begin a session of their own."""
        if self.user is not None:
            self.cookies = {name: morsel.value for name, morsel in signed_in(self.user).cookies.items()}


@dataclass
class World:
    """Everybody, and what the addresses of the site may name: {"infusion": [({"pk": 5}, family), ...]}."""

    people: list[Person] = field(default_factory=list)
    things: dict[str, list[tuple[dict[str, object], int]]] = field(default_factory=dict)
    # Whoever has one of these words in an address may see what it opens.
    openers: dict[str, int] = field(default_factory=dict)
    keys: list[int] = field(default_factory=list)

    def add(self, of: str, family: int, **key: object) -> None:
        """One more thing that an address may name."""
        self.things.setdefault(of, []).append((key, family))
        self.keys += [value for value in key.values() if isinstance(value, int)]
        self.openers |= {value: family for value in key.values() if isinstance(value, str)}


def marks_in(page: str) -> set[int]:
    """The families of which a page has a word."""
    phones = {int(number) // 10 for number in PHONE.findall(re.sub(r"[\s()\-]", "", page))}
    return {int(family) for family in MARK.findall(page)} | phones


def world_make(number: int) -> World:
    """A new world; `number` sets its words apart from those of the worlds before."""
    world = World()
    for index in range(FAMILIES):
        _family(world, number * FAMILIES + index, mark=f"Zq{number}x{number * FAMILIES + index}q")
    stranger = UserFactory.create(name="Stranger", email=f"stranger{number}@example.org")
    world.people += [Person("stranger", frozenset(), stranger), *(Person("nobody", frozenset()) for _ in range(2))]
    for person in world.people:
        person.sign_in()
    return world


def _family(world: World, family: int, *, mark: str) -> None:
    clinic = ClinicFactory.create(name=f"Clinic {family}")
    child = ChildFactory.create(clinic=clinic, given_name=f"{mark}given", family_name=f"{mark}sur")
    users: dict[Role, User] = {}
    for place, role in enumerate((*FAMILY, *STAFF)):
        user = UserFactory.create(name=f"{mark}{role}", email=f"{mark}{role}@example.org".lower())
        where = {"child": child} if role in FAMILY else {"clinic": clinic}
        MembershipFactory.create(user=user, role=role, **where)
        NudgePreferenceFactory.create(user=user)
        point = ContactPointFactory.create(user=user)
        phone = f"+1212556{family * 10 + place:04}"
        texts = ContactPointFactory.create(user=user, kind=ContactPoint.Kind.SMS, address=phone, rank=1)
        world.add("contact point", family, pk=point.pk)
        world.add("contact point", family, pk=texts.pk)
        world.people.append(Person(f"{role} {family}", frozenset({family}), user))
        users[role] = user
    _gone(world, child, clinic, family)
    _record(world, child, users, family, mark)
    _sharing(world, child, clinic, users, family, mark)


def _gone(world: World, child: Child, clinic: Clinic, family: int) -> None:
    """Who could see the child once, and may not any more."""
    former, other = (
        UserFactory.create(name=name, email=f"{name}{family}@example.org".lower()) for name in ("Former", "Withdrawn")
    )
    MembershipFactory.create(user=former, clinic=clinic, role=Role.CLINICIAN)
    Membership.objects.filter(user=former).delete()
    withdrawn = ClinicFactory.create(name=f"Withdrawn {family}")
    MembershipFactory.create(user=other, clinic=withdrawn, role=Role.CLINICIAN)
    link = ClinicLinkFactory.create(child=child, clinic=withdrawn)
    ClinicLink.objects.filter(pk=link.pk).update(withdrawn_at=ACTIVATED_AT, withdrawn_by=other)
    world.people += [
        Person(f"former {family}", frozenset(), former),
        Person(f"withdrawn {family}", frozenset(), other),
    ]


def _record(world: World, child: Child, users: dict[Role, User], family: int, mark: str) -> None:
    clinician, guardian = users[Role.CLINICIAN], users[Role.GUARDIAN]
    closed = active_infusion(child=child, by=clinician, starts_at=STARTS_AT - 60 * DAY, at=ACTIVATED_AT - 60 * DAY)
    finish(closed, by=guardian)
    infusion = active_infusion(child=child, by=clinician, starts_at=STARTS_AT, at=ACTIVATED_AT)
    if family % 2:
        review_sign(review=closed.review, by=clinician, note=f"{mark}note", next_time=f"{mark}next", at=ACTIVATED_AT)
    draft = plan_draft(child=child, version=built_in_version(ACTIVATED_AT), by=clinician, at=ACTIVATED_AT)
    steps = list(infusion.steps.order_by("due_at", "pk"))
    step_note(step=steps[0], by=guardian, note=f"{mark}note", now=STARTS_AT - HOUR)
    for one in (infusion, closed):
        for of in ("infusion", "closed infusion"):
            world.add(of, family, pk=one.pk)
    for step in steps[:12]:
        world.add("step", family, pk=step.pk)
    for day in infusion.days.all():
        world.add("day", family, pk=day.pk)
    world.add("draft", family, pk=draft.pk)
    world.add("child", family, pk=child.pk)
    for role in (Role.GUARDIAN, Role.CAREGIVER):
        for hours in (1, 3):
            delivery = _delivery(infusion, users[role], STARTS_AT - hours * HOUR)
            delivery.steps.set(steps[:3])
            world.add("message", family, token=link_token(delivery.pk))
            world.add("message key", family, pk=delivery.pk)


def _delivery(infusion: Infusion, person: User, at: datetime) -> Delivery:
    point = ContactPoint.objects.filter(user=person, kind=ContactPoint.Kind.EMAIL).get()
    delivery = Delivery.objects.create(
        person=person,
        contact_point=point,
        kind=point.kind,
        occasion=f"{at:%H:%M} {infusion.pk} {person.pk}",
        infusion=infusion,
        status=Delivery.Status.SENT,
        created_at=at,
        owed_at=at,
        next_attempt_at=at,
        sent_at=at,
        expires_at=at + 6 * HOUR,
        link_until=at + 48 * HOUR,
    )
    DeliveryAttempt.objects.create(
        delivery=delivery, contact_point=point, at=at, outcome="accepted", provider_id=f"SM{delivery.pk}"
    )
    return delivery


def _sharing(world: World, child: Child, clinic: Clinic, users: dict[Role, User], family: int, mark: str) -> None:
    guardian, now = users[Role.GUARDIAN], STARTS_AT - HOUR
    infusion = Infusion.objects.filter(plan__child=child, plan__status="active", closed_at__isnull=True).order_by(
        "-pk"
    )[0]
    for place in Membership.objects.filter(child=child):
        world.add("family place", family, pk=child.pk, place=place.pk)
    for place in Membership.objects.filter(clinic=clinic):
        world.add("staff place", family, pk=clinic.pk, place=place.pk)
    world.add("clinic", family, pk=clinic.pk)
    world.add("linked clinic", family, pk=child.pk, clinic=clinic.pk)
    for role in (Role.CAREGIVER, Role.VIEWER):
        invitation, code = invitation_make(role=role, by=guardian, child=child, name=f"{mark}aunt", now=now)
        world.add("code", family, code=code)
        world.add("family invitation", family, pk=child.pk, invitation=invitation.pk)
    invitation, code = invitation_make(role=Role.NURSE, by=users[Role.ADMIN], clinic=clinic, name="Ann", now=now)
    world.add("code", family, code=code)
    world.add("staff invitation", family, pk=clinic.pk, invitation=invitation.pk)
    for name in ("bound", "unbound"):
        link, secret = guest_link_make(
            infusion=infusion, by=guardian, label=f"{mark}{name}", until=now + 2 * DAY, may_record=True, now=now
        )
        world.add("guest link", family, secret=secret)
        world.add("made guest link", family, pk=child.pk, link=link.pk)
        if name == "bound":
            _guest(world, link, family, mark)


def _guest(world: World, link: GuestLink, family: int, mark: str) -> None:
    device = guest_link_bind(link=link, name=f"{mark}rosa", now=STARTS_AT - HOUR)
    world.people.append(Person(f"guest {family}", frozenset(), cookies={GUEST_COOKIE: device}))
