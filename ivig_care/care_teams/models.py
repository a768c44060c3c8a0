"""Clinics, children, and the people around a child."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q

from ivig_care.common import clock


class Clinic(models.Model):
    """A clinic that prescribes infusions and reviews them. `country` picks the rule set of medicine limits."""

    class Country(models.TextChoices):
        US = "US", "United States"
        UK = "UK", "United Kingdom"
        AU = "AU", "Australia"

    name = models.CharField(max_length=100)
    country = models.CharField(max_length=2, choices=Country)
    zone = models.CharField(max_length=64)
    phone = models.CharField(max_length=40)
    emergency_number = models.CharField(max_length=20)

    def __str__(self) -> str:
        return self.name


class Child(models.Model):
    """A child who receives infusions. `zone` is where the child lives: every wall-clock time is resolved there."""

    clinic = models.ForeignKey(Clinic, on_delete=models.PROTECT, related_name="children")
    given_name = models.CharField(max_length=60)
    family_name = models.CharField(max_length=60)
    born_on = models.DateField()
    zone = models.CharField(max_length=64)

    class Meta:
        verbose_name_plural = "children"

    def __str__(self) -> str:
        return f"{self.given_name} {self.family_name}"


class Role(models.TextChoices):
    """What a person is to a child or to a clinic; what each may do is said in access.py."""

    GUARDIAN = "guardian", "guardian"
    CAREGIVER = "caregiver", "caregiver"
    CLINICIAN = "clinician", "clinician"


class Told(models.TextChoices):
    """When a member of a family, or of a clinic's staff, is nudged about a child."""

    FIRST = "first", "told first"
    SECOND = "second", "told when nobody has answered"
    NEVER = "never", "never told"


class Membership(models.Model):
    """A person's place in one child's care team, or on one clinic's staff, and when they are nudged."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="memberships")
    role = models.CharField(max_length=20, choices=Role)
    child = models.ForeignKey(Child, null=True, blank=True, on_delete=models.CASCADE, related_name="memberships")
    clinic = models.ForeignKey(Clinic, null=True, blank=True, on_delete=models.CASCADE, related_name="memberships")
    told = models.CharField(max_length=10, choices=Told, default=Told.FIRST)
    created_at = models.DateTimeField(default=clock.now, editable=False)

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(
                name="membership_family_of_child_staff_of_clinic",
                condition=Q(role__in=[Role.GUARDIAN, Role.CAREGIVER], child__isnull=False, clinic__isnull=True)
                | Q(role=Role.CLINICIAN, child__isnull=True, clinic__isnull=False),
            ),
            models.UniqueConstraint(fields=["user", "child"], name="membership_once_per_child"),
            models.UniqueConstraint(fields=["user", "clinic"], name="membership_once_per_clinic"),
        ]

    def __str__(self) -> str:
        return f"{self.user}, {self.role} of {self.child or self.clinic}"


class Duty(models.Model):
    """Who is on duty for a child, from when until when: told first, and everybody else of the family second."""

    child = models.ForeignKey(Child, on_delete=models.CASCADE, related_name="duties")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="duties")
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    created_at = models.DateTimeField()

    class Meta:
        verbose_name_plural = "duties"
        constraints: ClassVar = [
            models.CheckConstraint(name="duty_ends_after_it_starts", condition=Q(ends_at__gt=models.F("starts_at")))
        ]

    def __str__(self) -> str:
        return f"{self.user} is on duty for {self.child}"
