"""What was given to a child, at home or in the clinic: append-only."""

from __future__ import annotations

from fractions import Fraction
from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q, QuerySet

from ivig_care.accounts.models import User
from ivig_care.care_teams.access import Right, children_of
from ivig_care.care_teams.models import Child
from ivig_care.plans.models.steps import Step


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

    A dose recorded by mistake is taken back, once, and stays in the record. `mg` null is unknown. Without a step it was
    an extra dose. `by_clinic`: a nurse gave it.
    """

    child = models.ForeignKey(Child, on_delete=models.PROTECT, related_name="doses")
    step = models.ForeignKey(Step, null=True, blank=True, on_delete=models.PROTECT, related_name="doses")
    ingredient = models.CharField(max_length=60)
    medicine_name = models.CharField(max_length=60, blank=True)
    mg = models.DecimalField(max_digits=9, decimal_places=3, null=True, blank=True)
    given_at = models.DateTimeField()
    entered_at = models.DateTimeField()
    entered_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    by_clinic = models.BooleanField(default=False)
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
