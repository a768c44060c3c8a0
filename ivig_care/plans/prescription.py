"""What a plan prescribes, as the values that its protocol leaves to the prescriber."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from fractions import Fraction
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from ivig_care.common.kept import Kept
from ivig_care.common.spoken import translated
from ivig_care.plans.models import InfusionDay, Plan, PlanMedicine, PlanRate
from ivig_care.regimen import documents
from ivig_care.regimen.json_values import Json
from ivig_care.regimen.protocol import Anchor, AsNeededRule, AtNight, Days, Medicine, Moment, Protocol
from ivig_care.regimen.timing import Elapsed


class Section(StrEnum):
    """The parts of a prescription, in the order in which they are written."""

    PRODUCT = "product"
    WEIGHT = "weight"
    DAYS = "days"
    LADDER = "ladder"
    PREMEDICATION = "premedication"
    COURSE = "course"
    AS_NEEDED = "as-needed"
    FLUIDS = "fluids"
    OTHER = "other"


@dataclass(frozen=True)
class Unset:
    """One value that is not prescribed yet, in words, and the part of the prescription it belongs to."""

    section: Section
    words: str | Promise


# What every infusion needs, whatever the protocol says.
_ALWAYS = {
    "product": Unset(Section.PRODUCT, gettext_lazy("product")),
    "dose_g_per_kg": Unset(Section.PRODUCT, gettext_lazy("dose")),
    "weight_kg": Unset(Section.WEIGHT, gettext_lazy("weight")),
    "weighed_on": Unset(Section.WEIGHT, gettext_lazy("date of the weight")),
    "has_risk": Unset(Section.WEIGHT, gettext_lazy("whether there is a risk of kidney injury or thrombosis")),
}

# The values of one section, in the order in which a person thinks of them.
_ASKED_IN = "ladder premedication premedication_lead premedication_by courses fluids_goal_ml fluids_after"


def unset_values(plan: Plan) -> tuple[str, ...]:
    """What is not prescribed yet, in words; an empty answer means that the plan may be activated."""
    return tuple(str(one.words) for one in unset_in(plan))


def unset_in(plan: Plan) -> tuple[Unset, ...]:
    """What is not prescribed yet, in the order of the sections."""
    always = [one for field, one in _ALWAYS.items() if getattr(plan, field) is None]
    left = sorted(documents.unset(plan.version.document, prescribed_values(plan)), key=_ASKED_IN.find)
    missing = [one for name in left for one in _left_to_prescriber(plan, name)]
    found = dict.fromkeys(
        (
            *always,
            *_unset_days(plan),
            *missing,
            *_unset_minutes(plan),
            *_unset_first_dose(plan),
            *_unset_as_needed(plan),
        )
    )
    return tuple(sorted(found, key=lambda one: list(Section).index(one.section)))


def _left_to_prescriber(plan: Plan, name: str) -> Iterator[Unset]:
    """What is missing of a value that the protocol leaves to the prescriber; always at least one thing."""
    match name:
        case "ladder":
            yield Unset(Section.LADDER, _("rate ladder"))
        case "premedication":
            yield from _unset_premedication(plan)
        case "premedication_lead":
            yield Unset(Section.PREMEDICATION, _("how long before the start premedication is given"))
        case "premedication_by":
            yield Unset(Section.PREMEDICATION, _("who gives premedication"))
        case "courses":
            yield from _unset_courses(plan)
        case "fluids_goal_ml":
            is_limit_unknown = plan.has_fluid_limit is None
            yield Unset(Section.FLUIDS, _("whether fluids are limited") if is_limit_unknown else _("fluid goal"))
        case "fluids_after":
            yield Unset(Section.FLUIDS, _("how long extra fluids go on"))
        case _:
            yield Unset(Section.OTHER, name)


def _unset_premedication(plan: Plan) -> Iterator[Unset]:
    medicines = _medicines(plan, PlanMedicine.Use.PREMEDICATION)
    if plan.has_premedication is None:
        yield Unset(Section.PREMEDICATION, _("whether there is premedication"))
    elif not medicines:
        yield Unset(Section.PREMEDICATION, _("premedication medicines"))
    for medicine in medicines:
        if plan.has_premedication and not medicine.mg:
            yield Unset(
                Section.PREMEDICATION,
                _("amount of %(medicine)s before the infusion") % {"medicine": translated(medicine.ingredient)},
            )


def _unset_courses(plan: Plan) -> Iterator[Unset]:
    medicines = _medicines(plan, PlanMedicine.Use.COURSE)
    if plan.has_course is None:
        yield Unset(Section.COURSE, _("whether there is a course afterwards"))
    elif not medicines:
        yield Unset(Section.COURSE, _("medicines of the course afterwards"))
    for medicine in medicines if plan.has_course else ():
        missing = {
            _("amount"): not medicine.mg,
            _("how often"): not medicine.every_hours,
            _("when it begins"): not medicine.first,
            _("until when"): not medicine.until_hours,
            _("whether it may wake the child"): medicine.may_wake is None,
        }
        if any(missing.values()):
            words = ", ".join(word for word, is_missing in missing.items() if is_missing)
            yield Unset(
                Section.COURSE,
                _("%(medicine)s afterwards: %(words)s") % {"medicine": translated(medicine.ingredient), "words": words},
            )


def _unset_as_needed(plan: Plan) -> Iterator[Unset]:
    """A plan may have nothing for when it is needed; what it has says everything."""
    for medicine in _medicines(plan, PlanMedicine.Use.AS_NEEDED):
        missing = {
            _("amount"): not medicine.mg,
            _("what it is for"): not medicine.purpose,
            _("how often at most"): not medicine.every_hours,
            _("how many times in 24 hours at most"): not medicine.most_in_24h,
            _("until when"): not medicine.until_hours,
        }
        if words := ", ".join(word for word, is_missing in missing.items() if is_missing):
            said = {"medicine": translated(medicine.ingredient), "missing": words}
            yield Unset(Section.AS_NEEDED, _("%(medicine)s when needed: %(missing)s") % said)


def _unset_days(plan: Plan) -> Iterator[Unset]:
    asked = plan.version.document.get("days")
    given = InfusionDay.objects.filter(infusion__plan=plan).count()
    if not given or given != (asked or given):
        of_days = ngettext("start time of %(count)s day", "start times of %(count)s days", asked or 0)
        words = of_days % {"count": asked} if asked else _("start times")
        yield Unset(Section.DAYS, words)


def _unset_minutes(plan: Plan) -> Iterator[Unset]:
    rates = list(plan.rates.all())
    for number, rate in enumerate(rates[:-1], start=1):
        if rate.minutes is None:
            yield Unset(Section.LADDER, _("minutes of rate %(number)s") % {"number": number})


def _unset_first_dose(plan: Plan) -> Iterator[Unset]:
    """A course that counts from the premedication needs its medicine there."""
    before = {medicine.ingredient for medicine in _medicines(plan, PlanMedicine.Use.PREMEDICATION)}
    for medicine in _medicines(plan, PlanMedicine.Use.COURSE) if plan.has_course else ():
        counts_from_it = medicine.first == PlanMedicine.First.AFTER_PREMEDICATION
        if counts_from_it and not (plan.has_premedication and medicine.ingredient in before):
            words = _("%(medicine)s in the premedication, from which its course counts")
            yield Unset(Section.PREMEDICATION, words % {"medicine": translated(medicine.ingredient)})


def _medicines(plan: Plan, use: PlanMedicine.Use) -> list[PlanMedicine]:
    return [medicine for medicine in plan.medicines.order_by("pk") if medicine.use == use]


@dataclass(frozen=True, kw_only=True)
class Prescription:
    """What an active plan prescribes: its protocol with every value in its place, and its medicines."""

    protocol: Protocol
    medicines: tuple[PlanMedicine, ...]


# A prescription does not change any more once its plan is active (see actions/plans.py). By the moment of that, too: an
# activation that was rolled back has read what was never prescribed.
_PRESCRIPTIONS: Kept[tuple[int, datetime], Prescription] = Kept(most=2000)


def prescription_of(plan: Plan) -> Prescription:
    """What a plan prescribes; of a draft as it stands. Raises UnsetValues, DocumentError."""
    if plan.status == Plan.Status.DRAFT or plan.activated_at is None:
        return _prescription(plan)
    return _PRESCRIPTIONS.get((plan.pk, plan.activated_at), lambda: _prescription(plan))


def prescription_forget(plan: Plan) -> None:
    """Its activation came to nothing."""
    if plan.activated_at is not None:
        _PRESCRIPTIONS.forget((plan.pk, plan.activated_at))


def protocol_of(plan: Plan) -> Protocol:
    """The plan's protocol with every prescribed value in its place. Raises UnsetValues, DocumentError."""
    return prescription_of(plan).protocol


