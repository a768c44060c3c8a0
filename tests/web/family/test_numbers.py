"""A number that a family writes is read as it is meant, or asked about; never as a thousandth of it."""

from __future__ import annotations

from decimal import Decimal

import pytest
from django.core.exceptions import ValidationError

from ivig_care.web.family.numbers import Number

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
