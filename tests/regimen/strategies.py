"""Any protocol and any infusion that a clinic could mean, as hypothesis draws them.

Zones are those with odd changes of clocks, and days are drawn near such changes as often as anywhere else.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from fractions import Fraction
from importlib.resources import files
from typing import Any
from zoneinfo import ZoneInfo

from hypothesis import strategies as st

from ivig_care.regimen.conditions import FOUND_OUT
from ivig_care.regimen.documents import decode_protocol
from ivig_care.regimen.dosing import Rounding, VialRounding
from ivig_care.regimen.facts import DayFacts, InfusionFacts, LastInfusion
from ivig_care.regimen.protocol import Protocol
from ivig_care.regimen.rates import Ceiling, Product, RateEntered
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
_at_night = st.sampled_from(["hold", "shift"])
# Nobody after those who are told first, the second caregivers, or after them the clinic too.
_whom_next = st.lists(st.integers(1, 300), unique=True, max_size=2).map(
    lambda after: {
        name: {"minutes": minutes}
        for name, minutes in zip(("second_after", "clinic_after"), sorted(after), strict=False)
    }
)
# What is found out, and what a clinic may name.
LIMITED = "fluids limited"
_conditions = st.lists(st.sampled_from([*sorted(FOUND_OUT), LIMITED]), unique=True, max_size=2)


@st.composite
def _step_documents(draw: st.DrawFn, number: int, earlier: list[dict[str, Any]]) -> dict[str, Any]:
    kind = draw(st.sampled_from(["fluids", "premedication", "task", "medicine", "check", "vitals", "mark"]))
    day = draw(st.sampled_from(["each", "first", "last"]))
    document: dict[str, Any] = {
        "key": f"step-{number}",
        "kind": kind,
        "title": f"Step {number}",
        "anchor": draw(_anchors),
        "day": day,
        "at_night": draw(_at_night),
        "offset": draw(st.one_of(_elapsed(-2880, 14400), _wall_clocks)),
        "window": draw(_windows()),
        "actor": draw(st.sampled_from(["family", "clinic"])),
    }
    if kind in ("premedication", "medicine"):
        names = draw(st.lists(st.sampled_from(INGREDIENTS), unique=True, max_size=2))
        document["medicines"] = [{"ingredient": name, "mg_per_kg": draw(st.integers(1, 15))} for name in names]
    before: list[str] = [one["key"] for one in earlier if one["day"] in ("each", day)]
    follows = draw(st.booleans())
    if before and follows:
        document["anchor"] = "step"
        document["after_step"] = draw(st.sampled_from(before))
    if draw(st.booleans()):
        document["when"] = draw(_conditions)
        document["unless"] = draw(_conditions)
    if draw(st.booleans()):
        document["nudges"] = {
            "lead": draw(_elapsed(0, 600)),
            "repeat_every": draw(_elapsed(5, 240)),
            "repeats": draw(st.integers(0, 4)),
            "may_wake": draw(st.booleans()),
            **draw(_whom_next),
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
        "at_night": draw(_at_night),
        "window": draw(_windows()),
    }


@st.composite
def _as_needed_documents(draw: st.DrawFn) -> dict[str, Any]:
    return {
        "key": "as-needed",
        "medicine": {
            "ingredient": draw(st.sampled_from([*INGREDIENTS, "ondansetron"])),
            "mg": draw(st.integers(1, 99)),
        },
        "purpose": "when needed",
        "first": {"anchor": draw(_anchors), "day": "first", "offset": draw(_elapsed(-600, 0))},
        "until": {"anchor": "end", "day": "last", "offset": draw(_elapsed(0, 4320))},
        "every": draw(st.one_of(st.none(), _elapsed(180, 1440))),
        "most_in_24h": draw(st.one_of(st.none(), st.integers(1, 6))),
    }


_nights = st.builds(
    lambda start, end: {"start": start.isoformat(timespec="seconds"), "end": end.isoformat(timespec="seconds")},
    st.times(time(18), time(23, 59, 59)),
    st.times(time(4), time(10)),
)
_cadences = st.builds(
    lambda weeks, slack: {"weeks": weeks, "slack_days": slack},
    st.lists(st.integers(1, 8), min_size=1, max_size=3),
    st.integers(0, 7),
)


_rates = st.decimals(min_value="0.2", max_value="8", places=2).map(float)


@st.composite
def _ladder_documents(draw: st.DrawFn) -> dict[str, Any]:
    rates = sorted(draw(st.lists(_rates, min_size=1, max_size=5)))
    unit = draw(st.sampled_from(["ml_per_kg_h", "mg_per_kg_min"]))
    return {
        "steps": [
            {unit: rate} | ({"minutes": draw(st.integers(5, 60))} if number < len(rates) else {})
            for number, rate in enumerate(rates, start=1)
        ],
        "max_ml_h": draw(st.one_of(st.none(), st.integers(20, 400))),
        "at_each_change": draw(st.sampled_from(["", "vitals"])),
    }


@st.composite
def protocol_documents(draw: st.DrawFn) -> dict[str, Any]:
    """A protocol as a document: steps of every kind, at most one course of each ingredient."""
    courses = draw(st.lists(st.sampled_from(INGREDIENTS), unique=True, max_size=2))
    steps: list[dict[str, Any]] = []
    for number in range(draw(st.integers(0, 6))):
        steps.append(draw(_step_documents(number, steps)))
    return {
        "name": "any",
        "ladder": draw(_ladder_documents()),
        "steps": steps,
        "courses": [draw(_course_documents(ingredient)) for ingredient in courses],
        "as_needed": draw(st.lists(_as_needed_documents(), max_size=1)),
        "night": draw(_nights),
        "cadence": draw(st.one_of(st.none(), _cadences)),
        "indication": draw(st.sampled_from(["", "PI", "ITP"])),
    }


protocols: st.SearchStrategy[Protocol] = protocol_documents().map(decode_protocol)


def _catalogue() -> Iterator[Product]:
    """Every product of the catalogue by name and concentration, and its ceilings."""
    document = json.loads((files("ivig_care") / "protocols/data/products.json").read_text(encoding="utf-8"))
    for row in document["products"]:
        held = row["mg_per_ml"]
        ceilings = (one for one in row["ceilings"] or () if one["ml_per_kg_h"] is not None)
        yield Product(
            name=row["name"],
            mg_per_ml=Fraction(str(held["value"])),
            ceilings=tuple(
                Ceiling(
                    use=one["use"],
                    ml_per_kg_h=Fraction(str(one["ml_per_kg_h"])),
                    source=one["source"],
                    indication=one.get("indication") or "",
                )
                for one in ceilings
            ),
        )


PRODUCTS = tuple(_catalogue())


@st.composite
def _entered(draw: st.DrawFn, start: datetime) -> tuple[RateEntered, ...]:
    """Rates entered after a start, some of them pauses."""
    ml_h = st.one_of(st.just(Fraction(0)), st.integers(1, 3000).map(lambda tenths: Fraction(tenths, 10)))
    said = draw(st.lists(st.tuples(st.integers(0, 400), ml_h), max_size=3, unique_by=lambda each: each[0]))
    return tuple(RateEntered(at=start + timedelta(minutes=after), ml_h=each) for after, each in sorted(said))


@st.composite
def _days(draw: st.DrawFn, zone: ZoneInfo) -> list[DayFacts]:
    first = draw(dates(zone))
    gaps = draw(st.lists(st.integers(1, 3), max_size=4))
    days = []
    for number in range(1, len(gaps) + 2):
        on = first + timedelta(days=sum(gaps[: number - 1]))
        planned = resolve_local(on, draw(st.times()).replace(microsecond=0), zone)
        day = DayFacts(number=number, planned_start=planned)
        fate = draw(st.sampled_from(["planned", "planned", "started", "over", "cancelled"]))
        if fate in ("started", "over"):
            start = planned + timedelta(minutes=draw(st.integers(-30, 300)))
            end = start + timedelta(minutes=draw(st.integers(1, 600))) if fate == "over" else None
            day = replace(day, actual_start=start, actual_end=end, rates=draw(_entered(start)))
        days.append(replace(day, is_cancelled=fate == "cancelled"))
    return days


@st.composite
def infusions(draw: st.DrawFn) -> InfusionFacts:
    """The facts of an infusion nobody has ticked yet: 1 to 5 days in a row or apart.

    Some started late, some with rates entered, some over, some cancelled; the dose may be capped and in whole vials.
    """
    zone = draw(zones)
    days = draw(_days(zone))
    product = draw(st.sampled_from(PRODUCTS))
    weight_kg, mg_per_kg = draw(weights), Fraction(draw(st.integers(100, 2000)))
    cap_mg = draw(st.one_of(st.none(), st.integers(5, 70).map(lambda grams: Fraction(1000 * grams))))
    vials = draw(
        st.one_of(st.none(), st.builds(VialRounding, vial_mg=st.just(Fraction(500)), to=st.sampled_from(Rounding)))
    )
    ordered = min(weight_kg * mg_per_kg, cap_mg or weight_kg * mg_per_kg)
    last = st.builds(
        LastInfusion,
        ended_at=st.integers(1, 100).map(lambda before: days[0].planned_start - timedelta(days=before)),
        product=st.sampled_from([product.name, "another"]),
    )
    is_first = draw(st.sampled_from([True, False, None]))
    return InfusionFacts(
        zone=zone,
        weight_kg=weight_kg,
        dose_mg_per_kg=mg_per_kg,
        product=product,
        days=tuple(days),
        cap_mg=cap_mg,
        # Fewer vials than days are refused (test_dosing.py).
        vials=vials if ordered // 500 >= len(days) else None,
        conditions=frozenset(draw(st.lists(st.just(LIMITED), max_size=1))),
        is_first=is_first,
        last=None if is_first else draw(st.one_of(st.none(), last)),
        number=draw(st.one_of(st.none(), st.integers(1, 9))),
    )
