"""The story that every address is asked about: Lena's record, her clinic, and each kind of person in a browser."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta

from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.db.models import F
from django.test import Client

from ivig_care.accounts.models import User
from ivig_care.actions.concerns import concern_raise
from ivig_care.actions.contact_points import links_revoke
from ivig_care.actions.diary import Reported, cup_add, drink_enter, report_enter
from ivig_care.actions.doses import dose_enter
from ivig_care.actions.invitations import invitation_make
from ivig_care.actions.plans import plan_draft
from ivig_care.care_teams.models import ClinicLink, GuestLink, Invitation, Membership, Role
from ivig_care.common.secrets import secret_hash
from ivig_care.nudges.links import link_token
from ivig_care.plans.extra import Meant
from ivig_care.plans.models import Infusion, ProductLot, RateEntry
from ivig_care.regimen.fluids import FluidKind
from ivig_care.regimen.medicines import Amount
from ivig_care.web.guest.bound import COOKIE as GUEST_COOKIE
from tests.access.table import SIGNED_IN, Kind
from tests.actors import People, people_make
from tests.browsers import signed_in_long_ago
from tests.conftest import ACTIVATED_AT, STARTS_AT
from tests.factories import (
    ChildFactory,
    ClinicFactory,
    ClinicLinkFactory,
    MembershipFactory,
    UserFactory,
    active_infusion,
    built_in_version,
)
from tests.web.clinic.story import finish
from tests.web.messages import point_of, premedication, sent

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
# What the addresses of the two guest links say, and what is kept on the devices that they are bound to.
GUEST_SECRETS = {Kind.GUEST: "guest-secret", Kind.EXPIRED_GUEST: "expired-secret"}
GUEST_DEVICES = {Kind.GUEST: "guest-device", Kind.EXPIRED_GUEST: "expired-device"}


@dataclass(frozen=True)
class Stage:
    """Everybody, and the things that addresses name."""

    people: People
    persons: dict[Kind, User]
    # What an address needs, by what it names: {"infusion": {"pk": 5}}.
    keys: dict[str, dict[str, object]]
    # The same where it depends on who asks.
    keys_of: dict[Kind, dict[str, dict[str, object]]]
    # What a form may say: {"step": "7"}.
    words: dict[str, str] = field(default_factory=dict)

    def key(self, of: str, kind: Kind) -> dict[str, object]:
        """What the address of this thing needs, for this kind of person."""
        return self.keys_of.get(kind, {}).get(of) or self.keys.get(of, {})

    def browser(self, kind: Kind, signed_in: Callable[[User], Client]) -> Client:
        """A browser of this kind of person, that says 500 instead of raising."""
        client = signed_in(self.persons[kind]) if kind in SIGNED_IN else Client()
        client.raise_request_exception = False
        if kind in GUEST_DEVICES:
            client.cookies[GUEST_COOKIE] = GUEST_DEVICES[kind]
        return client


def stage_make() -> Stage:
    """Make everything anew, as it is at the planned start of day 1 of Lena's infusion."""
    people = people_make()
    persons = _persons(people)
    closed = active_infusion(
        child=people.lena, by=people.weiss, starts_at=STARTS_AT - 60 * DAY, at=ACTIVATED_AT - 60 * DAY
    )
    finish(closed, by=people.maria)
    infusion = active_infusion(child=people.lena, by=people.weiss, starts_at=STARTS_AT, at=ACTIVATED_AT)
    version = built_in_version(ACTIVATED_AT)
    draft = plan_draft(child=people.lena, version=version, by=people.weiss, at=ACTIVATED_AT)
    written = _written_down(people, infusion)
    concern = concern_raise(
        infusion=infusion, kind="briefing", about="well", words="not well", by=people.maria, now=STARTS_AT - DAY
    )
    steps = premedication(infusion)
    message = sent(infusion, people.maria, steps)
    revoked = sent(infusion, people.sam, steps)
    links_revoke(person=people.sam, now=STARTS_AT - timedelta(minutes=1))
    _otherwhere_too(people)
    keys: dict[str, dict[str, object]] = {
        "child": {"pk": people.lena.pk},
        "clinic": {"pk": people.riverside.pk},
        "place of the bar": {"what": "drinks"},
        "language": {"language": "es"},
        "infusion": {"pk": infusion.pk},
        "closed infusion": {"pk": closed.pk},
        "draft": {"pk": draft.pk},
        **written,
        "step": {"pk": steps[0].pk},
        "day": {"pk": infusion.days.get(number=1).pk},
        **_ran(infusion, people),
        "contact point": {"pk": point_of(people.maria).pk},
        "message": {"token": link_token(message.pk)},
        "message key": {"pk": message.pk},
        "session": {"pk": _session_of(people.maria).pk},
        "reset": {"uidb36": "1", "key": "no-such-key"},
        "guest link": {"secret": GUEST_SECRETS[Kind.GUEST]},
        **_shared(people, infusion),
    }
    return Stage(
        people=people,
        persons=persons,
        keys=keys,
        keys_of={
            Kind.SIGNED_OUT_LINK: {"message": {"token": link_token(revoked.pk)}},
            Kind.EXPIRED_GUEST: {"guest link": {"secret": GUEST_SECRETS[Kind.EXPIRED_GUEST]}},
        },
        words={
            "step": str(steps[0].pk),
            "guest step": str(steps[0].pk),
            "version": str(version.pk),
            "concern": str(concern.pk),
            "code": str(keys["code"]["code"]),
        },
    )


