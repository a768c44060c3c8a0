"""What a plan prescribes, as the values that its protocol leaves to the prescriber."""

from __future__ import annotations

from fractions import Fraction

from ivig_care.plans.models import InfusionDay, Plan, PlanMedicine, PlanRate
from ivig_care.regimen import documents
from ivig_care.regimen.documents import Json
from ivig_care.regimen.protocol import Anchor, Days, Protocol

# The name of each value that a protocol may leave to the prescriber, in the words of the plan form.
VALUE_NAMES = {
    "ladder": "rate ladder",
    "premedication": "premedication",
    "premedication_lead": "how long before the start premedication is given",
    "premedication_by": "who gives premedication",
    "courses": "course afterwards",
    "fluids_goal_ml": "fluid goal",
    "fluids_after": "how long extra fluids go on",
}
# What every infusion needs, whatever the protocol says.
_ALWAYS = {
    "product": "product",
    "dose_g_per_kg": "dose",
    "weight_kg": "weight",
    "weighed_on": "date of the weight",
    "has_risk": "whether there is a risk of kidney injury or thrombosis",
}


def unset_values(plan: Plan) -> tuple[str, ...]:
    """What is not prescribed yet, in words; an empty answer means that the plan may be activated."""
    always = [words for field, words in _ALWAYS.items() if getattr(plan, field) is None]
    left = documents.unset(plan.version.document, prescribed_values(plan))
    return (*always, *(VALUE_NAMES.get(name, name) for name in left), *_unset_days(plan))


def _unset_days(plan: Plan) -> tuple[str, ...]:
    asked = plan.version.document.get("days")
    given = InfusionDay.objects.filter(infusion__plan=plan).count()
    if given and given == (asked or given):
        return ()
    return (f"start times of {asked} days" if asked else "start times",)


def protocol_of(plan: Plan) -> Protocol:
    """The plan's protocol with every prescribed value in its place. Raises UnsetValues, DocumentError."""
    return documents.decode_protocol(documents.fill(plan.version.document, prescribed_values(plan)))


def prescribed_values(plan: Plan) -> dict[str, Json]:
    """The values that the plan says so far; one that it does not say yet is not in the answer.

    "No premedication", "no course" and "no fluid goal because fluids are limited" are said, not left out.
    """
    medicines = list(plan.medicines.all())
    values: dict[str, Json] = {}
    if rates := list(plan.rates.all()):
        values["ladder"] = _ladder(rates)
    values |= _premedication(plan, [one for one in medicines if one.use == PlanMedicine.Use.PREMEDICATION])
    values |= _courses(plan, [one for one in medicines if one.use == PlanMedicine.Use.COURSE])
    values |= _fluids(plan)
    return values


def _ladder(rates: list[PlanRate]) -> Json:
    rungs: list[Json] = []
    for rate in rates:
        minutes: dict[str, Json] = {} if rate.minutes is None else {"minutes": rate.minutes}
        rungs.append({"ml_per_kg_h": Fraction(rate.ml_per_kg_h), **minutes})
    return rungs


def _premedication(plan: Plan, medicines: list[PlanMedicine]) -> dict[str, Json]:
    if plan.has_premedication is False:
        return {"premedication": [], "premedication_lead": {"minutes": 0}, "premedication_by": Plan.GivenBy.CLINIC}
    values: dict[str, Json] = {}
    if plan.has_premedication and medicines and all(medicine.mg for medicine in medicines):
        values["premedication"] = [_medicine(medicine) for medicine in medicines]
    if plan.premedication_minutes_before is not None:
        values["premedication_lead"] = {"minutes": -plan.premedication_minutes_before}
    if plan.premedication_by:
        values["premedication_by"] = plan.premedication_by
    return values


def _courses(plan: Plan, medicines: list[PlanMedicine]) -> dict[str, Json]:
    if plan.has_course is False:
        return {"courses": []}
    is_said = plan.has_course and medicines and all(_is_complete(medicine) for medicine in medicines)
    return {"courses": [_course(medicine) for medicine in medicines]} if is_said else {}


def _fluids(plan: Plan) -> dict[str, Json]:
    values: dict[str, Json] = {}
    if plan.has_fluid_limit:
        values["fluids_goal_ml"] = None
    elif plan.has_fluid_limit is False and plan.fluids_goal_ml is not None:
        values["fluids_goal_ml"] = plan.fluids_goal_ml
    if plan.fluids_hours_after is not None:
        values["fluids_after"] = {"hours": plan.fluids_hours_after}
    return values


def _is_complete(medicine: PlanMedicine) -> bool:
    numbers = (medicine.mg, medicine.every_hours, medicine.until_hours)
    return all(numbers) and bool(medicine.first) and medicine.may_wake is not None


def _medicine(medicine: PlanMedicine) -> dict[str, Json]:
    said: dict[str, Json] = {"ingredient": medicine.ingredient, "mg": Fraction(medicine.mg or 0)}
    if medicine.name:
        said["name"] = medicine.name
    if medicine.mg_per_ml:
        said["mg_per_ml"] = Fraction(medicine.mg_per_ml)
    return said


def _course(medicine: PlanMedicine) -> Json:
    return {
        "key": f"{medicine.ingredient}-course",
        "medicine": _medicine(medicine),
        "every": {"hours": Fraction(medicine.every_hours or 0)},
        "first": _FIRST[PlanMedicine.First(medicine.first)],
        "until": {"anchor": Anchor.END, "day": Days.LAST, "offset": {"hours": medicine.until_hours}},
        "why": "Keeps pain and allergy medicine going after the infusion, as the clinic ordered.",
        "window": _COURSE_WINDOW,
        "nudges": {**_COURSE_NUDGES, "may_wake": bool(medicine.may_wake)},
    }


_FIRST: dict[PlanMedicine.First, Json] = {
    PlanMedicine.First.AFTER_PREMEDICATION: {"after_step": "premedication"},
    PlanMedicine.First.END_OF_FIRST_DAY: {"anchor": Anchor.END, "day": Days.FIRST, "offset": {"hours": 0}},
    PlanMedicine.First.END_OF_LAST_DAY: {"anchor": Anchor.END, "day": Days.LAST, "offset": {"hours": 0}},
}
# When a dose may still be ticked and when people are told: ours to choose, not a clinical limit. Too early for the
# medicine itself is decided by the ledger, from the real last dose.
_COURSE_WINDOW: Json = {"opens_before": {"minutes": 30}, "late_after": {"minutes": 30}, "closes_after": {"hours": 3}}
_COURSE_NUDGES: dict[str, Json] = {"lead": {"minutes": 15}, "repeat_every": {"minutes": 30}, "repeats": 2}
