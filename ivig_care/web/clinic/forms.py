"""The plan page's forms: everything that can be prescribed, kept as it was typed until it can be saved."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any, TypeVar
from zoneinfo import ZoneInfo

from django import forms
from django.forms.utils import ErrorDict
from django.utils.translation import gettext, gettext_lazy

from ivig_care.actions.plans import MedicineOrder, PlanOrder, RateOrder
from ivig_care.plans.models import Infusion, Plan, PlanMedicine, PlanRate
from ivig_care.plans.outlook import meaning_of
from ivig_care.protocols.models import Medicine
from ivig_care.regimen.reading import MOST_DAYS
from ivig_care.regimen.timing import resolve_local
from ivig_care.web.clinic.fields import CHOOSE, Amount, Day, LocalTime, Pick, ProductPick, Radio, Whole, YesNo

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

MOST_ROWS = 20
RATE_ROWS, MEDICINE_ROWS = 6, 3
# A start outside this span is a slip of the year.
EARLIEST, LATEST = timedelta(days=366), timedelta(days=2 * 366)
MOST_HOURS = 14 * 24


class PlanForm(forms.Form):
    """The single values of a prescription."""

    use_required_attribute = False

    product = ProductPick(gettext_lazy("Product"))
    dose_g_per_kg = Amount(
        gettext_lazy("Dose, g per kg"),
        whole=2,
        places=2,
        help_text=gettext_lazy("For the whole infusion, divided evenly over its days."),
    )
    weight_kg = Amount(gettext_lazy("Weight, kg"), whole=3, places=2)
    weighed_on = Day(gettext_lazy("Weighed on"))
    has_risk = YesNo(gettext_lazy("Is there a risk of kidney injury or thrombosis?"))
    has_premedication = YesNo(gettext_lazy("Is medicine given before the infusion?"))
    premedication_minutes_before = Whole(
        gettext_lazy("How long before the start, minutes"),
        least=0,
        most=24 * 60,
        help_text=gettext_lazy("0 means at the start itself."),
    )
    premedication_by = Radio(gettext_lazy("Who gives it?"), Plan.GivenBy.choices)
    has_course = YesNo(gettext_lazy("Is medicine given on a schedule afterwards?"))
    has_fluid_limit = YesNo(gettext_lazy("Are fluids limited for this child?"))
    fluids_goal_ml = Whole(
        gettext_lazy("Drinks in 24 hours, mL"),
        least=1,
        most=9999,
        help_text=gettext_lazy("Left out where fluids are limited."),
    )
    fluids_hours_after = Whole(gettext_lazy("Extra drinks go on after the last end, hours"), least=1, most=MOST_HOURS)

    def __init__(self, *args: Any, plan: Plan, today: date, **kwargs: Any) -> None:
        self.plan = plan
        self.today = today
        super().__init__(*args, **kwargs)

    def clean_weighed_on(self) -> Any:
        """No weight is from the future, or from before the child was born."""
        weighed_on = self.cleaned_data["weighed_on"]
        if weighed_on is not None and weighed_on > self.today:
            raise forms.ValidationError(gettext("That day has not come yet."))
        if weighed_on is not None and weighed_on < self.plan.child.born_on:
            raise forms.ValidationError(gettext("That is before the child was born."))
        return weighed_on

    @property
    def order(self) -> PlanOrder:
        """The single values as the action takes them."""
        return PlanOrder(**self.cleaned_data)


class DaysForm(forms.Form):
    """When each day's infusion starts, on the clock where the child lives."""

    use_required_attribute = False

    def __init__(self, *args: Any, days: int, zone: ZoneInfo, now: datetime, **kwargs: Any) -> None:
        self.zone = zone
        self.now = now
        super().__init__(*args, **kwargs)
        for number in range(1, days + 1):
            self.fields[f"day_{number}"] = LocalTime(gettext("Day %(number)s starts") % {"number": number})

    def clean(self) -> None:
        """Every start exists on the clock, and the days follow one another."""
        last: datetime | None = None
        for name in self.fields:
            shown = self.cleaned_data.get(name)
            if shown is None:
                continue
            if problem := self._problem(shown, last):
                self.add_error(name, problem)
            last = shown

    def _problem(self, shown: datetime, last: datetime | None) -> str:
        if abs(shown.year - self.now.year) > LATEST.days // 365:
            return gettext("Check the year.")
        instant = resolve_local(shown.date(), shown.time(), self.zone)
        if instant.astimezone(self.zone).replace(tzinfo=None) != shown:
            return gettext("The clocks go forward that night, so this time does not exist. Choose one an hour later.")
        if not self.now - EARLIEST <= instant <= self.now + LATEST:
            return gettext("Check the year.")
        if last is not None and shown.date() <= last.date():
            return gettext("Choose a later date than that of the day before.")
        return ""

    @property
    def starts(self) -> list[datetime]:
        """The instants that were said (UTC)."""
        said = [shown for shown in self.cleaned_data.values() if shown is not None]
        return [resolve_local(shown.date(), shown.time(), self.zone) for shown in said]


