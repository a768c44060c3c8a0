"""A number that somebody writes is read as it is meant, or asked about; never as a thousandth of it."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

import pytest
from django.core.exceptions import ValidationError
from django.forms import Field

from ivig_care.web.clinic.fields import Amount, Whole
from ivig_care.web.numbers import Number

WRONG = "Write a number."


@pytest.mark.parametrize(
    ("typed", "number"),
    [
        ("24", "24"),
        ("62,5", "62.5"),
        ("62.5", "62.5"),
        ("24, 5", "24.5"),
        (" 62.50 ", "62.50"),
        ("0,125", "0.125"),
        ("0.125", "0.125"),
        ("1,00", "1.00"),
        ("1000", "1000"),
        ("1 000", "1000"),
        ("12 345 678,5", "12345678.5"),
        ("\u0662\u0664", "24"),
        ("1\u00a0000,5", "1000.5"),
        ("1,234.5", "1234.5"),
        ("1.234,5", "1234.5"),
        ("12,345.25", "12345.25"),
        ("1,234,567", "1234567"),
        ("1.234.567", "1234567"),
        ("1234.567", "1234.567"),
    ],
)
def test_it_is_read_as_it_is_meant(typed: str, number: str) -> None:
    assert Number(wrong=WRONG).clean(typed) == Decimal(number)


@pytest.mark.parametrize(
    ("typed", "asked"),
    [
        ("1,000", "Do you mean 1000 or 1?"),
        ("1.000", "Do you mean 1000 or 1?"),
        ("1, 000", "Do you mean 1000 or 1?"),
        (" 2.500 ", "Do you mean 2500 or 2.5?"),
        ("62,500", "Do you mean 62500 or 62.5?"),
        ("1.234", "Do you mean 1234 or 1.23?"),
        ("\u0661,\u0660\u0660\u0660", "Do you mean 1000 or 1?"),
        ("\uff11.\uff10\uff10\uff10", "Do you mean 1000 or 1?"),
    ],
)
def test_where_it_could_be_two_it_is_asked_about(typed: str, asked: str) -> None:
    with pytest.raises(ValidationError, match=asked.replace("?", r"\?")):
        Number(wrong=WRONG).clean(typed)


@pytest.mark.parametrize(
    "typed",
    [
        *("warm", "1,2,3", "1.000,000.5", "1,00,000", "12,,5", "1,234.567.8", "NaN", "1e9", "-3", "0", "1234567890"),
        *("62 5", "2 4", "1 00", "1 000 00", "6_25", "1.5e1", "1e2", "+1,000", "1.000e0", "62,5 mL/h", "½"),
    ],
)
def test_what_is_none_says_so(typed: str) -> None:
    with pytest.raises(ValidationError, match=WRONG):
        Number(wrong=WRONG).clean(typed)


# --- what a clinician types: a dose, a weight, a rate, minutes, mL ---------------------------------------------------


def rate() -> Amount:
    """The rate of a ladder: two digits before the point, three after it."""
    return Amount("Rate", whole=2, places=3)


def dose() -> Amount:
    """mg of a medicine: five digits before the point, two after it."""
    return Amount("mg", whole=5, places=2)


def minutes() -> Whole:
    """Minutes of a day."""
    return Whole("Minutes", least=0, most=1440)


@pytest.mark.parametrize(
    ("field", "typed", "number"),
    [
        (rate, "0.125", "0.125"),
        # What is shown of a saved rate can be saved again: no rate is a thousand.
        (rate, "2.125", "2.125"),
        (rate, "2,5", "2.5"),
        (rate, " 5 ", "5"),
        (dose, "62,5", "62.5"),
        (dose, "1 250", "1250"),
        (dose, "1,250.5", "1250.5"),
        (dose, "\u0661\u0662", "12"),
        (minutes, "60", "60"),
        (minutes, " 5 ", "5"),
        (minutes, "0", "0"),
        (minutes, "1 000", "1000"),
        (minutes, "60.0", "60"),
        (minutes, "\u0661\u0662", "12"),
    ],
)
def test_a_clinicians_number_is_read_as_it_is_meant(field: Callable[[], Field], typed: str, number: str) -> None:
    assert field().clean(typed) == Decimal(number)


@pytest.mark.parametrize(
    ("field", "typed", "asked"),
    [
        (dose, "1,250", "Do you mean 1250 or 1.25?"),
        (dose, "1.250", "Do you mean 1250 or 1.25?"),
        (rate, "2,125", "Do you mean 2125 or 2.125?"),
        (minutes, "1,000", "Do you mean 1000 or 1?"),
        (minutes, "1.000", "Do you mean 1000 or 1?"),
    ],
)
def test_a_clinician_is_asked_where_it_could_be_two(field: Callable[[], Field], typed: str, asked: str) -> None:
    with pytest.raises(ValidationError, match=asked.replace("?", r"\?")):
        field().clean(typed)


@pytest.mark.parametrize(
    "typed", ["1e2", "1_000", "nan", "Infinity", "62 5", "+7", "0x10", "5 mg", "\u00bd", "1e-1", "--1"]
)
@pytest.mark.parametrize(
    ("field", "words"),
    [
        (rate, "Write a number, for example 0.6."),
        (dose, "Write a number, for example 0.6."),
        (minutes, "Write a whole number from 0 to 1440."),
    ],
)
def test_what_is_none_is_refused_in_words(field: Callable[[], Field], words: str, typed: str) -> None:
    with pytest.raises(ValidationError, match=words):
        field().clean(typed)


@pytest.mark.parametrize(
    ("field", "typed", "words"),
    [
        (dose, "0", "Write a number above 0."),
        (dose, "-3", "Write a number above 0."),
        (rate, "2125", "Too large: at most 2 digits before the point."),
        (rate, "9" * 400, "Too large: at most 2 digits before the point."),
        (rate, "0.0001", "Too many digits: at most 3 after the point."),
        (minutes, "-1", "Write a whole number from 0 to 1440."),
        (minutes, "1441", "Write a whole number from 0 to 1440."),
        (minutes, "9" * 400, "Write a whole number from 0 to 1440."),
        (minutes, "62,5", "Write a whole number from 0 to 1440."),
    ],
)
def test_a_number_that_does_not_fit_says_why(field: Callable[[], Field], typed: str, words: str) -> None:
    with pytest.raises(ValidationError, match=words):
        field().clean(typed)
