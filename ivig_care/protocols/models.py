"""Protocols and their versions, and the reference data on products and medicines, each value with its source."""

from __future__ import annotations

from fractions import Fraction
from typing import Any, ClassVar

from django.db import models
from django.db.models import Q

from ivig_care.care_teams.models import Clinic
from ivig_care.regimen import doses, rates
from ivig_care.regimen.timing import Elapsed


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
        DRAFT = "draft", "draft"
        PUBLISHED = "published", "published"

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


class Product(models.Model):
    """An immunoglobulin product. Concentration in mg/mL. Blank text is unknown, never "none".

    A blank source means that nothing but the name and the strength in it is known.
    """

    name = models.CharField(max_length=60, unique=True)
    mg_per_ml = models.PositiveIntegerField()
    stabiliser = models.CharField(max_length=120, blank=True)
    iga = models.CharField("IgA, mcg/mL", max_length=60, blank=True)
    handling = models.CharField(max_length=300, blank=True)
    source = models.CharField(max_length=60, blank=True)

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(name="product_strength_above_zero", condition=Q(mg_per_ml__gt=0))
        ]

    def __str__(self) -> str:
        return self.name

    def as_value(self) -> rates.Product:
        """The product as the regimen knows it, with its ceilings."""
        ceilings = tuple(
            rates.Ceiling(use=row.use, ml_per_kg_h=Fraction(row.ml_per_kg_h), source=row.source, flag=row.flag)
            for row in self.ceilings.all()
        )
        return rates.Product(name=self.name, mg_per_ml=Fraction(self.mg_per_ml), ceilings=ceilings)


class ProductCeiling(models.Model):
    """A highest rate that a source gives for one use, in mL/kg/h; `flag` limits it to children with that risk.

    `label` is the rate in the unit of the source itself, as in "4 mg/kg/min".
    """

    class Flag(models.TextChoices):
        RISK = "risk", "risk of kidney injury or thrombosis"

    product = models.ForeignKey(Product, on_delete=models.CASCADE, related_name="ceilings")
    use = models.CharField(max_length=80)
    ml_per_kg_h = models.DecimalField(max_digits=5, decimal_places=3)
    label = models.CharField(max_length=60, blank=True)
    flag = models.CharField(max_length=40, choices=Flag, blank=True)
    source = models.CharField(max_length=60)

    class Meta:
        ordering: ClassVar = ["ml_per_kg_h", "use"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["product", "use"], name="product_ceiling_once_per_use"),
            models.CheckConstraint(name="product_ceiling_above_zero", condition=Q(ml_per_kg_h__gt=0)),
        ]

    def __str__(self) -> str:
        return f"{self.product}: {self.ml_per_kg_h} mL/kg/h ({self.use})"


class Medicine(models.Model):
    """An ingredient that families give around an infusion, and the names it goes by."""

    ingredient = models.SlugField(max_length=60, unique=True)
    names = models.CharField(max_length=200, blank=True, help_text="other names, separated by commas")

    def __str__(self) -> str:
        return self.ingredient


class MedicineLimit(models.Model):
    """What a source says of an ingredient in one country's rule set; null is unknown and never "no limit"."""

    medicine = models.ForeignKey(Medicine, on_delete=models.CASCADE, related_name="limits")
    country = models.CharField(max_length=2, choices=Clinic.Country)
    min_interval_hours = models.DecimalField(max_digits=4, decimal_places=1, null=True, blank=True)
    max_doses_24h = models.PositiveSmallIntegerField(null=True, blank=True)
    max_mg_per_kg_24h = models.DecimalField(max_digits=6, decimal_places=2, null=True, blank=True)
    caution = models.CharField(max_length=300, blank=True)
    source = models.CharField(max_length=60)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["medicine", "country"], name="medicine_limit_once_per_country"),
            models.CheckConstraint(
                name="medicine_limit_unknown_or_above_zero",
                condition=(Q(min_interval_hours__isnull=True) | Q(min_interval_hours__gt=0))
                & (Q(max_doses_24h__isnull=True) | Q(max_doses_24h__gt=0))
                & (Q(max_mg_per_kg_24h__isnull=True) | Q(max_mg_per_kg_24h__gt=0)),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.medicine} ({self.country})"

    def as_value(self) -> doses.MedicineLimit:
        """The limit as the regimen knows it."""
        hours, per_kg = self.min_interval_hours, self.max_mg_per_kg_24h
        return doses.MedicineLimit(
            ingredient=self.medicine.ingredient,
            min_interval=None if hours is None else Elapsed(hours=float(hours)),
            max_doses_24h=self.max_doses_24h,
            max_mg_per_kg_24h=None if per_kg is None else Fraction(per_kg),
            caution=self.caution,
            source=self.source,
        )
