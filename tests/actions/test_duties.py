"""Who is on duty: tonight, and in a night that is planned ahead; one does not end the other."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import pytest

from ivig_care.actions.duties import duty_clear, duty_plan, duty_take
from ivig_care.actions.errors import Refused, TimeNotPossible
from ivig_care.care_teams.models import Duty
from tests.actors import People

AFTERNOON = datetime.fromisoformat("2026-06-14T15:00:00-07:00")
TOMORROW = date(2026, 6, 15)
DAY = timedelta(days=1)
# The morning after tonight, and the evening and the morning of tomorrow’s night.
MORNING, EVENING, NEXT_MORNING = (
    datetime.fromisoformat(at)
    for at in ("2026-06-15T09:00:00-07:00", "2026-06-15T18:00:00-07:00", "2026-06-16T09:00:00-07:00")
)


def _duties() -> list[tuple[str, datetime, datetime]]:
    return [(one.user.name, one.starts_at, one.ends_at) for one in Duty.objects.order_by("starts_at")]


def test_tonight_and_tomorrow_night_stand_beside_each_other(people: People) -> None:
    lena, maria, sam = people.lena, people.maria, people.sam
    duty_plan(child=lena, user=sam, night=TOMORROW, by=maria, now=AFTERNOON)
    duty_take(child=lena, user=maria, by=maria, now=AFTERNOON)
    assert _duties() == [("Maria", AFTERNOON, MORNING), ("Sam", EVENING, NEXT_MORNING)]
    duty_clear(child=lena, by=maria, now=AFTERNOON + timedelta(hours=1))
    assert _duties() == [("Maria", AFTERNOON, AFTERNOON + timedelta(hours=1)), ("Sam", EVENING, NEXT_MORNING)]


def test_a_night_is_given_to_somebody_else_and_to_nobody(people: People) -> None:
    lena, maria, sam = people.lena, people.maria, people.sam
    for user in (sam, maria):
        duty_plan(child=lena, user=user, night=TOMORROW, by=maria, now=AFTERNOON)
    assert _duties() == [("Maria", EVENING, NEXT_MORNING)]
    assert duty_plan(child=lena, user=None, night=TOMORROW, by=maria, now=AFTERNOON) is None
    assert _duties() == []


def test_in_the_middle_of_a_night_the_rest_of_it_changes_hands(people: People) -> None:
    lena, maria, sam = people.lena, people.maria, people.sam
    duty_plan(child=lena, user=sam, night=TOMORROW, by=maria, now=AFTERNOON)
    midnight = EVENING + timedelta(hours=6)
    duty_plan(child=lena, user=maria, night=TOMORROW, by=maria, now=midnight)
    assert _duties() == [("Sam", EVENING, midnight), ("Maria", midnight, NEXT_MORNING)]


def test_a_night_that_is_over_and_a_stranger_are_refused(people: People) -> None:
    with pytest.raises(TimeNotPossible, match="over"):
        duty_plan(child=people.lena, user=people.sam, night=TOMORROW, by=people.maria, now=NEXT_MORNING)
    with pytest.raises(Refused, match="family"):
        duty_plan(child=people.lena, user=people.tom, night=TOMORROW, by=people.maria, now=AFTERNOON)
    assert _duties() == []
