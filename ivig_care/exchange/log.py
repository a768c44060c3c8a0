"""The log in plain words: who looked, changed, shared, signed and took out what, and what was sent to whom."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from django.db.models import Q, QuerySet
from django.db.models.functions import Coalesce

from ivig_care.accounts.models import User
from ivig_care.care_teams.models import AuditEvent, Child, Clinic
from ivig_care.exchange.log_words import (
    KINDS,
    SENT,
    day_words,
    done_words,
    kind_of,
    message_words,
    reader_words,
    role_words,
    sent_words,
)
from ivig_care.nudges.models import Delivery
from ivig_care.plans.models import InfusionDay, Step
from ivig_care.plans.selectors import step_name

PAGE = 50
Verb = AuditEvent.Verb
Status = Delivery.Status
Purpose = Delivery.Purpose
# A chain of the log goes before a message of the same instant.
_LOG, _MESSAGE = "a", "m"


@dataclass(frozen=True, kw_only=True)
class Asked:
    """What of a log is to be shown; everything when nothing is said. `before` is where the page before this ended."""

    person: int | None = None
    kind: str = ""
    begins: datetime | None = None
    ends: datetime | None = None
    before: str = ""


@dataclass(frozen=True, kw_only=True)
class Line:
    """One sentence: who did what, and when. `person` is the key of who did it, or to whom it was sent."""

    at: datetime
    who: str
    role: str = ""
    words: str
    kind: str
    person: int | None
    key: str

    @property
    def sentence(self) -> str:
        """As in "Sam, caregiver, ticked Acetaminophen"."""
        return f"{self.who}, {self.role}, {self.words}" if self.role else f"{self.who} {self.words}"


@dataclass(frozen=True)
class Log:
    """One page of a log, the newest first; `older` is where the next one begins, empty at the end."""

    lines: list[Line] = field(default_factory=list)
    older: str = ""


def log_of_child(child: Child, asked: Asked, *, reader: User | None, most: int | None = PAGE) -> Log:
    """What was done with a child's record, and what was sent about it; four queries however long it is."""
    events = _events(AuditEvent.objects.filter(subject=f"child {child.pk}"), asked, most)
    lines = _lines_of(events, reader) + _messages_of(child, asked, reader, most)
    return _page(lines, most)


def log_of_clinic(clinic: Clinic, asked: Asked, *, reader: User) -> Log:
    """Who came onto the staff, and who left it; no child is in it."""
    return _log_of(f"clinic {clinic.pk}", asked, reader)


def log_of_person(person: User, asked: Asked, *, reader: User) -> Log:
    """What a person did with their own account, and what was done with it."""
    return _log_of(f"person {person.pk}", asked, reader)


def _log_of(subject: str, asked: Asked, reader: User) -> Log:
    return _page(_lines_of(_events(AuditEvent.objects.filter(subject=subject), asked, PAGE), reader), PAGE)


def people_in_log(subject: str, child: Child | None = None) -> QuerySet[User]:
    """Everybody who did something, or to whom something was sent about the child."""
    acted = Q(pk__in=AuditEvent.objects.filter(subject=subject).order_by().values("actor"))
    told = Q() if child is None else Q(pk__in=_about(child).values("person"))
    return User.objects.filter(acted | told if child else acted).order_by("name", "pk")


# --- what was done ------------------------------------------------------------------------------


def _events(rows: QuerySet[AuditEvent], asked: Asked, most: int | None) -> list[AuditEvent]:
    if asked.kind == SENT:
        return []
    if asked.kind:
        rows = rows.filter(verb__in=KINDS[asked.kind][1])
    if asked.person is not None:
        rows = rows.filter(actor=asked.person)
    if asked.begins is not None:
        rows = rows.filter(at__gte=asked.begins)
    if asked.ends is not None:
        rows = rows.filter(at__lt=asked.ends)
    if asked.before:
        at, of, number = cursor_read(asked.before)
        rows = rows.filter(Q(at__lt=at) | Q(at=at, number__lt=number)) if of == _LOG else rows.filter(at__lt=at)
    return list(rows.order_by("-at", "-number")[: None if most is None else most + 1])


