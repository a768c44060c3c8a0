"""What machines and staff are told about the dispatch: /healthz, /metrics and the banner, and nothing about anybody."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any
from unittest import mock

import pytest
from django.conf import LazySettings
from django.db import OperationalError, connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from prometheus_client.parser import text_string_to_metric_families

from ivig_care.accounts.models import User
from ivig_care.actions.heartbeats import heartbeat_beat, heartbeats_forget
from ivig_care.nudges.models import Delivery, DeliveryAttempt, Heartbeat
from ivig_care.nudges.selectors import dispatch_health
from ivig_care.plans.models import Infusion, Step
from tests.actors import People
from tests.conftest import STARTS_AT

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("clock")]

SECOND = timedelta(seconds=1)
TOKEN = "only for this test"


@pytest.fixture
def beating() -> None:
    """Beat, dispatch and one worker, all well."""
    for name, seconds in (("beat beat@here", 3), ("dispatch", 7), ("worker worker@here", 4)):
        heartbeat_beat(name=name, now=STARTS_AT - seconds * SECOND)


def _delivery(person: User, *, occasion: str = "now", **values: Any) -> Delivery:
    fixed = {"created_at": STARTS_AT, "owed_at": STARTS_AT, "expires_at": STARTS_AT + timedelta(hours=2)}
    return Delivery.objects.create(
        person=person, occasion=occasion, **{**fixed, "next_attempt_at": STARTS_AT, **values}
    )


def _health() -> tuple[int, dict[str, Any]]:
    response = Client().get("/healthz")
    return response.status_code, response.json()


def test_a_site_that_is_well_says_so_to_anybody_and_nothing_else(beating: None) -> None:
    assert _health() == (
        200,
        {
            "status": "green",
            "database": True,
            "beat_age_s": 3.0,
            "dispatch_age_s": 7.0,
            "last_resort_age_s": None,
            "workers": {"worker worker@here": 4.0},
            "oldest_unsent_due_s": 0.0,
            "pending": 0,
            "sending": 0,
        },
    )


def test_it_may_be_asked_only(beating: None) -> None:
    assert Client().post("/healthz").status_code == 405


@pytest.mark.parametrize("name", ["beat beat@here", "dispatch"])
@pytest.mark.parametrize("seconds", [60, 61, -61])
def test_a_part_that_fell_silent_is_red_after_a_minute(beating: None, name: str, seconds: int) -> None:
    heartbeat_beat(name=name, now=STARTS_AT - seconds * SECOND)
    assert _health()[0] == (200 if seconds == 60 else 503)


@pytest.mark.parametrize("name", ["beat beat@here", "dispatch"])
def test_a_part_that_never_lived_is_red(beating: None, name: str) -> None:
    Heartbeat.objects.filter(name=name).delete()
    status, document = _health()
    assert (status, document["status"]) == (503, "red")


def test_a_slow_dispatch_is_given_four_of_its_own_rounds(beating: None, settings: LazySettings) -> None:
    heartbeat_beat(name="dispatch", now=STARTS_AT - 200 * SECOND)
    assert _health()[0] == 503
    settings.DISPATCH_SECONDS = 50.0
    assert _health()[0] == 200


def test_of_two_beats_the_one_that_lives_counts(beating: None) -> None:
    heartbeat_beat(name="beat second@here", now=STARTS_AT - timedelta(hours=3))
    assert _health()[1]["beat_age_s"] == 3.0


def test_a_worker_that_was_taken_away_is_forgotten_and_never_red(beating: None) -> None:
    heartbeat_beat(name="worker old@there", now=STARTS_AT - timedelta(minutes=59))
    heartbeat_beat(name="worker older@there", now=STARTS_AT - timedelta(hours=25))
    status, document = _health()
    assert (status, sorted(document["workers"])) == (200, ["worker old@there", "worker worker@here"])
    assert heartbeats_forget(now=STARTS_AT) == 1
    assert not Heartbeat.objects.filter(name="worker older@there").exists()


def test_a_second_beat_of_the_heart_replaces_the_first() -> None:
    heartbeat_beat(name="dispatch", now=STARTS_AT - SECOND, detail="first")
    heartbeat_beat(name="dispatch", now=STARTS_AT, detail="second")
    assert list(Heartbeat.objects.values_list("at", "detail")) == [(STARTS_AT, "second")]


@pytest.mark.parametrize(("seconds", "status"), [(120, 200), (121, 503)])
def test_an_alarm_that_nobody_rings_is_red_after_two_minutes(
    beating: None, infusion: Infusion, seconds: int, status: int
) -> None:
    Step.objects.update(next_nudge_at=None)
    Infusion.objects.update(next_briefing_at=None)
    step = infusion.steps.open().first()
    assert step is not None
    Step.objects.filter(pk=step.pk).update(next_nudge_at=STARTS_AT - seconds * SECOND)
    assert _health()[0] == status
    assert _health()[1]["oldest_unsent_due_s"] == seconds


@pytest.mark.parametrize(("seconds", "status"), [(120, 200), (121, 503)])
def test_a_day_that_nobody_is_told_of_is_red_after_two_minutes(
    beating: None, infusion: Infusion, seconds: int, status: int
) -> None:
    Step.objects.update(next_nudge_at=None)
    Infusion.objects.update(next_briefing_at=STARTS_AT - seconds * SECOND)
    assert (_health()[0], _health()[1]["oldest_unsent_due_s"]) == (status, seconds)


@pytest.mark.parametrize(("seconds", "status"), [(120, 200), (121, 503)])
def test_a_delivery_that_nobody_takes_is_red_after_two_minutes(
    beating: None, people: People, seconds: int, status: int
) -> None:
    _delivery(people.maria, next_attempt_at=STARTS_AT - seconds * SECOND)
    answered, document = _health()
    assert (answered, document["pending"], document["oldest_unsent_due_s"]) == (status, 1, seconds)


def test_a_delivery_whose_lease_is_long_over_is_red(beating: None, people: People) -> None:
    held = _delivery(people.maria, status="sending", leased_until=STARTS_AT + SECOND)
    assert (_health()[0], _health()[1]["sending"]) == (200, 1)
    Delivery.objects.filter(pk=held.pk).update(leased_until=STARTS_AT - 121 * SECOND)
    assert _health()[0] == 503


def test_what_waits_for_later_is_counted_and_not_late(beating: None, people: People) -> None:
    _delivery(people.maria, next_attempt_at=STARTS_AT + timedelta(hours=8))
    status, document = _health()
    assert (status, document["pending"], document["oldest_unsent_due_s"]) == (200, 1, 0.0)


def test_without_a_database_it_says_so() -> None:
    with mock.patch("ivig_care.web.ops.views.dispatch_health", side_effect=OperationalError("gone: secret-host")):
        response = Client().get("/healthz")
    assert (response.status_code, response.json()) == (503, {"status": "red", "database": False})


def test_health_costs_the_same_whatever_waits(beating: None, people: People) -> None:
    def queries() -> int:
        with CaptureQueriesContext(
            connection,
        ) as seen:
            dispatch_health(STARTS_AT)
        return len(seen)

    empty = queries()
    for number in range(5):
        _delivery(people.maria, occasion=str(number))
        heartbeat_beat(name=f"worker {number}@here", now=STARTS_AT)
    assert (empty, queries()) == (5, 5)


# --- metrics ----------------------------------------------------------------------------------


def _metrics(token: str = TOKEN) -> dict[tuple[str, str], float]:
    response = Client().get("/metrics", headers={"Authorization": f"Bearer {token}"})
    assert response.status_code == 200
    families = text_string_to_metric_families(response.text)
    return {
        (sample.name, next(iter(sample.labels.values()), "")): sample.value
        for one in families
        for sample in one.samples
    }


@pytest.mark.parametrize(
    ("setting", "headers"),
    [
        ("", {}),
        ("", {"Authorization": "Bearer "}),
        (TOKEN, {}),
        (TOKEN, {"Authorization": TOKEN}),
        (TOKEN, {"Authorization": f"Bearer {TOKEN}!"}),
    ],
)
def test_metrics_do_not_exist_for_those_without_the_token(
    settings: LazySettings, setting: str, headers: dict[str, str]
) -> None:
    settings.METRICS_TOKEN = setting
    assert Client().get("/metrics", headers=headers).status_code == 404


def test_metrics_say_what_waits_what_left_and_what_may_have_left_twice(
    settings: LazySettings, beating: None, people: People
) -> None:
    settings.METRICS_TOKEN = TOKEN
    _delivery(people.maria, next_attempt_at=STARTS_AT - 30 * SECOND)
    twice = _delivery(people.sam, status="sent", is_possible_repeat=True)
    _delivery(people.tom, status="sent", created_at=STARTS_AT - timedelta(hours=2))
    DeliveryAttempt.objects.create(delivery=twice, at=STARTS_AT, outcome="unknown")
    DeliveryAttempt.objects.create(delivery=twice, at=STARTS_AT, outcome="accepted")
    found = _metrics()
    assert found["nudges_healthy", ""] == 1
    assert found["nudges_oldest_unsent_due_seconds", ""] == 30
    assert (found["nudges_pending", ""], found["nudges_sending", ""]) == (1, 0)
    assert found["heartbeat_age_seconds", "dispatch"] == 7
    assert found["heartbeat_age_seconds", "beat"] == 3
    assert found["heartbeat_age_seconds", "worker worker@here"] == 4
    assert ("heartbeat_age_seconds", "last resort") not in found
    assert found["deliveries_last_hour", "sent"] == 1
    assert found["deliveries_last_hour", "failed"] == 0
    assert found["delivery_attempts_last_hour", "accepted"] == 1
    assert found["delivery_unknown_ends_last_hour", ""] == 1
    assert found["delivery_possible_repeats_last_hour", ""] == 1


# --- the banner -------------------------------------------------------------------------------


def _page(browser_of: Callable[[User], Client], people: People) -> str:
    return browser_of(people.weiss).get(reverse("clinic")).content.decode()


def test_staff_see_nothing_while_reminders_go_out(
    beating: None, people: People, browser_of: Callable[[User], Client]
) -> None:
    assert 'id="dispatch"' not in _page(browser_of, people)


def test_staff_are_told_since_when_reminders_do_not_go_out(
    beating: None, people: People, browser_of: Callable[[User], Client]
) -> None:
    heartbeat_beat(name="dispatch", now=datetime.fromisoformat("2026-06-15T07:40:00-07:00"))
    page = _page(browser_of, people)
    assert "Reminders are not going out since" in page
    assert "7:40 am" in page


def test_staff_are_told_that_the_last_resort_is_at_work(
    beating: None, people: People, browser_of: Callable[[User], Client]
) -> None:
    heartbeat_beat(name="dispatch", now=STARTS_AT - timedelta(hours=1))
    heartbeat_beat(name="last resort", now=STARTS_AT - SECOND)
    page = _page(browser_of, people)
    assert "Reminders go out, but part of what sends them has stopped." in page
    assert "Reminders are not going out" not in page
    assert _health()[0] == 503
