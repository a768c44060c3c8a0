"""Drafting, prescribing and activating a plan."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from ivig_care.actions.errors import PlanIncomplete, PlanNotDraft, Refused
from ivig_care.actions.plans import MedicineOrder, PlanOrder, plan_activate, plan_draft, plan_prescribe
from ivig_care.actions.protocols import built_in_protocols_load, protocol_publish
from ivig_care.plans.models import Plan, Step
from ivig_care.plans.prescription import unset_values
from ivig_care.protocols.models import ProtocolVersion
from tests.actors import People
from tests.conftest import ACTIVATED_AT, STARTS_AT
from tests.factories import (
    ACETAMINOPHEN_COURSE,
    LADDER,
    MEDICINES,
    built_in_version,
    drafted_plan,
    e1_order,
)

STARTS = (STARTS_AT, STARTS_AT + timedelta(days=1))
WHOLE: dict[str, Any] = {"rates": LADDER, "medicines": MEDICINES, "starts": STARTS}


@pytest.fixture
def draft(people: People) -> Plan:
    """A complete draft of worked example E1."""
    return drafted_plan(child=people.lena, by=people.weiss, starts_at=STARTS_AT, at=ACTIVATED_AT)


def _prescribe(plan: Plan, *, order: PlanOrder | None = None, **parts: Any) -> Plan:
    said = {**WHOLE, **parts}
    return plan_prescribe(plan=plan, order=order or e1_order(), by=plan.prescribed_by, at=ACTIVATED_AT, **said)


def test_a_new_draft_prescribes_nothing(people: People) -> None:
    plan = plan_draft(child=people.lena, version=built_in_version(ACTIVATED_AT), by=people.weiss, at=ACTIVATED_AT)
    assert (plan.status, plan.infusions.get().zone, Step.objects.count()) == ("draft", people.lena.zone, 0)
    assert unset_values(plan)[:3] == ("product", "dose", "weight")
    assert len(unset_values(plan)) == 13


def test_a_complete_draft_has_nothing_unset(draft: Plan) -> None:
    assert unset_values(draft) == ()


@pytest.mark.parametrize(
    ("gone", "words"),
    [
        ({"product": None}, "product"),
        ({"dose_g_per_kg": None}, "dose"),
        ({"weight_kg": None}, "weight"),
        ({"weighed_on": None}, "date of the weight"),
        ({"has_risk": None}, "whether there is a risk of kidney injury or thrombosis"),
        ({"has_premedication": None}, "whether there is premedication"),
        ({"premedication_minutes_before": None}, "how long before the start premedication is given"),
        ({"premedication_by": ""}, "who gives premedication"),
        ({"has_course": None}, "whether there is a course afterwards"),
        ({"has_fluid_limit": None}, "whether fluids are limited"),
        ({"fluids_goal_ml": None}, "fluid goal"),
        ({"fluids_hours_after": None}, "how long extra fluids go on"),
    ],
)
def test_one_unset_value_stops_activation_and_is_named(gone: dict[str, Any], words: str, draft: Plan) -> None:
    plan = _prescribe(draft, order=replace(e1_order(), **gone))
    with pytest.raises(PlanIncomplete) as refused:
        plan_activate(plan=plan, by=plan.prescribed_by, at=ACTIVATED_AT)
    assert words in refused.value.unset
    assert words in str(refused.value)
    plan.refresh_from_db()
    assert (plan.status, plan.activated_at, Step.objects.count()) == ("draft", None, 0)


@pytest.mark.parametrize(
    ("parts", "words"),
    [
        ({"rates": ()}, "rate ladder"),
        ({"rates": (replace(LADDER[0], minutes=None), LADDER[2])}, "minutes of rate 1"),
        ({"starts": STARTS[:1]}, "start times of 2 days"),
        ({"starts": (*STARTS, STARTS_AT + timedelta(days=2))}, "start times of 2 days"),
        (
            {"medicines": (replace(MEDICINES[0], mg=None), *MEDICINES[1:])},
            "amount of acetaminophen before the infusion",
        ),
        ({"medicines": MEDICINES[:2]}, "medicines of the course afterwards"),
        (
            {"medicines": (*MEDICINES[:2], replace(ACETAMINOPHEN_COURSE, may_wake=None))},
            "acetaminophen afterwards: whether it may wake the child",
        ),
        (
            {"medicines": MEDICINES[1:]},
            "acetaminophen in the premedication, from which its course counts",
        ),
    ],
)
def test_one_missing_part_stops_activation_and_is_named(parts: dict[str, Any], words: str, draft: Plan) -> None:
    plan = _prescribe(draft, **parts)
    assert unset_values(plan) == (words,)
    with pytest.raises(PlanIncomplete):
        plan_activate(plan=plan, by=plan.prescribed_by, at=ACTIVATED_AT)
    assert not Step.objects.exists()


def test_no_premedication_no_course_and_limited_fluids_are_answers(draft: Plan) -> None:
    order = PlanOrder(
        **{
            **vars(e1_order()),
            "has_premedication": False,
            "premedication_minutes_before": None,
            "premedication_by": "",
            "has_course": False,
            "has_fluid_limit": True,
            "fluids_goal_ml": None,
        }
    )
    plan = _prescribe(draft, order=order, medicines=())
    assert unset_values(plan) == ()
    plan_activate(plan=plan, by=plan.prescribed_by, at=ACTIVATED_AT)
    assert not Step.objects.exclude(ingredient="").exists()


def test_activation_dates_the_checklist(draft: Plan, people: People) -> None:
    plan_activate(plan=draft, by=people.weiss, at=ACTIVATED_AT)
    draft.refresh_from_db()
    assert (draft.status, draft.activated_at, draft.prescribed_by) == ("active", ACTIVATED_AT, people.weiss)
    steps = Step.objects.filter(infusion__plan=draft)
    assert (steps.count(), steps.filter(state="open").count()) == (26, 26)


def test_a_second_activation_is_refused_and_changes_nothing(draft: Plan, people: People) -> None:
    plan_activate(plan=draft, by=people.weiss, at=ACTIVATED_AT)
    before = list(Step.objects.values_list("pk", "due_at"))
    with pytest.raises(PlanNotDraft, match="This plan is active"):
        plan_activate(plan=draft, by=people.weiss, at=ACTIVATED_AT + timedelta(hours=1))
    draft.refresh_from_db()
    assert (draft.activated_at, list(Step.objects.values_list("pk", "due_at"))) == (ACTIVATED_AT, before)


def test_an_active_plan_is_not_prescribed_anew(draft: Plan, people: People) -> None:
    plan_activate(plan=draft, by=people.weiss, at=ACTIVATED_AT)
    with pytest.raises(PlanNotDraft):
        _prescribe(draft, order=replace(e1_order(), weight_kg=Decimal(30)), rates=())
    draft.refresh_from_db()
    assert (draft.weight_kg, draft.rates.count()) == (Decimal(20), 3)


def test_a_schedule_that_cannot_be_made_refuses_the_activation(draft: Plan, people: People) -> None:
    endless = replace(ACETAMINOPHEN_COURSE, every_hours=Decimal("0.1"))
    plan = _prescribe(draft, medicines=(*MEDICINES[:2], endless))
    with pytest.raises(Refused, match="more than 200 doses"):
        plan_activate(plan=plan, by=people.weiss, at=ACTIVATED_AT)
    plan.refresh_from_db()
    assert (plan.status, Step.objects.count()) == ("draft", 0)


def test_prescribing_again_replaces_everything(draft: Plan) -> None:
    plan = _prescribe(draft, order=PlanOrder(), rates=LADDER[:1], medicines=(), starts=STARTS[1:])
    plan.refresh_from_db()
    assert (plan.weight_kg, plan.product, plan.has_risk, plan.premedication_by) == (None, None, None, "")
    assert (plan.rates.count(), plan.medicines.count()) == (1, 0)
    assert [day.planned_start for day in plan.infusions.get().days.all()] == [STARTS[1]]


def test_starts_are_numbered_in_order_of_time(draft: Plan) -> None:
    _prescribe(draft, starts=STARTS[::-1])
    days = draft.infusions.get().days.values_list("number", "planned_start")
    assert list(days) == [(1, STARTS[0]), (2, STARTS[1])]


def test_a_medicine_twice_for_one_use_is_refused(draft: Plan) -> None:
    twice = MedicineOrder(use="course", ingredient="acetaminophen")
    with pytest.raises(Refused, match="acetaminophen stands twice in the course afterwards"):
        _prescribe(draft, medicines=(twice, twice))
    assert draft.medicines.count() == 3


def test_a_published_version_never_changes_under_a_plan(draft: Plan, people: People) -> None:
    document = {**draft.version.document, "days": 5}
    newer = protocol_publish(slug="jdm-2g-2days", name="JDM", document=document, at=ACTIVATED_AT)
    assert (newer.number, newer.pk) != (draft.version.number, draft.version.pk)
    plan_activate(plan=draft, by=people.weiss, at=ACTIVATED_AT)
    draft.refresh_from_db()
    assert draft.version.document["days"] == 2
    assert protocol_publish(slug="jdm-2g-2days", name="JDM", document=document, at=ACTIVATED_AT) == newer
    assert ProtocolVersion.objects.count() == 2
    built_in_protocols_load(at=ACTIVATED_AT)
    assert ProtocolVersion.objects.get(pk=newer.pk).document == document
