"""What a page hands back unseen may come back as anything: the answer takes it, or says in words what is wrong."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

import pytest
import time_machine
from django.core.cache import cache
from django.db import transaction
from django.test import Client
from django.urls import reverse

from ivig_care.accounts.models import User
from tests.access.stage import Stage, stage_make
from tests.access.table import ROWS, Kind, Row

# The fields of each form that nobody sees, or that a button fills in.
HIDDEN = {
    "steps_tick": ("exact", "ago", "from", "step"),
    "steps_undo": ("of", "from"),
    "step_tick": ("exact", "ago", "from"),
    "step_skip": ("exact", "from", "reason"),
    "step_note": ("exact", "from"),
    "step_undo": ("of", "from"),
    "drinks": ("unit", "kind", "ago", "exact", "cup"),
    "drink_undo": ("of",),
    "cups": ("unit", "next"),
    "cup_change": ("unit", "remove"),
    "symptoms": ("exact", "ago", "symptom", "gone", "degrees", "score_headache", "sev_headache", "trend"),
    "report_undo": ("of",),
    "extra_dose": ("unit", "exact", "ago", "by_clinic"),
    "dose_undo": ("of",),
    "day_start": ("exact", "ago", "back"),
    "day_end": ("exact", "ago", "back"),
    "day_undo": ("of", "back"),
    "rate_enter": ("exact", "ago", "is_new_lot"),
    "rate_undo": ("of",),
    "pause": ("exact", "ago"),
    "resume": ("exact", "ago", "is_new_lot"),
    "lot_enter": ("exact", "ago"),
    "lot_undo": ("of",),
    "briefing": ("bag", "start"),
    "briefing_duty": ("person",),
    "closing": ("words",),
    "changes_seen": ("of",),
    "clinic_join": ("code",),
    "child_erase": ("act",),
    "team_invite": ("role",),
    "guest_make": ("infusion", "may_record"),
    "reach_told": ("told",),
    "reach_duty": ("person",),
    "concerns": ("seen",),
}
ODD = {
    "NUL": b"%00",
    "a lone surrogate": b"%ED%A0%80",
    "10 000 characters": b"x" * 10_000,
    "400 digits": b"9" * 400,
    "nothing": b"",
}


@pytest.fixture
def stage(db: None, clock: time_machine.Traveller) -> Stage:
    return stage_make()


def asked(client: Client, address: str, data: bytes | None = None) -> Any:
    """One answer; whatever it did is taken back."""
    cache.clear()
    with transaction.atomic():
        method = "GET" if data is None else "POST"
        answer = client.generic(method, address, data or b"", content_type="application/x-www-form-urlencoded")
        transaction.set_rollback(True)
    return answer


def complaints(answer: Any) -> int:
    """How often a page says that something is wrong."""
    words: str = answer.content.decode()
    return words.count('role="alert"') + words.count('class="errorlist') + words.count('class="toast error')


def form_of(row: Row, stage: Stage, besides: str) -> bytes:
    """What the form says but for this field."""
    return urlencode(
        {word: said.format_map(stage.words) for word, said in row.form.items() if word != besides}
    ).encode()


@pytest.mark.timeout(180)
@pytest.mark.parametrize("name", HIDDEN)
def test_odd_things_in_hidden_fields_are_answered_in_words(
    name: str, stage: Stage, browser_of: Callable[[User], Client]
) -> None:
    kind = Kind.CLINICIAN if name == "concerns" else Kind.GUARDIAN
    browser, row = stage.browser(kind, browser_of), ROWS[name]
    address = reverse(name, kwargs=stage.key(row.of, kind))
    before = complaints(asked(browser, address)) if row.get else 0
    query = urlencode({word: said.format_map(stage.words) for word, said in row.query.items()})
    wrong = []
    for field in HIDDEN[name]:
        for odd, value in ODD.items():
            data = form_of(row, stage, field) + b"&" + field.encode() + b"=" + value
            answer = asked(browser, f"{address}?{query}" if query else address, data)
            if answer.status_code in (200, 302, 404):
                continue
            if answer.status_code not in (400, 422) or complaints(answer) <= before:
                wrong.append(f"{field} with {odd}: {answer.status_code}")
    assert wrong == []
