"""A child's plan, its infusions with their days and checklist, and the append-only record of what happened."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from fractions import Fraction
from typing import ClassVar
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import models
from django.db.models import Q, QuerySet

from ivig_care.accounts.models import User
from ivig_care.care_teams.access import Right, children_of
from ivig_care.care_teams.models import Child
from ivig_care.common import clock
from ivig_care.protocols.models import Product, ProtocolVersion
from ivig_care.regimen.protocol import Actor as RegimenActor
from ivig_care.regimen.protocol import Kind as RegimenKind
from ivig_care.regimen.protocol import NudgePolicy
from ivig_care.regimen.steps import Event, SkipReason, State
from ivig_care.regimen.timing import Elapsed, Phase, Window, zone_named


def _choices(
    words: type[State] | type[Event] | type[SkipReason] | type[RegimenKind] | type[RegimenActor],
) -> list[tuple[str, str]]:
    return [(word.value, word.value) for word in words]


class PlanQuerySet(QuerySet["Plan"]):
    """Plans, starting from the person asking."""

    def visible_to(self, user: User, right: Right = Right.SEE) -> PlanQuerySet:
        """The plans of children with whom this person has this right."""
        return self.filter(child__in=children_of(user, right))


class Plan(models.Model):
    """One child on one protocol version: draft -> active -> ended. No clinical value has a default.

    Null is "not prescribed yet" and stops activation; `protocols` name the value that is missing.
    """

    class Status(models.TextChoices):
        DRAFT = "draft", "draft"
        ACTIVE = "active", "active"
        ENDED = "ended", "ended"

    class GivenBy(models.TextChoices):
        FAMILY = RegimenActor.FAMILY.value, "the family, before leaving home"
        CLINIC = RegimenActor.CLINIC.value, "the clinic"

    child = models.ForeignKey(Child, on_delete=models.PROTECT, related_name="plans")
    version = models.ForeignKey(ProtocolVersion, on_delete=models.PROTECT, related_name="plans")
    status = models.CharField(max_length=10, choices=Status, default=Status.DRAFT)
    prescribed_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField(default=clock.now, editable=False)
    activated_at = models.DateTimeField(null=True, blank=True)

    product = models.ForeignKey(Product, null=True, blank=True, on_delete=models.PROTECT, related_name="plans")
    dose_g_per_kg = models.DecimalField(max_digits=4, decimal_places=2, null=True, blank=True)
    weight_kg = models.DecimalField(max_digits=5, decimal_places=2, null=True, blank=True)
    weighed_on = models.DateField(null=True, blank=True)
    has_risk = models.BooleanField("risk of kidney injury or thrombosis", null=True, blank=True)

    has_premedication = models.BooleanField(null=True, blank=True)
    premedication_minutes_before = models.PositiveSmallIntegerField(null=True, blank=True)
    premedication_by = models.CharField(max_length=10, choices=GivenBy, blank=True)
    has_course = models.BooleanField(null=True, blank=True)
    has_fluid_limit = models.BooleanField(null=True, blank=True)
    fluids_goal_ml = models.PositiveSmallIntegerField(null=True, blank=True)
    fluids_hours_after = models.PositiveSmallIntegerField(null=True, blank=True)

    objects = PlanQuerySet.as_manager()

    def __str__(self) -> str:
        return f"plan {self.pk} ({self.status})"


class PlanRate(models.Model):
    """One rung of the plan's ladder: mL/kg/h for so many minutes; the last rung has no minutes."""

    plan = models.ForeignKey(Plan, on_delete=models.CASCADE, related_name="rates")
    position = models.PositiveSmallIntegerField()
    ml_per_kg_h = models.DecimalField(max_digits=5, decimal_places=3)
    minutes = models.PositiveSmallIntegerField(null=True, blank=True)

    class Meta:
        ordering: ClassVar = ["position"]
        constraints: ClassVar = [models.UniqueConstraint(fields=["plan", "position"], name="plan_rate_position_once")]

    def __str__(self) -> str:
        return f"{self.ml_per_kg_h} mL/kg/h"


