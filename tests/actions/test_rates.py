"""Rates, pauses and going on: open steps follow the end, and what is taken back is as if it had never been said."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal

import pytest
from django.utils.translation import override
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ivig_care.actions.errors import Refused, ReviewSigned, TimeNotPossible
from ivig_care.actions.infusions import infusion_day_end, infusion_day_start, infusion_day_undo
from ivig_care.actions.rates import infusion_day_pause, infusion_day_resume, rate_enter, rate_take_back
from ivig_care.actions.reviews import review_sign
from ivig_care.care_teams.models import AuditEvent
from ivig_care.plans.card import worked_out
from ivig_care.plans.models import Infusion, InfusionDay, RateEntry
from ivig_care.reviews.models import Concern, Review
from tests.actors import People
from tests.conftest import STARTS_AT

MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
# Worked example E1: 12 mL/h, 24 mL/h, then 48 mL/h, 287.5 minutes in all.
ENDS_AT = STARTS_AT + timedelta(minutes=287, seconds=30)


@pytest.fixture
def day(infusion: Infusion, people: People) -> InfusionDay:
    """Day 1, which has started as planned."""
    infusion_day_start(day=infusion.days.get(number=1), by=people.maria, at=STARTS_AT, now=STARTS_AT)
    return infusion.days.get(number=1)


def ends_at(day: InfusionDay) -> datetime:
    """When the day is predicted to end."""
    return worked_out(InfusionDay.objects.get(pk=day.pk)).run.ends_at


def dues(day: InfusionDay) -> dict[str, datetime]:
    """Every step's due time by slot."""
    return dict(day.infusion.steps.values_list("slot", "due_at"))


def test_a_rate_of_the_plan_at_its_time_moves_nothing(day: InfusionDay, people: People) -> None:
    before = dues(day)
    at = STARTS_AT + 30 * MINUTE
    entered = rate_enter(day=day, ml_h=Decimal(24), by=people.maria, at=at, now=at)
    assert (entered.entry.ml_h, entered.entry.at, entered.entry.by) == (Decimal("24.0"), at, people.maria)
    assert (dues(day), ends_at(day)) == (before, ENDS_AT)


def test_a_slower_rate_moves_the_end_and_the_steps_that_hang_on_it(day: InfusionDay, people: People) -> None:
    at = STARTS_AT + HOUR
    # 18 mL are in; the other 182 mL take 7 h 35 min at 24 mL/h, which is held.
    rate_enter(day=day, ml_h=Decimal(24), by=people.maria, at=STARTS_AT + 30 * MINUTE, now=at)
    rate_enter(day=day, ml_h=Decimal("23.0"), by=people.maria, at=at, now=at)
    late = at + timedelta(hours=182 / 23) - ENDS_AT
    assert abs(ends_at(day) - ENDS_AT - late) <= timedelta(seconds=1)


def test_the_steps_after_the_last_day_follow_its_end(infusion: Infusion, people: People) -> None:
    day = infusion.days.get(number=2)
    start = day.planned_start
    infusion_day_start(day=day, by=people.maria, at=start, now=start)
    before = dues(day)["check-24.d2"]
    at = start + 2 * HOUR
    infusion_day_pause(day=day, by=people.maria, at=at, now=at)
    infusion_day_resume(day=day, by=people.maria, at=at + 20 * MINUTE, now=at + 20 * MINUTE)
    assert dues(day)["check-24.d2"] == before + 20 * MINUTE


