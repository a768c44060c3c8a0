"""Writes that a family is through with a checklist and sends it to the clinic; and that it read what is different."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from ivig_care.accounts.models import User
from ivig_care.actions.audit import Verb, audit_note, audits_last
from ivig_care.actions.checklists import checklist_touch, infusion_hold, infusion_lock
from ivig_care.actions.concerns import concern_raise
from ivig_care.actions.errors import Refused, TimeNotPossible
from ivig_care.actions.steps import step_tick
from ivig_care.plans.ends import CLOSING_STEP, can_send, is_step
from ivig_care.plans.models import ChangesSeen, Infusion, Plan
from ivig_care.regimen.steps import State
from ivig_care.reviews.models import Concern, Review


@transaction.atomic
@audits_last()
def checklist_send(*, infusion: Infusion, words: str, by: User, now: datetime) -> Infusion:
    """Send the checklist to the clinic, which may review it from now on; what is still open stays open.

    `words` are what the clinic should know: a concern of their own, if there are any. A second time only new words
    count. Raises TimeNotPossible, ReviewSigned, Refused.
    """
    infusion = infusion_lock(infusion.pk)
    steps = list(infusion.steps.exclude(state=State.WITHDRAWN))
    if infusion.plan.status != Plan.Status.ACTIVE or not infusion.days.filter(cancelled_at__isnull=True).exists():
        raise Refused(_("This infusion does not take place, so there is nothing to send."))
    if infusion.closed_at is None and not can_send(steps, now=now):
        raise TimeNotPossible(_("It is too early to send it: the last checks are still to come."))
    is_first = infusion.sent_at is None
    if is_first:
        infusion.sent_at, infusion.sent_by = now, by
        infusion.save(update_fields=["sent_at", "sent_by"])
        Review.objects.get_or_create(infusion=infusion, defaults={"opened_at": now})
    _words_tell(infusion, words, by=by, now=now)
    for step in steps:
        if is_step(step, CLOSING_STEP) and step.state in (State.OPEN, State.MISSED):
            step_tick(step=step, by=by, at=now, now=now, how="by sending the checklist")
    checklist_touch(infusion)
    if is_first:
        child = infusion.plan.child
        audit_note(verb=Verb.RECORDED, about=infusion, by=by, now=now, child=child, detail="sent the clinic")
    return infusion


@transaction.atomic
def changes_see(*, infusion: Infusion, by: User, now: datetime) -> ChangesSeen:
    """Keep that somebody of the family read what is different this time; a second time changes nothing."""
    infusion = infusion_hold(infusion.pk)
    seen, is_new = ChangesSeen.objects.get_or_create(infusion=infusion, by=by, defaults={"at": now})
    if is_new:
        child = infusion.plan.child
        audit_note(verb=Verb.RECORDED, about=infusion, by=by, now=now, child=child, detail="read what changes at")
    return seen


def _words_tell(infusion: Infusion, words: str, *, by: User, now: datetime) -> None:
    said_before = infusion.concerns.filter(kind=Concern.Kind.CLOSING)
    if not words or said_before.filter(words=words).exists():
        return
    concern_raise(
        infusion=infusion,
        kind=Concern.Kind.CLOSING,
        about=f"word {said_before.count() + 1}",
        words=words,
        by=by,
        now=now,
    )
