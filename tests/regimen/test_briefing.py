"""When a family is told of a whole day: zones, both nights of the clocks, what is made up for, what is not."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ivig_care.regimen.briefing import Briefing, briefings, next_briefing
from tests.regimen.builders import at
from tests.regimen.strategies import dates, zones

NEW_YORK = "America/New_York"


def _local(said: str, zone: str) -> datetime:
    """The UTC instant of a time such as "2026-10-31 09:00" on the clock of a zone."""
    return datetime.fromisoformat(said).replace(tzinfo=ZoneInfo(zone)).astimezone(UTC)


# Zone, infusion days, what is due, and each briefing: at, on, until, in UTC.
DAYS = [
    pytest.param("UTC", [], [], [], id="nothing"),
    pytest.param("UTC", ["2026-06-15 09:00"], [], [], id="an infusion day with nothing due"),
    pytest.param("UTC", [], ["2026-06-15 09:00"], [], id="one thing on a day without infusion"),
    pytest.param(
        "UTC",
        ["2026-06-15 09:00"],
        ["2026-06-15 08:30"],
        ["2026-06-14T19:00 2026-06-15 2026-06-15T00:00"],
        id="one thing on an infusion day: the evening only",
    ),
    pytest.param(
        "UTC",
        ["2026-06-15 09:00"],
        ["2026-06-14 18:00", "2026-06-16 08:00"],
        [],
        id="things due on other dates",
    ),
    pytest.param(
        "UTC",
        [],
        ["2026-06-15 00:00", "2026-06-15 23:59:59"],
        ["2026-06-15T07:00 2026-06-15 2026-06-15T12:00"],
        id="two things on a day without infusion: the morning only",
    ),
    pytest.param(
        "UTC",
        [],
        ["2026-06-15 23:59:59", "2026-06-16 00:00"],
        [],
        id="midnight belongs to the day that it begins",
    ),
    pytest.param(
        "UTC",
        ["2026-06-16 09:00", "2026-06-15 09:00"],
        ["2026-06-16 08:30", "2026-06-15 08:30", "2026-06-15 14:30", "2026-06-17 09:00", "2026-06-17 15:00"],
        [
            "2026-06-14T19:00 2026-06-15 2026-06-15T00:00",
            "2026-06-15T07:00 2026-06-15 2026-06-15T12:00",
            "2026-06-15T19:00 2026-06-16 2026-06-16T00:00",
            "2026-06-17T07:00 2026-06-17 2026-06-17T12:00",
        ],
        id="a whole infusion, in order of time",
    ),
    pytest.param(
        NEW_YORK,
        ["2026-10-31 09:00", "2026-11-01 09:00"],
        ["2026-10-31 08:30", "2026-11-01 08:30", "2026-11-01 14:30"],
        [
            "2026-10-30T23:00 2026-10-31 2026-10-31T04:00",
            "2026-10-31T23:00 2026-11-01 2026-11-01T04:00",
            "2026-11-01T12:00 2026-11-01 2026-11-01T17:00",
        ],
        id="the night in which clocks go back",
    ),
    pytest.param(
        NEW_YORK,
        ["2027-03-14 09:00"],
        ["2027-03-14 08:30", "2027-03-14 14:30"],
        [
            "2027-03-14T00:00 2027-03-14 2027-03-14T05:00",
            "2027-03-14T11:00 2027-03-14 2027-03-14T16:00",
        ],
        id="the night in which clocks go forward",
    ),
    pytest.param(
        "Asia/Beirut",
        ["2026-03-29 09:00"],
        ["2026-03-29 08:30"],
        ["2026-03-28T17:00 2026-03-29 2026-03-28T22:00"],
        id="a day that begins at one o'clock",
    ),
    pytest.param(
        "Pacific/Kiritimati",
        ["2026-06-15 09:00"],
        ["2026-06-15 08:30", "2026-06-15 23:00"],
        [
            "2026-06-14T05:00 2026-06-15 2026-06-14T10:00",
            "2026-06-14T17:00 2026-06-15 2026-06-14T22:00",
        ],
        id="far east: the local date is not that of UTC",
    ),
    pytest.param(
        "Pacific/Pago_Pago",
        ["2026-06-15 19:00"],
        ["2026-06-15 18:30", "2026-06-15 23:00"],
        [
            "2026-06-15T06:00 2026-06-15 2026-06-15T11:00",
            "2026-06-15T18:00 2026-06-15 2026-06-15T23:00",
        ],
        id="far west: the local date is not that of UTC",
    ),
    pytest.param(
        "UTC",
        ["2028-03-01 09:00"],
        ["2028-03-01 08:30"],
        ["2028-02-29T19:00 2028-03-01 2028-03-01T00:00"],
        id="the evening of a leap day",
    ),
]


@pytest.mark.parametrize(("zone", "starts", "dues", "expected"), DAYS)
def test_family_is_told_of_the_day_the_evening_before_and_in_the_morning(
    zone: str, starts: list[str], dues: list[str], expected: list[str]
) -> None:
    found = briefings(
        dues=[_local(due, zone) for due in dues],
        day_starts=[_local(start, zone) for start in starts],
        zone=ZoneInfo(zone),
    )

    assert [f"{one.at:%Y-%m-%dT%H:%M} {one.on} {one.until:%Y-%m-%dT%H:%M}" for one in found] == expected


@given(st.data(), zones)
def test_briefings_stand_in_order_and_each_ends_after_it_begins(data: st.DataObject, zone: ZoneInfo) -> None:
    first = data.draw(dates(zone))
    hours_on = st.integers(0, 120).map(lambda hour: datetime.combine(first, at("00:00").timetz()) + hour * HOUR)
    dues, starts = data.draw(st.lists(hours_on)), data.draw(st.lists(hours_on))

    found = briefings(dues=dues, day_starts=starts, zone=zone)

    assert list(found) == sorted(found, key=lambda one: one.at)
    assert len(set(found)) == len(found)
    assert {one.on for one in found} <= {due.astimezone(zone).date() for due in dues}
    assert all(one.at < one.until for one in found)


HOUR = timedelta(hours=1)


def _briefing(begins: str, ends: str) -> Briefing:
    return Briefing(at=at(begins), on=date(2026, 6, 15), until=at(ends))


EVENING = _briefing("-1+19:00", "00:00")
MORNING = _briefing("07:00", "12:00")
OVERLAPPING = _briefing("08:00", "12:00")


@pytest.mark.parametrize(
    ("briefed_at", "now", "told"),
    [
        pytest.param(None, "-1+12:00", EVENING, id="the first to come"),
        pytest.param(None, "-1+19:00", EVENING, id="the very instant"),
        pytest.param(None, "-1+23:59:59", EVENING, id="made up for while it is of use"),
        pytest.param(None, "00:00", MORNING, id="too late for it: the next"),
        pytest.param("-1+19:00", "-1+19:00", MORNING, id="told once"),
        pytest.param("-1+19:00:30", "-1+20:00", MORNING, id="told a little late counts"),
        pytest.param("-1+19:00", "07:30", MORNING, id="another gone by"),
        pytest.param("-1+18:00", "-1+18:30", EVENING, id="told earlier of something else"),
        pytest.param(None, "08:30", OVERLAPPING, id="of several gone by the last"),
        pytest.param(None, "08:00", OVERLAPPING, id="the last one begins this very instant"),
        pytest.param("08:30", "08:30", None, id="and then none of the others"),
        pytest.param("07:00", "07:30", OVERLAPPING, id="still to come"),
        pytest.param(None, "12:00", None, id="all too late"),
    ],
)
def test_next_briefing(briefed_at: str | None, now: str, told: Briefing | None) -> None:
    briefed = None if briefed_at is None else at(briefed_at)

    assert next_briefing((EVENING, MORNING, OVERLAPPING), briefed_at=briefed, now=at(now)) == told


def test_no_briefings_owe_none() -> None:
    assert next_briefing((), briefed_at=None, now=at("09:00")) is None
