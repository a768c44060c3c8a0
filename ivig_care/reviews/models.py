"""A clinician's sign-off on one infusion, and what of it needs an answer before."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q, QuerySet
from django.utils.translation import gettext_lazy

from ivig_care.accounts.models import User
from ivig_care.care_teams.access import Right, children_of
from ivig_care.care_teams.models import Clinic
from ivig_care.diary.models import SymptomReport
from ivig_care.plans.models import Infusion, InfusionDay
from ivig_care.regimen.signs import Level


class ReviewQuerySet(QuerySet["Review"]):
    """Reviews, starting from the person asking."""

    def visible_to(self, user: User, right: Right = Right.SEE) -> ReviewQuerySet:
        """The reviews of children with whom this person has this right."""
        return self.filter(infusion__plan__child__in=children_of(user, right))


class Review(models.Model):
    """The review of one closed checklist: open -> signed -> amended. A signed review is never edited."""

    class Status(models.TextChoices):
        OPEN = "open", gettext_lazy("open")
        SIGNED = "signed", gettext_lazy("signed")

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


class ConcernQuerySet(QuerySet["Concern"]):
    """What needs an answer, starting from the person asking."""

    def visible_to(self, user: User, right: Right = Right.SEE) -> ConcernQuerySet:
        """The concerns about children with whom this person has this right."""
        return self.filter(infusion__plan__child__in=children_of(user, right))

    def open(self) -> ConcernQuerySet:
        """Those that nobody of the clinic has answered yet."""
        return self.filter(answered_at__isnull=True)


class Concern(models.Model):
    """One thing about an infusion that needs an answer of the clinic: raised once, answered once. Never removed.

    `kind` and what it is about (a report, or a day) say what happened; `words` say it for a person, as it was then.
    `level` is the triage's, where there is one. `answered_at` is that of its answer.
    """

    class Kind(models.TextChoices):
        SYMPTOMS = "symptoms", gettext_lazy("symptoms")
        BRIEFING = "briefing", gettext_lazy("answer from the day before")
        CARD = "card", gettext_lazy("what runs differs from the plan")
        CLOSING = "closing", gettext_lazy("word at the end")

    infusion = models.ForeignKey(Infusion, on_delete=models.CASCADE, related_name="concerns")
    kind = models.CharField(max_length=10, choices=Kind)
    level = models.CharField(max_length=20, choices=[(level.value, level.value) for level in Level], blank=True)
    # What it is about, within its kind: a second time the same is no second concern.
    about = models.CharField(max_length=60)
    report = models.ForeignKey(SymptomReport, null=True, blank=True, on_delete=models.CASCADE, related_name="concerns")
    day = models.ForeignKey(InfusionDay, null=True, blank=True, on_delete=models.CASCADE, related_name="+")
    words = models.TextField()
    raised_at = models.DateTimeField()
    raised_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    answered_at = models.DateTimeField(null=True, blank=True)

    objects = ConcernQuerySet.as_manager()

    class Meta:
        ordering: ClassVar = ["raised_at", "id"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["infusion", "kind", "about"], name="concern_once"),
        ]
        # Read by the clinic's first page: only what is open stands in it.
        indexes: ClassVar = [
            models.Index(fields=["infusion"], name="concern_open", condition=Q(answered_at__isnull=True))
        ]

    def __str__(self) -> str:
        return self.words


class ConcernAnswer(models.Model):
    """What the clinic did about a concern, in its own words. Append-only."""

    concern = models.OneToOneField(Concern, on_delete=models.CASCADE, related_name="answer")
    words = models.TextField()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()

    def __str__(self) -> str:
        return f"answer of {self.at:%Y-%m-%d %H:%M} UTC"
