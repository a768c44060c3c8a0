"""Messages to people: one delivery to one person, and every try of it."""

from __future__ import annotations

from collections.abc import Collection
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import ClassVar

from django.db import models
from django.db.models import Q, QuerySet
from django.utils.translation import gettext_lazy

from ivig_care.accounts.models import ContactPoint, User
from ivig_care.care_teams.access import children_of
from ivig_care.plans.models import Infusion, Step
from ivig_care.regimen.nudging import quarter_of

# Far longer than anything waits, but for what a provider that is down for days holds up.
LATELY = timedelta(days=2)


class DeliveryQuerySet(QuerySet["Delivery"]):
    """Deliveries, starting from the person asking."""

    def visible_to(self, user: User) -> DeliveryQuerySet:
        """What was sent about children whom this person may see, and what was sent to the person."""
        return self.filter(Q(infusion__plan__child__in=children_of(user)) | Q(person=user)).distinct()

    def pending(self) -> DeliveryQuerySet:
        """Those that still wait to leave."""
        return self.filter(status=Delivery.Status.PENDING)

    def told_lately(self, people: Collection[int], purpose: Delivery.Purpose, now: datetime) -> DeliveryQuerySet:
        """What these people are told for this purpose about now, give or take two days; their history is left alone."""
        first, last = (occasion_of(purpose, now + some) for some in (-LATELY, LATELY))
        return self.filter(person__pk__among=people, purpose=purpose, occasion__gte=first, occasion__lt=last)


class Delivery(models.Model):
    """One message to one person. The row is the queue; losing the broker loses nothing.

        pending -> sending -> sent
           ^          |  \\--> failed (reason)
           +--retry---+  \\--> dropped (reason)

    `occasion` is what it is about: for nudges the quarter of an hour it belongs to, so a person gets one in each.
    `contact_point` is where it goes now, and `kind` its kind; it falls back to the person's next one. It may be tried
    from `next_attempt_at` on. Whoever sends it holds `lease` until `leased_until`, after which anybody may take it up
    again; `begun_at` is set while it is handed over, so one left behind with it may have left. After `expires_at` it is
    never sent. `owed_at` is when it was to leave. Its link works until `link_until`.
    """

    class Status(models.TextChoices):
        PENDING = "pending", gettext_lazy("waiting")
        SENDING = "sending", gettext_lazy("on its way")
        SENT = "sent", gettext_lazy("sent")
        FAILED = "failed", gettext_lazy("not sent")
        DROPPED = "dropped", gettext_lazy("not needed")

    class Purpose(models.TextChoices):
        NUDGE = "nudge", gettext_lazy("reminder")
        CLINIC = "clinic", gettext_lazy("word to the clinic")
        CONCERN = "concern", gettext_lazy("something the clinic should answer")
        URGENT = "urgent", gettext_lazy("something urgent the clinic should answer")
        MOVED = "moved", gettext_lazy("infusion moved")
        CANCELLED = "cancelled", gettext_lazy("infusion cancelled")
        CHANNEL_OFF = "channel_off", gettext_lazy("somebody cannot be reached")
        TEST = "test", gettext_lazy("test")
        CODE = "code", gettext_lazy("code")

    # What goes to a clinic's people, who sign in before they see anything of a child.
    TO_THE_CLINIC: ClassVar = frozenset({Purpose.CLINIC, Purpose.CONCERN, Purpose.URGENT})

    # The unique constraint has an index that begins with the person; another would only be written.
    person = models.ForeignKey(User, on_delete=models.PROTECT, related_name="deliveries", db_index=False)
    # Looked up by person, who is in the index already.
    contact_point = models.ForeignKey(
        ContactPoint, null=True, blank=True, on_delete=models.PROTECT, related_name="deliveries", db_index=False
    )
    kind = models.CharField(max_length=10, choices=ContactPoint.Kind, blank=True)
    purpose = models.CharField(max_length=12, choices=Purpose, default=Purpose.NUDGE)
    occasion = models.CharField(max_length=80)
    infusion = models.ForeignKey(Infusion, null=True, blank=True, on_delete=models.CASCADE, related_name="deliveries")
    steps = models.ManyToManyField(Step, related_name="deliveries", through="nudges.DeliveryStep")
    briefing_on = models.DateField(null=True, blank=True)
    status = models.CharField(max_length=10, choices=Status, default=Status.PENDING)
    reason = models.CharField(max_length=200, blank=True)
    created_at = models.DateTimeField()
    owed_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    next_attempt_at = models.DateTimeField()
    leased_until = models.DateTimeField(null=True, blank=True)
    lease = models.CharField(max_length=32, blank=True)
    begun_at = models.DateTimeField(null=True, blank=True)
    tries = models.PositiveSmallIntegerField(default=0)
    is_possible_repeat = models.BooleanField(default=False)
    sent_at = models.DateTimeField(null=True, blank=True)
    delivered_at = models.DateTimeField(null=True, blank=True)
    opened_at = models.DateTimeField(null=True, blank=True)
    answered_at = models.DateTimeField(null=True, blank=True)
    link_until = models.DateTimeField(null=True, blank=True)

    objects = DeliveryQuerySet.as_manager()

    class Meta:
        verbose_name_plural = "deliveries"
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["person", "occasion"], name="delivery_once_per_occasion"),
            models.CheckConstraint(name="delivery_leased_while_sending", condition=Q(lease="") | Q(status="sending")),
        ]
        indexes: ClassVar = [
            # Read by actions.claims every few seconds, in this order: only what is still to be sent.
            models.Index(
                fields=["kind", "next_attempt_at", "id"], name="delivery_waiting", condition=Q(status="pending")
            ),
            models.Index(fields=["leased_until"], name="delivery_sending", condition=Q(status="sending")),
        ]

    def __str__(self) -> str:
        return f"delivery {self.pk} ({self.status})"

    @property
    def key(self) -> str:
        """The same on every try, so that repeats can be told apart."""
        return f"delivery-{self.pk}"


