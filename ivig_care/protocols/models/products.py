"""Immunoglobulin products: what is in them, where a ladder starts and how fast it may go, each with its source."""

from __future__ import annotations

from fractions import Fraction
from typing import ClassVar

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy

from ivig_care.regimen import rates


class Indication(models.TextChoices):
    """What a rate on a label is meant for; one word each, and blank where the source names no use."""

    PI = "PI", gettext_lazy("primary immunodeficiency")
    PI_ADULT = "PI (adult)", gettext_lazy("primary immunodeficiency, adults")
    ITP = "ITP", gettext_lazy("immune thrombocytopenia")
    CIDP = "CIDP", gettext_lazy("chronic inflammatory demyelinating polyneuropathy")
    MMN = "MMN", gettext_lazy("multifocal motor neuropathy")
    DERMATOMYOSITIS_ADULT = "dermatomyositis (adult)", gettext_lazy("dermatomyositis, adults")


class Product(models.Model):
    """An immunoglobulin product. Concentration in mg/mL. Blank text is unknown, never "none"; so is null.

    `sources` holds the source of each value by its field; `source` is all of them together.
    """

    name = models.CharField(max_length=60, unique=True)
    mg_per_ml = models.PositiveIntegerField()
    stabiliser = models.CharField(max_length=120, blank=True)
    iga = models.CharField("IgA, mcg/mL", max_length=60, blank=True)
    sodium = models.CharField(max_length=60, blank=True)
    osmolality = models.CharField("osmolality, as printed", max_length=60, blank=True)
    ph = models.CharField("pH", max_length=60, blank=True)
    cadence = models.CharField("how the rate is raised", max_length=160, blank=True)
    cadence_from_minutes = models.PositiveSmallIntegerField(null=True, blank=True)
    cadence_to_minutes = models.PositiveSmallIntegerField(null=True, blank=True)
    risk_advice = models.CharField("for a child at risk, in words", max_length=120, blank=True)
    paediatric = models.CharField("ages", max_length=120, blank=True)
    warning = models.CharField(max_length=300, blank=True)
    handling = models.CharField(max_length=300, blank=True)
    storage = models.CharField(max_length=160, blank=True)
    source = models.CharField(max_length=120, blank=True)
    sources = models.JSONField(default=dict, blank=True)

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(name="product_strength_above_zero", condition=Q(mg_per_ml__gt=0)),
            models.CheckConstraint(
                name="product_cadence_unknown_or_a_range",
                condition=Q(cadence_from_minutes__isnull=True, cadence_to_minutes__isnull=True)
                | Q(cadence_from_minutes__gt=0, cadence_to_minutes__gte=F("cadence_from_minutes")),
            ),
        ]

    def __str__(self) -> str:
        return self.name

    def as_value(self) -> rates.Product:
        """The product as the regimen knows it: its ceilings, and the slowest of the starting rates of its label.

        Labels may start faster for one indication than for another; the regimen knows one start, so the careful one.
        """
        start = min(self.starts.all(), key=lambda one: one.ml_per_kg_h, default=None)
        return rates.Product(
            name=self.name,
            mg_per_ml=Fraction(self.mg_per_ml),
            ceilings=tuple(row.as_value() for row in self.ceilings.all()),
            start=None if start is None else Fraction(start.ml_per_kg_h),
            start_source="" if start is None else start.source,
        )


class ProductStart(models.Model):
    """The rate at which a label starts, in mL/kg/h, for one indication or for any (blank).

    `label` is the rate in the unit of the source itself; `minutes` is how long it is held, null when unknown.
    """

    product = models.ForeignKey(Product, on_delete=models.CASCADE, related_name="starts")
    indication = models.CharField(max_length=40, choices=Indication, blank=True)
    ml_per_kg_h = models.DecimalField(max_digits=5, decimal_places=3)
    label = models.CharField(max_length=120)
    minutes = models.PositiveSmallIntegerField(null=True, blank=True)
    source = models.CharField(max_length=120)

    class Meta:
        ordering: ClassVar = ["ml_per_kg_h", "indication"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["product", "indication"], name="product_start_once_per_indication"),
            models.CheckConstraint(
                name="product_start_above_zero",
                condition=Q(ml_per_kg_h__gt=0) & (Q(minutes__isnull=True) | Q(minutes__gt=0)),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.product}: starts at {self.ml_per_kg_h} mL/kg/h ({self.indication or 'use not stated'})"


class ProductCeiling(models.Model):
    """A highest rate that a source gives for one use, in mL/kg/h; `flag` limits it to children with that risk.

    `label` is the rate in the unit of the source itself, as in "4 mg/kg/min". `indication` is the use in one word,
    blank where the source names none.
    """

    class Flag(models.TextChoices):
        RISK = "risk", gettext_lazy("risk of kidney injury or thrombosis")
        RISK_STRICT = "risk, strict", gettext_lazy("the same risk, by the stricter reading of the label")

    product = models.ForeignKey(Product, on_delete=models.CASCADE, related_name="ceilings")
    use = models.CharField(max_length=80)
    indication = models.CharField(max_length=40, choices=Indication, blank=True)
    ml_per_kg_h = models.DecimalField(max_digits=5, decimal_places=3)
    label = models.CharField(max_length=120, blank=True)
    flag = models.CharField(max_length=40, choices=Flag, blank=True)
    is_for_first = models.BooleanField("only for a first infusion", default=False)
    source = models.CharField(max_length=120)

    class Meta:
        ordering: ClassVar = ["ml_per_kg_h", "use"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["product", "use"], name="product_ceiling_once_per_use"),
            models.CheckConstraint(name="product_ceiling_above_zero", condition=Q(ml_per_kg_h__gt=0)),
        ]

    def __str__(self) -> str:
        return f"{self.product}: {self.ml_per_kg_h} mL/kg/h ({self.use})"

    def as_value(self) -> rates.Ceiling:
        """The ceiling as the regimen knows it."""
        return rates.Ceiling(
            use=self.use,
            ml_per_kg_h=Fraction(self.ml_per_kg_h),
            source=self.source,
            label=self.label,
            indication=self.indication,
            flag=self.flag,
            is_for_first=self.is_for_first,
        )
