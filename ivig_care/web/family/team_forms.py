"""What a guardian says about who else may see a child's record."""

from __future__ import annotations

from collections.abc import Collection
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from ivig_care.care_teams.models import Role
from ivig_care.plans.models import Infusion
from ivig_care.regimen.timing import resolve_local

_TIME = gettext_lazy("Write the day and the time, for example 3 March, 20:00.")


class InviteForm(forms.Form):
    """Somebody to come in: what they will be, what to call them, where to write to, if anywhere."""

    use_required_attribute = False

    name = forms.CharField(max_length=100, error_messages={"required": gettext_lazy("Write what you call the person.")})
    email = forms.EmailField(required=False, error_messages={"invalid": gettext_lazy("That is not an e-mail address.")})

    def __init__(self, *args: Any, roles: Collection[Role], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["role"] = forms.ChoiceField(
            choices=[(role.value, role.label) for role in roles],
            error_messages=dict.fromkeys(("required", "invalid_choice"), _("Choose what the person will be.")),
        )


class GuestForm(forms.Form):
    """A page for a guest: who it is for, about which infusion, until when, and whether the guest may tick."""

    use_required_attribute = False

    label = forms.CharField(
        max_length=60, error_messages={"required": gettext_lazy("Write who it is for, for example Grandma.")}
    )
    until = forms.DateTimeField(
        input_formats=["%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S"], error_messages={"required": _TIME, "invalid": _TIME}
    )
    may_record = forms.BooleanField(required=False)

    def __init__(self, *args: Any, infusions: Collection[Infusion], zone: ZoneInfo, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.zone = zone
        self._infusions = {str(infusion.pk): infusion for infusion in infusions}
        self.fields["infusion"] = forms.ChoiceField(
            choices=[(key, key) for key in self._infusions],
            error_messages=dict.fromkeys(("required", "invalid_choice"), _("Choose one of the infusions.")),
        )

    def clean_until(self) -> datetime:
        """The instant that was said (UTC), on the clock where the child lives."""
        said: datetime = self.cleaned_data["until"]
        try:
            return resolve_local(said.date(), said.time(), self.zone).astimezone(UTC)
        except OverflowError as error:
            raise forms.ValidationError(_("Check the year.")) from error

    def clean_infusion(self) -> Infusion:
        """The infusion that was chosen."""
        return self._infusions[self.cleaned_data["infusion"]]


class CodeForm(forms.Form):
    """A code that was read out, or stands on paper."""

    use_required_attribute = False

    code = forms.CharField(max_length=60, error_messages={"required": gettext_lazy("Write the code first.")})
