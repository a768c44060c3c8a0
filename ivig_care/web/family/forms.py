"""What a parent can say on a form."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from ivig_care.regimen.steps import SkipReason
from ivig_care.regimen.timing import resolve_local

MOST_MINUTES_AGO = 24 * 60
# Anything further away is a slip of the year.
FURTHEST = timedelta(days=400)
NOT_A_TIME = gettext_lazy("Write the day and the time, for example 3 March, 8:30.")


class WhenForm(forms.Form):
    """A time that somebody says: so many minutes ago, or a time on the clock where the child lives.

    `exact` is an instant that a page shows and hands back.
    """

    ago = forms.IntegerField(
        required=False,
        min_value=0,
        max_value=MOST_MINUTES_AGO,
        error_messages=dict.fromkeys(
            ("invalid", "min_value", "max_value"), gettext_lazy("Choose how long ago it was, or write the time.")
        ),
    )
    at = forms.DateTimeField(
        required=False,
        input_formats=["%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S"],
        error_messages={"invalid": NOT_A_TIME},
    )
    exact = forms.DateTimeField(
        required=False, input_formats=["%Y-%m-%dT%H:%M:%S%z"], error_messages={"invalid": NOT_A_TIME}
    )

    def __init__(self, *args: Any, zone: ZoneInfo, now: datetime, **kwargs: Any) -> None:
        self.zone = zone
        self.now = now
        super().__init__(*args, **kwargs)

    @property
    def is_asked(self) -> bool:
        """Whether a time was said at all, whatever it is worth."""
        return self.is_bound and any(name in self.data for name in ("ago", "at", "exact"))

    @property
    def instant(self) -> datetime:
        """The instant that was said (UTC), to the minute as people say it; the minute of now when nothing was."""
        exact: datetime | None = self.cleaned_data.get("exact")
        said: datetime | None = self.cleaned_data.get("at")
        if exact is not None:
            return exact.astimezone(UTC)
        if said is not None:
            return resolve_local(said.date(), said.time(), self.zone)
        ago = timedelta(minutes=self.cleaned_data.get("ago") or 0)
        return (self.now - ago).replace(second=0, microsecond=0)

    def clean_at(self) -> datetime | None:
        """The clock time, near enough to now to be worked with."""
        return self._near(self.cleaned_data["at"])

    def clean_exact(self) -> datetime | None:
        """The instant, near enough to now to be worked with."""
        return self._near(self.cleaned_data["exact"])

    def _near(self, said: datetime | None) -> datetime | None:
        if said is not None and abs(said - self.now) > FURTHEST:
            raise forms.ValidationError(_("Check the year."))
        return said


class TickForm(WhenForm):
    """A step was done, perhaps earlier, perhaps with a reason for giving it before its time."""

    reason = forms.CharField(required=False, max_length=200)


class SaidForm(forms.Form):
    """Something that is said as it happens; a device that had no signal hands in when that was."""

    exact = forms.DateTimeField(
        required=False, input_formats=["%Y-%m-%dT%H:%M:%S%z"], error_messages={"invalid": NOT_A_TIME}
    )

    def said_at(self, now: datetime) -> datetime:
        """When it was said (UTC), never later than now."""
        exact: datetime | None = self.cleaned_data.get("exact")
        return now if exact is None else min(exact.astimezone(UTC), now)


class SkipForm(SaidForm):
    """A step was not done, and why."""

    reason = forms.ChoiceField(
        choices=[(word.value, word.value.capitalize()) for word in SkipReason],
        error_messages={
            "required": gettext_lazy("Choose why it was skipped."),
            "invalid_choice": gettext_lazy("Choose one of the reasons."),
        },
    )
    note = forms.CharField(required=False, max_length=1000)


class NoteForm(SaidForm):
    """Something worth writing down about a step."""

    note = forms.CharField(
        max_length=1000, error_messages={"required": gettext_lazy("Write the note first, then save it.")}
    )
