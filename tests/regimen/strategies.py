"""Any protocol and any infusion that a clinic could mean, as hypothesis draws them.

Zones are those with odd changes of clocks, and days are drawn near such changes as often as anywhere else.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from fractions import Fraction
from typing import Any
from zoneinfo import ZoneInfo

from hypothesis import strategies as st

from ivig_care.regimen.documents import decode_protocol
from ivig_care.regimen.facts import DayFacts, InfusionFacts
from ivig_care.regimen.protocol import Protocol
from ivig_care.regimen.rates import Product
from ivig_care.regimen.timing import resolve_local

ZONES = tuple(
    ZoneInfo(name)
    for name in (
        "UTC",
        "America/New_York",
        "America/Los_Angeles",
        "America/St_Johns",
        "America/Santiago",
        "America/Sao_Paulo",
        "Europe/London",
        "Europe/Dublin",
        "Africa/Casablanca",
        "Asia/Beirut",
        "Asia/Kathmandu",
        "Asia/Tehran",
        "Australia/Lord_Howe",
        "Pacific/Apia",
        "Pacific/Chatham",
        "Pacific/Kiritimati",
        "Pacific/Pago_Pago",
    )
)
FIRST, LAST = date(2020, 1, 1), date(2040, 12, 31)


def _change_days(zone: ZoneInfo) -> list[date]:
    """The days on which clocks in the zone change."""
    days, day = [], FIRST
    offset = datetime.combine(day, time(), tzinfo=UTC).astimezone(zone).utcoffset()
    while day < LAST:
        day += timedelta(days=1)
        next_offset = datetime.combine(day, time(), tzinfo=UTC).astimezone(zone).utcoffset()
        if next_offset != offset:
            days.append(day - timedelta(days=1))
        offset = next_offset
    return days


CHANGES = {zone.key: _change_days(zone) for zone in ZONES}
zones = st.sampled_from(ZONES)
weights = st.decimals(min_value=3, max_value=120, places=1).map(Fraction)
INGREDIENTS = ("acetaminophen", "ibuprofen", "diphenhydramine")


@st.composite
def dates(draw: st.DrawFn, zone: ZoneInfo) -> date:
    """A date between 2020 and 2040, half of the time near a change of clocks."""
    is_near_a_change = bool(CHANGES[zone.key]) and draw(st.booleans())
    if is_near_a_change:
        return draw(st.sampled_from(CHANGES[zone.key])) + timedelta(days=draw(st.integers(-2, 2)))
    return draw(st.dates(FIRST, LAST))


def _elapsed(least: int, most: int) -> st.SearchStrategy[dict[str, Any]]:
    return st.integers(least, most).map(lambda minutes: {"minutes": minutes})


@st.composite
def _windows(draw: st.DrawFn) -> dict[str, Any]:
    late = draw(st.integers(0, 120))
    return {
        "opens_before": draw(_elapsed(0, 120)),
        "late_after": {"minutes": late},
        "closes_after": {"minutes": late + draw(st.integers(0, 240))},
    }


_wall_clocks = st.builds(
    lambda days, at: {"days": days, "at": at.isoformat(timespec="seconds")}, st.integers(-3, 5), st.times()
)
_anchors = st.sampled_from(["planned_start", "start", "end"])


@st.composite
def _step_documents(draw: st.DrawFn, number: int) -> dict[str, Any]:
    kind = draw(st.sampled_from(["fluids", "premedication", "task", "medicine", "check", "vitals", "mark"]))
    document: dict[str, Any] = {
        "key": f"step-{number}",
        "kind": kind,
        "title": f"Step {number}",
        "anchor": draw(_anchors),
        "day": draw(st.sampled_from(["each", "first", "last"])),
        "offset": draw(st.one_of(_elapsed(-2880, 14400), _wall_clocks)),
        "window": draw(_windows()),
        "actor": draw(st.sampled_from(["family", "clinic"])),
    }
    if kind in ("premedication", "medicine"):
        names = draw(st.lists(st.sampled_from(INGREDIENTS), unique=True, max_size=2))
        document["medicines"] = [{"ingredient": name, "mg_per_kg": draw(st.integers(1, 15))} for name in names]
    if draw(st.booleans()):
        document["nudges"] = {
            "lead": draw(_elapsed(0, 600)),
            "repeat_every": draw(_elapsed(5, 240)),
            "repeats": draw(st.integers(0, 4)),
            "may_wake": draw(st.booleans()),
        }
    return document


@st.composite
def _course_documents(draw: st.DrawFn, ingredient: str) -> dict[str, Any]:
    moments = {
        "anchor": draw(_anchors),
        "day": draw(st.sampled_from(["first", "last"])),
        "offset": draw(_elapsed(-600, 600)),
    }
    return {
        "key": f"{ingredient}-course",
        "medicine": {"ingredient": ingredient, "mg": draw(st.integers(1, 1000))},
        "every": draw(_elapsed(180, 1440)),
        "first": moments,
        "until": {"anchor": "end", "day": "last", "offset": draw(_elapsed(0, 4320))},
        "window": draw(_windows()),
    }


_rates = st.decimals(min_value="0.2", max_value="8", places=2).map(float)


@st.composite
def _ladder_documents(draw: st.DrawFn) -> list[dict[str, Any]]:
    rates = sorted(draw(st.lists(_rates, min_size=1, max_size=5)))
    return [
        {"ml_per_kg_h": rate} | ({"minutes": draw(st.integers(5, 60))} if number < len(rates) else {})
        for number, rate in enumerate(rates, start=1)
    ]


@st.composite
def protocol_documents(draw: st.DrawFn) -> dict[str, Any]:
    """A protocol as a document: steps of every kind, at most one course of each ingredient."""
    courses = draw(st.lists(st.sampled_from(INGREDIENTS), unique=True, max_size=2))
    return {
        "name": "any",
        "ladder": {"steps": draw(_ladder_documents()), "at_each_change": draw(st.sampled_from(["", "vitals"]))},
        "steps": [draw(_step_documents(number)) for number in range(draw(st.integers(0, 6)))],
        "courses": [draw(_course_documents(ingredient)) for ingredient in courses],
    }


protocols: st.SearchStrategy[Protocol] = protocol_documents().map(decode_protocol)


@st.composite
def infusions(draw: st.DrawFn) -> InfusionFacts:
    """The facts of an infusion nobody has ticked yet: 1 to 5 days in a row or apart, some started late, some ended."""
    zone = draw(zones)
    first = draw(dates(zone))
    gaps = draw(st.lists(st.integers(1, 3), max_size=4))
    days = []
    for number in range(1, len(gaps) + 2):
        on = first + timedelta(days=sum(gaps[: number - 1]))
        planned = resolve_local(on, draw(st.times()).replace(microsecond=0), zone)
        start = planned + timedelta(minutes=draw(st.integers(-30, 300))) if draw(st.booleans()) else None
        is_over = start is not None and draw(st.booleans())
        end = start + timedelta(minutes=draw(st.integers(1, 600))) if start is not None and is_over else None
        days.append(DayFacts(number=number, planned_start=planned, actual_start=start, actual_end=end))
    return InfusionFacts(
        zone=zone,
        weight_kg=draw(weights),
        dose_mg_per_kg=Fraction(draw(st.integers(100, 2000))),
        product=Product(name="any", mg_per_ml=Fraction(draw(st.sampled_from([50, 100])))),
        days=tuple(days),
    )