def _prescription(plan: Plan) -> Prescription:
    filled = documents.fill(plan.version.document, prescribed_values(plan))
    protocol = documents.decode_protocol(filled)
    protocol = replace(protocol, as_needed=(*protocol.as_needed, *_as_needed(plan)))
    return Prescription(protocol=protocol, medicines=tuple(plan.medicines.order_by("pk")))


def _as_needed(plan: Plan) -> Iterator[AsNeededRule]:
    """What the plan has for when it is needed: from the first start on, for so long after the last end."""
    for medicine in _medicines(plan, PlanMedicine.Use.AS_NEEDED):
        yield AsNeededRule(
            key=f"{medicine.ingredient}-as-needed",
            medicine=Medicine(
                ingredient=medicine.ingredient,
                name=medicine.name,
                mg=Fraction(medicine.mg or 0),
                mg_per_ml=Fraction(medicine.mg_per_ml) if medicine.mg_per_ml else None,
            ),
            purpose=medicine.purpose,
            first=Moment(anchor=Anchor.START, day=Days.FIRST, offset=Elapsed()),
            until=Moment(anchor=Anchor.END, day=Days.LAST, offset=Elapsed(hours=medicine.until_hours or 0)),
            every=Elapsed(hours=float(medicine.every_hours)) if medicine.every_hours else None,
            most_in_24h=medicine.most_in_24h,
            source="prescribed",
        )


