"""A month of families on simulated time: what the engine sends equals what the rules say.

`make simulate` plays the month of 1 000 families; here there are fewer, which takes long enough.
"""

from __future__ import annotations

from collections.abc import Collection
from contextlib import AbstractContextManager
from datetime import datetime, timedelta
from unittest.mock import patch

import pytest
from django.db import connection

from ivig_care.actions import alarms, mailing
from ivig_care.nudges import audience
from ivig_care.plans.models import Infusion
from ivig_care.regimen.timing import QuietHours
from tests.simulation.compare import difference
from tests.simulation.engine import told_by_the_engine
from tests.simulation.model import Month, told_by_the_rules
from tests.simulation.story import Story
from tests.simulation.world import story_of

MINUTE = timedelta(minutes=1)


@pytest.fixture(scope="module")
def small() -> Story:
    """Five days of six families."""
    return story_of(families=6, seed=4, days=5)


@pytest.mark.django_db
@pytest.mark.timeout(600)
def test_everybody_is_told_what_the_rules_say_and_when() -> None:
    # A test is one transaction, in which PostgreSQL keeps every version of every row: a month takes it too long.
    families, days = (40, 30) if connection.vendor == "sqlite" else (15, 5)
    story = story_of(families=families, seed=1, days=days)
    different = difference(told_by_the_rules(story), told_by_the_engine(story), story)
    assert different is None, different


def test_the_rules_come_to_the_same_when_every_tick_is_visited(small: Story) -> None:
    assert Month(small).play(every_tick=True) == told_by_the_rules(small)


def _nobody_on_duty(children: Collection[int], now: datetime) -> dict[int, set[int]]:
    return {}


def _no_briefings(infusions: Collection[Infusion]) -> dict[int, tuple[()]]:
    return {infusion.pk: () for infusion in infusions}


WRONG: dict[str, AbstractContextManager[object]] = {
    "twenty minutes between two messages": patch.object(mailing, "QUARTER", 20 * MINUTE),
    "no quiet hours": patch.object(QuietHours, "hold_until", lambda hours, instant, zone: None),
    "nobody is on duty": patch.object(audience, "_on_duty", _nobody_on_duty),
    "nobody is told of a whole day": patch.object(alarms, "briefings_of", _no_briefings),
}


@pytest.mark.django_db
@pytest.mark.timeout(300)
@pytest.mark.parametrize("wrong", WRONG)
def test_a_wrong_engine_is_noticed(wrong: str, small: Story) -> None:
    with WRONG[wrong]:
        found = told_by_the_engine(small)
    assert "Around the first difference" in str(difference(told_by_the_rules(small), found, small))


@pytest.mark.django_db
@pytest.mark.timeout(300)
def test_the_right_engine_is_not(small: Story) -> None:
    different = difference(told_by_the_rules(small), told_by_the_engine(small), small)
    assert different is None, different


def test_the_same_seed_makes_the_same_month() -> None:
    assert story_of(families=5, seed=8) == story_of(families=5, seed=8) != story_of(families=5, seed=9)
