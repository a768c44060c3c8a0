"""The end: a family sends its checklist, the clinic may review it, and the watch until day 10 goes on."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from ivig_care.actions.checklists import checklists_close
from ivig_care.actions.errors import Refused, ReviewSigned, StepsStillOpen, TimeNotPossible
from ivig_care.actions.infusions import infusion_cancel
from ivig_care.actions.reviews import review_sign
from ivig_care.actions.sending import changes_see, checklist_send
from ivig_care.actions.steps import step_tick
from ivig_care.care_teams.models import AuditEvent
from ivig_care.plans.models import ChangesSeen, Infusion, Step
from ivig_care.reviews.models import Concern, Review
from ivig_care.reviews.selectors import left_open_of, queue_of, review_page
from tests.actors import People
from tests.conftest import STARTS_AT

MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)


def step_of(infusion: Infusion, key: str) -> Step:
    """The step with this key."""
    return infusion.steps.get(slot__startswith=f"{key}.")


@pytest.fixture
def due(infusion: Infusion) -> datetime:
    """When the closing check is due."""
    return step_of(infusion, "closing-check").due_at


def test_sending_opens_the_review_ticks_the_check_and_leaves_the_watch_open(
    infusion: Infusion, people: People, due: datetime
) -> None:
    checklist_send(infusion=infusion, words="", by=people.maria, now=due)
    infusion.refresh_from_db()
    assert (infusion.sent_at, infusion.sent_by, infusion.closed_at) == (due, people.maria, None)
    assert (infusion.review.status, infusion.review.opened_at) == ("open", due)
    assert (step_of(infusion, "closing-check").state, step_of(infusion, "colour-watch").state) == ("done", "open")
    assert not Concern.objects.exists()
    assert [line.infusion for line in queue_of(people.weiss)] == [infusion]
    log = AuditEvent.objects.filter(child=people.lena, actor=people.maria).order_by("number").values_list("detail")
    assert [detail for (detail,) in log] == ["ticked, by sending the checklist", "sent the clinic"]


def test_nothing_blank_reads_as_done(infusion: Infusion, people: People, due: datetime) -> None:
    checklist_send(infusion=infusion, words="", by=people.maria, now=due)
    checklists_close(now=due)
    assert set(infusion.steps.values_list("state", flat=True)) == {"missed", "done", "open"}
    assert list(infusion.steps.filter(state="done")) == [step_of(infusion, "closing-check")]
    step_tick(step=step_of(infusion, "check-72"), by=people.maria, at=due - DAY, now=due + MINUTE)


def test_words_are_a_concern_and_more_may_be_said(infusion: Infusion, people: People, due: datetime) -> None:
    for minutes, words in enumerate(("A rash on the arm.", "A rash on the arm.", "", "It is gone.")):
        checklist_send(infusion=infusion, words=words, by=people.sam, now=due + minutes * MINUTE)
    told = Concern.objects.filter(infusion=infusion, kind="closing").values_list("about", "words")
    assert list(told) == [("word 1", "A rash on the arm."), ("word 2", "It is gone.")]
    infusion.refresh_from_db()
    assert infusion.sent_at == due


def test_before_the_closing_check_it_is_too_early(infusion: Infusion, people: People) -> None:
    opens = step_of(infusion, "closing-check").opens_at
    with pytest.raises(TimeNotPossible, match="too early"):
        checklist_send(infusion=infusion, words="x", by=people.maria, now=opens - MINUTE)
    infusion.refresh_from_db()
    assert (infusion.sent_at, Review.objects.exists(), Concern.objects.exists()) == (None, False, False)
    checklist_send(infusion=infusion, words="", by=people.maria, now=opens)


def test_what_is_cancelled_or_signed_is_not_sent(infusion: Infusion, people: People, due: datetime) -> None:
    checklist_send(infusion=infusion, words="", by=people.maria, now=due)
    review_sign(review=infusion.review, by=people.weiss, note="", next_time="", at=due + MINUTE, knows_open=True)
    with pytest.raises(ReviewSigned):
        checklist_send(infusion=infusion, words="more", by=people.maria, now=due + 2 * MINUTE)
    assert not Concern.objects.exists()


def test_a_cancelled_infusion_is_not_sent(infusion: Infusion, people: People, due: datetime) -> None:
    infusion_cancel(infusion=infusion, by=people.weiss, now=STARTS_AT - DAY)
    with pytest.raises(Refused, match="does not take place"):
        checklist_send(infusion=infusion, words="", by=people.maria, now=due)


def test_signing_early_needs_to_be_meant_and_says_what_was_open(
    infusion: Infusion, people: People, due: datetime
) -> None:
    checklist_send(infusion=infusion, words="", by=people.maria, now=due)
    checklists_close(now=due)
    review = Review.objects.get(infusion=infusion)
    with pytest.raises(StepsStillOpen, match="1 step of this checklist is still open"):
        review_sign(review=review, by=people.weiss, note="", next_time="", at=due + DAY)
    review.refresh_from_db()
    assert review.status == "open"
    signed = review_sign(review=review, by=people.weiss, note="Well.", next_time="", at=due + DAY, knows_open=True)
    infusion = Infusion.objects.get(pk=infusion.pk)
    watch = step_of(infusion, "colour-watch")
    assert (watch.state, watch.next_nudge_at, infusion.closed_at) == ("withdrawn", None, signed.signed_at)
    assert left_open_of(infusion, signed) == [watch]
    assert review_page(infusion).left_open == [watch]


def test_a_checklist_that_closed_by_itself_has_nothing_left_open(infusion: Infusion, people: People) -> None:
    at = STARTS_AT + 21 * DAY
    checklists_close(now=at)
    signed = review_sign(review=Review.objects.get(), by=people.weiss, note="", next_time="", at=at + MINUTE)
    assert left_open_of(Infusion.objects.get(pk=infusion.pk), signed) == []


def test_a_sent_checklist_closes_as_ever(infusion: Infusion, people: People, due: datetime) -> None:
    checklist_send(infusion=infusion, words="", by=people.maria, now=due)
    assert checklists_close(now=STARTS_AT + 21 * DAY) == 1
    infusion.refresh_from_db()
    assert (infusion.closed_at, infusion.review.opened_at) == (STARTS_AT + 21 * DAY, due)


def test_what_is_different_is_seen_once(infusion: Infusion, people: People) -> None:
    first = changes_see(infusion=infusion, by=people.maria, now=STARTS_AT)
    assert changes_see(infusion=infusion, by=people.maria, now=STARTS_AT + MINUTE) == first
    changes_see(infusion=infusion, by=people.sam, now=STARTS_AT)
    assert ChangesSeen.objects.count() == 2
