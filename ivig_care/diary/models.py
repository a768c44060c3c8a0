"""What a family writes down around an infusion: what the child drank, and how the child is. Append-only.

What was written by mistake is taken back, once, and stays in the record.
"""

from __future__ import annotations

from enum import StrEnum
from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q, QuerySet
from django.utils.translation import gettext_lazy

from ivig_care.accounts.models import User
from ivig_care.care_teams.access import Right, children_of
from ivig_care.care_teams.models import Child
from ivig_care.plans.models import Infusion
from ivig_care.regimen.fluids import FluidKind
from ivig_care.regimen.signs import Level
from ivig_care.regimen.symptoms import Method, Severity, Symptom


def _choices(words: type[StrEnum]) -> list[tuple[str, str]]:
    return [(word.value, word.value) for word in words]


class _Cups(QuerySet["Cup"]):
    """Cups, starting from the person asking."""

    def visible_to(self, user: User, right: Right = Right.SEE) -> _Cups:
        """The cups of children with whom this person has this right."""
        return self.filter(child__in=children_of(user, right))


class Cup(models.Model):
    """A cup, bottle or glass of the family's own, so that a drink is two taps; mL."""

    child = models.ForeignKey(Child, on_delete=models.CASCADE, related_name="cups")
    name = models.CharField(max_length=40)
    ml = models.PositiveSmallIntegerField()

    objects = _Cups.as_manager()

    class Meta:
        ordering: ClassVar = ["ml", "id"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["child", "name"], name="cup_name_once_per_child"),
            models.CheckConstraint(name="cup_holds_something", condition=Q(ml__gt=0)),
        ]

    def __str__(self) -> str:
        return f"{self.name}, {self.ml} mL"


class _Entries(QuerySet["FluidEntry"]):
    """What was drunk, starting from the person asking."""

    def visible_to(self, user: User, right: Right = Right.SEE) -> _Entries:
        """The entries about children with whom this person has this right."""
        return self.filter(infusion__plan__child__in=children_of(user, right))

    def standing(self) -> _Entries:
        """Those that were not taken back since."""
        return self.filter(taken_back_at__isnull=True)


class FluidEntry(models.Model):
    """So many mL of one kind, drunk by the child or run into a vein, at `at`. `cup` is the name it was entered by."""

    infusion = models.ForeignKey(Infusion, on_delete=models.CASCADE, related_name="fluids")
    kind = models.CharField(max_length=20, choices=_choices(FluidKind))
    ml = models.PositiveSmallIntegerField()
    cup = models.CharField(max_length=40, blank=True)
    at = models.DateTimeField()
    entered_at = models.DateTimeField()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    taken_back_at = models.DateTimeField(null=True, blank=True)

    objects = _Entries.as_manager()

    class Meta:
        ordering: ClassVar = ["at", "id"]
        constraints: ClassVar = [models.CheckConstraint(name="fluid_entry_is_something", condition=Q(ml__gt=0))]

    def __str__(self) -> str:
        return f"{self.ml} mL of {self.kind} at {self.at:%Y-%m-%d %H:%M} UTC"


class _Reports(QuerySet["SymptomReport"]):
    """How the child was, starting from the person asking."""

    def visible_to(self, user: User, right: Right = Right.SEE) -> _Reports:
        """The reports about children with whom this person has this right."""
        return self.filter(infusion__plan__child__in=children_of(user, right))

    def standing(self) -> _Reports:
        """Those that were not taken back since."""
        return self.filter(taken_back_at__isnull=True)


class SymptomReport(models.Model):
    """How the child was at `at`: its symptoms and temperatures, or "nothing", and what the triage made of that.

    `level`, `rule` and `words` are what the triage said then, and stay; an empty level means that nothing was reported.
    """

    class Trend(models.TextChoices):
        BETTER = "better", gettext_lazy("better")
        SAME = "same", gettext_lazy("the same")
        WORSE = "worse", gettext_lazy("worse")

    infusion = models.ForeignKey(Infusion, on_delete=models.CASCADE, related_name="reports")
    trend = models.CharField(max_length=10, choices=Trend, blank=True)
    note = models.TextField(blank=True)
    # Whether the child takes a steroid every day, which some rules ask; null is not said, and counts as yes.
    takes_steroid = models.BooleanField(null=True, blank=True)
    level = models.CharField(max_length=20, choices=_choices(Level), blank=True)
    rule = models.CharField(max_length=60, blank=True)
    words = models.TextField(blank=True)
    at = models.DateTimeField()
    entered_at = models.DateTimeField()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    taken_back_at = models.DateTimeField(null=True, blank=True)

    objects = _Reports.as_manager()

    class Meta:
        ordering: ClassVar = ["at", "id"]

    def __str__(self) -> str:
        return f"{self.level or 'nothing'} at {self.at:%Y-%m-%d %H:%M} UTC"

    @property
    def is_fine(self) -> bool:
        """Whether it says that there is nothing; its level is then that of what others said, which counts on."""
        return not (self.note or self.trend or self.symptoms.all() or self.temperatures.all())


class SymptomNamed(models.Model):
    """One symptom of a report; null is not said, and what is not said counts as the worse. `score` is 0 to 10.

    `is_gone`: it was there before, and is not any more.
    """

    report = models.ForeignKey(SymptomReport, on_delete=models.CASCADE, related_name="symptoms")
    symptom = models.CharField(max_length=70, choices=_choices(Symptom))
    severity = models.CharField(max_length=10, choices=_choices(Severity), blank=True)
    score = models.PositiveSmallIntegerField(null=True, blank=True)
    is_persistent = models.BooleanField(null=True, blank=True)
    since = models.DateTimeField(null=True, blank=True)
    is_gone = models.BooleanField(default=False)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["report", "symptom"], name="symptom_once_per_report"),
            models.CheckConstraint(name="symptom_score_to_ten", condition=Q(score__isnull=True) | Q(score__lte=10)),
        ]

    def __str__(self) -> str:
        return self.symptom


class TemperatureReading(models.Model):
    """A temperature of a report, in degrees Celsius, and how it was taken."""

    report = models.ForeignKey(SymptomReport, on_delete=models.CASCADE, related_name="temperatures")
    celsius = models.DecimalField(max_digits=4, decimal_places=2)
    method = models.CharField(max_length=10, choices=_choices(Method))

    def __str__(self) -> str:
        return f"{self.celsius} °C ({self.method})"
