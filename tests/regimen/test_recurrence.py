"""When the next infusion would be, by the clinic's cadence and the child's clock."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

import pytest

from ivig_care.regimen.facts import DayFacts
from ivig_care.regimen.protocol import Cadence
from ivig_care.regimen.recurrence import Proposal, propose_next
from ivig_care.regimen.timing import resolve_local, zone_named
from tests.regimen.builders import at, day


def _cadence(*weeks: int, **said: Any) -> Cadence:
    return Cadence(weeks=weeks, **said)


def _on(*shown: str, zone: str = "America/New_York") -> tuple[DayFacts, ...]:
    """Infusion days on the wall clock of a zone."""
    planned = (datetime.fromisoformat(each) for each in shown)
    return tuple(
        DayFacts(number=number, planned_start=resolve_local(each.date(), each.time(), zone_named(zone)))
        for number, each in enumerate(planned, start=1)
    )


def _proposed(cadence: Cadence, *days: DayFacts, zone: str = "UTC", number: int | None = None) -> Proposal:
    proposal = propose_next(cadence, days, zone_named(zone), number=number)
    assert proposal is not None
    return proposal


def test_next_infusion_is_so_many_weeks_on() -> None:
    assert _proposed(_cadence(4, slack_days=3), day(1)) == Proposal(
        weeks=4,
        starts=(datetime.fromisoformat("2026-07-13T09:00Z"),),
        earliest=date(2026, 7, 10),
        latest=date(2026, 7, 16),
    )


def test_next_infusion_has_every_day_of_this_one() -> None:
    apart = (day(1), day(2), day(3, "4+10:30"))

    assert [start.isoformat() for start in _proposed(_cadence(3), *apart).starts] == [
        "2026-07-06T09:00:00+00:00",
        "2026-07-07T09:00:00+00:00",
        "2026-07-10T10:30:00+00:00",
    ]


def test_next_infusion_is_counted_from_the_plan_and_not_from_a_late_start() -> None:
    assert _proposed(_cadence(4), day(1, start="11:45")).starts == _proposed(_cadence(4), day(1)).starts


def test_visit_moves_by_no_day_unless_the_cadence_says_so() -> None:
    proposal = _proposed(_cadence(4), day(1))

    assert proposal.earliest == proposal.latest == date(2026, 7, 13)


# Which infusion of the plan this one is, and the weeks until the next at 2, 2 and then 4.
NUMBERED = [(1, 2), (2, 2), (3, 4), (4, 4), (100, 4)]


@pytest.mark.parametrize(("number", "weeks"), NUMBERED)
def test_cadence_that_changes_goes_by_the_number_and_keeps_its_last(number: int, weeks: int) -> None:
    assert _proposed(_cadence(2, 2, 4), day(1), number=number).weeks == weeks


@pytest.mark.parametrize(("number", "weeks"), [(1, 1), (2, 3), (3, 6), (4, 6)])
def test_each_number_has_its_own_weeks(number: int, weeks: int) -> None:
    proposal = _proposed(_cadence(1, 3, 6), day(1), number=number)

    assert (proposal.weeks, (proposal.starts[0] - at("09:00")).days) == (weeks, 7 * weeks)


def test_cadence_that_changes_proposes_nothing_while_the_number_is_unknown() -> None:
    assert propose_next(_cadence(2, 2, 4), (day(1),), zone_named("UTC")) is None


@pytest.mark.parametrize("number", [None, 1, 7])
def test_cadence_that_never_changes_needs_no_number(number: int | None) -> None:
    assert _proposed(_cadence(4), day(1), number=number).weeks == 4


def test_infusion_of_which_no_day_takes_place_has_no_next() -> None:
    assert propose_next(_cadence(4), (), zone_named("UTC"), number=1) is None


# The infusion on the child's clock, the weeks, and when the next one is, there and in UTC.
ON_THE_CLOCK = [
    pytest.param("2026-10-19 09:00", 4, "2026-11-16", "2026-11-16T14:00Z", id="clocks go back in between"),
    pytest.param("2026-02-23 09:00", 4, "2026-03-23", "2026-03-23T13:00Z", id="clocks go forward in between"),
    pytest.param("2026-02-08 02:30", 4, "2026-03-08", "2026-03-08T07:00Z", id="an hour that does not exist"),
    pytest.param("2026-10-04 01:30", 4, "2026-11-01", "2026-11-01T05:30Z", id="an hour that comes twice: the first"),
    pytest.param("2026-12-07 09:00", 4, "2027-01-04", "2027-01-04T14:00Z", id="over the end of the year"),
    pytest.param("2028-02-01 09:00", 4, "2028-02-29", "2028-02-29T14:00Z", id="onto the 29th of February"),
    pytest.param("2028-02-29 09:00", 4, "2028-03-28", "2028-03-28T13:00Z", id="from the 29th of February"),
    pytest.param("2026-06-15 21:30", 2, "2026-06-29", "2026-06-30T01:30Z", id="a day later in UTC than on the clock"),
]


@pytest.mark.parametrize(("shown", "weeks", "on", "starts"), ON_THE_CLOCK)
def test_next_infusion_is_at_the_same_time_on_the_childs_clock(shown: str, weeks: int, on: str, starts: str) -> None:
    proposal = _proposed(_cadence(weeks), *_on(shown), zone="America/New_York")

    assert proposal.starts == (datetime.fromisoformat(starts),)
    assert proposal.earliest == proposal.latest == date.fromisoformat(on)


def test_slack_is_in_days_of_the_calendar() -> None:
    proposal = _proposed(_cadence(4, slack_days=5), *_on("2028-02-01 09:00"), zone="America/New_York")

    assert (proposal.earliest, proposal.latest) == (date(2028, 2, 24), date(2028, 3, 5))
