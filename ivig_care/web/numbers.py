"""A number as people write it: with a point or a comma, and asked about where it could be two."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from django import forms
from django.utils.translation import gettext as _

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

# What may be wrong with a number, as Django's field tells it.
_WRONG = ("invalid", "min_value", "max_value", "max_digits", "max_whole_digits", "max_decimal_places")
# "1,000" is a thousand to one person and one to another, and a thousandth of a dose is no small mistake.
_EITHER = re.compile(r"[1-9]\d{0,2}[.,]\d{3}")
_THOUSANDS = re.compile(r"[1-9]\d{0,2}(,\d{3})+(\.\d+)?|[1-9]\d{0,2}(\.\d{3})+(,\d+)?")
# Spaces part thousands too, or stand beside a mark, and nothing else: "62 5" is a comma that was missed.
_MARK = re.compile("([.,])")
_SPACED = re.compile(r"\d{1,3}(\s\d{3})+([.,]\d+)?")
# Python reads more as a number than people write: "1e2", "6_25".
_WRITTEN = re.compile(r"-?[0-9.]+")
_WHOLE = re.compile(r"-?[0-9]{1,18}(\.0*)?")


class Number(forms.DecimalField):
    """A number above zero. A comma or a point is what parts off the tenths, unless it plainly parts thousands.

    Where no number can reach `below`, "2.125" is no thousand and is not asked about; "2,125" is all the same.
    """

    def __init__(
        self,
        *,
        wrong: StrOrPromise,
        errors: Mapping[str, StrOrPromise] | None = None,
        below: int | None = None,
        **more: Any,
    ) -> None:
        self.below = below
        kept = {"max_digits": 9, "min_value": Decimal("0.001")}
        super().__init__(**{**kept, **more, "error_messages": dict.fromkeys(_WRONG, wrong) | dict(errors or {})})

    def to_python(self, value: Any) -> Any:
        """The number that is meant. Raises ValidationError, which asks where two could be."""
        if not isinstance(value, str):
            return super().to_python(value)
        plain = _plain(value, below=self.below)
        if plain and not _WRITTEN.fullmatch(plain):
            raise forms.ValidationError(self.error_messages["invalid"], code="invalid")
        return super().to_python(plain)


class WholeNumber(forms.IntegerField):
    """A whole number, read with the same care."""

    def to_python(self, value: Any) -> Any:
        """The number that is meant. Raises ValidationError, which asks where two could be."""
        if not isinstance(value, str):
            return super().to_python(value)
        plain = _plain(value)
        if plain and not _WHOLE.fullmatch(plain):
            raise forms.ValidationError(self.error_messages["invalid"], code="invalid")
        return super().to_python(plain)


def _plain(typed: str, *, below: int | None = None) -> str:
    """The same as Python writes it; digits of other scripts are the digits that they are."""
    said = "".join(str(unicodedata.decimal(one, one)) for one in typed.strip())
    said = "".join(part.strip() for part in _MARK.split(said))
    if _SPACED.fullmatch(said):
        said = "".join(said.split())
    if _EITHER.fullmatch(said):
        digits = re.sub("[.,]", "", said)
        is_too_large = below is not None and int(digits) >= below
        if is_too_large and "." in said:
            return said
        tenths = said.replace(",", ".")
        small = (tenths if is_too_large else f"{Decimal(tenths):.2f}").rstrip("0").rstrip(".")
        words = _("Do you mean %(large)s or %(small)s? Write it like that, so that nobody takes it for the other.")
        raise forms.ValidationError(words % {"large": digits, "small": small}, code="two_numbers")
    if _THOUSANDS.fullmatch(said):
        mark = max(said.rfind("."), said.rfind(","))
        has_rest = len({one for one in said if one in ".,"}) == 2
        return re.sub("[.,]", "", said[:mark]) + (f".{said[mark + 1 :]}" if has_rest else said[mark + 1 :])
    return said.replace(",", ".")
