"""Writes that everything about a child was taken out, and takes it out."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from ivig_care.accounts.models import User
from ivig_care.actions.audit import Verb, audit_note
from ivig_care.care_teams.models import Child
from ivig_care.exchange.archive import archive_of


@transaction.atomic
def record_export(*, child: Child, by: User | None, now: datetime) -> bytes:
    """The archive of everything about the child, as `by` may see it; the log in it says that it was made."""
    audit_note(verb=Verb.EXPORTED, about="record", by=by, now=now, child=child)
    return archive_of(child, reader=by, now=now)
