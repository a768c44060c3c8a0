"""The rows of a checklist as they are shown: each worked out from what it says and nothing else, and written once."""

from __future__ import annotations

import secrets
from datetime import datetime
from decimal import Decimal
from functools import lru_cache
from typing import NamedTuple
from zoneinfo import ZoneInfo

from django.conf import settings
from django.http import HttpRequest
from django.middleware.csrf import get_token
from django.template.loader import render_to_string
from django.urls import NoReverseMatch, reverse
from django.utils.crypto import salted_hmac
from django.utils.safestring import SafeString
from django.utils.translation import get_language, override

from ivig_care.common.spoken import translated
from ivig_care.plans.ends import CLOSING_STEP, is_step
from ivig_care.plans.models import Step
from ivig_care.plans.selectors import StepRow
from ivig_care.regimen.protocol import Kind
from ivig_care.web.lists import list_url
from ivig_care.web.templatetags.queue import FormKeys
from ivig_care.web.templatetags.times import Moment, minute


def slot(name: str) -> str:
    """A place that is filled as a page goes out: the same in every process, and nobody can write it by hand."""
    return f"{name}-{salted_hmac('ivig_care.slot', name).hexdigest()[:32]}"


# Where the token of a form goes, and the word of its page: every answer puts its own in.
TOKEN_SLOT, WORD_SLOT = slot("token"), slot("word")
# Some 1 kB each: the rows of the checklists that are open on phones just now.
KEPT_ROWS = 10_000


class Note(NamedTuple):
    """What somebody wrote on a step."""

    words: str
    by: str
    moment: Moment


class Limits(NamedTuple):
    """What the ledger says of one medicine, for whoever wants to give it."""

    last_given: Moment | None
    next_allowed: Moment | None
    is_allowed_now: bool
    is_unknown: bool
    then_none_until: Moment | None
    sentences: tuple[str, ...]

    @property
    def is_too_soon(self) -> bool:
        """Whether it is known that the next one is not allowed yet."""
        return self.next_allowed is not None and not self.is_allowed_now


class RowLook(NamedTuple):
    """Everything that a row says: two rows with the same look are the same row, letter by letter.

    family/_step.html gets this and nothing else, neither the request nor the time. What a row is to say more, goes in
    here first.
    """

    pk: int
    name: str
    status: str
    zone: ZoneInfo
    is_medicine: bool
    is_premedication: bool
    is_given_by_clinic: bool
    mg: Decimal | None
    ml: Decimal | None
    mg_per_ml: Decimal | None
    goal_ml: int | None
    why: str
    due: Moment
    closes_at: datetime
    said: Moment | None
    said_by: str
    skip_reason: str
    limits: Limits
    notes: tuple[Note, ...]
    can_tick: bool
    is_far: bool
    is_together: bool
    may_say: bool
    # On the first page, whose steps are several children's: whose it is, where it must be said, and that it is there.
    child: str = ""
    is_at_home: bool = False
    # Where what is to be done is done in its own way, and which way that is: "drinks", "check", "list" or "close".
    way: str = ""
    way_url: str = ""


def row_look(
    row: StepRow,
    *,
    now: datetime,
    zone: ZoneInfo,
    is_together: bool,
    may_say: bool,
    child: str = "",
    is_at_home: bool = False,
    day_pk: int | None = None,
) -> RowLook:
    """What a row says at `now` to somebody who may or may not say something of the step.

    `day_pk` is the infusion day that the step belongs to, where it is known.
    """
    step = row.step
    way, way_url = _way_of(step, day_pk) if may_say and not step.is_said else ("", "")
    said = step.said_at if step.is_said else None
    return RowLook(
        pk=step.pk,
        name=row.name,
        status=row.status,
        zone=zone,
        is_medicine=bool(step.ingredient),
        is_premedication=step.kind == "premedication",
        is_given_by_clinic=step.actor == "clinic",
        mg=step.mg,
        ml=step.ml,
        mg_per_ml=step.mg_per_ml,
        goal_ml=step.goal_ml,
        why=translated(step.why),
        due=Moment.seen(step.due_at, now=now),
        closes_at=step.closes_at,
        said=_seen(minute(said) if said else None, now),
        said_by=step.said_by.name if said and step.said_by else "",
        skip_reason=step.skip_reason if step.state == "skipped" else "",
        limits=_limits(row, now),
        notes=_notes(row, now),
        can_tick=row.can_tick,
        is_far=row.is_far,
        is_together=is_together,
        may_say=may_say,
        child=child,
        is_at_home=is_at_home,
        way=way,
        way_url=way_url,
    )


def _seen(at: datetime | None, now: datetime) -> Moment | None:
    return Moment.seen(at, now=now) if at else None


def _limits(row: StepRow, now: datetime) -> Limits:
    return Limits(
        last_given=_seen(row.last_given_at, now),
        next_allowed=_seen(row.next_allowed_at, now),
        is_allowed_now=row.next_allowed_at is not None and row.next_allowed_at <= now,
        is_unknown=row.is_limit_unknown,
        then_none_until=_seen(row.then_none_until, now),
        sentences=row.ledger_says,
    )


def _notes(row: StepRow, now: datetime) -> tuple[Note, ...]:
    return tuple(Note(one.note, one.by.name if one.by else "", Moment.seen(one.at, now=now)) for one in row.notes)


def _way_of(step: Step, day_pk: int | None) -> tuple[str, str]:
    """In which way of its own a step is done, and where; two empty words when it is simply ticked."""
    if where := list_url(step, day_pk):
        return ("close" if is_step(step, CLOSING_STEP) else "list"), where
    if step.kind == Kind.FLUIDS:
        return "drinks", address("drinks", step.infusion_id)
    if step.kind == Kind.CHECK:
        return "check", address("symptoms", step.infusion_id)
    return "", ""


@lru_cache(maxsize=KEPT_ROWS)
def address(name: str, pk: int) -> str:
    """Where something is; empty where there is no such page."""
    try:
        return reverse(name, args=[pk])
    except NoReverseMatch:
        return ""


def slots(part: str) -> dict[str, object]:
    """What a template gets for its forms when what it writes is kept; `part` tells them from others of the page."""
    return {"csrf_token": TOKEN_SLOT, "form_keys": FormKeys(word=WORD_SLOT, part=part)}


def slots_filled(html: str, request: HttpRequest) -> SafeString:
    """What was written, with a token and a word of this answer's own in its forms."""
    html = html.replace(TOKEN_SLOT, get_token(request)).replace(WORD_SLOT, secrets.token_urlsafe(15))
    return SafeString(html)


def row_html(look: RowLook) -> SafeString:
    """The row, with a slot for the token of its forms."""
    return _row_html(look, get_language() or settings.LANGUAGE_CODE)


def row_with_problem(look: RowLook, more: dict[str, object]) -> SafeString:
    """The row with a `problem`, and with the sheet open in which it was: nobody else sees this, so it is not kept."""
    return render_to_string("family/_step.html", slots(f"s{look.pk}") | {"row": look} | more)


@lru_cache(maxsize=KEPT_ROWS)
def _row_html(look: RowLook, language: str) -> SafeString:
    with override(language):
        return render_to_string("family/_step.html", slots(f"s{look.pk}") | {"row": look})
