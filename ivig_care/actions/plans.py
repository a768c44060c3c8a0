"""Writes plans: drafted, prescribed, activated."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime
from decimal import Decimal

from django.db import transaction
from django.utils.translation import gettext as _

from ivig_care.accounts.models import User
from ivig_care.actions.audit import Verb, audit_note
from ivig_care.actions.checklists import checklist_refresh
from ivig_care.actions.errors import PlanIncomplete, PlanNotDraft, Refused
from ivig_care.care_teams.access import Right, clinic_acting
from ivig_care.care_teams.models import Child
from ivig_care.plans.models import Infusion, InfusionDay, Plan, PlanMedicine, PlanRate
from ivig_care.plans.prescription import prescription_forget, unset_values
from ivig_care.protocols.models import Product, ProtocolVersion
from ivig_care.regimen.errors import RegimenError


@dataclass(frozen=True, kw_only=True)
class RateOrder:
    """One rung of the ladder: mL/kg/h for so many minutes; None for the last rung."""

    ml_per_kg_h: Decimal
    minutes: int | None = None


@dataclass(frozen=True, kw_only=True)
class MedicineOrder:
    """One medicine of a prescription; None and blank are "not said yet"."""

    use: str
    ingredient: str
    name: str = ""
    mg: Decimal | None = None
    mg_per_ml: Decimal | None = None
    every_hours: Decimal | None = None
    first: str = ""
    until_hours: int | None = None
    may_wake: bool | None = None
    purpose: str = ""
    most_in_24h: int | None = None


@dataclass(frozen=True, kw_only=True)
class PlanOrder:
    """The single values of a prescription; None and blank are "not said yet"."""

    product: Product | None = None
    dose_g_per_kg: Decimal | None = None
    weight_kg: Decimal | None = None
    weighed_on: date | None = None
    has_risk: bool | None = None
    has_premedication: bool | None = None
    premedication_minutes_before: int | None = None
    premedication_by: str = ""
    has_course: bool | None = None
    has_fluid_limit: bool | None = None
    fluids_goal_ml: int | None = None
    fluids_hours_after: int | None = None


@transaction.atomic
def plan_draft(*, child: Child, version: ProtocolVersion, by: User, at: datetime) -> Plan:
    """A new draft with its first infusion; nothing in it is prescribed yet."""
    plan = Plan.objects.create(child=child, version=version, prescribed_by=by, created_at=at)
    Infusion.objects.create(plan=plan, zone=child.zone)
    audit_note(verb=Verb.CHANGED, about=plan, by=by, now=at, child=child, detail="began")
    return plan


@transaction.atomic
def plan_prescribe(
    *,
    plan: Plan,
    order: PlanOrder,
    rates: Sequence[RateOrder],
    medicines: Sequence[MedicineOrder],
    starts: Sequence[datetime],
    by: User,
    at: datetime,
) -> Plan:
    """Put a draft's whole prescription in place of the one it had.

    Raises PlanNotDraft, Refused when a medicine stands in it twice for the same use.
    """
    plan = _locked_draft(plan)
    _check_medicines(medicines)
    for name, value in vars(order).items():
        setattr(plan, name, value)
    plan.prescribed_by = by
    plan.save(update_fields=[*vars(order), "prescribed_by"])
    plan.rates.all().delete()
    plan.medicines.all().delete()
    PlanRate.objects.bulk_create(
        PlanRate(plan=plan, position=position, **asdict(rate)) for position, rate in enumerate(rates, start=1)
    )
    PlanMedicine.objects.bulk_create(PlanMedicine(plan=plan, **asdict(medicine)) for medicine in medicines)
    _days_replace(plan.infusions.get(), starts)
    audit_note(verb=Verb.CHANGED, about=plan, by=by, now=at, child=plan.child, detail="wrote")
    return plan


@transaction.atomic
def plan_activate(*, plan: Plan, by: User, at: datetime) -> Plan:
    """Make a complete draft active and date its checklist.

    Raises PlanNotDraft, PlanIncomplete naming every unset value, Refused when no schedule can be made of it.
    """
    plan = _locked_draft(plan)
    if unset := unset_values(plan):
        raise PlanIncomplete(unset)
    plan.status, plan.activated_at, plan.prescribed_by = Plan.Status.ACTIVE, at, by
    plan.clinic = clinic_acting(by, Right.PRESCRIBE, plan.child)
    plan.save(update_fields=["status", "activated_at", "prescribed_by", "clinic"])
    try:
        for infusion in plan.infusions.all():
            checklist_refresh(infusion, at=at)
    except RegimenError as error:
        prescription_forget(plan)
        raise Refused(str(error)) from error
    audit_note(verb=Verb.CHANGED, about=plan, by=by, now=at, child=plan.child, detail="activated")
    return plan


def _locked_draft(plan: Plan) -> Plan:
    locked = Plan.objects.select_for_update().get(pk=plan.pk)
    if locked.status != Plan.Status.DRAFT:
        raise PlanNotDraft(locked.get_status_display())
    return locked


def _check_medicines(medicines: Sequence[MedicineOrder]) -> None:
    counted = Counter((medicine.use, medicine.ingredient) for medicine in medicines)
    for (use, ingredient), times in counted.items():
        if times > 1:
            raise Refused(
                _("%(ingredient)s stands twice in the %(label)s.")
                % {"ingredient": ingredient, "label": PlanMedicine.Use(use).label}
            )


def _days_replace(infusion: Infusion, starts: Sequence[datetime]) -> None:
    infusion.days.all().delete()
    InfusionDay.objects.bulk_create(
        InfusionDay(infusion=infusion, number=number, planned_start=start)
        for number, start in enumerate(sorted(starts), start=1)
    )
