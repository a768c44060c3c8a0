"""A clinician's sign-off on one infusion."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q, QuerySet

from ivig_care.accounts.models import User
from ivig_care.care_teams.access import Right, children_of
from ivig_care.care_teams.models import Clinic
from ivig_care.plans.models import Infusion


class ReviewQuerySet(QuerySet["Review"]):
    """Reviews, starting from the person asking."""

    def visible_to(self, user: User, right: Right = Right.SEE) -> ReviewQuerySet:
        """The reviews of children with whom this person has this right."""
        return self.filter(infusion__plan__child__in=children_of(user, right))


class Review(models.Model):
    """The review of one closed checklist: open -> signed -> amended. A signed review is never edited."""

    class Status(models.TextChoices):
        OPEN = "open", "open"
        SIGNED = "signed", "signed"

    infusion = models.OneToOneField(Infusion, on_delete=models.PROTECT, related_name="review")
    status = models.CharField(max_length=10, choices=Status, default=Status.OPEN)
    opened_at = models.DateTimeField()
    note = models.TextField(blank=True)
    next_time = models.TextField("what changes next time", blank=True)
    signed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    signed_at = models.DateTimeField(null=True, blank=True)
    # For which clinic it was signed: whoever signed it may work elsewhere later.
    clinic = models.ForeignKey(Clinic, null=True, blank=True, on_delete=models.PROTECT, related_name="+")

    objects = ReviewQuerySet.as_manager()

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(
                name="review_signed_by_somebody_at_some_time",
                condition=Q(status="open", signed_at__isnull=True, signed_by__isnull=True)
                | Q(status="signed", signed_at__isnull=False, signed_by__isnull=False),
            )
        ]

    def __str__(self) -> str:
        return f"review of infusion {self.infusion_id} ({self.status})"


class ReviewAmendment(models.Model):
    """Something added to a signed review; the review itself stays as it was signed."""

    review = models.ForeignKey(Review, on_delete=models.CASCADE, related_name="amendments")
    note = models.TextField()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()

    class Meta:
        ordering: ClassVar = ["at", "id"]

    def __str__(self) -> str:
        return f"amendment of {self.at:%Y-%m-%d %H:%M} UTC"
