"""Times, places and numbers as a parent reads them."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.contrib.messages import SUCCESS
from django.contrib.messages.storage.base import Message

from ivig_care.web.templatetags.times import day_short, input_exact, place, tel, when
from ivig_care.web.templatetags.toasts import Undo, undo, undo_tag

LA = ZoneInfo("America/Los_Angeles")
NOW = datetime.fromisoformat("2026-06-15T16:00:00+00:00")


@pytest.mark.parametrize(
    ("away", "words"),
    [
        (timedelta(), "Mon 9:00 am"),
        (timedelta(days=-5), "Wed 9:00 am"),
        (timedelta(days=5), "Sat 9:00 am"),
        (timedelta(days=-7), "Mon 8 Jun, 9:00 am"),
        (timedelta(days=7), "Mon 22 Jun, 9:00 am"),
    ],
)
def test_a_day_is_named_and_dated_where_the_name_would_mislead(away: timedelta, words: str) -> None:
    assert when(NOW + away, LA, NOW) == words


def test_an_instant_keeps_its_offset() -> None:
    assert input_exact(NOW.astimezone(LA)) == "2026-06-15T16:00:00+0000"
    assert datetime.strptime(input_exact(NOW), "%Y-%m-%dT%H:%M:%S%z").astimezone(UTC) == NOW


def test_small_words() -> None:
    assert place(LA) == "Los Angeles"
    assert place(ZoneInfo("America/Argentina/Buenos_Aires")) == "Buenos Aires"
    assert tel("+1 (212) 555-0147") == "tel:+12125550147"
    assert day_short(date(2026, 6, 5)) == "Fri 5"


@pytest.mark.parametrize(
    ("tag", "taken_back"),
    [
        (undo_tag("undo-step", 7), Undo(url="/steps/7/undo/", is_live=True, step_id="7")),
        (undo_tag("undo-day", 7), Undo(url="/infusion-days/7/undo/", is_live=False, step_id="7")),
        (undo_tag("undo-steps", 7, [8, 9]), Undo(url="/infusions/7/undo/?step=8&step=9", is_live=True, step_id="8")),
        ("", None),
        ("something-else", None),
    ],
)
def test_a_message_knows_how_it_is_taken_back(tag: str, taken_back: Undo | None) -> None:
    assert undo(Message(SUCCESS, "said", extra_tags=tag)) == taken_back
