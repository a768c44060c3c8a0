"""Writes what runs on an infusion day: rates, pauses, going on after one. Open steps follow; what ran is never refused.

A rate above the plan or the label is recorded like any other, and the clinic is told once.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from django.db import transaction
from django.utils.translation import gettext as _

from ivig_care.accounts.models import User
from ivig_care.actions.audit import Verb, audit_note
from ivig_care.actions.card_concerns import differences_tell
from ivig_care.actions.checklists import checklist_refresh
from ivig_care.actions.errors import Refused, TimeNotPossible
from ivig_care.actions.infusions import day_locked
from ivig_care.actions.steps import CLOCK_SLACK
from ivig_care.plans.card import rate_before_pause, worked_out
from ivig_care.plans.card_words import rate_differences
from ivig_care.plans.models import InfusionDay, RateEntry
from ivig_care.regimen.changes import Change

TENTH = Decimal("0.1")
# The largest number there is room for: our choice, no clinical figure.
MOST_ML_H = Decimal("9999.9")
PAUSE = Decimal(0)


@dataclass(frozen=True, kw_only=True)
class Entered:
    """What was written: the entry, and the changes that the checklist went through; none when it was said before."""

    entry: RateEntry
    changes: tuple[Change, ...] = ()
    is_new: bool = True


@transaction.atomic
def rate_enter(
    *, day: InfusionDay, ml_h: Decimal, by: User, at: datetime, now: datetime, is_new_lot: bool = False
) -> Entered:
    """Record that the pump was set to `ml_h` from `at` on; the same said twice is said once.

    Raises TimeNotPossible, ReviewSigned, Refused.
    """
    day = day_locked(day)
    ml_h = ml_h.quantize(TENTH)
    rate_check(day, ml_h=ml_h, at=at, now=now)
    entered = _enter(day, ml_h, by=by, at=at, now=now, is_new_lot=is_new_lot)
    if entered.is_new:
        rate, order = entered.entry.as_value(), worked_out(day).order
        differences_tell(day, lambda: rate_differences(day, rate.ml_h, order), by=by, now=now)
        _note(day, Verb.RECORDED, "said a rate on", by=by, now=now)
    return entered


@transaction.atomic
def infusion_day_pause(*, day: InfusionDay, by: User, at: datetime, now: datetime) -> Entered:
    """Record that the infusion stands still from `at` on. While it does, nobody knows the end.

    Raises TimeNotPossible, ReviewSigned, Refused.
    """
    day = day_locked(day)
    rate_check(day, ml_h=PAUSE, at=at, now=now)
    if rate_before_pause(day, at) is not None and not _said(day, PAUSE, at):
        raise Refused(_("It is paused already."))
    entered = _enter(day, PAUSE, by=by, at=at, now=now)
    if entered.is_new:
        _note(day, Verb.RECORDED, "said a pause on", by=by, now=now)
    return entered


@transaction.atomic
def infusion_day_resume(
    *,
    day: InfusionDay,
    by: User,
    at: datetime,
    now: datetime,
    ml_h: Decimal | None = None,
    is_new_lot: bool = False,
) -> Entered:
    """Record that it goes on from `at`, at the rate before the pause unless another is said.

    Raises TimeNotPossible, ReviewSigned, Refused.
    """
    day = day_locked(day)
    if ml_h is None:
        ml_h = rate_before_pause(day, at)
    if ml_h is None:
        raise Refused(_("It is not paused. If the rate changed, say which rate runs now."))
    return rate_enter(day=day, ml_h=ml_h, by=by, at=at, now=now, is_new_lot=is_new_lot)


@transaction.atomic
def rate_take_back(*, entry: RateEntry, by: User, now: datetime) -> tuple[Change, ...]:
    """Take back a rate or a pause that was entered by mistake; it stays in the record. A second time changes nothing.

    Raises ReviewSigned, Refused.
    """
    day = day_locked(entry.day)
    if not RateEntry.objects.standing().filter(pk=entry.pk).update(taken_back_at=now):
        return ()
    changes = checklist_refresh(day.infusion, at=now)
    words = "took back a rate on" if entry.ml_h else "took back a pause on"
    _note(day, Verb.CHANGED, words, by=by, now=now)
    return changes


def rate_check(day: InfusionDay, *, ml_h: Decimal, at: datetime, now: datetime) -> None:
    """Whether a rate can have been set then. Raises TimeNotPossible, Refused with a sentence for the person."""
    if not 0 <= ml_h <= MOST_ML_H:
        raise Refused(_("No pump runs at %(ml_h)s mL/h. Look at the number again.") % {"ml_h": ml_h})
    if day.cancelled_at is not None:
        raise Refused(_("This day was cancelled. If it takes place after all, call the clinic."))
    if day.actual_start is None:
        raise TimeNotPossible(_("Say first when the infusion started."))
    if at > now + CLOCK_SLACK:
        raise TimeNotPossible(_("That time has not come yet."))
    if at < day.actual_start:
        raise TimeNotPossible(_("That is before the infusion started."))
    if day.actual_end is not None and at >= day.actual_end:
        raise TimeNotPossible(_("The infusion had ended by then."))


def _enter(
    day: InfusionDay, ml_h: Decimal, *, by: User, at: datetime, now: datetime, is_new_lot: bool = False
) -> Entered:
    """Write it, unless the same was said for the same moment; the checklist follows."""
    if said := _said(day, ml_h, at):
        return Entered(entry=said, is_new=False)
    entry = RateEntry.objects.create(day=day, ml_h=ml_h, is_new_lot=is_new_lot, at=at, entered_at=now, by=by)
    return Entered(entry=entry, changes=checklist_refresh(day.infusion, at=now))


def _said(day: InfusionDay, ml_h: Decimal, at: datetime) -> RateEntry | None:
    """The entry that says just this already, and is the last word on that minute: a second tap, or the other phone."""
    last = day.rates.standing().filter(at=at).order_by("pk").last()
    return last if last is not None and last.ml_h == ml_h else None


def _note(day: InfusionDay, verb: Verb, words: str, *, by: User, now: datetime) -> None:
    audit_note(verb=verb, about=day, by=by, now=now, child=day.infusion.plan.child, detail=words)
