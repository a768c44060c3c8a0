"""Doses that are no step: the ledger warns and asks why, combinations count each ingredient, and one looks again."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from fractions import Fraction

import pytest

from ivig_care.accounts.models import User
from ivig_care.actions.doses import dose_enter, dose_take_back
from ivig_care.actions.errors import PlanIncomplete, ReasonNeeded, Refused, TimeNotPossible
from ivig_care.actions.infusions import infusion_day_start
from ivig_care.actions.plans import MedicineOrder, plan_activate
from ivig_care.actions.reviews import review_sign
from ivig_care.actions.steps import step_tick
from ivig_care.plans.extra import Meant, Wanted, infusion_of, meant_by, offers_of, steps_meant
from ivig_care.plans.models import Dose, Infusion, PlanMedicine
from ivig_care.plans.prescription import unset_values
from ivig_care.protocols.models import Combination, CombinationPart
from ivig_care.protocols.selectors import rule_set_for
from ivig_care.regimen.ledger import Verdict
from ivig_care.reviews.models import Review
from tests.actors import People
from tests.conftest import ACTIVATED_AT, STARTS_AT
from tests.factories import MEDICINES, WHEN_NEEDED, active_infusion, drafted_plan, us_limit
from tests.web.clinic.story import finish

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
NOW = STARTS_AT + 2 * HOUR


@pytest.fixture
def relieved(people: People) -> Infusion:
    """An infusion whose plan has ibuprofen for when it is needed, at least 8 hours apart, at most 3 times; it runs."""
    us_limit("ibuprofen", hours=6, doses=4)
    infusion = active_infusion(
        child=people.lena, by=people.weiss, starts_at=STARTS_AT, at=ACTIVATED_AT, medicines=(*MEDICINES, WHEN_NEEDED)
    )
    infusion_day_start(day=infusion.days.get(number=1), by=people.maria, at=STARTS_AT, now=STARTS_AT)
    return infusion


def meant(infusion: Infusion, medicine: str, **how: str) -> Meant:
    amounts = {name: Fraction(amount) for name, amount in how.items()}
    return meant_by(Wanted(medicine=medicine, **amounts), infusion, rule_set_for("US").formulary)


def given(infusion: Infusion, by: User, medicine: str = "ibuprofen", *, at: object = NOW, **more: object) -> list[Dose]:
    what = meant(infusion, medicine, mg="200")
    return dose_enter(infusion=infusion, meant=what, by=by, at=at, now=NOW + 3 * DAY, **more)  # type: ignore[arg-type]


def test_a_dose_stands_with_who_gave_it_and_counts(relieved: Infusion, people: People) -> None:
    (dose,) = given(relieved, people.maria)
    assert (dose.ingredient, dose.mg, dose.step, dose.by_clinic) == ("ibuprofen", Decimal(200), None, False)
    (offer,) = offers_of(relieved, NOW + HOUR)
    assert offer.answer.verdict is Verdict.TOO_SOON
    assert offer.next_at(NOW + HOUR) == NOW + 8 * HOUR


def test_what_the_plan_has_is_offered_while_the_ledger_allows(relieved: Infusion, people: People) -> None:
    (offer,) = offers_of(relieved, NOW)
    assert (offer.is_allowed, offer.order.purpose, offer.order.dose.ml) == (True, "headache", Fraction(10))
    for hours in (0, 8, 16):
        given(relieved, people.maria, at=NOW + hours * HOUR)
    (offer,) = offers_of(relieved, NOW + 24 * HOUR - MINUTE)
    assert offer.answer.verdict is Verdict.TOO_SOON
    assert offers_of(relieved, STARTS_AT - MINUTE) == []


def test_another_within_the_interval_says_who_gave_the_last_and_asks_why(relieved: Infusion, people: People) -> None:
    given(relieved, people.sam)
    with pytest.raises(ReasonNeeded) as needed:
        given(relieved, people.maria, at=NOW + HOUR)
    assert needed.value.why == (
        "Already given by Sam, Mon 11:00 am. Two doses of ibuprofen need at least 8 h between them. "
        "Next allowed: Mon 7:00 pm."
    )
    assert Dose.objects.filter(ingredient="ibuprofen").count() == 1
    given(relieved, people.maria, at=NOW + HOUR, reason="vomited it")
    assert Dose.objects.get(reason="vomited it").given_at == NOW + HOUR


def test_the_same_form_twice_is_noticed_as_the_same_dose(relieved: Infusion, people: People) -> None:
    given(relieved, people.maria)
    with pytest.raises(ReasonNeeded, match="Already given by Maria"):
        given(relieved, people.maria)


def test_a_name_that_nobody_knows_is_recorded_all_the_same(relieved: Infusion, people: People) -> None:
    what = meant(relieved, "Magic  drops", ml="5")
    assert not what.is_known
    (dose,) = dose_enter(infusion=relieved, meant=what, by=people.maria, at=NOW, now=NOW)
    assert (dose.ingredient, dose.mg) == ("Magic drops", None)


def test_ml_become_mg_where_the_plan_knows_the_strength(relieved: Infusion) -> None:
    assert meant(relieved, "ibuprofen", ml="10").amounts[0].mg == 200
    assert meant(relieved, "diphenhydramine", ml="10").amounts[0].mg is None


def test_a_combination_is_one_dose_of_each_ingredient(relieved: Infusion, people: People) -> None:
    product = Combination.objects.create(name="Cold relief", country="US", unit="tablet", source="L1")
    for ingredient, mg in (("acetaminophen", 325), ("chlorphenamine", 2)):
        CombinationPart.objects.create(combination=product, ingredient=ingredient, mg=mg, source="L1")
    what = meant(relieved, "cold relief", units="2")
    assert what.is_combination
    doses = dose_enter(infusion=relieved, meant=what, by=people.maria, at=NOW, now=NOW, reason="cold")
    assert {(one.ingredient, one.mg) for one in doses} == {
        ("acetaminophen", Decimal(650)),
        ("chlorphenamine", Decimal(4)),
    }
    # mg of what, nobody can say.
    assert [one.mg for one in meant(relieved, "Cold relief", mg="500").amounts] == [None, None]
    dose_take_back(dose=doses[0], infusion=relieved, by=people.maria, now=NOW + MINUTE)
    assert {one.taken_back_at for one in Dose.objects.filter(medicine_name="cold relief")} == {NOW + MINUTE}


def test_the_course_counts_from_a_dose_besides(relieved: Infusion, people: People) -> None:
    due = relieved.steps.get(slot="acetaminophen-course.1").due_at
    given(relieved, people.maria, "acetaminophen", at=due - HOUR, reason="fever")
    assert relieved.steps.get(slot="acetaminophen-course.1").due_at > due


def test_a_dose_that_may_be_one_of_the_checklist_is_noticed(relieved: Infusion) -> None:
    step = relieved.steps.get(slot="premedication.d1.acetaminophen")
    assert step in steps_meant(relieved, meant(relieved, "acetaminophen", mg="300"), STARTS_AT)
    assert steps_meant(relieved, meant(relieved, "ibuprofen", mg="200"), STARTS_AT) == []


def test_somebody_looks_again_an_hour_later(relieved: Infusion, people: People) -> None:
    (dose,) = given(relieved, people.maria)
    step = relieved.steps.get(slot=f"recheck.{dose.pk}")
    assert (step.due_at, step.kind, step.is_nudged) == (NOW + HOUR, "check", True)
    dose_take_back(dose=dose, infusion=relieved, by=people.maria, now=NOW + MINUTE)
    step.refresh_from_db()
    assert step.state == "withdrawn"


def test_nobody_looks_again_after_the_nurse_or_what_is_not_for_need(relieved: Infusion, people: People) -> None:
    given(relieved, people.maria, by_clinic=True)
    given(relieved, people.maria, "acetaminophen", reason="fever")
    assert not relieved.steps.filter(slot__startswith="recheck").exists()


def test_the_next_infusion_asks_nothing_of_the_last(relieved: Infusion, people: People) -> None:
    given(relieved, people.maria)
    later = active_infusion(
        child=people.lena,
        by=people.weiss,
        starts_at=STARTS_AT + 5 * DAY,
        at=STARTS_AT + 4 * DAY,
        medicines=(*MEDICINES, WHEN_NEEDED),
    )
    assert not later.steps.filter(slot__startswith="recheck").exists()
    assert infusion_of(Dose.objects.get(ingredient="ibuprofen")) == relieved


def test_taking_back_twice_changes_nothing(relieved: Infusion, people: People) -> None:
    (dose,) = given(relieved, people.maria)
    dose_take_back(dose=dose, infusion=relieved, by=people.maria, now=NOW + MINUTE)
    dose_take_back(dose=dose, infusion=relieved, by=people.sam, now=NOW + HOUR)
    dose.refresh_from_db()
    assert dose.taken_back_at == NOW + MINUTE


def test_the_dose_of_a_step_is_taken_back_at_the_step(relieved: Infusion, people: People) -> None:
    step = relieved.steps.get(slot="premedication.d1.acetaminophen")
    step_tick(step=step, by=people.maria, at=STARTS_AT, now=STARTS_AT)
    with pytest.raises(Refused, match="undo it there"):
        dose_take_back(dose=step.doses.get(), infusion=relieved, by=people.maria, now=NOW)


def test_nothing_is_given_in_the_future(relieved: Infusion, people: People) -> None:
    with pytest.raises(TimeNotPossible):
        dose_enter(
            infusion=relieved, meant=meant(relieved, "ibuprofen", mg="200"), by=people.maria, at=NOW + HOUR, now=NOW
        )


def test_a_signed_checklist_stays_as_it_is_and_the_dose_counts(relieved: Infusion, people: People) -> None:
    finish(relieved, by=people.maria)
    review_sign(review=Review.objects.get(infusion=relieved), by=people.weiss, note="", next_time="", at=NOW + 20 * DAY)
    steps = relieved.steps.count()
    what = meant(relieved, "ibuprofen", mg="200")
    dose_enter(infusion=relieved, meant=what, by=people.maria, at=NOW + 21 * DAY, now=NOW + 21 * DAY)
    assert relieved.steps.count() == steps


def test_a_plan_says_everything_of_what_is_for_need(people: People) -> None:
    plan = drafted_plan(
        child=people.lena,
        by=people.weiss,
        starts_at=STARTS_AT,
        at=ACTIVATED_AT,
        medicines=(*MEDICINES, MedicineOrder(use=PlanMedicine.Use.AS_NEEDED, ingredient="ibuprofen")),
    )
    assert unset_values(plan) == (
        "ibuprofen when needed: amount, what it is for, how often at most, how many times in 24 hours at most, "
        "until when",
    )
    with pytest.raises(PlanIncomplete):
        plan_activate(plan=plan, by=people.weiss, at=ACTIVATED_AT)
