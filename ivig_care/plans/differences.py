"""What is different in a plan from the one before it, in words: old and new side by side."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from fractions import Fraction

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from ivig_care.common.prepared import Prepared
from ivig_care.common.spoken import medicine_called
from ivig_care.plans.models import Infusion, InfusionDay, Plan, PlanMedicine, PlanRate
from ivig_care.regimen.figures import plain


@dataclass(frozen=True, kw_only=True)
class Difference:
    """One thing that is not as it was: what it is, how it was and how it is; empty where it was not, or is no more."""

    what: str
    before: str
    after: str


@dataclass(frozen=True)
class _Line:
    """One thing that a plan says, in words; `key` tells which thing of another plan it is the same as."""

    key: str
    what: str
    words: str


def differences(before: Plan, after: Plan) -> list[Difference]:
    """What `after` says otherwise than `before`, in the order of a prescription; nothing is worked out anew."""
    was = {line.key: line for line in _lines(before)}
    now_is = {line.key: line for line in _lines(after)}
    keys = [*now_is, *(key for key in was if key not in now_is)]
    found = []
    for key in keys:
        old, new = was.get(key), now_is.get(key)
        old_words, new_words = (old.words if old else ""), (new.words if new else "")
        if old_words != new_words:
            what = new.what if new else old.what if old else ""
            found.append(Difference(what=what, before=old_words, after=new_words))
    return found


def infusion_before(infusion: Infusion) -> Infusion | None:
    """The child's infusion before this one, of those that were to take place; None when none is on record here."""
    first = min((day.planned_start for day in infusion.days.all()), default=None)
    if first is None:
        return None
    day = _BEFORE.first(infusion.plan.child_id, first, infusion.pk)
    return None if day is None else day.infusion


_BEFORE: Prepared[InfusionDay] = Prepared(
    lambda child, before, infusion: (
        InfusionDay.objects.filter(infusion__plan__child=child, planned_start__lt=before, cancelled_at__isnull=True)
        .exclude(infusion__plan__status=Plan.Status.DRAFT)
        .exclude(infusion=infusion)
        .order_by("-planned_start")
        .select_related("infusion__plan__product", "infusion__plan__version", "infusion__review__signed_by")[:1]
    ),
    holes=(int, datetime, int),
)


def _lines(plan: Plan) -> Iterator[_Line]:
    yield _Line("product", _("Product"), str(plan.product or ""))
    yield _Line("dose", _("Dose"), _("%(g)s g for each kg") % {"g": _amount(plan.dose_g_per_kg)})
    yield _Line("weight", _("Weight"), _("%(kg)s kg") % {"kg": _amount(plan.weight_kg)})
    yield _Line("rates", _("Rates"), _ladder(list(plan.rates.all())))
    yield _Line("premedication", _("Medicines before the infusion"), _premedication(plan))
    medicines = sorted(plan.medicines.all(), key=lambda one: (list(PlanMedicine.Use).index(_use(one)), one.pk))
    for medicine in medicines:
        if _is_given(plan, medicine):
            yield _Line(f"{medicine.use} {medicine.ingredient}", _called(medicine), _medicine(medicine))
    yield _Line("fluids", _("Drinks"), _fluids(plan))


def _use(medicine: PlanMedicine) -> PlanMedicine.Use:
    return PlanMedicine.Use(medicine.use)


def _is_given(plan: Plan, medicine: PlanMedicine) -> bool:
    """Whether the plan really wants it: what was written under a heading that was then said no to is not given."""
    if medicine.use == PlanMedicine.Use.PREMEDICATION:
        return bool(plan.has_premedication)
    return medicine.use != PlanMedicine.Use.COURSE or bool(plan.has_course)


def _amount(number: Decimal | None) -> str:
    """A number as people write it; a question mark where nothing was said."""
    return "?" if number is None else plain(Fraction(number))


def _ladder(rates: list[PlanRate]) -> str:
    def rung(rate: PlanRate) -> str:
        said = {"rate": _amount(rate.ml_per_kg_h), "minutes": rate.minutes}
        if rate.minutes is None:
            return _("%(rate)s mL/kg/h") % said
        return _("%(rate)s mL/kg/h for %(minutes)s min") % said

    return _(", then ").join(map(rung, rates))


def _premedication(plan: Plan) -> str:
    if not plan.has_premedication:
        return _("none")
    minutes = plan.premedication_minutes_before
    by_family = plan.premedication_by == Plan.GivenBy.FAMILY
    who = _("you give them") if by_family else _("the clinic gives them")
    if minutes is None:
        return who
    when = ngettext("%(minutes)s minute before the start", "%(minutes)s minutes before the start", minutes)
    return _("%(when)s, %(who)s") % {"when": when % {"minutes": minutes}, "who": who}


def _called(medicine: PlanMedicine) -> str:
    name = medicine_called(medicine.name, medicine.ingredient)
    said = {"name": name[:1].upper() + name[1:]}
    match _use(medicine):
        case PlanMedicine.Use.PREMEDICATION:
            return _("%(name)s before the infusion") % said
        case PlanMedicine.Use.COURSE:
            return _("%(name)s afterwards") % said
        case PlanMedicine.Use.AS_NEEDED:
            return _("%(name)s when needed") % said


def _medicine(medicine: PlanMedicine) -> str:
    parts = [_("%(mg)s mg") % {"mg": _amount(medicine.mg)}]
    if medicine.mg and medicine.mg_per_ml:
        parts.append(_("the liquid with %(mg)s mg in each mL") % {"mg": _amount(medicine.mg_per_ml)})
    if medicine.every_hours is not None:
        at_least = medicine.use == PlanMedicine.Use.AS_NEEDED
        words = _("at least %(hours)s h apart") if at_least else _("every %(hours)s h")
        parts.append(words % {"hours": _amount(medicine.every_hours)})
    if medicine.first:
        parts.append(_("first %(when)s") % {"when": _first(medicine)})
    if medicine.until_hours is not None:
        parts.append(_("until %(hours)s h after the end") % {"hours": medicine.until_hours})
    if medicine.may_wake is not None and medicine.use == PlanMedicine.Use.COURSE:
        parts.append(_("also at night") if medicine.may_wake else _("not at night"))
    if medicine.purpose:
        parts.append(_("for %(purpose)s") % {"purpose": medicine.purpose})
    if medicine.most_in_24h is not None:
        parts.append(_("at most %(count)s in 24 hours") % {"count": medicine.most_in_24h})
    return ", ".join(parts)


def _first(medicine: PlanMedicine) -> str:
    match PlanMedicine.First(medicine.first):
        case PlanMedicine.First.AFTER_PREMEDICATION:
            return _("one interval after the medicines before the infusion")
        case PlanMedicine.First.END_OF_FIRST_DAY:
            return _("when the first day’s infusion ends")
        case PlanMedicine.First.END_OF_LAST_DAY:
            return _("when the last day’s infusion ends")


def _fluids(plan: Plan) -> str:
    if plan.has_fluid_limit:
        return _("limited: as the clinic told you")
    if plan.fluids_goal_ml is None:
        return ""
    goal = _("%(ml)s mL in 24 hours") % {"ml": plan.fluids_goal_ml}
    if plan.fluids_hours_after is None:
        return goal
    return _("%(goal)s, until %(hours)s h after the end") % {"goal": goal, "hours": plan.fluids_hours_after}
