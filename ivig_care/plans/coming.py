"""Which infusion comes after one: planned, or about when the plan would have it; else nobody here knows."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from ivig_care.plans.models import Infusion, InfusionDay, Plan
from ivig_care.plans.prescription import prescribed_values
from ivig_care.regimen.documents import decode_protocol, fill
from ivig_care.regimen.facts import DayFacts
from ivig_care.regimen.recurrence import Proposal, propose_next


@dataclass(frozen=True, kw_only=True)
class Coming:
    """The infusion after one: planned for a day, or proposed by the cadence that was prescribed; both None if neither.

    A plan that says no cadence proposes nothing: how long to wait is the clinic's to say.
    """

    planned: InfusionDay | None = None
    proposed: Proposal | None = None


def coming_after(infusion: Infusion, *, now: datetime) -> Coming:
    """What comes after this infusion; of what has gone by nothing is said."""
    standing = [day for day in infusion.days.all() if day.cancelled_at is None]
    if not standing:
        return Coming()
    theirs = InfusionDay.objects.filter(infusion__plan__child=infusion.plan.child_id, cancelled_at__isnull=True)
    theirs = theirs.filter(infusion__plan__status=Plan.Status.ACTIVE, planned_start__gt=standing[-1].planned_start)
    planned = theirs.exclude(infusion=infusion).select_related("infusion").order_by("planned_start").first()
    return Coming(planned=planned) if planned else Coming(proposed=_proposed(infusion, standing, now))


def _proposed(infusion: Infusion, standing: list[InfusionDay], now: datetime) -> Proposal | None:
    document = infusion.plan.version.document
    if not document.get("cadence"):
        return None
    cadence = decode_protocol(fill(document, prescribed_values(infusion.plan))).cadence
    days = tuple(DayFacts(number=day.number, planned_start=day.planned_start) for day in standing)
    # Which infusion of the plan it is, is not on record: of a cadence that changes with the number nothing follows.
    proposed = propose_next(cadence, days, infusion.tz) if cadence else None
    return proposed if proposed and proposed.starts[0] > now else None
