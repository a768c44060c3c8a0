"""Writes what stands on the bottles of an infusion day: brand, lot, expiry, grams. Another brand is a concern."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from django.db import transaction
from django.utils.translation import gettext as _

from ivig_care.accounts.models import User
from ivig_care.actions.audit import Verb, audit_note
from ivig_care.actions.card_concerns import differences_tell
from ivig_care.actions.checklists import checklist_touch
from ivig_care.actions.errors import Refused, TimeNotPossible
from ivig_care.actions.infusions import day_locked
from ivig_care.actions.steps import CLOCK_SLACK
from ivig_care.plans.card import worked_out
from ivig_care.plans.card_words import lot_differences
from ivig_care.plans.models import InfusionDay, ProductLot
from ivig_care.protocols.selectors import product_on

TENTH = Decimal("0.1")
# The largest number there is room for: our choice, no clinical figure.
MOST_GRAMS = Decimal("999.9")


@dataclass(frozen=True, kw_only=True)
class Label:
    """What a label says: the brand as it stands there, the lot, and, if said, until when it is good and its grams."""

    brand: str
    lot: str
    expires_on: date | None = None
    grams: Decimal | None = None


@transaction.atomic
def lot_enter(*, day: InfusionDay, label: Label, by: User, at: datetime, now: datetime) -> ProductLot:
    """Record a bottle, or several of one lot, hung at `at`; the same said twice for that moment is said once.

    Raises TimeNotPossible, ReviewSigned, Refused.
    """
    day = day_locked(day)
    lot_check(day, label=label, at=at, now=now)
    said = day.lots.standing().filter(brand=label.brand, lot=label.lot, grams=label.grams, at=at).first()
    if said is not None:
        return said
    lot = ProductLot.objects.create(
        day=day,
        product=product_on(label.brand, day.infusion.plan.product),
        brand=label.brand,
        lot=label.lot,
        expires_on=label.expires_on,
        grams=None if label.grams is None else label.grams.quantize(TENTH),
        at=at,
        entered_at=now,
        by=by,
    )
    checklist_touch(day.infusion)
    worked = worked_out(day)
    differences_tell(day, lambda: lot_differences(day, worked, lot), by=by, now=now)
    _note(day, Verb.RECORDED, "said what was hung on", by=by, now=now)
    return lot


@transaction.atomic
def lot_take_back(*, lot: ProductLot, by: User, now: datetime) -> None:
    """Take back a bottle that was noted by mistake; it stays in the record. A second time changes nothing.

    Raises ReviewSigned, Refused.
    """
    day = day_locked(lot.day)
    if not ProductLot.objects.standing().filter(pk=lot.pk).update(taken_back_at=now):
        return
    checklist_touch(day.infusion)
    _note(day, Verb.CHANGED, "took back what was hung on", by=by, now=now)


def lot_check(day: InfusionDay, *, label: Label, at: datetime, now: datetime) -> None:
    """Whether it can have been hung then. Raises TimeNotPossible, Refused with a sentence for the person."""
    if day.cancelled_at is not None:
        raise Refused(_("This day was cancelled. If it takes place after all, call the clinic."))
    if label.grams is not None and not 0 < label.grams <= MOST_GRAMS:
        raise Refused(_("No bottle holds %(grams)s g. Look at the label again.") % {"grams": label.grams})
    if at > now + CLOCK_SLACK:
        raise TimeNotPossible(_("That time has not come yet."))
    if day.actual_end is not None and at >= day.actual_end:
        raise TimeNotPossible(_("The infusion had ended by then."))


def _note(day: InfusionDay, verb: Verb, words: str, *, by: User, now: datetime) -> None:
    audit_note(verb=verb, about=day, by=by, now=now, child=day.infusion.plan.child, detail=words)
