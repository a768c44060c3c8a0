"""Reads for the day before: what the family is asked about an infusion day, and what it answered last."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Count, QuerySet

from ivig_care.plans.models import BriefingAnswer, InfusionDay, Plan, PlanMedicine, Step
from ivig_care.regimen.protocol import Actor, Kind
from ivig_care.regimen.steps import State

# From so long before the planned start the questions can be answered. What was said earlier was about another day: a
# child that was well a week ago may have a fever now. Our choice: a nurse would phone 12 to 24 hours before (P16).
ASKED_BEFORE = timedelta(hours=36)
# The step of a protocol that is done when all is answered: its key is the beginning of its slot.
READY_STEP = "evening-before"

Question = BriefingAnswer.Question


@dataclass(frozen=True, kw_only=True)
class AtHome:
    """A medicine that has to be at home: what is prescribed of it, and how many doses are still to be given."""

    medicine: PlanMedicine
    doses: int | None

    @property
    def is_as_needed(self) -> bool:
        """Whether it is given only when needed."""
        return self.medicine.use == PlanMedicine.Use.AS_NEEDED


@dataclass(frozen=True, kw_only=True)
class Ready:
    """The day before an infusion day: what is asked, what was answered, and the step that hangs on it."""

    day: InfusionDay
    asked: tuple[Question, ...]
    answers: dict[str, BriefingAnswer]
    asked_from: datetime
    step: Step | None

    @property
    def unanswered(self) -> tuple[Question, ...]:
        """The questions that nobody has answered yet."""
        return tuple(question for question in self.asked if question not in self.answers)

    @property
    def worries(self) -> tuple[BriefingAnswer, ...]:
        """The answers of "no", in the order of the questions."""
        answered = (self.answers.get(question) for question in self.asked)
        return tuple(answer for answer in answered if answer is not None and not answer.is_yes)


def ready_of(day: InfusionDay, *, medicines: list[AtHome] | None = None) -> Ready:
    """What is asked about a day and what was answered; three queries, or four where the medicines are not handed in."""
    at_home = at_home_of(day) if medicines is None else medicines
    return Ready(
        day=day,
        asked=tuple(question for question in Question if at_home or question != Question.MEDICINES),
        answers=answers_of(day),
        asked_from=day.planned_start - ASKED_BEFORE,
        step=ready_step(day),
    )


def answers_of(day: InfusionDay) -> dict[str, BriefingAnswer]:
    """The last answer to each question about a day, as it is planned now."""
    lately = day.answers.filter(at__gte=day.planned_start - ASKED_BEFORE).select_related("by")
    return {answer.question: answer for answer in lately}


def at_home_of(day: InfusionDay) -> list[AtHome]:
    """What the family gives itself: before the infusion, as a course, when needed. In the order of the plan."""
    plan = day.infusion.plan
    given_here = plan.medicines.order_by("pk")
    if plan.premedication_by != Plan.GivenBy.FAMILY or not plan.has_premedication:
        given_here = given_here.exclude(use=PlanMedicine.Use.PREMEDICATION)
    if not plan.has_course:
        given_here = given_here.exclude(use=PlanMedicine.Use.COURSE)
    doses = {(kind, ingredient): count for kind, ingredient, count in _doses_to_come(day)}
    return [AtHome(medicine=one, doses=doses.get((_STEP_KIND.get(one.use, ""), one.ingredient))) for one in given_here]


# Which kind of step a medicine becomes.
_STEP_KIND: dict[str, str] = {
    PlanMedicine.Use.PREMEDICATION: Kind.PREMEDICATION,
    PlanMedicine.Use.COURSE: Kind.MEDICINE,
}


def _doses_to_come(day: InfusionDay) -> QuerySet[Step, tuple[str, str, int]]:
    coming = day.infusion.steps.open().filter(actor=Actor.FAMILY).exclude(ingredient="").order_by()
    return coming.values_list("kind", "ingredient").annotate(count=Count("pk"))


def ready_step(day: InfusionDay) -> Step | None:
    """The step that is done when all is answered about this day; None where the protocol has none for it."""
    steps = day.infusion.steps.exclude(state=State.WITHDRAWN)
    return steps.filter(slot__startswith=f"{READY_STEP}.", day_number=day.number).first()
