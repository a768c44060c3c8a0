"""Messages to people: a delivery to one contact point, every try of it, and the on-screen outbox."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import Q, QuerySet

from ivig_care.accounts.models import ContactPoint, User
from ivig_care.plans.models import Step


class Delivery(models.Model):
    """One message to one contact point. The row is the queue; losing the broker loses nothing.

        pending -> sending -> sent
           ^          |  \\--> failed (reason)
           +--retry---+  \\--> dropped (reason)

    `quarter` is the quarter of an hour it belongs to: a contact point gets one message in each.
    `next_attempt_at` is when it may be tried; a delivery left in sending by a dead worker is taken up again once
    `leased_until` has passed. After `expires_at` it is never sent.
    """

    class Status(models.TextChoices):
        PENDING = "pending", "pending"
        SENDING = "sending", "sending"
        SENT = "sent", "sent"
        FAILED = "failed", "failed"
        DROPPED = "dropped", "dropped"

    contact_point = models.ForeignKey(ContactPoint, on_delete=models.PROTECT, related_name="deliveries")
    quarter = models.DateTimeField()
    steps = models.ManyToManyField(Step, related_name="deliveries")
    status = models.CharField(max_length=10, choices=Status, default=Status.PENDING)
    reason = models.CharField(max_length=200, blank=True)
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    next_attempt_at = models.DateTimeField()
    leased_until = models.DateTimeField(null=True, blank=True)
    sent_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name_plural = "deliveries"
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["contact_point", "quarter"], name="delivery_once_per_quarter")
        ]
        indexes: ClassVar = [
            # Read by actions.deliveries.deliveries_due every few seconds: only what is still to be sent.
            models.Index(fields=["next_attempt_at"], name="delivery_pending", condition=Q(status="pending")),
            models.Index(fields=["leased_until"], name="delivery_sending", condition=Q(status="sending")),
        ]

    def __str__(self) -> str:
        return f"delivery {self.pk} ({self.status})"


class DeliveryAttempt(models.Model):
    """One try to send a delivery, and how it ended in words a person can read."""

    delivery = models.ForeignKey(Delivery, on_delete=models.CASCADE, related_name="attempts")
    at = models.DateTimeField()
    is_accepted = models.BooleanField()
    detail = models.CharField(max_length=300, blank=True)
    provider_id = models.CharField(max_length=120, blank=True)

    class Meta:
        ordering: ClassVar = ["at", "id"]

    def __str__(self) -> str:
        return f"{'accepted' if self.is_accepted else 'not accepted'} at {self.at:%Y-%m-%d %H:%M} UTC"


class OutboxMessageQuerySet(QuerySet["OutboxMessage"]):
    """Messages in the outbox, starting from the person asking."""

    def visible_to(self, user: User) -> OutboxMessageQuerySet:
        """The messages addressed to this person."""
        addresses = ContactPoint.objects.filter(user=user).values("address")
        return self.filter(Q(to__in=addresses) | Q(to=user.email))


class OutboxMessage(models.Model):
    """A message that would have left the machine, shown on screen because no provider is set up."""

    kind = models.CharField(max_length=10, choices=ContactPoint.Kind)
    to = models.CharField(max_length=254)
    subject = models.CharField(max_length=200, blank=True)
    body = models.TextField()
    at = models.DateTimeField()

    objects = OutboxMessageQuerySet.as_manager()

    class Meta:
        ordering: ClassVar = ["-at", "-id"]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} to {self.to}"
