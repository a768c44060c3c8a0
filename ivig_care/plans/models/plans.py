"""One child on one protocol version, and what is prescribed in it."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy

from ivig_care.accounts.models import User
from ivig_care.care_teams.access import Right, children_of
from ivig_care.care_teams.models import Child, Clinic
from ivig_care.common import clock
from ivig_care.protocols.models import Product, ProtocolVersion
from ivig_care.regimen.protocol import Actor as RegimenActor


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
        DRAFT = "draft", gettext_lazy("draft")
        ACTIVE = "active", gettext_lazy("active")
        ENDED = "ended", gettext_lazy("ended")

    class GivenBy(models.TextChoices):
        FAMILY = RegimenActor.FAMILY.value, gettext_lazy("the family, before leaving home")
        CLINIC = RegimenActor.CLINIC.value, gettext_lazy("the clinic")

    child = models.ForeignKey(Child, on_delete=models.PROTECT, related_name="plans")
    version = models.ForeignKey(ProtocolVersion, on_delete=models.PROTECT, related_name="plans")
    status = models.CharField(max_length=10, choices=Status, default=Status.DRAFT)
    prescribed_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    # For which clinic it was prescribed: whoever prescribed it may work elsewhere later.
    clinic = models.ForeignKey(Clinic, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
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
    """A medicine that the plan prescribes: before the infusion (premedication), as a course, or only when needed.

    `purpose` (what it is for) and `most_in_24h` are of a medicine that is given as needed.
    """

    class Use(models.TextChoices):
        PREMEDICATION = "premedication", gettext_lazy("premedication")
        COURSE = "course", gettext_lazy("course afterwards")
        AS_NEEDED = "as needed", gettext_lazy("when needed")

    class First(models.TextChoices):
        AFTER_PREMEDICATION = "after premedication", gettext_lazy("one interval after the first premedication")
        END_OF_FIRST_DAY = "end of first day", gettext_lazy("when the first day's infusion ends")
        END_OF_LAST_DAY = "end of last day", gettext_lazy("when the last day's infusion ends")

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
    purpose = models.CharField(max_length=60, blank=True)
    most_in_24h = models.PositiveSmallIntegerField(null=True, blank=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["plan", "use", "ingredient"], name="plan_medicine_once_per_use")
        ]

    def __str__(self) -> str:
        return f"{self.name or self.ingredient} ({self.use})"
