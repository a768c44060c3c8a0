"""Codes, and secrets that a stolen database does not tell."""

from __future__ import annotations

import pytest
from django.conf import LazySettings

from ivig_care.common.secrets import CODE_LENGTH, code_make, code_read, code_shown, seal, unseal


def test_a_code_survives_being_read_out() -> None:
    code = code_make()
    assert len(code) == CODE_LENGTH
    assert code_read(f" {code_shown(code).lower()} ") == code


@pytest.mark.parametrize(("typed", "meant"), [("o0il-1l", "001111"), ("uv", "VV"), ("", ""), ("¿?", "")])
def test_look_alikes_are_put_right(typed: str, meant: str) -> None:
    assert code_read(typed) == meant


def test_what_is_sealed_is_read_again_and_stands_nowhere() -> None:
    sealed = seal("JBSWY3DPEHPK3PXP")
    assert "JBSWY3DPEHPK3PXP" not in sealed
    assert unseal(sealed) == "JBSWY3DPEHPK3PXP"


def test_what_was_never_sealed_is_as_it_is() -> None:
    assert unseal("JBSWY3DPEHPK3PXP") == "JBSWY3DPEHPK3PXP"


def test_what_another_key_sealed_is_a_secret_nobody_knows(settings: LazySettings) -> None:
    sealed = seal("JBSWY3DPEHPK3PXP")
    settings.SECRET_KEY = "another one, of a thief who has only the database and no key at all"
    first, second = unseal(sealed), unseal(sealed)
    assert len({first, second, "JBSWY3DPEHPK3PXP", ""}) == 4
