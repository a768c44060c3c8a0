"""What a person says about how they read things."""

from __future__ import annotations

from typing import Any
from zoneinfo import available_timezones

from django import forms
from django.conf import settings
from django.utils.translation import gettext_lazy as _

from ivig_care.accounts.models import NudgePreference, User


class SettingsForm(forms.Form):
    """Language, units, and the clock that the person lives by; an empty zone leaves that as it is."""

    use_required_attribute = False

    language = forms.ChoiceField(required=False, error_messages={"invalid_choice": _("Choose one from the list.")})
    drinks_in = forms.ChoiceField(
        choices=User.Drinks.choices, error_messages=dict.fromkeys(("required", "invalid_choice"), _("Choose one."))
    )
    degrees_in = forms.ChoiceField(
        choices=User.Degrees.choices, error_messages=dict.fromkeys(("required", "invalid_choice"), _("Choose one."))
    )
    zone = forms.CharField(required=False, max_length=64)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["language"].choices = [("", _("As the browser says")), *settings.LANGUAGES]  # type: ignore[attr-defined]

    @classmethod
    def of(cls, person: User, preference: NudgePreference) -> SettingsForm:
        """As it stands for this person."""
        return cls(
            initial={
                "language": person.language,
                "drinks_in": person.drinks_in,
                "degrees_in": person.degrees_in,
                "zone": preference.zone,
            }
        )

    def clean_zone(self) -> str:
        """A place whose clocks are known."""
        zone: str = self.cleaned_data["zone"]
        if zone and zone not in available_timezones():
            raise forms.ValidationError(_("Choose a place from the list."))
        return zone
