"""A child's plan, its infusions with their days and checklist, and the append-only record of what happened."""

from ivig_care.plans.models.doses import Dose
from ivig_care.plans.models.infusions import (
    BriefingAnswer,
    ChangesSeen,
    Infusion,
    InfusionDay,
    InfusionDayEvent,
    ProductLot,
    RateEntry,
)
from ivig_care.plans.models.plans import Plan, PlanMedicine, PlanRate
from ivig_care.plans.models.steps import Step, StepEvent

__all__ = [
    "BriefingAnswer",
    "ChangesSeen",
    "Dose",
    "Infusion",
    "InfusionDay",
    "InfusionDayEvent",
    "Plan",
    "PlanMedicine",
    "PlanRate",
    "ProductLot",
    "RateEntry",
    "Step",
    "StepEvent",
]
