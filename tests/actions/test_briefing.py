"""The day before: what is answered is kept, any no is said to the clinic, and the step is done when all is answered."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from django.utils.translation import override

from ivig_care.actions.briefing import Said, briefing_answer
from ivig_care.actions.errors import Refused, TimeNotPossible
from ivig_care.actions.infusions import infusion_cancel, infusion_day_move
from ivig_care.actions.steps import step_skip, step_undo
from ivig_care.care_teams.models import AuditEvent
from ivig_care.plans.models import BriefingAnswer, Infusion, InfusionDay, Plan, Step
from ivig_care.plans.ready import at_home_of, ready_of
from ivig_care.regimen.steps import SkipReason
from ivig_care.reviews.models import Concern
from tests.actors import People
from tests.conftest import STARTS_AT

EVENING = datetime.fromisoformat("2026-06-14T18:30:00-07:00")
MINUTE = timedelta(minutes=1)
Question = BriefingAnswer.Question


@pytest.fixture
def day(infusion: Infusion) -> InfusionDay:
    """Day 1."""
    return infusion.days.get(number=1)


def yes(*questions: Question) -> list[Said]:
    """Yes to all of these, or to all there are."""
    return [Said(question=question, is_yes=True) for question in questions or tuple(Question)]


def no(question: Question, note: str = "") -> Said:
    """No, with words."""
    return Said(question=question, is_yes=False, note=note)


def step_of(day: InfusionDay) -> Step:
    """The step of the evening before."""
    return day.infusion.steps.get(slot="evening-before.d1")


def test_all_yes_ticks_the_step_and_tells_nobody(day: InfusionDay, people: People) -> None:
    briefed = briefing_answer(day=day, answers=yes(), by=people.maria, now=EVENING)
    assert (briefed.is_ticked, briefed.told, briefed.ready.unanswered) == (True, (), ())
    step = step_of(day)
    assert (step.state, step.said_by, step.said_at, step.next_nudge_at) == ("done", people.maria, EVENING, None)
    assert not Concern.objects.exists()
    log = AuditEvent.objects.filter(child=people.lena, actor=people.maria).order_by("number").values_list("detail")
    assert [detail for (detail,) in log] == ["answered the questions of", "ticked, by answering the questions"]


def test_what_is_left_blank_is_not_answered(day: InfusionDay, people: People) -> None:
    briefed = briefing_answer(day=day, answers=yes(Question.START, Question.BAG), by=people.maria, now=EVENING)
    assert briefed.ready.unanswered == (Question.WELL, Question.WEIGHT, Question.MEDICINES)
    assert (briefed.is_ticked, step_of(day).state) == (False, "open")
    rest = yes(Question.WELL, Question.WEIGHT, Question.MEDICINES)
    assert briefing_answer(day=day, answers=rest, by=people.sam, now=EVENING + MINUTE).is_ticked


def test_each_no_is_a_concern_and_the_step_is_done_all_the_same(day: InfusionDay, people: People) -> None:
    answers = [*yes(Question.START, Question.MEDICINES, Question.BAG)]
    answers += [no(Question.WELL, "fever 38.4"), no(Question.WEIGHT, "47 lb (21.3 kg)")]
    with override("es"):
        briefed = briefing_answer(day=day, answers=answers, by=people.maria, now=EVENING)
    assert (briefed.told, briefed.is_ticked) == ((Question.WELL, Question.WEIGHT), True)
    told = Concern.objects.filter(day=day, kind="briefing").values_list("about", "words", "raised_by")
    assert list(told) == [
        ("day 1 well", "Before day 1: The child is not well, or has a new medicine. fever 38.4", people.maria.pk),
        (
            "day 1 weight",
            "Before day 1: The weight is not the one any more that the plan was made for. 47 lb (21.3 kg)",
            people.maria.pk,
        ),
    ]
    day.infusion.plan.refresh_from_db()
    assert day.infusion.plan.weight_kg == 20


def test_the_same_again_changes_nothing_and_other_words_are_told_again(day: InfusionDay, people: People) -> None:
    for minutes, note in enumerate(("fever", "fever", "fever 39")):
        briefing_answer(day=day, answers=[no(Question.WELL, note)], by=people.maria, now=EVENING + minutes * MINUTE)
    assert list(BriefingAnswer.objects.values_list("note", flat=True)) == ["fever", "fever 39"]
    assert list(Concern.objects.values_list("about", flat=True)) == ["day 1 well", "day 1 well 2"]


def test_the_last_answer_counts_and_the_first_stays(day: InfusionDay, people: People) -> None:
    briefing_answer(day=day, answers=[no(Question.BAG)], by=people.maria, now=EVENING)
    briefing_answer(day=day, answers=yes(Question.BAG), by=people.sam, now=EVENING + MINUTE)
    ready = ready_of(day)
    assert (ready.answers["bag"].is_yes, ready.worries) == (True, ())
    assert BriefingAnswer.objects.count() == 2
    assert Concern.objects.count() == 1


def test_undone_the_step_is_ticked_by_saving_again(day: InfusionDay, people: People) -> None:
    briefing_answer(day=day, answers=yes(), by=people.maria, now=EVENING)
    step_undo(step=step_of(day), by=people.maria, now=EVENING + MINUTE)
    assert briefing_answer(day=day, answers=yes(), by=people.maria, now=EVENING + 2 * MINUTE).is_ticked
    assert BriefingAnswer.objects.count() == len(Question)


def test_a_step_skipped_on_purpose_stays_skipped(day: InfusionDay, people: People) -> None:
    step_skip(step=step_of(day), by=people.maria, reason=SkipReason.OTHER, note="", now=EVENING)
    briefed = briefing_answer(day=day, answers=yes(), by=people.maria, now=EVENING + MINUTE)
    assert (briefed.is_ticked, step_of(day).state) == (False, "skipped")


def test_the_second_day_is_asked_too_and_has_no_step(infusion: Infusion, people: People) -> None:
    second = infusion.days.get(number=2)
    briefed = briefing_answer(day=second, answers=yes(), by=people.maria, now=EVENING + timedelta(days=1))
    assert (briefed.ready.step, briefed.is_ticked) == (None, False)
    assert step_of(infusion.days.get(number=1)).state == "open"


def test_too_early_or_cancelled_nothing_is_kept(day: InfusionDay, people: People) -> None:
    with pytest.raises(TimeNotPossible, match="too early"):
        briefing_answer(day=day, answers=yes(), by=people.maria, now=STARTS_AT - timedelta(hours=36, seconds=1))
    infusion_cancel(infusion=day.infusion, by=people.weiss, now=EVENING)
    with pytest.raises(Refused, match="cancelled"):
        briefing_answer(day=day, answers=yes(), by=people.maria, now=EVENING)
    assert not BriefingAnswer.objects.exists()


def test_what_was_said_before_another_day_is_asked_anew(infusion: Infusion, day: InfusionDay, people: People) -> None:
    briefing_answer(day=day, answers=yes(), by=people.maria, now=EVENING)
    week = timedelta(days=7)
    for one in (infusion.days.get(number=2), day):
        infusion_day_move(day=one, planned_start=one.planned_start + week, by=people.weiss, now=EVENING + MINUTE)
    day.refresh_from_db()
    assert ready_of(day).unanswered == tuple(Question)


def test_medicines_at_home_are_what_the_family_gives(day: InfusionDay, people: People) -> None:
    found = [(one.medicine.use, one.medicine.ingredient, one.doses) for one in at_home_of(day)]
    assert found == [
        ("premedication", "acetaminophen", 2),
        ("premedication", "diphenhydramine", 2),
        ("course", "acetaminophen", 11),
    ]
    Plan.objects.update(premedication_by="clinic", has_course=False)
    day = InfusionDay.objects.get(pk=day.pk)
    assert at_home_of(day) == []
    assert Question.MEDICINES not in ready_of(day).asked
    everything_else = [question for question in Question if question != Question.MEDICINES]
    assert briefing_answer(day=day, answers=yes(*everything_else), by=people.maria, now=EVENING).is_ticked
