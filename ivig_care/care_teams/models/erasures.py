"""That a family wants a child's record erased: asked, agreed to by every guardian, and then, after a while, done."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q, QuerySet

from ivig_care.care_teams.models.clinics import Child


class ErasureQuerySet(QuerySet["Erasure"]):
    """What families want erased."""

    def open(self) -> ErasureQuerySet:
        """What is neither taken back nor done."""
        return self.filter(taken_back_at__isnull=True, done_at__isnull=True)


class Erasure(models.Model):
    """The wish to have a child's record erased.

        asked -> agreed to by every guardian -> done at `due_at`
          \\----------------\\--> taken back, by any guardian

    `due_at` is null until the last guardian has agreed. Where a clinic must keep its own part, the child stays as part
    of that, and this row with it: then the record is kept for the clinic alone. Else it goes with the child.
    """

    child = models.ForeignKey(Child, on_delete=models.CASCADE, related_name="erasures")
    asked_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    asked_at = models.DateTimeField()
    due_at = models.DateTimeField(null=True, blank=True)
    taken_back_at = models.DateTimeField(null=True, blank=True)
    taken_back_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    done_at = models.DateTimeField(null=True, blank=True)

    objects = ErasureQuerySet.as_manager()

    class Meta:
        ordering: ClassVar = ["asked_at", "id"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["child"],
                condition=Q(taken_back_at__isnull=True, done_at__isnull=True),
                name="erasure_open_once_per_child",
            ),
            models.CheckConstraint(
                name="erasure_taken_back_or_done",
                condition=Q(taken_back_at__isnull=True) | Q(done_at__isnull=True),
            ),
        ]

    def __str__(self) -> str:
        return f"erasure {self.pk} of {self.child}"


class ErasureAgreement(models.Model):
    """One guardian's agreement to an erasure."""

    erasure = models.ForeignKey(Erasure, on_delete=models.CASCADE, related_name="agreements")
    guardian = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()

    class Meta:
        ordering: ClassVar = ["at", "id"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["erasure", "guardian"], name="erasure_agreed_once_by_each")
        ]

    def __str__(self) -> str:
        return f"{self.guardian} agrees to {self.erasure}"
