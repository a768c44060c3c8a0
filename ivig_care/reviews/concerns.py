"""Reads of what needs an answer of the clinic: what is open, for its people; and what it answered, for the family."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Exists, OuterRef, Q, QuerySet

from ivig_care.accounts.models import User
from ivig_care.care_teams.access import Right, cared_for_by
from ivig_care.common.prepared import Prepared
from ivig_care.plans.models import Infusion, InfusionDay
from ivig_care.regimen.signs import Level
from ivig_care.reviews.models import Concern


def concerns_open(user: User) -> list[Concern]:
    """What waits for this person's answer: the most urgent first, then what has waited longest."""
    waiting = Concern.objects.visible_to(user, Right.ANSWER).open()
    rows = waiting.select_related("infusion__plan__child", "raised_by", "report").order_by("raised_at", "pk")
    return sorted(rows, key=_urgency, reverse=True)


def concerns_of(infusion: Infusion) -> QuerySet[Concern]:
    """Everything of one infusion that needed an answer, the newest first, with its answer."""
    return _of(infusion.pk)


def _of(infusion: int) -> QuerySet[Concern]:
    rows = Concern.objects.filter(infusion=infusion).order_by("-raised_at", "-pk")
    return rows.select_related("raised_by", "answer__by", "report", "infusion__plan__child")


_CONCERNS: Prepared[Concern] = Prepared(_of)


def _urgency(concern: Concern) -> int:
    # What has no level is the clinic's to judge: as urgent as what it is called about in office hours.
    return Level(concern.level or Level.OFFICE_HOURS).urgency


# So long a red flag stays on top, unless the clinic answers. Source: FACTS section 6, haemolysis up to 10 days.
STAYS_FOR = timedelta(days=10)
# What a family calls about now.
RED_FLAGS = (Level.EMERGENCY, Level.CALL_NOW)
# So long after it was given an answer of the clinic stands on the family's page.
ANSWER_SHOWN_FOR = timedelta(days=2)


@dataclass(frozen=True, kw_only=True)
class ForFamily:
    """What of the clinic's side stands on a family's page: the red flag that is open, what waits, what was answered."""

    red_flag: Concern | None
    waiting: tuple[Concern, ...]
    answered: tuple[Concern, ...]


def for_family(infusion: Infusion, *, now: datetime) -> ForFamily:
    """What a family sees at `now` of what it raised about an infusion. One query."""
    lately = [one for one in _CONCERNS.rows(infusion.pk) if one.raised_at > now - STAYS_FOR]
    waiting = [one for one in lately if one.answered_at is None]
    urgent = [one for one in waiting if one.level in RED_FLAGS and not _is_taken_back(one)]
    return ForFamily(
        red_flag=max(urgent, key=_urgency, default=None),
        waiting=tuple(one for one in waiting if one not in urgent),
        answered=tuple(
            one for one in lately if one.answered_at is not None and one.answered_at > now - ANSWER_SHOWN_FOR
        ),
    )


@dataclass(frozen=True, kw_only=True)
class OnTop:
    """What of the clinic's side stands on top of the first page: a red flag for each child, and what was answered."""

    red_flags: tuple[Concern, ...]
    answered: tuple[Concern, ...]


def on_top_for(user: User, *, now: datetime) -> OnTop:
    """What stands there at `now` over the children that somebody cares for, the most urgent first. One query."""
    is_open = Q(answered_at__isnull=True, level__in=RED_FLAGS, raised_at__gt=now - STAYS_FOR)
    rows = Concern.objects.filter(
        is_open | Q(answered_at__gt=now - ANSWER_SHOWN_FOR), infusion__plan__child__in=cared_for_by(user)
    ).select_related("infusion__plan__child__clinic", "report", "answer__by")
    # While something runs in, the nurse is nearer than any number.
    running = InfusionDay.objects.filter(
        infusion=OuterRef("infusion"), actual_start__gt=now - timedelta(days=1), actual_end=None
    )
    rows = rows.annotate(is_running=Exists(running))
    found = list(rows.order_by("raised_at", "pk"))
    urgent = sorted((one for one in found if one.answered_at is None and not _is_taken_back(one)), key=_urgency)
    by_child = {one.infusion.plan.child_id: one for one in urgent}
    return OnTop(
        red_flags=tuple(sorted(by_child.values(), key=_urgency, reverse=True)),
        answered=tuple(one for one in found if one.answered_at is not None),
    )


def _is_taken_back(concern: Concern) -> bool:
    return concern.report is not None and concern.report.taken_back_at is not None
