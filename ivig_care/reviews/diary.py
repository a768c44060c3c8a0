"""Reads for the review of one infusion: what was raised and answered, how the child was, and how much it drank."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from ivig_care.diary.models import SymptomReport
from ivig_care.diary.selectors import Ring, hours_after, reports_of, rings_of
from ivig_care.plans.models import Infusion
from ivig_care.reviews.concerns import Told, told_of


@dataclass(frozen=True, kw_only=True)
class ReportRow:
    """One report, and how many hours after the last end before it; None before any end."""

    report: SymptomReport
    hours_after: float | None


@dataclass(frozen=True, kw_only=True)
class DiaryPart:
    """What a family wrote around one infusion, for whoever reviews it; of drinks the windows that have begun."""

    told: Told
    reports: list[ReportRow]
    windows: list[Ring]


def diary_part(infusion: Infusion, *, now: datetime) -> DiaryPart:
    """The same number of queries however much was written."""
    entries = infusion.fluids.standing()
    return DiaryPart(
        told=told_of(infusion),
        reports=[ReportRow(report=one, hours_after=hours_after(infusion, one.at)) for one in reports_of(infusion)],
        windows=[ring for ring in rings_of(infusion, entries, now=now) if ring.window.opens_at <= now],
    )
