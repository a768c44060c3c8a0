"""What the process that knows Django does: makes families, and reads what became of their messages."""

from __future__ import annotations

from collections.abc import Callable, Collection
from datetime import UTC, date, datetime, timedelta
from itertools import count
from typing import Any

from django.db import transaction
from django.db.models import Q

from ivig_care.accounts.models import ContactPoint, NudgePreference, User
from ivig_care.care_teams.models import Child, Clinic, ClinicLink, Membership, Role
from ivig_care.common import clock
from ivig_care.nudges.models import Delivery, DeliveryAttempt, Heartbeat
from ivig_care.plans.models import Infusion, Plan, Step
from ivig_care.protocols.models import Protocol, ProtocolVersion
from ivig_care.regimen.protocol import Actor, Kind
from ivig_care.regimen.steps import State

ZONE = "America/Los_Angeles"
LONG_AGO = datetime(2026, 1, 1, tzinfo=UTC)
# What is to leave only after so long does not wait for a retry: its person was spoken to a moment ago.
LATER = timedelta(seconds=120)
# What should have left so long ago has been forgotten.
OVERDUE = timedelta(seconds=60)
HOUR = timedelta(hours=1)

_slots = count(1)


@transaction.atomic
def families_make(families: list[dict[str, Any]]) -> dict[str, Any]:
    """Make families and let their steps ring now; the steps by person, the persons in the order in which they came.

    A family has "people", each a list of contact points (kind, address, push key, push secret), and a number of
    "steps". What else there has to be, such as their clinic, is made the first time.
    """
    now = clock.now()
    clinic, version, doctor = _surroundings(now)
    made: dict[str, Any] = {"owed": {}, "infusions": []}
    for family in families:
        child = Child.objects.create(
            clinic=clinic, given_name="Child", family_name="Of", born_on=date(2017, 4, 2), zone=ZONE
        )
        ClinicLink.objects.create(child=child, clinic=clinic, offered_at=now)
        plan = Plan.objects.create(child=child, version=version, status=Plan.Status.ACTIVE, prescribed_by=doctor)
        infusion = Infusion.objects.create(plan=plan, zone=ZONE)
        steps = Step.objects.bulk_create([_step(infusion, now) for _ in range(family["steps"])])
        for points in family["people"]:
            made["owed"][_person_make(child, points).pk] = [step.pk for step in steps]
        made["infusions"].append(infusion.pk)
    return made


def steps_add(infusions: list[int], seconds: float) -> dict[str, Any]:
    """One more step for each of these infusions, which rings in so many seconds; the steps by person."""
    at = clock.now() + timedelta(seconds=seconds)
    chosen = list(Infusion.objects.filter(pk__in=infusions).select_related("plan"))
    steps = Step.objects.bulk_create([_step(infusion, at) for infusion in chosen])
    owed: dict[int, list[int]] = {}
    for infusion, step in zip(chosen, steps, strict=True):
        for user in Membership.objects.filter(child=infusion.plan.child_id).values_list("user_id", flat=True):
            owed.setdefault(user, []).append(step.pk)
    return {"owed": owed}


def is_settled(people: list[int], infusions: list[int]) -> dict[str, Any]:
    """Whether all alarms have rung, and all messages have left that were to leave by now."""
    now = clock.now()
    ringing = Step.objects.filter(infusion__in=infusions, next_nudge_at__isnull=False)
    to_leave = Q(status=Delivery.Status.SENDING) | Q(status=Delivery.Status.PENDING, next_attempt_at__lt=now + LATER)
    unsent = Delivery.objects.filter(to_leave, person__in=people)
    return {"settled": not ringing.exists() and not unsent.exists()}


def rows_read(people: list[int]) -> dict[str, Any]:
    """Every message to these people, with the outcomes of its attempts."""
    now = clock.now()
    outcomes: dict[int, list[str]] = {}
    attempts = DeliveryAttempt.objects.filter(delivery__person__in=people)
    for delivery, outcome in attempts.values_list("delivery_id", "outcome"):
        outcomes.setdefault(delivery, []).append(outcome)
    return {"rows": [_row(delivery, outcomes, now) for delivery in _deliveries(people)]}


def steps_answer(infusions: list[int]) -> dict[str, Any]:
    """Somebody does all the steps of these infusions."""
    open_steps = Step.objects.filter(infusion__in=infusions, state=State.OPEN)
    return {"answered": open_steps.update(state=State.DONE, next_nudge_at=None, said_at=clock.now())}


def heartbeats_read() -> dict[str, Any]:
    """The last sign of life of every part."""
    return {"heartbeats": {name: at.isoformat() for name, at in Heartbeat.objects.values_list("name", "at")}}


def _deliveries(people: Collection[int]) -> list[Delivery]:
    return list(Delivery.objects.filter(person__in=people).prefetch_related("steps").order_by("pk"))


def _row(delivery: Delivery, outcomes: dict[int, list[str]], now: datetime) -> dict[str, Any]:
    waits = delivery.status == Delivery.Status.PENDING and delivery.next_attempt_at >= now + LATER
    return {
        "key": delivery.pk,
        "person": delivery.person_id,
        "purpose": delivery.purpose,
        "status": delivery.status,
        "reason": delivery.reason,
        "sent_at": delivery.sent_at.timestamp() if delivery.sent_at else None,
        "waits": waits,
        "is_overdue": delivery.next_attempt_at < now - OVERDUE,
        "steps": [step.pk for step in delivery.steps.all()],
        "attempts": outcomes.get(delivery.pk, []),
    }


def _surroundings(now: datetime) -> tuple[Clinic, ProtocolVersion, User]:
    clinic, _ = Clinic.objects.get_or_create(
        name="Clinic", country="US", zone=ZONE, phone="+1 212 555 0147", emergency_number="911"
    )
    protocol, _ = Protocol.objects.get_or_create(slug="chaos", defaults={"name": "Chaos"})
    version, _ = ProtocolVersion.objects.get_or_create(
        protocol=protocol, number=1, defaults={"document": {}, "published_at": now}
    )
    doctor, _ = User.objects.get_or_create(email="doctor@example.org", defaults={"name": "Doctor"})
    return clinic, version, doctor


def _person_make(child: Child, points: list[list[str]]) -> User:
    user = User.objects.create(email=f"{next(_slots)}@people.example.org", name="Person")
    Membership.objects.create(user=user, child=child, role=Role.GUARDIAN)
    NudgePreference.objects.create(user=user, zone=ZONE)
    ContactPoint.objects.bulk_create(
        ContactPoint(
            user=user,
            kind=kind,
            address=address,
            push_key=key,
            push_secret=secret,
            rank=rank,
            verified_at=LONG_AGO,
            consented_at=LONG_AGO,
        )
        for rank, (kind, address, key, secret) in enumerate(points)
    )
    return user


def _step(infusion: Infusion, rings_at: datetime) -> Step:
    """One that rings once."""
    return Step(
        infusion=infusion,
        slot=f"step {next(_slots)}",
        kind=Kind.MEDICINE,
        actor=Actor.FAMILY,
        title="Something",
        opens_at=rings_at - HOUR,
        due_at=rings_at,
        late_at=rings_at + HOUR,
        closes_at=rings_at + 6 * HOUR,
        is_nudged=True,
        next_nudge_at=rings_at,
    )


ASKED: dict[str, Callable[..., dict[str, Any]]] = {
    "families_make": families_make,
    "steps_add": steps_add,
    "is_settled": is_settled,
    "rows_read": rows_read,
    "steps_answer": steps_answer,
    "heartbeats_read": heartbeats_read,
}
