"""Rows for tests, with nothing random in them."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timedelta
from decimal import Decimal

from allauth.account.models import EmailAddress
from factory.declarations import LazyAttribute, RelatedFactory, SelfAttribute, Sequence, SubFactory
from factory.django import DjangoModelFactory, Password

from ivig_care.accounts.models import ContactPoint, NudgePreference, User
from ivig_care.actions.plans import (
    MedicineOrder,
    PlanOrder,
    RateOrder,
    plan_activate,
    plan_draft,
    plan_prescribe,
)
from ivig_care.actions.protocols import built_in_protocols_load
from ivig_care.care_teams.models import Child, Clinic, ClinicLink, Membership
from ivig_care.plans.models import Infusion, Plan
from ivig_care.protocols.models import Medicine, MedicineLimit, Product, ProductCeiling, ProtocolVersion
from tests.password import PASSWORD

ZONE = "America/Los_Angeles"


class ClinicFactory(DjangoModelFactory[Clinic]):
    """A clinic in Los Angeles."""

    class Meta:
        model = Clinic

    name = Sequence(lambda n: f"Clinic {n}")
    country = Clinic.Country.US
    zone = ZONE
    phone = "+1 212 555 0147"
    emergency_number = "911"


class ClinicLinkFactory(DjangoModelFactory[ClinicLink]):
    """A clinic may see a child."""

    class Meta:
        model = ClinicLink

    offered_at = datetime.fromisoformat("2026-01-01T00:00:00+00:00")


class ChildFactory(DjangoModelFactory[Child]):
    """A child of a clinic, which may see it."""

    class Meta:
        model = Child
        skip_postgeneration_save = True

    clinic = SubFactory(ClinicFactory)
    given_name = "Lena"
    family_name = "Moreno"
    born_on = date(2017, 4, 2)
    zone = ZONE
    link = RelatedFactory(ClinicLinkFactory, factory_related_name="child", clinic=SelfAttribute("..clinic"))


class EmailAddressFactory(DjangoModelFactory[EmailAddress]):
    """A proved address to sign in with."""

    class Meta:
        model = EmailAddress

    verified = primary = True


class UserFactory(DjangoModelFactory[User]):
    """A person who can sign in with PASSWORD, or with a code by e-mail."""

    class Meta:
        model = User
        skip_postgeneration_save = True

    name = "Maria"
    email = Sequence(lambda n: f"person{n}@example.org")
    password = Password(PASSWORD)
    address = RelatedFactory(
        EmailAddressFactory,
        factory_related_name="user",
        email=LazyAttribute(lambda made: made.factory_parent.email.lower()),
    )


class MembershipFactory(DjangoModelFactory[Membership]):
    """A person's place in a care team or on a staff."""

    class Meta:
        model = Membership


class ContactPointFactory(DjangoModelFactory[ContactPoint]):
    """A verified, agreed e-mail address."""

    class Meta:
        model = ContactPoint

    kind = ContactPoint.Kind.EMAIL
    address = LazyAttribute(lambda made: made.user.email)
    verified_at = consented_at = datetime.fromisoformat("2026-01-01T00:00:00+00:00")


class NudgePreferenceFactory(DjangoModelFactory[NudgePreference]):
    """No quiet hours."""

    class Meta:
        model = NudgePreference

    zone = ZONE


def octagam() -> Product:
    """Octagam 10 % with the ceilings of worked example E1."""
    product, is_new = Product.objects.get_or_create(name="Octagam 10 %", defaults={"mg_per_ml": 100, "source": "S12"})
    if is_new:
        ProductCeiling.objects.create(
            product=product, use="adult dermatomyositis", ml_per_kg_h=Decimal("2.4"), source="S12"
        )
        ProductCeiling.objects.create(
            product=product, use="risk cap", ml_per_kg_h=Decimal("2"), flag="risk", source="S12"
        )
    return product


def us_limit(ingredient: str, *, hours: int, doses: int) -> MedicineLimit:
    """A limit of the US rule set."""
    medicine, _ = Medicine.objects.get_or_create(ingredient=ingredient)
    # Where the catalogue is loaded, it knows better, and by bands.
    known = MedicineLimit.objects.filter(medicine=medicine, country="US").first()
    return known or MedicineLimit.objects.create(
        medicine=medicine, country="US", min_interval_hours=hours, max_doses_24h=doses, source="HLH"
    )


