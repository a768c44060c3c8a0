"""Queries whose words are worked out once give what Django gives, for every value that stands in a hole."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from ivig_care.common.kept import Kept, forget_all
from ivig_care.common.prepared import Prepared
from ivig_care.plans.models import Infusion, Step
from tests.conftest import STARTS_AT

pytestmark = pytest.mark.usefixtures("clock")


def test_rows_with_what_belongs_to_them_are_djangos(infusion: Infusion) -> None:
    steps: Prepared[Step] = Prepared(
        lambda key: Step.objects.filter(infusion=key).select_related("infusion__plan__child", "said_by")
    )
    for key in (infusion.pk, infusion.pk + 1, infusion.pk):
        found = steps.rows(key)
        assert found == list(Step.objects.filter(infusion=key))
        assert [one.__dict__.keys() for one in found] == [one.__dict__.keys() for one in found[:1]] * len(found)
    first = steps.first(infusion.pk)
    assert first is not None
    with CaptureQueriesContext(connection) as asked:
        assert (first.infusion.plan.child.given_name, first.said_by) == ("Lena", None)
        assert first.due_at.tzinfo is not None
    assert len(asked) == 0


def test_a_key_a_text_and_a_time_stand_in_holes(infusion: Infusion) -> None:
    due = Prepared[str](
        lambda key, kind, since: Step.objects.filter(infusion=key, kind=kind, due_at__gte=since).values_list(
            "slot", flat=True
        ),
        holes=(int, str, type(STARTS_AT)),
    )
    for kind in ("premedication", "fluids", "o'hara; --"):
        for hours in (-48, 0, 48):
            since = STARTS_AT + timedelta(hours=hours)
            wanted = Step.objects.filter(infusion=infusion, kind=kind, due_at__gte=since)
            assert due.rows(infusion.pk, kind, since) == [step.slot for step in wanted]


def test_what_is_not_used_just_as_it_is_is_refused(infusion: Infusion) -> None:
    next_one = Prepared[Step](lambda key: Step.objects.filter(infusion=key + 1))
    with pytest.raises(ValueError, match="just as it is"):
        next_one.rows(infusion.pk)


def test_of_what_is_kept_the_oldest_makes_room_and_all_is_forgotten_together() -> None:
    kept: Kept[int, str] = Kept(most=2)
    for key in (1, 2, 1, 3):
        assert kept.get(key, lambda: "made") == "made"
    assert [kept.find(key) for key in (1, 2, 3)] == ["made", None, "made"]
    forget_all()
    assert [kept.find(key) for key in (1, 2, 3)] == [None, None, None]


def test_what_is_too_old_is_made_anew() -> None:
    kept: Kept[str, int] = Kept(most=2, seconds=0.0)
    numbers = iter(range(5))
    assert [kept.get("key", lambda: next(numbers)) for _ in range(3)] == [0, 1, 2]
