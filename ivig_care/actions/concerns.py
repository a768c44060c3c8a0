"""Writes concerns: what of an infusion needs an answer of the clinic, raised once, and what the clinic did about it."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from ivig_care.accounts.models import User
from ivig_care.actions.audit import Verb, audit_note, audit_note_each
from ivig_care.actions.checklists import checklist_touch, infusion_hold
from ivig_care.actions.errors import Refused
from ivig_care.actions.notices import Ring, concern_tell, concerns_silence
from ivig_care.diary.models import SymptomReport
from ivig_care.plans.models import Infusion, InfusionDay
from ivig_care.regimen.signs import Level
from ivig_care.reviews.concerns import urgency_of
from ivig_care.reviews.models import Concern, ConcernAnswer

# The family is told to call by day or by night: so the clinic's people hear of it by day or by night.
URGENT = frozenset({Level.EMERGENCY, Level.CALL_NOW})


class ConcernAnswered(Refused):
    """Somebody of the clinic has answered all of it before."""

    def __init__(self, who: str) -> None:
        self.who = who
        super().__init__(_("%(who)s has answered this already. Nothing was changed.") % {"who": who})


class NothingToAnswer(Refused):
    """What was to be answered is not there."""

    def __init__(self) -> None:
        super().__init__(_("There is nothing here to answer. Nothing was changed."))


@dataclass(frozen=True, kw_only=True)
class Answering:
    """What was answered at once; what of it somebody else had answered before; what is open and came in meanwhile."""

    answers: tuple[ConcernAnswer, ...]
    before: tuple[Concern, ...]
    still_open: tuple[Concern, ...]


@transaction.atomic
def concern_raise(
    *,
    infusion: Infusion,
    kind: str,
    about: str,
    words: str,
    by: User,
    now: datetime,
    level: str = "",
    report: SymptomReport | None = None,
    day: InfusionDay | None = None,
    is_news: bool = True,
) -> Concern:
    """Say that this needs an answer, and tell the clinic's people; the same a second time changes nothing.

    `about` tells it from others of its kind. `is_news` is False where it says nothing that was not said before. Never
    refused, not even once the review is signed. Raises RecordErased.
    """
    infusion_hold(infusion.pk)
    concern, is_new = Concern.objects.get_or_create(
        infusion=infusion,
        kind=kind,
        about=about[:60],
        defaults={
            "words": words,
            "level": level,
            "report": report,
            "day": day,
            "raised_at": now,
            "raised_by": by,
        },
    )
    if not is_new:
        return concern
    ring = _ring(infusion, concern, is_news=is_news)
    concern_tell(infusion, key=concern.pk, is_urgent=level in URGENT, ring=ring, now=now)
    checklist_touch(infusion)
    audit_note(verb=Verb.RECORDED, about=concern, by=by, now=now, child=infusion.plan.child, detail="raised")
    return concern


def _ring(infusion: Infusion, concern: Concern, *, is_news: bool) -> Ring:
    """An emergency rings again each time that something is said of it, and so does whatever is worse than all before.

    The rest of what is told within minutes goes into one message more, for as long as the first has no answer.
    """
    others = infusion.concerns.open().exclude(pk=concern.pk).values_list("level", flat=True)
    worst = max(map(urgency_of, others), default=-1)
    is_emergency = concern.level == Level.EMERGENCY and is_news
    return Ring.AT_ONCE if is_emergency or urgency_of(concern.level) > worst else Ring.TOGETHER


@transaction.atomic
def concerns_answer(*, infusion: Infusion, seen: Collection[int], words: str, by: User, now: datetime) -> Answering:
    """Say what the clinic did about those of `seen` that are open, each once; the family reads it.

    Whatever came in since is not among them, and stays open. The same a second time changes nothing.
    Raises ConcernAnswered, NothingToAnswer, RecordErased.
    """
    infusion = infusion_hold(infusion.pk)
    held = list(infusion.concerns.select_related("answer__by").order_by("raised_at", "pk"))
    named = [one for one in held if one.pk in seen]
    before = [one for one in named if one.answered_at is not None]
    answered = [one for one in named if one.answered_at is None]
    if not named:
        raise NothingToAnswer
    still_open = [one for one in held if one.answered_at is None and one.pk not in seen]
    if not answered and all((one.answer.by_id, one.answer.words) == (by.pk, words) for one in before):
        # The same form a second time.
        said = tuple(one.answer for one in before)
        return Answering(answers=said, before=(), still_open=tuple(still_open))
    if not answered:
        raise ConcernAnswered(str(before[-1].answer.by))
    answers = ConcernAnswer.objects.bulk_create(
        ConcernAnswer(concern=one, words=words, by=by, at=now) for one in answered
    )
    infusion.concerns.filter(pk__in=[one.pk for one in answered]).update(answered_at=now)
    if not any(one.level in URGENT for one in still_open):
        concerns_silence(infusion)
        for left in still_open[-1:]:
            concern_tell(infusion, key=left.pk, is_urgent=False, ring=Ring.TOGETHER, now=now)
    checklist_touch(infusion)
    child = infusion.plan.child
    audit_note_each(verb=Verb.RECORDED, abouts=answered, by=by, now=now, child=child, detail="answered")
    return Answering(answers=tuple(answers), before=tuple(before), still_open=tuple(still_open))