def _lines_of(events: Sequence[AuditEvent], reader: User | None) -> list[Line]:
    names = _names_of(events)
    return [
        Line(
            at=event.at,
            who=reader_words() if _is_reader(event, reader) else event.who,
            # A guest's name says already what they are: "Nana (guest)".
            role="" if _is_reader(event, reader) or event.role == "guest" else role_words(event.role),
            words=done_words(event, names),
            kind=kind_of(event.verb),
            person=event.actor_id,
            key=_cursor(event.at, _LOG, event.number),
        )
        for event in events
    ]


def _names_of(events: Collection[AuditEvent]) -> Mapping[tuple[str, int | None], str]:
    """What steps and days are called; what is erased has no name any more."""

    def keys(about: str) -> set[int]:
        return {event.about_id for event in events if event.about == about and event.about_id is not None}

    names: dict[tuple[str, int | None], str] = {}
    for step in Step.objects.filter(pk__in=keys("step")).only("title", "ingredient", "medicine_name"):
        names["step", step.pk] = step_name(step)
    for pk, number in InfusionDay.objects.filter(pk__in=keys("infusionday")).values_list("pk", "number"):
        names["infusionday", pk] = day_words(number)
    return names


def _is_reader(event: AuditEvent, reader: User | None) -> bool:
    return reader is not None and event.actor_id == reader.pk


# --- what was sent ------------------------------------------------------------------------------


def _about(child: Child) -> QuerySet[Delivery]:
    of_child = Q(infusion__plan__child=child) | Q(steps__infusion__plan__child=child)
    keys = Delivery.objects.filter(of_child).values("pk")
    return Delivery.objects.filter(pk__in=keys, status__in=(Status.SENT, Status.FAILED))


def _messages_of(child: Child, asked: Asked, reader: User | None, most: int | None) -> list[Line]:
    if asked.kind and asked.kind != SENT:
        return []
    rows = _about(child).annotate(when=Coalesce("sent_at", "created_at")).select_related("person")
    if asked.person is not None:
        rows = rows.filter(person=asked.person)
    if asked.begins is not None:
        rows = rows.filter(when__gte=asked.begins)
    if asked.ends is not None:
        rows = rows.filter(when__lt=asked.ends)
    if asked.before:
        at, of, number = cursor_read(asked.before)
        same = Q(when=at, pk__lt=number) if of == _MESSAGE else Q(when=at)
        rows = rows.filter(Q(when__lt=at) | same)
    found = rows.order_by("-when", "-pk")[: None if most is None else most + 1]
    return [
        Line(
            at=one.sent_at or one.created_at,
            who=message_words(one.purpose),
            words=sent_words(one, reader),
            kind=SENT,
            person=one.person_id,
            key=_cursor(one.sent_at or one.created_at, _MESSAGE, one.pk),
        )
        for one in found
    ]


# --- pages --------------------------------------------------------------------------------------


def _page(lines: list[Line], most: int | None) -> Log:
    # Both are in order already; at one instant what was done stands before what was sent.
    ordered = sorted(lines, key=lambda line: line.at, reverse=True)
    if most is None or len(ordered) <= most:
        return Log(ordered)
    return Log(ordered[:most], ordered[most - 1].key)


def _cursor(at: datetime, of: str, number: int) -> str:
    return f"{at.isoformat()}_{of}{number}"


def cursor_read(text: str) -> tuple[datetime, str, int]:
    """Where a page ended. Raises ValueError for what is none."""
    instant, _, place = text.partition("_")
    at, of, number = datetime.fromisoformat(instant), place[:1], place[1:]
    if at.tzinfo is None or of not in (_LOG, _MESSAGE) or not number.isdecimal() or len(number) > _LONGEST_KEY:
        raise ValueError(text)
    return at, of, int(number)


# Longer than that a key is none, and more than a database can hold.
_LONGEST_KEY = 18
