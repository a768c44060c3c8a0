"""Many rows in one statement come to the same as Django's own way, whichever columns differ."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import NamedTuple

import pytest
from django.db import IntegrityError
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from ivig_care.accounts.models import User
from ivig_care.common.bulk import rows_insert, rows_update
from ivig_care.nudges.models import Heartbeat, OutboxMessage

NOW = datetime(2026, 6, 15, 15, 30, tzinfo=UTC)
MOMENTS = st.datetimes(timezones=st.just(UTC), min_value=datetime(2020, 1, 1), max_value=datetime(2040, 1, 1))  # noqa: DTZ001 - hypothesis adds the zone
# Few words, so that columns are often alike; all that arrays and their literals have a meaning for.
WORDS = st.sampled_from(["", "a", "NULL", "null", '"', "\\", "{}", "a,b", "'", "%s", " ", "ü", "{", "}"])


class _Sent(NamedTuple):
    to: str
    subject: str
    at: datetime


class _Person(NamedTuple):
    id: int
    name: str
    is_active: bool
    last_login: datetime | None


class TestRows(TestCase):
    """Rows with generated values; each example in a transaction of its own."""

    @given(st.lists(st.builds(_Sent, to=WORDS, subject=WORDS, at=MOMENTS), min_size=1, max_size=6))
    def test_what_is_inserted_is_what_was_handed_in(self, rows: list[_Sent]) -> None:
        keys = rows_insert(OutboxMessage, rows, kind="sms")
        kept = OutboxMessage.objects.in_bulk(keys)
        assert [(kept[key].to, kept[key].subject, kept[key].at) for key in keys] == [tuple(row) for row in rows]
        assert {(message.kind, message.body) for message in kept.values()} == {("sms", "")}

    @given(st.lists(st.tuples(WORDS, st.booleans(), st.none() | MOMENTS), min_size=1, max_size=6))
    def test_what_is_updated_is_what_was_handed_in(self, values: list[tuple[str, bool, datetime | None]]) -> None:
        people = [User.objects.create(email=f"{number}@example.org", name="before") for number in range(len(values))]
        other = User.objects.create(email="other@example.org", name="other")
        rows_update(User, [_Person(person.pk, *some) for person, some in zip(people, values, strict=True)])
        found = User.objects.filter(pk__in=[person.pk for person in people]).order_by("pk")
        assert list(found.values_list("name", "is_active", "last_login")) == values
        assert User.objects.get(pk=other.pk).name == "other"


@pytest.mark.django_db
def test_no_rows_are_no_statement(django_assert_num_queries: pytest.FixtureRequest) -> None:
    with django_assert_num_queries(0):  # type: ignore[operator]
        assert rows_insert(OutboxMessage, []) == []
        rows_update(User, [])


class _Beat(NamedTuple):
    name: str
    at: datetime


@pytest.mark.django_db
def test_a_row_that_is_there_is_left_as_it_is_when_conflicts_are_ignored() -> None:
    Heartbeat.objects.create(name="beat", at=NOW)
    later = NOW + timedelta(minutes=1)
    rows_insert(Heartbeat, [_Beat("beat", later), _Beat("worker", later)], ignore_conflicts=True)
    assert dict(Heartbeat.objects.values_list("name", "at")) == {"beat": NOW, "worker": later}


@pytest.mark.django_db(transaction=True)
def test_a_row_that_is_there_is_an_error_otherwise() -> None:
    Heartbeat.objects.create(name="beat", at=NOW)
    with pytest.raises(IntegrityError):
        rows_insert(Heartbeat, [_Beat("beat", NOW)])
