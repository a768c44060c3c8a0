"""The log in plain words: who looked, changed, shared, signed and took out what, and what was sent to whom."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from django.db.models import Q, QuerySet
from django.db.models.functions import Coalesce

from ivig_care.accounts.models import ContactPoint, User
from ivig_care.care_teams.models import AuditEvent, Child, Clinic
from ivig_care.nudges.models import Delivery
from ivig_care.plans.models import InfusionDay, Step
from ivig_care.plans.selectors import step_name

PAGE = 50
Verb = AuditEvent.Verb
Status = Delivery.Status
Purpose = Delivery.Purpose
SENT = "sent"
# What can be asked for, each with its words and the verbs that it covers; what was sent has none.
KINDS: dict[str, tuple[str, tuple[Verb, ...]]] = {
    "looked": ("looked at something", (Verb.SAW,)),
    "recorded": ("recorded or changed something", (Verb.RECORDED, Verb.CHANGED)),
    "shared": ("shared, or ended that", (Verb.SHARED, Verb.ENDED)),
    "agreed": ("agreed, or withdrew that", (Verb.AGREED, Verb.WITHDREW)),
    "signed": ("signed", (Verb.SIGNED,)),
    "exported": ("took out or erased", (Verb.EXPORTED, Verb.ERASED)),
    "signed_in": ("signed in", (Verb.SIGNED_IN,)),
    SENT: ("was sent a message", ()),
}
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


def kind_of(verb: str) -> str:
    """What a verb counts as."""
    return next(kind for kind, (_, verbs) in KINDS.items() if verb in verbs)


# --- what was done ------------------------------------------------------------------------------

_THINGS = {
    "account": "the account",
    "child": "the child’s pages",
    "clinic": "the clinic",
    "clinic link": "a clinic’s access",
    "cliniclink": "a clinic’s access",
    "concern": "a concern",
    "contactpoint": "a way to be reached",
    "cup": "a cup",
    "diary": "the diary",
    "dose": "a dose",
    "duty": "who is on duty",
    "erasure": "the erasing of the record",
    "export": "the page for taking out the record",
    "fluidentry": "a drink",
    "guestlink": "a guest link",
    "infusion": "the checklist",
    "infusionday": "an infusion day",
    "invitation": "an invitation",
    "links": "the links in earlier messages",
    "log": "the log",
    "membership": "a place in the team",
    "messages": "the messages",
    "plan": "the plan",
    "quiet hours": "the quiet hours",
    "record": "the whole record",
    "review": "the review",
    "second factor": "the second factor",
    "session": "a session",
    "step": "a step",
    "symptomreport": "how the child is",
    "user": "a place in the team",
}
# Where verb and thing alone would not say it as somebody would.
_SENTENCES = {
    ("saw", "guestlink"): "looked at the page for guests",
    ("changed", "child"): "began the record",
    ("agreed", "cliniclink"): "agreed",
    ("withdrew", "cliniclink"): "withdrew that",
    ("agreed", "contactpoint"): "agreed to reminders",
    ("withdrew", "contactpoint"): "ended reminders",
    ("agreed", "guestlink"): "opened a guest link",
    ("shared", "guestlink"): "made a guest link",
    ("ended", "guestlink"): "took a guest link back",
    ("agreed", "invitation"): "came in",
    ("shared", "invitation"): "invited somebody",
    ("ended", "invitation"): "took an invitation back",
    ("shared", "user"): "gave a place in the team",
    ("ended", "user"): "ended a place in the team",
    ("ended", "session"): "signed out",
    ("shared", "membership"): "gave a place in the team",
    ("changed", "membership"): "chose when to be told",
    ("changed", "duty"): "said who is on duty",
    ("changed", "erasure"): "asked to have the record erased",
    ("agreed", "erasure"): "agreed to have the record erased",
    ("withdrew", "erasure"): "took back that the record is erased",
    ("exported", "record"): "took out the whole record",
    ("erased", "record"): "erased the record",
    ("erased", "account"): "closed the account",
}
# What is said of these stands before the thing: "ticked" Acetaminophen.
_SPOKEN_OF = frozenset({"step", "infusionday", "infusion", "plan", "review", "contactpoint", "concern", "cup", "dose"})
_SPOKEN_OF |= {"fluidentry", "symptomreport"}


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
            who="You" if _is_reader(event, reader) else event.who,
            # A guest's name says already what they are: "Nana (guest)".
            role="" if _is_reader(event, reader) or event.role == "guest" else event.role,
            words=_words(event, names),
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
        names["infusionday", pk] = f"day {number}"
    return names


def _is_reader(event: AuditEvent, reader: User | None) -> bool:
    return reader is not None and event.actor_id == reader.pk


def _words(event: AuditEvent, names: Mapping[tuple[str, int | None], str]) -> str:
    thing = names.get((event.about, event.about_id)) or _THINGS.get(event.about, event.about)
    if event.verb in (Verb.RECORDED, Verb.CHANGED) and event.about in _SPOKEN_OF and event.detail:
        said, *how = event.detail.split(", ")
        if (event.about, said) == ("infusion", "cancelled"):
            thing = "the infusion"
        return ", ".join([f"{said} {thing}", *how])
    words = _SENTENCES.get((event.verb, event.about))
    if words is None:
        label = Verb(event.verb).label
        words = label if event.verb == Verb.SIGNED_IN else f"{label} {thing}"
    return f"{words}: {event.detail}" if event.detail else words


# --- what was sent ------------------------------------------------------------------------------

_SENT_WORDS = {
    Purpose.NUDGE: "A reminder",
    Purpose.CLINIC: "Word of what nobody answered",
    Purpose.CONCERN: "Word to the clinic of something to answer",
    Purpose.URGENT: "Word to the clinic of something urgent",
    Purpose.MOVED: "Word that the infusion moved",
    Purpose.CANCELLED: "Word that the infusion was cancelled",
}
_WAYS = {
    ContactPoint.Kind.EMAIL: "by e-mail",
    ContactPoint.Kind.SMS: "by text message",
    ContactPoint.Kind.PUSH: "as a notification",
}


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
            who=_SENT_WORDS.get(Purpose(one.purpose), "A message"),
            words=_sent_words(one, reader),
            kind=SENT,
            person=one.person_id,
            key=_cursor(one.sent_at or one.created_at, _MESSAGE, one.pk),
        )
        for one in found
    ]


def _sent_words(one: Delivery, reader: User | None) -> str:
    to = "you" if reader is not None and one.person_id == reader.pk else str(one.person)
    way = f" {_WAYS[ContactPoint.Kind(one.kind)]}" if one.kind else ""
    return f"went to {to}{way}" if one.status == Status.SENT else f"could not be sent to {to}{way}"


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
