"""What a parent can say on a form."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django import forms

from ivig_care.regimen.steps import SkipReason
from ivig_care.regimen.timing import resolve_local

MOST_MINUTES_AGO = 24 * 60


class WhenForm(forms.Form):
    """A time that somebody says: so many minutes ago, or a time on the clock where the child lives."""

    ago = forms.IntegerField(required=False, min_value=0, max_value=MOST_MINUTES_AGO)
    at = forms.DateTimeField(
        required=False,
        input_formats=["%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S"],
        error_messages={"invalid": "Write the day and the time, for example 3 March, 8:30."},
    )

    def __init__(self, *args: Any, zone: ZoneInfo, now: datetime, **kwargs: Any) -> None:
        self.zone = zone
        self.now = now
        super().__init__(*args, **kwargs)

    @property
    def instant(self) -> datetime:
        """The instant that was said (UTC); now when nothing was."""
        said: datetime | None = self.cleaned_data.get("at")
        if said is not None:
            return resolve_local(said.date(), said.time(), self.zone)
        return self.now - timedelta(minutes=self.cleaned_data.get("ago") or 0)


class TickForm(WhenForm):
    """A step was done, perhaps earlier, perhaps with a reason for giving it before its time."""

    reason = forms.CharField(required=False, max_length=200)


class SkipForm(forms.Form):
    """A step was not done, and why."""

    reason = forms.ChoiceField(
        choices=[(word.value, word.value.capitalize()) for word in SkipReason],
        error_messages={"required": "Choose why it was skipped.", "invalid_choice": "Choose one of the reasons."},
    )
    note = forms.CharField(required=False, max_length=1000)


class NoteForm(forms.Form):
    """Something worth writing down about a step."""

    note = forms.CharField(max_length=1000, error_messages={"required": "Write the note first, then save it."})
