"""The courses under a plan, their days, and the append-only record of each day."""

from __future__ import annotations

from datetime import datetime
from fractions import Fraction
from typing import Any, ClassVar
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import models
from django.db.models import Case, F, OuterRef, Q, QuerySet, Subquery, When
from django.utils.translation import gettext_lazy

from ivig_care.accounts.models import User
from ivig_care.care_teams.access import Right, children_of
from ivig_care.care_teams.models import Child
from ivig_care.plans.models.plans import Plan
from ivig_care.protocols.models import Product
from ivig_care.regimen.rates import RateEntered
from ivig_care.regimen.timing import zone_named


class InfusionQuerySet(QuerySet["Infusion"]):
    """Infusions, starting from the person asking."""

    def visible_to(self, user: User, right: Right = Right.SEE) -> InfusionQuerySet:
        """The infusions of children with whom this person has this right."""
        return self.filter(plan__child__in=children_of(user, right))


class Infusion(models.Model):
    """One course under a plan, with its checklist: draft (plan not active) -> open -> closed.

    `revision` grows with every change that a page could show, so a page can ask whether there is anything new.
    `next_briefing_at` is its own alarm: when the family is next told of a whole day; null when nothing is owed.
    `sent_at` and `sent_by`: the family said that it is through, so the clinic may look at it before it closes.
    """

    plan = models.ForeignKey(Plan, on_delete=models.PROTECT, related_name="infusions")
    zone = models.CharField(max_length=64)
    revision = models.PositiveIntegerField(default=0)
    closed_at = models.DateTimeField(null=True, blank=True)
    next_briefing_at = models.DateTimeField(null=True, blank=True)
    briefed_at = models.DateTimeField(null=True, blank=True)
    sent_at = models.DateTimeField(null=True, blank=True)
    sent_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )

    # What the action that holds the checklist has worked out (plans.facts.Worked), for the page that answers it.
    worked: Any = None
    # How much was said of the child's doses, where web.family.fragments has counted it.
    doses_said: int

    objects = InfusionQuerySet.as_manager()

    class Meta:
        indexes: ClassVar = [
            # Read by actions.checklists.checklists_close once a minute.
            models.Index(fields=["id"], name="infusion_open", condition=Q(closed_at__isnull=True)),
            # Read by actions.alarms.alarms_ringing every few seconds.
            models.Index(
                fields=["next_briefing_at"], name="infusion_briefing", condition=Q(next_briefing_at__isnull=False)
            ),
            # Read when a person is to be deleted.
            models.Index(fields=["sent_by"], name="infusion_sent_by", condition=Q(sent_by__isnull=False)),
        ]
        constraints: ClassVar = [
            models.CheckConstraint(
                name="infusion_sent_by_somebody_at_some_time",
                condition=Q(sent_at__isnull=True, sent_by__isnull=True)
                | Q(sent_at__isnull=False, sent_by__isnull=False),
            )
        ]

    def __str__(self) -> str:
        return f"infusion {self.pk}"

    @property
    def child(self) -> Child:
        """The child who receives it."""
        return self.plan.child

    @property
    def tz(self) -> ZoneInfo:
        """The zone in which its wall-clock times are read."""
        return zone_named(self.zone)


class InfusionDayQuerySet(QuerySet["InfusionDay"]):
    """Infusion days, starting from the person asking."""

    def visible_to(self, user: User, right: Right = Right.SEE) -> InfusionDayQuerySet:
        """The infusion days of children with whom this person has this right."""
        return self.filter(infusion__plan__child__in=children_of(user, right))

    def with_pause(self) -> InfusionDayQuerySet:
        """Each with `paused_at`: since when it stands still by what was said last; None while it runs, or does not."""
        last = RateEntry.objects.standing().filter(day=OuterRef("pk")).order_by("-at", "-pk")
        since = Case(When(ml_h=0, then=F("at")), output_field=models.DateTimeField())
        running = Q(actual_start__isnull=False, actual_end__isnull=True)
        return self.annotate(still_since=Case(When(running, then=Subquery(last.values_list(since)[:1]))))


