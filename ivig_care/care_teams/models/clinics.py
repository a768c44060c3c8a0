"""Clinics, children, and which clinic may see which child."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q, QuerySet
from django.utils.translation import gettext_lazy

from ivig_care.common.secrets import code_make


class Clinic(models.Model):
    """A clinic that prescribes infusions and reviews them. `country` picks the rule set of medicine limits.

    `join_code` is what a guardian types, or photographs, to share a child's record with the clinic. It is no secret:
    it lets nobody see anything. `record_kept_years`: for so long it must keep its own record of a child after the last
    entry, as its law says; null is "not said", and then the record is kept.
    """

    class Country(models.TextChoices):
        US = "US", gettext_lazy("United States")
        UK = "UK", gettext_lazy("United Kingdom")
        AU = "AU", gettext_lazy("Australia")

    name = models.CharField(max_length=100)
    country = models.CharField(max_length=2, choices=Country)
    zone = models.CharField(max_length=64)
    phone = models.CharField(max_length=40)
    emergency_number = models.CharField(max_length=20)
    join_code = models.CharField(max_length=12, unique=True, default=code_make)
    record_kept_years = models.PositiveSmallIntegerField(null=True, blank=True)

    def __str__(self) -> str:
        return self.name


class Child(models.Model):
    """A child who receives infusions. `zone` is where the child lives: every wall-clock time is resolved there.

    `clinic` is whose number stands on the pages, and whose country picks the limits; which clinics may see the child is
    said by its links.
    """

    clinic = models.ForeignKey(Clinic, on_delete=models.PROTECT, related_name="children")
    given_name = models.CharField(max_length=60)
    family_name = models.CharField(max_length=60)
    born_on = models.DateField()
    zone = models.CharField(max_length=64)

    class Meta:
        verbose_name_plural = "children"

    def __str__(self) -> str:
        return f"{self.given_name} {self.family_name}"

    @property
    def initials(self) -> str:
        """As in "L. M.": for whoever is not known to belong to the child yet."""
        return f"{self.given_name[:1]}. {self.family_name[:1]}."


class ClinicLinkQuerySet(QuerySet["ClinicLink"]):
    """Which clinics may see which children."""

    def standing(self) -> ClinicLinkQuerySet:
        """Those that hold now."""
        return self.filter(withdrawn_at__isnull=True)


class ClinicLink(models.Model):
    """That a clinic may see a child's record: offered -> agreed -> withdrawn.

    A clinic that adds a child offers the link: what there is then, it wrote itself, and no family is there yet. The
    first guardian agrees when coming in, and any guardian may withdraw at any time; that ends the clinic's access at
    once. Withdrawn links stay as a record; agreeing again makes a new one.
    """

    child = models.ForeignKey(Child, on_delete=models.CASCADE, related_name="clinic_links")
    clinic = models.ForeignKey(Clinic, on_delete=models.CASCADE, related_name="child_links")
    offered_at = models.DateTimeField()
    agreed_at = models.DateTimeField(null=True, blank=True)
    agreed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    withdrawn_at = models.DateTimeField(null=True, blank=True)
    withdrawn_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )

    objects = ClinicLinkQuerySet.as_manager()

    class Meta:
        ordering: ClassVar = ["offered_at", "id"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["child", "clinic"], condition=Q(withdrawn_at__isnull=True), name="clinic_link_standing_once"
            ),
            models.CheckConstraint(
                name="clinic_link_agreed_by_somebody",
                condition=Q(agreed_at__isnull=True, agreed_by__isnull=True)
                | Q(agreed_at__isnull=False, agreed_by__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.clinic} may see {self.child}"
