"""Signing and amending a review."""

from __future__ import annotations

from datetime import timedelta

import pytest

from ivig_care.actions.checklists import checklists_close
from ivig_care.actions.errors import Refused, ReviewSigned
from ivig_care.actions.reviews import review_amend, review_sign
from ivig_care.actions.steps import step_note, step_tick, step_undo
from ivig_care.plans.models import Infusion
from ivig_care.reviews.models import Review, ReviewAmendment
from tests.actors import People
from tests.conftest import STARTS_AT

LATER = STARTS_AT + timedelta(days=20)


@pytest.fixture
def review(infusion: Infusion) -> Review:
    """The review of Lena's infusion, after its checklist closed."""
    checklists_close(now=LATER)
    return Review.objects.get(infusion=infusion)


def test_signing_keeps_who_when_and_what(review: Review, people: People) -> None:
    before = review.infusion.revision
    review_sign(review=review, by=people.weiss, note="Well done.", next_time="Slower.", at=LATER)
    review.refresh_from_db()
    assert (review.status, review.note, review.next_time) == ("signed", "Well done.", "Slower.")
    assert (review.signed_by, review.signed_at) == (people.weiss, LATER)
    review.infusion.refresh_from_db()
    assert review.infusion.revision == before + 1


def test_signing_twice_is_refused_and_changes_nothing(review: Review, people: People) -> None:
    review_sign(review=review, by=people.weiss, note="First.", next_time="", at=LATER)
    with pytest.raises(ReviewSigned):
        review_sign(review=review, by=people.lee, note="Second.", next_time="x", at=LATER + timedelta(hours=1))
    review.refresh_from_db()
    assert (review.note, review.next_time, review.signed_by, review.signed_at) == ("First.", "", people.weiss, LATER)


def test_after_signing_the_record_no_longer_changes(review: Review, people: People) -> None:
    step = review.infusion.steps.earliest("due_at")
    review_sign(review=review, by=people.weiss, note="", next_time="", at=LATER)
    before = (step.state, step.events.count())
    with pytest.raises(ReviewSigned):
        step_tick(step=step, by=people.maria, at=step.due_at, now=LATER)
    with pytest.raises(ReviewSigned):
        step_undo(step=step, by=people.maria, now=LATER)
    with pytest.raises(ReviewSigned):
        step_note(step=step, by=people.maria, note="late", now=LATER)
    step.refresh_from_db()
    assert (step.state, step.events.count()) == before


def test_amending_adds_and_leaves_what_was_signed(review: Review, people: People) -> None:
    review_sign(review=review, by=people.weiss, note="Well done.", next_time="", at=LATER)
    hour = timedelta(hours=1)
    for number in (2, 1):
        review_amend(review=review, by=people.weiss, note=f"{number}", at=LATER + number * hour)
    review.refresh_from_db()
    assert (review.note, review.signed_at) == ("Well done.", LATER)
    assert [amendment.note for amendment in review.amendments.all()] == ["1", "2"]


def test_only_a_signed_review_is_amended(review: Review, people: People) -> None:
    with pytest.raises(Refused, match="not signed yet"):
        review_amend(review=review, by=people.weiss, note="Early.", at=LATER)
    assert not ReviewAmendment.objects.exists()
