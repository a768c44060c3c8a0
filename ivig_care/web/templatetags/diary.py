"""Drinks, temperatures and symptoms as a person reads them, in the person's own units and language."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from math import ceil

from django import template
from django.utils.formats import number_format
from django.utils.translation import gettext as _

from ivig_care.accounts.models import User
from ivig_care.diary.models import SymptomNamed, TemperatureReading
from ivig_care.diary.reports import symptom_words
from ivig_care.diary.words import DRINKS, LEVELS, METHODS, sentence, symptom
from ivig_care.regimen.symptoms import Method
from ivig_care.regimen.units import ML, ML_PER_OZ, from_celsius, from_ml

register = template.Library()


@register.filter
def drunk(ml: int | Fraction | None, user: User) -> str:
    """An amount in the person's unit: "250 mL", "8.5 oz"; empty when unknown."""
    if ml is None:
        return ""
    unit = _drinks_in(user)
    return f"{number_in(ml, user)} {unit}"


@register.filter
def about_drunk(ml: Fraction | None, user: User) -> str:
    """An amount to go by, rounded up: to 10 mL, or to half an ounce."""
    if ml is None:
        return ""
    unit = _drinks_in(user)
    grain = Fraction(10) if unit == ML else Fraction(1, 2)
    amount = ceil((Fraction(ml) if unit == ML else Fraction(ml) / ML_PER_OZ) / grain) * grain
    return f"{_plain(Fraction(amount))} {unit}"


@register.filter
def number_in(ml: int | Fraction | None, user: User) -> str:
    """The same without the unit."""
    if ml is None:
        return ""
    return _plain(from_ml(Fraction(ml), _drinks_in(user)))


@register.filter
def degrees(reading: TemperatureReading, user: User) -> str:
    """A temperature in the person's unit, with how it was taken: "38.2 °C, under the arm"."""
    unit = getattr(user, "degrees_in", "C")
    shown = from_celsius(Fraction(Decimal(reading.celsius)), unit)
    how = "" if reading.method == Method.UNKNOWN else f", {METHODS.get(reading.method, reading.method)}"
    return f"{_plain(shown, 1)} °{unit}{how}"


@register.filter
def symptom_said(one: SymptomNamed) -> str:
    """A symptom of a report: "Headache: severe, 7 of 10", or that it is gone."""
    if one.is_gone:
        return _("%(symptom)s: gone") % {"symptom": symptom(one.symptom)}
    return symptom_words(one.symptom, one.severity, one.score)


@register.filter
def level_word(level: str) -> str:
    """A level in words."""
    return str(LEVELS.get(level, level))


@register.filter
def drink_word(kind: str) -> str:
    """A kind of drink in words."""
    return str(DRINKS.get(kind, kind))


@register.filter
def triage_words(words: str) -> str:
    """What the triage said, in the person's language."""
    return sentence(words)


def _drinks_in(user: User) -> str:
    return getattr(user, "drinks_in", ML)


def _plain(number: Fraction, places: int | None = None) -> str:
    whole = number.denominator == 1 and places is None
    return str(number_format(float(number), decimal_pos=0 if whole else 1, use_l10n=True))
