"""The rows of the dispatch bench, all in bulk: families with one open step each, what they were sent in the months
before, and as many more open steps as wanted."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

from django.db import connection

from ivig_care.accounts.models import ContactPoint, NudgePreference, User
from ivig_care.care_teams.models import Child, Clinic, ClinicLink, Membership, Role
from ivig_care.nudges.models import Delivery
from ivig_care.nudges.models.deliveries import DeliveryQuerySet
from ivig_care.plans.models import Infusion, Plan, Step
from ivig_care.protocols.models import Protocol, ProtocolVersion
from ivig_care.regimen.protocol import Actor, Kind

ZONE = "America/Los_Angeles"
DUE = "due"
_BATCH = 2000
# So many messages each family was sent before; without them PostgreSQL would guess at tables that are never so empty.
SENT_BEFORE = 30
_LONG_AGO = datetime(2026, 1, 1, tzinfo=UTC)
_HISTORY_ENDS = _LONG_AGO + timedelta(days=200)


def families_make(count: int, *, now: datetime, sent_before: int = SENT_BEFORE) -> None:
    """So many families: a guardian reached by text and by e-mail, a child, and an infusion with one open step."""
    clinic = Clinic.objects.create(name="Clinic", country="US", zone=ZONE, phone="555", emergency_number="911")
    doctor = User.objects.create(email="doctor@example.org", name="Doctor")
    protocol = Protocol.objects.create(slug="bench", name="Bench")
    version = ProtocolVersion.objects.create(protocol=protocol, number=1, document={}, published_at=_LONG_AGO)
    numbers = range(count)
    users = User.objects.bulk_create(
        [User(email=f"person{number}@example.org", name="Person") for number in numbers], batch_size=_BATCH
    )
    children = Child.objects.bulk_create(
        [
            Child(clinic=clinic, given_name="Child", family_name=str(number), born_on=date(2017, 4, 2), zone=ZONE)
            for number in numbers
        ],
        batch_size=_BATCH,
    )
    ClinicLink.objects.bulk_create(
        [ClinicLink(child=child, clinic=clinic, offered_at=_LONG_AGO) for child in children], batch_size=_BATCH
    )
    plans = Plan.objects.bulk_create(
        [Plan(child=child, version=version, status=Plan.Status.ACTIVE, prescribed_by=doctor) for child in children],
        batch_size=_BATCH,
    )
    infusions = Infusion.objects.bulk_create([Infusion(plan=plan, zone=ZONE) for plan in plans], batch_size=_BATCH)
    _people_place(users, children)
    Step.objects.bulk_create([_step(infusion, now) for infusion in infusions], batch_size=_BATCH)
    _history_make(sent_before)
    tidy()


def _history_make(days: int) -> None:
    """What was sent before: one e-mail a day to each guardian, long ago."""
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO nudges_delivery (person_id, contact_point_id, kind, purpose, occasion, infusion_id, status,"
            " reason, created_at, owed_at, expires_at, next_attempt_at, lease, tries, is_possible_repeat, sent_at)"
            " SELECT point.user_id, point.id, point.kind, 'nudge', 'day ' || day, infusion.id, 'sent', '', at, at, at,"
            " at, '', 1, false, at"
            " FROM accounts_contactpoint AS point"
            " JOIN care_teams_membership AS place ON place.user_id = point.user_id"
            " JOIN plans_plan AS plan ON plan.child_id = place.child_id"
            " JOIN plans_infusion AS infusion ON infusion.plan_id = plan.id,"
            " generate_series(1, %s) AS day, LATERAL (SELECT %s + day * interval '1 day' AS at) AS sent"
            " WHERE point.kind = 'email'",
            [days, _LONG_AGO],
        )
        cursor.execute(
            "INSERT INTO nudges_delivery_steps (delivery_id, step_id) SELECT delivery.id, step.id"
            " FROM nudges_delivery AS delivery JOIN plans_step AS step ON step.infusion_id = delivery.infusion_id"
        )
        cursor.execute(
            "INSERT INTO nudges_deliveryattempt (delivery_id, contact_point_id, at, outcome, detail, provider_id)"
            " SELECT id, contact_point_id, sent_at, 'accepted', '', 'earlier ' || id FROM nudges_delivery"
        )


def _people_place(users: list[User], children: list[Child]) -> None:
    pairs = list(zip(users, children, strict=True))
    Membership.objects.bulk_create(
        [Membership(user=user, child=child, role=Role.GUARDIAN) for user, child in pairs], batch_size=_BATCH
    )
    NudgePreference.objects.bulk_create([NudgePreference(user=user, zone=ZONE) for user in users], batch_size=_BATCH)
    ContactPoint.objects.bulk_create(
        [
            ContactPoint(user=user, kind=kind, address=address, verified_at=_LONG_AGO, consented_at=_LONG_AGO)
            for number, user in enumerate(users)
            for kind, address in (("sms", f"+1212{number:07}"), ("email", user.email))
        ],
        batch_size=_BATCH,
    )


def _step(infusion: Infusion, now: datetime) -> Step:
    far = now + timedelta(days=30)
    return Step(
        infusion=infusion,
        slot=DUE,
        kind=Kind.MEDICINE,
        actor=Actor.FAMILY,
        title="Acetaminophen 300 mg",
        opens_at=far,
        due_at=far,
        late_at=far,
        closes_at=far,
        is_nudged=True,
        nudge_lead_minutes=30,
        nudge_repeat_minutes=30,
        nudge_repeats=2,
        nudge_second_minutes=45,
        next_nudge_at=far,
    )


def steps_fill(open_steps: int) -> None:
    """Bring the open steps up to so many: every infusion gets alike many more, each hour one, from tomorrow on."""
    held = Step.objects.count()
    each, rest = divmod(open_steps, Step.objects.filter(slot=DUE).count())
    if rest:
        raise ValueError(f"{open_steps} open steps cannot be shared out evenly")
    if open_steps <= held:
        return
    columns = [str(field.column) for field in Step._meta.concrete_fields if not field.primary_key]
    values = ", ".join(_LATER.get(column, f"step.{column}") for column in columns)
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO plans_step ({', '.join(columns)}) SELECT {values}"  # noqa: S608 - our own column names
            " FROM plans_step AS step, generate_series(1, %s) AS number WHERE step.slot = 'due'",
            [each - 1],
        )
    tidy()


_TIMES = ("opens_at", "due_at", "late_at", "closes_at", "next_nudge_at")
_LATER = {"slot": "'later ' || number"} | {column: f"step.{column} + number * interval '1 hour'" for column in _TIMES}


def all_fall_due(*, kind: str, due_at: datetime, spread: timedelta = timedelta()) -> None:
    """Forget what was sent but for the history, and let one step of each family fall due.

    All at once, or evenly over `spread` before `due_at`.
    Everybody is reached through the contact point of this kind.
    """
    with connection.cursor() as cursor:
        for table in ("nudges_deliveryattempt", "nudges_delivery_steps"):
            cursor.execute(
                f"DELETE FROM {table} USING nudges_delivery AS delivery"  # noqa: S608 - the two names above
                " WHERE delivery.id = delivery_id AND delivery.created_at >= %s",
                [_HISTORY_ENDS],
            )
        cursor.execute("DELETE FROM nudges_delivery WHERE created_at >= %s", [_HISTORY_ENDS])
        cursor.execute("UPDATE accounts_contactpoint SET rank = CASE kind WHEN %s THEN 0 ELSE 1 END", [kind])
        cursor.execute(
            "UPDATE plans_step SET nudged_at = NULL, opens_at = due - interval '1 hour', due_at = due,"
            " late_at = due + interval '1 hour', closes_at = due + interval '3 hours', next_nudge_at = due"
            " FROM (SELECT id AS key,"
            " %s - %s * interval '1 second' * (row_number() OVER (ORDER BY id) - 1) / count(*) OVER () AS due"
            " FROM plans_step WHERE slot = 'due') AS anew WHERE id = key",
            [due_at, spread.total_seconds()],
        )
    tidy()


def none_are_due(*, now: datetime) -> None:
    """Let nothing fall due for a month."""
    all_fall_due(kind="sms", due_at=now + timedelta(days=30))


def of_this_round() -> DeliveryQuerySet:
    """The deliveries that are not history."""
    return Delivery.objects.filter(created_at__gte=_HISTORY_ENDS)


def tidy() -> None:
    """What autovacuum would do by and by."""
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")
