"""What is different in a plan from the one before it, in words."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

from django.utils.translation import override

from ivig_care.actions.infusions import infusion_cancel
from ivig_care.plans.differences import Difference, differences, infusion_before
from ivig_care.plans.models import Infusion, Plan, PlanMedicine
from ivig_care.protocols.models import Product
from tests.actors import People
from tests.conftest import ACTIVATED_AT, STARTS_AT
from tests.factories import active_infusion, drafted_plan

WEEKS = timedelta(weeks=4)


def _next(people: People) -> Infusion:
    """Lena's infusion four weeks on, as the one before was prescribed."""
    starts = STARTS_AT + WEEKS
    return active_infusion(child=people.lena, by=people.weiss, starts_at=starts, at=ACTIVATED_AT + WEEKS)


def test_the_same_again_differs_in_nothing(infusion: Infusion, people: People) -> None:
    assert differences(infusion.plan, _next(people).plan) == []


def test_each_value_that_changed_stands_there_old_and_new(infusion: Infusion, people: People) -> None:
    plan = _next(people).plan
    plan.product = Product.objects.create(name="Privigen 10 %", mg_per_ml=100, source="S8")
    plan.weight_kg, plan.dose_g_per_kg = Decimal("21.4"), Decimal("1.5")
    plan.premedication_by, plan.premedication_minutes_before = "clinic", 60
    plan.fluids_goal_ml = 1800
    plan.rates.filter(position=3).update(ml_per_kg_h=Decimal(2))
    assert differences(infusion.plan, plan) == [
        Difference(what="Product", before="Octagam 10 %", after="Privigen 10 %"),
        Difference(what="Dose", before="2 g for each kg", after="1.5 g for each kg"),
        Difference(what="Weight", before="20 kg", after="21.4 kg"),
        Difference(
            what="Rates",
            before="0.6 mL/kg/h for 30 min, then 1.2 mL/kg/h for 30 min, then 2.4 mL/kg/h",
            after="0.6 mL/kg/h for 30 min, then 1.2 mL/kg/h for 30 min, then 2 mL/kg/h",
        ),
        Difference(
            what="Medicines before the infusion",
            before="30 minutes before the start, you give them",
            after="60 minutes before the start, the clinic gives them",
        ),
        Difference(
            what="Drinks",
            before="1500 mL in 24 hours, until 48 h after the end",
            after="1800 mL in 24 hours, until 48 h after the end",
        ),
    ]


def test_medicines_that_came_went_and_changed(infusion: Infusion, people: People) -> None:
    plan = _next(people).plan
    plan.medicines.filter(ingredient="diphenhydramine").delete()
    plan.medicines.filter(use="course").update(may_wake=False, every_hours=Decimal(8))
    PlanMedicine.objects.create(
        plan=plan,
        use="as needed",
        ingredient="ondansetron",
        mg=4,
        every_hours=Decimal(8),
        purpose="vomiting",
        most_in_24h=2,
    )
    assert differences(infusion.plan, plan) == [
        Difference(
            what="Acetaminophen afterwards",
            before="300 mg, every 6 h, first one interval after the medicines before the infusion,"
            " until 48 h after the end, also at night",
            after="300 mg, every 8 h, first one interval after the medicines before the infusion,"
            " until 48 h after the end, not at night",
        ),
        Difference(
            what="Ondansetron when needed",
            before="",
            after="4 mg, at least 8 h apart, for vomiting, at most 2 in 24 hours",
        ),
        Difference(what="Diphenhydramine before the infusion", before="20 mg", after=""),
    ]


def test_what_stands_under_a_no_is_not_given_and_limits_are_said(infusion: Infusion, people: People) -> None:
    plan = _next(people).plan
    plan.has_premedication, plan.has_course, plan.has_fluid_limit = False, False, True
    found = {one.what: (one.before, one.after) for one in differences(infusion.plan, plan)}
    assert found["Medicines before the infusion"] == ("30 minutes before the start, you give them", "none")
    assert found["Drinks"] == ("1500 mL in 24 hours, until 48 h after the end", "limited: as the clinic told you")
    assert found["Acetaminophen afterwards"][1] == found["Diphenhydramine before the infusion"][1] == ""


def test_another_language_makes_no_difference(infusion: Infusion, people: People) -> None:
    plan = _next(people).plan
    with override("es"):
        assert differences(infusion.plan, plan) == []


def test_the_infusion_before_is_the_last_that_was_to_take_place(infusion: Infusion, people: People) -> None:
    now = ACTIVATED_AT
    following = _next(people)
    assert infusion_before(infusion) is None
    assert infusion_before(following) == infusion
    between = active_infusion(
        child=people.lena, by=people.weiss, starts_at=STARTS_AT + timedelta(weeks=2), at=ACTIVATED_AT
    )
    assert infusion_before(following) == between
    infusion_cancel(infusion=between, by=people.weiss, now=now)
    drafted_plan(child=people.lena, by=people.weiss, starts_at=STARTS_AT + timedelta(weeks=3), at=now)
    active_infusion(child=people.kai, by=people.lee, starts_at=STARTS_AT + timedelta(weeks=3), at=now)
    assert infusion_before(following) == infusion
    empty = Infusion.objects.create(plan=Plan.objects.latest("pk"), zone="UTC")
    assert infusion_before(empty) is None