class InfusionDay(models.Model):
    """One day of an infusion. The actual times are what the day's events say last; the events are never edited."""

    infusion = models.ForeignKey(Infusion, on_delete=models.CASCADE, related_name="days")
    number = models.PositiveSmallIntegerField()
    planned_start = models.DateTimeField()
    actual_start = models.DateTimeField(null=True, blank=True)
    actual_end = models.DateTimeField(null=True, blank=True)
    cancelled_at = models.DateTimeField(null=True, blank=True)

    objects = InfusionDayQuerySet.as_manager()

    class Meta:
        ordering: ClassVar = ["number"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["infusion", "number"], name="infusion_day_number_once"),
            models.CheckConstraint(
                name="infusion_day_ends_after_it_starts",
                condition=Q(actual_end__isnull=True) | Q(actual_end__gt=models.F("actual_start")),
            ),
            models.CheckConstraint(
                name="infusion_day_ends_only_if_started",
                condition=Q(actual_end__isnull=True) | Q(actual_start__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"day {self.number} of infusion {self.infusion_id}"

    @property
    def said_mark(self) -> str:
        """What was said last of it, as a form hands it back that takes just this back; empty when nothing was."""
        if self.actual_end is not None:
            return said_mark("end", self.actual_end)
        return "" if self.actual_start is None else said_mark("start", self.actual_start)

    @property
    def paused_at(self) -> datetime | None:
        """Since when it stands still, as `with_pause` has read it."""
        since: datetime | None = self.__dict__["still_since"]
        return since


def said_mark(verb: str, at: datetime) -> str:
    """The mark of a day that is said to "start" or to "end" at `at`."""
    return f"{verb}.{int(at.timestamp())}"


class InfusionDayEvent(models.Model):
    """One append-only fact about a day: it started or ended, one of the two was taken back, it moved, it was cancelled.

    `at` is when it started or ended; of a day that moved or was cancelled, the start that was planned until then.
    """

    class Kind(models.TextChoices):
        STARTED = "started", gettext_lazy("started")
        ENDED = "ended", gettext_lazy("ended")
        START_UNDONE = "start undone", gettext_lazy("start taken back")
        END_UNDONE = "end undone", gettext_lazy("end taken back")
        MOVED = "moved", gettext_lazy("moved to another time")
        CANCELLED = "cancelled", gettext_lazy("cancelled")

    day = models.ForeignKey(InfusionDay, on_delete=models.CASCADE, related_name="events")
    kind = models.CharField(max_length=20, choices=Kind)
    at = models.DateTimeField()
    entered_at = models.DateTimeField()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")

    def __str__(self) -> str:
        return f"{self.kind} at {self.at:%Y-%m-%d %H:%M} UTC"


class RateEntryQuerySet(QuerySet["RateEntry"]):
    """Rates that ran, starting from the person asking."""

    def visible_to(self, user: User, right: Right = Right.SEE) -> RateEntryQuerySet:
        """The rates of children with whom this person has this right."""
        return self.filter(day__infusion__plan__child__in=children_of(user, right))

    def standing(self) -> RateEntryQuerySet:
        """Those that were not taken back."""
        return self.filter(taken_back_at__isnull=True)


class RateEntry(models.Model):
    """A rate that the nurse set on the pump from `at` on, in mL/h; 0 is a pause. Append-only.

    `is_new_lot`: it is the first of another lot, whose rates begin anew. What was entered by mistake is taken back.
    """

    day = models.ForeignKey(InfusionDay, on_delete=models.CASCADE, related_name="rates")
    ml_h = models.DecimalField("mL/h", max_digits=6, decimal_places=1)
    is_new_lot = models.BooleanField(default=False)
    at = models.DateTimeField()
    entered_at = models.DateTimeField()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    taken_back_at = models.DateTimeField(null=True, blank=True)

    objects = RateEntryQuerySet.as_manager()

    class Meta:
        ordering: ClassVar = ["at", "id"]
        constraints: ClassVar = [models.CheckConstraint(name="rate_entry_not_below_zero", condition=Q(ml_h__gte=0))]

    def __str__(self) -> str:
        return f"{self.ml_h} mL/h at {self.at:%Y-%m-%d %H:%M} UTC"

    def as_value(self) -> RateEntered:
        """The rate as the regimen knows it."""
        return RateEntered(at=self.at, ml_h=Fraction(self.ml_h), is_new_lot=self.is_new_lot)


class ProductLotQuerySet(QuerySet["ProductLot"]):
    """What was hung, starting from the person asking."""

    def visible_to(self, user: User, right: Right = Right.SEE) -> ProductLotQuerySet:
        """The bottles of children with whom this person has this right."""
        return self.filter(day__infusion__plan__child__in=children_of(user, right))

    def standing(self) -> ProductLotQuerySet:
        """Those that were not taken back."""
        return self.filter(taken_back_at__isnull=True)


class ProductLot(models.Model):
    """A bottle, or several of one lot, that the nurse hung: what the label says. Append-only.

    `product` is null when the brand is none of the catalogue; `brand` is what stands on the label. Null is not said.
    """

    day = models.ForeignKey(InfusionDay, on_delete=models.CASCADE, related_name="lots")
    product = models.ForeignKey(Product, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    brand = models.CharField(max_length=60)
    lot = models.CharField("lot number", max_length=40)
    expires_on = models.DateField(null=True, blank=True)
    grams = models.DecimalField("g", max_digits=5, decimal_places=1, null=True, blank=True)
    at = models.DateTimeField()
    entered_at = models.DateTimeField()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    taken_back_at = models.DateTimeField(null=True, blank=True)

    objects = ProductLotQuerySet.as_manager()

    class Meta:
        ordering: ClassVar = ["at", "id"]
        # Read when a lot is recalled.
        indexes: ClassVar = [models.Index(fields=["lot"], name="product_lot_number")]

    def __str__(self) -> str:
        return f"{self.brand}, lot {self.lot}"


class BriefingAnswer(models.Model):
    """What the family answered the day before to one question about an infusion day; the last answer counts.

    Append-only. Any answer of "no" is something the clinic should know of.
    """

    class Question(models.TextChoices):
        START = "start", gettext_lazy("Do you know when and where it starts?")
        WELL = "well", gettext_lazy("Is your child well: no fever, no vomiting, no new medicine?")
        WEIGHT = "weight", gettext_lazy("Is the weight still about the same?")
        MEDICINES = "medicines", gettext_lazy("Are all the medicines at home?")
        BAG = "bag", gettext_lazy("Is the bag packed?")

    day = models.ForeignKey(InfusionDay, on_delete=models.CASCADE, related_name="answers")
    question = models.CharField(max_length=10, choices=Question)
    is_yes = models.BooleanField()
    note = models.CharField(max_length=400, blank=True)
    at = models.DateTimeField()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")

    class Meta:
        ordering: ClassVar = ["at", "id"]

    def __str__(self) -> str:
        return f"{self.question}: {'yes' if self.is_yes else 'no'}"


class ChangesSeen(models.Model):
    """Somebody of the family has read what is different at this infusion from the one before. Append-only."""

    infusion = models.ForeignKey(Infusion, on_delete=models.CASCADE, related_name="changes_seen")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()

    class Meta:
        verbose_name_plural = "changes seen"
        ordering: ClassVar = ["at", "id"]
        constraints: ClassVar = [models.UniqueConstraint(fields=["infusion", "by"], name="changes_seen_once")]

    def __str__(self) -> str:
        return f"seen at {self.at:%Y-%m-%d %H:%M} UTC"
