"""Writes the log: who did what with whose record. Append-only, and sealed so that a change shows."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from django.conf import settings
from django.db import transaction
from django.db.models import Model, QuerySet
from django.utils import translation
from django.utils.crypto import salted_hmac
from django.utils.functional import Promise

from ivig_care.accounts.models import User
from ivig_care.care_teams.access import role_kept
from ivig_care.care_teams.models import AuditChain, AuditEvent, Child, Clinic, Membership
from ivig_care.common.bulk import rows_insert, rows_update
from ivig_care.common.kept import Kept
from ivig_care.common.prepared import Prepared

Verb = AuditEvent.Verb
# Looking at the same thing again within this time is the same look: pages refresh themselves.
ONE_LOOK = timedelta(minutes=15)
# Who acts when nobody does: time passes, a record is due to be erased.
NOBODY = "ivig_care"


@dataclass(frozen=True, kw_only=True)
class Actor:
    """Who did it, and what they were to the child or the clinic at that moment."""

    user: User | None
    who: str
    role: str


# When a look was noted that still counts, so that a page which refreshes itself need not ask every time.
_LOOKS: Kept[tuple[str, int, str | None, int | None, int], datetime] = Kept(most=10_000)
# What is noted inside `audits_last`, until its end.
_waiting: ContextVar[list[AuditEvent] | None] = ContextVar("ivig_care.audit.waiting", default=None)


def audit_note(
    *,
    verb: Verb,
    about: Model | str,
    by: User | None,
    now: datetime,
    child: Child | None = None,
    clinic: Clinic | None = None,
    person: User | None = None,
    detail: str | Promise = "",
) -> AuditEvent:
    """Add one event to the log of the child; else of the clinic; else of the person.

    `about` is the thing itself, or a word for what has no row. `detail` holds no health data: the log outlives what is
    erased. What was recorded or changed is said as somebody would say it before the thing: "ticked", "took back".
    Call it last in a transaction, for it holds the end of the chain until the transaction ends.
    """
    return audit_note_each(
        verb=verb, abouts=[about], by=by, now=now, child=child, clinic=clinic, person=person, detail=detail
    )[0]


def audit_note_each(
    *,
    verb: Verb,
    abouts: Sequence[Model | str],
    by: User | None,
    now: datetime,
    child: Child | None = None,
    clinic: Clinic | None = None,
    person: User | None = None,
    detail: str | Promise = "",
) -> list[AuditEvent]:
    """The same of several things to which one person did the same at once: one event for each."""
    # Kept in the language that we write in, whoever did it; said in that of whoever reads it.
    with translation.override(settings.LANGUAGE_CODE):
        actor, detail = actor_of(by, child=child, clinic=clinic), str(detail)
    events = [
        AuditEvent(
            subject=_subject(child, clinic, person),
            at=now,
            verb=verb,
            actor=actor.user,
            who=actor.who[:100],
            role=actor.role[:130],
            about=about if isinstance(about, str) else about._meta.model_name or "",
            about_id=None if isinstance(about, str) else about.pk,
            detail=detail[:200],
            child=child,
            clinic=clinic,
        )
        for about in abouts
    ]
    waiting = _waiting.get()
    if waiting is None:
        _write(events)
    else:
        waiting += events
    return events


@contextmanager
def audits_last() -> Iterator[None]:
    """Write what is noted inside at the end, chain by chain in one order; nothing of it when it fails.

    For a transaction that does several things, each of which takes its own locks: the end of a chain is held after all
    of them. Two people who answer about the same children at once would otherwise wait for each other for ever.
    """
    outer, noted = _waiting.get(), list[AuditEvent]()
    token = _waiting.set(noted)
    try:
        yield
    finally:
        _waiting.reset(token)
    if outer is None:
        _write(noted)
    else:
        outer += noted


@transaction.atomic(savepoint=False)
def _write(events: Sequence[AuditEvent]) -> None:
    of_chain: dict[str, list[AuditEvent]] = {}
    for event in events:
        of_chain.setdefault(event.subject, []).append(event)
    for subject in sorted(of_chain):
        end = _held(subject)
        for event in of_chain[subject]:
            event.number = end.number + 1
            event.digest = event_digest(event, end.digest)
            end.number, end.digest = event.number, event.digest
        rows_insert(
            AuditEvent, [_Event(*(getattr(event, name) for name in _Event._fields)) for event in of_chain[subject]]
        )
        rows_update(AuditChain, [_End(subject, end.number, end.digest, end_seal(end))])


class _Event(NamedTuple):
    subject: str
    number: int
    at: datetime
    verb: str
    actor_id: int | None
    who: str
    role: str
    about: str
    about_id: int | None
    detail: str
    child_id: int | None
    clinic_id: int | None
    digest: str


class _End(NamedTuple):
    subject: str
    number: int
    digest: str
    seal: str


_ENDS: Prepared[AuditChain] = Prepared(
    lambda subject: AuditChain.objects.select_for_update().filter(subject=subject), holes=(str,)
)


def _held(subject: str) -> AuditChain:
    """The end of a chain, held until the transaction ends; a chain begins with its first event."""
    end = _ENDS.first(subject)
    if end is None:
        AuditChain.objects.bulk_create([AuditChain(subject=subject)], ignore_conflicts=True)
        (end,) = _ENDS.rows(subject)
    return end


def audit_seen(*, child: Child, about: Model | str, by: User, now: datetime, is_copy: bool = False) -> None:
    """Note that somebody looked at something of a child's; once in a quarter of an hour for each thing.

    `is_copy`: nobody looked, a device of theirs fetched it to keep; noted the same way, unless they looked as well.
    """
    name = about if isinstance(about, str) else about._meta.model_name
    key = None if isinstance(about, str) else about.pk
    verbs = _counted(is_copy=is_copy)
    looks = [(verb, child.pk, name, key, by.pk) for verb in verbs]
    if any(last is not None and now - ONE_LOOK < last <= now for last in map(_LOOKS.find, looks)):
        return
    looked = _looked([child], verbs, by, now).filter(about=name, about_id=key)
    stands = looked.order_by("-at").values_list("verb", "at").first()
    if stands is None:
        audit_note(verb=verbs[0], about=about, by=by, now=now, child=child)
    else:
        # What stands in the log stays there. What was only just added might still be undone.
        verb, at = stands
        _LOOKS.put((verb, child.pk, name, key, by.pk), at)


def audit_seen_all(*, things: Sequence[tuple[Model, Child]], by: User, now: datetime, is_copy: bool = False) -> None:
    """The same for several things at once, each of them with its child. One query while there is nothing to note."""
    verbs = _counted(is_copy=is_copy)
    looked = _looked([child for _, child in things], verbs, by, now)
    known = set(looked.values_list("about", "about_id")) if things else set()
    for about, child in things:
        if (about._meta.model_name, about.pk) not in known:
            audit_note(verb=verbs[0], about=about, by=by, now=now, child=child)


def _counted(*, is_copy: bool) -> tuple[Verb, ...]:
    """What is noted, and then what stands for it if it was noted before."""
    return (Verb.KEPT, Verb.SAW) if is_copy else (Verb.SAW,)


def _looked(children: Sequence[Child], verbs: Sequence[Verb], by: User, now: datetime) -> QuerySet[AuditEvent]:
    return AuditEvent.objects.filter(
        subject__in={_subject(child, None, None) for child in children},
        at__gt=now - ONE_LOOK,
        at__lte=now,
        verb__in=verbs,
        actor=by,
    )


def actor_of(user: User | None, *, child: Child | None, clinic: Clinic | None) -> Actor:
    """Who a person is, as the log names them: "Maria, guardian"; "Dr Weiss, clinician of Riverside Clinic"."""
    if user is None:
        return Actor(user=None, who=NOBODY, role="")
    if user.is_guest:
        return Actor(user=user, who=user.name, role="guest")
    places = Membership.objects.filter(user=user).select_related("clinic")
    if child is not None:
        kept = role_kept(user, child)
        if kept is not None:
            return Actor(user=user, who=str(user), role=str(kept.label))
        own = places.filter(child=child).first()
        if own is not None:
            return Actor(user=user, who=str(user), role=own.get_role_display())
        places = places.filter(clinic__child_links__child=child, clinic__child_links__withdrawn_at__isnull=True)
    elif clinic is not None:
        places = places.filter(clinic=clinic)
    else:
        return Actor(user=user, who=str(user), role="")
    role = next((f"{place.get_role_display()} of {place.clinic}" for place in places.order_by("pk")), "")
    return Actor(user=user, who=str(user), role=role)


def event_digest(event: AuditEvent, before: str) -> str:
    """The seal of one event: over everything in it and the seal of the one before, with a key that is not in the data.

    Whoever can write the database but does not have the key cannot make a seal that fits.
    """
    said = (
        before,
        event.subject,
        str(event.number),
        event.at.astimezone(UTC).isoformat(timespec="microseconds"),
        event.verb,
        str(event.actor_id or ""),
        event.who,
        event.role,
        event.about,
        str(event.about_id or ""),
        event.detail,
        str(event.child_id or ""),
        str(event.clinic_id or ""),
    )
    return _sealed(*said)


def end_seal(end: AuditChain) -> str:
    """The seal of a chain's end: that it ends there, and nowhere before."""
    return _sealed("end", end.subject, str(end.number), end.digest)


