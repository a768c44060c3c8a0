"""The rows of a checklist as they are shown: each worked out from what it says and nothing else.

Rows say few different things, with other words in them: each kind of row is written once, and its words are filled in.
"""

from __future__ import annotations

from datetime import datetime
from functools import cache, lru_cache, partial
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from django.conf import settings
from django.http import HttpRequest
from django.template.loader import render_to_string
from django.urls import NoReverseMatch, reverse
from django.utils.formats import localize
from django.utils.safestring import SafeString
from django.utils.translation import get_language, override

from ivig_care.common.spoken import translated
from ivig_care.plans.ends import CLOSING_STEP, is_step
from ivig_care.plans.models import Step
from ivig_care.plans.selectors import StepRow
from ivig_care.regimen.protocol import Kind
from ivig_care.regimen.steps import SkipReason
from ivig_care.web.family.slots import NUMBER_SLOT, Slotted, slot, slots, slots_filled
from ivig_care.web.lists import list_url
from ivig_care.web.templatetags.times import amount, day_clock, minute, when

# Some 2 kB each; a row that says more than twice what others say has a kind of its own.
KEPT_KINDS = 2_000
KEPT_ADDRESSES = 10_000


class Note(NamedTuple):
    """What somebody wrote on a step."""

    words: str
    by: str
    at: str


class RowLook(NamedTuple):
    """Everything that a row says, in words: two rows with the same look are the same row, letter by letter.

    family/_step.html gets this and nothing else, neither the request nor the time. What a row is to say more, goes in
    here first. It may ask whether there are words, but not which: those of `WORDS` are filled in afterwards.
    """

    pk: int
    name: str
    status: str
    is_medicine: bool
    is_premedication: bool
    is_given_by_clinic: bool
    mg: str
    ml: str
    mg_per_ml: str
    goal_ml: str
    why: str
    due: str
    closes: str
    said: str
    said_by: str
    skip_reason: str
    last_given: str
    next_allowed: str
    is_allowed_now: bool
    is_limit_unknown: bool
    then_none_until: str
    ledger_says: tuple[str, ...]
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
    # What "undo" takes back, so that it takes back nothing that was said since.
    said_mark: str = ""

    @property
    def is_too_soon(self) -> bool:
        """Whether it is known that the next one is not allowed yet."""
        return bool(self.next_allowed) and not self.is_allowed_now


# What differs from row to row of one kind.
WORDS = (
    *("name", "mg", "ml", "mg_per_ml", "goal_ml", "why", "due", "closes", "said", "said_by"),
    *("last_given", "next_allowed", "then_none_until", "child", "way_url", "said_mark"),
)


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
    """What a row says at `now` to whoever may or may not say something. `day_pk`: of the infusion day, if known."""
    step, seen = row.step, partial(_seen, zone=zone, now=now)
    way, way_url = _way_of(step, day_pk) if may_say and not step.is_said else ("", "")
    said = minute(step.said_at) if step.is_said and step.said_at else None
    return RowLook(
        pk=step.pk,
        name=row.name,
        status=row.status,
        is_medicine=bool(step.ingredient),
        is_premedication=step.kind == "premedication",
        is_given_by_clinic=step.actor == "clinic",
        mg=amount(step.mg or None),
        ml=amount(step.ml or None),
        mg_per_ml=amount(step.mg_per_ml),
        goal_ml=localize(step.goal_ml) if step.goal_ml else "",
        why=translated(step.why),
        due=seen(step.due_at),
        closes=day_clock(step.closes_at, zone) if row.status == "late" else "",
        said=seen(said),
        said_by=step.said_by.name if said and step.said_by else "",
        skip_reason=step.skip_reason if step.state == "skipped" else "",
        last_given=seen(row.last_given_at),
        next_allowed=seen(row.next_allowed_at),
        is_allowed_now=row.next_allowed_at is not None and row.next_allowed_at <= now,
        is_limit_unknown=row.is_limit_unknown,
        then_none_until=seen(row.then_none_until),
        ledger_says=row.ledger_says,
        notes=tuple(Note(one.note, one.by.name if one.by else "", seen(one.at)) for one in row.notes),
        can_tick=row.can_tick,
        is_far=row.is_far,
        is_together=is_together,
        may_say=may_say,
        child=child,
        is_at_home=is_at_home,
        way=way,
        way_url=way_url,
        said_mark=step.said_mark,
    )


def _seen(at: datetime | None, *, zone: ZoneInfo, now: datetime) -> str:
    return when(at, zone, now) if at else ""


def _way_of(step: Step, day_pk: int | None) -> tuple[str, str]:
    """In which way of its own a step is done, and where; two empty words when it is simply ticked."""
    if where := list_url(step, day_pk):
        return ("close" if is_step(step, CLOSING_STEP) else "list"), where
    if step.kind == Kind.FLUIDS:
        return "drinks", address("drinks", step.infusion_id)
    if step.kind == Kind.CHECK:
        return "check", address("symptoms", step.infusion_id)
    return "", ""


@lru_cache(maxsize=KEPT_ADDRESSES)
def address(name: str, pk: int) -> str:
    """Where something is; empty where there is no such page."""
    try:
        return reverse(name, args=[pk])
    except NoReverseMatch:
        return ""


def row_html(look: RowLook) -> SafeString:
    """The row, with a slot for the token of its forms."""
    kind, words = _told_apart(look)
    return _kind_html(kind, get_language() or settings.LANGUAGE_CODE).filled(words)


def row_with_problem(look: RowLook, more: dict[str, object]) -> SafeString:
    """The row with a `problem`, and with the sheet open in which it was: nobody else sees this, so it is not kept."""
    return render_to_string("family/_step.html", slots(f"s{look.pk}") | {"row": look} | more)


def sheet_of_any(request: HttpRequest) -> SafeString:
    """What can be said of any step without a signal, when the sheet of the step cannot be had."""
    return slots_filled(_sheet_of_any(get_language() or settings.LANGUAGE_CODE), request)


@cache
def _sheet_of_any(language: str) -> str:
    with override(language):
        return render_to_string("offline/_sheet.html", slots("any") | {"skip_reasons": list(SkipReason)})


@lru_cache(maxsize=KEPT_KINDS)
def _kind_html(kind: RowLook, language: str) -> Slotted:
    with override(language):
        return Slotted(render_to_string("family/_step.html", slots(f"s{kind.pk}") | {"row": kind}))


def _told_apart(look: RowLook) -> tuple[RowLook, dict[str, str]]:
    """The kind of a row, which has slots where others of its kind say something else; and the words for the slots."""
    words = {name: said for name in WORDS if (said := getattr(look, name))}
    lines = {f"ledger_says.{number}": line for number, line in enumerate(look.ledger_says)}
    notes = {
        f"notes.{number}.{name}": said
        for number, note in enumerate(look.notes)
        for name, said in note._asdict().items()
    }
    in_place: dict[str, Any] = {
        "pk": NUMBER_SLOT,
        "ledger_says": tuple(map(slot, lines)),
        "notes": tuple(
            Note(*(slot(f"notes.{number}.{name}") for name in Note._fields)) for number in range(len(look.notes))
        ),
    }
    kind = look._replace(**in_place | {name: slot(name) for name in words})
    filled = {slot(name): said for name, said in (words | lines | notes).items()}
    return kind, filled | {str(NUMBER_SLOT): str(look.pk)}
