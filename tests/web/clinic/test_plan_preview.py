"""The preview: every dated step with its nudges, the ladder, the ledger, cautions with sources, nights."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from fractions import Fraction

import pytest
import time_machine
from django.test import Client
from django.urls import reverse

from ivig_care.actions.plans import MedicineOrder, PlanOrder, RateOrder, plan_activate, plan_prescribe
from ivig_care.plans.models import Plan
from ivig_care.plans.outlook import Line, Outlook
from ivig_care.protocols.models import ProtocolVersion
from tests.actors import People
from tests.conftest import ACTIVATED_AT, STARTS_AT
from tests.factories import ACETAMINOPHEN_COURSE, LADDER, MEDICINES, drafted_plan, e1_order

DAY = timedelta(days=1)


@pytest.fixture
def complete(people: People) -> Plan:
    """A complete draft of worked example E1."""
    return drafted_plan(child=people.lena, by=people.weiss, starts_at=STARTS_AT, at=ACTIVATED_AT)


def _preview(plan: Plan) -> str:
    return reverse("plan_preview", args=[plan.pk])


def _outlook(doctor: Client, plan: Plan) -> Outlook:
    outlook = doctor.get(_preview(plan)).context["outlook"]
    assert isinstance(outlook, Outlook)
    return outlook


def _lines(outlook: Outlook) -> dict[str, Line]:
    return {line.step.slot: line for _, lines in outlook.timeline for line in lines}


def _prescribe(
    plan: Plan,
    *,
    order: PlanOrder | None = None,
    rates: tuple[RateOrder, ...] = LADDER,
    medicines: tuple[MedicineOrder, ...] = MEDICINES,
    starts_at: datetime = STARTS_AT,
) -> None:
    starts = [starts_at, starts_at + DAY]
    order = order or e1_order()
    by, at = plan.prescribed_by, plan.created_at
    plan_prescribe(plan=plan, order=order, rates=rates, medicines=medicines, starts=starts, by=by, at=at)


def test_every_step_of_e1_stands_there_with_its_time(complete: Plan, doctor: Client) -> None:
    outlook = _outlook(doctor, complete)
    lines = _lines(outlook)
    acetaminophen = [line for line in lines.values() if line.step.dose and line.step.dose.ingredient == "acetaminophen"]
    assert len(acetaminophen) == 13
    assert lines["acetaminophen-course.1"].step.moment == datetime(2026, 6, 15, 21, 30, tzinfo=UTC)
    assert lines["check-72.d2"].step.moment == datetime(2026, 6, 19, 20, 47, 30, tzinfo=UTC)
    assert [str(day) for day, _ in outlook.timeline][:3] == ["2026-06-14", "2026-06-15", "2026-06-16"]


def test_each_step_names_its_nudges(complete: Plan, doctor: Client) -> None:
    line = _lines(_outlook(doctor, complete))["premedication.d1.acetaminophen"]
    due = datetime.fromisoformat("2026-06-15T08:30:00-07:00")
    assert [alarm.at for alarm in line.alarms] == [due + timedelta(minutes=minutes) for minutes in (-30, 0, 15, 30, 45)]
    page = doctor.get(_preview(complete)).content.decode()
    assert "any time from 8:00 am to 11:30 am" in page
    assert "Nudges: 8:00 am, 8:30 am, 8:45 am, 9:00 am, 9:15 am the second caregiver." in page


def test_nobody_is_nudged_for_what_the_clinic_gives(complete: Plan, doctor: Client) -> None:
    _prescribe(complete, order=replace(e1_order(), premedication_by="clinic"))
    line = _lines(_outlook(doctor, complete))["premedication.d1.acetaminophen"]
    assert (line.alarms, line.step.actor) == ((), "clinic")


def test_the_ladder_says_rates_volumes_and_clock_times(complete: Plan, doctor: Client) -> None:
    outlook = _outlook(doctor, complete)
    rungs = [
        (float(r.rung.ml_per_kg_h), float(r.rung.ml_h), float(r.rung.minutes), float(r.rung.volume_ml))
        for r in outlook.rates
    ]
    assert rungs == [(0.6, 12, 30, 6), (1.2, 24, 30, 12), (2.4, 48, 227.5, 182)]
    assert [r.begins[1] - r.begins[0] for r in outlook.rates] == [DAY, DAY, DAY]
    page = doctor.get(_preview(complete)).content.decode()
    assert "Mon 15 Jun, 9:00 am to 1:48 pm, 4 h 48 min (predicted)" in page
    assert "40 g in all, 20 g = 200 mL on each of 2 days" in page


def test_the_ledger_stands_beside_what_is_known(complete: Plan, doctor: Client) -> None:
    first, second = _outlook(doctor, complete).ledger
    assert (first.tally.ingredient, first.doses, first.gap_words, first.interval_words) == (
        "acetaminophen",
        13,
        "6 h",
        "4 h",
    )
    assert (first.tally.most_in_24h, first.mg_per_kg_24h) == (4, Fraction(60))
    assert (second.tally.ingredient, second.doses) == ("diphenhydramine", 2)


def test_doses_of_long_ago_do_not_count(complete: Plan, people: People, doctor: Client) -> None:
    for minutes in (0, 30):
        given_at = ACTIVATED_AT - timedelta(days=30, minutes=minutes)
        people.lena.doses.create(
            ingredient="acetaminophen", mg=300, given_at=given_at, entered_at=given_at, entered_by=people.maria
        )
    outlook = _outlook(doctor, complete)
    assert outlook.ledger[0].gap_words == "6 h"
    assert outlook.warnings == []


def test_cautions_name_their_source(complete: Plan, doctor: Client) -> None:
    _prescribe(complete, order=replace(e1_order(), has_risk=True))
    (caution,) = _outlook(doctor, complete).warnings
    assert (caution.code, caution.source) == ("rate-above-ceiling", "S12")
    page = doctor.get(_preview(complete)).content.decode()
    assert "The ladder goes above 2 mL/kg/h (risk cap).</strong>" in page
    assert "[S12]" in page


def test_night_doses_wake_the_child_or_wait(complete: Plan, doctor: Client) -> None:
    night_dose = "acetaminophen-course.3"
    assert _lines(_outlook(doctor, complete))[night_dose].night == "wakes the child"
    asleep = replace(ACETAMINOPHEN_COURSE, may_wake=False)
    _prescribe(complete, medicines=(*MEDICINES[:2], asleep))
    lines = _lines(_outlook(doctor, complete))
    assert lines["acetaminophen-course.1"].night == ""
    assert lines["acetaminophen-course.2"].night == ""
    # The first night's would come too close to the second premedication; the second night's is due at 7.
    assert lines[night_dose].night == ""
    shifted = lines["acetaminophen-course.5"]
    assert shifted.night == "moved to the morning from 02:30"
    assert shifted.step.window.due_at == datetime.fromisoformat("2026-06-17T07:00:00-07:00")
    assert "night: moved to the morning from 02:30" in doctor.get(_preview(complete)).content.decode()


def test_days_that_overlap_are_a_caution(complete: Plan, doctor: Client) -> None:
    _prescribe(complete, rates=(RateOrder(ml_per_kg_h=Decimal("0.3")),))
    codes = [caution.code for caution in _outlook(doctor, complete).warnings]
    assert codes == ["days-overlap"]


def test_steps_already_over_are_a_caution(complete: Plan, doctor: Client, clock: time_machine.Traveller) -> None:
    clock.move_to(STARTS_AT)
    (caution,) = _outlook(doctor, complete).warnings
    assert caution.text == "2 of 26 steps are already over and would stand there as missed."


def test_where_fluids_are_limited_nobody_is_asked_to_drink_more(complete: Plan, doctor: Client) -> None:
    _prescribe(complete, order=replace(e1_order(), has_fluid_limit=True, fluids_goal_ml=None))
    assert b"drink" not in doctor.get(_preview(complete)).content


def test_a_protocol_that_asks_for_drinks_all_the_same_is_a_caution(complete: Plan, doctor: Client) -> None:
    document = complete.version.document
    document["steps"][0]["unless"] = ""
    ProtocolVersion.objects.update(document=document)
    _prescribe(complete, order=replace(e1_order(), has_fluid_limit=True, fluids_goal_ml=None))
    assert [caution.code for caution in _outlook(doctor, complete).warnings] == ["fluids-limited"]


def test_what_is_unset_stands_there_instead_and_nothing_can_be_activated(draft: Plan, doctor: Client) -> None:
    response = doctor.get(_preview(draft))
    page = response.content.decode()
    assert response.context["outlook"] is None
    assert f'href="{reverse("plan_edit", args=[draft.pk])}#ladder"' in page
    assert reverse("plan_activate", args=[draft.pk]) not in page


def test_a_course_without_end_is_said_and_not_a_server_error(complete: Plan, doctor: Client) -> None:
    endless = replace(ACETAMINOPHEN_COURSE, every_hours=Decimal("0.1"))
    _prescribe(complete, medicines=(*MEDICINES[:2], endless))
    response = doctor.get(_preview(complete))
    assert response.status_code == 200
    assert "would have more than 200 doses" in response.content.decode()


def test_an_active_plan_shows_its_steps_without_the_button(complete: Plan, people: People, doctor: Client) -> None:
    plan_activate(plan=complete, by=people.weiss, at=ACTIVATED_AT)
    page = doctor.get(_preview(complete)).content.decode()
    assert "Active since Fri 12 Jun, 10:00 am, prescribed by Weiss." in page
    assert reverse("plan_activate", args=[complete.pk]) not in page
    assert reverse("infusion_review", args=[complete.infusions.get().pk]) in page
