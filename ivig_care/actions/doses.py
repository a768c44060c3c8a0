"""Writes doses that are no step: given when needed, besides, or by the nurse. The ledger warns; nothing is refused."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from fractions import Fraction

from django.db import transaction
from django.utils.translation import gettext as _

from ivig_care.accounts.models import User
from ivig_care.actions.audit import Verb, audit_note
from ivig_care.actions.checklists import checklist_refresh, checklist_touch, infusion_hold
from ivig_care.actions.errors import ReasonNeeded, Refused
from ivig_care.actions.steps import check_time
from ivig_care.common.spoken import day_clock
from ivig_care.plans.extra import Meant, answer_to, entry_of, last_given
from ivig_care.plans.ledger import ledger_of
from ivig_care.plans.models import Dose, Infusion
from ivig_care.regimen.doses import Code
from ivig_care.reviews.models import Review

# What is asked about before it is recorded; everything else is said, and recorded as it is.
_ASKS_WHY = frozenset({Code.TOO_CLOSE, Code.TOO_MANY, Code.TOO_MUCH, Code.NOT_TOGETHER, Code.DOSE_TOO_LARGE})
# mg are kept with three decimals, and six digits before the point.
MOST_MG = Fraction(999_999)


@transaction.atomic
def dose_enter(
    *,
    infusion: Infusion,
    meant: Meant,
    by: User,
    at: datetime,
    now: datetime,
    by_clinic: bool = False,
    reason: str = "",
) -> list[Dose]:
    """Record a dose given at `at`, one row for each ingredient; the rest of the checklist follows.

    What is too soon or too much needs a reason, and is then recorded like any other. It counts for the child, so it is
    recorded when the review is signed, too. Raises ReasonNeeded, TimeNotPossible, RegimenError.
    """
    infusion = infusion_hold(infusion.pk)
    check_time(at, now)
    at = min(at, now)
    if not reason and (why := reason_asked(infusion, meant, at)):
        raise ReasonNeeded(why)
    doses = [
        Dose.objects.create(
            child=infusion.plan.child,
            ingredient=amount.ingredient,
            medicine_name=meant.name[:60],
            mg=_mg(amount.mg),
            given_at=at,
            entered_at=now,
            entered_by=by,
            by_clinic=by_clinic,
            reason=reason[:200],
        )
        for amount in meant.amounts
    ]
    _follow(infusion, now=now)
    audit_note(verb=Verb.RECORDED, about=doses[0], by=by, now=now, child=infusion.plan.child, detail="wrote down")
    return doses


@transaction.atomic
def dose_take_back(*, dose: Dose, infusion: Infusion, by: User, now: datetime) -> Sequence[Dose]:
    """Take back a dose that is no step, with all that was written down at once with it. A second changes nothing."""
    infusion = infusion_hold(infusion.pk)
    if dose.step_id is not None:
        raise Refused(_("This dose belongs to a step of the checklist: undo it there."))
    doses = entry_of(dose)
    standing = Dose.objects.standing().filter(pk__in=[one.pk for one in doses])
    if standing.update(taken_back_at=now):
        _follow(infusion, now=now)
        audit_note(verb=Verb.CHANGED, about=dose, by=by, now=now, child=infusion.plan.child, detail="took back")
    return doses


def reason_asked(infusion: Infusion, meant: Meant, at: datetime) -> str:
    """What speaks against giving it at `at`, for which a reason is asked; empty when nothing does."""
    answer = answer_to(meant, ledger_of(infusion), at)
    last = last_given(infusion, meant, at)
    is_in_doubt = not answer.is_known and last is not None
    said = [one.text for one in answer.reasons if one.code in _ASKS_WHY]
    if not said and not is_in_doubt:
        return ""
    if last is not None:
        words = {"who": last.entered_by.name, "when": clock_words(last.given_at, infusion)}
        said.insert(0, _("Already given by %(who)s, %(when)s.") % words)
    if answer.next_at is not None and answer.next_at > at:
        said.append(_("Next allowed: %(when)s.") % {"when": clock_words(answer.next_at, infusion)})
    if not answer.is_known:
        said.append(_("When the next is allowed is not known here: ask the clinic."))
    return " ".join(said)


def clock_words(at: datetime, infusion: Infusion) -> str:
    """A time where the child lives: Tue 8:30 am."""
    return day_clock(at.astimezone(infusion.tz))


def _follow(infusion: Infusion, *, now: datetime) -> None:
    """The rest of the checklist counts from the real doses; once it is signed it stays as it is."""
    if Review.objects.filter(infusion=infusion, status=Review.Status.SIGNED).exists():
        checklist_touch(infusion)
    else:
        checklist_refresh(infusion, at=now)


def _mg(mg: Fraction | None) -> Decimal | None:
    return None if mg is None else Decimal(round(mg * 1000)) / 1000
