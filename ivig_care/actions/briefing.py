"""Writes what the family answers the day before; any "no" is said to the clinic at once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import override

from ivig_care.accounts.models import User
from ivig_care.actions.audit import Verb, audit_note, audits_last
from ivig_care.actions.checklists import checklist_touch, infusion_lock
from ivig_care.actions.concerns import concern_raise
from ivig_care.actions.errors import Refused, TimeNotPossible
from ivig_care.actions.steps import step_tick
from ivig_care.plans.models import BriefingAnswer, InfusionDay, Plan
from ivig_care.plans.ready import ASKED_BEFORE, Ready, answers_of, ready_of
from ivig_care.regimen.steps import State
from ivig_care.reviews.models import Concern

Question = BriefingAnswer.Question


@dataclass(frozen=True, kw_only=True)
class Said:
    """One answer: yes or no, with what was written beside it."""

    question: Question
    is_yes: bool
    note: str = ""


@dataclass(frozen=True, kw_only=True)
class Briefed:
    """How it stands after the answers were kept: what the clinic was told just now, and whether the step was ticked."""

    ready: Ready
    told: tuple[Question, ...]
    is_ticked: bool


@transaction.atomic
@audits_last()
def briefing_answer(*, day: InfusionDay, answers: Sequence[Said], by: User, now: datetime) -> Briefed:
    """Keep what was answered; what was said before in the same words changes nothing.

    Every new "no" is a concern for the clinic. The step of the evening before is done as soon as all is answered, also
    with a "no": it was looked at, and the clinic knows. Raises TimeNotPossible, ReviewSigned, Refused.
    """
    infusion = infusion_lock(day.infusion_id)
    day = InfusionDay.objects.select_related("infusion__plan__child").get(pk=day.pk)
    _check(day, now)
    before = answers_of(day)
    news = [one for one in answers if _is_news(one, before.get(one.question))]
    BriefingAnswer.objects.bulk_create(
        BriefingAnswer(day=day, question=one.question, is_yes=one.is_yes, note=one.note, at=now, by=by) for one in news
    )
    told = [one for one in news if not one.is_yes]
    for one in told:
        _clinic_tell(day, one, by=by, now=now)
    if news:
        checklist_touch(infusion)
        audit_note(
            verb=Verb.RECORDED, about=day, by=by, now=now, child=infusion.plan.child, detail="answered the questions of"
        )
    ready = ready_of(day)
    return Briefed(
        ready=ready,
        told=tuple(one.question for one in told),
        is_ticked=_step_tick(ready, by=by, now=now),
    )


def _check(day: InfusionDay, now: datetime) -> None:
    if day.infusion.plan.status != Plan.Status.ACTIVE:
        raise Refused(_("This plan is not active."))
    if day.cancelled_at is not None:
        raise Refused(_("This day was cancelled. If it takes place after all, call the clinic."))
    if now < day.planned_start - ASKED_BEFORE:
        raise TimeNotPossible(_("It is too early for that: answer it the day before the infusion."))


def _is_news(said: Said, before: BriefingAnswer | None) -> bool:
    return before is None or (before.is_yes, before.note) != (said.is_yes, said.note)


def _step_tick(ready: Ready, *, by: User, now: datetime) -> bool:
    """Whether the step was ticked just now. One that somebody skipped on purpose stays skipped."""
    step = ready.step
    if step is None or ready.unanswered or step.state not in (State.OPEN, State.MISSED):
        return False
    step_tick(step=step, by=by, at=now, now=now, how="by answering the questions")
    return True


def _clinic_tell(day: InfusionDay, said: Said, *, by: User, now: datetime) -> None:
    """One concern for each "no". One that comes after another, in other words, is another."""
    times = day.answers.filter(question=said.question, is_yes=False).count()
    about = f"day {day.number} {said.question}"
    concern_raise(
        infusion=day.infusion,
        kind=Concern.Kind.BRIEFING,
        about=about if times == 1 else f"{about} {times}",
        words=_words(day, said),
        by=by,
        now=now,
        day=day,
    )


def _words(day: InfusionDay, said: Said) -> str:
    """As the clinic reads it, in the language of the record."""
    with override(settings.LANGUAGE_CODE):
        words = {
            Question.START: _("They do not know when and where it starts."),
            Question.WELL: _("The child is not well, or has a new medicine."),
            Question.WEIGHT: _("The weight is not the one any more that the plan was made for."),
            Question.MEDICINES: _("Not all medicines are at home."),
            Question.BAG: _("The bag is not packed."),
        }[said.question]
        said_words = f"{words} {said.note}".rstrip()
        return _("Before day %(number)s: %(words)s") % {"number": day.number, "words": said_words}
