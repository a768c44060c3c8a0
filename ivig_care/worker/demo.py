"""Demo data, made by the same actions that real people use: one family before, one during, one after an infusion."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal

from ivig_care.accounts.models import ContactPoint, User
from ivig_care.actions.accounts import demo_app_add
from ivig_care.actions.briefing import Said, briefing_answer
from ivig_care.actions.care_teams import (
    caregiver_add,
    child_add,
    clinic_add,
    clinic_links_agree,
    person_add,
    staff_add,
)
from ivig_care.actions.catalogue import catalogue_load
from ivig_care.actions.checklists import checklists_close
from ivig_care.actions.contact_points import contact_point_agree, quiet_hours_set
from ivig_care.actions.infusions import infusion_day_end, infusion_day_start
from ivig_care.actions.lots import Label, lot_enter
from ivig_care.actions.plans import MedicineOrder, PlanOrder, RateOrder, plan_activate, plan_draft, plan_prescribe
from ivig_care.actions.protocols import built_in_protocols_load
from ivig_care.actions.rates import infusion_day_pause, infusion_day_resume, rate_enter
from ivig_care.actions.steps import step_note, step_skip, step_tick
from ivig_care.care_teams.models import Child, Clinic, Role
from ivig_care.plans.facts import schedule_of
from ivig_care.plans.models import BriefingAnswer, Infusion, InfusionDay, PlanMedicine, Step
from ivig_care.protocols.models import Product, ProtocolVersion
from ivig_care.regimen.steps import SkipReason
from ivig_care.regimen.timing import resolve_local, zone_named

PASSWORD = "demo-infusion-day"  # noqa: S105 - printed on the screen: it protects nothing
NINE = time(9, 0)


@dataclass(frozen=True, kw_only=True)
class DemoPerson:
    """Somebody to sign in as."""

    email: str
    name: str
    what: str


PEOPLE = (
    DemoPerson(email="maria@example.org", name="Maria", what="guardian of Lena, Ben, Ida and Noa"),
    DemoPerson(email="sam@example.org", name="Sam", what="second caregiver of Lena, Ben, Ida and Noa"),
    DemoPerson(email="weiss@example.org", name="Dr Weiss", what="clinician of Riverside Clinic"),
    DemoPerson(email="tom@example.org", name="Tom", what="guardian of Kai, at another clinic"),
    DemoPerson(email="lee@example.org", name="Dr Lee", what="clinician of that other clinic"),
    DemoPerson(email="ada@example.org", name="Ada", what="admin of Riverside Clinic, who sees no child"),
)
# Those on a staff, who show an authenticator app beside their password.
WITH_APP = frozenset({"weiss@example.org", "lee@example.org", "ada@example.org"})


def demo_exists() -> bool:
    """Whether the demo people are there already."""
    return User.objects.filter(email=PEOPLE[0].email).exists()


def demo_seed(*, now: datetime, zone: str) -> None:
    """Make two clinics, five children and six infusions around `now`; the first clinic lies in `zone`.

    With the zone of the machine, the demo day has the same morning and night as the person who tries it.
    """
    catalogue_load()
    built_in = {version.protocol.slug: version for version in built_in_protocols_load(at=now)}
    version = built_in["jdm-2g-2days"]
    riverside = clinic_add(
        name="Riverside Clinic", country="US", zone=zone, phone="+1 212 555 0147", emergency_number="911"
    )
    hillside = clinic_add(
        name="Hillside Hospital", country="UK", zone="Europe/London", phone="+44 20 7946 0147", emergency_number="999"
    )
    zones = (zone, zone, zone, hillside.zone, hillside.zone, zone)
    maria, sam, weiss, tom, lee, ada = (
        _person(person, number, home, now) for number, (person, home) in enumerate(zip(PEOPLE, zones, strict=True))
    )
    lena = _child(riverside, "Lena", "Moreno", date(2017, 4, 2), {maria: Role.GUARDIAN, sam: Role.CAREGIVER}, now)
    ben = _child(riverside, "Ben", "Moreno", date(2019, 9, 21), {maria: Role.GUARDIAN, sam: Role.CAREGIVER}, now)
    ida = _child(riverside, "Ida", "Moreno", date(2014, 11, 30), {maria: Role.GUARDIAN, sam: Role.CAREGIVER}, now)
    noa = _child(riverside, "Noa", "Moreno", date(2018, 6, 9), {maria: Role.GUARDIAN, sam: Role.CAREGIVER}, now)
    kai = _child(hillside, "Kai", "Berg", date(2016, 1, 12), {tom: Role.GUARDIAN}, now)
    staff_add(clinic=riverside, person=weiss, role=Role.CLINICIAN, now=now)
    staff_add(clinic=hillside, person=lee, role=Role.CLINICIAN, now=now)
    staff_add(clinic=riverside, person=ada, role=Role.ADMIN, now=now)
    _infusion_waiting_for_review(lena, version, clinician=weiss, parent=maria, other=sam, now=now)
    _infusion_in_its_72_hours(ben, version, clinician=weiss, parent=maria, now=now)
    _infusion_late_today(ida, version, clinician=weiss, parent=maria, now=now)
    _infusion_at_its_end(noa, version, clinician=weiss, parent=maria, now=now)
    _infusion_tomorrow(lena, version, clinician=weiss, other=sam, now=now)
    _infusion_planned(kai, version, by=lee, starts_at=_nine(kai, 1, now), now=now)


def _nine(child: Child, in_days: int, now: datetime) -> datetime:
    """Nine in the morning where the child lives, so many days from today."""
    zone = zone_named(child.zone)
    return resolve_local(now.astimezone(zone).date() + timedelta(days=in_days), NINE, zone)


def _infusion_planned(
    child: Child,
    version: ProtocolVersion,
    *,
    by: User,
    starts_at: datetime,
    now: datetime,
    weight_kg: Decimal = Decimal(20),
) -> Infusion:
    """Day 1 at `starts_at`, day 2 at the same time the day after; activated two days before, or now."""
    zone = zone_named(child.zone)
    local = starts_at.astimezone(zone)
    starts = [starts_at, resolve_local(local.date() + timedelta(days=1), local.time(), zone)]
    at = min(now, starts_at - timedelta(days=2))
    plan = plan_draft(child=child, version=version, by=by, at=at)
    order = PlanOrder(
        product=Product.objects.get(name="Octagam 10 %"),
        dose_g_per_kg=Decimal(2),
        weight_kg=weight_kg,
        weighed_on=local.date() - timedelta(days=3),
        has_risk=False,
        has_premedication=True,
        premedication_minutes_before=30,
        premedication_by="family",
        has_course=True,
        has_fluid_limit=False,
        fluids_goal_ml=1500,
        fluids_hours_after=48,
    )
    plan_prescribe(plan=plan, order=order, rates=_LADDER, medicines=_MEDICINES, starts=starts, by=by, at=at)
    plan_activate(plan=plan, by=by, at=at)
    return Infusion.objects.get(plan=plan)


# Worked example E1: ladder, acetaminophen 15 mg/kg and diphenhydramine 1 mg/kg for 20 kg.
_LADDER = (
    RateOrder(ml_per_kg_h=Decimal("0.6"), minutes=30),
    RateOrder(ml_per_kg_h=Decimal("1.2"), minutes=30),
    RateOrder(ml_per_kg_h=Decimal("2.4")),
)
_MEDICINES = (
    MedicineOrder(use="premedication", ingredient="acetaminophen", mg=Decimal(300), mg_per_ml=Decimal(32)),
    MedicineOrder(use="premedication", ingredient="diphenhydramine", mg=Decimal(20)),
    MedicineOrder(
        use="course",
        ingredient="acetaminophen",
        mg=Decimal(300),
        mg_per_ml=Decimal(32),
        every_hours=Decimal(6),
        first=PlanMedicine.First.AFTER_PREMEDICATION,
        until_hours=48,
        may_wake=False,
    ),
)


def _infusion_tomorrow(child: Child, version: ProtocolVersion, *, clinician: User, other: User, now: datetime) -> None:
    """The child has grown since the last one; of the questions of the day before two are answered, one with a no."""
    starts_at, weight_kg = _nine(child, 1, now), Decimal("20.6")
    infusion = _infusion_planned(child, version, by=clinician, starts_at=starts_at, now=now, weight_kg=weight_kg)
    answers = (
        Said(question=BriefingAnswer.Question.START, is_yes=True),
        Said(question=BriefingAnswer.Question.MEDICINES, is_yes=False, note="The Benadryl is nearly empty."),
    )
    briefing_answer(day=infusion.days.get(number=1), answers=answers, by=other, now=now)


def _infusion_at_its_end(
    child: Child, version: ProtocolVersion, *, clinician: User, parent: User, now: datetime
) -> None:
    """The fourth day after: nobody has answered the check at 72 hours, and it has not been sent yet."""
    infusion = _infusion_planned(child, version, by=clinician, starts_at=_nine(child, -6, now), now=now)
    forgotten = infusion.steps.get(slot="check-72.d2")
    until = infusion.steps.get(slot="closing-check.d2").due_at - timedelta(hours=1)
    _live_through(infusion, by=parent, late=timedelta(), until=min(until, now), leaving_out=forgotten)
    checklists_close(now=now)


def _infusion_late_today(
    child: Child, version: ProtocolVersion, *, clinician: User, parent: User, now: datetime
) -> None:
    """Should have started 45 minutes ago, and has not: everything before it is done, and the bottles stand ready."""
    starts_at = now.replace(second=0, microsecond=0) - timedelta(minutes=45)
    infusion = _infusion_planned(child, version, by=clinician, starts_at=starts_at, now=now)
    _live_through(infusion, by=parent, late=timedelta(hours=1), until=starts_at)
    _bottles_hang(infusion.days.get(number=1), by=parent, at=starts_at)
    checklists_close(now=now)


def _infusion_in_its_72_hours(
    child: Child, version: ProtocolVersion, *, clinician: User, parent: User, now: datetime
) -> None:
    """Day 2 was yesterday; everything so far was done, a little late at times. Day 1 stood still for a while."""
    infusion = _infusion_planned(child, version, by=clinician, starts_at=_nine(child, -2, now), now=now)
    _live_through(infusion, by=parent, late=timedelta(minutes=10), until=_nine(child, -2, now) + timedelta(minutes=15))
    _pump_runs(infusion.days.get(number=1), by=parent)
    _live_through(infusion, by=parent, late=timedelta(minutes=10), until=now - timedelta(hours=1))
    checklists_close(now=now)


def _infusion_waiting_for_review(
    child: Child, version: ProtocolVersion, *, clinician: User, parent: User, other: User, now: datetime
) -> None:
    """Four weeks ago, 45 minutes late, one dose slept through, one forgotten."""
    infusion = _infusion_planned(child, version, by=clinician, starts_at=_nine(child, -28, now), now=now)
    asleep = infusion.steps.get(slot="acetaminophen-course.3")
    forgotten = infusion.steps.get(slot="acetaminophen-course.9")
    _live_through(infusion, by=parent, late=timedelta(minutes=45), until=now, skipping=asleep, leaving_out=forgotten)
    check = infusion.steps.get(slot="check-24.d2")
    step_note(step=check, by=other, note="Headache in the evening, gone after a nap.", now=check.due_at)
    checklists_close(now=now)


def _bottles_hang(day: InfusionDay, *, by: User, at: datetime) -> None:
    """Two bottles of one lot, enough for the day."""
    good_until = at.date() + timedelta(days=300)
    label = Label(brand="Octagam 10 %", lot="K772A0931", expires_on=good_until, grams=Decimal(20))
    lot_enter(day=day, label=label, by=by, at=at, now=at)


def _pump_runs(day: InfusionDay, *, by: User) -> None:
    """The rates as the nurse set them, the second a little late; then a quarter of an hour's pause."""
    started = day.actual_start
    if started is None:
        return
    _bottles_hang(day, by=by, at=started)
    for minutes, ml_h in ((0, 12), (35, 24)):
        at = started + timedelta(minutes=minutes)
        rate_enter(day=day, ml_h=Decimal(ml_h), by=by, at=at, now=at)
    stops, goes_on = started + timedelta(minutes=50), started + timedelta(minutes=65)
    infusion_day_pause(day=day, by=by, at=stops, now=stops)
    infusion_day_resume(day=day, by=by, at=goes_on, now=goes_on)


