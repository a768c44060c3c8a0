"""What can be typed into the diary: amounts and temperatures in a person's own units, symptoms, doses."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from ivig_care.accounts.models import User
from ivig_care.actions.diary import MOST_ML, Reported
from ivig_care.diary.models import Cup, SymptomReport
from ivig_care.diary.words import METHODS, SEVERITIES
from ivig_care.plans.extra import Wanted
from ivig_care.regimen.fluids import FluidKind
from ivig_care.regimen.symptoms import Method, Severity, Symptom, SymptomSaid, Temperature
from ivig_care.regimen.units import FAHRENHEIT, ML, OZ, is_plausible, to_celsius, to_ml
from ivig_care.web.family.forms import WhenForm
from ivig_care.web.numbers import Number

NO_AMOUNT = gettext_lazy("Choose a cup, or write how much it was.")
NOT_A_NUMBER = gettext_lazy("Write a number, for example 250.")
DRUNK = tuple(kind for kind in FluidKind if kind.is_drunk)


class AmountForm(forms.Form):
    """So many mL or oz."""

    amount = Number(wrong=NOT_A_NUMBER, decimal_places=3, required=False)
    unit = forms.ChoiceField(choices=User.Drinks.choices, required=False)

    @property
    def ml(self) -> int | None:
        """What was written in mL; None when nothing was."""
        amount: Decimal | None = self.cleaned_data.get("amount")
        return None if amount is None else to_ml(Fraction(amount), self.cleaned_data.get("unit") or ML)

    def clean(self) -> None:
        """An amount that a child may drink at once."""
        ml = self.ml
        if ml is not None and not 0 < ml <= MOST_ML:
            self.add_error("amount", _("That is not an amount that one drinks at once. Check the number and the unit."))


class DrinkForm(WhenForm, AmountForm):
    """A drink: out of a cup of the family's, or so much; of some kind, at some time."""

    kind = forms.ChoiceField(choices=[(kind.value, kind.value) for kind in FluidKind], required=False)
    cup = forms.ModelChoiceField(
        Cup.objects.none(),
        required=False,
        error_messages={"invalid_choice": gettext_lazy("That cup is gone. Choose another, or write how much it was.")},
    )

    def __init__(self, *args: Any, cups: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["cup"]
        if isinstance(field, forms.ModelChoiceField):
            field.queryset = cups

    def clean(self) -> None:
        """A cup or an amount."""
        super().clean()
        if not self.errors and self.cleaned_data.get("cup") is None and self.cleaned_data.get("amount") is None:
            raise forms.ValidationError(NO_AMOUNT)

    @property
    def fluid(self) -> FluidKind:
        """What it was; water when nobody said."""
        return FluidKind(self.cleaned_data.get("kind") or FluidKind.WATER)

    @property
    def drunk_ml(self) -> int:
        """How much it was."""
        cup: Cup | None = self.cleaned_data.get("cup")
        return cup.ml if cup is not None else self.ml or 0

    @property
    def cup_name(self) -> str:
        """The name of the cup; empty when the amount was written."""
        cup: Cup | None = self.cleaned_data.get("cup")
        return "" if cup is None else cup.name


class CupForm(AmountForm):
    """A cup of the family's own."""

    name = forms.CharField(
        max_length=40, error_messages={"required": gettext_lazy("Give the cup a name, as you call it.")}
    )

    def clean(self) -> None:
        """A cup holds something."""
        super().clean()
        if "amount" not in self.errors and self.cleaned_data.get("amount") is None:
            self.add_error("amount", _("Write how much the cup holds."))


# --- how the child is --------------------------------------------------------------------------------

# How long ago something may have begun, as a parent says it.
SINCE_HOURS = ("0", "1", "2", "4", "8", "24")
SCORES = tuple(str(score) for score in range(11))
YES, NO = "yes", "no"


class ReportForm(WhenForm):
    """How the child is: symptoms each with how bad, a temperature, and what is gone again.

    The fields of one symptom are named after it: `sev_headache`, `score_headache`, `stays_headache`.
    """

    symptom = forms.MultipleChoiceField(choices=[(one.name.lower(), one.value) for one in Symptom], required=False)
    gone = forms.MultipleChoiceField(choices=[(one.name.lower(), one.value) for one in Symptom], required=False)
    since = forms.ChoiceField(choices=[("", ""), *((hours, hours) for hours in SINCE_HOURS)], required=False)
    trend = forms.ChoiceField(choices=[("", ""), *SymptomReport.Trend.choices], required=False)
    steroid = forms.ChoiceField(choices=[("", ""), (YES, YES), (NO, NO)], required=False)
    temperature = Number(wrong=NOT_A_NUMBER, decimal_places=3, required=False)
    degrees = forms.ChoiceField(choices=User.Degrees.choices, required=False)
    method = forms.ChoiceField(choices=list(METHODS.items()), required=False)
    note = forms.CharField(required=False, max_length=1000)

    def clean(self) -> None:
        """Something is said, and a temperature is one."""
        self._clean_temperature()
        data = self.cleaned_data
        says = (data.get("symptom"), data.get("gone"), data.get("temperature"), data.get("note"), "fine" in self.data)
        if not self.errors and not any(says):
            raise forms.ValidationError(
                _("What is worse? Choose it below.")
                if data.get("trend") == SymptomReport.Trend.WORSE
                else _("Choose what you notice, or tap “Fine, nothing”.")
            )

    def _clean_temperature(self) -> None:
        said: Decimal | None = self.cleaned_data.get("temperature")
        if said is None:
            return
        if is_plausible(self._celsius(said)):
            return
        other = "°C" if self.cleaned_data.get("degrees") == FAHRENHEIT else "°F"
        words = _("%(degrees)s is no temperature of a child. Check the number. Was it in %(other)s?")
        self.add_error("temperature", words % {"degrees": f"{said.normalize():f}", "other": other})

    def _celsius(self, said: Decimal) -> Fraction:
        return to_celsius(Fraction(said), self.cleaned_data.get("degrees") or "C")

    def reported(self, at: datetime) -> Reported:
        """What was said of the child, at `at`."""
        data = self.cleaned_data
        symptoms = tuple(self._said(Symptom[name.upper()], at) for name in data["symptom"])
        readings: tuple[Temperature, ...] = ()
        if data.get("temperature") is not None:
            method = Method(data.get("method") or Method.UNKNOWN)
            readings = (Temperature(celsius=self._celsius(data["temperature"]), method=method, at=at),)
        return Reported(
            symptoms=symptoms,
            temperatures=readings,
            gone=frozenset(Symptom[name.upper()] for name in data["gone"]) - {one.symptom for one in symptoms},
            trend=data["trend"],
            takes_steroid={YES: True, NO: False}.get(data["steroid"]),
            note=data["note"],
        )

    def _said(self, symptom: Symptom, at: datetime) -> SymptomSaid:
        name, since = symptom.name.lower(), self.cleaned_data["since"]
        severity, score = self.data.get(f"sev_{name}", ""), self.data.get(f"score_{name}", "")
        return SymptomSaid(
            symptom=symptom,
            severity=Severity(severity) if severity in SEVERITIES else None,
            score=int(score) if score in SCORES else None,
            is_persistent={YES: True, NO: False}.get(self.data.get(f"stays_{name}", "")),
            since=at - timedelta(hours=int(since)) if since else None,
        )


# --- doses ----------------------------------------------------------------------------------------------

MG, UNITS = "mg", "units"


class DoseForm(WhenForm):
    """A medicine by any name, how much of it, and who gave it."""

    medicine = forms.CharField(
        max_length=80, error_messages={"required": gettext_lazy("Write which medicine it was, as on the box.")}
    )
    amount = Number(wrong=NOT_A_NUMBER, decimal_places=3, required=False)
    unit = forms.ChoiceField(choices=[(unit, unit) for unit in (MG, ML, UNITS)], required=False)
    by_clinic = forms.BooleanField(required=False)
    reason = forms.CharField(required=False, max_length=200)

    @property
    def wanted(self) -> Wanted:
        """The dose as it was said."""
        said: Decimal | None = self.cleaned_data.get("amount")
        amount, unit = None if said is None else Fraction(said), self.cleaned_data.get("unit") or MG
        return Wanted(
            medicine=self.cleaned_data["medicine"],
            mg=amount if unit == MG else None,
            ml=amount if unit == ML else None,
            units=amount if unit == UNITS else None,
        )


__all__ = ["DRUNK", "MG", "OZ", "UNITS", "AmountForm", "CupForm", "DoseForm", "DrinkForm", "ReportForm"]
