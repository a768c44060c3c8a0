"""Writes concerns: what of an infusion needs an answer of the clinic, raised once, and what the clinic did about it."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from ivig_care.accounts.models import User
from ivig_care.actions.audit import Verb, audit_note
from ivig_care.actions.checklists import checklist_touch, infusion_hold
from ivig_care.actions.errors import Refused
from ivig_care.actions.notices import concern_tell, concerns_silence
from ivig_care.diary.models import SymptomReport
from ivig_care.plans.models import Infusion, InfusionDay
from ivig_care.regimen.signs import Level
from ivig_care.reviews.models import Concern, ConcernAnswer

# The family is told to call by day or by night: so the clinic's people hear of it by day or by night.
URGENT = frozenset({Level.EMERGENCY, Level.CALL_NOW})


class ConcernAnswered(Refused):
    """Somebody of the clinic has answered it before."""

    def __init__(self, who: str) -> None:
        self.who = who
        super().__init__(_("%(who)s has answered this already. Nothing was changed.") % {"who": who})


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
) -> Concern:
    """Say that this needs an answer, and tell the clinic's people at once; the same a second time changes nothing.

    `about` tells it from others of its kind. Never refused, not even once the review is signed. Raises RecordErased.
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
    concern_tell(infusion, key=concern.pk, is_urgent=level in URGENT, now=now)
    checklist_touch(infusion)
    audit_note(verb=Verb.RECORDED, about=concern, by=by, now=now, child=infusion.plan.child, detail="raised")
    return concern


@transaction.atomic
def concern_answer(*, concern: Concern, words: str, by: User, now: datetime) -> ConcernAnswer:
    """Say what the clinic did about it, once; the family reads it. Raises ConcernAnswered, RecordErased."""
    infusion = infusion_hold(concern.infusion_id)
    held = Concern.objects.select_for_update().get(pk=concern.pk)
    if held.answered_at is not None:
        raise ConcernAnswered(str(held.answer.by))
    answer = ConcernAnswer.objects.create(concern=held, words=words, by=by, at=now)
    held.answered_at = now
    held.save(update_fields=["answered_at"])
    if not infusion.concerns.open().exists():
        concerns_silence(infusion)
    checklist_touch(infusion)
    audit_note(verb=Verb.RECORDED, about=held, by=by, now=now, child=infusion.plan.child, detail="answered")
    return answer
