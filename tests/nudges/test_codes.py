"""Codes: derived from what only we know, another for every address and every asking."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.conf import LazySettings

from ivig_care.accounts.models import ContactPoint
from ivig_care.nudges.codes import code_at, code_fits, code_hash, code_of
from tests.conftest import STARTS_AT


def _point(code: str = "") -> ContactPoint:
    return ContactPoint(pk=7, code_sent_at=STARTS_AT, code_hash=code_hash(7, code or code_at(7, STARTS_AT)))


def test_a_code_is_six_digits_and_the_same_whenever_it_is_derived() -> None:
    assert re.fullmatch(r"\d{6}", code_of(_point()))
    assert code_of(_point()) == code_at(7, STARTS_AT)


def test_no_code_before_one_was_asked_for() -> None:
    assert code_of(ContactPoint(pk=7)) == ""


def test_another_address_another_instant_another_key_another_code(settings: LazySettings) -> None:
    codes = {code_at(7, STARTS_AT + timedelta(microseconds=number)) for number in range(200)}
    codes |= {code_at(key, STARTS_AT) for key in range(100, 300)}
    assert len(codes) > 395
    here = code_at(7, STARTS_AT)
    settings.SECRET_KEY = "another"
    assert code_at(7, STARTS_AT) != here


def test_the_digits_fit_however_they_are_spaced() -> None:
    code = code_of(_point())
    assert code_fits(_point(), f" {code[:3]}-{code[3:]} ")


@pytest.mark.parametrize("said", ["", "12345", "1234567", "abcdef", "\u0661\u0662\u0663\u0664\u0665\u0666", "\x00"])
def test_other_digits_do_not_fit(said: str) -> None:
    assert not code_fits(_point("123456"), said)


def test_nothing_fits_where_no_code_is_kept() -> None:
    assert not code_fits(ContactPoint(pk=7, code_sent_at=STARTS_AT), code_at(7, STARTS_AT))
