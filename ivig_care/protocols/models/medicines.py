"""Medicines around an infusion: what they are called, what sources allow, and products that hold several of them."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from typing import ClassVar

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy

from ivig_care.care_teams.models import Clinic
from ivig_care.regimen import doses, medicines
from ivig_care.regimen.timing import Elapsed

SECONDS_PER_HOUR = 3600


class Medicine(models.Model):
    """An ingredient that families give around an infusion, and the names it goes by.

    `classes` are those of which no two are given together. `masks_fever`: whether it can hide a fever; null is
    unknown. `sources` holds the source of each value by its field, of names and classes by the word itself.
    """

    class Class(models.TextChoices):
        NSAID = "NSAID", gettext_lazy("pain medicine of the kind called NSAID")
        SEDATING_ANTIHISTAMINE = "sedating antihistamine", gettext_lazy("antihistamine that makes sleepy")
        TRIPTAN = "triptan", gettext_lazy("migraine medicine of the kind called triptan")

    ingredient = models.SlugField(max_length=60, unique=True)
    names = models.CharField(max_length=200, blank=True, help_text=gettext_lazy("other names, separated by commas"))
    classes = models.JSONField(default=list, blank=True)
    masks_fever = models.BooleanField(null=True, blank=True)
    needs_agreement = models.BooleanField("only when the clinic prescribed it", default=False)
    sources = models.JSONField(default=dict, blank=True)

    def __str__(self) -> str:
        return self.ingredient

    def as_value(self) -> medicines.MedicineKnown:
        """The medicine as the regimen knows it."""
        return medicines.MedicineKnown(
            ingredient=self.ingredient,
            names=tuple(name for name in self.names.split(", ") if name),
            classes=tuple(self.classes),
            needs_agreement=self.needs_agreement,
        )


class MedicineLimit(models.Model):
    """What a source says of an ingredient in one country's rule set; null is unknown and never "no limit".

    It holds for a child of `from_kg` up to, not including, `below_kg` and of `from_years` up to, not including,
    `below_years`; null there is no bound, and `band` says so in words. `sources` holds the source of each value by
    its field; `source` is all of them together.
    """

    medicine = models.ForeignKey(Medicine, on_delete=models.CASCADE, related_name="limits")
    country = models.CharField(max_length=2, choices=Clinic.Country)
    band = models.CharField(max_length=80, blank=True)
    from_years = models.PositiveSmallIntegerField(null=True, blank=True)
    below_years = models.PositiveSmallIntegerField(null=True, blank=True)
    from_kg = models.DecimalField(max_digits=5, decimal_places=2, null=True, blank=True)
    below_kg = models.DecimalField(max_digits=5, decimal_places=2, null=True, blank=True)
    min_interval_hours = models.DecimalField(max_digits=4, decimal_places=1, null=True, blank=True)
    max_doses_24h = models.PositiveSmallIntegerField(null=True, blank=True)
    max_mg_per_kg_24h = models.DecimalField(max_digits=6, decimal_places=2, null=True, blank=True)
    max_mg_24h = models.DecimalField(max_digits=7, decimal_places=2, null=True, blank=True)
    max_mg_per_kg_dose = models.DecimalField(max_digits=6, decimal_places=2, null=True, blank=True)
    max_mg_dose = models.DecimalField(max_digits=7, decimal_places=2, null=True, blank=True)
    caution = models.CharField(max_length=600, blank=True)
    source = models.CharField(max_length=120)
    sources = models.JSONField(default=dict, blank=True)

    class Meta:
        ordering: ClassVar = ["medicine", "country", "pk"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["medicine", "country", "band"], name="medicine_limit_once_per_country_and_band"
            ),
            models.CheckConstraint(
                name="medicine_limit_unknown_or_above_zero",
                condition=(Q(min_interval_hours__isnull=True) | Q(min_interval_hours__gt=0))
                & (Q(max_doses_24h__isnull=True) | Q(max_doses_24h__gt=0))
                & (Q(max_mg_per_kg_24h__isnull=True) | Q(max_mg_per_kg_24h__gt=0))
                & (Q(max_mg_24h__isnull=True) | Q(max_mg_24h__gt=0))
                & (Q(max_mg_per_kg_dose__isnull=True) | Q(max_mg_per_kg_dose__gt=0))
                & (Q(max_mg_dose__isnull=True) | Q(max_mg_dose__gt=0)),
            ),
            models.CheckConstraint(
                name="medicine_limit_band_not_empty",
                condition=(
                    Q(from_years__isnull=True) | Q(below_years__isnull=True) | Q(below_years__gt=F("from_years"))
                )
                & (Q(from_kg__isnull=True) | Q(below_kg__isnull=True) | Q(below_kg__gt=F("from_kg"))),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.medicine} ({', '.join(part for part in (self.country, self.band) if part)})"

    def as_value(self) -> doses.MedicineLimit:
        """The limit as the regimen knows it."""
        hours = _exact(self.min_interval_hours)
        return doses.MedicineLimit(
            ingredient=self.medicine.ingredient,
            country=self.country,
            from_kg=_exact(self.from_kg),
            below_kg=_exact(self.below_kg),
            from_years=self.from_years,
            below_years=self.below_years,
            # A tenth of an hour is six minutes, so these are always whole seconds.
            min_interval=None if hours is None else Elapsed(seconds=int(hours * SECONDS_PER_HOUR)),
            max_doses_24h=self.max_doses_24h,
            max_mg_24h=_exact(self.max_mg_24h),
            max_mg_per_kg_24h=_exact(self.max_mg_per_kg_24h),
            max_mg_dose=_exact(self.max_mg_dose),
            max_mg_per_kg_dose=_exact(self.max_mg_per_kg_dose),
            caution=self.caution,
            source=self.source,
        )


class Combination(models.Model):
    """A product that holds several ingredients; `unit` is what its amounts are in: a caplet, 10 mL.

    `country` is where its label is from and `address` where that label was read; its name counts everywhere.
    """

    name = models.CharField(max_length=80, unique=True)
    country = models.CharField(max_length=2, choices=Clinic.Country)
    unit = models.CharField(max_length=40)
    address = models.CharField(max_length=200)
    source = models.CharField(max_length=120)

    def __str__(self) -> str:
        return self.name

    def as_value(self) -> medicines.Combination:
        """The combination as the regimen knows it."""
        return medicines.Combination(name=self.name, contents=tuple(part.as_value() for part in self.parts.all()))


class CombinationPart(models.Model):
    """One ingredient of a combination, with its mg in one unit; null is unknown.

    It is named by a word and not tied to a medicine: products hold ingredients of which no limit is known here.
    """

    combination = models.ForeignKey(Combination, on_delete=models.CASCADE, related_name="parts")
    ingredient = models.SlugField(max_length=60)
    mg = models.DecimalField(max_digits=7, decimal_places=2, null=True, blank=True)
    source = models.CharField(max_length=120)

    class Meta:
        ordering: ClassVar = ["combination", "pk"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["combination", "ingredient"], name="combination_part_once"),
            models.CheckConstraint(
                name="combination_part_unknown_or_above_zero", condition=Q(mg__isnull=True) | Q(mg__gt=0)
            ),
        ]

    def __str__(self) -> str:
        return f"{self.combination}: {self.ingredient}"

    def as_value(self) -> medicines.Amount:
        """The amount as the regimen knows it."""
        return medicines.Amount(ingredient=self.ingredient, mg=_exact(self.mg))


def _exact(number: Decimal | None) -> Fraction | None:
    return None if number is None else Fraction(number)