def _written_down(people: People, infusion: Infusion) -> dict[str, dict[str, object]]:
    """A cup, a drink, how Lena is, and a dose besides."""
    maria, then = people.maria, STARTS_AT - DAY
    cup = cup_add(child=people.lena, name="Blue cup", ml=180, by=maria, now=then)
    drink = drink_enter(infusion=infusion, kind=FluidKind.WATER, ml=180, by=maria, at=then, now=then)
    report = report_enter(infusion=infusion, said=Reported(note="Well."), by=maria, at=then, now=then).report
    meant = Meant(
        name="Saline drops", amounts=(Amount(ingredient="Saline drops"),), is_known=False, is_combination=False
    )
    (dose,) = dose_enter(infusion=infusion, meant=meant, by=maria, at=then, now=then)
    things = {"cup": cup, "drink": drink, "report": report, "dose": dose}
    return {name: {"pk": thing.pk} for name, thing in things.items()}


def _ran(infusion: Infusion, people: People) -> dict[str, dict[str, object]]:
    """A rate and a bottle of day 1, of which nobody has said yet that it started."""
    day, at = infusion.days.get(number=1), STARTS_AT - HOUR
    rate = RateEntry.objects.create(day=day, ml_h=12, at=at, entered_at=at, by=people.maria)
    lot = ProductLot.objects.create(day=day, brand="Octagam 10 %", lot="A9", at=at, entered_at=at, by=people.maria)
    return {"rate": {"pk": rate.pk}, "lot": {"pk": lot.pk}}


def _persons(people: People) -> dict[Kind, User]:
    vera, nia, ada, otto, finn = (
        UserFactory.create(name=name, email=f"{name.lower()}@example.org")
        for name in ("Vera", "Nia", "Ada", "Otto", "Finn")
    )
    MembershipFactory.create(user=vera, child=people.lena, role=Role.VIEWER)
    MembershipFactory.create(user=nia, clinic=people.riverside, role=Role.NURSE)
    MembershipFactory.create(user=ada, clinic=people.riverside, role=Role.ADMIN)
    withdrawn = ClinicFactory.create(name="Lakeside")
    MembershipFactory.create(user=otto, clinic=withdrawn, role=Role.CLINICIAN)
    ClinicLinkFactory.create(child=people.lena, clinic=withdrawn)
    ClinicLink.objects.filter(clinic=withdrawn).update(withdrawn_at=F("offered_at"), withdrawn_by=people.maria)
    MembershipFactory.create(user=finn, clinic=people.riverside, role=Role.CLINICIAN)
    Membership.objects.filter(user=finn).delete()
    return {
        Kind.GUARDIAN: people.maria,
        Kind.CAREGIVER: people.sam,
        Kind.VIEWER: vera,
        Kind.OTHER_FAMILY: people.tom,
        Kind.CLINICIAN: people.weiss,
        Kind.NURSE: nia,
        Kind.ADMIN: ada,
        Kind.OTHER_CLINICIAN: people.lee,
        Kind.WITHDRAWN_CLINICIAN: otto,
        Kind.FORMER_STAFF: finn,
    }