class DeliveryStep(models.Model):
    """One step of which a delivery speaks."""

    # The unique constraint has an index that begins with the delivery.
    delivery = models.ForeignKey(Delivery, on_delete=models.CASCADE, db_index=False)
    step = models.ForeignKey(Step, on_delete=models.CASCADE)

    class Meta:
        db_table = "nudges_delivery_steps"
        unique_together: ClassVar = [("delivery", "step")]

    def __str__(self) -> str:
        return f"step {self.step_id} of delivery {self.delivery_id}"


@lru_cache(maxsize=64)
def occasion_of(purpose: Delivery.Purpose, at: datetime) -> str:
    """The quarter of an hour in which a person is told at `at`; those for one purpose are in order of time."""
    quarter = f"{quarter_of(at.astimezone(UTC)):%Y-%m-%dT%H:%MZ}"
    return quarter if purpose == Delivery.Purpose.NUDGE else f"{purpose} {quarter}"


class DeliveryAttempt(models.Model):
    """One try to send a delivery, and how it ended in words a person can read."""

    class Outcome(models.TextChoices):
        ACCEPTED = "accepted", gettext_lazy("taken by the provider")
        PASSING = "passing", gettext_lazy("not taken, to be tried again")
        PERMANENT = "permanent", gettext_lazy("refused for good")
        UNKNOWN = "unknown", gettext_lazy("may have left")

    delivery = models.ForeignKey(Delivery, on_delete=models.CASCADE, related_name="attempts")
    contact_point = models.ForeignKey(
        ContactPoint, null=True, blank=True, on_delete=models.PROTECT, related_name="attempts", db_index=False
    )
    at = models.DateTimeField()
    outcome = models.CharField(max_length=10, choices=Outcome)
    detail = models.CharField(max_length=300, blank=True)
    provider_id = models.CharField(max_length=200, blank=True)

    class Meta:
        ordering: ClassVar = ["at", "id"]
        indexes: ClassVar = [
            # Read by actions.receipts for every report of a provider.
            models.Index(fields=["provider_id"], name="attempt_provider_id", condition=~Q(provider_id=""))
        ]

    def __str__(self) -> str:
        return f"{self.get_outcome_display()} at {self.at:%Y-%m-%d %H:%M} UTC"
