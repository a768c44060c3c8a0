"""Reads for a guest's page: what is due now and comes next, what was given last, whom to call. Nothing else."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from ivig_care.accounts.models import ContactPoint
from ivig_care.care_teams.models import GuestLink
from ivig_care.plans.models import Plan, Step, StepEvent
from ivig_care.plans.models.steps import StepQuerySet
from ivig_care.plans.selectors import NEXT_WITHIN, StepRow, rows_of
from ivig_care.regimen.protocol import Actor
from ivig_care.regimen.steps import Event, State

# So long after an answer a guest can take it back.
UNDO_WITHIN = timedelta(minutes=10)


@dataclass(frozen=True, kw_only=True)
class GuestPage:
    """What a guest sees."""

    now_rows: list[StepRow]
    next_steps: list[Step]
    medicines: list[StepRow]
    answered: list[Step]
    family_phone: str


def steps_for(link: GuestLink) -> StepQuerySet:
    """The steps of the infusion that a guest link is about, those for the family: the clinic's are the clinic's."""
    steps = Step.objects.filter(infusion=link.infusion_id, actor=Actor.FAMILY, infusion__plan__child=link.child_id)
    steps = steps.filter(infusion__plan__status=Plan.Status.ACTIVE).exclude(state=State.WITHDRAWN)
    return steps.select_related("infusion__plan__child__clinic", "said_by").order_by("due_at", "pk")


def waiting_for(link: GuestLink, now: datetime) -> StepQuerySet:
    """Those that may be done now: what a guest can answer."""
    return steps_for(link).open().filter(opens_at__lte=now, closes_at__gt=now)


def answered_by(link: GuestLink, now: datetime) -> list[Step]:
    """What this guest answered a moment ago, and may take back."""
    lately = StepEvent.objects.filter(
        kind__in=[Event.DONE, Event.SKIPPED], by=link.person, entered_at__gt=now - UNDO_WITHIN
    )
    said = steps_for(link).filter(state__in=[State.DONE, State.SKIPPED], said_by=link.person)
    return list(said.filter(pk__in=lately.values("step")))


def guest_page(link: GuestLink, *, now: datetime) -> GuestPage:
    """The whole page."""
    coming = steps_for(link).open().filter(opens_at__gt=now, due_at__lte=min(now + NEXT_WITHIN, link.until))
    phones = ContactPoint.objects.usable().filter(user=link.created_by, kind=ContactPoint.Kind.SMS).in_order()
    now_rows = rows_of(link.infusion, list(waiting_for(link, now)), now=now)
    return GuestPage(
        now_rows=now_rows,
        next_steps=list(coming),
        medicines=_medicines(link, {row.step.ingredient for row in now_rows}, now),
        answered=answered_by(link, now),
        family_phone=phones.values_list("address", flat=True).first() or "",
    )


def _medicines(link: GuestLink, told: set[str], now: datetime) -> list[StepRow]:
    """For every other medicine of the checklist that was given: when last, and when it is allowed again.

    Said by its next step, which carries the medicine's name and limits.
    """
    coming: dict[str, Step] = {}
    for step in steps_for(link).open().filter(closes_at__gt=now).exclude(ingredient__in=["", *told]):
        coming.setdefault(step.ingredient, step)
    rows = rows_of(link.infusion, list(coming.values()), now=now)
    return [row for row in rows if row.last_given_at is not None]
