"""Making the checklist, and closing what is over."""

from __future__ import annotations

from datetime import timedelta

from ivig_care.actions.checklists import checklist_refresh, checklists_close
from ivig_care.actions.infusions import infusion_day_start
from ivig_care.plans.models import Infusion, Step, StepEvent
from ivig_care.protocols.models import ProtocolVersion
from ivig_care.regimen.changes import Action
from ivig_care.reviews.models import Review
from tests.actors import People
from tests.conftest import ACTIVATED_AT, STARTS_AT


def test_activation_dates_the_checklist_of_worked_example_e1(infusion: Infusion) -> None:
    course = infusion.steps.filter(slot__startswith="acetaminophen-course").order_by("due_at")
    premedication = STARTS_AT - timedelta(minutes=30)
    first_day = [premedication + timedelta(hours=6 * n) for n in (1, 2, 3)]
    second_day = [premedication + timedelta(days=1, hours=6 * n) for n in range(1, 9)]
    assert [step.due_at for step in course] == first_day + second_day


def test_refreshing_twice_changes_nothing(infusion: Infusion) -> None:
    changes = checklist_refresh(infusion, at=ACTIVATED_AT)
    assert {change.action for change in changes} == {Action.KEEP}
    assert StepEvent.objects.count() == 0


def test_steps_keep_the_words_they_were_made_with(infusion: Infusion, people: People) -> None:
    document = infusion.plan.version.document
    document["steps"][0]["title"] = "Other words"
    ProtocolVersion.objects.update(document=document)
    infusion_day_start(day=infusion.days.get(number=1), by=people.maria, at=STARTS_AT, now=STARTS_AT)
    assert infusion.steps.get(slot="fluids-before.d1").title == "Start extra drinks"


def test_an_unanswered_step_is_missed_when_its_window_is_over(infusion: Infusion) -> None:
    step = infusion.steps.get(slot="fluids-before.d1")
    checklists_close(now=step.closes_at - timedelta(seconds=1))
    assert Step.objects.get(pk=step.pk).state == "open"
    checklists_close(now=step.closes_at)
    missed = Step.objects.get(pk=step.pk)
    assert (missed.state, missed.next_nudge_at, missed.said_by) == ("missed", None, None)
    assert missed.events.get().kind == "lapsed"


def test_a_missed_step_whose_time_moves_is_open_again(infusion: Infusion, people: People) -> None:
    step = infusion.steps.get(slot="fluids-during.d1")
    checklists_close(now=step.closes_at)
    started = step.closes_at
    infusion_day_start(day=infusion.days.get(number=1), by=people.maria, at=started, now=started)
    step.refresh_from_db()
    assert (step.state, step.due_at) == ("open", started + timedelta(hours=1))


def test_the_checklist_closes_by_itself_once_nothing_is_open(infusion: Infusion) -> None:
    last = infusion.steps.order_by("-closes_at").first()
    assert last is not None
    assert checklists_close(now=last.closes_at - timedelta(seconds=1)) == 0
    assert checklists_close(now=last.closes_at) == 1
    infusion.refresh_from_db()
    assert infusion.closed_at == last.closes_at
    assert Review.objects.get(infusion=infusion).status == "open"
    assert checklists_close(now=last.closes_at) == 0
