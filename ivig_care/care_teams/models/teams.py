"""The people around a child and on the staff of a clinic, and who is on duty."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy

from ivig_care.care_teams.models.clinics import Child, Clinic
from ivig_care.common import clock


class Role(models.TextChoices):
    """What a person is to a child or to a clinic; what each may do is said in access.py."""

    GUARDIAN = "guardian", gettext_lazy("guardian")
    CAREGIVER = "caregiver", gettext_lazy("caregiver")
    VIEWER = "viewer", gettext_lazy("viewer")
    CLINICIAN = "clinician", gettext_lazy("clinician")
    NURSE = "nurse", gettext_lazy("nurse")
    ADMIN = "admin", gettext_lazy("clinic admin")


OF_CHILD = (Role.GUARDIAN, Role.CAREGIVER, Role.VIEWER)
OF_CLINIC = (Role.CLINICIAN, Role.NURSE, Role.ADMIN)


class Told(models.TextChoices):
    """When a member of a family, or of a clinic's staff, is nudged about a child."""

    FIRST = "first", gettext_lazy("told first")
    SECOND = "second", gettext_lazy("told when nobody has answered")
    NEVER = "never", gettext_lazy("never told")


class Membership(models.Model):
    """A person's place in one child's care team, or on one clinic's staff, and when they are nudged.

    Whoever leaves loses the place, and with it all access, at once; the log keeps that they were there. On a small
    staff a person may have several roles; in a care team, one.
    """

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
                condition=Q(role__in=OF_CHILD, child__isnull=False, clinic__isnull=True)
                | Q(role__in=OF_CLINIC, child__isnull=True, clinic__isnull=False),
            ),
            models.UniqueConstraint(fields=["user", "child"], name="membership_once_per_child"),
            models.UniqueConstraint(fields=["user", "clinic", "role"], name="membership_once_per_clinic_and_role"),
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
