"""Units: what a person types and is shown again is the same, and nothing drifts on the way."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ivig_care.regimen.units import from_celsius, from_ml, is_plausible, to_celsius, to_ml


@pytest.mark.parametrize(
    ("amount", "unit", "ml"),
    [("250", "mL", 250), ("8", "oz", 237), ("1", "oz", 30), ("0.5", "oz", 15), ("12", "oz", 355)],
)
def test_drinks_in_whole_ml(amount: str, unit: str, ml: int) -> None:
    assert to_ml(Fraction(amount), unit) == ml


@pytest.mark.parametrize(("degrees", "celsius"), [("98.6", "37"), ("100.4", "38"), ("32", "0"), ("212", "100")])
def test_fahrenheit_is_exact(degrees: str, celsius: str) -> None:
    assert to_celsius(Fraction(degrees), "F") == Fraction(celsius)
    assert from_celsius(Fraction(celsius), "F") == Fraction(degrees)


@given(st.integers(1, 2000))
def test_tenths_of_an_ounce_come_back_as_they_were_typed(tenths: int) -> None:
    typed = Fraction(tenths, 10)
    assert from_ml(Fraction(to_ml(typed, "oz")), "oz") == typed


@given(st.integers(860, 1094))
def test_tenths_of_a_degree_come_back_as_they_were_typed(tenths: int) -> None:
    typed = Fraction(tenths, 10)
    # As it is kept: °C with two decimals.
    kept = Fraction(round(to_celsius(typed, "F") * 100), 100)
    assert from_celsius(kept, "F") == typed


@given(st.integers(1, 60000))
def test_mls_stay_mls(ml: int) -> None:
    assert to_ml(from_ml(Fraction(ml), "mL"), "mL") == ml


@pytest.mark.parametrize(
    ("celsius", "is_so"), [("29.9", False), ("30", True), ("37", True), ("43", True), ("43.1", False), ("98.6", False)]
)
def test_what_no_child_has_is_noticed(celsius: str, is_so: bool) -> None:
    assert is_plausible(Fraction(celsius)) is is_so
