"""Reads of what needs an answer of the clinic: what is open, for its people; and what it answered, for the family."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Exists, OuterRef, Q, QuerySet

from ivig_care.accounts.models import User
from ivig_care.care_teams.access import Right, cared_for_by
from ivig_care.common.prepared import Prepared
from ivig_care.diary.models import SymptomReport
from ivig_care.plans.models import Infusion, InfusionDay
from ivig_care.regimen.signs import Level
from ivig_care.reviews.models import Concern, ConcernAnswer

# Of what was written since, so much says how it goes on.
MOST_SINCE = 3


@dataclass(frozen=True, kw_only=True)
class Open:
    """All that waits for an answer about one infusion, the newest first: a clinic answers it with one sentence.

    `since` is what the family wrote after it that is no concern: that a symptom is gone, that the child is fine.
    """

    infusion: Infusion
    concerns: tuple[Concern, ...]
    since: tuple[SymptomReport, ...] = ()

    @property
    def worst(self) -> Concern:
        """The most urgent one; of several the newest."""
        return max(self.concerns, key=_urgency)

    @property
    def waits_since(self) -> datetime:
        """When the most urgent of it was raised first."""
        return min(one.raised_at for one in self.concerns if _urgency(one) == _urgency(self.worst))

    @property
    def seen(self) -> str:
        """What somebody sees who looks at this now, as a form names it."""
        return " ".join(str(one.pk) for one in self.concerns)


def concerns_open(user: User) -> list[Open]:
    """What waits for this person's answer, by infusion: the most urgent first, then what has waited longest."""
    found = _open(Concern.objects.visible_to(user, Right.ANSWER).open())
    return sorted(found, key=lambda one: (-_urgency(one.worst), one.waits_since))


def concerns_open_of(infusion: Infusion) -> Open | None:
    """What waits for an answer about one infusion; None when nothing does."""
    return next(iter(_open(Concern.objects.filter(infusion=infusion).open())), None)


def _open(waiting: QuerySet[Concern]) -> list[Open]:
    rows = waiting.select_related("infusion__plan__child", "raised_by", "report").order_by("-raised_at", "-pk")
    by_infusion = defaultdict[int, list[Concern]](list)
    for one in rows:
        by_infusion[one.infusion_id].append(one)
    since = _since(by_infusion)
    return [
        Open(infusion=some[0].infusion, concerns=tuple(some), since=since.get(key, ())[:MOST_SINCE])
        for key, some in by_infusion.items()
    ]


def _since(by_infusion: dict[int, list[Concern]]) -> dict[int, tuple[SymptomReport, ...]]:
    """What was written after the first that is open, and is none itself, the newest first."""
    if not by_infusion:
        return {}
    first = {key: some[-1].raised_at for key, some in by_infusion.items()}
    reports = SymptomReport.objects.standing().filter(
        infusion__in=first, at__gt=min(first.values()), concerns__isnull=True
    )
    found = defaultdict[int, tuple[SymptomReport, ...]](tuple)
    for one in reports.select_related("by").prefetch_related("symptoms", "temperatures").order_by("-at", "-pk"):
        if one.at > first[one.infusion_id]:
            found[one.infusion_id] += (one,)
    return found


@dataclass(frozen=True, kw_only=True)
class Answered:
    """One answer of the clinic, and all that it answered, as it was handed in."""

    answer: ConcernAnswer
    concerns: tuple[Concern, ...]

    @property
    def infusion(self) -> Infusion:
        """The infusion that all of it is about."""
        return self.concerns[0].infusion


def by_answer(concerns: Iterable[Concern]) -> tuple[Answered, ...]:
    """Those that are answered, by what was said of them at once; in the order in which they are handed in."""
    together = defaultdict[tuple[int, int, datetime, str], list[Concern]](list)
    for one in concerns:
        if one.answered_at is not None:
            answer = one.answer
            together[one.infusion_id, answer.by_id, answer.at, answer.words].append(one)
    return tuple(Answered(answer=some[0].answer, concerns=tuple(some)) for some in together.values())


@dataclass(frozen=True, kw_only=True)
class Told:
    """What the clinic was told about one infusion: what waits, and what it answered; the newest first."""

    waiting: Sequence[Concern]
    answered: Sequence[Answered]


def told_of(infusion: Infusion) -> Told:
    """Everything of an infusion that needed an answer. One query."""
    return told_from(Concern.objects.filter(infusion=infusion))


def told_from(concerns: QuerySet[Concern]) -> Told:
    """The same of these concerns. One query."""
    rows = list(_told(concerns))
    return Told(waiting=[one for one in rows if one.answered_at is None], answered=by_answer(rows))


def _told(concerns: QuerySet[Concern]) -> QuerySet[Concern]:
    """These, the newest first, each with its answer."""
    rows = concerns.order_by("-raised_at", "-pk")
    return rows.select_related("raised_by", "answer__by", "report", "infusion__plan__child")


_CONCERNS: Prepared[Concern] = Prepared(lambda infusion: _told(Concern.objects.filter(infusion=infusion)))


def urgency_of(level: str) -> int:
    """How urgent a concern of this level is."""
    # What has no level is the clinic's to judge: as urgent as what it is called about in office hours.
    return Level(level or Level.OFFICE_HOURS).urgency


def _urgency(concern: Concern) -> int:
    return urgency_of(concern.level)


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
    answered: tuple[Answered, ...]


def for_family(infusion: Infusion, *, now: datetime) -> ForFamily:
    """What a family sees at `now` of what it raised about an infusion. One query."""
    rows = _CONCERNS.rows(infusion.pk)
    waiting = [one for one in rows if one.answered_at is None and one.raised_at > now - STAYS_FOR]
    urgent = [one for one in waiting if one.level in RED_FLAGS and not _is_taken_back(one)]
    flag = max(urgent, key=_urgency, default=None)
    return ForFamily(
        red_flag=flag,
        waiting=tuple(one for one in waiting if one is not flag),
        answered=by_answer(one for one in rows if one.answered_at and one.answered_at > now - ANSWER_SHOWN_FOR),
    )


@dataclass(frozen=True, kw_only=True)
class OnTop:
    """What of the clinic's side stands on top of the first page: a red flag for each child, and what was answered."""

    red_flags: tuple[Concern, ...]
    answered: tuple[Answered, ...]


def on_top_for(user: User, *, now: datetime) -> OnTop:
    """What stands there at `now` over the children that somebody cares for, the most urgent first. One query."""
    is_open = Q(answered_at__isnull=True, level__in=RED_FLAGS, raised_at__gt=now - STAYS_FOR)
    rows = Concern.objects.filter(
        is_open | Q(answered_at__gt=now - ANSWER_SHOWN_FOR), infusion__plan__child__in=cared_for_by(user)
    ).select_related("infusion__plan__child__clinic", "report", "raised_by", "answer__by")
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
        answered=by_answer(reversed(found)),
    )


def _is_taken_back(concern: Concern) -> bool:
    return concern.report is not None and concern.report.taken_back_at is not None
