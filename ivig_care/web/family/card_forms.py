"""What can be said on the infusion card: a rate, a bottle."""

from __future__ import annotations

from decimal import Decimal

from django import forms
from django.utils.translation import gettext_lazy as _

from ivig_care.actions.lots import Label
from ivig_care.web.family.forms import WhenForm
from ivig_care.web.numbers import Number

NOT_A_NUMBER = _("Write the number that the pump shows, for example 24 or 24.5.")
NOT_GRAMS = _("Write the grams as a number, for example 10.")


class RateForm(WhenForm):
    """The pump was set to so many mL/h at a time."""

    ml_h = Number(wrong=NOT_A_NUMBER, errors={"required": NOT_A_NUMBER}, min_value=Decimal("0.1"), max_digits=8)
    is_new_lot = forms.BooleanField(required=False)


class LotForm(WhenForm):
    """A bottle, or several of one lot."""

    brand = forms.CharField(
        max_length=60,
        error_messages={"required": _("Write the brand as it stands on the label.")},
    )
    lot = forms.CharField(
        max_length=40,
        error_messages={"required": _("Write the lot number. It stands on the label, often after “LOT”.")},
    )
    expires_on = forms.DateField(
        required=False,
        error_messages={"invalid": _("Write the date on the label, with the year.")},
    )
    grams = Number(wrong=NOT_GRAMS, required=False, min_value=Decimal("0.1"), max_digits=6)

    @property
    def label(self) -> Label:
        """What was said of the label."""
        said = self.cleaned_data
        return Label(brand=said["brand"], lot=said["lot"], expires_on=said["expires_on"], grams=said["grams"])
