"""Which infusion comes after one: the planned one, else what a prescribed cadence says, else nobody knows."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from ivig_care.actions.infusions import infusion_cancel
from ivig_care.actions.protocols import protocol_publish
from ivig_care.plans.coming import Coming, coming_after
from ivig_care.plans.models import Infusion, Plan
from tests.actors import People
from tests.conftest import ACTIVATED_AT, STARTS_AT
from tests.factories import active_infusion

AFTER = STARTS_AT + timedelta(days=5)
WEEKS = timedelta(weeks=4)


def with_cadence(infusion: Infusion, *weeks: int) -> Infusion:
    """The same infusion under a protocol that says how many weeks on the next one is."""
    document = infusion.plan.version.document | {"cadence": {"weeks": list(weeks), "slack_days": 4}}
    version = protocol_publish(slug="with-cadence", name="With cadence", document=document, at=ACTIVATED_AT)
    Plan.objects.filter(pk=infusion.plan_id).update(version=version)
    return Infusion.objects.get(pk=infusion.pk)


def test_without_a_cadence_nobody_knows(infusion: Infusion) -> None:
    assert coming_after(infusion, now=AFTER) == Coming()


def test_the_cadence_proposes_the_same_weekday_weeks_later(infusion: Infusion) -> None:
    proposed = coming_after(with_cadence(infusion, 4), now=AFTER).proposed
    assert proposed is not None
    assert (proposed.weeks, proposed.starts[0]) == (4, STARTS_AT + WEEKS)
    assert (proposed.earliest, proposed.latest) == (date(2026, 7, 9), date(2026, 7, 17))


def test_a_cadence_that_changes_with_the_number_proposes_nothing(infusion: Infusion) -> None:
    assert coming_after(with_cadence(infusion, 2, 2, 4), now=AFTER) == Coming()


def test_a_proposal_that_has_gone_by_is_not_said(infusion: Infusion) -> None:
    assert coming_after(with_cadence(infusion, 4), now=STARTS_AT + WEEKS) == Coming()


@pytest.mark.parametrize("is_cancelled", [False, True])
def test_what_is_planned_comes_first(infusion: Infusion, people: People, *, is_cancelled: bool) -> None:
    planned = active_infusion(
        child=people.lena, by=people.weiss, starts_at=STARTS_AT + timedelta(weeks=6), at=ACTIVATED_AT
    )
    if is_cancelled:
        infusion_cancel(infusion=planned, by=people.weiss, now=AFTER)
    coming = coming_after(with_cadence(infusion, 4), now=AFTER)
    day = planned.days.get(number=1)
    assert (coming.planned == day, coming.proposed is None) == (not is_cancelled, not is_cancelled)


def test_after_a_cancelled_infusion_nothing_is_proposed(infusion: Infusion, people: People) -> None:
    infusion_cancel(infusion=infusion, by=people.weiss, now=ACTIVATED_AT)
    assert coming_after(with_cadence(infusion, 4), now=AFTER) == Coming()