def _live_through(
    infusion: Infusion,
    *,
    by: User,
    late: timedelta,
    until: datetime,
    skipping: Step | None = None,
    leaving_out: Step | None = None,
) -> None:
    """Do what a parent would do until then, each thing at its time, with both days starting `late`."""
    done: set[int] = set() if leaving_out is None else {leaving_out.pk}
    while event := _next_event(infusion, late, done):
        at, thing = event
        if at > until:
            return
        match thing:
            case InfusionDay(actual_start=None):
                infusion_day_start(day=thing, by=by, at=at, now=at)
            case InfusionDay():
                infusion_day_end(day=thing, by=by, at=at, now=at)
            case Step() if thing == skipping:
                step_skip(step=thing, by=by, reason=SkipReason.ASLEEP, note="", now=at)
                done.add(thing.pk)
            case Step():
                step_tick(step=thing, by=by, at=at, now=at)
                done.add(thing.pk)


def _next_event(infusion: Infusion, late: timedelta, done: set[int]) -> tuple[datetime, InfusionDay | Step] | None:
    """The next thing that happens: a day starts or ends, or a step is done at its time."""
    runs = {run.number: run for run in schedule_of(infusion).days}
    days: list[tuple[datetime, InfusionDay | Step]] = [
        (day.planned_start + late if day.actual_start is None else runs[day.number].ends_at, day)
        for day in infusion.days.filter(actual_end__isnull=True)
    ]
    steps = [(step.due_at, step) for step in infusion.steps.open().exclude(pk__in=done)]
    return min([*days, *steps], key=lambda event: event[0], default=None)


def _child(
    clinic: Clinic, given_name: str, family_name: str, born_on: date, family: dict[User, Role], now: datetime
) -> Child:
    child = child_add(clinic=clinic, given_name=given_name, family_name=family_name, born_on=born_on, now=now)
    for person, role in family.items():
        caregiver_add(child=child, person=person, role=role, now=now)
        if role == Role.GUARDIAN:
            clinic_links_agree(child=child, by=person, now=now)
        quiet_hours_set(person=person, now=now, quiet_from=time(22), quiet_until=time(7))
    return child


def _person(person: DemoPerson, number: int, zone: str, now: datetime) -> User:
    user = person_add(email=person.email, name=person.name, zone=zone, password=PASSWORD)
    if person.email in WITH_APP:
        demo_app_add(person=user)
    contact_point_agree(person=user, kind=ContactPoint.Kind.EMAIL, address=person.email, at=now)
    contact_point_agree(person=user, kind=ContactPoint.Kind.SMS, address=f"+1212555010{number}", at=now)
    return user
