"""The log of a person's own account."""

from __future__ import annotations

from django.http import HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from ivig_care.exchange.log import log_of_person, people_in_log
from ivig_care.web.family.log import Heading, LogForm, log_page
from ivig_care.web.http import PersonRequest


@require_safe
def log(request: PersonRequest) -> HttpResponse:
    """What the person did with the account, and what was done with it."""
    person = request.user
    form = LogForm(request.GET, people=people_in_log(f"person {person.pk}"), zone=person.zone)
    found = log_of_person(person, form.asked, reader=person)
    lead = _("What happened to your own account: how we reach you, what you agreed to. Nobody can edit this.")
    return log_page(request, form, found, Heading(title=_("Your log"), lead=lead, back="you", back_words=_("Back")))
