"""The part of the checklist page that refreshes itself: written once for everybody to whom it looks the same.

What is kept is named by everything that it depends on: the infusion's revision, which every change on it raises; the
doses of the child, of whichever infusion; what the viewer may do, and in which language and units; and the time, for it
is kept to the next moment at which a step, a day or a medicine comes to stand otherwise, and to the end of a minute at
most. So much later at most is seen what nobody says to a checklist: another name of a person, a new catalogue.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import NamedTuple
from zlib import crc32

from django.db.models import Count, OuterRef, Subquery
from django.db.models.functions import Coalesce
from django.http import Http404
from django.template.loader import render_to_string
from django.utils.safestring import SafeString
from django.utils.translation import get_language

from ivig_care.care_teams.access import Right, may
from ivig_care.common.kept import Kept
from ivig_care.common.prepared import MOST_KEY, Prepared
from ivig_care.plans.coming import coming_after
from ivig_care.plans.facts import LOOK_BACK
from ivig_care.plans.models import Dose, Infusion, Plan
from ivig_care.plans.selectors import (
    DAY_CAN_START,
    DAY_COMES_FIRST,
    DAY_IS_OVER,
    DONE_AHEAD,
    NEXT_WITHIN,
    Checklist,
    StepRow,
    checklist_of,
)
from ivig_care.regimen.doses import DAY
from ivig_care.regimen.steps import SkipReason
from ivig_care.regimen.timing import resolve_local
from ivig_care.reviews.concerns import for_family
from ivig_care.reviews.models import Review
from ivig_care.reviews.selectors import left_open_of
from ivig_care.web.family.slots import slot, slots, slots_filled
from ivig_care.web.http import PersonRequest
from ivig_care.web.templatetags.times import NAMED_DAYS, input_time, minute

LONGEST_KEPT = timedelta(minutes=1)
# The version of a fragment stands in it, and is worked out of it; the minute of now stands in a form.
VERSION_SLOT, NOW_SLOT = slot("version"), slot("now")


@dataclass(frozen=True, kw_only=True)
class Written:
    """The fragment with its slots, and its version, another one for whatever looks otherwise."""

    html: str
    version: str

    def answer(self, request: PersonRequest, infusion: Infusion, now: datetime) -> SafeString:
        """The fragment as it goes out."""
        html = self.html.replace(VERSION_SLOT, self.version).replace(NOW_SLOT, input_time(now, infusion.tz))
        return slots_filled(html, request)


class _Seen(NamedTuple):
    """Everything besides the time that a fragment depends on. What depends on who looks goes in here."""

    infusion: int
    revision: int
    doses: int
    places: tuple[str, ...]
    may_record: bool
    language: str | None
    units: tuple[str, str]


@dataclass(frozen=True, kw_only=True)
class _Holding:
    """A fragment, and from when until when it is true."""

    written: Written
    since: datetime
    until: datetime


_KEPT: Kept[_Seen, _Holding] = Kept(most=500)


def infusion_seen(request: PersonRequest, pk: int) -> Infusion:
    """The infusion with all that the page says around its checklist; none for whoever may not see the child.

    Raises Http404.
    """
    infusion = _ACTIVE.first(pk) if pk <= MOST_KEY else None
    if infusion is None or not may(request.user, Right.SEE, infusion.plan.child):
        raise Http404
    return infusion


_DOSES = (
    Dose.objects.filter(child=OuterRef("plan__child"))
    .order_by()
    .values("child")
    .annotate(said=Count("pk") + Count("taken_back_at"))
    .values("said")
)
# Doses are added and taken back, never edited: the sum of both counts grows with whatever is said of any of them.
_COUNTED = {"doses_said": Coalesce(Subquery(_DOSES), 0)}
_ACTIVE: Prepared[Infusion] = Prepared(
    lambda infusion: (
        Infusion.objects.filter(pk=infusion, plan__status=Plan.Status.ACTIVE)
        .select_related("plan__child__clinic", "plan__product", "review__signed_by")
        .annotate(**_COUNTED)
    )
)


def written_now(request: PersonRequest, infusion: Infusion, *, now: datetime) -> Written:
    """The fragment of an infusion that `infusion_seen` gave, as it looks at `now`: kept, or written."""
    seen = _seen(request, infusion)
    kept = _KEPT.find(seen)
    if kept is not None and kept.since <= now < kept.until:
        return kept.written
    page = checklist_of(infusion, now=now)
    written = fragment_write(page, fragment_context(request, infusion, getattr(infusion, "review", None), now=now))
    _KEPT.put(seen, _Holding(written=written, since=now, until=holds_until(page)))
    return written


def fragment_write(page: Checklist, context: dict[str, object]) -> Written:
    """Write the fragment of a page."""
    slotted = {"version": VERSION_SLOT, "minute_now": NOW_SLOT, "page": page, **slots("c")}
    html = render_to_string("family/_checklist.html", context | slotted)
    return Written(html=html, version=f"{crc32(html.encode()):08x}")


def fragment_context(
    request: PersonRequest, infusion: Infusion, review: Review | None, *, now: datetime
) -> dict[str, object]:
    """What the fragment says besides its page."""
    child = infusion.plan.child
    return {
        "infusion": infusion,
        "child": child,
        "clinic": child.clinic,
        "zone": infusion.tz,
        "may_record": may(request.user, Right.RECORD, child),
        "skip_reasons": list(SkipReason),
        "review": review,
        "left_open": left_open_of(infusion, review),
        "coming": coming_after(infusion, now=now) if infusion.sent_at or infusion.closed_at else None,
        "standing": for_family(infusion, now=now),
    }


def _seen(request: PersonRequest, infusion: Infusion) -> _Seen:
    child = infusion.plan.child
    clinic, user = child.clinic, request.user
    return _Seen(
        infusion=infusion.pk,
        revision=infusion.revision,
        doses=infusion.doses_said,
        places=(child.given_name, clinic.name, clinic.phone, clinic.emergency_number, clinic.country, infusion.zone),
        may_record=may(user, Right.RECORD, child),
        language=get_language(),
        units=(user.drinks_in, user.degrees_in),
    )


def holds_until(page: Checklist) -> datetime:
    """Until when the page looks as it does at its `now`, as far as time alone can change it."""
    last = page.now + LONGEST_KEPT
    return min((at for at in _turns(page) if page.now < at < last), default=last)


def _turns(page: Checklist) -> Iterator[datetime]:
    """The instants at which something on the page comes to look otherwise."""
    zone = page.infusion.tz
    yield resolve_local(page.now.astimezone(zone).date() + timedelta(days=1), time(), zone)
    for card in page.days:
        day, ends_at = card.day, card.run.ends_at
        yield from (day.planned_start - DAY_CAN_START, day.planned_start - DAY_COMES_FIRST)
        yield from (ends_at - DAY_COMES_FIRST, ends_at + DAY_IS_OVER, ends_at)
    later = (row for _, rows in page.later for row in rows)
    for row in (*page.now_rows, *page.next_rows, *page.missed, *page.answered, *later):
        yield from _row_turns(row)
    for at in page.given_at:
        yield from (at + DAY, at + LOOK_BACK)
        # How long ago a dose was decides more than can be listed here: what hangs on an hour is looked at each hour.
        yield at + timedelta(hours=(page.now - at) // timedelta(hours=1) + 1)


def _row_turns(row: StepRow) -> Iterator[datetime]:
    step = row.step
    yield from (step.opens_at, step.due_at, step.late_at, step.closes_at)
    yield from (step.due_at - NEXT_WITHIN, step.opens_at - DONE_AHEAD)
    said_at = None if step.said_at is None else minute(step.said_at)
    shown = (step.due_at, said_at, row.last_given_at, row.next_allowed_at, row.then_none_until)
    for at in (*shown, *(note.at for note in row.notes)):
        if at is not None:
            yield from (at, at - NAMED_DAYS, at + NAMED_DAYS)