def prescribed_values(plan: Plan) -> dict[str, Json]:
    """The values that the plan says so far; one that it does not say yet is not in the answer.

    "No premedication", "no course" and "no fluid goal because fluids are limited" are said, not left out.
    """
    values: dict[str, Json] = {}
    if rates := list(plan.rates.all()):
        values["ladder"] = _ladder(rates)
    values |= _premedication(plan, _medicines(plan, PlanMedicine.Use.PREMEDICATION))
    values |= _courses(plan, _medicines(plan, PlanMedicine.Use.COURSE))
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
    return {"courses": [_course(medicine, plan.version.document) for medicine in medicines]} if is_said else {}


def _fluids(plan: Plan) -> dict[str, Json]:
    values: dict[str, Json] = {}
    if plan.has_fluid_limit:
        values |= {"fluids_goal_ml": None, "fluids_after": {"hours": 0}}
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


def _course(medicine: PlanMedicine, document: Mapping[str, Any]) -> Json:
    """One course; its window and nudges are the protocol's. A dose that may not wake the child moves to the morning."""
    defaults = document.get("course_defaults") or {"window": _COURSE_WINDOW, "nudges": _COURSE_NUDGES}
    is_shifted = document.get("night") is not None and not medicine.may_wake
    return {
        "key": f"{medicine.ingredient}-course",
        "medicine": _medicine(medicine),
        "every": {"hours": Fraction(medicine.every_hours or 0)},
        "first": _FIRST[PlanMedicine.First(medicine.first)],
        "until": {"anchor": Anchor.END, "day": Days.LAST, "offset": {"hours": medicine.until_hours}},
        "why": _("Keeps pain and allergy medicine going after the infusion, as the clinic ordered."),
        "at_night": AtNight.SHIFT if is_shifted else AtNight.HOLD,
        "window": defaults["window"],
        "nudges": {**(defaults.get("nudges") or {}), "may_wake": bool(medicine.may_wake)},
    }


_FIRST: dict[PlanMedicine.First, Json] = {
    PlanMedicine.First.AFTER_PREMEDICATION: {"after_step": "premedication"},
    PlanMedicine.First.END_OF_FIRST_DAY: {"anchor": Anchor.END, "day": Days.FIRST, "offset": {"hours": 0}},
    PlanMedicine.First.END_OF_LAST_DAY: {"anchor": Anchor.END, "day": Days.LAST, "offset": {"hours": 0}},
}
# For protocol versions that were published before they could say it themselves.
_COURSE_WINDOW: Json = {"opens_before": {"minutes": 30}, "late_after": {"minutes": 30}, "closes_after": {"hours": 3}}
_COURSE_NUDGES: dict[str, Json] = {"lead": {"minutes": 15}, "repeat_every": {"minutes": 30}, "repeats": 2}