def _otherwhere_too(people: People) -> None:
    """The other family and the other clinics have children and infusions of their own."""
    active_infusion(child=people.kai, by=people.lee, starts_at=STARTS_AT, at=ACTIVATED_AT)
    otto = User.objects.get(name="Otto")
    lakeside = Membership.objects.get(user=otto).clinic
    ChildFactory.create(clinic=lakeside, given_name="Ida", family_name="Vogel")


def _session_of(person: User) -> UserSession:
    """A place where somebody is signed in besides."""
    key = signed_in_long_ago(person).session.session_key
    return UserSession.objects.create(user=person, session_key=f"{key}", ip="192.0.2.1", user_agent="Firefox/")


def _shared(people: People, infusion: Infusion) -> dict[str, dict[str, object]]:
    """Places, invitations and links that a guardian or an admin may take back, and the codes that open things."""
    lena, riverside = people.lena, people.riverside
    bo, cem = (UserFactory.create(name=name, email=f"{name.lower()}@example.org") for name in ("Bo", "Cem"))
    family_place = MembershipFactory.create(user=bo, child=lena, role=Role.CAREGIVER)
    staff_place = MembershipFactory.create(user=cem, clinic=riverside, role=Role.NURSE)
    admin = Membership.objects.get(clinic=riverside, role=Role.ADMIN).user
    now = STARTS_AT - HOUR
    family, code = invitation_make(role=Role.VIEWER, by=people.maria, child=lena, name="Ann", now=now)
    # Made before anybody of the family was here.
    clinics = Invitation.objects.create(
        code_hash="x",
        role=Role.GUARDIAN,
        child=lena,
        created_by=people.weiss,
        created_at=now,
        expires_at=now + 24 * HOUR,
    )
    staff, _ = invitation_make(role=Role.NURSE, by=admin, clinic=riverside, name="Ann", now=now)
    guest_links = _guest_links(people, infusion)
    passkey = Authenticator.objects.create(
        user=bo, type=Authenticator.Type.WEBAUTHN, data={"name": "Phone", "credential": {}}
    )
    return {
        "passkey of another": {"pk": passkey.pk},
        "code": {"code": code},
        "clinic’s code": {"code": riverside.join_code},
        "family place": {"pk": lena.pk, "place": family_place.pk},
        "staff place": {"pk": riverside.pk, "place": staff_place.pk},
        "family invitation": {"pk": lena.pk, "invitation": family.pk},
        "clinic’s invitation": {"pk": lena.pk, "invitation": clinics.pk},
        "staff invitation": {"pk": riverside.pk, "invitation": staff.pk},
        "made guest link": {"pk": lena.pk, "link": guest_links[Kind.GUEST].pk},
        "linked clinic": {"pk": lena.pk, "clinic": riverside.pk},
    }


def _guest_links(people: People, infusion: Infusion) -> dict[Kind, GuestLink]:
    untils = {Kind.GUEST: STARTS_AT + 6 * HOUR, Kind.EXPIRED_GUEST: STARTS_AT - HOUR}
    return {
        kind: GuestLink.objects.create(
            child=people.lena,
            infusion=infusion,
            secret_hash=secret_hash(GUEST_SECRETS[kind]),
            label="Grandmother",
            until=until,
            created_by=people.maria,
            created_at=STARTS_AT - DAY,
            person=UserFactory.create(name="Rosa", email=f"guest-{number}@invalid", is_active=False, is_guest=True),
            device_hash=secret_hash(GUEST_DEVICES[kind]),
            bound_at=STARTS_AT - 2 * HOUR,
        )
        for number, (kind, until) in enumerate(untils.items())
    }
