"""Form fields of a prescription: none has a default, and each says in plain words what is wrong with an answer."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.text import format_lazy
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from ivig_care.protocols.models import Product
from ivig_care.web.numbers import Number, WholeNumber

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

    _ProductChoice = forms.ModelChoiceField[Product]
else:
    _ProductChoice = forms.ModelChoiceField

YES, NO = "yes", "no"
CHOOSE = ("", gettext_lazy("Choose …"))


@dataclass(frozen=True)
class Fits:
    """A validator: a number above zero with at most so many digits before and after the point."""

    whole: int
    places: int

    def __call__(self, value: Decimal) -> None:
        """Raises ValidationError with one sentence."""
        exponent = value.as_tuple().exponent
        if value <= 0:
            raise ValidationError(_("Write a number above 0."))
        if value >= 10**self.whole:
            raise ValidationError(_("Too large: at most %(whole)s digits before the point.") % {"whole": self.whole})
        if isinstance(exponent, int) and -exponent > self.places:
            raise ValidationError(_("Too many digits: at most %(places)s after the point.") % {"places": self.places})


class Amount(Number):
    """A number above zero. A plain text box, so that a slip stays on the page to be mended."""

    def __init__(self, label: StrOrPromise, *, whole: int, places: int, help_text: StrOrPromise = "") -> None:
        super().__init__(
            label=label,
            required=False,
            widget=forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off"}),
            help_text=help_text,
            validators=[Fits(whole, places)],
            wrong=gettext_lazy("Write a number, for example 0.6."),
            below=10**whole,
            # Fits says it in words of its own.
            min_value=None,
            max_digits=None,
        )


class Whole(WholeNumber):
    """A whole number between two bounds."""

    def __init__(self, label: StrOrPromise, *, least: int, most: int, help_text: StrOrPromise = "") -> None:
        wrong = format_lazy(gettext_lazy("Write a whole number from {least} to {most}."), least=least, most=most)
        super().__init__(
            label=label,
            required=False,
            widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off"}),
            min_value=least,
            max_value=most,
            help_text=help_text,
            error_messages={"invalid": wrong, "min_value": wrong, "max_value": wrong},
        )


class Pick(forms.ChoiceField):
    """One of some words, nothing chosen beforehand."""

    def __init__(
        self, label: StrOrPromise, choices: Iterable[tuple[str, StrOrPromise]], *, help_text: StrOrPromise = ""
    ) -> None:
        super().__init__(
            label=label,
            required=False,
            choices=[CHOOSE, *choices],
            help_text=help_text,
            error_messages={"invalid_choice": gettext_lazy("Choose one of the list.")},
        )


class Radio(forms.ChoiceField):
    """One of a few words, all of them in view, nothing chosen beforehand."""

    widget = forms.RadioSelect

    def __init__(
        self, label: StrOrPromise, choices: Iterable[tuple[str, StrOrPromise]], *, help_text: StrOrPromise = ""
    ) -> None:
        super().__init__(
            label=label,
            required=False,
            choices=list(choices),
            help_text=help_text,
            error_messages={"invalid_choice": gettext_lazy("Choose one of the answers.")},
        )


class YesNo(forms.TypedChoiceField):
    """Yes, no, or not answered yet (None)."""

    widget = forms.RadioSelect

    def __init__(self, label: StrOrPromise, *, help_text: StrOrPromise = "") -> None:
        super().__init__(
            label=label,
            required=False,
            choices=[(YES, gettext_lazy("Yes")), (NO, gettext_lazy("No"))],
            coerce=lambda answer: answer == YES,
            empty_value=None,
            help_text=help_text,
            error_messages={"invalid_choice": gettext_lazy("Answer yes or no.")},
        )

    def prepare_value(self, value: object) -> object:
        """A stored answer as the radio buttons say it."""
        return {True: YES, False: NO}.get(value, value) if isinstance(value, bool) else value


class ProductPick(_ProductChoice):
    """One of the known products, with its strength."""

    def __init__(self, label: StrOrPromise) -> None:
        super().__init__(
            Product.objects.order_by("name"),
            label=label,
            required=False,
            empty_label=CHOOSE[1],
            error_messages={"invalid_choice": gettext_lazy("Choose one of the list.")},
        )

    def label_from_instance(self, obj: Product) -> str:
        """As in "Octagam 10 % (100 mg per mL)"."""
        return _("%(name)s (%(strength)s mg per mL)") % {"name": obj.name, "strength": obj.mg_per_ml}


class Day(forms.DateField):
    """A date."""

    def __init__(self, label: StrOrPromise, *, help_text: StrOrPromise = "") -> None:
        super().__init__(
            label=label,
            required=False,
            input_formats=["%Y-%m-%d"],
            widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
            help_text=help_text,
            error_messages={"invalid": gettext_lazy("Choose a date that exists, as in 2026-03-31.")},
        )


class LocalTime(forms.Field):
    """A date and a time on the clock where the child lives, without a zone of its own."""

    widget = forms.DateTimeInput(attrs={"type": "datetime-local"})

    def __init__(self, label: StrOrPromise) -> None:
        super().__init__(label=label, required=False)

    def to_python(self, value: Any) -> datetime | None:
        """The clock time as it was written. Raises ValidationError."""
        text = str(value or "").strip()
        if not text:
            return None
        try:
            shown = datetime.fromisoformat(text)
        except ValueError:
            shown = None
        if shown is None or shown.tzinfo is not None or len(text) <= len("2026-03-31"):
            raise ValidationError(_("Choose a day and a time, as in 2026-03-31 09:00."))
        return shown.replace(second=0, microsecond=0)