LADDER = (
    RateOrder(ml_per_kg_h=Decimal("0.6"), minutes=30),
    RateOrder(ml_per_kg_h=Decimal("1.2"), minutes=30),
    RateOrder(ml_per_kg_h=Decimal("2.4")),
)
ACETAMINOPHEN_COURSE = MedicineOrder(
    use="course",
    ingredient="acetaminophen",
    mg=Decimal(300),
    every_hours=Decimal(6),
    first="after premedication",
    until_hours=48,
    may_wake=True,
)
MEDICINES = (
    MedicineOrder(use="premedication", ingredient="acetaminophen", mg=Decimal(300), mg_per_ml=Decimal(32)),
    MedicineOrder(use="premedication", ingredient="diphenhydramine", mg=Decimal(20)),
    ACETAMINOPHEN_COURSE,
)


# Nobody is reminded of it; the ledger says whether it may be given. The figures are those of this story alone.
WHEN_NEEDED = MedicineOrder(
    use="as needed",
    ingredient="ibuprofen",
    mg=Decimal(200),
    mg_per_ml=Decimal(20),
    every_hours=Decimal(8),
    most_in_24h=3,
    until_hours=96,
    purpose="headache",
)


def e1_order() -> PlanOrder:
    """The prescription of worked example E1: 20 kg, Octagam 10 %, 2 g/kg over 2 days."""
    return PlanOrder(
        product=octagam(),
        dose_g_per_kg=Decimal(2),
        weight_kg=Decimal(20),
        weighed_on=date(2026, 6, 12),
        has_risk=False,
        has_premedication=True,
        premedication_minutes_before=30,
        premedication_by="family",
        has_course=True,
        has_fluid_limit=False,
        fluids_goal_ml=1500,
        fluids_hours_after=48,
    )


def built_in_version(at: datetime) -> ProtocolVersion:
    """The built-in protocol JDM, 2 g/kg over 2 days."""
    versions = {version.protocol.slug: version for version in built_in_protocols_load(at=at)}
    return versions["jdm-2g-2days"]


def drafted_plan(
    *,
    child: Child,
    by: User,
    starts_at: datetime,
    at: datetime,
    medicines: tuple[MedicineOrder, ...] = MEDICINES,
) -> Plan:
    """A complete draft of E1's prescription: day 1 at `starts_at`, day 2 a day later."""
    us_limit("acetaminophen", hours=4, doses=5)
    us_limit("diphenhydramine", hours=6, doses=4)
    plan = plan_draft(child=child, version=built_in_version(at), by=by, at=at)
    starts = [starts_at, starts_at + timedelta(days=1)]
    return plan_prescribe(plan=plan, order=e1_order(), rates=LADDER, medicines=medicines, starts=starts, by=by, at=at)


def active_infusion(
    *,
    child: Child,
    by: User,
    starts_at: datetime,
    at: datetime,
    medicines: tuple[MedicineOrder, ...] = MEDICINES,
) -> Infusion:
    """The infusion of an activated plan, with its checklist."""
    plan = drafted_plan(child=child, by=by, starts_at=starts_at, at=at, medicines=medicines)
    plan_activate(plan=plan, by=by, at=at)
    return plan.infusions.get()


def long_infusion(*, child: Child, by: User, starts_at: datetime, at: datetime) -> Infusion:
    """The same with two courses more and seven rates: about forty steps."""
    plan = drafted_plan(child=child, by=by, starts_at=starts_at, at=at)
    more = tuple(
        replace(ACETAMINOPHEN_COURSE, ingredient=name, mg=Decimal(mg), every_hours=Decimal(hours), first=first)
        for name, mg, hours, first in (
            ("ibuprofen", 200, 8, "end of first day"),
            ("diphenhydramine", 20, 6, "after premedication"),
        )
    )
    rates = tuple(RateOrder(ml_per_kg_h=Decimal(number) / 2, minutes=30) for number in range(1, 8))
    starts = [starts_at, starts_at + timedelta(days=1)]
    plan_prescribe(plan=plan, order=e1_order(), rates=rates, medicines=(*MEDICINES, *more), starts=starts, by=by, at=at)
    plan_activate(plan=plan, by=by, at=at)
    return plan.infusions.get()