class Row(forms.Form):
    """One row of a list; a row in which nothing is said is left out."""

    use_required_attribute = False
    # What a row cannot be kept without, and the words for it.
    key: str
    key_missing: StrOrPromise
    # Said beside a saved row: what its amount means for this child.
    meaning: str = ""

    @property
    def is_blank(self) -> bool:
        """Whether nothing is said."""
        if self.is_bound:
            return not any(str(self.data.get(self.add_prefix(name), "")).strip() for name in self.fields)
        return not self.initial

    def clean(self) -> None:
        """A row that says something says what it is about."""
        if not self.is_blank and self.key not in self.errors and self.cleaned_data.get(self.key) in (None, ""):
            self.add_error(self.key, self.key_missing)


class RateForm(Row):
    """One rung of the ladder."""

    key, key_missing = "ml_per_kg_h", gettext_lazy("Write the rate too, or clear the minutes.")

    ml_per_kg_h = Amount(gettext_lazy("mL per kg and hour"), whole=2, places=3)
    minutes = Whole(gettext_lazy("Minutes"), least=1, most=24 * 60)

    @property
    def order(self) -> RateOrder:
        """The rung as the action takes it."""
        return RateOrder(**self.cleaned_data)


class MedicineRow(Row):
    """What every prescribed medicine says."""

    key, key_missing = "ingredient", gettext_lazy("Choose the medicine, or clear this row.")
    use: PlanMedicine.Use

    ingredient = Pick(gettext_lazy("Medicine"), [])
    name = forms.CharField(
        label=gettext_lazy("Name on the box"),
        required=False,
        max_length=60,
        help_text=gettext_lazy("As the family knows it; may stay empty."),
    )
    mg = Amount(gettext_lazy("Each dose, mg"), whole=5, places=2)
    mg_per_ml = Amount(gettext_lazy("Strength, mg per mL"), whole=4, places=2, help_text=gettext_lazy("Liquids only."))

    def __init__(self, *args: Any, ingredients: list[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["ingredient"]
        if isinstance(field, Pick):
            field.choices = [CHOOSE, *ingredients]

    @property
    def order(self) -> MedicineOrder:
        """The medicine as the action takes it."""
        return MedicineOrder(use=self.use, **self.cleaned_data)


class PremedicationForm(MedicineRow):
    """One medicine before the infusion."""

    use = PlanMedicine.Use.PREMEDICATION


class CourseForm(MedicineRow):
    """One medicine on a schedule afterwards."""

    use = PlanMedicine.Use.COURSE

    every_hours = Amount(gettext_lazy("Every so many hours"), whole=3, places=1)
    first = Pick(gettext_lazy("First dose"), PlanMedicine.First.choices)
    until_hours = Whole(gettext_lazy("Until, hours after the last end"), least=1, most=MOST_HOURS)
    may_wake = YesNo(
        gettext_lazy("May it wake the child?"),
        help_text=gettext_lazy("If not, a dose that would be due at night is due in the morning."),
    )


class AsNeededForm(MedicineRow):
    """One medicine that is given only when it is needed."""

    use = PlanMedicine.Use.AS_NEEDED

    purpose = forms.CharField(
        label=gettext_lazy("What it is for"),
        required=False,
        max_length=60,
        help_text=gettext_lazy("As the family reads it, for example: headache."),
    )
    every_hours = Amount(gettext_lazy("At least so many hours apart"), whole=3, places=1)
    most_in_24h = Whole(gettext_lazy("At most so many times in 24 hours"), least=1, most=24)
    until_hours = Whole(gettext_lazy("Until, hours after the last end"), least=1, most=MOST_HOURS)


@dataclass(frozen=True)
class Wrong:
    """One thing to mend: the id of its field, the field's words, and what is wrong."""

    id: str
    label: str
    text: str


R = TypeVar("R", bound=Row)


class Prescription:
    """All forms of the plan's page: filled with what the plan says, or bound to what was typed."""

    def __init__(self, plan: Plan, data: Mapping[str, Any] | None = None, *, now: datetime) -> None:
        self.plan = plan
        self.data = data
        self.refusal = ""
        infusion = plan.infusions.prefetch_related("days").order_by("pk")[0]
        self.zone = infusion.tz
        initial = _initial(plan, PlanForm.base_fields)
        self.values = PlanForm(data, initial=initial, plan=plan, today=now.astimezone(self.zone).date())
        self.days = DaysForm(data, initial=_initial_days(infusion), days=_days_asked(plan), zone=self.zone, now=now)
        self.rates = self._rows(RateForm, "rate", plan.rates.all(), RATE_ROWS)
        medicines = list(plan.medicines.order_by("pk"))
        choices = _ingredients(medicines)
        before = [one for one in medicines if one.use == PlanMedicine.Use.PREMEDICATION]
        self.premedication = self._rows(PremedicationForm, "before", before, MEDICINE_ROWS, ingredients=choices)
        after = [one for one in medicines if one.use == PlanMedicine.Use.COURSE]
        self.courses = self._rows(CourseForm, "course", after, MEDICINE_ROWS, ingredients=choices)
        needed = [one for one in medicines if one.use == PlanMedicine.Use.AS_NEEDED]
        self.as_needed = self._rows(AsNeededForm, "needed", needed, 1, ingredients=choices)

    def is_valid(self) -> bool:
        """Whether everything that was typed can be kept as it is."""
        if self.data is None:
            return False
        are_valid = [form.is_valid() for form in self.forms]
        _refuse_twice(self.premedication)
        _refuse_twice(self.courses)
        _refuse_twice(self.as_needed)
        return all(are_valid) and not self.wrong

    @property
    def forms(self) -> list[forms.Form]:
        """Every form of the page, in its order."""
        return [self.values, self.days, *self.rates, *self.premedication, *self.courses, *self.as_needed]

    @property
    def wrong(self) -> list[Wrong]:
        """Everything to mend, in the order of the page."""
        return [
            Wrong(form[name].id_for_label or form[name].auto_id, _label(form, name), str(errors[0]))
            for form in (self.forms if self.data is not None else [])
            for name, errors in _errors(form).items()
        ]

    @property
    def rate_orders(self) -> list[RateOrder]:
        """The rungs that were said."""
        return [row.order for row in self.rates if not row.is_blank]

    @property
    def medicine_orders(self) -> list[MedicineOrder]:
        """The medicines that were said: before, afterwards, and when needed."""
        rows = (*self.premedication, *self.courses, *self.as_needed)
        return [row.order for row in rows if not row.is_blank]

    def _rows(
        self, form: type[R], name: str, stored: Iterable[PlanRate | PlanMedicine], least: int, **more: Any
    ) -> list[R]:
        """One form for each row stored or posted, one blank one more, and never fewer than `least`."""
        held = list(stored)
        posted = _posted_rows(self.data, name)
        count = min(max(least, len(held) + 1, posted), max(MOST_ROWS, len(held)))
        initial = [_initial(row, form.base_fields) for row in held] + [{}] * count
        rows = [form(self.data, prefix=f"{name}-{n}", initial=initial[n], **more) for n in range(count)]
        if self.data is None:
            for row, saved in zip(rows, held, strict=False):
                row.meaning = meaning_of(saved, self.plan)
        return rows


def _errors(form: forms.Form) -> ErrorDict:
    return form.errors


def _label(form: forms.Form, name: str) -> str:
    label = str(form[name].label)
    if isinstance(form, Row):
        kind, _, number = str(form.prefix).partition("-")
        return f"{_ROW_NAMES[kind]} {int(number) + 1}: {label}"
    return label


_ROW_NAMES = {
    "rate": gettext_lazy("Rate"),
    "before": gettext_lazy("Medicine before"),
    "course": gettext_lazy("Medicine afterwards"),
    "needed": gettext_lazy("Medicine when needed"),
}


def _refuse_twice(rows: Iterable[MedicineRow]) -> None:
    seen: set[str] = set()
    for row in rows:
        ingredient = row.cleaned_data.get("ingredient", "")
        if ingredient in seen:
            row.add_error("ingredient", gettext("This medicine stands in the list twice."))
        if ingredient:
            seen.add(ingredient)


def _days_asked(plan: Plan) -> int:
    asked = plan.version.document.get("days")
    return asked if isinstance(asked, int) else MOST_DAYS


def _posted_rows(data: Mapping[str, Any] | None, name: str) -> int:
    numbers = (re.fullmatch(rf"{name}-(\d{{1,2}})-\w+", key, re.ASCII) for key in data or ())
    return max((int(found[1]) + 1 for found in numbers if found), default=0)


def _ingredients(medicines: Iterable[PlanMedicine]) -> list[tuple[str, str]]:
    """Every medicine of the reference data; one that left it stays for the plan that has it."""
    known = {
        medicine.ingredient: f"{medicine.ingredient} ({medicine.names})" if medicine.names else medicine.ingredient
        for medicine in Medicine.objects.order_by("ingredient")
    }
    held = {medicine.ingredient: medicine.ingredient for medicine in medicines}
    return list({**held, **known}.items())


def _initial(row: object, names: Iterable[str]) -> dict[str, Any]:
    values = {name: getattr(row, name) for name in names}
    return {name: _written(value) for name, value in values.items() if value not in (None, "")}


def _initial_days(infusion: Infusion) -> dict[str, str]:
    return {
        f"day_{day.number}": day.planned_start.astimezone(infusion.tz).strftime("%Y-%m-%dT%H:%M")
        for day in infusion.days.all()
    }


def _written(value: Any) -> Any:
    """A number without the zeros that the database adds."""
    if not isinstance(value, Decimal):
        return value
    text = f"{value:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text
