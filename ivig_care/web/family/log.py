"""The log of one child, for its guardians: who looked, changed, shared, signed and took out what, and what was sent."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import MAXYEAR, MINYEAR, date, time, timedelta
from typing import Any
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from django import forms
from django.conf import settings
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext, gettext_lazy
from django.views.decorators.http import require_safe

from ivig_care.accounts.models import User
from ivig_care.care_teams.access import Right
from ivig_care.exchange.log import Asked, Log, cursor_read, log_of_child, people_in_log
from ivig_care.exchange.log_words import KINDS
from ivig_care.regimen.timing import resolve_local, zone_named
from ivig_care.web.fetch import FAMILY_CHILDREN, fetch_for, looked_at
from ivig_care.web.http import PersonRequest


class LogForm(forms.Form):
    """Which part of a log: of one person, of one kind, between two dates. Empty is everything."""

    use_required_attribute = False

    kind = forms.ChoiceField(
        required=False,
        choices=[("", gettext_lazy("everything")), *((kind, words) for kind, (words, _) in KINDS.items())],
    )
    begins = forms.DateField(
        required=False, error_messages={"invalid": gettext_lazy("Write the first day, for example 2026-03-03.")}
    )
    ends = forms.DateField(
        required=False, error_messages={"invalid": gettext_lazy("Write the last day, for example 2026-03-03.")}
    )
    before = forms.CharField(required=False, max_length=60)

    def __init__(self, *args: Any, people: Iterable[User], zone: ZoneInfo, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.zone = zone
        choices = [("", gettext("everybody")), *((one.pk, str(one)) for one in people)]
        self.fields["person"] = forms.TypedChoiceField(required=False, coerce=int, empty_value=None, choices=choices)

    @property
    def asked(self) -> Asked:
        """What is asked for; everything while something is wrong with it."""
        if not self.is_valid():
            return Asked()
        said = self.cleaned_data
        first, last = said["begins"], said["ends"]
        return Asked(
            person=said["person"],
            kind=said["kind"],
            begins=None if first is None else resolve_local(first, time(), self.zone),
            ends=None if last is None else resolve_local(last + timedelta(days=1), time(), self.zone),
            before=said["before"],
        )

    def clean_begins(self) -> date | None:
        """The first day."""
        return self._in_reach("begins")

    def clean_ends(self) -> date | None:
        """The last day."""
        return self._in_reach("ends")

    def _in_reach(self, name: str) -> date | None:
        # At both ends of the calendar there is no day beside, and no instant in UTC.
        said: date | None = self.cleaned_data[name]
        if said is not None and not MINYEAR < said.year < MAXYEAR:
            raise forms.ValidationError(gettext("Check the year."))
        return said

    def clean_before(self) -> str:
        """Where the page before this ended. Raises Http404 for what no page of ours ever said."""
        before: str = self.cleaned_data["before"]
        try:
            if before:
                cursor_read(before)
        except (ValueError, OverflowError) as error:
            raise Http404 from error
        return before

    def older(self, log: Log, keep: dict[str, str]) -> str:
        """The rest of the address of the next page; empty at the end."""
        asked = keep | {name: self.data[name] for name in ("person", "kind", "begins", "ends") if self.data.get(name)}
        return urlencode({**asked, "before": log.older}) if log.older else ""


@dataclass(frozen=True, kw_only=True)
class Heading:
    """What is particular to one log: its title, what it says of itself, and where it leads back to."""

    title: str
    lead: str
    back: str
    back_words: str


@require_safe
def log(request: PersonRequest, pk: int) -> HttpResponse:
    """The newest of what was done with the child's record and sent about it; 50 on a page."""
    child = fetch_for(request.user, FAMILY_CHILDREN, pk, right=Right.SHARE)
    looked_at(request, child, "log")
    form = LogForm(request.GET, people=people_in_log(f"child {child.pk}", child), zone=zone_named(child.zone))
    found = log_of_child(child, form.asked, reader=request.user)
    lead = gettext("Who looked, what was recorded, changed and shared, and what was sent. Nobody can edit this.")
    heading = Heading(
        title=gettext("%(child)s: the log") % {"child": child.given_name},
        lead=lead,
        back="home",
        back_words=gettext("Checklists"),
    )
    return log_page(request, form, found, heading, has_messages=True)


def log_page(
    request: PersonRequest,
    form: LogForm,
    found: Log,
    heading: Heading,
    *,
    has_messages: bool = False,
    keep: dict[str, str] | None = None,
) -> HttpResponse:
    """One page of a log, with the form that narrows it down; `keep` is what its address says besides."""
    kept = settings.KEEP_MESSAGES_DAYS if has_messages else 0
    context = {
        "form": form,
        "log": found,
        "older": form.older(found, keep or {}),
        "keep": keep or {},
        "heading": heading,
        "zone": form.zone,
        "kept_days": kept,
        "is_narrowed": any(form.data.get(name) for name in ("person", "kind", "begins", "ends", "before")),
    }
    return render(request, "family/log.html", context)