class PlanMedicine(models.Model):
    """A medicine that the plan prescribes: before the infusion (premedication), or as a course around it."""

    class Use(models.TextChoices):
        PREMEDICATION = "premedication", "premedication"
        COURSE = "course", "course afterwards"

    class First(models.TextChoices):
        AFTER_PREMEDICATION = "after premedication", "one interval after the first premedication"
        END_OF_FIRST_DAY = "end of first day", "when the first day's infusion ends"
        END_OF_LAST_DAY = "end of last day", "when the last day's infusion ends"

    plan = models.ForeignKey(Plan, on_delete=models.CASCADE, related_name="medicines")
    use = models.CharField(max_length=20, choices=Use)
    ingredient = models.CharField(max_length=60)
    name = models.CharField(max_length=60, blank=True)
    mg = models.DecimalField(max_digits=7, decimal_places=2, null=True, blank=True)
    mg_per_ml = models.DecimalField(max_digits=6, decimal_places=2, null=True, blank=True)
    every_hours = models.DecimalField(max_digits=4, decimal_places=1, null=True, blank=True)
    first = models.CharField(max_length=20, choices=First, blank=True)
    until_hours = models.PositiveSmallIntegerField(null=True, blank=True)
    may_wake = models.BooleanField(null=True, blank=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["plan", "use", "ingredient"], name="plan_medicine_once_per_use")
        ]

    def __str__(self) -> str:
        return f"{self.name or self.ingredient} ({self.use})"


class InfusionQuerySet(QuerySet["Infusion"]):
    """Infusions, starting from the person asking."""

    def visible_to(self, user: User, right: Right = Right.SEE) -> InfusionQuerySet:
        """The infusions of children with whom this person has this right."""
        return self.filter(plan__child__in=children_of(user, right))


class Infusion(models.Model):
    """One course under a plan, with its checklist: draft (plan not active) -> open -> closed.

    `revision` grows with every change that a page could show, so a page can ask whether there is anything new.
    """

    plan = models.ForeignKey(Plan, on_delete=models.PROTECT, related_name="infusions")
    zone = models.CharField(max_length=64)
    revision = models.PositiveIntegerField(default=0)
    closed_at = models.DateTimeField(null=True, blank=True)

    objects = InfusionQuerySet.as_manager()

    class Meta:
        indexes: ClassVar = [
            # Read by actions.checklists.checklists_close once a minute.
            models.Index(fields=["id"], name="infusion_open", condition=Q(closed_at__isnull=True))
        ]

    def __str__(self) -> str:
        return f"infusion {self.pk}"

    @property
    def child(self) -> Child:
        """The child who receives it."""
        return self.plan.child

    @property
    def tz(self) -> ZoneInfo:
        """The zone in which its wall-clock times are read."""
        return zone_named(self.zone)


class InfusionDayQuerySet(QuerySet["InfusionDay"]):
    """Infusion days, starting from the person asking."""

    def visible_to(self, user: User, right: Right = Right.SEE) -> InfusionDayQuerySet:
        """The infusion days of children with whom this person has this right."""
        return self.filter(infusion__plan__child__in=children_of(user, right))


