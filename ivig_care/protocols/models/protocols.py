"""Protocols and their versions; a published version never changes."""

from __future__ import annotations

from typing import Any, ClassVar

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy

from ivig_care.care_teams.models import Clinic


class PublishedVersionFixed(Exception):
    """A published protocol version never changes; another one is published instead."""

    def __init__(self, number: int) -> None:
        self.number = number
        super().__init__(f"version {number} is published and never changes; publish another version")


class Protocol(models.Model):
    """A reusable regimen. Without a clinic it is built in and open to every clinic."""

    clinic = models.ForeignKey(Clinic, null=True, blank=True, on_delete=models.CASCADE, related_name="protocols")
    slug = models.SlugField(max_length=60)
    name = models.CharField(max_length=120)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["clinic", "slug"], name="protocol_slug_once_per_clinic"),
            models.UniqueConstraint(
                fields=["slug"], condition=Q(clinic__isnull=True), name="protocol_slug_once_built_in"
            ),
        ]

    def __str__(self) -> str:
        return self.name


class ProtocolVersion(models.Model):
    """One version of a protocol: draft -> published, and from then on it never changes.

    `document` is the protocol in the format of docs/reference/preview.md; what it leaves to the prescriber stands
    there as {"prescribed": "name"}.
    """

    class Status(models.TextChoices):
        DRAFT = "draft", gettext_lazy("draft")
        PUBLISHED = "published", gettext_lazy("published")

    protocol = models.ForeignKey(Protocol, on_delete=models.PROTECT, related_name="versions")
    number = models.PositiveIntegerField()
    status = models.CharField(max_length=10, choices=Status, default=Status.DRAFT)
    document = models.JSONField()
    published_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["protocol", "number"], name="protocol_version_number_once")
        ]

    def __str__(self) -> str:
        return f"{self.protocol}, version {self.number}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Raises PublishedVersionFixed: what was published is what plans were made from."""
        if type(self).objects.filter(pk=self.pk, status=self.Status.PUBLISHED).exists():
            raise PublishedVersionFixed(self.number)
        super().save(*args, **kwargs)