@settings(
    max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@given(begins=st.integers(61, 280), lasts=st.integers(1, 240))
def test_a_pause_on_the_last_rung_shifts_the_end_by_itself_and_taking_back_restores_it(
    day: InfusionDay, people: People, begins: int, lasts: int
) -> None:
    before, was = dues(day), ends_at(day)
    at = STARTS_AT + begins * MINUTE
    paused = infusion_day_pause(day=day, by=people.maria, at=at, now=at)
    assert (ends_at(day), worked_out(day).run.is_paused) == (was, True)
    goes_on = at + lasts * MINUTE
    resumed = infusion_day_resume(day=day, by=people.sam, at=goes_on, now=goes_on)
    assert resumed.entry.ml_h == Decimal("48.0")
    assert ends_at(day) == was + lasts * MINUTE
    rate_take_back(entry=resumed.entry, by=people.maria, now=goes_on)
    rate_take_back(entry=paused.entry, by=people.maria, now=goes_on)
    assert (dues(day), ends_at(day)) == (before, was)


def test_after_a_pause_on_an_earlier_rung_that_rung_begins_anew(day: InfusionDay, people: People) -> None:
    at = STARTS_AT + 40 * MINUTE
    infusion_day_pause(day=day, by=people.maria, at=at, now=at)
    goes_on = at + 15 * MINUTE
    resumed = infusion_day_resume(day=day, by=people.maria, at=goes_on, now=goes_on)
    assert resumed.entry.ml_h == Decimal("24.0")
    # Ten minutes of it had run: those 4 mL less are to give at the end, at 48 mL/h.
    assert ends_at(day) == ENDS_AT + 15 * MINUTE + 5 * MINUTE


def test_it_can_go_on_at_another_rate(day: InfusionDay, people: People) -> None:
    at = STARTS_AT + 2 * HOUR
    infusion_day_pause(day=day, by=people.maria, at=at, now=at)
    entered = infusion_day_resume(day=day, by=people.maria, at=at + MINUTE, now=at + MINUTE, ml_h=Decimal(24))
    assert entered.entry.ml_h == Decimal("24.0")


def test_the_same_said_twice_is_said_once(day: InfusionDay, people: People) -> None:
    at = STARTS_AT + HOUR
    first = rate_enter(day=day, ml_h=Decimal(48), by=people.maria, at=at, now=at)
    second = rate_enter(day=day, ml_h=Decimal(48), by=people.sam, at=at, now=at + MINUTE)
    assert (first.entry, second.is_new) == (second.entry, False)
    pause = infusion_day_pause(day=day, by=people.maria, at=at + HOUR, now=at + HOUR)
    assert infusion_day_pause(day=day, by=people.sam, at=at + HOUR, now=at + HOUR).entry == pause.entry
    assert RateEntry.objects.count() == 2


def test_set_paused_and_going_on_within_one_minute_is_going_on(day: InfusionDay, people: People) -> None:
    at = STARTS_AT + HOUR
    rate_enter(day=day, ml_h=Decimal(48), by=people.maria, at=at, now=at)
    infusion_day_pause(day=day, by=people.maria, at=at, now=at)
    on = infusion_day_resume(day=day, by=people.maria, at=at, now=at)
    assert (on.is_new, on.entry.ml_h) == (True, Decimal("48.0"))
    assert (ends_at(day), worked_out(day).run.is_paused) == (ENDS_AT, False)


def test_what_is_paused_is_not_paused_again_and_what_runs_does_not_go_on(day: InfusionDay, people: People) -> None:
    at = STARTS_AT + HOUR
    with pytest.raises(Refused, match="It is not paused"):
        infusion_day_resume(day=day, by=people.maria, at=at, now=at)
    infusion_day_pause(day=day, by=people.maria, at=at, now=at)
    with pytest.raises(Refused, match="It is paused already"):
        infusion_day_pause(day=day, by=people.sam, at=at + MINUTE, now=at + MINUTE)
    assert RateEntry.objects.count() == 1


@pytest.mark.parametrize(
    ("minutes", "words"), [(-1, "before the infusion started"), (3 * 60 + 3, "has not come"), (121, "had ended")]
)
def test_a_time_that_cannot_be_is_refused(day: InfusionDay, people: People, minutes: int, words: str) -> None:
    now = STARTS_AT + 3 * HOUR
    infusion_day_end(day=day, by=people.maria, at=STARTS_AT + 2 * HOUR, now=now)
    with pytest.raises(TimeNotPossible, match=words):
        rate_enter(day=day, ml_h=Decimal(24), by=people.maria, at=STARTS_AT + minutes * MINUTE, now=now)
    assert RateEntry.objects.count() == 0


def test_what_ran_can_still_be_said_after_the_end(day: InfusionDay, people: People) -> None:
    now = STARTS_AT + 5 * HOUR
    infusion_day_end(day=day, by=people.maria, at=now, now=now)
    rate_enter(day=day, ml_h=Decimal(24), by=people.maria, at=STARTS_AT + HOUR, now=now + HOUR)
    assert ends_at(day) == now


def test_before_the_start_nothing_runs(infusion: Infusion, people: People) -> None:
    with pytest.raises(TimeNotPossible, match="Say first when the infusion started"):
        rate_enter(day=infusion.days.get(number=1), ml_h=Decimal(12), by=people.maria, at=STARTS_AT, now=STARTS_AT)


@pytest.mark.parametrize("ml_h", ["-1", "10000"])
def test_a_number_that_no_pump_shows_is_a_slip(day: InfusionDay, people: People, ml_h: str) -> None:
    with pytest.raises(Refused, match="Look at the number again"):
        rate_enter(day=day, ml_h=Decimal(ml_h), by=people.maria, at=STARTS_AT, now=STARTS_AT)


def test_a_signed_checklist_takes_no_rate(day: InfusionDay, people: People) -> None:
    entry = rate_enter(day=day, ml_h=Decimal(12), by=people.maria, at=STARTS_AT, now=STARTS_AT).entry
    review = Review.objects.create(infusion=day.infusion, opened_at=STARTS_AT)
    Infusion.objects.filter(pk=day.infusion_id).update(closed_at=STARTS_AT + HOUR)
    review_sign(review=review, by=people.weiss, note="", next_time="", at=STARTS_AT + HOUR, knows_open=True)
    with pytest.raises(ReviewSigned):
        rate_enter(day=day, ml_h=Decimal(12), by=people.maria, at=STARTS_AT + MINUTE, now=STARTS_AT + HOUR)
    with pytest.raises(ReviewSigned):
        rate_take_back(entry=entry, by=people.maria, now=STARTS_AT + HOUR)


def test_while_the_start_is_taken_back_rates_count_for_nothing(day: InfusionDay, people: People) -> None:
    rate_enter(day=day, ml_h=Decimal(6), by=people.maria, at=STARTS_AT, now=STARTS_AT)
    assert ends_at(day) > ENDS_AT
    infusion_day_undo(day=day, by=people.maria, now=STARTS_AT)
    assert ends_at(day) == ENDS_AT


def test_a_rate_above_the_plan_is_recorded_and_the_clinic_hears_of_it_once(day: InfusionDay, people: People) -> None:
    with override("es"):
        rate_enter(day=day, ml_h=Decimal(62), by=people.maria, at=STARTS_AT, now=STARTS_AT)
    rate_enter(day=day, ml_h=Decimal(64), by=people.maria, at=STARTS_AT + MINUTE, now=STARTS_AT + MINUTE)
    (concern,) = Concern.objects.all()
    assert (concern.kind, concern.about, concern.day) == (Concern.Kind.CARD, "rate, day 1", day)
    assert concern.words == (
        "The plan says at most 48 mL/h (2.4 mL/kg/h). Running: 62 mL/h (3.1 mL/kg/h). Ask the nurse."
    )
    assert RateEntry.objects.standing().count() == 2


def test_a_rate_of_the_plan_is_no_concern(day: InfusionDay, people: People) -> None:
    # A pump shows a tenth: 48.2 mL/h is still 48.
    rate_enter(day=day, ml_h=Decimal("48.2"), by=people.maria, at=STARTS_AT, now=STARTS_AT)
    assert not Concern.objects.exists()


def test_each_is_one_line_of_the_log_and_a_new_look_of_the_page(day: InfusionDay, people: People) -> None:
    revision = Infusion.objects.get(pk=day.infusion_id).revision
    entry = rate_enter(day=day, ml_h=Decimal(12), by=people.maria, at=STARTS_AT, now=STARTS_AT).entry
    rate_take_back(entry=entry, by=people.sam, now=STARTS_AT)
    rate_take_back(entry=entry, by=people.sam, now=STARTS_AT)
    said = AuditEvent.objects.filter(about="infusionday").order_by("number").values_list("verb", "detail")
    assert list(said)[-2:] == [("recorded", "said a rate on"), ("changed", "took back a rate on")]
    assert Infusion.objects.get(pk=day.infusion_id).revision == revision + 2