class InfusionDay(models.Model):
    """One day of an infusion. The actual times are what the day's events say last; the events are never edited."""

    infusion = models.ForeignKey(Infusion, on_delete=models.CASCADE, related_name="days")
    number = models.PositiveSmallIntegerField()
    planned_start = models.DateTimeField()
    actual_start = models.DateTimeField(null=True, blank=True)
    actual_end = models.DateTimeField(null=True, blank=True)

    objects = InfusionDayQuerySet.as_manager()

    class Meta:
        ordering: ClassVar = ["number"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["infusion", "number"], name="infusion_day_number_once"),
            models.CheckConstraint(
                name="infusion_day_ends_after_it_starts",
                condition=Q(actual_end__isnull=True) | Q(actual_end__gt=models.F("actual_start")),
            ),
            models.CheckConstraint(
                name="infusion_day_ends_only_if_started",
                condition=Q(actual_end__isnull=True) | Q(actual_start__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"day {self.number} of infusion {self.infusion_id}"


class InfusionDayEvent(models.Model):
    """One append-only fact about a day: it started, it ended, or one of the two was taken back."""

    class Kind(models.TextChoices):
        STARTED = "started", "started"
        ENDED = "ended", "ended"
        START_UNDONE = "start undone", "start taken back"
        END_UNDONE = "end undone", "end taken back"

    day = models.ForeignKey(InfusionDay, on_delete=models.CASCADE, related_name="events")
    kind = models.CharField(max_length=20, choices=Kind)
    at = models.DateTimeField()
    entered_at = models.DateTimeField()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")

    def __str__(self) -> str:
        return f"{self.kind} at {self.at:%Y-%m-%d %H:%M} UTC"


class StepQuerySet(QuerySet["Step"]):
    """Steps, starting from the person asking."""

    def visible_to(self, user: User, right: Right = Right.SEE) -> StepQuerySet:
        """The steps of children with whom this person has this right."""
        return self.filter(infusion__plan__child__in=children_of(user, right))

    def open(self) -> StepQuerySet:
        """The steps that nobody has answered and that are still wanted."""
        return self.filter(state=State.OPEN)


class Step(models.Model):
    """One checklist item, with its own alarm. The states are those of regimen/steps.py.

    `next_nudge_at` is null when nothing is owed. The words and amounts are those the step was made with.
    `said_at` is when it was really done or skipped, `said_by` who said so.
    """

    infusion = models.ForeignKey(Infusion, on_delete=models.CASCADE, related_name="steps")
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
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    skip_reason = models.CharField(max_length=20, choices=_choices(SkipReason), blank=True)

    is_nudged = models.BooleanField(default=False)
    nudge_lead_minutes = models.PositiveSmallIntegerField(null=True, blank=True)
    nudge_repeat_minutes = models.PositiveSmallIntegerField(null=True, blank=True)
    nudge_repeats = models.PositiveSmallIntegerField(default=0)
    may_wake = models.BooleanField(default=False)
    nudged_at = models.DateTimeField(null=True, blank=True)
    next_nudge_at = models.DateTimeField(null=True, blank=True)

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
            # Read by actions.nudges.alarms_ring every few seconds: only what is owed stands in it.
            models.Index(fields=["next_nudge_at"], name="step_alarm", condition=Q(next_nudge_at__isnull=False)),
            # Read by actions.checklists.steps_lapse once a minute.
            models.Index(fields=["closes_at"], name="step_open", condition=Q(state=State.OPEN.value)),
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
        lead, repeat = self.nudge_lead_minutes, self.nudge_repeat_minutes
        return NudgePolicy(
            lead=None if lead is None else Elapsed(minutes=lead),
            repeat_every=None if repeat is None else Elapsed(minutes=repeat),
            repeats=self.nudge_repeats,
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


class DoseQuerySet(QuerySet["Dose"]):
    """Doses, starting from the person asking."""

    def visible_to(self, user: User, right: Right = Right.SEE) -> DoseQuerySet:
        """The doses of children with whom this person has this right."""
        return self.filter(child__in=children_of(user, right))

    def standing(self) -> DoseQuerySet:
        """The doses that were given and not taken back since."""
        return self.filter(taken_back_at__isnull=True)


class Dose(models.Model):
    """An amount of an ingredient given to a child, at home or in the clinic. Append-only.

    A dose recorded by mistake is taken back, once, and stays in the record. `mg` null is unknown.
    """

    child = models.ForeignKey(Child, on_delete=models.PROTECT, related_name="doses")
    step = models.ForeignKey(Step, null=True, blank=True, on_delete=models.PROTECT, related_name="doses")
    ingredient = models.CharField(max_length=60)
    medicine_name = models.CharField(max_length=60, blank=True)
    mg = models.DecimalField(max_digits=9, decimal_places=3, null=True, blank=True)
    given_at = models.DateTimeField()
    entered_at = models.DateTimeField()
    entered_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    reason = models.CharField(max_length=200, blank=True)
    taken_back_at = models.DateTimeField(null=True, blank=True)

    objects = DoseQuerySet.as_manager()

    class Meta:
        ordering: ClassVar = ["given_at", "id"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["step"], condition=Q(taken_back_at__isnull=True), name="dose_once_per_step")
        ]

    def __str__(self) -> str:
        return f"{self.medicine_name or self.ingredient} at {self.given_at:%Y-%m-%d %H:%M} UTC"

    @property
    def amount(self) -> Fraction | None:
        """The amount in mg as the regimen counts it."""
        return None if self.mg is None else Fraction(self.mg)