def _sealed(*said: str) -> str:
    # With their lengths: no two different events look alike.
    text = "".join(f"{len(one)}:{one}" for one in said)
    return salted_hmac("ivig_care.audit", text, secret=settings.AUDIT_KEY, algorithm="sha256").hexdigest()


@transaction.atomic
def chain_break(subject: str) -> str:
    """What is wrong with one chain, in a sentence; empty when every event is as it was written and none is missing.

    Its end is held meanwhile, so that nothing joins it.
    """
    end = AuditChain.objects.select_for_update().filter(subject=subject).first()
    digest, number = "", 0
    for event in AuditEvent.objects.filter(subject=subject).order_by("number").iterator():
        if event.number != number + 1:
            return f"{subject}: event {number + 1} is missing."
        if not hmac.compare_digest(event.digest, event_digest(event, digest)):
            return f"{subject}: event {event.number} is not as it was written."
        digest, number = event.digest, event.number
    if end is None or (end.number, end.digest) != (number, digest):
        return f"{subject}: the end is missing, after event {number}."
    if not hmac.compare_digest(end.seal, end_seal(end)):
        return f"{subject}: the end, after event {number}, is not sealed by us."
    return ""


def chains() -> list[str]:
    """The subject of every chain of which anything is left."""
    ends = AuditChain.objects.values_list("subject", flat=True)
    return sorted({*ends, *AuditEvent.objects.order_by().values_list("subject", flat=True).distinct()})


def chains_digest() -> str:
    """One short word for all there is: written down elsewhere, it shows later that a whole chain was taken away.

    It changes with every event.
    """
    ends = AuditChain.objects.order_by("subject").values_list("subject", "number", "digest")
    said = "".join(f"{subject} {number} {digest}\n" for subject, number, digest in ends)
    return hashlib.sha256(said.encode()).hexdigest()[:16]


def _subject(child: Child | None, clinic: Clinic | None, person: User | None) -> str:
    if child is not None:
        return f"child {child.pk}"
    if clinic is not None:
        return f"clinic {clinic.pk}"
    if person is not None:
        return f"person {person.pk}"
    raise ValueError("an event is about a child, a clinic or a person")
