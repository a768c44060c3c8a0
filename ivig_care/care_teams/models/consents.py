"""What people agreed to, in the words that they saw: append-only, but for the day on which it was withdrawn."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy

from ivig_care.accounts.models import ContactPoint
from ivig_care.care_teams.models.clinics import Child, Clinic


class Consent(models.Model):
    """One person's agreement to one purpose, by one channel or with one clinic, dated, with the words agreed to."""

    class Purpose(models.TextChoices):
        SHARE = "share", gettext_lazy("a clinic sees the record")
        REMIND = "remind", gettext_lazy("messages about the care")

    person = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="consents")
    purpose = models.CharField(max_length=20, choices=Purpose)
    channel = models.CharField(max_length=10, choices=ContactPoint.Kind, blank=True)
    contact_point = models.ForeignKey(
        ContactPoint, null=True, blank=True, on_delete=models.SET_NULL, related_name="consents"
    )
    child = models.ForeignKey(Child, null=True, blank=True, on_delete=models.CASCADE, related_name="consents")
    clinic = models.ForeignKey(Clinic, null=True, blank=True, on_delete=models.PROTECT, related_name="consents")
    words = models.TextField()
    agreed_at = models.DateTimeField()
    withdrawn_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering: ClassVar = ["agreed_at", "id"]

    def __str__(self) -> str:
        return f"{self.person} agreed: {self.get_purpose_display()}"
