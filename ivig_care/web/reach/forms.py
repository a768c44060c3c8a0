"""What a person says about how to be reached."""

from __future__ import annotations

from functools import cache
from typing import Any
from zoneinfo import available_timezones

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from ivig_care.accounts.models import ContactPoint


class AddForm(forms.Form):
    """An e-mail address or a phone number, with the words of consent."""

    use_required_attribute = False

    kind = forms.ChoiceField(
        choices=[
            (ContactPoint.Kind.EMAIL, gettext_lazy("E-mail")),
            (ContactPoint.Kind.SMS, gettext_lazy("Text message")),
        ]
    )
    address = forms.CharField(
        max_length=200, error_messages={"required": gettext_lazy("Write the address or the number first.")}
    )
    agree = forms.BooleanField(
        error_messages={"required": gettext_lazy("Tick that you agree. Without it we may not send anything there.")}
    )


class CodeForm(forms.Form):
    """The digits that were sent."""

    use_required_attribute = False

    code = forms.CharField(
        max_length=20, error_messages={"required": gettext_lazy("Write the six digits that we sent.")}
    )


_TIMES = ["%H:%M", "%H:%M:%S", "%I:%M %p", "%I %p", "%I:%M%p", "%I%p"]
_CONTINENTS = frozenset(
    {"Africa", "America", "Antarctica", "Arctic", "Asia", "Atlantic", "Australia", "Europe", "Indian", "Pacific"}
)


@cache
def zones_to_choose() -> tuple[str, ...]:
    """The places whose clocks a person may live by, as in "Europe/Berlin"."""
    return tuple(sorted(name for name in available_timezones() if name.partition("/")[0] in _CONTINENTS))


class QuietForm(forms.Form):
    """When to be left in peace; both empty for never."""

    use_required_attribute = False

    quiet_from = forms.TimeField(
        required=False,
        input_formats=_TIMES,
        error_messages={"invalid": gettext_lazy("Write a time, for example 10:00 pm.")},
    )
    quiet_until = forms.TimeField(
        required=False,
        input_formats=_TIMES,
        error_messages={"invalid": gettext_lazy("Write a time, for example 7:00 am.")},
    )
    zone = forms.CharField(required=False, max_length=64)

    def clean_zone(self) -> str:
        """A place whose clocks are known; empty leaves it as it is."""
        zone: str = self.cleaned_data["zone"]
        if zone and zone not in available_timezones():
            raise forms.ValidationError(_("Choose a place from the list."))
        return zone

    def clean(self) -> dict[str, Any]:
        """One end alone means nothing, and neither do two that are alike."""
        said: dict[str, Any] = super().clean() or {}
        start, end = said.get("quiet_from"), said.get("quiet_until")
        if not self.errors and (start is None) != (end is None):
            raise forms.ValidationError(_("Write both times, or none for no quiet hours."))
        if start is not None and start == end:
            raise forms.ValidationError(_("The two times are the same. Leave both empty for no quiet hours."))
        return said


class BrowserForm(forms.Form):
    """Where a browser's push service takes notifications, and the keys that they are encrypted with."""

    endpoint = forms.CharField(max_length=600)
    p256dh = forms.RegexField(r"^[A-Za-z0-9_-]{87}=?$")
    auth = forms.RegexField(r"^[A-Za-z0-9_-]{22}(==)?$")
