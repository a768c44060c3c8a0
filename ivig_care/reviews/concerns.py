"""Reads of what needs an answer of the clinic: what is open, for its people; and what it answered, for the family."""

from __future__ import annotations

from django.db.models import QuerySet

from ivig_care.accounts.models import User
from ivig_care.care_teams.access import Right
from ivig_care.plans.models import Infusion
from ivig_care.regimen.signs import Level
from ivig_care.reviews.models import Concern


def concerns_open(user: User) -> list[Concern]:
    """What waits for this person's answer: the most urgent first, then what has waited longest."""
    waiting = Concern.objects.visible_to(user, Right.ANSWER).open()
    rows = waiting.select_related("infusion__plan__child", "raised_by").order_by("raised_at", "pk")
    return sorted(rows, key=_urgency, reverse=True)


def concerns_of(infusion: Infusion) -> QuerySet[Concern]:
    """Everything of one infusion that needed an answer, the newest first, with its answer."""
    return infusion.concerns.select_related("raised_by", "answer__by", "infusion__plan__child").order_by(
        "-raised_at", "-pk"
    )


def _urgency(concern: Concern) -> int:
    # What has no level is the clinic's to judge: as urgent as what it is called about in office hours.
    return Level(concern.level or Level.OFFICE_HOURS).urgency
