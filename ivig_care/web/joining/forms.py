"""What somebody says who accepts an invitation."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy

YEAR = gettext_lazy("Write the year with four digits, for example 2017.")


class AcceptForm(forms.Form):
    """The year in which the child was born, where it is asked for, and whether reminders may come by e-mail."""

    use_required_attribute = False

    remind_by_email = forms.BooleanField(required=False)

    def __init__(self, *args: Any, asks_year: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.asks_year = asks_year
        if asks_year:
            self.fields["born_in"] = forms.IntegerField(
                min_value=1900,
                max_value=2200,
                error_messages=dict.fromkeys(("required", "invalid", "min_value", "max_value"), YEAR),
            )

    @property
    def said(self) -> dict[str, Any]:
        """What was said, as the action takes it."""
        return {"born_in": self.cleaned_data.get("born_in"), "remind_by_email": self.cleaned_data["remind_by_email"]}
