"""A row whose words are filled in is the row that the template would have written with them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any, get_type_hints
from zoneinfo import ZoneInfo

import pytest
from django.template.loader import render_to_string
from django.utils.translation import override
from hypothesis import given, settings
from hypothesis import strategies as st

from ivig_care.common.spoken import day_clock
from ivig_care.plans.selectors import StripDay
from ivig_care.web.family.rows import WORDS, Note, RowLook, _kind_html, row_html, row_with_problem
from ivig_care.web.family.slots import NUMBER_SLOT, Slotted, slot

WRITTEN = st.sampled_from(["", "Acetaminophen", "300", "Tue 8:30 am", "<b>&\"'", "{{ row.pk }}", slot("due"), "Ⅷ ñ"])
FLAGS = [name for name, kind in get_type_hints(RowLook).items() if kind is bool]
STATUSES = ("planned", "ready", "due", "late", "missed", "done", "skipped")


@st.composite
def looks(draw: st.DrawFn) -> RowLook:
    """Rows that say anything at all, sensible or not."""
    flags: dict[str, Any] = {name: draw(st.booleans()) for name in FLAGS}
    words = {name: draw(WRITTEN) for name in WORDS}
    notes = draw(st.lists(st.builds(Note, WRITTEN, WRITTEN, WRITTEN), max_size=3))
    more = {
        "pk": draw(st.integers(1, 2**63 - 1).filter(lambda pk: pk != NUMBER_SLOT)),
        "status": draw(st.sampled_from(STATUSES)),
        "skip_reason": draw(st.sampled_from(["", "asleep", "refused"])),
        "way": draw(st.sampled_from(["drinks", "check", "list", "close"])) if words["way_url"] else "",
        "ledger_says": tuple(draw(st.lists(WRITTEN, max_size=3))),
        "notes": tuple(notes),
    }
    return RowLook(**(flags | words | more))


@settings(deadline=None)  # the first of a language reads its words
@given(look=looks(), language=st.sampled_from(["en", "es"]))
def test_what_is_filled_in_is_what_would_have_been_written(look: RowLook, language: str) -> None:
    with override(language):
        assert row_html(look) == row_with_problem(look, {})


def test_rows_that_say_the_same_with_other_words_are_written_once() -> None:
    _kind_html.cache_clear()
    first = _look(pk=1, name="Acetaminophen", due="Tue 8:30 am")
    row_html(first)
    row_html(first._replace(pk=2, name="Cetirizine", due="Wed 9:00 am"))
    assert _kind_html.cache_info().currsize == 1
    row_html(first._replace(is_far=True))
    assert _kind_html.cache_info().currsize == 2


def _look(**said: Any) -> RowLook:
    nothing = dict.fromkeys(FLAGS, False) | dict.fromkeys((*WORDS, "skip_reason"), "")
    row: dict[str, Any] = {"status": "planned", "ledger_says": (), "notes": (), **nothing}
    return RowLook(**(row | said))


def test_words_that_look_like_a_slot_are_words() -> None:
    slotted = Slotted(f"<p>{slot('name')} {slot('why')} {slot('token')}</p>")
    said = slotted.filled({slot("name"): slot("why"), slot("why"): "a & b"})
    assert said == f"<p>{slot('why')} a &amp; b {slot('token')}</p>"


@pytest.mark.parametrize(("language", "names"), [("en", ["Sat", "Sun"]), ("es", ["sáb", "dom"])])
def test_the_strip_names_its_days_in_the_language_of_the_reader(language: str, names: Sequence[str]) -> None:
    first = date(2026, 3, 7)
    strip = [
        StripDay(day=first + timedelta(days=number), is_today=False, is_infusion_day=False, done=0, total=1)
        for number in range(2)
    ]
    with override(language):
        html = render_to_string("family/_strip.html", {"strip": strip})
    assert [name for name in names if f'<span class="weekday">{name}</span>' in html] == names


def test_the_same_minute_is_said_in_each_language() -> None:
    at = datetime(2026, 3, 7, 15, 5, tzinfo=ZoneInfo("America/Los_Angeles"))
    said = []
    for language in ("en", "es", "en"):
        with override(language):
            said.append(day_clock(at))
    assert said[0] == said[2] == "Sat 3:05 pm"
    assert said[1].startswith("sáb 3:05 ")
