"""Drinks in mL or fluid ounces, temperatures in °C or °F: kept in mL and °C, typed and shown as a person likes."""

from __future__ import annotations

from fractions import Fraction

# One US fluid ounce; the customary rounding of 29.5735295625 mL.
ML_PER_OZ = Fraction("29.5735")
ML, OZ = "mL", "oz"
CELSIUS, FAHRENHEIT = "C", "F"

# Our choice, and no clinical figure: a thermometer of a living child that shows anything else was misread or mistyped.
LOWEST_CELSIUS, HIGHEST_CELSIUS = Fraction(30), Fraction(43)


def to_ml(amount: Fraction, unit: str) -> int:
    """So many mL or oz in whole mL, as drinks are kept."""
    return round(amount * ML_PER_OZ if unit == OZ else amount)


def from_ml(ml: Fraction, unit: str) -> Fraction:
    """So many mL in the unit: whole mL, or oz to a tenth."""
    return Fraction(round(ml / ML_PER_OZ * 10), 10) if unit == OZ else Fraction(round(ml))


def to_celsius(degrees: Fraction, unit: str) -> Fraction:
    """So many degrees of the unit in °C, exactly."""
    return (degrees - 32) * Fraction(5, 9) if unit == FAHRENHEIT else degrees


def from_celsius(celsius: Fraction, unit: str) -> Fraction:
    """So many °C in degrees of the unit, to a tenth as thermometers show them."""
    degrees = celsius * Fraction(9, 5) + 32 if unit == FAHRENHEIT else celsius
    return Fraction(round(degrees * 10), 10)


def is_plausible(celsius: Fraction) -> bool:
    """Whether a thermometer may well have shown that."""
    return LOWEST_CELSIUS <= celsius <= HIGHEST_CELSIUS
