"""The items of a checklist, each with its own alarm, and the append-only record of each."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import F, Q, QuerySet

from ivig_care.accounts.models import User
from ivig_care.care_teams.access import Right, children_of
from ivig_care.plans.models.infusions import Infusion
from ivig_care.regimen.protocol import Actor as RegimenActor
from ivig_care.regimen.protocol import Kind as RegimenKind
from ivig_care.regimen.protocol import NudgePolicy
from ivig_care.regimen.steps import Event, SkipReason, State
from ivig_care.regimen.timing import Elapsed, Phase, Window


def _choices(
    words: type[State] | type[Event] | type[SkipReason] | type[RegimenKind] | type[RegimenActor],
) -> list[tuple[str, str]]:
    return [(word.value, word.value) for word in words]


def _elapsed(minutes: int | None) -> Elapsed | None:
    return None if minutes is None else Elapsed(minutes=minutes)


class StepQuerySet(QuerySet["Step"]):
    """Steps, starting from the person asking."""

    def visible_to(self, user: User, right: Right = Right.SEE) -> StepQuerySet:
        """The steps of children with whom this person has this right."""
        return self.filter(infusion__plan__child__in=children_of(user, right))

    def open(self) -> StepQuerySet:
        """The steps that nobody has answered and that are still wanted."""
        return self.filter(state=State.OPEN)

    def awake(self, now: datetime) -> StepQuerySet:
        """All but those that somebody put off past `now`; who outgrew their window are put off no longer."""
        return self.exclude(snoozed_until__gt=now, snoozed_until__lt=F("closes_at"))


class Step(models.Model):
    """One checklist item, with its own alarm. The states are those of regimen/steps.py.

    `next_nudge_at` is null when nothing is owed; until `snoozed_until` nobody is told, because somebody asked for it.
    The words and amounts are those the step was made with.
    `said_at` is when it was really done or skipped, `said_by` who said so.
    """

    # The unique constraint has an index that begins with the infusion; another would only be written.
    infusion = models.ForeignKey(Infusion, on_delete=models.CASCADE, related_name="steps", db_index=False)
    slot = models.CharField(max_length=120)
    kind = models.CharField(max_length=20, choices=_choices(RegimenKind))
    actor = models.CharField(max_length=10, choices=_choices(RegimenActor))
    title = models.CharField(max_length=160)
    why = models.CharField(max_length=400, blank=True)
    follows = models.CharField(max_length=120, blank=True)
    day_number = models.PositiveSmallIntegerField(null=True, blank=True)

    ingredient = models.CharField(max_length=60, blank=True)
    medicine_name = models.CharField(max_length=60, blank=True)
    mg = models.DecimalField(max_digits=9, decimal_places=3, null=True, blank=True)
    mg_per_ml = models.DecimalField(max_digits=6, decimal_places=2, null=True, blank=True)
    goal_ml = models.PositiveIntegerField(null=True, blank=True)

    opens_at = models.DateTimeField()
    due_at = models.DateTimeField()
    late_at = models.DateTimeField()
    closes_at = models.DateTimeField()

    state = models.CharField(max_length=10, choices=_choices(State), default=State.OPEN.value)
    said_at = models.DateTimeField(null=True, blank=True)
    said_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    skip_reason = models.CharField(max_length=20, choices=_choices(SkipReason), blank=True)

    is_nudged = models.BooleanField(default=False)
    nudge_lead_minutes = models.PositiveSmallIntegerField(null=True, blank=True)
    nudge_repeat_minutes = models.PositiveSmallIntegerField(null=True, blank=True)
    nudge_repeats = models.PositiveSmallIntegerField(default=0)
    nudge_second_minutes = models.PositiveSmallIntegerField(null=True, blank=True)
    nudge_clinic_minutes = models.PositiveSmallIntegerField(null=True, blank=True)
    may_wake = models.BooleanField(default=False)
    nudged_at = models.DateTimeField(null=True, blank=True)
    next_nudge_at = models.DateTimeField(null=True, blank=True)
    snoozed_until = models.DateTimeField(null=True, blank=True)
    snoozes = models.PositiveSmallIntegerField(default=0)

    # The events with a note, where plans.selectors has read them with it. A default would look like having read them.
    noted: Sequence[StepEvent]

    objects = StepQuerySet.as_manager()

    class Meta:
        ordering: ClassVar = ["due_at", "id"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["infusion", "slot"], name="step_slot_once_per_infusion"),
            models.CheckConstraint(
                name="step_rings_only_while_open",
                condition=Q(next_nudge_at__isnull=True) | Q(state=State.OPEN.value),
            ),
        ]
        indexes: ClassVar = [
            # Read by actions.alarms.alarms_ring every few seconds: only what is owed stands in it.
            models.Index(fields=["next_nudge_at"], name="step_alarm", condition=Q(next_nudge_at__isnull=False)),
            # Read by actions.checklists.checklists_close once a minute.
            models.Index(fields=["closes_at"], name="step_open", condition=Q(state=State.OPEN.value)),
            # Read when a person is to be deleted. What nobody has answered yet, and rings, need not stand in it.
            models.Index(fields=["said_by"], name="step_said_by", condition=Q(said_by__isnull=False)),
        ]

    def __str__(self) -> str:
        return f"{self.title} ({self.state})"

    @property
    def window(self) -> Window:
        """When it may be done."""
        return Window(opens_at=self.opens_at, due_at=self.due_at, late_at=self.late_at, closes_at=self.closes_at)

    @property
    def nudge_policy(self) -> NudgePolicy | None:
        """When people are nudged about it; None for never."""
        if not self.is_nudged:
            return None
        return NudgePolicy(
            lead=_elapsed(self.nudge_lead_minutes),
            repeat_every=_elapsed(self.nudge_repeat_minutes),
            repeats=self.nudge_repeats,
            second_after=_elapsed(self.nudge_second_minutes),
            clinic_after=_elapsed(self.nudge_clinic_minutes),
            may_wake=self.may_wake,
        )

    @property
    def ml(self) -> Decimal | None:
        """mL of the liquid, to a tenth; None when no concentration was prescribed."""
        if self.mg is None or not self.mg_per_ml:
            return None
        return (self.mg / self.mg_per_ml).quantize(Decimal("0.1"))

    @property
    def is_said(self) -> bool:
        """Whether somebody said that it was done or skipped."""
        return State(self.state).is_said

    @property
    def said_mark(self) -> str:
        """What stands of it, as a form hands it back that takes just this back; empty when nothing does."""
        if not self.is_said or self.said_at is None:
            return ""
        return f"{self.pk}.{self.state}.{int(self.said_at.timestamp())}.{self.said_by_id or 0}"

    def phase(self, now: datetime) -> Phase:
        """Where `now` lies in its window."""
        return self.window.phase(now)


class StepEvent(models.Model):
    """One append-only fact about a step. `at` is when it happened, `entered_at` when it was written down."""

    step = models.ForeignKey(Step, on_delete=models.CASCADE, related_name="events")
    kind = models.CharField(max_length=10, choices=_choices(Event))
    at = models.DateTimeField()
    entered_at = models.DateTimeField()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    reason = models.CharField(max_length=200, blank=True)
    note = models.TextField(blank=True)

    class Meta:
        ordering: ClassVar = ["entered_at", "id"]

    def __str__(self) -> str:
        return f"{self.kind} at {self.at:%Y-%m-%d %H:%M} UTC"
