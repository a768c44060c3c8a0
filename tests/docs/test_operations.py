"""The operator's page names what there is: every field, metric, command and file, and no other."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from django.conf import LazySettings
from django.core.management import get_commands
from django.test import Client

from ivig_care.actions.heartbeats import heartbeat_beat
from ivig_care.common import clock
from ivig_care.nudges import selectors
from ivig_care.worker import last_resort, tasks, watchdog

ROOT = Path(__file__).parent.parent.parent
PAGE = (ROOT / "docs" / "operations.md").read_text()


def _first_column(heading: str) -> list[str]:
    """The names in the first column of the table under a heading."""
    section = PAGE.split(f"### `{heading}`\n", 1)[1].split("\n### ", 1)[0]
    return re.findall(r"^\| `(\w+)`", section, re.MULTILINE)


@pytest.mark.django_db
def test_it_explains_every_field_of_healthz_in_order() -> None:
    assert _first_column("/healthz") == list(Client().get("/healthz").json())


@pytest.mark.django_db
def test_it_explains_every_metric_in_order(settings: LazySettings) -> None:
    settings.METRICS_TOKEN = "token"
    heartbeat_beat(name="beat", now=clock.now())
    text = Client().get("/metrics", headers={"Authorization": "Bearer token"}).text
    assert _first_column("/metrics") == re.findall(r"^# TYPE (\w+)", text, re.MULTILINE)


def test_the_limits_it_names_are_those_of_the_code() -> None:
    assert selectors.LONGEST_WAIT.total_seconds() == 120
    assert selectors.LEAST_SILENCE.total_seconds() == 60
    assert selectors.GONE.total_seconds() == 3600
    assert (watchdog.START_SECONDS, watchdog.SHORT_LIFE_SECONDS, watchdog.STOP_SECONDS) == (30, 30, 50)
    assert watchdog.LONGEST_PAUSE_SECONDS == 60
    assert last_resort.MISSED == 2


def test_what_it_tells_to_run_or_read_is_there() -> None:
    commands = set(re.findall(r"manage\.py (\w+)", PAGE))
    assert (
        {"run_worker", "run_beat", "check_heartbeat", "audit_verify", "export_child"} <= commands <= set(get_commands())
    )
    for path in re.findall(r"`(ivig_care/[\w/]+\.py)`", PAGE):
        assert (ROOT / path).is_file()
    for task in ("monitor_tell", "nudges_dispatch", "erasures_do", "retention_do"):
        assert f"`{task}`" in PAGE
        assert hasattr(tasks, task)


def test_its_links_lead_somewhere() -> None:
    headings = {re.sub(r"[^\w\- ]", "", line).strip().lower().replace(" ", "-") for line in _headings(PAGE)}
    assert set(re.findall(r"\]\(#([\w-]+)\)", PAGE)) <= headings
    for path, _, anchor in (link.partition("#") for link in re.findall(r"\]\(([a-z][^)]+)\)", PAGE)):
        text = (ROOT / "docs" / path).read_text()
        assert not anchor or anchor in {re.sub(r"[^\w\- ]", "", line).strip().lower() for line in _headings(text)}


def _headings(text: str) -> list[str]:
    return re.findall(r"^#+ (.*)$", text, re.MULTILINE)
