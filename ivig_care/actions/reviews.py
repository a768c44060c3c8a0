"""Writes reviews: signed once, amended afterwards."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from ivig_care.accounts.models import User
from ivig_care.actions.audit import Verb, audit_note
from ivig_care.actions.checklists import checklist_end, checklist_touch, infusion_lock
from ivig_care.actions.errors import Refused, StepsStillOpen
from ivig_care.actions.silence import SIGNED
from ivig_care.care_teams.access import Right, clinic_acting
from ivig_care.reviews.models import Review, ReviewAmendment


@transaction.atomic
def review_sign(
    *, review: Review, by: User, note: str, next_time: str, at: datetime, knows_open: bool = False
) -> Review:
    """Sign a review with a note that the family can read. Raises ReviewSigned when somebody signed it before.

    A checklist that was sent before it closed may be signed by somebody who knows that steps are open: these end, the
    family is not asked for them any more, and its page still says what to watch for. Raises StepsStillOpen.
    """
    # The lock that ticks take too: none can slip in between what was read and what is signed.
    infusion = infusion_lock(review.infusion_id)
    still_open = infusion.steps.open().filter(closes_at__gt=at).count()
    if still_open and not knows_open:
        raise StepsStillOpen(still_open)
    if still_open:
        checklist_end(infusion, reason=SIGNED, now=at)
    review = Review.objects.select_for_update().get(pk=review.pk)
    review.status, review.note, review.next_time = Review.Status.SIGNED, note, next_time
    review.signed_by, review.signed_at = by, at
    review.clinic = clinic_acting(by, Right.REVIEW, review.infusion.plan.child)
    review.save(update_fields=["status", "note", "next_time", "signed_by", "signed_at", "clinic"])
    checklist_touch(review.infusion)
    audit_note(verb=Verb.SIGNED, about=review, by=by, now=at, child=review.infusion.plan.child)
    return review


@transaction.atomic
def review_amend(*, review: Review, by: User, note: str, at: datetime) -> ReviewAmendment:
    """Add to a signed review; what was signed stays as it was."""
    review = Review.objects.select_for_update().get(pk=review.pk)
    if review.signed_at is None:
        raise Refused(_("This review is not signed yet, so there is nothing to amend."))
    amendment = ReviewAmendment.objects.create(review=review, by=by, note=note, at=at)
    checklist_touch(review.infusion)
    audit_note(verb=Verb.CHANGED, about=review, by=by, now=at, child=review.infusion.plan.child, detail="added to")
    return amendment
